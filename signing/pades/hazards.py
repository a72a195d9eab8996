"""Parts of a PDF that can show two readers two different documents."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from itertools import islice
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

_MAX_PAGES = 2000


def find(reader: PdfFileReader) -> tuple[str, ...]:
    """Reasons not to call any signature of this file valid without a closer look."""
    found = []
    if reader.xrefs.hybrid_xrefs_present:
        found.append(
            "Tệp có hai bảng tham chiếu (hybrid): mỗi phần mềm có thể hiển thị một nội dung."
        )
    form = _get(reader.root, "/AcroForm")
    if form is not None and _get(form, "/XFA") is not None:
        found.append("Tệp có biểu mẫu XFA: nội dung hiển thị có thể khác nội dung được ký.")
    if _has_script(reader):
        found.append("Tệp có mã lệnh (JavaScript) có thể thay đổi nội dung hiển thị.")
    return tuple(found)


def _has_script(reader: PdfFileReader) -> bool:
    root = reader.root
    names = _get(root, "/Names")
    if names is not None and _get(names, "/JavaScript") is not None:
        return True
    if _is_script(_get(root, "/OpenAction")) or _any_script(_get(root, "/AA")):
        return True
    queue, seen = [_get(root, "/Pages")], 0
    while queue and seen < _MAX_PAGES:
        node = queue.pop()
        seen += 1
        if not isinstance(node, generic.DictionaryObject):
            continue
        if _any_script(_get(node, "/AA")):
            return True
        for annotation in _entries(_get(node, "/Annots")):
            if _is_script(_get(annotation, "/A")) or _any_script(_get(annotation, "/AA")):
                return True
        queue += _entries(_get(node, "/Kids"))
    return False


def _any_script(actions: Any) -> bool:
    if not isinstance(actions, generic.DictionaryObject):
        return False
    return any(_is_script(_get(actions, key)) for key in list(actions))


def _is_script(action: Any) -> bool:
    return isinstance(action, generic.DictionaryObject) and (
        _get(action, "/S") == "/JavaScript" or "/JS" in action
    )


def _entries(value: Any) -> list[Any]:
    if not isinstance(value, generic.ArrayObject):
        return []
    return [entry.get_object() for entry in islice(value, _MAX_PAGES)]


def _get(dictionary: Any, key: str) -> Any:
    try:
        return dictionary[key]
    except (KeyError, TypeError, IndexError, PdfError):
        return None
