"""What changed after a signature, by our own comparison beside pyHanko's difference analysis.

pyHanko decides which kinds of object may change. It trusts form filling a good deal: what a locked
text field *shows* is part of its appearance stream, and fonts hang on shared resources. So the
things that a person believes in (page contents, what lies over them, fields, earlier signatures)
are compared whole in the signed revision and in the last one, and each difference is put into a
sentence: which page, what kind, allowed or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from signing.pades.report import ChangeKind, LaterChange
from signing.pades.snapshots import FieldState, Snapshot

_WORDS = {
    "/FreeText": "chữ chèn thêm",
    "/Stamp": "con dấu chèn thêm",
    "/Text": "ghi chú",
    "/Highlight": "tô màu",
    "/Link": "liên kết",
    "/Square": "hình vẽ",
    "/Redact": "vùng che",
    "/Ink": "nét vẽ",
    "/FileAttachment": "tệp đính kèm",
    "/Popup": "cửa sổ ghi chú",
    "/Widget": "trường không thuộc biểu mẫu",
}

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawing:
    """The visible part of a signature field that was added after the signature in question."""

    field: str
    page: int
    box: Rectangle


@dataclass(frozen=True)
class Changes:
    """The differences; `drawings` still have to be held against what the page shows."""

    all: tuple[LaterChange, ...]
    drawings: tuple[Drawing, ...] = ()

    @property
    def forbidden(self) -> tuple[str, ...]:
        return tuple(change.text for change in self.all if not change.allowed)


def compare(
    before: Snapshot, after: Snapshot, locked: Iterable[str], signature_field: str
) -> Changes:
    """The differences between a signed revision and the last one."""
    locked = tuple(locked)
    found = [
        *_page_changes(before, after),
        *_annotation_changes(before, after),
        *_setting_changes(before, after),
    ]
    for name in locked:
        old, new = before.fields.get(name), after.fields.get(name)
        if (old and old.whole) != (new and new.whole):
            found.append(
                LaterChange(
                    old.page if old else 0,
                    ChangeKind.LOCKED,
                    False,
                    f"Trường “{name}” đã bị sửa sau khi được chữ ký này khóa.",
                )
            )
    found += _field_changes(before, after, locked)
    found += _covered(before, after, locked, signature_field)
    return Changes(tuple(found), tuple(_drawings(before, after, signature_field)))


def _page_changes(before: Snapshot, after: Snapshot) -> Iterator[LaterChange]:
    if len(before.pages) != len(after.pages):
        text = "Số trang của văn bản đã thay đổi sau khi ký."
        yield LaterChange(0, ChangeKind.PAGES, False, text)
        return
    for number, (first, second) in enumerate(zip(before.pages, after.pages, strict=True), 1):
        if first != second:
            text = f"Nội dung trang {number} đã bị thay đổi sau khi ký."
            yield LaterChange(number, ChangeKind.CONTENT, False, text)


def _annotation_changes(before: Snapshot, after: Snapshot) -> Iterator[LaterChange]:
    pairs = zip(before.annotations, after.annotations, strict=False)
    for number, (old, new) in enumerate(pairs, 1):
        for key in sorted(old.keys() | new.keys()):
            first, second = old.get(key), new.get(key)
            if first is not None and second is not None and first.print == second.print:
                continue
            what = first or second
            word = _WORDS.get(what.kind if what else "", "đối tượng đè lên trang")
            act = "bị thêm" if first is None else "bị xóa" if second is None else "bị sửa"
            text = f"Trang {number}: {word} {act} sau khi ký."
            yield LaterChange(number, ChangeKind.ANNOTATION, False, text)


def _setting_changes(before: Snapshot, after: Snapshot) -> Iterator[LaterChange]:
    for key in sorted(before.settings.keys() | after.settings.keys()):
        if before.settings.get(key) != after.settings.get(key):
            name = key.rsplit("/", 1)[-1]
            text = f"Thiết lập “{name}” của văn bản đã bị thay đổi sau khi ký."
            yield LaterChange(0, ChangeKind.SETTING, False, text)
    for key, value in sorted(before.resources.items()):
        if after.resources.get(key) != value:
            name = key.rsplit("/", 1)[-1]
            text = f"Phông chữ hoặc tài nguyên “{name}” của biểu mẫu đã bị thay đổi sau khi ký."
            yield LaterChange(0, ChangeKind.FONT, False, text)


def _field_changes(
    before: Snapshot, after: Snapshot, locked: tuple[str, ...]
) -> Iterator[LaterChange]:
    for name, old in before.fields.items():
        if name in locked:
            continue
        new = after.fields.get(name)
        if new is None:
            text = f"Trường “{name}” đã bị xóa sau khi ký."
            yield LaterChange(old.page, ChangeKind.FIELD, False, text)
        elif old.kind == "/Sig":
            yield from _signature_change(name, old, new)
        elif old.frame != new.frame:
            text = f"Vị trí hoặc thuộc tính của trường “{name}” đã bị sửa sau khi ký."
            yield LaterChange(old.page, ChangeKind.FIELD, False, text)
        elif old.whole != new.whole:
            where = f"Trang {new.page}: trường" if new.page else "Trường"
            text = f"{where} “{name}” được điền sau khi ký."
            yield LaterChange(new.page, ChangeKind.FILLED, True, text)
    for name, new in after.fields.items():
        if name in before.fields:
            continue
        if new.kind != "/Sig":
            text = f"Trường “{name}” được thêm vào văn bản sau khi ký."
            yield LaterChange(new.page, ChangeKind.FIELD, False, text)
        elif new.has_value:
            yield _signed(name, new)


def _signature_change(name: str, old: FieldState, new: FieldState) -> Iterator[LaterChange]:
    if old.has_value and old.whole != new.whole:
        text = f"Chữ ký “{name}” có trước đã bị sửa sau chữ ký này."
        yield LaterChange(old.page, ChangeKind.SIGNATURE, False, text)
    elif old.frame != new.frame:
        text = f"Vị trí hoặc thuộc tính của ô chữ ký “{name}” đã bị sửa sau khi ký."
        yield LaterChange(old.page, ChangeKind.FIELD, False, text)
    elif not old.has_value and new.has_value:
        yield _signed(name, new)


def _signed(name: str, field: FieldState) -> LaterChange:
    if field.is_stamp:
        return LaterChange(0, ChangeKind.STAMPED, True, f"Thêm dấu thời gian “{name}”.")
    where = f"Trang {field.page}: ký" if field.page else "Ký"
    return LaterChange(field.page, ChangeKind.SIGNED, True, f"{where} thêm tại ô “{name}”.")


def _covered(
    before: Snapshot, after: Snapshot, locked: tuple[str, ...], own: str
) -> Iterator[LaterChange]:
    """New drawings of signature fields that hide a locked text, or that belong to no signature."""
    texts = [f for name in locked if (f := after.fields.get(name)) is not None and f.box]
    for name, field, _ in _new_drawings(before, after, own):
        if not field.has_value:
            text = f"Trường chữ ký trống “{name}” được thêm hình hiển thị sau khi ký."
        elif any(
            text.page == field.page and text.box and field.box and _overlap(text.box, field.box)
            for text in texts
        ):
            text = f"Hình hiển thị của “{name}” che lên nội dung đã được chữ ký này khóa."
        else:
            continue
        yield LaterChange(field.page, ChangeKind.COVER, False, text)


def _drawings(before: Snapshot, after: Snapshot, own: str) -> Iterator[Drawing]:
    for name, field, existed in _new_drawings(before, after, own):
        # A field that was there was accepted together with its place by whoever signed.
        if not existed and field.box and field.page:
            yield Drawing(name, field.page, field.box)


def _new_drawings(
    before: Snapshot, after: Snapshot, own: str
) -> Iterator[tuple[str, FieldState, bool]]:
    for name, field in after.fields.items():
        if name == own or field.kind != "/Sig" or not field.has_appearance:
            continue
        earlier = before.fields.get(name)
        if earlier is None or not earlier.has_appearance:
            yield name, field, earlier is not None


def _overlap(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
