"""A person who moves between two agencies of this installation: one proposes, the other answers.

Accepting moves the person and their positions at once. Certificates and devices go along where the
regulation amends (Đồng Nai Điều 11.2a) or that way was chosen under the decree; where it revokes
and recalls (Tuyên Quang Điều 7.3c, 10.2c; Thừa Thiên Huế Điều 32.3) they stay with the old agency,
and nobody is taken over with a device in their hands.
"""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import Actor
from models import Agency, Certificate, Device, Person
from operations import agency_moves, follow_ups, people
from operations import law as house
from operations import staff_changes as changes
from operations.staff_change_items import AMEND
from operations.transactions import Refused, transaction
from rules.certificates import SubscriberKind
from rules.names import clean_name, nfc
from rules.staff_changes import StaffChange as Kind
from rules.wording import listed
from schema.changes import StaffChange
from schema.custody import FollowUp

_AMENDMENTS = follow_ups.CODES[follow_ups.AMENDMENT]


def answer(
    session: Session,
    *,
    actor: Actor,
    change_id: int,
    version: int,
    accepted: bool,
    title: str = "",
    unit_id: int | None = None,
    reason: str = "",
) -> None:
    """Accept the person, as what and in which unit, or refuse with a reason.

    Raises `Refused` when nothing is waiting, before the day of the move, while a choice of the old
    agency is open or a device in the way; and `Conflict`.
    """
    with transaction(session):
        row = changes.load_open(session, change_id, version)
        if row.kind != Kind.MOVED_TO_OTHER_BODY.value or row.to_agency_id is None:
            raise Refused("Biến động này không cần cơ quan nơi đến trả lời.")
        if row.answered_at is not None:
            raise Refused("Cơ quan nơi đến đã trả lời.")
        if accepted:
            _accept(session, actor, row, clean_name(title), unit_id)
        else:
            row.refused_reason = _words(reason)
        row.answered_at, row.answered_by_id = actor.at, actor.user_id
        row.version += 1
        changes.record_event(session, "staff_change.answered", actor, row, accepted=accepted)


def takes_things_along(rows: list[FollowUp] | tuple[FollowUp, ...]) -> bool | None:
    """Whether certificates and devices go along, from what was proposed; None while not chosen."""
    amend = [one for one in rows if one.code in _AMENDMENTS and not one.waived_reason]
    others = [one for one in rows if one.alternative and one.alternative != AMEND]
    if amend and any(one.alternative for one in amend):
        if any(one.done_at is None for one in others):
            return None
    return bool(amend)


def in_the_way(session: Session, person: Person, *, along: bool) -> list[Device]:
    """The devices that keep the person from being taken over: all of them where certificates are
    revoked, else only those that hold a certificate of the old agency or of a system.
    """
    held = people.in_hands(
        session.scalars(select(Device).where(Device.holder_id == person.id).order_by(Device.id))
    )
    if not along:
        return held
    foreign = set(
        session.scalars(
            select(Certificate.device_id).where(
                Certificate.device_id.in_([one.id for one in held]),
                Certificate.kind != SubscriberKind.INDIVIDUAL,
            )
        )
    )
    return [one for one in held if one.id in foreign]


def _accept(
    session: Session, actor: Actor, row: StaffChange, title: str, unit_id: int | None
) -> None:
    if row.effective_on > actor.today:
        raise Refused(
            f"Người này chuyển đến từ ngày {row.effective_on:%d/%m/%Y}; chưa tiếp nhận được."
        )
    rows = list(follow_ups.of(session, changes.NOUN, row.id))
    along = takes_things_along(rows)
    if along is None:
        raise Refused("Cơ quan nơi đi chưa chọn thay đổi thông tin hay thu hồi chứng thư.")
    old = session.get_one(Agency, row.agency_id)
    person = row.person
    if blocking := in_the_way(session, person, along=along):
        codes = listed([one.internal_code for one in blocking])
        raise Refused(
            f"{person.full_name} còn giữ thiết bị {codes} của {old.name}. {old.name} phải thu lại, "
            "lập biên bản trước khi người này chuyển đi."
        )
    to = _place(session, row, unit_id)
    agency_moves.refuse_taken_staff_number(session, person, to)
    if along:
        reason = f"Chuyển theo {person.full_name} từ {old.name}"
        changes.move_things(session, actor, person, to, on=row.effective_on, reason=reason)
        _hand_on_amendments(session, row)
    eve = row.effective_on - timedelta(days=1)
    changes.end_positions(person, eve, _places_left(session, person, old))
    if title or row.new_title:
        changes.begin_position(person, to.id, title or row.new_title, row.effective_on)
    person.agency_id = to.id
    person.version += 1
    session.flush()
    agency_moves.reindex_people(session, [person])


def _place(session: Session, row: StaffChange, unit_id: int | None) -> Agency:
    """The accepting agency, or one of its units."""
    whole = session.get_one(Agency, row.to_agency_id or 0)
    if unit_id is None or unit_id == whole.id:
        return whole
    unit = session.get(Agency, unit_id)
    if unit is None or not unit.path.startswith(whole.path) or unit.ended_on is not None:
        raise Refused(f"Chọn một đơn vị đang hoạt động của {whole.name}.")
    return unit


def _places_left(session: Session, person: Person, old: Agency) -> list[int]:
    """Where the person had positions under the old agency; a post in a third one goes on."""
    sender = house.sender_for(session, old) or old
    held = [one.agency_id for one in person.positions if one.until_on is None]
    return list(
        session.scalars(
            select(Agency.id).where(Agency.id.in_(held), Agency.path.startswith(sender.path))
        )
    )


def _hand_on_amendments(session: Session, row: StaffChange) -> None:
    """Mẫu số 04 with the new information is for the agency that knows it: the accepting one."""
    session.execute(
        update(FollowUp)
        .where(
            FollowUp.noun == changes.NOUN,
            FollowUp.object_id == row.id,
            FollowUp.code.in_(_AMENDMENTS),
            FollowUp.done_at.is_(None),
        )
        .values(agency_id=row.to_agency_id)
    )


def _words(reason: str) -> str:
    words = nfc(reason).strip()[:500]
    if not words:
        raise Refused("Nhập lý do không tiếp nhận.")
    return words
