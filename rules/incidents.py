"""Sự cố: a device lost, broken, locked or suspected of misuse; what is to be done about it.

No text that was read sets a limit in hours or days, so the targets here are the house's own and
only remind. The three duties are those of Tuyên Quang Điều 11.3; that a subscriber reports at once
is Điều 39 NĐ 68/2024, Tuyên Quang Điều 10.3c, Bắc Ninh Điều 19.2.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.days import vietnam_day, written
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.lifecycle import CustodyAct
from rules.names import fold
from rules.provisions import Provision

# Days back within which a like incident counts as a recurrence. House rule.
RECURRENCE_DAYS = 365


class IncidentKind(StrEnum):
    """What happened (Tuyên Quang Điều 10.3c: mất, hỏng, bị khóa, có dấu hiệu mất an toàn)."""

    LOSS = "loss"
    DAMAGE = "damage"
    LOCK = "lock"
    SUSPECTED_MISUSE = "suspected_misuse"


class IncidentStep(StrEnum):
    """What is to be done about it."""

    IMMEDIATE_MEASURES = "immediate_measures"
    REPORT = "report"
    LOSS_MINUTES = "loss_minutes"
    REVOCATION = "revocation"
    UNLOCK = "unlock"
    DEVICE_RETURN = "device_return"
    REISSUE = "reissue"
    CAUSE_AND_PREVENTION = "cause_and_prevention"


@dataclass(frozen=True)
class StepRule:
    """One step of an incident: its form, the law it rests on, and the house's target in days.

    `optional` steps are offered and keep nothing open; `together_with` is to leave the house with
    this one. `devices_only` steps do not exist for ký số tập trung.
    """

    step: IncidentStep
    target_days: int
    form: str = ""
    provision_key: str = ""
    optional: bool = False
    together_with: IncidentStep | None = None
    devices_only: bool = False


_I = IncidentStep
_MEASURES = StepRule(_I.IMMEDIATE_MEASURES, 0, "", "incident.duties")
_REPORT = StepRule(_I.REPORT, 1, "", "incident.duties")
_CAUSE = StepRule(_I.CAUSE_AND_PREVENTION, 14, "", "incident.duties")
_REVOCATION = StepRule(_I.REVOCATION, 2, "05", "form.revocation")
_RETURN = StepRule(_I.DEVICE_RETURN, 10, "08", "form.return_to_authority", devices_only=True)
_REISSUE = StepRule(_I.REISSUE, 10, "", "reissue", optional=True)

STEPS: Mapping[IncidentKind, tuple[StepRule, ...]] = {
    IncidentKind.LOSS: (
        _MEASURES,
        _REPORT,
        StepRule(_I.LOSS_MINUTES, 2, "09", "form.loss", False, _I.REVOCATION, True),
        StepRule(_I.REVOCATION, 2, "05", "form.revocation", False, _I.LOSS_MINUTES),
        _REISSUE,
        _CAUSE,
    ),
    IncidentKind.DAMAGE: (_REPORT, _REVOCATION, _RETURN, _REISSUE, _CAUSE),
    IncidentKind.LOCK: (StepRule(_I.UNLOCK, 2, "06", "form.unlock", devices_only=True), _CAUSE),
    IncidentKind.SUSPECTED_MISUSE: (_MEASURES, _REPORT, _REVOCATION, _RETURN, _REISSUE, _CAUSE),
}

DEVICE_ACTS: Mapping[IncidentKind, CustodyAct | None] = {
    IncidentKind.LOSS: CustodyAct.REPORT_MISSING,
    IncidentKind.DAMAGE: CustodyAct.REPORT_DAMAGE,
    IncidentKind.LOCK: CustodyAct.REPORT_LOCK,
    # The device stays where it is until its certificate is revoked.
    IncidentKind.SUSPECTED_MISUSE: None,
}
"""What a report does to the device at once."""


@dataclass(frozen=True)
class Incident:
    """A reported incident. `noticed_at` is when the agency was told; `done` has a day per step.

    `found_on` ends a loss whose Mẫu số 05 was not sent: the revocation and what hangs on it fall
    away. `waived` steps were left out with a recorded reason (a suspicion that proved wrong).
    """

    kind: IncidentKind
    device_kind: DeviceKind
    noticed_at: datetime
    done: Mapping[IncidentStep, date]
    found_on: date | None = None
    waived: frozenset[IncidentStep] = frozenset()


@dataclass(frozen=True)
class StepStatus:
    """Where a step stands on a day: its rule, when done, the house's target day, days since."""

    rule: StepRule
    done_on: date | None
    target_on: date
    days_open: int

    @property
    def is_late(self) -> bool:
        """True when it is not done, not optional, and its target day has passed."""
        waiting = self.done_on is None and not self.rule.optional
        return waiting and self.days_open > self.rule.target_days


@dataclass(frozen=True)
class ReportFacts:
    """What somebody types when something happened. Ids are those of people.

    `on_behalf_of_id` is the holder who cannot log in, `told_how` how they told it.
    """

    kind: IncidentKind
    reporter_id: int
    holder_id: int | None
    noticed_at: datetime
    now: datetime
    text: str = ""
    told_how: str = ""
    reporter_is_focal_point: bool = False


@dataclass(frozen=True)
class PastIncident:
    """An incident of the past, for counting: which device, in whose hands."""

    kind: IncidentKind
    device_id: int
    holder_id: int | None
    on: date


def steps_of(incident: Incident, *, on: date) -> tuple[StepStatus, ...]:
    """The steps of an incident on a day, in order; each with its timer from the notice on."""
    noticed_on = vietnam_day(incident.noticed_at)
    statuses = []
    for rule in STEPS[incident.kind]:
        if rule.devices_only and incident.device_kind is DeviceKind.CENTRAL:
            continue
        done_on = incident.done.get(rule.step)
        if done_on is None and _fell_away(incident, rule):
            continue
        target_on = noticed_on + timedelta(days=rule.target_days)
        statuses.append(StepStatus(rule, done_on, target_on, ((done_on or on) - noticed_on).days))
    return tuple(statuses)


def is_over(incident: Incident, *, on: date) -> bool:
    """True when every step that is not optional is done."""
    return all(
        one.done_on is not None for one in steps_of(incident, on=on) if not one.rule.optional
    )


def check_report(facts: ReportFacts, *, law: Law) -> tuple[Finding, ...]:
    """Whether a report can be taken: who may report for whom, the time of the notice, no PIN."""
    return tuple(_check_report(facts, law))


def check_steps(incident: Incident, *, on: date, law: Law) -> tuple[Finding, ...]:
    """What must be said about an incident on a day: steps that are late, Mẫu 09 without Mẫu 05."""
    statuses = steps_of(incident, on=on)
    done = {one.rule.step for one in statuses if one.done_on is not None}
    found = []
    for one in statuses:
        if one.is_late:
            found.append(_late(one, ground(law, one.rule.provision_key, on=on)))
        partner = one.rule.together_with
        if partner in done and one.done_on is None:
            words = f"Mẫu số {one.rule.form}"
            found.append(
                finding(
                    f"incident.{one.rule.step}_missing",
                    Severity.SHOULD,
                    f"Báo mất phải lập cùng lúc Mẫu số 09 và Mẫu số 05; còn thiếu {words}.",
                    f"Lập {words} cho cùng thiết bị.",
                    ground(law, one.rule.provision_key, on=on),
                )
            )
    return tuple(found)


def recurrences(
    past: Iterable[PastIncident], incident: PastIncident, *, within_days: int = RECURRENCE_DAYS
) -> tuple[PastIncident, ...]:
    """Earlier incidents of the same kind with the same device or holder, newest first."""
    first = incident.on - timedelta(days=within_days)
    like = [
        one
        for one in past
        if one != incident
        and one.kind is incident.kind
        and first <= one.on <= incident.on
        and (
            one.device_id == incident.device_id
            or (one.holder_id is not None and one.holder_id == incident.holder_id)
        )
    ]
    return tuple(sorted(like, key=lambda one: one.on, reverse=True))


def check_text(text: str) -> tuple[Finding, ...]:
    """A MUST when the text looks as if it told a PIN; nothing else is held against a text."""
    if not looks_like_pin(text):
        return ()
    return (
        finding(
            "text.pin",
            Severity.MUST,
            "Nội dung có vẻ chứa mật khẩu (mã PIN) của thiết bị. Phần mềm không lưu mật khẩu.",
            "Xóa mật khẩu khỏi nội dung; nếu đã lộ cho người khác thì đổi mật khẩu ngay.",
        ),
    )


def looks_like_pin(text: str) -> bool:
    """True for a keyword followed by a value ("PIN: 1234", "mật khẩu là abc123").

    The bare word "mật khẩu", which the law itself uses, is not one; nor is a date, a number of a
    document or a count ("nhập sai mật khẩu 5 lần") behind it.
    """
    plain = fold(unicodedata.normalize("NFKC", text))
    return any(_is_secret(found) for shape in _SHAPES for found in shape.finditer(plain))


def without_secrets(text: str) -> str:
    """The text with "…" where it told a PIN, so that it can be shown again to be corrected.

    Empty when what told the PIN cannot be found again letter by letter.
    """
    plain, places = _letters_of(unicodedata.normalize("NFKC", text))
    told: set[int] = set()
    for shape in _SHAPES:
        for found in shape.finditer(plain):
            if _is_secret(found):
                first, last = found.span("value")
                told.update(range(places[first], places[last - 1] + 1))
    whole = unicodedata.normalize("NFKC", text)
    kept = "".join(
        "…" if at in told and at - 1 not in told else "" if at in told else letter
        for at, letter in enumerate(whole)
    )
    return "" if looks_like_pin(kept) else kept


def _letters_of(text: str) -> tuple[str, list[int]]:
    """The text folded letter by letter, and from which place of the text each letter came."""
    plain: list[str] = []
    places: list[int] = []
    for at, letter in enumerate(text):
        for one in " " if letter.isspace() else fold(letter):
            if one != " " or plain[-1:] != [" "]:  # fold() leaves single blanks, too.
                plain.append(one)
                places.append(at)
    return "".join(plain), places


# Not before a letter, so that "pin1234" counts and "pinning" does not. Also "P.I.N".
_KEYWORD = (
    r"\b(?:ma pin|pin|p[.\s]i[.\s]n\.?|puk|p[.\s]u[.\s]k\.?|mat khau|password|passcode|passwd|pass"
    r"|pw|mk|m\.k\.?|ma mo khoa|mat ma)(?![^\W\d_])"
)
_FILLER = (
    r"(?:\s+(?:token|usb|sim|thiet bi|chu ky so|cua|toi|em|anh|chi|ong|ba|cu|moi|hien tai|mac dinh"
    r"|dang nhap|nguoi dung|ban dau|tam|nay|do|da doi|doi|thanh))*"
)
# Every part is bounded and begins only where the one before cannot go on: a text of a hundred
# thousand digits is answered as fast as any other.
_DIGITS = r"\d+(?:\s\d+){1,15}"
_VALUE = rf"[\"'“”‘’(\[]*(?P<value>{_DIGITS}|[^\s,;\"'“”‘’()\[\]]+)"
_APART = r"\s,;:\"'“”‘’()\[\]"
# "PIN 1234", "mật khẩu mới là abc123"; and, over a name, "mật khẩu của anh Nam: abc123".
_SHAPES = (
    re.compile(rf"{_KEYWORD}{_FILLER}\s*(?P<sep>[:=]|->|→|\bla\b|-|)\s*{_VALUE}"),
    re.compile(rf"{_KEYWORD}(?:\s+[^\W\d_]+){{1,4}}\s*(?P<sep>[:=]|\bla\b)\s*{_VALUE}"),
    # The other way round: "4321 là mã PIN", "1234 (PIN)".
    re.compile(
        rf"(?<![\w/.-])(?P<value>{_DIGITS}|[^{_APART}\d]{{0,60}}\d[^{_APART}]{{0,60}})"
        rf"[\"'”’)\]]*\s*(?P<sep>\bla\b|=|->|→|\()\s*{_KEYWORD}(?!\s*\d)"
    ),
)
# MK01 and PW-1 are codes that offices give to their devices; "mk 1234" and "mk123456" are not.
_CODE = re.compile(r"(?:pw|mk)-?\d{1,5}[.!?]?")
_HARMLESS = re.compile(
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d+/[a-z].*|\d{1,2}[:h]\d{0,2}"
)
_ELSEWHERE = re.compile(r"\b(?:so hieu|serial|so may|dien thoai|ngay|luc|gio|cong van|so)\b")
_LEAST_DIGITS = 4
# No Vietnamese syllable has eight letters, so a longer run of letters is not an ordinary word.
_LONG_WORD = 8


def _is_secret(found: re.Match[str]) -> bool:
    value = found["value"].rstrip(".!?")
    if _CODE.fullmatch(found[0]):
        return False
    if _HARMLESS.fullmatch(value) or _ELSEWHERE.search(
        found[0][: found.start("value") - found.start()]
    ):
        return False
    compact = re.sub(r"[\s.\-]", "", value)
    if len(compact) >= _LEAST_DIGITS and any(ch.isdigit() for ch in compact):
        return True
    if found["sep"] not in (":", "="):
        return False
    odd = any(not ch.isalnum() for ch in compact)
    return (odd and len(compact) >= _LEAST_DIGITS) or len(compact) >= _LONG_WORD


def _fell_away(incident: Incident, rule: StepRule) -> bool:
    if rule.step in incident.waived:
        return True
    # Found before Mẫu số 05 was sent: the device goes back to use, nothing is revoked.
    back = incident.found_on is not None and _I.REVOCATION not in incident.done
    return back and rule.step in (_I.LOSS_MINUTES, _I.REVOCATION, _I.REISSUE)


def _late(one: StepStatus, basis: Provision | None) -> Finding:
    form = f" (Mẫu số {one.rule.form})" if one.rule.form else ""
    return finding(
        f"incident.{one.rule.step}_late",
        Severity.SHOULD,
        f"Đã {one.days_open} ngày kể từ khi được báo mà chưa xong một bước xử lý sự cố{form}; mục "
        f"tiêu của phần mềm là ngày {written(one.target_on)} (pháp luật không quy định số ngày).",
        "Hoàn thành bước này, hoặc ghi rõ lý do chậm.",
        basis,
    )


def _check_report(facts: ReportFacts, law: Law) -> Iterator[Finding]:
    on = vietnam_day(facts.now)
    if facts.noticed_at > facts.now:
        yield finding(
            "report.in_the_future",
            Severity.MUST,
            "Thời điểm được báo không thể ở tương lai.",
            "Sửa ngày, giờ được báo.",
        )
    own = facts.holder_id is None or facts.holder_id == facts.reporter_id
    if not own and not facts.reporter_is_focal_point:
        yield finding(
            "report.for_another",
            Severity.MUST,
            "Chỉ người giữ thiết bị hoặc đầu mối được báo sự cố của thiết bị này.",
            "Đề nghị người giữ tự báo, hoặc nhờ đầu mối báo thay.",
        )
    if not own and facts.reporter_is_focal_point and not facts.told_how.strip():
        yield finding(
            "report.told_how_missing",
            Severity.SHOULD,
            "Báo thay nhưng chưa ghi người giữ đã báo bằng cách nào.",
            "Ghi cách báo (gọi điện, trực tiếp, nhắn tin) và thời điểm.",
            ground(law, "subscriber.reports", on=on),
        )
    yield from check_text(facts.text)
    yield from check_text(facts.told_how)
