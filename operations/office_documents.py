"""Documents of the office: taken in, made ready, sent out to be signed, returned, numbered.

The signatures themselves are in `operations/document_signing.py`. PDF work comes from outside as
bytes and sizes of pages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

import audit
from audit import Actor
from models import Agency, Position, SigningJob
from operations import document_capacities as capacities
from operations import files, search
from operations.document_capacities import AS_REGISTERED, Capacity
from operations.law import law_for
from operations.signing_job_records import give_up
from operations.transactions import Refused, expect_version, transaction
from rules.document_places import Place, check_place, from_points, to_points
from rules.documents import SigningAct
from rules.findings import Finding, blocking
from rules.law import Law
from rules.office_documents import (
    WAYS,
    DocumentAct,
    DocumentState,
    DocumentWay,
    StepFacts,
    StepState,
    check_declaration,
    check_steps,
    next_state,
)
from schema.documents import DocumentStep, OfficeDocument

NOUN = "office_document"
MOST_STEPS = 12


@dataclass(frozen=True)
class Upload:
    """A document that a person brings. `not_secret_at` is the instant of the declaration, None
    without one; `pages` are width and height of each page as shown, in millimetres.
    """

    agency_id: int
    title: str
    way: DocumentWay
    content: bytes
    not_secret_at: datetime | None
    pages: Sequence[tuple[float, float]]
    geometry: Sequence[Sequence[float]] = ()
    notices: Sequence[str] = ()
    signatures: int = 0
    copy_of: str = ""


@dataclass(frozen=True)
class WantedStep:
    """One signature wanted: whose, as what, where. `position_id` None means the agency's."""

    act: SigningAct
    position_id: int | None
    place: Place
    capacity: Capacity = AS_REGISTERED


@dataclass(frozen=True)
class Wanted:
    """How a document is to be signed: the signatures in their order; number and date, if any.

    `month` is apart from `day` where the document prints the words between them. `found` names what
    was placed after the document's own words; None leaves what is known.
    """

    steps: Sequence[WantedStep]
    number: Place | None = None
    day: Place | None = None
    whole_day: bool = True
    month: Place | None = None
    found: Sequence[str] | None = None


def refuse(findings: Iterable[Finding]) -> None:
    """Raise `Refused` with the first finding that refuses, its ground included."""
    for one in blocking(findings):
        raise Refused(f"{one.message} {one.remedy} (Căn cứ: {one.basis}.)")


def load_document(session: Session, document_id: int) -> OfficeDocument:
    """The document with its steps, as it is now. Raises `Refused` when there is none."""
    document = session.scalars(
        select(OfficeDocument)
        .where(OfficeDocument.id == document_id)
        .options(selectinload(OfficeDocument.steps))
    ).one_or_none()
    if document is None:
        raise Refused("Không có văn bản này.")
    return document


def field_names(document: OfficeDocument) -> dict[str, str]:
    """Names of number, day, month in the PDF; of their own for each file: copies bring fields
    of other offices along.
    """
    own = document.original_sha256[:8]
    words = {"number": "so", "day": "ngay"}
    if document.layout.get("month"):
        words["month"] = "thang"
    return {name: f"{word}_van_ban_{own}" for name, word in words.items()}


def upload(session: Session, *, actor: Actor, law: Law, brought: Upload) -> int:
    """Take a document in. Raises `Refused` without the declaration, before anything is stored."""
    with transaction(session):
        agency = session.get_one(Agency, brought.agency_id)
        declared = brought.not_secret_at is not None
        refuse(check_declaration(declared, on=actor.today, law=law_for(law, agency)))
        if brought.signatures and WAYS[brought.way].numbered:
            raise Refused(
                "Tệp đã có chữ ký số nên không thêm được ô số, ngày. Chọn cách ký bản sao, hoặc "
                "đưa lên tệp chưa ký."
            )
        sha256 = files.store(session, brought.content, files.PDF, at=actor.at)
        document = OfficeDocument(
            agency_id=agency.id,
            title=brought.title,
            way=brought.way,
            state=DocumentState.DRAFT,
            original_sha256=sha256,
            current_sha256=sha256,
            not_secret_at=brought.not_secret_at,
            not_secret_by_id=actor.user_id,
            symbol="",
            layout={
                "pages": [list(one) for one in brought.pages],
                "geometry": [list(one) for one in brought.geometry],
                "notices": list(brought.notices),
            },
            copy_of=brought.copy_of,
            created_by_id=actor.user_id,
            created_at=actor.at,
        )
        session.add(document)
        session.flush()
        search.reindex(session, search.DOCUMENT, document.id, search.terms_of_document(document))
        told: dict[str, Any] = {"way": document.way.name, "not_secret": True}
        _record(session, "document.uploaded", document, actor, sha256, **told)
        return document.id


def change(
    session: Session, *, actor: Actor, document_id: int, version: int, wanted: Wanted
) -> None:
    """Write down how a document is to be signed; a returned one begins again from its own file.

    Raises `Refused` and `Conflict`. Whether it may go out is checked by `submit`.
    """
    with transaction(session):
        document = _load(session, document_id, version, DocumentAct.CHANGE)
        if len(wanted.steps) > MOST_STEPS:
            raise Refused(f"Một văn bản có nhiều nhất {MOST_STEPS} chữ ký.")
        again = document.state is DocumentState.RETURNED
        document.state = DocumentState.DRAFT
        document.current_sha256 = document.original_sha256
        document.layout = document.layout | {
            "number": asdict(wanted.number) if wanted.number else None,
            "day": asdict(wanted.day) if wanted.day else None,
            "month": asdict(wanted.month) if wanted.month and not wanted.whole_day else None,
            "whole_day": wanted.whole_day,
        }
        if wanted.found is not None:
            document.layout = document.layout | {"found": list(wanted.found)}
        _replace_steps(session, document, wanted.steps, actor.today)
        document.version += 1
        changed = ["state", "steps"] if again else ["steps"]
        _record(session, "document.changed", document, actor, changed=changed)


def _replace_steps(
    session: Session, document: OfficeDocument, steps: Sequence[WantedStep], on: date
) -> None:
    positions = _positions(session, document, [one.position_id for one in steps])
    document.steps.clear()
    session.flush()
    sizes = document.layout["pages"]
    for number, one in enumerate(steps):
        position = positions[one.position_id] if one.position_id is not None else None
        page = one.place.page if 0 <= one.place.page < len(sizes) else 0
        x1, y1, x2, y2 = to_points(one.place, sizes[page][1])
        step = DocumentStep(
            place=number,
            act=one.act,
            person_id=position.person_id if position else None,
            position_id=position.id if position else None,
            field=f"chu_ky_{number + 1}_{document.original_sha256[:8]}",
            page=one.place.page,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            state=StepState.WAITING,
        )
        capacity = one.capacity
        if position is not None:
            capacity = capacities.completed(session, document.agency, position, capacity, on)
        capacities.write(step, position, capacity)
        document.steps.append(step)
    session.flush()


def _positions(
    session: Session, document: OfficeDocument, ids: Sequence[int | None]
) -> dict[int, Position]:
    """The capacities by number: positions in the agency of the document or below it."""
    wanted = {one for one in ids if one is not None}
    rows = session.scalars(
        select(Position)
        .join(Agency, Agency.id == Position.agency_id)
        .where(Position.id.in_(wanted), Agency.path.startswith(document.agency.path))
    ).all()
    if len(rows) != len(wanted):
        raise Refused("Có người ký không giữ chức vụ nào trong cơ quan này. Chọn lại người ký.")
    return {one.id: one for one in rows}


def place_of(document: OfficeDocument, step: DocumentStep) -> Place:
    """Where the signature stands, in millimetres on the page as shown."""
    sizes = document.layout["pages"]
    down = sizes[step.page][1] if 0 <= step.page < len(sizes) else sizes[0][1]
    return from_points(step.page, (step.x1, step.y1, step.x2, step.y2), down)


def stored_place(document: OfficeDocument, name: str) -> Place | None:
    """The place of "number", "day" or "month"; None when the document has none."""
    found = document.layout.get(name)
    return Place(**found) if found else None


def findings_of(
    session: Session, document: OfficeDocument, *, on: date, law: Law
) -> tuple[Finding, ...]:
    """What stands against sending the document out to be signed, and what to mind."""
    sizes = tuple((one[0], one[1]) for one in document.layout["pages"])
    found = list(check_steps(document.way, _facts(session, document, on), on=on, law=law))
    for step in document.steps:
        name = f"chữ ký thứ {step.place + 1}"
        found += check_place(place_of(document, step), name, sizes)
    if WAYS[document.way].numbered:
        for name, words in (("number", "số văn bản"), ("day", "ngày văn bản")):
            place = stored_place(document, name)
            found += check_place(place or Place(-1, 0, 0, 0, 0), words, sizes)
        if (month := stored_place(document, "month")) is not None:
            found += check_place(month, "tháng của văn bản", sizes)
    return tuple(found)


def _facts(session: Session, document: OfficeDocument, on: date) -> list[StepFacts]:
    people = {one.person_id for one in document.steps if one.person_id is not None}
    counted = session.execute(
        select(Position.person_id, func.count())
        .where(
            Position.person_id.in_(people),
            Position.from_on <= on,
            (Position.until_on.is_(None)) | (Position.until_on >= on),
        )
        .group_by(Position.person_id)
    ).all()
    held: dict[int | None, int] = {row[0]: row[1] for row in counted}
    return [
        StepFacts(
            one.act,
            one.person_id,
            held.get(one.person_id, 0),
            one.position_id is not None,
            capacities.facts_of(one),
        )
        for one in document.steps
    ]


def submit(
    session: Session,
    *,
    actor: Actor,
    law: Law,
    document_id: int,
    version: int,
    with_fields: bytes,
) -> None:
    """Send a document out to be signed; `with_fields` is its file with all fields made.

    Raises `Refused` with what is missing (a finding that refuses), and `Conflict`.
    """
    with transaction(session):
        document = _load(session, document_id, version, DocumentAct.SUBMIT)
        own = law_for(law, document.agency)
        refuse(findings_of(session, document, on=actor.today, law=own))
        people = sum(one.person_id is not None for one in document.steps)
        document.state = next_state(document.state, DocumentAct.SUBMIT, people_left=people) or (
            document.state
        )
        document.current_sha256 = files.store(session, with_fields, files.PDF, at=actor.at)
        document.reason = ""
        document.steps[0].state = StepState.DUE
        document.version += 1
        sha256 = document.current_sha256
        _record(session, "document.submitted", document, actor, sha256, steps=len(document.steps))


def give_number(
    session: Session,
    *,
    actor: Actor,
    document_id: int,
    version: int,
    number: str,
    symbol: str,
    document_on: date,
) -> bool:
    """Write number, symbol and date down before the agency's signature (Bắc Ninh Điều 15.2.c).

    Returns True when another document of the agency carries the same number in that year. Raises
    `Refused` and `Conflict`.
    """
    with transaction(session):
        document = _load(session, document_id, version, DocumentAct.NUMBER)
        needs = WAYS[document.way]
        if not (needs.numbered or needs.symbol_first):
            raise Refused("Văn bản ký theo cách này không ghi số.")
        if document_on > actor.today:
            raise Refused("Ngày văn bản không được sau hôm nay.")
        give_up(session, SigningJob.document_id == document.id, actor)
        document.number, document.symbol = number, symbol
        document.document_on = document_on
        document.version += 1
        search.reindex(session, search.DOCUMENT, document.id, search.terms_of_document(document))
        day = document_on.isoformat()
        _record(session, "document.numbered", document, actor, number=number, day=day)
        return needs.numbered and _number_taken(session, document)


def _number_taken(session: Session, document: OfficeDocument) -> bool:
    year = document.document_on.year if document.document_on else 0
    found = session.scalars(
        select(OfficeDocument.document_on).where(
            OfficeDocument.agency_id == document.agency_id,
            OfficeDocument.number == document.number,
            OfficeDocument.symbol == document.symbol,
            OfficeDocument.id != document.id,
            OfficeDocument.way.in_([way for way, needs in WAYS.items() if needs.numbered]),
            OfficeDocument.state != DocumentState.CANCELLED,
        )
    )
    return any(day is not None and day.year == year for day in found)


def send_back(
    session: Session, *, actor: Actor, document_id: int, version: int, reason: str, clerk: bool
) -> None:
    """Return a document with a reason: the person whose turn it is, or the clerk (`clerk`).

    Raises `Refused` and `Conflict`.
    """
    with transaction(session):
        document = _load(session, document_id, version, DocumentAct.RETURN)
        due = next((one for one in document.steps if one.state is StepState.DUE), None)
        own_turn = due is not None and due.person_id == actor.person_id is not None
        if not (clerk or own_turn):
            raise Refused("Chỉ người đến lượt ký hoặc văn thư trả lại được văn bản này.")
        if not reason.strip():
            raise Refused("Nêu lý do trả lại.")
        give_up(session, SigningJob.document_id == document.id, actor)
        document.state, document.reason = DocumentState.RETURNED, reason
        if due is not None:
            due.state, due.comment = StepState.RETURNED, reason
        document.version += 1
        place = due.place if due is not None else None
        sealed = audit.sealed(reason)
        _record(session, "document.returned", document, actor, step=place, reason_sha256=sealed)


def cancel(session: Session, *, actor: Actor, document_id: int, version: int, reason: str) -> None:
    """End a document that is not issued, with a reason. Raises `Refused` and `Conflict`."""
    with transaction(session):
        document = _load(session, document_id, version, DocumentAct.CANCEL)
        if not reason.strip():
            raise Refused("Nêu lý do hủy.")
        give_up(session, SigningJob.document_id == document.id, actor)
        document.state, document.reason = DocumentState.CANCELLED, reason
        for one in document.steps:
            if one.state in (StepState.WAITING, StepState.DUE):
                one.state = StepState.SKIPPED
        document.version += 1
        sealed = audit.sealed(reason)
        _record(session, "document.cancelled", document, actor, reason_sha256=sealed)


def _load(session: Session, document_id: int, version: int, act: DocumentAct) -> OfficeDocument:
    """The document, when this act may be done with it now and nobody changed it meanwhile."""
    document = load_document(session, document_id)
    expect_version(document, version)
    # A document that is finished inside the office has nobody left to return it.
    ended = act in (DocumentAct.RETURN, DocumentAct.CANCEL) and is_finished(document)
    if ended or next_state(document.state, act, people_left=1) is None:
        raise Refused("Văn bản không còn ở bước này. Xem lại trạng thái hiện tại.")
    return document


def is_finished(document: OfficeDocument) -> bool:
    """True when every signature is given and none of the agency is wanted (Bắc Ninh Điều 15.4)."""
    signed = all(one.state is StepState.SIGNED for one in document.steps)
    return document.state is DocumentState.SIGNED and signed


def _record(
    session: Session,
    event: str,
    document: OfficeDocument,
    actor: Actor,
    sha256: str | None = None,
    /,
    **body: audit.Value,
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=document.id,
        agency_id=document.agency_id,
        document_sha256=sha256,
        **body,
    )
