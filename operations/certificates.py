"""Certificates: attesting the history of renewals, and saying whose a certificate is.

What is written in a certificate itself never changes here.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Certificate, Device, Person
from operations import search
from operations.transactions import Refused, expect_version, transaction
from rules.certificate_content import CertificateContent
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.days import expires_on
from rules.names import sort_key

NOUN = "certificate"
SHORTEST_STATEMENT = 10
LONGEST_STATEMENT = 500


def contents(content: CertificateContent) -> dict[str, Any]:
    """What is written in a certificate, as the columns of its row (Điều 7 NĐ 68/2024/NĐ-CP)."""
    return {
        "issuer": content.issuer[:500],
        "issuer_name": content.issuer_name[:300],
        "subject": content.subject[:1000],
        "common_name": content.common_name[:300],
        "serial_number": content.serial_number,
        "not_before": content.not_before,
        "not_after": content.not_after,
        "expires_on": expires_on(content.not_after),
        "public_key_sha256": content.public_key_sha256,
        "key_type": content.key_type,
        "key_bits": content.key_bits,
        "signature_algorithm": content.signature_algorithm,
        "limits": content.limits,
        "email": content.email,
        "sha256": content.sha256,
        "der": content.der,
        "sort_key": sort_key(content.common_name)[:700],
    }


def attest_history(
    session: Session,
    *,
    actor: Actor,
    certificate_id: int,
    version: int,
    renewals: int,
    statement: str,
) -> None:
    """Record that a person vouches how often the chain was renewed up to this certificate.

    `renewals` is 0 or 1: the decree allows one (Điều 12 NĐ 68/2024/NĐ-CP). Certificates that
    follow in the chain by a known origin are counted on from it. Raises `Refused` when the history
    is known from the chain itself, the statement is too short or the number impossible, `Conflict`
    when somebody changed the certificate meanwhile.
    """
    said = " ".join(statement.split())
    if not SHORTEST_STATEMENT <= len(said) <= LONGEST_STATEMENT:
        raise Refused(
            f"Ghi rõ căn cứ xác nhận, từ {SHORTEST_STATEMENT} đến {LONGEST_STATEMENT} ký tự: đã "
            "tra hồ sơ nào, ai cho biết."
        )
    if renewals not in (0, 1):
        raise Refused("Chỉ xác nhận được là chưa gia hạn, hoặc đã gia hạn một lần.")
    with transaction(session):
        row = session.get_one(Certificate, certificate_id)
        expect_version(row, version)
        _refuse_known_history(row)
        _refuse_fewer_than_before(row, renewals)
        row.renewals = renewals
        row.history_attested_on = actor.today
        row.history_attested_by_id = actor.user_id
        row.history_statement = said
        row.version += 1
        _count_on(session, row)
        audit.record(
            session,
            "certificate.history_attested",
            actor=actor,
            noun=NOUN,
            object_id=row.id,
            agency_id=row.agency_id,
            renewals=renewals,
        )


def assign(
    session: Session,
    *,
    actor: Actor,
    certificate_id: int,
    version: int,
    person_id: int | None,
    device_id: int | None,
) -> tuple[str, ...]:
    """Say which person a certificate belongs to and on which device it is; returns what changed.

    A certificate follows its subscriber to the agency that keeps them. Raises `Refused` when a
    certificate of a person would be left without one it had, or of an agency be given to a person,
    `Conflict` when somebody changed it meanwhile.
    """
    with transaction(session):
        row = session.get_one(Certificate, certificate_id)
        expect_version(row, version)
        if person_id is not None and row.kind is not SubscriberKind.INDIVIDUAL:
            raise Refused(
                "Chứng thư của cơ quan hoặc của thiết bị, dịch vụ, phần mềm không gắn với cá nhân; "
                "giao cho văn thư quản lý thì ghi quyết định giao."
            )
        if person_id is None and row.person_id is not None:
            raise Refused("Chứng thư của cá nhân phải gắn với một người; hãy chọn người khác.")
        changed = _changed(row, person_id, device_id)
        if not changed:
            return ()
        person = session.get_one(Person, person_id) if person_id is not None else None
        device = session.get_one(Device, device_id) if device_id is not None else None
        if person is not None and person.id != row.person_id:
            row.agency_id = person.agency_id
        row.person_id, row.device_id = person_id, device_id
        row.version += 1
        session.flush()
        search.reindex(
            session, search.CERTIFICATE, row.id, search.terms_of_certificate(row, device)
        )
        audit.record(
            session,
            "certificate.changed",
            actor=actor,
            noun=NOUN,
            object_id=row.id,
            agency_id=row.agency_id,
            changed=list(changed),
        )
    return changed


def _changed(row: Certificate, person_id: int | None, device_id: int | None) -> tuple[str, ...]:
    pairs = (("person", row.person_id, person_id), ("device", row.device_id, device_id))
    return tuple(name for name, before, after in pairs if before != after)


def _refuse_known_history(row: Certificate) -> None:
    if row.renewals is not None and row.history_attested_on is None:
        raise Refused(
            "Lịch sử gia hạn của chứng thư này đã rõ từ chuỗi chứng thư trong sổ, không cần xác "
            "nhận."
        )


def _refuse_fewer_than_before(row: Certificate, renewals: int) -> None:
    before = row.predecessor.renewals if row.predecessor is not None else None
    if before is not None and before > renewals:
        raise Refused(
            "Chứng thư trước trong chuỗi đã được gia hạn một lần, nên chứng thư này không thể là "
            "chưa gia hạn."
        )


def _count_on(session: Session, row: Certificate) -> None:
    """Give the certificates that follow in the chain their number of renewals."""
    chain = session.scalars(select(Certificate).where(Certificate.chain_id == row.chain_id)).all()
    followers = {one.predecessor_id: one for one in chain if one.predecessor_id is not None}
    counted, current = row.renewals or 0, row
    while (current := followers.get(current.id)) is not None:  # type: ignore[assignment]
        if current.origin is CertificateOrigin.UNKNOWN or current.history_attested_on is not None:
            return
        counted += current.origin is CertificateOrigin.RENEWED
        if current.renewals != counted:
            current.renewals = counted
            current.version += 1
