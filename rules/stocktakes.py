"""Kiểm kê: what each count says, how the counts of several people become one, when it may close.

Counting is a duty where a regulation says so (Tuyên Quang Điều 10.2b); how it is done is the
house's. "Chưa kiểm" is not "thiếu": a device that nobody looked for is not missing. Counts may
arrive late and twice from a telephone without network; each has an id given where it was made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.days import vietnam_day, written
from rules.devices import DeviceState
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.lifecycle import HOLDER_NEEDED

COUNTING_REQUIRED = "stocktake.required"  # Tuyên Quang Điều 10.2b

NOT_EXPECTED = frozenset({DeviceState.RETURNED_TO_CA, DeviceState.LOST})
"""States in which a device is not to be found here, so a stocktake does not expect it."""


class CountOutcome(StrEnum):
    """What became of one device in a stocktake."""

    NOT_COUNTED = "not_counted"
    RIGHT = "right"
    MISSING = "missing"
    SURPLUS = "surplus"
    WRONG_HOLDER = "wrong_holder"
    DAMAGED = "damaged"


class CountWay(StrEnum):
    """How it was counted."""

    SCAN = "scan"
    TICK = "tick"
    SELF = "self"
    AGENT = "agent"


class FollowUpAct(StrEnum):
    """What must follow from an outcome once the stocktake is closed."""

    REPORT_LOSS = "report_loss"
    ENTER_IN_REGISTER = "enter_in_register"
    CORRECT_HOLDER = "correct_holder"
    REPORT_DAMAGE = "report_damage"
    COUNT_LATER = "count_later"


FOLLOW_UPS: Mapping[CountOutcome, FollowUpAct | None] = {
    CountOutcome.NOT_COUNTED: FollowUpAct.COUNT_LATER,
    CountOutcome.RIGHT: None,
    CountOutcome.MISSING: FollowUpAct.REPORT_LOSS,
    CountOutcome.SURPLUS: FollowUpAct.ENTER_IN_REGISTER,
    CountOutcome.WRONG_HOLDER: FollowUpAct.CORRECT_HOLDER,
    CountOutcome.DAMAGED: FollowUpAct.REPORT_DAMAGE,
}


@dataclass(frozen=True)
class Expected:
    """A device as the books had it when the stocktake was opened."""

    device_id: int
    state: DeviceState
    holder_id: int | None = None


@dataclass(frozen=True)
class Count:
    """One sighting, or one searched in vain (`seen` False).

    `client_id` is given where it is counted, so that a repeated upload counts once. `device_id` is
    None for a thing that no book has; then `code` is what stands on it. `found_holder_id` None says
    nothing about who holds it. `corrects` names counts that a person has decided against.
    """

    client_id: str
    counted_by_id: int
    counted_at: datetime
    device_id: int | None = None
    code: str = ""
    seen: bool = True
    damaged: bool = False
    found_holder_id: int | None = None
    way: CountWay = CountWay.SCAN
    corrects: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Item:
    """One device (or unknown code) with its outcome and the counts behind it, oldest first.

    `in_conflict`: two counts that nobody corrected name different holders. Who says nothing about
    the holder, or about a damage that another one saw, contradicts nobody.
    """

    device_id: int | None
    code: str
    outcome: CountOutcome
    found_holder_id: int | None
    counts: tuple[Count, ...]
    in_conflict: bool = False


@dataclass(frozen=True)
class Totals:
    """Theo sổ, thực tế, chênh lệch; and every outcome by number."""

    by_books: int
    counted: int
    by_outcome: Mapping[CountOutcome, int]

    @property
    def difference(self) -> int:
        """What is there less what the books have; not counted ones are in it until they are."""
        return self.counted - self.by_books


@dataclass(frozen=True)
class Closing:
    """What must be known before a stocktake is locked. Ids are those of people and users."""

    opened_on: date
    due_on: date
    member_ids: frozenset[int]
    closing_person_id: int | None
    closed: bool = False
    expects_late_counts: bool = False
    """Nobody has made sure that no telephone still holds counts that it could not send."""


def distinct(counts: Iterable[Count]) -> tuple[Count, ...]:
    """The counts without repeated uploads, by time of counting; order of arrival does not matter.

    Of several with one client id the one counted first stays, whoever sent it again.
    """
    first: dict[str, Count] = {}
    for one in sorted(counts, key=_order):
        first.setdefault(one.client_id, one)
    return tuple(first.values())


def merge(expected: Iterable[Expected], counts: Iterable[Count]) -> tuple[Item, ...]:
    """Every expected device and everything else that was found, each with one outcome.

    Idempotent: merging what arrived twice, or in another order, gives the same items.
    """
    books = {one.device_id: one for one in expected}
    by_thing: dict[tuple[int | None, str], list[Count]] = {(key, ""): [] for key in books}
    for one in distinct(counts):
        key = (one.device_id, "" if one.device_id is not None else one.code)
        by_thing.setdefault(key, []).append(one)
    return tuple(
        _item(device_id, code, None if device_id is None else books.get(device_id), found)
        for (device_id, code), found in by_thing.items()
    )


def totals(items: Iterable[Item]) -> Totals:
    """The three columns of the closing minutes."""
    numbers = dict.fromkeys(CountOutcome, 0)
    for one in items:
        numbers[one.outcome] += 1
    absent = numbers[CountOutcome.NOT_COUNTED] + numbers[CountOutcome.MISSING]
    everything = sum(numbers.values())
    return Totals(everything - numbers[CountOutcome.SURPLUS], everything - absent, numbers)


def follow_ups(items: Iterable[Item]) -> tuple[tuple[Item, FollowUpAct], ...]:
    """What must follow, item by item; nothing for what is right."""
    wanted = ((one, FOLLOW_UPS[one.outcome]) for one in items)
    return tuple((one, act) for one, act in wanted if act is not None)


def check_count(count: Count, *, closed_at: datetime | None, now: datetime) -> tuple[Finding, ...]:
    """Whether a count may still be taken in: not from the future, not made after the closing.

    One that was made before the closing and arrives after it is refused as well, since the minutes
    are signed; it is shown to the committee and goes into the next stocktake.
    """
    if count.counted_at > now:
        words = "Thời điểm kiểm đếm không thể ở tương lai; kiểm tra giờ của máy đang dùng."
        return (finding("stocktake.future_count", Severity.MUST, words, "Sửa giờ rồi gửi lại."),)
    if closed_at is not None:
        return (
            finding(
                "stocktake.locked",
                Severity.MUST,
                f"Đợt kiểm kê đã khóa sổ ngày {written(vietnam_day(closed_at))}.",
                "Báo trưởng ban kiểm kê; ghi kết quả này vào đợt sau hoặc xử lý riêng.",
            ),
        )
    return ()


def check_closing(
    facts: Closing, items: Iterable[Item], *, on: date, law: Law
) -> tuple[Finding, ...]:
    """What stands against closing on a day: contradictions refuse, what is not counted warns."""
    return tuple(_check_closing(facts, tuple(items), on, law))


def _order(count: Count) -> tuple[datetime, int, str, str, bool, bool]:
    # Total, so that arrival never decides.
    code = f"{count.device_id}/{count.code}/{count.found_holder_id}"
    stamp = (count.counted_at, count.counted_by_id, count.client_id)
    return (*stamp, code, count.seen, count.damaged)


def _item(device_id: int | None, code: str, book: Expected | None, counts: list[Count]) -> Item:
    overruled = frozenset().union(*(one.corrects for one in counts))
    valid = [one for one in counts if one.client_id not in overruled]
    # To have looked in vain in one room says nothing once the device was seen in another.
    seen = [one for one in valid if one.seen]
    outcomes = {_outcome(book, one) for one in seen or valid}
    holders = {one.found_holder_id for one in seen if one.found_holder_id is not None}
    worst = max(outcomes, key=list(CountOutcome).index, default=CountOutcome.NOT_COUNTED)
    holder = next(iter(holders)) if len(holders) == 1 else None
    return Item(device_id, code, worst, holder, tuple(counts), len(holders) > 1)


def _outcome(book: Expected | None, count: Count) -> CountOutcome:
    if book is None:
        return CountOutcome.SURPLUS
    if not count.seen:
        return CountOutcome.MISSING
    if count.damaged and book.state is not DeviceState.DAMAGED:
        return CountOutcome.DAMAGED
    told = count.found_holder_id
    if told is not None and told != book.holder_id:
        return CountOutcome.WRONG_HOLDER
    return CountOutcome.RIGHT


def _check_closing(
    facts: Closing, items: tuple[Item, ...], on: date, law: Law
) -> Iterator[Finding]:
    if facts.closed:
        yield finding(
            "stocktake.closed_already",
            Severity.MUST,
            "Đợt kiểm kê này đã khóa sổ.",
            "Mở đợt kiểm kê mới nếu cần kiểm lại.",
        )
    if on < facts.opened_on:
        yield finding(
            "stocktake.closed_too_early",
            Severity.MUST,
            f"Không khóa sổ trước ngày mở đợt kiểm kê {written(facts.opened_on)}.",
            "Kiểm tra lại ngày khóa sổ.",
        )
    conflicts = sum(one.in_conflict for one in items)
    if conflicts:
        yield finding(
            "stocktake.conflict",
            Severity.MUST,
            f"Còn {conflicts} thiết bị có hai kết quả kiểm đếm khác nhau.",
            "Chọn kết quả đúng cho từng thiết bị trước khi khóa sổ.",
        )
    yield from _check_completeness(facts, items, on, law)
    yield from _check_committee(facts)


def _check_completeness(
    facts: Closing, items: tuple[Item, ...], on: date, law: Law
) -> Iterator[Finding]:
    left = sum(one.outcome is CountOutcome.NOT_COUNTED for one in items)
    if left:
        yield finding(
            "stocktake.not_counted",
            Severity.SHOULD,
            f"Còn {left} thiết bị chưa kiểm; khóa sổ thì các thiết bị này vẫn là “chưa kiểm”, "
            "không tính là thiếu.",
            "Kiểm nốt, hoặc ghi lý do khóa sổ khi chưa kiểm hết.",
            ground(law, COUNTING_REQUIRED, on=on),
        )
    if facts.expects_late_counts:
        yield finding(
            "stocktake.late_counts",
            Severity.SHOULD,
            "Chưa xác nhận các máy dùng để kiểm đã gửi hết kết quả; kết quả đến sau khi khóa sổ "
            "không được nhận.",
            "Xem trang quét của từng máy đã báo “Đã gửi hết” chưa, đánh dấu xác nhận rồi khóa sổ.",
        )
    if facts.due_on < on:
        yield finding(
            "stocktake.overdue",
            Severity.INFO,
            f"Đợt kiểm kê phải xong từ ngày {written(facts.due_on)}.",
            "Ghi lý do chậm trong biên bản.",
        )


def _check_committee(facts: Closing) -> Iterator[Finding]:
    if not facts.member_ids:
        yield finding(
            "stocktake.no_committee",
            Severity.SHOULD,
            "Chưa có thành viên ban kiểm kê.",
            "Nhập thành viên, có thể lấy từ đợt trước.",
        )
    elif facts.closing_person_id not in facts.member_ids:
        yield finding(
            "stocktake.not_a_member",
            Severity.SHOULD,
            "Người khóa sổ không thuộc ban kiểm kê.",
            "Để thành viên ban kiểm kê khóa sổ, hoặc ghi lý do.",
        )


def self_confirmation_fits(expected: Expected, person_id: int) -> bool:
    """True when this person is asked "tôi đang giữ": the books say that it is in their hands."""
    return expected.state in HOLDER_NEEDED and expected.holder_id == person_id
