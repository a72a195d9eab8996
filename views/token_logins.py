"""Logging in with the token, as seen by a browser that nobody has logged in yet.

The browser that asks gets a secret in a cookie; the login goes to that browser alone. Whoever lures
somebody to a challenge of his own gets nothing: the proof's code returns to the browser of the one
who signed, and that browser does not hold the cookie.
"""

import secrets

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

import clock
from audit import Actor
from extensions import db
from forms.token_logins import EmergencyForm
from operations import logins, token_logins
from operations.throttles import TooManyTries
from operations.token_logins import NotLetIn
from operations.transactions import Refused
from rules.token_logins import CHALLENGE_LIFETIME
from schema.token_logins import LoginChallenge
from signing.errors import ERRORS, SigningError
from signing.messages import DEFAULT_PORT, issue_login_ticket, login_address
from views.accounts import begin_in_browser, browser_in_words, throttle_key, wait_page
from views.agent_logins import ticket_of, words_of
from views.filters import gio
from views.guards import open_to_all, own_path, settings
from views.signing_keys import server_key

bp = Blueprint("token_logins", __name__)

COOKIE, COOKIE_PATH = "so_token_dang_nhap", "/dang-nhap"
TURNS_STRANGERS = "the pages that turn a stranger into an account"


def stranger() -> Actor:
    """Whoever is at the browser, before we know them."""
    return Actor(None, None, (), request.remote_addr or "", clock.now())


def origin() -> str:
    """Where this browser sees the server, as agents write it when they are paired (RFC 6454)."""
    scheme = "https" if settings().behind_tls else request.scheme
    usual = {"http": ":80", "https": ":443"}[scheme]
    return f"{scheme}://{request.host.removesuffix(usual)}"


def agent_link(row: LoginChallenge) -> str:
    """The link that opens the agent of this computer with the ticket of a challenge."""
    text = issue_login_ticket(server_key(), ticket_of(row))
    return login_address(settings().agent_port or DEFAULT_PORT, text)


@bp.post("/dang-nhap/thiet-bi")
@open_to_all(TURNS_STRANGERS)
def begin() -> ResponseReturnValue:
    """Open a challenge for this browser; its page leads to the agent."""
    goal = own_path(request.form.get("tiep"))
    if current_user.is_authenticated:
        return redirect(goal)
    secret = secrets.token_urlsafe(32)
    try:
        public_id = token_logins.open_challenge(
            db.session(),
            address=request.remote_addr or "",
            at=clock.now(),
            origin=origin(),
            browser_hash=token_logins.secret_hash(secret),
            goal=goal,
        )
    except Refused as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("accounts.login", tiep=goal), 303)
    answer = make_response(redirect(url_for(".show", public_id=public_id), 303))
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(CHALLENGE_LIFETIME.total_seconds()) + 120,
        path=COOKIE_PATH,
        secure=settings().behind_tls,
        httponly=True,
        samesite="Lax",
    )
    return answer


@bp.get("/dang-nhap/thiet-bi/<string(length=22):public_id>")
@open_to_all(TURNS_STRANGERS)
def show(public_id: str) -> ResponseReturnValue:
    """The challenge in its own browser: the way to the agent, or, back from there, who is being
    logged in. Looking changes nothing, so reloading and reading ahead are harmless."""
    if current_user.is_authenticated:
        return redirect(url_for("home.show"))
    row = token_logins.find(db.session, public_id)
    if row is None or not _own(row):
        return refused(
            words_of(NotLetIn("login_unknown" if row is None else "login_other_browser"))
        )
    code = request.args.get("ma", "")
    if code:
        return _confirm(row, code)
    if row.refusal == "login_declined" or row.used_at is not None:
        return refused(words_of(NotLetIn(row.refusal or "login_used")))
    if clock.now() >= row.expires_at:
        return refused(words_of(NotLetIn("login_expired")))
    return render_template(
        "token_logins/show.html",
        address=agent_link(row),
        until=gio(row.expires_at),
        problem=ERRORS.get(row.refusal) if row.refusal else None,
        row=row,
    )


def _own(row: LoginChallenge) -> bool:
    """Whether this browser holds the cookie of the challenge."""
    return secrets.compare_digest(row.browser_hash, _browser_hash())


def _browser_hash() -> str:
    return token_logins.secret_hash(request.cookies.get(COOKIE, ""))


def _confirm(row: LoginChallenge, code: str) -> ResponseReturnValue:
    try:
        proved = token_logins.proved(
            db.session,
            public_id=row.public_id,
            browser_hash=_browser_hash(),
            code=code,
            at=clock.now(),
        )
    except NotLetIn as refusal:
        return refused(words_of(refusal))
    return render_template("token_logins/confirm.html", row=proved, code=code)


@bp.post("/dang-nhap/thiet-bi/<string(length=22):public_id>")
@open_to_all(TURNS_STRANGERS)
def finish(public_id: str) -> ResponseReturnValue:
    """Log in the account of the proof, in the browser that asked, once."""
    try:
        begun = token_logins.log_in(
            db.session(),
            actor=stranger(),
            public_id=public_id,
            browser_hash=_browser_hash(),
            code=request.form.get("ma", ""),
            browser=browser_in_words(request.headers.get("User-Agent", "")),
        )
    except NotLetIn as refusal:
        return refused(words_of(refusal))
    row = token_logins.find(db.session, public_id)
    goal = own_path(row.goal if row is not None else None)
    return entered(begun, goal)


def entered(begun: logins.Login, goal: str) -> Response:
    """Put the login into this browser, forget the challenge, and go on."""
    begin_in_browser(begun)
    answer = make_response(redirect(goal, 303))
    answer.delete_cookie(COOKIE, path=COOKIE_PATH)
    return answer


def refused(error: SigningError) -> Response:
    """Nobody was logged in: why, and what to do now."""
    page = render_template("token_logins/refused.html", error=error)
    return make_response(page, 403)


@bp.route("/dang-nhap/khan-cap", methods=["GET", "POST"])
@open_to_all(TURNS_STRANGERS)
def emergency() -> ResponseReturnValue:
    """The way in with password and emergency code for a person whose token is lost."""
    if current_user.is_authenticated:
        return redirect(url_for("home.show"))
    form = EmergencyForm()
    if form.validate_on_submit():
        try:
            begun = logins.log_in(
                db.session(),
                actor=stranger(),
                username=form.username.data or "",
                password=form.password.data or "",
                browser=browser_in_words(request.headers.get("User-Agent", "")),
                throttle_key=throttle_key(),
                emergency=form.code.data or "",
            )
        except TooManyTries as refusal:
            return wait_page(refusal)
        except logins.WrongEmergencyCode as refusal:
            form.code.errors = [str(refusal)]
        except Refused as refusal:
            form.password.errors = [str(refusal)]
        else:
            answer = entered(begun, url_for("token_switches.show"))
            if begun.in_emergency:
                flash(
                    "Đã vào bằng mã khẩn cấp. Đăng nhập bằng thiết bị đã tắt; khi có thiết bị mới, "
                    "bật lại ở trang này.",
                    "warning",
                )
            return answer
    return render_template("token_logins/emergency.html", form=form)
