"""The self-test page: what is in order on this computer, without a PIN; and the speed test, with
one."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from signing.agent import VERSION
from signing.agent.application import Agent, the_agent
from signing.agent.certificates import pin_words
from signing.agent.imports import chosen, found_on
from signing.agent.journal import JournalBroken
from signing.agent.pin import display_is_likely
from signing.agent.pin_window import CONFIRMATION, confirms
from signing.agent.speed import SAMPLES, Speed
from signing.errors import PinFinalTryRefused, PinRequired, SigningError

checkup = Blueprint("checkup", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    what: str
    found: str
    good: bool


@checkup.get("/kiem-tra")
def show() -> str:
    """Everything that can be looked at without a PIN; nothing is signed."""
    return _page(the_agent())


@checkup.post("/kiem-tra/toc-do")
def speed() -> str | Response:
    """Measure one token after the click and with the PIN; what is signed can be no document."""
    agent = the_agent()
    wanted = request.form.get("chung-thu", "")
    try:
        found = chosen(agent.tokens.list_tokens(), wanted)
        state, pin = found.token.pin, request.form.get("pin", "")
        if state.asks_confirmation and not confirms(request.form.get("xac-nhan", "")):
            raise PinFinalTryRefused
        if not pin and not state.protected_path:
            raise PinRequired
        measured = agent.speed.measure(
            found.read.der, wanted, pin or None, allow_final_try=state.last_try
        )
    except SigningError as error:
        return _page(agent, problem=error)
    return _page(agent, measured=measured, wanted=wanted)


def _page(
    agent: Agent,
    *,
    problem: SigningError | None = None,
    measured: Speed | None = None,
    wanted: str = "",
) -> str:
    listing = agent.tokens.list_tokens()
    found = found_on(listing)
    return render_template(
        "checkup.html",
        lines=_lines(agent),
        tokens=[(each, pin_words(each.pin)) for each in listing.tokens],
        found=found,
        problems=listing.problems,
        problem=problem,
        measured=measured,
        wanted=next((each.shown.holder for each in found if each.shown.sha256 == wanted), ""),
        samples=SAMPLES,
        confirmation=CONFIRMATION,
    )


def _lines(agent: Agent) -> list[Line]:
    try:
        agent.journal.check()
        journal = Line("Nhật ký", f"{agent.journal.head[0]} dòng, chuỗi nguyên vẹn", good=True)
    except JournalBroken as error:
        journal = Line("Nhật ký", str(error), good=False)
    window = display_is_likely()
    drivers = ", ".join(name for name, _ in agent.modules)
    lines = [
        Line("Chương trình", f"bản {VERSION}, Python {platform.python_version()}", good=True),
        Line("Hệ điều hành", f"{platform.system()} {platform.release()}", good=True),
        Line("Kiến trúc", "64 bit" if sys.maxsize > 2**32 else "32 bit", good=sys.maxsize > 2**32),
        Line("Trình điều khiển", drivers or "chưa tìm thấy", good=bool(drivers)),
        Line("Cửa sổ nhập PIN", "có" if window else "không; hỏi trên trang", good=window),
        journal,
    ]
    for pairing in agent.state.pairings:
        heard = agent.touch.heard(pairing.server_id)
        if heard is None:
            lines.append(Line(pairing.server_name, "chưa liên lạc từ khi khởi động", good=True))
        else:
            words = heard.problem.message if heard.problem else heard.words or "liên lạc được"
            lines.append(Line(pairing.server_name, words, good=heard.problem is None))
    return lines
