"""How an account may be entered: the person's own choice, emergency codes, and the house rule."""

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

import clock
from extensions import db
from forms.token_logins import EmergencyCodeForm, UncheckedForm
from labels import label
from operations import emergency_codes, signing_agents, token_logins
from operations.signing_certificates import certificates_to_sign
from operations.token_logins import NotLetIn
from operations.transactions import Refused
from rules.permissions import Permission
from rules.token_logins import EMERGENCY_HOURS, TokenLogin, needs_proof
from schema.token_logins import LoginChallenge
from signing.errors import ERRORS
from views.agent_logins import words_of
from views.filters import gio
from views.guards import account, not_found, requires
from views.token_logins import agent_link, origin
from views.users import load_user

bp = Blueprint("token_switches", __name__)

HINTS = {
    TokenLogin.OFF: "Thiết bị chỉ dùng để ký số.",
    TokenLogin.ALSO: "Cắm thiết bị và nhập mã PIN thay cho mật khẩu; mật khẩu vẫn dùng được.",
    TokenLogin.ONLY: (
        "Biết mật khẩu thôi thì không vào được. Mất thiết bị thì phải xin người quản trị cấp mã "
        "khẩn cấp."
    ),
}


@bp.get("/tai-khoan/dang-nhap-bang-thiet-bi")
@requires(Permission.SESSION_OWN)
def show() -> ResponseReturnValue:
    """The three ways, the one in use, and what the person must have for the others."""
    person = account()
    return render_template(
        "token_switches/show.html",
        mode=person.user.token_login_mode,
        modes=list(TokenLogin),
        hints=HINTS,
        certificates=certificates_to_sign(
            db.session, person_id=person.user.person_id, at=clock.now()
        ),
        agents=signing_agents.agents_of(db.session, person.user.id),
        codes=emergency_codes.unseen(db.session, person.user.id),
    )


@bp.post("/tai-khoan/dang-nhap-bang-thiet-bi")
@requires(Permission.SESSION_OWN, fresh=True)
def choose() -> ResponseReturnValue:
    """Change the way; where it takes the token, its proof comes first."""
    person = account()
    typed = request.form.get("cach", "")
    if typed not in TokenLogin.__members__:
        flash("Hãy chọn một cách đăng nhập.", "error")
        return redirect(url_for(".show"), 303)
    wanted = TokenLogin[typed]
    try:
        if needs_proof(person.user.token_login_mode, wanted):
            public_id = token_logins.open_switch(
                db.session(),
                actor=person.actor(),
                wanted=wanted,
                origin=origin(),
                browser_hash=person.login_session.key_hash,
            )
            return redirect(url_for(".show_proof", public_id=public_id), 303)
        token_logins.switch_off(db.session(), actor=person.actor())
    except Refused as refusal:
        flash(str(refusal), "error")
    else:
        flash(f"Cách đăng nhập: {label(wanted)}.", "success")
    return redirect(url_for(".show"), 303)


@bp.get("/tai-khoan/dang-nhap-bang-thiet-bi/<string(length=22):public_id>")
@requires(Permission.SESSION_OWN)
def show_proof(public_id: str) -> ResponseReturnValue:
    """The way to the agent; back from there, the last question. Looking changes nothing."""
    row = _own(public_id)
    code = request.args.get("ma", "")
    problem = ERRORS.get(row.refusal) if row.refusal else None
    if code:
        try:
            token_logins.proved(
                db.session,
                public_id=public_id,
                browser_hash=account().login_session.key_hash,
                code=code,
                at=clock.now(),
            )
        except NotLetIn as refusal:
            return _back(refusal)
    elif row.refusal == "login_declined" or clock.now() >= row.expires_at:
        return _back(NotLetIn(row.refusal or "login_expired"))
    return render_template(
        "token_switches/proof.html",
        row=row,
        code=code,
        problem=problem,
        address="" if code else agent_link(row),
        until=gio(row.expires_at),
    )


@bp.post("/tai-khoan/dang-nhap-bang-thiet-bi/<string(length=22):public_id>")
@requires(Permission.SESSION_OWN, fresh=True)
def finish(public_id: str) -> ResponseReturnValue:
    """Give the account the way whose proof has come."""
    person = account()
    try:
        mode = token_logins.switch(
            db.session(),
            actor=person.actor(),
            public_id=_own(public_id).public_id,
            browser_hash=person.login_session.key_hash,
            code=request.form.get("ma", ""),
        )
    except NotLetIn as refusal:
        return _back(refusal)
    flash(f"Cách đăng nhập: {label(mode)}.", "success")
    return redirect(url_for(".show"), 303)


def _own(public_id: str) -> LoginChallenge:
    """A challenge that this very login session has opened, or 404."""
    row = token_logins.find(db.session, public_id)
    if row is None or row.login_session_id != account().login_session.id:
        not_found()
    return row


def _back(refusal: NotLetIn) -> Response:
    words = words_of(refusal)
    flash(f"{words.message} {words.advice}", "error")
    return make_response(redirect(url_for(".show"), 303))


@bp.post("/tai-khoan/dang-nhap-bang-thiet-bi/da-biet")
@requires(Permission.SESSION_OWN)
def confirm_seen() -> ResponseReturnValue:
    """The person has read which emergency codes were made for the account."""
    emergency_codes.mark_seen(db.session(), actor=account().actor())
    return redirect(url_for(".show"), 303)


# What administrators do ---------------------------------------------------------------------------


@bp.route("/quan-tri/tai-khoan/<int:user_id>/ma-khan-cap", methods=["GET", "POST"])
@requires(Permission.USER_MANAGE, fresh=True)
def emergency_code(user_id: int) -> ResponseReturnValue:
    """Make a one-time code for a person whose token is lost; it is shown once."""
    user = load_user(user_id)
    form = EmergencyCodeForm()
    if form.validate_on_submit():
        try:
            code = emergency_codes.issue(
                db.session(),
                actor=account().actor(),
                user_id=user_id,
                reason=form.reason.data or "",
            )
        except Refused as refusal:
            form.reason.errors = [str(refusal)]
        else:
            # Shown in the answer itself: a redirect would have to keep the code somewhere.
            page = "token_switches/code.html"
            return render_template(page, user=user, code=code, hours=EMERGENCY_HOURS)
    return render_template("token_switches/emergency_code.html", user=user, form=form)


@bp.route("/quan-tri/dang-nhap-bang-thiet-bi", methods=["GET", "POST"])
@requires(Permission.TRUST_EDIT, fresh=True)
def rule() -> ResponseReturnValue:
    """What happens when revocation could not be checked (the program's own rule)."""
    form = UncheckedForm()
    if form.validate_on_submit():
        token_logins.allow_unchecked(
            db.session(), actor=account().actor(), allowed=bool(form.allowed.data)
        )
        flash("Đã ghi quy tắc đăng nhập bằng thiết bị.", "success")
        return redirect(url_for(".rule"), 303)
    if request.method == "GET":
        form.allowed.data = token_logins.unchecked_allowed(db.session())
    return render_template("token_switches/rule.html", form=form)
