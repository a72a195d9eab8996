"""Answers about single certificates (OCSP, RFC 6960), read, judged and asked for.

An answer counts when the authority that issued the certificate signed it, or somebody whom that
very authority named for it: a certificate issued by it directly, for the purpose OCSPSigning, and
valid when the answer was made (RFC 6960, 4.2.2.2).
"""

# mypy: disallow-untyped-calls=False
# asn1crypto's classes carry no annotations.

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp as x509_ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.trust import algorithms, der
from signing.trust.certificates import issued_by
from signing.trust.certificates import load as load_certificate
from signing.trust.crl import Entry

MAX_OCSP_BYTES = 256 * 1024
NO_NEXT_UPDATE = dt.timedelta(hours=1)
"""How long an answer without nextUpdate is taken for current (a rule of this program)."""

_MAX_SINGLES = 64
_DIGESTS = ("sha1", "sha256", "sha384", "sha512")
_KNOWN = {"archive_cutoff", "crl", "service_locator", "signed_certificate_timestamp_list"}


@dataclass(frozen=True)
class Single:
    """What an answer says of one certificate; `entry` is None when it is good."""

    serial: int
    digest: str
    name_hash: bytes
    key_hash: bytes
    known: bool
    entry: Entry | None
    this_update: dt.datetime
    next_update: dt.datetime
    archive_cutoff: dt.datetime | None = None


class OcspAnswer:
    """One basic OCSP response. Raises DerError when the bytes are not an answer to judge by."""

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_OCSP_BYTES:
            raise der.DerError("the answer is too large")
        self.data = data
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._verified: dict[bytes, x509.Certificate | None] = {}
        try:
            self._read(asn1_ocsp.OCSPResponse.load(data, strict=True))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise der.DerError(f"not an OCSP response ({type(error).__name__})") from error

    def _read(self, response: asn1_ocsp.OCSPResponse) -> None:
        if response["response_status"].native != "successful":
            raise der.DerError(f"the responder refused: {response['response_status'].native}")
        basic = response.basic_ocsp_response
        body = basic["tbs_response_data"]
        if any(e["critical"].native for e in body["response_extensions"] or ()):
            raise der.DerError("unknown critical extension")
        self.produced_at: dt.datetime = body["produced_at"].native
        self._signed: bytes = body.dump()
        self._algorithm: bytes = basic["signature_algorithm"].dump()
        self._signature: bytes = basic["signature"].native
        chosen = body["responder_id"]
        self._name = chosen.chosen.untag().dump() if chosen.name == "by_name" else None
        self._key = chosen.chosen.native if chosen.name == "by_key" else None
        self.certificates = tuple(load_certificate(each.dump()) for each in (basic["certs"] or ()))[
            :8
        ]
        self.singles = tuple(_singles(body["responses"]))

    def about(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Single | None:
        """What it says of a certificate of that issuer, whoever signed it; None when nothing."""
        for single in self.singles:
            if single.serial != certificate.serial_number or not single.known:
                continue
            digest = single.digest
            if single.name_hash != _digest(digest, issuer.subject.public_bytes()):
                continue
            if single.key_hash == _digest(digest, key_bits(issuer)):
                return single
        return None

    def responder(self, issuer: x509.Certificate) -> x509.Certificate | None:
        """The certificate behind the signature when the issuer answers for it; else None.

        Remembered. The term of a named responder is held against the time of the answer; whether
        it was revoked is for the caller to ask, unless it says `OCSPNoCheck`.
        """
        fingerprint = issuer.fingerprint(hashes.SHA256())
        if fingerprint not in self._verified:
            self._verified[fingerprint] = self._find_responder(issuer)
        return self._verified[fingerprint]

    def _find_responder(self, issuer: x509.Certificate) -> x509.Certificate | None:
        for candidate in (issuer, *self.certificates):
            try:
                if self._signed_by(candidate) and (
                    candidate == issuer or _may_answer(candidate, issuer, self.produced_at)
                ):
                    return candidate
            except (ValueError, UnsupportedAlgorithm):
                continue
        return None

    def _signed_by(self, candidate: x509.Certificate) -> bool:
        return self._is_named(candidate) and algorithms.accepts(
            candidate.public_key(), self._signature, self._signed, self._algorithm
        )

    def _is_named(self, certificate: x509.Certificate) -> bool:
        if self._name is not None:
            return bool(certificate.subject.public_bytes() == self._name)
        return bool(_digest("sha1", key_bits(certificate)) == self._key)


def _singles(responses: asn1_ocsp.Responses) -> Iterator[Single]:
    if len(responses) > _MAX_SINGLES:
        raise der.DerError("too many answers in one")
    for each in responses:
        extensions = {e["extn_id"].native: e for e in each["single_extensions"] or ()}
        if any(e["critical"].native and name not in _KNOWN for name, e in extensions.items()):
            raise der.DerError("unknown critical extension")
        identity, status = each["cert_id"], each["cert_status"]
        digest = identity["hash_algorithm"]["algorithm"].native
        if digest not in _DIGESTS:
            continue
        entry = None
        if status.name == "revoked":
            reason = status.chosen["revocation_reason"].native
            entry = Entry(status.chosen["revocation_time"].native, reason == "certificate_hold")
        begin = each["this_update"].native
        cutoff = extensions.get("archive_cutoff")
        yield Single(
            serial=identity["serial_number"].native,
            digest=digest,
            name_hash=identity["issuer_name_hash"].native,
            key_hash=identity["issuer_key_hash"].native,
            known=status.name in ("good", "revoked"),
            entry=entry,
            this_update=begin,
            next_update=each["next_update"].native or begin + NO_NEXT_UPDATE,
            archive_cutoff=cutoff["extn_value"].parsed.native if cutoff else None,
        )


def _may_answer(
    candidate: x509.Certificate, issuer: x509.Certificate, produced_at: dt.datetime
) -> bool:
    try:
        purposes = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    if not candidate.not_valid_before_utc <= produced_at <= candidate.not_valid_after_utc:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes and issued_by(candidate, issuer)


def exempt(certificate: x509.Certificate) -> bool:
    """Whether a responder's certificate says that its own revocation need not be asked for."""
    try:
        certificate.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return True


def question(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The DER of a request about one certificate (without nonce, so that answers may be kept)."""
    builder = x509_ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303  # names the certificate (RFC 6960), proves nothing
    return builder.build().public_bytes(serialization.Encoding.DER)


def key_bits(certificate: x509.Certificate) -> bytes:
    """The contents of the BIT STRING of the public key: what responders hash."""
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    start, _ = der.expect(spki, 0, der.SEQUENCE)
    _, _, bits = der.header(spki, start)
    inside, end = der.expect(spki, bits, der.BIT_STRING)
    return spki[inside + 1 : end]


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()
