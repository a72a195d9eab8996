"""Mẫu số 06 of decree 68/2024: the request to unlock devices that hold private keys (Điều 22).

Draws what it is given. Nobody receives anything, so mục 1 is the person who works on it, without
e-mail and address. No PIN or password has a place in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from letters import prescribed
from letters.blanks import Blanks
from letters.decree30 import DrawnLetter, Letter
from letters.prescribed import FormText
from letters.requests import (
    COMMON_FIELDS,
    Composer,
    Content,
    RequestLetter,
    RowBlanks,
    draw_request,
    plain,
    two_digits,
)
from letters.setter import Setter

_FIELDS = {
    **COMMON_FIELDS,
    **plain(
        "full_name citizen_id citizen_id_issued_on citizen_id_issued_by position agency_name "
        "mobile_phone column_subscriber"
    ),
}
_CONTACT_ROWS = (
    ("full_name",),
    ("citizen_id", "citizen_id_issued_on"),
    ("citizen_id_issued_by",),
    ("position",),
    ("agency_name",),
    ("mobile_phone",),
)
_CONTACT_ROWS_ACROSS = (
    ("full_name", "citizen_id", "citizen_id_issued_on"),
    ("citizen_id_issued_by", "position"),
    ("agency_name", "mobile_phone"),
)

TEXT = prescribed.load("mau_06.toml", _FIELDS)
FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockLine:
    """One device and the subscriber whose key is on it."""

    device_serial_number: str = ""
    certificate_name: str = ""
    agency_name: str = ""
    official_email: str = ""


@dataclass(frozen=True, kw_only=True)
class UnlockLetter(RequestLetter[UnlockLine]):
    """Everything in the letter."""


def compose(
    letter: UnlockLetter, setter: Setter, blanks: Blanks, words: FormText | None = None
) -> Letter:
    """The whole letter in pieces of `setter`; `blanks` collects what is missing.

    `words` replaces the words of the file (an administrator's corrections).
    """
    text = words or TEXT
    composer = Composer(letter, text, setter, blanks)
    return composer.whole(
        Content(
            subject=text["subject"],
            opening=composer.sentence("opening"),
            quantity=text["quantity"].format(total=two_digits(len(letter.lines))),
            contact_rows=_CONTACT_ROWS,
            contact_rows_across=_CONTACT_ROWS_ACROSS,
            contact_name="Người phối hợp khôi phục",
            layout="portrait",
            rows=_rows(letter.lines, blanks),
            empty_list="Danh sách chưa có thiết bị nào.",
        )
    )


def draw(letter: UnlockLetter, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu số 06. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    return draw_request(letter, compose, words)


def _rows(lines: Sequence[UnlockLine], blanks: Blanks) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(lines, start=1):
        row = RowBlanks(blanks, number)
        yield {
            "number": str(number),
            "device": row.must(line.device_serial_number, "số hiệu thiết bị lưu khóa bí mật"),
            "certificate": row.must(line.certificate_name, "tên chứng thư"),
            "agency": row.must(line.agency_name, "cơ quan, tổ chức công tác"),
            "email": row.must(line.official_email, "địa chỉ thư điện tử công vụ"),
        }
