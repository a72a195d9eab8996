"""The four ways of signing of Bắc Ninh Điều 15 in a real browser, with real tokens, and a later
sao y: each document goes from the declaration to its issue."""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.documents import INSIDE, brings, chooses, places, printed
from tests.browser.journeys import today
from tests.browser.navigators import Person, enters
from tests.browser.office import Office

CHECKER, LEADER, CLERK = "daumoi.dong", "lanhdao.dong", "vanthu.dong"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@dataclass
class Desks:
    """Checker, leader and clerk of the commune, each at a computer whose agent is paired."""

    checker: Person
    leader: Person
    clerk: Person


@pytest.fixture(scope="module")
def desks(office: Office, chromium: Browser, pictures: Path | None) -> Iterator[Desks]:
    people = []
    for username in (CHECKER, LEADER, CLERK):
        person = enters(office, chromium, username, pictures=pictures)
        person.pairs_the_agent()
        people.append(person)
    yield Desks(*people)
    for person in people:
        person.context.close()


@pytest.fixture
def decision(tmp_path: Path, desks: Desks) -> Path:
    """A decision as the office prints it: number, day and month are left blank."""
    signer = desks.leader.office.login(LEADER)["name"]
    path = tmp_path / "quyet-dinh.pdf"
    path.write_bytes(
        printed(
            (30, 35, "ỦY BAN NHÂN DÂN XÃ (THỬ NGHIỆM)"),
            (36, 43, "Số:           /QĐ-UBND"),
            (118, 43, "Đồi Mẫu, ngày        tháng        năm 2026"),
            (85, 60, "QUYẾT ĐỊNH"),
            (30, 80, "Điều 1. Ban hành kèm theo Quyết định này nội quy thử nghiệm."),
            (134, 150, "CHỦ TỊCH"),
            (128, 182, signer),
        )
    )
    return path


# What everybody does ------------------------------------------------------------------------------


def signs(person: Person, address: str, act: str, told: str = "") -> None:
    """Give the signature whose turn it is; `told` is read on the agent's own page."""
    person.goes_to(address)
    person.presses(act)
    transfers(person, address, told)


def transfers(person: Person, address: str, told: str = "") -> None:
    person.presses("Chuyển sang Trình ký số")
    agent = person.opens_the_agent()
    if told:
        expect(agent.locator("body")).to_contain_text(told)
    agent.get_by_role("button", name="Ký", exact=True).click()
    agent.get_by_label(re.compile("PIN")).fill(person.office.login(person.username)["pin"])
    agent.get_by_role("button", name=re.compile("^(Ký|Tiếp tục|Xác nhận)")).click()
    person.sees_it_signed(agent)
    # The watching page goes there by itself; going too would meet it on the way.
    person.page.wait_for_url(re.compile(re.escape(address) + "$"))


def issues(clerk: Person, address: str, number: str, *, signatures: int) -> None:
    """Number and date first; then every signature is seen verified; then the agency signs."""
    clerk.goes_to(address)
    clerk.fills("Số văn bản", number)
    clerk.fills("Ký hiệu", "QĐ-UBND")
    clerk.fills("Ngày văn bản", today())
    clerk.presses("Ghi số và ngày")
    clerk.reads("Đã ghi số và ngày văn bản")
    clerk.presses("Ký số của cơ quan để phát hành")
    clerk.reads("Kết quả kiểm tra từng chữ ký trước khi ký số của cơ quan")
    expect(clerk.page.locator("main")).to_contain_text(
        re.compile("hợp lệ \\(THỬ NGHIỆM\\)", re.IGNORECASE)
    )
    assert (
        clerk.page.locator("main").inner_text().count("Nội dung được ký còn nguyên") >= signatures
    )
    clerk.shows("van-ban-kiem-tra-truoc-khi-dong-dau")
    transfers(clerk, address, f"Số {number}/QĐ-UBND")
    clerk.reads("Đã phát hành")


def downloaded(person: Person, address: str, button: str, target: Path) -> Path:
    person.goes_to(address)
    with person.page.expect_download() as download:
        person.clicks(button)
    download.value.save_as(target)
    return target


def others_accept(pdf: Path, signatures: int) -> None:
    """Poppler and qpdf have nothing against the file or any signature."""
    shown = subprocess.run(
        ["pdfsig", "-nocert", str(pdf)], capture_output=True, text=True, check=False
    ).stdout
    assert shown.count("Signature is Valid") == signatures, shown
    checked = subprocess.run(["qpdf", "--check", str(pdf)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def text_of(pdf: Path) -> str:
    told = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    return " ".join(told.stdout.split())


# The four ways ------------------------------------------------------------------------------------


def test_a_scan_of_a_paper_is_issued_with_the_agencys_signature_alone(
    desks: Desks, decision: Path, tmp_path: Path
) -> None:
    clerk = desks.clerk
    address = brings(clerk, "Ký số của cơ quan trên bản quét", decision, "Bản quét thử nghiệm")
    places(clerk, 1)
    clerk.presses("Sao y")
    transfers(clerk, address)
    clerk.reads("Đã phát hành")
    issued = downloaded(clerk, address, "Tải bản phát hành", tmp_path / "quet.pdf")
    others_accept(issued, 1)
    assert "; +07:00" not in text_of(issued)
    assert re.search(r"\d\d/\d\d/\d{4}; \d\d:\d\d:\d\d \+07:00", text_of(issued))


def test_leader_and_agency_issue_a_decision_and_a_copy_keeps_both_signatures(
    desks: Desks, decision: Path, tmp_path: Path
) -> None:
    clerk, leader = desks.clerk, desks.leader
    name = clerk.office.login(LEADER)["name"]
    address = brings(clerk, "Một chữ ký cá nhân", decision, "Quyết định hai chữ ký")
    chooses(clerk, (name, "Ký của người có thẩm quyền"))
    places(clerk, 5, "Đặt theo chữ đọc được trong văn bản: Số văn bản, Ngày,")

    # The agency may not sign before the person.
    clerk.goes_to(f"{address}/ky-so")
    clerk.reads("Chưa đến lượt anh/chị ký văn bản này")

    signs(leader, address, "Ký của người có thẩm quyền", "CHỦ TỊCH")
    issues(clerk, address, "25", signatures=1)
    clerk.shows("van-ban-da-phat-hanh")
    issued = downloaded(clerk, address, "Tải bản phát hành", tmp_path / "ban-hanh.pdf")
    others_accept(issued, 2)
    assert "Số: 25 /QĐ-UBND" in text_of(issued)

    # A later copy is one more signature; those before stay as they were.
    copy = brings(clerk, "Bản sao", issued, "Sao y quyết định", Sao_từ_văn_bản="25/QĐ-UBND")
    places(clerk, 1)
    clerk.presses("Sao y")
    transfers(clerk, copy)
    copied = downloaded(clerk, copy, "Tải bản phát hành", tmp_path / "sao-y.pdf")
    others_accept(copied, 3)
    assert copied.read_bytes().startswith(issued.read_bytes())


def test_many_people_then_the_agency_issue_a_decision(
    desks: Desks, decision: Path, tmp_path: Path
) -> None:
    clerk, names = desks.clerk, name_by(desks)
    address = brings(
        clerk, "Nhiều chữ ký cá nhân và chữ ký số", decision, "Quyết định nhiều chữ ký"
    )
    chooses(
        clerk,
        (names(CHECKER), "Ký nháy"),
        (names(LEADER), "Ký của người có thẩm quyền"),
    )
    places(clerk, 6)

    # Nobody signs out of turn.
    desks.leader.goes_to(f"{address}/ky-so")
    desks.leader.reads("Chưa đến lượt anh/chị ký văn bản này")

    signs(desks.checker, address, "Ký nháy")
    signs(desks.leader, address, "Ký của người có thẩm quyền")
    issues(clerk, address, "26", signatures=2)
    others_accept(downloaded(clerk, address, "Tải bản phát hành", tmp_path / "nhieu.pdf"), 3)


def test_people_sign_inside_the_office_and_nothing_is_issued(
    desks: Desks, decision: Path, tmp_path: Path
) -> None:
    clerk, names = desks.clerk, name_by(desks)
    address = brings(clerk, INSIDE, decision, "Trao đổi trong nội bộ")
    chooses(
        clerk,
        (names(CHECKER), "Góp ý"),
        (names(LEADER), "Ký của người có thẩm quyền"),
    )
    places(clerk, 2)
    signs(desks.checker, address, "Góp ý")
    signs(desks.leader, address, "Ký của người có thẩm quyền")
    desks.leader.reads("không phát hành")
    others_accept(downloaded(clerk, address, "Tải tệp hiện tại", tmp_path / "noi-bo.pdf"), 2)


def name_by(desks: Desks) -> Callable[[str], str]:
    return lambda username: desks.clerk.office.login(username)["name"]
