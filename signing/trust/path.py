"""Paths from a certificate to a root (Điều 32 NĐ 68/2024; RFC 5280, 6.1).

A small profile: names chain by their DER, signatures verify, every issuer is a certification
authority that may sign certificates, path lengths, name constraints and demands for policies hold,
no critical extension is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from signing.trust import constraints, policies
from signing.trust.certificates import issued_by
from signing.trust.store import TrustStore

MAX_LENGTH = 8
_MAX_TRIES = 64
_UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.POLICY_MAPPINGS,
    ExtensionOID.INHIBIT_ANY_POLICY,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.OCSP_NO_CHECK,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
}


@dataclass(frozen=True)
class Path:
    """Certificates from the subject up to the root, or as far as it could be followed."""

    certificates: tuple[x509.Certificate, ...]
    trusted: bool
    practice: bool
    problems: tuple[str, ...] = ()


def build_path(
    certificate: x509.Certificate, store: TrustStore, others: Iterable[x509.Certificate] = ()
) -> Path:
    """The best path of a certificate: to a root, else to a practice root, else as long as possible.

    `others` are certificates found beside the signature; they help to build and are never roots.
    `problems` says in Vietnamese why no root was reached. Times are judged by `period_problems`.
    """
    extra: dict[bytes, list[x509.Certificate]] = {}
    for other in others:
        extra.setdefault(other.subject.public_bytes(), []).append(other)
    best: Path | None = None
    for found in _walk((certificate,), store, extra, [_MAX_TRIES]):
        if found.trusted and not found.practice:
            return found
        if best is None or _rank(found) > _rank(best):
            best = found
    return best or Path((certificate,), False, False, (_no_issuer(certificate),))


def _rank(path: Path) -> tuple[bool, int]:
    return path.trusted, len(path.certificates)


def _walk(
    chain: tuple[x509.Certificate, ...],
    store: TrustStore,
    extra: dict[bytes, list[x509.Certificate]],
    tries: list[int],
) -> Iterator[Path]:
    last = chain[-1]
    if last in store.roots or last in store.practice_roots:
        problem = _whole_path_problem(chain)
        if problem:
            yield Path(chain, False, False, (problem,))
        else:
            yield Path(chain, True, last not in store.roots)
        return
    reached = False
    name = last.issuer.public_bytes()
    if len(chain) < MAX_LENGTH:
        for issuer in (*store.named(name), *extra.get(name, ())):
            tries[0] -= 1
            if tries[0] < 0 or issuer in chain or not issued_by(last, issuer):
                continue
            reached = True
            problem = _authority_problem(issuer, below=len(chain) - 1)
            if problem:
                yield Path((*chain, issuer), False, False, (problem,))
            else:
                yield from _walk((*chain, issuer), store, extra, tries)
    if not reached:
        yield Path(chain, False, False, (_no_issuer(last),))


def _authority_problem(issuer: x509.Certificate, *, below: int) -> str:
    """Why a certificate may not issue others; empty when it may. `below`: authorities under it."""
    name = common_name(issuer.subject)
    try:
        extensions = issuer.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return f"“{name}” không có quyền cấp chứng thư (thiếu thông tin cơ quan chứng thực)."
    except ValueError:
        return f"Không đọc được phần mở rộng trong chứng thư của “{name}”."
    if not constraints.ca or not usage.key_cert_sign:
        return f"“{name}” không có quyền cấp chứng thư."
    if constraints.path_length is not None and below > constraints.path_length:
        return f"Đường dẫn chứng thực dài hơn mức “{name}” cho phép."
    return unknown_extension(issuer)


def _whole_path_problem(chain: tuple[x509.Certificate, ...]) -> str:
    """Why the authorities of a path that reaches a root do not cover its subject; or empty."""
    try:
        strange = constraints.violation(chain)
        if strange is not None:
            return (
                f"Tên trong chứng thư của “{common_name(strange.subject)}” nằm ngoài phạm vi "
                "tên mà cơ quan chứng thực cấp trên được phép cấp."
            )
        if not policies.acceptable(chain):
            return "Đường dẫn chứng thực không đáp ứng chính sách chứng thư mà cấp trên yêu cầu."
    except ValueError:
        return "Không đọc được ràng buộc về tên hoặc chính sách trong đường dẫn chứng thực."
    return ""


def unknown_extension(certificate: x509.Certificate) -> str:
    """A sentence when a certificate has a critical extension that we do not understand."""
    name = common_name(certificate.subject)
    try:
        for extension in certificate.extensions:
            if extension.critical and extension.oid not in _UNDERSTOOD:
                return (
                    f"Chứng thư của “{name}” có ràng buộc mà phần mềm không hiểu "
                    f"({extension.oid.dotted_string})."
                )
    except ValueError:
        return f"Không đọc được phần mở rộng trong chứng thư của “{name}”."
    return ""


def period_problems(path: Path, at: dt.datetime) -> tuple[str, ...]:
    """The authorities of a path that are not valid at an instant; the subject is not asked."""
    return tuple(
        f"Chứng thư của “{common_name(issuer.subject)}” không có hiệu lực vào thời điểm xét."
        for issuer in path.certificates[1:]
        if not issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc
    )


def _no_issuer(certificate: x509.Certificate) -> str:
    return (
        f"Không tìm được chứng thư gốc tin cậy: thiếu chứng thư của "
        f"“{common_name(certificate.issuer)}”, hoặc chứng thư đó không nằm trong danh sách tin cậy."
    )


def common_name(name: x509.Name) -> str:
    """The CN of a name, or the whole name when it has none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
