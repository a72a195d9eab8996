"""The windows by which SQL filters say the same as the rule, for any certificate at any instant."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.certificates import (
    CertificateFacts,
    CertificateState,
    StateWindow,
    certificate_state,
    state_window,
)
from rules.days import expires_on

AT = datetime(2026, 11, 21, 3, 8, 5, tzinfo=UTC)

# Near the instant asked about, the boundaries are dense; far from it, anything goes.
instants = st.one_of(
    st.integers(-140 * 24, 140 * 24).map(lambda hours: AT + timedelta(hours=hours)),
    st.sampled_from([-1, 0, 1]).map(lambda seconds: AT + timedelta(seconds=seconds)),
    st.datetimes(datetime(2015, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
certificates = st.builds(
    CertificateFacts,
    not_before=instants,
    not_after=instants,
    revoked_at=st.none() | instants,
    renewals=st.none() | st.integers(0, 3),
)
margins = st.integers(30, 120)


def selects(window: StateWindow, row: CertificateFacts) -> bool:
    """The window as the plain column comparisons that SQL makes of it."""
    renewals = {
        None: True,
        "none": row.renewals == 0,
        "some": row.renewals is not None and row.renewals >= 1,
        "unknown": row.renewals is None,
        "known": row.renewals is not None,
        "none_or_unknown": row.renewals is None or row.renewals == 0,
    }
    day = expires_on(row.not_after)
    return all(
        (
            window.revoked is None or window.revoked == (row.revoked_at is not None),
            window.not_before_gt is None or row.not_before > window.not_before_gt,
            window.not_before_le is None or row.not_before <= window.not_before_le,
            window.not_after_gt is None or row.not_after > window.not_after_gt,
            window.not_after_le is None or row.not_after <= window.not_after_le,
            window.expires_on_ge is None or day >= window.expires_on_ge,
            window.expires_on_le is None or day <= window.expires_on_le,
            renewals[window.renewals],
        )
    )


@given(certificates, instants, margins)
def test_exactly_the_window_of_its_own_state_selects_a_certificate(
    row: CertificateFacts, at: datetime, margin: int
) -> None:
    state = certificate_state(row, at=at, margin_days=margin)
    selecting = [
        one
        for one in CertificateState
        if selects(state_window(one, at=at, margin_days=margin), row)
    ]

    assert selecting == [state]


@given(certificates, margins)
def test_the_same_holds_around_one_instant(row: CertificateFacts, margin: int) -> None:
    state = certificate_state(row, at=AT, margin_days=margin)

    assert selects(state_window(state, at=AT, margin_days=margin), row)


@given(certificates, instants, instants)
def test_revoked_never_becomes_anything_else(
    row: CertificateFacts, first: datetime, second: datetime
) -> None:
    if certificate_state(row, at=first) is CertificateState.REVOKED:
        assert certificate_state(row, at=second) is CertificateState.REVOKED
