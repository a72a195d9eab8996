"""Sheets of labels, measured with a ruler."""

import pypdfium2
import pytest
import segno

from letters.labels_sheet import (
    FORMATS,
    Calibration,
    Label,
    LabelSheet,
    SheetFormat,
    draw,
    draw_calibration,
)
from tests.letters.reading import find_words, ink_box, plain_text, read_rules, read_words

# The box around a rule of one point holds its thickness at either end.
INK = 2 * 25.4 / 72
RETURN_TO = "UBND xã Thử Nghiệm A, số 0 đường Thử Nghiệm"


def sheet(count: int, **changes) -> LabelSheet:
    labels = tuple(Label(f"TN-{number:04}") for number in range(1, count + 1))
    return LabelSheet(labels=labels, return_to=RETURN_TO, **changes)


def modules_of(pdf: bytes, left: float, top: float, side: float, count: int) -> list[list[bool]]:
    """What a camera sees of a QR code that fills this square of millimetres."""
    dpi = 600
    document = pypdfium2.PdfDocument(pdf)
    image = document[0].render(scale=dpi / 72).to_pil().convert("L")
    document.close()
    step = side / count * dpi / 25.4
    x, y = left * dpi / 25.4, top * dpi / 25.4
    return [
        [
            image.getpixel((round(x + (column + 0.5) * step), round(y + (row + 0.5) * step))) < 128
            for column in range(count)
        ]
        for row in range(count)
    ]


@pytest.mark.parametrize("sheet_format", SheetFormat)
def test_the_formats_fit_on_a4(sheet_format):
    how = FORMATS[sheet_format]
    right = how.left + (how.columns - 1) * how.pitch_x + how.width
    bottom = how.top + (how.rows - 1) * how.pitch_y + how.height
    assert right <= 210 - how.left + 0.1
    assert bottom <= 297
    assert int(sheet_format.value.split("_")[1]) == how.count


@pytest.mark.parametrize("sheet_format", SheetFormat)
def test_every_label_says_its_code_and_where_to_return_it_inside_its_frame(sheet_format):
    how = FORMATS[sheet_format]
    drawn = draw(sheet(how.count + 1, format=sheet_format))
    assert drawn.pages == 2
    assert drawn.missing == ()
    text = plain_text(drawn.pdf)
    assert text.count("Nhặt được xin trả:") == how.count + 1
    codes = [words for words in read_words(drawn.pdf) if words.text.startswith("TN-")]
    assert [words.text for words in codes] == [f"TN-{n:04}" for n in range(1, how.count + 2)]
    for at, words in enumerate(codes[: how.count]):
        left = how.left + at % how.columns * how.pitch_x
        top = how.top + at // how.columns * how.pitch_y
        assert left < words.left < words.right < left + how.width - 1
        assert top + 1 < words.baseline < top + how.height


@pytest.mark.parametrize("sheet_format", SheetFormat)
def test_the_qr_code_says_the_code_with_its_quiet_zone(sheet_format):
    how = FORMATS[sheet_format]
    drawn = draw(sheet(1, format=sheet_format))
    expected = segno.make("TN-0001", error="m", micro=False, boost_error=False)
    bordered = [[bool(m) for m in row] for row in expected.matrix_iter(border=4)]
    side = how.height - 3.0
    seen = modules_of(drawn.pdf, how.left + 1.5, how.top + 1.5, side, len(bordered))
    assert seen == bordered


def test_a_sheet_already_begun_is_used_up():
    drawn = draw(sheet(2, first=7))
    how = FORMATS[SheetFormat.SMALL_65]
    first = find_words(drawn.pdf, "TN-0001")
    assert how.left + how.pitch_x < first.left < how.left + 2 * how.pitch_x
    assert how.top + how.pitch_y < first.baseline < how.top + 2 * how.pitch_y
    for place in (0, 66):
        with pytest.raises(ValueError, match="1 to 65"):
            draw(sheet(1, first=place))


def test_a_printer_that_shifts_and_stretches_is_set_off():
    plain = find_words(draw(sheet(1)).pdf, "TN-0001")
    shifted = find_words(draw(sheet(1, calibration=Calibration(2.0, -1.5))).pdf, "TN-0001")
    assert shifted.left == pytest.approx(plain.left - 2.0, abs=0.02)
    assert shifted.baseline == pytest.approx(plain.baseline + 1.5, abs=0.02)
    stretched = draw_calibration(SheetFormat.SMALL_65, Calibration(hundred=98.0)).pdf
    longest = [rule for rule in read_rules(stretched) if 101 < rule.length < 103]
    assert (longest[0].length - INK) * 0.98 == pytest.approx(100, abs=0.1)


def test_a_calibration_nobody_needs_is_refused():
    with pytest.raises(ValueError, match="paper setting"):
        Calibration(hundred=90.0)


def test_the_trial_sheet_shows_every_frame_and_a_ruler():
    pdf = draw_calibration(SheetFormat.LARGE_24).pdf
    assert [rule for rule in read_rules(pdf) if abs(rule.length - INK - 100) < 0.1]
    assert "đúng 100 mm" in plain_text(pdf)
    left, top, right, bottom = ink_box(pdf, 0)
    assert left < 1
    assert top < 1.5
    assert right > 209
    assert bottom > 295


def test_what_does_not_fit_or_is_missing_is_told():
    long_code = LabelSheet(labels=(Label("MÃ-NỘI-BỘ-RẤT-DÀI-0000000001"),), return_to="A " * 300)
    assert len(draw(long_code).missing) == 2
    assert "…" in plain_text(draw(long_code).pdf)
    empty = draw(LabelSheet(labels=(), return_to=""))
    assert empty.missing == (
        "Chưa có tên và địa chỉ cơ quan để ghi lên nhãn.",
        "Chưa chọn thiết bị nào để in nhãn.",
    )


def test_the_qr_code_may_say_an_address_of_the_program_instead():
    data = LabelSheet(
        labels=(Label("TN-0001", qr="https://so-token.example.vn/nhan/TN-0001"),),
        return_to=RETURN_TO,
        format=SheetFormat.LARGE_24,
    )
    assert draw(data).pdf != draw(sheet(1, format=SheetFormat.LARGE_24)).pdf
    assert "https" not in plain_text(draw(data).pdf)
