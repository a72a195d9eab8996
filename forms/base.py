"""What every form has in common: no field of any of them takes a PIN."""

import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Form, HiddenField, PasswordField, StringField, ValidationError

from rules.incidents import check_text, without_secrets

_TOO_LONG = "Nhập không quá %(max)d ký tự."
_WORDS = {
    "This field is required.": "Mục này không được để trống.",
    "Field cannot be longer than %(max)d character.": _TOO_LONG,
    "Field cannot be longer than %(max)d characters.": _TOO_LONG,
    "Field must be at least %(min)d character long.": "Nhập ít nhất %(min)d ký tự.",
    "Field must be at least %(min)d characters long.": "Nhập ít nhất %(min)d ký tự.",
    "Field must be exactly %(max)d character long.": "Nhập đúng %(max)d ký tự.",
    "Field must be exactly %(max)d characters long.": "Nhập đúng %(max)d ký tự.",
    "Field must be between %(min)d and %(max)d characters long.": (
        "Nhập từ %(min)d đến %(max)d ký tự."
    ),
    "Field must be equal to %(other_name)s.": "Hai lần nhập không giống nhau.",
    "Number must be at least %(min)s.": "Nhập số từ %(min)s trở lên.",
    "Number must be at most %(max)s.": "Nhập số không quá %(max)s.",
    "Number must be between %(min)s and %(max)s.": "Nhập số từ %(min)s đến %(max)s.",
    "Not a valid integer value.": "Nhập một số nguyên.",
    "Not a valid decimal value.": "Nhập một số.",
    "Not a valid float value.": "Nhập một số.",
    "Not a valid date value.": "Ngày không đúng. Nhập theo dạng ngày/tháng/năm.",
    "Not a valid datetime value.": "Ngày giờ không đúng.",
    "Not a valid time value.": "Giờ không đúng.",
    "Not a valid choice.": "Lựa chọn này không có. Hãy chọn lại.",
    "Invalid Choice: could not coerce.": "Lựa chọn này không có. Hãy chọn lại.",
    "Invalid choice(s): one or more data inputs could not be coerced.": (
        "Có lựa chọn không có. Hãy chọn lại."
    ),
}
_OTHERWISE = "Giá trị này không dùng được. Hãy nhập lại."


class _Vietnamese:
    """What the library says of a field, for people here; a sentence of ours passes unchanged."""

    def gettext(self, said: str) -> str:
        """The sentence in Vietnamese; a general one for what the library says only rarely."""
        return _WORDS.get(said, _OTHERWISE if said.isascii() else said)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The same; Vietnamese has no plural."""
        return self.gettext(one if number == 1 else many)


class NoSecret:
    """Refuses a text that tells a PIN, and shows it again without the secret."""

    def __call__(self, _form: Any, field: Any) -> None:
        text = unicodedata.normalize("NFC", field.data or "")
        found = check_text(text)
        if found:
            field.data = without_secrets(text)
            raise ValidationError(f"{found[0].message} {found[0].remedy}")


_NOT_TYPED_HERE = (PasswordField, HiddenField)


class HouseForm(FlaskForm):
    """A form whose fields of text, one line or many, all refuse what looks like a PIN.

    A note is where an office used to keep it, so this is asked of every text and not of those few
    where somebody thought of it. The password of an account is not a text of the register. A hidden
    field, and one named in `codes`, holds what the program itself made: one in five hundred pairing
    codes reads like a PIN, and so did one in some hundred certificates sealed for comparing.
    """

    codes: frozenset[str] = frozenset()

    class Meta(FlaskForm.Meta):  # type: ignore[misc] # the library has no types
        def get_translations(self, _form: Any) -> _Vietnamese:
            """What the library itself says of a field, in Vietnamese."""
            return _Vietnamese()

    def validate(self, extra_validators: Any = None) -> bool:
        """Add the question to those that each field asks itself."""
        asked = {name: list(checks) for name, checks in (extra_validators or {}).items()}
        for name, field in self._fields.items():
            text = isinstance(field, StringField) and not isinstance(field, _NOT_TYPED_HERE)
            if text and name not in self.codes:
                asked.setdefault(name, []).append(_no_secret)
        return bool(super().validate(asked))


class PartForm(Form):
    """A form inside another: one row of a list."""

    class Meta(Form.Meta):
        def get_translations(self, _form: Any) -> _Vietnamese:
            """What the library itself says of a field, in Vietnamese."""
            return _Vietnamese()


_NO_SECRET = NoSecret()


def _no_secret(form: Any, field: Any) -> None:
    if isinstance(field.data, str):  # A day is a text only while it is typed.
        _NO_SECRET(form, field)
