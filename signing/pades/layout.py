"""Fields of a document, made before its first signature (DESIGN 4, "Layout of signatures").

The number and the date of a letter are text fields that are filled only in the increment of the
agency's signature, whose FieldMDP lock then covers them. A signature may lock only fields that are
filled when it is made: readers call a locked field that is filled later a forgery, rightly.
"""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.misc import PdfError

from signing.pades import increment
from signing.pades.errors import FieldProblem, LockOverEmptyField, TextDoesNotFit
from signing.pades.fonts import Face, FontPaths, face

Style = Literal["regular", "bold", "italic", "bold_italic"]
Align = Literal["left", "center", "right"]

_QUADDING = {"left": 0, "center": 1, "right": 2}
_READ_ONLY = 1
_PRINT_AND_LOCKED = 4 | 128
_SMALLEST_SHARE = 0.7


@dataclass(frozen=True)
class Box:
    """A rectangle in points from the bottom-left corner of a page; pages count from 0."""

    page: int
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1


@dataclass(frozen=True)
class TextField:
    """A one-line text of the letter that may stay empty until a later increment."""

    name: str
    box: Box
    value: str = ""
    style: Style = "regular"
    size: float = 13.0
    align: Align = "left"


@dataclass(frozen=True)
class SignatureField:
    """A place for a signature; `lock` names the text fields that the signature closes for good."""

    name: str
    box: Box
    lock: tuple[str, ...] = ()


def add_fields(
    pdf: bytes,
    text_fields: Sequence[TextField],
    signature_fields: Sequence[SignatureField],
    fonts: FontPaths,
) -> bytes:
    """The document with its fields, as an increment behind the given bytes.

    On a document that already carries a signature only signature fields may be added (a later
    copy, "sao y"). Raises FieldProblem (name taken, unknown page, lock over a missing field),
    TextDoesNotFit, FontUnusable, PdfBroken, PdfEncrypted, PdfTooLarge.
    """
    writer, stream = increment.open_increment(pdf)
    with increment.reading_errors():
        signed = increment.is_signed(writer)
        if signed and text_fields:
            raise FieldProblem("text fields cannot be added to a signed document")
        _check_names(writer, text_fields, signature_fields)
        form = _form(writer, signed)
        _embed_fonts(writer, form, text_fields, fonts)
        for field in text_fields:
            widget = _text_widget(field)
            _add(writer, form, field.box, widget)
            fill_text(writer, widget, field.value, fonts)
        for spot in signature_fields:
            _add(writer, form, spot.box, _signature_widget(spot))
        writer.write_in_place()
    return stream.getvalue()


def _check_names(
    writer: increment.Increment,
    text_fields: Sequence[TextField],
    signature_fields: Sequence[SignatureField],
) -> None:
    present = increment.form_fields(writer)
    names = [*present, *(f.name for f in text_fields), *(f.name for f in signature_fields)]
    if len(set(names)) != len(names):
        raise FieldProblem("a field name is used twice")
    lockable = {n for n, f in present.items() if increment.get(f, "/FT") == "/Tx"} | {
        f.name for f in text_fields
    }
    for spot in signature_fields:
        if not set(spot.lock) <= lockable:
            raise FieldProblem(f"{spot.name} locks fields that do not exist")


def _form(writer: increment.Increment, signed: bool) -> generic.DictionaryObject:
    form: generic.DictionaryObject | None = increment.get(writer.root, "/AcroForm")
    if form is None:
        form = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject()})
        writer.root[pdf_name("/AcroForm")] = writer.add_object(form)
        writer.update_root()
    else:
        writer.update_container(form)
    if not signed:
        # Readers would redraw (or, with some, blank) the appearances: pyHanko #416.
        form.pop(pdf_name("/NeedAppearances"), None)
        form[pdf_name("/SigFlags")] = generic.NumberObject(3)
        _declare_extension(writer)
    return form


def _declare_extension(writer: increment.Increment) -> None:
    """ETSI.CAdES.detached in PDF 1.7 needs the ESIC extension (EN 319 142-1, 5.6)."""
    extensions = _sub_dictionary(writer, writer.root, "/Extensions")
    extensions[pdf_name("/ESIC")] = generic.DictionaryObject(
        {
            pdf_name("/BaseVersion"): pdf_name("/1.7"),
            pdf_name("/ExtensionLevel"): generic.NumberObject(1),
        }
    )
    writer.update_root()


def _sub_dictionary(
    writer: increment.Increment, parent: generic.DictionaryObject, key: str
) -> generic.DictionaryObject:
    found = increment.get(parent, key)
    if not isinstance(found, generic.DictionaryObject):
        found = generic.DictionaryObject()
        parent[pdf_name(key)] = found
        writer.update_container(parent)
    else:
        writer.update_container(found)
    return found


def _embed_fonts(
    writer: increment.Increment,
    form: generic.DictionaryObject,
    text_fields: Sequence[TextField],
    fonts: FontPaths,
) -> None:
    if not text_fields:
        return
    table = _sub_dictionary(writer, _sub_dictionary(writer, form, "/DR"), "/Font")
    for style in sorted({"regular"} | {field.style for field in text_fields}):
        if increment.FONT_NAMES[style] not in table:
            reference = increment.embed(writer, face(fonts, style))
            table[pdf_name(increment.FONT_NAMES[style])] = reference


def _add(
    writer: increment.Increment,
    form: generic.DictionaryObject,
    box: Box,
    widget: generic.DictionaryObject,
) -> None:
    try:
        page, _ = writer.find_page_for_modification(box.page)
    except (PdfError, ValueError, LookupError) as error:
        raise FieldProblem(f"no page {box.page}") from error
    widget[pdf_name("/P")] = page
    reference = writer.add_object(widget)
    writer.register_annotation(page, reference)
    fields = form["/Fields"]
    fields.append(reference)
    writer.update_container(fields)


def _widget(box: Box, name: str, kind: str) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name(kind),
            pdf_name("/T"): increment.text(name),
            pdf_name("/Rect"): increment.numbers(box.x1, box.y1, box.x2, box.y2),
            pdf_name("/F"): generic.NumberObject(_PRINT_AND_LOCKED),
        }
    )


def _text_widget(field: TextField) -> generic.DictionaryObject:
    widget = _widget(field.box, field.name, "/Tx")
    appearance = f"{increment.FONT_NAMES[field.style]} {field.size:g} Tf 0 g"
    widget[pdf_name("/DA")] = generic.TextStringObject(appearance)
    widget[pdf_name("/Q")] = generic.NumberObject(_QUADDING[field.align])
    widget[pdf_name("/Ff")] = generic.NumberObject(_READ_ONLY)
    return widget


def _signature_widget(spot: SignatureField) -> generic.DictionaryObject:
    widget = _widget(spot.box, spot.name, "/Sig")
    if spot.lock:
        widget[pdf_name("/Lock")] = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/SigFieldLock"),
                pdf_name("/Action"): pdf_name("/Include"),
                pdf_name("/Fields"): generic.ArrayObject([increment.text(n) for n in spot.lock]),
            }
        )
    return widget


def add_hidden_signature_field(writer: increment.Increment, name: str) -> generic.DictionaryObject:
    """A signature field without extent on the first page, as document time stamps have it."""
    form = _form(writer, signed=True)
    widget = _widget(Box(0, 0, 0, 0, 0), name, "/Sig")
    _add(writer, form, Box(0, 0, 0, 0, 0), widget)
    return widget


def fill_text(
    writer: increment.Increment,
    widget: generic.DictionaryObject,
    value: str,
    fonts: FontPaths,
) -> None:
    """Set value and appearance of a text field made here; upright on a turned page too.

    Raises TextDoesNotFit, FieldProblem.
    """
    try:
        name, size = str(widget["/DA"]).split()[:2]
        style = next(s for s, n in increment.FONT_NAMES.items() if n == name)
    except (KeyError, ValueError, StopIteration) as error:
        raise FieldProblem("the text field was not made by this program") from error
    x1, y1, x2, y2 = (float(edge) for edge in widget["/Rect"])
    used, turn = face(fonts, style), increment.rotation(widget)
    shown = (y2 - y1, x2 - x1) if turn % 180 else (x2 - x1, y2 - y1)
    body = _text_content(used, value, shown, float(size), int(increment.get(widget, "/Q", 0)), name)
    stream = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): increment.numbers(0, 0, *shown),
            **increment.upright(turn),
            pdf_name("/Resources"): generic.DictionaryObject(
                {
                    pdf_name("/Font"): generic.DictionaryObject(
                        {pdf_name(name): increment.font_reference(writer, used, style)}
                    )
                }
            ),
        },
        stream_data=body,
    )
    widget[pdf_name("/V")] = increment.text(value)
    widget[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): writer.add_object(stream)})
    writer.update_container(widget)


def _text_content(
    used: Face, value: str, box: tuple[float, float], size: float, quadding: int, name: str
) -> bytes:
    if not value:
        return b"/Tx BMC EMC"
    if "\n" in value or "\r" in value:
        raise TextDoesNotFit("one line only")
    natural = used.width(value, size)
    fitted = size * min(1.0, box[0] / natural) if natural else size
    if fitted < size * _SMALLEST_SHARE:
        raise TextDoesNotFit(f"{natural:.0f} points wide, the box has {box[0]:.0f}")
    left = (box[0] - used.width(value, fitted)) * quadding / 2
    # The baseline lies where the surrounding line has it: the box begins at the descent of the
    # text.
    baseline = -used.descent * size / 1000
    return b"/Tx BMC q BT %s %.3f Tf 0 g %.2f %.2f Td %s Tj ET Q EMC" % (
        name.encode(),
        fitted,
        left,
        baseline,
        used.encode(value),
    )


def check_lock(writer: increment.Increment, spot: generic.DictionaryObject) -> tuple[str, ...]:
    """The names that a signature field locks; refuses when one of them is still empty."""
    lock = increment.get(spot, "/Lock")
    if lock is None:
        return ()
    names = tuple(str(name) for name in increment.get(lock, "/Fields", ()))
    for name in names:
        if not str(increment.get(increment.field_named(writer, name), "/V", "")).strip():
            raise LockOverEmptyField(name)
    return names
