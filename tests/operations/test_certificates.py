"""What people say of certificates: history of renewals, and whose they are."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import AuditEvent, Certificate, Person, SearchTerm
from operations import certificates, devices, search
from operations.transactions import Conflict, Refused, transaction
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from tests import factories
from tests.cast import Cast

ActorMaker = Callable[..., audit.Actor]
GROUND = "Đã tra hồ sơ cấp chứng thư năm 2023 tại văn thư."


@pytest.fixture
def unknown(db_session: Session, cast: Cast) -> int:
    """A certificate of An whose history nobody knows."""
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        return factories.certificate(db_session, owner, renewals=None, serial="5AF0").id


def attest(session: Session, actor: audit.Actor, number: int, **changed: object) -> None:
    values: dict[str, object] = {"version": 1, "renewals": 0, "statement": GROUND} | changed
    certificates.attest_history(session, actor=actor, certificate_id=number, **values)  # type: ignore[arg-type] # by name


@pytest.mark.parametrize("renewals", [0, 1])
def test_an_attested_history_is_kept_with_its_ground_and_logged(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int, renewals: int
) -> None:
    attest(db_session, actor(cast.an), unknown, renewals=renewals)
    row = db_session.get_one(Certificate, unknown)
    assert (row.renewals, row.history_statement) == (renewals, GROUND)
    assert row.history_attested_by_id == cast.an
    event = db_session.scalars(
        select(AuditEvent).where(AuditEvent.event == "certificate.history_attested")
    ).one()
    assert event.object_id == str(unknown)
    assert event.body == f'{{"renewals":{renewals}}}'
    assert "hồ sơ" not in event.body
    assert audit.verify(db_session).sound


@pytest.mark.parametrize("statement", ["", "   ", "ngắn", "x" * 501])
def test_a_history_without_a_proper_ground_is_refused(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int, statement: str
) -> None:
    with pytest.raises(Refused, match="căn cứ"):
        attest(db_session, actor(cast.an), unknown, statement=statement)
    assert db_session.get_one(Certificate, unknown).renewals is None


def test_two_renewals_cannot_be_attested(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    with pytest.raises(Refused, match="một lần"):
        attest(db_session, actor(cast.an), unknown, renewals=2)


def test_a_history_known_from_the_chain_is_not_attested(
    db_session: Session, cast: Cast, actor: ActorMaker
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        known = factories.certificate(db_session, owner, renewals=0).id
    with pytest.raises(Refused, match="đã rõ"):
        attest(db_session, actor(cast.an), known)


def test_a_mistaken_attestation_can_be_corrected(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    attest(db_session, actor(cast.an), unknown, renewals=0)
    attest(db_session, actor(cast.an), unknown, renewals=1, version=2)
    assert db_session.get_one(Certificate, unknown).renewals == 1


def test_an_attestation_on_an_old_page_conflicts(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    attest(db_session, actor(cast.an), unknown)
    with pytest.raises(Conflict):
        attest(db_session, actor(cast.an), unknown, renewals=1)


def test_certificates_that_follow_in_the_chain_are_counted_on(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        first = db_session.get_one(Certificate, unknown)
        amended = factories.certificate(db_session, owner, renewals=None, serial="5AF1")
        renewed = factories.certificate(db_session, owner, renewals=None, serial="5AF2")
        for row, before, origin in (
            (amended, first, CertificateOrigin.AMENDED),
            (renewed, amended, CertificateOrigin.RENEWED),
        ):
            row.chain_id, row.predecessor_id, row.origin = first.chain_id, before.id, origin
        ids = amended.id, renewed.id
    attest(db_session, actor(cast.an), unknown, renewals=0)
    assert [db_session.get_one(Certificate, one).renewals for one in ids] == [0, 1]
    with pytest.raises(Refused, match="đã rõ"):
        attest(db_session, actor(cast.an), ids[1], renewals=0, version=2)


def test_a_certificate_cannot_be_less_renewed_than_the_one_before_it(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        before = factories.certificate(db_session, owner, renewals=1)
        db_session.get_one(Certificate, unknown).predecessor_id = before.id
    with pytest.raises(Refused, match="trước trong chuỗi"):
        attest(db_session, actor(cast.an), unknown, renewals=0)


def assign(session: Session, actor: audit.Actor, number: int, **changed: object) -> tuple[str, ...]:
    row = session.get_one(Certificate, number)
    values: dict[str, object] = {
        "version": row.version,
        "person_id": row.person_id,
        "device_id": row.device_id,
    } | changed
    return certificates.assign(session, actor=actor, certificate_id=number, **values)  # type: ignore[arg-type] # by name


def test_a_certificate_given_to_another_person_follows_them_and_is_logged(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    assert assign(db_session, actor(cast.an), unknown, person_id=cast.person_giang) == ("person",)
    row = db_session.get_one(Certificate, unknown)
    assert (row.person_id, row.agency_id) == (cast.person_giang, cast.commune_a)
    event = db_session.scalars(
        select(AuditEvent).where(AuditEvent.event == "certificate.changed")
    ).one()
    assert event.body == '{"changed":["person"]}'


def test_a_certificate_put_on_a_device_is_found_by_the_serial_of_the_device(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    with transaction(db_session):
        token = factories.device(db_session, cast.commune_a, "TB-1", serial="CAFE01").id
    assert assign(db_session, actor(cast.an), unknown, device_id=token) == ("device",)
    terms = set(
        db_session.scalars(
            select(SearchTerm.term).where(
                SearchTerm.noun == search.CERTIFICATE, SearchTerm.object_id == unknown
            )
        )
    )
    row = db_session.get_one(Certificate, unknown)
    assert "cafe01" in terms
    assert row.search_text == search.text_of(terms)


def test_nothing_is_written_when_nothing_changes(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    assert assign(db_session, actor(cast.an), unknown) == ()
    assert db_session.get_one(Certificate, unknown).version == 1


def test_a_personal_certificate_is_never_left_without_a_person(
    db_session: Session, cast: Cast, actor: ActorMaker, unknown: int
) -> None:
    with pytest.raises(Refused, match="phải gắn với một người"):
        assign(db_session, actor(cast.an), unknown, person_id=None)


def test_an_agencys_certificate_is_not_given_to_a_person(
    db_session: Session, cast: Cast, actor: ActorMaker
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        number = factories.certificate(
            db_session, owner, kind=SubscriberKind.ORGANISATION, serial="0A9E"
        ).id
    with pytest.raises(Refused, match="văn thư"):
        assign(db_session, actor(cast.an), number, person_id=cast.person_chi)


# Devices ------------------------------------------------------------------------------------------


def add(session: Session, actor: audit.Actor, agency_id: int, **changed: object) -> int:
    description = devices.Description(kind=DeviceKind.PKI_TOKEN, **changed)  # type: ignore[arg-type] # by name
    return devices.add(
        session,
        actor=actor,
        agency_id=agency_id,
        description=description,
        custody=devices.Custody(),
    )


def test_a_device_without_a_code_gets_the_next_free_one(
    db_session: Session, cast: Cast, actor: ActorMaker
) -> None:
    first = add(db_session, actor(cast.an), cast.commune_a)
    second = add(db_session, actor(cast.an), cast.commune_a)
    codes = [db_session.get_one(devices.Device, one).internal_code for one in (first, second)]
    assert codes == ["TB-00001", "TB-00002"]


def test_a_serial_that_another_device_carries_is_refused_in_any_notation(
    db_session: Session, cast: Cast, actor: ActorMaker
) -> None:
    add(db_session, actor(cast.an), cast.commune_a, printed_serial="00AB12")
    with pytest.raises(Refused, match="đã có ở một thiết bị khác"):
        add(db_session, actor(cast.an), cast.commune_a, driver_serial="0x:ab:12")


def test_a_code_is_used_once_in_an_agency(
    db_session: Session, cast: Cast, actor: ActorMaker
) -> None:
    add(db_session, actor(cast.an), cast.commune_a, internal_code="T1")
    add(db_session, actor(cast.an), cast.commune_b, internal_code="T1")
    with pytest.raises(Refused, match="mã quản lý T1"):
        add(db_session, actor(cast.an), cast.commune_a, internal_code="T1")


@pytest.mark.parametrize(
    ("state", "held"),
    [(DeviceState.IN_STOCK, True), (DeviceState.IN_USE, False), (DeviceState.LOST, True)],
)
def test_state_and_holder_of_a_new_device_must_fit(
    db_session: Session, cast: Cast, actor: ActorMaker, state: DeviceState, held: bool
) -> None:
    with pytest.raises(Refused):
        devices.add(
            db_session,
            actor=actor(cast.an),
            agency_id=cast.commune_a,
            description=devices.Description(kind=DeviceKind.PKI_TOKEN),
            custody=devices.Custody(state, cast.person_an if held else None),
        )


def test_a_corrected_serial_is_found_on_the_device_and_on_its_certificates(
    db_session: Session, cast: Cast, actor: ActorMaker
) -> None:
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        token = factories.device(db_session, cast.office_a, "TB-9", owner, serial="AAAA")
        number, on = factories.certificate(db_session, owner, token=token).id, token.id
    changed = devices.edit(
        db_session,
        actor=actor(cast.an),
        device_id=on,
        version=1,
        description=devices.Description(
            kind=DeviceKind.PKI_TOKEN, internal_code="TB-9", driver_serial="BBBB"
        ),
    )
    assert changed == ("driver_serial",)
    assert " bbbb" in db_session.get_one(Certificate, number).search_text
    assert " bbbb" in db_session.get_one(devices.Device, on).search_text
    assert " aaaa" not in db_session.get_one(devices.Device, on).search_text
