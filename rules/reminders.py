"""Which reminders are due: a stage of a clock of a matter, each exactly once.

The clocks run towards one day each. That of a renewal is the day by which the agency wants to have
filed (`file_by_on`), so its margin is counted once and every stage before it is counted from there:
with 45 days they fall 120, 90, 60 and 45 days before expiry. `due` is asked for a span of days;
whoever keeps the last day asked about catches up after any downtime and repeats nothing. All of it
is the house's; only the last day of receipt is the law's (Điều 12 NĐ 68/2024/NĐ-CP).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.clocks import prepare_from_on, starts_on
from rules.days import DEFAULT_MARGIN_DAYS, expires_on, file_by_on, last_receipt_on, written


class Clock(StrEnum):
    """What runs out."""

    RENEWAL = "renewal"  # phải nộp gia hạn
    REPLACEMENT = "replacement"  # chuẩn bị cấp mới
    RETURN_PROMPT = "return_prompt"  # all certificates ended, no notice of revocation yet
    DEVICE_RETURN = "device_return"  # the notice came: Điều 20 NĐ 68/2024/NĐ-CP
    REQUEST_ANSWER = "request_answer"
    STOCKTAKE = "stocktake"
    RECEIPT_PROOF = "receipt_proof"  # only an interim proof so far
    ENTRUSTMENT_END = "entrustment_end"
    INCIDENT_STEP = "incident_step"


class Audience(StrEnum):
    """Who is told; the matter's own people are known to whoever sends."""

    SUBSCRIBER = "subscriber"
    FOCAL_POINT = "focal_point"
    CLERK = "clerk"
    LEADER = "leader"


@dataclass(frozen=True)
class Stage:
    """One stage: its name for the ledger, days after the clock's day (before: negative), whom."""

    name: str
    days: int
    audiences: tuple[Audience, ...]


@dataclass(frozen=True)
class Timetable:
    """The stages of a clock in their order, and every how many days the last one comes again."""

    stages: tuple[Stage, ...]
    repeat_days: int | None = None


_WORKERS = (Audience.SUBSCRIBER, Audience.FOCAL_POINT)
_OFFICE = (Audience.FOCAL_POINT,)
_ALL = (Audience.SUBSCRIBER, Audience.FOCAL_POINT, Audience.LEADER)
_BOSS = (Audience.FOCAL_POINT, Audience.LEADER)

_BEFORE_FILING = (
    Stage("75_days_before", -75, _WORKERS),
    Stage("45_days_before", -45, _WORKERS),
    Stage("15_days_before", -15, _WORKERS),
    Stage("on_the_day", 0, _ALL),
)

TIMETABLES: Mapping[Clock, Timetable] = {
    Clock.RENEWAL: Timetable((*_BEFORE_FILING, Stage("7_days_late", 7, _ALL))),
    Clock.REPLACEMENT: Timetable((*_BEFORE_FILING, Stage("15_days_late", 15, _ALL))),
    Clock.RETURN_PROMPT: Timetable((Stage("on_the_day", 0, _WORKERS), Stage("late", 14, _ALL)), 30),
    Clock.DEVICE_RETURN: Timetable(
        (
            Stage("notice", -7, _WORKERS),
            Stage("2_days_before", -2, _WORKERS),
            Stage("on_the_day", 0, _WORKERS),
            Stage("late", 1, _ALL),
        ),
        7,
    ),
    Clock.REQUEST_ANSWER: Timetable((Stage("late", 1, _OFFICE), Stage("5_days_late", 5, _BOSS)), 7),
    Clock.STOCKTAKE: Timetable(
        (
            Stage("14_days_before", -14, _OFFICE),
            Stage("3_days_before", -3, _OFFICE),
            Stage("on_the_day", 0, _OFFICE),
            Stage("late", 3, _BOSS),
        ),
        7,
    ),
    Clock.RECEIPT_PROOF: Timetable((Stage("on_the_day", 0, _WORKERS), Stage("late", 30, _ALL)), 30),
    Clock.ENTRUSTMENT_END: Timetable(
        (
            Stage("3_days_before", -3, (Audience.CLERK, Audience.FOCAL_POINT)),
            Stage("on_the_day", 0, (Audience.CLERK, Audience.FOCAL_POINT)),
            Stage("late", 1, (Audience.CLERK, Audience.FOCAL_POINT, Audience.LEADER)),
        ),
        7,
    ),
    Clock.INCIDENT_STEP: Timetable((Stage("on_the_day", 0, _OFFICE), Stage("late", 3, _BOSS)), 7),
}

LAST_RECEIPT = Stage("last_receipt", 0, _ALL)
"""The last day on which the authority may receive a renewal, whatever the agency's margin."""
NEAR_EXPIRY = Stage("14_days_to_expiry", -14, _ALL)
EXPIRY = Stage("expiry", 0, _ALL)


@dataclass(frozen=True)
class Matter:
    """One clock of one thing.

    `counts_to` is the day the clock runs towards, `identity_on` a day that stays the same when
    settings change (the day of expiry), for the ledger's key. `begins_on` is the day from which the
    clock is known at all (entered, imported): stages that lie before it come as one, on that day.
    `settled_on` is the day from which nothing more is said. `extra` are stages on days of their
    own, `ends_on` the last day of this clock (inclusive).
    """

    clock: Clock
    noun: str
    object_id: int
    counts_to: date
    identity_on: date
    begins_on: date
    settled_on: date | None = None
    ends_on: date | None = None
    extra: tuple[tuple[date, Stage], ...] = ()


@dataclass(frozen=True)
class CertificateClock:
    """What of a certificate decides its clocks. `renewals` counts along the chain, None: unknown.

    `settled_on`: the letter that answers it was sent, or the certificate was replaced or revoked.
    """

    certificate_id: int
    not_after: datetime
    renewals: int | None
    known_on: date
    renewal_sent_on: date | None = None
    settled_on: date | None = None


@dataclass(frozen=True)
class Reminder:
    """One stage that is due: `stage_on` is the day on which it began, `key` unique for ever."""

    matter: Matter
    stage: str
    stage_on: date
    audiences: tuple[Audience, ...]

    @property
    def key(self) -> str:
        """The ledger's key: the same stage of the same matter is never made twice."""
        one = self.matter
        return f"{one.noun}/{one.object_id}/{one.clock}/{one.identity_on}/{self.stage}"


def due(matters: Iterable[Matter], *, since: date, until: date) -> tuple[Reminder, ...]:
    """The stages that began after `since` and not after `until`, in the order of their days.

    `since` is the last day asked about before: asking day by day or once for ten days gives the
    same reminders. Raises ValueError when the days are the wrong way round.
    """
    if until < since:
        raise ValueError("since must not be after until")
    found = [
        Reminder(matter, stage.name, day, stage.audiences)
        for matter in matters
        for day, stage in _stages(matter, until)
        if since < day
    ]
    return tuple(sorted(found, key=lambda one: (one.stage_on, one.key)))


def sentence(reminder: Reminder, subject: str) -> str:
    """What the reminder says; `subject` names the thing ("chứng thư của …", "đề nghị số …")."""
    matter = reminder.matter
    day = written(matter.counts_to)
    ends = matter.identity_on
    last = written(last_receipt_on(ends))
    words = {
        Clock.RENEWAL: f"hết hạn ngày {written(ends)}; nên nộp hồ sơ gia hạn chậm nhất ngày "
        f"{day} và phải được tiếp nhận chậm nhất ngày {last}.",
        Clock.REPLACEMENT: f"hết hạn ngày {written(ends)} và không gia hạn được nữa; chuẩn bị hồ "
        "sơ đề nghị cấp mới.",
        Clock.RETURN_PROMPT: f"không còn chứng thư nào có hiệu lực từ ngày {day}; thuê bao bàn "
        "giao lại thiết bị cho cơ quan.",
        Clock.DEVICE_RETURN: "phải được thu hồi và nộp về Cục theo Mẫu số 08 chậm nhất ngày "
        f"{day}.",
        Clock.REQUEST_ANSWER: f"chưa có kết quả, dự kiến có từ ngày {day}.",
        Clock.STOCKTAKE: f"phải hoàn thành chậm nhất ngày {day}.",
        Clock.RECEIPT_PROOF: f"mới có xác nhận tạm thời, cần bản ký của hai bên từ ngày {day}.",
        Clock.ENTRUSTMENT_END: f"hết thời hạn giao tạm thời ngày {day}; nhận lại thiết bị cho "
        "người được phân công.",
        Clock.INCIDENT_STEP: f"còn việc chưa xong, mục tiêu là ngày {day}.",
    }
    return f"{subject[:1].upper()}{subject[1:]} {words[matter.clock]}"


def certificate_matters(
    facts: CertificateClock, *, margin_days: int = DEFAULT_MARGIN_DAYS
) -> tuple[Matter, ...]:
    """The clocks of a certificate, by the days of `rules.clocks`: renewal until the last day of
    receipt, then replacement; only that when renewed once already (Điều 12, 21 NĐ 68/2024/NĐ-CP).
    """
    ends = expires_on(facts.not_after)
    file_by = file_by_on(ends, margin_days)
    last = last_receipt_on(ends)
    renewable = not facts.renewals
    begins = max(facts.known_on, prepare_from_on(ends, renewed=not renewable))
    settled = facts.settled_on
    if renewable and (sent := facts.renewal_sent_on) is not None and sent <= last:
        settled = _earlier(settled, sent)
    replacement = Matter(
        Clock.REPLACEMENT,
        "certificate",
        facts.certificate_id,
        file_by,
        ends,
        begins,
        settled,
        ends,
        ((ends + timedelta(days=NEAR_EXPIRY.days), NEAR_EXPIRY), (ends, EXPIRY)),
    )
    if not renewable:
        return (replacement,)
    renewal = Matter(
        Clock.RENEWAL,
        "certificate",
        facts.certificate_id,
        file_by,
        ends,
        max(facts.known_on, starts_on(ends)),
        settled,
        last,
        ((last, LAST_RECEIPT),),
    )
    return (renewal, replacement)


def _earlier(first: date | None, second: date) -> date:
    return second if first is None else min(first, second)


def _stages(matter: Matter, until: date) -> Iterator[tuple[date, Stage]]:
    """The stages up to a day; what had begun before the matter was known comes once, as the latest
    of them. Of two stages on one day the later one of the timetable is said.
    """
    by_day: dict[date, Stage] = {}
    past: tuple[date, Stage] | None = None
    for day, stage in _planned(matter, until):
        if day < matter.begins_on:
            if past is None or past[0] <= day:
                past = (day, stage)
        else:
            by_day[day] = stage
    if past is not None and matter.begins_on <= until:
        by_day.setdefault(matter.begins_on, past[1])
    for day, stage in by_day.items():
        ended = matter.ends_on is not None and matter.ends_on < day
        settled = matter.settled_on is not None and matter.settled_on <= day
        if not ended and not settled:
            yield day, stage


def _planned(matter: Matter, until: date) -> Iterator[tuple[date, Stage]]:
    table = TIMETABLES[matter.clock]
    for stage in table.stages:
        day = matter.counts_to + timedelta(days=stage.days)
        if day <= until:
            yield day, stage
    yield from ((day, stage) for day, stage in matter.extra if day <= until)
    if table.repeat_days is None:
        return
    last = table.stages[-1]
    number = 1
    day = matter.counts_to + timedelta(days=last.days + table.repeat_days)
    while day <= until:
        yield day, Stage(f"{last.name}_{number + 1}", last.days, last.audiences)
        number += 1
        day += timedelta(days=table.repeat_days)
