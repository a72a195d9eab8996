"""States of a certificate on their boundary days."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.certificates import (
    CertificateFacts,
    CertificateOrigin,
    CertificateState,
    certificate_state,
    renewals_along,
    state_window,
)

NOT_BEFORE = datetime(2025, 3, 13, 16, 36, 53, tzinfo=UTC)
NOT_AFTER = datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC)
S = CertificateState


def facts(renewals: int | None = 0, revoked_at: datetime | None = None) -> CertificateFacts:
    return CertificateFacts(NOT_BEFORE, NOT_AFTER, revoked_at, renewals)


def noon_with_days_left(left: int) -> datetime:
    """Noon in Vietnam of the day with so many days left."""
    return datetime(2030, 3, 12, 5, tzinfo=UTC) - timedelta(days=left)


@pytest.mark.parametrize(
    ("left", "fresh", "renewed", "unknown"),
    [
        (1000, S.ACTIVE, S.ACTIVE, S.HISTORY_UNKNOWN),
        (121, S.ACTIVE, S.ACTIVE, S.HISTORY_UNKNOWN),
        (120, S.RENEWAL_DUE, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (119, S.RENEWAL_DUE, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (46, S.RENEWAL_DUE, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (45, S.URGENT, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (44, S.URGENT, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (31, S.URGENT, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (30, S.URGENT, S.REPLACEMENT_DUE, S.HISTORY_UNKNOWN),
        (29, S.TOO_LATE, S.REPLACEMENT_DUE, S.TOO_LATE),
        (0, S.TOO_LATE, S.REPLACEMENT_DUE, S.TOO_LATE),
        (-1, S.EXPIRED, S.EXPIRED, S.EXPIRED),
    ],
)
def test_the_days_left_decide_the_state(
    left: int, fresh: CertificateState, renewed: CertificateState, unknown: CertificateState
) -> None:
    at = noon_with_days_left(left)

    assert certificate_state(facts(0), at=at) is fresh
    assert certificate_state(facts(1), at=at) is renewed
    assert certificate_state(facts(None), at=at) is unknown


@pytest.mark.parametrize(
    ("at", "state"),
    [
        (NOT_BEFORE - timedelta(seconds=1), S.NOT_YET_VALID),
        (NOT_BEFORE, S.ACTIVE),
        (NOT_AFTER, S.TOO_LATE),
        (NOT_AFTER + timedelta(seconds=1), S.EXPIRED),
    ],
)
def test_validity_begins_and_ends_at_its_very_instants(
    at: datetime, state: CertificateState
) -> None:
    assert certificate_state(facts(), at=at) is state


def test_days_are_counted_in_vietnam_and_not_in_utc() -> None:
    before_midnight = datetime(2029, 11, 11, 16, 59, 59, tzinfo=UTC)

    assert certificate_state(facts(), at=before_midnight) is S.ACTIVE
    assert certificate_state(facts(), at=before_midnight + timedelta(seconds=1)) is S.RENEWAL_DUE


def test_a_certificate_that_ends_just_past_midnight_has_the_new_day() -> None:
    just_past = CertificateFacts(NOT_BEFORE, datetime(2030, 3, 12, 17, 0, 1, tzinfo=UTC), None, 0)

    # 13/03/2030 in Vietnam: on 11/02/2030 there are 30 days left, one more than by the day in UTC.
    assert certificate_state(just_past, at=datetime(2030, 2, 11, 1, tzinfo=UTC)) is S.URGENT


def test_revoked_wins_over_everything() -> None:
    for at in (NOT_BEFORE - timedelta(days=1), NOT_BEFORE, NOT_AFTER + timedelta(days=1)):
        assert certificate_state(facts(None, revoked_at=NOT_BEFORE), at=at) is S.REVOKED


def test_a_longer_margin_makes_it_urgent_earlier() -> None:
    assert certificate_state(facts(), at=noon_with_days_left(60), margin_days=60) is S.URGENT
    assert certificate_state(facts(), at=noon_with_days_left(61), margin_days=60) is S.RENEWAL_DUE


@pytest.mark.parametrize("margin", [29, 121])
def test_a_margin_outside_its_bounds_is_refused(margin: int) -> None:
    with pytest.raises(ValueError, match=r"30\.\.120"):
        certificate_state(facts(), at=NOT_BEFORE, margin_days=margin)
    with pytest.raises(ValueError, match=r"30\.\.120"):
        state_window(S.ACTIVE, at=NOT_BEFORE, margin_days=margin)


@pytest.mark.parametrize(
    ("origins", "renewals"),
    [
        ([CertificateOrigin.ISSUED], 0),
        ([CertificateOrigin.ISSUED, CertificateOrigin.AMENDED], 0),
        ([CertificateOrigin.ISSUED, CertificateOrigin.RENEWED, CertificateOrigin.AMENDED], 1),
        ([CertificateOrigin.UNKNOWN, CertificateOrigin.RENEWED], None),
        ([CertificateOrigin.UNKNOWN], None),
    ],
)
def test_renewals_are_counted_along_the_whole_chain(
    origins: list[CertificateOrigin], renewals: int | None
) -> None:
    assert renewals_along(origins) == renewals
