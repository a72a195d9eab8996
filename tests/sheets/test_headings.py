"""Headings and names as offices write them: what is like something else is not taken for it."""

from datetime import date

import pytest

from sheets import people
from sheets.columns import guess
from sheets.reading.values import READERS
from sheets.vocabulary import SheetKind, layout
from tests.sheets.test_reading import from_text


def keys_of(kind: SheetKind, *headings: str) -> list[str | None]:
    """The fields that the headings of a list are guessed to be."""
    table = from_text(";".join(headings) + "\n" + ";".join("x" for _ in headings) + "\n")
    return [column.field for column in guess(kind, table).columns]


def test_the_day_of_issue_of_a_certificate_is_not_that_of_the_identity_card() -> None:
    people_list = SheetKind.PEOPLE
    assert keys_of(people_list, "Họ và tên", "Số hiệu chứng thư", "Ngày cấp", "Nơi cấp")[2:] == [
        None,
        None,
    ]
    assert keys_of(
        people_list, "Họ tên", "Số CCCD", "Ngày cấp", "Nơi cấp", "Token", "Ngày cấp"
    ) == [
        "full_name",
        "citizen_id",
        "citizen_id_issued_on",
        "citizen_id_issued_by",
        None,
        None,
    ]


def test_what_stands_in_brackets_tells_two_like_headings_apart() -> None:
    assert keys_of(SheetKind.PEOPLE, "Họ tên", "Ngày sinh (Nữ)", "Ngày sinh (Nam)") == [
        "full_name",
        "birth_on_woman",
        "birth_on",
    ]
    assert keys_of(SheetKind.DEVICES, "Mã thiết bị (serial)", "Loại TB") == [
        "printed_serial",
        "kind",
    ]


def test_a_name_in_two_columns_keeps_its_last_word_whatever_the_first_is_called() -> None:
    table = from_text("Họ, tên đệm;Tên;Ngày sinh\nNguyễn Thử;Ba;01/02/1980\n")
    row = next(people.read(table, guess(SheetKind.PEOPLE, table), on=date(2026, 11, 21)))
    assert row.full_name == "Nguyễn Thử Ba"
    table = from_text("Họ tên;Tên;Ngày sinh\nNguyễn Thử;Ba;01/02/1980\nLê Thử Tư;Tư;\n")
    first, second = people.read(table, guess(SheetKind.PEOPLE, table), on=date(2026, 11, 21))
    assert (first.full_name, second.full_name) == ("Nguyễn Thử Ba", "Lê Thử Tư")
    assert ["ghép" in one.text for one in first.problems] == [True]
    assert not second.problems


@pytest.mark.parametrize(
    ("cell", "name", "word"),
    [
        ("Bà Lê Thử Nghiệm", "Lê Thử Nghiệm", "Bà"),
        ("ÔNG  TRẦN THỬ NGHIỆM", "Trần Thử Nghiệm", "ÔNG"),
        ("Đồng chí: Lê Thử", "Lê Thử", "Đồng chí"),
        ("Ông Thử Nghiệm", "Ông Thử Nghiệm", ""),
        ("Bà", "Bà", ""),
        ("Lê Thử Ân (nghỉ thai sản)", "Lê Thử Ân (nghỉ thai sản)", "ngoặc"),
    ],
)
def test_a_title_is_no_part_of_a_name(cell: str, name: str, word: str) -> None:
    read = READERS["name"](cell, layout(SheetKind.PEOPLE).fields["full_name"])
    assert (read.value, read.blocks) == (name, False)
    assert word in read.flaw
