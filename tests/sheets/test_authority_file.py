"""The authority's bulk file, what it lacks, and the matching of official addresses."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from rules.devices import DeviceKind
from sheets.authority_file import (
    AuthorityLine,
    layout,
    place_written,
    province_written,
    to_complete,
    write_authority_file,
)
from sheets.email_matching import Known, MatchedBy, match_emails
from sheets.people import PersonRow

LINE = AuthorityLine(
    1,
    "Nguyễn Thử Nghiệm An",
    date(1985, 3, 5),
    "000185000001",
    "Cục Cảnh sát quản lý hành chính về trật tự xã hội",
    date(2021, 3, 12),
    "an@thunghiem.gov.vn",
    ("UBND tỉnh Thử Nghiệm", "UBND xã Thử Nghiệm", "Văn phòng"),
    "Tỉnh Đồng Nai",
    "Văn thư",
    "0912345678",
    "2A05F812673607B0",
)


def test_the_file_has_the_nineteen_columns_and_every_cell_is_text() -> None:
    sim = replace(LINE, device=DeviceKind.SIM_PKI, network="viettel", moves_number=True)
    content = write_authority_file([LINE, sim])
    sheet = openpyxl.load_workbook(BytesIO(content)).active
    assert [cell.value for cell in sheet[1]] == [
        "STT", "Họ tên*", "Ngày sinh*", "CCCD*", "Nơi cấp*", "Ngày cấp*",
        "Địa chỉ thư điện tử công vụ*", "Tổ chức cấp 1*", "Tổ chức cấp 2", "Tổ chức cấp 3",
        "Tổ chức cấp 4", "Tỉnh thành phố*", "Tỉnh/Thành phố", "Chức vụ*", "Điện thoại",
        "Serial CTS cũ", "Nhà mạng (SIM)", "Chuyển số (X)", "Loại thiết bị",
    ]  # fmt: skip
    assert [cell.value for cell in sheet[2]] == [
        "1", "Nguyễn Thử Nghiệm An", "05/03/1985", "000185000001", "CCSQLHCVTTXH", "12/03/2021",
        "an@thunghiem.gov.vn", "UBND tỉnh Thử Nghiệm", "UBND xã Thử Nghiệm", "Văn phòng", None,
        "Đồng Nai", None, "Văn thư", "0912345678", "2A05F812673607B0", None, None, None,
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]][16:] == ["Viettel", "X", "SIM"]
    assert {cell.number_format for row in sheet.iter_rows() for cell in row} == {"@"}
    assert all(
        cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value is not None
    )


def test_a_complete_line_needs_nothing() -> None:
    assert to_complete([LINE]) == ()


@pytest.mark.parametrize(
    ("change", "heading", "word", "blocks"),
    [
        ({"full_name": ""}, "Họ tên", "Chưa có họ tên", True),
        ({"birth_on": None}, "Ngày sinh", "Chưa có", True),
        ({"citizen_id": ""}, "CCCD", "Chưa có", True),
        ({"citizen_id": "85000000001"}, "CCCD", "11 chữ số", True),
        ({"citizen_id_issued_by": ""}, "Nơi cấp", "Chưa có", True),
        ({"citizen_id_issued_by": "Công an tỉnh Cũ"}, "Nơi cấp", "chứng minh", True),
        ({"citizen_id_issued_by": "Bộ Công an"}, "Nơi cấp", "Bộ Công an", False),
        ({"citizen_id_issued_on": None}, "Ngày cấp", "Chưa có", True),
        ({"citizen_id_issued_on": date(1980, 1, 1)}, "Ngày cấp", "trước ngày sinh", True),
        ({"email": ""}, "Địa chỉ thư điện tử công vụ", "Chưa có", True),
        ({"email": "an@gmail.com"}, "Địa chỉ thư điện tử công vụ", "thư cá nhân", True),
        ({"email": "an@congty.vn"}, "Địa chỉ thư điện tử công vụ", "gov.vn", False),
        ({"email": "an"}, "Địa chỉ thư điện tử công vụ", "không đúng", True),
        ({"organisations": ()}, "Tổ chức cấp 1", "Chưa có", True),
        ({"organisations": ("a", "b", "c", "d", "e")}, "Tổ chức cấp 4", "5 cấp", True),
        ({"province": ""}, "Tỉnh thành phố", "Chưa có", True),
        ({"province": "tỉnh Bình Phước"}, "Tỉnh thành phố", "“Đồng Nai”", True),
        ({"province": "Tỉnh Thử Nghiệm"}, "Tỉnh thành phố", "Không có tỉnh", True),
        ({"title": ""}, "Chức vụ", "Chưa có", True),
        ({"device": DeviceKind.SIM_PKI, "network": "VNPT", "phone": ""}, "Điện thoại", "SIM", True),
        ({"device": DeviceKind.SIM_PKI}, "Nhà mạng (SIM)", "nhà mạng", True),
    ],
)
def test_what_a_line_lacks_is_named_before_the_file_is_written(
    change: dict[str, Any], heading: str, word: str, blocks: bool
) -> None:
    (found,) = to_complete([replace(LINE, **change)])
    assert (found.heading, found.blocks) == (heading, blocks)
    assert word in found.text


def test_domains_and_provinces_of_the_installation_are_believed() -> None:
    line = replace(LINE, email="an@thunghiem.example", province="Tỉnh Thử Nghiệm")
    assert not to_complete(
        [line], official_domains=("thunghiem.example",), known_provinces=("Thử Nghiệm",)
    )


def test_one_person_twice_is_named() -> None:
    found = to_complete([LINE, replace(LINE, person_id=2)])
    assert [(one.person_id, one.heading) for one in found] == [
        (2, "CCCD"),
        (2, "Địa chỉ thư điện tử công vụ"),
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Tỉnh Đồng Nai", "Đồng Nai"),
        ("TP. Hồ Chí Minh", "Hồ Chí Minh"),
        ("TPHCM", ""),
        ("TP HCM", "Hồ Chí Minh"),
        ("thành phố Huế", "Huế"),
        ("Khánh Hoà", "Khánh Hòa"),
        ("Bình Phước", ""),
    ],
)
def test_a_province_has_one_spelling(name: str, written: str) -> None:
    assert province_written(name) == written


def test_there_are_thirty_four_provinces_and_the_layout_says_it_is_inferred() -> None:
    assert len(layout().provinces) == 34
    assert len(set(layout().provinces.values()) | set(layout().former_provinces.values())) == 34
    assert "chưa đối chiếu" in layout().note
    assert len(layout().columns) == 19
    assert place_written("Cục trưởng cục cảnh sát ĐKQL cư trú và DLQG về dân cư") == ""
    assert place_written("Cục cảnh sát ĐKQL cư trú và DLQG về dân cư") == "CCSĐKQLCTVDLQGVDC"


def line(row: int, name: str, email: str = "x@thunghiem.gov.vn", **more: Any) -> PersonRow:
    """A line of an e-mail list."""
    given = {
        "birth_on": None, "citizen_id": "", "citizen_id_issued_on": None,
        "citizen_id_issued_by": "", "phone": "", "title": "", "agency_name": "", "section": "",
        "province": "", "staff_number": "", "position_from_on": None, "note": "",
    }  # fmt: skip
    return PersonRow(row=row, full_name=name, email=email, **(given | more))


def test_addresses_are_matched_by_citizen_id_and_then_by_a_name_that_only_one_has() -> None:
    people = [
        Known(1, "Nguyễn Thử Nghiệm An", citizen_key="key:1", email="old@thunghiem.gov.vn"),
        Known(2, "Lê Thử Nghiệm Bình"),
        Known(3, "Vũ Thử Nghiệm Cúc", date(1990, 1, 1)),
        Known(4, "Vũ Thử Nghiệm Cúc", date(1991, 1, 1)),
        Known(5, "Hồ Thử Nghiệm Dung", citizen_key="key:5"),
        Known(6, "Hồ Thử Nghiệm Em"),
    ]
    found = match_emails(
        [
            line(2, "NGUYEN THU NGHIEM AN (cũ)", citizen_id="1"),
            line(3, "lê thử nghiệm  bình"),
            line(4, "Vũ Thử Nghiệm Cúc", birth_on=date(1991, 1, 1)),
            line(5, "Vũ Thử Nghiệm Cúc"),
            line(6, "Hồ Thử Nghiệm Dung", citizen_id="9"),
            line(7, "Người Lạ"),
            line(8, "Hồ Thử Nghiệm Em", email=""),
            line(9, "Nguyễn Thử Nghiệm An", citizen_id="1"),
        ],
        people,
        citizen_key="key:{}".format,
    )
    assert [(one.row, one.person_id, one.by) for one in found.matched] == [
        (2, 1, MatchedBy.CITIZEN_ID),
        (3, 2, MatchedBy.NAME),
    ]
    assert (found.matched[0].name_differs, found.matched[0].changes) == (True, True)
    assert [(one.row, one.candidates) for one in found.ambiguous] == [
        (4, (4,)),
        (5, (3, 4)),
        (9, (1,)),
    ]
    assert [one.row for one in found.unmatched] == [6, 7, 8]
    assert found.people_without == (3, 4, 5, 6)


def test_a_birthday_tells_two_people_of_one_name_apart() -> None:
    people = [
        Known(3, "Vũ Thử Nghiệm Cúc", date(1990, 1, 1)),
        Known(4, "Vũ Thử Nghiệm Cúc", date(1991, 1, 1)),
    ]
    found = match_emails([line(4, "Vũ Thử Nghiệm Cúc", birth_on=date(1991, 1, 1))], people)
    assert [(one.person_id, one.by) for one in found.matched] == [(4, MatchedBy.NAME_AND_BIRTH)]
