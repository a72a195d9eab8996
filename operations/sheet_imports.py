"""An Excel file on its way into the register: uploaded, mapped, checked, written once, taken back.

The file is kept sealed, because it holds citizen ids; so are the ids in its rows. Checking writes
nothing but the rows of the import itself. The commit looks at the register again inside its one
transaction and refuses when that would now say something else than the person saw.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations import files, sheet_store
from operations.personal import CitizenIds
from operations.sheet_looks import DESKS, Look, for_writing, looks
from operations.sheet_rows import Place, Row
from operations.transactions import Refused, expect_version, transaction
from rules.law import Law
from rules.sheet_imports import ImportState, RowVerdict
from schema.daily import SheetImport, SheetImportRow

NOUN = "sheet_import"
SEALED = "application/octet-stream"
_FILE = "sheet-file"
_CLOSED = (ImportState.COMMITTED, ImportState.UNDONE, ImportState.CANCELLED)
_MOST_NAMES = 2_000
"""Names of units nobody knows that are counted; the page shows thirty."""


class Stopped(Exception):
    """The import was given up, or begun anew, while it was being checked."""


@dataclass(frozen=True)
class Upload:
    """A file as it came: its bytes, what it is taken for, and what was found in it."""

    agency_id: int
    kind: str
    file_name: str
    content: bytes
    rows: int
    mapping: Mapping[str, int]
    choices: Mapping[str, Any]


def upload(session: Session, *, actor: Actor, what: Upload, citizen_ids: CitizenIds) -> int:
    """Keep a file to be mapped; returns the number of the import."""
    sealed = citizen_ids.seal_bytes(what.content, _FILE)
    with transaction(session):
        row = SheetImport(
            agency_id=what.agency_id,
            kind=what.kind,
            file_name=what.file_name[-260:],
            sha256=files.store(session, sealed, SEALED, at=actor.at),
            mapping=dict(what.mapping),
            choices=dict(what.choices),
            state=ImportState.UPLOADED.value,
            counts={"rows": what.rows},
            created_at=actor.at,
            created_by_id=actor.user_id,
        )
        session.add(row)
        session.flush()
        _record(session, "sheet.uploaded", actor, row, kind=row.kind, rows=what.rows)
        return row.id


def content_of(session: Session, row: SheetImport, citizen_ids: CitizenIds) -> bytes:
    """The file itself; raises `files.DamagedFile`, `operations.personal.WrongKey`."""
    return citizen_ids.open_bytes(files.read(session, row.sha256), _FILE)


def remap(
    session: Session,
    *,
    import_id: int,
    kind: str,
    mapping: Mapping[str, int],
    choices: Mapping[str, Any],
    rows: int,
) -> None:
    """Take the file for another list, or another of its sheets. Raises `Refused`."""
    with transaction(session):
        row = _open(session, import_id, None)
        session.execute(delete(SheetImportRow).where(SheetImportRow.import_id == import_id))
        row.kind, row.mapping, row.choices = kind, dict(mapping), dict(choices)
        row.state, row.counts = ImportState.UPLOADED.value, {"rows": rows}
        row.version += 1


def begin(
    session: Session,
    *,
    import_id: int,
    version: int | None,
    mapping: Mapping[str, int] | None = None,
) -> int:
    """Start checking, with these columns where given; returns the version that the check has to
    name. Raises `Refused` once it is written or given up, and `Conflict`.
    """
    with transaction(session):
        row = _open(session, import_id, version)
        row.mapping = dict(mapping) if mapping is not None else row.mapping
        row.state, row.progress = ImportState.CHECKING.value, 0
        row.version += 1
        return row.version


def fail(session: Session, import_id: int, version: int, sentence: str) -> None:
    """Put an import back to its columns with the reason why it could not be checked."""
    with transaction(session):
        row = _still_wanted(session, import_id, version)
        session.execute(delete(SheetImportRow).where(SheetImportRow.import_id == import_id))
        row.state = ImportState.UPLOADED.value
        row.choices = row.choices | {"failure": sentence}
        row.version += 1


def place_of(
    session: Session, row: SheetImport, actor: Actor, citizen_ids: CitizenIds, law: Law | None
) -> Place:
    """The agency of an import with its units."""
    units = row.choices.get("units", {})
    return Place.of(
        session, row.agency_id, units, actor.today, citizen_ids, import_id=row.id, law=law
    )


def check(
    session: Session,
    *,
    actor: Actor,
    import_id: int,
    version: int,
    citizen_ids: CitizenIds,
    law: Law | None,
    rows: Iterable[Row] | None = None,
) -> None:
    """Compare the rows (those given, or those kept) with the register and keep the outcome.

    Piece by piece, each in a transaction of its own, so that others may write meanwhile and the
    rows are never all in memory; the commit looks at everything again. Raises `Stopped` when the
    import was given up or begun anew; what was kept until then is thrown away by whoever did that.
    """
    row = session.get_one(SheetImport, import_id)
    kind, place = row.kind, place_of(session, row, actor, citizen_ids, law)
    tally, progress = _Tally(), 0
    if rows is None:
        source: Iterable[Sequence[Row]] = sheet_store.pieces(session, import_id)
    else:
        _forget(session, import_id, version)
        source = sheet_store.in_pieces(rows)
    for look in looks(session, kind, place, source):
        tally.add(look)
        progress += 0 if look.again else len(look.rows)
        with transaction(session):
            row = _still_wanted(session, import_id, version)
            row.progress = progress
            if rows is not None and not look.again:
                sheet_store.put_rows(session, import_id, look.rows)
            else:
                sheet_store.rewrite(session, look.rows, look.before)
    with transaction(session):
        row = _still_wanted(session, import_id, version)
        row.counts = tally.plain()
        row.state = ImportState.PREVIEWED.value
        row.choices = {key: one for key, one in row.choices.items() if key != "failure"}
        row.version += 1


def _forget(session: Session, import_id: int, version: int) -> None:
    """Throw the rows of an earlier reading of the file away."""
    with transaction(session):
        _still_wanted(session, import_id, version)
        session.execute(delete(SheetImportRow).where(SheetImportRow.import_id == import_id))


@dataclass
class _Tally:
    """How many rows of each verdict, what differs by field, names of units nobody knows, and rows
    that go in although something about them should be looked at.
    """

    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    fields: dict[str, list[int]] = field(default_factory=dict)
    units: Counter[str] = field(default_factory=Counter)
    warned: int = 0

    def add(self, look: Look) -> None:
        """Count rows that are settled; those that are taken up again count then."""
        later = {id(one) for one in look.waiting}
        for one in look.rows:
            if id(one) not in later:
                self._add(one)

    def _add(self, one: Row) -> None:
        self.rows += 1
        self.verdicts[one.verdict.value] += 1
        if one.verdict is RowVerdict.CHANGED:
            for key, (old, _) in one.differences.items():
                self.fields.setdefault(key, [0, 0])[1 if old else 0] += 1
        self.warned += bool(one.problems) and one.verdict in (RowVerdict.NEW, RowVerdict.CHANGED)
        name = one.text("agency_name")
        unknown = any(each["field"] == "agency_name" and each["blocks"] for each in one.problems)
        if unknown and name and (name in self.units or len(self.units) < _MOST_NAMES):
            self.units[name] += 1

    def plain(self) -> dict[str, Any]:
        """As the import keeps it."""
        return {
            "rows": self.rows,
            "verdicts": dict(self.verdicts),
            "fields": self.fields,
            "units": dict(self.units.most_common(30)),
            "warned": self.warned,
        }


def decide(
    session: Session,
    *,
    import_id: int,
    version: int,
    decisions: Mapping[int, Mapping[str, Any]],
    overwrite: Sequence[str] | None = None,
    units: Mapping[str, int] | None = None,
) -> bool:
    """Keep what a person chose about rows (by their number in the file) and about all of them.

    Returns whether any of it is new. What a row becomes by it shows when the rows are checked
    again. Raises `Refused`, `Conflict`.
    """
    with transaction(session):
        row = _open(session, import_id, version)
        changed = False
        if overwrite is not None and set(overwrite) != set(row.choices.get("overwrite", [])):
            row.choices = row.choices | {"overwrite": sorted(overwrite)}
            changed = True
        if units:
            row.choices = row.choices | {"units": row.choices.get("units", {}) | dict(units)}
            changed = True
        found = session.scalars(
            select(SheetImportRow).where(
                SheetImportRow.import_id == import_id, SheetImportRow.number.in_(decisions)
            )
        )
        for one in found:
            merged = one.decision | dict(decisions[one.number])
            chosen = {key: value for key, value in merged.items() if value is not None}
            if chosen != one.decision:
                one.decision, changed = chosen, True
        row.version += changed
        return changed


def cancel(session: Session, *, import_id: int) -> None:
    """Give an import up: its rows go, a check under way stops. Raises `Refused` once written."""
    with transaction(session):
        row = _open(session, import_id, None)
        session.execute(delete(SheetImportRow).where(SheetImportRow.import_id == import_id))
        row.state = ImportState.CANCELLED.value
        row.counts = {}
        row.version += 1


@dataclass(frozen=True)
class Written:
    """How many rows were written new, changed, and left out."""

    new: int
    changed: int
    skipped: int


def commit(
    session: Session,
    *,
    actor: Actor,
    import_id: int,
    version: int,
    citizen_ids: CitizenIds,
    law_of: Callable[[SheetImport], Law | None],
) -> Written:
    """Write the import into the register: one transaction, one event.

    Raises `Refused` when it was written before, or when a row would now become something else than
    was shown, and `Conflict`.
    """
    with transaction(session):
        row = session.get_one(SheetImport, import_id, with_for_update=True)
        if row.state != ImportState.PREVIEWED.value:
            raise Refused(_WHY_NOT.get(row.state, "Hãy kiểm tra tệp trước khi ghi vào sổ."))
        expect_version(row, version)
        place = place_of(session, row, actor, citizen_ids, law_of(row))
        _refuse_if_different(session, row.kind, place)
        new, changed = _write(session, actor, place, row)
        if not new + changed:
            raise Refused("Không có dòng nào để ghi: mọi dòng đã có, bị bỏ qua hoặc còn lỗi.")
        outcome = Written(new, changed, row.counts["rows"] - new - changed)
        row.state, row.committed_at = ImportState.COMMITTED.value, actor.at
        row.counts = row.counts | {"new": outcome.new, "changed": outcome.changed,
                                   "skipped": outcome.skipped}  # fmt: skip
        row.version += 1
        _record(
            session, "sheet.committed", actor, row, kind=row.kind, new=outcome.new,
            changed=outcome.changed, skipped=outcome.skipped,
        )  # fmt: skip
        return outcome


_WHY_NOT = {
    ImportState.COMMITTED.value: "Lần nhập này đã được ghi vào sổ trước đó.",
    ImportState.UNDONE.value: "Lần nhập này đã được hoàn tác. Hãy tải tệp lên lại để nhập.",
    ImportState.CANCELLED.value: "Lần nhập này đã bỏ. Hãy tải tệp lên lại để nhập.",
}


def _refuse_if_different(session: Session, kind: str, place: Place) -> None:
    """Look at everything again before the first row is written: what is written changes what the
    next rows would be taken for.
    """
    moved, some = 0, []
    for look in looks(session, kind, place, sheet_store.pieces(session, place.import_id)):
        later = {id(one) for one in look.waiting}
        for one, before in zip(look.rows, look.before, strict=True):
            now = (one.verdict, one.object_id, one.differences, one.said)
            shown = (before.verdict, before.object_id, before.differences, before.said)
            if id(one) not in later and now != shown:
                moved += 1
                some += [one.number] if moved <= 10 else []
    if moved:
        raise Refused(
            f"Sổ đã thay đổi sau khi kiểm tra nên {moved} dòng không còn như đã hiện "
            f"(dòng {', '.join(map(str, sorted(some)))}). Chưa ghi gì. Hãy bấm “Kiểm tra lại” rồi "
            "xem lại."
        )


def _write(session: Session, actor: Actor, place: Place, row: SheetImport) -> tuple[int, int]:
    """Write piece by piece; returns how many rows became something new, and changed something."""
    new = changed = 0
    writing = SheetImportRow.verdict.in_([RowVerdict.NEW.value, RowVerdict.CHANGED.value])
    overwrite = row.choices.get("overwrite", [])
    for rows in for_writing(session, row.kind, row.id, writing):
        for one in rows:
            one.object_version = None
        DESKS[row.kind].commit(session, actor, place, rows, overwrite)
        written = [one for one in rows if one.object_version is not None and one.noun]
        sheet_store.keep_written(session, written)
        added = sum(one.verdict is RowVerdict.NEW for one in written)
        new, changed = new + added, changed + len(written) - added
    return new, changed


def undo(session: Session, *, actor: Actor, import_id: int, version: int | None = None) -> int:
    """Take a whole import back; returns how many rows were undone.

    Raises `Refused` naming the rows that were changed or used since; then nothing is undone.
    """
    with transaction(session):
        row = session.get_one(SheetImport, import_id, with_for_update=True)
        expect_version(row, version)
        if row.state != ImportState.COMMITTED.value:
            raise Refused("Chỉ hoàn tác được lần nhập đã ghi vào sổ.")
        desk, count = DESKS[row.kind], 0
        desk.may_undo(session, import_id)
        for rows in for_writing(session, row.kind, import_id, SheetImportRow.noun != ""):
            desk.undo(session, rows)
            count += len(rows)
        row.state, row.undone_at = ImportState.UNDONE.value, actor.at
        row.version += 1
        _record(session, "sheet.undone", actor, row, rows=count)
        return count


def last_headings(session: Session, agency_id: int, kind: str) -> dict[str, str]:
    """Heading -> field of the last file of this kind that the agency had checked."""
    row = session.scalar(
        select(SheetImport)
        .where(
            SheetImport.agency_id == agency_id,
            SheetImport.kind == kind,
            SheetImport.state.in_(
                [ImportState.PREVIEWED.value, ImportState.COMMITTED.value, ImportState.UNDONE.value]
            ),
        )
        .order_by(SheetImport.id.desc())
        .limit(1)
    )
    if row is None:
        return {}
    headings = {one["index"]: one["heading"] for one in row.choices.get("columns", [])}
    return {headings[index]: key for key, index in row.mapping.items() if index in headings}


def _open(session: Session, import_id: int, version: int | None) -> SheetImport:
    row = session.get_one(SheetImport, import_id, with_for_update=True)
    if row.state in _CLOSED:
        raise Refused(_WHY_NOT[row.state])
    expect_version(row, version)
    return row


def _still_wanted(session: Session, import_id: int, version: int) -> SheetImport:
    row = session.get_one(SheetImport, import_id, with_for_update=True)
    if row.state != ImportState.CHECKING.value or row.version != version:
        raise Stopped
    return row


def _record(
    session: Session, event: str, actor: Actor, row: SheetImport, /, **body: audit.Value
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=row.agency_id,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )
