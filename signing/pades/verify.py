"""Verification of a signed PDF: integrity, later changes, certificate, path, revocation, verdict.

The order is that of Điều 30-32 NĐ 68/2024 as far as it is known: read, integrity, certificate at
the signing time, path, time stamp, display. A verdict is never better than what was really
checked: without a revocation list it is "chưa xác định" (Điều 31 khoản 2).
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.pades import hazards, integrity, stamps
from signing.pades.increment import VIETNAM
from signing.pades.judge import Judgement, judge, serial
from signing.pades.limits import MAX_PDF_BYTES
from signing.pades.report import Report, SignatureReport, Verdict, iso
from signing.trust import path as paths
from signing.trust.crl import IndexedCrl
from signing.trust.store import TrustStore

_SUPPORTED = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached", "/ETSI.RFC3161")
_SEVEN_HOURS = dt.timedelta(hours=7)
_QUIRK_WINDOW = dt.timedelta(minutes=30)


def verify(pdf: bytes, *, trust: TrustStore, at: dt.datetime) -> Report:
    """Judge every signature of a PDF as seen from `at` (aware). Never raises for a bad file.

    Strangers' files belong into `signing.pades.sandbox.Sandbox`, which calls this in a process
    that can be killed.
    """
    checked, digest = iso(at), hashlib.sha256(pdf).hexdigest()

    def unreadable(reason: str) -> Report:
        return Report.unreadable(reason, checked_at=checked, sha256=digest)

    if len(pdf) > MAX_PDF_BYTES:
        return unreadable("Tệp lớn hơn 100 MB nên không được kiểm tra.")
    if b"%PDF-" not in pdf[:1024]:
        return unreadable("Tệp không phải là PDF.")
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        if reader.encrypted:
            return unreadable("Tệp có đặt mật khẩu hoặc mã hóa nên không kiểm tra được.")
        found = list(enumerate_sig_fields(reader, filled_status=True))
        caution = hazards.find(reader)
        lists = _embedded_lists(reader)
        reports = [_one(reader, pdf, name, ref, trust, at, lists) for name, _, ref in found]
    except (*integrity.BROKEN, RecursionError) as error:
        return unreadable(f"Tệp PDF bị hỏng hoặc không đúng cấu trúc ({type(error).__name__}).")
    reports.sort(key=lambda item: item[0])
    return _conclude(
        [r for _, r, _ in reports], [f for _, _, f in reports], caution, (checked, digest)
    )


def _conclude(
    signatures: list[SignatureReport],
    tails: list[bool],
    caution: Sequence[str],
    stamp: tuple[str, str],
) -> Report:
    reasons: list[str] = [*caution]
    verdicts = {signature.verdict for signature in signatures}
    if not signatures:
        verdict, reasons = Verdict.UNDECIDED, [*caution, "Tệp không có chữ ký số."]
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
        last = signatures[-1]
        if tails[-1] or last.modification not in (integrity.NO_CHANGE, integrity.ONLY_EVIDENCE):
            reasons.append("Sau chữ ký cuối cùng còn có thay đổi mà không chữ ký nào bảo vệ.")
            if verdict in (Verdict.VALID, Verdict.PRACTICE):
                verdict = Verdict.UNDECIDED
    if verdict is Verdict.PRACTICE:
        reasons.append("Chữ ký dùng chứng thư thử nghiệm, không có giá trị pháp lý.")
    return Report(verdict, tuple(reasons), tuple(signatures), *stamp)


def _one(
    reader: PdfFileReader,
    pdf: bytes,
    name: str,
    reference: Any,
    trust: TrustStore,
    at: dt.datetime,
    lists: Sequence[IndexedCrl],
) -> tuple[int, SignatureReport, bool]:
    """The signature's place in the file, its report, and whether strange bytes follow it."""
    value: Any = None
    try:
        value = reference.get_object()["/V"]
        kind = str(value["/SubFilter"]) if "/SubFilter" in value else ""
        if kind not in _SUPPORTED:
            reason = f"Định dạng chữ ký {kind or 'không rõ'} chưa được hỗ trợ kiểm tra."
            return 0, SignatureReport(name, reasons=(reason,), sub_filter=kind), False
        embedded = EmbeddedPdfSignature(reader, reference.get_object(), name)
        certificate = x509.load_der_x509_certificate(embedded.signer_cert.dump())
    except integrity.BROKEN as error:
        reason = f"Không đọc được dữ liệu chữ ký ({type(error).__name__})."
        broken = SignatureReport(name, verdict=Verdict.INVALID, reasons=(reason,))
        return 0, broken, False
    checked = integrity.examine(embedded, pdf)
    report = _report(embedded, certificate, checked, kind, trust, at, lists)
    return embedded.signed_revision, report, checked.unprotected_tail


def _report(
    embedded: EmbeddedPdfSignature,
    certificate: x509.Certificate,
    checked: integrity.Integrity,
    kind: str,
    trust: TrustStore,
    at: dt.datetime,
    lists: Sequence[IndexedCrl],
) -> SignatureReport:
    signing_time, proven, stamp_problems = _times(embedded, checked.notices, kind, trust, at)
    judged = judge(
        certificate,
        _others(embedded),
        trust,
        signing_time=signing_time or at,
        time_is_proven=proven is not None,
        at=at,
        extra_lists=lists,
    )
    if signing_time is None:
        judged.undecided.append("Chữ ký không ghi thời điểm ký.")
    judged.undecided += stamp_problems
    verdict, reasons = _verdict(checked, judged)
    algorithm = _algorithm(embedded, checked.notices)
    return SignatureReport(
        field=embedded.field_name,
        kind="dấu thời gian" if kind == "/ETSI.RFC3161" else "chữ ký số",
        intact=checked.intact,
        covers_whole_file=checked.covers_whole_file,
        modification=checked.modification,
        trusted=judged.trusted,
        revocation=judged.revocation,
        signing_time=iso(signing_time) if signing_time else "",
        verdict=verdict,
        reasons=tuple(reasons),
        notices=tuple(dict.fromkeys([*checked.notices, *judged.notices])),
        time_source=_time_source(proven, signing_time),
        algorithm=algorithm,
        sub_filter=kind,
        path=judged.path,
        evidence=judged.evidence,
        changed_fields=checked.changed_fields,
        locked_fields=checked.locked_fields,
        practice=judged.practice,
        **_identity(certificate),
    )


def _times(
    embedded: EmbeddedPdfSignature,
    notices: list[str],
    kind: str,
    trust: TrustStore,
    at: dt.datetime,
) -> tuple[dt.datetime | None, dt.datetime | None, list[str]]:
    """The signing time to judge by, the proven one if any, and why a stamp was refused."""
    claimed = _claimed_time(embedded, notices)
    proven: dt.datetime | None = None
    problems: list[str] = []
    if kind == "/ETSI.RFC3161":
        claimed = embedded.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    try:
        proven = stamps.proven_time(embedded.signer_info, trust, at)
    except stamps.StampRefused as refused:
        problems.append(str(refused))
    _note_seven_hours(embedded, claimed, proven, notices)
    return proven or claimed, proven, problems


def _identity(certificate: x509.Certificate) -> dict[str, Any]:
    """What a report says of the certificate itself."""
    return {
        "signer": paths.common_name(certificate.subject),
        "organisation": ", ".join(_attributes(certificate, NameOID.ORGANIZATION_NAME)),
        "units": tuple(_attributes(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)),
        "email": _email(certificate),
        "serial": serial(certificate),
        "issuer": paths.common_name(certificate.issuer),
        "not_before": iso(certificate.not_valid_before_utc),
        "not_after": iso(certificate.not_valid_after_utc),
        "key_size": _key_size(certificate),
        "certificate_sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }


def _verdict(checked: integrity.Integrity, judged: Judgement) -> tuple[Verdict, list[str]]:
    invalid = [*checked.forbidden, *judged.invalid]
    if not checked.intact and not checked.forbidden:
        invalid.append("Chữ ký không còn nguyên vẹn.")
    if invalid:
        return Verdict.INVALID, list(dict.fromkeys(invalid))
    if judged.undecided or not judged.trusted:
        return Verdict.UNDECIDED, list(dict.fromkeys(judged.undecided))
    if judged.practice:
        return Verdict.PRACTICE, ["Chứng thư thử nghiệm, không có giá trị pháp lý."]
    return Verdict.VALID, []


def _claimed_time(embedded: EmbeddedPdfSignature, notices: list[str]) -> dt.datetime | None:
    try:
        claimed = embedded.self_reported_timestamp
    except integrity.BROKEN:
        notices.append("Không đọc được thời điểm ký ghi trong chữ ký.")
        return None
    if isinstance(claimed, dt.datetime) and claimed.tzinfo is None:
        notices.append("Thời điểm ký không ghi múi giờ; được hiểu là giờ Việt Nam.")
        return claimed.replace(tzinfo=VIETNAM)
    return claimed


def _note_seven_hours(
    embedded: EmbeddedPdfSignature,
    claimed: dt.datetime | None,
    proven: dt.datetime | None,
    notices: list[str],
) -> None:
    """Some tools write local time and call it UTC (legal.md 6.4): a note, never an error."""
    other = proven
    if other is None and claimed is not None:
        try:
            other = _pdf_time(embedded)
        except integrity.BROKEN:
            return
    if claimed is None or other is None:
        return
    if abs(abs(claimed - other) - _SEVEN_HOURS) < _QUIRK_WINDOW:
        notices.append(
            "Hai thời điểm ghi trong chữ ký lệch nhau 7 giờ: có phần mềm ghi giờ Việt Nam "
            "dưới nhãn giờ quốc tế (UTC)."
        )


def _pdf_time(embedded: EmbeddedPdfSignature) -> dt.datetime | None:
    from pyhanko.pdf_utils.generic import parse_pdf_date

    if "/M" not in embedded.sig_object:
        return None
    made = parse_pdf_date(embedded.sig_object["/M"], strict=False)
    return made if made.tzinfo else made.replace(tzinfo=VIETNAM)


def _time_source(proven: dt.datetime | None, signing_time: dt.datetime | None) -> str:
    if proven is not None:
        return "dấu thời gian"
    return "thời gian do phía ký khai, không có dấu thời gian" if signing_time else ""


def _others(embedded: EmbeddedPdfSignature) -> list[x509.Certificate]:
    found = []
    for certificate in embedded.other_embedded_certs[:32]:
        try:
            found.append(x509.load_der_x509_certificate(certificate.dump()))
        except ValueError:
            continue
    return found


def _embedded_lists(reader: PdfFileReader) -> list[IndexedCrl]:
    """Revocation lists kept in the document (PAdES LT). Who signed them is checked as always."""
    found = []
    try:
        store = reader.root["/DSS"]
        for entry in list(store["/CRLs"])[:16]:
            found.append(IndexedCrl(entry.get_object().data))
    except integrity.BROKEN:
        pass
    return found


def _algorithm(embedded: EmbeddedPdfSignature, notices: list[str]) -> str:
    info = embedded.signer_info
    digest = str(info["digest_algorithm"]["algorithm"].native).lower()
    scheme = str(info["signature_algorithm"].signature_algo)
    if digest in ("sha1", "md5"):
        notices.append(f"Chữ ký dùng hàm băm cũ ({digest.upper()}), không còn an toàn.")
    if not any(
        attribute["type"].native in ("signing_certificate", "signing_certificate_v2")
        for attribute in info["signed_attrs"]
    ):
        notices.append("Chữ ký kiểu cũ: không ràng buộc chứng thư người ký (signing-certificate).")
    names = {"rsassa_pkcs1v15": "RSA PKCS#1 v1.5", "rsassa_pss": "RSA-PSS", "ecdsa": "ECDSA"}
    return f"{names.get(scheme, scheme)}, {digest.upper().replace('SHA', 'SHA-')}"


def _key_size(certificate: x509.Certificate) -> int:
    key = certificate.public_key()
    return key.key_size if isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) else 0


def _attributes(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(a.value) for a in certificate.subject.get_attributes_for_oid(oid)]


def _email(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return next(iter(names.get_values_for_type(x509.RFC822Name)), "")
    except (x509.ExtensionNotFound, ValueError):
        return next(iter(_attributes(certificate, NameOID.EMAIL_ADDRESS)), "")
