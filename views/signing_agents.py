"""The signing programs of a person: paired ones, pairing a new one, ending a pairing."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
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
        package=_package(),
        server_url=request.host_url.rstrip("/"),
        agent_url=f"http://127.0.0.1:{settings().agent_port or DEFAULT_PORT}/",
    )


def _package() -> dict[str, Any] | None:
    """The agent's package for Windows: its hash and size; None when there is none, or when this
    very page came without TLS from another computer: then neither hash nor file can be believed."""
    path = _package_path()
    own = request.remote_addr in ("127.0.0.1", "::1")
    if not path.is_file() or not (request.is_secure or own):
        return None
    state = path.stat()
    return {"sha256": _digest(path, state.st_mtime_ns, state.st_size), "size": state.st_size}


def _package_path() -> Path:
    return settings().instance / "bundle" / "trinh-ky-so-windows.zip"


@lru_cache(maxsize=2)
def _digest(path: Path, _changed: int, _size: int) -> str:
    """The hash of the very bytes that are served, not of what somebody wrote beside them."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@bp.get("/goi-windows")
@requires(Permission.SIGNING_AGENT_PAIR)
def package() -> ResponseReturnValue:
    """The agent with all its libraries, for Windows computers without internet."""
    if _package() is None:
        abort(404)
    return send_file(_package_path(), as_attachment=True, download_name="trinh-ky-so-windows.zip")


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
