"""Two communes become one, in a real browser. It ends an office, so it comes after the others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.journeys import today
from tests.browser.navigators import Person, enters
from tests.browser.office import Office

ADMINISTRATOR = "quantri"
OLD, NEW = "phường Thử Nghiệm Nam", "xã Thử Nghiệm Tây"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture
def people() -> Iterator[list[Person]]:
    """Who took part in a story; their browsers are closed at its end."""
    found: list[Person] = []
    yield found
    for person in found:
        person.context.close()


def test_two_communes_are_merged_in_one_guided_act(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person]
) -> None:
    admin = enters(office, chromium, ADMINISTRATOR, pictures=pictures)
    people.append(admin)

    # Given the plan: which commune ends, which takes over, from which day, by which decision
    admin.goes_to("/sap-xep")
    admin.presses("Lập phương án")
    admin.picks("Cơ quan được sắp xếp", f"Ủy ban nhân dân {OLD}")
    admin.presses("Tiếp tục")
    with admin.goes_on():
        admin.page.locator("main").get_by_role("link", name=re.compile("Sáp nhập")).click()
    admin.picks("Cơ quan tiếp nhận", f"Ủy ban nhân dân {NEW}")
    admin.fills("Có hiệu lực từ ngày", today())
    admin.fills("Văn bản quyết định", "Nghị quyết số 06/NQ-THUNGHIEM")
    admin.presses("Xem trước")
    admin.reads("Đây là bản xem trước")
    admin.shows("sap-nhap-xem-truoc", whole=False)
    admin.presses("Lập phương án")
    admin.reads("Đã lập phương án")

    # When it is carried out
    admin.presses("Thực hiện")
    confirms(admin)
    admin.reads("Đã thực hiện")
    admin.shows("sap-nhap-viec-phai-lam", whole=False)

    # Then the people and things are where the successor is, and the letters wait to be written
    admin.reads(re.compile(r"Đã chuyển \d+ người, \d+ thiết bị, \d+ chứng thư"))
    admin.reads("Mẫu số 05")
    admin.goes_to("/ca-nhan?q=Le Thu Nghiem Kien")
    admin.reads("xã Thử Nghiệm Tây")


def confirms(admin: Person) -> None:
    """Say the password again where the program asks for it, then press once more."""
    if "/tai-khoan/xac-nhan-lai" in admin.page.url:
        password = admin.office.login(ADMINISTRATOR)["password"]
        admin.page.get_by_label("Mật khẩu").fill(password)
        with admin.goes_on():
            admin.page.locator("main form button[type=submit]").first.click()
        if admin.page.get_by_role("button", name="Thực hiện", exact=True).count():
            admin.presses("Thực hiện")
