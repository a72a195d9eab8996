"""An Excel list of any length goes through the server in pieces: memory is that of one piece.

What is counted are the objects alive whenever a piece begins, not the size of the process, which
depends on the machine (`python -m bench.imports` shows that); a piece is made small, so that a list
of a few hundred rows is many pieces.
"""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import audit
import regulations
from models import Device, Person
from operations import sheet_imports as imports
from operations import sheet_store
from operations.bulk_work import bulk_session
from operations.personal import CitizenIds
from operations.sheet_rows import Row
from schema.custody import CustodyMove
from schema.daily import SheetImport
from sheets import reading_process
from sheets.reading_work import Task, Work
from sheets.tables_out import OutColumn, write_table
from tests.cast import Cast

IDS = CitizenIds(b"0123456789abcdef0123456789abcdef")
FEW, MANY = 60, 300
ALLOWED = 240
"""Objects that 240 rows more may leave alive: a row in memory alone is more than five."""


def people(count: int) -> Iterator[Row]:
    for one in range(count):
        number = f"{one:012}"
        sealed = IDS.seal_bytes(number.encode(), f"sheet/{one + 2}").hex()
        yield Row(
            one + 2,
            {"full_name": f"Nguyễn Thử Nghiệm {one:04}", "email": f"n{one}@thunghiem.gov.vn",
             "staff_number": f"TN{one}", "title": "Chuyên viên", "citizen_id": sealed,
             "citizen_id_hash": IDS.lookup(number), "citizen_id_tail": number[-3:]},
        )  # fmt: skip


def devices(count: int) -> Iterator[Row]:
    for one in range(count):
        yield Row(one + 2, {"kind": "PKI_TOKEN", "printed_serial": f"54{one:010}",
                            "received_on": "2026-01-02",
                            "internal_code": "" if one % 2 else f"TN-{one:05}"})  # fmt: skip


def handovers(count: int) -> Iterator[Row]:
    """Two lines about each device, far apart: given out, and given back."""
    for one in range(count):
        given = one < count // 2
        yield Row(
            one + 2,
            {"act": "HAND_OVER" if given else "GIVE_BACK",
             "happened_on": "2026-01-05" if given else "2026-02-05",
             "minutes_number": "BB-1", "device_serial": f"54{one % (count // 2):010}",
             "receiver_name": "Phạm Văn Em" if given else ""},
        )  # fmt: skip


class Desk:
    """Brings rows in, writes them, takes them back; each act tells the peak of what it needed."""

    def __init__(self, session: Session, actor: audit.Actor, agency_id: int) -> None:
        self.session, self.actor, self.agency_id = session, actor, agency_id
        self.peaks: dict[str, int] = {}
        self.measures = False

    def measured(self, name: str, act: Callable[[], Any]) -> None:
        self.peaks[name] = 0
        gc.collect()
        gc.freeze()  # What was there before is not looked through again and again.
        self.measures = True
        try:
            act()
        finally:
            self.measures = False
            gc.unfreeze()

    def look(self) -> None:
        """Called when a piece begins."""
        if self.measures:
            gc.collect()
            act = next(reversed(self.peaks))
            self.peaks[act] = max(self.peaks[act], len(gc.get_objects()))

    def bring(self, kind: str, rows: Iterator[Row]) -> int:
        self.peaks.clear()
        what = imports.Upload(self.agency_id, kind, "tep.xlsx", kind.encode(), 0, {}, {})
        number = imports.upload(self.session, actor=self.actor, what=what, citizen_ids=IDS)
        version = imports.begin(self.session, import_id=number, version=None)
        with bulk_session(self.session) as session:
            self.measured("check", lambda: imports.check(
                session, actor=self.actor, import_id=number, version=version, citizen_ids=IDS,
                law=None, rows=rows,
            ))  # fmt: skip
        return number

    def write(self, number: int) -> None:
        version = self.session.get_one(SheetImport, number).version
        with bulk_session(self.session) as session:
            self.measured("commit", lambda: imports.commit(
                session, actor=self.actor, import_id=number, version=version, citizen_ids=IDS,
                law_of=lambda _row: regulations.load(),
            ))  # fmt: skip

    def take_back(self, number: int) -> None:
        with bulk_session(self.session) as session:
            self.measured("undo", lambda: imports.undo(session, actor=self.actor, import_id=number))


@pytest.fixture
def desk(
    db_session: Session, cast: Cast, actor: Callable[..., audit.Actor],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:  # fmt: skip
    made = Desk(db_session, actor(cast.an), cast.commune_a)
    for name in ("_rows", "put_rows"):
        known = getattr(sheet_store, name)

        def looked_at(*given: Any, _known: Any = known, **named: Any) -> Any:
            made.look()
            return _known(*given, **named)

        monkeypatch.setattr(sheet_store, name, looked_at)
    monkeypatch.setattr(sheet_store, "PIECE", 30)
    return made


@pytest.mark.parametrize(("kind", "rows", "model"), [
    ("people", people, Person), ("devices", devices, Device),
])  # fmt: skip
def test_a_list_five_times_as_long_needs_the_memory_of_one_piece(
    desk: Desk, db_session: Session, kind: str, rows: Callable[[int], Iterator[Row]], model: Any
) -> None:
    before = db_session.scalar(select(func.count(model.id)))
    peaks = []
    for count in (30, FEW, MANY):  # The first time fills what the mapper keeps for good.
        number = desk.bring(kind, rows(count))
        desk.write(number)
        db_session.rollback()
        assert db_session.scalar(select(func.count(model.id))) == (before or 0) + count
        desk.take_back(number)
        assert db_session.scalar(select(func.count(model.id))) == before
        peaks.append(desk.peaks.copy())
    grown = {act: peaks[2][act] - peaks[1][act] for act in peaks[2]}
    assert set(grown) == {"check", "commit", "undo"}
    assert all(more < ALLOWED for more in grown.values()), grown


def test_the_lines_of_one_device_are_told_together_however_far_apart_they_stand(
    desk: Desk, db_session: Session
) -> None:
    desk.write(desk.bring("devices", devices(FEW)))
    before = db_session.scalar(select(func.count(CustodyMove.id)))
    number = desk.bring("handovers", handovers(2 * FEW))
    db_session.rollback()
    counts = db_session.get_one(SheetImport, number).counts
    assert counts["verdicts"] == {"new": 2 * FEW}
    desk.write(number)
    db_session.rollback()
    assert db_session.scalar(select(func.count(CustodyMove.id))) == (before or 0) + 2 * FEW
    desk.take_back(number)
    assert db_session.scalar(select(func.count(CustodyMove.id))) == before


def workbook(count: int) -> bytes:
    stream = BytesIO()
    columns = [OutColumn("Họ và tên"), OutColumn("Ngày sinh"), OutColumn("Số hiệu")]
    first = date(1970, 1, 1)
    write_table(stream, columns, ((f"Nguyễn Thử {one}", first + timedelta(days=one % 9000),
                                   f"S{one * 7919:012}") for one in range(count)))  # fmt: skip
    return stream.getvalue()


def test_a_large_file_is_read_beside_the_server_and_told_row_by_row() -> None:
    content = workbook(6_000)
    assert not reading_process.is_small(content)
    looked = reading_process.look(content, Task(Work.LOOK, "a.xlsx", kind="people"))
    assert looked["rows"] == 6_000
    task = Task(Work.ROWS, "a.xlsx", "people", mapping=looked["mapping"], on=date(2026, 1, 1))
    tracemalloc.start()
    try:
        told = sum(1 for _ in reading_process.rows(content, task))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == 6_000
    assert peak < 1024 * 1024


def test_beside_the_server_a_file_is_read_as_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(30)
    task = Task(Work.ROWS, "a.xlsx", "people", mapping={"full_name": 0, "birth_on": 1},
                on=date(1990, 1, 1))  # fmt: skip
    problem = [3, "full_name", "Họ và tên", "Sai.", True]
    within = (
        list(reading_process.rows(content, task)),
        reading_process.errors(content, Task(Work.ERRORS, "a.xlsx"), [problem]),
    )
    monkeypatch.setattr(reading_process, "SMALL", 0)
    assert within == (
        list(reading_process.rows(content, task)),
        reading_process.errors(content, Task(Work.ERRORS, "a.xlsx"), [problem]),
    )
