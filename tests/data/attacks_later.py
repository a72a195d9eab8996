"""Attacks by what comes after the signature: incremental saving, shadows, certification."""

from __future__ import annotations

from collections.abc import Mapping

from tests.data.attack_list import INVALID, UNDECIDED, VALID, attack, by_both, by_leader
from tests.data.people import people
from tests.data.tiny import (
    AGENCY,
    CATALOG,
    CONTENT,
    FONT,
    FORM,
    LEADER,
    LOOK,
    NUMBER,
    PAGE,
    PAGES,
    SPARE,
    Tiny,
    drawing,
    letter_objects,
    stream,
    widget,
)

FORGED = b"BT /F1 14 Tf 60 760 Td (De nghi gia han chung thu so: 99 nguoi) Tj ET"
WHITE = b"1 1 1 rg 0 0 400 40 re f"
CHANGED_PAGE = "Nội dung trang 1 đã bị thay đổi"


@attack("00-mot-chu-ky", VALID, "", "Đối chứng: một chữ ký thật.")
def _one() -> bytes:
    return by_leader().data


@attack("01-hai-chu-ky", VALID, "", "Đối chứng: người ký rồi cơ quan ký.")
def _two() -> bytes:
    return by_both().data


@attack("02-sao-y", VALID, "", "Đối chứng: ký sao y trên trường thêm sau, ngoài phần chữ.")
def _copy() -> bytes:
    return with_late_field(by_both(), b"400 20 570 70").data


def with_late_field(tiny: Tiny, box: bytes, by: object = None, ink: bytes = WHITE) -> Tiny:
    """A signature in a field that was added after the others, with something to be seen."""
    page = tiny.changed(PAGE, b"9 0 R]", b"9 0 R 30 0 R]")
    form = tiny.changed(FORM, b"9 0 R]", b"9 0 R 30 0 R]")
    tiny.objects[SPARE] = widget(b"Sig", b"sao_y", box)
    shown = {31: drawing(ink, 400, 40)}
    holder = by or people().agency
    return tiny.sign(
        SPARE,
        holder,  # type: ignore[arg-type]  # a holder or a maker of containers
        value=32,
        more={**page, **form, **shown},
        look=b"/AP << /N 31 0 R >>",
    )


def _after(name: str, because: str, about: str, verdict: str = INVALID) -> None:
    """Enter a one-step attack: the named change in an increment behind both signatures."""

    def make() -> bytes:
        tiny = by_both()
        objects, options = _CHANGES[name](tiny)
        return tiny.add(objects, **options).data  # type: ignore[arg-type]  # options by name

    attack(name, verdict, because, about)(make)


Step = tuple[Mapping[int, bytes], dict[str, object]]


def _content(_: Tiny) -> Step:
    return {CONTENT: stream(FORGED)}, {}


def _other_content(tiny: Tiny) -> Step:
    return {**tiny.changed(PAGE, b"4 0 R", b"30 0 R"), 30: stream(FORGED)}, {}


def _new_page(tiny: Tiny) -> Step:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    return {**tiny.changed(PAGES, b"[3 0 R] /Count 1", b"[3 0 R 30 0 R] /Count 2"), 30: page}, {}


def _other_catalog(tiny: Tiny) -> Step:
    pages = b"<< /Type /Pages /Kids [31 0 R] /Count 1 >>"
    page = tiny.objects[PAGE].replace(b"4 0 R", b"32 0 R").replace(b"2 0 R", b"33 0 R")
    catalog = tiny.objects[CATALOG].replace(b"2 0 R", b"33 0 R")
    return {30: catalog, 33: pages, 31: page, 32: stream(FORGED)}, {"root": 30}


def _font(_: Tiny) -> Step:
    differences = b"/Encoding << /Type /Encoding /Differences [48 /nine /eight] >>"
    return {FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica %s >>" % differences}, {}


def _shared_font(tiny: Tiny) -> Step:
    other = b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"
    return {**tiny.changed(FORM, b"/F1 6 0 R", b"/F1 30 0 R"), 30: other}, {}


def _turned(tiny: Tiny) -> Step:
    return tiny.with_entry(PAGE, b"/Rotate 180"), {}


def _cropped(tiny: Tiny) -> Step:
    return tiny.with_entry(PAGE, b"/CropBox [0 0 595 730]"), {}


def _note(kind: bytes) -> object:
    def make(tiny: Tiny) -> Step:
        over = b"<< /Type /Annot /Subtype /%s /Rect [50 750 450 790] /F 4 /AP << /N 31 0 R >> >>"
        page = tiny.changed(PAGE, b"9 0 R]", b"9 0 R 30 0 R]")
        return {**page, 30: over % kind, 31: drawing(WHITE, 400, 40)}, {}

    return make


def _script(tiny: Tiny) -> Step:
    action = b"/OpenAction << /S /JavaScript /JS (this.getField\\('so'\\).value='999') >>"
    return tiny.with_entry(CATALOG, action), {}


def _needs(tiny: Tiny) -> Step:
    return tiny.with_entry(FORM, b"/NeedAppearances true"), {}


def _xfa(tiny: Tiny) -> Step:
    return tiny.with_entry(FORM, b"/XFA (<xdp/>)"), {}


def _locked_value(tiny: Tiny) -> Step:
    return {**tiny.changed(NUMBER, b"(123)", b"(999)")}, {}


def _locked_look(_: Tiny) -> Step:
    return {LOOK: drawing(b"BT /F1 12 Tf 2 4 Td (999) Tj ET")}, {}


def _moved(tiny: Tiny) -> Step:
    return tiny.changed(LEADER, b"330 300 510 380", b"60 740 460 790"), {}


def _signature_look(tiny: Tiny) -> Step:
    return {**tiny.with_entry(LEADER, b"/AP << /N 30 0 R >>"), 30: drawing(WHITE)}, {}


def _removed_field(tiny: Tiny) -> Step:
    return tiny.changed(FORM, b"[7 0 R 8 0 R 9 0 R]", b"[8 0 R 9 0 R]"), {}


def _new_text_field(tiny: Tiny) -> Step:
    field = widget(b"Tx", b"them", b"50 750 450 790", b"/V (99) /AP << /N 31 0 R >>")
    page = tiny.changed(PAGE, b"9 0 R]", b"9 0 R 30 0 R]")
    form = tiny.changed(FORM, b"9 0 R]", b"9 0 R 30 0 R]")
    return {**page, **form, 30: field, 31: drawing(FORGED, 400, 40)}, {}


def _empty_cover(tiny: Tiny) -> Step:
    field = widget(b"Sig", b"che", b"50 750 450 790", b"/AP << /N 31 0 R >>")
    page = tiny.changed(PAGE, b"9 0 R]", b"9 0 R 30 0 R]")
    form = tiny.changed(FORM, b"9 0 R]", b"9 0 R 30 0 R]")
    return {**page, **form, 30: field, 31: drawing(WHITE, 400, 40)}, {}


def _freed(_: Tiny) -> Step:
    return {}, {"freed": (CONTENT,)}


def _signature_rewritten(tiny: Tiny) -> Step:
    body = tiny.objects[20].replace(b"/M (D:2026", b"/M (D:2020")
    return {20: body}, {}


_CHANGES: dict[str, object] = {}


def _enter(name: str, step: object, because: str, about: str, verdict: str = INVALID) -> None:
    _CHANGES[name] = step
    _after(name, because, about, verdict)


_enter("10-luu-them-noi-dung", _content, CHANGED_PAGE, "Ghi đè dòng nội dung của trang (ISA).")
_enter(
    "11-luu-them-trang-tro-noi-khac", _other_content, CHANGED_PAGE, "Trang trỏ sang nội dung khác."
)
_enter("12-luu-them-trang", _new_page, "Số trang", "Thêm một trang.")
_enter(
    "13-danh-muc-khac",
    _other_catalog,
    "",
    "Trailer trỏ sang một danh mục (catalog) khác.",
)
_enter("14-phong-chu-doi-so", _font, CHANGED_PAGE, "Đổi bảng mã của phông chữ: số hiện ra khác.")
_enter("15-phong-bieu-mau", _shared_font, "Phông chữ", "Đổi phông dùng chung của biểu mẫu.")
_enter("16-xoay-trang", _turned, CHANGED_PAGE, "Xoay trang.")
_enter("17-cat-trang", _cropped, CHANGED_PAGE, "Cắt bớt phần nhìn thấy của trang.")
for _number, _kind in enumerate((b"FreeText", b"Stamp", b"Square", b"Redact", b"FileAttachment")):
    _enter(
        f"2{_number}-chu-thich-{_kind.decode().lower()}",
        _note(_kind),
        "Trang 1:",
        f"Chú thích {_kind.decode()} che nội dung.",
    )
_enter("26-them-ma-lenh", _script, "OpenAction", "Thêm mã lệnh chạy khi mở.")
_enter("27-tu-ve-lai", _needs, "NeedAppearances", "Bật tự vẽ lại các trường.")
_enter("28-them-xfa", _xfa, "XFA", "Thêm biểu mẫu XFA.")
_enter("29-sua-so-da-khoa", _locked_value, "“so” đã bị sửa", "Sửa giá trị trường đã khóa.")
_enter("30-sua-hinh-so-da-khoa", _locked_look, "“so” đã bị sửa", "Giữ giá trị, sửa hình hiển thị.")
_enter("31-doi-cho-chu-ky", _moved, "“lanh_dao”", "Dời ô chữ ký lên che nội dung.")
_enter("32-thay-hinh-chu-ky", _signature_look, "“lanh_dao”", "Thay hình hiển thị của chữ ký.")
_enter("33-xoa-truong", _removed_field, "“so” đã bị sửa", "Bỏ trường đã khóa khỏi biểu mẫu.")
_enter("34-them-truong-chu", _new_text_field, "được thêm vào", "Thêm trường chữ che nội dung.")
_enter("35-o-ky-trong-che", _empty_cover, "“che”", "Ô chữ ký trống có hình che nội dung.")
_enter("36-giai-phong-noi-dung", _freed, CHANGED_PAGE, "Giải phóng nội dung của trang.")
_enter("37-sua-tu-dien-chu-ky", _signature_rewritten, "“lanh_dao”", "Ghi lại từ điển chữ ký.")


def _shadow(objects: dict[int, bytes]) -> Tiny:
    return Tiny(objects).sign_leader(people().leader).sign(AGENCY, people().agency, value=21)


@attack("40-bong-an-chu-thich", INVALID, "Trang 1:", "Shadow hide: gỡ lớp che đã có khi ký.")
def _hide_annotation() -> bytes:
    objects = letter_objects()
    objects[PAGE] = objects[PAGE].replace(b"9 0 R]", b"9 0 R 12 0 R]")
    objects[12] = b"<< /Type /Annot /Subtype /Stamp /Rect [50 750 450 790] /AP << /N 13 0 R >> >>"
    objects[13] = drawing(WHITE, 400, 40)
    tiny = _shadow(objects)
    return tiny.add(tiny.changed(PAGE, b" 12 0 R]", b"]")).data


@attack("41-bong-an-hinh", INVALID, CHANGED_PAGE, "Shadow hide: giải phóng hình che nội dung.")
def _hide_image() -> bytes:
    objects = letter_objects()
    objects[PAGE] = objects[PAGE].replace(
        b">> >> /Annots", b">> /XObject << /Che 12 0 R >> >> /Annots"
    )
    objects[CONTENT] = stream(FORGED + b" /Che Do")
    objects[12] = drawing(WHITE, 400, 40)
    return _shadow(objects).add({}, freed=(12,)).data


@attack(
    "42-bong-thay-trang",
    INVALID,
    CHANGED_PAGE,
    "Shadow hide-and-replace: bảng trỏ sang bản giấu sẵn.",
)
def _hide_and_replace() -> bytes:
    tiny = Tiny()

    tiny.data += b"4 0 obj\n%s\nendobj\n" % stream(FORGED)
    hidden = tiny.data.rindex(b"4 0 obj")
    tiny.sign_leader(people().leader).sign(AGENCY, people().agency, value=21)
    return tiny.add({}, places={CONTENT: hidden}).data


@attack("43-bong-lop-noi-dung", INVALID, "OCProperties", "Bật lớp nội dung (OCG) ẩn sau khi ký.")
def _layer() -> bytes:
    objects = letter_objects()
    objects[CATALOG] = objects[CATALOG].replace(
        b"/AcroForm", b"/OCProperties << /OCGs [12 0 R] /D << /OFF [12 0 R] >> >> /AcroForm"
    )
    objects[12] = b"<< /Type /OCG /Name (an) >>"
    objects[CONTENT] = stream(TEXT_WITH_LAYER)
    tiny = _shadow(objects)
    return tiny.add(tiny.changed(CATALOG, b"/OFF [12 0 R]", b"/ON [12 0 R]")).data


TEXT_WITH_LAYER = b"/OC /An BDC " + FORGED + b" EMC"


@attack(
    "44-lop-an-tu-dau", UNDECIDED, "lớp nội dung", "Lớp ẩn có sẵn khi ký: phần mềm hiện khác nhau."
)
def _layer_inside() -> bytes:
    objects = letter_objects()
    objects[CATALOG] = objects[CATALOG].replace(
        b"/AcroForm", b"/OCProperties << /OCGs [12 0 R] /D << /OFF [12 0 R] >> >> /AcroForm"
    )
    objects[12] = b"<< /Type /OCG /Name (an) >>"
    return _shadow(objects).data


@attack(
    "45-truong-chua-khoa",
    UNDECIDED,
    "không chữ ký nào bảo vệ",
    "Điền trường không khóa sau chữ ký cuối.",
)
def _unlocked() -> bytes:
    tiny = Tiny(letter_objects(lock=b"")).sign(LEADER, people().leader)
    return tiny.add(tiny.changed(NUMBER, b"(123)", b"(999)")).data


def _certified(level: int) -> Tiny:
    reference = (
        b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams "
        b"<< /Type /TransformParams /P %d /V /1.2 >> >>]" % level
    )
    tiny = Tiny(letter_objects(lock=b""))
    catalog = tiny.with_entry(CATALOG, b"/Perms << /DocMDP 20 0 R >>")
    return tiny.sign(LEADER, people().leader, extra=reference, more=catalog)


@attack("50-chung-nhan", VALID, "", "Đối chứng: chữ ký chứng nhận mức 2.")
def _honest_certification() -> bytes:
    return _certified(2).data


@attack("51-chung-nhan-muc-1-dien", INVALID, "không cho phép", "Điền trường sau chứng nhận mức 1.")
def _closed() -> bytes:
    tiny = _certified(1)
    return tiny.add(tiny.changed(NUMBER, b"(123)", b"(999)")).data


@attack("52-eaa-chu-thich", INVALID, "Trang 1:", "Evil Annotation: chú thích che nội dung, mức 3.")
def _evil_annotation() -> bytes:
    tiny = _certified(3)
    objects, _ = _note(b"FreeText")(tiny)  # type: ignore[operator]  # made above
    return tiny.add(objects).data


@attack(
    "53-ssa-chu-ky-che",
    INVALID,
    "bị thay đổi sau khi ký",
    "Sneaky Signature: chữ ký thật thêm sau che nội dung.",
)
def _sneaky_signature() -> bytes:
    return with_late_field(_certified(2), b"50 750 450 790").data


@attack("54-ssa-nguoi-la", INVALID, "chứng thư gốc", "Sneaky Signature: người lạ ký che nội dung.")
def _sneaky_stranger() -> bytes:
    return with_late_field(_certified(2), b"50 750 450 790", people().stranger).data


@attack("55-go-chung-nhan", INVALID, "Perms", "Gỡ quyền của chữ ký chứng nhận.")
def _permission_removed() -> bytes:
    tiny = _certified(2)
    return tiny.add(tiny.changed(CATALOG, b"/Perms << /DocMDP 20 0 R >>", b"")).data


@attack("56-che-so-da-khoa", INVALID, "che lên nội dung", "Chữ ký thêm sau có hình che số đã khóa.")
def _cover_of_locked() -> bytes:
    return with_late_field(by_leader(), b"50 690 200 725").data


@attack(
    "57-ky-them-che", UNDECIDED, "che lên nội dung", "Chữ ký thật thêm sau che phần chữ của trang."
)
def _cover_of_text() -> bytes:
    return with_late_field(by_leader(), b"50 750 450 790").data


@attack(
    "58-nguoi-la-ky-che", UNDECIDED, "che lên nội dung", "Người lạ ký thêm, hình ký che phần chữ."
)
def _cover_by_stranger() -> bytes:
    return with_late_field(by_leader(), b"50 750 450 790", people().stranger).data
