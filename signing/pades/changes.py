"""What changed after a signature, by our own comparison beside pyHanko's difference analysis.

pyHanko decides which kinds of object may change. It trusts form filling a good deal: what a locked
text field *shows* is part of its appearance stream, and fonts hang on shared resources. So the
things that a person believes in (page contents, locked fields, earlier signatures) are compared
whole, following every reference, in the signed revision and in the last one.
"""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

_DEPTH = 60
_MAX_OBJECTS = 200_000
_BACKWARDS = frozenset({"/Parent", "/P", "/Data", "/Dest", "/StructParent", "/StructParents"})
_PAGE_KEYS = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")


class TooComplex(ValueError):
    """The document nests deeper, or holds more, than can be compared safely."""


@dataclass(frozen=True)
class Changes:
    """Differences between a signed revision and the last one, as sentences."""

    forbidden: tuple[str, ...]


def compare(
    reader: PdfFileReader, revision: int, locked: Iterable[str], signature_field: str
) -> Changes:
    """Forbidden changes after a revision. Raises TooComplex."""
    old = reader.get_historical_resolver(revision)
    new = reader.get_historical_resolver(reader.xrefs.total_revisions - 1)
    forbidden = [*_page_changes(old, new)]
    before, after = fields(old), fields(new)
    locked = tuple(locked)
    for name in locked:
        if _print(before.get(name)) != _print(after.get(name)):
            forbidden.append(f"Trường “{name}” đã bị sửa sau khi được chữ ký này khóa.")
    for name, field in before.items():
        if entry(field, "/FT") == "/Sig" and "/V" in field:
            if _print(field) != _print(after.get(name)):
                forbidden.append(f"Chữ ký “{name}” có trước đã bị sửa sau chữ ký này.")
    forbidden += _covered(before, after, locked, signature_field)
    return Changes(tuple(forbidden))


def fields(resolver: Any) -> dict[str, Any]:
    """All terminal fields of the form in one revision by their full names."""
    found: dict[str, Any] = {}
    form = entry(resolver.root, "/AcroForm")
    if form is None:
        return found
    queue = [(item, "", 0) for item in entry(form, "/Fields", ())]
    while queue:
        item, prefix, depth = queue.pop()
        field = item.get_object()
        if depth > _DEPTH or len(found) > _MAX_OBJECTS:
            raise TooComplex("form")
        if not isinstance(field, generic.DictionaryObject):
            continue
        name = str(entry(field, "/T", ""))
        full = ".".join(part for part in (prefix, name) if part)
        kids = [k for k in entry(field, "/Kids", ()) if "/T" in k.get_object()]
        if kids:
            queue += [(kid, full, depth + 1) for kid in kids]
        else:
            found[full] = field
    return found


def _page_changes(old: Any, new: Any) -> list[str]:
    before, after = _pages(old), _pages(new)
    if len(before) != len(after):
        return ["Số trang của văn bản đã thay đổi sau khi ký."]
    return [
        f"Nội dung trang {number} đã bị thay đổi sau khi ký."
        for number, (first, second) in enumerate(zip(before, after, strict=True), 1)
        if first != second
    ]


def _pages(resolver: Any) -> list[bytes]:
    found: list[bytes] = []
    queue: list[tuple[Any, dict[str, Any], int]] = [(resolver.root["/Pages"], {}, 0)]
    while queue:
        node, inherited, depth = queue.pop()
        if depth > _DEPTH or len(found) > _MAX_OBJECTS:
            raise TooComplex("pages")
        own = {k: node.raw_get(k) for k in _INHERITED if k in node}
        merged = {**inherited, **own}
        if "/Kids" in node:
            kids = [(kid.get_object(), merged, depth + 1) for kid in node["/Kids"]]
            queue.extend(reversed(kids))
            continue
        entries = {k: node.raw_get(k) for k in _PAGE_KEYS if k in node}
        found.append(_print({**merged, **entries}))
    return found


def _covered(
    before: dict[str, Any], after: dict[str, Any], locked: tuple[str, ...], own: str
) -> list[str]:
    """New drawings of signature fields that hide a locked text, or that belong to no signature."""
    found = []
    texts = [box for name in locked if (box := _box(after.get(name)))]
    for name, field in after.items():
        if name == own or entry(field, "/FT") != "/Sig" or "/AP" not in field:
            continue
        earlier = before.get(name)
        if earlier is not None and "/AP" in earlier:
            continue
        box = _box(field)
        if "/V" not in field:
            found.append(f"Trường chữ ký trống “{name}” được thêm hình hiển thị sau khi ký.")
        elif box and any(_overlap(box, text) for text in texts):
            found.append(f"Hình hiển thị của “{name}” che lên nội dung đã được chữ ký này khóa.")
    return found


def _box(field: Any) -> tuple[float, float, float, float] | None:
    try:
        x1, y1, x2, y2 = (float(edge) for edge in field["/Rect"])
    except (KeyError, TypeError, ValueError):
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def entry(dictionary: Any, key: str, default: Any = None) -> Any:
    """An entry of a PDF dictionary with references resolved."""
    try:
        return dictionary[key]
    except KeyError:
        return default


def _print(value: Any) -> bytes:
    """A fingerprint of an object with everything that it refers to, except upwards."""
    digest = hashlib.sha256()
    _Walk(digest).add(value, 0)
    return digest.digest()


class _Walk:
    def __init__(self, digest: Any) -> None:
        self._digest = digest
        self._seen: dict[tuple[int, int], int] = {}
        self._count = 0

    def add(self, value: Any, depth: int) -> None:
        self._count += 1
        if depth > _DEPTH or self._count > _MAX_OBJECTS:
            raise TooComplex("objects")
        if isinstance(value, generic.IndirectObject):
            key = (value.idnum, value.generation)
            if key in self._seen:
                self._note(b"again %d" % self._seen[key])
                return
            self._seen[key] = len(self._seen)
            self.add(value.get_object(), depth + 1)
        elif isinstance(value, dict):
            self._note(b"<<%d" % len(value))
            for name in sorted(value, key=str):
                if name in _BACKWARDS:
                    continue
                self._note(str(name).encode("utf-8", "surrogateescape"))
                raw = value.raw_get(name) if hasattr(value, "raw_get") else value[name]
                self.add(raw, depth + 1)
            if isinstance(value, generic.StreamObject):
                self._note(value.encoded_data)
        elif isinstance(value, (list, tuple)):
            self._note(b"[%d" % len(value))
            for item in value:
                self.add(item, depth + 1)
        else:
            self._note(f"{type(value).__name__} {value!r}".encode("utf-8", "surrogateescape"))

    def _note(self, data: bytes) -> None:
        self._digest.update(b"%d:" % len(data))
        self._digest.update(data)
