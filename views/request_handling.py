"""Yêu cầu gửi tới Sở: the requests that are addressed to a department of this installation.

A department sees only what is addressed to it and has left the sender; what it writes down stands
at once on the sender's page, with who and when.
"""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, make_response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.utils import redirect

import clock
import regulations
from extensions import db
from forms.request_acts import AnswersForm, ReceiptForm
from labels import label
from letters.errors import LetterError
from models import CertificateRequest
from operations import files
from operations import request_results as results
from operations import request_sendings as sendings
from operations.law import laws_for
from operations.request_documents import SUFFIXES
from rules.deadlines import AnswerClock, answer_clock
from rules.permissions import GRANTS, Permission
from rules.requests import LEFT_THE_HOUSE, RequestState
from rules.working_days import WorkingCalendar
from signing.errors import SigningError
from views.certificate_requests import OPTIONS
from views.current_law import calendar_on, current_law
from views.guards import account, not_found, requires
from views.register_pages import history, member
from views.request_letters import IMAGE_WIDTH, letter_file, page_count
from views.request_pages import tried
from views.request_register import COUNTED_UP_TO, found_by, overdue
from views.request_results import typed_answers
from views.verifier import sandbox

bp = Blueprint("request_handling", __name__, url_prefix="/de-nghi/gui-toi")

HANDLE = Permission.CERTIFICATE_REQUEST_HANDLE
PER_PAGE = 50
LATE = "qua-han"


def departments() -> frozenset[int]:
    """The bodies in whose name this person handles requests: where the role was granted, and the
    person's own agency and what it is a part of, inside the scope of that role.
    """
    person = account()
    granted = {number for role, number, _ in person.grants if HANDLE in GRANTS[role]}
    if person.user.person is not None:
        path = person.user.person.agency.path
        scope = person.scope(HANDLE)
        granted |= {int(part) for part in path.split("/") if part and scope.covers(int(part))}
    return frozenset(granted)


def addressed_here() -> ColumnElement[bool]:
    """The requests that may be seen here."""
    return CertificateRequest.addressee_agency_id.in_(
        sorted(departments())
    ) & CertificateRequest.state.in_(LEFT_THE_HOUSE)


def _load(request_id: int) -> CertificateRequest:
    found = (
        db.session.execute(
            select(CertificateRequest)
            .where(CertificateRequest.id == request_id, addressed_here())
            .options(*OPTIONS)
        )
        .unique()
        .scalar_one_or_none()
    )
    if found is None:
        not_found()
    return found


@bp.get("")
@requires(HANDLE)
def index() -> ResponseReturnValue:
    """What is addressed to us: what waits first, oldest receipt first; found by number."""
    today = clock.today()
    calendar = calendar_on(today)
    sought = request.args.get("tim", "").strip()[:80]
    wanted = request.args.get("trang-thai", "")
    page = min(max(request.args.get("trang", 1, type=int), 1), COUNTED_UP_TO)
    where = [addressed_here()]
    if (state := member(RequestState, wanted)) is not None:
        where.append(CertificateRequest.state == state)
    if wanted == LATE:
        where.append(overdue(today, calendar, regulations.load()))
    if sought:
        where.append(found_by(sought))
    rows = db.session.scalars(
        select(CertificateRequest)
        .where(*where)
        .order_by(CertificateRequest.state != RequestState.SENT, CertificateRequest.id)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE + 1)
        .options(joinedload(CertificateRequest.agency), selectinload(CertificateRequest.lines))
    ).all()
    some = select(CertificateRequest.id).where(*where).limit(COUNTED_UP_TO + 1).subquery()
    count = db.session.scalar(select(func.count()).select_from(some)) or 0
    states = [("", "tất cả"), (LATE, "đã quá hạn trả lời")]
    states += [(one.name, label(one)) for one in RequestState if one in LEFT_THE_HOUSE]
    return render_template(
        "request_handling/index.html",
        rows=rows[:PER_PAGE],
        clocks=_clocks(rows[:PER_PAGE], today, calendar),
        previous_url=_page_url(page - 1) if page > 1 else "",
        next_url=_page_url(page + 1) if len(rows) > PER_PAGE else "",
        count=min(count, COUNTED_UP_TO),
        capped=count > COUNTED_UP_TO,
        sought=sought,
        wanted=wanted,
        states=states,
    )


def _page_url(page: int) -> str:
    """Another page of the list with the same search."""
    kept = {name: one for name in ("tim", "trang-thai") if (one := request.args.get(name))}
    return url_for(".index", trang=page, **kept)  # type: ignore[arg-type] # texts


def _clocks(
    rows: Sequence[CertificateRequest], today: date, calendar: WorkingCalendar
) -> dict[int, AnswerClock | None]:
    """The clock of each request, by its number; None for one whose answer nobody waits for."""
    laws = laws_for(db.session(), current_law(), {row.agency for row in rows})
    return {
        row.id: answer_clock(
            row.kind, row.received_on, on=today, law=laws[row.agency_id], calendar=calendar
        )
        if row.state is RequestState.SENT and row.received_on is not None
        else None
        for row in rows
    }


@bp.get("/<int:request_id>")
@requires(HANDLE)
def show(request_id: int) -> ResponseReturnValue:
    """One request as whoever handles it sees it: the letter, the lines, what is to be done."""
    row = _load(request_id)
    return render_template("request_handling/show.html", **_page(row))


def _page(row: CertificateRequest, **forms: Any) -> dict[str, Any]:
    today = clock.today()
    receipt = ReceiptForm(formdata=None, version=row.version, dossier_code=row.dossier_code)
    receipt.on.data = row.received_on or today
    given = AnswersForm(formdata=None, version=row.version)
    given.on.data = today
    return {
        "row": row,
        "clock": _clocks([row], today, calendar_on(today))[row.id],
        "lines": [line for line in row.lines if line.is_open],
        "page_total": page_count(row),
        "history": history("certificate_request", row.id),
        "receipt": receipt,
        "answers": given,
        "typed": {},
        **forms,
    }


@bp.post("/<int:request_id>/tiep-nhan")
@requires(HANDLE)
def receive(request_id: int) -> ResponseReturnValue:
    """Take the request in: its clock starts, the sender sees day and code."""
    row = _load(request_id)
    form = ReceiptForm()
    if form.validate() and tried(
        lambda: sendings.record_receipt(
            db.session,
            actor=account().actor(),
            request_id=row.id,
            version=form.version.data,
            on=form.on.data,
            dossier_code=form.dossier_code.data or "",
        )
    ):
        return redirect(url_for(".show", request_id=request_id))
    return render_template("request_handling/show.html", **_page(_load(request_id), receipt=form))


@bp.post("/<int:request_id>/tra-loi")
@requires(HANDLE)
def answer(request_id: int) -> ResponseReturnValue:
    """Answer lines, with a reason for each that is refused; the sender sees it at once."""
    row = _load(request_id)
    form = AnswersForm()
    if form.validate():
        given = results.Answers(
            form.on.data,
            typed_answers(row, request.form, form.rest.data),
            form.note.data or "",
            handled=True,
        )
        if tried(
            lambda: results.record_answers(
                db.session,
                actor=account().actor(),
                request_id=row.id,
                version=form.version.data,
                answers=given,
            )
        ):
            return redirect(url_for(".show", request_id=request_id))
    shown = _page(_load(request_id), answers=form, typed=request.form)
    return render_template("request_handling/show.html", **shown)


@bp.get("/<int:request_id>/trang/<int:page>.png")
@requires(HANDLE)
def page_image(request_id: int, page: int) -> ResponseReturnValue:
    """One page of the letter as a picture."""
    try:
        image, media_type = letter_file(_load(request_id))
        if media_type == files.PDF:
            image = sandbox().page_image(image, page - 1, IMAGE_WIDTH)
            media_type = "image/png"
    except (SigningError, LetterError, IndexError, ValueError):
        abort(404)
    made = make_response(image)
    made.content_type = media_type
    return made


@bp.get("/<int:request_id>/van-ban.pdf")
@requires(HANDLE)
def letter(request_id: int) -> ResponseReturnValue:
    """The letter as it was sent, byte by byte."""
    content, media_type = letter_file(_load(request_id))
    name = f"de-nghi-{request_id}.{SUFFIXES.get(media_type, 'bin')}"
    return send_file(
        BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name, etag=False
    )
