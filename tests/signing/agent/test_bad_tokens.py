"""What a person is told when the token, its driver or its PIN misbehaves between page and PIN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from signing.agent.application import Agent
from signing.messages import JobState
from signing.tokens.manager import TokenManager
from signing.tokens.module import Limits
from tests.fault_pkcs11 import ALTERING_CALLS, Control, build
from tests.signing.agent.conftest import PIN, WRONG_PIN, Browser, browser_of, pair
from tests.signing.agent.office import Job, Office
from tests.signing.pki import Holder
from tests.signing.tokens.softhsm import TokenHandle


@pytest.fixture(scope="session")
def fault_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("agent-fault"))


@pytest.fixture
def control(tmp_path: Path) -> Control:
    control = Control(tmp_path / "control")
    control.order()
    return control


@pytest.fixture
def tokens(
    soft_token: TokenHandle, fault_library: Path, control: Control, tmp_path: Path
) -> Iterator[TokenManager]:
    limits = Limits(listing=60, login=60, pad=60, signature=60, busy=30, retries=0)
    environment = {**soft_token.environment, **control.environment()}
    with TokenManager(
        [fault_library], tmp_path / "pin-counts", limits=limits, environment=environment
    ) as manager:
        yield manager
    assert not ALTERING_CALLS & set(control.calls())


class Person:
    """Opens a job and goes on step by step."""

    def __init__(self, agent: Agent, office: Office, holder: Holder) -> None:
        self.agent, self.browser = agent, browser_of(agent)
        pair(self.browser, office)
        self.job: Job
        self.job, ticket = office.press_sign(agent.state.keys.public, holder)
        self.page = f"/ky/{ticket}"

    def opens(self) -> Browser:
        self.browser.open(self.page)
        return self.browser

    def clicks_sign(self, confirmation: str = "") -> None:
        self.browser.submit(f"{self.page}/ky", **{"xac-nhan": confirmation})

    def types(self, pin: str) -> str:
        self.browser.submit(f"{self.page}/pin", pin=pin)
        self.agent.desk.wait(90)
        self.browser.open(self.page)
        return self.browser.page


@pytest.fixture
def person(make: Callable[..., Agent], office: Office, holder: Holder) -> Person:
    return Person(make(), office, holder)


@pytest.mark.parametrize(
    ("orders", "words", "code"),
    [
        (["gone 1"], "Thiết bị ký số đã bị rút ra", "token_removed"),
        (["hang C_Login 0"], "không trả lời và đã được dừng lại", "driver_hung"),
        (["crash C_Login 0"], "bị lỗi và đã tự đóng", "driver_crashed"),
        (["fail C_Login 0x5"], "Đây không phải lỗi do mã PIN", "driver_error"),
        (["bad_signature 1"], "không khớp với chứng thư", "signature_check_failed"),
    ],
)
def test_a_fault_after_the_page_was_shown_has_its_own_words_and_does_no_harm(
    person: Person,
    control: Control,
    tokens: TokenManager,
    orders: list[str],
    words: str,
    code: str,
):
    person.opens()
    person.clicks_sign()
    control.order(*orders)
    usual = tokens._limits
    if code == "driver_hung":
        tokens._limits = replace(usual, login=1)
    page = person.types(PIN)
    tokens._limits = usual
    assert words in page
    assert "Mã PIN không đúng" not in page
    assert person.job.failures == [code]
    assert person.job.progress.state is JobState.ISSUED
    control.order()
    person.opens()
    person.clicks_sign()
    assert "Đã ký xong" in person.types(PIN)


def test_a_locked_token_is_said_so_and_no_pin_is_asked(person: Person, control: Control):
    control.order("tries 1")
    person.opens()
    assert "Chỉ còn một lần nhập" in person.browser.page
    person.clicks_sign("LẦN CUỐI")
    person.types(WRONG_PIN)
    assert "đã bị khóa" in person.browser.page
    assert f'action="{person.page}/ky"' not in person.browser.page
    assert person.job.failures[-1] in {"pin_locked", "pin_incorrect"}


def test_the_last_try_is_refused_without_the_typed_words(person: Person, control: Control):
    control.order("tries 1")
    person.opens()
    person.clicks_sign("đồng ý")
    assert "Mã PIN chưa được gửi" in person.browser.page
    assert person.job.progress.state is JobState.ISSUED
    assert "C_Login" not in control.calls()
    person.opens()
    person.clicks_sign("lần cuối")
    assert "Đã ký xong" in person.types(PIN)


def test_a_token_with_a_pad_of_its_own_never_asks_on_the_page(person: Person, control: Control):
    control.order(f"pad {PIN}")
    person.opens()
    person.clicks_sign()
    assert "Nhập mã PIN trên thiết bị" in person.browser.page or (
        "Đã ký xong" in person.browser.page
    )
    assert 'name="pin"' not in person.browser.page
    person.agent.desk.wait(90)
    assert "Đã ký xong" in person.opens().page


def test_a_token_that_is_pulled_out_before_the_click_is_missed_on_the_page(
    person: Person, control: Control
):
    person.opens()
    control.order("gone 1")
    person.clicks_sign()
    assert "Không thấy thiết bị ký số nào" in person.browser.page
    assert person.job.progress.state is JobState.ISSUED
