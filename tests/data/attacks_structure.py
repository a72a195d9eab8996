"""Attacks on what a signature covers: byte ranges, wrapping, forged dictionaries, parser games."""

from __future__ import annotations

import re
import zlib

from tests.data.attack_list import INVALID, UNDECIDED, UNREADABLE, attack, by_both, by_leader
from tests.data.people import people
from tests.data.tiny import (
    AGENCY,
    CATALOG,
    CONTENT,
    LEADER,
    PAGES,
    Tiny,
    letter_objects,
    stream,
    swapped,
)

FORGED = b"BT /F1 14 Tf 60 760 Td (De nghi gia han chung thu so: 99 nguoi) Tj ET"
RANGE = "ByteRange"


def _range(numbers: bytes) -> bytes:
    """The leader's signed letter with other numbers in its byte range."""
    data = by_leader().data
    old = re.search(rb"/ByteRange \[([^\]]*)\]", data)
    if old is None:
        raise ValueError("no byte range")
    return swapped(data, old.group(1), numbers.ljust(len(old.group(1))))


def _numbers() -> tuple[int, int, int]:
    tiny = by_leader()
    start, end = tiny.hole
    return start, end, len(tiny.data) - end


def _enter(name: str, numbers: str, about: str, because: str = RANGE) -> None:
    def make() -> bytes:
        start, end, rest = _numbers()
        return _range(numbers.format(s=start, e=end, r=rest, n=end + rest).encode())

    attack(name, INVALID, because, about)(make)


_enter("60-pham-vi-am", "0 {s} -{e} {r}", "Số âm trong ByteRange.", "")
_enter("61-pham-vi-chong", "0 {e} {s} {r}", "Hai đoạn chồng lên nhau.")
_enter("62-pham-vi-ho", "0 {s} {n} 1", "Bỏ trống phần sau chữ ký.")
_enter("63-pham-vi-qua-lon", "0 {s} {e} 99999999999", "Đoạn dài hơn tệp.", "")
_enter("64-pham-vi-khong-tu-dau", "9 {s} {e} {r}", "Không bắt đầu từ byte 0.")
_enter("65-pham-vi-ba-so", "0 {s} {e}", "Chỉ có ba số.", "")
_enter("66-pham-vi-rong", "", "Không có số nào.", "")
_enter("67-pham-vi-mot-doan", "0 {s} {e} 0", "Đoạn thứ hai dài 0.")
_enter("68-pham-vi-thut-vao", "0 {s} {e} 40", "Bỏ phần đuôi của phiên bản.", "")
_enter("69-pham-vi-sau-doan", "0 9 9 9 {e} {r}", "Sáu số.", "")


@attack(
    "70-boc-chu-ky",
    INVALID,
    RANGE,
    "Signature wrapping: đuôi đã ký dời ra sau, bảng tham chiếu giả nằm đúng chỗ cũ của nó.",
)
def _wrapped() -> bytes:
    tiny = by_leader()
    start, end = tiny.hole
    table = tiny.last_table
    tail = tiny.data[end:]
    forged = Tiny(tiny.objects)
    forged.data, forged.last_table = tiny.data[:table], _table_before(tiny.data)
    places = {number: tiny.data.rindex(b"\n%d 0 obj" % number) + 1 for number in (LEADER, 20)}
    places[CONTENT] = table + _room(places, forged.last_table)
    forged.add({}, places=places)
    forged.data += b"4 0 obj\n%s\nendobj\n" % stream(FORGED)
    data = forged.data + tail
    old = re.search(rb"/ByteRange \[([^\]]*)\]", data)
    if old is None:
        raise ValueError("no byte range")
    numbers = b"0 %d %d %d" % (start, len(forged.data), len(tail))
    return swapped(data, old.group(1), numbers.ljust(len(old.group(1))))


def _room(places: dict[int, int], previous: int) -> int:
    """How long a table with these entries and the content's is."""
    probe = Tiny({})
    probe.data, probe.last_table = b"", previous
    return len(probe.add({}, places={**places, CONTENT: 1}).data)


def _table_before(data: bytes) -> int:
    found = re.findall(rb"/Prev (\d+)", data)
    return int(found[-1])


@attack(
    "71-boc-trong-lo", INVALID, "", "Signature wrapping: nội dung chèn bên trong chỗ chứa chữ ký."
)
def _inside_the_hole() -> bytes:
    tiny = by_leader()
    _, end = tiny.hole
    forged = b">/Pad<" + b"00" * 20
    return tiny.data[: end - 1 - len(forged)] + forged + tiny.data[end - 1 :]


@attack("72-hai-pham-vi", INVALID, "", "Hai mục ByteRange trong một từ điển.")
def _two_ranges() -> bytes:
    start, end, rest = _numbers()
    extra = b"/ByteRange [0 %d %d %d]" % (start, end, rest)
    return Tiny().sign(LEADER, people().leader, extra=extra).data.replace(b"/M (D:", b"/M (E:", 1)


@attack(
    "73-du-lieu-sau-chu-ky", INVALID, "dữ liệu lạ phía sau", "Byte lạ trong phần đệm của chữ ký."
)
def _trailing() -> bytes:
    tiny = by_leader()
    _, end = tiny.hole
    return tiny.data[: end - 9] + b"DEADBEEF" + tiny.data[end - 1 :]


@attack(
    "74-noi-duoi",
    UNDECIDED,
    "Sau chữ ký cuối cùng",
    "Đối tượng nối sau tệp, không có bảng tham chiếu.",
)
def _appended() -> bytes:
    return by_leader().data + b"4 0 obj\n%s\nendobj\n" % stream(FORGED)


def _dictionary(name: str, old: bytes, new: bytes, about: str, verdict: str = INVALID) -> None:
    """The signature dictionary with a piece exchanged for another of the same length."""

    def make() -> bytes:
        return swapped(by_leader().data, old, new.ljust(len(old)))

    attack(name, verdict, "", about)(make)


_dictionary("75-khong-pham-vi", b"/ByteRange [", b"/ByteBange [", "USF: không có ByteRange.")
_dictionary("76-khong-noi-dung", b"/Contents <", b"/Kontents <", "USF: không có Contents.")
_dictionary(
    "77-dinh-dang-la", b"/ETSI.CAdES.detached", b"/ETSI.XYZ", "Định dạng chữ ký lạ.", UNDECIDED
)
_dictionary("78-khong-dinh-dang", b"/SubFilter", b"/SubFoo", "Không ghi SubFilter.", UNDECIDED)


def _contents(name: str, container: bytes, about: str) -> None:
    def make() -> bytes:
        return Tiny().sign(LEADER, lambda _: container).data

    attack(name, INVALID, "", about)(make)


_contents("80-noi-dung-rong", b"", "USF: Contents toàn số 0.")
_contents("81-noi-dung-mot-byte", b"\x00", "USF: Contents là một byte 0.")
_contents("82-cms-rong", bytes.fromhex("3000"), "CMS là SEQUENCE rỗng.")
_contents(
    "83-cms-khong-noi-dung", bytes.fromhex("300b06092a864886f70d010702"), "CMS không có nội dung."
)
_contents("84-cms-rac", b"khong phai CMS" * 9, "Contents không phải DER.")
_contents("85-cms-dai-vo-han", bytes.fromhex("3084ffffffff0609"), "Độ dài DER vượt quá dữ liệu.")


@attack("86-sua-mot-byte", INVALID, "không còn nguyên vẹn", "Sửa một chữ số của nội dung đã ký.")
def _one_byte() -> bytes:
    return by_leader().data.replace(b"so: 10 nguoi", b"so: 90 nguoi")


@attack("87-hai-truong-mot-chu-ky", INVALID, "nhiều trường", "Một chữ ký gắn vào hai trường.")
def _twin() -> bytes:
    tiny = Tiny()
    more = tiny.with_entry(AGENCY, b"/V 20 0 R")
    return tiny.sign(LEADER, people().leader, more=more).data


@attack("88-chu-ky-chep", INVALID, "", "Chữ ký chép từ văn bản khác.")
def _copied() -> bytes:
    other = letter_objects()
    other[CONTENT] = stream(FORGED)
    genuine = by_leader()
    start, end = genuine.hole
    container = bytes.fromhex(genuine.data[start + 1 : end - 1].decode())
    return Tiny(other).sign(LEADER, lambda _: container.rstrip(b"\0")).data


@attack(
    "89-chu-ky-tach-roi", UNDECIDED, "không có chữ ký", "Từ điển chữ ký không thuộc trường nào."
)
def _loose() -> bytes:
    tiny = by_leader()
    return tiny.data.replace(b"/Fields [7 0 R 8 0 R 9 0 R]", b"/Fields [7 0 R            ]", 1)


@attack("90-hybrid", UNDECIDED, "hybrid", "Hai bảng tham chiếu: mỗi phần mềm đọc một bản.")
def _hybrid() -> bytes:
    tiny = Tiny()
    at = len(tiny.data)
    row = b"\x01" + (0).to_bytes(4, "big") + b"\x00"
    table = stream(row, b"/Type /XRef /W [1 4 1] /Index [40 1] /Size 60 /Root 1 0 R")
    tiny.data += b"40 0 obj\n%s\nendobj\n" % table
    tiny.add({41: b"<< /Note (hybrid) >>"}, trailer=b"/XRefStm %d" % at)
    return tiny.sign(LEADER, people().leader).data


@attack("91-ma-hoa", UNREADABLE, "mật khẩu", "Tệp mã hóa.")
def _encrypted() -> bytes:
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(by_leader().data)))
    writer.encrypt("mat khau mau", "mat khau mau")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@attack("92-bang-tu-tro", UNREADABLE, "", "Bảng tham chiếu trỏ vòng về chính nó.")
def _table_loop() -> bytes:
    tiny = by_leader()
    before = tiny.last_table
    tiny.add({50: b"null"})
    return swapped(tiny.data, b"/Prev %d" % before, b"/Prev %d" % tiny.last_table)


@attack("93-cay-trang-vong", INVALID, "", "Cây trang trỏ vòng.")
def _page_loop() -> bytes:
    objects = letter_objects()
    objects[PAGES] = b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 >>"
    tiny = Tiny(objects).sign(LEADER, people().leader)
    return tiny.add({50: b"null"}).data


@attack("94-long-sau", UNREADABLE, "", "Cấu trúc lồng nhau hàng nghìn tầng.")
def _deep() -> bytes:
    objects = letter_objects()
    objects[CATALOG] = objects[CATALOG].replace(b">>", b"/X " + b"[" * 4000 + b"]" * 4000 + b" >>")
    return Tiny(objects).sign(LEADER, people().leader).data


@attack("95-bom-nen", UNREADABLE, "", "Luồng nén phình to hàng nghìn lần trong bảng tham chiếu.")
def _bomb() -> bytes:
    packed = zlib.compress(bytes(40_000_000), 9)
    head = b"%PDF-1.7\n"
    body = stream(packed, b"/Type /XRef /W [1 4 1] /Size 9000000 /Filter /FlateDecode /Root 1 0 R")
    return head + b"1 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (body, len(head))


@attack("96-javascript-tu-dau", UNDECIDED, "JavaScript", "Mã lệnh có sẵn khi ký.")
def _script() -> bytes:
    objects = letter_objects()
    objects[CATALOG] = objects[CATALOG].replace(
        b"/AcroForm", b"/OpenAction << /S /JavaScript /JS (1) >> /AcroForm"
    )
    return Tiny(objects).sign(LEADER, people().leader).data


@attack("97-xfa-tu-dau", UNDECIDED, "XFA", "Biểu mẫu XFA có sẵn khi ký.")
def _xfa() -> bytes:
    objects = letter_objects()
    objects[5] = objects[5].replace(b"/SigFlags", b"/XFA (<xdp/>) /SigFlags")
    return Tiny(objects).sign(LEADER, people().leader).data


@attack("98-noi-dung-ngoai", UNDECIDED, "bên ngoài", "Nội dung trang lấy từ tệp khác.")
def _external() -> bytes:
    objects = letter_objects()
    objects[CONTENT] = stream(b"", b"/F (khac.pdf)")
    return Tiny(objects).sign(LEADER, people().leader).data


@attack(
    "99-lenh-mo-chuong-trinh", UNDECIDED, "mở chương trình", "Lệnh mở chương trình có sẵn khi ký."
)
def _launch() -> bytes:
    objects = letter_objects()
    objects[CATALOG] = objects[CATALOG].replace(
        b"/AcroForm", b"/AA << /WC << /S /Launch /F (cmd.exe) >> >> /AcroForm"
    )
    return Tiny(objects).sign(LEADER, people().leader).data


@attack("9a-cat-cut", UNREADABLE, "", "Tệp bị cắt cụt giữa chừng.")
def _cut() -> bytes:
    return by_both().data[:1500]


@attack(
    "9b-hai-gia-tri",
    UNDECIDED,
    "hai giá trị",
    "Một mục có hai giá trị: phần mềm khác hiện số khác.",
)
def _two_values() -> bytes:
    tiny = by_leader()
    two = tiny.changed(7, b"/N 10 0 R", b"/N 10 0 R /N 30 0 R")
    return tiny.add({**two, 30: stream(b"", b"/Type /XObject /Subtype /Form")}).data


@attack("9c-hai-gia-tri-khi-ky", UNDECIDED, "hai giá trị", "Một mục có hai giá trị ngay khi ký.")
def _two_values_signed() -> bytes:
    objects = letter_objects()
    objects[3] = objects[3].replace(b"/Contents 4 0 R", b"/Contents 4 0 R /Contents 12 0 R")
    objects[12] = stream(FORGED)
    return Tiny(objects).sign_leader(people().leader).data
