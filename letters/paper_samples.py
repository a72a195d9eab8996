"""Made-up data for the samples of minutes and internal papers. No name or number is anybody's."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from letters import (
    entrustment_decision,
    handover_minutes,
    incident_report,
    intake_minutes,
    internal_handover_minutes,
    internal_return_minutes,
    loss_minutes,
    notices,
    return_minutes,
    status_minutes,
    stocktake_minutes,
    subscriber_slip,
)
from letters.decree30 import Medium, Signer
from letters.paper import LogWitness
from letters.parties import DeviceLine, Party, Person
from rules.requests import RequestKind

if TYPE_CHECKING:
    from letters.samples import SampleCase

_HEAD: dict[str, Any] = {
    "parent_agency": "UBND TỈNH THỬ NGHIỆM",
    "agency": "ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
}
_BODY = "Ủy ban nhân dân xã Thử Nghiệm A"
_DAY = date(2026, 11, 20)
_WITNESS = LogWitness(1523, "9f3a6c21")
_MINUTES: dict[str, Any] = {
    **_HEAD,
    "symbol": "UBND",
    "held_on": _DAY,
    "at_time": "09 giờ 30 phút",
    "place": f"Trụ sở {_BODY}",
    "witness": _WITNESS,
}
_SIGNER = Signer(("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "Trần Văn Diễn Tập")

FOCAL_POINT = Person(
    full_name="Nguyễn Thị Thử Nghiệm",
    position="Công chức Văn phòng - Thống kê",
    mobile_phone="0900 000 001",
    official_email="thunghiem@xa-thu-nghiem.example.vn",
)
SUBSCRIBER = Person(
    full_name="Phạm Thị Mẫu Hai",
    position="Công chức Tư pháp - Hộ tịch",
    workplace=_BODY,
    citizen_id="000000000002",
    mobile_phone="0900 000 002",
    official_email="mauhai@xa-thu-nghiem.example.vn",
)
CLERK = Person(full_name="Lê Văn Giả Định", position="Văn thư")
_AGENCY = Party(body=_BODY, people=(FOCAL_POINT,))

_NAMES = ("Phạm Thị Mẫu Hai", "Hoàng Giả Định Ba", "Vũ Ví Dụ Bốn", "Đỗ Tập Huấn Năm")


def device_line(number: int, **changes: Any) -> DeviceLine:
    """The numbered device; keyword arguments change single fields."""
    name = _NAMES[number % len(_NAMES)]
    line = DeviceLine(
        certificate_name=name,
        certificate_serial=f"{0x7A5C_0000_0000_0000 + number * 0x9E37_79B1:016X}",
        device_serial=f"5430{number:08X}",
        internal_code=f"TN-{number:04}",
        device_kind="PKI Token",
        valid_from=date(2026, 11, 1),
        valid_until=date(2031, 10, 31),
        holder=name,
        holder_position="Công chức",
        workplace=_BODY,
        received_on=date(2024, 9, 5),
        condition="Hoạt động tốt",
    )
    return replace(line, **changes)


def handover(**changes: Any) -> handover_minutes.HandoverMinutes:
    """Mẫu 07: one person receives one device."""
    return handover_minutes.HandoverMinutes(
        **(
            _MINUTES
            | {
                "giver": _AGENCY,
                "receiver": Party(people=(SUBSCRIBER,)),
                "lines": (device_line(0),),
            }
            | changes
        )
    )


def device_return(**changes: Any) -> return_minutes.ReturnMinutes:
    """Mẫu 08: two devices go to the authority in a parcel."""
    lines = (
        device_line(1, reason="Hết hạn", condition="Còn nguyên vẹn"),
        device_line(2, reason="Thu hồi (nghỉ hưu)", condition="Còn nguyên vẹn"),
    )
    return return_minutes.ReturnMinutes(
        **(
            _MINUTES
            | {
                "giver": _AGENCY,
                "lines": lines,
                "notices": (return_minutes.RevocationNotice("0123/TB-THỬ", date(2026, 11, 17)),),
                "carrier": "Bưu chính Thử Nghiệm",
                "parcel_code": "EX000000001VN",
                "sent_on": _DAY,
            }
            | changes
        )
    )


def loss(**changes: Any) -> loss_minutes.LossMinutes:
    """Mẫu 09: a person lost a device on the road."""
    return loss_minutes.LossMinutes(
        **(
            _MINUTES
            | {
                "managing": _AGENCY,
                "subscriber": Party(people=(SUBSCRIBER,)),
                "lines": (device_line(0),),
                "lost_at": "khoảng 17 giờ 00 phút ngày 18 tháng 11 năm 2026",
                "lost_where": "trên đường từ trụ sở về nhà, xã Thử Nghiệm A",
                "circumstances": "thiết bị để trong túi xách bị rơi khi đi đường",
                "noticed_at": "19 giờ 00 phút ngày 18 tháng 11 năm 2026",
                "reported_at": "07 giờ 45 phút ngày 19 tháng 11 năm 2026",
                "measures": "Đã tìm tại nơi đi qua nhưng không thấy.",
                "revocation_number": "15/UBND-VP",
                "revocation_on": date(2026, 11, 19),
                "signer": _SIGNER,
            }
            | changes
        )
    )


def internal_handover(**changes: Any) -> internal_handover_minutes.InternalHandoverMinutes:
    """The agency's token, left to a deputy for a term."""
    own: dict[str, Any] = {
        "giver": _AGENCY,
        "receiver": Party(people=(SUBSCRIBER,)),
        "lines": (device_line(1),),
        "purpose": internal_handover_minutes.Purpose.ENTRUST,
        "permission": "Văn bản số 12/UBND ngày 18/11/2026",
        "since": date(2026, 11, 20),
        "until": date(2026, 11, 30),
    }
    return internal_handover_minutes.InternalHandoverMinutes(**(_MINUTES | own | changes))


def internal_return(**changes: Any) -> internal_return_minutes.InternalReturnMinutes:
    """A person who retires hands the device back."""
    return internal_return_minutes.InternalReturnMinutes(
        **(
            _MINUTES
            | {
                "giver": Party(people=(SUBSCRIBER,)),
                "receiver": _AGENCY,
                "lines": (device_line(0, reason="Nghỉ hưu", condition="Còn nguyên vẹn"),),
            }
            | changes
        )
    )


def status(**changes: Any) -> status_minutes.StatusMinutes:
    """Devices in use without minutes."""
    return status_minutes.StatusMinutes(
        **(
            _MINUTES
            | {
                "managing": _AGENCY,
                "lines": tuple(device_line(number) for number in range(4)),
                "signer": _SIGNER,
            }
            | changes
        )
    )


def stocktake(**changes: Any) -> stocktake_minutes.StocktakeMinutes:
    """A count with one finding of each sort."""
    tally, member = stocktake_minutes.Tally, stocktake_minutes.Member
    lines = {
        "missing": (device_line(5, remark="Lập biên bản thất lạc"),),
        "surplus": (device_line(6, found_with="Tủ văn thư", remark="Nhập sổ"),),
        "wrong_holder": (
            device_line(1, found_with=_NAMES[2], remark="Đổi lại"),
            device_line(2, found_with=_NAMES[1], remark="Đổi lại"),
        ),
        "broken": (device_line(7, remark="Đề nghị thu hồi, cấp mới"),),
        "uncounted": (device_line(3, remark="Người giữ đi học"),),
    }
    return stocktake_minutes.StocktakeMinutes(
        **(
            _MINUTES
            | {
                "decision": "Quyết định số 12/QĐ-UBND ngày 02 tháng 11 năm 2026 về việc "
                "thành lập Tổ kiểm kê",
                "committee": (
                    member(
                        person=Person(full_name="Trần Văn Diễn Tập", position="Phó Chủ tịch"),
                        role="Tổ trưởng",
                    ),
                    member(person=FOCAL_POINT, role="Thư ký"),
                    member(person=CLERK, role="Thành viên"),
                ),
                "scope": "toàn bộ thiết bị lưu khóa bí mật của cơ quan",
                "counted_from": "08 giờ 00 phút ngày 16/11/2026",
                "counted_until": "16 giờ 30 phút ngày 19/11/2026",
                "book_at": "08 giờ 00 phút ngày 16/11/2026",
                "methods": "quét mã, đánh dấu trong danh sách, người giữ tự xác nhận",
                "tallies": (
                    tally(
                        device_kind="PKI Token",
                        book=31,
                        right=26,
                        missing=1,
                        surplus=1,
                        wrong_holder=2,
                        broken=1,
                        uncounted=1,
                    ),
                    tally(device_kind="SIM PKI", book=2, right=2),
                ),
                "conclusions": ("Giao đầu mối hoàn thành các việc tại mục IV trước 05/12/2026.",),
            }
            | lines
            | changes
        )
    )


def intake(**changes: Any) -> intake_minutes.IntakeMinutes:
    """A parcel with one device too few."""
    return intake_minutes.IntakeMinutes(
        **(
            _MINUTES
            | {
                "managing": Party(body=_BODY, people=(FOCAL_POINT, CLERK)),
                "parcel_code": "EX000000002VN",
                "received_on": _DAY,
                "packaging": "nguyên vẹn, còn niêm phong",
                "notice": "Phiếu giao số 01 (dữ liệu giả)",
                "answers": ("Công văn số 10/UBND-VP ngày 15/10/2026",),
                "asked": 3,
                "lines": (device_line(0), device_line(1)),
                "differences": (
                    device_line(
                        2,
                        device_serial="",
                        difference="Có trong văn bản đề nghị, không có trong bưu gửi",
                        remark="Hỏi lại nơi gửi",
                    ),
                ),
            }
            | changes
        )
    )


def slip(
    kind: RequestKind = RequestKind.REVOCATION, **changes: Any
) -> subscriber_slip.SubscriberSlip:
    """A person's own request, on paper."""
    line = device_line(0)
    data = subscriber_slip.SubscriberSlip(
        kind=kind,
        to=_BODY,
        place="Thử Nghiệm A",
        full_name=SUBSCRIBER.full_name,
        birth_date=date(1990, 2, 3),
        citizen_id=SUBSCRIBER.citizen_id,
        citizen_id_issued_on=date(2022, 2, 1),
        citizen_id_issued_by="Cơ quan cấp (dữ liệu giả)",
        position=SUBSCRIBER.position,
        workplace=_BODY,
        mobile_phone=SUBSCRIBER.mobile_phone,
        official_email=SUBSCRIBER.official_email,
        certificate_name=line.certificate_name,
        certificate_serial=line.certificate_serial,
        valid_until=line.valid_until,
        device_serial=line.device_serial,
        device_kind=line.device_kind,
        reason="Nghỉ hưu từ ngày 01/12/2026" if kind is RequestKind.REVOCATION else "",
        agency_titles=("CHỦ TỊCH",),
    )
    if kind is RequestKind.AMENDMENT:
        data = replace(
            data,
            reason="Thay đổi chức vụ",
            information_before="Chức vụ: Công chức",
            information_after="Chức vụ: Phó Chủ tịch",
        )
    return replace(data, **changes)


def incident(**changes: Any) -> incident_report.IncidentReport:
    """The report on a suspected misuse."""
    return incident_report.IncidentReport(
        **(
            _HEAD
            | {
                "agency_name": _BODY,
                "symbol": "UBND",
                "place": "Thử Nghiệm A",
                "addressees": ("Sở Khoa học và Công nghệ tỉnh Thử Nghiệm",),
                "basis": "khoản 3 Điều 11 Quy chế của tỉnh (dữ liệu giả)",
                "incident": "nghi khóa bí mật bị lộ",
                "happened_at": "khoảng 10 giờ 00 phút ngày 18/11/2026",
                "noticed_at": "14 giờ 00 phút ngày 18/11/2026",
                "reported_at": "14 giờ 10 phút ngày 18/11/2026",
                "subscriber": SUBSCRIBER.full_name,
                "subscriber_position": SUBSCRIBER.position,
                "description": "thiết bị cắm tại máy tính dùng chung, có văn bản được ký khi "
                "thuê bao vắng mặt.",
                "impact": "01 văn bản, chưa phát hành.",
                "lines": (device_line(0, condition="Đã thu giữ"),),
                "measures": ("Rút thiết bị, cơ quan tạm giữ; dừng phát hành văn bản liên quan.",),
                "cooperation": ("Đã báo Sở Khoa học và Công nghệ bằng điện thoại.",),
                "causes": ("Thuê bao rời máy tính khi thiết bị còn cắm.",),
                "preventions": ("Nhắc toàn bộ thuê bao rút thiết bị khi rời chỗ làm việc.",),
                "recurrences": 0,
                "signer": _SIGNER,
                "drafted_by": "VP",
            }
            | changes
        )
    )


def entrustment(**changes: Any) -> entrustment_decision.EntrustmentDecision:
    """The body's token goes to its clerk."""
    return entrustment_decision.EntrustmentDecision(
        **(
            _HEAD
            | {
                "agency_name": _BODY,
                "symbol": "UBND",
                "place": "Thử Nghiệm A",
                "authority": "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM A",
                "grounds": ("Luật Tổ chức chính quyền địa phương (dữ liệu giả)",),
                "proposer": "Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân xã",
                "clerk": CLERK,
                "executors": "Chánh Văn phòng",
                "lines": (device_line(9, certificate_name=_BODY),),
                "signer": Signer(("CHỦ TỊCH",), "Ngô Thị Bịa Đặt"),
                "drafted_by": "VP",
            }
            | changes
        )
    )


def notice(**changes: Any) -> notices.ReminderNotice:
    """What one person has to do."""
    task = notices.Task
    return notices.ReminderNotice(
        **(
            _HEAD
            | {
                "agency_name": _BODY,
                "on": _DAY,
                "to": SUBSCRIBER,
                "tasks": (
                    task(
                        f"Nộp phiếu đề nghị gia hạn chứng thư số "
                        f"{device_line(0).certificate_serial}",
                        date(2026, 12, 15),
                        "khoản 1 Điều 12 Nghị định số 68/2024/NĐ-CP",
                        "in phiếu tại trang “Của tôi” hoặc nhận phiếu từ đầu mối, ký và nộp.",
                    ),
                    task("Bàn giao lại thiết bị TN-0003", date(2026, 11, 18)),
                ),
                "contact": FOCAL_POINT,
                "witness": _WITNESS,
            }
            | changes
        )
    )


def _office(case: "SampleCase") -> dict[str, Any]:
    """What every sample of minutes takes from the office that asks for it."""
    office = case.office
    return {
        "parent_agency": office.parent_agency,
        "agency": office.agency,
        "symbol": office.symbol.partition("-")[0],
        "place": f"Trụ sở {office.agency_name}",
        "medium": case.medium,
    }


def _of_office(case: "SampleCase") -> Party:
    person = case.office.contact
    return Party(
        body=case.office.agency_name,
        people=(Person(full_name=person.full_name, position=person.position),),
    )


def _lines(case: "SampleCase", **changes: Any) -> tuple[DeviceLine, ...]:
    return tuple(
        device_line(
            number,
            certificate_name=person.full_name,
            holder=person.full_name,
            holder_position=person.position,
            workplace=person.agency_name,
            **changes,
        )
        for number, person in case.people()
    )


def _subscriber(case: "SampleCase") -> Party:
    person = case.office.people[0]
    return Party(
        people=(
            Person(
                full_name=person.full_name,
                position=person.position,
                workplace=person.agency_name,
                citizen_id=person.citizen_id,
                official_email=person.official_email,
            ),
        )
    )


def _handover(case: "SampleCase", remark: str) -> handover_minutes.HandoverMinutes:
    """One receiver; on paper as many as are wanted, who sign in the table."""
    many = case.medium is Medium.WET and case.count > 1
    lines = _lines(case)
    return handover(
        **_office(case),
        giver=_of_office(case),
        receiver=_subscriber(case),
        lines=lines if many else lines[:1],
        many_receivers=many,
        remark=remark,
    )


def _return(case: "SampleCase", remark: str) -> return_minutes.ReturnMinutes:
    lines = _lines(case, reason="Hết hạn", condition="Còn nguyên vẹn")
    return device_return(**_office(case), giver=_of_office(case), lines=lines, remark=remark)


def _loss(case: "SampleCase", remark: str) -> loss_minutes.LossMinutes:
    return loss(
        **_office(case),
        managing=_of_office(case),
        subscriber=_subscriber(case),
        lines=_lines(case)[:1],
        signer=case.office.signer,
        remark=remark,
    )


#: Prescribed forms drawn here: number -> (module with TEXT, compose and draw; its sample with the
#: remark at its top).
PRESCRIBED: Mapping[str, tuple[Any, Callable[["SampleCase", str], Any]]] = MappingProxyType(
    {
        "07": (handover_minutes, _handover),
        "08": (return_minutes, _return),
        "09": (loss_minutes, _loss),
    }
)

#: Internal papers by a short name: (module; made-up data, single fields changed by keywords).
INTERNAL: Mapping[str, tuple[Any, Callable[..., Any]]] = MappingProxyType(
    {
        "tra-noi-bo": (internal_return_minutes, internal_return),
        "giao-nhan-noi-bo": (internal_handover_minutes, internal_handover),
        "hien-trang": (status_minutes, status),
        "kiem-ke": (stocktake_minutes, stocktake),
        "kiem-nhan": (intake_minutes, intake),
        "phieu-de-nghi": (subscriber_slip, slip),
        "bao-cao-su-co": (incident_report, incident),
        "giao-thiet-bi": (entrustment_decision, entrustment),
        "giay-nhac": (notices, notice),
    }
)
