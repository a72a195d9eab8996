"""Documents that people bring: what is taken, what is flagged, what is refused and why."""

from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from signing.errors import PdfBroken, PdfEncrypted, PdfLocked
from signing.pades import render
from signing.pades.inputs import Intake, PageGeometry
from signing.pades.intake import inspect, normalise
from signing.pades.layout import Box, SignatureField, add_fields
from signing.pades.prepare import prepare
from signing.pades.sandbox import Sandbox
from tests.data.attack_list import by_both
from tests.data.attacks_later import _certified
from tests.data.tiny import CATALOG, FORM, PAGE, PAGES, Tiny, letter_objects, stream
from tests.signing.files import fonts, letter
from tests.signing.pki import NOW

MM = 72 / 25.4


def _with(number: int, entry: bytes) -> bytes:
    objects = letter_objects()
    objects[number] = objects[number].rstrip()[:-2] + entry + b" >>"
    return Tiny(objects).data


def _encrypted() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(letter())))
    writer.encrypt("bi mat", "bi mat")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _hybrid() -> bytes:
    tiny = Tiny()
    at = len(tiny.data)
    row = b"\x01" + (0).to_bytes(4, "big") + b"\x00"
    table = stream(row, b"/Type /XRef /W [1 4 1] /Index [40 1] /Size 60 /Root 1 0 R")
    tiny.data += b"40 0 obj\n%s\nendobj\n" % table
    return tiny.add({41: b"<< /Note (hybrid) >>"}, trailer=b"/XRefStm %d" % at).data


SCRIPT = b"/OpenAction << /S /JavaScript /JS (1) >>"
LAYER = b"/OCProperties << /OCGs [12 0 R] /D << /OFF [12 0 R] >> >>"
OPEN_LAYER = b"/OCProperties << /OCGs [12 0 R] /D << >> >>"
NEXT = b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next << /S /Launch /F (a.exe) >> >>"
FILES = b"/Names << /EmbeddedFiles << /Names [] >> >>"


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: b"khong phai PDF", "không phải là PDF"),
        (_encrypted, "mật khẩu"),
        (_hybrid, "hybrid"),
        (lambda: _with(CATALOG, SCRIPT), "JavaScript"),
        (lambda: _with(CATALOG, NEXT), "mở chương trình"),
        (lambda: _with(CATALOG, LAYER), "lớp nội dung"),
        (lambda: _with(FORM, b"/XFA (<xdp/>)"), "XFA"),
        (lambda: by_both().data.replace(b"startxref\n", b"startxref\n9"), "không thể ghi lại"),
        (lambda: _certified(1).data, "không cho phép thêm chữ ký"),
        (lambda: b"%PDF-1.7\n%%EOF", "hỏng"),
    ],
)
def test_what_cannot_be_signed_safely_is_refused_with_the_reason(make, word):
    found = inspect(make())
    assert word in " ".join(found.refusals)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: _with(CATALOG, FILES), "đính kèm"),
        (lambda: _with(FORM, b"/NeedAppearances true"), "NeedAppearances"),
        (lambda: _certified(2).data, "chữ ký chứng nhận"),
    ],
)
def test_what_is_odd_but_harmless_is_taken_with_a_warning(make, word):
    found = inspect(make())
    assert found.refusals == ()
    assert word in " ".join(found.warnings)


@pytest.mark.parametrize("make", [letter, lambda: _with(CATALOG, OPEN_LAYER)])
def test_an_ordinary_document_is_taken_without_a_word(make):
    found = inspect(make())
    assert (found.refusals, found.warnings, found.signatures) == ((), (), 0)


def test_a_signed_document_is_taken_and_its_signatures_are_counted():
    found = inspect(by_both().data)
    assert (found.refusals, found.signatures, found.certified) == ((), 2, 0)


def test_a_broken_table_is_written_anew_and_the_pages_stay():
    broken = letter().replace(b"startxref\n", b"startxref\n9")
    found = inspect(broken)
    assert found.refusals
    assert found.repairable
    again = normalise(broken)
    assert inspect(again).refusals == ()
    assert render.text(again) == render.text(letter())


def test_a_hybrid_file_is_written_anew_with_one_table():
    assert inspect(_hybrid()).repairable
    assert inspect(normalise(_hybrid())).refusals == ()


def test_a_signed_file_is_never_written_anew():
    with pytest.raises(PdfBroken):
        normalise(by_both().data)


def test_the_flag_for_redrawing_is_cleared_before_the_first_signature():
    made = add_fields(
        _with(FORM, b"/NeedAppearances true"),
        [],
        [SignatureField("moi", Box(0, 10, 10, 100, 60))],
        fonts(),
    )
    assert "/NeedAppearances" not in PdfFileReader(BytesIO(made)).root["/AcroForm"]


def test_preparing_refuses_what_must_not_be_signed():
    for pdf, error in ((_encrypted(), PdfEncrypted), (_certified(1).data, PdfLocked)):
        with pytest.raises(error):
            prepare(pdf, field="co_quan", signing_time=NOW, appearance=None, fonts=fonts())


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_place_is_where_people_see_it_however_the_page_is_turned_and_cropped(turn):
    """A black square drawn at the place shows up there in the picture of the page."""
    page = PageGeometry(100, 50, 500, 750, rotation=turn)
    x1, y1, x2, y2 = page.rectangle(20, 30, 40, 10)
    objects = letter_objects()
    objects[PAGE] = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /CropBox [100 50 500 750] "
        b"/Rotate %d /Contents 4 0 R >>" % turn
    )
    objects[4] = stream(b"%.2f %.2f %.2f %.2f re f" % (x1, y1, x2 - x1, y2 - y1))
    pdf = Tiny(objects).data
    assert inspect(pdf).pages == (page,)
    picture = _picture(pdf)
    across, _ = page.shown_mm
    scale = picture.width / across
    dark = picture.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    expected = [each * scale for each in (20, 30, 60, 40)]
    assert dark is not None
    assert all(abs(seen - meant) <= 2 for seen, meant in zip(dark, expected, strict=True))


def _picture(pdf: bytes):
    from PIL import Image

    return Image.open(BytesIO(render.page_image(pdf, 0, 600)))


def test_a_place_outside_the_page_is_refused_and_units_count():
    page = PageGeometry(0, 0, 595, 842)
    for place in ((-1, 0, 10, 10), (0, 0, 0, 10), (200, 0, 20, 10), (0, 290, 10, 10)):
        with pytest.raises(ValueError, match="page"):
            page.rectangle(*place)
    double = PageGeometry(0, 0, 297.5, 421, unit=2.0)
    assert double.shown_mm == pytest.approx(page.shown_mm)
    assert double.rectangle(10, 10, 10, 10)[0] == pytest.approx(5 * MM)


def test_pages_of_different_size_are_pointed_out():
    objects = letter_objects()
    objects[PAGES] = b"<< /Type /Pages /Kids [3 0 R 12 0 R] /Count 2 >>"
    objects[12] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 595] /Contents 4 0 R >>"
    found = inspect(Tiny(objects).data)
    assert [round(page.shown_mm[0]) for page in found.pages] == [210, 297]
    assert "kích thước" in found.warnings[0]


def test_the_sandbox_looks_files_over_and_writes_them_anew():
    with Sandbox(workers=1) as sandbox:
        found = sandbox.inspect(letter())
        assert found == inspect(letter())
        assert Intake.from_dict(found.as_dict()) == found
        assert sandbox.inspect(b"rac").refusals == ("Tệp không phải là PDF.",)
        assert sandbox.normalise(letter()).startswith(b"%PDF-")
        with pytest.raises(PdfBroken):
            sandbox.normalise(b"rac")
