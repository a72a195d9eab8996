"""Báo cáo: what the register counts for a year or any period, and what agencies type in."""

from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.reports import (
    PeriodForm,
    ReopeningForm,
    SendingForm,
    sections_form,
    typed_sections,
)
from letters import annual_report as paper
from letters import registers, word
from letters.errors import LetterError
from models import Agency
from operations import reports as acts
from operations.exports import record_export
from operations.law import sender_for
from operations.transactions import Refused
from rules.agencies import AgencyLevel
from rules.law import Law
from rules.permissions import Permission
from rules.reports import (
    FIRST_YEAR,
    NUMBERS,
    BadPeriod,
    Figure,
    Period,
    ReportState,
    Section,
    any_period,
    check_report,
    ground_of,
    total,
    year_period,
)
from schema.reports import YearReport
from views.current_law import law_of
from views.form_words import form_note, words_for
from views.guards import account, load, requires
from views.report_papers import annual_report, named, roll_up, share_of, state_of, table
from views.report_rows import ReportRow, rows_below, rows_in_scope, summed_sections

bp = Blueprint("reports", __name__, url_prefix="/bao-cao")

VIEW, EDIT = Permission.REPORT_VIEW, Permission.REPORT_EDIT
PER_PAGE = 50
FORM = "bao_cao_nam"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
UNSENT = "chua-gui"


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The roll-up of a year: every agency in scope that writes letters, and who has sent."""
    period = _period()
    rows = rows_in_scope(period)
    sent = sum(row.state is ReportState.SENT for row in rows)
    asked = request.args.get("loc", "")
    shown = [r for r in rows if r.state is not ReportState.SENT] if asked == UNSENT else rows
    return _list(period, rows, shown, asked=asked, sent=sent)


@bp.get("/dot-xuat")
@requires(VIEW)
def on_demand() -> ResponseReturnValue:
    """The same figures for any period that somebody asks for (báo cáo đột xuất)."""
    today = clock.today()
    form = PeriodForm(request.args, date(today.year, 1, 1), today)
    period = None
    if form.validate():
        try:
            period = any_period(form.first.data, form.last.data, on=today)
        except BadPeriod as error:
            form.last.errors = [str(error)]
    rows = rows_in_scope(period) if period else []
    return _list(period, rows, rows, form=form)


def _list(
    period: Period | None,
    rows: Sequence[ReportRow],
    shown: Sequence[ReportRow],
    **more: Any,
) -> ResponseReturnValue:
    page = max(1, request.args.get("trang", 1, type=int))
    begin = (page - 1) * PER_PAGE
    sums = total(row.figures for row in rows)
    kept = {key: value for key, value in request.args.items() if key != "trang"}
    address = request.endpoint or ""
    return render_template(
        "reports/index.html",
        period=period,
        period_name=named(period) if period else "",
        years=list(range(clock.today().year, max(FIRST_YEAR, clock.today().year - 8) - 1, -1)),
        count=len(shown),
        agencies=len(rows),
        rows=[(row, share_of(row), state_of(row)) for row in shown[begin : begin + PER_PAGE]],
        sums=sums,
        note=form_note(FORM),
        query=kept,
        export=FlaskForm(),
        previous_url=url_for(address, **kept, trang=page - 1) if page > 1 else "",
        next_url=url_for(address, **kept, trang=page + 1) if begin + PER_PAGE < len(shown) else "",
        **more,
    )


@bp.get("/tong-hop.pdf")
@requires(VIEW)
def roll_up_pdf() -> ResponseReturnValue:
    """The roll-up to print and sign."""
    period = _any_period()
    try:
        drawn = registers.draw(roll_up(_top(), rows_in_scope(period), period))
    except (LetterError, registers.RegisterTooLong) as error:
        flash(str(error), "error")
        return redirect(url_for(".index"))
    return _pdf(drawn.pdf, "bao-cao-tong-hop.pdf")


@bp.post("/tong-hop.xlsx")
@requires(Permission.SHEET_EXPORT)
def roll_up_sheet() -> ResponseReturnValue:
    """The roll-up as a table; the log knows who took it."""
    period, top = _any_period(), _top()
    rows = rows_in_scope(period)
    content = table(top, rows, period)
    record_export(
        db.session(),
        actor=account().actor(),
        kind="bao-cao",
        rows=len(rows),
        agency_id=top.id if top is not None else None,
    )
    answer = Response(content, mimetype=XLSX)
    answer.headers["Content-Disposition"] = 'attachment; filename="bao-cao-tong-hop.xlsx"'
    return answer


# One agency -------------------------------------------------------------------------------------


@bp.get("/<int:agency_id>/<int:year>")
@requires(VIEW)
def show(agency_id: int, year: int) -> ResponseReturnValue:
    """The report of one agency for a year: figures, sections, what to look at, what to do."""
    agency, period = _agency(agency_id, year, VIEW), _year(year)
    return _page(agency, period)


def _page(
    agency: Agency, period: Period, sending: SendingForm | None = None
) -> ResponseReturnValue:
    row, report = _row(agency, period), _report(agency.id, period.year)
    law, may = _law(agency), _may_edit(agency.id)
    sums = summed_sections(rows_below(agency.path, period)) if _is_whole(agency) else {}
    version = {"version": str(row.version)}
    return render_template(
        "reports/show.html",
        agency=agency,
        row=row,
        report=report,
        period=period,
        figures=list(Figure),
        numbers=NUMBERS,
        sections=[(section, row.sections.get(section)) for section in Section],
        sums=sums,
        is_whole=_is_whole(agency),
        share=share_of(row),
        state=state_of(row),
        findings=check_report(row.sections, law=law, on=period.last),
        note=form_note(FORM),
        may_edit=may and row.state is not ReportState.SENT,
        may_reopen=may and row.state is ReportState.SENT,
        sending=sending or SendingForm(formdata=None, data=version | {"sent_on": clock.today()}),
        reopening=ReopeningForm(formdata=None, data=version),
    )


@bp.route("/<int:agency_id>/<int:year>/sua", methods=["GET", "POST"])
@requires(EDIT)
def edit(agency_id: int, year: int) -> ResponseReturnValue:
    """Type in what the register cannot know."""
    agency, period = _agency(agency_id, year, EDIT), _year(year)
    row = _row(agency, period)
    form = sections_form(row.sections, row.version or None, _hints(agency, row, period))
    if request.method == "POST" and form.validate():
        try:
            acts.save(
                db.session(),
                actor=account().actor(),
                agency_id=agency_id,
                year=year,
                sections=typed_sections(form),
                version=form.version_number,
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghi báo cáo.", "success")
            return redirect(url_for(".show", agency_id=agency_id, year=year))
    return render_template("reports/edit.html", agency=agency, period=period, form=form)


@bp.post("/<int:agency_id>/<int:year>/gui")
@requires(EDIT)
def send(agency_id: int, year: int) -> ResponseReturnValue:
    """Write down that the report went out; its figures stay as they are now."""
    agency, period, form = _agency(agency_id, year, EDIT), _year(year), SendingForm()
    if not form.validate():
        return _page(agency, period, form)
    try:
        acts.send(
            db.session(),
            actor=account().actor(),
            agency_id=agency_id,
            year=year,
            version=form.version_number or 0,
            sending=acts.Sending(
                form.sent_on.data,
                form.sent_to.data,
                form.document_number.data or "",
                form.document_on.data,
            ),
            figures=_row(agency, period).figures,
        )
    except Refused as error:
        flash(str(error), "error")
        return _page(agency, period, form)
    flash("Đã ghi nhận gửi báo cáo; số liệu được giữ nguyên như lúc gửi.", "success")
    return redirect(url_for(".show", agency_id=agency_id, year=year))


@bp.post("/<int:agency_id>/<int:year>/mo-lai")
@requires(EDIT)
def reopen(agency_id: int, year: int) -> ResponseReturnValue:
    """Open a sent report again, with a reason."""
    _agency(agency_id, year, EDIT)
    form = ReopeningForm()
    try:
        acts.reopen(
            db.session(),
            actor=account().actor(),
            agency_id=agency_id,
            year=year,
            version=form.version_number or 0,
            reason=form.reason.data or "",
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã mở lại báo cáo để sửa.", "success")
    return redirect(url_for(".show", agency_id=agency_id, year=year))


@bp.get("/<int:agency_id>/<int:year>/bao-cao.<any('pdf', 'docx'):ending>")
@requires(VIEW)
def document(agency_id: int, year: int, ending: str) -> ResponseReturnValue:
    """The báo cáo as a letter of decree 30, as PDF or for Word."""
    agency, period = _agency(agency_id, year, VIEW), _year(year)
    report = _report(agency_id, year)
    data = annual_report(
        agency,
        _row(agency, period),
        period,
        _law(agency),
        number=report.document_number if report is not None else "",
        sent_to=report.sent_to if report is not None else "",
    )
    words = words_for(FORM)
    try:
        if ending == "pdf":
            return _pdf(paper.draw(data, words).pdf, f"bao-cao-{year}.pdf")
        content = word.draw(
            lambda setter, blanks: paper.compose(data, setter, blanks, words), data.sheet
        )
    except LetterError as error:
        flash(str(error), "error")
        return redirect(url_for(".show", agency_id=agency_id, year=year))
    return send_file(
        BytesIO(content),
        mimetype=DOCX,
        as_attachment=True,
        download_name=f"bao-cao-{year}.docx",
        etag=False,
    )


# What pages share -------------------------------------------------------------------------------


def _period() -> Period:
    return _year(request.args.get("nam", clock.today().year, type=int))


def _any_period() -> Period:
    """The period of an address: a year, or any days."""
    if "first" not in request.args:
        return _period()
    form = PeriodForm(request.args, clock.today(), clock.today())
    try:
        if form.validate():
            return any_period(form.first.data, form.last.data, on=clock.today())
    except BadPeriod:
        pass
    abort(404)


def _year(year: int) -> Period:
    try:
        return year_period(year, on=clock.today())
    except BadPeriod:
        abort(404)


def _agency(agency_id: int, year: int, permission: Permission) -> Agency:
    """The agency, if it writes reports; else the way to the one that writes for it."""
    agency = load(Agency, agency_id, permission, options=[joinedload(Agency.parent)])
    writer = sender_for(db.session(), agency)
    if writer is not None and writer.id != agency.id:
        if account().scope(permission).covers(writer.id):
            abort(redirect(url_for(".show", agency_id=writer.id, year=year)))
    return agency


def _is_whole(agency: Agency) -> bool:
    """The top of a province reports for everything below it."""
    return agency.level is AgencyLevel.PROVINCE


def _row(agency: Agency, period: Period) -> ReportRow:
    """The report of one agency; 404 for a unit whose figures belong to another's report."""
    rows = rows_below(agency.path, period)
    row = next((one for one in rows if one.agency_id == agency.id), None)
    if row is None:
        abort(404)
    if _is_whole(agency) and row.state is not ReportState.SENT:
        figures: Mapping[Figure, int] = total(one.figures for one in rows)
        return ReportRow(
            row.agency_id, row.name, figures, row.sections, row.state, row.sent_on, row.version
        )
    return row


def _report(agency_id: int, year: int) -> YearReport | None:
    return db.session.scalar(
        select(YearReport).where(YearReport.agency_id == agency_id, YearReport.year == year)
    )


def _law(agency: Agency) -> Law:
    return law_of(agency)


def _may_edit(agency_id: int) -> bool:
    return account().scope(EDIT).covers(agency_id)


def _top() -> Agency | None:
    """The agency that the roll-up is made for: the place of the person's role."""
    grants = account().user.grants
    if not grants:
        return None
    return db.session.get(Agency, grants[0].agency_id, options=[joinedload(Agency.parent)])


def _hints(agency: Agency, row: ReportRow, period: Period) -> dict[Section, str]:
    """Beside each box: who asks for it, and what the register or other reports already know."""
    law = _law(agency)
    hints: dict[Section, str] = {}
    for section in Section:
        ground = ground_of(section, law=law, on=period.last)
        hints[section] = f"Theo {ground.citation}." if ground is not None else ""
    expected = row.figures.get(Figure.ENDING_NEXT_YEAR, 0)
    hints[Section.NEED_RENEWAL] += f" Trong sổ có {expected} chứng thư hết hạn trong năm tiếp theo."
    if _is_whole(agency):
        for section, count in summed_sections(rows_below(agency.path, period)).items():
            hints[section] += f" Cộng từ các báo cáo đã gửi: {count}."
    return {section: hint.strip() for section, hint in hints.items()}


def _pdf(content: bytes, name: str) -> Response:
    return send_file(BytesIO(content), mimetype="application/pdf", download_name=name, etag=False)
