"""The native window, under a display of the test's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from signing.agent.application import Agent
from signing.agent.pin import NoDisplay, PinQuestion, PinWindow, display_is_likely
from signing.agent.pin_window import complaint, confirms, lines
from signing.errors import ConsentTimeout, UserCancelled
from signing.messages import JobState
from tests.signing.agent.conftest import PIN, browser_of, pair
from tests.signing.agent.office import Office
from tests.signing.pki import Holder

QUESTION = PinQuestion(
    document="Văn bản đề nghị gia hạn (THỬ NGHIỆM)",
    act="Ký phê duyệt",
    server="Sổ Token UBND xã Đồi Mẫu (THỬ NGHIỆM)",
    certificate="Nguyễn Thị Ánh Dương (số 4AF1)",
    token="LANH DAO THU (số 8a12)",
    pin_state="Mã PIN bình thường, chưa ghi nhận lần nhập sai nào.",
    phrase="bến sông có cây gạo",
    final_try=False,
)

TYPE_INTO_IT = """
import sys
from signing.agent import pin_window
typed = {typed!r}
plain = pin_window.run
def run(question, **parts):
    def opened(window):
        def act():
            window.pin.set(typed[0]); window.confirmation.set(typed[1]); window.accept()
            if window.answer == "": window.root.destroy()
        window.root.after(200, act)
    return plain(question, opened=opened, **parts)
pin_window.run = run
sys.exit(pin_window.main())
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def answer_when_typing(question: PinQuestion, display: str, *typed: str) -> dict[str, str]:
    """What the real window's process answers when a person types PIN and confirmation."""
    return _run(question, display, TYPE_INTO_IT.format(typed=typed))


def _run(question: PinQuestion, display: str, program: str) -> dict[str, str]:
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "DISPLAY": display},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    # The pipe stays open, as the agent keeps it, until the window has answered.
    process.stdin.write(question.to_line())
    process.stdin.flush()
    said = process.stdout.read()
    process.stdin.close()
    process.stdout.close()
    assert process.wait() == 0
    answer: dict[str, str] = json.loads(said)
    return answer


def test_the_window_shows_what_is_signed_and_the_phrase_only_its_owner_knows():
    shown = dict(lines(QUESTION))
    assert shown["Câu nhận biết của anh/chị"] == "bến sông có cây gạo"
    assert shown["Văn bản"] == QUESTION.document
    assert shown["Chứng thư"] == QUESTION.certificate
    assert "chưa đặt" in dict(lines(replace(QUESTION, phrase="")))["Câu nhận biết của anh/chị"]
    assert PinQuestion.from_line(QUESTION.to_line()) == QUESTION


def test_the_last_try_wants_its_words():
    last = replace(QUESTION, final_try=True)
    assert complaint(QUESTION, "", "")
    assert complaint(QUESTION, "1", "") == ""
    assert "LẦN CUỐI" in complaint(last, "1", "")
    assert complaint(last, "1", "lần cuối") == ""
    assert confirms(" LAN  cuoi ")
    assert not confirms("lần")


def test_a_typed_pin_comes_back_through_the_pipe(display: str):
    assert answer_when_typing(QUESTION, display, "PIN-thử", "") == {"pin": "PIN-thử"}


def test_an_empty_pin_or_a_closed_window_gives_nothing(display: str):
    assert answer_when_typing(QUESTION, display, "", "") == {}
    assert answer_when_typing(replace(QUESTION, final_try=True), display, "1", "") == {}
    assert answer_when_typing(replace(QUESTION, final_try=True), display, "1", "LẦN CUỐI") == {
        "pin": "1"
    }


def test_a_window_left_alone_closes(display: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", display)
    assert display_is_likely()
    with pytest.raises(ConsentTimeout):
        PinWindow(timedelta(seconds=1)).ask(QUESTION, threading.Event())


def test_the_agent_can_close_the_window(display: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", display)
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    with pytest.raises(UserCancelled):
        PinWindow().ask(QUESTION, stop)


def test_without_a_display_the_window_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", ":9999")
    with pytest.raises(NoDisplay):
        PinWindow().ask(QUESTION, threading.Event())
    monkeypatch.delenv("DISPLAY")
    assert display_is_likely() == (sys.platform in {"win32", "darwin"})


class TypingPerson(PinWindow):
    """The real window's road, with a person who types at once: `ask` runs what the test gives."""

    def __init__(self, display: str, pin: str) -> None:
        super().__init__()
        self._display, self._pin = display, pin
        self.questions: list[PinQuestion] = []
        self.closed = threading.Event()

    def available(self) -> bool:
        return True

    def ask(self, question: PinQuestion, stop: threading.Event) -> str:
        self.questions.append(question)
        if not self._pin:
            stop.wait(90)
            self.closed.set()
            raise UserCancelled
        return answer_when_typing(question, self._display, self._pin, "")["pin"]


def test_a_letter_is_signed_with_the_pin_of_the_window(
    display: str, make: Callable[..., Agent], office: Office, holder: Holder
):
    window = TypingPerson(display, PIN)
    agent = make(window=window)
    agent.state.set_phrase("bến sông có cây gạo")
    browser = browser_of(agent)
    pair(browser, office)
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=2)
    browser.open(f"/ky/{ticket}")
    answer = browser.submit(f"/ky/{ticket}/ky")
    assert answer.headers["Refresh"] == "2" or "Đã ký xong" in browser.page
    agent.desk.wait(60)
    browser.open(f"/ky/{ticket}")
    assert "Đã ký xong" in browser.page
    assert job.progress.state is JobState.ACCEPTED
    assert window.questions[0].phrase == "bến sông có cây gạo"
    assert "và 1 văn bản khác" in window.questions[0].document


def test_another_job_waits_while_the_window_is_open_unless_its_tab_is_gone(
    make: Callable[..., Agent], office: Office, holder: Holder, clock: Callable[[], object]
):
    window = TypingPerson("", "")
    agent = make(window=window)
    browser = browser_of(agent)
    pair(browser, office)
    first, first_ticket = office.press_sign(agent.state.keys.public, holder)
    second, ticket = office.press_sign(agent.state.keys.public, holder)
    browser.open(f"/ky/{first_ticket}")
    browser.submit(f"/ky/{first_ticket}/ky")
    browser.open(f"/ky/{ticket}")
    assert browser.submit(f"/ky/{ticket}/ky").status_code == 409
    assert "đang bận một lần ký hoặc đăng nhập khác" in browser.page
    assert second.progress.state is JobState.ISSUED
    clock.ahead = timedelta(seconds=11)  # type: ignore[attr-defined]
    browser.open(f"/ky/{ticket}")
    browser.submit(f"/ky/{ticket}/ky")
    assert window.closed.wait(60)
    assert first.progress.state is JobState.ISSUED
    assert second.progress.state is JobState.CLAIMED
    browser.submit(f"/ky/{ticket}/huy")


def test_no_display_falls_back_to_the_page(
    make: Callable[..., Agent], office: Office, holder: Holder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DISPLAY", ":9999")
    agent = make(window=PinWindow())
    browser = browser_of(agent)
    pair(browser, office)
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    browser.open(f"/ky/{ticket}")
    browser.submit(f"/ky/{ticket}/ky")
    agent.desk.wait(60)
    browser.open(f"/ky/{ticket}")
    browser.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    assert job.progress.state is JobState.ACCEPTED
