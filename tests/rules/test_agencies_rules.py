"""Who may send a request letter."""

from dataclasses import dataclass
from datetime import date

import regulations
from rules.agencies import check_sender, sender_of
from rules.findings import Severity

ON = date(2026, 11, 21)


@dataclass(frozen=True)
class Unit:
    name: str
    has_legal_personality: bool
    has_own_seal: bool


DIVISION = Unit("Phòng Văn hóa - Xã hội", False, False)
CENTRE = Unit("Trung tâm có tư cách pháp nhân, không có con dấu", True, False)
COMMUNE = Unit("Ủy ban nhân dân xã", True, True)
PROVINCE = Unit("Ủy ban nhân dân tỉnh", True, True)


def test_the_sender_is_the_nearest_unit_with_legal_personality_and_own_seal() -> None:
    assert sender_of([DIVISION, CENTRE, COMMUNE, PROVINCE]) is COMMUNE
    assert sender_of([COMMUNE, PROVINCE]) is COMMUNE
    assert sender_of([DIVISION, CENTRE]) is None


def test_nobody_with_a_seal_is_a_refusal_with_the_definition_as_its_ground() -> None:
    (found,) = check_sender([DIVISION, CENTRE], on=ON, law=regulations.load())

    assert found.severity is Severity.MUST
    assert found.basis == "Điều 3 Nghị định số 68/2024/NĐ-CP"
    assert check_sender([DIVISION, COMMUNE], on=ON, law=regulations.load()) == ()
