"""The words that letters are drawn with: those of the files, as administrators corrected them.

Kept until the ground shifts (`views/kept.py`), so that drawing a letter asks the database nothing
more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import literal, null, select, union_all

from extensions import db
from letters import prescribed
from letters.catalogue import FORMS, CatalogueForm
from letters.errors import FormTextInvalid
from letters.prescribed import FormText
from models import User
from schema.law import FormConfirmation, FormCorrection
from views.kept import until_the_ground_shifts


@dataclass(frozen=True)
class Confirmation:
    """Who compared which words with which annex."""

    words_sha256: str
    source: str
    who: str
    at: datetime


@dataclass(frozen=True)
class SpokenForm:
    """A form as it is used now. `stale` are corrections that the form has no place for any more.

    `confirmation` is the last one; it counts only when `is_confirmed`.
    """

    form: CatalogueForm
    text: FormText
    corrections: Mapping[str, str]
    stale: tuple[str, ...] = ()
    confirmation: Confirmation | None = None

    @property
    def is_confirmed(self) -> bool:
        """These very words were compared with the official annex."""
        found = self.confirmation
        return found is not None and found.words_sha256 == prescribed.fingerprint(self.text)

    @property
    def spoken(self) -> FormText:
        """The text without its note once it is confirmed."""
        return prescribed.confirmed(self.text) if self.is_confirmed else self.text


def spoken_forms() -> Mapping[str, SpokenForm]:
    """Every form by its key, as it is used now."""
    if "log_seq" not in g:  # Nobody is logged in: a command, which asks once.
        return _read()
    return until_the_ground_shifts(("form words",), _read)


def words_for(form: str) -> FormText | None:
    """The words to draw a form with, by the stem of its file ("mau_04"); None: those of the file.

    Raises KeyError for a form that does not exist.
    """
    found = spoken_forms()[form]
    return found.spoken if found.corrections or found.is_confirmed else None


def form_note(form: str) -> str:
    """What must be said wherever a paper of this form is shown; "" once it needs no note.

    Only layouts that the program inferred carry one. Raises KeyError.
    """
    told = spoken_forms()[form].spoken.form
    return told.note if told.is_inferred else ""


def key_of(text: FormText) -> str | None:
    """The key of the form whose file has these words; None for one outside the catalogue."""
    return next((key for key, form in FORMS.items() if form.text is text), None)


def words_of(module: Any) -> FormText | None:
    """The words to draw a module of `letters` with; None: those of its file."""
    key = key_of(module.TEXT)
    return words_for(key) if key is not None else None


def _read() -> dict[str, SpokenForm]:
    corrections: dict[str, dict[str, str]] = {}
    confirmations: dict[str, Confirmation] = {}
    for form, key, text, who, at in db.session.execute(_everything()):
        if key is not None:
            corrections.setdefault(form, {})[key] = text
        else:
            words_sha256, _, source = text.partition(" ")
            confirmations[form] = Confirmation(words_sha256, source, who, at)
    return {
        key: _spoken(form, corrections.get(key, {}), confirmations.get(key))
        for key, form in FORMS.items()
    }


def _everything() -> object:
    """Corrections and confirmations in one statement; the latter have no key."""
    corrected = select(
        FormCorrection.form,
        FormCorrection.key,
        FormCorrection.text,
        literal(""),
        FormCorrection.changed_at,
    )
    confirmed = select(
        FormConfirmation.form,
        null(),
        FormConfirmation.words_sha256 + " " + FormConfirmation.source,
        User.display_name,
        FormConfirmation.confirmed_at,
    ).join(User, User.id == FormConfirmation.confirmed_by_id)
    return union_all(corrected, confirmed)


def _spoken(
    form: CatalogueForm, corrections: Mapping[str, str], confirmation: Confirmation | None
) -> SpokenForm:
    text, stale = form.text, []
    for key, words in sorted(corrections.items()):
        try:
            text = prescribed.with_corrections(text, {key: words})
        except FormTextInvalid:  # A newer file no longer has this word or this place.
            stale.append(key)
    return SpokenForm(form, text, dict(corrections), tuple(stale), confirmation)
