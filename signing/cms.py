"""The signature container of a PAdES B-B signature (ETSI EN 319 142-1, 6.3; RFC 5652; RFC 5035).

The agent builds it from a digest alone, the server checks it before it goes into the document. The
signed attributes are content-type, message-digest and signing-certificate-v2. There is no
signing-time attribute: PAdES puts the time into the PDF dictionary (EN 319 142-1, 6.3), and the
clock of a person's computer dates nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing.errors import CertUnreadable, HashMismatch, PdfBroken, SignatureCheckFailed
from signing.trust.certificates import load as load_certificate


class Scheme(StrEnum):
    """How the key signs: as its kind usually does, or RSA with probabilistic padding (RFC 4056)."""

    USUAL = "usual"
    PSS = "pss"


DIGEST_BYTES = 32
_CURVES = ("secp256r1", "secp384r1")


def digest_of(pdf: bytes, byte_range: Sequence[int]) -> bytes:
    """SHA-256 of the two stretches of bytes that a signature covers (ISO 32000-2, 12.8.1).

    The range must begin at the first byte, leave exactly one hole that holds a hexadecimal string
    between angle brackets, and end at the last byte; raises PdfBroken otherwise.
    """
    if len(byte_range) != 4 or not all(isinstance(part, int) for part in byte_range):
        raise PdfBroken("ByteRange is not four numbers")
    start, before, after, rest = byte_range
    if start != 0 or before <= 0 or rest <= 0 or after <= before + 1 or after + rest != len(pdf):
        raise PdfBroken("ByteRange does not cover the file with one hole")
    if pdf[before : before + 1] != b"<" or pdf[after - 1 : after] != b">":
        raise PdfBroken("ByteRange does not leave out one hexadecimal string")
    sha256 = hashlib.sha256(memoryview(pdf)[:before])
    sha256.update(memoryview(pdf)[after:])
    return sha256.digest()


def build(
    digest: bytes,
    certificate_der: bytes,
    chain_der: Iterable[bytes],
    sign: Callable[[bytes], bytes],
    scheme: Scheme = Scheme.USUAL,
) -> bytes:
    """The finished container, DER, checked against the certificate's public key before it leaves.

    `sign` receives the bytes to be signed (the DER of the signed attributes) and returns the raw
    signature in the `scheme`: RSA PKCS#1 v1.5 (or RSASSA-PSS), or ECDSA as a DER sequence; keys
    RSA 2048 to 4096, P-256, P-384; SHA-256 throughout, as the digest of the document. `chain_der`
    are the other certificates of the path, in any order. Raises CertUnreadable,
    SignatureCheckFailed and whatever `sign` raises.
    """
    attributes = signed_attributes(digest, certificate_der)
    return assemble(attributes, sign(attributes), certificate_der, chain_der, scheme)


def signed_attributes(digest: bytes, certificate_der: bytes, content_type: bytes = b"") -> bytes:
    """DER of the signed attributes, as a SET OF: exactly what the token has to sign.

    A batch asks for these first, has them all signed under one login, and then calls `assemble`.
    `content_type` (a DER object identifier) is for what is no document, such as a login; because it
    is signed, the one never passes for the other.
    """
    if len(digest) != DIGEST_BYTES:
        raise HashMismatch("the digest is not a SHA-256")
    issuer, serial = _issuer_and_serial(certificate_der)
    # ESSCertIDv2 (RFC 5035): binds the signature to one certificate, not merely to its key. SHA-256
    # is its default digest, which DER leaves out.
    reference = _der(
        _SEQUENCE,
        _der(_OCTETS, hashlib.sha256(certificate_der).digest()),
        _der(_SEQUENCE, _der(_SEQUENCE, _der(_DIRECTORY_NAME, issuer)), serial),
    )
    return _set_of(
        _attribute(_CONTENT_TYPE, content_type or _DATA),
        _attribute(_MESSAGE_DIGEST, _der(_OCTETS, digest)),
        _attribute(_SIGNING_CERTIFICATE_V2, _der(_SEQUENCE, _der(_SEQUENCE, reference))),
    )


def assemble(
    attributes: bytes,
    signature: bytes,
    certificate_der: bytes,
    chain_der: Iterable[bytes],
    scheme: Scheme = Scheme.USUAL,
    *,
    content_type: bytes = b"",
    content: bytes = b"",
) -> bytes:
    """The container around attributes that are already signed; checks itself like `build`.

    With a `content_type` that is not a document's, the `content` travels inside (RFC 5652, 5.2).
    """
    verify_signature(certificate_der, attributes, signature, scheme)
    issuer, serial = _issuer_and_serial(certificate_der)
    public_key = load_certificate(certificate_der).public_key()
    algorithm = _SHA256_RSA if isinstance(public_key, rsa.RSAPublicKey) else _SHA256_ECDSA
    signer = _der(
        _SEQUENCE,
        _VERSION_1,
        _der(_SEQUENCE, issuer, serial),
        _SHA256,
        _der(_CONTEXT_0, _contents(attributes)),
        _SHA256_PSS if scheme is Scheme.PSS else algorithm,
        _der(_OCTETS, signature),
    )
    certificates = dict.fromkeys((certificate_der, *chain_der))
    inside = _der(_SEQUENCE, _DATA)
    if content_type:
        inside = _der(_SEQUENCE, content_type, _der(_CONTEXT_0, _der(_OCTETS, content)))
    signed_data = _der(
        _SEQUENCE,
        _VERSION_3 if content_type else _VERSION_1,
        _set_of(_SHA256),
        inside,
        _der(_CONTEXT_0, _contents(_set_of(*certificates))),
        _set_of(signer),
    )
    return _der(_SEQUENCE, _SIGNED_DATA, _der(_CONTEXT_0, signed_data))


def with_time_stamp(container: bytes, token: bytes) -> bytes:
    """The container with a time-stamp token over its signature value (RFC 3161, appendix A).

    The token is an unsigned attribute, so nothing that was signed changes. Raises
    SignatureCheckFailed for a container that is not one signature, or that has a token already.
    """
    try:
        content = cms.ContentInfo.load(container, strict=True)
        infos = content["content"]["signer_infos"]
        if len(infos) != 1:
            raise SignatureCheckFailed("not one signature")
        info = infos[0]
        present = info["unsigned_attrs"].native or ()
        if any(each["type"] == "signature_time_stamp_token" for each in present):
            raise SignatureCheckFailed("there is a time stamp already")
        body = _contents(info.dump())
        whole = info["unsigned_attrs"].dump() if present else b""
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SignatureCheckFailed(f"unreadable container: {type(error).__name__}") from error
    inside = body[: len(body) - len(whole)] if whole else body
    members = [_attribute(_SIGNATURE_TIME_STAMP, token)]
    members += [each.dump() for each in info["unsigned_attrs"]] if present else []
    signer = _der(_SEQUENCE, inside, _der(_CONTEXT_1, _contents(_set_of(*members))))
    return _replace_signer(content, info.dump(), signer)


def _replace_signer(content: cms.ContentInfo, old: bytes, new: bytes) -> bytes:
    """The lengths of everything around the signer change; its neighbours stay byte for byte."""
    signed_data = content["content"]
    parts = _contents(signed_data.untag().dump())
    last = _der(_SET, old)
    if not parts.endswith(last):
        raise SignatureCheckFailed("the signer does not stand at the end")
    body = _der(_SEQUENCE, parts[: len(parts) - len(last)], _der(_SET, new))
    return _der(_SEQUENCE, _SIGNED_DATA, _der(_CONTEXT_0, body))


def signature_value(container: bytes) -> bytes:
    """The raw signature inside a container: what a time stamp is about."""
    return bytes(_read(container)[2])


def check(container: bytes, digest: bytes, certificate_der: bytes) -> None:
    """Refuse a container that is not a signature by this certificate over this digest.

    Container bytes come from another program, so anything unreadable or merely unusual is refused
    too. Raises HashMismatch when it names another digest, SignatureCheckFailed for everything else.
    """
    try:
        signed_digest, certificates, signature, scheme = _read(container)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise SignatureCheckFailed(f"unreadable container: {type(error).__name__}") from error
    if signed_digest != digest:
        raise HashMismatch("the container signs another digest")
    # Nothing may ride along: it is byte for byte what we would have built around this signature.
    attributes = signed_attributes(digest, certificate_der)
    if container != assemble(attributes, signature, certificate_der, certificates, scheme):
        raise SignatureCheckFailed("not in the agreed form")


def check_kept(container: bytes, digest: bytes, certificate_der: bytes) -> None:
    """As `check`, for what the server has kept: it may have added a time stamp, and nothing else.

    Raises as `check`. Whether the stamp is to be believed is not asked.
    """
    try:
        info = cms.ContentInfo.load(container, strict=True)["content"]["signer_infos"][0]
        added = info["unsigned_attrs"] if info["unsigned_attrs"].native else ()
        tokens = [each["values"][0].dump() for each in added]
        signed_digest, certificates, signature, scheme = _read(container)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise SignatureCheckFailed(f"unreadable container: {type(error).__name__}") from error
    if signed_digest != digest:
        raise HashMismatch("the container signs another digest")
    attributes = signed_attributes(digest, certificate_der)
    plain = assemble(attributes, signature, certificate_der, certificates, scheme)
    if container != (with_time_stamp(plain, tokens[0]) if tokens else plain):
        raise SignatureCheckFailed("not in the agreed form")


def verify_signature(
    certificate_der: bytes, data: bytes, signature: bytes, scheme: Scheme = Scheme.USUAL
) -> None:
    """Check a raw signature over `data` with the certificate's public key.

    RSA PKCS#1 v1.5 or PSS, and ECDSA (P-256, P-384; DER), all with SHA-256. Raises
    SignatureCheckFailed, and CertUnreadable for a certificate or a kind of key that we do not know.
    """
    try:
        public_key = load_certificate(certificate_der).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertUnreadable(type(error).__name__) from error
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            filling = _PSS if scheme is Scheme.PSS else padding.PKCS1v15()
            public_key.verify(signature, data, filling, hashes.SHA256())
        elif scheme is Scheme.PSS:
            raise CertUnreadable("RSASSA-PSS needs an RSA key")
        elif isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in _CURVES:
            public_key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            raise CertUnreadable("kind of key is neither RSA nor ECDSA P-256 or P-384")
    except InvalidSignature as error:
        raise SignatureCheckFailed("the public key does not accept the signature") from error


def _issuer_and_serial(certificate_der: bytes) -> tuple[bytes, bytes]:
    """DER of the two, in the very bytes of the certificate."""
    try:
        fields = x509.Certificate.load(certificate_der, strict=True)["tbs_certificate"]
        return fields["issuer"].dump(), fields["serial_number"].dump()
    except (ValueError, TypeError, KeyError) as error:
        raise CertUnreadable(type(error).__name__) from error


def _read(container: bytes) -> tuple[bytes, list[bytes], bytes, Scheme]:
    """Digest, certificates, signature and scheme of a container, read but not yet believed."""
    content = cms.ContentInfo.load(container, strict=True)["content"]
    signer = content["signer_infos"][0]
    digests = [
        attribute["values"][0].native
        for attribute in signer["signed_attrs"]
        if attribute["type"].native == "message_digest"
    ]
    certificates = [each.chosen.dump() for each in content["certificates"]]
    named = signer["signature_algorithm"]["algorithm"].native
    scheme = Scheme.PSS if named == "rsassa_pss" else Scheme.USUAL
    return digests[0], certificates, signer["signature"].native, scheme


# The container is written by hand: building it from asn1crypto's classes takes ten times as long as
# everything else that the agent does beside C_Sign.


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def _set_of(*members: bytes) -> bytes:
    """DER orders the members of a SET OF by their bytes (X.690, 11.6)."""
    return _der(_SET, *sorted(members))


def _contents(der: bytes) -> bytes:
    """What stands behind tag and length."""
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]


def _attribute(kind: bytes, value: bytes) -> bytes:
    return _der(_SEQUENCE, kind, _der(_SET, value))


_OCTETS, _OID, _SEQUENCE, _SET = 0x04, 0x06, 0x30, 0x31
_CONTEXT_0, _CONTEXT_1, _DIRECTORY_NAME = 0xA0, 0xA1, 0xA4
_VERSION_1, _VERSION_3 = bytes.fromhex("020101"), bytes.fromhex("020103")  # RFC 5652, 5.1
_DATA = _der(_OID, bytes.fromhex("2a864886f70d010701"))
_SIGNED_DATA = _der(_OID, bytes.fromhex("2a864886f70d010702"))
_CONTENT_TYPE = _der(_OID, bytes.fromhex("2a864886f70d010903"))
_MESSAGE_DIGEST = _der(_OID, bytes.fromhex("2a864886f70d010904"))
_SIGNING_CERTIFICATE_V2 = _der(_OID, bytes.fromhex("2a864886f70d010910022f"))
_SIGNATURE_TIME_STAMP = _der(_OID, bytes.fromhex("2a864886f70d010910020e"))
# RFC 5754: no parameters beside SHA-256 and ECDSA, NULL beside RSA.
_SHA256 = _der(_SEQUENCE, _der(_OID, bytes.fromhex("608648016503040201")))
_SHA256_RSA = _der(_SEQUENCE, _der(_OID, bytes.fromhex("2a864886f70d01010b")), b"\x05\x00")
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
# RFC 4055, 3.1: digest, mask over the same digest, 32 bytes of salt, in this order.
_SHA256_PSS = _der(
    _SEQUENCE,
    _der(_OID, bytes.fromhex("2a864886f70d01010a")),
    _der(
        _SEQUENCE,
        _der(_CONTEXT_0, _SHA256),
        _der(
            _CONTEXT_1,
            _der(_SEQUENCE, _der(_OID, bytes.fromhex("2a864886f70d010108")), _SHA256),
        ),
        _der(0xA2, bytes.fromhex("020120")),
    ),
)
_SHA256_ECDSA = _der(_SEQUENCE, _der(_OID, bytes.fromhex("2a8648ce3d040302")))
