"""Số định danh cá nhân, ngày cấp, nơi cấp: what the prescribed forms ask of a person's papers.

The number never stands in a message, nor in the repr of the facts: it is personal data.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from rules.findings import Finding, Severity, finding
from rules.provisions import Provision
from rules.wording import listed

CITIZEN_ID_DIGITS = 12
_FORMER_ID_DIGITS = 9


@dataclass(frozen=True)
class IdentityPaper:
    """The identity of a person as a letter writes it; empty or None where it is not known."""

    number: str = field(default="", repr=False)
    issued_on: date | None = None
    issued_by: str = ""


def citizen_id_flaw(number: str) -> str:
    """What is wrong with a số định danh cá nhân, as Vietnamese words; "" when it has 12 digits.

    Blanks and dots between the digits do not matter. Which provinces or years the digits stand for
    is not looked at.
    """
    bare = re.sub(r"[\s.]", "", number)
    if not bare:
        return "chưa có số định danh cá nhân"
    if not re.fullmatch("[0-9]+", bare):
        return "số định danh cá nhân có ký tự không phải là chữ số"
    if len(bare) == CITIZEN_ID_DIGITS:
        return ""
    if len(bare) == CITIZEN_ID_DIGITS - 1:
        return "số định danh cá nhân chỉ có 11 chữ số (bảng tính thường làm mất số 0 ở đầu)"
    if len(bare) == _FORMER_ID_DIGITS:
        return "số định danh cá nhân có 9 chữ số, là số chứng minh nhân dân cũ"
    return f"số định danh cá nhân có {len(bare)} chữ số, phải có {CITIZEN_ID_DIGITS} chữ số"


def check_identity_paper(
    paper: IdentityPaper, *, whose: str, on: date, columns: Provision
) -> Iterator[Finding]:
    """Findings about one person's papers; `columns` is the form that asks for them."""
    flaw = citizen_id_flaw(paper.number)
    if flaw:
        yield finding(
            "identity.number",
            Severity.SHOULD,
            f"{whose}: {flaw}.",
            "Ghi đủ 12 chữ số theo thẻ căn cước hoặc thẻ căn cước công dân.",
            columns,
        )
    missing = [
        words
        for words, value in (("ngày cấp", paper.issued_on), ("nơi cấp", paper.issued_by.strip()))
        if not value
    ]
    if missing:
        yield finding(
            "identity.issue",
            Severity.SHOULD,
            f"{whose}: chưa có {listed(missing)} của thẻ căn cước; văn bản sẽ để trống chỗ này.",
            "Ghi ngày cấp và nơi cấp đúng như trên thẻ (ví dụ nơi cấp: Bộ Công an).",
            columns,
        )
    if paper.issued_on is not None and paper.issued_on > on:
        yield finding(
            "identity.issued_later",
            Severity.SHOULD,
            f"{whose}: ngày cấp thẻ căn cước sau ngày lập đề nghị.",
            "Sửa ngày cấp theo thẻ.",
        )
