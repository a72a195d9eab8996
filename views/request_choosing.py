"""From ticked rows to a draft: what the pages of every kind of request have in common.

The chosen subjects are shown as the lines they would be, each with its findings; those that the law
lets through go into the draft, the others get a button to the act that is open to them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from forms.certificate_requests import NewRequestForm
from forms.fields import numbers_in
from models import Agency, RequestLine
from operations import law as house
from operations import request_drafts as drafts
from operations.request_findings import Question, judge
from operations.request_lines import Chosen, Wish, lines_for
from operations.request_routes import route_for
from operations.request_rows import MOST_LINES, place_of
from operations.transactions import Refused
from rules.certificates import SubscriberKind
from rules.findings import Finding, blocking
from rules.law import Law
from rules.permissions import Permission
from rules.requests import RequestKind
from rules.routing import Route
from views.current_law import current_law, law_of
from views.guards import account
from views.request_words import (
    TO_NEW_ISSUE,
    issue_again_url,
    remedies,
    where_entered,
    without_blanks,
    words_of_line,
)

#: Names under which lists send what was ticked, by the kind of subject.
NAMES = {
    "certificates": ("certificates", "chung-thu"),
    "people": ("people", "ca-nhan"),
    "agencies": ("agencies", "don-vi"),
    "systems": ("systems", "he-thong"),
    "devices": ("devices", "thiet-bi"),
}


@dataclass(frozen=True)
class Page:
    """One kind of letter: its words, its form, and the list from which one comes to it."""

    kind: RequestKind
    title: str
    nothing: str
    list_endpoint: str
    list_words: str
    form: type[NewRequestForm]
    subscriber_kind: SubscriberKind | None = None
    wish: Callable[[Any], dict[str, Any]] = lambda _form: {}
    prepare: Callable[[Any, Sequence[RequestLine], Law], None] = lambda _form, _lines, _law: None
    refused: str = "không đưa vào văn bản được"


@dataclass(frozen=True)
class Judged:
    """The lines that the chosen subjects would be, with what is said of each."""

    lines: tuple[RequestLine, ...]
    found: tuple[tuple[Finding, ...], ...]
    route: Route | None
    trouble: str

    @property
    def possible(self) -> list[dict[str, Any]]:
        """Rows that go into the draft."""
        return [row for row in self._rows() if not row["refused"]]

    @property
    def impossible(self) -> list[dict[str, Any]]:
        """Rows that the law refuses."""
        return [row for row in self._rows() if row["refused"]]

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "line": line,
                "words": words_of_line(line),
                "place": place_of(line).name,
                **said_of(line, found),
                "refused": _refused(found),
                "key": key_of(line),
            }
            for line, found in zip(self.lines, self.found, strict=True)
        ]


def said_of(line: RequestLine, found: Sequence[Finding]) -> dict[str, Any]:
    """The findings on a line for a list: with their buttons, and what is missing apart."""
    telling, blanks = without_blanks(found)
    return {
        "found": telling,
        "blanks": blanks,
        "remedies": remedies(line, telling),
        "entered": where_entered(line),
    }


def _refused(found: Sequence[Finding]) -> bool:
    return any(one.code != drafts.UNSAID for one in blocking(found))


def key_of(line: RequestLine) -> tuple[str, int]:
    """Name and number with which a form sends the subject of a line again."""
    if line.device is not None:
        return "devices", line.device.id
    if line.certificate is not None:
        return "certificates", line.certificate.id
    if line.person is not None:
        return "people", line.person.id
    if line.system is not None:
        return "systems", line.system.id
    return "agencies", line.subject_agency.id if line.subject_agency is not None else 0


#: A page that is only read needs no token against forged forms.
_NO_TOKEN = {"csrf": False}
#: Stands before the names of subjects that the law refused when the page was last shown.
SET_ASIDE = "bo-ra-"


def chosen_subjects(*, set_aside: bool = False) -> Chosen:
    """What was ticked in a list, or named in the address; also what was refused, if wanted."""
    values = request.form if request.method == "POST" else request.args
    before = ("", SET_ASIDE) if set_aside else ("",)
    return Chosen(
        **{
            field: tuple(
                number
                for name in names
                for prefix in before
                for number in numbers_in(unpacked(values.getlist(prefix + name)))
            )
            for field, names in NAMES.items()
        }
    )


def packed(numbers: Sequence[int]) -> str:
    """Numbers of rows as an address carries them, so that a thousand fit: "7.12-15" (12 to 15)."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ".".join(f"{first}-{last}" if last > first else str(first) for first, last in parts)


def unpacked(values: Sequence[str]) -> list[str]:
    """The numbers that `packed` wrote, and those sent one by one; more than fit are cut off."""
    found: list[str] = []
    for part in (part for value in values for part in value.split(".")):
        first, _, last = part.partition("-")
        ends = numbers_in([first, last])
        if len(ends) == 2:
            most = ends[0] + MOST_LINES
            found += map(str, range(ends[0], min(ends[1], most) + 1))
        else:
            found.append(part)
        if len(found) > MOST_LINES:
            break
    return found[: MOST_LINES + 1]


def address_of(endpoint: str, chosen: Chosen, **more: Any) -> str:
    """The address of a page of these subjects: what Back, reload and a bookmark come to."""
    named = {NAMES[field][1]: packed(getattr(chosen, field)) for field in NAMES}
    return url_for(endpoint, **{name: one for name, one in named.items() if one}, **more)


def in_scope(lines: Sequence[RequestLine]) -> list[RequestLine]:
    """The lines whose subjects lie inside the person's scope for drafting."""
    scope = account().scope(Permission.CERTIFICATE_REQUEST_DRAFT)
    return [
        line
        for line in lines
        if scope.covers(place_of(line).id)
        and (line.certificate is None or scope.covers(line.certificate.agency_id))
    ]


def chosen_of(lines: Sequence[RequestLine]) -> Chosen:
    """The subjects of lines, as the draft is asked for them."""
    keys = [key_of(line) for line in lines]
    return Chosen(
        **{field: tuple(number for name, number in keys if name == field) for field in NAMES}
    )


def choose(page: Page) -> ResponseReturnValue:
    """Check the chosen subjects against the law, then open the draft.

    Only opening the draft is a POST; what a list or "Kiểm tra lại" sends goes on to an address.
    """
    if request.method == "POST" and "lap" not in request.form:
        return redirect(_address(page), 303)
    form = page.form() if request.method == "POST" else page.form(request.args, meta=_NO_TOKEN)
    typed_in = request.form if request.method == "POST" else request.args
    first = form.planned_receipt_on.name not in typed_in
    if first:  # A list sends only the ticked rows; the day is asked for on the page itself.
        form.planned_receipt_on.data = clock.today()
    try:
        lines, trouble = _lines(page, form, first, set_aside="lap" not in request.form), ""
    except Refused as error:
        lines, trouble = [], str(error)
    sender = _sender(lines)
    law = law_of(sender) if sender is not None else current_law()
    page.prepare(form, lines, law)
    if not first and form.validate() and "lap" in request.form:
        if (number := _draft(page, form, lines)) is not None:
            flash("Đã lập dự thảo. Kiểm tra, bổ sung chỗ còn thiếu rồi trình lãnh đạo.", "success")
            return redirect(url_for("certificate_requests.show", request_id=number))
        lines = _lines(page, form, first, set_aside=True)
        sender = _sender(lines)
    judged = _judge(page, form, lines, sender, law, trouble)
    return render_template(
        "certificate_requests/new.html",
        page=page,
        form=form,
        possible=judged.possible,
        impossible=judged.impossible,
        route=judged.route,
        trouble=judged.trouble,
        sender=sender,
        instead_url=_instead(page, judged),
    )


def _address(page: Page) -> str:
    """This page with what was chosen and the terms that were typed: days and kinds, no names."""
    typed = {
        name: request.form.getlist(name)
        for name in page.form(formdata=None)._fields
        if name != "csrf_token" and name in request.form
    }
    chosen = chosen_subjects(set_aside=True)
    return address_of(str(request.endpoint), chosen, **typed)


def _instead(page: Page, judged: Judged) -> str:
    """All refused renewals and amendments in one letter for new certificates."""
    if page.kind not in (RequestKind.RENEWAL, RequestKind.AMENDMENT):
        return ""
    refused = [
        row["line"]
        for row in judged.impossible
        if any(one.code in TO_NEW_ISSUE for one in row["found"])
    ]
    if len({line.certificate.kind for line in refused}) != 1 or len(refused) < 2:
        return ""
    return issue_again_url(refused)


def _wish(page: Page, form: Any, first: bool) -> Wish:
    terms = {} if first else page.wish(form)
    day = form.planned_receipt_on.data or clock.today()
    return Wish(page.kind, day, page.subscriber_kind, **terms)


def _lines(page: Page, form: Any, first: bool, *, set_aside: bool) -> list[RequestLine]:
    chosen = chosen_subjects(set_aside=set_aside)
    return in_scope(lines_for(db.session(), _wish(page, form, first), chosen))


def _sender(lines: Sequence[RequestLine]) -> Agency | None:
    """Who would write; the subject's own agency where the register knows no sender."""
    if not lines:
        return None
    place = place_of(lines[0])
    return house.sender_for(db.session(), place) or place


def _draft(page: Page, form: Any, lines: Sequence[RequestLine]) -> int | None:
    wish, chosen = _wish(page, form, False), chosen_of(lines)
    try:
        return drafts.draft(
            db.session(),
            actor=account().actor(),
            wish=wish,
            chosen=chosen,
            law=current_law(),
        )
    except Refused as error:
        flash(str(error), "error")
        return None


def _judge(
    page: Page,
    form: Any,
    lines: Sequence[RequestLine],
    sender: Agency | None,
    law: Law,
    trouble: str,
) -> Judged:
    if not lines or sender is None:
        return Judged((), (), None, trouble)
    today = clock.today()
    received_on: date = form.planned_receipt_on.data or today
    central = bool(page.wish(form).get("central"))
    question = Question(
        page.kind,
        today,
        law,
        received_on,
        house.margin_days(db.session(), sender),
        central,
        sender.id,
    )
    found = judge(db.session(), lines, question)
    going: Route | None = None
    try:
        going = route_for(
            page.kind,
            [line for line, said in zip(lines, found, strict=True) if not _refused(said)],
            law=law,
            on=today,
            subscriber_kind=page.subscriber_kind,
            central=central,
        )
    except Refused as error:
        trouble = str(error)
    return Judged(tuple(lines), tuple(found), going, trouble)
