"""A pasted list of addresses, taken apart by what its pieces look like."""

import pytest

from sheets.pasted_emails import read_pasted


@pytest.mark.parametrize(
    ("line", "email", "name"),
    [
        ("1. Nguyễn Văn An\tan@xa.gov.vn", "an@xa.gov.vn", "Nguyễn Văn An"),
        ("Trần Thị Bình <binh.tt@xa.gov.vn>", "binh.tt@xa.gov.vn", "Trần Thị Bình"),
        ("x@y@chi@xa.gov.vn", "chi@xa.gov.vn", "x@y@"),
        ("Lê Chi, chi@xa", "", "Lê Chi"),
    ],
)
def test_an_address_is_found_wherever_it_stands(line: str, email: str, name: str) -> None:
    (found,) = read_pasted(line)
    assert (found.email, found.full_name) == (email, name)


@pytest.mark.parametrize("piece", ["a", "a.", "1", "a@a.", "@"])
def test_a_line_of_a_megabyte_is_read_once_and_not_from_each_of_its_letters(piece: str) -> None:
    """The time limit of the tests is what fails here: it took hours, and the server with it."""
    read_pasted(piece * (500_000 // len(piece)))
