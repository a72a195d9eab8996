"""What one revision of a document shows, as fingerprints that can be held against another one.

Fingerprints follow every reference except upwards and into other pages, so an object overwritten
under its old number, freed or redirected counts as changed wherever it is used.
"""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

_DEPTH = 60
_MAX_OBJECTS = 200_000
_BACKWARDS = frozenset({"/Parent", "/P", "/Data", "/Dest", "/StructParent", "/StructParents"})
_ABOVE = frozenset({"/Page", "/Pages", "/Catalog"})
_PAGE_KEYS = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit")
_INHERITED = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_ROOT_MAY_CHANGE = frozenset(
    {"/AcroForm", "/DSS", "/Extensions", "/Pages", "/Metadata", "/Version", "/StructTreeRoot"}
)
_FORM_MAY_CHANGE = frozenset({"/Fields", "/SigFlags", "/DR"})
_FILLED = ("/V", "/AP", "/AS", "/I", "/MK")


_HOLDERS = (dict, list, generic.IndirectObject)


class TooComplex(ValueError):
    """The document nests deeper, or holds more, than can be compared safely."""


@dataclass(frozen=True)
class FieldState:
    """One terminal field of the form: `frame` is what filling must not touch."""

    kind: str
    page: int
    box: tuple[float, float, float, float] | None
    whole: bytes
    frame: bytes
    has_value: bool
    has_appearance: bool
    is_stamp: bool = False


@dataclass(frozen=True)
class Annotation:
    """Something laid over a page that is not a field of the form."""

    kind: str
    print: bytes


@dataclass(frozen=True)
class Snapshot:
    """One revision: pages, what lies over them, fields, and the settings of the document."""

    pages: tuple[bytes, ...]
    annotations: tuple[dict[str, Annotation], ...]
    fields: dict[str, FieldState]
    settings: dict[str, bytes]
    resources: dict[str, bytes]


class Snapshots:
    """The revisions of one file; each is read once, however many signatures ask for it."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._made: dict[int, Snapshot] = {}

    def of(self, revision: int) -> Snapshot:
        """The state after a revision (from 0). Raises TooComplex."""
        if revision not in self._made:
            self._made[revision] = _take(self._reader.get_historical_resolver(revision))
        return self._made[revision]

    @property
    def last(self) -> Snapshot:
        return self.of(self._reader.xrefs.total_revisions - 1)


def read_through(reader: PdfFileReader) -> None:
    """Read once whatever pages and form refer to, so that a listener hears of every oddity.

    Ends quietly at `_MAX_OBJECTS`; raises what a parser raises for a broken object.
    """
    seen: set[tuple[int, int]] = set()
    queue = [
        reader.root.raw_get(k) for k in ("/Pages", "/AcroForm", "/OCProperties") if k in reader.root
    ]
    for _ in range(_MAX_OBJECTS):
        if not queue:
            return
        value = queue.pop()
        if isinstance(value, generic.IndirectObject):
            key = (value.idnum, value.generation)
            if key in seen:
                continue
            seen.add(key)
            value = value.get_object()
        members = value.values() if isinstance(value, dict) else value
        if isinstance(value, (dict, list)):
            queue += [each for each in members if isinstance(each, _HOLDERS)]


def _take(resolver: Any) -> Snapshot:
    pages = _pages(resolver)
    places: dict[Any, int] = {}
    annotations = []
    for number, (_, page) in enumerate(pages, 1):
        annotations.append(_annotations(page, number, places))
    form = entry(resolver.root, "/AcroForm")
    settings = {k: _print(resolver.root.raw_get(k)) for k in set(resolver.root) - _ROOT_MAY_CHANGE}
    resources: dict[str, bytes] = {}
    if isinstance(form, generic.DictionaryObject):
        for key in set(form) - _FORM_MAY_CHANGE:
            settings[f"/AcroForm{key}"] = _print(form.raw_get(key))
        resources = _resources(form)
    return Snapshot(
        pages=tuple(printed for printed, _ in pages),
        annotations=tuple(annotations),
        fields={name: _field(field, places) for name, field in fields(resolver).items()},
        settings=settings,
        resources=resources,
    )


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


def _field(field: Any, places: dict[Any, int]) -> FieldState:
    value = entry(field, "/V")
    frame = {key: field.raw_get(key) for key in field if key not in _FILLED}
    return FieldState(
        kind=str(entry(field, "/FT", "")),
        page=places.get(_identity(field), 0),
        box=_box(field),
        whole=_print(field),
        frame=_print(frame),
        has_value="/V" in field,
        has_appearance="/AP" in field,
        is_stamp=isinstance(value, generic.DictionaryObject)
        and str(entry(value, "/Type", "")) == "/DocTimeStamp",
    )


def _annotations(page: Any, number: int, places: dict[Any, int]) -> dict[str, Annotation]:
    found: dict[str, Annotation] = {}
    listed = entry(page, "/Annots", ())
    if not isinstance(listed, (list, tuple)):
        return found
    for position, item in enumerate(listed):
        if position > _MAX_OBJECTS:
            raise TooComplex("annotations")
        note = item.get_object()
        if not isinstance(note, generic.DictionaryObject):
            continue
        places[_identity(note)] = number
        kind = str(entry(note, "/Subtype", ""))
        if kind == "/Widget" and ("/FT" in note or "/Parent" in note):
            continue
        key = str(getattr(item, "idnum", f"#{position}"))
        found[key] = Annotation(kind, _print(note))
    return found


def _identity(value: Any) -> Any:
    reference = getattr(value, "container_ref", None)
    if reference is None or not hasattr(reference, "idnum"):
        return id(value)
    return reference.idnum, reference.generation


def _pages(resolver: Any) -> list[tuple[bytes, Any]]:
    found: list[tuple[bytes, Any]] = []
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
        found.append((_print({**merged, **entries}), node))
    return found


def _resources(form: Any) -> dict[str, bytes]:
    """The shared fonts and other resources of the form, each by its path."""
    found: dict[str, bytes] = {}
    shared = entry(form, "/DR")
    if not isinstance(shared, generic.DictionaryObject):
        return found
    for group in shared:
        table = shared[group]
        if isinstance(table, generic.DictionaryObject):
            for name in table:
                found[f"{group}{name}"] = _print(table.raw_get(name))
        else:
            found[str(group)] = _print(shared.raw_get(group))
    return found


def _box(field: Any) -> tuple[float, float, float, float] | None:
    try:
        x1, y1, x2, y2 = (float(edge) for edge in field["/Rect"])
    except (KeyError, TypeError, ValueError):
        return None
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


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
            self._add_dictionary(value, depth)
        elif isinstance(value, (list, tuple)):
            self._note(b"[%d" % len(value))
            for item in value:
                self.add(item, depth + 1)
        else:
            self._note(f"{type(value).__name__} {value!r}".encode("utf-8", "surrogateescape"))

    def _add_dictionary(self, value: Any, depth: int) -> None:
        if depth and str(entry(value, "/Type", "")) in _ABOVE:
            self._note(b"page")
            return
        self._note(b"<<%d" % len(value))
        for name in sorted(value, key=str):
            if name in _BACKWARDS:
                continue
            self._note(str(name).encode("utf-8", "surrogateescape"))
            raw = value.raw_get(name) if hasattr(value, "raw_get") else value[name]
            self.add(raw, depth + 1)
        if isinstance(value, generic.StreamObject):
            self._note(value.encoded_data)

    def _note(self, data: bytes) -> None:
        self._digest.update(b"%d:" % len(data))
        self._digest.update(data)
