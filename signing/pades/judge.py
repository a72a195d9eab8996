"""The certificate behind a signature: term, scope and state (Điều 31), path (Điều 32)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing.pades.report import CertificateEvidence, iso
from signing.trust import path as paths
from signing.trust import revocation
from signing.trust.crl import IndexedCrl
from signing.trust.ocsp import OcspAnswer
from signing.trust.revocation import Revocation, RevocationStatus, show
from signing.trust.store import TrustStore

_FUTURE = dt.timedelta(minutes=10)


@dataclass
class Judgement:
    """Findings about one certificate at one signing time."""

    trusted: bool = False
    practice: bool = False
    revocation: Revocation = Revocation.UNCHECKED
    path: tuple[str, ...] = ()
    chain: tuple[x509.Certificate, ...] = ()
    evidence: tuple[CertificateEvidence, ...] = ()
    invalid: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def judge(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    store: TrustStore,
    *,
    signing_time: dt.datetime,
    at: dt.datetime,
    proven: dt.datetime | None = None,
    extra_lists: Sequence[IndexedCrl] = (),
    answers: Sequence[OcspAnswer] = (),
) -> Judgement:
    """Judge a signer's certificate as seen from `at`.

    `signing_time` is what the signer claims; `proven` a time at which the signature is proven to
    have existed (time stamp, receipt). A proof from after the certificate's end proves nothing of
    use. `others`, `extra_lists` and `answers` come from the document itself.
    """
    found = Judgement()
    if proven is not None:
        signing_time = min(signing_time, proven)
        if proven > certificate.not_valid_after_utc:
            proven = None
    _check_period(certificate, signing_time, proven, at, found)
    _check_scope(certificate, found)
    _check_strength(certificate, found)
    path = paths.build_path(certificate, store, others)
    found.path = tuple(paths.common_name(c.subject) for c in path.certificates)
    found.chain = path.certificates
    found.trusted, found.practice = path.trusted, path.practice
    found.undecided += path.problems
    if path.trusted:
        # Both at the claimed time and at the time up to which the signature must be believed.
        problems = paths.period_problems(path, signing_time)
        problems += paths.period_problems(path, at if proven is None else proven)
        found.undecided += dict.fromkeys(problems)
    states = [
        revocation.check(
            subject,
            issuer,
            store,
            signing_time=signing_time,
            proven=proven,
            at=at,
            extra=extra_lists,
            answers=answers,
        )
        for subject, issuer in zip(path.certificates, path.certificates[1:], strict=False)
    ]
    _take_states(path, states, found)
    return found


def _check_period(
    certificate: x509.Certificate,
    signing_time: dt.datetime,
    proven: dt.datetime | None,
    at: dt.datetime,
    found: Judgement,
) -> None:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if signing_time > at + _FUTURE:
        found.undecided.append("Thời điểm ký được khai nằm ở tương lai so với lúc kiểm tra.")
    if signing_time < begin:
        found.invalid.append(f"Chứng thư chưa có hiệu lực vào thời điểm ký (từ {show(begin)}).")
    elif signing_time > end:
        found.invalid.append(f"Chứng thư đã hết hạn trước thời điểm ký ({show(end)}).")
    elif at > end and proven is None:
        found.undecided.append(
            f"Chứng thư đã hết hạn ({show(end)}) và không có dấu thời gian để chứng minh "
            "chữ ký được tạo khi chứng thư còn hiệu lực."
        )


def _check_scope(certificate: x509.Certificate, found: Judgement) -> None:
    problem = paths.unknown_extension(certificate)
    if problem:
        found.undecided.append(problem)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        found.notices.append("Chứng thư không ghi mục đích sử dụng khóa.")
        return
    except ValueError:
        return
    if not usage.digital_signature and not usage.content_commitment:
        found.invalid.append("Chứng thư không được cấp để ký số (sai phạm vi sử dụng).")
    elif not usage.content_commitment:
        found.notices.append("Chứng thư không ghi mục đích chống chối bỏ (nonRepudiation).")


def _check_strength(certificate: x509.Certificate, found: Judgement) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        found.notices.append(f"Khóa RSA {key.key_size} bit yếu hơn mức tối thiểu 2048 bit.")
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < 256:
        found.notices.append(f"Khóa ECDSA {key.key_size} bit yếu hơn mức tối thiểu 256 bit.")
    algorithm = certificate.signature_hash_algorithm
    if algorithm is not None and algorithm.name in ("sha1", "md5"):
        found.notices.append("Chứng thư được ký bằng hàm băm cũ (SHA-1), không còn an toàn.")


def _take_states(path: paths.Path, states: list[RevocationStatus], found: Judgement) -> None:
    evidence = []
    for position, certificate in enumerate(path.certificates):
        state = states[position] if position < len(states) else None
        evidence.append(_evidence(certificate, state))
        if state is None:
            continue
        if state.state is Revocation.UNCHECKED:
            found.undecided.append(state.reason)
        elif state.state is Revocation.REVOKED:
            (found.invalid if state.conclusive else found.undecided).append(state.reason)
        elif state.reason:
            found.notices.append(state.reason)
    found.evidence = tuple(evidence)
    kinds = {state.state for state in states}
    if Revocation.REVOKED in kinds:
        found.revocation = Revocation.REVOKED
    elif kinds == {Revocation.GOOD} and path.trusted:
        found.revocation = Revocation.GOOD
    if not states and path.trusted:
        found.undecided.append("Người ký dùng chính chứng thư gốc, không kiểm tra được tình trạng.")


def _evidence(certificate: x509.Certificate, state: RevocationStatus | None) -> CertificateEvidence:
    return CertificateEvidence(
        subject=paths.common_name(certificate.subject),
        issuer=paths.common_name(certificate.issuer),
        serial=serial(certificate),
        not_before=iso(certificate.not_valid_before_utc),
        not_after=iso(certificate.not_valid_after_utc),
        revocation=state.state if state else "",
        revoked_at=iso(state.revoked_at) if state and state.revoked_at else "",
        source=state.source if state else "",
        list_issuer=state.list_issuer if state else "",
        this_update=iso(state.this_update) if state and state.this_update else "",
        next_update=iso(state.next_update) if state and state.next_update else "",
    )


def serial(certificate: x509.Certificate) -> str:
    """The serial number as the authority prints it: hex, upper case, whole bytes."""
    text = f"{certificate.serial_number:X}"
    return text.zfill(len(text) + len(text) % 2)
