"""Agencies as a tree, and which of them may send a request letter.

The sender is the nearest unit with legal personality and a seal of its own: "cơ quan, tổ chức quản
lý trực tiếp" of Điều 3 NĐ 68/2024/NĐ-CP (the draft regulation of Đồng Nai says the same in Điều
3.6).
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from rules.findings import Finding, Severity, finding
from rules.law import Law


class AgencyLevel(StrEnum):
    """The level of an agency in the tree."""

    PROVINCE = "province"
    DEPARTMENT = "department"
    COMMUNE = "commune"
    SUB_UNIT = "sub_unit"


class AgencyKind(StrEnum):
    """What an agency is (đối tượng of Điều 2 NĐ 68/2024/NĐ-CP)."""

    PEOPLES_COMMITTEE = "peoples_committee"
    PEOPLES_COUNCIL = "peoples_council"
    DEPARTMENT = "department"
    DIVISION = "division"
    PUBLIC_SERVICE_UNIT = "public_service_unit"
    SCHOOL = "school"
    POLITICAL_ORGANISATION = "political_organisation"
    MASS_ORGANISATION = "mass_organisation"


class Sealed(Protocol):
    """What must be known of a unit to see whether it can send a letter."""

    @property
    def has_legal_personality(self) -> bool: ...

    @property
    def has_own_seal(self) -> bool: ...


Unit = TypeVar("Unit", bound=Sealed)


def sender_of(chain: Iterable[Unit]) -> Unit | None:
    """The first unit with legal personality and own seal; `chain` begins at the unit and goes up.

    None when no unit of the chain has both.
    """
    units = (unit for unit in chain if unit.has_legal_personality and unit.has_own_seal)
    return next(units, None)


def check_sender(chain: Iterable[Sealed], *, on: date, law: Law) -> tuple[Finding, ...]:
    """Whether anybody in the chain may send; the ground is the definition in Điều 3."""
    if sender_of(chain) is not None:
        return ()
    return (
        finding(
            "agency.no_sender",
            Severity.MUST,
            "Không có đơn vị nào từ đơn vị này trở lên vừa có tư cách pháp nhân vừa có con dấu "
            "riêng.",
            "Ghi lại tư cách pháp nhân và con dấu riêng của đơn vị gửi văn bản trong danh mục "
            "cơ quan.",
            law.provision("managing_agency", on=on),
        ),
    )
