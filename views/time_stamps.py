"""Time-stamp services of the office and the level that its signatures shall have; all off at first.

Nothing here makes an authority trusted: its root is imported among the trusted certificates.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from forms.time_stamps import ServiceForm, WishForm
from operations import time_stamps
from operations.time_stamps import Typed, Wish
from operations.transactions import Refused
from rules.permissions import Permission
from rules.upgrades import PadesLevel
from schema.upgrades import TimeStampService
from signing.errors import SigningError
from signing.pades import stamps, tsp
from signing.pades.stamps import Beside, StampRefused
from signing.trust.store import TrustStore
from views import upgrade_work
from views.guards import account, not_found, requires, settings

bp = Blueprint("time_stamps", __name__, url_prefix="/quan-tri/dau-thoi-gian")

EDIT = Permission.TRUST_EDIT
TRIAL_SECONDS = 60.0


@dataclass(frozen=True)
class Trial:
    """What one question to a service came to. `seconds` is how long the answer took."""

    name: str
    seconds: float
    time: datetime | None = None
    authority: str = ""
    issuer: str = ""
    until: datetime | None = None
    problem: str = ""
    advice: str = ""
    detail: str = ""


@bp.get("")
@requires(EDIT)
def index() -> ResponseReturnValue:
    """The services, the level, and what is to be done first."""
    return _page()


def _page(**given: Any) -> str:
    session = db.session()
    wish = time_stamps.wish_of(session)
    shown: dict[str, Any] = {
        "wish_form": WishForm(
            formdata=None, level=wish.level.name, at_once_seconds=wish.at_once_seconds
        ),
        **given,
    }
    return render_template(
        "time_stamps/index.html",
        rows=time_stamps.services_of(session, only_on=False),
        wish=wish,
        off=wish.level is PadesLevel.B_B,
        **shown,
    )


@bp.post("/muc")
@requires(EDIT, fresh=True)
def set_wish() -> ResponseReturnValue:
    """Keep which level is wanted."""
    form = WishForm()
    if form.validate():
        wish = Wish(PadesLevel[form.level.data], form.at_once_seconds.data or 0)
        try:
            time_stamps.set_wish(db.session(), actor=account().actor(), wish=wish)
        except Refused as error:
            form.level.errors = [str(error)]
        else:
            flash("Đã ghi mức chữ ký. Áp dụng cho các chữ ký từ lúc này.", "success")
            return redirect(url_for(".index"))
    return _page(wish_form=form)


@bp.route("/dich-vu", methods=["GET", "POST"])
@requires(EDIT, fresh=True)
def new() -> ResponseReturnValue:
    """Enter a service."""
    return _edit(None)


@bp.route("/dich-vu/<int:service_id>", methods=["GET", "POST"])
@requires(EDIT, fresh=True)
def edit(service_id: int) -> ResponseReturnValue:
    """Change a service."""
    return _edit(_row(service_id))


def _row(service_id: int) -> TimeStampService:
    row = db.session.get(TimeStampService, service_id)
    return row if row is not None else not_found()


def _edit(row: TimeStampService | None) -> ResponseReturnValue:
    form = ServiceForm(obj=row) if request.method == "GET" else ServiceForm()
    before = (row.address, row.username) if row is not None else None
    if form.validate_on_submit():
        typed = Typed(
            (form.name.data or "").strip(),
            (form.address.data or "").strip(),
            form.timeout_seconds.data or 0,
            (form.username.data or "").strip(),
            bool(form.is_on.data),
        )
        number, version = (row.id, request.form.get("version", type=int)) if row else (None, None)
        if number is not None and before != (typed.address, typed.username):
            _forget_password(number, typed, form.password.data or "")
        try:
            kept = time_stamps.save_service(
                db.session(),
                actor=account().actor(),
                typed=typed,
                service_id=number,
                version=version,
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            if before is None or form.password.data or not typed.username:
                # A new service inherits nothing from one that had its number before.
                settings().keep_secret(f"tsa-{kept}", form.password.data or "")
            flash("Đã ghi dịch vụ. Bấm “Thử ngay” để xem dịch vụ có trả lời không.", "success")
            return redirect(url_for(".index"))
    return render_template("time_stamps/edit.html", form=form, row=row)


def _forget_password(service_id: int, typed: Typed, password: str) -> None:
    """A stored password goes on only to the address and the name for which it was typed: else
    whoever may edit could have it sent to a server of their own. Before the new address is kept,
    since the queue may ask at any time.
    """
    if typed.username and not password and settings().secret_of(f"tsa-{service_id}"):
        flash("Địa chỉ hoặc tên đăng nhập đã đổi: nhập lại mật khẩu của dịch vụ.", "warning")
    settings().keep_secret(f"tsa-{service_id}", "")


@bp.post("/dich-vu/<int:service_id>/len")
@requires(EDIT)
def move_up(service_id: int) -> ResponseReturnValue:
    """Ask this service earlier."""
    try:
        time_stamps.move_up(db.session(), actor=account().actor(), service_id=service_id)
    except Refused as error:
        flash(str(error), "error")
    return redirect(url_for(".index"))


@bp.post("/dich-vu/<int:service_id>/bo")
@requires(EDIT, fresh=True)
def remove(service_id: int) -> ResponseReturnValue:
    """Take a service away, its password too."""
    try:
        time_stamps.remove_service(db.session(), actor=account().actor(), service_id=service_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        settings().keep_secret(f"tsa-{service_id}", "")
        flash("Đã bỏ dịch vụ.", "success")
    return redirect(url_for(".index"))


@bp.post("/dich-vu/<int:service_id>/thu")
@requires(EDIT)
def trial(service_id: int) -> ResponseReturnValue:
    """Ask the service once, for the digest of a random text, and tell what it answered."""
    service = upgrade_work.service_of(_row(service_id))
    return _page(trial=ask(service))


def ask(service: upgrade_work.Service) -> Trial:
    """One question, and how the answer would be judged."""
    session = db.session()
    fetch = upgrade_work.until(upgrade_work.fetcher(session, [service]), TRIAL_SECONDS)
    session.rollback()  # Nobody waits for a transaction of ours while the server is slow.
    begun = time.monotonic()
    try:
        token = tsp.obtain(f"thử {clock.now().isoformat()}".encode(), service.tsa, fetch)
        seconds = time.monotonic() - begun
        at = clock.now()
        found = stamps.look_at(token, Beside(TrustStore.load(settings().trust), at))
    except SigningError as error:
        seconds = time.monotonic() - begun
        told = {"problem": error.message, "advice": error.advice, "detail": error.detail}
        return Trial(service.name, seconds, **told)
    except StampRefused as error:
        return Trial(service.name, seconds, problem=str(error))
    return Trial(
        service.name,
        seconds,
        found.time,
        found.authority,
        found.issuer,
        found.not_after,
        found.refused,
        "Nhập chứng thư gốc và danh sách thu hồi của tổ chức này ở trang Chứng thư tin cậy; trước "
        "lúc đó dấu thời gian của họ không được lưu vào văn bản."
        if found.refused
        else "",
    )
