"""What every form has in common: no field of any of them takes a PIN."""

import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, ValidationError

from rules.incidents import check_text, without_secrets


class NoSecret:
    """Refuses a text that tells a PIN, and shows it again without the secret."""

    def __call__(self, _form: Any, field: Any) -> None:
        text = unicodedata.normalize("NFC", field.data or "")
        found = check_text(text)
        if found:
            field.data = without_secrets(text)
            raise ValidationError(f"{found[0].message} {found[0].remedy}")


class HouseForm(FlaskForm):
    """A form whose fields of text, one line or many, all refuse what looks like a PIN.

    A note is where an office used to keep it, so this is asked of every text and not of those few
    where somebody thought of it. The password of an account is not a text of the register.
    """

    def validate(self, extra_validators: Any = None) -> bool:
        """Add the question to those that each field asks itself."""
        asked = {name: list(checks) for name, checks in (extra_validators or {}).items()}
        for name, field in self._fields.items():
            if isinstance(field, StringField) and not isinstance(field, PasswordField):
                asked.setdefault(name, []).append(_no_secret)
        return bool(super().validate(asked))


_NO_SECRET = NoSecret()


def _no_secret(form: Any, field: Any) -> None:
    if isinstance(field.data, str):  # A day is a text only while it is typed.
        _NO_SECRET(form, field)
