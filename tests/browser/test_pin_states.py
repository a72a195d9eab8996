"""Each state of the PIN as a person meets it: on the agent's page, with a token that misbehaves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from signing.tokens.counts import FILE_NAME
from tests.browser.desks import misbehaving, takes_the_newest_agent
from tests.browser.documents import INSIDE, brings, chooses, places, printed
from tests.browser.navigators import Person, enters, shrink
from tests.browser.office import Office
from tests.fault_pkcs11 import ALTERING_CALLS, Control

LEADER, CLERK = "lanhdao.dong", "vanthu.dong"
WRONG = "sai-ma-pin"
COUNT_LOW, LOCKED = "flags 0x10000", "flags 0x40000"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@dataclass
class Bench:
    """The leader at a computer whose driver is the misbehaving one, and a document that waits for
    several signatures of the leader."""

    leader: Person
    control: Control
    address: str
    counts: Path
    pictures: Path | None

    @property
    def pin(self) -> str:
        return str(self.leader.office.login(LEADER)["pin"])

    def behaves(self, *orders: str) -> None:
        """Nothing is remembered of earlier entries; from now on the token does as ordered."""
        for kept in self.control.path.parent.glob("control.wrong.*"):
            kept.unlink()
        self.counts.unlink(missing_ok=True)
        Path(f"{self.control.path}.calls").unlink(missing_ok=True)
        self.control.order(*orders)

    def asks(self, name: str = "") -> Page:
        """Press "Ký số" on the server and look at the agent's page."""
        leader = self.leader
        leader.goes_to(f"{self.address}/ky-so")
        takes_the_newest_agent(leader)
        leader.presses("Chuyển sang Trình ký số")
        page = leader.opens_the_agent()
        self.shows(page, name)
        return page

    def shows(self, page: Page, name: str) -> None:
        if self.pictures is not None and name:
            shrink(page.screenshot(), self.pictures / f"pin-{name}.png")

    def is_done(self, page: Page) -> None:
        """The agent says so, and the watching page of the server goes back to the document."""
        self.leader.sees_it_signed(page)
        self.leader.page.wait_for_url(re.compile(re.escape(self.address) + "$"))

    def logins(self) -> int:
        return self.control.calls().count("C_Login")


@pytest.fixture(scope="module")
def bench(
    office: Office,
    chromium: Browser,
    pictures: Path | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("pin-states")
    with misbehaving(office, folder) as (desk, control):
        clerk, leader = enters(desk, chromium, CLERK), enters(desk, chromium, LEADER)
        try:
            leader.pairs_the_agent()
            address = waits_for(clerk, desk.login(LEADER)["name"], folder)
            counts = folder / "agent" / FILE_NAME
            yield Bench(leader, control, address, counts, pictures)
        finally:
            clerk.context.close()
            leader.context.close()
    assert not ALTERING_CALLS & set(control.calls())


def waits_for(clerk: Person, name: str, folder: Path) -> str:
    """A document inside the office that wants three signatures of one person."""
    file = folder / "trao-doi.pdf"
    file.write_bytes(printed((30, 40, "Trao đổi THỬ NGHIỆM về mã PIN")))
    address = brings(clerk, INSIDE, file, "Trao đổi THỬ NGHIỆM về mã PIN")
    acts = ("Góp ý", "Ký nháy", "Góp ý")
    chooses(clerk, *((name, act) for act in acts))
    places(clerk, len(acts))
    return address


def types(page: Page, pin: str) -> None:
    page.get_by_role("button", name="Ký", exact=True).click()
    page.get_by_label(re.compile("PIN")).fill(pin)
    page.get_by_role("button", name="Ký", exact=True).click()


def reads(page: Page, words: str) -> None:
    expect(page.locator("body")).to_contain_text(words)


def test_a_pin_that_was_never_wrong_is_called_normal_and_signs(bench: Bench) -> None:
    bench.behaves()
    page = bench.asks("binh-thuong")
    reads(page, "Mã PIN bình thường, chưa ghi nhận lần nhập sai nào")
    types(page, bench.pin)
    bench.is_done(page)


def test_one_wrong_pin_is_told_with_its_count_and_nothing_is_tried_again(bench: Bench) -> None:
    bench.behaves("tries 5")
    page = bench.asks()
    types(page, WRONG)
    reads(page, "Mã PIN không đúng")
    reads(page, "Mã PIN đã bị nhập sai 1 lần liên tiếp trên máy này")
    bench.shows(page, "sai-mot-lan")
    assert bench.logins() == 1
    page.close()
    # The watching page has been told as well, and loads itself no more.
    bench.leader.reads("Mã PIN không đúng")


def test_a_low_count_that_the_token_tells_is_said_before_anything_is_typed(bench: Bench) -> None:
    bench.behaves(COUNT_LOW)
    page = bench.asks("con-it-lan")
    reads(page, "Thiết bị báo mã PIN đã bị nhập sai ít nhất một lần (có thể ở máy khác)")
    assert bench.logins() == 0
    page.close()


def test_the_last_try_wants_words_that_are_typed(bench: Bench) -> None:
    bench.behaves("tries 1")
    page = bench.asks("lan-cuoi")
    reads(page, "Chỉ còn một lần nhập: nếu sai mã PIN lần này, thiết bị sẽ bị khóa")
    page.get_by_label(re.compile("Nếu chắc chắn nhớ đúng mã PIN")).fill("đồng ý")
    page.get_by_role("button", name="Ký", exact=True).click()
    reads(page, "Mã PIN chưa được gửi")
    assert bench.logins() == 0
    page.close()


def test_a_locked_token_asks_for_no_pin(bench: Bench) -> None:
    bench.behaves(LOCKED)
    page = bench.asks("bi-khoa")
    reads(page, "Thiết bị đã bị khóa")
    expect(page.get_by_role("button", name="Ký", exact=True)).to_have_count(0)
    assert bench.logins() == 0
    page.close()


def test_a_token_that_is_pulled_out_is_missed_and_works_again_when_it_is_back(
    bench: Bench,
) -> None:
    bench.behaves("gone 1")
    page = bench.asks("da-rut")
    reads(page, "Không thấy thiết bị ký số nào")
    bench.control.order()
    page.get_by_role("link", name="Kiểm tra lại thiết bị").click()
    reads(page, "Mã PIN bình thường")
    page.close()


def test_a_pin_pad_keeps_the_pin_from_the_computer(bench: Bench) -> None:
    bench.behaves(f"pad {bench.pin}")
    page = bench.asks("ban-phim-thiet-bi")
    reads(page, "Mã PIN nhập trên bàn phím của thiết bị; máy tính không thấy mã PIN")
    page.get_by_role("button", name="Ký", exact=True).click()
    expect(page.locator("input[name=pin]")).to_have_count(0)
    bench.is_done(page)
    assert "C_Login WITH PIN" not in bench.control.calls()


def test_a_key_that_asks_at_every_signature_is_satisfied_by_the_one_entry(bench: Bench) -> None:
    bench.behaves("always_authenticate 1")
    page = bench.asks()
    types(page, bench.pin)
    bench.is_done(page)
    assert bench.logins() == 2  # the token's login, then the one of this very signature
