"""Serial numbers as they are printed, typed and pasted."""

import pytest

from rules.serials import (
    display_serial,
    looks_like_serial,
    normalise_serial,
    serial_candidates,
    serial_of,
)


@pytest.mark.parametrize(
    "typed",
    [
        "2A05F812673607B0",
        "2a05f812673607b0",
        "2A:05:F8:12:67:36:07:B0",
        "2a 05 f8 12 67 36 07 b0",
        "2A-05-F8-12-67-36-07-B0",
        "0x2A05F812673607B0",
        "002A05F812673607B0",
        "  2A05F812673607B0\u00a0",
        "\uff12A05F812673607B0",
    ],
)
def test_every_usual_notation_is_one_serial(typed: str) -> None:
    assert normalise_serial(typed) == "2A05F812673607B0"
    assert serial_candidates(typed) == ("2A05F812673607B0",)


def test_a_decimal_serial_is_searched_both_ways() -> None:
    decimal = str(0x2A05F812673607B0)

    assert serial_candidates(decimal) == (decimal, "2A05F812673607B0")
    assert serial_candidates("7") == ("7",)


def test_a_device_serial_that_is_no_number_is_kept() -> None:
    assert normalise_serial(" vgca-tk 00172z ") == "VGCATK00172Z"
    assert serial_candidates("5410 0012") == ("54100012", serial_of(54100012))


def test_nothing_typed_finds_nothing() -> None:
    assert serial_candidates(" : ") == ()
    assert normalise_serial("") == ""


def test_zero_is_a_serial_too() -> None:
    assert normalise_serial("0000") == "0"


def test_a_serial_is_shown_in_whole_bytes() -> None:
    assert display_serial("a05") == "0A05"
    assert display_serial("2A05") == "2A05"
    assert display_serial("TK5") == "TK5"


def test_a_negative_number_is_no_serial() -> None:
    with pytest.raises(ValueError, match="negative"):
        serial_of(-1)


@pytest.mark.parametrize(
    ("code", "is_serial"),
    [("54:10:AB:12", True), ("0x5410ab12", True), ("TB-00007", False), ("", False)],
)
def test_what_stands_on_a_thing_is_told_apart_from_a_code_of_the_office(
    code: str, is_serial: bool
) -> None:
    assert looks_like_serial(code) is is_serial
