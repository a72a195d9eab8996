"""Words of a page are told where people see them, however the page is turned and cropped."""

from io import BytesIO

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from signing.errors import PdfBroken
from signing.pades import strangers
from signing.pades.inputs import PageGeometry
from signing.pades.intake import inspect
from signing.pades.sandbox import Sandbox
from signing.pades.words import words
from tests.signing.files import fonts, handwriting

PLACE = (40.0, 60.0)
"""Millimetres from the top-left corner as shown; the foot of the words lies there."""


def upright(turn: int, *lines: tuple[float, float, str], crop: bool = False) -> bytes:
    """A page whose words stand upright when it is shown with this /Rotate."""
    pdfmetrics.registerFont(TTFont("TestSerif", str(fonts().regular)))
    out = BytesIO()
    size = (842, 595) if turn % 180 else (595, 842)  # reportlab turns the media box too
    sheet = canvas.Canvas(out, pagesize=size, invariant=True)
    box = (50, 60, 545, 800) if crop else (0, 0, 595, 842)
    sheet.setCropBox(box)
    sheet.setPageRotation(turn)
    page = PageGeometry(*box, rotation=turn)
    for left, foot, text in lines:
        x1, y1, x2, y2 = page.rectangle(left, foot - 4, 0.1, 4)
        corner = {0: (x1, y1), 90: (x2, y1), 180: (x2, y2), 270: (x1, y2)}[turn]
        sheet.saveState()
        sheet.translate(*corner)
        sheet.rotate(turn)
        sheet.setFont("TestSerif", 13)
        sheet.drawString(0, 0, text)
        sheet.restoreState()
    sheet.showPage()
    sheet.save()
    return out.getvalue()


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_words_are_where_people_see_them(turn: int, crop: bool) -> None:
    pdf = upright(turn, (*PLACE, "Số:      /QĐ-UBND"), crop=crop)
    page = inspect(pdf).pages[0]
    assert page.rotation == turn
    found = words(pdf, [(0, page)])
    assert [one.text for one in found] == ["Số:", "/QĐ-UBND"]
    for one in found:
        # The box goes a little below the line on which the words stand.
        assert one.top + one.height == pytest.approx(PLACE[1] + 1, abs=0.6)
        assert 3.5 < one.height < 6
    assert found[0].left == pytest.approx(PLACE[0], abs=0.3)
    assert found[1].left > found[0].left + found[0].width + 4


def test_a_scan_has_no_words_and_what_is_no_pdf_is_refused() -> None:
    out = BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842))
    sheet.drawImage(ImageReader(BytesIO(handwriting())), 50, 50, 200, 100)
    sheet.save()
    with Sandbox(workers=1) as box:
        geometry = inspect(out.getvalue()).pages[0]
        assert strangers.words(box, out.getvalue(), [(0, geometry), (7, geometry)]) == []
        with pytest.raises(PdfBroken):
            strangers.words(box, b"khong phai", [(0, geometry)])


def test_pages_of_mixed_sizes_are_each_measured_by_their_own() -> None:
    out = BytesIO()
    sheet = canvas.Canvas(out, invariant=True)
    for across, down in ((595, 842), (842, 595), (420, 595)):
        sheet.setPageSize((across, down))
        sheet.setFont("Times-Roman", 13)
        sheet.drawString(across - 100, down - 72, "CHU TICH")  # one inch under the upper edge
        sheet.showPage()
    sheet.save()
    pages = list(enumerate(inspect(out.getvalue()).pages))
    found = words(out.getvalue(), pages)
    assert [one.page for one in found] == [0, 0, 1, 1, 2, 2]
    for one in found[::2]:
        across, _ = pages[one.page][1].shown_mm
        assert one.left == pytest.approx(across - 100 / 72 * 25.4, abs=0.3)
        assert one.top + one.height == pytest.approx(25.4 + 1, abs=0.6)


def test_dots_to_be_written_on_are_words_of_their_own() -> None:
    pdf = upright(0, (*PLACE, "Số:……/QĐ-UBND ngày......tháng 11. Hết."))
    found = words(pdf, [(0, inspect(pdf).pages[0])])
    told = ["Số:", "……", "/QĐ-UBND", "ngày", "......", "tháng", "11.", "Hết."]
    assert [one.text for one in found] == told
