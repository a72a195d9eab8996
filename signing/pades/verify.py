"""Verification of a signed PDF: integrity, later changes, certificate, path, revocation, verdict.

The order is that of Điều 30-32 NĐ 68/2024 as far as it is known: read, integrity, certificate at
the signing time, path, time stamp, display. A verdict is never better than what was really
checked: without a revocation list it is "chưa xác định" (Điều 31 khoản 2).

Proof of the time goes backwards through the file (EN 319 102-1, 5.6): the last document time stamp
is judged by today's knowledge, and its time then proves whatever it covers.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.pades import describe, hazards, integrity, legacy, material, stamps, twofold
from signing.pades.judge import Judgement, judge
from signing.pades.limits import MAX_PDF_BYTES
from signing.pades.material import Material
from signing.pades.report import Level, Report, SignatureReport, Verdict, iso
from signing.pades.snapshots import Snapshots, read_through
from signing.pades.stamps import Beside, Proof, StampRefused
from signing.trust import revocation
from signing.trust.certificates import load as load_certificate
from signing.trust.revocation import show
from signing.trust.store import TrustStore

_SUPPORTED = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/ETSI.RFC3161")
_STAMP = "/ETSI.RFC3161"
_MAX_SIGNATURES = 200
_NOT_WHOLE = "Không đọc được đầy đủ các trang và trường của tệp."
_RECEIVED = "nhật ký tiếp nhận tệp"


@dataclass
class _Item:
    """One signature on its way to a report."""

    name: str
    kind: str = ""
    revision: int = 0
    embedded: Any = None
    certificate: x509.Certificate | None = None
    checked: integrity.Integrity = field(default_factory=integrity.Integrity)
    finished: SignatureReport | None = None
    own: Material = field(default_factory=Material)
    beside: Beside | None = None


def verify(
    pdf: bytes,
    *,
    trust: TrustStore,
    at: dt.datetime,
    known_since: dt.datetime | None = None,
) -> Report:
    """Judge every signature of a PDF as seen from `at` (aware). Never raises for a bad file.

    `known_since`: a time at which we are proven to have had these very bytes (the log of receipt).
    It serves like a time stamp of our own for signatures whose certificates ended since. Strangers'
    files belong into `signing.pades.sandbox.Sandbox`, which calls this in a process that can be
    killed.
    """
    checked, digest = iso(at), hashlib.sha256(pdf).hexdigest()

    def unreadable(reason: str) -> Report:
        return Report.unreadable(reason, checked_at=checked, sha256=digest)

    if len(pdf) > MAX_PDF_BYTES:
        return unreadable("Tệp lớn hơn 100 MB nên không được kiểm tra.")
    if b"%PDF-" not in pdf[:1024]:
        return unreadable("Tệp không phải là PDF.")
    try:
        with twofold.listening() as told:
            reader = PdfFileReader(BytesIO(pdf), strict=False)
            if reader.encrypted:
                return unreadable("Tệp có đặt mật khẩu hoặc mã hóa nên không kiểm tra được.")
            items = _read(reader, pdf)
            whole = not items or _readable(reader)
            dangers = hazards.find(reader)
            if known_since is not None and known_since > at:
                known_since = None
            judged = _judge_all(items, material.of_document(reader), trust, at, known_since)
    except (*integrity.BROKEN, RecursionError) as error:
        return unreadable(f"Tệp PDF bị hỏng hoặc không đúng cấu trúc ({type(error).__name__}).")
    if told:
        dangers = replace(dangers, doubts=(*dangers.doubts, twofold.REASON))
    if not whole:
        dangers = replace(dangers, doubts=(*dangers.doubts, _NOT_WHOLE))
    return _conclude(judged, items, dangers, (checked, digest))


def _readable(reader: PdfFileReader) -> bool:
    """Read everything that is shown once, so that what is broken or ambiguous is noticed."""
    try:
        read_through(reader)
    except (*integrity.BROKEN, RecursionError):
        return False
    return True


def _read(reader: PdfFileReader, pdf: bytes) -> list[_Item]:
    """Every filled signature field, in the order of the revisions."""
    found = list(enumerate_sig_fields(reader, filled_status=True))
    if len(found) > _MAX_SIGNATURES:
        raise ValueError("too many signatures")
    states = Snapshots(reader)
    items = [_item(reader, pdf, name, reference, states) for name, _, reference in found]
    _refuse_twins(items)
    items.sort(key=lambda item: item.revision)
    return items


def _item(reader: PdfFileReader, pdf: bytes, name: str, reference: Any, states: Snapshots) -> _Item:
    item = _Item(name)
    try:
        value = reference.get_object()["/V"]
        item.kind = str(value["/SubFilter"]) if "/SubFilter" in value else ""
        if item.kind in legacy.KINDS:
            item.finished = legacy.judge(name, value, pdf)
            return item
        if item.kind not in _SUPPORTED:
            reason = f"Định dạng chữ ký {item.kind or 'không rõ'} chưa được hỗ trợ kiểm tra."
            item.finished = SignatureReport(name, reasons=(reason,), sub_filter=item.kind)
            return item
        item.embedded = EmbeddedPdfSignature(reader, reference.get_object(), name)
        item.certificate = load_certificate(item.embedded.signer_cert.dump())
        item.revision = item.embedded.signed_revision
        item.own = material.of_signature(item.embedded)
    except integrity.BROKEN as error:
        reason = f"Không đọc được dữ liệu chữ ký ({type(error).__name__})."
        if isinstance(error, SignatureValidationError):
            reason = "Chữ ký sai cấu trúc, hoặc kèm chứng thư khác với chứng thư đã ràng buộc."
        item.finished = SignatureReport(
            name, verdict=Verdict.INVALID, reasons=(reason,), sub_filter=item.kind
        )
        return item
    item.checked = integrity.examine(item.embedded, pdf, states)
    return item


def _refuse_twins(items: list[_Item]) -> None:
    """One signature shown by two fields looks like the consent of two."""
    seen: dict[bytes, _Item] = {}
    for item in items:
        if item.embedded is None:
            continue
        key = bytes(item.embedded.pkcs7_content)
        twin = seen.setdefault(key, item)
        if twin is not item:
            for each in (twin, item):
                each.checked.forbidden.append("Cùng một chữ ký được gắn vào nhiều trường chữ ký.")


def _judge_all(
    items: list[_Item],
    document: Material,
    trust: TrustStore,
    at: dt.datetime,
    known_since: dt.datetime | None,
) -> list[SignatureReport]:
    proof = Proof(known_since, _RECEIVED) if known_since is not None else None
    covered_by_stamp = False
    reports: list[SignatureReport] = []
    for item in reversed(items):
        if item.finished is not None:
            reports.append(item.finished)
            continue
        item.beside = Beside(
            trust,
            at,
            (*document.lists, *item.own.lists),
            (*document.answers, *item.own.answers),
            (*item.own.certificates, *document.certificates),
        )
        report, own_proof = _report(item, proof, covered_by_stamp)
        reports.append(report)
        if own_proof is None or _broken(item):
            continue
        # What stamps a signature stamps, through its digest, everything that it signed.
        covered_by_stamp = covered_by_stamp or item.kind == _STAMP
        if proof is None or own_proof.time < proof.time:
            proof = own_proof
    return reports[::-1]


def _broken(item: _Item) -> bool:
    return bool(item.checked.forbidden or not item.checked.intact)


@dataclass(frozen=True)
class _Times:
    """What is claimed, what the signature's own stamp proves, and the best proof of all."""

    claimed: dt.datetime | None
    own: Proof | None
    proof: Proof | None
    quirk: bool

    @property
    def signing_time(self) -> dt.datetime | None:
        return self.own.time if self.own else self.claimed

    @property
    def asked(self) -> dt.datetime | None:
        """When to judge the certificate: the claimed time, unless it is in the wrong zone."""
        return self.claimed if self.claimed and not self.quirk else self.signing_time


def _report(
    item: _Item, later: Proof | None, covered: bool
) -> tuple[SignatureReport, Proof | None]:
    """The report, and the proof that this signature is for what stands before it."""
    checked, beside = item.checked, item.beside
    if item.certificate is None or beside is None:
        raise ValueError("a signature without its certificate")
    claimed = describe.claimed_time(item.embedded, checked.notices)
    own, problems = _own_proof(item, beside, later)
    proof = min((p for p in (own, later) if p is not None), key=lambda p: p.time, default=None)
    quirk = describe.seven_hours_apart(item.embedded, claimed, own.time if own else None)
    times = _Times(claimed, own, proof, quirk)
    if quirk:
        _note_quirk(checked.notices)
    else:
        _note_odd_time(checked.notices, claimed, own)
    judged = judge(
        item.certificate,
        beside.certificates,
        beside.store,
        signing_time=times.asked or beside.at,
        proven=proof.time if proof else None,
        at=beside.at,
        extra_lists=beside.lists,
        answers=beside.answers,
    )
    if times.signing_time is None:
        judged.undecided.append("Chữ ký không ghi thời điểm ký.")
    judged.undecided += problems
    # What rests on a stamp that anybody here could make proves nothing to others.
    judged.practice = judged.practice or (proof is not None and proof.practice)
    level = "" if item.kind == _STAMP else _level(item, own, covered, judged)
    return _written(item, item.certificate, judged, times, level), own


def _written(
    item: _Item, certificate: x509.Certificate, judged: Judgement, times: _Times, level: str
) -> SignatureReport:
    checked = item.checked
    algorithm = describe.algorithm(item.embedded, checked)
    verdict, reasons = _verdict(checked, judged)
    return SignatureReport(
        field=item.embedded.field_name,
        kind="dấu thời gian" if item.kind == _STAMP else "chữ ký số",
        intact=checked.intact,
        covers_whole_file=checked.covers_whole_file,
        modification=checked.modification,
        trusted=judged.trusted,
        revocation=judged.revocation,
        signing_time=iso(times.signing_time) if times.signing_time else "",
        verdict=verdict,
        reasons=tuple(reasons),
        notices=tuple(dict.fromkeys([*checked.notices, *judged.notices])),
        time_source=_time_source(times.own, times.proof, times.signing_time),
        algorithm=algorithm,
        sub_filter=item.kind,
        path=judged.path,
        evidence=judged.evidence,
        changed_fields=checked.changed_fields,
        locked_fields=checked.locked_fields,
        practice=judged.practice,
        claimed_time=iso(times.claimed) if times.claimed else "",
        proven_time=iso(times.proof.time) if times.proof else "",
        stamp_authority=times.own.authority if times.own else "",
        level=level,
        later_changes=checked.later,
        **describe.identity(certificate),
    )


def _own_proof(item: _Item, beside: Beside, later: Proof | None) -> tuple[Proof | None, list[str]]:
    """What the signature's own time stamp (or a document time stamp itself) proves."""
    proven_at = later.time if later else None
    try:
        if item.kind == _STAMP:
            return stamps.check_token(item.embedded.signed_data, None, beside, proven_at), []
        return stamps.proven_time(item.embedded.signer_info, beside, proven_at), []
    except StampRefused as refused:
        return None, [str(refused)]
    except integrity.BROKEN as error:
        return None, [f"Không đọc được dấu thời gian ({type(error).__name__})."]


def _note_quirk(notices: list[str]) -> None:
    notices.append(
        "Hai thời điểm ghi trong chữ ký lệch nhau 7 giờ: có phần mềm ghi giờ Việt Nam "
        "dưới nhãn giờ quốc tế (UTC)."
    )


def _note_odd_time(notices: list[str], claimed: dt.datetime | None, own: Proof | None) -> None:
    if claimed is None or own is None:
        return
    said = show(claimed)
    if claimed - own.time > dt.timedelta(minutes=10):
        notices.append(f"Thời điểm ký do phía ký khai ({said}) muộn hơn dấu thời gian.")
    elif own.time - claimed > dt.timedelta(days=1):
        notices.append(
            f"Thời điểm ký do phía ký khai ({said}) sớm hơn dấu thời gian trên một ngày; "
            "chỉ dấu thời gian là bằng chứng."
        )


def _level(item: _Item, own: Proof | None, covered: bool, judged: Judgement) -> str:
    """The highest level whose evidence the file itself carries."""
    beside = item.beside
    if beside is None or (own is None and not covered):
        return Level.B_B
    if not judged.trusted or not (beside.lists or beside.answers):
        return Level.B_T
    for certificate, issuer in zip(judged.chain, judged.chain[1:], strict=False):
        state = revocation.check(
            certificate,
            issuer,
            TrustStore(),
            signing_time=own.time if own else beside.at,
            proven=own.time if own else None,
            at=beside.at,
            extra=beside.lists,
            answers=beside.answers,
        )
        if state.state is revocation.Revocation.UNCHECKED:
            return Level.B_T
    return Level.B_LTA if covered else Level.B_LT


def _verdict(checked: integrity.Integrity, judged: Judgement) -> tuple[Verdict, list[str]]:
    invalid = [*checked.forbidden, *judged.invalid]
    if not checked.intact and not checked.forbidden:
        invalid.append("Chữ ký không còn nguyên vẹn.")
    if invalid:
        return Verdict.INVALID, list(dict.fromkeys(invalid))
    undecided = [*checked.doubts, *judged.undecided]
    if undecided or not judged.trusted:
        return Verdict.UNDECIDED, list(dict.fromkeys(undecided))
    if judged.practice:
        return Verdict.PRACTICE, ["Chứng thư thử nghiệm, không có giá trị pháp lý."]
    return Verdict.VALID, []


def _time_source(own: Proof | None, proof: Proof | None, signing_time: dt.datetime | None) -> str:
    if own is not None:
        return "dấu thời gian"
    if proof is not None and proof.authority == _RECEIVED:
        return "thời gian do phía ký khai; tệp có trong nhật ký tiếp nhận"
    if proof is not None:
        return "thời gian do phía ký khai; có dấu thời gian đặt sau trên văn bản"
    return "thời gian do phía ký khai, không có dấu thời gian" if signing_time else ""


def _conclude(
    signatures: Sequence[SignatureReport],
    items: Sequence[_Item],
    dangers: hazards.Hazards,
    stamp: tuple[str, str],
) -> Report:
    caution = dangers.doubts
    reasons: list[str] = [*caution]
    verdicts = {signature.verdict for signature in signatures}
    if not any(signature.kind == "chữ ký số" for signature in signatures):
        verdict, reasons = Verdict.UNDECIDED, [*caution, "Tệp không có chữ ký số."]
        if Verdict.INVALID in verdicts:
            verdict = Verdict.INVALID
    elif Verdict.INVALID in verdicts:
        verdict = Verdict.INVALID
    elif Verdict.UNDECIDED in verdicts or caution:
        verdict = Verdict.UNDECIDED
    else:
        verdict = Verdict.PRACTICE if Verdict.PRACTICE in verdicts else Verdict.VALID
    for signature in signatures:
        if signature.verdict in (Verdict.INVALID, Verdict.UNDECIDED):
            reasons += [f"Chữ ký “{signature.field}”: {reason}" for reason in signature.reasons]
    if signatures and not any(s.covers_whole_file for s in signatures):
        last, tail = signatures[-1], items[-1].checked.unprotected_tail
        if tail or last.modification not in (integrity.NO_CHANGE, integrity.ONLY_EVIDENCE):
            reasons.append("Sau chữ ký cuối cùng còn có thay đổi mà không chữ ký nào bảo vệ.")
            if verdict in (Verdict.VALID, Verdict.PRACTICE):
                verdict = Verdict.UNDECIDED
    if verdict is Verdict.PRACTICE:
        reasons.append("Chữ ký dùng chứng thư thử nghiệm, không có giá trị pháp lý.")
    return Report(verdict, tuple(reasons), tuple(signatures), *stamp, notices=dangers.notices)
