"""The faces of the letters."""

import shutil
import unicodedata
from pathlib import Path

import pytest
import reportlab
from reportlab.pdfbase.pdfmetrics import stringWidth

from letters import fonts
from letters.errors import FontsMissing
from letters.fonts import VIETNAMESE_LETTERS, Style


def copy_family(target: Path, *, without: str = "", broken: str = "") -> Path:
    found = fonts.find()
    for style in Style:
        name = {"regular": "Regular", "bold": "Bold", "italic": "Italic"}.get(style, "BoldItalic")
        path = target / f"LiberationSerif-{name}.ttf"
        if style != without:
            shutil.copy(getattr(found, style.value), path)
        if style == broken:
            path.write_bytes(b"not a font")
    return target


def test_every_vietnamese_letter_is_counted_once_and_precomposed():
    assert len(VIETNAMESE_LETTERS) == len(set(VIETNAMESE_LETTERS)) == 2 * (12 * 6 + 1)
    assert unicodedata.is_normalized("NFC", VIETNAMESE_LETTERS)


def test_the_four_faces_hold_every_vietnamese_letter():
    faces = fonts.load()
    assert {style: faces[style].unknown(VIETNAMESE_LETTERS) for style in Style} == dict.fromkeys(
        Style, ""
    )


def test_a_family_is_found_in_a_folder_of_ones_own(tmp_path):
    (tmp_path / "deep").mkdir()
    folder = copy_family(tmp_path / "deep")
    assert fonts.find([tmp_path]).bold == folder / "LiberationSerif-Bold.ttf"


@pytest.mark.parametrize("harm", [{"without": "italic"}, {"broken": "bold"}])
def test_a_family_that_lacks_a_face_is_refused_in_vietnamese(tmp_path, harm):
    copy_family(tmp_path, **harm)
    with pytest.raises(FontsMissing, match="Không tìm thấy phông chữ"):
        fonts.find([tmp_path, tmp_path / "nowhere"])


def test_a_family_without_vietnamese_is_passed_over_for_one_with_it(tmp_path):
    # A stand-in for Liberation Serif 1, which Debian 12 installs as fonts-liberation.
    poor, good = tmp_path / "a-poor", tmp_path / "b-good"
    poor.mkdir()
    good.mkdir()
    vera = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
    for name in ("Regular", "Bold", "Italic", "BoldItalic"):
        shutil.copy(vera, poor / f"LiberationSerif-{name}.ttf")
    copy_family(good)
    assert fonts.find([tmp_path]).regular.parent == good
    with pytest.raises(FontsMissing):
        fonts.find([poor])


def test_the_faces_are_read_once_per_process():
    assert fonts.load() is fonts.load()


def test_widths_are_those_of_the_library():
    face = fonts.load().regular
    text = "Đề nghị gia hạn chứng thư chữ ký số"
    assert face.width(text) * 14 == pytest.approx(stringWidth(text, face.font.fontName, 14))
