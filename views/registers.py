"""Sổ: registers as they are printed and bound, A4 landscape, from whatever the lists show."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from labels import label
from letters import registers as drawing
from letters.errors import LetterError
from letters.paper import LogWitness
from letters.registers import Register, RegisterColumn, RegisterTooLong
from models import Agency, AuditHead, Certificate, Device, Person
from rules.certificates import CertificateState, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.names import head_name
from rules.papers import PaperKind, PaperState
from rules.permissions import Permission
from schema.custody import Paper, PaperLine
from views import certificate_register, devices
from views.certificate_days import Standing
from views.filters import ngay, serial
from views.finding import by_ids
from views.guards import account, below, requires
from views.papers import filters_asked, named_asked
from views.papers_data import SHORT_HASH
from views.register_pages import Asked, agencies, chosen_columns, chosen_ids

bp = Blueprint("registers", __name__, url_prefix="/so")

MOST = 5_000
"""Rows of one bound register, some 250 sheets; a wider choice is an export's matter."""
_HANDOVERS = (
    PaperKind.HANDOVER,
    PaperKind.INTERNAL_RETURN,
    PaperKind.RETURN_TO_AUTHORITY,
    PaperKind.INTAKE,
    PaperKind.STATUS,
    PaperKind.CORRECTION,
    PaperKind.PERMISSION,
    PaperKind.LOSS,
)
_WIDE = {"nguoi-giu": 1.6, "thue-bao": 1.6, "don-vi": 1.6, "so-hieu": 1.8, "ghi-chu": 1.4}

_MEMBERS: Mapping[str, tuple[type[StrEnum], ...]] = {
    "trang-thai": (DeviceState, CertificateState, PaperState),
    "loai": (DeviceKind, SubscriberKind, PaperKind),
}

DEVICE_CELLS: Mapping[str, Callable[[Device], str]] = {
    "nguoi-giu": lambda row: row.holder.full_name if row.holder else "",
    "ma": lambda row: row.internal_code,
    "so-in": lambda row: row.printed_serial or "chưa xác định",
    "so-doc": lambda row: row.driver_serial or "chưa xác định",
    "so-thong-bao": lambda row: row.notice_serial or "chưa xác định",
    "loai": lambda row: label(row.kind),
    "kieu": lambda row: ", ".join(one for one in (row.model, row.generation) if one),
    "don-vi": lambda row: row.agency.name,
    "trang-thai": lambda row: label(row.state),
    "ngay-nhan": lambda row: ngay(row.received_on),
    "ban-giao": lambda row: ngay(row.handed_over_on),
    "bien-ban": lambda row: row.handover_minutes or ("chưa có" if row.handed_over_on else ""),
    "ghi-chu": lambda row: row.note,
}
CERTIFICATE_CELLS: Mapping[str, Callable[[Certificate, Standing], str]] = {
    "thue-bao": lambda row, _: row.common_name,
    "so-hieu": lambda row, _: serial(row.serial_number),
    "loai": lambda row, _: label(row.kind),
    "don-vi": lambda row, _: row.agency.name,
    "thu": lambda row, _: row.email or "",
    "hieu-luc": lambda row, _: ngay(row.not_before),
    "het-han": lambda row, _: ngay(row.expires_on),
    "trang-thai": lambda _, standing: label(standing.state),
    "han-nop": lambda _, standing: ngay(standing.file_by_on),
    "tiep-nhan": lambda _, standing: ngay(standing.last_receipt_on),
    "gia-han": lambda row, _: "chưa rõ" if row.renewals is None else str(row.renewals),
    "thiet-bi": lambda row, _: _device_of(row),
    "cap-boi": lambda row, _: row.issuer_name,
}


def _device_of(row: Certificate) -> str:
    one = row.device
    return (one.printed_serial or one.driver_serial or one.internal_code) if one else ""


@bp.get("/thiet-bi.pdf")
@requires(Permission.DEVICE_VIEW)
def device_register() -> ResponseReturnValue:
    """Sổ thiết bị: the chosen columns of the ticked devices, or of all that the filters leave."""
    asked, ticked = Asked.from_request(), chosen_ids(request.args.get("chon", ""))
    ids = ticked or devices.find_rows(asked, MOST + 1)
    scope = account().scope(Permission.DEVICE_VIEW)
    visible = scope.clause(Device.agency_id, Device.holder_id)
    rows = by_ids(db.session(), Device, _visible(Device, ids, visible), devices.LISTED)
    names = chosen_columns(devices.COLUMNS)
    return _answer(
        "Thiết bị lưu khóa bí mật",
        "so-thiet-bi.pdf",
        [(devices.COLUMNS[name][0], _WIDE.get(name, 1.0)) for name in names],
        ([DEVICE_CELLS[name](row) for name in names] for row in rows),
        len(ids),
        asked.agency_id,
        "devices.paper",
    )


@bp.get("/chung-thu.pdf")
@requires(Permission.CERTIFICATE_VIEW)
def certificates() -> ResponseReturnValue:
    """Sổ chứng thư: the chosen columns of the ticked certificates, or of all filtered."""
    asked, ticked = Asked.from_request(), chosen_ids(request.args.get("chon", ""))
    ids = ticked or certificate_register.find_rows(asked, MOST + 1)
    scope = account().scope(Permission.CERTIFICATE_VIEW)
    visible = scope.clause(Certificate.agency_id, Certificate.person_id)
    found = _visible(Certificate, ids, visible)
    rows = by_ids(db.session(), Certificate, found, certificate_register.LISTED)
    names = chosen_columns(certificate_register.COLUMNS)
    now, margin = clock.now(), certificate_register.margin_of_person()
    standings = ((row, Standing.of(row, now, margin)) for row in rows)
    return _answer(
        "Chứng thư chữ ký số chuyên dùng công vụ",
        "so-chung-thu.pdf",
        [(certificate_register.COLUMNS[name][0], _WIDE.get(name, 1.0)) for name in names],
        ([CERTIFICATE_CELLS[name](row, standing) for name in names] for row, standing in standings),
        len(ids),
        asked.agency_id,
        "certificates.paper",
    )


@bp.get("/ban-giao.pdf")
@requires(Permission.PAPER_VIEW)
def handovers() -> ResponseReturnValue:
    """Sổ bàn giao: each device of each minutes in scope, in the order in which they were made."""
    agency_id = request.args.get("don-vi", type=int)
    lines = _handover_lines(agency_id)
    columns = [
        ("Ngày", 1.0), ("Biên bản", 1.6), ("Số", 0.9), ("Thiết bị", 1.2), ("Thuê bao", 1.5),
        ("Bên giao", 1.4), ("Bên nhận", 1.4), ("Tình trạng", 0.9), ("Bằng chứng", 1.0),
    ]  # fmt: skip
    return _answer(
        "Bàn giao, thu hồi thiết bị lưu khóa bí mật",
        "so-ban-giao.pdf",
        columns,
        (_handover(one) for one in lines),
        len(lines),
        agency_id,
        "papers.index",
    )


def _handover_lines(agency_id: int | None) -> Sequence[PaperLine]:
    view = Permission.PAPER_VIEW
    place = agencies(view, agency_id)
    where = [
        account().scope(view).clause(Paper.agency_id),
        Paper.kind.in_(_HANDOVERS),
        Paper.state != PaperState.CANCELLED,
        *filters_asked(),
    ]
    if (sought := named_asked()) is not None:
        where.append(sought.clause)
    if place.path:
        where.append(Paper.agency_id.in_(select(Agency.id).where(below(place.path))))
    return db.session.scalars(
        select(PaperLine)
        .join(Paper, Paper.id == PaperLine.paper_id)
        .where(*where, PaperLine.device_id.is_not(None))
        .options(
            joinedload(PaperLine.device).load_only(Device.internal_code),
            joinedload(PaperLine.person).load_only(Person.full_name),
            joinedload(PaperLine.paper).options(
                joinedload(Paper.giver).load_only(Person.full_name),
                joinedload(Paper.receiver).load_only(Person.full_name),
            ),
        )
        .order_by(Paper.made_on, Paper.id, PaperLine.position)
        .limit(MOST + 1)
    ).all()


def _handover(line: PaperLine) -> Sequence[str]:
    paper, told = line.paper, line.particulars
    agency = paper.particulars.get("agency", {}).get("name", "")
    giver = paper.giver.full_name if paper.giver else agency
    receiver = paper.receiver or line.person
    serial_number = (told.get("device_serial") or "").removeprefix("mã ")
    code = line.device.internal_code if line.device else ""
    return (
        ngay(paper.made_on),
        label(paper.kind),
        paper.number or "",
        "\n".join(dict.fromkeys(one for one in (code, serial_number) if one)),
        told.get("certificate_name", ""),
        giver,
        receiver.full_name if receiver else agency,
        line.condition,
        label(paper.state),
    )


# Shared -------------------------------------------------------------------------------------------


def _visible(model: Any, ids: Sequence[int], clause: Any) -> list[int]:
    """The numbers among these that the person may see, in the same order."""
    found = set(db.session.scalars(select(model.id).where(model.id.in_(ids), clause)))
    return [one for one in ids if one in found]


def _answer(
    title: str,
    name: str,
    columns: Sequence[tuple[str, float]],
    rows: Iterator[Sequence[str]],
    total: int,
    agency_id: int | None,
    back: str,
) -> ResponseReturnValue:
    """The register as PDF; when there is too much of it, back to the list with the reason."""
    if total > MOST:
        flash(
            f"Sổ in ra có hơn {MOST:,} dòng. ".replace(",", ".")
            + "Chọn đơn vị, trạng thái hoặc loại để in từng phần, hoặc xuất ra Excel.",
            "error",
        )
        return redirect(url_for(back, **_kept()), 303)
    data = _register(title, columns, rows, _agency(agency_id))
    try:
        drawn = drawing.draw(data)
    except (RegisterTooLong, LetterError) as error:
        flash(str(error), "error")
        return redirect(url_for(back, **_kept()), 303)
    answer = Response(drawn.pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _register(
    title: str,
    columns: Sequence[tuple[str, float]],
    rows: Iterator[Sequence[str]],
    agency: Agency | None,
) -> Register:
    head = db.session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    person = account().user
    return Register(
        parent_agency=head_name(agency.parent.name) if agency and agency.parent else "",
        agency=head_name(agency.name) if agency else "",
        title=title,
        scope=_scope_words(),
        on=clock.today(),
        place=agency.place_name if agency else "",
        columns=(
            RegisterColumn("STT", 0.5, True),
            *(RegisterColumn(words, share) for words, share in columns),
        ),
        rows=([str(number), *cells] for number, cells in enumerate(rows, start=1)),
        keeper=person.display_name,
        witness=LogWitness(head.seq, head.hash[:SHORT_HASH]),
    )


def _kept() -> dict[str, Any]:
    """The parameters of this address, to go back with."""
    return {key: values for key, values in request.args.lists() if any(values)}


def _agency(agency_id: int | None) -> Agency | None:
    """Whose register it is: the chosen unit, else the agency of the person's role."""
    grants = account().user.grants
    number = agency_id or (grants[0].agency_id if grants else 0)
    return db.session.get(Agency, number, options=[joinedload(Agency.parent)])


def _scope_words() -> str:
    """One line about what was chosen, in the words of the lists."""
    told = []
    for name, words in (("q", "khớp với"), ("trang-thai", "trạng thái"), ("loai", "loại")):
        if value := request.args.get(name, "").strip():
            told.append(f"{words} {_word_of(name, value)}")
    if request.args.get("chon"):
        told.append("các dòng đã chọn")
    return f"Phạm vi: {'; '.join(told)}." if told else ""


def _word_of(name: str, value: str) -> str:
    for choices in _MEMBERS.get(name, ()):
        if value in choices.__members__:
            return label(choices[value])
    return f"“{value}”"
