"""Mẫu số 03 of decree 68/2024: the request to issue certificates to devices, services and software.

That the form exists is known; its layout is INFERRED from Mẫu số 01 and 02 and from Điều 15, and
the form says so.
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

TEXT = prescribed.load("mau_03.toml", {**COMMON_FIELDS, **P7_FIELDS})
FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemIssuanceLine:
    """One device, service or software. `version`: version or data, domain name, IP address.

    `category` is "Thiết bị", "Dịch vụ" or "Phần mềm"; `key_device` where its key is: "HSM".
    """

    name: str = ""
    category: str = ""
    version: str = ""
    agency_name: str = ""
    province: str = ""
    official_email: str = ""
    key_device: str = ""


@dataclass(frozen=True, kw_only=True)
class SystemIssuanceLetter(RequestLetter[SystemIssuanceLine]):
    """Everything in the letter."""


def compose(
    letter: SystemIssuanceLetter, setter: Setter, blanks: Blanks, words: FormText | None = None
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
            empty_list="Danh sách chưa có thiết bị, dịch vụ, phần mềm nào.",
        )
    )


def draw(letter: SystemIssuanceLetter, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu số 03. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    return draw_request(letter, compose, words)


def _rows(lines: Sequence[SystemIssuanceLine], blanks: Blanks) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(lines, start=1):
        row = RowBlanks(blanks, number)
        yield {
            "number": str(number),
            "name": row.must(line.name, "tên thiết bị, dịch vụ, phần mềm"),
            "category": row.must(line.category, "loại (thiết bị, dịch vụ hay phần mềm)"),
            "version": row.must(line.version, "phiên bản, thông số"),
            "agency": row.must(line.agency_name, "cơ quan, tổ chức quản lý"),
            "province": row.must(line.province, "tỉnh/thành phố"),
            "email": row.must(line.official_email, "địa chỉ thư điện tử công vụ"),
            "key_device": row.must(line.key_device, "thiết bị lưu khóa"),
        }
