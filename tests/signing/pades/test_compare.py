"""Letters signed elsewhere: our bytes with more behind them, or the same text written anew."""

from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from signing.pades.compare import same_document
from signing.pades.report import Comparison
from tests.signing.files import fonts, letter, signed_by_both, with_fields


def _page(*lines: str) -> bytes:
    pdfmetrics.registerFont(TTFont("TestSerif", str(fonts().regular)))
    out = BytesIO()
    sheet = canvas.Canvas(out, invariant=True)
    sheet.setFont("TestSerif", 12)
    for number, line in enumerate(lines):
        sheet.drawString(50, 780 - 20 * number, line)
    sheet.save()
    return out.getvalue()


PREPARED = _page("Số: ....../UBND-VP", "Đồi Mẫu, ngày ... tháng ... năm 2026", "Đề nghị gia hạn.")


def test_our_bytes_with_signatures_behind_them_are_the_same_document():
    prepared = with_fields()
    found = same_document(prepared, signed_by_both_of(prepared))
    assert found.same
    assert found.begins_with_prepared
    assert found.number == "123"
    assert found.date == "2026-11-21"


def signed_by_both_of(prepared: bytes) -> bytes:
    from tests.signing.files import LATER, sign
    from tests.signing.pki import NOW, pki

    return sign(
        prepared,
        "co_quan",
        pki().agency,
        when=NOW + LATER,
        fill={"so": "123", "ngay": "Đồi Mẫu, ngày 21 tháng 11 năm 2026"},
    )


def test_the_same_text_written_anew_with_number_date_and_signature_is_the_same_document():
    returned = _page(
        "Số: 45/UBND-VP",
        "Đồi Mẫu, ngày 03 tháng 12 năm 2026",
        "Đề nghị gia hạn.",
        "Ký bởi: Nguyễn Thị Ánh Dương",
    )
    found = same_document(PREPARED, returned)
    assert found.same, found.findings
    assert not found.begins_with_prepared
    assert found.notices
    assert found.number == "45/UBND-VP"
    assert found.date == "2026-12-03"


def test_a_copy_by_another_program_is_the_same_document():
    out = BytesIO()
    copy_into_new_writer(PdfFileReader(BytesIO(letter()))).write(out)
    assert same_document(letter(), out.getvalue()).same


@pytest.mark.parametrize(
    "lines",
    [
        ("Số: 45/UBND-VP", "Đồi Mẫu, ngày 03 tháng 12 năm 2026", "Đề nghị thu hồi."),
        ("Số: 45/UBND-VP", "Đồi Mẫu, ngày 03 tháng 12 năm 2026"),
        ("Số: 45/UBND-TH", "Đồi Mẫu, ngày 03 tháng 12 năm 2026", "Đề nghị gia hạn."),
        ("Số: 45/UBND-VP", "ngày 03 tháng 12 năm 2026", "Đề nghị gia hạn.", "Thêm một dòng."),
    ],
)
def test_other_words_are_found_and_shown(lines):
    found = same_document(PREPARED, _page(*lines))
    assert not found.same
    assert found.findings[0].startswith("Trang 1")


def test_another_number_of_pages_is_found():
    found = same_document(letter(2), letter(3))
    assert not found.same
    assert "Số trang khác nhau" in found.findings[0]


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 rubbish"])
def test_a_file_that_cannot_be_read_is_not_the_same_document(data):
    found = same_document(PREPARED, data)
    assert not found.same
    assert found.findings == ("Không đọc được tệp PDF được gửi lại.",)


def test_the_answer_travels_as_json():
    found = same_document(PREPARED, signed_by_both())
    assert Comparison.from_dict(found.as_dict()) == found


def test_a_changed_date_in_the_body_is_found():
    ours = _page(
        "Số: ....../UBND-VP", "ngày ... tháng ... năm 2026", "Hạn: ngày 1 tháng 2 năm 2027"
    )
    theirs = _page("Số: 5/UBND-VP", "ngày 3 tháng 4 năm 2026", "Hạn: ngày 9 tháng 9 năm 2029")
    assert not same_document(ours, theirs).same


GROUND = "Căn cứ Nghị định số 68/2024/NĐ-CP ngày 25 tháng 6 năm 2024 của Chính phủ"


def test_the_date_of_another_paper_is_not_taken_for_the_date_of_the_letter():
    ours = _page("Số: /UBND-VP", "Đồi Mẫu,", GROUND)
    assert same_document(ours, ours).date == ""
    theirs = _page("Số: 5/UBND-VP", "Đồi Mẫu, ngày 03 tháng 12 năm 2026", GROUND)
    found = same_document(ours, theirs)
    assert found.same, found.findings
    assert found.date == "2026-12-03"
    changed = GROUND.replace("năm 2024", "năm 2020")
    assert not same_document(ours, _page("Số: 5/UBND-VP", "Đồi Mẫu,", changed)).same


def test_a_changed_line_that_looks_like_a_signature_is_found():
    ours = _page("Email: a@thunghiem.gov.vn", "Đề nghị.")
    theirs = _page("Email: b@thunghiem.gov.vn", "Đề nghị.")
    assert not same_document(ours, theirs).same
