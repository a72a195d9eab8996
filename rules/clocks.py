"""The two clocks of a certificate: phải nộp gia hạn, and chuẩn bị cấp mới.

All days are counted from one origin, the day of expiry in Vietnam (`rules.days`). At most one clock
runs at a time: the first while a renewal is still open (Điều 12), the second once it is not
(Điều 21): after a renewal, or with fewer than 30 days left.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from rules.certificates import CertificateFacts, CertificateState, certificate_state
from rules.days import (
    DEFAULT_MARGIN_DAYS,
    RENEWAL_DUE_DAYS,
    days_left,
    expires_on,
    file_by_on,
    last_receipt_on,
    vietnam_day,
)


class ClockStage(StrEnum):
    """Where a clock stands. STOPPED: it does not apply (any more)."""

    STOPPED = "stopped"
    WAITING = "waiting"
    DUE = "due"
    URGENT = "urgent"
    PASSED = "passed"
    HISTORY_UNKNOWN = "history_unknown"


@dataclass(frozen=True)
class RenewalClock:
    """Phải nộp gia hạn: due from `due_on`, to be filed by `file_by_on` (the agency's margin), to be
    received by `last_receipt_on` (Điều 12).
    """

    stage: ClockStage
    due_on: date
    file_by_on: date
    last_receipt_on: date


@dataclass(frozen=True)
class ReplacementClock:
    """Chuẩn bị cấp mới: prepare from `prepare_from_on`, be ready by `ready_by_on` (the agency's
    margin); the new issue may be asked for from `file_from_on` on, when the old one has expired
    (Điều 21).
    """

    stage: ClockStage
    prepare_from_on: date
    ready_by_on: date
    file_from_on: date


@dataclass(frozen=True)
class Clocks:
    """Both clocks of one certificate at one instant, with the days left (negative after expiry)."""

    state: CertificateState
    expires_on: date
    days_left: int
    renewal: RenewalClock
    replacement: ReplacementClock


_RENEWAL_STAGES = {
    CertificateState.NOT_YET_VALID: ClockStage.WAITING,
    CertificateState.ACTIVE: ClockStage.WAITING,
    CertificateState.RENEWAL_DUE: ClockStage.DUE,
    CertificateState.URGENT: ClockStage.URGENT,
    CertificateState.TOO_LATE: ClockStage.PASSED,
    CertificateState.HISTORY_UNKNOWN: ClockStage.HISTORY_UNKNOWN,
}


def clocks(
    facts: CertificateFacts,
    *,
    at: datetime,
    margin_days: int = DEFAULT_MARGIN_DAYS,
    superseded: bool = False,
) -> Clocks:
    """Both clocks at an instant. `superseded`: another certificate has taken its place already.

    Raises ValueError for a margin outside 30..120 days.
    """
    state = certificate_state(facts, at=at, margin_days=margin_days)
    ends = expires_on(facts.not_after)
    left = days_left(ends, vietnam_day(at))
    renewed = bool(facts.renewals)
    renewal = _RENEWAL_STAGES.get(state, ClockStage.STOPPED)
    prepare = prepare_from_on(ends, renewed=renewed)
    return Clocks(
        state,
        ends,
        left,
        RenewalClock(
            ClockStage.STOPPED if renewed or superseded else renewal,
            starts_on(ends),
            file_by_on(ends, margin_days),
            last_receipt_on(ends),
        ),
        ReplacementClock(
            ClockStage.STOPPED if superseded else _replacement(state, renewed, left, margin_days),
            prepare,
            max(prepare, file_by_on(ends, margin_days)),
            ends + timedelta(days=1),
        ),
    )


def starts_on(expires_on: date) -> date:
    """The day on which work on a renewal, or on a new issue after one, is to start (house rule)."""
    return expires_on - timedelta(days=RENEWAL_DUE_DAYS)


def prepare_from_on(expires_on: date, *, renewed: bool) -> date:
    """The day from which a new issue is to be prepared: with the renewal's time where there is no
    renewal any more, else once the last day of receipt of a renewal has passed (Điều 12, 21).
    """
    return starts_on(expires_on) if renewed else last_receipt_on(expires_on) + timedelta(days=1)


def expiries_starting_in(year: int, month: int) -> tuple[date, date]:
    """The days of expiry, first and last, of certificates whose work starts in a month."""
    first, last = _month(year, month)
    ahead = timedelta(days=RENEWAL_DUE_DAYS)
    return first + ahead, last + ahead


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _replacement(state: CertificateState, renewed: bool, left: int, margin_days: int) -> ClockStage:
    if state is CertificateState.EXPIRED:
        return ClockStage.PASSED
    if state is CertificateState.TOO_LATE:
        return ClockStage.URGENT
    if state is CertificateState.REPLACEMENT_DUE:
        return ClockStage.URGENT if left <= margin_days else ClockStage.DUE
    waiting = renewed and state is not CertificateState.REVOKED
    return ClockStage.WAITING if waiting else ClockStage.STOPPED


@dataclass(frozen=True)
class Example:
    """A worked example for the help: a certificate, a day, and what the clocks say on it."""

    title: str
    not_after: datetime
    renewals: int | None
    on: date
    renewal: ClockStage
    replacement: ClockStage
    explanation: str

    @property
    def facts(self) -> CertificateFacts:
        """The certificate of the example, valid for five years before its notAfter."""
        begins = self.not_after - timedelta(days=5 * 365)
        return CertificateFacts(begins, self.not_after, None, self.renewals)

    @property
    def at(self) -> datetime:
        """Noon in Vietnam on the day of the example."""
        return datetime(self.on.year, self.on.month, self.on.day, 5, tzinfo=UTC)


_ENDS = datetime(2030, 3, 12, 16, 36, 53, tzinfo=UTC)
_S = ClockStage

EXAMPLES: tuple[Example, ...] = (
    Example(
        "Còn lâu mới đến kỳ",
        _ENDS,
        0,
        date(2029, 11, 11),
        _S.WAITING,
        _S.STOPPED,
        "Chứng thư hết hạn ngày 12/03/2030. Ngày 11/11/2029 còn 121 ngày: chưa phải làm gì.",
    ),
    Example(
        "Ngày đầu của kỳ gia hạn",
        _ENDS,
        0,
        date(2029, 11, 12),
        _S.DUE,
        _S.STOPPED,
        "Ngày 12/11/2029 còn 120 ngày: đến kỳ gia hạn, lập Mẫu số 04.",
    ),
    Example(
        "Ngày nên nộp",
        _ENDS,
        0,
        date(2030, 1, 26),
        _S.URGENT,
        _S.STOPPED,
        "Ngày 26/01/2030 còn 45 ngày, là ngày nên nộp của cơ quan: từ ngày này là gấp.",
    ),
    Example(
        "Ngày cuối được tiếp nhận",
        _ENDS,
        0,
        date(2030, 2, 10),
        _S.URGENT,
        _S.STOPPED,
        "Ngày 10/02/2030 còn đúng 30 ngày: hồ sơ phải được tiếp nhận chậm nhất trong ngày này.",
    ),
    Example(
        "Muộn một ngày",
        _ENDS,
        0,
        date(2030, 2, 11),
        _S.PASSED,
        _S.URGENT,
        "Ngày 11/02/2030 chỉ còn 29 ngày: không gia hạn được nữa, chuẩn bị hồ sơ cấp mới.",
    ),
    Example(
        "Đã gia hạn một lần",
        _ENDS,
        1,
        date(2029, 11, 12),
        _S.STOPPED,
        _S.DUE,
        "Chỉ được gia hạn 01 lần, nên từ ngày 12/11/2029 (còn 120 ngày) chuẩn bị hồ sơ cấp mới; "
        "gửi từ ngày 13/03/2030, khi chứng thư cũ đã hết hạn.",
    ),
    Example(
        "Chưa rõ lịch sử",
        _ENDS,
        None,
        date(2029, 11, 12),
        _S.HISTORY_UNKNOWN,
        _S.STOPPED,
        "Chưa biết đã gia hạn hay chưa: tra hồ sơ và xác nhận lịch sử gia hạn trước.",
    ),
    Example(
        "Nửa đêm ở Việt Nam",
        datetime(2030, 3, 12, 17, 0, 0, tzinfo=UTC),
        0,
        date(2030, 2, 11),
        _S.URGENT,
        _S.STOPPED,
        "notAfter là 17:00 ngày 12/03/2030 theo giờ UTC, tức 00:00 ngày 13/03/2030 ở Việt Nam: "
        "ngày hết hạn là 13/03/2030 nên ngày 11/02/2030 vẫn còn 30 ngày.",
    ),
    Example(
        "Năm nhuận",
        datetime(2028, 3, 30, 4, 0, 0, tzinfo=UTC),
        0,
        date(2028, 2, 29),
        _S.URGENT,
        _S.STOPPED,
        "Hết hạn ngày 30/03/2028: tháng 2 năm 2028 có 29 ngày nên ngày 29/02/2028 còn đúng 30 "
        "ngày.",
    ),
)
