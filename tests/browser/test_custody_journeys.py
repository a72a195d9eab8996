"""Stories of the storeroom in a real browser: the first day, thirty tokens, a stocktake."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from practice.desk import scan
from tests.browser.journeys import imports, keeps_the_scan, sheet, today
from tests.browser.navigators import Person, enters
from tests.browser.office import Office

FOCAL, LEADER = "daumoi.nam", "lanhdao.nam"

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


NEW = [
    (f"Đỗ Thử Nghiệm Mới {name}", f"moi.{number}@thunghiem.example", f"TNMOI{number:04d}")
    for number, name in enumerate(("An", "Bình", "Chi", "Dung", "Em", "Giang"), 1)
]


def test_the_first_day_of_an_office_with_a_list_and_no_papers(
    office: Office,
    chromium: Browser,
    pictures: Path | None,
    people: list[Person],
    tmp_path: Path,
    signed: Path,
) -> None:
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    people.append(focal)

    # Given the lists that the office kept in Excel: its people, and who has which token
    staff = sheet(
        tmp_path / "can-bo.xlsx",
        ["STT", "Họ và tên", "Email công vụ", "Chức vụ", "Đơn vị"],
        [
            [str(number), name, email, "Chuyên viên", "Phòng Kinh tế"]
            for number, (name, email, _) in enumerate(NEW, 1)
        ],
    )
    tokens = sheet(
        tmp_path / "token.xlsx",
        ["STT", "Số hiệu token", "Người sử dụng", "Email", "Đơn vị", "Ngày bàn giao"],
        [
            [str(number), serial, name, email, "Phòng Kinh tế", "05/01/2026"]
            for number, (name, email, serial) in enumerate(NEW, 1)
        ],
    )
    imports(focal, "Cán bộ", staff, picture="excel")
    imports(focal, "Thiết bị", tokens)

    # When one status paper is made for all of them and comes back signed
    focal.goes_to("/ban-giao?viec=hien-trang")
    assert focal.ticks_rows("Thử Nghiệm Mới") == len(NEW)
    focal.shows("hien-trang-chon", whole=False)
    focal.presses("Lập biên bản hiện trạng")
    focal.presses("Kiểm tra trước")
    focal.reads("Sẽ lập 1 biên bản")
    focal.presses("Lập biên bản hiện trạng")
    focal.reads(f"đã lập biên bản cho {len(NEW)} thiết bị")
    keeps_the_scan(focal, signed)
    focal.shows("hien-trang-bien-ban")

    # Then none of these tokens is without a paper any more
    focal.goes_to("/ban-giao?viec=hien-trang")
    expect(focal.page.locator("tbody tr").filter(has_text="Thử Nghiệm Mới")).to_have_count(0)


def test_thirty_tokens_arrive_and_are_handed_over_in_one_act(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person], signed: Path
) -> None:
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    people.append(focal)

    # Given a parcel of the authority with thirty tokens, scanned one after the other
    focal.goes_to("/ban-giao")
    focal.presses("Tiếp nhận thiết bị từ Cục")
    serials = [f"TNGOI{number:04d}" for number in range(1, 31)]
    focal.page.locator("textarea[name=lines]").fill("\n".join(serials))
    focal.presses("So khớp")
    focal.shows("tiep-nhan-so-khop", whole=False)
    focal.presses("Nhận vào kho và lập biên bản")
    focal.reads("TNGOI0030")

    # When all of them are given to the officer who passes them on, with one paper
    focal.goes_to("/ban-giao?viec=ban-giao")
    assert focal.ticks_rows("TNGOI") == len(serials)
    focal.presses("Bàn giao")
    focal.picks("Người nhận thiết bị", "Lê Thử Nghiệm Kiên")
    focal.presses("Kiểm tra trước")
    if focal.page.get_by_label(re.compile("^Lý do vẫn")).count():
        focal.fills("Lý do vẫn", "Giao để cài đặt trước khi cấp cho thuê bao THỬ NGHIỆM.")
    focal.shows("ban-giao-30", whole=False)
    focal.presses("Bàn giao và lập biên bản")
    focal.reads("đã lập biên bản cho 30 thiết bị")
    keeps_the_scan(focal, signed)
    focal.shows("ban-giao-bien-ban", whole=False)

    # Then every one of them is in those hands by that paper
    focal.goes_to("/thiet-bi?q=TNGOI0030")
    focal.reads("Lê Thử Nghiệm Kiên")


def test_two_people_count_one_stocktake_and_nothing_counts_twice(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person]
) -> None:
    # Given an open campaign over one division
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    helper = enters(office, chromium, FOCAL, phone=True, pictures=pictures)
    people += [focal, helper]
    focal.goes_to("/kiem-ke")
    focal.presses("Mở đợt kiểm kê")
    focal.picks("Kiểm kê tại", "Phòng Văn hóa - Xã hội")
    focal.presses("Chọn")
    focal.fills("Tên đợt", "Kiểm kê THỬ NGHIỆM cuối năm")
    focal.fills("Phải xong", today(after=30))
    focal.presses("Mở đợt kiểm kê")
    focal.reads("Đã mở đợt kiểm kê")
    address = focal.page.url.removeprefix(office.url)

    # When one scans at the desk and one on a telephone without a network, both the same token
    codes = ["TN541000000127", "TN541000000128", "TN541000000130"]
    scans(focal, address, codes[:2])
    scans(helper, address, codes[1:], drop=True)
    helper.shows("kiem-ke-dien-thoai", whole=False)

    # Then it is counted once, and the campaign can be locked with its minutes
    focal.goes_to(address)
    focal.reads(re.compile(r"3/\d"))
    focal.shows("kiem-ke-ket-qua")
    focal.presses("Khóa sổ, lập biên bản")
    closes(focal)
    focal.reads("Đã khóa sổ và lập biên bản")
    focal.shows("kiem-ke-bien-ban", whole=False)


def scans(person: Person, address: str, codes: Sequence[str], *, drop: bool = False) -> None:
    """Scan codes one by one as a barcode scanner types them; `drop`: without a network."""
    person.goes_to(address)
    person.presses("Quét mã")
    state = person.page.locator("[data-state]")
    expect(state).to_contain_text("mất mạng vẫn quét tiếp được")
    person.context.set_offline(drop)
    for code in codes:
        person.page.locator("#ma").fill(code)
        person.page.locator("#ma").press("Enter")
        expect(person.page.locator("[data-recent]")).to_contain_text(code)
    if drop:
        expect(state).to_contain_text(f"{len(codes)} kết quả đang giữ trên máy này")
        expect(state).to_contain_text("Mất mạng: cứ quét tiếp")
        person.shows("kiem-ke-mat-mang", whole=False)
        person.context.set_offline(False)
    expect(state).to_contain_text("Đã gửi hết.")


def closes(focal: Person) -> None:
    """Lock the campaign; what was not looked for wants a reason."""
    focal.page.get_by_role("checkbox").first.check()
    focal.fills("Kết luận", "Kiểm kê THỬ NGHIỆM xong.")
    focal.presses("Khóa sổ và lập biên bản")
    reason = focal.page.get_by_label(re.compile("^Lý do"))
    if reason.count():
        reason.first.fill("Người giữ đi công tác THỬ NGHIỆM.")
        focal.page.get_by_role("checkbox").first.check()
        focal.presses("Khóa sổ và lập biên bản")
