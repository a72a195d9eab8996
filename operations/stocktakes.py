"""Kiểm kê: a campaign is opened over what the books say, changed in its committee, and locked.

What is expected is frozen in one statement when the campaign opens; counting itself stands in
`operations/stocktake_counts.py`. Nothing reopens: a correction is a new campaign.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, exists, func, insert, literal, select
from sqlalchemy.orm import Session, joinedload

import audit
from audit import Actor
from models import Agency, Device, Person
from operations import follow_ups
from operations.law import law_for
from operations.papers import Draw
from operations.stocktake_codes import owners_elsewhere
from operations.stocktake_counts import NOUN, Sheet, sheet_of
from operations.stocktake_minutes import Words, make_minutes
from operations.stocktake_minutes import proposals as proposals_of
from operations.transactions import Refused, expect_version, transaction
from rules.days import vietnam_day
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, blocking
from rules.law import Law
from rules.names import nfc
from rules.stocktakes import (
    NOT_EXPECTED,
    Closing,
    CountOutcome,
    Item,
    check_closing,
    totals,
)
from schema.custody import Paper
from schema.stocktakes import Stocktake, StocktakeItem, StocktakeMember

__all__ = ["NOUN"]
COUNTED_KINDS = (DeviceKind.PKI_TOKEN, DeviceKind.SIM_PKI, DeviceKind.HSM)
"""What can be seen and touched; ký số tập trung is an account."""
_LONGEST_NAME, _LONGEST_BASIS, _LONGEST_CONCLUSION = 200, 300, 1000


@dataclass(frozen=True)
class Seat:
    """One member of the committee and what they are in it: "Tổ trưởng", "Thư ký"."""

    person_id: int
    part: str = ""


@dataclass(frozen=True)
class Plan:
    """What is decided when a campaign is opened; `basis` is the paper that orders it."""

    agency_id: int
    name: str
    due_on: date
    basis: str = ""
    with_subtree: bool = True
    seats: tuple[Seat, ...] = ()


def expected_devices(agency: Agency, *, with_subtree: bool) -> Select[Any]:
    """The devices that a campaign would expect, by unit and then by holder."""
    place = Agency.id == agency.id
    if with_subtree:
        # "0" follows "/" in ASCII: this agency and all below.
        place = (Agency.path >= agency.path) & (Agency.path < agency.path[:-1] + "0")
    return (
        select(Device)
        .join(Agency, Agency.id == Device.agency_id)
        .where(place, Device.state.not_in(NOT_EXPECTED), Device.kind.in_(COUNTED_KINDS))
        .order_by(Agency.sort_key, Agency.id, Device.sort_key, Device.id)
    )


def open_campaign(session: Session, *, actor: Actor, plan: Plan) -> int:
    """Open a campaign and freeze what the books expect; returns its number.

    Raises `Refused` without a name, when nothing is there to count, when the due day is past, or
    while another campaign of the same agency is open.
    """
    with transaction(session):
        agency = session.get_one(Agency, plan.agency_id)
        _refuse_plan(plan, actor)
        if going := _open_one(session, agency.id):
            raise Refused(
                f"Đợt kiểm kê “{going.name}” của cơ quan này chưa khóa sổ. Khóa sổ đợt đó trước."
            )
        row = Stocktake(
            agency_id=agency.id,
            name=_clean(plan.name, _LONGEST_NAME),
            basis=_clean(plan.basis, _LONGEST_BASIS),
            with_subtree=plan.with_subtree,
            due_on=plan.due_on,
            opened_at=actor.at,
            opened_by_id=actor.user_id,
            members=_members(session, plan.seats),
        )
        session.add(row)
        session.flush()
        number = _freeze(session, row, agency)
        if not number:
            raise Refused("Trong phạm vi đã chọn chưa có thiết bị nào để kiểm kê.")
        _record(session, "stocktake.opened", row, actor, devices=number)
        return row.id


def change(session: Session, *, actor: Actor, stocktake_id: int, version: int, plan: Plan) -> None:
    """Change name, ground, due day and committee; the scope was frozen at the opening.

    Raises `Refused` once it is locked, and `Conflict`.
    """
    with transaction(session):
        row = session.get_one(Stocktake, stocktake_id)
        expect_version(row, version)
        if row.closed_at is not None:
            raise Refused("Đợt kiểm kê đã khóa sổ nên không sửa được.")
        if plan.due_on != row.due_on:
            _refuse_plan(plan, actor)
        row.name = _clean(plan.name, _LONGEST_NAME)
        row.basis = _clean(plan.basis, _LONGEST_BASIS)
        row.due_on = plan.due_on
        row.members.clear()
        session.flush()  # A person stays once in a committee: the old seats go first.
        row.members.extend(_members(session, plan.seats))
        row.version += 1
        _record(
            session, "stocktake.changed", row, actor, members=[one.person_id for one in plan.seats]
        )


def last_seats(session: Session, agency_id: int) -> tuple[Seat, ...]:
    """The committee of the agency's last campaign, people still in service; to be taken over."""
    last = select(func.max(Stocktake.id)).where(Stocktake.agency_id == agency_id).scalar_subquery()
    rows = session.execute(
        select(StocktakeMember.person_id, StocktakeMember.part)
        .join(Person, Person.id == StocktakeMember.person_id)
        .where(StocktakeMember.stocktake_id == last, Person.left_on.is_(None))
        .order_by(StocktakeMember.id)
    )
    return tuple(Seat(number, part) for number, part in rows)


# Closing ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Review:
    """What closing would find: every item, what stands against it, and what the minutes need."""

    sheet: Sheet
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]

    @property
    def wants_reason(self) -> bool:
        """True when closing now needs words: some finding is a warning."""
        return any(one.severity is Severity.SHOULD for one in self.findings)


def review(
    session: Session, row: Stocktake, *, actor: Actor, law: Law, all_sent: bool = False
) -> Review:
    """What stands against closing now; a fixed number of statements.

    `all_sent`: somebody has looked that no telephone still holds counts that it could not send.
    """
    sheet = sheet_of(session, row.id)
    items = sheet.merged()
    facts = Closing(
        opened_on=vietnam_day(row.opened_at),
        due_on=row.due_on,
        member_ids=frozenset(one.person_id for one in row.members),
        closing_person_id=actor.person_id,
        closed=row.closed_at is not None,
        expects_late_counts=not all_sent,
    )
    own_law = law_for(law, row.agency)
    return Review(sheet, items, check_closing(facts, items, on=actor.today, law=own_law))


def close(
    session: Session,
    *,
    actor: Actor,
    stocktake_id: int,
    version: int,
    words: Words,
    law: Law,
    draw: Draw,
    all_sent: bool = False,
) -> int:
    """Lock the campaign: minutes drawn and frozen, follow-ups proposed; returns the paper.

    Raises `Refused` when a rule refuses or a warning has no reason, and `Conflict`.
    """
    with transaction(session):
        row = session.scalars(
            select(Stocktake)
            .where(Stocktake.id == stocktake_id)
            .options(joinedload(Stocktake.agency))
        ).one()
        expect_version(row, version)
        found = review(session, row, actor=actor, law=law, all_sent=all_sent)
        if refusals := blocking(found.findings):
            raise Refused(" ".join(f"{one.message} {one.remedy}" for one in refusals))
        if found.wants_reason and not words.reason.strip():
            raise Refused("Có lưu ý khi khóa sổ. Nêu lý do vẫn khóa sổ.")
        paper = make_minutes(session, row, found.sheet, found.items, actor, words, draw)
        row.conclusion = _clean(words.conclusion, _LONGEST_CONCLUSION)
        _lock(session, actor, row, found, law_for(law, row.agency), paper)
        return paper.id


def _lock(
    session: Session, actor: Actor, row: Stocktake, found: Review, law: Law, paper: Paper
) -> None:
    row.closed_at, row.closed_by_id = actor.at, actor.user_id
    row.paper_id = paper.id
    row.version += 1
    strange = {one.code_seen for one in found.sheet.items if one.device_id is None}
    follow_ups.propose(
        session,
        actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        items=proposals_of(
            found.sheet, found.items, law, actor.today, owners_elsewhere(session, row, strange)
        ),
    )
    numbers = totals(found.items).by_outcome
    _record(
        session,
        "stocktake.closed",
        row,
        actor,
        document_sha256=paper.sha256,
        right=numbers[CountOutcome.RIGHT],
        missing=numbers[CountOutcome.MISSING],
        surplus=numbers[CountOutcome.SURPLUS],
        wrong_holder=numbers[CountOutcome.WRONG_HOLDER],
    )


# Never counted ------------------------------------------------------------------------------------


def never_counted(*where: Any) -> Select[Any]:
    """Devices that no campaign ever saw, under the conditions given; to be ordered and limited."""
    seen = exists().where(
        StocktakeItem.device_id == Device.id, StocktakeItem.counted_at.is_not(None)
    )
    return select(Device).where(
        Device.state.not_in(NOT_EXPECTED), Device.kind.in_(COUNTED_KINDS), ~seen, *where
    )


# Parts --------------------------------------------------------------------------------------------


def _refuse_plan(plan: Plan, actor: Actor) -> None:
    if not plan.name.strip():
        raise Refused("Nhập tên đợt kiểm kê.")
    if plan.due_on < actor.today:
        raise Refused("Ngày phải xong không được trước ngày hôm nay.")


def _open_one(session: Session, agency_id: int) -> Stocktake | None:
    return session.scalars(
        select(Stocktake)
        .where(Stocktake.agency_id == agency_id, Stocktake.closed_at.is_(None))
        .limit(1)
    ).first()


def _members(session: Session, seats: Iterable[Seat]) -> list[StocktakeMember]:
    parts: dict[int, str] = {}
    for one in seats:
        parts.setdefault(one.person_id, _clean(one.part, 120))
    known = set(session.scalars(select(Person.id).where(Person.id.in_(parts))))
    if known != set(parts):
        raise Refused("Có thành viên không còn trong sổ. Hãy chọn lại.")
    return [StocktakeMember(person_id=number, part=part) for number, part in parts.items()]


def _freeze(session: Session, row: Stocktake, agency: Agency) -> int:
    """Copy what the books expect, in one statement however many devices there are."""
    wanted = expected_devices(agency, with_subtree=row.with_subtree).with_only_columns(
        literal(row.id),
        Device.id,
        literal(""),
        Device.state,
        Device.holder_id,
        literal(CountOutcome.NOT_COUNTED.value),
        literal(""),
        literal(1),
    )
    columns = (
        "stocktake_id", "device_id", "code_seen", "expected_state", "expected_holder_id",
        "outcome", "note", "version",
    )  # fmt: skip
    session.execute(insert(StocktakeItem).from_select(columns, wanted))
    count = select(func.count()).where(StocktakeItem.stocktake_id == row.id)
    return session.scalar(count) or 0


def _clean(text: str, longest: int) -> str:
    return nfc(text).strip()[:longest]


def _record(
    session: Session,
    event: str,
    row: Stocktake,
    actor: Actor,
    *,
    document_sha256: str | None = None,
    **body: audit.Value,
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        document_sha256=document_sha256,
        **body,
    )


def seats_of(row: Stocktake) -> Sequence[Seat]:
    """The committee as it is now."""
    return [Seat(one.person_id, one.part) for one in row.members]
