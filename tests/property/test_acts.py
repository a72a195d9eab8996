"""No sequence of acts renews twice in a chain, shortens a MUST, or revives what is revoked."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import regulations
from rules.amendments import AmendmentCase, AmendmentFacts, Change, check_amendment
from rules.certificates import (
    CertificateFacts,
    CertificateOrigin,
    CertificateState,
    SubscriberKind,
    certificate_state,
    renewals_along,
)
from rules.clocks import ClockStage, clocks
from rules.days import add_years, expires_on
from rules.devices import DeviceKind, DeviceState
from rules.findings import blocking
from rules.losses import LossFacts, check_loss, may_be_used_again
from rules.recalls import CertificateOnDevice, RecallFacts, check_recall, check_return
from rules.reissues import ReissueFacts, check_reissue
from rules.renewals import RenewalFacts, check_renewal
from rules.revocation_grounds import RevocationGround
from rules.revocations import RevocationFacts, check_revocation
from rules.unlocks import UnlockFacts, check_unlock
from rules.working_days import WorkingCalendar

LAW = regulations.load()
CALENDAR = WorkingCalendar()
FIRST_DAY = date(2025, 1, 15)
CHANGE = Change(AmendmentCase.EMAIL, "cu@example.gov.vn", "moi@example.gov.vn")


def instant(day: date) -> datetime:
    return datetime.combine(day, time(3), UTC)


@dataclass(frozen=True)
class Held:
    """One certificate of a chain, as the register knows it."""

    serial: str
    origin: CertificateOrigin
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None


@dataclass
class Life:
    """One subscriber: chains of certificates and one device. Acts do what the rules let through."""

    on: date = FIRST_DAY
    chains: list[list[Held]] = field(default_factory=list)
    device: DeviceState = DeviceState.IN_USE
    lost_on: date | None = None
    sent_on: date | None = None
    refused: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.begin_chain()

    @property
    def now(self) -> Held:
        return self.chains[-1][-1]

    @property
    def renewals(self) -> int | None:
        return renewals_along([one.origin for one in self.chains[-1]])

    @property
    def on_device(self) -> tuple[CertificateOnDevice, ...]:
        return tuple(CertificateOnDevice(one.not_after, one.revoked_at) for one in self.chains[-1])

    def begin_chain(self) -> None:
        ends = add_years(self.on, 5) - timedelta(days=1)
        serial = f"{len(self.chains) + 1:X}0"
        self.chains.append(
            [Held(serial, CertificateOrigin.ISSUED, instant(self.on), instant(ends))]
        )
        self.device, self.lost_on, self.sent_on = DeviceState.IN_USE, None, None

    def succeed(self, origin: CertificateOrigin, ends: datetime) -> None:
        chain = self.chains[-1]
        chain.append(Held(f"{chain[0].serial}{len(chain):X}", origin, instant(self.on), ends))

    def loss(self) -> LossFacts:
        assert self.lost_on is not None
        return LossFacts(
            "Token",
            DeviceKind.PKI_TOKEN,
            self.on_device,
            self.lost_on,
            revocation_sent_on=self.sent_on,
            found_on=self.on,
        )


def renew(life: Life) -> None:
    one = life.now
    facts = RenewalFacts(
        "Bà Thử",
        one.serial,
        SubscriberKind.INDIVIDUAL,
        one.not_before,
        one.not_after,
        one.revoked_at,
        life.renewals,
        email="a@example.gov.vn",
    )
    if blocking(check_renewal(facts, on=life.on, law=LAW)):
        life.refused.add(("renew", one.serial))
        return
    assert ("renew", one.serial) not in life.refused, "a refusal was shortened"
    life.succeed(CertificateOrigin.RENEWED, instant(add_years(expires_on(one.not_after), 3)))


def amend(life: Life) -> None:
    one = life.now
    facts = AmendmentFacts(
        "Bà Thử",
        one.serial,
        SubscriberKind.INDIVIDUAL,
        one.not_before,
        one.not_after,
        one.revoked_at,
        (CHANGE,),
    )
    if blocking(check_amendment(facts, on=life.on, law=LAW)):
        life.refused.add(("amend", one.serial))
        return
    assert ("amend", one.serial) not in life.refused, "a refusal was shortened"
    life.succeed(CertificateOrigin.AMENDED, one.not_after)


def revoke(life: Life) -> None:
    one = life.now
    facts = RevocationFacts(
        "Bà Thử",
        one.serial,
        SubscriberKind.INDIVIDUAL,
        RevocationGround.MANAGING_AGENCY,
        one.not_before,
        one.not_after,
        one.revoked_at,
    )
    if blocking(check_revocation(facts, on=life.on, law=LAW)):
        assert one.revoked_at is not None
        return
    life.chains[-1][-1] = replace(one, revoked_at=instant(life.on))


def reissue(life: Life) -> None:
    one = life.now
    facts = ReissueFacts(
        "Bà Thử",
        one.serial,
        SubscriberKind.INDIVIDUAL,
        one.not_after,
        one.revoked_at,
        life.renewals,
    )
    early = {found.code for found in check_reissue(facts, on=life.on, law=LAW)}
    if "reissue.before_expiry" not in early:
        life.begin_chain()


def recall(life: Life) -> None:
    facts = RecallFacts("Token", DeviceKind.PKI_TOKEN, life.device, life.on_device)
    found = check_recall(facts, on=life.on, law=LAW, calendar=CALENDAR)
    assert blocking(found) == (), "without a notice nothing is a breach"
    if not blocking(check_return(facts, on=life.on, law=LAW)):
        life.device = DeviceState.RETURNED_TO_CA


def lose(life: Life) -> None:
    if life.device is DeviceState.IN_USE:
        life.device, life.lost_on = DeviceState.MISSING, life.on


def send_loss(life: Life) -> None:
    if life.device is DeviceState.MISSING:
        life.sent_on = life.on


def find(life: Life) -> None:
    if life.device is not DeviceState.MISSING:
        return
    again = may_be_used_again(life.loss(), on=life.on)
    if again:
        assert life.sent_on is None
        assert blocking(check_loss(life.loss(), on=life.on, law=LAW)) == ()
        life.device = DeviceState.IN_USE


def lock(life: Life) -> None:
    if life.device is DeviceState.IN_USE:
        life.device = DeviceState.LOCKED


def unlock(life: Life) -> None:
    facts = UnlockFacts("Bà Thử", "S1", DeviceKind.PKI_TOKEN, life.device)
    refused = bool(blocking(check_unlock(facts, on=life.on, law=LAW)))
    assert refused is (life.device is not DeviceState.LOCKED)
    if not refused:
        life.device = DeviceState.IN_USE


ACTS = (renew, amend, revoke, reissue, recall, lose, send_loss, find, lock, unlock)
# Days that pass before an act: the same day, days near the limits, months, years.
waits = st.sampled_from((0, 1, 30, 60, 120, 365, 1000, 1765, 1795, 1796, 1830))
sequences = st.lists(st.tuples(waits, st.sampled_from(ACTS)), max_size=14)


@settings(max_examples=60)
@given(sequences)
def test_no_sequence_of_acts_renews_twice_or_revives_what_is_revoked(
    sequence: list[tuple[int, object]],
) -> None:
    life = Life()
    revoked: dict[str, datetime] = {}
    for wait, act in sequence:
        life.on += timedelta(days=wait)
        act(life)  # type: ignore[operator]
        known = {one.serial: one.revoked_at for chain in life.chains for one in chain}
        assert all(known[serial] == at for serial, at in revoked.items()), "revoked once only"
        revoked |= {serial: at for serial, at in known.items() if at is not None}
        for chain in life.chains:
            assert sum(one.origin is CertificateOrigin.RENEWED for one in chain) <= 1
            ends = add_years(expires_on(chain[0].not_after), 3)
            assert expires_on(chain[-1].not_after) <= ends, "no chain outlives 5 + 3 years"
            for one in chain:
                facts = CertificateFacts(one.not_before, one.not_after, one.revoked_at, 0)
                state = certificate_state(facts, at=instant(life.on))
                assert (state is CertificateState.REVOKED) is (one.serial in revoked)
            # Nothing comes after a revoked certificate in its own chain.
            assert all(one.revoked_at is None for one in chain[:-1])


days = st.dates(date(2024, 8, 15), date(2040, 12, 31))
instants = st.datetimes(
    datetime(2024, 8, 15),  # noqa: DTZ001 - hypothesis takes naive limits
    datetime(2040, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@settings(max_examples=60)
@given(instants, st.none() | instants, st.none() | st.integers(0, 2), days, st.integers(0, 900))
def test_a_renewal_or_amendment_once_refused_stays_refused_on_every_later_day(
    not_after: datetime,
    revoked_at: datetime | None,
    renewals: int | None,
    on: date,
    later: int,
) -> None:
    begins = not_after - timedelta(days=1825)
    renewal = RenewalFacts(
        "Bà Thử", "1", SubscriberKind.INDIVIDUAL, begins, not_after, revoked_at, renewals
    )
    amendment = AmendmentFacts(
        "Bà Thử", "1", SubscriberKind.INDIVIDUAL, begins, not_after, revoked_at, (CHANGE,)
    )
    then = on + timedelta(days=later)
    if blocking(check_renewal(renewal, on=on, law=LAW)):
        assert blocking(check_renewal(renewal, on=then, law=LAW))
    if blocking(check_amendment(amendment, on=on, law=LAW)):
        assert blocking(check_amendment(amendment, on=then, law=LAW))


@settings(max_examples=60)
@given(days, st.integers(0, 40), st.integers(0, 40))
def test_an_overdue_recall_stays_overdue_until_the_device_is_handed_over(
    notice: date, first: int, more: int
) -> None:
    facts = RecallFacts(
        "Token",
        DeviceKind.PKI_TOKEN,
        DeviceState.IN_USE,
        (CertificateOnDevice(instant(notice)),),
        notice_received_on=notice,
    )
    on = notice + timedelta(days=first)
    then = on + timedelta(days=more)

    if blocking(check_recall(facts, on=on, law=LAW, calendar=CALENDAR)):
        assert blocking(check_recall(facts, on=then, law=LAW, calendar=CALENDAR))
        done = replace(facts, handed_over_on=then)
        assert not blocking(check_recall(done, on=then, law=LAW, calendar=CALENDAR))


holidays = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=12)


@settings(max_examples=60)
@given(st.dates(date(2025, 12, 20), date(2026, 3, 1)), st.integers(1, 30), holidays, holidays)
def test_a_deadline_is_a_working_day_and_counts_back_to_its_period(
    event_on: date, working_days: int, off: frozenset[date], worked: frozenset[date]
) -> None:
    calendar = WorkingCalendar(off, worked)
    due = calendar.deadline(event_on, working_days)

    assert calendar.is_working(due)
    assert calendar.working_days_between(event_on, due) == working_days
    assert calendar.working_days_between(due, event_on) == -working_days
    assert calendar.deadline(event_on, working_days + 1) > due


@settings(max_examples=80)
@given(instants, st.none() | st.integers(0, 2), instants, st.integers(30, 120))
def test_never_do_both_clocks_run_and_a_renewed_certificate_has_only_the_second(
    not_after: datetime, renewals: int | None, at: datetime, margin: int
) -> None:
    facts = CertificateFacts(not_after - timedelta(days=1825), not_after, None, renewals)
    both = clocks(facts, at=at, margin_days=margin)
    open_ = {ClockStage.WAITING, ClockStage.DUE, ClockStage.URGENT, ClockStage.HISTORY_UNKNOWN}

    assert not (both.renewal.stage in open_ and both.replacement.stage in open_)
    if renewals:
        assert both.renewal.stage is ClockStage.STOPPED
        assert both.replacement.stage is not ClockStage.STOPPED
