"""Letters that were signed elsewhere: is it our document, and what are its signatures worth?

Strangers' bytes are only opened in the verification process (`views/verifier.py`).
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from extensions import db
from models import CertificateRequest
from operations import files
from rules.documents import DocumentKind
from rules.names import fold, spelt_out
from signing.pades.report import Comparison, Report, Verdict
from views.verifier import judge, sandbox

_SIGNATURES = {
    b"%PDF-": files.PDF,
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


def scan_type(content: bytes) -> str | None:
    """Media type of a scan by its first bytes (PDF, PNG, JPEG), or None for anything else."""
    for start, media_type in _SIGNATURES.items():
        if content.startswith(start):
            return media_type
    return None


@dataclass(frozen=True)
class Returned:
    """What was found out about a returned letter; it is taken only when `acceptable`."""

    acceptable: bool
    verdict: str
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    signatures: tuple[Any, ...] = field(default_factory=tuple)


def current_document(request: CertificateRequest, *kinds: DocumentKind) -> str | None:
    """SHA-256 of the newest current document of the first of these kinds that there is."""
    for kind in kinds:
        for document in reversed(request.documents):
            if document.kind is kind and document.is_current:
                return document.sha256
    return None


def check_returned(request: CertificateRequest, pdf: bytes, *, number: str, day: date) -> Returned:
    """Compare the returned PDF with the letter that went out, and verify its signatures.

    Refused: not the same text, no signature at all, a signature that is not intact, the leader's
    signature made here lost, a number or day on the document that differs from what was typed.
    Accepted only when the person has read the notices: an undecided verdict, or no signature in the
    name of the signer or of the agency.
    """
    signed_here = current_document(request, DocumentKind.SIGNED)
    ours = signed_here or current_document(request, DocumentKind.LETTER)
    if ours is None:
        return Returned(False, Verdict.UNREADABLE, ("Chưa có văn bản nào để đối chiếu.",))
    report = judge(pdf)
    if report.verdict == Verdict.UNREADABLE:
        return Returned(False, report.verdict, report.reasons)
    compared = sandbox().same_document(files.read(db.session, ours), pdf)
    problems = [*compared.findings, *_stated_otherwise(compared, number, day)]
    if signed_here and not compared.begins_with_prepared:
        problems.append(
            "Tệp không còn giữ chữ ký số của người có thẩm quyền đã ký tại đây. Hãy đóng dấu số "
            "trên chính tệp tải từ Sổ Token, không in hoặc xuất lại."
        )
    if not report.signatures:
        problems.append(
            "Tệp không có chữ ký số nào. Nếu đã ký tay, hãy dùng “Nhận bản quét văn bản giấy”."
        )
    problems += [
        f"Chữ ký của {one.signer or 'người chưa rõ'} không hợp lệ: {' '.join(one.reasons)}"
        for one in report.signatures
        if one.verdict == Verdict.INVALID
    ]
    return Returned(
        acceptable=not problems,
        verdict=report.verdict,
        problems=tuple(problems),
        notices=(*compared.notices, *_doubts(request, report)),
        signatures=report.signatures,
    )


def _doubts(request: CertificateRequest, report: Report) -> list[str]:
    """What does not refuse the letter but must be read before it is taken."""
    found = []
    if report.verdict == Verdict.UNDECIDED:
        reasons = " ".join(dict.fromkeys(each for one in report.signatures for each in one.reasons))
        found.append(f"Chưa xác định được chữ ký có hợp lệ hay không. {reasons}".strip())
    names = {fold(one.signer) for one in report.signatures}
    if request.signer is not None and fold(request.signer.full_name) not in names:
        found.append(f"Không thấy chữ ký số mang tên người ký là {request.signer.full_name}.")
    agency = request.agency.name
    if not names & {fold(agency), fold(spelt_out(agency))}:
        found.append(f"Không thấy chữ ký số mang tên cơ quan là {agency}.")
    return found


def _stated_otherwise(compared: Comparison, number: str, day: date) -> list[str]:
    """Number and day as the document shows them, where they differ from what was typed."""
    found = []
    shown = compared.number.split("/")[0].lstrip("0")
    if shown and shown != number.strip().split("/")[0].lstrip("0"):
        found.append(f"Văn bản ghi số {compared.number}, khác với số vừa nhập ({number.strip()}).")
    if compared.date and compared.date != day.isoformat():
        year, month, of_month = compared.date.split("-")
        found.append(
            f"Văn bản ghi ngày {of_month}/{month}/{year}, khác với ngày vừa nhập ({day:%d/%m/%Y})."
        )
    return found
