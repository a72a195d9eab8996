"""The small authority of the corpus: elliptic curves, so that the files stay small."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.signing.pki import DAY, NOW, Holder, authority, crl, subscriber
from tests.signing.responders import service

CHECKED_AT = NOW + DAY / 24


@dataclass(frozen=True)
class People:
    root: Holder
    issuing: Holder
    leader: Holder
    agency: Holder
    revoked: Holder
    expired: Holder
    encrypting: Holder
    rsa: Holder
    namesake: Holder
    stranger: Holder
    stamps: Holder


@cache
def people() -> People:
    """Everybody who signs in the corpus; the stranger's authority is not trusted."""
    root = authority("RootCA THỬ NGHIỆM (mẫu tấn công)", bits=256)
    issuing = authority("CA THỬ NGHIỆM (mẫu tấn công)", root, bits=256, path_length=0)
    foreign = authority("CA của kẻ giả mạo THỬ NGHIỆM", bits=256)
    leader = subscriber("Nguyễn Văn Mẫu", issuing, "UBND xã Đồi Mẫu", bits=256)
    return People(
        root=root,
        issuing=issuing,
        leader=leader,
        agency=subscriber("UBND XÃ ĐỒI MẪU", issuing, bits=256),
        revoked=subscriber("Người đã bị thu hồi", issuing, bits=256),
        expired=subscriber("Người hết hạn", issuing, bits=256, not_after=NOW - DAY),
        encrypting=subscriber("Chứng thư mã hóa", issuing, bits=256, usages=("key_encipherment",)),
        rsa=subscriber("Người dùng chữ ký kiểu cũ", issuing, bits=2048),
        namesake=subscriber("Nguyễn Văn Mẫu", issuing, "UBND xã Khác", bits=256, number=77),
        stranger=subscriber("Nguyễn Văn Mẫu", foreign, "UBND xã Đồi Mẫu", bits=256),
        stamps=service("Dấu thời gian của kẻ giả mạo", foreign, ExtendedKeyUsageOID.TIME_STAMPING),
    )


def lists() -> tuple[bytes, bytes]:
    """Lists that stay current: the corpus is judged at one fixed moment."""
    made = people()
    return (
        crl(made.root),
        crl(made.issuing, [(made.revoked.certificate.serial_number, NOW - 2 * DAY)]),
    )
