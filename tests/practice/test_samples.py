"""`cli letters sample` draws from the practice people."""

import pypdfium2
import pytest

from practice import samples


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
