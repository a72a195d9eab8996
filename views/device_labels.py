"""Nhãn thiết bị: sheets of small labels for chosen devices, fitted to the printer at hand.

What a printer does to a sheet belongs to the PC it stands beside, so it is remembered in a cookie
of that browser, for each kind of sheet.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from forms.device_labels import LabelsForm
from letters import labels_sheet
from letters.labels_sheet import FORMATS, Calibration, Label, LabelSheet, SheetFormat
from models import Agency, Device
from operations import device_labels
from operations import law as house
from rules.permissions import Permission
from views.devices import find_rows
from views.guards import account, requires, settings
from views.register_pages import Asked, chosen_ids

bp = Blueprint("device_labels", __name__, url_prefix="/thiet-bi/nhan")

EDIT = Permission.DEVICE_EDIT
MOST = 1_000
_COOKIE = "nhan-may-in"
_KEPT = timedelta(days=400)
_SHAPE = re.compile(r"([a-z0-9_]+):(-?[\d.]{1,6}):(-?[\d.]{1,6}):([\d.]{1,6})")


@bp.get("")
@requires(EDIT)
def new() -> ResponseReturnValue:
    """The chosen devices and the sheet: kind, first place, what the printer does to it."""
    rows = _chosen()
    form = _form()
    known = _remembered()
    form.format.data = known[0].name if known else SheetFormat.SMALL_65.name
    form.first.data = 1
    if known:
        form.right.data, form.down.data, form.hundred.data = (
            known[1].right,
            known[1].down,
            known[1].hundred,
        )
    return _page(form, rows)


@bp.post("/chon")
@requires(EDIT)
def choose() -> ResponseReturnValue:
    """Take the rows ticked in the register and answer with the address of their labels."""
    ticked = ",".join(request.form.getlist("thiet-bi"))
    if not chosen_ids(ticked):
        flash("Chưa đánh dấu thiết bị nào. Đánh dấu các dòng cần in nhãn rồi bấm lại.", "warning")
        return redirect(url_for("devices.index"), 303)
    return redirect(url_for(".new", chon=ticked), 303)


@bp.post("")
@requires(EDIT)
def draw() -> ResponseReturnValue:
    """The sheets, or the trial sheet, as PDF; the printer's calibration is remembered."""
    rows, form = _chosen(), _form()
    if not form.validate():
        return _page(form, rows)
    kind = SheetFormat[form.format.data]
    calibration = Calibration(form.right.data, form.down.data, form.hundred.data)
    if request.form.get("viec") == "thu":
        drawn = labels_sheet.draw_calibration(kind, calibration)
        return _remember(_pdf(drawn.pdf, "to-in-thu.pdf"), kind, calibration)
    agencies = _agencies(rows)
    if not rows or len(agencies) != 1:
        flash(
            "Chọn ít nhất một thiết bị."
            if not rows
            else "Các thiết bị đã chọn thuộc nhiều cơ quan, mỗi cơ quan một địa chỉ trả lại. Lọc "
            "theo đơn vị rồi in riêng.",
            "error",
        )
        return _page(form, rows)
    agency = agencies[0]
    drawn = labels_sheet.draw(
        LabelSheet(
            labels=tuple(Label(one.internal_code) for one in rows),
            return_to=", ".join(one for one in (agency.name, agency.address) if one),
            format=kind,
            first=form.first.data,
            calibration=calibration,
        )
    )
    device_labels.record_printed(
        db.session(),
        actor=account().actor(),
        agency_id=agency.id,
        device_ids=[one.id for one in rows],
    )
    return _remember(_pdf(drawn.pdf, "nhan-thiet-bi.pdf"), kind, calibration)


def _form() -> LabelsForm:
    form = LabelsForm()
    form.offer({one.name: (_words(one), FORMATS[one].count) for one in SheetFormat})
    return form


def _words(one: SheetFormat) -> str:
    size = FORMATS[one]
    measures = f"{size.width:g} x {size.height:g} mm".replace(".", ",")
    return f"{size.count} nhãn một tờ A4 ({size.columns} cột x {size.rows} hàng, {measures})"


def _page(form: LabelsForm, rows: Sequence[Device]) -> str:
    asked = {name: value for name, value in request.args.items() if value}
    return render_template(
        "device_labels/new.html",
        form=form,
        rows=rows,
        most=MOST,
        cut=len(rows) >= MOST,
        action=url_for(".draw", **asked),
        agencies=_agencies(rows),
    )


def _chosen() -> Sequence[Device]:
    """The ticked devices, or all that the filters of the register leave, up to a limit."""
    scope = account().scope(EDIT)
    ticked = chosen_ids(request.args.get("chon", ""))
    asked = Asked.from_request()
    if not ticked and not asked.narrowed:
        return []
    ids = ticked or find_rows(asked, MOST)
    return db.session.scalars(
        select(Device)
        .where(Device.id.in_(ids), scope.clause(Device.agency_id))
        .options(joinedload(Device.agency), joinedload(Device.holder))
        .order_by(Device.sort_key, Device.id)
        .limit(MOST)
    ).all()


def _agencies(rows: Sequence[Device]) -> list[Agency]:
    """The managing agencies to which these devices are to be returned."""
    units = {one.agency_id: one.agency for one in rows}
    if not units:
        return []
    senders = house.senders_for(db.session(), units.values())
    found = {unit: senders.get(unit) or agency for unit, agency in units.items()}
    return list({one.id: one for one in found.values()}.values())


def _remembered() -> tuple[SheetFormat, Calibration] | None:
    found = _SHAPE.fullmatch(request.cookies.get(_COOKIE, ""))
    if found is None:
        return None
    try:
        return SheetFormat(found[1]), Calibration(*(float(found[part]) for part in (2, 3, 4)))
    except ValueError:
        return None  # Somebody else's cookie, or of another version.


def _remember(answer: Response, kind: SheetFormat, calibration: Calibration) -> Response:
    answer.set_cookie(
        _COOKIE,
        f"{kind.value}:{calibration.right:g}:{calibration.down:g}:{calibration.hundred:g}",
        max_age=_KEPT,
        path=url_for("device_labels.new"),
        secure=settings().behind_tls,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _pdf(content: bytes, name: str) -> Any:
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
