"""`cli letters sample` draws from the practice people."""

import html
import re
from io import BytesIO
from zipfile import ZipFile

import pypdfium2
import pytest

from practice import samples
from tests.letters.reading import plain_text

PROVINCES = {
    "decree_68_2024": ("Cục", "Cục"),
    "tuyen_quang_06_2026": ("Cục", "Cục"),
    "bac_ninh_60_2025": ("Cục", "Cục"),
    "dong_nai_draft_2026": ("Cục", "Sở"),
    "tay_ninh_draft_2025": ("Cục", "Cục"),
    "thua_thien_hue_2289_2024": ("Cục", "Cục"),
}


def words_of(form: str, regulation: str) -> str:
    """The words of a sample, single spaced."""
    return plain_text(samples.draw(form, regulation))


@pytest.mark.parametrize("regulation", PROVINCES)
@pytest.mark.parametrize("form", ["01", "02", "03", "04", "05", "06"])
def test_every_request_letter_is_drawn_under_every_regulation(form: str, regulation: str) -> None:
    issuance, delegated = PROVINCES[regulation]
    office = delegated if form in {"04", "06"} else issuance
    words = words_of(form, regulation)
    assert f"Kính gửi: {office} " in words
    assert ("còn là dự thảo" in words) is ("draft" in regulation)
    assert ("chưa xác minh hiệu lực" in words) is ("hue" in regulation)
    assert ("Sở Khoa học và Công nghệ tỉnh Bắc Ninh (đồng gửi);" in words) is (
        "bac_ninh" in regulation
    )


def test_form_04_is_drawn_with_made_up_people() -> None:
    pdf = pypdfium2.PdfDocument(samples.draw("04", "decree_68_2024"))
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert "Thử Nghiệm" in text
    assert "1A2B3C4D5E6F7081" in text.replace(" ", "").replace("\n", "")


def test_the_same_sample_is_drawn_each_time() -> None:
    assert samples.draw("04", "decree_68_2024") == samples.draw("4", "decree_68_2024")


@pytest.mark.parametrize(("form", "regulation"), [("99", "decree_68_2024"), ("04", "khong_co")])
def test_an_unknown_form_or_regulation_is_named(form: str, regulation: str) -> None:
    with pytest.raises(samples.NoSuchForm, match=r"99|khong_co"):
        samples.draw(form, regulation)


def test_the_names_of_the_regulations_are_told_to_who_does_not_know_them() -> None:
    with pytest.raises(samples.NoSuchForm, match=r"decree_68_2024, .*tuyen_quang_06_2026"):
        samples.draw("04", "tuyen_quang")


@pytest.mark.parametrize("form", ["01", "02", "03", "04", "05", "06"])
def test_word_says_the_words_of_the_page(form: str) -> None:
    package = ZipFile(BytesIO(samples.draw_docx(form, "dong_nai_draft_2026")))
    text = html.unescape(re.sub(r"<[^>]+>", " ", package.read("word/document.xml").decode()))
    on_the_page = "".join(words_of(form, "dong_nai_draft_2026").split())
    # Word has dots for number and date, where the page has fields.
    said = {word for word in text.split() if "……" not in word}
    assert len(said) > 100
    assert {word for word in said if word not in on_the_page} <= {"tháng", "năm"}
