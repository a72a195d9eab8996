"""Increments: PDF objects appended behind bytes that are never touched."""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors import PdfBroken, PdfEncrypted, PdfTooLarge
from signing.pades import arrays, hexstrings
from signing.pades.errors import FieldProblem
from signing.pades.fonts import Face
from signing.pades.limits import MAX_PDF_BYTES

arrays.install()
hexstrings.install()

VIETNAM = dt.timezone(dt.timedelta(hours=7))
"""One offset and no summer time since 1975; signatures are always later than that."""

FONT_NAMES = {
    "regular": "/SoTokenRegular",
    "bold": "/SoTokenBold",
    "italic": "/SoTokenItalic",
    "bold_italic": "/SoTokenBoldItalic",
}


class Raw(generic.PdfObject):
    """An object written as the given bytes; cheaper than hundreds of number objects."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def write_to_stream(self, stream: Any, handler: Any = None, container_ref: Any = None) -> None:
        stream.write(self._data)


class Increment(IncrementalPdfFileWriter):
    """pyHanko's writer without its stamp in the document information (by the PC's clock)."""

    def _update_meta(self) -> None:
        return


@contextmanager
def reading_errors() -> Iterator[None]:
    """Turn the many ways in which a PDF can be broken into one error of ours."""
    try:
        yield
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise PdfBroken(f"{type(error).__name__}: {error}") from error
    except RecursionError as error:
        raise PdfBroken("nested too deeply") from error


def open_increment(pdf: bytes) -> tuple[Increment, BytesIO]:
    """A writer that appends to the given bytes. Raises PdfBroken, PdfEncrypted, PdfTooLarge."""
    if len(pdf) > MAX_PDF_BYTES:
        raise PdfTooLarge(f"{len(pdf)} bytes")
    stream = BytesIO(pdf)
    with reading_errors():
        reader = PdfFileReader(stream, strict=False)
        if reader.encrypted:
            raise PdfEncrypted
        return Increment(stream, prev=reader), stream


def get(dictionary: Any, key: str, default: Any = None) -> Any:
    """An entry with references resolved (pyHanko's own `.get` leaves them as they are)."""
    try:
        return dictionary[key]
    except KeyError:
        return default


def numbers(*values: float) -> generic.ArrayObject:
    """A PDF array of numbers, to a hundredth of a point."""
    return generic.ArrayObject([generic.FloatObject(f"{value:.2f}") for value in values])


def form_fields(writer: Any) -> dict[str, generic.DictionaryObject]:
    """The top-level fields of the form by name."""
    form = get(writer.root, "/AcroForm")
    if form is None:
        return {}
    found = {}
    for entry in get(form, "/Fields", ()):
        field = entry.get_object()
        if "/T" in field:
            found[str(field["/T"])] = field
    return found


def field_named(writer: Any, name: str) -> generic.DictionaryObject:
    """The field of that name. Raises FieldProblem when the form does not have it."""
    try:
        return form_fields(writer)[name]
    except KeyError:
        raise FieldProblem(f"no field {name!r}") from None


def rotation(widget: generic.DictionaryObject) -> int:
    """The /Rotate of the page of a widget, inherited or its own: 0, 90, 180 or 270."""
    page: Any = get(widget, "/P")
    while page is not None:
        if "/Rotate" in page:
            return int(page["/Rotate"]) % 360
        page = get(page, "/Parent")
    return 0


_UPRIGHT = {90: (0, 1, -1, 0, 0, 0), 180: (-1, 0, 0, -1, 0, 0), 270: (0, -1, 1, 0, 0, 0)}


def upright(turn: int) -> dict[Any, Any]:
    """The /Matrix entry that makes a drawing stand upright on a page turned by so many degrees."""
    matrix = _UPRIGHT.get(turn % 360)
    return {} if matrix is None else {pdf_name("/Matrix"): numbers(*matrix)}


def is_signed(writer: Any) -> bool:
    """Whether any signature field already holds a signature."""
    return any(
        get(field, "/FT") == "/Sig" and "/V" in field for field in form_fields(writer).values()
    )


def font_reference(writer: Increment, face: Face, style: str) -> generic.IndirectObject:
    """The embedded font of the form, or a newly embedded one when the form does not carry it."""
    form = get(writer.root, "/AcroForm")
    if form is not None:
        try:
            found = form["/DR"]["/Font"].raw_get(FONT_NAMES[style])
            if isinstance(found, generic.IndirectObject):
                return found
        except KeyError:
            pass
    return embed(writer, face)


def embed(writer: Increment, face: Face) -> generic.IndirectObject:
    """Write a face as a composite font with Identity-H encoding; returns its reference."""
    program = generic.StreamObject(
        {
            pdf_name("/Length1"): generic.NumberObject(face.program_length),
            pdf_name("/Filter"): pdf_name("/FlateDecode"),
        },
        encoded_data=face.program,
    )
    unicode_map = generic.StreamObject(
        {pdf_name("/Filter"): pdf_name("/FlateDecode")}, encoded_data=face.to_unicode
    )
    widths = b" ".join(b"%d [%d]" % item for item in sorted(face.advances.items()))
    descendant = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/CIDFontType2"),
            pdf_name("/BaseFont"): pdf_name("/" + face.name),
            pdf_name("/CIDSystemInfo"): Raw(
                b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
            ),
            pdf_name("/CIDToGIDMap"): pdf_name("/Identity"),
            pdf_name("/FontDescriptor"): writer.add_object(
                _descriptor(face, writer.add_object(program))
            ),
            pdf_name("/DW"): generic.NumberObject(500),
            pdf_name("/W"): Raw(b"[" + widths + b"]"),
        }
    )
    font = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/Type0"),
            pdf_name("/BaseFont"): pdf_name("/" + face.name),
            pdf_name("/Encoding"): pdf_name("/Identity-H"),
            pdf_name("/DescendantFonts"): generic.ArrayObject([writer.add_object(descendant)]),
            pdf_name("/ToUnicode"): writer.add_object(unicode_map),
        }
    )
    return writer.add_object(font)


def _descriptor(face: Face, program: generic.IndirectObject) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/FontDescriptor"),
            pdf_name("/FontName"): pdf_name("/" + face.name),
            pdf_name("/Flags"): generic.NumberObject(4 | 2 | (64 if face.italic else 0)),
            pdf_name("/FontBBox"): numbers(*face.box),
            pdf_name("/ItalicAngle"): generic.NumberObject(-12 if face.italic else 0),
            pdf_name("/Ascent"): generic.NumberObject(face.ascent),
            pdf_name("/Descent"): generic.NumberObject(face.descent),
            pdf_name("/CapHeight"): generic.NumberObject(662),
            pdf_name("/StemV"): generic.NumberObject(80),
            pdf_name("/FontFile2"): program,
        }
    )


def text(value: str) -> generic.TextStringObject:
    """A PDF text string."""
    return generic.TextStringObject(value)


def pdf_date(instant: dt.datetime) -> str:
    """An aware instant as a PDF date in Vietnamese time: D:20261121100805+07'00'."""
    if instant.tzinfo is None:
        raise ValueError("the signing time needs a time zone")
    return instant.astimezone(VIETNAM).strftime("D:%Y%m%d%H%M%S+07'00'")
