"""What people do in the browser, as verbs; a test reads like the story of its office."""

import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.office import Office
from tests.chromium import wait_for_the_end

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

PATIENCE = 60_000
"""Milliseconds for whatever is waited for: three offices and three browsers may share two cores."""

TALLEST = 1_700
"""Pixels of a picture that still helps; what comes below is cut off."""


def shrink(picture: bytes, path: Path) -> None:
    """Write a picture of a page small enough for the how-to: its upper part, and no more colours
    than needed to tell states apart (48 turned amber into red and green into black).
    """
    whole = Image.open(BytesIO(picture)).convert("RGB")
    part = whole.crop((0, 0, whole.width, min(whole.height, TALLEST)))
    part.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


@dataclass
class Person:
    """Somebody of the office in front of a browser of their own."""

    office: Office
    username: str
    context: BrowserContext
    page: Page
    pictures: Path | None = None

    def goes_to(self, path: str) -> None:
        """Open a page of the server."""
        self.page.goto(self.office.url + path)

    def shows(self, name: str, *, whole: bool = True) -> None:
        """Keep a picture of the page for the how-to, when the test run asks for pictures."""
        if self.pictures is not None:
            for picture in self.page.locator("img").all():
                picture.scroll_into_view_if_needed()
            self.page.wait_for_load_state("networkidle")
            self.page.evaluate("window.scrollTo(0, 0)")
            shrink(self.page.screenshot(full_page=whole), self.pictures / f"{name}.png")

    def logs_in(self) -> None:
        login = self.office.login(self.username)
        self.goes_to("/dang-nhap")
        self.page.get_by_label("Tên đăng nhập").fill(self.username)
        self.page.get_by_label("Mật khẩu").fill(login["password"])
        self.presses("Đăng nhập")
        expect(self.page.get_by_role("button", name="Đăng nhập", exact=True)).to_have_count(0)

    def presses(self, name: str) -> None:
        """Press the button, or follow the link that looks like one, of this name; the page that it
        leads to has been read in whole when this returns.
        """
        with self.goes_on():
            self.clicks(name)

    def goes_on(self) -> AbstractContextManager[object]:
        """What is done within leads to another page; at the end that page has been read in, so
        that what is on it can be counted.
        """
        return self.page.expect_navigation(wait_until="domcontentloaded")

    def clicks(self, name: str) -> None:
        """Press what has this name and leaves the page standing: a file, a new tab."""
        button = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        button.or_(link).first.click()

    def fills(self, label: str, value: str) -> None:
        """Type into the field of this label (its beginning is enough)."""
        self.page.get_by_label(re.compile("^" + re.escape(label))).first.fill(value)

    def picks(self, label: str, option: str) -> None:
        """Choose the first option that has these words in the list of this label."""
        field = self.page.get_by_label(re.compile("^" + re.escape(label))).first
        value = field.locator("option").filter(has_text=option).first.get_attribute("value")
        field.select_option(value)

    def brings(self, label: str, file: Path) -> None:
        """Put a file into the field of this label."""
        self.page.get_by_label(re.compile("^" + re.escape(label))).first.set_input_files(file)

    def ticks_rows(self, words: str | re.Pattern[str]) -> int:
        """Tick every row of the list that has these words; returns how many."""
        rows = self.page.locator("tbody tr").filter(has_text=words)
        for position in range(rows.count()):
            rows.nth(position).get_by_role("checkbox").first.check()
        return rows.count()

    def opens(self, summary: str) -> None:
        """Unfold the part of the page under this line, unless it is open."""
        part = self.page.locator("details").filter(has=self.page.get_by_text(summary, exact=True))
        if part.first.get_attribute("open") is None:
            part.first.locator("summary").click()

    def reads(self, words: str | re.Pattern[str]) -> None:
        """Make sure that these words are on the page."""
        expect(self.page.locator("main")).to_contain_text(words)

    def pairs_the_agent(self) -> None:
        """Join the agent of this computer with the account, by the code on the agent's own page."""
        agent = self.context.new_page()
        agent.goto(f"{self.office.agent_url}/ghep-noi")
        agent.get_by_role("button", name=re.compile("Ghép nối|Lấy mã")).first.click()
        code = agent.locator(".pairing-code").inner_text()
        self.goes_to("/chuong-trinh-ky")
        self.page.get_by_label("Mã ghép nối").fill(code)
        self.presses("Ghép nối")
        self.reads("Đã ghép nối Trình ký số")
        expect(agent.locator("body")).to_contain_text("Đã ghép nối")
        agent.close()

    def opens_the_agent(self) -> Page:
        """Follow the link to the agent; its page opens in a new tab."""
        with self.context.expect_page() as opened:
            self.clicks("Mở Trình ký số")
        agent = opened.value
        agent.wait_for_url(f"{self.office.agent_url}/**", wait_until="domcontentloaded")
        return agent

    def sees_it_signed(self, agent: Page) -> None:
        """The agent's page says so; some seconds later it leads back to the server by itself."""
        wait_for_the_end(agent, self.office.url)
        agent.close()

    def signs_in_the_agent(self, pin: str) -> None:
        """On the agent's page: press Ký, give the PIN, and see the result on the server."""
        agent = self.opens_the_agent()
        if self.pictures is not None:
            shrink(agent.screenshot(), self.pictures / f"trinh-ky-so-{self.username}.png")
        agent.get_by_role("button", name="Ký", exact=True).click()
        agent.get_by_label(re.compile("PIN")).fill(pin)
        agent.get_by_role("button", name=re.compile("^(Ký|Tiếp tục|Xác nhận)")).click()
        self.sees_it_signed(agent)


def enters(
    office: Office,
    chromium: Browser,
    username: str,
    *,
    phone: bool = False,
    pictures: Path | None = None,
) -> Person:
    """A person with a browser of their own, logged in."""
    context = chromium.new_context(
        viewport=PHONE if phone else WIDE, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh"
    )
    context.set_default_timeout(PATIENCE)
    person = Person(office, username, context, context.new_page(), pictures)
    person.logs_in()
    return person
