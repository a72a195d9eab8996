"""What the practice province holds, and that nothing of it can be taken for real."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

import audit
import regulations
from extensions import db
from models import (
    Agency,
    AuditEvent,
    Certificate,
    CertificateRequest,
    Device,
    Entrustment,
    Person,
    Position,
    SearchTerm,
    System,
    User,
)
from operations import logins, search
from operations.personal import CitizenIds
from operations.request_findings import Question, judge
from operations.request_lines import Chosen, Wish, lines_for
from operations.request_sendings import copies_owed
from practice import build, holdings
from rules.agencies import AgencyLevel
from rules.certificates import (
    CertificateFacts,
    CertificateOrigin,
    CertificateState,
    SubscriberKind,
    certificate_state,
)
from rules.days import days_left, vietnam_day
from rules.devices import DeviceKind, DeviceState
from rules.findings import Severity, blocking
from rules.incidents import IncidentKind
from rules.names import sort_key
from rules.papers import PaperState
from rules.permissions import Role
from rules.requests import LineState, RequestKind, RequestState
from rules.signers import SigningAuthority
from schema.changes import StaffChange
from schema.custody import FollowUp, Incident, Paper
from schema.daily import Reminder
from schema.documents import IncomingDocument, OfficeDocument
from schema.stocktakes import Stocktake
from signing.trust.path import build_path, period_problems
from signing.trust.revocation import Revocation, check
from signing.trust.store import TrustStore
from tests.cast import NOW
from tests.practice.fixtures import PracticeInstance, application, settings

TODAY = vietnam_day(NOW)


def certificates() -> list[Certificate]:
    options = (joinedload(Certificate.device), joinedload(Certificate.person))
    return list(db.session.scalars(select(Certificate).options(*options).order_by(Certificate.id)))


def state_of(row: Certificate) -> CertificateState:
    facts = CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals)
    return certificate_state(facts, at=NOW)


def in_east() -> list[Certificate]:
    root = db.session.scalars(select(Agency).where(Agency.code == "D")).one()
    inside = select(Agency.id).where(Agency.path.startswith(root.path))
    return list(db.session.scalars(select(Certificate).where(Certificate.agency_id.in_(inside))))


def test_a_province_has_a_department_three_communes_and_about_150_people(
    practice_app: Flask,
) -> None:
    levels = Counter(db.session.scalars(select(Agency.level)))
    people = db.session.scalar(select(func.count(Person.id)))
    assert levels[AgencyLevel.PROVINCE] == levels[AgencyLevel.DEPARTMENT] == 1
    assert levels[AgencyLevel.COMMUNE] == 3
    assert people is not None
    assert 145 <= people <= 155


def test_there_are_180_devices_of_every_kind_in_many_states(practice_app: Flask) -> None:
    rows = db.session.scalars(select(Device)).all()
    assert len(rows) == holdings.DEVICES == 180
    assert {row.kind for row in rows} == set(DeviceKind)
    assert {row.state for row in rows} == set(DeviceState)
    assert any(row.printed_serial is None for row in rows)


def test_some_devices_are_in_use_without_minutes_of_their_handing_over(practice_app: Flask) -> None:
    rows = db.session.scalars(select(Device).where(Device.state == DeviceState.IN_USE)).all()
    without = [row for row in rows if row.handover_minutes is None]
    assert 5 <= len(without) < len(rows) / 2


def test_every_state_of_a_certificate_can_be_seen_in_the_province_and_in_the_first_commune(
    practice_app: Flask,
) -> None:
    assert {state_of(row) for row in certificates()} == set(CertificateState)
    assert {state_of(row) for row in in_east()} == set(CertificateState)


def test_the_boundary_days_stand_in_the_first_commune_with_the_states_of_the_law(
    practice_app: Flask,
) -> None:
    first = {
        days_left(row.expires_on, TODAY): state_of(row)
        for row in in_east()
        if row.renewals == 0 and row.revoked_at is None
    }
    assert {
        days: first[days] for days in (29, 30, 31, 44, 45, 46, 119, 120, 121)
    } == {
        29: CertificateState.TOO_LATE,
        30: CertificateState.URGENT,
        31: CertificateState.URGENT,
        44: CertificateState.URGENT,
        45: CertificateState.URGENT,
        46: CertificateState.RENEWAL_DUE,
        119: CertificateState.RENEWAL_DUE,
        120: CertificateState.RENEWAL_DUE,
        121: CertificateState.ACTIVE,
    }  # fmt: skip


def test_a_renewed_certificate_follows_its_predecessor_in_one_chain_with_one_key(
    practice_app: Flask,
) -> None:
    rows = {row.id: row for row in certificates()}
    renewed = [row for row in rows.values() if row.origin is CertificateOrigin.RENEWED]
    assert renewed
    for row in renewed:
        assert row.predecessor_id is not None
        old = rows[row.predecessor_id]
        assert (row.chain_id, row.public_key_sha256) == (old.chain_id, old.public_key_sha256)
        assert (old.renewals, row.renewals) == (0, 1)
        assert row.serial_number != old.serial_number


def test_different_chains_have_different_keys(practice_app: Flask) -> None:
    rows = certificates()
    assert len({row.public_key_sha256 for row in rows}) == len({row.chain_id for row in rows})


def test_the_focal_point_of_the_first_commune_finds_renewable_certificates_and_every_refusal(
    practice_app: Flask,
) -> None:
    rows = in_east()
    wish = Wish(RequestKind.RENEWAL, TODAY)
    lines = lines_for(db.session(), wish, Chosen(certificates=tuple(row.id for row in rows)))
    judged = judge(db.session(), lines, Question(wish.kind, TODAY, regulations.load()))
    findings = {
        line.certificate.id: found
        for line, found in zip(lines, judged, strict=True)
        if line.certificate is not None
    }
    free = [
        row
        for row in rows
        if state_of(row) in (CertificateState.RENEWAL_DUE, CertificateState.URGENT)
        and not [one for one in findings[row.id] if one.severity is not Severity.INFO]
        and row.kind is SubscriberKind.INDIVIDUAL
    ]
    refused = {one.code for row in rows for one in blocking(findings[row.id])}
    warned = {one.code for row in rows for one in findings[row.id]}
    assert len(free) >= 3
    assert refused == {
        "renewal.revoked",
        "renewal.expired",
        "renewal.already_renewed",
        "renewal.too_few_days_left",
        "renewal.open_request",
    }
    assert {
        "renewal.history_unknown",
        "renewal.email_missing",
        "renewal.email_changed",
        "renewal.sim_phone_missing",
        "renewal.not_yet_valid",
    } <= warned


def test_some_people_hold_two_positions_and_heads_and_deputies_can_sign(
    practice_app: Flask,
) -> None:
    per_person = Counter(db.session.scalars(select(Position.person_id)))
    authorities = set(db.session.scalars(select(Position.authority)))
    assert sum(count > 1 for count in per_person.values()) >= 5
    assert {SigningAuthority.HEAD, SigningAuthority.KT} <= authorities


def test_the_agencys_certificate_is_entrusted_to_the_clerk_who_holds_its_token(
    practice_app: Flask,
) -> None:
    clerk = db.session.scalars(select(User).where(User.username == "vanthu.dong")).one()
    seal = db.session.scalars(
        select(Certificate).join(Device).where(Device.label == holdings.SEAL)
    ).one()
    given = db.session.scalars(
        select(Entrustment).where(Entrustment.certificate_id == seal.id)
    ).one()
    assert seal.kind is SubscriberKind.ORGANISATION
    assert given.person_id == clerk.person_id == seal.device.holder_id
    assert state_of(seal) is CertificateState.ACTIVE


def test_every_role_has_an_account_that_can_log_in_with_the_printed_password(
    practice_copy: Path, practice_instance: PracticeInstance
) -> None:
    with application(practice_copy):
        for one in practice_instance.logins:
            actor = audit.Actor(None, None, (), "127.0.0.1", NOW)
            login = logins.log_in(
                db.session(),
                actor=actor,
                username=one["username"],
                password=one["password"],
                browser="pytest",
                throttle_key=b"x" * 32,
            )
            user = db.session.get(User, login.user_id)
            assert user is not None
            assert not user.must_change_password
        roles = {grant.role for user in db.session.scalars(select(User)) for grant in user.grants}
    assert roles == set(Role)
    assert len({one["password"] for one in practice_instance.logins}) == 12


def test_every_name_says_that_it_is_made_up(practice_app: Flask) -> None:
    for row in certificates():
        assert "THỬ NGHIỆM" in row.issuer
        assert "THỬ NGHIỆM" in row.subject.upper()
    for person in db.session.scalars(select(Person)):
        assert "Thử Nghiệm" in person.full_name
        assert (person.email or "x@thunghiem.example").endswith("thunghiem.example")
        assert (person.phone or "").startswith("0000")
    for agency in db.session.scalars(select(Agency).where(Agency.has_own_seal)):
        assert "Thử Nghiệm" in agency.name


def test_citizen_ids_are_sealed_and_begin_with_three_zeros_as_no_real_one_does(
    practice_app: Flask,
) -> None:
    ids = CitizenIds(settings(practice_app).citizen_key)
    numbers = set()
    for person in db.session.scalars(select(Person)):
        assert person.citizen_id_cipher is not None
        number = ids.open(person.citizen_id_cipher, person.id)
        assert number.startswith("000")
        assert len(number) == 12
        assert person.citizen_id_hash == ids.lookup(number)
        numbers.add(number)
    assert len(numbers) == db.session.scalar(select(func.count(Person.id)))


def test_names_sort_as_a_vietnamese_list_does(practice_app: Flask) -> None:
    rows = db.session.scalars(select(Person).order_by(Person.sort_key)).all()
    given = [row.full_name.split()[-1] for row in rows]
    assert given.index("An") < given.index("Ánh") < given.index("Ân") < given.index("Bình")
    assert given.index("Dũng") < given.index("Đạt")
    assert all(row.sort_key == sort_key(row.full_name) for row in rows)


def test_everything_can_be_searched(practice_app: Flask) -> None:
    found = {
        noun: set(db.session.scalars(select(SearchTerm.object_id).where(SearchTerm.noun == noun)))
        for noun in (search.PERSON, search.DEVICE, search.CERTIFICATE)
    }
    assert found[search.PERSON] == set(db.session.scalars(select(Person.id)))
    assert found[search.DEVICE] == set(db.session.scalars(select(Device.id)))
    assert found[search.CERTIFICATE] == set(db.session.scalars(select(Certificate.id)))


def test_the_log_ends_with_an_event_that_counts_what_was_made_and_is_sound(
    practice_app: Flask,
) -> None:
    *before, last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    assert last.event == "practice.created"
    assert f'"certificates":{len(certificates())}' in last.body
    assert '"devices":180' in last.body
    assert [one.at for one in before] == sorted(one.at for one in before)
    verified = audit.verify(db.session())
    assert verified.sound
    assert not verified.set_back


def test_each_commune_follows_another_regulation(practice_app: Flask) -> None:
    followed = dict(
        db.session.execute(
            select(Agency.code, Agency.regulation).where(Agency.level == AgencyLevel.COMMUNE)
        ).all()
    )
    assert followed == {
        "D": "tuyen_quang_06_2026",
        "T2": "bac_ninh_60_2025",
        "N": "dong_nai_draft_2026",
    }


def test_the_offices_have_letters_of_every_act_in_many_states(practice_app: Flask) -> None:
    requests = db.session.scalars(select(CertificateRequest)).all()
    assert {one.kind for one in requests} == set(RequestKind)
    assert len({one.state for one in requests}) >= 5
    assert any(copies_owed(one) for one in requests if one.state is RequestState.SENT)
    assert any(line.state is LineState.REFUSED for one in requests for line in one.lines)
    month = timedelta(days=30)
    assert any(one.received_on and one.received_on < TODAY - month for one in requests)


def test_the_offices_have_days_behind_them(practice_app: Flask) -> None:
    papers = Counter(db.session.scalars(select(Paper.state)))
    assert papers[PaperState.PROVEN] == papers[PaperState.ISSUED] == 1
    kinds = set(db.session.scalars(select(Incident.kind)))
    assert kinds == {IncidentKind.LOSS, IncidentKind.LOCK}
    lost = set(db.session.scalars(select(Device.id).where(Device.state == DeviceState.LOST)))
    ended = select(Incident.device_id).where(Incident.closed_at.is_not(None))
    assert lost == set(db.session.scalars(ended))
    (campaign,) = db.session.scalars(select(Stocktake)).all()
    assert campaign.closed_at is None
    for table in (StaffChange, FollowUp, Reminder, System, OfficeDocument, IncomingDocument):
        assert db.session.scalar(select(func.count()).select_from(table)), table
    kept = select(Certificate).where(Certificate.kind == SubscriberKind.SYSTEM)
    assert all(one.system_id for one in db.session.scalars(kept))


def test_certificates_have_the_shape_of_the_real_ones(practice_app: Flask) -> None:
    row = next(row for row in certificates() if row.device and row.device.label == holdings.SEAL)
    certificate = x509.load_der_x509_certificate(row.der)
    extensions = certificate.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    policy = extensions.get_extension_for_class(x509.CertificatePolicies).value[0]
    places = extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name
    assert (row.key_type, row.key_bits) == ("RSA", 3072)
    assert row.signature_algorithm == "sha256WithRSAEncryption"
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert policy.policy_identifier.dotted_string == "2.16.704.1.1.1.1.1"
    assert places is not None
    assert ".invalid/" in places[0].value
    assert all(0x10 << 56 <= int(each.serial_number, 16) < 0x80 << 56 for each in certificates())


def test_every_certificate_leads_to_the_practice_root_and_no_other(
    practice_app: Flask, practice_instance: PracticeInstance
) -> None:
    store = TrustStore.load(practice_instance.folder / "trust")
    assert not store.problems
    assert not store.roots
    for row in certificates():
        path = build_path(x509.load_der_x509_certificate(row.der), store)
        assert path.trusted
        assert path.practice
        assert not period_problems(path, row.not_before)


def test_the_revocation_list_names_exactly_the_revoked_certificates(
    practice_app: Flask, practice_instance: PracticeInstance
) -> None:
    store = TrustStore.load(practice_instance.folder / "trust")
    (issuer,) = store.intermediates
    states = {}
    for row in certificates():
        if row.not_after > NOW > row.not_before:
            state = check(
                x509.load_der_x509_certificate(row.der),
                issuer,
                store,
                signing_time=NOW,
                proven=None,
                at=NOW,
            ).state
            states[row.serial_number] = (state, row.revoked_at is not None)
    assert set(states.values()) == {
        (Revocation.GOOD, False),
        (Revocation.REVOKED, True),
    }


def test_the_list_is_issued_anew_when_it_is_about_to_end_and_revokes_the_same(
    practice_copy: Path,
) -> None:
    kept = practice_copy / "trust" / "crls" / "thu-nghiem-cpca.crl"
    old = x509.load_der_x509_crl(kept.read_bytes())
    with application(practice_copy) as app:
        assert not build.refresh_crl(settings(app), NOW + timedelta(days=100))
        assert build.refresh_crl(settings(app), NOW + timedelta(days=200))
    new = x509.load_der_x509_crl(kept.read_bytes())
    assert new.next_update_utc is not None
    assert new.next_update_utc > NOW + timedelta(days=500)
    assert {(one.serial_number, one.revocation_date_utc) for one in new} == {
        (one.serial_number, one.revocation_date_utc) for one in old
    }
