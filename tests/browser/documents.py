"""What people do with documents of the office in the browser, for all stories about them."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from letters import fonts
from tests.browser.navigators import Person

MM = 72 / 25.4
INSIDE = "Nhiều chữ ký cá nhân, không phát hành"


def printed(*lines: tuple[float, float, str]) -> bytes:
    """One page of A4; places are millimetres from the top left."""
    pdfmetrics.registerFont(TTFont("JourneySerif", str(fonts.find().regular)))
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(210 * MM, 297 * MM))
    sheet.setFont("JourneySerif", 13)
    for left, foot, text in lines:
        sheet.drawString(left * MM, (297 - foot) * MM, text)
    sheet.showPage()
    sheet.save()
    return out.getvalue()


def brings(clerk: Person, way: str, file: Path, title: str, **more: str) -> str:
    """Declare, choose the way, bring the file; returns the document's address."""
    clerk.goes_to("/van-ban/moi")
    clerk.page.get_by_label("Không. Tôi cam kết").check()
    clerk.page.get_by_label(re.compile("^" + re.escape(way))).first.check()
    clerk.shows("van-ban-cam-ket")
    clerk.presses("Tiếp tục, chọn tệp")
    clerk.fills("Tên văn bản", title)
    clerk.brings("Tệp PDF", file)
    for label, value in more.items():
        clerk.fills(label.replace("_", " "), value)
    clerk.presses("Đưa lên")
    clerk.page.wait_for_url(re.compile(r"/van-ban/\d+/"))
    found = re.search(r"/van-ban/\d+", clerk.page.url)
    assert found is not None
    return found[0]


def chooses(clerk: Person, *signers: tuple[str, str]) -> None:
    """Who signs, doing what, in this order."""
    for number, (name, act) in enumerate(signers):
        row = clerk.page.locator("fieldset").nth(number)
        position = row.get_by_label("Người ký, chức vụ")
        option = position.locator("option").filter(has_text=name).first
        position.select_option(option.get_attribute("value"))
        row.get_by_label("Việc ký").select_option(label=act)
    clerk.shows("van-ban-nguoi-ky")
    clerk.presses("Tiếp tục, đặt vị trí")


def places(clerk: Person, spots: int, words: str = "") -> None:
    """Look at the places on the picture of the page, move one by keyboard, and go on."""
    expect(clerk.page.locator(".spot.movable")).to_have_count(spots)  # its script has run
    if words:
        clerk.reads(words)
    clerk.shows("van-ban-vi-tri")
    last = clerk.page.locator(".spot").last
    left = clerk.page.locator('[data-part="left"]').last
    before = float(left.input_value())
    last.focus()
    last.press("ArrowLeft")
    assert float(left.input_value()) == pytest.approx(before - 1, abs=0.11)
    clerk.presses("Xong, xem trước khi chuyển ký")
    clerk.presses("Chuyển đi ký")
    clerk.reads("Đã chuyển văn bản đi ký")
