"""A parcel from the authority: what came, what was asked for, what the register has already.

The answer to a request is a device with a certificate; a serial may be unreadable, so lines match
by any serial they have. The agency receives and hands on (Điều 37 khoản 2 NĐ 68/2024); comparing
is the house's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.names import clean_name, fold, sort_key
from rules.serials import normalise_serial


class IntakeVerdict(StrEnum):
    """What a line of the comparison is."""

    MATCHED = "matched"
    NAME_DIFFERS = "name_differs"
    NOT_REQUESTED = "not_requested"
    NOT_IN_PARCEL = "not_in_parcel"
    ALREADY_IN_REGISTER = "already_in_register"
    TWICE_IN_PARCEL = "twice_in_parcel"
    UNREADABLE = "unreadable"
    SEVERAL_REQUESTS = "several_requests"


ACCEPTED = frozenset(
    {IntakeVerdict.MATCHED, IntakeVerdict.NAME_DIFFERS, IntakeVerdict.NOT_REQUESTED}
)
"""Verdicts under which the device enters the register at once; all others wait for a person (one
whose serial is unreadable gets an internal code and keeps the request it answers).
"""


@dataclass(frozen=True)
class ParcelLine:
    """A device in the parcel, scanned, pasted or read from the notice; "" is unknown."""

    printed_serial: str = ""
    driver_serial: str = ""
    notice_serial: str = ""
    certificate_serial: str = ""
    subject_name: str = ""
    email: str = ""

    @property
    def serials(self) -> frozenset[str]:
        """Its serials in the one notation in which they are compared."""
        given = (self.printed_serial, self.driver_serial, self.notice_serial)
        return frozenset(filter(None, (normalise_serial(one) for one in given)))


@dataclass(frozen=True)
class RequestedLine:
    """An open line of a first issue that waits for its device."""

    line_id: int
    request: str
    subject_name: str
    email: str = ""


@dataclass(frozen=True)
class Compared:
    """One line of the list of differences; `position` counts the lines of the parcel from 0."""

    verdict: IntakeVerdict
    position: int | None
    parcel: ParcelLine | None
    requested: RequestedLine | None = None
    device_id: int | None = None


def compare(
    parcel: Sequence[ParcelLine],
    requested: Iterable[RequestedLine],
    register: Iterable[tuple[str, int]],
) -> tuple[Compared, ...]:
    """Every line of the parcel with what it answers, then what was asked for and did not come.

    `register` gives each known serial with the device that carries it. A line is tied by the e-mail
    of the subscriber, else by the name; never to a request line that another one answers.
    """
    known = {normalise_serial(serial): device_id for serial, device_id in register}
    waiting = {one.line_id: one for one in requested}
    seen: set[str] = set()
    found = []
    for position, line in enumerate(parcel):
        compared = _compare_one(position, line, waiting, known, seen)
        seen |= line.serials
        if compared.requested is not None:
            del waiting[compared.requested.line_id]
        found.append(compared)
    missing = (Compared(IntakeVerdict.NOT_IN_PARCEL, None, None, one) for one in waiting.values())
    return (*found, *missing)


def differences(compared: Iterable[Compared]) -> tuple[Compared, ...]:
    """What the intake minutes must list: everything that does not simply fit."""
    return tuple(one for one in compared if one.verdict is not IntakeVerdict.MATCHED)


def _compare_one(
    position: int,
    line: ParcelLine,
    waiting: dict[int, RequestedLine],
    known: dict[str, int],
    seen: set[str],
) -> Compared:
    if line.serials & seen:
        return Compared(IntakeVerdict.TWICE_IN_PARCEL, position, line)
    device_id = next((known[one] for one in sorted(line.serials) if one in known), None)
    if device_id is not None:
        return Compared(IntakeVerdict.ALREADY_IN_REGISTER, position, line, None, device_id)
    candidates = list(_answers(line, waiting.values()))
    if len(candidates) > 1:
        return Compared(IntakeVerdict.SEVERAL_REQUESTS, position, line)
    if not candidates:
        unknown = IntakeVerdict.NOT_REQUESTED if line.serials else IntakeVerdict.UNREADABLE
        return Compared(unknown, position, line)
    same = _same_name(candidates[0].subject_name, line.subject_name)
    verdict = IntakeVerdict.MATCHED if same else IntakeVerdict.NAME_DIFFERS
    if not line.serials:
        verdict = IntakeVerdict.UNREADABLE
    return Compared(verdict, position, line, candidates[0])


def _answers(line: ParcelLine, waiting: Iterable[RequestedLine]) -> Iterator[RequestedLine]:
    lines = tuple(waiting)
    email = line.email.strip().lower()
    by_email = [one for one in lines if email and one.email.strip().lower() == email]
    if by_email:
        yield from by_email
        return
    name = fold(line.subject_name)
    for one in lines:
        # Two addresses that differ are two people, whatever their name.
        clash = bool(email and one.email.strip())
        if name and not clash and fold(one.subject_name) == name:
            yield one


def _same_name(requested: str, given: str) -> bool:
    """True when two names are one; a name given without any mark (a certificate may be so) fits
    every reading of it, two that differ in a mark are two.
    """
    if clean_name(given).isascii():
        return fold(requested) == fold(given)
    return sort_key(requested) == sort_key(given)
