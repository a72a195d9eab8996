"""Ten files as offices send them, and what the program finds in each."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheets import certificates, devices, handovers, people, staff_changes
from sheets.columns import guess, guess_kind
from sheets.tables_in import UnreadableSheet, read_table
from sheets.vocabulary import SheetKind
from tests.data import make_sheets
from tests.sheets.messy import FOLDER, READ, REFUSED, Expected

ON = date(2026, 6, 1)
READERS: dict[SheetKind, Any] = {
    SheetKind.PEOPLE: people,
    SheetKind.DEVICES: devices,
    SheetKind.CERTIFICATES: certificates,
    SheetKind.HANDOVERS: handovers,
    SheetKind.STAFF_CHANGES: staff_changes,
}


def read(name: str, folder: Path = FOLDER) -> Any:
    """The table of a file with its guessed columns and its records."""
    table = read_table((folder / name).read_bytes(), name)
    kind = guess_kind(table)
    assert kind is not None
    columns = guess(kind, table)
    return table, columns, tuple(READERS[kind].read(table, columns, on=ON))


@pytest.mark.parametrize(("name", "expected"), READ.items(), ids=READ)
def test_a_messy_file_is_read_with_the_right_findings(name: str, expected: Expected) -> None:
    table, columns, records = read(name)
    assert columns.kind is expected.kind
    assert (table.origin.first_heading_row, table.origin.last_heading_row) == expected.headings
    assert tuple(row.number for row in table.skipped) == expected.skipped
    assert tuple(column.heading for column in columns.unmapped) == expected.unmapped
    assert len(table.notes) == len(expected.notes)
    assert all(word in note for word, note in zip(expected.notes, table.notes, strict=True))
    found = {
        record.row: tuple(f"{'!' * one.blocks}{one.field}" for one in record.problems)
        for record in records
    }
    assert found == expected.problems
    assert all(record.blocked == ("!" in "".join(found[record.row])) for record in records)
    by_row = {record.row: record for record in records}
    assert [
        (row, name, str(getattr(by_row[row], name))) for row, name, _ in expected.values
    ] == list(expected.values)


@pytest.mark.parametrize(("name", "word"), REFUSED.items(), ids=REFUSED)
def test_a_file_that_is_no_table_is_refused_with_a_sentence(name: str, word: str) -> None:
    with pytest.raises(UnreadableSheet, match=word):
        read_table((FOLDER / name).read_bytes(), name)


def test_the_script_makes_the_very_tables_that_are_committed(tmp_path: Path) -> None:
    make_sheets.main(tmp_path)
    by_hand = set(make_sheets.FILES)
    assert {path.name for path in FOLDER.iterdir()} == by_hand | set(make_sheets.BY_LIBREOFFICE)
    for name in READ:
        if name not in by_hand and not (tmp_path / name).exists():
            continue  # LibreOffice Calc is not on this machine; its files are in the repository
        made, kept = (read_table((place / name).read_bytes(), name) for place in (tmp_path, FOLDER))
        assert made == kept


def test_every_problem_says_what_to_do_and_no_pin_is_kept() -> None:
    for name in READ:
        table, _, records = read(name)
        assert "99887766" not in repr(table)
        for record in records:
            assert all(problem.text.endswith(".") for problem in record.problems)
