"""Importing certificates: what was read waits in a batch until a person has looked at it.

Staging writes down what was read and whom each certificate seems to belong to; saving puts the
chosen ones into the register. How a certificate stands to the register (new, renewed, amended) is
worked out in `operations/import_matching.py`, again at the moment of saving.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

import audit
from audit import Actor
from models import (
    Agency,
    Certificate,
    CertificateChain,
    Device,
    ImportBatch,
    ImportItem,
    Person,
)
from operations import certificates, search
from operations.import_matching import Register, Standing, standing
from operations.transactions import Refused, transaction
from rules.certificate_content import CertificateContent
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.documents import ImportVerdict
from rules.serials import display_serial

NOUN = "import_batch"
FILES, TOKEN = "files", "token"
FIRST_ISSUE = "Người nhập xác nhận đây là chứng thư cấp mới, chưa từng gia hạn."

ReadDer = Callable[[bytes], tuple[CertificateContent | None, str]]
"""Reads one DER to its content, or to None and the reason: `sheets.certificate_files.read_one`."""


@dataclass(frozen=True)
class Incoming:
    """One certificate that was read, or (`content` None) what was refused and why."""

    source: str
    content: CertificateContent | None
    reason: str = ""
    token_label: str | None = None
    token_serial: str | None = None


@dataclass(frozen=True)
class FoundOnToken:
    """One certificate as a signing program reported it from the attached token."""

    der: bytes
    label: str
    token_label: str
    token_serial: str


@dataclass(frozen=True)
class Choice:
    """What a person decided about one item: whose it is, where it hangs, how it came to be.

    A certificate of a person takes the person's agency; others name theirs.
    """

    item_id: int
    kind: SubscriberKind
    person_id: int | None = None
    agency_id: int | None = None
    device_id: int | None = None
    first_issue: bool = False


def stage(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    source: str,
    incoming: Iterable[Incoming],
    also: Callable[[ImportBatch], None] = lambda _batch: None,
) -> int:
    """Write down what was read for one agency and its units; returns the number of the batch.

    Nothing enters the register. `also` is done with the batch in the same transaction. Raises
    `Refused` when there is nothing at all to look at.
    """
    pieces = list(incoming)
    if not pieces:
        raise Refused("Không có tệp hay chứng thư nào để nhập.")
    with transaction(session):
        agency = session.get_one(Agency, agency_id)
        batch = ImportBatch(
            agency_id=agency_id, user_id=actor.user_id, source=source, created_at=actor.at
        )
        contents = [piece.content for piece in pieces if piece.content is not None]
        serials = {piece.token_serial for piece in pieces if piece.token_serial}
        register = Register.read(session, agency, contents, serials)
        batch.items = [_item(register, piece) for piece in pieces]
        session.add(batch)
        session.flush()  # The event names the batch by its number.
        counts = Counter(item.verdict for item in batch.items)
        _record(
            session,
            "import.staged",
            actor,
            batch,
            source=source,
            **{verdict.value: counts[verdict] for verdict in ImportVerdict},
        )
        also(batch)
        return batch.id


def stage_from_token(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    found: Sequence[FoundOnToken],
    read: ReadDer,
    also: Callable[[ImportBatch], None] = lambda _batch: None,
) -> int:
    """Stage what a signing program read from the attached token; no PIN was needed for it.

    `read` is `sheets.certificate_files.read_one`: this room does not parse certificates itself.
    Raises `Refused` when the token held no certificate.
    """
    if not found:
        raise Refused("Thiết bị đang cắm không có chứng thư nào.")
    incoming = []
    for one in found:
        content, reason = read(one.der)
        source = one.label or (content.common_name if content else "chứng thư không tên")
        incoming.append(Incoming(source, content, reason, one.token_label, one.token_serial))
    return stage(
        session, actor=actor, agency_id=agency_id, source=TOKEN, incoming=incoming, also=also
    )


def _item(register: Register, piece: Incoming) -> ImportItem:
    item = ImportItem(
        file_name=piece.source[:260],
        verdict=ImportVerdict.REFUSED,
        reason=piece.reason[:500],
        token_label=(piece.token_label or "")[:120] or None,
        token_serial=(piece.token_serial or "")[:80] or None,
    )
    if piece.content is not None:
        found = standing(register, piece.content, piece.token_serial)
        item.verdict = found.verdict
        item.reason = found.reason
        if found.verdict in (ImportVerdict.NEW, ImportVerdict.CHANGED):
            item.der = piece.content.der
            item.person_id = found.person.id if found.person else None
            item.matched_by = found.matched_by or None
        item.certificate_id = found.registered.id if found.registered else None
    return item


def standings(session: Session, batch: ImportBatch, read: ReadDer) -> dict[int, Standing]:
    """How each item still to be decided stands to the register now, by its number.

    A fixed number of statements, however many items the batch has.
    """
    contents: dict[int, CertificateContent] = {}
    for item in batch.items:
        content = read(item.der)[0] if item.der is not None else None
        if content is not None:
            contents[item.id] = content
    serials = {item.token_serial for item in batch.items if item.token_serial}
    register = Register.read(session, batch.agency, list(contents.values()), serials)
    by_number = {item.id: item for item in batch.items}
    return {
        number: standing(register, content, by_number[number].token_serial)
        for number, content in contents.items()
    }


def save(
    session: Session,
    *,
    actor: Actor,
    batch_id: int,
    choices: Sequence[Choice],
    read: ReadDer,
) -> int:
    """Put the chosen certificates into the register, all or none; returns how many.

    Older certificates are entered first, so that a renewal in the same batch finds the one it
    renews. Raises `Refused` when the batch was dealt with before, a choice lacks its subscriber, or
    names somebody outside the batch's agency.
    """
    with transaction(session):
        batch = _open_batch(session, batch_id)
        wanted = {choice.item_id: choice for choice in choices}
        items = [item for item in batch.items if item.id in wanted and item.der is not None]
        if not items:
            raise Refused("Chưa chọn chứng thư nào để lưu.")
        pairs = []
        for item in items:
            content = read(item.der or b"")[0]
            if content is None:
                raise Refused(f"Không đọc lại được chứng thư trong “{item.file_name}”.")
            pairs.append((item, content))
        pairs.sort(key=lambda pair: (pair[1].not_after, pair[1].not_before))
        subscribers = _Subscribers.read(session, batch.agency, list(wanted.values()))
        for item, content in pairs:
            choice = wanted[item.id]
            item.certificate_id = _enter(session, actor, batch, content, choice, subscribers)
            item.person_id = choice.person_id
        batch.saved_at = actor.at
        _forget_bytes(batch)
        _record(
            session,
            "import.saved",
            actor,
            batch,
            saved=len(items),
            skipped=len(batch.items) - len(items),
        )
        return len(items)


def discard(session: Session, *, actor: Actor, batch_id: int) -> None:
    """Give the batch up; what was read is not kept. Raises `Refused` when it was dealt with."""
    with transaction(session):
        batch = _open_batch(session, batch_id)
        batch.discarded_at = actor.at
        _forget_bytes(batch)
        _record(session, "import.discarded", actor, batch)


def _open_batch(session: Session, batch_id: int) -> ImportBatch:
    batch = session.scalars(
        select(ImportBatch)
        .where(ImportBatch.id == batch_id)
        .options(selectinload(ImportBatch.items))
        .with_for_update()
    ).one()
    if batch.saved_at is not None:
        raise Refused("Lần nhập này đã được lưu trước đó.")
    if batch.discarded_at is not None:
        raise Refused("Lần nhập này đã bị bỏ.")
    return batch


def _forget_bytes(batch: ImportBatch) -> None:
    for item in batch.items:
        item.der = None


@dataclass(frozen=True)
class _Subscribers:
    """The people, agencies and devices named in the choices, all inside the batch's agency."""

    people: dict[int, Person]
    agencies: dict[int, Agency]
    devices: dict[int, Device]

    @classmethod
    def read(cls, session: Session, top: Agency, choices: Sequence[Choice]) -> "_Subscribers":
        inside = select(Agency.id).where(Agency.path.startswith(top.path))
        people = session.scalars(
            select(Person).where(
                Person.id.in_({each.person_id for each in choices if each.person_id}),
                Person.agency_id.in_(inside),
            )
        )
        agencies = session.scalars(
            select(Agency).where(
                Agency.id.in_({each.agency_id for each in choices if each.agency_id}),
                Agency.path.startswith(top.path),
            )
        )
        devices = session.scalars(
            select(Device).where(
                Device.id.in_({each.device_id for each in choices if each.device_id}),
                Device.agency_id.in_(inside),
            )
        )
        return cls(
            {row.id: row for row in people},
            {row.id: row for row in agencies},
            {row.id: row for row in devices},
        )

    def of(self, choice: Choice, name: str) -> tuple[Person | None, int, Device | None]:
        """Person, number of the agency and device of one choice; raises `Refused`."""
        person = self.people.get(choice.person_id or 0)
        device = self.devices.get(choice.device_id or 0)
        if choice.device_id and device is None:
            raise Refused(f"Thiết bị chọn cho chứng thư của {name} không thuộc cơ quan này.")
        if choice.kind is SubscriberKind.INDIVIDUAL:
            if person is None:
                raise Refused(f"Chưa chọn cá nhân cho chứng thư của {name}.")
            return person, person.agency_id, device
        agency = self.agencies.get(choice.agency_id or 0)
        if agency is None:
            raise Refused(f"Chưa chọn cơ quan, đơn vị cho chứng thư của {name}.")
        return None, agency.id, device


def _enter(
    session: Session,
    actor: Actor,
    batch: ImportBatch,
    content: CertificateContent,
    choice: Choice,
    subscribers: _Subscribers,
) -> int:
    """Add one certificate to the register, in its chain; returns its number."""
    person, agency_id, device = subscribers.of(choice, content.common_name)
    register = Register.read(session, batch.agency, [content], ())
    found = standing(
        register, content, None, subscriber=(choice.kind, person.id if person else agency_id)
    )
    if found.verdict in (ImportVerdict.SAME, ImportVerdict.REFUSED):
        raise Refused(
            f"{content.common_name}, số {display_serial(content.serial_number)}: {found.reason}"
        )
    first = choice.first_issue and found.predecessor is None
    row = _row(content, actor)
    row.agency_id, row.kind = agency_id, choice.kind
    row.person_id = person.id if person else None
    row.device_id = device.id if device else None
    row.chain_id = found.chain_id or _new_chain(session, actor)
    row.predecessor_id = found.predecessor.id if found.predecessor else None
    row.origin = CertificateOrigin.ISSUED if first else found.origin
    row.renewals = 0 if first else found.renewals
    if first:
        row.history_attested_on, row.history_attested_by_id = actor.today, actor.user_id
        row.history_statement = FIRST_ISSUE
    session.add(row)
    session.flush()  # Terms and events name it by its number.
    search.reindex(session, search.CERTIFICATE, row.id, search.terms_of_certificate(row, device))
    audit.record(
        session,
        "certificate.imported",
        actor=actor,
        noun="certificate",
        object_id=row.id,
        agency_id=agency_id,
        batch=batch.id,
        sha256=row.sha256,
        origin=row.origin.name,
    )
    if found.successor is not None:
        _follow(session, actor, row, found.successor)
    return row.id


def _row(content: CertificateContent, actor: Actor) -> Certificate:
    return Certificate(**certificates.contents(content), created_at=actor.at)


def _new_chain(session: Session, actor: Actor) -> int:
    chain = CertificateChain(created_at=actor.at)
    session.add(chain)
    session.flush()
    return chain.id


def _follow(session: Session, actor: Actor, row: Certificate, later: Certificate) -> None:
    """An older certificate came in after its renewal: now the later one has a predecessor.

    Same key, same subscriber and a later end make it a renewal, so it was renewed at least once.
    """
    later.predecessor_id = row.id
    later.origin = CertificateOrigin.RENEWED
    later.renewals = (row.renewals or 0) + 1
    later.version += 1
    audit.record(
        session,
        "certificate.changed",
        actor=actor,
        noun="certificate",
        object_id=later.id,
        agency_id=later.agency_id,
        changed=["origin", "predecessor_id", "renewals"],
    )


def _record(
    session: Session, event: str, actor: Actor, batch: ImportBatch, /, **body: audit.Value
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=batch.id,
        agency_id=batch.agency_id,
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )
