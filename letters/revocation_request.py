"""Mẫu số 05 of decree 68/2024: the request to revoke certificates (Điều 17 to 19).

Draws what it is given; which reasons there are, and who may ask, is decided in `rules`.
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
    two_digits,
)
from letters.setter import Setter
from rules.certificates import SubscriberKind

TEXT = prescribed.load("mau_05.toml", {**COMMON_FIELDS, **P7_FIELDS})
FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationLine:
    """One certificate. `subscriber` decides which columns of its row are filled.

    A person's row has the citizen id and neither tax nor budget code, a body's row the two codes
    and no citizen id; for a device, service or software the form asks for none of them.
    """

    subscriber: SubscriberKind
    certificate_name: str = ""
    citizen_id: str = ""
    citizen_id_issued_on: date | None = None
    citizen_id_issued_by: str = ""
    tax_code: str = ""
    budget_code: str = ""
    official_email: str = ""
    serial_number: str = ""
    device_serial_number: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RevocationLetter(RequestLetter[RevocationLine]):
    """Everything in the letter; `contact` is who coordinates the recall of the devices."""

    WIDE: ClassVar[bool] = True


def compose(
    letter: RevocationLetter, setter: Setter, blanks: Blanks, words: FormText | None = None
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
            contact_name="Đầu mối phối hợp thu hồi",
            layout="portrait",
            rows=_rows(letter.lines, blanks),
            empty_list="Danh sách chưa có chứng thư chữ ký số nào.",
        )
    )


def draw(letter: RevocationLetter, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu số 05. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    return draw_request(letter, compose, words)


def _rows(lines: Sequence[RevocationLine], blanks: Blanks) -> Iterator[Mapping[str, str]]:
    for number, line in enumerate(lines, start=1):
        row = RowBlanks(blanks, number)
        yield {
            "number": str(number),
            "certificate": row.must(line.certificate_name, "tên chứng thư"),
            **_subscriber(line, row),
            "email": row.must(line.official_email, "địa chỉ thư điện tử công vụ"),
            "serial": row.must(line.serial_number, "số hiệu chứng thư"),
            "device": row.must(line.device_serial_number, "số hiệu thiết bị lưu khóa bí mật"),
            "reason": row.must(line.reason, "lý do thu hồi"),
        }


def _subscriber(line: RevocationLine, row: RowBlanks) -> Mapping[str, str]:
    """Columns 3 to 5: of a person the first, of a body the other two, never both."""
    cells = {"citizen_id": "", "tax": "", "budget": ""}
    if line.subscriber is SubscriberKind.INDIVIDUAL:
        cells["citizen_id"] = row.identity(
            line.citizen_id, line.citizen_id_issued_on, line.citizen_id_issued_by
        )
    elif line.subscriber is SubscriberKind.ORGANISATION:
        cells["tax"] = row.must(line.tax_code, "mã số thuế")
        cells["budget"] = row.must(line.budget_code, "mã quan hệ ngân sách")
    return cells
