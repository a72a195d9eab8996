"""Importing certificates: whose they are, how they follow each other, what is kept."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from models import (
    Agency,
    AuditEvent,
    Certificate,
    ImportBatch,
    ImportItem,
    Person,
    PersonEmail,
    SearchTerm,
)
from operations import certificate_imports as imports
from operations.certificate_imports import Choice, FoundOnToken, Incoming
from operations.import_matching import findings_on
from operations.transactions import Refused, transaction
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.documents import ImportVerdict
from sheets.certificate_files import read_one
from tests import factories
from tests.cast import NOW, Cast
from tests.real_certificates import certificate

MakeActor = Callable[..., audit.Actor]
EM = "pham.van.em@thunghiem.example"


@pytest.fixture
def stage(db_session: Session, cast: Cast, actor: MakeActor) -> Callable[..., ImportBatch]:
    """Stage certificates (DER) for commune A, as An does."""

    def run(*ders: bytes, agency_id: int | None = None) -> ImportBatch:
        incoming = [Incoming(f"{i}.cer", *read_one(der)) for i, der in enumerate(ders)]
        number = imports.stage(
            db_session,
            actor=actor(cast.an),
            agency_id=agency_id or cast.commune_a,
            source=imports.FILES,
            incoming=incoming,
        )
        return db_session.get_one(ImportBatch, number)

    return run


@pytest.fixture
def save(db_session: Session, cast: Cast, actor: MakeActor) -> Callable[..., list[Certificate]]:
    """Save every certificate of a batch for Em (or as the choice says)."""

    def run(batch: ImportBatch, **more: object) -> list[Certificate]:
        choice = {"kind": SubscriberKind.INDIVIDUAL, "person_id": cast.person_em} | more
        items = [item.id for item in batch.items if item.der is not None]
        imports.save(
            db_session,
            actor=actor(cast.an),
            batch_id=batch.id,
            choices=[Choice(number, **choice) for number in items],
            read=read_one,
        )
        return list(db_session.scalars(select(Certificate).order_by(Certificate.id)))

    return run


def test_staging_writes_nothing_into_the_register(
    db_session: Session, stage: Callable[..., ImportBatch]
) -> None:
    batch = stage(certificate("Phạm Văn Em", EM))
    assert db_session.scalars(select(Certificate)).all() == []
    assert [item.verdict for item in batch.items] == [ImportVerdict.NEW]
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert event.event == "import.staged"
    assert "Em" not in event.body


def test_a_person_is_matched_by_the_present_address(
    cast: Cast, stage: Callable[..., ImportBatch]
) -> None:
    item = stage(certificate("Tên Khác Hẳn", EM)).items[0]
    assert (item.person_id, item.matched_by) == (cast.person_em, "email")


def test_a_person_is_matched_by_an_earlier_address(
    db_session: Session, cast: Cast, stage: Callable[..., ImportBatch]
) -> None:
    with transaction(db_session):
        db_session.add(
            PersonEmail(
                person_id=cast.person_em,
                email="em.cu@thunghiem.example",
                from_on=date(2024, 1, 1),
                until_on=date(2025, 1, 1),
            )
        )
    item = stage(certificate("Phạm Văn Em", "em.cu@thunghiem.example")).items[0]
    assert (item.person_id, item.matched_by) == (cast.person_em, "email")


def test_a_name_alone_matches_nobody(stage: Callable[..., ImportBatch]) -> None:
    item = stage(certificate("Phạm Văn Em", "khac@thunghiem.example")).items[0]
    assert item.person_id is None
    assert stage(certificate("Phạm Văn Em")).items[0].person_id is None


def test_nobody_outside_the_agency_is_matched_or_named(
    db_session: Session, cast: Cast, stage: Callable[..., ImportBatch]
) -> None:
    der = certificate("Trần Thị Bình", "tran.thi.binh@thunghiem.example")
    assert stage(der).items[0].person_id is None
    with transaction(db_session):
        binh = db_session.get_one(Person, cast.person_binh)
        row = factories.certificate(db_session, binh)
        row.sha256 = read_one(der)[0].sha256  # type: ignore[union-attr] # it was just made
    item = stage(der).items[0]
    assert item.verdict is ImportVerdict.REFUSED
    assert "ngoài phạm vi" in item.reason
    assert item.certificate_id is None


@pytest.mark.parametrize(
    ("name", "remarks"),
    [
        ("PHẠM VĂN EM", ()),
        ("Phạm Thị Em", ("Tên trên chứng thư khác tên trong sổ: Phạm Văn Em.",)),
    ],
)
def test_another_name_at_a_known_address_is_remarked_upon(
    db_session: Session, stage: Callable[..., ImportBatch], name: str, remarks: tuple[str, ...]
) -> None:
    batch = stage(certificate(name, EM))
    found = imports.standings(db_session, batch, read_one)[batch.items[0].id]
    assert found.person is not None
    assert found.remarks == remarks


def test_two_people_of_one_address_are_left_to_the_person_who_looks(
    db_session: Session, cast: Cast, stage: Callable[..., ImportBatch]
) -> None:
    with transaction(db_session):
        db_session.get_one(Person, cast.person_an).email = EM
    batch = stage(certificate("Phạm Văn Em", EM))
    assert batch.items[0].person_id is None
    found = imports.standings(db_session, batch, read_one)[batch.items[0].id]
    assert "nhiều cá nhân" in found.remarks[0]


def test_saving_keeps_the_contents_of_dieu_7_and_makes_it_findable(
    db_session: Session,
    cast: Cast,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    der = certificate("Phạm Văn Em", EM, serial=0x5A0102030405060A)
    batch = stage(der)
    row = save(batch)[0]
    assert row.der == der
    assert (row.person_id, row.agency_id) == (cast.person_em, cast.office_a)
    assert (row.origin, row.renewals) == (CertificateOrigin.UNKNOWN, None)
    assert (row.serial_number, row.email) == ("5A0102030405060A", EM)
    terms = set(db_session.scalars(select(SearchTerm.term).where(SearchTerm.noun == "certificate")))
    assert {"pham", "em", "5a0102030405060a"} <= terms
    assert db_session.get_one(ImportItem, batch.items[0].id).der is None  # kept once, not twice
    assert audit.verify(db_session).sound


def test_a_stated_first_issue_has_a_known_history_with_the_name_of_who_says_so(
    cast: Cast, stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    row = save(stage(certificate("Phạm Văn Em", EM)), first_issue=True)[0]
    assert (row.origin, row.renewals) == (CertificateOrigin.ISSUED, 0)
    assert row.history_attested_by_id == cast.an
    assert row.history_statement


def test_the_same_key_with_a_later_end_is_a_renewal_in_the_same_chain(
    db_session: Session,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)), first_issue=True)
    batch = stage(certificate("Phạm Văn Em", EM, serial=2, days=900))
    assert batch.items[0].verdict is ImportVerdict.CHANGED
    old, new = save(batch)
    assert new.origin is CertificateOrigin.RENEWED
    assert (new.renewals, new.chain_id, new.predecessor_id) == (1, old.chain_id, old.id)


def test_a_renewal_of_unknown_history_was_renewed_at_least_once(
    stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)))
    old, new = save(stage(certificate("Phạm Văn Em", EM, serial=2, days=900)))
    assert (old.renewals, new.renewals) == (None, 1)


def test_a_renewal_in_the_same_batch_finds_the_one_it_renews(
    stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    ders = [certificate("Phạm Văn Em", EM, serial=2, days=900), certificate("E", EM, serial=1)]
    ders[1] = certificate("Phạm Văn Em", EM, serial=1)
    old, new = save(stage(*ders))
    assert (old.serial_number, new.serial_number) == ("1", "2")
    assert new.predecessor_id == old.id


def test_an_older_certificate_that_comes_in_later_takes_its_place_before_its_renewal(
    db_session: Session,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=2, days=900)))
    new, old = save(stage(certificate("Phạm Văn Em", EM, serial=1)), first_issue=True)
    assert new.chain_id == old.chain_id
    assert (new.predecessor_id, new.origin, new.renewals) == (
        old.id,
        CertificateOrigin.RENEWED,
        1,
    )
    events = db_session.scalars(select(AuditEvent.event)).all()
    assert "certificate.changed" in events


def test_the_same_key_and_the_same_end_is_an_amendment(
    stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)), first_issue=True)
    old, new = save(stage(certificate("Phạm Văn Em Mới", EM, serial=2, key_name="Phạm Văn Em")))
    assert new.origin is CertificateOrigin.AMENDED
    assert (new.renewals, new.chain_id, new.predecessor_id) == (0, old.chain_id, old.id)


def test_the_key_of_another_subscriber_makes_no_chain(
    db_session: Session,
    cast: Cast,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)))
    an = "nguyen.van.an@thunghiem.example"
    batch = stage(certificate("Nguyễn Văn An", an, serial=2, days=900, key_name="Phạm Văn Em"))
    found = imports.standings(db_session, batch, read_one)[batch.items[0].id]
    assert "Khóa công khai trùng" in found.remarks[0]
    old, new = save(batch, person_id=cast.person_an)
    assert new.chain_id != old.chain_id
    assert new.predecessor_id is None


def test_a_key_that_the_register_knows_tells_whose_a_certificate_without_address_is(
    cast: Cast, stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)))
    item = stage(certificate("Phạm Văn Em", serial=2, days=900)).items[0]
    assert (item.person_id, item.matched_by) == (cast.person_em, "key")


def test_the_same_certificate_is_known_and_never_saved_twice(
    stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    der = certificate("Phạm Văn Em", EM)
    waiting = stage(der)
    save(stage(der))
    again = stage(der)
    assert again.items[0].verdict is ImportVerdict.SAME
    assert again.items[0].certificate_id is not None
    with pytest.raises(Refused, match="đã có trong sổ"):
        save(waiting)


def test_another_certificate_under_a_known_serial_of_the_same_issuer_is_refused(
    stage: Callable[..., ImportBatch], save: Callable[..., list[Certificate]]
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)))
    item = stage(certificate("Lê Thị Chi", "le.thi.chi@thunghiem.example", serial=1)).items[0]
    assert item.verdict is ImportVerdict.REFUSED
    assert "cho một chứng thư khác" in item.reason


def test_what_the_law_says_about_the_granted_renewal_is_told(
    db_session: Session,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    save(stage(certificate("Phạm Văn Em", EM, serial=1)), first_issue=True)
    save(stage(certificate("Phạm Văn Em", EM, serial=2, days=900)))
    batch = stage(
        certificate("Phạm Văn Em", EM, serial=3, days=2500, begins=NOW - timedelta(days=1))
    )
    found = imports.standings(db_session, batch, read_one)[batch.items[0].id]
    codes = {one.code: one for one in findings_on(found, regulations.load())}
    assert set(codes) == {"renewal.span_too_long", "import.renewed_again"}
    assert "Điều 9" in codes["renewal.span_too_long"].basis
    assert "lần gia hạn thứ 2" in codes["import.renewed_again"].message


def test_a_token_tells_its_device_and_through_it_the_holder(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        device = factories.device(db_session, cast.office_a, "TB-01", em, serial="A1B2C3D4")
        device_id = device.id
    number = imports.stage_from_token(
        db_session,
        actor=actor(cast.an),
        agency_id=cast.commune_a,
        found=[
            FoundOnToken(certificate("Phạm Văn Em"), "CKS Em", "VGCA", " a1b2c3d4 "),
            FoundOnToken(certificate("CA", authority=True, serial=7), "", "VGCA", "A1B2C3D4"),
        ],
        read=read_one,
    )
    batch = db_session.get_one(ImportBatch, number)
    first, second = batch.items
    assert (first.person_id, first.matched_by) == (cast.person_em, "serial")
    assert second.verdict is ImportVerdict.REFUSED
    found = imports.standings(db_session, batch, read_one)[first.id]
    assert found.device is not None
    assert found.device.id == device_id


def test_a_certificate_of_an_agency_is_matched_by_the_address_of_the_agency(
    db_session: Session,
    cast: Cast,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).email = "xa.a@thunghiem.example"
    batch = stage(certificate("UBND xã Thử A", "xa.a@thunghiem.example"))
    found = imports.standings(db_session, batch, read_one)[batch.items[0].id]
    assert found.kind is SubscriberKind.ORGANISATION
    row = save(batch, kind=SubscriberKind.ORGANISATION, person_id=None, agency_id=cast.commune_a)[0]
    assert (row.agency_id, row.person_id) == (cast.commune_a, None)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"person_id": None}, "Chưa chọn cá nhân"),
        ({"person_id": "person_binh"}, "Chưa chọn cá nhân"),
        ({"kind": SubscriberKind.ORGANISATION}, "Chưa chọn cơ quan"),
        ({"kind": SubscriberKind.SYSTEM, "agency_id": "commune_b"}, "Chưa chọn cơ quan"),
        ({"device_id": 999}, "không thuộc cơ quan này"),
    ],
)
def test_a_choice_outside_the_agency_or_without_a_subscriber_saves_nothing(
    db_session: Session,
    cast: Cast,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
    more: dict[str, object],
    words: str,
) -> None:
    real = {
        k: getattr(cast, v) if isinstance(v, str) and hasattr(cast, v) else v
        for k, v in more.items()
    }
    batch = stage(certificate("Phạm Văn Em", EM))
    with pytest.raises(Refused, match=words):
        save(batch, **real)
    assert db_session.scalars(select(Certificate)).all() == []
    assert db_session.get_one(ImportBatch, batch.id).saved_at is None


def test_a_batch_is_saved_or_given_up_once(
    db_session: Session,
    cast: Cast,
    actor: MakeActor,
    stage: Callable[..., ImportBatch],
    save: Callable[..., list[Certificate]],
) -> None:
    batch = stage(certificate("Phạm Văn Em", EM))
    imports.discard(db_session, actor=actor(cast.an), batch_id=batch.id)
    assert [item.der for item in db_session.get_one(ImportBatch, batch.id).items] == [None]
    with pytest.raises(Refused, match="đã bị bỏ"):
        save(batch)
    with pytest.raises(Refused, match="đã bị bỏ"):
        imports.discard(db_session, actor=actor(cast.an), batch_id=batch.id)


def test_an_empty_choice_saves_nothing(
    db_session: Session, cast: Cast, actor: MakeActor, stage: Callable[..., ImportBatch]
) -> None:
    batch = stage(certificate("Phạm Văn Em", EM))
    with pytest.raises(Refused, match="Chưa chọn chứng thư"):
        imports.save(db_session, actor=actor(cast.an), batch_id=batch.id, choices=[], read=read_one)
    with pytest.raises(Refused, match="Không có tệp"):
        imports.stage(
            db_session,
            actor=actor(cast.an),
            agency_id=cast.commune_a,
            source=imports.FILES,
            incoming=[],
        )


def test_the_command_reads_files_and_leaves_the_saving_to_a_person(
    app: Flask, cast: Cast, db_session: Session, tmp_path: Path
) -> None:
    good, bad = tmp_path / "em.cer", tmp_path / "hong.cer"
    good.write_bytes(certificate("Phạm Văn Em", EM))
    bad.write_bytes(b"hong")
    runner = app.test_cli_runner()
    done = runner.invoke(args=["import", str(good), str(bad), "--username", "an"])
    assert done.exit_code == 0, done.output
    assert "em.cer: Mới." in done.output
    assert "hong.cer: Không nhận. Không tìm thấy chứng thư nào" in done.output
    assert "/chung-thu/nhap/" in done.output
    batch = db_session.scalars(select(ImportBatch)).one()
    assert (batch.user_id, batch.agency_id) == (cast.an, cast.commune_a)
    assert db_session.scalars(select(Certificate)).all() == []
    for username in ("giang", "khong-co"):
        refused = runner.invoke(args=["import", str(good), "--username", username])
        assert refused.exit_code == 1
        assert username in refused.output
