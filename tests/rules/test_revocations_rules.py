"""Thu hồi chứng thư: Điều 17 NĐ 68/2024/NĐ-CP by kind of subscriber, and Tuyên Quang's own."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

import regulations
from rules.attachments import AttachmentKind, check_attachments
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Severity
from rules.identity_papers import IdentityPaper
from rules.law import Law, LawError
from rules.revocation_grounds import (
    GROUND_RULES,
    RevocationGround,
    ground_provision,
    grounds_for,
)
from rules.revocations import RevocationFacts, attachments_of, check_revocation

LAW = regulations.load()
TUYEN_QUANG = LAW.under("tuyen_quang_06_2026")
ON = date(2026, 11, 21)
MUST, SHOULD, INFO = Severity.MUST, Severity.SHOULD, Severity.INFO
Ground, Kind = RevocationGround, SubscriberKind
FACTS = RevocationFacts(
    name="Nguyễn Thị Thử Nghiệm",
    serial_number="2A05F812673607B0",
    kind=Kind.INDIVIDUAL,
    ground=Ground.RETIRED,
    not_before=datetime(2025, 3, 13, 16, 36, 53, tzinfo=UTC),
    not_after=datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC),
    revoked_at=None,
    paper=IdentityPaper("001099000001", date(2024, 7, 1), "Bộ Công an"),
    email="thu@example.gov.vn",
)
BODY = replace(
    FACTS,
    name="Ủy ban nhân dân xã Thử Nghiệm",
    kind=Kind.ORGANISATION,
    ground=Ground.MERGED,
    tax_code="0000000000",
)


def check(facts: RevocationFacts, on: date = ON, law: Law = LAW) -> list[tuple[str, Severity]]:
    return [(one.code, one.severity) for one in check_revocation(facts, on=on, law=law)]


ALL = ["HET_HAN", "LO_KHOA", "HONG", "THAT_LAC", "MAT_AN_TOAN", "TO_TUNG", "CQQLTT"]


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (Kind.INDIVIDUAL, [*ALL, "VI_TRI", "NGHI_HUU", "THOI_VIEC", "TU_TRAN"]),
        (Kind.ORGANISATION, [*ALL, "GIAI_THE", "CHIA_TACH", "SAP_NHAP"]),
        (Kind.SYSTEM, [*ALL, "NGUNG_HD"]),
    ],
)
def test_each_kind_of_subscriber_has_the_grounds_of_article_17(
    kind: SubscriberKind, codes: list[str]
) -> None:
    assert [str(one) for one in grounds_for(kind, on=ON, law=LAW)] == codes


@pytest.mark.parametrize(
    ("ground", "basis"),
    [
        (Ground.EXPIRED, "điểm a khoản 1"),
        (Ground.KEY_EXPOSED, "điểm b khoản 1"),
        (Ground.DEVICE_DAMAGED, "điểm b khoản 1"),
        (Ground.DEVICE_LOST, "điểm b khoản 1"),
        (Ground.OTHER_INSECURITY, "điểm b khoản 1"),
        (Ground.PROCEEDINGS, "điểm c khoản 1"),
        (Ground.MANAGING_AGENCY, "điểm d khoản 1"),
        (Ground.POSITION_CHANGED, "điểm b khoản 2"),
        (Ground.RETIRED, "điểm c khoản 2"),
        (Ground.LEFT_SERVICE, "điểm c khoản 2"),
        (Ground.DECEASED, "điểm c khoản 2"),
        (Ground.DISSOLVED, "điểm b khoản 3"),
        (Ground.SPLIT, "điểm b khoản 3"),
        (Ground.MERGED, "điểm b khoản 3"),
        (Ground.SYSTEM_STOPPED, "điểm b khoản 4"),
    ],
)
def test_each_ground_stands_in_its_point(ground: RevocationGround, basis: str) -> None:
    provision = ground_provision(ground, on=ON, law=LAW)

    assert provision is not None
    assert provision.citation == f"{basis} Điều 17 Nghị định số 68/2024/NĐ-CP"
    assert provision.may_refuse


@pytest.mark.parametrize(
    ("law", "on", "open_"),
    [
        (LAW, date(2026, 11, 21), False),
        (TUYEN_QUANG, date(2026, 6, 28), False),
        (TUYEN_QUANG, date(2026, 6, 29), True),
        (TUYEN_QUANG, date(2026, 6, 30), True),
        (LAW.under("bac_ninh_60_2025"), date(2026, 11, 21), False),
    ],
)
def test_no_longer_needed_is_a_ground_only_where_and_when_a_regulation_names_it(
    law: Law, on: date, open_: bool
) -> None:
    facts = replace(FACTS, ground=Ground.NO_LONGER_NEEDED)

    assert (Ground.NO_LONGER_NEEDED in grounds_for(Kind.INDIVIDUAL, on=on, law=law)) is open_
    assert check(facts, on, law) == ([] if open_ else [("revocation.ground_not_open", MUST)])
    assert Ground.NO_LONGER_NEEDED not in grounds_for(Kind.ORGANISATION, on=on, law=law)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("ground", Ground)
def test_a_ground_of_another_kind_of_subscriber_is_refused(
    kind: SubscriberKind, ground: RevocationGround
) -> None:
    facts = replace(FACTS, kind=kind, ground=ground)
    refused = "revocation.ground_not_open" in [code for code, _ in check(facts, law=TUYEN_QUANG)]

    assert refused is (kind not in GROUND_RULES[ground].kinds)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FACTS, []),
        (BODY, []),
        (
            replace(FACTS, revoked_at=datetime(2026, 5, 1, tzinfo=UTC)),
            [("revocation.already_revoked", MUST)],
        ),
        (
            replace(FACTS, ground=Ground.KEY_EXPOSED),
            [("revocation.stop_using", INFO)],
        ),
        (replace(FACTS, email=""), [("revocation.particulars_missing", SHOULD)]),
        (
            replace(FACTS, paper=IdentityPaper("1")),
            [("identity.number", SHOULD), ("identity.issue", SHOULD)],
        ),
        (replace(FACTS, tax_code="0000000000"), [("revocation.columns_of_both", SHOULD)]),
        (replace(BODY, tax_code=""), [("revocation.particulars_missing", SHOULD)]),
        (
            replace(FACTS, device_kind=DeviceKind.PKI_TOKEN),
            [("revocation.particulars_missing", SHOULD), ("revocation.return_device", INFO)],
        ),
        (
            replace(FACTS, device_kind=DeviceKind.SIM_PKI, device_serial="S1"),
            [("revocation.return_device", INFO)],
        ),
        (replace(FACTS, device_kind=DeviceKind.HSM), []),
        (
            replace(
                FACTS,
                ground=Ground.DEVICE_LOST,
                device_kind=DeviceKind.PKI_TOKEN,
                device_serial="S1",
            ),
            [],
        ),
        (replace(FACTS, open_request="số 5/ĐN"), [("revocation.open_request", SHOULD)]),
        (replace(FACTS, open_renewal="số 6/ĐN"), [("revocation.open_renewal", SHOULD)]),
    ],
)
def test_what_is_wrong_is_said_with_the_weight_of_its_ground(
    facts: RevocationFacts, expected: list[tuple[str, Severity]]
) -> None:
    assert check(facts) == expected


@pytest.mark.parametrize(
    ("on", "as_expired", "as_retired"),
    [
        (date(2030, 3, 11), [("revocation.not_yet_expired", MUST)], []),
        (date(2030, 3, 12), [("revocation.not_yet_expired", SHOULD)], []),
        (date(2030, 3, 13), [], [("revocation.already_expired", SHOULD)]),
    ],
)
def test_expiry_is_a_ground_once_the_day_of_expiry_is_over(
    on: date, as_expired: list[tuple[str, Severity]], as_retired: list[tuple[str, Severity]]
) -> None:
    assert check(replace(FACTS, ground=Ground.EXPIRED), on) == as_expired
    assert check(FACTS, on) == as_retired


def test_the_day_of_expiry_is_that_of_vietnam() -> None:
    # 17:00 UTC on the 12th is the 13th in Vietnam.
    late = replace(FACTS, ground=Ground.EXPIRED, not_after=datetime(2030, 3, 12, 17, 0, tzinfo=UTC))

    assert check(late, date(2030, 3, 13)) == [("revocation.not_yet_expired", SHOULD)]
    assert check(late, date(2030, 3, 14)) == []


K = AttachmentKind


@pytest.mark.parametrize(
    ("facts", "needed"),
    [
        (FACTS, [(K.PERSONNEL_DECISION, INFO)]),
        (BODY, [(K.REORGANISATION_DECISION, INFO)]),
        (replace(FACTS, ground=Ground.DECEASED), []),
        (replace(FACTS, ground=Ground.EXPIRED), []),
        (replace(FACTS, ground=Ground.MANAGING_AGENCY), []),
        (replace(FACTS, ground=Ground.PROCEEDINGS), [(K.PROCEEDINGS_REQUEST, SHOULD)]),
        (replace(FACTS, ground=Ground.KEY_EXPOSED), [(K.SUBSCRIBER_REQUEST, MUST)]),
        (
            replace(FACTS, ground=Ground.DEVICE_LOST),
            [(K.LOSS_MINUTES, MUST), (K.SUBSCRIBER_REQUEST, MUST)],
        ),
        (
            replace(BODY, ground=Ground.DEVICE_LOST, subscriber_is_sender=True),
            [(K.LOSS_MINUTES, MUST)],
        ),
        (
            replace(BODY, ground=Ground.PROCEEDINGS, subscriber_is_sender=True),
            [(K.PROCEEDINGS_REQUEST, SHOULD)],
        ),
    ],
)
def test_each_ground_has_its_papers(
    facts: RevocationFacts, needed: list[tuple[AttachmentKind, Severity]]
) -> None:
    papers = attachments_of(facts, on=ON, law=LAW)

    assert [(one.any_of[0], one.severity) for one in papers] == needed
    assert [one.severity for one in check_attachments(papers, [])] == [s for _, s in needed]
    assert check_attachments(papers, [kind for kind, _ in needed]) == ()


def test_a_loss_cites_the_article_that_asks_for_the_minutes() -> None:
    (minutes, _) = attachments_of(replace(FACTS, ground=Ground.DEVICE_LOST), on=ON, law=LAW)

    assert minutes.provision is not None
    assert minutes.provision.article == "20"
    assert "Mẫu số 09" in minutes.words


def test_the_day_before_the_decree_has_no_answer() -> None:
    assert check(replace(FACTS), date(2025, 8, 15)) == []
    with pytest.raises(LawError, match="14/08/2024"):
        check(FACTS, date(2024, 8, 14))
