"""Revocation lists beside the register: revoked but unknown to us, asked for but not revoked."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Certificate, CertificateRequest, RequestLine
from operations.transactions import transaction
from rules.requests import LineState, RequestKind, RequestState
from signing.trust.crl import IndexedCrl
from tests import factories
from tests.cast import NOW, Cast
from tests.signing import pki
from tests.signing_desk import register
from tests.views.requests import Login, words

PAGE = "/quan-tri/tin-cay/doi-chieu"


def enter(session: Session, cast: Cast, holder: pki.Holder) -> int:
    """A real certificate of Em, as an import would have written it."""
    number = register(session, holder, cast.person_em)
    content = holder.certificate
    with transaction(session):
        session.execute(
            update(Certificate)
            .where(Certificate.id == number)
            .values(
                serial_number=format(content.serial_number, "X"),
                issuer_name=content.issuer.get_attributes_for_oid(pki.x509.NameOID.COMMON_NAME)[
                    0
                ].value,
            )
        )
    return number


def asked_to_revoke(session: Session, cast: Cast, certificate_id: int, days_ago: int) -> None:
    """A request of revocation that the authority took so many days ago and has not answered."""
    with transaction(session):
        row = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.REVOCATION,
            state=RequestState.SENT,
            addressee="Cục Thử Nghiệm",
            planned_receipt_on=factories.day(-days_ago),
            drafted_by_id=cast.an,
            created_at=NOW - timedelta(days=days_ago),
            sent_on=factories.day(-days_ago),
            received_on=factories.day(-days_ago),
        )
        session.add(row)
        session.flush()
        session.add(
            RequestLine(
                request_id=row.id,
                certificate_id=certificate_id,
                position=1,
                state=LineState.OPEN,
                is_open=True,
                revocation_ground="subscriber_request",
            )
        )


def lists(instance: Path, *revoked: int) -> None:
    """The usual authority, with a list that has these serial numbers."""
    made = pki.pki()
    pki.write_trust(
        instance / "trust",
        roots=[made.root],
        intermediates=[made.issuing],
        crls=[pki.crl(made.issuing, [(one, pki.NOW - pki.DAY) for one in revoked])],
    )


def test_a_certificate_on_a_list_that_the_register_has_in_use_is_told(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made = pki.pki()
    number = enter(db_session, cast, made.leader)
    enter(db_session, cast, made.staff)
    lists(instance, made.leader.certificate.serial_number, 12345)
    page = login(cast.an).get(PAGE).get_data(as_text=True)
    assert f"/chung-thu/{number}" in page
    assert format(made.leader.certificate.serial_number, "X") in page
    assert format(made.staff.certificate.serial_number, "X") not in page
    with transaction(db_session):
        row = db_session.get_one(Certificate, number)
        row.revoked_at = NOW
    assert f"/chung-thu/{number}" not in login(cast.an).get(PAGE).get_data(as_text=True)


def test_the_same_serial_number_of_another_issuer_is_nobodys(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made = pki.pki()
    number = enter(db_session, cast, made.leader)
    stranger = pki.authority("CA phục vụ các cơ quan THỬ NGHIỆM", made.root, bits=256)
    pki.write_trust(
        instance / "trust",
        roots=[made.root],
        crls=[pki.crl(stranger, [(made.leader.certificate.serial_number, pki.NOW)])],
    )
    assert f"/chung-thu/{number}" not in login(cast.an).get(PAGE).get_data(as_text=True)


def test_a_revocation_asked_for_and_overdue_is_told_unless_nothing_current_can_say(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    number = enter(db_session, cast, pki.pki().leader)
    asked_to_revoke(db_session, cast, number, days_ago=40)
    an = login(cast.an)
    text = words(an.get(PAGE))
    assert "1 đề nghị thu hồi quá hạn trả lời chưa kiểm tra được" in text
    assert "Chưa có danh sách thu hồi nào" in text
    lists(instance)
    text = words(an.get(PAGE))
    assert "chưa kiểm tra được" not in text
    assert "Không có đề nghị nào như vậy" not in text
    lists(instance, pki.pki().leader.certificate.serial_number)
    assert "Không có đề nghị nào như vậy" in words(an.get(PAGE))


def test_people_see_only_what_lies_in_their_scope(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made = pki.pki()
    number = enter(db_session, cast, made.leader)
    lists(instance, made.leader.certificate.serial_number)
    assert f"/chung-thu/{number}" not in login(cast.binh).get(PAGE).get_data(as_text=True)
    text = words(login(cast.dung).get(PAGE))
    assert format(made.leader.certificate.serial_number, "X") in text


def test_the_page_needs_as_many_statements_for_many_certificates_as_for_one(
    login: Login,
    cast: Cast,
    instance: Path,
    db_session: Session,
    count_statements: Callable[[], Any],
) -> None:
    made = pki.pki()
    lists(instance, *(pki.serial(f"Người số {number}") for number in range(4)))
    an = login(cast.an)
    counts = []
    for number in range(4):
        enter(db_session, cast, pki.subscriber(f"Người số {number}", made.issuing, bits=256))
        with count_statements() as statements:
            assert an.get(PAGE).status_code == 200
        counts.append(len(statements))
    assert counts[1] == counts[3] <= 10


def test_every_entry_of_a_list_is_walked_with_its_serial_number() -> None:
    crl = IndexedCrl(pki.crl(pki.pki().issuing, [(7, pki.NOW), (2**63 + 5, pki.NOW)]))
    found = dict(crl.entries())
    assert found.keys() == {7, 2**63 + 5}
    assert found[7] == crl.find(7)
