"""Attacks inside the container, and signatures of people who may not sign."""

from __future__ import annotations

import hashlib

from tests.data.attack_list import INVALID, UNDECIDED, attack
from tests.data.containers import bare_rsa_sha1, odd, pkcs7_sha1
from tests.data.people import people
from tests.data.tiny import LEADER, Container, Tiny, usual
from tests.signing.pki import NOW, Holder
from tests.signing.responders import stamp


def _signed(
    by: Holder | Container, sub_filter: bytes = b"ETSI.CAdES.detached", **more: bytes
) -> bytes:
    return Tiny().sign(LEADER, by, sub_filter=sub_filter, **more).data  # type: ignore[arg-type]  # bytes only


def _enter(name: str, verdict: str, because: str, about: str, **options: object) -> None:
    """A container by the leader that departs from what should be."""

    def make() -> bytes:
        made = {key: value() if callable(value) else value for key, value in options.items()}
        return _signed(odd(people().leader, **made))  # type: ignore[arg-type]  # options by name

    attack(name, verdict, because, about)(make)


_enter(
    "a0-sai-gia-tri-bam",
    INVALID,
    "nguyên vẹn",
    "Giá trị băm trong chữ ký là của nội dung khác.",
    wrong_digest=True,
)
_enter(
    "a1-doi-chung-thu",
    INVALID,
    "ràng buộc",
    "signing-certificate-v2 chỉ sang chứng thư khác.",
    named=lambda: people().agency.der,
)
_enter("a2-hai-nguoi-ky", INVALID, "", "Hai SignerInfo trong một chữ ký.", signers=2)
_enter("a3-khong-nguoi-ky", INVALID, "", "Không có SignerInfo.", signers=0)
_enter("a4-sha1", UNDECIDED, "SHA-1", "Hàm băm SHA-1.", digest="sha1")
_enter(
    "a6-mang-noi-dung",
    INVALID,
    "nội dung khác",
    "CMS mang theo nội dung khác bên trong.",
    inside=b"noi dung khac",
)
_enter("a7-loai-noi-dung", INVALID, "", "Thuộc tính content-type sai.", content_type="tst_info")
_enter("a8-hai-gia-tri-bam", INVALID, "", "Hai thuộc tính message-digest.", twice=True)
_enter(
    "a9-khong-rang-buoc",
    UNDECIDED,
    "ràng buộc",
    "Không có signing-certificate trong chữ ký PAdES.",
    named=b"",
)
_enter(
    "aa-khong-thuoc-tinh", UNDECIDED, "ràng buộc", "Không có thuộc tính được ký.", attributes=False
)
_enter("ab-khong-chung-thu", INVALID, "", "Không kèm chứng thư nào.", certificates=[])
_enter(
    "ac-mao-ten",
    INVALID,
    "",
    "Ghi số hiệu chứng thư của người khác.",
    shown=lambda: people().namesake,
    named=lambda: people().leader.der,
    certificates=lambda: (people().namesake.der, *people().leader.chain),
)


@attack(
    "b0-nguoi-la-trung-ten", UNDECIDED, "chứng thư gốc", "Người lạ có chứng thư mang tên người ký."
)
def _stranger() -> bytes:
    return _signed(people().stranger)


@attack("b1-kem-goc-gia", UNDECIDED, "chứng thư gốc", "Kèm sẵn chứng thư gốc của kẻ giả mạo.")
def _own_root() -> bytes:
    stranger = people().stranger
    return _signed(odd(stranger, certificates=(stranger.der, *stranger.chain)))


@attack("b2-da-thu-hoi", INVALID, "đã bị thu hồi", "Chứng thư bị thu hồi trước khi ký.")
def _revoked() -> bytes:
    return _signed(people().revoked)


@attack("b3-het-han", INVALID, "đã hết hạn", "Chứng thư hết hạn trước khi ký.")
def _expired() -> bytes:
    return _signed(people().expired)


@attack("b4-sai-pham-vi", INVALID, "sai phạm vi", "Chứng thư chỉ để mã hóa.")
def _encrypting() -> bytes:
    return _signed(people().encrypting)


@attack("b5-ngay-tuong-lai", UNDECIDED, "tương lai", "Thời điểm ký ở tương lai.")
def _future() -> bytes:
    tiny = Tiny()
    tiny.sign(LEADER, people().leader, extra=b"/M (D:20280101000000Z)")
    return _without_first_date(tiny)


def _without_first_date(tiny: Tiny) -> bytes:
    """Sign anew with the only date that is left."""
    before, _, after = tiny.data.rpartition(b"/M (D:2026")
    data = before + b"/N (D:2026" + after
    start, end = tiny.hole
    tiny.data = data
    tiny.put(usual(people().leader)(data[:start] + data[end:]))
    return tiny.data


@attack("b6-pkcs7-sha1", UNDECIDED, "adbe.pkcs7.sha1", "Kiểu cũ adbe.pkcs7.sha1, còn nguyên vẹn.")
def _old_container() -> bytes:
    return _signed(pkcs7_sha1(people().leader), b"adbe.pkcs7.sha1")


@attack(
    "b7-x509-rsa-sha1",
    UNDECIDED,
    "adbe.x509.rsa_sha1",
    "Kiểu cũ adbe.x509.rsa_sha1, còn nguyên vẹn.",
)
def _bare() -> bytes:
    signer = people().rsa
    extra = b"/Cert <%s>" % signer.der.hex().encode()
    return _signed(bare_rsa_sha1(signer), b"adbe.x509.rsa_sha1", extra=extra)


@attack(
    "b8-pkcs7-sha1-bi-sua",
    INVALID,
    "không còn nguyên vẹn",
    "Kiểu cũ adbe.pkcs7.sha1, nội dung bị sửa.",
)
def _old_container_changed() -> bytes:
    return _old_container().replace(b"so: 10 nguoi", b"so: 90 nguoi")


@attack(
    "b9-x509-rsa-sha1-bi-sua",
    INVALID,
    "không còn nguyên vẹn",
    "Kiểu cũ adbe.x509.rsa_sha1, nội dung bị sửa.",
)
def _bare_changed() -> bytes:
    return _bare().replace(b"so: 10 nguoi", b"so: 90 nguoi")


def _stamped(stamped: bytes | None) -> bytes:
    """A time stamp by a server that nobody trusts, or over something else."""
    from signing import cms
    from signing.pades import tsp

    def make(signed: bytes) -> bytes:
        container = usual(people().leader)(signed)
        value = cms.signature_value(container) if stamped is None else stamped
        query = tsp.request(hashlib.sha256(value).digest(), 5)
        answer = stamp(query, people().stamps, made=NOW)
        return cms.with_time_stamp(container, tsp.read(answer, hashlib.sha256(value).digest(), 5))

    return Tiny().sign(LEADER, make, reserve=6000).data


@attack(
    "c0-dau-thoi-gian-gia", UNDECIDED, "tin cậy", "Dấu thời gian của máy chủ không được tin cậy."
)
def _false_stamp() -> bytes:
    return _stamped(None)


@attack("c1-dau-thoi-gian-khac", UNDECIDED, "không thuộc về", "Dấu thời gian của một chữ ký khác.")
def _foreign_stamp() -> bytes:
    return _stamped(b"chu ky khac")
