"""The people, devices and certificates of the large data set, each drawn from its number alone.

Nothing is kept: who wants device 700,000 again has it drawn again, always the same. So a set of any
size needs no more memory than a small one. All names are made up by drawing syllables.
"""

import hashlib
import random
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Generic, NamedTuple, TypeVar, overload

from rules.certificates import CertificateOrigin, SubscriberKind
from rules.days import expires_on
from rules.devices import DeviceKind, DeviceState
from rules.names import fold, sort_key

T = TypeVar("T")

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)

# Names and how often they come up, roughly as in a Vietnamese list.
FAMILIES = {
    "Nguyễn": 38, "Trần": 11, "Lê": 10, "Phạm": 7, "Hoàng": 5, "Huỳnh": 5, "Phan": 5, "Vũ": 4,
    "Võ": 4, "Đặng": 3, "Bùi": 2, "Đỗ": 2, "Hồ": 1, "Ngô": 1, "Dương": 1, "Lý": 1,
}  # fmt: skip
MIDDLES = {
    "Thị": 40, "Văn": 30, "Minh": 6, "Ngọc": 6, "Thanh": 5, "Đức": 4, "Quang": 3, "Thị Thu": 3,
    "Hữu": 3,
}  # fmt: skip
GIVENS = (
    "An Anh Ánh Bình Bảo Chi Cường Dung Dũng Duy Đạt Đông Đức Giang Hà Hải Hạnh Hiền Hiếu Hoa Hòa "
    "Hồng Huệ Hùng Hương Huy Khánh Lan Lâm Liên Linh Loan Long Mai Mạnh Minh Nam Nga Ngân Ngọc "
    "Nhung Oanh Phong Phúc Phương Quân Quang Quỳnh Sơn Tài Tâm Thảo Thắng Thủy Tiến Trang Trung "
    "Tuấn Tùng Uyên Vân Việt Yến"
).split()
DEVICE_STATES = {
    DeviceState.IN_USE: 780, DeviceState.HANDED_OVER: 60, DeviceState.IN_STOCK: 70,
    DeviceState.HELD: 15, DeviceState.LOCKED: 12, DeviceState.DAMAGED: 8, DeviceState.MISSING: 3,
    DeviceState.LOST: 4, DeviceState.AWAITING_RECALL: 10, DeviceState.RECALLED: 18,
    DeviceState.RETURNED_TO_CA: 20,
}  # fmt: skip
DEVICE_KINDS = {
    DeviceKind.PKI_TOKEN: 900, DeviceKind.SIM_PKI: 80, DeviceKind.HSM: 3, DeviceKind.CENTRAL: 17,
}  # fmt: skip
SUBSCRIBERS = dict(zip(SubscriberKind, (92, 6, 2), strict=True))
HISTORIES = {0: 75, 1: 20, None: 5}
"""How often a certificate was renewed; None: nobody knows."""
ORIGINS = {0: CertificateOrigin.ISSUED, 1: CertificateOrigin.RENEWED}
WITH_NOBODY = (DeviceState.IN_STOCK, DeviceState.RETURNED_TO_CA)


class Drawn(Sequence[T], Generic[T]):
    """A sequence of which each member is drawn anew whenever it is asked for."""

    def __init__(self, count: int, draw: Callable[[int], T]) -> None:
        self._count, self._draw = count, draw

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        if isinstance(place, slice):
            return [self._draw(number + 1) for number in range(self._count)[place]]
        return self._draw(range(self._count)[place] + 1)

    def __iter__(self) -> Iterator[T]:
        return map(self._draw, range(1, self._count + 1))


class Weighted(Generic[T]):
    """Values, some more often than others."""

    def __init__(self, weights: Mapping[T, int]) -> None:
        self._values, self._sums = tuple(weights), tuple(accumulate(weights.values()))

    def draw(self, dice: random.Random) -> T:
        """One of them."""
        return self._values[bisect(self._sums, dice.random() * self._sums[-1])]


FAMILY, MIDDLE = Weighted(FAMILIES), Weighted(MIDDLES)
STATE, KIND = Weighted(DEVICE_STATES), Weighted(DEVICE_KINDS)
SUBSCRIBER, HISTORY = Weighted(SUBSCRIBERS), Weighted(HISTORIES)


class DrawnPerson(NamedTuple):
    """The columns of a person that are filled."""

    id: int
    agency_id: int
    staff_number: str
    full_name: str
    name_fold: str
    sort_key: str
    email: str


class DrawnDevice(NamedTuple):
    """The columns of a device that are filled."""

    id: int
    agency_id: int
    kind: DeviceKind
    state: DeviceState
    internal_code: str
    printed_serial: str
    driver_serial: str
    holder_id: int | None
    sort_key: str
    received_on: date
    handed_over_on: date | None
    handover_minutes: str | None
    label: str = "Thiết bị thử nghiệm"
    model: str = "Kiểu thử nghiệm"
    phone_number: str | None = None
    notice_serial: str | None = None


class Register:
    """Who and what there is; device n belongs to the agency of person n."""

    def __init__(self, seed: int, devices: int, agencies: int) -> None:
        self._seed, self._agencies, self._dice = seed, agencies, random.Random()
        self._person = lru_cache(64)(self._drawn_person)  # Asked for again at once, by the device.
        self.people = Drawn(devices, self._person)
        self.devices = Drawn(devices, self._device)

    def _cast(self, kind: int, number: int) -> random.Random:
        """The dice of one thing."""
        # Past the method of the library, which takes twice the time of this for a number.
        super(random.Random, self._dice).seed(self._seed << 40 | number << 2 | kind)
        return self._dice

    def _drawn_person(self, number: int) -> DrawnPerson:
        dice = self._cast(0, number)
        name = f"{FAMILY.draw(dice)} {MIDDLE.draw(dice)} {dice.choice(GIVENS)}"
        folded, key, mailbox = _forms_of(name)
        return DrawnPerson(
            id=number,
            agency_id=dice.randrange(self._agencies) + 1,
            staff_number=f"CB{number:06d}",
            full_name=name,
            name_fold=folded,
            sort_key=key,
            email=f"{mailbox}{number}@thunghiem.example",
        )

    def _device(self, number: int) -> DrawnDevice:
        person = self._person(number)
        dice = self._cast(1, number)
        state = STATE.draw(dice)
        held = state not in WITH_NOBODY
        serial = f"{dice.getrandbits(48):012X}"
        return DrawnDevice(
            id=number,
            agency_id=person.agency_id,
            kind=KIND.draw(dice),
            state=state,
            internal_code=f"TB-{number:06d}",
            printed_serial=serial,
            driver_serial=serial,
            holder_id=person.id if held else None,
            sort_key=person.sort_key if held else "",
            received_on=TODAY - timedelta(days=dice.randrange(2000)),
            handed_over_on=TODAY - timedelta(days=dice.randrange(900)) if held else None,
            handover_minutes=f"{number}/BB-UBND" if held and number % 3 else None,
        )

    def certificate(self, number: int) -> tuple[dict[str, Any], DrawnDevice]:
        """The columns of a certificate, without its bytes, and the device that it is on."""
        place = self._cast(2, number).randrange(len(self.people))
        person, device = self.people[place], self.devices[place]
        dice = self._cast(3, number)
        kind, renewals = SUBSCRIBER.draw(dice), HISTORY.draw(dice)
        left = timedelta(days=dice.randrange(-500, 1300), seconds=dice.randrange(86_400))
        not_after = NOW + left
        revoked = dice.random() < 0.02
        row = {
            "id": number,
            "agency_id": person.agency_id,
            "chain_id": number,
            "origin": ORIGINS.get(-1 if renewals is None else renewals, CertificateOrigin.UNKNOWN),
            "renewals": renewals,
            "kind": kind,
            "person_id": person.id if kind is SubscriberKind.INDIVIDUAL else None,
            "device_id": device.id,
            "issuer": "CN=CA thử nghiệm, O=Cơ quan thử nghiệm",
            "issuer_name": "CA thử nghiệm",
            "subject": f"CN={person.full_name}",
            "common_name": person.full_name,
            "serial_number": f"{dice.getrandbits(63) | 1 << 62:X}",
            "not_before": not_after - timedelta(days=1826),
            "not_after": not_after,
            "expires_on": expires_on(not_after),
            "public_key_sha256": hashlib.sha256(f"key {number}".encode()).hexdigest(),
            "key_type": "RSA",
            "key_bits": 3072,
            "signature_algorithm": "sha256WithRSAEncryption",
            "limits": "Mục đích khóa: chữ ký số, chống chối bỏ",
            "email": person.email,
            "sha256": hashlib.sha256(f"certificate {number}".encode()).hexdigest(),
            "sort_key": person.sort_key,
            "revoked_at": NOW - timedelta(days=dice.randrange(300)) if revoked else None,
            "created_at": NOW,
        }
        return row, device


@cache
def _forms_of(name: str) -> tuple[str, str, str]:
    """A name folded, its key for sorting, and the beginning of its mailbox."""
    folded = fold(name)
    *others, given = folded.split()
    return folded, sort_key(name), given + "".join(word[0] for word in others)
