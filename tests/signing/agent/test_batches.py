"""Batches on the agent's side: one login, parts as they are made, memory flat, stop and go on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import timedelta

import pytest

from signing import errors
from signing.agent import signer
from signing.agent.application import Agent
from signing.agent.certificates import span_words
from signing.agent.documents import KEPT_STRETCHES
from signing.agent.work import Pace
from signing.messages import JobState
from signing.protocol import jobs
from signing.tokens.manager import TokenManager
from tests.signing.agent.conftest import PIN, Browser, browser_of
from tests.signing.agent.office import Office
from tests.signing.agent.test_the_road import sign_on_page
from tests.signing.pki import Holder

COUNT = 25


class Spied:
    """The real tokens, with a hand on the cable: told after each signature, may pull or stop."""

    def __init__(self, tokens: TokenManager) -> None:
        self.tokens = tokens
        self.logins = 0
        self.after: Callable[[int], None] = lambda made: None

    def __getattr__(self, name: str) -> object:
        return getattr(self.tokens, name)

    def sign(
        self, der: bytes, items: Iterable[bytes], pin: str | None, allow_final_try: bool = False
    ) -> Generator[bytes]:
        self.logins += 1
        for made, signature in enumerate(self.tokens.sign(der, items, pin, allow_final_try), 1):
            yield signature
            self.after(made)


@pytest.fixture
def spied(tokens: TokenManager) -> Spied:
    return Spied(tokens)


@pytest.fixture
def agent(make: Callable[..., Agent], spied: Spied) -> Agent:
    return make(tokens=spied)


def pull(made: int) -> None:
    if made == 20:
        raise errors.TokenRemoved


def test_twenty_five_letters_take_one_login_and_go_out_in_parts(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    spied: Spied,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(jobs, "SHOW_LIMIT", 400_000)  # bytes, so that 25 letters are many stretches
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=COUNT)
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert (len(job.finished), spied.logins) == (COUNT, 1)
    assert [len(part.signatures) for part in job.parts] == [signer.PART, COUNT - signer.PART]
    assert [part.more for part in job.parts] == [True, False]
    work = agent.desk.open(ticket)
    assert len(job.shown_from) > 3
    held = sum(len(stretch) for stretch in work.documents._stretches)
    assert held < COUNT / 2
    assert len(work.documents._stretches) <= KEPT_STRETCHES
    paired.open(f"/ky/{ticket}")
    assert f"chữ ký của cả {COUNT} văn bản" in paired.page


def test_a_token_pulled_out_half_way_loses_nothing_and_the_rest_is_signed_later(
    paired: Browser, agent: Agent, office: Office, holder: Holder, spied: Spied
):
    spied.after = pull
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=COUNT)
    sign_on_page(paired, agent, ticket)
    assert len(job.finished) == 20
    assert job.parts[-1].stopped == "token_removed"
    assert job.progress.state is JobState.ISSUED
    assert "Đã ký 20 trên 25 văn bản; còn 5 văn bản chưa ký" in paired.page
    assert errors.TokenRemoved.message in paired.page
    assert "Ký tiếp 5 văn bản" in paired.page
    spied.after = lambda made: None
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert sorted(job.parts[-1].signatures) == list(range(20, 25))
    assert spied.logins == 2


def test_what_another_start_of_the_program_had_signed_is_not_signed_again(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    spied: Spied,
    make: Callable[..., Agent],
    tokens: TokenManager,
):
    spied.after = pull
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=COUNT)
    sign_on_page(paired, agent, ticket)
    restarted = make(tokens=tokens)
    sign_on_page(browser_of(restarted), restarted, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert sorted(job.parts[-1].signatures) == list(range(20, 25))


def test_the_person_stops_a_batch_and_what_is_signed_is_kept(
    paired: Browser, agent: Agent, office: Office, holder: Holder, spied: Spied
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=COUNT)
    spied.after = lambda made: agent.desk.cancel(ticket) and None if made == 3 else None
    sign_on_page(paired, agent, ticket)
    assert (len(job.finished), job.parts[-1].stopped) == (4, "user_cancelled")
    assert job.progress.state is JobState.ISSUED


def test_a_part_that_could_not_be_sent_stops_the_batch_and_is_sent_again_without_a_pin(
    paired: Browser, agent: Agent, office: Office, holder: Holder, spied: Spied
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=COUNT)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    office.drop_answers = 1
    paired.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    paired.open(f"/ky/{ticket}")
    assert "chưa gửi được" in paired.page
    paired.submit(f"/ky/{ticket}/gui-lai")
    assert len(job.finished) == signer.PART
    assert "Ký tiếp 9 văn bản" in paired.page
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert spied.logins == 2


def test_letters_that_the_server_refuses_are_named_and_stop_no_other(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=3)
    job.refuses = frozenset({1})
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert "Máy chủ chưa nhận 1 văn bản" in paired.page
    assert "chữ ký của 2 trên 3 văn bản" in paired.page


def test_a_letter_changed_on_the_way_stops_the_batch_before_it_is_signed(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(jobs, "SHOW_LIMIT", 1)  # every letter is fetched alone
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=3)
    job.pdfs[2] = job.pdfs[2].replace(b"%PDF", b"%PDG", 1)
    sign_on_page(paired, agent, ticket)
    assert len(job.finished) == 2
    assert job.parts[-1].stopped == "hash_mismatch"


def test_pages_of_every_letter_are_shown_on_demand(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(jobs, "SHOW_LIMIT", 1)
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=3)
    paired.open(f"/ky/{ticket}?van-ban=3")
    assert "<strong>Văn bản đề nghị gia hạn chứng thư số 3 (THỬ NGHIỆM)</strong>" in paired.page
    image = paired.client.get(
        f"/ky/{ticket}/trang/2/0.png",
        headers={"Host": "127.0.0.1:17995", "Sec-Fetch-Site": "same-origin"},
    )
    assert image.data.startswith(b"\x89PNG")
    assert job.progress.state is JobState.ISSUED


def test_the_end_is_estimated_from_the_pace_measured():
    pace = Pace()
    assert pace.remaining(10) is None
    pace.begin(100.0)
    for at in (102.0, 104.0, 106.0):
        pace.count(at)
    assert pace.remaining(50) == timedelta(seconds=100)
    words = [span_words(timedelta(seconds=each)) for each in (0, 40, 100, 4800)]
    assert words == ["1 giây", "40 giây", "2 phút", "1 giờ 20 phút"]


def test_the_journal_names_every_letter_and_every_signature(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=3)
    sign_on_page(paired, agent, ticket)
    entries = [each for each in agent.journal.entries() if each["event"] == "signed"]
    assert entries[0]["documents"] == [item.sha256 for item in job.manifest.items]
    assert entries[0]["cms"] == [job.parts[0].digest(index) for index in range(3)]
