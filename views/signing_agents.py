"""The signing programs of a person: paired ones, pairing a new one, ending a pairing."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from extensions import db
from forms.signing import PairingForm
from models import PairingOffer as OfferRow
from operations import signing_agents
from operations.transactions import Refused
from rules.permissions import Permission
from signing.messages import (
    DEFAULT_PORT,
    PairingOffer,
    PairingRefused,
    answer_pairing,
    shown_fingerprint,
)
from version import VERSION
from views.accounts import throttle_key
from views.guards import account, ask_password_again, recently_authenticated, requires, settings
from views.signing_keys import server_key
from views.signing_preparation import keys_of

bp = Blueprint("signing_agents", __name__, url_prefix="/chuong-trinh-ky")


@bp.route("", methods=["GET", "POST"])
@requires(Permission.SIGNING_AGENT_PAIR)
def index() -> ResponseReturnValue:
    """Paired agents, and the box for the code of a new one."""
    form = PairingForm()
    if form.validate_on_submit():
        if not recently_authenticated(account()):
            return ask_password_again()
        try:
            signing_agents.confirm_pairing(
                db.session,
                actor=account().actor(),
                answer=_answer_for(form.code.data or ""),
                throttle_key=throttle_key(),
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã ghép nối Trình ký số với tài khoản này.", "success")
            return redirect(url_for(".index"))
    rows = signing_agents.agents_of(db.session, account().user.id)
    return render_template(
        "signing_agents/index.html",
        form=form,
        rows=[(row, shown_fingerprint(row.agent_id)) for row in rows],
        fingerprint=shown_fingerprint(server_key().public.server_id),
        version=VERSION,
        agent_url=f"http://127.0.0.1:{settings().agent_port or DEFAULT_PORT}/",
    )


def _answer_for(code: str) -> Callable[[OfferRow], str | None]:
    """What `confirm_pairing` asks of every open offer: the answer to it, if the code is its own."""
    person = account()

    def answer(row: OfferRow) -> str | None:
        offer = PairingOffer(
            agent=keys_of(row),
            agent_name=row.name,
            commitment=bytes.fromhex(row.commitment),
            port=row.port,
        )
        try:
            found = answer_pairing(
                server_key(),
                offer,
                code,
                server_name=settings().server_name,
                user_id=str(person.user.id),
                user_name=person.user.display_name,
            )
        except PairingRefused:
            return None
        return found.to_body().hex()

    return answer


@bp.post("/<int:agent_id>/bo")
@requires(Permission.SIGNING_AGENT_PAIR)
def remove(agent_id: int) -> ResponseReturnValue:
    """End the pairing of one of one's own agents."""
    try:
        signing_agents.remove(db.session, actor=account().actor(), agent_id=agent_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã bỏ ghép nối. Trình ký số đó không còn nhận việc của tài khoản này.", "success")
    return redirect(url_for(".index"))
