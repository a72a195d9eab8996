"""Makes the messy files in tests/data/sheets, as offices send them.

Run: python -m tests.data.make_sheets [FOLDER]

Every name, number and address in them is made up (citizen ids begin with 000, telephones with 0000
where the digits do not matter). XlsxWriter, openpyxl and xlwt write workbooks; the rest is by hand.
"""

import shutil
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import xlsxwriter
import xlwt

FOLDER = Path(__file__).resolve().parent / "sheets"


_OVER_TWO_ROWS = {
    "A": "STT", "B": "Họ  và tên", "C": "Ngày sinh", "G": "Chức vụ", "H": "Thư điện tử\ncông vụ",
    "I": "SĐT", "J": "Mật khẩu (Token)", "K": "Ghi chú",
}  # fmt: skip
_AN = [1, "NGUYỄN THỬ NGHIỆM AN", "", 85000001, "12.3.2021", "Bộ Công an", "Chủ tịch",
       "an@thunghiem.gov.vn", 912345678, "99887766"]  # fmt: skip
_BINH = [2, "Trần Thử Nghiệm  Bình", "13/5/1980", 10085000002, 44197, "Bộ Công an", "Phó Chủ tịch",
         "binh@gmail.com", "0912 345 679"]  # fmt: skip
_CUC = [3, "Lê Thử Nghiệm Cúc", "5/13/1990", "000190000003", "", "", "", "cúc@thunghiem.gov.vn",
        "0000123456"]  # fmt: skip


def people_with_two_rows_of_headings(path: Path) -> None:
    """Official titles, merged headings over two rows, groups, totals, signatures, a PIN column."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Cán bộ xã")
        hidden = book.add_worksheet("Nháp")
        hidden.hide()
        hidden.write_row(0, 0, ["Họ và tên", "Email"])
        sheet.merge_range("A1:D1", "ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM")
        sheet.merge_range("E1:K1", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")
        sheet.merge_range("A3:K3", "DANH SÁCH CÁN BỘ, CÔNG CHỨC")
        sheet.merge_range("A4:K4", "(Kèm theo Công văn số 01/UBND ngày 05 tháng 01 năm 2026)")
        for letter, words in _OVER_TWO_ROWS.items():
            sheet.merge_range(f"{letter}6:{letter}7", words)
        sheet.merge_range("D6:F6", "Căn cước công dân")
        sheet.write_row("D7", ["Số", "Ngày cấp", "Nơi cấp"])
        sheet.write_row("A8", [f"({number})" for number in range(1, 12)])
        sheet.merge_range("A9:K9", "I. LÃNH ĐẠO ỦY BAN NHÂN DÂN")
        sheet.write_row("A10", _AN)
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_datetime("C10", date(1985, 3, 5), day)
        sheet.write_row("A11", _BINH)
        sheet.merge_range("A12:K12", "II. VĂN PHÒNG")
        sheet.write_row("A13", _CUC)
        sheet.set_row(12, None, None, {"hidden": True})
        sheet.write("A14", 4)
        sheet.write_row("A15", ["", "Tổng cộng: 03 người"])
        sheet.write("H17", "Xã Thử Nghiệm, ngày 05 tháng 01 năm 2026")
        sheet.write_row("B18", ["NGƯỜI LẬP BIỂU", "", "", "", "", "", "TM. ỦY BAN NHÂN DÂN"])


def people_in_utf16(path: Path) -> None:
    """Excel's "Unicode Text": UTF-16 with tabs; decomposed letters, stray and no-break blanks."""
    lines = [
        "STT\tHọ và tên\tNgày sinh\tSố CCCD\tEmail công vụ\tĐơn vị",
        (
            "1\t  Nguyễn Thử\u00a0Nghiệm Ánh \t05-03-1985\t000185000001\tanh@thunghiem.gov.vn"
            "\tVăn phòng"
        ),
        (
            "2\tĐặng Thử Nghiệm Bích\tngày 7 tháng 8 năm 1990\t'000190000002"
            '\tBICH@thunghiem.gov.vn\t"Phòng \tVăn hóa"'
        ),
        "\t\t\t\t\t",
        "3\tVũ Thử Nghiệm Chi\t1991\t00091000003\t\tVăn phòng",
    ]
    path.write_bytes(unicodedata.normalize("NFD", "\r\n".join(lines)).encode("utf-16"))


def people_in_cp1258(path: Path) -> None:
    """Saved by an old Vietnamese Windows: CP1258, semicolons."""
    text = (
        "TT;Họ tên;Năm sinh;Chức danh;Điện thoại\r\n"
        "1;Nguyễn Thử Nghiệm Dũng;05/03/1985;Văn thư;0912345678\r\n"
        "2;Trần Thử Nghiệm Đức;1/2/88;Kế toán;84912345679\r\n"
    )
    path.write_bytes(_cp1258(text))


def _cp1258(text: str) -> bytes:
    """CP1258 has letters like ê ready and tones as marks behind them."""
    out = []
    for letter in text:
        try:
            out.append(letter.encode("cp1258"))
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize("NFC", "".join(m for m in marks if m not in _TONES))
            tones = "".join(mark for mark in marks if mark in _TONES)
            out.append((base + tones).encode("cp1258"))
    return b"".join(out)


_TONES = "\u0300\u0301\u0303\u0309\u0323"


def people_with_rounded_numbers(path: Path) -> None:
    """A CSV that went through Excel once: numbers rounded, dates in many habits, a repeat."""
    text = (
        "Mã số,Họ và tên,Ngày sinh,Số định danh cá nhân,Thư điện tử công vụ,Số ĐT\n"
        "TN-1,Nguyễn Thử Nghiệm Én,05/03/1985,1.85E+08,en@thunghiem.gov.vn,9.12E+08\n"
        "TN-2,Phạm Thử Nghiệm Giang,1985-03-05 00:00:00,000 185 000 002,giang@thunghiem.gov.vn,"
        "+84 912 345 678\n"
        "TN-3,Hồ Thử Nghiệm Hà,31105,000185000003,ha@thunghiem.gov.vn,0912.345.670\n"
        "TN-3,Hồ Thử Nghiệm Hải,30/02/1985,000185000003,ha2@thunghiem.gov.vn;x@y.vn,12\n"
        'TN-5,"Hồ, Thử Nghiệm Hằng",05031985,123456789,,\n'
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())


def people_with_split_names(path: Path) -> None:
    """Headings over two rows without any merging; names and birthdays in two columns each."""
    text = (
        "ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM;;;;;\n;;;;;\n"
        "STT;Họ và tên;;Ngày sinh;;Chức vụ\n"
        ";Họ và chữ đệm;Tên;Nam;Nữ;\n"
        "1;Nguyễn Thử Nghiệm;Khánh;1/2/1980;;Chủ tịch\n"
        "2;Lê Thử Nghiệm;Lan;;3/4/1985;Văn thư\n"
        "3;;Mai;;;\n"
    )
    path.write_bytes(text.encode())


def devices_in_old_excel(path: Path) -> None:
    """An .xls of 1997: merged title, serials as numbers, a PIN column, states in free words."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Token")
    sheet.write_merge(0, 0, 0, 7, "SỔ THEO DÕI THIẾT BỊ LƯU KHÓA BÍ MẬT")
    heads = ["STT", "Mã thiết bị", "Serial token", "Loại", "Tình trạng", "Người sử dụng",
             "Ngày bàn giao", "PIN"]  # fmt: skip
    rows: list[list[object]] = [
        [1, "TB-01", "5410ABCD00000001", "USB Token", "Đang sử dụng", "Nguyễn Thử Nghiệm An",
         "5/1/2026", "99887766"],
        [2, "TB-02", 541000000002, "Token", "Trong kho", "", "", 99887766],
        [3, "TB-03", 5.41e17, "SIM", "hỏng", "Trần Thử Nghiệm Bình", "", ""],
        [4, "TB-02", "5410ABCD00000001", "Máy in", "Trong kho", "Lê Thử Nghiệm Cúc", "", ""],
    ]  # fmt: skip
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for column, words in enumerate(heads):
        sheet.write(2, column, words)
    for row, cells in enumerate(rows, start=3):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    sheet.write(7, 5, "Hồ Thử Nghiệm Dần")
    sheet.write(7, 6, date(2026, 1, 2), day)
    book.save(str(path))


def certificates_with_formulas(path: Path) -> None:
    """By openpyxl: formulas that nobody calculated, serial numbers of days, two sheets."""
    book = openpyxl.Workbook()
    guide = book.active
    guide.title = "Bìa"
    guide["A1"] = "Báo cáo tình hình chứng thư"
    sheet = book.create_sheet("CTS")
    sheet.append(["DANH SÁCH CHỨNG THƯ SỐ ĐÃ CẤP"])
    sheet.merge_cells("A1:G1")
    sheet.append([])
    sheet.append(["STT", "Đối tượng sử dụng", "Loại đối tượng", "Số chứng thư số", "Thời hạn", None,
                  "Ghi chú", "Cột lạ"])  # fmt: skip
    sheet.append([None, None, None, None, "Từ ngày", "Đến ngày"])
    sheet.merge_cells("E3:F3")
    for column in "ABCDGH":
        sheet.merge_cells(f"{column}3:{column}4")
    sheet.append([1, "Nguyễn Thử Nghiệm An", "Cá nhân", "2A:05:F8:12:67:36:07:B0", 46027, 47852])
    sheet.append(
        [
            2,
            "UBND xã Thử Nghiệm",
            "Con dấu",
            "2a05f812673607b1",
            "05/01/2026",
            "04/01/2025",
            "",
            "dữ liệu không ai nhận",
        ]
    )
    sheet.append([3, "Trần Thử Nghiệm Bình", "Cá nhân", 1.5e17, "05/01/2026", "=E7+1825"])
    book.save(path)


def handovers_printed_on_pages(path: Path) -> None:
    """A printed list: the headings come again on the second page."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Bàn giao"
    heads = ["STT", "Số hiệu thiết bị", "Người nhận", "Ngày giao", "Số biên bản", "Hình thức"]
    sheet.append(heads)
    sheet.append([1, "5410ABCD00000001", "Nguyễn Thử Nghiệm An", date(2025, 1, 5), "01/BB", "Giao"])
    sheet.append([2, "", "Trần Thử Nghiệm Bình", "6.1.2025", "02/BB", ""])
    sheet.append(heads)
    sheet.append([3, "5410ABCD00000003", "", "07/01/2025", "", "Bàn giao"])
    sheet.append([4, "5410ABCD00000001", "", "08/01/2099", "03/BB", "Trả lại"])
    sheet.append([5, "5410ABCD00000004", "Lê Thử Nghiệm Cúc", None, "04/BB", "cho mượn"])
    book.save(path)


def staff_changes_typed_freely(path: Path) -> None:
    """Reasons in whole sentences, one person twice, a death in the future."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row("B2", ["Họ tên", "Email", "Nội dung biến động", "Từ ngày", "Nơi đến",
                               "Chức vụ mới", "Quyết định"])  # fmt: skip
        rows = [
            [
                "Nguyễn Thử Nghiệm An",
                "an@thunghiem.gov.vn",
                "Nghỉ hưu từ 01/7/2026",
                "01/07/2026",
                "",
                "",
                "12/QĐ-UBND",
            ],
            ["Trần Thử Nghiệm Bình", "binh@thunghiem.gov.vn", "Chuyển công tác", "1/6/2026"],
            ["Lê Thử Nghiệm Cúc", "", "Bổ nhiệm", "1/6/2026"],
            ["Vũ Thử Nghiệm Dung", "dung@thunghiem.gov.vn", "Từ trần", "1/6/2099"],
            ["Nguyễn Thử Nghiệm An", "an@thunghiem.gov.vn", "nghỉ hưu", "01/07/2026"],
            ["Hồ Thử Nghiệm Em", "em@thunghiem.gov.vn", "làm việc khác", ""],
        ]
        for number, cells in enumerate(rows, start=2):
            sheet.write_row(number, 1, cells)


def people_by_another_writer(path: Path) -> None:
    """Hand-made XML: a prefix before every tag, no places of cells, no shared strings, NFD."""
    head = ["Họ và tên", "CCCD", "Thư điện tử"]
    rows = [head, ["Nguyễn Thử Nghiệm Oanh", "000185000009", "oanh@thunghiem.gov.vn"]]
    made = "".join(
        "<x:row>"
        + "".join(f'<x:c t="inlineStr"><x:is><x:t>{one}</x:t></x:is></x:c>' for one in row)
        + "</x:row>"
        for row in rows
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override '
        f'PartName="/xl/worksheets/a.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="b" Type="{office}/worksheet" Target="/xl/worksheets/a.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<x:workbook xmlns:x="{main}" xmlns:r="{office}"><x:sheets><x:sheet '
        'name="Trang &amp; 1" sheetId="1" r:id="b"/></x:sheets></x:workbook>',
        "xl/worksheets/a.xml": unicodedata.normalize(
            "NFD", f'<x:worksheet xmlns:x="{main}"><x:sheetData>{made}</x:sheetData></x:worksheet>'
        ),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def encrypted_workbook(path: Path) -> None:
    """What Excel writes for a password: a compound file with a stream EncryptedPackage."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    path.write_bytes(header + "EncryptedPackage".encode("utf-16-le") + bytes(480))


def web_page_named_xls(path: Path) -> None:
    """What many web systems call an export to Excel."""
    path.write_text("<html><body><table><tr><td>Họ tên</td></tr></table></body></html>", "utf-8")


def one_cell_far_away(path: Path) -> None:
    """Two filled cells, in the first and in the last place of a sheet."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write("A1", "Họ và tên")
        sheet.write("XFD1048576", "x")


FILES: dict[str, Callable[[Path], None]] = {
    "01-can-bo-hai-dong-tieu-de.xlsx": people_with_two_rows_of_headings,
    "02-can-bo-utf16.csv": people_in_utf16,
    "03-can-bo-cp1258.csv": people_in_cp1258,
    "04-can-bo-so-bi-lam-tron.csv": people_with_rounded_numbers,
    "05-can-bo-ho-ten-tach-cot.csv": people_with_split_names,
    "06-thiet-bi-excel-cu.xls": devices_in_old_excel,
    "07-chung-thu-cong-thuc.xlsx": certificates_with_formulas,
    "08-ban-giao-nhieu-trang.xlsx": handovers_printed_on_pages,
    "09-bien-dong.xlsx": staff_changes_typed_freely,
    "10-can-bo-phan-mem-khac.xlsx": people_by_another_writer,
    "11-dat-mat-khau.xlsx": encrypted_workbook,
    "12-trang-web.xls": web_page_named_xls,
    "13-o-lac.xlsx": one_cell_far_away,
}

#: The first file as LibreOffice saves it again: name -> its filter.
BY_LIBREOFFICE = {
    "14-libreoffice.xlsx": "xlsx:Calc MS Excel 2007 XML",
    "15-libreoffice.xls": "xls:MS Excel 97",
}


def saved_by_libreoffice(folder: Path, office: str) -> None:
    """Let LibreOffice Calc open the first file and save it in its own ways."""
    with tempfile.TemporaryDirectory() as place:
        for name, wanted in BY_LIBREOFFICE.items():
            first = Path(place) / f"{name.split('.')[0]}-goc.xlsx"
            people_with_two_rows_of_headings(first)
            profile = f"-env:UserInstallation={Path(place).as_uri()}/profile"
            command = [office, profile, "--headless", "--convert-to", wanted, first.name]
            subprocess.run(command, cwd=place, check=True, capture_output=True, timeout=100)
            saved = Path(place) / f"{first.stem}.{wanted.split(':')[0]}"
            if saved.exists():  # A LibreOffice without Calc opens no workbook.
                (folder / name).write_bytes(saved.read_bytes())


def main(folder: Path = FOLDER) -> None:
    """Write every file into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        make(folder / name)
    if office := shutil.which("soffice"):
        saved_by_libreoffice(folder, office)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
