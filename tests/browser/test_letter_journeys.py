"""Stories with letters in a real browser: a leaver, a loss, a revocation answered line by line."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from practice.desk import scan
from tests.browser.journeys import (
    approves,
    imports,
    is_told_of_the_revocation,
    keeps_the_scan,
    sends,
    sheet,
    submits,
    takes_the_paper,
    today,
)
from tests.browser.navigators import Person, enters
from tests.browser.office import Office

FOCAL, LEADER, HOLDER = "daumoi.tay", "lanhdao.tay", "canbo.tay"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def people() -> Iterator[list[Person]]:
    """Who took part in a story; their browsers are closed at its end."""
    found: list[Person] = []
    yield found
    for person in found:
        person.context.close()


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """The scan of a paper that both sides signed by hand."""
    path = tmp_path / "ban-quet.pdf"
    path.write_bytes(scan())
    return path


LEAVER = "Hoàng Thử Nghiệm Thơ"


def test_a_leaver_goes_from_a_line_of_excel_to_the_authoritys_receipt(
    office: Office,
    chromium: Browser,
    pictures: Path | None,
    people: list[Person],
    tmp_path: Path,
    signed: Path,
) -> None:
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    leader = enters(office, chromium, LEADER, phone=True)
    people += [focal, leader]

    # Given one line in the list of the personnel office
    file = sheet(
        tmp_path / "bien-dong.xlsx",
        ["Họ và tên", "Email công vụ", "Biến động", "Từ ngày", "Quyết định"],
        [[LEAVER, "tho.hoang094@thunghiem.example", "Nghỉ hưu", today(), "05/QĐ-THUNGHIEM"]],
    )
    imports(focal, "Biến động nhân sự", file)
    focal.goes_to("/bien-dong")
    focal.presses(LEAVER)
    focal.reads("Việc phải làm")
    focal.shows("nghi-huu-viec-phai-lam")

    # When the letter that it asks for (Mẫu số 05) goes its way, signed on paper
    change = focal.page.url.removeprefix(office.url)
    focal.presses("Lập Mẫu số 05")
    drafts(focal)
    focal.shows("nghi-huu-mau-05", whole=False)
    letter = submits(focal)
    approves(leader, letter)
    takes_the_paper(focal, letter, signed, "31")
    sends(focal, letter, "Hệ thống thông tin")
    is_told_of_the_revocation(focal, letter, signed, LEAVER)

    # And the token is taken back, then sent to the authority with Mẫu số 08
    focal.goes_to(change)
    focal.presses("Thu lại thiết bị")
    makes_the_paper(focal, "Thu hồi")
    keeps_the_scan(focal, signed)
    focal.goes_to("/ban-giao?viec=nop-cuc")
    assert focal.ticks_rows("TN541000000088") == 1
    focal.presses("Nộp về Cục")
    makes_the_paper(focal, "Nộp về Cục")
    focal.shows("nghi-huu-mau-08", whole=False)
    is_sent(focal)

    # Then nothing is left to do, and the change can be ended
    focal.goes_to(change)
    expect(focal.page.locator("tbody tr").filter(has_text="Chưa làm")).to_have_count(0)
    focal.presses("Kết thúc biến động")
    focal.reads("Đã kết thúc")
    focal.shows("nghi-huu-da-xong")


def drafts(focal: Person) -> None:
    """Make the draft of what is chosen on the page."""
    with focal.goes_on():
        focal.page.get_by_role("button", name=re.compile("Lập dự thảo")).click()
    focal.reads("Dự thảo")


def makes_the_paper(focal: Person, act: str) -> None:
    """Look first, then carry the act out with its paper."""
    focal.presses("Kiểm tra trước")
    reason = focal.page.get_by_label(re.compile("^Lý do vẫn"))
    if reason.count():
        reason.first.fill("Thực hiện theo kế hoạch THỬ NGHIỆM")
    focal.presses(f"{act} và lập biên bản")
    focal.reads("đã lập biên bản")


def is_sent(focal: Person) -> None:
    """The parcel of Mẫu số 08 goes out today."""
    focal.opens("Ghi nhận đã gửi")
    focal.fills("Ngày gửi", today())
    focal.page.get_by_label("Cách gửi").select_option(index=1)
    focal.presses("Ghi nhận đã gửi")
    focal.reads("Nơi nhận đã nhận")


def test_a_loss_reported_on_the_holders_phone_and_the_token_found_a_week_later(
    office: Office,
    chromium: Browser,
    pictures: Path | None,
    people: list[Person],
    tmp_path: Path,
) -> None:
    # Given a holder who misses the token and says so on a telephone
    holder = enters(office, chromium, HOLDER, phone=True, pictures=pictures)
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    people += [holder, focal]
    holder.goes_to("/cua-toi")
    holder.presses("Báo mất, hỏng, khóa")
    holder.page.get_by_label("Mất thiết bị").check()
    holder.shows("mat-thiet-bi-dien-thoai")
    holder.presses("Báo ngay")
    holder.reads("Đã báo")
    holder.shows("mat-thiet-bi-da-bao", whole=False)

    # When the focal point makes Mẫu số 09 and, with it, Mẫu số 05
    focal.goes_to("/su-co")
    with focal.goes_on():
        focal.page.locator("tbody tr").filter(has_text="Hồ Thử Nghiệm Nga").get_by_role(
            "link"
        ).first.click()
    focal.reads("Việc phải làm")
    incident = focal.page.url.removeprefix(office.url)
    focal.shows("mat-thiet-bi-viec-phai-lam")
    focal.presses("Lập Mẫu số 09")
    focal.fills("Địa điểm thất lạc", "Trên đường đi công tác THỬ NGHIỆM")
    focal.presses("Lập Mẫu số 09")
    focal.reads("Đã lập Mẫu số 09")
    focal.shows("mat-thiet-bi-mau-09", whole=False)
    focal.goes_to(incident)
    focal.presses("Lập Mẫu số 05")
    drafts(focal)
    focal.reads("Thu hồi")

    # And then the token turns up a week later, before Mẫu số 05 has gone out
    lost_on = today()
    with office.later(tmp_path / "later", days=7) as week_later:
        focal = enters(week_later, chromium, FOCAL, pictures=pictures)
        people.append(focal)
        focal.goes_to(incident)
        focal.reads(re.compile("Đã 7 ngày|quá hạn|Quá"))
        focal.presses("Đã tìm thấy thiết bị")

        # Then it is in use as before, and the register keeps both days
        focal.reads("trở lại trạng thái trước khi mất")
        focal.reads("Đã tìm thấy")
        focal.reads(lost_on)
        focal.reads(today(after=7))
        focal.shows("mat-thiet-bi-tim-thay", whole=False)


def test_a_revocation_goes_out_with_its_copy_and_is_answered_line_by_line(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person], signed: Path
) -> None:
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    leader = enters(office, chromium, LEADER, phone=True, pictures=pictures)
    people += [focal, leader]

    # Given a draft of Mẫu số 05 for two certificates
    first, second = "Dương Thử Nghiệm Việt", "Trịnh Thử Nghiệm Ánh"
    focal.goes_to("/chung-thu?trang-thai=ACTIVE")
    assert focal.ticks_rows(re.compile(f"{first}|{second}")) == 2
    focal.presses("Thu hồi")
    drafts(focal)
    focal.shows("de-nghi-du-thao", whole=False)
    letter = submits(focal)
    approves(leader, letter)
    takes_the_paper(focal, letter, signed, "32")

    # When it goes to the authority, and its copy to the department with a proof of its own
    sends(focal, letter, "Trục liên thông")
    focal.presses("Ghi đã gửi bản sao")
    focal.picks("Gửi qua", "Trục liên thông")
    focal.page.locator("input[type=file]").first.set_input_files(signed)
    focal.presses("Ghi nhận đã gửi")
    focal.presses("Ghi tiếp nhận, mã hồ sơ")
    focal.fills("Mã hồ sơ", "HS-THUNGHIEM-32")
    focal.presses("Ghi tiếp nhận")
    focal.shows("de-nghi-da-gui")

    # Then each line gets its own answer: one comes back with a reason, one is revoked
    focal.presses("Ghi kết quả")
    with focal.goes_on():
        focal.page.locator("main").get_by_role("link", name=re.compile("kết quả từng dòng")).click()
    focal.fills("Ngày nhận kết quả", today())
    focal.page.get_by_label(f"Kết quả của {second}").select_option("refused")
    focal.page.get_by_label(f"Lý do không giải quyết {second}").fill("Thiếu quyết định THỬ NGHIỆM")
    focal.presses("Ghi kết quả")
    focal.reads("Không được giải quyết")
    is_told_of_the_revocation(focal, letter, signed, first)
    focal.reads("Lập lại văn bản với các dòng bị trả")
    focal.shows("de-nghi-ket-qua")
