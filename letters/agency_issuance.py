"""Mẫu số 02 of decree 68/2024: the request to issue certificates to bodies (Điều 10, 11).

Draws what it is given; an agency's first letter is signed by hand, because nobody in it can sign
digitally yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
    two_digits,
)
from letters.setter import Setter

TEXT = prescribed.load("mau_02.toml", {**COMMON_FIELDS, **P7_FIELDS})
FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyIssuanceLine:
    """One body."""

    name: str = ""
    address: str = ""
    tax_code: str = ""
    budget_code: str = ""
    province: str = ""
    official_email: str = ""


@dataclass(frozen=True, kw_only=True)
class AgencyIssuanceLetter(RequestLetter[AgencyIssuanceLine]):
    """Everything in the letter."""


def compose(
    letter: AgencyIssuanceLetter, setter: Setter, blanks: Blanks, words: FormText | None = None
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
            layout="portrait",
            rows=_rows(letter.lines, blanks),
            empty_list="Danh sách chưa có cơ quan, tổ chức nào.",
        )
    )


def draw(letter: AgencyIssuanceLetter, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu số 02. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    return draw_request(letter, compose, words)


def _rows(lines: Sequence[AgencyIssuanceLine], blanks: Blanks) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(lines, start=1):
        row = RowBlanks(blanks, number)
        yield {
            "number": str(number),
            "name": row.must(line.name, "tên cơ quan, tổ chức"),
            "address": row.must(line.address, "địa chỉ"),
            "tax": row.must(line.tax_code, "mã số thuế"),
            "budget": row.must(line.budget_code, "mã quan hệ ngân sách"),
            "province": row.must(line.province, "tỉnh/thành phố"),
            "email": row.must(line.official_email, "địa chỉ thư điện tử công vụ"),
        }
