"""Taking in a parcel from the authority: what came is compared, entered into stock, and recorded.

The comparison is that of `rules/intake.py`; a person may say which request a line answers. Nothing
is entered whose serial the register has already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from audit import Actor
from models import Agency, CertificateRequest, Device, RequestLine, SearchTerm
from operations import devices, follow_ups, paper_lines, search
from operations.custody import Circumstances, enter, record_moved
from operations.many_rows import add_many
from operations.papers import Draw, Line, make_in
from operations.transactions import Refused, transaction
from rules.devices import DeviceKind, DeviceState
from rules.evidence import Evidence
from rules.intake import (
    ACCEPTED,
    Compared,
    IntakeVerdict,
    ParcelLine,
    RequestedLine,
    compare,
)
from rules.lifecycle import CustodyAct
from rules.papers import PaperKind
from rules.requests import LineState, RequestKind, RequestState
from rules.serials import normalise_serial
from schema.custody import Paper

ENTERED = ACCEPTED | {IntakeVerdict.UNREADABLE}
"""Verdicts whose device enters the register; one that is unreadable gets an internal code."""
KINDS = (DeviceKind.PKI_TOKEN, DeviceKind.HSM)
"""What comes in a parcel; a SIM comes from the network, ký số tập trung is an account."""


@dataclass(frozen=True)
class Parcel:
    """One parcel. `answers` says by hand which request line a line of it answers (position -> line
    of the request, None: none); `left_out` are positions that a person did not accept.
    """

    agency_id: int
    received_on: date
    lines: tuple[ParcelLine, ...]
    kind: DeviceKind = DeviceKind.PKI_TOKEN
    model: str = ""
    receiver_id: int | None = None
    witness_id: int | None = None
    place: str = ""
    number: str = ""
    answers: Mapping[int, int | None] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    digital: bool = False
    particulars: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """The list of differences, with the request lines that still wait for their device."""

    compared: tuple[Compared, ...]
    waiting: tuple[RequestedLine, ...]


def look(session: Session, parcel: Parcel) -> Comparison:
    """Compare a parcel with what was asked for and with the register, in a fixed number of
    statements.
    """
    agency = session.get_one(Agency, parcel.agency_id)
    waiting = waiting_lines(session, agency)
    lines = _as_answered(parcel, waiting)
    found = compare(lines, waiting, _register(session, lines))
    return Comparison(found, tuple(waiting))


def waiting_lines(session: Session, agency: Agency) -> list[RequestedLine]:
    """Lines of first issues sent by the agency (or below it) whose device has not come yet."""
    rows = session.scalars(
        _waiting(select(RequestLine), agency)
        .options(
            joinedload(RequestLine.certificate_request),
            joinedload(RequestLine.person),
            joinedload(RequestLine.subject_agency),
            joinedload(RequestLine.system),
        )
        .order_by(RequestLine.request_id, RequestLine.position)
    )
    return [_requested(one) for one in rows]


def count_waiting(session: Session, agency: Agency) -> int:
    """How many lines `waiting_lines` would find."""
    return session.scalar(_waiting(select(func.count(RequestLine.id)), agency)) or 0


def _waiting(query: Select[Any], agency: Agency) -> Select[Any]:
    return (
        query.join(CertificateRequest, CertificateRequest.id == RequestLine.request_id)
        .join(Agency, Agency.id == CertificateRequest.agency_id)
        .where(
            Agency.path >= agency.path,
            Agency.path < agency.path[:-1] + "0",  # "0" follows "/": this agency and all below.
            CertificateRequest.kind == RequestKind.ISSUANCE,
            CertificateRequest.state.in_((RequestState.SENT, RequestState.COMPLETED)),
            CertificateRequest.central_signing.is_(False),
            RequestLine.state.in_((LineState.OPEN, LineState.GRANTED)),
            RequestLine.device_id.is_(None),
            RequestLine.sim_pki == "",
        )
    )


def accept(session: Session, parcel: Parcel, *, actor: Actor, draw: Draw) -> int:
    """Enter what came into stock, tie it to its requests and freeze the minutes; returns the paper.

    Raises `Refused` for an empty parcel, a kind that does not come in parcels, or a day ahead.
    """
    if parcel.kind not in KINDS:
        raise Refused("Chỉ PKI Token và HSM được tiếp nhận theo bưu gửi.")
    if not parcel.lines:
        raise Refused("Chưa có thiết bị nào. Quét hoặc dán số hiệu, mỗi dòng một thiết bị.")
    with transaction(session):
        comparison = look(session, parcel)
        taken = [
            one
            for one in comparison.compared
            if one.verdict in ENTERED and one.position not in parcel.left_out
        ]
        rows = _enter_devices(session, parcel, taken)
        paper = _minutes(session, parcel, comparison, rows, actor, draw)
        level = Evidence.INTERIM if parcel.receiver_id == actor.person_id else Evidence.NONE
        how = Circumstances(parcel.received_on, paper_id=paper.id, evidence=level)
        made = list(rows.values())
        if made:
            enter(session, actor, made, CustodyAct.RECEIVE, how)
            _answer_requests(session, taken, rows)
            follow_ups.settle_entered(session, actor, made)
            record_moved(session, actor, made, CustodyAct.RECEIVE, paper.id)
        return paper.id


# Parts --------------------------------------------------------------------------------------------


def _requested(line: RequestLine) -> RequestedLine:
    request = line.certificate_request
    subject, email = "", ""
    if line.person is not None:
        subject, email = line.person.full_name, line.person.email or ""
    elif line.system is not None:
        subject, email = line.system.name, line.system.email or ""
    elif line.subject_agency is not None:
        subject, email = line.subject_agency.name, line.subject_agency.email or ""
    number = request.document_number or f"trong sổ {request.id}"
    day = f" ngày {request.document_on:%d/%m/%Y}" if request.document_on else ""
    return RequestedLine(line.id, f"Văn bản số {number}{day}", subject, email)


def _as_answered(parcel: Parcel, waiting: Iterable[RequestedLine]) -> list[ParcelLine]:
    """The lines with the name and address of the request that a person chose for them."""
    known = {one.line_id: one for one in waiting}
    found = []
    for position, line in enumerate(parcel.lines):
        chosen = known.get(parcel.answers.get(position) or 0)
        found.append(line if chosen is None else _named_after(line, chosen))
    return found


def _named_after(line: ParcelLine, chosen: RequestedLine) -> ParcelLine:
    return ParcelLine(
        line.printed_serial,
        line.driver_serial,
        line.notice_serial,
        line.certificate_serial,
        line.subject_name or chosen.subject_name,
        chosen.email or line.email,
    )


def _register(session: Session, lines: Sequence[ParcelLine]) -> list[tuple[str, int]]:
    terms = {serial.lower() for line in lines for serial in line.serials}
    rows = session.scalars(
        select(Device)
        .join(SearchTerm, SearchTerm.object_id == Device.id)
        .where(SearchTerm.noun == search.DEVICE, SearchTerm.term.in_(terms))
    )
    return [
        (serial, row.id)
        for row in rows.unique()
        for serial in (row.printed_serial, row.driver_serial, row.notice_serial)
        if serial
    ]


def _enter_devices(
    session: Session, parcel: Parcel, taken: Sequence[Compared]
) -> dict[int, Device]:
    """The new devices by their position in the parcel, indexed for search."""
    codes = devices.free_codes(session, parcel.agency_id, len(taken))
    rows: dict[int, Device] = {}
    for code, one in zip(codes, taken, strict=True):
        line = one.parcel or ParcelLine()
        rows[one.position or 0] = Device(
            agency_id=parcel.agency_id,
            kind=parcel.kind,
            state=DeviceState.IN_STOCK,
            internal_code=code,
            printed_serial=line.printed_serial.strip() or None,
            driver_serial=line.driver_serial.strip() or None,
            notice_serial=line.notice_serial.strip() or None,
            model=parcel.model.strip(),
            received_on=parcel.received_on,
            sort_key="",
        )
    rows = dict(zip(rows, add_many(session, list(rows.values())), strict=True))
    terms = {one.id: search.terms_of_device(one, None) for one in rows.values()}
    search.reindex_many(session, search.DEVICE, terms)
    return rows


def _answer_requests(
    session: Session, taken: Sequence[Compared], rows: Mapping[int, Device]
) -> None:
    answered = {
        one.requested.line_id: rows[one.position or 0].id
        for one in taken
        if one.requested is not None
    }
    for line in session.scalars(select(RequestLine).where(RequestLine.id.in_(answered))):
        line.device_id = answered[line.id]


def _minutes(
    session: Session,
    parcel: Parcel,
    comparison: Comparison,
    rows: Mapping[int, Device],
    actor: Actor,
    draw: Draw,
) -> Paper:
    agency = session.get_one(Agency, parcel.agency_id)
    managing = paper_lines.managing_agency(session, agency)
    wanted = {parcel.receiver_id, parcel.witness_id} - {None}
    people = paper_lines.people(session, {one for one in wanted if one is not None})
    answers = {one.requested.request for one in comparison.compared if one.requested is not None}
    told = {
        **parcel.particulars,
        "agency": paper_lines.of_agency(managing),
        "receiver": paper_lines.of_person(people.get(parcel.receiver_id or 0), parcel.received_on),
        "witness": {
            **paper_lines.of_person(people.get(parcel.witness_id or 0), parcel.received_on),
            **({"person_id": parcel.witness_id} if parcel.witness_id else {}),
        },
        "parcel_on": parcel.received_on.isoformat(),
        "answers": sorted(answers),
        "asked": len(comparison.waiting),
        "medium": "digital" if parcel.digital else "wet",
    }
    return make_in(
        session,
        actor=actor,
        kind=PaperKind.INTAKE,
        agency_id=managing.id,
        made_on=parcel.received_on,
        lines=[_line(parcel, one, rows) for one in comparison.compared],
        giver_id=None,
        receiver_id=parcel.receiver_id,
        particulars=told,
        draw=draw,
        number=parcel.number,
        place=parcel.place,
    )


DIFFERENCES: Mapping[IntakeVerdict, str] = {
    IntakeVerdict.NAME_DIFFERS: "Tên khác với đề nghị",
    IntakeVerdict.NOT_REQUESTED: "Không có trong đề nghị nào",
    IntakeVerdict.NOT_IN_PARCEL: "Đã đề nghị, không có trong bưu gửi",
    IntakeVerdict.ALREADY_IN_REGISTER: "Số hiệu đã có trong sổ, không ghi thêm",
    IntakeVerdict.TWICE_IN_PARCEL: "Số hiệu ghi hai lần",
    IntakeVerdict.UNREADABLE: "Không đọc được số hiệu, dùng mã quản lý",
    IntakeVerdict.SEVERAL_REQUESTS: "Nhiều đề nghị cùng tên, chưa xác định",
}
"""What the minutes say of a line that does not simply fit."""


def _line(parcel: Parcel, one: Compared, rows: Mapping[int, Device]) -> Line:
    device = rows.get(one.position) if one.position is not None else None
    line = one.parcel or ParcelLine()
    difference = DIFFERENCES.get(one.verdict, "")
    if one.position in parcel.left_out and one.verdict in ENTERED:
        difference = "Không nhận"
    asked = one.requested.subject_name if one.requested is not None else ""
    if one.verdict is IntakeVerdict.NAME_DIFFERS:
        difference += f" ({asked})"
    serial = next(filter(None, (line.printed_serial, line.notice_serial, line.driver_serial)), "")
    told = {
        "certificate_name": line.subject_name or asked,
        "certificate_serial": line.certificate_serial,
        "device_serial": serial or (f"mã {device.internal_code}" if device else ""),
        "internal_code": device.internal_code if device else "",
        "device_kind": parcel.kind.name,
        "difference": difference,
    }
    return Line(
        device_id=device.id if device else None,
        condition="Nguyên vẹn" if device else "",
        note=one.requested.request if one.requested is not None else "",
        particulars=told,
    )


def parse_lines(typed: str) -> tuple[ParcelLine, ...]:
    """Lines as they are scanned or pasted: serial, then name, e-mail and serial of the certificate.

    Parts are parted by tabs, semicolons or vertical bars. A line of "?" is a device whose serial
    cannot be read; empty lines are skipped.
    """
    found = []
    for raw in typed.replace("\r", "\n").split("\n"):
        if not raw.strip():
            continue
        parts = [one.strip() for one in raw.replace(";", "\t").replace("|", "\t").split("\t")]
        serial, name, email, certificate, *_ = [*parts, "", "", "", ""]
        if not normalise_serial(serial.strip("?")):
            serial = ""
        found.append(
            ParcelLine(
                printed_serial=serial,
                subject_name=name,
                email=email,
                certificate_serial=certificate,
            )
        )
    return tuple(found)
