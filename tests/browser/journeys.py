"""What several journeys do in the same way: papers signed by hand, letters led to their answer."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import xlsxwriter

from tests.browser.navigators import Person

REASON = "Đã đối chiếu với hồ sơ THỬ NGHIỆM của cơ quan"


def sheet(path: Path, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """A list as offices keep it: a title over merged cells, then the table."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Danh sách")
        page.merge_range(0, 0, 0, len(headings) - 1, "DANH SÁCH THỬ NGHIỆM NĂM 2026")
        for number, cells in enumerate([headings, *rows], 2):
            page.write_row(number, 0, cells)
    return path


def imports(focal: Person, words: str, file: Path, *, picture: str = "") -> None:
    """Upload a list, let the program guess its columns, look, and write it into the register."""
    focal.goes_to("/bang-tinh")
    with focal.goes_on():
        focal.page.get_by_role("link", name=re.compile(f"^Nhập {words}")).click()
    focal.brings("Tệp Excel", file)
    focal.presses("Tải lên và đọc cột")
    focal.reads("Là mục nào trong sổ")
    if picture:
        focal.shows(f"{picture}-cot")
    focal.presses("Kiểm tra từng dòng")
    focal.reads("Chưa có gì được ghi vào sổ")
    if picture:
        focal.shows(f"{picture}-xem-truoc")
    focal.presses("Ghi vào sổ")
    focal.reads("Hoàn tác cả lần nhập")


def keeps_the_scan(focal: Person, file: Path) -> None:
    """Store the scan with the paper on the page, which then is proven."""
    focal.opens("Lưu bản quét, ảnh chụp, chứng từ")
    focal.page.get_by_label("Bản quét", exact=False).first.check()
    focal.page.locator("input[type=file]").first.set_input_files(file)
    focal.presses("Lưu tệp")
    focal.reads("ban-quet.pdf")


def submits(focal: Person) -> str:
    """Send the open draft to the leader; returns its address."""
    address = focal.page.url.removeprefix(focal.office.url)
    focal.presses("Trình lãnh đạo")
    focal.presses("Trình lãnh đạo")
    focal.reads("Đã trình lãnh đạo")
    return address


def approves(leader: Person, address: str) -> None:
    """The leader reads and approves."""
    leader.goes_to(address)
    leader.presses("Xem xét, duyệt hoặc trả lại")
    leader.fills("Lý do", REASON)
    leader.presses("Duyệt")
    leader.reads("Đã duyệt")


def takes_the_paper(focal: Person, address: str, file: Path, number: str) -> None:
    """The letter was signed, numbered and sealed on paper; its scan comes back."""
    focal.goes_to(address)
    focal.presses("Nhận bản quét văn bản giấy")
    focal.page.locator("input[type=file]").first.set_input_files(file)
    focal.fills("Số văn bản", number)
    focal.fills("Ngày văn bản", today())
    focal.presses("Nhận bản quét")
    focal.reads(f"{number}/UBND")


def sends(focal: Person, address: str, channel: str) -> None:
    """The letter leaves for its addressee today."""
    focal.goes_to(address)
    focal.presses("Ghi nhận đã gửi")
    focal.picks("Gửi qua", channel)
    focal.fills("Mã gửi", "TN-GUI-001")
    focal.presses("Ghi nhận đã gửi")
    focal.reads("Đã gửi")


def is_told_of_the_revocation(focal: Person, address: str, file: Path, words: str) -> None:
    """The notice came: the lines with these words are revoked from today on."""
    focal.goes_to(f"{address}/thong-bao-thu-hoi")
    focal.fills("Ngày nhận thông báo", today())
    focal.fills("Chứng thư bị thu hồi từ ngày", today())
    focal.page.locator("#lines").get_by_label(re.compile(words)).check()
    focal.page.locator("input[type=file]").first.set_input_files(file)
    with focal.goes_on():
        focal.page.locator("main form .submit button[type=submit]").first.click()
    focal.reads("Kết quả từng dòng")


def today(*, after: int = 0) -> str:
    """The day of the server (or so many days after it), as people write it."""
    vietnam = timezone(timedelta(hours=7))
    now = datetime.now(UTC).astimezone(vietnam)  # noqa: TID251 - no server clock in this process
    return f"{now + timedelta(days=after):%d/%m/%Y}"
