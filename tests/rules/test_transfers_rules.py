"""Biến động nhân sự: what each regulation proposes for a person who changes place."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.devices import DeviceKind, DeviceState
from rules.findings import Severity
from rules.law import Law, LawError
from rules.revocation_grounds import RevocationGround
from rules.staff_changes import StaffChange
from rules.transfers import (
    CertificateHeld,
    DeviceHeld,
    TransferAct,
    TransferFacts,
    proposals_for,
)

LAW = regulations.load()
TUYEN_QUANG = LAW.under("tuyen_quang_06_2026")
HUE = LAW.under("thua_thien_hue_2289_2024")
DONG_NAI = LAW.under("dong_nai_draft_2026", as_if_in_force=True)
ON = date(2026, 11, 21)
SHOULD, INFO = Severity.SHOULD, Severity.INFO
Act, Change, Ground = TransferAct, StaffChange, RevocationGround
CERTIFICATE = CertificateHeld("2A05", datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC))
TOKEN = DeviceHeld("Token 01", DeviceKind.PKI_TOKEN, DeviceState.IN_USE)
FACTS = TransferFacts(
    name="Nguyễn Thị Thử Nghiệm",
    change=Change.RETIRED,
    effective_on=ON,
    certificates=(CERTIFICATE,),
    devices=(TOKEN,),
)


def of(change: StaffChange, fits: bool | None = None) -> TransferFacts:
    return replace(FACTS, change=change, fits=fits)


def acts(facts: TransferFacts, law: Law = LAW, on: date = ON) -> list[tuple[TransferAct, bool]]:
    return [(one.act, one.is_choice) for one in proposals_for(facts, on=on, law=law)]


BOTH = [(Act.REVOKE, False), (Act.RECALL_DEVICE, False)]
AMEND = [(Act.AMEND, False)]
CHOICE = [(Act.AMEND, True), (Act.REVOKE, True), (Act.RECALL_DEVICE, True)]


@pytest.mark.parametrize(
    ("facts", "law", "expected"),
    [
        (of(Change.RETIRED), LAW, BOTH),
        (of(Change.LEFT_SERVICE), LAW, BOTH),
        (of(Change.DECEASED), LAW, BOTH),
        (of(Change.MOVED_TO_OTHER_BODY), LAW, CHOICE),
        (of(Change.MOVED_TO_OTHER_BODY), TUYEN_QUANG, BOTH),
        (of(Change.MOVED_TO_OTHER_BODY), HUE, BOTH),
        (of(Change.MOVED_TO_OTHER_BODY), DONG_NAI, AMEND),
        # The draft decides nothing yet: the choice of the decree stands.
        (of(Change.MOVED_TO_OTHER_BODY), LAW.under("dong_nai_draft_2026"), CHOICE),
        (of(Change.MOVED_TO_OTHER_BODY), LAW.under("bac_ninh_60_2025"), CHOICE),
        (of(Change.MOVED_WITHIN), LAW, [(Act.CHECK_CONTENTS, False)]),
        (of(Change.MOVED_WITHIN, fits=True), LAW, [(Act.KEEP, False)]),
        (of(Change.MOVED_WITHIN, fits=False), LAW, AMEND),
        (of(Change.POSITION_CHANGED), LAW, [(Act.CHECK_CONTENTS, False)]),
        (of(Change.POSITION_CHANGED, fits=True), LAW, [(Act.KEEP, False)]),
        (
            of(Change.POSITION_CHANGED, fits=False),
            LAW,
            [(Act.REVOKE, True), (Act.RECALL_DEVICE, True), (Act.AMEND, True)],
        ),
        (of(Change.LONG_LEAVE), LAW, [(Act.HOLD_DEVICE, False)]),
        (of(Change.NO_LONGER_NEEDED), LAW, BOTH),
        (of(Change.NO_LONGER_NEEDED), TUYEN_QUANG, BOTH),
    ],
)
def test_each_change_leads_to_what_the_law_of_the_place_says(
    facts: TransferFacts, law: Law, expected: list[tuple[TransferAct, bool]]
) -> None:
    assert acts(facts, law) == expected


@pytest.mark.parametrize(
    ("facts", "law", "ground", "basis"),
    [
        (of(Change.RETIRED), LAW, Ground.RETIRED, "điểm c khoản 2 Điều 17 Nghị định"),
        (of(Change.LEFT_SERVICE), LAW, Ground.LEFT_SERVICE, "điểm c khoản 2 Điều 17 Nghị định"),
        (of(Change.DECEASED), LAW, Ground.DECEASED, "điểm c khoản 2 Điều 17 Nghị định"),
        (
            of(Change.MOVED_TO_OTHER_BODY),
            TUYEN_QUANG,
            Ground.POSITION_CHANGED,
            "điểm c khoản 3 Điều 7 Quy chế",
        ),
        (of(Change.MOVED_TO_OTHER_BODY), HUE, Ground.POSITION_CHANGED, "khoản 3 Điều 32 Quy chế"),
        (
            of(Change.MOVED_TO_OTHER_BODY),
            LAW,
            Ground.POSITION_CHANGED,
            "điểm b khoản 2 Điều 17 Nghị định",
        ),
        (
            of(Change.POSITION_CHANGED, fits=False),
            LAW,
            Ground.POSITION_CHANGED,
            "điểm b khoản 2 Điều 17 Nghị định",
        ),
        (
            of(Change.NO_LONGER_NEEDED),
            LAW,
            Ground.MANAGING_AGENCY,
            "điểm d khoản 1 Điều 17 Nghị định",
        ),
        (
            of(Change.NO_LONGER_NEEDED),
            TUYEN_QUANG,
            Ground.NO_LONGER_NEEDED,
            "điểm c khoản 3 Điều 7 Quy chế",
        ),
    ],
)
def test_a_revocation_is_proposed_with_its_reason_code_and_its_provision(
    facts: TransferFacts, law: Law, ground: RevocationGround, basis: str
) -> None:
    (revoke,) = [one for one in proposals_for(facts, on=ON, law=law) if one.act is Act.REVOKE]

    assert revoke.ground is ground
    assert revoke.finding.basis.startswith(basis)
    assert revoke.subjects == ("2A05",)
    assert "Mẫu số 05" in revoke.finding.remedy


@pytest.mark.parametrize(
    ("facts", "law", "basis"),
    [
        (of(Change.RETIRED), LAW, "khoản 2 Điều 20 Nghị định"),
        (of(Change.MOVED_TO_OTHER_BODY), TUYEN_QUANG, "điểm c khoản 2 Điều 10 Quy chế"),
        (of(Change.NO_LONGER_NEEDED), TUYEN_QUANG, "điểm c khoản 2 Điều 10 Quy chế"),
        (of(Change.MOVED_TO_OTHER_BODY), HUE, "khoản 2 Điều 20 Nghị định"),
        (of(Change.NO_LONGER_NEEDED), LAW, "khoản 2 Điều 20 Nghị định"),
    ],
)
def test_a_recall_is_proposed_with_its_provision(
    facts: TransferFacts, law: Law, basis: str
) -> None:
    (recall,) = [
        one for one in proposals_for(facts, on=ON, law=law) if one.act is Act.RECALL_DEVICE
    ]

    assert recall.finding.basis.startswith(basis)
    assert recall.subjects == ("Token 01",)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 6, 28), CHOICE),
        (date(2026, 6, 29), BOTH),
        (date(2026, 6, 30), BOTH),
    ],
)
def test_the_regulation_of_tuyen_quang_decides_from_its_first_day(
    on: date, expected: list[tuple[TransferAct, bool]]
) -> None:
    facts = replace(of(Change.MOVED_TO_OTHER_BODY), effective_on=date(2026, 6, 1))

    assert acts(facts, TUYEN_QUANG, on) == expected


@pytest.mark.parametrize(
    ("on", "severity"),
    [(date(2026, 11, 20), INFO), (ON, SHOULD), (date(2026, 11, 22), SHOULD)],
)
@pytest.mark.parametrize("change", Change)
def test_a_change_is_told_before_its_day_and_asked_for_from_its_day_on(
    change: StaffChange, on: date, severity: Severity
) -> None:
    found = proposals_for(of(change), on=on, law=LAW)
    assert {one.finding.severity for one in found} == {severity}


@pytest.mark.parametrize("law", [LAW, TUYEN_QUANG, HUE, DONG_NAI])
@pytest.mark.parametrize("fits", [None, True, False])
@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("holds", ["both", "certificate", "device", "nothing"])
def test_no_change_is_silent_and_none_refuses(
    change: StaffChange, fits: bool | None, law: Law, holds: str
) -> None:
    facts = replace(
        of(change, fits),
        certificates=(CERTIFICATE,) if holds in ("both", "certificate") else (),
        devices=(TOKEN,) if holds in ("both", "device") else (),
    )
    found = proposals_for(facts, on=ON, law=law)

    assert found
    for one in found:
        assert one.finding.severity is not Severity.MUST
        assert one.finding.message.endswith(".")
        assert one.finding.remedy.endswith(".")
        assert one.subjects or holds == "nothing"


AMEND_LAST = date(2030, 2, 10)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2030, 2, 9), AMEND),
        (AMEND_LAST, AMEND),
        (date(2030, 2, 11), [(Act.REVOKE, False)]),
    ],
)
def test_with_fewer_than_thirty_days_left_an_amendment_is_no_way_any_more(
    on: date, expected: list[tuple[TransferAct, bool]]
) -> None:
    facts = of(Change.MOVED_WITHIN, fits=False)

    assert acts(facts, LAW, on) == expected
    choice = acts(of(Change.MOVED_TO_OTHER_BODY), LAW, on)
    assert ((Act.AMEND, True) in choice) is (on <= AMEND_LAST)
    assert (Act.REVOKE, True) in choice


@pytest.mark.parametrize(
    ("certificate", "on", "expected"),
    [
        (CERTIFICATE, date(2030, 3, 12), BOTH),
        (CERTIFICATE, date(2030, 3, 13), [(Act.RECALL_DEVICE, False)]),
        # Revoked on the 21st in Vietnam, while it was still the 20th in UTC.
        (
            replace(CERTIFICATE, revoked_at=datetime(2026, 11, 20, 17, tzinfo=UTC)),
            ON,
            [(Act.RECALL_DEVICE, False)],
        ),
        (replace(CERTIFICATE, revoked_at=datetime(2026, 11, 21, 17, tzinfo=UTC)), ON, BOTH),
    ],
)
def test_what_has_ended_is_not_revoked_again_but_its_device_goes_back(
    certificate: CertificateHeld, on: date, expected: list[tuple[TransferAct, bool]]
) -> None:
    facts = replace(FACTS, certificates=(certificate,))

    assert acts(facts, on=on) == expected
    moved = replace(facts, change=Change.MOVED_WITHIN)
    assert ((Act.RECALL_DEVICE, False) in acts(moved, on=on)) is (expected != BOTH)


@pytest.mark.parametrize("law", [LAW, TUYEN_QUANG, DONG_NAI])
def test_who_moves_without_a_certificate_gives_the_device_back_once(law: Law) -> None:
    facts = replace(of(Change.MOVED_TO_OTHER_BODY), certificates=())
    assert acts(facts, law) == [(Act.RECALL_DEVICE, False)]
    (recall,) = proposals_for(facts, on=ON, law=law)
    assert ("Quy chế" in str(recall.finding.basis)) is (law is not LAW)


@pytest.mark.parametrize(
    ("device", "recalled"),
    [
        (TOKEN, True),
        (replace(TOKEN, kind=DeviceKind.SIM_PKI), True),
        (replace(TOKEN, kind=DeviceKind.CENTRAL), False),
        (replace(TOKEN, state=DeviceState.LOST), False),
        (replace(TOKEN, state=DeviceState.RETURNED_TO_CA), False),
    ],
)
def test_only_what_the_person_can_give_back_is_recalled(device: DeviceHeld, recalled: bool) -> None:
    found = acts(replace(FACTS, devices=(device,)))

    assert ((Act.RECALL_DEVICE, False) in found) is recalled
    leave = acts(replace(of(Change.LONG_LEAVE), devices=(device,)))
    assert leave == [(Act.HOLD_DEVICE if recalled else Act.KEEP, False)]


@pytest.mark.parametrize(
    ("law", "basis"),
    [
        (LAW, "Quy tắc của phần mềm"),
        (LAW.under("bac_ninh_60_2025"), "khoản 3 Điều 18 Quy chế"),
    ],
)
def test_whoever_keeps_the_agency_token_hands_it_on(law: Law, basis: str) -> None:
    facts = replace(FACTS, entrusted=("Chứng thư của Ủy ban nhân dân xã",))
    last = proposals_for(facts, on=ON, law=law)[-1]

    assert last.act is Act.HAND_ON_ENTRUSTMENT
    assert last.finding.basis.startswith(basis)


def test_a_person_without_anything_is_only_noted() -> None:
    (only,) = proposals_for(replace(FACTS, certificates=(), devices=()), on=ON, law=LAW)

    assert (only.act, only.finding.severity) == (Act.KEEP, INFO)


def test_the_day_before_the_decree_has_no_answer() -> None:
    with pytest.raises(LawError, match="14/08/2024"):
        proposals_for(FACTS, on=date(2024, 8, 14), law=LAW)
