"""Services of an authority with real keys: OCSP answers and RFC 3161 time stamps, and both by HTTP.

Not mocks: each answer is made and signed as the standards say, and travels over a real connection
on a loopback port that the system chooses.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import algos, cms, core, tsp
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from signing.trust.ocsp import key_bits
from tests.signing.pki import DAY, NOW, Holder, key, pki, serial

ANSWERED_AT = NOW - DAY / 24


def service(
    common: str,
    issuer: Holder,
    purpose: ObjectIdentifier,
    *,
    not_before: dt.datetime = NOW - 300 * DAY,
    not_after: dt.datetime = NOW + 900 * DAY,
    no_check: bool = True,
) -> Holder:
    """The certificate of a responder or a time-stamp server."""
    own = key(common, 256)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(serial(common))
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    )
    if no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    certificate = builder.sign(issuer.key, hashes.SHA256())
    return Holder(certificate, own, (issuer.certificate, *issuer.above))


@cache
def ocsp_responder() -> Holder:
    return service("Máy OCSP THỬ NGHIỆM", pki().issuing, ExtendedKeyUsageOID.OCSP_SIGNING)


@cache
def stamp_server() -> Holder:
    return service(
        "Máy dấu thời gian THỬ NGHIỆM",
        pki().issuing,
        ExtendedKeyUsageOID.TIME_STAMPING,
        no_check=False,
    )


def answer(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    signer: Holder,
    *,
    revoked_at: dt.datetime | None = None,
    reason: x509.ReasonFlags | None = None,
    unknown: bool = False,
    this_update: dt.datetime = ANSWERED_AT,
    next_update: dt.datetime | None = NOW + DAY,
    by_name: bool = False,
) -> bytes:
    """An OCSP response, DER. Built by hand: the usual builder dates it by the machine's clock."""
    if revoked_at is not None:
        word = reason.value if reason else "unspecified"
        chosen = {"revocation_time": revoked_at, "revocation_reason": _REASONS.get(word, word)}
        status = asn1_ocsp.CertStatus("revoked", asn1_ocsp.RevokedInfo(chosen))
    else:
        status = asn1_ocsp.CertStatus("unknown" if unknown else "good", core.Null())
    single = {
        "cert_id": {
            "hash_algorithm": {"algorithm": "sha1"},
            "issuer_name_hash": _sha1(issuer.subject.public_bytes()),
            "issuer_key_hash": _sha1(key_bits(issuer)),
            "serial_number": certificate.serial_number,
        },
        "cert_status": status,
        "this_update": this_update,
    }
    if next_update is not None:
        single["next_update"] = next_update
    own = asn1_x509.Certificate.load(signer.der)
    responder = (
        asn1_ocsp.ResponderId("by_name", own.subject)
        if by_name
        else asn1_ocsp.ResponderId("by_key", _sha1(key_bits(signer.certificate)))
    )
    body = asn1_ocsp.ResponseData(
        {"responder_id": responder, "produced_at": this_update, "responses": [single]}
    )
    scheme = "sha256_ecdsa" if isinstance(signer.key, ec.EllipticCurvePrivateKey) else "sha256_rsa"
    basic = {
        "tbs_response_data": body,
        "signature_algorithm": {"algorithm": scheme},
        "signature": signer.sign(body.dump()),
    }
    if signer.certificate != issuer:
        basic["certs"] = [own]
    response = {
        "response_type": "basic_ocsp_response",
        "response": asn1_ocsp.BasicOCSPResponse(basic),
    }
    made = {"response_status": "successful", "response_bytes": response}
    return bytes(asn1_ocsp.OCSPResponse(made).dump())


_REASONS = {"certificateHold": "certificate_hold", "keyCompromise": "key_compromise"}


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def stamp(
    query: bytes, signer: Holder, *, made: dt.datetime, nonce_shift: int = 0, refuse: bool = False
) -> bytes:
    """An RFC 3161 response to a request, DER."""
    if refuse:
        return bytes.fromhex("30053003020102")
    asked = tsp.TimeStampReq.load(query)
    info = {
        "version": "v1",
        "policy": "1.3.6.1.4.1.99999.1",
        "message_imprint": asked["message_imprint"],
        "serial_number": 7,
        "gen_time": made,
    }
    if asked["nonce"].native is not None:
        info["nonce"] = asked["nonce"].native + nonce_shift
    body = tsp.TSTInfo(info).dump()
    token = _token(body, signer)
    return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()


def _token(body: bytes, signer: Holder) -> cms.ContentInfo:
    certificate = asn1_x509.Certificate.load(signer.der)
    reference = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(signer.der).digest()})
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "tst_info"),
            _attribute("message_digest", hashlib.sha256(body).digest()),
            _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [reference]})),
        ]
    )
    identity = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {"issuer_and_serial_number": cms.IssuerAndSerialNumber(identity)}
            ),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": signer.sign(attributes.dump()),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": "sha256"})],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(body),
            },
            "certificates": [
                cms.CertificateChoices({"certificate": asn1_x509.Certificate.load(der)})
                for der in (signer.der, *signer.chain)
            ],
            "signer_infos": [info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


@contextmanager
def serving(answers: dict[str, Callable[[bytes], bytes]]) -> Iterator[str]:
    """Answer by path on a loopback port; yields the address without a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(body)

        def do_GET(self) -> None:
            self._reply(b"")

        def _reply(self, body: bytes) -> None:
            make = answers.get(self.path)
            data = make(body) if make else b""
            self.send_response(200 if make else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
