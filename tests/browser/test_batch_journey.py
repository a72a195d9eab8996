"""Fifty documents of three kinds signed in a real browser: stopped half-way, and gone on with."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desks import misbehaving, takes_the_newest_agent
from tests.browser.navigators import Person, enters, shrink
from tests.browser.office import ROOT, Office
from tests.fault_pkcs11 import Control

LEADER = "lanhdao.dong"
LETTERS, DOCUMENTS, PAPERS = 4, 28, 18
COUNT = LETTERS + DOCUMENTS + PAPERS
STOPPED_AFTER = 20
"""Signatures: more than the agent sends at once (16), so that some wait for the way."""

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Iterator[tuple[Office, Control]]:
    """The leader's computer, whose token can be told to wait."""
    (tmp_path / "may-lanh-dao").mkdir()
    with misbehaving(office, tmp_path / "may-lanh-dao") as found:
        yield found


@pytest.fixture
def leader(
    desk: tuple[Office, Control], chromium: Browser, pictures: Path | None
) -> Iterator[Person]:
    """The leader, before whom fifty documents lie."""
    runs(desk[0], "tests.browser.fill_the_desk", str(LETTERS), str(DOCUMENTS), str(PAPERS))
    person = enters(desk[0], chromium, LEADER, pictures=pictures)
    yield person
    person.context.close()


def runs(office: Office, module: str, *arguments: str) -> None:
    """Run one of the small programs of these tests in the office's own installation."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=office.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def gives_the_pin(agent: Page, office: Office, button: str) -> None:
    """Press the button of the agent's page and give the PIN once."""
    agent.get_by_role("button", name=re.compile(button)).click()
    agent.get_by_label(re.compile("PIN")).fill(office.login(LEADER)["pin"])
    agent.get_by_role("button", name=re.compile("^(Ký|Tiếp tục|Xác nhận)")).click()


def pictured(leader: Person, page: Page, name: str) -> None:
    if leader.pictures is not None:
        shrink(page.screenshot(), leader.pictures / f"{name}.png")


def test_fifty_documents_with_one_pin_stopped_half_way_and_gone_on_with(
    leader: Person, desk: tuple[Office, Control], tmp_path: Path
) -> None:
    office, token = desk

    # Given a leader who chooses all that waits, of every kind, from the button of the home page
    leader.pairs_the_agent()
    leader.goes_to("/")
    with leader.goes_on():
        leader.page.get_by_role("link", name=re.compile(r"^Ký \d+ văn bản")).first.click()
    leader.page.get_by_label("Chọn tất cả các dòng trên trang này").check()
    count = leader.page.locator("tbody input[type=checkbox]:checked").count()
    assert count >= COUNT
    leader.shows("ky-nhieu-chon", whole=False)
    takes_the_newest_agent(leader)
    leader.presses("Chuyển sang Trình ký số")
    leader.shows("ky-nhieu-cho", whole=False)

    # When the PIN is given once, and the person stops while the documents are being signed: the
    # token waits with the next one until the agent has heard it
    token.order(f"wait C_Sign {STOPPED_AFTER}")
    agent = leader.opens_the_agent()
    pictured(leader, agent, "ky-nhieu-trinh-ky-so")
    gives_the_pin(agent, office, f"^Ký {count} văn bản")
    expect(agent.locator("body")).to_contain_text(f"Đã tạo {STOPPED_AFTER} trên {count} chữ ký")
    pictured(leader, agent, "ky-nhieu-dang-ky")
    with agent.expect_response(lambda answer: answer.request.method == "POST"):
        agent.get_by_role("button", name="Dừng sau văn bản đang ký").click()
    token.order()
    left = count - STOPPED_AFTER - 1
    expect(agent.get_by_role("button", name=f"Ký tiếp {left} văn bản")).to_be_visible()
    leader.reads(f"Đã ký {count - left} trên {count} văn bản, còn {left}.")
    leader.shows("ky-nhieu-dung-giua-chung", whole=False)

    # Then only what is left is signed with the next PIN, and the page tells when all is done
    gives_the_pin(agent, office, r"^Ký tiếp \d+ văn bản")
    expect(leader.page.locator("main")).to_contain_text(
        "Đã ký và kiểm tra xong mọi văn bản", timeout=180_000
    )
    leader.reads(f"Đã ký {count} trên {count} văn bản")
    leader.shows("ky-nhieu-xong", whole=False)

    # And every one of the files is valid, for us and for strangers
    runs(office, "tests.browser.signed_files", str(tmp_path))
    made = sorted(tmp_path.glob("*.pdf"))
    assert len(made) == count
    assert {one.name.rsplit("-", 1)[0] for one in made} == {
        "certificate_request",
        "office_document",
        "paper",
    }
    told = office.cli("verify", *map(str, made), "--json").splitlines()
    verdicts = [json.loads(line)["verdict"] for line in told]
    assert verdicts == ["hợp lệ (THỬ NGHIỆM)"] * count
    for one in (made[0], made[count // 2], made[-1]):
        shown = subprocess.run(
            ["pdfsig", "-nocert", str(one)], capture_output=True, text=True, check=False
        ).stdout
        given = shown.count("Signature Validation:")  # The agency's own field is still empty.
        assert shown.count("Signature is Valid") == given > 0, shown
