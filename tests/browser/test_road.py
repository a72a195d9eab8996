"""The main road in a real browser, against real processes and real SoftHSM2 tokens."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.navigators import Person, enters
from tests.browser.office import ROOT, Office

FOCAL, LEADER, CLERK = "daumoi.dong", "lanhdao.dong", "vanthu.dong"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def people(office: Office, chromium: Browser, pictures: Path) -> Iterator[list[Person]]:
    """Who took part in a story; their browsers are closed at its end."""
    found: list[Person] = []
    yield found
    for person in found:
        person.context.close()


OFFICE = "Văn phòng HĐND và UBND"


def chooses_certificates(focal: Person, count: int, *, after: int = 0) -> None:
    """Tick renewable certificates of the commune's own office, leaving out the first `after`."""
    focal.goes_to("/chung-thu?trang-thai=RENEWAL_DUE")
    rows = focal.page.locator("tbody tr").filter(has_text=OFFICE)
    for position in range(after, after + count):
        rows.nth(position).get_by_role("checkbox").check()
    focal.presses("Lập văn bản gia hạn")


def drafts_and_submits(focal: Person, count: int, *, after: int = 0) -> str:
    """Draft a renewal for so many certificates and send it to the leader; returns its address."""
    chooses_certificates(focal, count, after=after)
    with focal.goes_on():
        focal.page.get_by_role("button", name=re.compile("Lập dự thảo")).click()
    focal.reads(re.compile("Dự thảo"))
    address = focal.page.url.removeprefix(focal.office.url)
    focal.shows("du-thao")
    focal.presses("Trình lãnh đạo")
    focal.shows("trinh")
    focal.presses("Trình lãnh đạo")
    focal.reads("Đã trình lãnh đạo")
    return address


def approves(leader: Person, address: str) -> None:
    """The leader's minute: open, look, approve."""
    leader.goes_to(address)
    leader.presses("Xem xét, duyệt hoặc trả lại")
    leader.shows("duyet-dien-thoai" if leader.page.viewport_size["width"] < 400 else "duyet")
    # Some of the certificates carry a warning of the law (an e-mail address that changed).
    leader.page.get_by_label(re.compile("^Lý do")).fill("Đã đối chiếu với hồ sơ của cơ quan")
    leader.presses("Duyệt")
    leader.reads("Đã duyệt")


def reads_the_token(focal: Person) -> None:
    """Read the certificates of the attached token, without a PIN, and compare with the register."""
    focal.goes_to("/chung-thu/nhap")
    focal.shows("nhap-chung-thu")
    focal.presses("Đọc từ thiết bị đang cắm")
    agent = focal.opens_the_agent()
    agent.get_by_role("button", name=re.compile("Gửi|Đồng ý|Đọc")).first.click()
    expect(agent.locator("body")).to_contain_text(re.compile("Đã gửi|đã gửi"))
    agent.close()
    focal.page.wait_for_url(re.compile("/chung-thu/nhap/"))
    focal.reads("Đã có trong sổ")
    focal.shows("nhap-tu-thiet-bi")


def sees_why_not(focal: Person) -> None:
    """The register says which may be renewed, and why the others may not, with the article."""
    focal.goes_to("/chung-thu")
    focal.shows("so-chung-thu", whole=False)
    focal.goes_to("/chung-thu?trang-thai=TOO_LATE")
    focal.page.get_by_role("checkbox", name=re.compile("^Chọn (?!tất cả)")).first.check()
    focal.presses("Lập văn bản gia hạn")
    focal.reads(re.compile("Không gia hạn được"))
    focal.reads(re.compile("Điều 12"))
    focal.shows("khong-gia-han-duoc")


def signs_at_the_desk(leader: Person, address: str) -> None:
    """The leader signs with the token and its PIN, through the agent of this computer."""
    leader.shows("trang-chu-lanh-dao")
    leader.pairs_the_agent()
    leader.goes_to(address)
    leader.presses("Ký số")
    leader.shows("ky-so")
    leader.presses("Chuyển sang Trình ký số")
    leader.shows("cho-ky")
    leader.signs_in_the_agent(leader.office.login(LEADER)["pin"])
    leader.page.wait_for_url(re.compile(re.escape(address)))
    leader.reads("Đã ký")


def numbers_and_seals(clerk: Person, address: str) -> None:
    """The clerk types number and date, then signs with the agency's token."""
    clerk.pairs_the_agent()
    clerk.goes_to(address)
    clerk.presses("Ghi số và ngày văn bản")
    clerk.page.get_by_label("Số văn bản").fill("15")
    clerk.shows("so-va-ngay")
    clerk.presses("Ghi số và ngày")
    clerk.presses("Ký số của cơ quan")
    clerk.presses("Chuyển sang Trình ký số")
    clerk.signs_in_the_agent(clerk.office.login(CLERK)["pin"])
    clerk.page.wait_for_url(re.compile(re.escape(address)))
    clerk.reads("Đã đóng dấu số")
    clerk.shows("da-dong-dau")


def downloads(focal: Person, address: str, target: Path) -> None:
    """Keep the letter as it stands in a file."""
    focal.goes_to(address)
    with focal.page.expect_download() as download:
        focal.clicks("Tải văn bản (PDF)")
    download.value.save_as(target)


def records_the_sending(focal: Person) -> None:
    focal.presses("Ghi nhận đã gửi")
    focal.page.get_by_label("Mã gửi, số vận đơn").fill("HS-THU-001")
    focal.presses("Ghi nhận đã gửi")
    focal.reads("Đã gửi")
    focal.shows("da-gui")


def we_say_what_it_is_worth(focal: Person, letter: Path) -> None:
    """Our own verification, as a command and as a page: a practice signature at best."""
    report = json.loads(focal.office.cli("verify", str(letter), "--json"))
    assert report["verdict"] == "hợp lệ (THỬ NGHIỆM)", report
    assert [one["verdict"] for one in report["signatures"]] == ["hợp lệ (THỬ NGHIỆM)"] * 2
    assert all(one["revocation"] == "hợp lệ" for one in report["signatures"])
    focal.goes_to("/kiem-tra")
    focal.page.locator("input[type=file]").set_input_files(letter)
    with focal.goes_on():
        focal.page.get_by_role("button", name=re.compile("Kiểm tra")).first.click()
    focal.reads(re.compile("hợp lệ \\(THỬ NGHIỆM\\)", re.IGNORECASE))
    focal.shows("kiem-tra-chu-ky")


def test_a_renewal_goes_from_the_token_to_the_authority(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person], tmp_path: Path
) -> None:
    # Given a focal point whose computer is paired with the office's server
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    people.append(focal)
    focal.shows("trang-chu-dau-moi")
    focal.pairs_the_agent()
    focal.shows("trinh-ky-so")

    # When the focal point reads the token, looks, and sends a request for three to the leader
    reads_the_token(focal)
    sees_why_not(focal)
    address = drafts_and_submits(focal, 3)

    # And the leader approves it on a phone, then signs at the desk
    phone = enters(office, chromium, LEADER, phone=True, pictures=pictures)
    people.append(phone)
    phone.shows("trang-chu-lanh-dao-dien-thoai")
    approves(phone, address)
    leader = enters(office, chromium, LEADER, pictures=pictures)
    people.append(leader)
    signs_at_the_desk(leader, address)

    # And the clerk enters number and date and signs with the agency's token
    clerk = enters(office, chromium, CLERK, pictures=pictures)
    people.append(clerk)
    numbers_and_seals(clerk, address)

    # Then the focal point has a letter that strangers accept and we call a practice one
    letter = tmp_path / "van-ban.pdf"
    downloads(focal, address, letter)
    records_the_sending(focal)
    strangers_accept(letter, office)
    we_say_what_it_is_worth(focal, letter)
    assert "Nhật ký toàn vẹn" in office.cli("audit", "verify")


def strangers_accept(letter: Path, office: Office) -> None:
    """poppler, qpdf and pyHanko's own validator have nothing against either signature."""
    shown = subprocess.run(
        ["pdfsig", "-nocert", str(letter)], capture_output=True, text=True, check=False
    ).stdout
    assert shown.count("Signature is Valid") == 2, shown
    checked = subprocess.run(
        ["qpdf", "--check", str(letter)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    judged = subprocess.run(
        [sys.executable, "-m", "tests.browser.pyhanko_judge", str(letter), str(office.instance)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.split() == ["VALID", "VALID"], judged.stdout


def test_a_letter_signed_in_another_system_is_checked_and_tied(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person], tmp_path: Path
) -> None:
    # Given an approved letter
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    leader = enters(office, chromium, LEADER)
    people += [focal, leader]
    address = drafts_and_submits(focal, 1, after=3)
    approves(leader, address)

    # When it goes out, is signed by the office's own document system, and comes back
    prepared, signed = tmp_path / "ra.pdf", tmp_path / "vao.pdf"
    downloads(focal, address, prepared)
    sign_elsewhere(prepared, signed, office)

    # Then a document with another number than typed is refused with the reason
    focal.presses("Nhận văn bản ký ở nơi khác")
    focal.page.get_by_label("Tệp PDF đã ký").set_input_files(prepared)
    focal.page.get_by_label("Số văn bản").fill("16")
    fill_today(focal)
    focal.presses("Kiểm tra và nhận")
    focal.reads("không có chữ ký số nào")

    # And the signed one is taken, once it has been read that the agency's signature is missing
    for seen in (False, True):
        focal.page.get_by_label("Tệp PDF đã ký").set_input_files(signed)
        focal.page.get_by_label("Số văn bản").fill("16")
        fill_today(focal)
        if seen:
            focal.reads("Không thấy chữ ký số mang tên cơ quan")
            focal.page.get_by_label("Tôi đã đọc các lưu ý").check()
            focal.shows("ky-o-noi-khac")
        focal.presses("Kiểm tra và nhận")
    focal.reads("Đã nhận văn bản ký ở nơi khác")
    focal.reads("16/")


def fill_today(focal: Person) -> None:
    """Type the day of the server, whatever day the test runs on."""
    from datetime import UTC, datetime, timedelta, timezone

    today = datetime.now(UTC).astimezone(timezone(timedelta(hours=7)))  # noqa: TID251 - no server clock in this process
    focal.page.get_by_label("Ngày văn bản").fill(f"{today:%d/%m/%Y}")


def sign_elsewhere(prepared: Path, signed: Path, office: Office) -> None:
    """Another program signs: pyHanko, with the leader's practice token through PKCS#11."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.browser.sign_elsewhere"),
            *(str(prepared), str(signed), str(office.module), office.login(LEADER)["pin"]),
        ],
        cwd=ROOT,
        env=office.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
