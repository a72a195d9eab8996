"""Shape of the files that a person wants checked."""

from typing import Any

from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import ValidationError

from forms.base import HouseForm

MOST_FILES = 20


def _not_too_many(_form: HouseForm, field: Any) -> None:
    if len(field.data) > MOST_FILES:
        raise ValidationError(f"Mỗi lần kiểm tra nhiều nhất {MOST_FILES} tệp. Hãy chia ra.")


class VerificationForm(HouseForm):
    """One or several PDF files; the server limits the size of all of them together."""

    files = MultipleFileField(
        "Tệp PDF cần kiểm tra", [FileRequired("Chọn ít nhất một tệp PDF."), _not_too_many]
    )
