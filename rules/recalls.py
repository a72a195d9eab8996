"""Thu hồi thiết bị: the clock that starts on the day the notice of revocation is received.

Ground: Điều 20 NĐ 68/2024/NĐ-CP. The managing agency has 5 working days from the receipt of the
notice, so nothing is a breach before the notice; from the day of expiry or revocation on, the
subscriber is to give the device back (khoản 2) and the program reminds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.days import expires_on, vietnam_day, written
from rules.devices import DeviceKind, DeviceState
from rules.findings import Finding, Severity, finding
from rules.law import Law
from rules.lifecycle import HOLDER_FORBIDDEN
from rules.revocations import HANDED_BACK
from rules.wording import by_weight, shown_name
from rules.working_days import WorkingCalendar


class RecallStage(StrEnum):
    """Where the recall of a device stands on a day."""

    NOT_DUE = "not_due"  # some certificate on it still holds
    NOTHING_TO_RECALL = "nothing_to_recall"  # HSM, ký số tập trung
    PROMPTED = "prompted"  # all certificates ended, no notice yet
    RUNNING = "running"
    OVERDUE = "overdue"
    LOST = "lost"
    DONE = "done"


@dataclass(frozen=True)
class CertificateOnDevice:
    """What counts of one certificate on the device."""

    not_after: datetime
    revoked_at: datetime | None = None

    def ended_on(self, on: date) -> date | None:
        """The day it expired or was revoked, as known on `on`; None while it holds.

        The day of expiry itself already counts: the subscriber is reminded from that day.
        """
        ends = expires_on(self.not_after)
        if self.revoked_at is not None and vietnam_day(self.revoked_at) <= on:
            return min(ends, vietnam_day(self.revoked_at))
        return ends if ends <= on else None


@dataclass(frozen=True)
class RecallFacts:
    """A device and what is known of its recall; days that lie after the day asked about are not
    known yet on that day.

    `notice_received_on`: the agency received the notice of revocation. `handed_over_on`: the agency
    gave or posted it to the authority with Mẫu số 08. The state tells who has the device.
    """

    label: str
    kind: DeviceKind
    state: DeviceState
    certificates: tuple[CertificateOnDevice, ...]
    notice_received_on: date | None = None
    handed_over_on: date | None = None


@dataclass(frozen=True)
class RecallClock:
    """The clock of one recall. `due_on` is None until the notice runs; `working_days_left` is
    negative when it is overdue, None when nothing runs.
    """

    stage: RecallStage
    since: date | None = None
    due_on: date | None = None
    working_days_left: int | None = None


def recall_clock(
    facts: RecallFacts, *, on: date, law: Law, calendar: WorkingCalendar
) -> RecallClock:
    """The clock on a day. Raises LawError for a day before the decree.

    A notice counts even when no end is recorded for the certificates: it says itself that they are
    revoked.
    """
    within = law.parameter("recall.device_working_days", on=on).number
    notice = _known(facts.notice_received_on, on)
    due = None if notice is None else calendar.deadline(notice, within)
    since = _ended_on(facts, on)
    if facts.kind not in HANDED_BACK:
        return RecallClock(RecallStage.NOTHING_TO_RECALL, since)
    if _known(facts.handed_over_on, on) is not None:
        return RecallClock(RecallStage.DONE, since, due)
    if facts.state is DeviceState.LOST:
        return RecallClock(RecallStage.LOST, since, due)
    if due is not None:
        left = calendar.working_days_between(on, due)
        stage = RecallStage.RUNNING if on <= due else RecallStage.OVERDUE
        return RecallClock(stage, since or notice, due, left)
    return RecallClock(RecallStage.NOT_DUE if since is None else RecallStage.PROMPTED, since)


def check_recall(
    facts: RecallFacts, *, on: date, law: Law, calendar: WorkingCalendar
) -> tuple[Finding, ...]:
    """What must be said about the recall of a device on a day; MUST only once a notice has run out.

    Empty when nothing is due.
    """
    clock = recall_clock(facts, on=on, law=law, calendar=calendar)
    found: list[Finding] = []
    if clock.stage is RecallStage.PROMPTED:
        found += _prompt(facts, clock, on, law)
    elif clock.stage is RecallStage.LOST:
        found += _lost(facts, on, law)
    elif clock.stage is RecallStage.DONE:
        found += _done(facts, clock, on, law)
    elif clock.due_on is not None and clock.working_days_left is not None:
        found += _running(facts, clock.due_on, clock.working_days_left, on, law)
    return by_weight(found)


def check_return(facts: RecallFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Whether the device may be put into Mẫu số 08 on a day: its certificates must have ended."""
    label = shown_name(facts.label)
    ground = law.provision("form.return_to_authority", on=on)
    found = []
    if facts.kind not in HANDED_BACK:
        found.append(
            finding(
                "return.nothing_to_return",
                Severity.SHOULD,
                f"{label} không phải là thiết bị do thuê bao giữ nên thường không giao nộp.",
                "Kiểm tra lại loại thiết bị.",
            )
        )
    if _ended_on(facts, on) is None and _known(facts.notice_received_on, on) is None:
        found.append(
            finding(
                "return.certificate_still_valid",
                Severity.MUST,
                f"Trên thiết bị {label} còn chứng thư chưa hết hạn và chưa bị thu hồi.",
                "Đề nghị thu hồi chứng thư theo Mẫu số 05 trước, hoặc ghi ngày nhận thông báo thu "
                "hồi.",
                ground,
            )
        )
    if facts.state in (DeviceState.MISSING, DeviceState.LOST):
        found.append(
            finding(
                "return.device_lost",
                Severity.MUST,
                f"Thiết bị {label} đang ghi là tạm mất hoặc thất lạc nên không giao, nhận được.",
                "Lập biên bản xác nhận theo Mẫu số 09; nếu đã tìm thấy thì ghi nhận trước.",
                law.provision("form.loss", on=on),
            )
        )
    return by_weight(found)


def _known(day: date | None, on: date) -> date | None:
    return day if day is not None and day <= on else None


def _ended_on(facts: RecallFacts, on: date) -> date | None:
    """The day the last certificate on the device ended; None while one holds, or without any."""
    ended = [one.ended_on(on) for one in facts.certificates]
    days = [day for day in ended if day is not None]
    return max(days) if days and len(days) == len(ended) else None


def _prompt(facts: RecallFacts, clock: RecallClock, on: date, law: Law) -> Iterator[Finding]:
    taken = facts.state in HOLDER_FORBIDDEN
    since = clock.since or on
    yield finding(
        "recall.prompt",
        Severity.SHOULD,
        f"Chứng thư trên thiết bị {shown_name(facts.label)} đã hết hạn hoặc bị thu hồi ngày "
        f"{written(since)}; {'chưa nộp về Cục' if taken else 'thuê bao phải bàn giao lại thiết bị'}"
        ".",
        (
            "Chờ thông báo thu hồi và ghi ngày nhận; giao nộp theo Mẫu số 08."
            if taken
            else "Thu lại thiết bị từ thuê bao; thời hạn nộp về Cục chỉ tính từ ngày nhận thông "
            "báo thu hồi."
        ),
        law.provision("recall.subscriber", on=on),
    )


def _running(
    facts: RecallFacts, due: date, working_days_left: int, on: date, law: Law
) -> Iterator[Finding]:
    within = law.parameter("recall.device_working_days", on=on)
    label = shown_name(facts.label)
    period = f"{within.number:02d} ngày làm việc kể từ ngày nhận thông báo thu hồi"
    if on <= due:
        yield finding(
            "recall.running",
            Severity.SHOULD,
            f"Thiết bị {label} phải bàn giao về Cục chậm nhất ngày {written(due)} ({period}), còn "
            f"{working_days_left} ngày làm việc.",
            "Thu hồi thiết bị, lập biên bản theo Mẫu số 08 và gửi cùng thiết bị.",
            within.provision,
        )
    else:
        yield finding(
            "recall.overdue",
            Severity.MUST,
            f"Quá hạn bàn giao thiết bị {label} về Cục: chậm nhất ngày {written(due)} ({period}), "
            f"đã quá {-working_days_left} ngày làm việc.",
            "Giao nộp ngay theo Mẫu số 08; nếu thiết bị thất lạc thì lập Mẫu số 09.",
            within.provision,
        )
    if _ended_on(facts, on) is None:
        yield finding(
            "recall.end_not_recorded",
            Severity.SHOULD,
            f"Đã nhận thông báo thu hồi nhưng sổ chưa ghi chứng thư trên thiết bị {label} bị thu "
            "hồi hoặc hết hạn.",
            "Ghi ngày thu hồi của chứng thư theo thông báo.",
        )


def _lost(facts: RecallFacts, on: date, law: Law) -> Iterator[Finding]:
    yield finding(
        "recall.lost",
        Severity.INFO,
        f"Thiết bị {shown_name(facts.label)} đã được xác nhận thất lạc nên không giao nộp được.",
        "Gửi biên bản xác nhận theo Mẫu số 09 về Cục.",
        law.provision("form.loss", on=on),
    )


def _done(facts: RecallFacts, clock: RecallClock, on: date, law: Law) -> Iterator[Finding]:
    done, due = facts.handed_over_on, clock.due_on
    if done is not None and due is not None and done > due:
        yield finding(
            "recall.late",
            Severity.INFO,
            f"Thiết bị {shown_name(facts.label)} bàn giao ngày {written(done)}, sau hạn "
            f"{written(due)}.",
            "Ghi rõ lý do chậm trong hồ sơ.",
            law.provision("recall.device_working_days", on=on),
        )
