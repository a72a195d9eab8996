"""The first act in an empty database."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import Agency, User
from operations import accounts, passwords
from operations.transactions import Refused, transaction
from rules.agencies import AgencyKind, AgencyLevel
from rules.names import clean_name, fold, text_key
from rules.permissions import Role


class OfficeKind(StrEnum):
    """What the office at the root of the tree is, in words that can be typed at a terminal."""

    COMMUNE = "xa"
    DEPARTMENT = "so"
    PROVINCE = "tinh"
    SERVICE_UNIT = "su-nghiep"
    SCHOOL = "truong"


_AT_THE_ROOT: Mapping[OfficeKind, tuple[AgencyLevel, AgencyKind]] = {
    OfficeKind.COMMUNE: (AgencyLevel.COMMUNE, AgencyKind.PEOPLES_COMMITTEE),
    OfficeKind.DEPARTMENT: (AgencyLevel.DEPARTMENT, AgencyKind.DEPARTMENT),
    OfficeKind.PROVINCE: (AgencyLevel.PROVINCE, AgencyKind.PEOPLES_COMMITTEE),
    OfficeKind.SERVICE_UNIT: (AgencyLevel.SUB_UNIT, AgencyKind.PUBLIC_SERVICE_UNIT),
    OfficeKind.SCHOOL: (AgencyLevel.SUB_UNIT, AgencyKind.SCHOOL),
}


def guess_kind(agency_name: str) -> OfficeKind:
    """What a name says of the office; a commune where it says nothing."""
    words = fold(agency_name)
    for start, kind in _NAMED:
        if words.startswith(start):
            return kind
    return OfficeKind.COMMUNE


_NAMED = (
    ("so ", OfficeKind.DEPARTMENT), ("ban quan ly ", OfficeKind.DEPARTMENT),
    ("thanh tra tinh", OfficeKind.DEPARTMENT), ("van phong ubnd tinh", OfficeKind.DEPARTMENT),
    ("van phong uy ban nhan dan tinh", OfficeKind.DEPARTMENT),
    ("ubnd tinh", OfficeKind.PROVINCE), ("uy ban nhan dan tinh", OfficeKind.PROVINCE),
    ("ubnd thanh pho", OfficeKind.PROVINCE), ("uy ban nhan dan thanh pho", OfficeKind.PROVINCE),
    ("truong ", OfficeKind.SCHOOL), ("trung tam ", OfficeKind.SERVICE_UNIT),
    ("benh vien ", OfficeKind.SERVICE_UNIT),
)  # fmt: skip


class AlreadyBegun(Refused):
    """The database is an office's already; beginning again would lay a second one beside it."""


def begin(
    session: Session,
    *,
    actor: audit.Actor,
    agency_name: str,
    username: str,
    version: str,
    kind: OfficeKind = OfficeKind.COMMUNE,
    after_practice: bool = False,
) -> str:
    """Create the agency at the root of the tree and its first administrator, both or neither.

    `version` is that of the program, `kind` what the office is; `after_practice` writes down that
    practice data went before, which the new log would not tell otherwise. Returns the
    administrator's one-time password. Raises `AlreadyBegun`, and `Refused` for an empty agency name
    or a user name that is not usable.
    """
    name = clean_name(agency_name)
    if not name:
        raise Refused("Nhập tên cơ quan, tổ chức quản lý trực tiếp.")
    wanted = accounts.usable_username(username)
    first = passwords.first_password()
    hashed = passwords.hash_password(first)
    with transaction(session):
        refuse_second_beginning(session)
        audit.record(
            session,
            "installation.created",
            actor=actor,
            noun="installation",
            object_id=1,
            version=version,
        )
        if after_practice:
            audit.record(session, "practice.removed", actor=actor, noun="installation", object_id=1)
        agency = _root(session, actor, name, kind)
        administrator = User(
            username=wanted,
            display_name="Quản trị phần mềm",
            password_hash=hashed,
            must_change_password=True,
            created_at=actor.at,
        )
        accounts.enter_user(session, actor, administrator, [(Role.ADMINISTRATOR, agency.id)])
    return first


def refuse_second_beginning(session: Session) -> None:
    """Raise `AlreadyBegun` when the database has an agency or an account."""
    name = session.scalar(select(Agency.name).order_by(Agency.id).limit(1))
    if name is None and session.scalar(select(User.id).limit(1)) is None:
        return
    whose = f" của {name}" if name else ""
    raise AlreadyBegun(
        f"Cơ sở dữ liệu này đã có sổ{whose}; không tạo sổ thứ hai. Thêm tài khoản bằng lệnh "
        "“users add” hoặc trang Quản trị."
    )


def _root(session: Session, actor: audit.Actor, name: str, kind: OfficeKind) -> Agency:
    level, agency_kind = _AT_THE_ROOT[kind]
    agency = Agency(
        code="GOC",
        name=name,
        name_fold=fold(name),
        sort_key=text_key(name),
        level=level,
        kind=agency_kind,
        has_legal_personality=True,
        has_own_seal=True,
    )
    session.add(agency)
    session.flush()  # The path of the tree is made of numbers.
    agency.path = f"/{agency.id}/"
    audit.record(
        session,
        "agency.created",
        actor=actor,
        noun="agency",
        object_id=agency.id,
        agency_id=agency.id,
        parent=None,
    )
    return agency
