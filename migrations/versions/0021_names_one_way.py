"""Names folded with one apostrophe, agencies and systems sorted from their first word; follow-ups
know what stands on a thing that no register has; a thing finds the import that wrote it.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0021_names_one_way"
down_revision = "0020_document_search"
branch_labels = None
depends_on = None

MOST = 1_000
OTHER_APOSTROPHES = "’‘ʼʻ´`′"
LETTERS_OF_A_WORD = "ʼʻ"  # Apostrophes that an expression takes for letters.
STRAIGHT = str.maketrans(dict.fromkeys(OTHER_APOSTROPHES, "'"))
D_WITH_STROKE = str.maketrans({"ð": "d", "ɖ": "d", "Ð": "d", "Ɖ": "d", "đ": "d"})
ALPHABET = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
CODES = {letter: chr(97 + i // 26) + chr(97 + i % 26) for i, letter in enumerate(ALPHABET)}
TONES = {"\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0301": "5", "\u0323": "6"}
MARKS = {"\u0302", "\u0306", "\u031b"}
TABLES = {
    "person": "person",
    "device": "device",
    "certificate": "certificate",
    "incoming": "incoming_document",
    "document": "office_document",
}
"""Whose `search_text` holds the terms of a noun."""


def upgrade() -> None:
    op.add_column(
        "follow_up", sa.Column("code_seen", sa.String(120), nullable=False, server_default="")
    )
    op.create_index("ix_sheet_import_row_object", "sheet_import_row", ["noun", "object_id"])
    _fill_codes()
    _sort_again("agency", _text_key)
    _sort_again("system", _text_key)
    for table, name in (("person", "full_name"), ("agency", "name"), ("system", "name")):
        _fold_again(table, name)
    _sort_subscribers_again()
    _split_terms()


def downgrade() -> None:
    # Folded names, the keys of people, devices and certificates and the split terms stay as they
    # are: the program before finds and sorts by them too.
    _sort_again("agency", _name_key)
    _sort_again("system", _name_key)
    op.drop_index("ix_sheet_import_row_object", "sheet_import_row")
    op.drop_column("follow_up", "code_seen")


def _fill_codes() -> None:
    """What surplus things of earlier stocktakes bear stands in quotation marks in the sentence."""
    open_ones = _rows(
        "SELECT id, sentence FROM follow_up WHERE code = 'stocktake.enter_in_register'"
        " AND device_id IS NULL"
    )
    found = ((number, re.search("“(.+?)”", sentence)) for number, sentence in open_ones)
    values = [{"id": number, "code": one[1][:120]} for number, one in found if one is not None]
    _change("UPDATE follow_up SET code_seen = :code WHERE id = :id", values)


def _sort_again(table: str, key: Callable[[str], str]) -> None:
    rows = _rows(f"SELECT id, name FROM {table}")  # noqa: S608 - our own words
    values = [{"id": number, "key": key(name)} for number, name in rows]
    _change(f"UPDATE {table} SET sort_key = :key WHERE id = :id", values)  # noqa: S608


def _fold_again(table: str, name: str) -> None:
    """Only rows whose name has an apostrophe of another kind are folded otherwise than before."""
    rows = _with_letters(table, name, OTHER_APOSTROPHES)
    values = [{"id": number, "fold": _fold(text)} for number, text in rows]
    _change(f"UPDATE {table} SET name_fold = :fold WHERE id = :id", values)  # noqa: S608


def _sort_subscribers_again() -> None:
    """People, their devices and certificates whose name has an apostrophe taken for a letter."""
    people = [
        {"id": number, "key": _name_key(text)}
        for number, text in _with_letters("person", "full_name", LETTERS_OF_A_WORD)
    ]
    _change("UPDATE person SET sort_key = :key WHERE id = :id", people)
    _change("UPDATE device SET sort_key = :key WHERE holder_id = :id", people)
    certificates = [
        {"id": number, "key": _name_key(text)[:700]}
        for number, text in _with_letters("certificate", "common_name", LETTERS_OF_A_WORD)
    ]
    _change("UPDATE certificate SET sort_key = :key WHERE id = :id", certificates)


def _with_letters(table: str, name: str, letters: str) -> Sequence[sa.Row[tuple[object, ...]]]:
    """Number and name of the rows whose name has one of these letters, few among very many."""
    found = {f"one{place}": f"%{letter}%" for place, letter in enumerate(letters)}
    some = " OR ".join(f"{name} LIKE :{key}" for key in found)
    return (
        op.get_bind()
        .execute(sa.text(f"SELECT id, {name} FROM {table} WHERE {some}"), found)  # noqa: S608
        .all()
    )


def _split_terms() -> None:
    """Two apostrophes were taken for letters: "yʼnhân" is found as "y" and "nhan" from now on."""
    some = " OR ".join(f"term LIKE '%{one}%'" for one in LETTERS_OF_A_WORD)
    rows = _rows(f"SELECT noun, object_id, term FROM search_term WHERE {some}")  # noqa: S608
    for noun, number in {(noun, number) for noun, number, _term in rows}:
        of_row = {"noun": noun, "id": number}
        kept = op.get_bind().execute(
            sa.text("SELECT term FROM search_term WHERE noun = :noun AND object_id = :id"), of_row
        )
        old = {term for (term,) in kept}
        new = {word for one in old for word in re.split(f"[{LETTERS_OF_A_WORD}]+", one) if word}
        same = "noun = :noun AND object_id = :id AND term = :term"
        _change(
            f"DELETE FROM search_term WHERE {same}",  # noqa: S608
            [of_row | {"term": one} for one in old - new],
        )
        _change(
            "INSERT INTO search_term (noun, term, object_id) VALUES (:noun, :term, :id)",
            [of_row | {"term": one} for one in new - old],
        )
        told = {"id": number, "text": "".join(f" {one}" for one in sorted(new))}
        _change(f"UPDATE {TABLES[noun]} SET search_text = :text WHERE id = :id", [told])  # noqa: S608


def _rows(statement: str) -> Sequence[sa.Row[tuple[object, ...]]]:
    return op.get_bind().execute(sa.text(statement)).all()


def _change(statement: str, values: list[dict[str, object]]) -> None:
    for start in range(0, len(values), MOST):
        op.get_bind().execute(sa.text(statement), values[start : start + MOST])


# Copies of `rules.names` as it is: migrations know nothing of the house.


def _fold(text: str) -> str:
    straight = text.translate(STRAIGHT)
    lowered = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", straight).lower())
    kept = (one for one in lowered if unicodedata.category(one) not in ("Mn", "Cf"))
    return " ".join("".join(kept).translate(D_WITH_STROKE).translate(STRAIGHT).split())


def _name_key(name: str) -> str:
    keys = [key for key in map(_syllable_key, _syllables(name)) if key]
    return "".join(keys[-1:] + keys[:-1])


def _text_key(text: str) -> str:
    words = (one.zfill(4) if one.isdecimal() else one for one in _syllables(text))
    return "".join(map(_syllable_key, words))[:900]


def _syllables(text: str) -> list[str]:
    lowered = unicodedata.normalize("NFKD", text.translate(STRAIGHT).lower())
    return re.split(r"[^\w\u0300-\u036f]+", lowered)


def _syllable_key(syllable: str) -> str:
    letters: list[str] = []
    tone = "1"
    for one in syllable:
        if one in TONES:
            tone = TONES[one]
        elif one in MARKS and letters:
            letters[-1] = _with_mark(letters[-1], one)
        elif one in CODES:
            letters.append(one)
    return "".join(CODES[letter] for letter in letters) + tone if letters else ""


def _with_mark(letter: str, mark: str) -> str:
    composed = unicodedata.normalize("NFC", letter + mark)
    return composed if composed in CODES else letter
