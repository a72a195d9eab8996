"""One's own account: logging in and out, the password, and the open login sessions."""

import hashlib
import hmac
import logging
from datetime import timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

import clock
from audit import Actor
from extensions import db
from forms.accounts import LoginForm, PasswordForm, ReauthenticationForm
from models import LoginSession
from operations import emergency_codes, logins
from operations.passwords import WeakPassword
from operations.throttles import TooManyTries, in_words
from operations.transactions import Refused
from rules.permissions import Permission
from views import kept_forms
from views.errors import noted
from views.filters import gio
from views.guards import (
    account,
    load_account,
    open_to_all,
    own_path,
    recently_authenticated,
    requires,
    settings,
)

bp = Blueprint("accounts", __name__)
log = logging.getLogger("so_token.accounts")

_PRESS_AGAIN = "Những gì vừa nhập không còn được giữ: nhập lại và bấm lại nút vừa chọn."


@bp.route("/dang-nhap", methods=["GET", "POST"])
@open_to_all("the page that turns a stranger into an account")
def login() -> ResponseReturnValue:
    """Ask for name and password and begin a login session."""
    goal = own_path(request.args.get("tiep"))
    if current_user.is_authenticated:
        return redirect(goal)
    form = LoginForm()
    if form.validate_on_submit():
        try:
            begun = logins.log_in(
                db.session(),
                actor=Actor(None, None, (), request.remote_addr or "", clock.now()),
                username=form.username.data or "",
                password=form.password.data or "",
                browser=browser_in_words(request.headers.get("User-Agent", "")),
                throttle_key=throttle_key(),
            )
        except TooManyTries as refusal:
            return wait_page(refusal)
        except Refused as refusal:
            form.password.errors = [str(refusal)]
        else:
            begin_in_browser(begun)
            kept = kept_forms.open_for(begun.user_id, request.form.get(kept_forms.FIELD, ""))
            if kept is not None:
                g.pop("csrf_token", None)  # Made for the session that has just been cleared.
                return render_template("accounts/send_again.html", kept=kept)
            return redirect(goal)
    return render_template(
        "accounts/login.html",
        form=form,
        kept=request.form.get(kept_forms.FIELD),
        kept_field=kept_forms.FIELD,
    )


def begin_in_browser(begun: logins.Login) -> None:
    """Make this browser the one of a login just begun, and tell the person what was done to their
    account meanwhile."""
    # Whatever a stranger may have planted in this browser's session ends here (fixation).
    session.clear()
    found = load_account(begun.key)
    login_user(found)
    codes = emergency_codes.unseen(db.session, begun.user_id)
    if codes:  # Told at every login until the person confirms having read it.
        last = codes[-1]
        who = last.issued_by.display_name if last.issued_by else "người vận hành máy chủ"
        flash(
            f"Lúc {gio(last.issued_at)}, {who} đã cấp mã đăng nhập khẩn cấp cho tài khoản này. "
            "Xem và xác nhận ở trang Đăng nhập bằng thiết bị.",
            "warning",
        )


@bp.post("/dang-xuat")
@open_to_all("whoever is logged in may leave, also before changing a first password")
def logout() -> ResponseReturnValue:
    """End this login session."""
    if current_user.is_authenticated:
        logins.log_out(db.session(), actor=account().actor())
    logout_user()
    session.clear()
    flash("Đã đăng xuất.", "success")
    return redirect(url_for("accounts.login"))


@bp.post("/doi-nguoi-dung")
@requires(Permission.SESSION_OWN)
def switch() -> ResponseReturnValue:
    """On a shared PC: end this login session and let the next person log in at the same place."""
    goal = own_path(request.form.get("tiep"))
    logins.log_out(db.session(), actor=account().actor())
    logout_user()
    session.clear()
    return redirect(url_for("accounts.login", tiep=goal), 303)


@bp.route("/tai-khoan/mat-khau", methods=["GET", "POST"])
@requires(Permission.SESSION_OWN)
def password() -> ResponseReturnValue:
    """Change one's own password; the first one must be changed before anything else."""
    person = account()
    first = person.user.must_change_password
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            logins.change_own_password(
                db.session(),
                actor=person.actor(),
                current=form.current.data or "",
                new=form.new.data or "",
                throttle_key=throttle_key(),
            )
        except TooManyTries as refusal:
            return wait_page(refusal)
        except WeakPassword as refusal:
            form.new.errors = list(refusal.problems)
        except Refused as refusal:
            form.current.errors = [str(refusal)]
        else:
            flash("Đã đổi mật khẩu. Các phiên đăng nhập khác đã được kết thúc.", "success")
            return redirect(url_for("home.show") if first else url_for("accounts.sessions"))
    # Until a first password is changed every other page leads back here, so none is offered.
    frame: dict[str, Any] = {"navigation": []} if first else {}
    return render_template(
        "accounts/password.html", form=form, first=first, username=person.user.username, **frame
    )


@bp.route("/tai-khoan/xac-nhan-lai", methods=["GET", "POST"])
@requires(Permission.SESSION_OWN)
def reauthenticate() -> ResponseReturnValue:
    """Ask for the password once more before a dangerous act, then go on to it.

    A form that was being sent comes back as it was, with a button that sends it again.
    """
    goal = own_path(request.args.get("tiep"))
    person = account()
    key = request.args.get("giu", "")
    kept = kept_forms.take(key)
    if request.method == "GET" and kept_forms.was_sent(key):
        flash("Việc này đã gửi rồi, không gửi lại lần nữa.", "info")
        return redirect(goal)
    if kept is not None and request.method == "GET" and recently_authenticated(person):
        return render_template("accounts/send_again.html", kept=kept, confirmed=True, key=key)
    form = ReauthenticationForm()
    if form.validate_on_submit():
        try:
            logins.reauthenticate(
                db.session(),
                actor=person.actor(),
                password=form.password.data or "",
                throttle_key=throttle_key(),
            )
        except TooManyTries as refusal:
            return wait_page(refusal)
        except Refused as refusal:
            form.password.errors = [str(refusal)]
        else:
            if key and kept is None:
                flash(f"Đã xác nhận. {_PRESS_AGAIN}", "warning")
            return redirect(request.full_path if kept is not None else goal)
    return render_template(
        "accounts/reauthenticate.html",
        form=form,
        kept=kept,
        gone=_PRESS_AGAIN if key and kept is None else "",
        goal=goal,
        username=person.user.username,
        minutes=settings().reauthentication_minutes,
    )


@bp.get("/tai-khoan/phien-dang-nhap")
@requires(Permission.SESSION_OWN)
def sessions() -> ResponseReturnValue:
    """The person's own login sessions that are still open."""
    person, now, config = account(), clock.now(), settings()
    rows = db.session.scalars(
        select(LoginSession)
        .where(
            LoginSession.user_id == person.user.id,
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at >= now - timedelta(minutes=config.session_idle_minutes),
            LoginSession.created_at >= now - timedelta(hours=config.session_hours),
        )
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
        .limit(100)
    ).all()
    return render_template("accounts/sessions.html", rows=rows, own_id=person.login_session.id)


@bp.post("/tai-khoan/phien-dang-nhap/<int:login_session_id>/ket-thuc")
@requires(Permission.SESSION_OWN)
def end_session(login_session_id: int) -> ResponseReturnValue:
    """End one of the person's own login sessions; the present one is a logout."""
    person = account()
    if login_session_id == person.login_session.id:
        return logout()
    try:
        logins.end_login_session(
            db.session(), actor=person.actor(), login_session_id=login_session_id
        )
    except Refused as refusal:
        flash(str(refusal), "warning")
    else:
        flash("Đã kết thúc phiên đăng nhập.", "success")
    return redirect(url_for("accounts.sessions"))


@bp.post("/tai-khoan/phien-dang-nhap/ket-thuc-phien-khac")
@requires(Permission.SESSION_OWN)
def end_other_sessions() -> ResponseReturnValue:
    """End every login session of the person but the present one."""
    ended = logins.end_other_login_sessions(db.session(), actor=account().actor())
    flash(f"Đã kết thúc {ended} phiên đăng nhập khác.", "success")
    return redirect(url_for("accounts.sessions"))


@bp.after_app_request
def note_seen(response: Response) -> Response:
    """Note at most every five minutes that the login session is in use.

    The one write without an audit event (see `operations/logins.touch`). It must never spoil a page
    that is already made.
    """
    login_session_id = g.pop("touch_login_session", None)
    if login_session_id is not None:
        try:
            logins.touch(db.session(), login_session_id=login_session_id, at=clock.now())
        except SQLAlchemyError:
            log.warning("login session %s could not be marked as in use", login_session_id)
    return response


def throttle_key() -> bytes:
    """The key under which failed tries are kept, made from the installation's own secret."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, b"so-token login throttle", hashlib.sha256).digest()


def wait_page(refusal: TooManyTries) -> Response:
    """429 with the time to wait in words, and for programs in Retry-After."""
    body = render_template(
        "accounts/wait.html",
        words=in_words(refusal.seconds),
        again=request.full_path.rstrip("?"),
        reference=noted(429),
    )
    answer = make_response(body, 429)
    answer.headers["Retry-After"] = str(refusal.seconds)
    return answer


_BROWSERS = (
    ("coc_coc", "Cốc Cốc"),
    ("edg", "Microsoft Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("zalo", "Zalo"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


def browser_in_words(user_agent: str) -> str:
    """What a person calls their browser: "Chrome trên Windows". The raw text is not kept.

    The order of the tables matters: nearly every browser also claims to be Chrome and Safari.
    """
    text = user_agent.lower()
    name = next((words for mark, words in _BROWSERS if mark in text), "Trình duyệt khác")
    system = next((words for mark, words in _SYSTEMS if mark in text), None)
    return f"{name} trên {system}" if system else name
