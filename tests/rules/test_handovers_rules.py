"""Who may receive which device, under each regulation."""

from dataclasses import replace
from datetime import date

import pytest

import regulations
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import HOUSE_RULE, Severity
from rules.handovers import (
    EntrustmentFacts,
    HandoverFacts,
    check_correction,
    check_entrustment,
    check_handover,
)
from rules.law import Law

ON = date(2026, 7, 12)
DECREE = regulations.load()
BAC_NINH = DECREE.under("bac_ninh_60_2025")
TUYEN_QUANG = DECREE.under("tuyen_quang_06_2026")
HUE = DECREE.under("thua_thien_hue_2289_2024")
DONG_NAI = DECREE.under("dong_nai_draft_2026", as_if_in_force=True)
MUST, SHOULD = Severity.MUST, Severity.SHOULD

PERSONAL = HandoverFacts(
    "TB-00001",
    DeviceKind.PKI_TOKEN,
    receiver_id=2,
    receiver_name="Nguyễn Thị Mẫu",
    kinds=frozenset({SubscriberKind.INDIVIDUAL}),
    subscribers=((2, "Nguyễn Thị Mẫu"),),
    giver_id=1,
)
AGENCYS = replace(
    PERSONAL,
    kinds=frozenset({SubscriberKind.ORGANISATION}),
    subscribers=(),
    receiver_is_clerk=True,
    decision="05/QĐ-UBND",
    decision_from_on=date(2026, 1, 1),
)
SYSTEMS = replace(PERSONAL, kinds=frozenset({SubscriberKind.SYSTEM}), subscribers=())


def codes(facts: HandoverFacts, law: Law = DECREE) -> dict[str, Severity]:
    return {one.code: one.severity for one in check_handover(facts, on=ON, law=law)}


@pytest.mark.parametrize("facts", [PERSONAL, AGENCYS])
@pytest.mark.parametrize("law", [DECREE, BAC_NINH, TUYEN_QUANG, HUE, DONG_NAI])
def test_the_right_receiver_gets_it_without_a_word(facts: HandoverFacts, law: Law) -> None:
    assert codes(facts, law) == {}


@pytest.mark.parametrize(
    ("law", "ground"),
    [
        (DECREE, "khoản 2 Điều 37 Nghị định"),
        (BAC_NINH, "khoản 3 Điều 4"),
        (TUYEN_QUANG, "điểm a khoản 3 Điều 10"),
        (HUE, "khoản 2 Điều 37 Nghị định"),
    ],
)
def test_a_personal_token_goes_to_its_subscriber_only(law: Law, ground: str) -> None:
    facts = replace(PERSONAL, receiver_id=3, receiver_name="Trần Văn Khác")
    (refused,) = check_handover(facts, on=ON, law=law)

    assert (refused.code, refused.severity) == ("handover.not_the_subscriber", MUST)
    assert ground in refused.basis
    assert "Nguyễn Thị Mẫu" in refused.message
    assert "Trần Văn Khác" in refused.message


@pytest.mark.parametrize("law", [DECREE, TUYEN_QUANG])
def test_a_personal_token_found_with_somebody_else_is_written_down_but_told(law: Law) -> None:
    facts = replace(PERSONAL, receiver_id=3, receiver_name="Trần Văn Khác")
    (told,) = check_correction(facts, on=ON, law=law)
    assert (told.code, told.severity) == ("correction.not_the_subscriber", SHOULD)
    assert told.basis == check_handover(facts, on=ON, law=law)[0].basis
    assert "Đổi lại" in told.remedy
    assert check_correction(PERSONAL, on=ON, law=law) == ()
    assert check_correction(replace(AGENCYS, decision=""), on=ON, law=law) == ()


@pytest.mark.parametrize(
    ("law", "severity"), [(BAC_NINH, MUST), (DECREE, SHOULD), (TUYEN_QUANG, SHOULD), (HUE, SHOULD)]
)
def test_the_decision_is_a_duty_only_where_the_regulation_says_so(
    law: Law, severity: Severity
) -> None:
    assert codes(replace(AGENCYS, decision=""), law) == {"handover.decision_missing": severity}
    ended = replace(AGENCYS, decision_until_on=date(2026, 6, 30))
    early = replace(AGENCYS, decision_from_on=date(2026, 8, 1))
    assert codes(ended, law) == codes(early, law) == {"handover.decision_not_in_force": severity}


@pytest.mark.parametrize(("law", "severity"), [(BAC_NINH, MUST), (HUE, SHOULD), (DECREE, SHOULD)])
def test_the_agencys_token_goes_to_a_clerk(law: Law, severity: Severity) -> None:
    assert codes(replace(AGENCYS, receiver_is_clerk=False), law) == {
        "handover.not_a_clerk": severity
    }


def test_advice_of_the_house_never_poses_as_law() -> None:
    (advice,) = check_handover(replace(AGENCYS, decision=""), on=ON, law=DECREE)
    assert advice.basis == HOUSE_RULE


def test_devices_of_systems_go_to_the_it_officer() -> None:
    # The regulation of Thừa Thiên Huế names bodies that are gone, so it may only warn.
    assert codes(SYSTEMS, HUE) == {"handover.not_the_it_officer": SHOULD}
    assert "Điều 32" in check_handover(SYSTEMS, on=ON, law=HUE)[0].basis
    assert "Điều 17" in check_handover(SYSTEMS, on=ON, law=DONG_NAI)[0].basis
    assert codes(replace(SYSTEMS, receiver_is_it_officer=True), HUE) == {}


def test_who_left_gets_nothing_and_odd_receivers_are_pointed_out() -> None:
    facts = replace(
        PERSONAL,
        receiver_left_on=date(2026, 7, 1),
        receiver_in_agency=False,
        giver_id=2,
        kinds=frozenset(),
        subscribers=(),
    )
    assert codes(facts) == {
        "handover.receiver_left": MUST,
        "handover.receiver_elsewhere": SHOULD,
        "handover.to_oneself": SHOULD,
        "handover.certificate_unknown": SHOULD,
    }
    assert codes(replace(PERSONAL, receiver_left_on=date(2026, 8, 1))) == {}


def test_a_token_whose_certificate_has_ended_goes_back_instead() -> None:
    (refused,) = check_handover(replace(PERSONAL, certificates_ended=True), on=ON, law=DECREE)
    assert (refused.code, refused.severity) == ("handover.certificate_ended", MUST)
    assert "khoản 2 Điều 20" in refused.basis


def test_an_account_is_nothing_to_hand_over() -> None:
    account = replace(PERSONAL, device_kind=DeviceKind.CENTRAL, kinds=frozenset())
    assert codes(account) == {"handover.nothing_to_hand_over": MUST}


DEPUTY = EntrustmentFacts(
    "TB-00002",
    keeper_id=1,
    deputy_id=2,
    deputy_name="Lê Thị Thay",
    personal=False,
    permission="12/GUQ-UBND",
    from_on=date(2026, 7, 1),
    until_on=date(2026, 7, 31),
    has_minutes=True,
)


def entrusted(facts: EntrustmentFacts, law: Law = HUE) -> dict[str, Severity]:
    return {one.code: one.severity for one in check_entrustment(facts, on=ON, law=law)}


def test_a_deputy_with_permission_term_and_minutes_may_have_the_agencys_token() -> None:
    assert entrusted(DEPUTY) == entrusted(DEPUTY, BAC_NINH) == {}


def test_where_lending_is_forbidden_it_is_taken_back_and_assigned_anew() -> None:
    (refused,) = check_entrustment(DEPUTY, on=ON, law=TUYEN_QUANG)
    assert (refused.code, refused.severity) == ("entrustment.forbidden", MUST)
    assert "giao mới" in refused.remedy


@pytest.mark.parametrize("law", [DECREE, HUE, TUYEN_QUANG])
def test_a_personal_token_is_never_lent(law: Law) -> None:
    assert entrusted(replace(DEPUTY, personal=True), law) == {"entrustment.personal": MUST}


def test_what_is_missing_for_a_deputy_is_said() -> None:
    bare = replace(DEPUTY, deputy_id=1, permission="", until_on=None, has_minutes=False)
    assert entrusted(bare) == {
        "entrustment.same_person": MUST,
        "entrustment.permission_missing": SHOULD,
        "entrustment.term_missing": SHOULD,
        "entrustment.minutes_missing": SHOULD,
    }
    assert entrusted(replace(DEPUTY, until_on=date(2026, 7, 10))) == {
        "entrustment.outside_term": MUST
    }
