"""Time stamps: only a trusted, sound, fitting one proves when a signature was made."""

import asyncio
import datetime as dt
import hashlib
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import cms
from signing.pades.prepare import prepare
from signing.pades.report import Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.signing.files import fonts, with_fields
from tests.signing.pki import DAY, NOW, Holder, crl, key, pki, serial, subscriber, write_trust


def _authority(*, purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING) -> Holder:
    """A time-stamping authority under the issuing CA."""
    name = f"Cấp dấu thời gian THỬ NGHIỆM {purpose.dotted_string}"
    own, issuer = key(name), pki().issuing
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(serial(name))
        .not_valid_before(NOW - 100 * DAY)
        .not_valid_after(NOW + 900 * DAY)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        .sign(issuer.key, hashes.SHA256())
    )
    return Holder(certificate, own, (issuer.certificate, *issuer.above))


def _token(holder: Holder, signature: bytes, when: dt.datetime) -> asn1_cms.ContentInfo:
    private = holder.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    store = SimpleCertificateStore()
    store.register_multiple([asn1_x509.Certificate.load(der) for der in holder.chain])
    stamper = DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(holder.der),
        tsa_key=asn1_keys.PrivateKeyInfo.load(private),
        certs_to_embed=store,
        fixed_dt=when,
    )
    return asyncio.run(stamper.async_timestamp(hashlib.sha256(signature).digest(), "sha256"))


def _stamped(
    signer: Holder, stamping: Holder, when: dt.datetime, over: bytes | None = None
) -> bytes:
    """A signed letter whose signature carries a time stamp."""
    made = prepare(
        with_fields(),
        field="lanh_dao",
        signing_time=NOW,
        appearance=None,
        fonts=fonts(),
        reserve=16 * 1024,
    )
    container = asn1_cms.ContentInfo.load(
        cms.build(made.digest, signer.der, signer.chain, signer.sign)
    )
    info = container["content"]["signer_infos"][0]
    token = _token(stamping, over or info["signature"].native, when)
    info["unsigned_attrs"] = asn1_cms.CMSAttributes(
        [asn1_cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
    )
    data = container.dump(force=True).hex().upper().encode()
    start, end = made.byte_range[1] + 1, made.byte_range[2] - 1
    return made.pdf[:start] + data.ljust(end - start, b"0") + made.pdf[end:]


@pytest.fixture
def short() -> Holder:
    return subscriber("Người đã hết hạn có dấu thời gian", pki().issuing, not_after=NOW + DAY)


@pytest.fixture
def trust(tmp_path: Path) -> TrustStore:
    made = pki()
    lists = [crl(h, next_update=NOW + 60 * DAY) for h in (made.root, made.issuing)]
    return TrustStore.load(
        write_trust(tmp_path, roots=(made.root,), intermediates=(made.issuing,), crls=lists)
    )


def test_a_time_stamp_keeps_the_signature_of_an_expired_certificate_valid(trust, short):
    signed = _stamped(short, _authority(), NOW + dt.timedelta(minutes=1))
    found = verify(signed, trust=trust, at=NOW + 30 * DAY)
    assert found.verdict == Verdict.VALID, found.reasons
    assert found.signatures[0].time_source == "dấu thời gian"
    assert found.signatures[0].signing_time == "2026-11-21T10:09:05+07:00"


def test_a_time_stamp_over_another_signature_proves_nothing(trust, short):
    signed = _stamped(short, _authority(), NOW, over=b"another")
    found = verify(signed, trust=trust, at=NOW + 30 * DAY)
    assert found.verdict == Verdict.UNDECIDED
    assert any("không thuộc về chữ ký này" in reason for reason in found.reasons)


def test_a_certificate_for_another_purpose_cannot_stamp(trust, short):
    wrong = _authority(purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    found = verify(_stamped(short, wrong, NOW), trust=trust, at=NOW + 30 * DAY)
    assert found.verdict == Verdict.UNDECIDED


def test_a_difference_of_seven_hours_is_a_note_and_no_error(trust):
    signed = _stamped(pki().leader, _authority(), NOW + dt.timedelta(hours=7))
    found = verify(signed, trust=trust, at=NOW + DAY)
    assert found.verdict == Verdict.VALID, found.reasons
    assert any("lệch nhau 7 giờ" in notice for notice in found.signatures[0].notices)
