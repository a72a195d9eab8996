"""The signature container: built from a digest, checked by ourselves and by programs of others."""

import hashlib
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from signing import cms, errors
from signing.pades import tsp
from tests.signing import pki
from tests.signing.responders import stamp, stamp_server

DATA = "Nội dung văn bản".encode()
DIGEST = hashlib.sha256(DATA).digest()


def person(bits: int) -> pki.Holder:
    root = pki.authority("CA gốc THỬ NGHIỆM cms", bits=2048)
    issuing = pki.authority("CA cấp dưới THỬ NGHIỆM cms", root, bits=2048)
    return pki.subscriber(f"Người Thử {bits}", issuing, "Phòng Thử", bits=bits)


@pytest.fixture(scope="module", params=[3072, 256, 384], ids=["rsa", "ecdsa", "p384"])
def holder(request: pytest.FixtureRequest) -> pki.Holder:
    return person(request.param)


@pytest.fixture(scope="module")
def container(holder: pki.Holder) -> bytes:
    return cms.build(DIGEST, holder.der, holder.chain, holder.sign)


def test_a_container_built_by_us_passes_our_own_check(holder: pki.Holder, container: bytes) -> None:
    cms.check(container, DIGEST, holder.der)


def test_the_container_holds_the_three_attributes_of_pades_and_no_time(
    container: bytes, holder: pki.Holder
) -> None:
    content = asn1_cms.ContentInfo.load(container, strict=True)["content"]
    (signer,) = content["signer_infos"]
    kinds = {attribute["type"].native for attribute in signer["signed_attrs"]}
    reference = "1.2.840.113549.1.9.16.2.47"  # signing-certificate-v2
    assert kinds - {"signing_certificate_v2"} <= {"content_type", "message_digest", reference}
    assert len(signer["signed_attrs"]) == len(kinds) == 3
    assert signer["unsigned_attrs"].native is None
    found = {each.chosen.dump() for each in content["certificates"]}
    assert found == {holder.der, *holder.chain}
    assert asn1_cms.ContentInfo.load(container).copy().dump(force=True) == container


def test_another_program_accepts_the_container(
    container: bytes, holder: pki.Holder, tmp_path: Path
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "container").write_bytes(container)
    root = holder.above[-1].public_bytes(Encoding.PEM)
    (tmp_path / "root.pem").write_bytes(root)
    command = "openssl cms -verify -binary -inform DER -in container -content data -CAfile root.pem"
    done = subprocess.run(
        [*command.split(), "-purpose", "any", "-attime", str(int(pki.NOW.timestamp()))],
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == DATA


@pytest.mark.parametrize("bits", [2048, 3072])
def test_probabilistic_padding_is_built_checked_and_accepted_by_another_program(
    bits: int, tmp_path: Path
) -> None:
    holder = person(bits)
    made = cms.build(DIGEST, holder.der, holder.chain, holder.sign_pss, cms.Scheme.PSS)
    cms.check(made, DIGEST, holder.der)
    assert asn1_cms.ContentInfo.load(made).copy().dump(force=True) == made
    test_another_program_accepts_the_container(made, holder, tmp_path)


def test_the_scheme_must_fit_the_key_and_the_signature() -> None:
    rsa, curve = person(2048), person(256)
    with pytest.raises(errors.CertUnreadable):
        cms.build(DIGEST, curve.der, curve.chain, curve.sign, cms.Scheme.PSS)
    for sign, scheme in ((rsa.sign, cms.Scheme.PSS), (rsa.sign_pss, cms.Scheme.USUAL)):
        with pytest.raises(errors.SignatureCheckFailed):
            cms.build(DIGEST, rsa.der, rsa.chain, sign, scheme)


def test_a_batch_may_be_signed_first_and_put_together_later(holder: pki.Holder) -> None:
    attributes = cms.signed_attributes(DIGEST, holder.der)
    container = cms.assemble(attributes, holder.sign(attributes), holder.der, holder.chain)
    cms.check(container, DIGEST, holder.der)


def test_a_signature_of_another_key_never_becomes_a_container(holder: pki.Holder) -> None:
    stranger = person(2048)
    with pytest.raises(errors.SignatureCheckFailed):
        cms.build(DIGEST, holder.der, holder.chain, stranger.sign)


def test_a_container_for_another_document_is_refused(container: bytes, holder: pki.Holder) -> None:
    with pytest.raises(errors.HashMismatch):
        cms.check(container, hashlib.sha256(b"khac").digest(), holder.der)


def test_a_container_of_another_certificate_is_refused(container: bytes) -> None:
    with pytest.raises(errors.SignatureCheckFailed):
        cms.check(container, DIGEST, person(2048).der)


def test_a_second_certificate_over_the_same_key_is_not_the_same_signer(
    container: bytes, holder: pki.Holder
) -> None:
    issuing = pki.authority("CA cấp dưới THỬ NGHIỆM cms", bits=2048)
    bits = holder.key.key_size
    renewed = pki.subscriber(f"Người Thử {bits}", issuing, "Phòng Thử", bits=bits, number=77)
    assert renewed.key is holder.key
    with pytest.raises(errors.SignatureCheckFailed):
        cms.check(container, DIGEST, renewed.der)


@lru_cache
def small_container() -> tuple[pki.Holder, bytes]:
    holder = person(256)
    return holder, cms.build(DIGEST, holder.der, [], holder.sign)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_to_a_container_makes_it_acceptable_or_crashes_the_check(
    data: st.DataObject,
) -> None:
    holder, whole = small_container()
    position = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.integers(1, 255))
    changed = bytearray(whole)
    changed[position] ^= value
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(errors.SigningError):
        cms.check(whole[:cut], DIGEST, holder.der)
    with pytest.raises(errors.SigningError):
        cms.check(bytes(changed), DIGEST, holder.der)


def _stamped(container: bytes) -> bytes:
    digest = tsp.imprint(cms.signature_value(container))
    query = tsp.request(digest, 7)
    return cms.with_time_stamp(
        container, tsp.read(stamp(query, stamp_server(), made=pki.NOW), digest, 7)
    )


def test_what_the_server_keeps_may_have_a_time_stamp_and_nothing_else(
    container: bytes, holder: pki.Holder
) -> None:
    stamped = _stamped(container)
    for kept in (container, stamped):
        cms.check_kept(kept, DIGEST, holder.der)
    with pytest.raises(errors.SignatureCheckFailed):  # what an agent sends has none yet
        cms.check(stamped, DIGEST, holder.der)
    with pytest.raises(errors.HashMismatch):
        cms.check_kept(stamped, bytes(32), holder.der)
    other = bytes.fromhex("060b2a864886f70d010910020e")
    for changed in (
        stamped.replace(other, other[:-1] + b"\x0d", 1),  # an attribute of another kind
        stamped + b"\x00",
        stamped[:-40],
        b"",
    ):
        with pytest.raises(errors.SignatureCheckFailed):
            cms.check_kept(changed, DIGEST, holder.der)


@pytest.mark.parametrize("garbage", [b"", b"x"])
def test_garbage_is_no_kept_container(garbage: bytes, holder: pki.Holder) -> None:
    with pytest.raises(errors.SignatureCheckFailed):
        cms.check_kept(garbage, DIGEST, holder.der)


@pytest.mark.parametrize("garbage", [b"", b"0", b"\x30\x80", b"\x30\x03\x02\x01\x01", b"x" * 99])
def test_garbage_in_place_of_a_certificate_is_named(garbage: bytes) -> None:
    with pytest.raises(errors.CertUnreadable):
        cms.signed_attributes(DIGEST, garbage)
    with pytest.raises(errors.CertUnreadable):
        cms.verify_signature(garbage, b"", b"")


def test_a_kind_of_key_we_do_not_know_is_refused() -> None:
    from tests.signing.tokens.conftest import self_signed

    key = ed25519.Ed25519PrivateKey.generate()
    certificate = self_signed(key, "Lạ", None).public_bytes(Encoding.DER)
    with pytest.raises(errors.CertUnreadable):
        cms.verify_signature(certificate, b"", b"")


def test_a_digest_of_the_wrong_size_is_refused(holder: pki.Holder) -> None:
    with pytest.raises(errors.HashMismatch):
        cms.signed_attributes(b"short", holder.der)


PDF = b"%PDF-1.7 before <00112233> after %%EOF"
HOLE = PDF.index(b"<")
REST = PDF.index(b">") + 1


def test_the_digest_leaves_out_exactly_the_hole() -> None:
    expected = hashlib.sha256(PDF[:HOLE] + PDF[REST:]).digest()
    assert cms.digest_of(PDF, [0, HOLE, REST, len(PDF) - REST]) == expected


@pytest.mark.parametrize(
    "byte_range",
    [
        [0, HOLE, REST],
        [1, HOLE - 1, REST, len(PDF) - REST],
        [0, HOLE - 1, REST, len(PDF) - REST],
        [0, HOLE, REST + 1, len(PDF) - REST - 1],
        [0, HOLE, REST, len(PDF) - REST - 1],
        [0, HOLE, REST, len(PDF) - REST + 1],
        [0, HOLE, HOLE, len(PDF) - HOLE],
        [0, REST, HOLE, len(PDF) - HOLE],
        [0, -1, REST, len(PDF) - REST],
        [0, HOLE, REST, 0],
        [0.0, HOLE, REST, len(PDF) - REST],
    ],
)
def test_a_byte_range_that_hides_or_misses_bytes_is_refused(byte_range: list[int]) -> None:
    with pytest.raises(errors.PdfBroken):
        cms.digest_of(PDF, byte_range)
