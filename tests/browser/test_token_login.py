"""Logging in with the token in a real browser: switching it on, entering, and losing the token."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.navigators import PHONE, Person, enters, shrink
from tests.browser.office import Office

FOCAL, ADMIN = "daumoi.dong", "quantri"
MINE = "/tai-khoan/dang-nhap-bang-thiet-bi"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def people(office: Office, chromium: Browser) -> Iterator[list[Person]]:
    """Who took part in the story; their browsers are closed at its end."""
    found: list[Person] = []
    yield found
    for person in found:
        person.context.close()


def shows_agent(person: Person, name: str) -> None:
    if person.pictures is not None:
        shrink(person.page.screenshot(full_page=True), person.pictures / f"{name}.png")


def gives_pin(person: Person, button: str, pin: str) -> None:
    """On the agent's page: one's own certificate among those of three tokens, then the PIN."""
    page = person.page
    own = re.compile(person.office.login(person.username)["name"])
    expect(page.get_by_role("radio", checked=True)).to_have_count(0)
    page.get_by_role("radio", name=own).check()
    shows_agent(person, "dang-nhap-trinh-ky-so")
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_label(re.compile("PIN")).fill(pin)
    with person.goes_on():
        page.get_by_role("button", name=button, exact=True).click()


def comes_back(page: Page, address: str) -> None:
    """The agent leads the browser back by itself; otherwise its page says why not."""
    try:
        page.wait_for_url(re.compile(address))
    except PlaywrightTimeout:
        raise AssertionError(page.locator("main").inner_text()) from None


def switches(person: Person, way: str, pin: str) -> None:
    """Choose a way of logging in, show the token, and confirm."""
    person.goes_to(MINE)
    person.page.get_by_label(way, exact=True).check()
    person.shows("dang-nhap-cach")
    person.presses("Đổi cách đăng nhập")
    person.presses("Mở Trình ký số để thử")
    gives_pin(person, "Thử thiết bị", pin)
    comes_back(person.page, re.escape(MINE) + ".*ma=")
    person.presses("Đổi cách đăng nhập")
    person.reads(f"Cách đăng nhập: {way}.")


def leaves(person: Person) -> None:
    person.page.locator("header details summary").click()
    person.presses("Đăng xuất")
    expect(person.page.get_by_label("Tên đăng nhập")).to_be_visible()


def types_the_password(person: Person) -> None:
    login = person.office.login(person.username)
    person.goes_to("/dang-nhap")
    person.page.get_by_label("Tên đăng nhập").fill(person.username)
    person.page.get_by_label("Mật khẩu").fill(login["password"])
    person.presses("Đăng nhập")


def enters_with_the_token(person: Person, pin: str, *, wrong_first: bool = False) -> None:
    """From the login page over the agent of this computer and back."""
    person.goes_to("/dang-nhap?tiep=" + MINE)
    person.shows("dang-nhap")
    person.presses("Đăng nhập bằng thiết bị")
    person.shows("dang-nhap-thiet-bi")
    person.presses("Mở Trình ký số để đăng nhập")
    if wrong_first:
        gives_pin(person, "Đăng nhập", "0000-sai")
        expect(person.page.locator("body")).to_contain_text("Mã lỗi: pin_incorrect")
        shows_agent(person, "dang-nhap-sai-pin")
    gives_pin(person, "Đăng nhập", pin)
    comes_back(person.page, "/dang-nhap/thiet-bi/.*ma=")
    person.shows("dang-nhap-xac-nhan")
    person.presses("Vào Sổ Token")
    person.page.wait_for_url(re.compile(re.escape(MINE) + "$"))


def gets_a_code(admin: Person) -> str:
    """The administrator makes an emergency code for the focal point."""
    admin.goes_to(f"/quan-tri/tai-khoan?q={FOCAL}")
    with admin.goes_on():
        admin.page.locator("tbody a").first.click()
    admin.presses("Cấp mã khẩn cấp")
    admin.fills("Lý do", "Mất thiết bị ngày hôm qua, đã gặp trực tiếp")
    admin.shows("ma-khan-cap-ly-do")
    admin.presses("Cấp mã khẩn cấp")
    return admin.page.locator("#ma-khan-cap").inner_text()


def test_the_token_opens_the_account_and_its_loss_closes_nobody_out(
    office: Office, chromium: Browser, pictures: Path | None, people: list[Person]
) -> None:
    # Given a focal point whose agent is paired, and who switches the login with the token on
    focal = enters(office, chromium, FOCAL, pictures=pictures)
    people.append(focal)
    pin = office.login(FOCAL)["pin"]
    focal.pairs_the_agent()
    switches(focal, "Bằng mật khẩu hoặc bằng thiết bị", pin)

    # When the focal point leaves and comes back with the token, the PIN wrong once
    leaves(focal)
    enters_with_the_token(focal, pin, wrong_first=True)
    focal.reads("Đang dùng")

    # And lets only the token in from now on
    switches(focal, "Chỉ bằng thiết bị", pin)
    leaves(focal)
    types_the_password(focal)
    focal.reads("Tài khoản này chỉ đăng nhập bằng thiết bị")

    # Then, the token lost, a code of the administrator and the password open the account once
    admin = enters(office, chromium, ADMIN, pictures=pictures)
    people.append(admin)
    code = gets_a_code(admin)
    focal.goes_to("/dang-nhap/khan-cap")
    focal.fills("Tên đăng nhập", FOCAL)
    focal.fills("Mật khẩu", office.login(FOCAL)["password"])
    focal.fills("Mã khẩn cấp", code)
    focal.presses("Đăng nhập")
    focal.reads("Đã vào bằng mã khẩn cấp")
    focal.reads("Mất thiết bị ngày hôm qua")
    focal.shows("dang-nhap-da-biet")
    focal.presses("Tôi đã biết")
    leaves(focal)

    # And on a telephone the login page still fits, and the password is enough again
    focal.page.set_viewport_size(PHONE)
    focal.goes_to("/dang-nhap")
    assert focal.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    types_the_password(focal)
    expect(focal.page.get_by_label("Mật khẩu")).to_have_count(0)
    assert "Nhật ký toàn vẹn" in office.cli("audit", "verify")
