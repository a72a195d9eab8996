"""The lists that can be taken away: for each its columns, one statement, and how a row is written.

`agency` is the column that says where a row belongs; whoever takes it away narrows the statement to
where the person may export.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

import clock
from labels import label
from models import Agency, Certificate, CertificateRequest, Device, Person, Position
from operations.personal import CitizenIds
from rules.incidents import IncidentKind
from rules.lifecycle import CustodyAct
from rules.permissions import Permission
from rules.serials import display_serial
from schema.custody import CustodyMove, Incident, Paper
from sheets.tables_out import OutCell, OutColumn
from views import certificate_register, devices, people
from views.certificate_days import Standing
from views.register_pages import Asked

Statement = Any  # A Select of some columns; each list has others.


@dataclass(frozen=True)
class Listed:
    """One list, ready to be written."""

    title: str
    permission: Permission
    columns: Sequence[OutColumn]
    statement: Statement
    agency: ColumnElement[int] | InstrumentedAttribute[int]
    values: Callable[[Any], Sequence[OutCell]]


def _text(heading: str, width: float = 16) -> OutColumn:
    return OutColumn(heading, width, text=True)


_PEOPLE = (
    OutColumn("Họ và tên", 28), _text("Mã số cán bộ"), OutColumn("Ngày sinh", 12),
    OutColumn("Chức vụ", 24), OutColumn("Đơn vị công tác", 36), _text("Thư điện tử công vụ", 30),
    _text("Số điện thoại", 14), OutColumn("Nghỉ, chuyển đi từ", 14),
)  # fmt: skip


def of_people(asked: Asked, citizen_ids: CitizenIds | None = None) -> Listed:
    """People by the filters; with `citizen_ids`, their numbers in the clear."""
    titles = (
        select(func.aggregate_strings(Position.title, "; "))
        .where(Position.person_id == Person.id, Position.until_on.is_(None))
        .correlate(Person)
        .scalar_subquery()
    )
    statement = (
        select(
            Person.id, Person.full_name, Person.staff_number, Person.birth_on,
            titles.label("titles"), Agency.name.label("agency"), Person.email, Person.phone,
            Person.left_on, Person.citizen_id_cipher, Person.citizen_id_issued_on,
            Person.citizen_id_issued_by,
        )
        .join(Agency, Agency.id == Person.agency_id)
        .where(Person.id.in_(people.all_rows(asked)))
        .order_by(Person.sort_key, Person.id)
    )  # fmt: skip
    columns = [*_PEOPLE]
    if citizen_ids is not None:
        columns += [
            _text("Số định danh cá nhân", 18), OutColumn("Ngày cấp", 12), OutColumn("Nơi cấp", 28),
        ]  # fmt: skip

    def values(row: Any) -> Sequence[OutCell]:
        found: tuple[OutCell, ...] = (
            row.full_name, row.staff_number, row.birth_on, row.titles, row.agency, row.email,
            row.phone, row.left_on,
        )  # fmt: skip
        if citizen_ids is None:
            return found
        cipher = row.citizen_id_cipher
        number = citizen_ids.open(cipher, row.id) if cipher else None
        return (*found, number, row.citizen_id_issued_on, row.citizen_id_issued_by)

    title = "Danh sách cá nhân" if citizen_ids is None else "Danh sách cá nhân kèm số định danh"
    return Listed(title, Permission.PERSON_SEARCH, columns, statement, Person.agency_id, values)


def of_devices(asked: Asked) -> Listed:
    """Devices by the filters."""
    statement = (
        select(
            Device.internal_code, Device.kind, Device.printed_serial, Device.driver_serial,
            Device.notice_serial, Device.model, Device.generation, Device.phone_number,
            Device.network, Device.state, Person.full_name.label("holder"),
            Person.email.label("email"),
            Agency.name.label("agency"), Device.received_on, Device.handed_over_on,
            Device.handover_minutes, Device.note,
        )
        .join(Agency, Agency.id == Device.agency_id)
        .outerjoin(Person, Person.id == Device.holder_id)
        .where(Device.id.in_(devices.all_rows(asked)))
        .order_by(Device.sort_key, Device.id)
    )  # fmt: skip
    columns = (
        _text("Mã quản lý", 14), OutColumn("Loại thiết bị", 14),
        _text("Số hiệu in trên thiết bị", 22), _text("Số hiệu đọc từ thiết bị", 22),
        _text("Số hiệu ghi trong thông báo", 22), OutColumn("Kiểu, hãng", 18),
        OutColumn("Thế hệ", 12), _text("Số điện thoại ký số", 14), OutColumn("Nhà mạng", 12),
        OutColumn("Tình trạng", 18),
        OutColumn("Người giữ", 28), _text("Thư điện tử công vụ", 30),
        OutColumn("Đơn vị quản lý", 36), OutColumn("Ngày nhận về", 12),
        OutColumn("Ngày bàn giao", 12), _text("Số biên bản", 18), OutColumn("Ghi chú", 30),
    )  # fmt: skip

    def values(row: Any) -> Sequence[OutCell]:
        code, kind, *rest = row
        rest[6] = label(row.state)
        return (code, label(kind), *rest)

    return Listed(
        "Sổ thiết bị lưu khóa bí mật", Permission.DEVICE_VIEW, columns, statement,
        Device.agency_id, values,
    )  # fmt: skip


def of_certificates(asked: Asked) -> Listed:
    """Certificates by the filters, with their state and days as of now."""
    order = Certificate.expires_on if asked.order == certificate_register.BY_DAY else None
    statement = (
        select(
            Certificate.common_name, Certificate.kind, Certificate.serial_number,
            Certificate.email, Agency.name.label("agency"), Certificate.not_before,
            Certificate.not_after, Certificate.expires_on, Certificate.renewals,
            Certificate.revoked_at, Certificate.issuer_name, Device.internal_code,
            Device.printed_serial, Device.driver_serial,
        )
        .join(Agency, Agency.id == Certificate.agency_id)
        .outerjoin(Device, Device.id == Certificate.device_id)
        .where(Certificate.id.in_(certificate_register.all_rows(asked)))
        .order_by(*([order] if order is not None else []), Certificate.sort_key, Certificate.id)
    )  # fmt: skip
    columns = (
        OutColumn("Tên thuê bao", 30), OutColumn("Loại thuê bao", 20),
        _text("Số hiệu chứng thư", 24), _text("Thư điện tử công vụ", 30),
        OutColumn("Đơn vị quản lý", 36), OutColumn("Có hiệu lực từ", 12),
        OutColumn("Hết hạn", 12), OutColumn("Trạng thái", 24), OutColumn("Nộp chậm nhất", 12),
        OutColumn("Tiếp nhận chậm nhất", 12), OutColumn("Số lần gia hạn", 10),
        _text("Mã thiết bị", 14), _text("Số hiệu thiết bị", 22), OutColumn("Cơ quan cấp", 30),
    )  # fmt: skip
    now, margin = clock.now(), certificate_register.margin_of_person()

    def values(row: Any) -> Sequence[OutCell]:
        standing = Standing.of(row, now, margin)
        begins = row.not_before.astimezone(clock.VIETNAM).date()
        return (
            row.common_name, label(row.kind), display_serial(row.serial_number), row.email,
            row.agency, begins, row.expires_on, label(standing.state), standing.file_by_on,
            standing.last_receipt_on, "chưa rõ" if row.renewals is None else row.renewals,
            row.internal_code, row.printed_serial or row.driver_serial, row.issuer_name,
        )  # fmt: skip

    return Listed(
        "Sổ chứng thư chữ ký số", Permission.CERTIFICATE_VIEW, columns, statement,
        Certificate.agency_id, values,
    )  # fmt: skip


def of_requests(_asked: Asked) -> Listed:
    """Letters to the authority, newest first."""
    row = CertificateRequest
    statement = (
        select(
            row.id, row.kind, row.document_number, row.document_on, row.addressee, row.state,
            row.sent_on, row.received_on, row.dossier_code, row.result_on, row.result_note,
            Agency.name.label("agency"),
        )
        .join(Agency, Agency.id == row.agency_id)
        .order_by(row.id.desc())
    )  # fmt: skip
    columns = (
        OutColumn("Mã trong sổ", 10), OutColumn("Loại yêu cầu", 20), _text("Số văn bản", 16),
        OutColumn("Ngày văn bản", 12), OutColumn("Nơi nhận", 36), OutColumn("Trạng thái", 20),
        OutColumn("Ngày gửi", 12), OutColumn("Ngày tiếp nhận", 12), _text("Mã hồ sơ", 16),
        OutColumn("Ngày có kết quả", 12), OutColumn("Kết quả", 30), OutColumn("Cơ quan gửi", 36),
    )  # fmt: skip

    def values(one: Any) -> Sequence[OutCell]:
        number, kind, *rest = one
        rest[3] = label(one.state)
        return (number, label(kind), *rest)

    return Listed(
        "Sổ theo dõi yêu cầu chứng thực", Permission.CERTIFICATE_REQUEST_VIEW, columns, statement,
        row.agency_id, values,
    )  # fmt: skip


def of_moves(_asked: Asked) -> Listed:
    """What was done with devices, newest first; what was taken back says so."""
    before, after = aliased(Person), aliased(Person)
    statement = (
        select(
            CustodyMove.moved_on, CustodyMove.act, Device.internal_code, Device.printed_serial,
            Device.driver_serial, Device.notice_serial, before.full_name.label("giver"),
            after.full_name.label("receiver"), CustodyMove.state_after,
            Paper.number.label("paper"), CustodyMove.reason, Agency.name.label("agency"),
        )
        .join(Device, Device.id == CustodyMove.device_id)
        .join(Agency, Agency.id == CustodyMove.agency_after_id)
        .outerjoin(before, before.id == CustodyMove.holder_before_id)
        .outerjoin(after, after.id == CustodyMove.holder_after_id)
        .outerjoin(Paper, Paper.id == CustodyMove.paper_id)
        .order_by(CustodyMove.id.desc())
    )  # fmt: skip
    columns = (
        OutColumn("Ngày", 12), OutColumn("Việc", 26), _text("Mã thiết bị", 14),
        _text("Số hiệu thiết bị", 22), OutColumn("Người giữ trước", 28),
        OutColumn("Người giữ sau", 28), OutColumn("Tình trạng sau", 18),
        _text("Số biên bản", 16), OutColumn("Lý do, ghi chú", 30), OutColumn("Đơn vị", 36),
    )  # fmt: skip

    def values(one: Any) -> Sequence[OutCell]:
        return (
            one.moved_on, label(CustodyAct(one.act)), one.internal_code,
            one.printed_serial or one.driver_serial or one.notice_serial, one.giver, one.receiver,
            label(one.state_after), one.paper, one.reason, one.agency,
        )  # fmt: skip

    return Listed(
        "Sổ giao nhận thiết bị lưu khóa bí mật", Permission.PAPER_VIEW, columns, statement,
        CustodyMove.agency_after_id, values,
    )  # fmt: skip


def of_incidents(_asked: Asked) -> Listed:
    """Incidents, newest first."""
    statement = (
        select(
            Incident.kind, Device.internal_code, Person.full_name, Incident.noticed_at,
            Incident.happened, Incident.circumstances, Incident.measures, Incident.cause,
            Incident.prevention, Incident.found_at, Incident.closed_at,
            Agency.name.label("agency"),
        )
        .join(Agency, Agency.id == Incident.agency_id)
        .outerjoin(Device, Device.id == Incident.device_id)
        .outerjoin(Person, Person.id == Incident.holder_id)
        .order_by(Incident.id.desc())
    )  # fmt: skip
    columns = (
        OutColumn("Loại sự cố", 20), _text("Mã thiết bị", 14), OutColumn("Người giữ", 28),
        OutColumn("Ngày báo", 12), OutColumn("Khi nào, ở đâu", 28), OutColumn("Diễn biến", 36),
        OutColumn("Biện pháp", 30), OutColumn("Nguyên nhân", 30), OutColumn("Phòng ngừa", 30),
        OutColumn("Ngày tìm thấy", 12), OutColumn("Ngày kết thúc", 12), OutColumn("Đơn vị", 36),
    )  # fmt: skip

    def values(one: Any) -> Sequence[OutCell]:
        kind, code, holder, noticed, *told, found, closed, agency = one
        days = [each.astimezone(clock.VIETNAM).date() if each else None
                for each in (noticed, found, closed)]  # fmt: skip
        return (label(IncidentKind(kind)), code, holder, days[0], *told, *days[1:], agency)

    return Listed(
        "Sổ sự cố", Permission.INCIDENT_VIEW, columns, statement, Incident.agency_id, values
    )
