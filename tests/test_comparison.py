"""docs/comparison.md: each yes of ours names a test that exists; no row of the peers is missing."""

import re
from collections import Counter

import pytest

from config import ROOT

PAGE = (ROOT / "docs/comparison.md").read_text(encoding="utf-8")
TABLE = PAGE.split("<!-- bảng: đầu -->")[1].split("<!-- bảng: cuối -->")[0]
PRODUCTS = (
    "VGCA Sign Service",
    "Web eID",
    "NexU + DSS",
    "AutoFirma",
    "Autogram",
    "pyHanko",
    "Sổ Token",
)

#: The table of the study of peers, whose every row must stand here in its order.
PEERS = {
    "Điểm vào trên máy người ký": (
        "Chạy không cần TLS tự ký",
        "Danh sách trang được gọi (Origin)",
        "Kiểm tra Host (chống DNS rebinding)",
        "Bí mật hoặc ghép nối giữa trang và trình ký",
        "Sẵn sàng cho Local Network Access của Chrome",
        "Hỏi phiên bản, tình trạng",
        "Mô tả giao diện lập trình công khai",
        "Danh mục lỗi",
        "Luôn trả lời khi hỏng, quá giờ",
    ),
    "Đồng ý và mã PIN": (
        "Hiện ai yêu cầu",
        "Hiện văn bản sẽ ký",
        "PIN gõ ngoài trình duyệt",
        "Cảnh báo số lần thử còn lại",
        "Bàn phím riêng của thiết bị (pin-pad)",
        "Khóa hỏi PIN ở mỗi chữ ký",
        "Ký cả loạt với một lần PIN",
        "Loạt dừng khi sai PIN",
        "Nhận biết rút thiết bị",
        "Lọc chứng thư (hạn, mục đích)",
        "Thiết bị USB qua PKCS#11",
        "Linux / macOS",
    ),
    "Ký PDF": (
        "PAdES B-B",
        "PAdES B-T",
        "PAdES B-LT / B-LTA",
        "DocMDP, khóa trường",
        "Hình chữ ký nhìn thấy, có ảnh",
        "Chữ Việt trong hình chữ ký",
        "Nghiệp vụ Việt Nam (số, ngày, sao y, công văn đến, phụ lục, ký nháy)",
        "Nhiều chữ ký bằng ghi thêm",
        "XML / JSON / Office",
        "Tự kiểm tra chữ ký vừa tạo",
        "Quy ước gửi tệp đã ký về (upload)",
    ),
    "Kiểm tra chữ ký": (
        "Kiểm tra tại chỗ",
        "Kết luận AdES (EN 319 102-1)",
        "Báo cáo ETSI",
        "Thu hồi qua OCSP, CRL",
        "Kết quả máy đọc được trả về trang",
        "Phân tích thay đổi sau khi ký",
    ),
    "Vận hành": (
        "Nhật ký chữ ký",
        "Chạy hoàn toàn không có mạng",
        "Được duy trì trong năm 2026",
    ),
}


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


ROWS = [cells(row) for row in TABLE.strip().splitlines() if not row.startswith("|---")]
CLAIMS = [row for row in ROWS[1:] if not row[0].startswith("**")]


def defined() -> Counter[str]:
    """How often each test is defined; one name may stand in two files."""
    return Counter(
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in set(
            re.findall(r"^ *def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        )
    )


def test_every_test_that_the_comparison_names_exists_once() -> None:
    known, named = defined(), set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 100
    assert {name for name in named if known[name] != 1} == set()


def test_every_product_has_its_column_and_ours_is_the_last() -> None:
    assert ROWS[0] == ["Khả năng", *PRODUCTS]
    assert {len(row) for row in ROWS} == {len(PRODUCTS) + 1}


def test_no_row_of_the_peers_is_missing() -> None:
    groups: dict[str, list[str]] = {}
    for row in ROWS[1:]:
        if row[0].startswith("**"):
            groups[row[0].strip("*")] = []
        else:
            groups[list(groups)[-1]].append(row[0])
    for group, wanted in PEERS.items():
        assert tuple(groups[group]) == wanted
    assert len(groups) > len(PEERS)  # what the peers' table lacks stands behind it


@pytest.mark.parametrize("row", CLAIMS, ids=lambda row: row[0])
def test_a_yes_names_its_test_and_anything_less_says_why(row: list[str]) -> None:
    ours = row[-1]
    assert all(cell for cell in row[1:]), row
    letters = re.match(r"([YPN](?: / [YPN])*)(?: |$)", ours)
    assert letters, ours
    if "Y" in letters[1]:
        assert "`test_" in ours
    if letters[1] != "Y":
        assert re.search(r"\(\d+\)$", ours), "why not?"


def test_every_note_is_there_and_is_asked_for() -> None:
    notes = PAGE.split("### Ghi chú")[1].split("## 2.")[0]
    numbers = set(re.findall(r"^(\d+)\. ", notes, re.MULTILINE))
    assert set(re.findall(r"\((\d+)\) \|", TABLE)) == numbers


def test_the_lists_below_say_for_each_point_where_we_stand() -> None:
    ten, codes = PAGE.split("## 2.")[1].split("## 3.")
    points = [cells(row) for row in ten.splitlines() if re.match(r"\| \d", row)]
    assert [row[0] for row in points] == [str(number) for number in range(1, 11)]
    listed = [cells(row) for row in codes.splitlines() if row.startswith("| `")]
    assert len(listed) == 28
    for state, shown in [(row[2], row[3]) for row in (*points, *listed)]:
        assert state[0] in "YP–"
        assert state[0] != "Y" or "`test_" in shown
