"""Của tôi: one's own devices, certificates and papers; reporting, asking, confirming, printing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, case, exists, or_, select
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

import clock
from extensions import db
from forms.incidents import SlipForm
from labels import label
from letters.errors import LetterError
from models import Certificate, Device, Person
from operations import follow_ups, incidents, slips
from operations.custody_history import effective
from operations.paper_proofs import CONFIRMABLE
from operations.transactions import Refused
from rules.certificates import CertificateFacts
from rules.clocks import Clocks, ClockStage, clocks
from rules.days import DEFAULT_MARGIN_DAYS
from rules.incidents import IncidentKind
from rules.papers import PaperKind, PaperState
from rules.permissions import Permission
from rules.requests import RequestKind
from schema.custody import CustodyMove, Incident, Paper, PaperConfirmation, PaperLine
from views import home_panels, papers_data_incidents  # noqa: F401 - registers makers of papers
from views.current_law import margin_of
from views.guards import account, load, requires
from views.papers_data import draw_paper
from views.signing_counts import own_count
from views.stocktake_counts import own_items

bp = Blueprint("own", __name__, url_prefix="/cua-toi")

OWN, TELL = Permission.RECEIPT_CONFIRM, Permission.INCIDENT_REPORT
MOST = 20


@bp.get("")
@requires(OWN)
def show() -> ResponseReturnValue:
    """Everything of one's own on one page, what waits for a click first."""
    person, now = account(), clock.now()
    owner = person.user.person_id
    margin = _margin(person.user.person)
    own = home_panels.own_things(person, now, margin)
    papers = _papers(owner) if owner is not None else []
    return render_template(
        "own/show.html",
        known=owner is not None,
        own=own,
        clocks={one.row.id: _clocks(one.row, now, margin) for one in own["certificates"]},
        waiting=[paper for paper, waits in papers if waits],
        moves=_moves(owner) if owner is not None else [],
        papers=[paper for paper, _ in papers],
        incidents=_incidents(owner) if owner is not None else [],
        counting=own_items(owner),
        to_sign=own_count(person),
        me=owner,
        kind_of=slips.kind_of,
    )


def _margin(person: Person | None) -> int:
    return margin_of(person.agency) if person is not None else DEFAULT_MARGIN_DAYS


def _clocks(row: Certificate, now: Any, margin: int) -> list[tuple[str, str]]:
    """The two clocks of a certificate, each in one sentence."""
    facts = CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)
    both = clocks(facts, at=now, margin_days=margin)
    return [("Nộp gia hạn", _renewal(both)), ("Chuẩn bị cấp mới", _replacement(both))]


def _renewal(both: Clocks) -> str:
    one = both.renewal
    return {
        ClockStage.STOPPED: "Không gia hạn được nữa.",
        ClockStage.WAITING: f"Chưa đến kỳ; đầu mối bắt đầu làm từ ngày {_day(one.due_on)}.",
        ClockStage.DUE: f"Đang đến kỳ; đầu mối nên nộp chậm nhất ngày {_day(one.file_by_on)}.",
        ClockStage.URGENT: (
            f"Gấp: Cục phải nhận được chậm nhất ngày {_day(one.last_receipt_on)}; hãy nhắc đầu mối."
        ),
        ClockStage.PASSED: "Đã quá hạn nộp gia hạn.",
        ClockStage.HISTORY_UNKNOWN: (
            f"Chưa rõ đã gia hạn lần nào chưa; nếu chưa thì nên nộp chậm nhất ngày "
            f"{_day(one.file_by_on)}."
        ),
    }[one.stage]


def _replacement(both: Clocks) -> str:
    one = both.replacement
    return {
        ClockStage.STOPPED: "Chưa cần.",
        ClockStage.WAITING: f"Đầu mối bắt đầu chuẩn bị từ ngày {_day(one.prepare_from_on)}.",
        ClockStage.DUE: f"Đang phải chuẩn bị; nên xong chậm nhất ngày {_day(one.ready_by_on)}.",
        ClockStage.URGENT: "Gấp: phải chuẩn bị ngay; hãy nhắc đầu mối của cơ quan.",
        ClockStage.PASSED: "Đã hết hạn: đề nghị cấp mới được ngay.",
        ClockStage.HISTORY_UNKNOWN: "Chưa rõ; phụ thuộc việc đã gia hạn hay chưa.",
    }[one.stage]


def _day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def _moves(owner: int) -> list[dict[str, Any]]:
    """How devices came to this person and left, newest first."""
    came, left = CustodyMove.holder_after_id, CustodyMove.holder_before_id
    rows = db.session.scalars(
        effective()
        .where(or_(came == owner, left == owner), came.is_distinct_from(left))
        .options(joinedload(CustodyMove.device))
        .order_by(None)
        .order_by(CustodyMove.id.desc())
        .limit(MOST)
    )
    return [
        {
            "what": f"{'Nhận' if one.holder_after_id == owner else 'Giao lại'} "
            f"{label(one.device.kind)} {one.device.internal_code}",
            "when": _day(one.moved_on),
            "papers": [{"label": "Biên bản", "url": url_for("papers.show", paper_id=one.paper_id)}]
            if one.paper_id
            else [],
        }
        for one in rows
    ]


def _papers(owner: int) -> list[tuple[Paper, bool]]:
    """Papers that name this person, newest first, each with whether it waits for the person's
    confirmation; those that do come first, however old.
    """
    named = Paper.id.in_(select(PaperLine.paper_id).where(PaperLine.person_id == owner))
    confirmed = exists().where(
        PaperConfirmation.paper_id == Paper.id, PaperConfirmation.person_id == owner
    )
    waits = and_(
        Paper.kind.in_(list(CONFIRMABLE)),
        Paper.state == PaperState.ISSUED,
        or_(Paper.receiver_id == owner, Paper.receiver_id.is_(None) & named),
        ~confirmed,
    )
    first = case((waits, 1), else_=0)
    rows = db.session.execute(
        select(Paper, first)
        .where(or_(Paper.giver_id == owner, Paper.receiver_id == owner, named))
        .options(joinedload(Paper.giver), joinedload(Paper.certificate_request))
        .order_by(first.desc(), Paper.id.desc())
        .limit(MOST)
    )
    return [(paper, bool(waiting)) for paper, waiting in rows]


def _incidents(owner: int) -> Sequence[Incident]:
    return db.session.scalars(
        select(Incident)
        .where(Incident.holder_id == owner)
        .options(joinedload(Incident.device))
        .order_by(Incident.id.desc())
        .limit(MOST)
    ).all()


@bp.get("/su-co/<int:incident_id>")
@requires(TELL)
def incident(incident_id: int) -> ResponseReturnValue:
    """What became of one's own report: each step in a word, nothing to fill in."""
    row = load(Incident, incident_id, TELL, options=[joinedload(Incident.device)])
    return render_template(
        "own/incident.html",
        row=row,
        kind=IncidentKind(row.kind),
        steps=follow_ups.of(db.session(), incidents.NOUN, row.id),
    )


@bp.route("/de-nghi", methods=["GET", "POST"])
@requires(OWN)
def ask() -> ResponseReturnValue:
    """Ask the managing agency for something: a slip goes to the focal point."""
    form = SlipForm()
    form.subject.choices = _subjects()
    if request.method == "GET":
        asked = request.args.get("viec", "")
        form.kind.data = asked if asked in RequestKind.__members__ else None
        values = [str(one.value) for one in form.subject.choices]
        wanted = request.args.get("cho", "")
        first = "" if asked == RequestKind.ISSUANCE.name else values[0]
        form.subject.data = wanted if wanted and wanted in values else first
    elif form.validate():
        number = _send(form)
        if number is not None:
            flash(
                "Đã gửi phiếu cho đầu mối của cơ quan. In phiếu, ký và nộp bản giấy khi được yêu "
                "cầu.",
                "success",
            )
            return redirect(url_for("papers.show", paper_id=number), 303)
    return render_template("own/ask.html", form=form)


def _subjects() -> list[SelectChoice]:
    """One's own certificates, then devices; last, neither."""
    owner = account().user.person_id
    certificates = db.session.scalars(
        select(Certificate)
        .where(Certificate.person_id == owner, Certificate.revoked_at.is_(None))
        .order_by(Certificate.expires_on.desc(), Certificate.id.desc())
        .limit(MOST)
    )
    devices = db.session.scalars(
        select(Device).where(Device.holder_id == owner).order_by(Device.id).limit(MOST)
    )
    return [
        *(
            SelectChoice(
                f"chung-thu-{one.id}",
                f"Chứng thư {one.common_name}, hết hạn {_day(one.expires_on)}",
            )
            for one in certificates
        ),
        *(
            SelectChoice(f"thiet-bi-{one.id}", f"{label(one.kind)} {one.internal_code}")
            for one in devices
        ),
        SelectChoice("", "Chưa có chứng thư nào (đề nghị cấp mới)"),
    ]


def _send(form: SlipForm) -> int | None:
    offered = {str(one.value) for one in form.subject.choices}
    subject = form.subject.data if form.subject.data in offered else ""
    noun, _, number = (subject or "").rpartition("-")
    wish = slips.Wish(
        kind=RequestKind[form.kind.data],
        certificate_id=int(number) if noun == "chung-thu" else None,
        device_id=int(number) if noun == "thiet-bi" else None,
        reason=form.reason.data or "",
        before=form.before.data or "",
        after=form.after.data or "",
        digital=bool(form.digital.data),
    )
    try:
        return slips.ask(db.session(), actor=account().actor(), wish=wish, draw=draw_paper)
    except (Refused, LetterError) as error:
        form.form_errors.append(str(error))
        form.subject.choices = _subjects()
        return None


def slip_state(row: Paper) -> str:
    """Where one's own slip stands, in words; "" for other papers."""
    if row.kind is not PaperKind.SUBSCRIBER_SLIP:
        return ""
    if row.state is PaperState.CANCELLED:
        return f"Không thực hiện: {row.particulars.get('cancelled', '')}"
    if row.certificate_request is not None:
        return f"Đang làm: {label(row.certificate_request.state)}"
    return "Chờ đầu mối trả lời"


bp.add_app_template_filter(slip_state, "phieu_dang")
