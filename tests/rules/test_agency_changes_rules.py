"""Two communes become one: which letter for which certificate."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.agency_changes import (
    AffectedCertificate,
    AgencyChange,
    ChangeFacts,
    Proposal,
    check_change,
    new_email,
    propose,
)
from rules.amendments import AmendmentCase
from rules.certificates import SubscriberKind
from rules.findings import Severity
from rules.requests import RequestKind
from rules.revocation_grounds import RevocationGround

G, K = AgencyChange, SubscriberKind
LAW = regulations.load()
ON = date(2026, 7, 1)
LATER, SOON = datetime(2028, 1, 1, tzinfo=UTC), datetime(2026, 7, 20, tzinfo=UTC)
MERGER = ChangeFacts(
    G.MERGE,
    "UBND xã Cũ",
    date(2026, 7, 1),
    successor="UBND xã Mới",
    decision="Nghị quyết số 1/NQ",
)
PERSON = AffectedCertificate(1, "Nguyễn Thị Mẫu", K.INDIVIDUAL, LATER)
AGENCY = AffectedCertificate(2, "UBND xã Cũ", K.ORGANISATION, LATER)
SERVER = AffectedCertificate(3, "Trang thông tin thử", K.SYSTEM, LATER)


def proposed(facts: ChangeFacts, *affected: AffectedCertificate) -> tuple[Proposal, ...]:
    return propose(facts, affected, received_on=ON, law=LAW)


def kinds(facts: ChangeFacts, *affected: AffectedCertificate) -> list[tuple[str, int | None]]:
    return [(one.form, one.certificate_id) for one in proposed(facts, *affected)]


def test_a_merger_takes_back_the_agencys_own_and_amends_the_peoples() -> None:
    found = proposed(MERGER, AGENCY, PERSON)

    assert [(one.form, one.certificate_id, one.by_successor) for one in found] == [
        ("02", None, True),
        ("05", 2, False),
        ("04", 1, True),
    ]
    assert found[1].ground is RevocationGround.MERGED
    assert found[2].case is AmendmentCase.WORKPLACE
    assert found[2].provision is not None
    assert "Điều 15" in found[2].provision.citation
    assert "ký tay, đóng dấu" in found[0].sentence


def test_with_too_few_days_left_a_person_gets_a_new_certificate() -> None:
    (found,) = proposed(
        replace(MERGER, successor_has_certificate=True), replace(PERSON, not_after=SOON)
    )
    assert (found.form, found.request_kind) == ("01", RequestKind.ISSUANCE)
    assert "19 ngày" in found.sentence
    assert found.provision is not None
    assert "Điều 14" in found.provision.citation


def test_the_very_last_day_on_which_an_amendment_may_be_received() -> None:
    facts = replace(MERGER, successor_has_certificate=True)
    exactly = replace(PERSON, not_after=datetime(2026, 7, 31, 5, tzinfo=UTC))
    one_less = replace(PERSON, not_after=datetime(2026, 7, 30, 5, tzinfo=UTC))
    assert kinds(facts, exactly, one_less) == [("04", 1), ("01", 1)]


def test_a_new_name_is_an_amendment_for_everyone() -> None:
    facts = ChangeFacts(G.RENAME, "UBND xã Cũ", ON, new_name="UBND phường Mới", decision="QĐ 1")
    found = proposed(facts, AGENCY, PERSON, SERVER)

    assert [one.form for one in found] == ["04", "04", "04"]
    assert found[0].case is found[2].case is AmendmentCase.NAME
    assert all("UBND phường Mới" in one.sentence for one in found)
    assert kinds(facts, replace(AGENCY, not_after=SOON)) == [("02", 2)]


def test_what_is_not_in_the_certificate_need_not_be_amended() -> None:
    unchanged = (replace(PERSON, content_changes=False), replace(SERVER, content_changes=False))
    assert kinds(replace(MERGER, successor_has_certificate=True), *unchanged) == []


@pytest.mark.parametrize("stays", [True, False])
def test_where_nobody_takes_over_everything_is_revoked(stays: bool) -> None:
    facts = ChangeFacts(G.DISSOLVE, "UBND xã Cũ", ON, decision="QĐ 1")
    found = proposed(facts, AGENCY, replace(PERSON, stays=stays), replace(SERVER, stays=False))

    assert [one.ground for one in found] == [
        RevocationGround.DISSOLVED,
        RevocationGround.MANAGING_AGENCY,
        RevocationGround.SYSTEM_STOPPED,
    ]
    assert all("Mẫu số 08" in one.sentence for one in found)


def test_an_agency_that_goes_on_keeps_its_certificate_or_a_person_decides() -> None:
    facts = replace(MERGER, survives=True, successor_has_certificate=True)
    assert kinds(facts, AGENCY) == []
    (split,) = proposed(replace(facts, change=G.SPLIT), AGENCY)
    assert (split.ground, split.optional) == (RevocationGround.SPLIT, True)
    assert "cân nhắc" in split.sentence


def test_what_has_ended_already_asks_for_nothing() -> None:
    facts = replace(MERGER, successor_has_certificate=True)
    expired = replace(PERSON, not_after=datetime(2026, 6, 1, tzinfo=UTC))
    revoked = replace(AGENCY, revoked_at=datetime(2026, 6, 1, tzinfo=UTC))
    assert kinds(facts, expired, revoked) == []


def test_the_description_of_the_change_is_checked() -> None:
    assert check_change(MERGER) == ()

    def codes(facts: ChangeFacts) -> dict[str, Severity]:
        return {one.code.split(".")[1]: one.severity for one in check_change(facts)}

    assert codes(replace(MERGER, successor="")) == {"successor_missing": Severity.MUST}
    assert codes(replace(MERGER, successor="UBND xã Cũ")) == {"successor_itself": Severity.MUST}
    assert codes(replace(MERGER, successor_may_send=False, decision=" ")) == {
        "successor_cannot_send": Severity.SHOULD,
        "decision_missing": Severity.SHOULD,
    }
    assert codes(replace(MERGER, change=G.RENAME)) == {"new_name_missing": Severity.MUST}


@pytest.mark.parametrize(
    ("old", "domain", "new"),
    [
        ("mau@cu.example.vn", "@Moi.example.vn", "mau@moi.example.vn"),
        (" mau@cu.example.vn ", "moi.example.vn", "mau@moi.example.vn"),
        ("mau@MOI.example.vn", "moi.example.vn", ""),
        ("không có", "moi.example.vn", ""),
        ("@cu.example.vn", "moi.example.vn", ""),
        ("mau@cu.example.vn", " ", ""),
    ],
)
def test_the_new_address_is_only_proposed_where_it_changes(old: str, domain: str, new: str) -> None:
    assert new_email(old, domain) == new
