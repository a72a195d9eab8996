"""The clocks on the pages and the reminders tell the same, for any certificate and any margin."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.certificates import CertificateFacts
from rules.clocks import ClockStage, clocks
from rules.days import vietnam_day
from rules.reminders import CertificateClock, Clock, certificate_matters, due

ENDS = datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC)
ENDINGS = st.integers(-3000, 3000).map(lambda hours: ENDS + timedelta(hours=hours))
MARGINS = st.integers(30, 120)
RENEWALS = st.sampled_from([None, 0, 1, 2])
AT_WORK = {
    Clock.RENEWAL: {ClockStage.DUE, ClockStage.URGENT, ClockStage.HISTORY_UNKNOWN},
    Clock.REPLACEMENT: {ClockStage.DUE, ClockStage.URGENT, ClockStage.PASSED},
}


@given(ENDINGS, RENEWALS, MARGINS, st.integers(0, 900))
def test_a_reminder_comes_only_while_the_clock_of_its_page_runs(
    not_after: datetime, renewals: int | None, margin: int, known_before: int
) -> None:
    facts = CertificateFacts(not_after - timedelta(days=1826), not_after, None, renewals)
    known_on = vietnam_day(not_after) - timedelta(days=known_before)
    known = CertificateClock(1, not_after, renewals, known_on)
    matters = certificate_matters(known, margin_days=margin)
    last = vietnam_day(not_after) + timedelta(days=60)
    for reminder in due(matters, since=known_on - timedelta(days=1), until=last):
        day = reminder.stage_on
        noon = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
        both = clocks(facts, at=noon, margin_days=margin)
        shown = both.renewal if reminder.matter.clock is Clock.RENEWAL else both.replacement
        assert shown.stage in AT_WORK[reminder.matter.clock], reminder


@given(ENDINGS, RENEWALS, MARGINS)
def test_reminders_and_pages_name_the_same_days(
    not_after: datetime, renewals: int | None, margin: int
) -> None:
    facts = CertificateFacts(not_after - timedelta(days=1826), not_after, None, renewals)
    both = clocks(facts, at=not_after, margin_days=margin)
    long_known = CertificateClock(1, not_after, renewals, vietnam_day(facts.not_before))
    found = {one.clock: one for one in certificate_matters(long_known, margin_days=margin)}
    assert (Clock.RENEWAL in found) is not bool(renewals)
    if (renewal := found.get(Clock.RENEWAL)) is not None:
        assert renewal.counts_to == both.renewal.file_by_on
        assert renewal.begins_on == both.renewal.due_on
        assert renewal.ends_on == both.renewal.last_receipt_on
    assert found[Clock.REPLACEMENT].begins_on == both.replacement.prepare_from_on
    assert found[Clock.REPLACEMENT].identity_on == both.expires_on
