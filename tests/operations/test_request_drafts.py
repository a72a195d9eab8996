"""Drafting every kind of request: lines, route, owed sendings, holds, signing by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from models import Agency, CertificateRequest, Device, Person, RequestLine
from operations import request_batches, systems
from operations import request_drafts as drafts
from operations.request_findings import Question, judge
from operations.request_lines import Chosen, Wish, lines_for
from operations.request_routes import check_recipients
from operations.request_rows import RefusedByLaw
from operations.transactions import Refused, transaction
from rules.amendments import AmendmentCase
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.names import fold
from rules.requests import RequestKind, RequestState
from rules.revocation_grounds import RevocationGround
from rules.systems import SystemKind
from schema.law import RegulationEnactment
from tests import factories
from tests.cast import NOW, Cast

MakeActor = Callable[..., audit.Actor]
LAW = regulations.load()


@pytest.fixture
def draft(db_session: Session, cast: Cast, actor: MakeActor) -> Callable[..., CertificateRequest]:
    """Open a draft as An: `draft(kind, people=(…,), ground=…)`."""

    def make(
        kind: RequestKind, subscriber: SubscriberKind | None = None, **more: Any
    ) -> CertificateRequest:
        chosen = {name: tuple(more.pop(name)) for name in Chosen.__annotations__ if name in more}
        number = drafts.draft(
            db_session,
            actor=actor(cast.an, cast.person_an),
            wish=Wish(kind, factories.day(0), subscriber, **more),
            chosen=Chosen(**chosen),
            law=LAW,
        )
        return db_session.get_one(CertificateRequest, number)

    return make


def certificate(session: Session, cast: Cast, days: int = 200, **more: Any) -> int:
    with transaction(session):
        owner = session.get_one(Person, cast.person_em)
        return factories.certificate(session, owner, days_left=days, **more).id


def token(session: Session, cast: Cast, kind: DeviceKind, state: DeviceState) -> int:
    """A device of Em with a certificate on it."""
    with transaction(session):
        owner = session.get_one(Person, cast.person_em)
        row = factories.device(
            session, cast.office_a, f"TB-{kind}", owner, kind=kind, state=state, serial="0042"
        )
        factories.certificate(session, owner, token=row)
        return row.id


def system(session: Session, cast: Cast, actor: MakeActor) -> int:
    wanted = systems.Particulars(
        cast.commune_a, "Cổng thông tin Thử Nghiệm", SystemKind.SOFTWARE, "phiên bản 1.0"
    )
    return systems.create(session, actor=actor(cast.an), particulars=wanted)


def test_every_kind_becomes_a_draft_with_its_subject_and_its_hold(
    db_session: Session, cast: Cast, actor: MakeActor, draft: Callable[..., CertificateRequest]
) -> None:
    old = certificate(db_session, cast, 20, renewals=1)
    other = certificate(db_session, cast)
    locked = token(db_session, cast, DeviceKind.PKI_TOKEN, DeviceState.LOCKED)
    software = system(db_session, cast, actor)
    kind = RequestKind.ISSUANCE
    cases = [
        (draft(kind, people=[cast.person_chi]), f"issuance/person/{cast.person_chi}/pki_token"),
        (draft(kind, certificates=[old]), f"issuance/person/{cast.person_em}/pki_token"),
        (
            draft(kind, SubscriberKind.ORGANISATION, agencies=[cast.commune_a]),
            f"issuance/agency/{cast.commune_a}/pki_token",
        ),
        (
            draft(kind, SubscriberKind.SYSTEM, systems=[software]),
            f"issuance/system/{software}/pki_token",
        ),
        (draft(RequestKind.AMENDMENT, certificates=[other]), f"amendment/{other}"),
        (draft(RequestKind.REVOCATION, certificates=[other]), f"revocation/{other}"),
        (draft(RequestKind.UNLOCK, devices=[locked]), f"unlock/{locked}"),
    ]
    for request, hold in cases:
        assert [line.hold for line in request.lines] == [hold]
        assert request.agency_id == cast.commune_a
        assert request.addressee.startswith("Cục Chứng thực số")
        assert [(one.is_copy, one.sent_on) for one in request.sendings] == [(False, None)]
    assert cases[1][0].lines[0].certificate_id == old
    assert cases[6][0].lines[0].certificate is not None


def test_a_second_open_request_for_the_same_thing_is_refused(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    number = certificate(db_session, cast)
    locked = token(db_session, cast, DeviceKind.PKI_TOKEN, DeviceState.LOCKED)
    asked: list[tuple[RequestKind, dict[str, list[int]]]] = [
        (RequestKind.AMENDMENT, {"certificates": [number]}),
        (RequestKind.REVOCATION, {"certificates": [number]}),
        (RequestKind.UNLOCK, {"devices": [locked]}),
        (RequestKind.ISSUANCE, {"people": [cast.person_chi]}),
    ]
    for kind, chosen in asked:
        first = draft(kind, **chosen)
        with pytest.raises(RefusedByLaw, match=f"số {first.id} trong sổ chưa kết thúc"):
            draft(kind, **chosen)


def test_a_renewal_beside_an_open_revocation_warns_and_names_it(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    number = certificate(db_session, cast, 60)
    revocation = draft(RequestKind.REVOCATION, certificates=[number])
    (line,) = lines_for(
        db_session,
        Wish(RequestKind.RENEWAL, factories.day(0)),
        Chosen(certificates=(number,)),
    )
    (found,) = judge(db_session, [line], Question(RequestKind.RENEWAL, factories.day(0), LAW))
    crossing = [one for one in found if one.code == "request.crossing"]
    assert [f"số {revocation.id} trong sổ" in one.message for one in crossing] == [True]


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        (RequestKind.REVOCATION, {"ground": RevocationGround.EXPIRED}, "not_yet_expired"),
        (RequestKind.REVOCATION, {"ground": RevocationGround.DISSOLVED}, "ground_not_open"),
    ],
)
def test_a_ground_that_does_not_fit_is_refused_with_its_article(
    db_session: Session,
    cast: Cast,
    draft: Callable[..., CertificateRequest],
    kind: RequestKind,
    more: dict[str, Any],
    code: str,
) -> None:
    with pytest.raises(RefusedByLaw) as refusal:
        draft(kind, certificates=[certificate(db_session, cast)], **more)
    assert [one.code for one in refusal.value.findings] == [f"revocation.{code}"]
    assert "Điều 17" in refusal.value.findings[0].basis


def test_only_a_locked_device_is_unlocked_and_a_leaver_gets_nothing(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    with pytest.raises(RefusedByLaw, match="không ghi là bị khóa"):
        draft(
            RequestKind.UNLOCK,
            devices=[token(db_session, cast, DeviceKind.PKI_TOKEN, DeviceState.IN_USE)],
        )
    with transaction(db_session):
        db_session.get_one(Person, cast.person_chi).left_on = factories.day(-1)
    with pytest.raises(RefusedByLaw, match="không thuộc cơ quan"):
        draft(RequestKind.ISSUANCE, people=[cast.person_chi])


def test_an_amendment_says_by_itself_what_the_register_knows_better(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    number = certificate(db_session, cast)
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        em.full_name, em.email = "Phạm Văn Ém Mới", "em.moi@thunghiem.example"
    (line,) = draft(RequestKind.AMENDMENT, certificates=[number]).lines
    assert line.amendment_case == "NAME EMAIL"
    assert line.information_before.splitlines()[0] == "Phạm Văn Em"
    assert line.information_after.splitlines() == ["Phạm Văn Ém Mới", "em.moi@thunghiem.example"]


def test_one_line_renews_and_amends_and_the_letter_follows_what_its_lines_ask(
    db_session: Session, cast: Cast, actor: MakeActor, draft: Callable[..., CertificateRequest]
) -> None:
    request = draft(RequestKind.RENEWAL, certificates=[certificate(db_session, cast, 60)])

    def change(**terms: Any) -> RequestLine:
        drafts.edit_line(
            db_session,
            actor=actor(cast.an),
            request_id=request.id,
            version=request.version,
            line_id=request.lines[0].id,
            terms=drafts.LineTerms(**terms),
            law=LAW,
        )
        return request.lines[0]

    both = change(
        renews=True, amends=True, cases=(AmendmentCase.WORKPLACE,), before="Xã A ", after="Xã B"
    )
    assert (both.renews, both.amends, both.information_before) == (True, True, "Xã A")
    assert request.kind is RequestKind.RENEWAL
    only = change(amends=True, cases=(AmendmentCase.EMAIL,), before="a@x.vn", after="b@x.vn")
    assert request.kind is RequestKind.AMENDMENT
    assert only.hold == f"amendment/{only.certificate_id}"
    with pytest.raises(Refused, match="ít nhất một dịch vụ"):
        change()


def enact(session: Session, cast: Cast, regulation: str, name: str) -> None:
    """The agency follows a draft that has been issued since; its department is this one."""
    with transaction(session):
        session.get_one(Agency, cast.commune_a).regulation = regulation
        department = session.get_one(Agency, cast.department)
        department.name, department.name_fold = name, fold(name)
        session.add(
            RegulationEnactment(
                regulation=regulation,
                number="01/2026/QĐ-UBND",
                issued_on=factories.day(-40),
                effective_from=factories.day(-30),
                entered_by_id=cast.dung,
                entered_at=NOW,
            )
        )


def test_a_draft_regulation_routes_only_once_its_number_and_days_are_entered(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).regulation = "dong_nai_draft_2026"
    before = draft(RequestKind.RENEWAL, certificates=[certificate(db_session, cast, 60)])
    assert before.addressee.startswith("Cục")
    name = "Sở Khoa học và Công nghệ tỉnh Đồng Nai"
    enact(db_session, cast, "dong_nai_draft_2026", name)
    after = draft(RequestKind.RENEWAL, certificates=[certificate(db_session, cast, 61)])
    assert (after.addressee, after.addressee_agency_id) == (name, cast.department)
    assert after.sendings[0].recipient == name
    said = {row.id: check_recipients(row, law=LAW, on=factories.day(0)) for row in (before, after)}
    assert [one.code for one in said[before.id]] == ["routing.other_addressee"]
    assert said[after.id] == ()


def test_devices_that_go_to_different_bodies_go_in_letters_of_their_own(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    enact(db_session, cast, "dong_nai_draft_2026", "Sở Khoa học và Công nghệ tỉnh Đồng Nai")
    kinds = (DeviceKind.PKI_TOKEN, DeviceKind.SIM_PKI)
    both = [token(db_session, cast, kind, DeviceState.LOCKED) for kind in kinds]
    with pytest.raises(Refused, match="văn bản riêng cho từng loại thiết bị"):
        draft(RequestKind.UNLOCK, devices=both)
    on_token, on_sim = (draft(RequestKind.UNLOCK, devices=[one]) for one in both)
    assert on_token.addressee.startswith("Sở")
    assert on_sim.addressee.startswith("Cục")
    assert on_sim.addressee_agency_id is None


def test_a_copy_is_owed_as_long_as_it_is_named(
    db_session: Session, cast: Cast, actor: MakeActor, draft: Callable[..., CertificateRequest]
) -> None:
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).regulation = "bac_ninh_60_2025"
    request = draft(RequestKind.RENEWAL, certificates=[certificate(db_session, cast, 60)])
    assert [one.is_copy for one in request.sendings] == [False, True]
    assert request.copies_to.startswith("Sở Khoa học và Công nghệ")

    def edit(copies_to: str) -> list[str]:
        drafts.edit(
            db_session,
            actor=actor(cast.an),
            request_id=request.id,
            version=request.version,
            law=LAW,
            particulars=drafts.Particulars(
                request.planned_receipt_on,
                request.contact_id,
                "Số 2",
                "Cục khác",
                copies_to,
                "VP",
                channel="post",
            ),
        )
        return [f"{one.recipient}:{one.channel}" for one in request.sendings]

    copied = request.copies_to
    assert edit(f"{copied}\nPhòng Văn hóa")[0] == "Cục khác:post"
    assert len(request.sendings) == 2
    assert edit("Phòng Văn hóa") == ["Cục khác:post"]


def test_signing_by_hand_is_proposed_when_the_only_token_of_the_signer_is_locked(
    db_session: Session, cast: Cast, draft: Callable[..., CertificateRequest]
) -> None:
    with transaction(db_session):
        giang = db_session.get_one(Person, cast.person_giang)
        row = factories.device(
            db_session, cast.commune_a, "TB-G", giang, state=DeviceState.LOCKED, serial="77"
        )
        factories.certificate(db_session, giang, token=row)
        locked = row.id
    assert draft(RequestKind.UNLOCK, devices=[locked]).wet_signature
    first = draft(RequestKind.ISSUANCE, SubscriberKind.ORGANISATION, agencies=[cast.commune_a])
    assert first.wet_signature
    with transaction(db_session):
        db_session.get_one(Device, locked).state = DeviceState.IN_USE
    later = draft(RequestKind.RENEWAL, certificates=[certificate(db_session, cast, 60)])
    assert not later.wet_signature


def test_lines_join_and_leave_a_draft_but_not_those_of_another_sender(
    db_session: Session, cast: Cast, actor: MakeActor, draft: Callable[..., CertificateRequest]
) -> None:
    request = draft(RequestKind.ISSUANCE, people=[cast.person_chi])

    def add(person_id: int) -> None:
        drafts.add_lines(
            db_session,
            actor=actor(cast.an),
            request_id=request.id,
            version=request.version,
            chosen=Chosen(people=(person_id,)),
            law=LAW,
        )

    add(cast.person_em)
    assert [line.position for line in request.lines] == [1, 2]
    with pytest.raises(Refused, match="đều đã có"):
        add(cast.person_em)
    with pytest.raises(Refused, match="cơ quan gửi khác"):
        add(cast.person_binh)


def test_a_month_becomes_one_letter_for_each_act_and_sender(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    renew = [certificate(db_session, cast, days) for days in (60, 61)]
    replace = [certificate(db_session, cast, 20, renewals=1)]
    with transaction(db_session):
        binh = db_session.get_one(Person, cast.person_binh)
        renew.append(factories.certificate(db_session, binh, days_left=70).id)
    done = request_batches.draft_in_one_go(
        db_session, actor=actor(cast.an), renew=renew, replace=replace, law=LAW
    )
    rows = [db_session.get_one(CertificateRequest, number) for number in done.drafts]
    assert [(row.kind, row.agency_id, len(row.lines)) for row in rows] == [
        (RequestKind.RENEWAL, cast.commune_a, 2),
        (RequestKind.RENEWAL, cast.commune_b, 1),
        (RequestKind.ISSUANCE, cast.commune_a, 1),
    ]
    assert rows[2].planned_receipt_on == factories.day(21)
    again = request_batches.draft_in_one_go(
        db_session, actor=actor(cast.an), renew=renew[:1], replace=[], law=LAW
    )
    assert again.drafts == []
    assert "chưa kết thúc" in again.refusals[0]
    assert all(row.state is RequestState.DRAFT for row in rows)


def test_judging_many_lines_costs_what_one_costs(
    db_session: Session, cast: Cast, count_statements: Callable[..., Any]
) -> None:
    counted = []
    for many in (1, 20):
        numbers = tuple(certificate(db_session, cast, 20, renewals=1) for _ in range(many))
        wish = Wish(RequestKind.REVOCATION, factories.day(0))
        with count_statements() as statements:
            lines = lines_for(db_session, wish, Chosen(certificates=numbers))
            judge(db_session, lines, Question(wish.kind, factories.day(0), LAW))
        counted.append(len([one for one in statements if not one.startswith("BEGIN")]))
    assert counted[0] == counted[1] <= 3


def test_a_system_is_entered_once_and_kept_by_its_own_people(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    number = system(db_session, cast, actor)
    with pytest.raises(Refused, match="đã có"):
        system(db_session, cast, actor)
    wanted = systems.Particulars(
        cast.commune_a, "Cổng Thử", SystemKind.SERVICE, keeper_id=cast.person_binh
    )
    with pytest.raises(Refused, match="thuộc cơ quan này"):
        systems.change(
            db_session, actor=actor(cast.an), system_id=number, version=1, particulars=wanted
        )
    events = db_session.scalars(
        select(audit.AuditEvent.event).where(audit.AuditEvent.noun == "system")
    )
    assert list(events) == ["system.created"]
