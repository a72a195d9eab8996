"""Made-up agencies and people for letters. No name, number or address is anybody's."""

from dataclasses import replace
from datetime import date

from letters.renewal_request import (
    ContactPerson,
    RenewalLetter,
    RenewalLine,
    Signer,
)

GIVEN_NAMES = (
    "Thử Một", "Mẫu Hai", "Giả Định Ba", "Ví Dụ Bốn", "Tập Huấn Năm", "Minh Họa Sáu",
    "Kiểm Thử Bảy", "Diễn Tập Tám", "Bịa Đặt Chín", "Làm Quen Mười",
)  # fmt: skip


def make_contact(**changes: object) -> ContactPerson:
    """A person who receives certificates; keyword arguments change single fields."""
    person = ContactPerson(
        full_name="Nguyễn Thị Thử Nghiệm",
        citizen_id="000000000001",
        citizen_id_issued_on=date(2022, 2, 1),
        citizen_id_issued_by="Cục Cảnh sát quản lý hành chính về trật tự xã hội (dữ liệu giả)",
        position="Công chức Văn phòng - Thống kê",
        mobile_phone="0900 000 001",
        official_email="thunghiem@xa-thu-nghiem.example.vn",
        delivery_address="Số 0, đường Thử Nghiệm, xã Thử Nghiệm A, tỉnh Thử Nghiệm",
    )
    return replace(person, **changes)  # type: ignore[arg-type]


def make_line(number: int, **changes: object) -> RenewalLine:
    """The numbered line of a list: a renewal."""
    line = RenewalLine(
        certificate_name=f"Người {GIVEN_NAMES[number % len(GIVEN_NAMES)]} {number:03}",
        serial_number=f"{0x7A5C_0000_0000_0000 + number * 0x9E37_79B1:016X}",
        official_email=f"nguoi{number:03}@xa-thu-nghiem.example.vn",
        renew=True,
    )
    return replace(line, **changes)  # type: ignore[arg-type]


def make_letter(count: int = 3, **changes: object) -> RenewalLetter:
    """A letter of a commune that does not exist, with `count` renewals."""
    letter = RenewalLetter(
        parent_agency="UBND TỈNH THỬ NGHIỆM",
        agency="ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
        agency_name="Ủy ban nhân dân xã Thử Nghiệm A",
        symbol="UBND-VP",
        place="Thử Nghiệm A",
        contact=make_contact(),
        lines=tuple(make_line(number) for number in range(1, count + 1)),
        signer=Signer(("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "Trần Văn Diễn Tập"),
        copies_to=("Sở Khoa học và Công nghệ (để theo dõi)",),
        drafted_by="VP",
    )
    return replace(letter, **changes)  # type: ignore[arg-type]
