"""People who change: what each regulation asks for, and what the register refuses to forget."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import regulations
from models import Agency, AuditEvent, Certificate, Device, Person, Position
from operations import accounts, custody, follow_ups, people, staff_changes, staff_transfers
from operations.staff_change_lines import match, read_lines
from operations.staff_changes import Change
from operations.transactions import Conflict, Refused, transaction
from rules.certificates import SubscriberKind
from rules.devices import DeviceState
from rules.evidence import Evidence
from rules.lifecycle import CustodyAct
from rules.staff_changes import StaffChange as Kind
from schema.changes import StaffChange
from schema.custody import FollowUp
from tests import factories
from tests.cast import Cast

MakeActor = Callable[..., audit.Actor]
TODAY = date(2026, 11, 21)
DECREE, TUYEN_QUANG, BAC_NINH, DONG_NAI, TAY_NINH, HUE = (
    "decree_68_2024",
    "tuyen_quang_06_2026",
    "bac_ninh_60_2025",
    "dong_nai_draft_2026",
    "tay_ninh_draft_2025",
    "thua_thien_hue_2289_2024",
)
REVOKE, RECALL, AMEND = "transfer.revoke", "transfer.recall", "transfer.amend"


class Office:
    """Em of commune A with a token and a certificate, and the acts of An, the focal point."""

    def __init__(self, session: Session, cast: Cast, make: MakeActor) -> None:
        self.session, self.cast = session, cast
        self.an, self.binh = make(cast.an, cast.person_an), make(cast.binh, cast.person_binh)
        with transaction(session):
            em = session.get_one(Person, cast.person_em)
            token = factories.device(session, cast.office_a, "TK-EM", em, serial="0011EM")
            self.token_id = token.id
            self.certificate_id = factories.certificate(session, em, days_left=400, token=token).id

    def follow(self, regulation: str) -> None:
        """Let commune A follow a regulation."""
        with transaction(self.session):
            for agency_id in (self.cast.commune_a, self.cast.office_a):
                self.session.get_one(Agency, agency_id).regulation = regulation

    def record(self, kind: Kind, **more: Any) -> int:
        """Enter a change of Em's, from today on unless told otherwise."""
        on = more.pop("effective_on", TODAY)
        law = more.pop("law", regulations.load())
        return staff_changes.record(
            self.session,
            actor=self.an,
            change=Change(self.cast.person_em, kind, on, **more),
            law=law,
        )

    def proposed(self, change_id: int) -> list[FollowUp]:
        """What was proposed for a change."""
        rows = follow_ups.of(self.session, staff_changes.NOUN, change_id)
        return [one for one in rows if one.code != "staff_change.account"]

    def row(self, change_id: int) -> StaffChange:
        """The change itself."""
        return self.session.get_one(StaffChange, change_id)

    def act(self, what: Callable[..., None], change_id: int, **more: Any) -> None:
        """Do something with a change as An."""
        more.setdefault("actor", self.an)
        version = self.row(change_id).version
        what(self.session, change_id=change_id, version=version, **more)

    def take_back_token(self) -> None:
        """Em hands the token back."""
        custody.move(
            self.session,
            actor=self.an,
            device_ids=[self.token_id],
            act=CustodyAct.RECALL,
            on=TODAY,
            law=regulations.load(),
            evidence=Evidence.SCAN,
        )

    def finish_by_hand(self, change_id: int) -> None:
        """Everything else was done on paper."""
        for one in follow_ups.of(self.session, staff_changes.NOUN, change_id):
            if one.done_at is None:
                follow_ups.complete(self.session, actor=self.an, follow_up_id=one.id)


@pytest.fixture
def office(db_session: Session, cast: Cast, actor: MakeActor) -> Office:
    return Office(db_session, cast, actor)


@pytest.mark.parametrize(
    ("regulation", "kind", "expected"),
    [
        # Whoever leaves the service loses certificate and device, everywhere by the decree.
        (DECREE, Kind.RETIRED, {REVOKE: "Điều 17", RECALL: "Điều 20"}),
        (TUYEN_QUANG, Kind.RETIRED, {REVOKE: "", RECALL: ""}),
        (BAC_NINH, Kind.LEFT_SERVICE, {REVOKE: "", RECALL: ""}),
        (DONG_NAI, Kind.DECEASED, {REVOKE: "Điều 17", RECALL: "Điều 20"}),
        (TAY_NINH, Kind.RETIRED, {REVOKE: "Điều 17", RECALL: "Điều 20"}),
        (HUE, Kind.RETIRED, {REVOKE: "", RECALL: ""}),
        # Whoever moves to another body: the regulations differ.
        (TUYEN_QUANG, Kind.MOVED_TO_OTHER_BODY, {REVOKE: "Điều 7", RECALL: "Điều 10"}),
        (HUE, Kind.MOVED_TO_OTHER_BODY, {REVOKE: "Điều 32", RECALL: "Điều"}),
        (DECREE, Kind.MOVED_TO_OTHER_BODY, {AMEND: "Điều 15", REVOKE: "Điều 17", RECALL: "Điều"}),
        (BAC_NINH, Kind.MOVED_TO_OTHER_BODY, {AMEND: "", REVOKE: "", RECALL: ""}),
        (TAY_NINH, Kind.MOVED_TO_OTHER_BODY, {AMEND: "", REVOKE: "", RECALL: ""}),
        # A draft binds nobody: until it is issued the decree's choice stands in Đồng Nai.
        (DONG_NAI, Kind.MOVED_TO_OTHER_BODY, {AMEND: "Điều 15", REVOKE: "", RECALL: ""}),
    ],
)
def test_a_leaver_gets_what_the_regulation_asks_for(
    office: Office, regulation: str, kind: Kind, expected: dict[str, str]
) -> None:
    office.follow(regulation)
    found = {one.code: one for one in office.proposed(office.record(kind, to_body="Sở Thử"))}
    assert found.keys() == expected.keys()
    for code, article in expected.items():
        assert article in found[code].basis
        assert found[code].done_at is None
    is_choice = AMEND in expected
    assert {bool(one.alternative) for one in found.values()} == {is_choice}


def test_once_issued_dong_nai_amends_who_moves(office: Office) -> None:
    office.follow(DONG_NAI)
    law = regulations.load().enact(
        DONG_NAI, number="01/2026/QĐ-UBND", issued_on=TODAY, effective_from=TODAY
    )
    rows = office.proposed(office.record(Kind.MOVED_TO_OTHER_BODY, to_body="Sở Thử", law=law))
    assert [(one.code, one.alternative) for one in rows] == [(AMEND, "")]
    assert "Điều 11" in rows[0].basis


def test_each_certificate_and_device_is_a_line_of_its_own(office: Office) -> None:
    with transaction(office.session):
        em = office.session.get_one(Person, office.cast.person_em)
        second = factories.device(office.session, office.cast.office_a, "TK-EM-2", em)
        factories.certificate(office.session, em, days_left=300, token=second)
        factories.certificate(office.session, em, days_left=-3)
    rows = office.proposed(office.record(Kind.RETIRED))
    assert sorted(one.code for one in rows) == [RECALL, RECALL, REVOKE, REVOKE]
    assert len({(one.certificate_id, one.device_id) for one in rows}) == 4
    assert all("TK-EM-2" in one.sentence for one in rows if one.device_id == second.id)


def test_nobody_is_closed_with_a_device_in_their_hands(office: Office) -> None:
    number = office.record(Kind.RETIRED)
    office.finish_by_hand(number)
    with pytest.raises(Refused, match="còn giữ 1 thiết bị: TK-EM"):
        office.act(staff_changes.close, number)
    with pytest.raises(Refused, match="TK-EM"):
        people.record_leaving(
            office.session,
            actor=office.an,
            person_id=office.cast.person_em,
            version=1,
            left_on=TODAY,
        )
    office.take_back_token()
    office.act(staff_changes.close, number)
    em = office.session.get_one(Person, office.cast.person_em)
    assert em.left_on == TODAY
    assert [one.until_on for one in em.positions] == [date(2026, 11, 20)]


def test_a_change_is_closed_only_when_nothing_is_open_and_its_day_has_come(office: Office) -> None:
    ahead = office.record(Kind.RETIRED, effective_on=date(2026, 12, 1))
    with pytest.raises(Refused, match="từ ngày 01/12/2026"):
        office.act(staff_changes.close, ahead)
    office.act(staff_changes.cancel, ahead, reason="Ghi nhầm ngày")
    number = office.record(Kind.RETIRED)
    office.take_back_token()
    with pytest.raises(Refused, match="Còn 2 việc chưa xong"):
        office.act(staff_changes.close, number)
    with pytest.raises(Conflict):
        staff_changes.close(office.session, actor=office.an, change_id=number, version=7)


def test_what_was_done_closes_its_line_and_opens_again_when_taken_back(office: Office) -> None:
    rows = office.proposed(office.record(Kind.RETIRED))
    recall = next(one.id for one in rows if one.code == RECALL)
    office.take_back_token()
    assert office.session.get_one(FollowUp, recall).done_at is not None
    move = custody.history(office.session, office.token_id)[-1]
    custody.undo(office.session, actor=office.an, move_id=move.id)
    assert office.session.get_one(FollowUp, recall).done_at is None


def test_closing_the_account_of_a_leaver_closes_its_line(office: Office) -> None:
    number = office.record(Kind.LEFT_SERVICE)
    accounts.set_active(
        office.session, actor=office.an, user_id=office.cast.em, active=False, version=1
    )
    rows = follow_ups.of(office.session, staff_changes.NOUN, number)
    assert [one.code for one in rows if one.done_at] == ["staff_change.account"]


def test_the_way_that_was_taken_leaves_the_others_out(office: Office) -> None:
    number = office.record(Kind.MOVED_TO_OTHER_BODY, to_body="Sở Thử")
    with transaction(office.session):
        follow_ups.settle(
            office.session,
            office.an,
            code=follow_ups.AMENDMENT,
            certificate_ids=[office.certificate_id],
        )
    found = {one.code: one.waived_reason for one in office.proposed(number)}
    assert found == {AMEND: "", REVOKE: follow_ups.OTHER_WAY, RECALL: follow_ups.OTHER_WAY}


def test_a_line_is_left_out_only_with_a_reason(office: Office) -> None:
    number = office.record(Kind.NO_LONGER_NEEDED)
    line = office.proposed(number)[0]
    with pytest.raises(Refused, match="Nhập lý do"):
        follow_ups.waive(office.session, actor=office.an, follow_up_id=line.id, reason="  ")
    follow_ups.waive(office.session, actor=office.an, follow_up_id=line.id, reason="Đã thu hồi")
    with pytest.raises(Refused, match="đã xong"):
        follow_ups.complete(office.session, actor=office.an, follow_up_id=line.id)
    event = office.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert event.event == "follow_up.waived"
    assert "Đã thu hồi" not in event.body


@pytest.mark.parametrize(
    ("kind", "more", "message"),
    [
        (Kind.DECEASED, {"effective_on": date(2026, 12, 1)}, "ngày từ trần"),
        (Kind.MOVED_TO_OTHER_BODY, {}, "nhập cơ quan, tổ chức nơi đến"),
        (Kind.MOVED_TO_OTHER_BODY, {"to": "commune_a"}, "thuộc cùng cơ quan"),
        (Kind.MOVED_WITHIN, {"to": "commune_b"}, "thuộc cơ quan khác"),
        (Kind.MOVED_WITHIN, {"to": "office_a"}, "đơn vị hiện nay"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_name(
    office: Office, kind: Kind, more: dict[str, Any], message: str
) -> None:
    if place := more.pop("to", None):
        more["to_agency_id"] = getattr(office.cast, place)
    with pytest.raises(Refused, match=f"Phạm Văn Em: .*{message}"):
        office.record(kind, **more)


def test_the_same_change_is_not_entered_twice(office: Office) -> None:
    office.record(Kind.LONG_LEAVE)
    with pytest.raises(Refused, match="đã có cùng biến động"):
        office.record(Kind.LONG_LEAVE)
    assert office.record(Kind.NO_LONGER_NEEDED)


def test_a_new_position_is_compared_first_and_keeps_the_post_held_beside_it(office: Office) -> None:
    session, cast = office.session, office.cast
    with transaction(session):
        session.add(
            Position(
                person_id=cast.person_em,
                agency_id=cast.commune_b,
                title="Kiêm nhiệm",
                from_on=date(2026, 1, 1),
            )
        )
    number = office.record(
        Kind.MOVED_WITHIN, to_agency_id=cast.commune_a, new_title="Phó Chánh Văn phòng"
    )
    assert [one.code for one in office.proposed(number)] == [staff_changes.CHECK_CONTENTS]
    office.act(staff_changes.compare, number, fits=True, law=regulations.load())
    assert [one.code for one in office.proposed(number)][1:] == ["transfer.keep"]
    office.act(staff_changes.close, number)
    em = session.get_one(Person, cast.person_em)
    current = {one.title: one.is_primary for one in em.positions if one.until_on is None}
    assert current == {"Kiêm nhiệm": False, "Phó Chánh Văn phòng": True}
    assert em.agency_id == cast.commune_a
    assert session.get_one(Device, office.token_id).agency_id == cast.commune_a
    assert session.get_one(Certificate, office.certificate_id).agency_id == cast.commune_a


def test_between_two_agencies_one_proposes_and_the_other_accepts(office: Office) -> None:
    session, cast = office.session, office.cast
    number = office.record(Kind.MOVED_TO_OTHER_BODY, to_agency_id=cast.commune_b)
    answer = {"accepted": True, "title": "Kế toán", "actor": office.binh}
    with pytest.raises(Refused, match="chưa trả lời"):
        office.act(staff_changes.close, number)
    with pytest.raises(Refused, match="chưa chọn"):
        office.act(staff_transfers.answer, number, **answer)
    follow_ups.choose(
        session,
        actor=office.an,
        noun=staff_changes.NOUN,
        object_id=number,
        alternative="amend",
    )
    with transaction(session):
        factories.device(session, cast.commune_b, "TK-EM")
    office.act(staff_transfers.answer, number, **answer)
    em, token = session.get_one(Person, cast.person_em), session.get_one(Device, office.token_id)
    assert em.agency_id == token.agency_id == cast.commune_b
    assert token.holder_id == em.id
    assert token.internal_code == "TK-EM-VAN-PHONG-XA-THU-A"
    assert "TK-EM" in token.note
    assert session.get_one(Certificate, office.certificate_id).agency_id == cast.commune_b
    assert [one.title for one in em.positions if one.until_on is None] == ["Kế toán"]
    amend = next(one for one in office.proposed(number) if one.code == AMEND)
    assert amend.agency_id == cast.commune_b
    with pytest.raises(Refused, match="đã tiếp nhận nên không hủy"):
        office.act(staff_changes.cancel, number, reason="Nhầm")


def test_where_devices_are_recalled_nobody_goes_over_with_one(office: Office) -> None:
    office.follow(TUYEN_QUANG)
    number = office.record(Kind.MOVED_TO_OTHER_BODY, to_agency_id=office.cast.commune_b)
    with pytest.raises(Refused, match="còn giữ thiết bị TK-EM của Văn phòng xã Thử A"):
        office.act(staff_transfers.answer, number, accepted=True, actor=office.binh)
    office.take_back_token()
    office.act(staff_transfers.answer, number, accepted=True, actor=office.binh)
    certificate = office.session.get_one(Certificate, office.certificate_id)
    assert certificate.agency_id == office.cast.office_a
    assert office.session.get_one(Person, office.cast.person_em).agency_id == office.cast.commune_b


def test_a_refused_person_stays_and_the_change_is_taken_back(office: Office) -> None:
    number = office.record(Kind.MOVED_TO_OTHER_BODY, to_agency_id=office.cast.commune_b)
    with pytest.raises(Refused, match="Nhập lý do"):
        office.act(staff_transfers.answer, number, accepted=False, actor=office.binh)
    office.act(
        staff_transfers.answer,
        number,
        accepted=False,
        reason="Chưa có quyết định",
        actor=office.binh,
    )
    with pytest.raises(Refused, match="không tiếp nhận"):
        office.act(staff_changes.close, number)
    office.act(staff_changes.cancel, number, reason="Cơ quan đến không nhận")
    assert all(one.done_at for one in office.proposed(number))
    assert office.session.get_one(Person, office.cast.person_em).left_on is None


def test_the_agencys_own_token_must_be_handed_on_first(office: Office) -> None:
    session, cast = office.session, office.cast
    with transaction(session):
        em = session.get_one(Person, cast.person_em)
        seal = factories.device(session, cast.commune_a, "TK-DAU", em)
        factories.certificate(
            session, em, token=seal, kind=SubscriberKind.ORGANISATION, serial="5AFF01"
        )
    number = office.record(Kind.MOVED_TO_OTHER_BODY, to_agency_id=cast.commune_b)
    choice = {"noun": staff_changes.NOUN, "object_id": number, "alternative": "amend"}
    follow_ups.choose(session, actor=office.an, **choice)
    with pytest.raises(Refused, match="TK-DAU"):
        office.act(staff_transfers.answer, number, accepted=True, actor=office.binh)
    assert session.get_one(Device, seal.id).state is DeviceState.IN_USE


def test_a_pasted_list_is_matched_before_anything_is_saved(office: Office) -> None:
    text = """pham.van.em@thunghiem.example; nghỉ hưu; 01/12/2026; đủ tuổi
Lê Thị Chi\tThôi việc\t2026-12-01
khong.co@thunghiem.example; nghỉ hưu; 01/12/2026
Nguyễn Văn An; bay lên trời; 01/12/2026
Nguyễn Văn An; nghỉ hưu; 31/02/2026

Phạm Văn Em; Nghỉ hưu; 1.12.2026"""
    kinds = {"nghi huu": "RETIRED", "thoi viec": "LEFT_SERVICE"}
    lines = match(office.session, read_lines(text, kinds))
    assert [(one.number, bool(one.person), one.wrong.split(" “")[0]) for one in lines] == [
        (1, True, ""),
        (2, True, ""),
        (3, False, "không tìm thấy trong phạm vi của anh/chị, hoặc đã nghỉ"),
        (4, False, "không hiểu loại biến động"),
        (5, False, "ngày"),
        (7, False, "trùng với dòng 1"),
    ]
    good = [one.change() for one in lines if not one.wrong]
    numbers = staff_changes.record_many(
        office.session, actor=office.an, changes=good, law=regulations.load()
    )
    assert [office.row(one).effective_on for one in numbers] == [date(2026, 12, 1)] * 2


def test_many_changes_are_entered_in_as_many_statements_as_one(
    office: Office, count_statements: Callable[[], Any]
) -> None:
    session, cast = office.session, office.cast
    ids = [cast.person_em, cast.person_an, cast.person_chi, cast.person_giang]

    def cost(people_ids: list[int], kind: Kind) -> int:
        changes = [Change(one, kind, TODAY) for one in people_ids]
        with count_statements() as statements:
            staff_changes.record_many(
                session, actor=office.an, changes=changes, law=regulations.load()
            )
        return len(statements)

    one, four = cost(ids[:1], Kind.LONG_LEAVE), cost(ids, Kind.NO_LONGER_NEEDED)
    assert four <= one + 1  # one of them may be the first to hold anything
    assert audit.verify(session).sound
