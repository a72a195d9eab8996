"""The agent's page about itself, and pairing."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from signing.agent.application import the_agent
from signing.agent.certificates import clock_words, pin_words
from signing.agent.imports import found_on
from signing.agent.journal import TERMINAL, JournalBroken
from signing.agent.reconcile import Comparison, at_terminal, compare
from signing.errors import SigningError
from signing.messages import Pairing, PairingExpired

pages = Blueprint("pages", __name__)

LINES = 100
EVENT_WORDS = {
    "started": "Khởi động",
    "paired": "Ghép nối",
    "unpaired": "Bỏ ghép nối",
    "shown": "Xem văn bản chờ ký",
    "claimed": "Nhận việc ký",
    "signed": "Tạo chữ ký",
    "sent": "Gửi chữ ký",
    "refused": "Chọn không ký",
    "released": "Trả lại việc ký",
    "login_signed": "Đăng nhập bằng thiết bị",
    "login_failed": "Đăng nhập bằng thiết bị không thành",
    "login_declined": "Chọn không đăng nhập",
    "failed": "Không thành",
    "certificates_sent": "Gửi chứng thư",
    "speed_tested": "Đo tốc độ thiết bị",
    "outside_allowed": "Cho phép hệ thống khác gọi",
    "outside_forgotten": "Bỏ phép của hệ thống khác",
    "outside_called": "Hệ thống khác gọi",
    "outside_answered": "Trả lời hệ thống khác",
}


@pages.get("/")
def state() -> str:
    """Who this agent is paired with, what it sees, what is wrong."""
    agent = the_agent()
    agent.pairing.catch_up()
    listing = agent.tokens.list_tokens()
    tokens = [
        {
            "token": token,
            "pin": pin_words(token.pin),
            "certificates": [each.shown for each in found_on(listing) if each.token == token],
        }
        for token in listing.tokens
    ]
    return render_template(
        "state.html",
        pairings=[
            (each, clock_words(each.paired_at), agent.touch.heard(each.server_id))
            for each in agent.state.pairings
        ],
        agent_id=agent.state.keys.public.agent_id,
        tokens=tokens,
        problems=listing.problems,
        modules=agent.modules,
        journal=agent.journal.head,
        folder=agent.state.folder,
        server_hint=agent.server_hint,
        facade_port=agent.facade.port,
        facade_asking=len(agent.facade.origins.asking),
    )


@pages.get("/nhat-ky")
def journal() -> str:
    """The agent's own journal, its chain checked anew, and on demand the server's list."""
    agent = the_agent()
    broken = ""
    try:
        agent.journal.check()
    except JournalBroken as error:
        broken = str(error)
    compared: list[tuple[Pairing, Comparison | None, SigningError | None]] = []
    if request.args.get("doi-chieu"):
        for pairing in agent.state.pairings:
            try:
                agent_id = agent.state.keys.public.agent_id
                found = compare(agent.journal, agent.client, pairing, agent_id=agent_id)
                compared.append((pairing, found, None))
            except SigningError as error:
                compared.append((pairing, None, error))
    return render_template(
        "journal.html",
        head=agent.journal.head,
        broken=broken,
        compared=compared,
        terminal=at_terminal(agent.state.folder / TERMINAL, LINES),
        entries=list(deque(agent.journal.entries(), LINES))[::-1] if not broken else [],
        words=EVENT_WORDS,
        clock_words=clock_words,
        when=lambda at: clock_words(datetime.fromisoformat(at)),
    )


@pages.get("/favicon.ico")
def icon() -> Response:
    """Browsers ask for it on their own."""
    return make_response("", 204)


@pages.post("/cau-nhan-biet")
def phrase() -> Response:
    """Keeps the recognition phrase."""
    the_agent().state.set_phrase(request.form.get("cau", ""))
    return redirect(url_for("pages.state"), 303)


@pages.get("/ghep-noi")
def pairing() -> Response:
    """The code, while it waits to be typed on the server; asks the server each time."""
    agent = the_agent()
    pending = agent.pairing.pending
    if pending is None:
        return redirect(url_for("pages.state"), 303)
    problem: SigningError | None = None
    try:
        if agent.pairing.poll() is not None:
            return redirect(url_for("pages.state"), 303)
    except PairingExpired:
        raise
    except SigningError as error:
        if agent.pairing.pending is None:
            raise
        problem = error
    page = render_template("pairing.html", pending=pending, problem=problem)
    response = make_response(page)
    response.headers["Refresh"] = "3"
    return response


@pages.post("/ghep-noi")
def start_pairing() -> Response:
    """Makes a code for the server whose address was typed."""
    the_agent().pairing.start(request.form.get("may-chu", ""))
    return redirect(url_for("pages.pairing"), 303)


@pages.post("/ghep-noi/huy")
def cancel_pairing() -> Response:
    """Forgets the code."""
    the_agent().pairing.cancel()
    return redirect(url_for("pages.state"), 303)


@pages.post("/ghep-noi/bo")
def unpair() -> Response:
    """Forgets a pairing; the server is free to forget this agent on its own."""
    the_agent().pairing.unpair(request.form.get("may-chu", ""), request.form.get("nguoi", ""))
    return redirect(url_for("pages.state"), 303)
