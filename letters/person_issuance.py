"""Mẫu số 01 of decree 68/2024: the request to issue certificates to people (Điều 10, 11, 21).

Also where they will sign by "giải pháp ký số tập trung". Draws what it is given; whether somebody
may have a certificate is decided in `rules`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from letters import prescribed
from letters.blanks import Blanks
from letters.decree30 import DrawnLetter, Letter
from letters.prescribed import FormText
from letters.requests import (
    COMMON_FIELDS,
    P7_FIELDS,
    Composer,
    Content,
    RequestLetter,
    RowBlanks,
    draw_request,
    plain,
    two_digits,
)
from letters.setter import Setter
from letters.text import clean

_FIELDS = {
    **COMMON_FIELDS,
    **P7_FIELDS,
    **plain("subject_central whom whom_central"),
    "opening": frozenset({"agency", "addressee", "whom"}),
}

TEXT = prescribed.load("mau_01.toml", _FIELDS)
FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonIssuanceLine:
    """One person. `old_serial_number` and `sim_pki` ("Viettel", "Viettel/cs") may be empty."""

    full_name: str = ""
    birth_on: date | None = None
    citizen_id: str = ""
    citizen_id_issued_on: date | None = None
    citizen_id_issued_by: str = ""
    official_email: str = ""
    agency_name: str = ""
    province: str = ""
    position: str = ""
    mobile_phone: str = ""
    old_serial_number: str = ""
    sim_pki: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonIssuanceLetter(RequestLetter[PersonIssuanceLine]):
    """Everything in the letter. `central_signing`: for "giải pháp ký số tập trung"."""

    central_signing: bool = False

    WIDE: ClassVar[bool] = True


def compose(
    letter: PersonIssuanceLetter, setter: Setter, blanks: Blanks, words: FormText | None = None
) -> Letter:
    """The whole letter in pieces of `setter`; `blanks` collects what is missing.

    `words` replaces the words of the file (an administrator's corrections).
    """
    text = words or TEXT
    composer = Composer(letter, text, setter, blanks)
    variant = "_central" if letter.central_signing else ""
    return composer.whole(
        Content(
            subject=text["subject" + variant],
            opening=composer.sentence("opening", whom=text["whom" + variant]),
            quantity=text["quantity"].format(total=two_digits(len(letter.lines))),
            layout=_layout(letter.lines),
            rows=_rows(letter.lines, blanks),
            empty_list="Danh sách chưa có cá nhân nào.",
        )
    )


def draw(letter: PersonIssuanceLetter, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu số 01. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    return draw_request(letter, compose, words)


def _layout(lines: Sequence[PersonIssuanceLine]) -> str:
    """The two last columns are wide only where somebody has something in them."""
    reissue = any(line.old_serial_number for line in lines)
    sim = any(line.sim_pki for line in lines)
    if reissue and sim:
        return "full"
    return "reissue" if reissue else "sim" if sim else "plain"


def _rows(lines: Sequence[PersonIssuanceLine], blanks: Blanks) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(lines, start=1):
        row = RowBlanks(blanks, number)
        yield {
            "number": str(number),
            "name": row.must(line.full_name, "họ và tên"),
            "birth": row.day(line.birth_on, "ngày sinh"),
            "citizen_id": row.identity(
                line.citizen_id, line.citizen_id_issued_on, line.citizen_id_issued_by
            ),
            "email": row.must(line.official_email, "địa chỉ thư điện tử công vụ"),
            "agency": row.must(line.agency_name, "tên cơ quan, tổ chức công tác"),
            "province": row.must(line.province, "tỉnh/thành phố"),
            "position": row.must(line.position, "chức vụ"),
            "phone": row.must(line.mobile_phone, "số điện thoại di động"),
            "old_serial": clean(line.old_serial_number),
            "sim": clean(line.sim_pki),
        }
