"""Agencies: the tree, and what changes it by decision: renaming, merging, splitting.

A merged agency keeps its row, its people and its things, and hangs under its successor from then
on, without seal or legal personality: nothing is lost, the successor sees and signs for all of it,
and each person or device moves when somebody really moves it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, AgencyChange
from operations.law import sender_for
from operations.transactions import Refused, expect_version, transaction
from rules.agencies import AgencyKind, AgencyLevel
from rules.emails import WrongDomain, official_domains
from rules.names import clean_name, fold, nfc, text_key

NOUN = "agency"
RENAME, MERGER, SPLIT = "rename", "merger", "split"
_LONGEST_PATH = 200
_LONGEST_DOMAINS = 600
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class Particulars:
    """What is written about an agency besides its place in the tree."""

    code: str
    name: str
    level: AgencyLevel
    kind: AgencyKind
    abbreviation: str = ""
    has_legal_personality: bool = False
    has_own_seal: bool = False
    identification_code: str = ""
    place_name: str = ""
    province: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    tax_code: str = ""
    budget_code: str = ""
    official_domains: str = ""


_OPTIONAL = ("identification_code", "email", "phone", "tax_code", "budget_code")


def create_agency(
    session: Session,
    *,
    actor: Actor,
    parent_id: int,
    particulars: Particulars,
    established_on: date | None = None,
) -> int:
    """Add an agency or unit under another; returns its number. Raises `Refused`."""
    with transaction(session):
        parent = _load(session, parent_id, None)
        agency = _add(session, parent, particulars, established_on)
        _record(session, "agency.created", actor, agency, parent=parent.id)
        return agency.id


def change_agency(
    session: Session, *, actor: Actor, agency_id: int, version: int, particulars: Particulars
) -> None:
    """Correct what is written about an agency; a new name by decision is `rename`.

    Raises `Refused` for an empty name or a code already taken, and `Conflict`.
    """
    with transaction(session):
        agency = _load(session, agency_id, version)
        changed = _write(session, agency, particulars)
        if not changed:
            return
        agency.version += 1
        _record(session, "agency.changed", actor, agency, changed=sorted(changed))


def follow_regulation(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    version: int,
    regulation: str,
    known: Collection[str],
    below_too: bool = False,
) -> None:
    """Say which provincial regulation an agency follows; the decree stands under each.

    `known` are the instruments that may be chosen, the decree among them; `below_too` takes every
    unit under the agency along. Raises `Refused` for an unknown one and for a unit whose papers
    another agency signs, and `Conflict`.
    """
    if regulation not in known:
        raise Refused("Quy chế này không có trong phần mềm. Hãy chọn lại.")
    with transaction(session):
        agency = _load(session, agency_id, version)
        refuse_to_choose(session, agency)
        agency.regulation = regulation
        agency.version += 1
        if below_too:
            session.flush()  # The statement below would overwrite the version of the row in hand.
            session.execute(
                update(Agency)
                .where(Agency.path.startswith(agency.path), Agency.id != agency.id)
                .values(regulation=regulation, version=Agency.version + 1)
                .execution_options(synchronize_session=False)
            )
        _record(session, "regulation.followed", actor, agency, regulation=regulation)


def refuse_to_choose(session: Session, agency: Agency) -> None:
    """Raise `Refused` for a unit whose papers another agency signs: it follows that agency's."""
    signer = sender_for(session, agency)
    if signer is not None and signer.id != agency.id:
        raise Refused(f"Đơn vị này theo quy chế của {signer.name}, nơi ký giấy tờ; chọn ở đó.")


def rename_in(
    session: Session,
    actor: Actor,
    agency: Agency,
    *,
    new_name: str,
    effective_on: date,
    decision: str,
) -> None:
    """Give an agency another name by decision, inside a reorganisation; the old one stays in its
    history. Raises `Refused` for an empty or unchanged name or a day to come.
    """
    name = clean_name(new_name)
    _require_living(agency)
    _require_past(effective_on, actor)
    if not name or name == agency.name:
        raise Refused("Hãy nhập tên mới, khác tên hiện nay.")
    _change(session, RENAME, agency, None, effective_on, decision, new_name=name)
    agency.name, agency.name_fold, agency.sort_key = name, fold(name), text_key(name)
    agency.version += 1
    _record(session, "agency.renamed", actor, agency, day=effective_on.isoformat())


def merge_in(
    session: Session,
    actor: Actor,
    agency: Agency,
    successor: Agency,
    *,
    effective_on: date,
    decision: str,
) -> None:
    """End an agency that was merged into another, inside a reorganisation, and hang it with all it
    has under that one.

    Raises `Refused` for the root of the tree, a successor inside the agency itself or ended, or a
    day to come.
    """
    _require_living(agency)
    _require_living(successor)
    _require_past(effective_on, actor)
    if agency.parent_id is None:
        raise Refused("Không thể sáp nhập cơ quan ở gốc của cây đơn vị.")
    if successor.path.startswith(agency.path):
        raise Refused("Cơ quan nhận sáp nhập không được nằm trong cơ quan bị sáp nhập.")
    _change(session, MERGER, agency, successor, effective_on, decision)
    end(agency, effective_on)
    if agency.parent_id != successor.id:
        hang_under(session, agency, successor)
    agency.version += 1
    _record(
        session,
        "agency.merged",
        actor,
        agency,
        successor=successor.id,
        day=effective_on.isoformat(),
    )


def write_split(
    session: Session,
    actor: Actor,
    agency: Agency,
    successor: Agency,
    *,
    effective_on: date,
    decision: str,
) -> None:
    """Write down that one agency came out of another, unless that stands there already."""
    known = session.scalar(
        select(AgencyChange.id).where(
            AgencyChange.kind == SPLIT,
            AgencyChange.agency_id == agency.id,
            AgencyChange.successor_id == successor.id,
        )
    )
    if known is None:
        _change(session, SPLIT, agency, successor, effective_on, decision)
        day = effective_on.isoformat()
        _record(
            session, "agency.split", actor, agency, successor=successor.id, day=day, ended=False
        )


def split(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    version: int,
    particulars: Particulars,
    effective_on: date,
    decision: str,
    ends: bool,
) -> int:
    """Write down an agency that came out of another one, beside it; returns its number.

    `ends` says that the old one ceased with it. People and things stay until they are moved. Raises
    `Refused` for the root of the tree or a day to come, and `Conflict`.
    """
    with transaction(session):
        agency = _load(session, agency_id, version)
        _require_living(agency)
        _require_past(effective_on, actor)
        if agency.parent_id is None:
            raise Refused("Không thể chia, tách cơ quan ở gốc của cây đơn vị.")
        parent = session.get_one(Agency, agency.parent_id)
        new = _add(session, parent, particulars, effective_on)
        _change(session, SPLIT, agency, new, effective_on, decision, new_name=new.name)
        if ends:
            end(agency, effective_on)
        agency.version += 1
        _record(session, "agency.created", actor, new, parent=parent.id)
        _record(
            session,
            "agency.split",
            actor,
            agency,
            successor=new.id,
            day=effective_on.isoformat(),
            ended=ends,
        )
        return new.id


def _load(session: Session, agency_id: int, version: int | None) -> Agency:
    agency = session.scalars(select(Agency).where(Agency.id == agency_id).with_for_update()).one()
    expect_version(agency, version)
    return agency


def _add(
    session: Session, parent: Agency, particulars: Particulars, established_on: date | None
) -> Agency:
    _require_living(parent)
    agency = Agency(parent_id=parent.id, regulation=parent.regulation)
    _write(session, agency, particulars)
    agency.established_on = established_on
    session.add(agency)
    session.flush()  # The path of the tree is made of numbers.
    agency.path = _path(parent, agency)
    return agency


def _path(parent: Agency, agency: Agency) -> str:
    path = f"{parent.path}{agency.id}/"
    if len(path) > _LONGEST_PATH:
        raise Refused("Cây đơn vị quá sâu.")
    return path


def _write(session: Session, agency: Agency, particulars: Particulars) -> list[str]:
    values = {
        key: nfc(value).strip()
        if isinstance(value, str) and key not in ("level", "kind")
        else value
        for key, value in vars(particulars).items()
    }
    values["name"] = clean_name(particulars.name)
    values["email"] = str(values["email"]).lower()
    values["official_domains"] = _domains(particulars.official_domains)
    for key in _OPTIONAL:
        values[key] = values[key] or None
    if not values["name"]:
        raise Refused("Hãy nhập tên cơ quan, đơn vị.")
    code = str(values["code"])
    if not _CODE.fullmatch(code):
        raise Refused(
            "Mã gồm tối đa 40 ký tự: chữ không dấu, chữ số, dấu chấm, gạch nối, gạch dưới."
        )
    with session.no_autoflush:
        taken = session.scalar(
            select(Agency.id).where(Agency.code == code, Agency.id != (agency.id or 0))
        )
    if taken is not None:
        raise Refused(f"Mã {code} đã được dùng cho cơ quan, đơn vị khác.")
    changed = [key for key, value in values.items() if getattr(agency, key) != value]
    for key in changed:
        setattr(agency, key, values[key])
    name = str(values["name"])
    agency.name_fold, agency.sort_key = fold(name), text_key(name)
    return changed


def _domains(typed: str) -> str:
    try:
        written = " ".join(official_domains(typed))
    except WrongDomain as error:
        raise Refused(str(error)) from error
    if len(written) > _LONGEST_DOMAINS:
        raise Refused(f"Các tên miền dài quá {_LONGEST_DOMAINS} ký tự.")
    return written


def _require_living(agency: Agency) -> None:
    if agency.ended_on is not None:
        raise Refused(f"{agency.name} đã kết thúc hoạt động ngày {agency.ended_on:%d/%m/%Y}.")


def _require_past(effective_on: date, actor: Actor) -> None:
    if effective_on > actor.today:
        raise Refused("Chỉ ghi thay đổi đã có hiệu lực; ngày hiệu lực không được sau hôm nay.")


def end(agency: Agency, on: date) -> None:
    """An agency that has ended signs no letters: its seal is no more."""
    agency.ended_on = on
    agency.has_legal_personality = agency.has_own_seal = False


def hang_under(session: Session, agency: Agency, parent: Agency) -> None:
    """Hang an agency with everything below it under another one."""
    old, new = agency.path, _path(parent, agency)
    below = session.scalars(select(Agency).where(Agency.path.startswith(old))).all()
    for row in below:
        path = new + row.path[len(old) :]
        if len(path) > _LONGEST_PATH:
            raise Refused("Cây đơn vị quá sâu.")
        row.path = path
    agency.parent_id = parent.id


def _change(
    session: Session,
    kind: str,
    agency: Agency,
    successor: Agency | None,
    effective_on: date,
    decision: str,
    *,
    new_name: str = "",
) -> None:
    session.add(
        AgencyChange(
            kind=kind,
            effective_on=effective_on,
            agency_id=agency.id,
            successor_id=successor.id if successor else None,
            old_name=agency.name,
            new_name=new_name or (successor.name if successor else ""),
            decision=nfc(decision).strip()[:300],
        )
    )


def _record(
    session: Session, event: str, actor: Actor, agency: Agency, /, **body: audit.Value
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=agency.id,
        agency_id=agency.id,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )
