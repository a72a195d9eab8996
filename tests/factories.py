"""Rows for tests: devices and certificates with sensible contents and made-up serials."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from models import Certificate, CertificateChain, Device, Person
from operations import search
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.days import expires_on
from rules.devices import DeviceKind, DeviceState
from rules.names import sort_key
from tests.cast import NOW


def device(
    session: Session,
    agency_id: int,
    code: str,
    holder: Person | None = None,
    *,
    kind: DeviceKind = DeviceKind.PKI_TOKEN,
    state: DeviceState = DeviceState.IN_USE,
    serial: str | None = None,
) -> Device:
    """Add one device, indexed for search."""
    row = Device(
        agency_id=agency_id,
        kind=kind,
        state=state,
        internal_code=code,
        driver_serial=serial,
        holder_id=holder.id if holder else None,
        sort_key=holder.sort_key if holder else "",
    )
    session.add(row)
    session.flush()
    search.reindex(session, search.DEVICE, row.id, search.terms_of_device(row, holder))
    return row


def certificate(
    session: Session,
    owner: Person,
    *,
    days_left: int = 100,
    renewals: int | None = 0,
    serial: str | None = None,
    token: Device | None = None,
    not_before: datetime | None = None,
    revoked_at: datetime | None = None,
    agency_id: int | None = None,
    kind: SubscriberKind = SubscriberKind.INDIVIDUAL,
) -> Certificate:
    """Add a certificate of a person that ends `days_left` Vietnamese days after the test's day."""
    chain = CertificateChain(created_at=NOW)
    session.add(chain)
    session.flush()
    number = serial or f"5A0000000000{chain.id:04X}"
    last = (NOW + timedelta(hours=7)).date() + timedelta(days=days_left)
    not_after = datetime.combine(last, time(16, 36, 53), tzinfo=UTC) - timedelta(hours=7)
    der = f"DER {number}".encode()
    row = Certificate(
        agency_id=agency_id or owner.agency_id,
        chain_id=chain.id,
        origin=CertificateOrigin.UNKNOWN if renewals is None else CertificateOrigin.ISSUED,
        renewals=renewals,
        kind=kind,
        person_id=owner.id if kind is SubscriberKind.INDIVIDUAL else None,
        device_id=token.id if token else None,
        issuer="CN=CA THỬ NGHIỆM, O=THỬ NGHIỆM, C=VN",
        issuer_name="CA THỬ NGHIỆM",
        subject=f"CN={owner.full_name}, O=THỬ NGHIỆM, C=VN",
        common_name=owner.full_name,
        serial_number=number,
        not_before=not_before or NOW - timedelta(days=400),
        not_after=not_after,
        expires_on=expires_on(not_after),
        public_key_sha256=hashlib.sha256(b"key" + der).hexdigest(),
        key_type="RSA",
        key_bits=3072,
        signature_algorithm="sha256WithRSAEncryption",
        limits="Mục đích khóa: chữ ký số",
        email=owner.email,
        sha256=hashlib.sha256(der).hexdigest(),
        der=der,
        sort_key=sort_key(owner.full_name),
        revoked_at=revoked_at,
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    search.reindex(session, search.CERTIFICATE, row.id, search.terms_of_certificate(row, token))
    return row


def day(days_from_now: int) -> date:
    """A Vietnamese day counted from the tests' day."""
    return (NOW + timedelta(hours=7)).date() + timedelta(days=days_from_now)
