"""The first act in an empty database."""

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import Agency, User
from operations import accounts, passwords
from operations.transactions import Refused, transaction
from rules.agencies import AgencyKind, AgencyLevel
from rules.names import clean_name, fold, sort_key
from rules.permissions import Role


class AlreadyBegun(Refused):
    """The database is an office's already; beginning again would lay a second one beside it."""


def begin(
    session: Session, *, actor: audit.Actor, agency_name: str, username: str, version: str
) -> str:
    """Create the agency at the root of the tree and its first administrator, both or neither.

    `version` is that of the program. Returns the administrator's one-time password. Raises
    `AlreadyBegun`, and `Refused` for an empty agency name or a user name that is not usable.
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
        agency = _root(session, actor, name)
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


def _root(session: Session, actor: audit.Actor, name: str) -> Agency:
    agency = Agency(
        code="GOC",
        name=name,
        name_fold=fold(name),
        sort_key=sort_key(name),
        level=AgencyLevel.COMMUNE,
        kind=AgencyKind.PEOPLES_COMMITTEE,
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
