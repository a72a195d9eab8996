"""A paper that was signed in another program: is it our document, and who has signed it?

Strangers' bytes are only opened in the verification process (`views/verifier.py`).
"""

from dataclasses import dataclass

from extensions import db
from operations import files
from operations.papers import SignedSides
from rules.names import fold, spelt_out
from schema.custody import Paper
from signing.pades.report import Report, Verdict
from views.verifier import judge, sandbox


@dataclass(frozen=True)
class CheckedCopy:
    """What was found about a returned copy; it is taken only when `acceptable`."""

    acceptable: bool
    problems: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    signed: SignedSides | None = None


def check_copy(paper: Paper, pdf: bytes) -> CheckedCopy:
    """Compare a returned PDF with the frozen paper, and verify its signatures.

    Refused: another text, no signature, a signature that is not intact, none by a side of the
    paper. An undecided verdict must be read before the copy is taken.
    """
    report = judge(pdf)
    if report.verdict == Verdict.UNREADABLE:
        return CheckedCopy(False, report.reasons)
    compared = sandbox().same_document(files.read(db.session, paper.sha256 or ""), pdf)
    problems = [*compared.findings]
    if not report.signatures:
        problems.append("Tệp không có chữ ký số nào. Nếu đã ký tay, hãy lưu bản quét.")
    problems += [
        f"Chữ ký của {one.signer or 'người chưa rõ'} không hợp lệ: {' '.join(one.reasons)}"
        for one in report.signatures
        if one.verdict == Verdict.INVALID
    ]
    signed = _sides(paper, report)
    if report.signatures and not signed.sides:
        problems.append("Không có chữ ký số nào mang tên bên giao hoặc bên nhận của biên bản.")
    notices = list(compared.notices)
    if report.verdict == Verdict.UNDECIDED:
        reasons = " ".join(dict.fromkeys(each for one in report.signatures for each in one.reasons))
        notices.append(f"Chưa xác định được chữ ký có hợp lệ hay không. {reasons}".strip())
    return CheckedCopy(not problems, tuple(problems), tuple(notices), signed)


def _sides(paper: Paper, report: Report) -> SignedSides:
    """Whose signatures these are, by the names in the certificates: a body signs for its side."""
    told = paper.particulars
    agency = str(told.get("agency", {}).get("name", ""))
    names = {
        "giver": {str(told.get("giver", {}).get("full_name", ""))},
        "receiver": {str(told.get("receiver", {}).get("full_name", ""))},
    }
    agencys = "receiver" if told.get("receiver_is_agency") else "giver"
    names[agencys] |= {agency, spelt_out(agency)}
    found: dict[str, str] = {}
    for one in report.signatures:
        signer = fold(one.signer)
        for side, called in names.items():
            if side not in found and signer and signer in {fold(each) for each in called if each}:
                found[side] = one.serial
                break
    return SignedSides(tuple(found), tuple(found.values()))
