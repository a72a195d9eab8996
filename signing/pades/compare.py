"""Is a document that was signed elsewhere ("ký ở nơi khác") the one that was prepared here?

Two answers count. The returned file begins with our very bytes: then everything else is increments,
which verification judges. Or another program wrote it anew: then its pages must carry our text,
apart from number, date and what signatures show. Both readings come from the same library.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors import PdfBroken
from signing.pades import render, snapshots
from signing.pades.integrity import BROKEN
from signing.pades.report import Comparison

_DATE = re.compile(r"ngày\s+(\d{1,2})\s+tháng\s+(\d{1,2})\s+năm\s+(\d{4})", re.IGNORECASE)
# The letter's own date ends its line, behind the place; dates of other papers ("căn cứ …") do not.
_DATE_OF_LETTER = re.compile(rf"(?:^|,)[^\S\n]*{_DATE.pattern}\s*$", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(r"Số:\s*([0-9][0-9A-Za-z.\-]*(?:/[^\s/]+)*)")
_NUMBER_PLACE = re.compile(r"(Số:) ?[0-9A-Za-z.\-]*(?= ?/| |$) ?")
_DATE_PLACE = re.compile(
    r"(^|,) ?ngày (?:\d{1,2} )?tháng (?:\d{1,2} )?năm(?: \d{4})?$", re.IGNORECASE
)
_NUMBER_FIELDS = ("number", "so", "so_van_ban")
_DATE_FIELDS = ("date", "ngay", "ngay_van_ban")
_SIGNATURE_WORDS = re.compile(
    r"(Ký bởi|Người ký|Cơ quan|Thời gian ký|Ngày ký|Email|Chữ ký số|Signature|Signed by|Date)\s*:",
    re.IGNORECASE,
)
_REWRITTEN = (
    "Tệp đã được phần mềm khác ghi lại nên chỉ so sánh được phần chữ; "
    "hãy xem lại hình ảnh các trang trước khi nhận."
)
_BLANKS = re.compile(r"[.…_\s]+")


def same_document(prepared_pdf: bytes, returned_pdf: bytes) -> Comparison:
    """Compare. Never raises for a bad returned file: the findings then say so."""
    begins = returned_pdf.startswith(prepared_pdf)
    ours = _all_lines(render.text(prepared_pdf))
    try:
        pages = render.text(returned_pdf)
    except PdfBroken:
        return Comparison(False, begins, ("Không đọc được tệp PDF được gửi lại.",))
    values = _field_values(returned_pdf)
    findings = [] if begins else _differences(ours, _all_lines(pages))
    number = next((values[n] for n in _NUMBER_FIELDS if values.get(n)), "") or _number(pages)
    filled = next((values[n] for n in _DATE_FIELDS if values.get(n)), "")
    date = _date(_DATE, filled) or _date(_DATE_OF_LETTER, "".join(pages[:1]))
    notices = () if begins else (_REWRITTEN,)
    return Comparison(not findings, begins, tuple(findings), notices, number, date)


def _field_values(pdf: bytes) -> dict[str, str]:
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        return {
            name: str(field["/V"])
            for name, field in snapshots.fields(reader).items()
            if "/V" in field and snapshots.entry(field, "/FT") == "/Tx"
        }
    except BROKEN:
        return {}


def _number(pages: list[str]) -> str:
    found = _NUMBER.search(unicodedata.normalize("NFC", pages[0])) if pages else None
    return found.group(1) if found else ""


def _date(shape: re.Pattern[str], text: str) -> str:
    found = shape.search(unicodedata.normalize("NFC", text))
    if not found:
        return ""
    day, month, year = (int(part) for part in found.groups())
    return f"{year:04d}-{month:02d}-{day:02d}" if 1 <= day <= 31 and 1 <= month <= 12 else ""


def _all_lines(pages: list[str]) -> list[list[str]]:
    return [_lines(page, number == 0) for number, page in enumerate(pages)]


def _lines(page: str, first: bool) -> list[str]:
    """Comparable lines: NFC, without runs of space or dots.

    On the first page the first number and the first date lose their values, blank or not.
    """
    lines = []
    open_places = [_NUMBER_PLACE, _DATE_PLACE] if first else []
    for line in unicodedata.normalize("NFC", page).splitlines():
        plain = _BLANKS.sub(" ", line).strip()
        for place in tuple(open_places):
            plain, times = place.subn(r"\1", plain, count=1)
            if times:
                open_places.remove(place)
        if plain:
            lines.append(plain)
    return lines


def _differences(ours: list[list[str]], theirs: list[list[str]]) -> list[str]:
    findings: list[str] = []
    if len(ours) != len(theirs):
        return [f"Số trang khác nhau: bản đã chuẩn bị {len(ours)}, bản gửi lại {len(theirs)}."]
    for number, (first, second) in enumerate(zip(ours, theirs, strict=True), 1):
        # A signature may add lines of its own; what it may not do is stand in for one of ours.
        added = [line for line in second if line in first or not _SIGNATURE_WORDS.search(line)]
        a, b = " ".join(first).split(), " ".join(added).split()
        if a == b:
            continue
        for kind, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if kind == "equal" or len(findings) >= 20:
                continue
            old, new = " ".join(a[i1:i2]), " ".join(b[j1:j2])
            findings.append(f"Trang {number}: “{_short(old)}” thành “{_short(new)}”.")
    return findings


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
