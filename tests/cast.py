"""The people and offices of the view tests: every test asks owner, stranger, reader and nobody.

An is the focal point of commune A, Bình of commune B (and must see nothing of A), Chi the clerk and
Giang the leader of A, Em a member of its staff, Dung administers, Hương audits A, Khánh oversees
the province from the department. All are made up.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from models import Agency, Person, Position, User, UserRole
from operations.transactions import transaction
from rules.agencies import AgencyKind, AgencyLevel
from rules.names import fold, sort_key, text_key
from rules.permissions import Role
from rules.signers import SigningAuthority

PASSWORD = "mat khau cua vai dien"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@cache
def cheap_hash() -> str:
    """The hash of PASSWORD with the least work Argon2 allows; tests log in often."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class Cast:
    """Numbers of the rows, valid in any session of the test's database."""

    province: int
    department: int
    commune_a: int
    office_a: int
    commune_b: int
    an: int
    binh: int
    chi: int
    dung: int
    em: int
    giang: int
    huong: int
    khanh: int
    person_an: int
    person_binh: int
    person_chi: int
    person_em: int
    person_giang: int


def agency(
    session: Session,
    name: str,
    parent: Agency | None,
    *,
    level: AgencyLevel = AgencyLevel.COMMUNE,
    kind: AgencyKind = AgencyKind.PEOPLES_COMMITTEE,
    sealed: bool = True,
) -> Agency:
    """Add an agency under `parent` with everything a letter needs."""
    row = Agency(
        code=fold(name).replace(" ", "-").upper()[:40],
        name=name,
        name_fold=fold(name),
        sort_key=text_key(name),
        abbreviation="UBND",
        level=level,
        kind=kind,
        has_legal_personality=sealed,
        has_own_seal=sealed,
        place_name=name.removeprefix("UBND "),
        province="Tỉnh Thử Nghiệm",
        address="Số 1, Đường Thử Nghiệm",
        regulation="decree_68_2024",
        parent_id=parent.id if parent else None,
    )
    session.add(row)
    session.flush()
    row.path = f"{parent.path if parent else '/'}{row.id}/"
    return row


def person(
    session: Session,
    name: str,
    agency: Agency,
    title: str,
    authority: SigningAuthority | None = None,
) -> Person:
    """Add a person with one current position."""
    row = Person(
        agency_id=agency.id,
        full_name=name,
        name_fold=fold(name),
        sort_key=sort_key(name),
        email=f"{fold(name).replace(' ', '.')}@thunghiem.example",
    )
    session.add(row)
    session.flush()
    session.add(
        Position(
            person_id=row.id,
            agency_id=agency.id,
            title=title,
            is_primary=True,
            authority=authority,
            from_on=date(2025, 1, 1),
        )
    )
    return row


def user(session: Session, username: str, role: Role, at: Agency, owner: Person | None) -> User:
    """Add an account with one role over one agency."""
    row = User(
        username=username,
        display_name=owner.full_name if owner else username,
        person_id=owner.id if owner else None,
        password_hash=cheap_hash(),
        must_change_password=False,
        created_at=NOW,
    )
    row.grants.append(UserRole(role=role, agency_id=at.id))
    session.add(row)
    session.flush()
    return row


def enter(session: Session) -> Cast:
    """Write the whole cast in one transaction."""
    with transaction(session):
        province = agency(session, "UBND Tỉnh Thử Nghiệm", None, level=AgencyLevel.PROVINCE)
        department = agency(
            session,
            "Sở Khoa học và Công nghệ Thử Nghiệm",
            province,
            level=AgencyLevel.DEPARTMENT,
            kind=AgencyKind.DEPARTMENT,
        )
        commune_a = agency(session, "UBND xã Thử A", province)
        office_a = agency(
            session, "Văn phòng xã Thử A", commune_a, level=AgencyLevel.SUB_UNIT, sealed=False
        )
        commune_b = agency(session, "UBND xã Thử B", province)
        an = person(session, "Nguyễn Văn An", office_a, "Chuyên viên")
        binh = person(session, "Trần Thị Bình", commune_b, "Chuyên viên")
        chi = person(session, "Lê Thị Chi", office_a, "Văn thư")
        em = person(session, "Phạm Văn Em", office_a, "Công chức")
        giang = person(session, "Đỗ Hoàng Giang", commune_a, "Chủ tịch", SigningAuthority.HEAD)
        return Cast(
            province=province.id,
            department=department.id,
            commune_a=commune_a.id,
            office_a=office_a.id,
            commune_b=commune_b.id,
            an=user(session, "an", Role.FOCAL_POINT, commune_a, an).id,
            binh=user(session, "binh", Role.FOCAL_POINT, commune_b, binh).id,
            chi=user(session, "chi", Role.CLERK, commune_a, chi).id,
            dung=user(session, "dung", Role.ADMINISTRATOR, province, None).id,
            em=user(session, "em", Role.STAFF, commune_a, em).id,
            giang=user(session, "giang", Role.LEADER, commune_a, giang).id,
            huong=user(session, "huong", Role.AUDITOR, commune_a, None).id,
            khanh=user(session, "khanh", Role.DEPARTMENT, province, None).id,
            person_an=an.id,
            person_binh=binh.id,
            person_chi=chi.id,
            person_em=em.id,
            person_giang=giang.id,
        )
