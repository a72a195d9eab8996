"""The practice time-stamp authority (RFC 3161): part of the practice authority, marked as such.

It answers inside the practice server itself, on loopback and only while practice data exist, so
that everything around time stamps can be tried without a network. Its key is random for each
installation and lies with the authority's other keys; verification calls whatever rests on its
stamps "hợp lệ (THỬ NGHIỆM)" at best.
"""

import hashlib
import ipaddress
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from flask import Flask, Response, abort, request
from sqlalchemy.orm import Session

import clock
from extensions import csrf
from models import Setting
from operations.settings import INSTALLATION
from operations.time_stamps import LEVEL
from practice import authority
from practice.authority import Authority
from rules.upgrades import PadesLevel
from schema.upgrades import TimeStampService
from signing import cms

PATH = "/thu-nghiem/dau-thoi-gian"
NAME = "Dịch vụ dấu thời gian THỬ NGHIỆM"
LIFE = timedelta(days=5 * 365)
FILE = "tsa.pem"
MOST_BYTES = 4096

_POLICY = "2.16.704.1.1.1.1.1"
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo, 1.2.840.113549.1.9.16.1.4
_REFUSED = bytes.fromhex("30053003020102")  # PKIStatus rejection


class StampAuthority:
    """The key and the certificate with which practice stamps are signed."""

    def __init__(self, folder: Path, *, at: datetime) -> None:
        """Read them from the authority's folder, or make them there on first use.

        Raises OSError or ValueError when the folder is damaged.
        """
        own = authority.load(folder)
        if not (folder / FILE).exists():
            try:
                authority.write_private(folder / FILE, _made(own, at))
            except FileExistsError:
                pass  # Another process was faster.
        pem = (folder / FILE).read_bytes()
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{FILE} holds no key")
        self._key = key
        self._certificate = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        self._chain = own.issuing.public_bytes(Encoding.DER)

    def answer(self, query: bytes, *, at: datetime) -> bytes:
        """The DER of the response to a request; a refusal for what is no request over SHA-256."""
        try:
            asked = tsp.TimeStampReq.load(query, strict=True)
            imprint, nonce = asked["message_imprint"], asked["nonce"]
            digest = imprint["hashed_message"].native
            if imprint["hash_algorithm"]["algorithm"].native != "sha256" or len(digest) != 32:
                return _REFUSED
        except (ValueError, TypeError, KeyError):
            return _REFUSED
        info = {
            "version": "v1",
            "policy": _POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(63),
            "gen_time": at.replace(microsecond=0),
        }
        if nonce.native is not None:
            info["nonce"] = nonce
        token = tsp.ContentInfo.load(self._signed(tsp.TSTInfo(info).dump()))
        made = {"status": {"status": "granted"}, "time_stamp_token": token}
        return bytes(tsp.TimeStampResp(made).dump())

    def _signed(self, content: bytes) -> bytes:
        digest = hashlib.sha256(content).digest()
        attributes = cms.signed_attributes(digest, self._certificate, _TST_INFO)
        signature = self._key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        return cms.assemble(
            attributes,
            signature,
            self._certificate,
            [self._chain],
            content_type=_TST_INFO,
            content=content,
        )


def _made(own: Authority, at: datetime) -> bytes:
    """A new key and its certificate by the practice issuing authority, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, authority.ORGANISATION),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(own.issuing.subject)
        .public_key(key.public_key())
        .serial_number(authority.serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + LIFE)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(own.issuing_key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def switch_on(session: Session) -> None:
    """Enter the service and a level in the practice data, inside their transaction."""
    session.add(
        TimeStampService(
            name=NAME, address=PATH, place=0, timeout_seconds=10, is_on=True, is_practice=True
        )
    )
    session.add(Setting(agency_id=INSTALLATION, name=LEVEL, value=PadesLevel.B_LT.name))


def mount(app: Flask, folder: Path) -> None:
    """Let the practice server answer as the time-stamp authority, to its own computer only.

    Raises OSError or ValueError when the practice authority's folder is damaged.
    """
    stamps = StampAuthority(folder, at=clock.now().replace(microsecond=0))

    def time_stamp() -> Response:
        query = request.get_data(cache=False)
        if not request.remote_addr or not ipaddress.ip_address(request.remote_addr).is_loopback:
            abort(404)
        if len(query) > MOST_BYTES:
            abort(413)
        answer = stamps.answer(query, at=clock.now())
        return Response(answer, mimetype="application/timestamp-reply")

    time_stamp.guard = "open: loopback only, practice data only"  # type: ignore[attr-defined]
    csrf.exempt(time_stamp)
    app.add_url_rule(PATH, "practice_time_stamp", time_stamp, methods=["POST"])
