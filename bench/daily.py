"""The daily work of the large data set: moves, papers, requests, incidents, documents, counts.

Numbers believable for a province of 100,000 devices after two years; `bench.data` calls `make`.
Straight bulk inserts like there, every choice from the same seeded dice. All files are one sheet.
"""

import hashlib
import random
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from reportlab.pdfgen import canvas
from sqlalchemy import Connection

from bench.register import DrawnDevice, DrawnPerson
from models import (
    CertificateRequest,
    Position,
    RequestDocument,
    RequestLine,
    RequestSending,
    StoredFile,
)
from rules.devices import DeviceState
from rules.documents import DocumentKind, SigningAct
from rules.incidents import IncidentKind, IncidentStep
from rules.lifecycle import CustodyAct
from rules.office_documents import DocumentState, DocumentWay, IncomingState, StepState
from rules.papers import PaperFileRole, PaperKind, PaperState
from rules.reminders import Clock
from rules.requests import LineState, RequestKind, RequestState
from rules.staff_changes import StaffChange as Change
from rules.stocktakes import CountOutcome, CountWay
from schema.changes import StaffChange
from schema.custody import (
    CustodyMove,
    FollowUp,
    Incident,
    Paper,
    PaperConfirmation,
    PaperFile,
    PaperLine,
)
from schema.daily import Reminder
from schema.documents import DocumentStep, IncomingDocument, OfficeDocument
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem, StocktakeMember
from signing.pades.report import Report, Verdict

Rows = Iterable[dict[str, Any]]
Insert = Callable[[Connection, type[Any], Rows], None]

PER_DEVICE = {
    "papers": 0.2, "requests": 0.05, "incidents": 0.03, "changes": 0.03, "reminders": 0.3,
    "documents": 0.2, "incoming": 0.5,
}  # fmt: skip
"""How many of each there are for one device of the register."""
MANY_LINES, MANY_EVERY = 20, 10
"""Every tenth paper or so names twenty devices, the others one."""
STOCKTAKES, TOGETHER = 60, 2_000
REQUEST_STATES = {
    RequestState.COMPLETED: 60, RequestState.SENT: 20, RequestState.DRAFT: 6,
    RequestState.AWAITING_APPROVAL: 4, RequestState.APPROVED: 2, RequestState.SEALED: 2,
    RequestState.SENT_BACK: 3, RequestState.CANCELLED: 3,
}  # fmt: skip
REPORT = Report(Verdict.VALID, (), (), "2026-11-21T03:00:00+00:00", "0" * 64).as_dict()
ENDED = (RequestState.COMPLETED, RequestState.SENT_BACK, RequestState.CANCELLED)
KINDS = {RequestKind.RENEWAL: 70, RequestKind.AMENDMENT: 12, RequestKind.REVOCATION: 18}
PAPER_STATES = {PaperState.PROVEN: 80, PaperState.ISSUED: 17, PaperState.CANCELLED: 3}
PAPER_KINDS = {
    PaperKind.HANDOVER: 80, PaperKind.STATUS: 8, PaperKind.INTERNAL_RETURN: 6,
    PaperKind.RETURN_TO_AUTHORITY: 4, PaperKind.LOSS: 2,
}  # fmt: skip
ACT_OF = {
    PaperKind.HANDOVER: CustodyAct.HAND_OVER,
    PaperKind.STATUS: CustodyAct.CONFIRM_STATUS,
    PaperKind.INTERNAL_RETURN: CustodyAct.RECALL,
    PaperKind.RETURN_TO_AUTHORITY: CustodyAct.SEND_TO_AUTHORITY,
}


@dataclass(frozen=True)
class World:
    """What the daily work is about; `put` inserts rows in batches."""

    connection: Connection
    dice: random.Random
    now: datetime
    agencies: Sequence[dict[str, Any]]
    people: Sequence[DrawnPerson]
    devices: Sequence[DrawnDevice]
    places: Mapping[int, Sequence[int]]
    """The numbers of the devices of each agency."""
    insert: Insert
    user_id: int
    file_sha256: str = ""

    def put(self, model: type[Any], rows: Rows) -> None:
        self.insert(self.connection, model, rows)

    def put_together(
        self, models: Sequence[type[Any]], groups: Iterable[Sequence[list[dict[str, Any]]]]
    ) -> None:
        """Rows of several tables that belong together, one list for each model in every group."""
        waiting: list[list[dict[str, Any]]] = [[] for _ in models]

        def write() -> None:
            for model, rows in zip(models, waiting, strict=True):
                self.put(model, rows)
                rows.clear()

        for group in groups:
            for rows, more in zip(waiting, group, strict=True):
                rows += more
            if len(waiting[0]) >= TOGETHER:
                write()
        write()

    def many(self, what: str) -> range:
        """Numbers from 1 on, as many as there are of a thing."""
        return range(1, max(2, round(len(self.devices) * PER_DEVICE[what])) + 1)

    def device(self) -> DrawnDevice:
        return self.dice.choice(self.devices)

    def ago(self, days: int) -> timedelta:
        return timedelta(days=self.dice.randrange(days), seconds=self.dice.randrange(86_400))

    def one_of(self, weights: dict[Any, int]) -> Any:
        return self.dice.choices(list(weights), list(weights.values()))[0]

    @property
    def today(self) -> date:
        return self.now.date()


def make(world: World) -> None:
    """Insert everything; needs the agencies, people, devices, certificates and users."""
    stored = {"sha256": world.file_sha256, "size": len(_sheet()), "media_type": "application/pdf"}
    world.put(StoredFile, [{**stored, "content": _sheet(), "created_at": world.now}])
    world.put(Position, map(_position, world.people))
    papers = _papers(world)
    _moves(world, papers)
    _requests(world)
    _incidents(world)
    _changes(world)
    world.put(Reminder, (_reminder(world, number) for number in world.many("reminders")))
    documents = (_office_document(world, number) for number in world.many("documents"))
    world.put_together((OfficeDocument, DocumentStep), documents)
    world.put(IncomingDocument, (_incoming(world, one) for one in world.many("incoming")))
    for number in range(1, STOCKTAKES + 1):
        _stocktake(world, number)


def sheet_sha256() -> str:
    """The name of the one sheet that stands for every file."""
    return hashlib.sha256(_sheet()).hexdigest()


def _sheet() -> bytes:
    kept = BytesIO()
    page = canvas.Canvas(kept, invariant=1)
    page.drawString(72, 720, "TAI LIEU THU NGHIEM")
    page.save()
    return kept.getvalue()


def _position(person: DrawnPerson) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "agency_id": person.agency_id,
        "title": "Công chức",
        "is_primary": True,
        "from_on": date(2024, 1, 1),
    }


# Papers and moves ---------------------------------------------------------------------------------


def _papers(world: World) -> dict[int, int]:
    """Papers with lines, files and confirmations; returns the handover minutes by device."""
    handed: dict[int, int] = {}
    groups = (_paper(world, number, handed) for number in world.many("papers"))
    world.put_together((Paper, PaperLine, PaperFile, PaperConfirmation), groups)
    return handed


def _paper(world: World, number: int, handed: dict[int, int]) -> Sequence[list[dict[str, Any]]]:
    device, kind = world.device(), world.one_of(PAPER_KINDS)
    state, many = world.one_of(PAPER_STATES), number % MANY_EVERY == 0
    act = ACT_OF.get(kind)
    paper = {
        "id": number,
        "agency_id": device.agency_id,
        "kind": kind,
        "state": state,
        "number": f"{number}/BB-UBND" if state is PaperState.PROVEN else None,
        "made_on": world.today - world.ago(700),
        "place": "Thử Nghiệm",
        "receiver_id": None if many else device.holder_id,
        "particulars": {"act": act.value} if act else {},
        "sha256": world.file_sha256,
        "created_by_id": world.user_id,
        "created_at": world.now - world.ago(700),
    }
    named = [device, *(world.device() for _ in range(MANY_LINES - 1 if many else 0))]
    lines, confirmed = [], []
    for place, one in enumerate(named, start=1):
        told = {"device_serial": one.printed_serial, "internal_code": one.internal_code}
        line = {"paper_id": number, "position": place, "device_id": one.id}
        lines.append({**line, "person_id": one.holder_id, "particulars": told})
        if kind is PaperKind.HANDOVER and state is PaperState.PROVEN:
            handed[one.id] = number
    if device.holder_id and number % 2:
        who = {"person_id": device.holder_id, "user_id": world.user_id}
        confirmed.append({"paper_id": number, **who, "confirmed_at": world.now})
    return [paper], lines, [_paper_file(world, number)], confirmed


def _paper_file(world: World, number: int) -> dict[str, Any]:
    return {
        "paper_id": number,
        "role": PaperFileRole.DRAWN,
        "sha256": world.file_sha256,
        "name": "bien-ban.pdf",
        "created_at": world.now,
        "created_by_id": world.user_id,
    }


def _moves(world: World, handed: dict[int, int]) -> None:
    """Each device was received once, and handed over where somebody holds it."""

    def same(device: DrawnDevice) -> dict[str, Any]:
        return {
            "device_id": device.id,
            "agency_before_id": device.agency_id,
            "agency_after_id": device.agency_id,
            "moved_at": world.now - timedelta(days=1),
            "moved_by_id": world.user_id,
            "moved_on": device.received_on,
        }

    def received(device: DrawnDevice) -> dict[str, Any]:
        states = {"state_before": None, "state_after": DeviceState.IN_STOCK}
        return same(device) | states | {"act": CustodyAct.RECEIVE.value, "paper_id": None}

    def handed_over(device: DrawnDevice) -> dict[str, Any]:
        return same(device) | {
            "act": CustodyAct.HAND_OVER.value,
            "state_before": DeviceState.IN_STOCK,
            "state_after": DeviceState.HANDED_OVER,
            "holder_after_id": device.holder_id,
            "paper_id": handed.get(device.id),
        }

    # One shape in each batch.
    world.put(CustodyMove, map(received, world.devices))
    held = (one for one in world.devices if one.holder_id is not None)
    world.put(CustodyMove, map(handed_over, held))


# Requests, incidents, changes ---------------------------------------------------------------------


def _requests(world: World) -> None:
    """Requests of one to eight lines; no certificate stands in two open ones."""
    free = array("l", range(1, len(world.devices) + 1))
    world.dice.shuffle(free)
    groups = (_request(world, number, free) for number in world.many("requests"))
    world.put_together((CertificateRequest, RequestLine, RequestDocument, RequestSending), groups)


def _request(world: World, number: int, free: "array[int]") -> Sequence[list[dict[str, Any]]]:
    kind, state = world.one_of(KINDS), world.one_of(REQUEST_STATES)
    count = min(world.dice.randint(1, 8), len(free))
    left = state in (RequestState.SENT, *ENDED[:2])
    request = {
        "id": number,
        "agency_id": world.device().agency_id,
        "kind": kind,
        "state": state,
        "addressee": "Cục Chứng thực số và Bảo mật thông tin",
        "planned_receipt_on": world.today,
        "drafted_by_id": world.user_id,
        "created_at": world.now - world.ago(600),
        "document_number": f"{number}" if left else None,
        "document_on": world.today if left else None,
        "sent_on": world.today - timedelta(days=number % 90) if left else None,
    }
    is_open = state not in ENDED
    lines = [
        _line(number, place, free.pop(), kind, is_open=is_open) for place in range(1, count + 1)
    ]
    documents = [_document(world, number)] if state is not RequestState.DRAFT else []
    to = {"recipient": "Cục Chứng thực số và Bảo mật thông tin", "sent_on": world.today}
    return [request], lines, documents, [{"request_id": number, **to}] if left else []


def _line(
    request: int, place: int, certificate: int, kind: RequestKind, *, is_open: bool
) -> dict[str, Any]:
    return {
        "request_id": request,
        "certificate_id": certificate,
        "chain_id": certificate,
        "position": place,
        "state": LineState.OPEN if is_open else LineState.GRANTED,
        "is_open": is_open,
        "hold": f"{kind.value}/{certificate}" if is_open else None,
        "renews": kind is RequestKind.RENEWAL,
        "amends": kind is RequestKind.AMENDMENT,
    }


def _document(world: World, request: int) -> dict[str, Any]:
    return {
        "request_id": request,
        "kind": DocumentKind.SEALED,
        "sha256": world.file_sha256,
        "name": "van-ban.pdf",
        "created_at": world.now,
        "created_by_id": world.user_id,
    }


def _incidents(world: World) -> None:
    codes = [one.value for one in list(IncidentStep)[:4]]

    def groups() -> Iterable[Sequence[list[dict[str, Any]]]]:
        for number in world.many("incidents"):
            device, at = world.device(), world.now - world.ago(700)
            row = {
                "id": number,
                "agency_id": device.agency_id,
                "kind": world.dice.choice(list(IncidentKind)).value,
                "device_id": device.id,
                "holder_id": device.holder_id,
                "noticed_at": at,
                "reported_at": at,
                "reported_by_id": world.user_id,
                "closed_at": at + timedelta(days=9) if number % 5 else None,
            }
            yield [row], _follow_ups(world, "incident", row, codes)

    world.put_together((Incident, FollowUp), groups())


def _changes(world: World) -> None:
    codes = ["transfer.revoke", "account"]

    def groups() -> Iterable[Sequence[list[dict[str, Any]]]]:
        for number in world.many("changes"):
            person, at = world.dice.choice(world.people), world.now - world.ago(700)
            row = {
                "id": number,
                "agency_id": person.agency_id,
                "person_id": person.id,
                "kind": world.dice.choice(list(Change)).value,
                "effective_on": at.date(),
                "created_at": at,
                "created_by_id": world.user_id,
                "closed_at": at + timedelta(days=9) if number % 5 else None,
            }
            yield [row], _follow_ups(world, "staff_change", row, codes)

    world.put_together((StaffChange, FollowUp), groups())


def _follow_ups(
    world: World, noun: str, row: dict[str, Any], codes: Sequence[str]
) -> list[dict[str, Any]]:
    return [
        {
            "noun": noun,
            "object_id": row["id"],
            "agency_id": row["agency_id"],
            "code": code,
            "sentence": "Việc phải làm tiếp theo (thử nghiệm).",
            "due_on": world.today + timedelta(days=row["id"] % 30 - 10),
            "done_at": row["closed_at"],
        }
        for code in codes
    ]


def _reminder(world: World, number: int) -> dict[str, Any]:
    device, day = world.device(), world.today - timedelta(days=number % 200 - 60)
    return {
        "stage_key": f"renewal/{number}",
        "clock": Clock.RENEWAL.name,
        "stage": "due",
        "noun": "certificate",
        "object_id": device.id,
        "agency_id": device.agency_id,
        "person_id": device.holder_id,
        "sentence": "Chứng thư đến kỳ gia hạn (thử nghiệm).",
        "stage_on": day,
        "due_on": day + timedelta(days=45),
        "made_at": world.now,
        "settled_at": world.now if number % 3 else None,
    }


# Documents, stocktakes ----------------------------------------------------------------------------


def _office_document(world: World, number: int) -> Sequence[list[dict[str, Any]]]:
    """A document of the office with a leader's and the agency's signature."""
    person = world.dice.choice(world.people)
    state = DocumentState.ISSUED if number % 8 else DocumentState.SIGNING
    document = {
        "id": number,
        "agency_id": person.agency_id,
        "title": f"Văn bản thử nghiệm số {number}",
        "way": DocumentWay.PERSON_AND_AGENCY,
        "state": state,
        "original_sha256": world.file_sha256,
        "current_sha256": world.file_sha256,
        "layout": {"pages": [[595.0, 842.0]]},
        "not_secret_at": world.now,
        "not_secret_by_id": world.user_id,
        "created_by_id": world.user_id,
        "created_at": world.now - world.ago(700),
    }
    steps = []
    for place, owner in enumerate((person.id, None)):
        waiting = StepState.WAITING if place else StepState.DUE
        box = {"page": 0, "x1": 300.0, "y1": 100.0, "x2": 450.0, "y2": 160.0}
        act = SigningAct.ISSUE if place else SigningAct.APPROVE
        of = {"document_id": number, "place": place, "person_id": owner, "act": act, **box}
        now = StepState.SIGNED if state is DocumentState.ISSUED else waiting
        steps.append({**of, "field": f"Ky{place}", "state": now})
    return [document], steps


def _incoming(world: World, number: int) -> dict[str, Any]:
    at = world.now - world.ago(700)
    return {
        "agency_id": world.dice.choice(world.agencies)["id"],
        "received_on": at.date(),
        "received_at": at,
        "received_by_id": world.user_id,
        "register_number": str(number),
        "sender": "Cơ quan thử nghiệm",
        "number": f"{number}/TN",
        "subject": f"Văn bản đến thử nghiệm số {number}",
        "file_name": "den.pdf",
        "file_sha256": hashlib.sha256(f"incoming {number}".encode()).hexdigest(),
        "file_size": 120_000,
        "stored_sha256": world.file_sha256,
        "verdict": Verdict.VALID.value,
        "report": REPORT,
        "state": IncomingState.ACCEPTED if number % 7 else IncomingState.CHECKED,
    }


def _stocktake(world: World, number: int) -> None:
    """A campaign over one agency and all below it; most is counted."""
    # The first is that of the large department, the others those of communes and their like.
    agency = world.agencies[1] if number == 1 else world.dice.choice(world.agencies[2:])
    inside = [one["id"] for one in world.agencies if one["path"].startswith(agency["path"])]
    numbers = [number for one in inside for number in world.places.get(one, ())]
    opened = world.now - timedelta(days=number * 10)
    campaign = {"id": number, "agency_id": agency["id"], "name": f"Kiểm kê thử nghiệm {number}"}
    dates = {"due_on": opened.date() + timedelta(days=30), "opened_at": opened}
    closed = None if number <= STOCKTAKES // 10 else opened + timedelta(days=30)
    world.put(
        Stocktake, [{**campaign, **dates, "opened_by_id": world.user_id, "closed_at": closed}]
    )
    world.put(StocktakeMember, [{"stocktake_id": number, "person_id": world.people[number].id}])
    groups = (
        _count(world.devices[device - 1], number, place, opened, world.user_id)
        for place, device in enumerate(numbers, start=1)
    )
    world.put_together((StocktakeItem, StocktakeCount), groups)


def _count(
    device: DrawnDevice, stocktake: int, place: int, opened: datetime, user_id: int
) -> Sequence[list[dict[str, Any]]]:
    """A line of a campaign; four of five are counted."""
    item, counted = stocktake * 1_000_000 + place, place % 5 > 0
    outcome = (CountOutcome.RIGHT if counted else CountOutcome.NOT_COUNTED).value
    row = {
        "id": item,
        "stocktake_id": stocktake,
        "device_id": device.id,
        "expected_state": device.state,
        "expected_holder_id": device.holder_id,
        "outcome": outcome,
        "counted_at": opened if counted else None,
    }
    how = {"how": CountWay.SCAN.value, "outcome": outcome, "counted_at": opened}
    of = {"stocktake_id": stocktake, "item_id": item, "client_id": f"{item}"}
    return [row], [{**of, **how, "counted_by_id": user_id}] if counted else []
