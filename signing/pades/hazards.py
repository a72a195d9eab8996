"""Parts of a PDF that can show two readers two different documents, or that act by themselves."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

_MAX_PAGES = 2000
_MAX_ACTIONS = 50

_HYBRID = "Tệp có hai bảng tham chiếu (hybrid): mỗi phần mềm có thể hiển thị một nội dung."
_XFA = "Tệp có biểu mẫu XFA: nội dung hiển thị có thể khác nội dung được ký."
_SCRIPT = "Tệp có mã lệnh (JavaScript) có thể thay đổi nội dung hiển thị."
_LAYERS = "Tệp có lớp nội dung bị ẩn hoặc tự bật, tắt (optional content)."
_EXTERNAL = "Tệp lấy nội dung hiển thị từ một tệp khác bên ngoài."
_ACTIONS = {
    "/JavaScript": _SCRIPT,
    "/Launch": "Tệp có lệnh mở chương trình khác trên máy.",
    "/ImportData": "Tệp có lệnh nạp dữ liệu từ bên ngoài vào biểu mẫu.",
    "/SubmitForm": "Tệp có lệnh gửi dữ liệu biểu mẫu ra bên ngoài.",
    "/ResetForm": "Tệp có lệnh xóa nội dung biểu mẫu.",
    "/Hide": "Tệp có lệnh ẩn hoặc hiện nội dung.",
    "/SetOCGState": "Tệp có lệnh bật, tắt lớp nội dung.",
    "/Rendition": "Tệp có lệnh phát nội dung đa phương tiện.",
}


@dataclass(frozen=True)
class Hazards:
    """`doubts`: no signature of the file is called valid. `notices`: worth knowing."""

    doubts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def find(reader: PdfFileReader) -> Hazards:
    """What of the file can deceive. Raises what a parser raises for a broken file."""
    doubts = {}
    if reader.xrefs.hybrid_xrefs_present:
        doubts[_HYBRID] = True
    form = get(reader.root, "/AcroForm")
    if form is not None and get(form, "/XFA") is not None:
        doubts[_XFA] = True
    for action in islice(_actions(reader), _MAX_ACTIONS):
        kind = "/JavaScript" if "/JS" in action else str(get(action, "/S"))
        if kind in _ACTIONS:
            doubts[_ACTIONS[kind]] = True
    names = get(reader.root, "/Names")
    if get(names, "/JavaScript") is not None:
        doubts[_SCRIPT] = True
    if _has_hidden_layers(get(reader.root, "/OCProperties")):
        doubts[_LAYERS] = True
    if any(_is_external(page) for page in _pages(reader)):
        doubts[_EXTERNAL] = True
    notices = []
    if get(names, "/EmbeddedFiles") is not None:
        notices.append("Tệp có tệp khác đính kèm bên trong.")
    if get(form, "/NeedAppearances") == generic.BooleanObject(True):
        notices.append("Tệp yêu cầu phần mềm tự vẽ lại các trường (NeedAppearances).")
    return Hazards(tuple(doubts), tuple(notices))


def _pages(reader: PdfFileReader) -> Iterator[Any]:
    queue, seen = [get(reader.root, "/Pages")], 0
    while queue and seen < _MAX_PAGES:
        node = queue.pop()
        seen += 1
        if isinstance(node, generic.DictionaryObject):
            yield node
            queue += entries(get(node, "/Kids"))


def _actions(reader: PdfFileReader) -> Iterator[Any]:
    yield from _chain(get(reader.root, "/OpenAction"))
    yield from _triggers(get(reader.root, "/AA"))
    for page in _pages(reader):
        yield from _triggers(get(page, "/AA"))
        for annotation in entries(get(page, "/Annots")):
            yield from _chain(get(annotation, "/A"))
            yield from _triggers(get(annotation, "/AA"))


def _triggers(actions: Any) -> Iterator[Any]:
    if isinstance(actions, generic.DictionaryObject):
        for key in list(actions)[:_MAX_ACTIONS]:
            yield from _chain(get(actions, key))


def _chain(action: Any) -> Iterator[Any]:
    """An action and those that follow it (/Next)."""
    queue, seen = [action], 0
    while queue and seen < _MAX_ACTIONS:
        each = queue.pop()
        seen += 1
        if isinstance(each, generic.DictionaryObject):
            yield each
            following = get(each, "/Next")
            queue += [following] if not isinstance(following, list) else entries(following)


def _has_hidden_layers(properties: Any) -> bool:
    """Layers that are all on, with nothing that switches them, are as good as none."""
    if not isinstance(properties, generic.DictionaryObject):
        return False
    for settings in [get(properties, "/D"), *entries(get(properties, "/Configs"))]:
        if get(settings, "/OFF") or get(settings, "/AS"):
            return True
        if str(get(settings, "/BaseState") or "/ON") != "/ON":
            return True
    return False


def _is_external(page: Any) -> bool:
    """Streams whose contents lie in another file (ISO 32000-2, 7.3.8.2 and 8.10.4)."""
    contents = get(page, "/Contents")
    streams = entries(contents) if isinstance(contents, generic.ArrayObject) else [contents]
    drawn = get(get(page, "/Resources"), "/XObject")
    if isinstance(drawn, generic.DictionaryObject):
        streams += [get(drawn, name) for name in islice(drawn, _MAX_PAGES)]
    return any(
        isinstance(stream, generic.StreamObject) and ("/F" in stream or "/Ref" in stream)
        for stream in streams
    )


def entries(value: Any) -> list[Any]:
    """The members of an array with references resolved; none when it is not an array."""
    if not isinstance(value, generic.ArrayObject):
        return []
    return [entry.get_object() for entry in islice(value, _MAX_PAGES)]


def get(dictionary: Any, key: str) -> Any:
    """An entry with references resolved; None for whatever is not there or cannot be read."""
    try:
        return dictionary[key]
    except (KeyError, TypeError, IndexError, PdfError):
        return None
