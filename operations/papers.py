"""Papers: drawn once and frozen, then proved by scan, by signatures or, for a time, by a click.

Bytes come from outside: a `Draw` is called inside the transaction, so the paper shows exactly the
rows that are written. What a paper does to devices stands in `operations/paper_effects.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

import audit
from audit import Actor
from models import AuditHead, Certificate, SigningJob
from operations import files
from operations.follow_ups import settle_paper
from operations.many_rows import add_many
from operations.paper_effects import cancel_moves, note_number, settle
from operations.paper_endings import end_paper
from operations.paper_proofs import CONFIRMABLE, lacks_to_go_out, level_of_paper, receivers_of
from operations.paper_signatures import add_signatures, end_signatures, left_of, pass_on
from operations.request_documents import Drawn
from operations.signing_job_records import give_up
from operations.transactions import Refused, expect_version, transaction
from rules.evidence import Evidence
from rules.office_documents import StepState
from rules.papers import FILE_WORDS, PaperFileRole, PaperKind, PaperState
from schema.custody import Paper, PaperConfirmation, PaperFile, PaperLine, PaperSignature

NOUN = "paper"
RETURNED = "returned"
LONGEST_NUMBER = 60


@dataclass(frozen=True)
class Line:
    """One device, certificate or person in a paper. `particulars` is drawn and kept beside."""

    device_id: int | None = None
    certificate_id: int | None = None
    person_id: int | None = None
    condition: str = ""
    note: str = ""
    particulars: Mapping[str, Any] = field(default_factory=dict)


Draw = Callable[[Paper], Drawn]


@dataclass(frozen=True)
class SignedSides:
    """What the verification of a signed copy found: who signed it, with which certificate.

    `sides` are anchors of the paper ("giver", "receiver", "signer"); `serials` the serial of the
    certificate of each.
    """

    sides: tuple[str, ...]
    serials: tuple[str, ...]


def make(
    session: Session,
    *,
    actor: Actor,
    kind: PaperKind,
    agency_id: int,
    made_on: date,
    lines: Sequence[Line],
    giver_id: int | None,
    receiver_id: int | None,
    particulars: Mapping[str, Any],
    draw: Draw,
    request_id: int | None = None,
    number: str = "",
    place: str = "",
) -> int:
    """Draw and freeze a paper; returns its number in the register. See `make_in`."""
    with transaction(session):
        paper = make_in(
            session,
            actor=actor,
            kind=kind,
            agency_id=agency_id,
            made_on=made_on,
            lines=lines,
            giver_id=giver_id,
            receiver_id=receiver_id,
            particulars=particulars,
            draw=draw,
            request_id=request_id,
            number=number,
            place=place,
        )
        return paper.id


def make_in(
    session: Session,
    *,
    actor: Actor,
    kind: PaperKind,
    agency_id: int,
    made_on: date,
    lines: Sequence[Line],
    giver_id: int | None,
    receiver_id: int | None,
    particulars: Mapping[str, Any],
    draw: Draw,
    request_id: int | None = None,
    number: str = "",
    place: str = "",
) -> Paper:
    """As `make`, inside the transaction of another act; records "paper.drawn".

    The head of the log at this moment goes into the foot of the paper. Whoever is logged in and
    receives confirms by the act itself. Raises `Refused` when it names nothing or lies ahead.
    """
    if made_on > actor.today:
        raise Refused("Ngày lập không được sau ngày hôm nay.")
    seq, short = session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    paper = Paper(
        agency_id=agency_id,
        kind=kind,
        state=PaperState.ISSUED,
        number=_number(number),
        made_on=made_on,
        place=place.strip()[:200],
        giver_id=giver_id,
        receiver_id=receiver_id,
        particulars=dict(particulars),
        request_id=request_id,
        witness_seq=seq,
        witness_hash=short,
        created_by_id=actor.user_id,
        created_at=actor.at,
    )
    session.add(paper)
    session.flush()
    add_many(session, [_line(one, position, paper.id) for position, one in enumerate(lines)])
    _freeze(paper, draw(paper), session, actor)
    return paper


def _freeze(paper: Paper, drawn: Drawn, session: Session, actor: Actor) -> None:
    """Keep the drawn bytes under their hash, and record that the paper was drawn."""
    paper.sha256 = files.store(session, drawn.pdf, files.PDF, at=actor.at)
    _keep(paper, actor, PaperFileRole.DRAWN, paper.sha256, _file_name(paper), drawn.anchors)
    if drawn.missing:
        paper.particulars = {**paper.particulars, "missing": list(drawn.missing)}
    if paper.particulars.get("medium") == "digital":
        add_signatures(paper, drawn.anchors.keys())
    if paper.receiver_id is not None and paper.receiver_id == actor.person_id:
        paper.confirmations.append(_confirmation(actor))
    session.flush()
    _record(
        session,
        "paper.drawn",
        paper,
        actor,
        kind=paper.kind.name,
        devices=[one.device_id for one in paper.lines if one.device_id is not None],
    )


def give_number(
    session: Session, *, actor: Actor, paper_id: int, version: int, number: str
) -> None:
    """Write down the number that the clerk gave; the frozen copy keeps its blank field.

    Raises `Refused` when it is empty or too long or the paper is cancelled, and `Conflict`.
    """
    typed = _number(number)
    if typed is None:
        raise Refused("Nhập số của biên bản, giấy tờ theo sổ văn bản của cơ quan.")
    with transaction(session):
        paper = _load(session, paper_id, version)
        if number_is_signed(paper):
            raise Refused("Số này đã nằm trong bản ký số nên không sửa được nữa.")
        give_up(session, SigningJob.paper_id == paper.id, actor)
        paper.number = typed
        paper.version += 1
        note_number(session, paper)
        _record(session, "paper.numbered", paper, actor, number=typed)


def add_evidence(
    session: Session,
    *,
    actor: Actor,
    paper_id: int,
    role: PaperFileRole,
    content: bytes,
    media_type: str,
    name: str,
    signed: SignedSides | None = None,
) -> str:
    """Keep a scan, photo, signed copy or receipt of a paper; returns the SHA-256 of the file.

    A scan, or the signatures of all sides (`signed`, found by the verification), prove the paper
    and let its devices move on. Raises `Refused` when the paper is cancelled, when a signed copy
    comes without any side's signature, or when its devices cannot move any more.
    """
    if role is PaperFileRole.DRAWN or not content:
        raise Refused("Chọn tệp bản quét, ảnh chụp hoặc bản đã ký số.")
    if role is PaperFileRole.SIGNED and (signed is None or not signed.sides):
        raise Refused("Tệp này chưa có chữ ký số của bên nào trong biên bản.")
    with transaction(session):
        paper = _load(session, paper_id, None)
        sha256 = files.store(session, content, media_type, at=actor.at)
        anchors: dict[str, Any] = {}
        if signed is not None:
            anchors = {"sides": list(signed.sides), "serials": list(signed.serials)}
        _keep(paper, actor, role, sha256, name[:260], anchors)
        _prove(session, actor, paper)
        if paper.state is PaperState.PROVEN:  # In another way: nobody is asked any more.
            give_up(session, SigningJob.paper_id == paper.id, actor)
            end_signatures(paper)
        _record(session, "paper.proved", paper, actor, document_sha256=sha256, role=role.name)
        return sha256


def signed_in(
    session: Session,
    *,
    actor: Actor,
    paper: Paper,
    signature: PaperSignature,
    content: bytes,
    job_id: int,
    certificate: Certificate,
) -> str:
    """Keep the copy that one more side has signed, inside the transaction of its signing job."""
    sha256 = files.store(session, content, files.PDF, at=actor.at)
    before = [one for one in paper.files if one.role is PaperFileRole.SIGNED]
    sides = list(before[-1].anchors.get("sides", [])) if before else []
    serials = list(before[-1].anchors.get("serials", [])) if before else []
    signature.state, signature.signed_at = StepState.SIGNED, actor.at
    signature.certificate_id = certificate.id
    pass_on(paper)
    kept = {
        "sides": [*sides, signature.side],
        "serials": [*serials, certificate.serial_number],
        "left": [one.side for one in left_of(paper)],
    }
    _keep(paper, actor, PaperFileRole.SIGNED, sha256, _file_name(paper, "da-ky-so"), kept)
    paper.version += 1
    _prove(session, actor, paper)
    _record(
        session,
        "paper.signed",
        paper,
        actor,
        document_sha256=sha256,
        job=job_id,
        certificate=certificate.id,
    )
    return sha256


def number_is_signed(paper: Paper) -> bool:
    """True once the number stands in a digital copy: it came with the agency's signature, or, on a
    paper without one, with the first.
    """
    given = [one for one in paper.signatures if one.state is StepState.SIGNED]
    sealed = any(one.person_id is None for one in paper.signatures)
    return any(one.person_id is None or not sealed for one in given) and bool(paper.number)


def returned(paper: Paper) -> str:
    """The reason for which somebody sent the paper back unsigned; empty when nobody did."""
    found = paper.particulars.get(RETURNED) or {}
    return str(found.get("reason", ""))


def confirm_receipt(session: Session, *, actor: Actor, paper_id: int) -> None:
    """The logged-in receiver confirms: a proof for the time being, until a signed one exists.

    Raises `Refused` when the actor receives nothing by this paper, or has confirmed already.
    """
    with transaction(session):
        paper = _load(session, paper_id, None)
        if paper.kind not in CONFIRMABLE or actor.person_id not in receivers_of(paper):
            raise Refused(
                "Chỉ người nhận ghi trong biên bản mới được xác nhận đã nhận thiết bị. Đề nghị "
                "người nhận đăng nhập và xác nhận, hoặc lưu bản quét biên bản đã ký."
            )
        if any(one.person_id == actor.person_id for one in paper.confirmations):
            raise Refused("Anh/chị đã xác nhận biên bản này rồi.")
        paper.confirmations.append(_confirmation(actor))
        session.flush()
        settle(session, actor, paper)
        _record(session, "paper.confirmed", paper, actor, person=actor.person_id)


def cancel(session: Session, *, actor: Actor, paper_id: int, version: int, reason: str) -> None:
    """Cancel a paper with a reason; the moves it carried are taken back where that is allowed.

    Raises `Refused` without a reason, when it is proved or sent, or when its moves stand.
    """
    if not reason.strip():
        raise Refused("Nêu lý do hủy.")
    with transaction(session):
        paper = _load(session, paper_id, version)
        if paper.state is PaperState.PROVEN or paper.sent_on is not None:
            raise Refused(
                "Giấy tờ đã có bản ký hoặc đã gửi nên không hủy được. Hãy lập giấy tờ tiếp theo "
                "cho đúng thực tế."
            )
        if paper.kind is PaperKind.STOCKTAKE:
            raise Refused(
                "Biên bản kiểm kê khóa sổ của cả đợt nên không hủy được. Có sai sót thì mở đợt "
                "kiểm kê mới và lập biên bản mới."
            )
        cancel_moves(session, actor, paper)
        end_paper(session, actor, paper, reason.strip())


def record_sending(
    session: Session,
    *,
    actor: Actor,
    paper_id: int,
    version: int,
    sent_on: date,
    channel: str,
    reference: str,
) -> None:
    """Write down that the paper, with its devices, went out; `reference` is the mã bưu gửi.

    With Mẫu số 08 the devices move to the authority. Raises `Refused`, for a letter also before it
    has number and signature, and `Conflict`.
    """
    with transaction(session):
        paper = _load(session, paper_id, version)
        if lacks := lacks_to_go_out(paper):
            raise Refused(lacks)
        if not paper.made_on <= sent_on <= actor.today:
            raise Refused("Ngày gửi phải từ ngày lập biên bản đến hôm nay.")
        paper.sent_on = sent_on
        paper.sent_channel = channel[:60]
        paper.sent_reference = reference.strip()[:200]
        paper.version += 1
        settle(session, actor, paper)
        settle_paper(session, actor, paper.id)
        _record(session, "paper.sent", paper, actor, channel=channel[:60], day=sent_on.isoformat())


def record_received(
    session: Session, *, actor: Actor, paper_id: int, version: int, received_on: date
) -> None:
    """Write down the day on which the authority received what was sent. Raises `Refused`."""
    with transaction(session):
        paper = _load(session, paper_id, version)
        if paper.sent_on is None:
            raise Refused("Ghi nhận việc gửi trước, rồi mới ghi ngày nơi nhận đã nhận.")
        if not paper.sent_on <= received_on <= actor.today:
            raise Refused("Ngày nhận phải từ ngày gửi đến hôm nay.")
        paper.received_on = received_on
        paper.version += 1
        settle(session, actor, paper)
        _record(session, "paper.received", paper, actor, day=received_on.isoformat())


# Parts --------------------------------------------------------------------------------------------


def _prove(session: Session, actor: Actor, paper: Paper) -> None:
    session.flush()
    if level_of_paper(paper).closes_gap:
        paper.state = PaperState.PROVEN
    if level_of_paper(paper) is not Evidence.NONE:
        settle(session, actor, paper)


def load_paper(session: Session, paper_id: int) -> Paper:
    """A paper with all its parts."""
    return session.scalars(
        select(Paper)
        .where(Paper.id == paper_id)
        .options(
            selectinload(Paper.lines).joinedload(PaperLine.device),
            selectinload(Paper.files),
            selectinload(Paper.confirmations),
            selectinload(Paper.signatures),
        )
    ).one()


def _load(session: Session, paper_id: int, version: int | None) -> Paper:
    paper = load_paper(session, paper_id)
    expect_version(paper, version)
    if paper.state is PaperState.CANCELLED:
        raise Refused("Giấy tờ này đã hủy.")
    return paper


def _line(one: Line, position: int, paper_id: int) -> PaperLine:
    return PaperLine(
        paper_id=paper_id,
        position=position,
        device_id=one.device_id,
        certificate_id=one.certificate_id,
        person_id=one.person_id,
        condition=one.condition.strip()[:200],
        note=one.note.strip()[:300],
        particulars=dict(one.particulars),
    )


def _keep(
    paper: Paper,
    actor: Actor,
    role: PaperFileRole,
    sha256: str,
    name: str,
    anchors: Mapping[str, Any],
) -> None:
    paper.files.append(
        PaperFile(
            role=role,
            sha256=sha256,
            name=name,
            anchors=dict(anchors),
            created_at=actor.at,
            created_by_id=actor.user_id,
        )
    )


def _confirmation(actor: Actor) -> PaperConfirmation:
    return PaperConfirmation(
        person_id=actor.person_id, user_id=actor.user_id, confirmed_at=actor.at
    )


def _file_name(paper: Paper, suffix: str = "") -> str:
    end = f"-{suffix}" if suffix else ""
    return f"{FILE_WORDS[paper.kind]}-{paper.made_on:%Y%m%d}-{paper.id}{end}.pdf"


def _number(typed: str) -> str | None:
    number = " ".join(typed.split())
    if len(number) > LONGEST_NUMBER:
        raise Refused(f"Số có nhiều nhất {LONGEST_NUMBER} ký tự.")
    return number or None


def _record(
    session: Session,
    event: str,
    paper: Paper,
    actor: Actor,
    *,
    document_sha256: str | None = None,
    **body: audit.Value,
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=paper.id,
        agency_id=paper.agency_id,
        document_sha256=document_sha256 or paper.sha256,
        **body,
    )
