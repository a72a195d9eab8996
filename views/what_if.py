"""Thử xem: any certificate or person, any day, any regulation: what would be allowed, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload, selectinload

import clock
from extensions import db
from forms.what_if import WhatIfForm
from labels import label
from models import Certificate, Person, RequestLine
from operations import search
from operations.law import followed
from operations.request_findings import Question, judge
from operations.request_lines import WITH_CERTIFICATE, Chosen, Wish, lines_for
from operations.request_routes import route_for
from operations.transactions import Refused
from rules.certificates import CertificateFacts, SubscriberKind
from rules.clocks import clocks
from rules.findings import Finding, blocking, warnings
from rules.law import Law, LawError
from rules.permissions import Permission
from rules.regulation_status import standing
from rules.requests import RequestKind
from rules.revocation_grounds import RevocationGround
from rules.routing import Route
from views.current_law import current_law, margin_of
from views.finding import Register, Search, by_ids, in_scope, words_of
from views.guards import account, load, requires
from views.request_words import BLANKS

bp = Blueprint("what_if", __name__, url_prefix="/can-cu-phap-ly/thu-xem")
VIEW = Permission.CERTIFICATE_VIEW
SUGGESTIONS = 15
BASE = ""
_KINDS = (
    RequestKind.RENEWAL,
    RequestKind.AMENDMENT,
    RequestKind.REVOCATION,
    RequestKind.UNLOCK,
    RequestKind.ISSUANCE,
)


@dataclass(frozen=True)
class Answer:
    """What the law of that day and place would say of one act."""

    kind: RequestKind
    words: str
    findings: tuple[Finding, ...]
    route: Route | None
    trouble: str = ""

    @property
    def tone(self) -> str:
        """Tone of the badge: bad, urgent, good or unknown."""
        if self.trouble:
            return "unknown"
        if blocking(self.findings):
            return "bad"
        return "urgent" if warnings(self.findings) else "good"


@bp.get("")
@requires(VIEW)
def show() -> ResponseReturnValue:
    """The question as a form on top, then an answer for every act. Nothing is written."""
    law, today = current_law(), clock.today()
    form = WhatIfForm(request.args, meta={"csrf": False})
    form.regulation.choices = _regulations(law, today)
    if form.on.data is None and not form.on.errors:
        form.on.data = today
    certificate, person = _subject()
    if not request.args.get("quy-che") and (certificate or person):
        agency = (certificate or person).agency  # type: ignore[union-attr] # one of them is there
        form.regulation.data = followed(law, agency) or BASE
    answers: list[Answer] = []
    trouble = ""
    if (certificate or person) and form.validate():
        try:
            answers = _answers(
                certificate, person, _law_of(law, form.regulation.data), form.on.data
            )
        except LawError:
            trouble = (
                "Ngày này trước khi Nghị định số 68/2024/NĐ-CP có hiệu lực nên không có căn cứ để "
                "thử."
            )
    return render_template(
        "what_if/show.html",
        form=form,
        certificate=certificate,
        person=person,
        query=request.args.get("q", "").strip()[:200],
        suggested=_suggested(),
        answers=answers,
        trouble=trouble,
        clocks=_clocks(certificate, form.on.data) if certificate and form.on.data else None,
        chosen=_instrument(law, form.regulation.data),
        rehearsed=_is_draft(law, form.regulation.data),
    )


def _known(law: Law, regulation: str | None) -> bool:
    return any(one.key == regulation and one.over is not None for one in law.instruments)


def _instrument(law: Law, regulation: str | None) -> Any:
    return law.instrument(regulation) if regulation and _known(law, regulation) else None


def _is_draft(law: Law, regulation: str | None) -> bool:
    one = _instrument(law, regulation)
    return one is not None and one.is_draft


def _regulations(law: Law, today: date) -> list[tuple[str, str]]:
    """The decree alone, and every regulation with how it stands."""
    found = [(BASE, "Chỉ Nghị định số 68/2024/NĐ-CP")]
    for one in law.instruments:
        if one.over is None:
            continue
        place = one.locality[:1].upper() + one.locality[1:]
        if one.is_draft:
            found.append((one.key, f"{place}: dự thảo, thử như đã có hiệu lực"))
        else:
            found.append((one.key, f"{place}: {standing(one, on=today)}"))
    return found


def _law_of(law: Law, regulation: str | None) -> Law:
    if not regulation:
        return law
    return law.under(regulation, as_if_in_force=_is_draft(law, regulation))


def _subject() -> tuple[Certificate | None, Person | None]:
    """The certificate or the person of the address, inside the scope; 404 outside of it."""
    certificate_id = request.args.get("chung-thu", type=int)
    person_id = request.args.get("ca-nhan", type=int)
    if certificate_id is not None:
        return load(Certificate, certificate_id, VIEW, options=WITH_CERTIFICATE), None
    if person_id is not None:
        options = (joinedload(Person.agency), selectinload(Person.positions))
        return None, load(Person, person_id, Permission.PERSON_VIEW, options=options)
    return None, None


def _suggested() -> Sequence[Certificate]:
    query = request.args.get("q", "").strip()[:200]
    if not query:
        return []
    register = Register(Certificate, search.CERTIFICATE, "sort_key")
    where = in_scope(account().scope(VIEW), "agency_id", "person_id")
    found = Search(db.session(), register, where, words_of(query))
    rows: Sequence[Certificate] = by_ids(
        db.session(), Certificate, found.first(SUGGESTIONS), [joinedload(Certificate.agency)]
    )
    return rows


def _clocks(row: Certificate, on: date) -> Any:
    facts = CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)
    margin = margin_of(row.agency)
    noon = clock.now().replace(
        year=on.year, month=on.month, day=on.day, hour=5, minute=0, second=0, microsecond=0
    )
    return clocks(facts, at=noon, margin_days=margin)


def _answers(
    certificate: Certificate | None, person: Person | None, law: Law, on: date
) -> list[Answer]:
    agency = certificate.agency if certificate is not None else person.agency  # type: ignore[union-attr] # one is there
    margin = margin_of(agency)
    found = []
    for kind in _KINDS:
        lines = _lines(kind, certificate, person, on)
        if not lines:
            continue
        question = Question(kind, on, law, on, margin, alone=True)
        said = judge(db.session(), lines, question)[0]
        said = tuple(one for one in said if one.code not in _SUPPOSED and one.code not in BLANKS)
        going, trouble = None, ""
        try:
            going = route_for(
                kind, lines, law=law, on=on, subscriber_kind=_subscriber(kind, certificate)
            )
        except Refused as error:
            trouble = str(error)
        found.append(Answer(kind, _words(kind, certificate), said, going, trouble))
    return found


#: What the page supposes, so that only the law speaks: something changes, the device is locked.
_SUPPOSED = frozenset({"amendment.nothing_changes", "unlock.not_locked"})


def _words(kind: RequestKind, certificate: Certificate | None) -> str:
    if kind is RequestKind.ISSUANCE and certificate is not None:
        return "Cấp lại, thay chứng thư này (Điều 21)"
    return label(kind)


def _subscriber(kind: RequestKind, certificate: Certificate | None) -> SubscriberKind | None:
    if kind is not RequestKind.ISSUANCE:
        return None
    return certificate.kind if certificate is not None else SubscriberKind.INDIVIDUAL


def _lines(
    kind: RequestKind, certificate: Certificate | None, person: Person | None, on: date
) -> list[RequestLine]:
    """The line that the subject would be; none for acts that do not fit it."""
    wish = Wish(kind, on, _subscriber(kind, certificate))
    if certificate is None:
        if kind is not RequestKind.ISSUANCE or person is None:
            return []
        return lines_for(db.session(), wish, Chosen(people=(person.id,)))
    if kind is RequestKind.REVOCATION and certificate.expires_on < on:
        wish = replace(wish, ground=RevocationGround.EXPIRED)
    if kind is RequestKind.UNLOCK:
        device = certificate.device_id
        return lines_for(db.session(), wish, Chosen(devices=(device,))) if device else []
    chosen = Chosen(certificates=(certificate.id,))
    return lines_for(db.session(), wish, chosen, known=[certificate])
