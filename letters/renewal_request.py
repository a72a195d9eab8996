"""Mẫu số 04 of decree 68/2024: the request to renew or amend certificates (Điều 12 to 16).

Draws what it is given. Whether a certificate may be renewed is decided in `rules.renewals`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from letters import prescribed
from letters.blanks import SHORT_DOTS, Blanks
from letters.decree30 import Anchor, DrawnLetter, Letter, Medium, Signer
from letters.prescribed import FormText
from letters.requests import (
    COMMON_FIELDS,
    CONTACT_ROWS,
    LINES_IN_LETTER,
    P7_FIELDS,
    Composer,
    ContactPerson,
    Content,
    ListPlacement,
    RequestLetter,
    draw_request,
    plain,
    two_digits,
)
from letters.setter import Setter
from letters.text import clean

__all__ = [
    "FORM",
    "LINES_IN_LETTER",
    "TEXT",
    "Anchor",
    "ContactPerson",
    "DrawnLetter",
    "ListPlacement",
    "Medium",
    "RenewalLetter",
    "RenewalLine",
    "Signer",
    "compose",
    "draw",
]

_FIELDS = {
    **COMMON_FIELDS,
    **P7_FIELDS,
    **plain("service_renew service_amend service_both mark"),
    "opening": frozenset({"agency", "addressee", "services"}),
    "quantity_mixed": frozenset({"total", "renewals", "amendments"}),
    "quantity_both": frozenset({"total", "renewals", "amendments", "both"}),
}
TEXT = prescribed.load("mau_04.toml", _FIELDS)
FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalLine:
    """One line of the list. `signing_phone` only for SIM PKI; before and after only to amend."""

    certificate_name: str = ""
    serial_number: str = ""
    official_email: str = ""
    signing_phone: str = ""
    information_before: str = ""
    information_after: str = ""
    renew: bool = False
    amend: bool = False


@dataclass(frozen=True, kw_only=True)
class RenewalLetter(RequestLetter[RenewalLine]):
    """Everything in the letter."""


def compose(
    letter: RenewalLetter, setter: Setter, blanks: Blanks, words: FormText | None = None
) -> Letter:
    """The whole letter in pieces of `setter`; `blanks` collects what is missing.

    `words` replaces the words of the file (an administrator's corrections).
    """
    text = words or TEXT
    composer = Composer(letter, text, setter, blanks)
    changes = any(line.information_before or line.information_after for line in letter.lines)
    return composer.whole(
        Content(
            subject=text["subject"],
            opening=composer.sentence("opening", services=text[_service(letter.lines)]),
            quantity=_quantity(letter.lines, text),
            contact_rows_across=CONTACT_ROWS,
            layout="amendment" if changes else "renewal",
            rows=_rows(letter.lines, text, blanks),
            empty_list="Danh sách chưa có chứng thư chữ ký số nào.",
        )
    )


def draw(letter: RenewalLetter, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu số 04. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    return draw_request(letter, compose, words)


def _service(lines: Sequence[RenewalLine]) -> str:
    renew = any(line.renew for line in lines)
    amend = any(line.amend for line in lines)
    if renew == amend:  # Both, or nothing chosen yet: the words of the form's own title.
        return "service_both"
    return "service_renew" if renew else "service_amend"


def _quantity(lines: Sequence[RenewalLine], text: FormText) -> str:
    renewals = sum(line.renew for line in lines)
    amendments = sum(line.amend for line in lines)
    both = sum(line.renew and line.amend for line in lines)
    mixed = "quantity_mixed" if renewals and amendments else "quantity"
    return text["quantity_both" if both else mixed].format(
        total=two_digits(len(lines)),
        renewals=two_digits(renewals),
        amendments=two_digits(amendments),
        both=two_digits(both),
    )


def _rows(
    lines: Sequence[RenewalLine], text: FormText, blanks: Blanks
) -> Iterator[Mapping[str, str]]:
    mark = text["mark"]
    for number, line in enumerate(lines, start=1):
        where = f"Dòng {number} của danh sách"
        if not (line.renew or line.amend):
            blanks.note(f"{where}: chưa chọn dịch vụ yêu cầu (gia hạn hoặc thay đổi thông tin).")
        serial = blanks.fill(line.serial_number, f"{where}: chưa có số hiệu chứng thư.", SHORT_DOTS)
        if phone := clean(line.signing_phone):
            serial = f"{serial}\n{phone}"
        before, after = _change(line, where, blanks)
        yield {
            "number": str(number),
            "certificate": blanks.fill(
                line.certificate_name, f"{where}: chưa có tên chứng thư.", SHORT_DOTS
            ),
            "serial": serial,
            "email": blanks.fill(
                line.official_email, f"{where}: chưa có địa chỉ thư điện tử công vụ.", SHORT_DOTS
            ),
            "before": before,
            "after": after,
            "renew": mark if line.renew else "",
            "amend": mark if line.amend else "",
        }


def _change(line: RenewalLine, where: str, blanks: Blanks) -> tuple[str, str]:
    """Both columns are only for amendments; then they must be filled."""
    if not line.amend:
        return clean(line.information_before), clean(line.information_after)
    return (
        blanks.fill(
            line.information_before, f"{where}: chưa có thông tin cần thay đổi.", SHORT_DOTS
        ),
        blanks.fill(line.information_after, f"{where}: chưa có thông tin mới.", SHORT_DOTS),
    )
