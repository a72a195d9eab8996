"""Theo dõi đề nghị đã gửi: the clock of whoever must answer it, and what the sender does next.

Periods are `<act>.processing_working_days` of the law on the day of receipt. Only that of a first
issue is read from the decree itself (khoản 2 Điều 11 NĐ 68/2024/NĐ-CP); the others come from the
procedure before it and are shown as expected. None is the sender's own duty, so nothing here
refuses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rules.days import written
from rules.findings import Finding, Severity, finding
from rules.law import Law, Parameter
from rules.provisions import Provision
from rules.requests import RequestKind
from rules.wording import by_weight
from rules.working_days import WorkingCalendar

ASK_FOR_RECEIPT_AFTER = 3  # working days; house rule: then ask whether the letter has arrived


@dataclass(frozen=True)
class AnswerClock:
    """The last day for an answer. `working_days_left` is 0 on that day, negative after it."""

    received_on: date
    due_on: date
    working_days: int
    working_days_left: int
    provision: Provision

    @property
    def is_expected(self) -> bool:
        """True when the period is not certain law of today, so that the day is only expected."""
        return not self.provision.may_refuse

    @property
    def is_overdue(self) -> bool:
        """True once the last day is over."""
        return self.working_days_left < 0


@dataclass(frozen=True)
class Progress:
    """A request that has left: what is known of it. `copies_owed` names who still gets a copy."""

    kind: RequestKind
    sent_on: date
    received_on: date | None
    dossier_code: str
    open_lines: int
    copies_owed: tuple[str, ...] = ()


def answer_period(kind: RequestKind, *, on: date, law: Law) -> Parameter | None:
    """How many working days the receiving body has; None where no period was found in the law."""
    found = law.optional(f"{kind.value}.processing_working_days", on=on)
    return found if found is not None and isinstance(found.value, int) else None


def answer_clock(
    kind: RequestKind, received_on: date, *, on: date, law: Law, calendar: WorkingCalendar
) -> AnswerClock | None:
    """The clock that started with the receipt, on a day; None where the law names no period."""
    period = answer_period(kind, on=received_on, law=law)
    if period is None:
        return None
    due = calendar.deadline(received_on, period.number)
    # A day off after the last day is late too, though no working day has passed yet.
    left = calendar.working_days_between(on, due) if on <= due else -_late(due, on, calendar)
    return AnswerClock(received_on, due, period.number, left, period.provision)


def _late(due: date, on: date, calendar: WorkingCalendar) -> int:
    return max(1, calendar.working_days_between(due, on))


def last_overdue_receipt(working_days: int, *, on: date, calendar: WorkingCalendar) -> date:
    """What was received on this day or before it is overdue on `on`, what came later is not.

    For lists that ask the database: a later receipt never has an earlier deadline.
    """
    day = on - timedelta(days=1)
    while calendar.deadline(day, working_days) >= on:
        day -= timedelta(days=1)
    return day


def check_progress(
    progress: Progress, *, on: date, law: Law, calendar: WorkingCalendar
) -> tuple[Finding, ...]:
    """What must be said about a request on its way, with what to do next; never a refusal."""
    found = list(_about_copies(progress, on, law))
    if progress.open_lines:
        if progress.received_on is None:
            found += _about_receipt(progress, on, calendar)
        else:
            clock = answer_clock(
                progress.kind, progress.received_on, on=on, law=law, calendar=calendar
            )
            found.append(_about_answer(progress, clock))
    return by_weight(found)


def _about_copies(progress: Progress, on: date, law: Law) -> Iterator[Finding]:
    if not progress.copies_owed:
        return
    ground = law.optional("routing.copies", on=on)
    yield finding(
        "progress.copy_owed",
        Severity.SHOULD,
        f"Còn nợ bản sao gửi: {'; '.join(progress.copies_owed)}.",
        "Gửi bản sao rồi ghi ngày, cách gửi và chứng từ riêng của lần gửi đó.",
        ground.provision if ground is not None else None,
    )


def _about_receipt(progress: Progress, on: date, calendar: WorkingCalendar) -> Iterator[Finding]:
    waited = calendar.working_days_between(progress.sent_on, on)
    long = waited > ASK_FOR_RECEIPT_AFTER
    yield finding(
        "progress.not_received",
        Severity.SHOULD if long else Severity.INFO,
        f"Gửi ngày {written(progress.sent_on)}, chưa ghi nhận nơi nhận đã tiếp nhận"
        + (f" ({waited} ngày làm việc)." if long else "."),
        "Xem trạng thái trên hệ thống tiếp nhận hoặc hỏi nơi nhận, rồi ghi ngày tiếp nhận và mã hồ "
        "sơ; thời hạn giải quyết tính từ ngày đó.",
    )


def _about_answer(progress: Progress, clock: AnswerClock | None) -> Finding:
    if clock is None:
        return finding(
            "progress.no_period",
            Severity.INFO,
            "Chưa tìm được thời hạn giải quyết của thủ tục này trong quy định.",
            "Theo dõi trạng thái hồ sơ tại nơi nhận; ghi kết quả khi có.",
        )
    expected = "dự kiến, theo thủ tục cũ: " if clock.is_expected else ""
    period = f"{expected}{clock.working_days:02d} ngày làm việc kể từ ngày tiếp nhận"
    code = f" theo mã hồ sơ {progress.dossier_code}" if progress.dossier_code else ""
    if clock.is_overdue:
        return finding(
            "progress.overdue",
            Severity.SHOULD,
            f"Nơi nhận đã quá hạn trả lời {-clock.working_days_left} ngày làm việc (hạn "
            f"{written(clock.due_on)}; {period}).",
            f"Liên hệ nơi nhận{code} để hỏi lý do; nếu có dòng bị trả lại thì ghi kết quả và lập "
            "lại văn bản.",
            clock.provision,
        )
    return finding(
        "progress.waiting",
        Severity.INFO,
        f"Nơi nhận trả lời chậm nhất ngày {written(clock.due_on)} ({period}), còn "
        f"{clock.working_days_left} ngày làm việc.",
        "Chờ kết quả; ghi ngay khi nhận được từng phần.",
        clock.provision,
    )
