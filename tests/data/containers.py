"""Containers as they should not be: other digests, other certificates, none or two signers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.data.tiny import Container
from tests.signing.pki import Holder

_HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256}


def odd(
    holder: Holder,
    *,
    digest: str = "sha256",
    attributes: bool = True,
    named: bytes | None = None,
    twice: bool = False,
    content_type: str = "data",
    inside: bytes | None = None,
    wrong_digest: bool = False,
    certificates: Sequence[bytes] | None = None,
    signers: int = 1,
    shown: Holder | None = None,
) -> Container:
    """A maker of containers; every option departs from what should be.

    `named` is the certificate that the signed reference names (b"" for no reference), `shown` the
    holder whose issuer and serial number stand in the signer information.
    """

    def make(signed: bytes) -> bytes:
        value = hashlib.new(digest, b"khac" if wrong_digest else signed).digest()
        if inside is not None:
            value = hashlib.new(digest, inside).digest()
        signer = _signer(
            holder, shown or holder, digest, value, attributes, named, content_type, twice
        )
        if not attributes:
            signer["signature"] = _raw(holder, signed, digest)
        body: dict[str, object] = {"content_type": "data"}
        if inside is not None:
            body["content"] = inside
        listed = certificates if certificates is not None else (holder.der, *holder.chain)
        data = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [algos.DigestAlgorithm({"algorithm": digest})],
                "encap_content_info": body,
                "certificates": [
                    cms.CertificateChoices({"certificate": asn1_x509.Certificate.load(der)})
                    for der in listed
                ],
                "signer_infos": [signer] * signers,
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())

    return make


def _signer(
    holder: Holder,
    shown: Holder,
    digest: str,
    value: bytes,
    attributes: bool,
    named: bytes | None,
    content_type: str,
    twice: bool,
) -> cms.SignerInfo:
    certificate = asn1_x509.Certificate.load(shown.der)
    identity = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    kind = "ecdsa" if isinstance(holder.key, ec.EllipticCurvePrivateKey) else "rsa"
    info: dict[str, object] = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {"issuer_and_serial_number": cms.IssuerAndSerialNumber(identity)}
        ),
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
        "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": f"{digest}_{kind}"}),
        "signature": b"",
    }
    if attributes:
        listed = [_attribute("content_type", content_type), _attribute("message_digest", value)]
        if twice:
            listed.append(_attribute("message_digest", bytes(len(value))))
        if named != b"":
            fingerprint = hashlib.sha256(named or shown.der).digest()
            reference = tsp.SigningCertificateV2(
                {"certs": [tsp.ESSCertIDv2({"cert_hash": fingerprint})]}
            )
            listed.append(_attribute("signing_certificate_v2", reference))
        signed = cms.CMSAttributes(listed)
        info["signed_attrs"] = signed
        info["signature"] = _raw(holder, signed.dump(), digest)
    return cms.SignerInfo(info)


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _raw(holder: Holder, data: bytes, digest: str) -> bytes:
    algorithm = _HASHES[digest]()
    if isinstance(holder.key, rsa.RSAPrivateKey):
        return holder.key.sign(data, padding.PKCS1v15(), algorithm)
    return holder.key.sign(data, ec.ECDSA(algorithm))


def bare_rsa_sha1(holder: Holder) -> Container:
    """`adbe.x509.rsa_sha1`: a signature value in an OCTET STRING, nothing else."""

    def make(signed: bytes) -> bytes:
        return bytes(core.OctetString(_raw(holder, signed, "sha1")).dump())

    return make


def pkcs7_sha1(holder: Holder) -> Container:
    """`adbe.pkcs7.sha1`: what is signed is the SHA-1 of the document."""

    def make(signed: bytes) -> bytes:
        return odd(holder, digest="sha1", inside=hashlib.sha1(signed).digest())(b"")  # noqa: S324  # the very weakness

    return make
