"""Between the click and the token: every way of asking for the PIN ends, and ends once."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Generator, Iterable

import pytest

from signing.agent.application import Agent
from signing.agent.desk import KEPT_JOBS
from signing.agent.pin import PinQuestion
from signing.agent.work import Stage
from signing.errors import Busy, UploadFailed
from signing.messages import JobState, job_path
from signing.tokens.manager import TokenManager
from signing.tokens.types import TokenListing
from tests.signing.agent.conftest import PIN, Browser, Clock, browser_of
from tests.signing.agent.office import Office
from tests.signing.pki import Holder

Make = Callable[..., Agent]


class _Typed(str):
    """A PIN of which a test can tell whether anybody still holds it."""

    __slots__ = ("__weakref__",)


class _Window:
    """Native windows as the desk sees them: each waits until the test lets its person answer."""

    def __init__(self, *answers: Callable[[], str]) -> None:
        self._answers = iter(answers)
        self.opened: list[threading.Event] = []
        self.may_answer: list[threading.Event] = [threading.Event() for _ in answers]

    def available(self) -> bool:
        return True

    def ask(self, question: PinQuestion, stop: threading.Event) -> str:
        answer, turn = next(self._answers), self.may_answer[len(self.opened)]
        self.opened.append(stop)
        assert turn.wait(30)
        return answer()


class _Tokens:
    """The real tokens; `after` runs when one signature has been made, and `calls` counts logins."""

    def __init__(self, tokens: TokenManager, after: Callable[[], None] = lambda: None) -> None:
        self._tokens, self._after, self.calls = tokens, after, 0

    def list_tokens(self) -> TokenListing:
        return self._tokens.list_tokens()

    def sign(
        self,
        certificate_der: bytes,
        to_be_signed: Iterable[bytes],
        pin: str | None,
        allow_final_try: bool = False,
    ) -> Generator[bytes]:
        self.calls += 1
        signatures = self._tokens.sign(certificate_der, to_be_signed, pin, allow_final_try)
        del pin
        for signature in signatures:
            self._after()
            yield signature


@pytest.fixture
def clicked(
    paired: Browser, office: Office, holder: Holder, make: Make
) -> Callable[..., tuple[Agent, str]]:
    """An agent with these parts, whose person has opened a job (`ticket`) and clicked "Ký"."""

    def click(count: int = 1, **parts: object) -> tuple[Agent, str]:
        agent = make(**parts)
        _, ticket = office.press_sign(agent.state.keys.public, holder, count=count)
        agent.desk.sign(ticket, click="lan-1")
        return agent, ticket

    return click


def _fault() -> str:
    raise RuntimeError("the window fell over PIN-thu-8461")


def test_a_fault_while_the_pin_is_asked_ends_the_question(
    clicked: Callable[..., tuple[Agent, str]], office: Office, caplog: pytest.LogCaptureFixture
):
    window = _Window(_fault)
    agent, ticket = clicked(window=window)
    window.may_answer[0].set()
    agent.desk.wait(30)
    work = agent.desk.open(ticket)
    assert work.stage is Stage.SHOWN
    assert work.error is not None
    assert work.error.detail == "RuntimeError"
    assert not agent.desk.busy
    assert PIN not in caplog.text
    (job,) = office.jobs.values()
    assert job.progress.state is JobState.ISSUED


def test_a_journal_that_cannot_be_written_leaves_a_free_desk(
    clicked: Callable[..., tuple[Agent, str]],
    agent: Agent,
    office: Office,
    holder: Holder,
    paired: Browser,
):
    _, ticket = office.press_sign(agent.state.keys.public, holder)
    agent.desk.open(ticket)
    journal = agent.state.folder / "nhat-ky.jsonl"
    kept = journal.rename(agent.state.folder / "kept")
    journal.mkdir()
    with pytest.raises(OSError, match="nhat-ky"):
        agent.desk.sign(ticket, click="lan-1")
    journal.rmdir()
    kept.rename(journal)
    assert not agent.desk.busy
    assert agent.desk.sign(ticket, click="lan-2").stage is Stage.PIN_PAGE


def test_a_window_that_answers_late_does_not_sign_for_the_next_click(
    clicked: Callable[..., tuple[Agent, str]], tokens: TokenManager, office: Office
):
    watched = _Tokens(tokens)
    window = _Window(lambda: PIN, lambda: PIN)
    agent, ticket = clicked(window=window, tokens=watched)
    agent.desk.cancel(ticket)
    agent.desk.sign(ticket, click="lan-2")
    window.may_answer[0].set()
    for thread in threading.enumerate():
        if thread.name == "ky-so" and thread is not agent.desk._step._thread:
            thread.join(30)
    assert agent.desk.open(ticket).stage is Stage.PIN_WINDOW
    assert watched.calls == 0
    window.may_answer[1].set()
    agent.desk.wait(60)
    assert agent.desk.open(ticket).stage is Stage.DONE
    assert watched.calls == 1
    (job,) = office.jobs.values()
    assert job.results == 1


def test_nobody_holds_the_pin_once_the_token_has_it(
    clicked: Callable[..., tuple[Agent, str]], tokens: TokenManager
):
    held: list[weakref.ref[_Typed]] = []
    alive: list[bool] = []

    def types() -> str:
        pin = _Typed(PIN)
        held.append(weakref.ref(pin))
        return pin

    watched = _Tokens(tokens, after=lambda: alive.append(held[0]() is not None))
    window = _Window(types)
    agent, ticket = clicked(count=3, window=window, tokens=watched)
    window.may_answer[0].set()
    agent.desk.wait(60)
    assert agent.desk.open(ticket).stage is Stage.DONE
    assert alive == [False, False, False]


def test_a_server_that_is_slow_to_hear_of_a_given_back_job_holds_up_no_page(
    clicked: Callable[..., tuple[Agent, str]], office: Office
):
    agent, ticket = clicked()
    heard, go_on = threading.Event(), threading.Event()
    (job_id,) = office.jobs
    handle = office._handle

    def slowly(head, path, body):  # type: ignore[no-untyped-def]
        if path == job_path(job_id, "release"):
            heard.set()
            assert go_on.wait(30)
        return handle(head, path, body)

    office._handle = slowly  # type: ignore[method-assign]
    giving_back = threading.Thread(target=agent.desk.cancel, args=(ticket,))
    giving_back.start()
    assert heard.wait(30)
    page: list[int] = []
    look = threading.Thread(target=lambda: page.append(browser_of(agent).open("/").status_code))
    look.start()
    look.join(20)
    shown = list(page)
    go_on.set()
    giving_back.join(30)
    look.join(30)
    assert shown == [200]


def test_who_types_on_the_pad_can_no_longer_say_no_on_a_page(
    clicked: Callable[..., tuple[Agent, str]],
):
    agent, ticket = clicked(window=_Window(lambda: PIN))
    work = agent.desk.open(ticket)
    work.stage = Stage.PIN_PAD
    with pytest.raises(Busy):
        agent.desk.refuse(ticket)
    assert work.stage is Stage.PIN_PAD


def test_a_signature_that_was_not_sent_is_kept_however_many_jobs_are_looked_at(
    agent: Agent, paired: Browser, office: Office, holder: Holder, clock: Clock
):
    _, ticket = office.press_sign(agent.state.keys.public, holder)
    agent.desk.sign(ticket, click="lan-1")
    office.drop_answers = 1
    agent.desk.pin_on_page(ticket, click="lan-2", pin=PIN)
    agent.desk.wait(60)
    for _ in range(KEPT_JOBS + 1):
        agent.desk.open(office.press_sign(agent.state.keys.public, holder)[1])
    work = agent.desk.open(ticket)
    assert work.stage is Stage.UNSENT
    assert isinstance(work.error, UploadFailed)
    assert agent.desk.send_again(ticket).stage is Stage.DONE
