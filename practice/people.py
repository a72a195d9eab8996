"""The made-up province: its offices and its people.

Nobody here can be mistaken for somebody: every middle name is "Thử Nghiệm", citizen ids begin with
000 (no province has that code), telephone numbers with 0000, addresses end in .example (RFC 6761).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rules.agencies import AgencyKind, AgencyLevel
from rules.names import fold
from rules.signers import SigningAuthority

PROVINCE = "Tỉnh Thử Nghiệm"
REGULATION = "decree_68_2024"
DOMAIN = "thunghiem.example"
CITIZEN_ID_ISSUER = "Cơ quan cấp căn cước THỬ NGHIỆM"
ROOT, DEPARTMENT, EAST, WEST, SOUTH = "T", "SO", "D", "T2", "N"
#: Each commune works under another text, as those of different provinces do.
REGULATIONS = {
    EAST: "tuyen_quang_06_2026",
    WEST: "bac_ninh_60_2025",
    SOUTH: "dong_nai_draft_2026",
}

_FAMILIES = (
    "Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Đoàn Trịnh Mai".split()
)
_GIVEN = (
    "Ánh An Ân Anh Bình Bích Cường Chi Châu Dung Dũng Đức Đạt Điệp Em Giang Hà Hạnh Hoà Hoa Huệ "
    "Khánh Kiên Lan Lâm Linh Long Mạnh Mỹ Nga Ngọc Nhung Oanh Phúc Phương Quân Quý Sơn Tâm Thảo "
    "Thắng Thơ Thủy Toàn Trang Tuấn Uyên Ưng Vân Việt Xuân Yến Ý"
).split()


@dataclass(frozen=True)
class AgencyPlan:
    """One office of the tree; parents come before their children."""

    key: str
    parent: str | None
    name: str
    level: AgencyLevel
    kind: AgencyKind
    sealed: bool
    abbreviation: str
    place: str

    @property
    def email(self) -> str:
        """Its official address."""
        return f"{self.key.lower()}@{DOMAIN}"


@dataclass(frozen=True)
class PositionPlan:
    """A position at an office; the first one of a person is the main one."""

    agency: str
    title: str
    authority: SigningAuthority | None = None


@dataclass(frozen=True)
class PersonPlan:
    """One made-up person. `old_email` is the address before the present one."""

    number: int
    name: str
    positions: tuple[PositionPlan, ...]
    email: str | None
    old_email: str
    birth_on: date

    @property
    def agency(self) -> str:
        """Key of the office of the main position."""
        return self.positions[0].agency

    @property
    def staff_number(self) -> str:
        return f"TN-{self.number:04d}"

    @property
    def citizen_id(self) -> str:
        return f"000{self.number * 7_919 % 1_000_000_000:09d}"

    @property
    def phone(self) -> str:
        return f"0000{self.number:06d}"


def regulation_of(plan: AgencyPlan) -> str:
    """What an office follows: the text of its commune, else the decree."""
    return REGULATIONS.get(plan.key.split(".")[0], REGULATION)


def agencies() -> Iterator[AgencyPlan]:
    """The province, a department and three communes with their offices."""
    yield AgencyPlan(
        ROOT,
        None,
        "Ủy ban nhân dân tỉnh Thử Nghiệm",
        AgencyLevel.PROVINCE,
        AgencyKind.PEOPLES_COMMITTEE,
        True,
        "UBND",
        "Thử Nghiệm",
    )
    yield AgencyPlan(
        DEPARTMENT,
        ROOT,
        "Sở Khoa học và Công nghệ tỉnh Thử Nghiệm",
        AgencyLevel.DEPARTMENT,
        AgencyKind.DEPARTMENT,
        True,
        "SKHCN",
        "Thử Nghiệm",
    )
    yield _unit(DEPARTMENT, "VP", "Văn phòng Sở")
    yield _unit(DEPARTMENT, "CDS", "Phòng Chuyển đổi số")
    yield _unit(
        DEPARTMENT,
        "TT",
        "Trung tâm Công nghệ số Thử Nghiệm",
        AgencyKind.PUBLIC_SERVICE_UNIT,
        sealed=True,
        abbreviation="TTCNS",
        place="Thử Nghiệm",
    )
    yield from _commune(EAST, "xã", "Thử Nghiệm Đông")
    yield from _commune(WEST, "xã", "Thử Nghiệm Tây")
    yield from _commune(SOUTH, "phường", "Thử Nghiệm Nam")


def _commune(key: str, kind: str, place: str) -> Iterator[AgencyPlan]:
    yield AgencyPlan(
        key,
        ROOT,
        f"Ủy ban nhân dân {kind} {place}",
        AgencyLevel.COMMUNE,
        AgencyKind.PEOPLES_COMMITTEE,
        True,
        "UBND",
        place,
    )
    council = f"Hội đồng nhân dân {kind} {place}"
    yield _unit(key, "HD", council, AgencyKind.PEOPLES_COUNCIL, True, "HĐND", place)
    yield _unit(key, "VP", "Văn phòng HĐND và UBND")
    yield _unit(key, "KT", "Phòng Kinh tế")
    yield _unit(key, "VH", "Phòng Văn hóa - Xã hội")
    yield _unit(key, "HC", "Trung tâm Phục vụ hành chính công", AgencyKind.PUBLIC_SERVICE_UNIT)
    school = f"Trường Tiểu học {place}"
    yield _unit(key, "TH", school, AgencyKind.SCHOOL, True, "TH", place)
    if key == EAST:
        front = f"Ủy ban Mặt trận Tổ quốc {kind} {place}"
        yield _unit(key, "MT", front, AgencyKind.POLITICAL_ORGANISATION, True, "MTTQ", place)
        study = f"Hội Khuyến học {kind} {place}"
        yield _unit(key, "KH", study, AgencyKind.MASS_ORGANISATION, True, "HKH", place)


def _unit(
    parent: str,
    key: str,
    name: str,
    kind: AgencyKind = AgencyKind.DIVISION,
    sealed: bool = False,
    abbreviation: str = "",
    place: str = "",
) -> AgencyPlan:
    return AgencyPlan(
        f"{parent}.{key}", parent, name, AgencyLevel.SUB_UNIT, kind, sealed, abbreviation, place
    )


# Titles and how many hold them, in the order of their numbers.
_STAFFING: dict[str, tuple[tuple[str, str, int], ...]] = {
    ROOT: (("", "Chủ tịch", 1), ("", "Phó Chủ tịch", 2), ("", "Chuyên viên", 2)),
    DEPARTMENT: (
        ("", "Giám đốc", 1),
        ("", "Phó Giám đốc", 2),
        (".VP", "Chánh Văn phòng", 1),
        (".VP", "Văn thư", 1),
        (".VP", "Chuyên viên", 4),
        (".CDS", "Trưởng phòng", 1),
        (".CDS", "Chuyên viên", 9),
        (".TT", "Giám đốc Trung tâm", 1),
        (".TT", "Viên chức", 8),
    ),
}
_COMMUNE_STAFFING = (
    ("", "Chủ tịch", 1),
    ("", "Phó Chủ tịch", 2),
    (".VP", "Chánh Văn phòng", 1),
    (".VP", "Đầu mối quản lý chứng thư", 1),
    (".VP", "Văn thư", 1),
    (".VP", "Chuyên viên", 8),
    (".KT", "Trưởng phòng", 1),
    (".KT", "Chuyên viên", 8),
    (".VH", "Trưởng phòng", 1),
    (".VH", "Chuyên viên", 6),
    (".HC", "Phụ trách Trung tâm", 1),
    (".HC", "Viên chức", 4),
    (".TH", "Hiệu trưởng", 1),
    (".TH", "Phó Hiệu trưởng", 1),
    (".TH", "Giáo viên", 2),
    (".HD", "Phó Chủ tịch Hội đồng nhân dân", 1),
)
_AUTHORITIES = {
    "Chủ tịch": SigningAuthority.HEAD,
    "Phó Chủ tịch": SigningAuthority.KT,
    "Giám đốc": SigningAuthority.HEAD,
    "Phó Giám đốc": SigningAuthority.KT,
    "Giám đốc Trung tâm": SigningAuthority.HEAD,
    "Hiệu trưởng": SigningAuthority.HEAD,
    "Phó Hiệu trưởng": SigningAuthority.KT,
    "Phó Chủ tịch Hội đồng nhân dân": SigningAuthority.KT,
}
# Places in the commune of the east, counted from its chairman: see `holdings.EAST_CASES`.
WITHOUT_EMAIL, SAME_NAME, SAME_NAME_TWIN = 26, 20, 21


def people(today: date) -> tuple[PersonPlan, ...]:
    """About 150 people, in the order of their offices; numbers begin with 1."""
    found: list[PersonPlan] = []
    for office in (ROOT, DEPARTMENT, EAST, WEST, SOUTH):
        staffing = _STAFFING.get(office, _COMMUNE_STAFFING)
        posts = [(office + unit, title) for unit, title, count in staffing for _ in range(count)]
        for place, (agency, title) in enumerate(posts):
            found.append(_person(len(found) + 1, place, office, agency, title, today))
    return tuple(found)


def _person(
    number: int, place: int, office: str, agency: str, title: str, today: date
) -> PersonPlan:
    same = office == EAST and place == SAME_NAME_TWIN
    named = number - 1 if same else number  # Two people of one name, told apart by their e-mail.
    family, given = _FAMILIES[named % len(_FAMILIES)], _GIVEN[named % len(_GIVEN)]
    mailbox = f"{fold(given)}.{fold(family)}{number:03d}"
    return PersonPlan(
        number=number,
        name=f"{family} Thử Nghiệm {given}",
        positions=(PositionPlan(agency, title, _AUTHORITIES.get(title)), *_more(office, place)),
        email=None if office == EAST and place == WITHOUT_EMAIL else f"{mailbox}@{DOMAIN}",
        old_email=f"{mailbox}@cu.{DOMAIN}",
        birth_on=today.replace(day=1, year=today.year - 25 - number % 34) + timedelta(number % 28),
    )


def _more(office: str, place: int) -> tuple[PositionPlan, ...]:
    """Second positions: of the chairman and some officers of each commune."""
    if office in (ROOT, DEPARTMENT):
        return ()
    return {
        0: (PositionPlan(f"{office}.HD", "Đại biểu Hội đồng nhân dân"),),
        2: (PositionPlan(f"{office}.KT", "Phụ trách Phòng Kinh tế"),),
        3: (PositionPlan(f"{office}.HC", "Phó Giám đốc Trung tâm (kiêm nhiệm)"),),
        9: (PositionPlan(f"{office}.VH", "Chuyên viên (kiêm nhiệm)"),),
        17: (PositionPlan(f"{office}.VP", "Thủ quỹ (kiêm nhiệm)"),),
    }.get(place, ())
