"""Báo cáo: what the register can count for a period, what people type in, and what is questioned.

No form of the yearly report was found (legal.md 7.3); figures and headings are the program's own
reading and every page and paper says so. The duty: điểm b khoản 1 Điều 34 NĐ 68/2024/NĐ-CP and the
regulations named at each section.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.devices import DeviceState
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.provisions import Provision

FIRST_YEAR = 2018
"""The oldest certificates of the present authority (G2) began in this year."""

SOON_DAYS = (30, 90)
"""Days from the last day of the period within which a certificate counts as ending soon."""


class ReportState(StrEnum):
    """A draft follows the register; a sent one stays as it was sent."""

    DRAFT = "draft"
    SENT = "sent"


class Figure(StrEnum):
    """What is counted from the register, in the order of the columns (INFERRED, legal.md 7.3)."""

    ACTIVE_ORGANISATION = "active_organisation"
    ACTIVE_INDIVIDUAL = "active_individual"
    ACTIVE_SYSTEM = "active_system"
    ACTIVE_SIM_PKI = "active_sim_pki"
    ISSUED = "issued"
    RENEWED = "renewed"
    AMENDED = "amended"
    REVOKED = "revoked"
    UNLOCKED = "unlocked"
    DEVICES_IN_USE = "devices_in_use"
    DEVICES_WAITING = "devices_waiting"
    DEVICES_DAMAGED = "devices_damaged"
    DEVICES_LOST = "devices_lost"
    DEVICES_TO_RETURN = "devices_to_return"
    DEVICES_RETURNED = "devices_returned"
    ENDING_IN_30_DAYS = "ending_in_30_days"
    ENDING_IN_90_DAYS = "ending_in_90_days"
    INCIDENTS = "incidents"
    ENDING_NEXT_YEAR = "ending_next_year"


class Section(StrEnum):
    """What people type in: numbers first, then texts."""

    DOCUMENTS_OUT = "documents_out"
    DOCUMENTS_SIGNED = "documents_signed"
    NEED_ORGANISATION = "need_organisation"
    NEED_INDIVIDUAL = "need_individual"
    NEED_SYSTEM = "need_system"
    NEED_RENEWAL = "need_renewal"
    NEED_TRAINING = "need_training"
    TRAINED = "trained"
    INSPECTIONS = "inspections"
    PLAN = "plan"
    BUDGET = "budget"
    TRAINING_NEEDS = "training_needs"
    TRAINING_HELD = "training_held"
    INSPECTION = "inspection"
    SECURITY_LEVEL = "security_level"
    DIFFICULTIES = "difficulties"
    PROPOSALS = "proposals"


NUMBERS = (
    Section.DOCUMENTS_OUT,
    Section.DOCUMENTS_SIGNED,
    Section.NEED_ORGANISATION,
    Section.NEED_INDIVIDUAL,
    Section.NEED_SYSTEM,
    Section.NEED_RENEWAL,
    Section.NEED_TRAINING,
    Section.TRAINED,
    Section.INSPECTIONS,
)
"""The sections that are whole numbers; the others are texts."""

TEXTS = tuple(section for section in Section if section not in NUMBERS)

GROUND_KEYS: Mapping[Section, tuple[str, ...]] = {
    Section.DOCUMENTS_OUT: ("documents.signed_percent",),
    Section.DOCUMENTS_SIGNED: ("documents.signed_percent",),
    Section.NEED_ORGANISATION: ("report.times_a_year",),
    Section.NEED_INDIVIDUAL: ("report.times_a_year",),
    Section.NEED_SYSTEM: ("report.times_a_year",),
    Section.NEED_RENEWAL: ("report.times_a_year",),
    Section.NEED_TRAINING: ("training.needs_yearly",),
    Section.TRAINED: ("training.needs_yearly", "training.by_department"),
    Section.PLAN: ("plan.required", "report.times_a_year"),
    Section.BUDGET: ("training.plan_yearly",),
    Section.TRAINING_NEEDS: ("training.needs_yearly",),
    Section.TRAINING_HELD: ("training.by_department",),
    Section.DIFFICULTIES: ("report.department.occasions", "report.agency.occasions"),
}
"""Section -> keys of the law that ask for it; the first that the agency's law has is its ground."""


def ground_of(section: Section, *, law: Law, on: date) -> Provision | None:
    """The provision that asks for a section where this law applies; None where none does."""
    for key in GROUND_KEYS.get(section, ()):
        if (found := ground(law, key, on=on)) is not None:
            return found
    return None


FIGURE_OF_STATE: Mapping[DeviceState, Figure] = {
    DeviceState.IN_STOCK: Figure.DEVICES_WAITING,
    DeviceState.HANDED_OVER: Figure.DEVICES_WAITING,
    DeviceState.IN_USE: Figure.DEVICES_IN_USE,
    DeviceState.HELD: Figure.DEVICES_WAITING,
    DeviceState.LOCKED: Figure.DEVICES_WAITING,
    DeviceState.DAMAGED: Figure.DEVICES_DAMAGED,
    DeviceState.MISSING: Figure.DEVICES_LOST,
    DeviceState.LOST: Figure.DEVICES_LOST,
    DeviceState.AWAITING_RECALL: Figure.DEVICES_TO_RETURN,
    DeviceState.RECALLED: Figure.DEVICES_TO_RETURN,
    DeviceState.RETURNED_TO_CA: Figure.DEVICES_RETURNED,
}
"""Where each state of a device is counted."""


@dataclass(frozen=True)
class Period:
    """From the first to the last day, both counted. `year` is 0 for any other period."""

    first: date
    last: date
    year: int = 0

    @property
    def after(self) -> date:
        """The day after the last one."""
        return self.last + timedelta(days=1)

    @property
    def next_year(self) -> tuple[date, date]:
        """First and last day of the calendar year after the one in which the period ends."""
        return date(self.last.year + 1, 1, 1), date(self.last.year + 1, 12, 31)


class BadPeriod(ValueError):
    """A period that cannot be reported; the message is a Vietnamese sentence."""


def year_period(year: int, *, on: date) -> Period:
    """The year as far as it has passed. Raises BadPeriod for one that has not begun or is too old.

    Unlike a calendar year it ends today: figures of days to come do not exist.
    """
    if not FIRST_YEAR <= year <= on.year:
        raise BadPeriod(f"Chỉ lập báo cáo được cho các năm từ {FIRST_YEAR} đến {on.year}.")
    return Period(date(year, 1, 1), min(date(year, 12, 31), on), year)


def any_period(first: date, last: date, *, on: date) -> Period:
    """A period for a report that somebody asks for (báo cáo đột xuất). Raises BadPeriod."""
    if last < first:
        raise BadPeriod("Ngày cuối không được trước ngày đầu.")
    if last > on:
        raise BadPeriod("Ngày cuối không được sau ngày hôm nay: chưa có số liệu.")
    if first.year < FIRST_YEAR:
        raise BadPeriod(f"Chỉ lập báo cáo được từ năm {FIRST_YEAR}.")
    return Period(first, last)


def total(rows: Iterable[Mapping[Figure, int]]) -> dict[Figure, int]:
    """The sum of each figure over many agencies."""
    sums = dict.fromkeys(Figure, 0)
    for row in rows:
        for figure, count in row.items():
            sums[figure] += count
    return sums


def signed_share(out: int | None, signed: int | None) -> str:
    """The share of signed documents as people write it ("98,5%"); empty when it cannot be told.

    Rounded down, so that "100%" means all of them.
    """
    if not out or signed is None:
        return ""
    tenths = signed * 1000 // out
    whole, rest = divmod(tenths, 10)
    return f"{whole},{rest}%" if rest else f"{whole}%"


def check_report(
    sections: Mapping[Section, int | str], *, law: Law, on: date
) -> tuple[Finding, ...]:
    """What should be looked at before a report goes out. Nothing here refuses."""
    found = list(_documents(sections, law, on))
    if not sections.get(Section.PLAN):
        found.append(
            finding(
                "report.plan_missing",
                Severity.SHOULD,
                "Chưa ghi kế hoạch triển khai, sử dụng của năm tiếp theo.",
                "Ghi số, ngày của kế hoạch hoặc những việc chính.",
                ground_of(Section.PLAN, law=law, on=on),
            )
        )
    return tuple(found)


def _documents(sections: Mapping[Section, int | str], law: Law, on: date) -> Iterator[Finding]:
    out, signed = sections.get(Section.DOCUMENTS_OUT), sections.get(Section.DOCUMENTS_SIGNED)
    wanted = law.optional("documents.signed_percent", on=on)
    if not isinstance(out, int) or not isinstance(signed, int):
        yield finding(
            "report.documents_missing",
            Severity.SHOULD,
            "Chưa ghi đủ số văn bản điện tử đi và số văn bản đã ký số.",
            "Lấy hai số này từ hệ thống quản lý văn bản của cơ quan.",
            wanted.provision if wanted else None,
        )
    elif signed > out:
        yield finding(
            "report.more_signed_than_sent",
            Severity.SHOULD,
            f"Số văn bản đã ký số ({signed}) lớn hơn số văn bản điện tử đi ({out}).",
            "Xem lại hai số.",
        )
    elif wanted is not None and signed * 100 < out * wanted.number:
        share = signed_share(out, signed)
        yield finding(
            "report.not_all_signed",
            Severity.SHOULD,
            f"Tỷ lệ văn bản điện tử được ký số là {share}, chưa đạt {wanted.number}%.",
            "Nêu lý do ở mục khó khăn, vướng mắc (trừ văn bản thuộc phạm vi bí mật nhà nước).",
            wanted.provision,
        )
