"""A verification report in the words of its page; what the report found is not changed here."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from labels import label
from rules.upgrades import PadesLevel
from signing.pades.report import Report, SignatureReport, Verdict
from views.filters import giay

SENTENCES = {
    Verdict.VALID: "Hợp lệ: {signatures}.",
    Verdict.PRACTICE: "Hợp lệ (THỬ NGHIỆM): {signatures}, nhưng không có giá trị pháp lý.",
    Verdict.UNDECIDED: "Chưa xác định được giá trị của chữ ký.",
    Verdict.INVALID: "Không hợp lệ: không dùng văn bản này như văn bản đã ký.",
    Verdict.UNREADABLE: "Không đọc được tệp này.",
}
MOST_CHANGES = 20
"""Lines of changes that a page shows for one signature; the JSON has them all."""

_ROOT = "chứng thư gốc, không nằm trong danh sách thu hồi nào"


def sentence(report: Report) -> str:
    """The verdict in one sentence, as the first thing a person reads."""
    if report.verdict == Verdict.UNDECIDED and not report.signatures:
        return "Tệp không có chữ ký số nào."
    number = len(report.signatures)
    words = "chữ ký số còn nguyên vẹn và đúng chứng thư"
    if number > 1:
        words = f"cả {number} chữ ký số còn nguyên vẹn và đúng chứng thư"
    return SENTENCES.get(Verdict(report.verdict), str(report.verdict)).format(signatures=words)


def view(report: Report, name: str, size: int) -> dict[str, Any]:
    """Everything that `templates/verifications/_report.html` shows of one file."""
    return {
        "name": name,
        "size": size,
        "verdict": report.verdict,
        "sentence": sentence(report),
        "reasons": report.reasons
        if report.signatures or report.verdict == Verdict.UNREADABLE
        else (),
        "sha256": report.sha256,
        "checked_at": moment(report.checked_at),
        "signatures": [_signature(one) for one in report.signatures],
    }


def moment(text: str) -> str:
    """An ISO 8601 instant of a report as people read it; empty stays empty."""
    return giay(datetime.fromisoformat(text)) if text else ""


def _signature(one: SignatureReport) -> dict[str, Any]:
    return {
        "one": one,
        "title": "Dấu thời gian"
        if one.kind == "dấu thời gian"
        else one.signer or "Chưa rõ người ký",
        "agency": " – ".join(part for part in (*reversed(one.units), one.organisation) if part),
        "time": moment(one.signing_time),
        "level": label(PadesLevel(one.level)) if one.level else "",
        "term": _term(one),
        "in_term": _in_term(one),
        "covers": _covers(one),
        "changes": _changes(one),
        "path": " ← ".join(one.path),
        "lists": [_list(each) for each in one.evidence],
        "key": f"{one.algorithm}, khóa {one.key_size} bit" if one.key_size else one.algorithm,
    }


def _term(one: SignatureReport) -> str:
    if not one.not_before or not one.not_after:
        return ""
    return f"{moment(one.not_before)} – {moment(one.not_after)}"


def _in_term(one: SignatureReport) -> bool | None:
    """Whether the certificate's term holds the signing time; None when one of them is unknown."""
    if not (one.signing_time and one.not_before and one.not_after):
        return None
    signed, first, last = (
        datetime.fromisoformat(text) for text in (one.signing_time, one.not_before, one.not_after)
    )
    return first <= signed <= last


def _covers(one: SignatureReport) -> str:
    if one.covers_whole_file:
        return "Chữ ký bao phủ toàn bộ tệp."
    words = one.modification or "sau khi ký, tệp có thêm nội dung"
    return words[0].upper() + words[1:] + "."


def _changes(one: SignatureReport) -> list[str]:
    """What came after this signature, what is not allowed first; a hostile file may have many."""
    told = [
        f"{'Được phép' if each.allowed else 'KHÔNG được phép'}: {each.text}"
        for each in sorted(one.later_changes, key=lambda each: each.allowed)
    ]
    rest = len(told) - MOST_CHANGES
    return told if rest <= 0 else [*told[:MOST_CHANGES], f"Và {rest} thay đổi khác."]


def _list(each: Any) -> dict[str, str]:
    return {
        "subject": each.subject,
        "state": each.revocation or (_ROOT if each.subject == each.issuer else "chưa kiểm tra"),
        "revoked_at": moment(each.revoked_at),
        "issuer": each.list_issuer,
        "by": "trả lời OCSP" if "OCSP" in each.source else "danh sách thu hồi",
        "from": moment(each.this_update),
        "until": moment(each.next_update),
    }


def files_sentence(views: Sequence[dict[str, Any]]) -> str:
    """How many files got which verdict, where there is more than one."""
    found: dict[str, int] = {}
    for one in views:
        found[one["verdict"]] = found.get(one["verdict"], 0) + 1
    return "; ".join(f"{number} tệp {verdict}" for verdict, number in found.items())
