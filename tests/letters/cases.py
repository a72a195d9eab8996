"""The letters whose every word and place is kept in `golden/`.

`python -m tests.letters.cases` writes the golden files anew; look at the difference before you
commit it. They hold words and places in millimetres, not bytes, which change with reportlab.
"""

from dataclasses import replace
from pathlib import Path

from letters.renewal_request import (
    ContactPerson,
    ListPlacement,
    Medium,
    RenewalLetter,
    RenewalLine,
    Signer,
    draw,
)
from tests.letters.data import make_letter, make_line
from tests.letters.reading import golden_text

GOLDEN = Path(__file__).parent / "golden"

AMENDED = make_line(
    4,
    amend=True,
    signing_phone="0900 000 004",
    information_before="Cơ quan công tác: Ủy ban nhân dân xã Cũ",
    information_after="Cơ quan công tác: Ủy ban nhân dân xã Thử Nghiệm A",
)
NOTHING = RenewalLetter(
    agency="",
    agency_name="",
    contact=ContactPerson(),
    lines=(RenewalLine(),),
    signer=Signer((), ""),
    medium=Medium.WET,
)
LONG = make_letter(
    2,
    addressees=(
        "Sở Khoa học và Công nghệ tỉnh Thử Nghiệm",
        "Cục Chứng thực số và Bảo mật thông tin, Ban Cơ yếu Chính phủ",
    ),
    place="Thành phố Hồ Chí Minh Thử Nghiệm",
    parent_agency="SỞ KHOA HỌC VÀ CÔNG NGHỆ TỈNH THỬ NGHIỆM",
    agency="TRUNG TÂM CHUYỂN ĐỔI SỐ VÀ HỖ TRỢ ỨNG DỤNG CÔNG NGHỆ THỬ NGHIỆM",
    agency_name="Trung tâm Chuyển đổi số và Hỗ trợ ứng dụng công nghệ Thử Nghiệm",
    symbol="TTCĐS-HCTH",
    signer=Signer(
        ("TUQ. GIÁM ĐỐC SỞ KHOA HỌC VÀ CÔNG NGHỆ TỈNH THỬ NGHIỆM", "GIÁM ĐỐC TRUNG TÂM"),
        "Lê Giả Định",
    ),
)

CASES: dict[str, RenewalLetter] = {
    "three_renewals": make_letter(3),
    "ten_renewals_with_contact_line": make_letter(
        10,
        contact_line="Địa chỉ: Số 0, đường Thử Nghiệm, xã Thử Nghiệm A; điện thoại: 0200 0000 000; "
        "thư điện tử: vanthu@xa-thu-nghiem.example.vn",
    ),
    "renewal_and_amendment": replace(make_letter(1), lines=(make_line(1), AMENDED)),
    "landscape": make_letter(6, placement=ListPlacement.LETTER_LANDSCAPE),
    "annex_on_paper": make_letter(45, medium=Medium.WET),
    "nothing_known": NOTHING,
    "long_names": LONG,
}


if __name__ == "__main__":
    for name, letter in CASES.items():
        (GOLDEN / f"{name}.txt").write_text(
            golden_text(draw(letter).pdf), encoding="utf-8", newline="\n"
        )
