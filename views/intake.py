"""A parcel from the authority: scan, compare with what was asked for, accept into stock."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

import clock
from extensions import db
from forms.fields import number_or_none
from forms.intake import ACCEPTED, IntakeForm
from letters.errors import LetterError
from models import Agency
from operations import certificate_imports, intake
from operations.intake import ENTERED, Comparison, Parcel
from operations.paper_lines import managing_agency
from operations.transactions import Refused
from rules.devices import DeviceKind
from rules.intake import IntakeVerdict, ParcelLine
from rules.permissions import GRANTS, Permission
from rules.serials import display_serial
from sheets import certificate_files
from views.guards import account, load, requires
from views.handover_wishes import people_of
from views.kept import until_the_log_grows
from views.papers_data import draw_paper
from views.users import agency_choices

bp = Blueprint("intake", __name__, url_prefix="/tiep-nhan")

MOVE = Permission.CUSTODY_MOVE
MOST = 500


@bp.route("", methods=["GET", "POST"])
@requires(MOVE)
def new() -> ResponseReturnValue:
    """One page: what came, the list of differences, then accepted in one act."""
    form = IntakeForm()
    form.agency_id.offer(agency_choices(account().scope(MOVE)))
    agency = load(Agency, form.agency_id.data or _home_agency(), MOVE)
    choices = [SelectChoice("", "Chọn người"), *(SelectChoice(*one) for one in people_of(agency))]
    form.receiver_id.choices = list(choices)
    form.witness_id.choices = list(choices)
    comparison: Comparison | None = None
    if request.method == "GET":
        _prefill(form, agency)
    elif form.validate():
        read = _certificates(form)
        parcel = _parcel(form, agency, read)
        form.lines.data = _written(parcel.lines)
        if "nhan" in request.form and (done := _accept(parcel, read)) is not None:
            return done
        comparison = _look(parcel)
    return render_template(
        "intake/new.html",
        form=form,
        agency=agency,
        comparison=comparison,
        entered=ENTERED,
        unclear=(IntakeVerdict.NOT_REQUESTED, IntakeVerdict.SEVERAL_REQUESTS),
        accepted=ACCEPTED,
        sent=request.form,
        waiting=until_the_log_grows(
            ("devices awaited", agency.id), lambda: intake.count_waiting(db.session(), agency)
        ),
    )


def _home_agency() -> int:
    person = account().user.person
    if person is not None and account().scope(MOVE).covers(person.agency_id):
        managing = managing_agency(db.session(), person.agency)
        return managing.id if account().scope(MOVE).covers(managing.id) else person.agency_id
    return next(at for role, at, _ in account().grants if MOVE in GRANTS[role])


def _prefill(form: IntakeForm, agency: Agency) -> None:
    form.agency_id.data = agency.id
    form.received_on.data = clock.today()
    form.place.data = f"Trụ sở {agency.name}"
    person = account().user.person
    offered = {str(value) for value, *_ in form.receiver_id.iter_choices()}
    if person is not None and str(person.id) in offered:
        form.receiver_id.data = person.id


def _parcel(form: IntakeForm, agency: Agency, read: Sequence[certificate_files.Read]) -> Parcel:
    lines = _with_certificates(intake.parse_lines(form.lines.data or "")[:MOST], read)
    answers = {}
    left_out = set()
    for position in range(len(lines)):
        typed = request.form.get(f"tra-loi-{position}", "")
        if (number := number_or_none(typed)) is not None:
            answers[position] = number
        if request.form.get(f"xem-{position}") and not request.form.get(f"nhan-{position}"):
            left_out.add(position)
    return Parcel(
        agency_id=agency.id,
        received_on=form.received_on.data or clock.today(),
        lines=lines,
        kind=DeviceKind[form.kind.data],
        model=form.model.data or "",
        receiver_id=form.receiver_id.data,
        witness_id=form.witness_id.data,
        place=form.place.data or "",
        number=form.number.data or "",
        digital=bool(form.digital.data),
        answers=answers,
        left_out=frozenset(left_out),
        particulars={
            "parcel_code": form.parcel_code.data or "",
            "notice": form.notice.data or "",
            "packaging": form.packaging.data or "",
        },
    )


def _certificates(form: IntakeForm) -> list[certificate_files.Read]:
    sent = [one for one in form.certificates.data or [] if getattr(one, "filename", "")]
    if not sent:
        return []
    return certificate_files.read_files((one.filename or "", one.read()) for one in sent)


def _with_certificates(
    lines: tuple[ParcelLine, ...], read: Sequence[certificate_files.Read]
) -> tuple[ParcelLine, ...]:
    """Names and serials from the certificates that came along.

    As many nameless serials as certificates are put side by side in their order, and shown to be
    checked; anything else is left to the person.
    """
    contents = [one.content for one in read if one.content is not None]
    nameless = [at for at, one in enumerate(lines) if not one.subject_name]
    if not contents or len(nameless) != len(contents):
        if contents:
            flash(
                "Số tệp chứng thư khác số dòng chưa có tên nên chưa ghép được; chọn đề nghị cho "
                "từng dòng, hoặc dán tên cạnh số hiệu.",
                "warning",
            )
        return lines
    flash("Chứng thư được ghép với số hiệu theo thứ tự. Kiểm tra lại từng dòng.", "warning")
    found = list(lines)
    for at, content in zip(nameless, contents, strict=True):
        found[at] = replace(
            found[at],
            subject_name=content.common_name,
            email=content.email or "",
            certificate_serial=display_serial(content.serial_number),
        )
    return tuple(found)


def _written(lines: Sequence[ParcelLine]) -> str:
    """The lines as the box shows them again: parted by semicolons, empty ends left out."""
    return "\n".join(
        "; ".join(
            (one.printed_serial or "?", one.subject_name, one.email, one.certificate_serial)
        ).rstrip("; ")
        for one in lines
    )


def _look(parcel: Parcel) -> Comparison | None:
    if not parcel.lines:
        flash("Chưa có thiết bị nào. Quét hoặc dán số hiệu, mỗi dòng một thiết bị.", "error")
        return None
    return intake.look(db.session(), parcel)


def _accept(parcel: Parcel, read: Sequence[certificate_files.Read]) -> ResponseReturnValue | None:
    actor = account().actor()
    try:
        paper_id = intake.accept(db.session(), parcel, actor=actor, draw=draw_paper)
    except (Refused, LetterError) as error:
        flash(str(error), "error")
        return None
    flash("Đã nhận thiết bị vào kho và lập biên bản tiếp nhận.", "success")
    if read and account().can(Permission.CERTIFICATE_IMPORT):
        incoming = [
            certificate_imports.Incoming(one.source, one.content, one.reason) for one in read
        ]
        batch = certificate_imports.stage(
            db.session(),
            actor=actor,
            agency_id=parcel.agency_id,
            source=certificate_imports.FILES,
            incoming=incoming,
        )
        flash("Tiếp theo: gắn chứng thư gửi kèm với thiết bị vừa nhận.", "success")
        return redirect(url_for("certificate_imports.show", batch_id=batch), 303)
    return redirect(url_for("papers.show", paper_id=paper_id), 303)
