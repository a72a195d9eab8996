"""A pasted list of addresses is read line by line, whatever stands between its pieces."""

from datetime import date

import pytest

from sheets.pasted_emails import MOST_LINES, PastedLine, TooLong, read_pasted


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("1\tNguyễn Văn An\tan@x.gov.vn", "Nguyễn Văn An", "an@x.gov.vn"),
        ("Lê Chi <Chi@X.gov.vn>", "Lê Chi", "chi@x.gov.vn"),
        ("2. Trần Bình; binh@x.gov.vn;", "Trần Bình", "binh@x.gov.vn"),
        ("Không có thư", "Không có thư", ""),
        ("em@x.gov.vn", "", "em@x.gov.vn"),
        ("x@y@chi@x.gov.vn", "x@y@", "chi@x.gov.vn"),
        ("Lê Chi, chi@x", "Lê Chi", ""),
    ],
)
def test_a_line_is_taken_apart_by_what_its_pieces_look_like(
    line: str, name: str, email: str
) -> None:
    assert read_pasted(line) == (PastedLine(1, name, email),)


def test_numbers_and_days_are_told_from_names_and_headings_are_left_out() -> None:
    pasted = "STT\tHọ và tên\tThư điện tử\n\nĐỗ Em\t001190000001\t01/02/1990\tem@x.gov.vn\n"
    (line,) = read_pasted(pasted)
    assert (line.row, line.full_name, line.citizen_id) == (3, "Đỗ Em", "001190000001")
    assert line.birth_on == date(1990, 2, 1)
    assert "001190000001" not in repr(line)
    assert read_pasted("A B 31/02/1990 a@x.gov.vn")[0].birth_on is None


def test_a_list_without_end_is_refused() -> None:
    with pytest.raises(TooLong, match="10000 dòng"):
        read_pasted("\n" * (MOST_LINES + 1))


@pytest.mark.parametrize("piece", ["a", "a.", "1", "a@a.", "@"])
def test_a_line_of_a_megabyte_is_read_once_and_not_from_each_of_its_letters(piece: str) -> None:
    """The time limit of the tests is what fails here: it took hours, and the server with it."""
    read_pasted(piece * (500_000 // len(piece)))
