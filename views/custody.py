"""Short acts on one device that need no minutes, and taking a wrong click back."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.custody import MoveForm, UndoForm
from labels import label
from models import Device
from operations import custody
from operations.transactions import Refused
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct, Move, acts_from
from rules.permissions import Permission
from schema.custody import CustodyMove
from views.current_law import current_law
from views.guards import account, load, not_found, requires

bp = Blueprint("custody", __name__, url_prefix="/thiet-bi")

MOVE = Permission.CUSTODY_MOVE
SHORT = {
    "kich-hoat": CustodyAct.PUT_IN_USE,
    "da-nhan": CustodyAct.CONFIRM_RECEIPT,
    "khoi-phuc": CustodyAct.UNLOCK_DONE,
    "cho-thu-hoi": CustodyAct.AWAIT_RECALL,
    "dong-tai-khoan": CustodyAct.CLOSE_ACCOUNT,
    "cuc-da-nhan": CustodyAct.AUTHORITY_RECEIVED,
    "buu-gui-tra-lai": CustodyAct.PARCEL_CAME_BACK,
}
"""The acts done here, by their word in the address; all others need a paper or an incident."""
SLUGS = {act: slug for slug, act in SHORT.items()}
_WORDS = ", ".join(f"'{slug}'" for slug in SHORT)
HINTS = {
    CustodyAct.PUT_IN_USE: "Ghi khi SIM đã được kích hoạt và ký được.",
    CustodyAct.CONFIRM_RECEIPT: "Xác nhận tạm thời của người nhận; vẫn cần biên bản đã ký.",
    CustodyAct.UNLOCK_DONE: "Ghi khi đã nhận kết quả khôi phục theo Mẫu số 06 và dùng lại được.",
    CustodyAct.AWAIT_RECALL: "Thuê bao phải bàn giao lại thiết bị; ghi rõ lý do.",
    CustodyAct.CLOSE_ACCOUNT: "Tài khoản ký số tập trung không còn dùng; không có thiết bị để nộp.",
    CustodyAct.AUTHORITY_RECEIVED: "Ghi theo xác nhận của Cục hoặc tra cứu mã bưu gửi.",
    CustodyAct.PARCEL_CAME_BACK: "Thiết bị về lại cơ quan; nộp lại sau.",
}


@bp.route(f"/<int:device_id>/viec/<any({_WORDS}):slug>", methods=["GET", "POST"])
@requires(MOVE, Permission.RECEIPT_CONFIRM)
def act(device_id: int, slug: str) -> ResponseReturnValue:
    """One short act: what it means, when, and why."""
    wanted = SHORT[slug]
    device = load(Device, device_id, Permission.DEVICE_VIEW, options=(joinedload(Device.holder),))
    legal = _legal(device, wanted)
    if legal is None and request.method == "GET":
        flash(f"{label(wanted)}: thiết bị đang ở trạng thái “{label(device.state)}”.", "warning")
        return redirect(url_for("devices.show", device_id=device_id))
    if legal is not None and not _may(legal.permission, device):
        abort(403)
    form = MoveForm(on=clock.today())
    del form.holder_id
    if form.validate_on_submit():
        try:
            custody.move(
                db.session(),
                actor=account().actor(),
                device_ids=[device_id],
                act=wanted,
                on=form.on.data,
                law=current_law(),
                reason=form.reason.data or "",
                evidence=_evidence(wanted, device),
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash(f"{label(wanted)}: đã ghi sổ.", "success")
            return redirect(url_for("devices.show", device_id=device_id), 303)
    return render_template(
        "custody/act.html",
        device=device,
        act=wanted,
        form=form,
        hint=HINTS.get(wanted, ""),
    )


def _legal(device: Device, wanted: CustodyAct) -> Move | None:
    """The move that this act makes from where the device is; None when there is none."""
    sent = device.id in custody.revocation_sent(db.session(), [device])
    moves = acts_from(device.kind, device.state, revocation_sent=sent)
    return next((one for one in moves if one.act is wanted), None)


def _may(permission: Permission, device: Device) -> bool:
    """Own things for those who may only touch their own, else by the agency of the device."""
    person = account()
    if permission is Permission.RECEIPT_CONFIRM:
        return device.holder_id is not None and device.holder_id == person.user.person_id
    return person.can(permission) and person.scope(permission).covers(device.agency_id)


def _evidence(act: CustodyAct, device: Device) -> Evidence:
    """A logged-in receiver is an interim proof of the receipt; nothing else is proved here."""
    own = device.holder_id == account().user.person_id
    return Evidence.INTERIM if act is CustodyAct.CONFIRM_RECEIPT and own else Evidence.NONE


@bp.post("/hoan-tac/<int:move_id>")
@requires(MOVE, Permission.RECEIPT_CONFIRM)
def undo(move_id: int) -> ResponseReturnValue:
    """Take a wrong click of the same day back."""
    row = db.session.get(CustodyMove, move_id)
    if row is None:
        not_found()
    device = load(Device, row.device_id, Permission.DEVICE_VIEW)
    if UndoForm().validate():
        try:
            custody.undo(db.session(), actor=account().actor(), move_id=move_id)
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã hoàn tác. Nhật ký giữ cả hai thao tác.", "success")
    return redirect(url_for("devices.show", device_id=device.id), 303)
