"""What each file of tests/data/sheets must be read as (tests/data/make_sheets.py makes them)."""

from dataclasses import dataclass, replace
from pathlib import Path

from sheets.vocabulary import SheetKind

FOLDER = Path(__file__).resolve().parent.parent / "data" / "sheets"


@dataclass(frozen=True)
class Expected:
    """Kind, heading rows, row -> fields with problems ("!" before one that blocks), rows passed
    over, a word of each note, columns nobody claims, and some values (row, attribute, value).
    """

    kind: SheetKind
    headings: tuple[int, int]
    problems: dict[int, tuple[str, ...]]
    skipped: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    values: tuple[tuple[int, str, object], ...] = ()


READ = {
    "01-can-bo-hai-dong-tieu-de.xlsx": Expected(
        SheetKind.PEOPLE,
        (6, 7),
        {
            10: ("!citizen_id", "phone"),
            11: ("citizen_id", "email"),
            13: ("!birth_on", "!email"),
        },
        skipped=(8, 9, 12, 14, 15, 17, 18),
        notes=("“Nháp”", "1 dòng đang ẩn", "mã PIN"),
        unmapped=("Mật khẩu (Token)",),
        values=(
            (10, "full_name", "Nguyễn Thử Nghiệm An"),
            (10, "birth_on", "1985-03-05"),
            (10, "section", "I. LÃNH ĐẠO ỦY BAN NHÂN DÂN"),
            (10, "phone", "0912345678"),
            (11, "citizen_id", "010085000002"),
            (11, "citizen_id_issued_on", "2021-01-01"),
            (13, "section", "II. VĂN PHÒNG"),
        ),
    ),
    "02-can-bo-utf16.csv": Expected(
        SheetKind.PEOPLE,
        (1, 1),
        {2: (), 3: (), 5: ("birth_on", "!citizen_id")},
        values=(
            (2, "full_name", "Nguyễn Thử Nghiệm Ánh"),
            (3, "birth_on", "1990-08-07"),
            (3, "citizen_id", "000190000002"),
            (3, "email", "bich@thunghiem.gov.vn"),
            (3, "agency_name", "Phòng Văn hóa"),
        ),
    ),
    "03-can-bo-cp1258.csv": Expected(
        SheetKind.PEOPLE,
        (1, 1),
        {2: (), 3: ("birth_on",)},
        notes=("CP1258",),
        values=(
            (2, "full_name", "Nguyễn Thử Nghiệm Dũng"),
            (2, "title", "Văn thư"),
            (3, "birth_on", "1988-02-01"),
            (3, "phone", "0912345679"),
        ),
    ),
    "04-can-bo-so-bi-lam-tron.csv": Expected(
        SheetKind.PEOPLE,
        (1, 1),
        {
            2: ("!citizen_id", "!phone"),
            3: (),
            4: (),
            5: ("!birth_on", "!email", "phone", "!citizen_id", "!staff_number"),
            6: ("!citizen_id",),
        },
        values=(
            (3, "birth_on", "1985-03-05"),
            (3, "citizen_id", "000185000002"),
            (3, "phone", "0912345678"),
            (4, "birth_on", "1985-02-27"),
            (6, "birth_on", "1985-03-05"),
        ),
    ),
    "05-can-bo-ho-ten-tach-cot.csv": Expected(
        SheetKind.PEOPLE,
        (3, 4),
        {5: (), 6: (), 7: ("full_name",)},
        values=(
            (5, "full_name", "Nguyễn Thử Nghiệm Khánh"),
            (5, "birth_on", "1980-02-01"),
            (6, "birth_on", "1985-04-03"),
        ),
    ),
    "06-thiet-bi-excel-cu.xls": Expected(
        SheetKind.DEVICES,
        (3, 3),
        {
            4: (),
            5: ("printed_serial",),
            6: ("!printed_serial", "!state"),
            7: ("!kind", "!printed_serial", "!internal_code", "!state"),
            8: ("printed_serial",),
        },
        notes=("mã PIN",),
        unmapped=("PIN",),
        values=(
            (4, "handed_over_on", "2026-01-05"),
            (5, "printed_serial", "541000000002"),
            (6, "kind", "sim_pki"),
            (8, "handed_over_on", "2026-01-02"),
        ),
    ),
    "07-chung-thu-cong-thuc.xlsx": Expected(
        SheetKind.CERTIFICATES,
        (3, 4),
        {5: (), 6: ("!expires_on",), 7: ("!serial_number", "!expires_on")},
        notes=("công thức chưa được tính", "“Bìa”"),
        unmapped=("Cột lạ",),
        values=(
            (5, "serial_number", "2A05F812673607B0"),
            (5, "valid_from_on", "2026-01-05"),
            (5, "expires_on", "2031-01-04"),
            (6, "kind", "organisation"),
        ),
    ),
    "08-ban-giao-nhieu-trang.xlsx": Expected(
        SheetKind.HANDOVERS,
        (1, 1),
        {
            2: (),
            3: ("!device_serial",),
            5: ("!receiver_name", "minutes_number"),
            6: ("!happened_on",),
            7: ("!happened_on", "!act"),
        },
        skipped=(4,),
        values=((3, "happened_on", "2025-01-06"), (6, "act", "give_back")),
    ),
    "09-bien-dong.xlsx": Expected(
        SheetKind.STAFF_CHANGES,
        (2, 2),
        {
            3: ("change",),
            4: ("to_agency_name",),
            5: ("!new_title",),
            6: ("!happens_on",),
            7: ("!change",),
            8: ("!change", "!happens_on"),
        },
        values=((3, "change", "retired"), (3, "happens_on", "2026-07-01")),
    ),
    "10-can-bo-phan-mem-khac.xlsx": Expected(
        SheetKind.PEOPLE,
        (1, 1),
        {2: ()},
        values=((2, "full_name", "Nguyễn Thử Nghiệm Oanh"),),
    ),
}
# LibreOffice saves the first file again; an old .xls does not tell which rows are hidden.
READ["14-libreoffice.xlsx"] = READ["01-can-bo-hai-dong-tieu-de.xlsx"]
READ["15-libreoffice.xls"] = replace(
    READ["01-can-bo-hai-dong-tieu-de.xlsx"], notes=("“Nháp”", "mã PIN")
)


REFUSED = {
    "11-dat-mat-khau.xlsx": "mật khẩu",
    "12-trang-web.xls": "trang web",
    "13-o-lac.xlsx": "ô lạc",
}
