"""Forgeries: increments that an attacker might put behind a signed letter."""

from __future__ import annotations

from collections.abc import Callable

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing.pades import increment, layout
from signing.pades.increment import Increment
from tests.signing.files import NUMBER, fonts


def forged(pdf: bytes, change: Callable[[Increment], None]) -> bytes:
    """The file with one more increment that `change` fills."""
    writer, stream = increment.open_increment(pdf)
    change(writer)
    writer.write_in_place()
    return stream.getvalue()


def other_number(writer: Increment) -> None:
    """Another number, with value and appearance in agreement."""
    layout.fill_text(writer, increment.field_named(writer, "so"), "999", fonts())


def other_appearance(writer: Increment) -> None:
    """The value stays, only what is seen changes."""
    widget = increment.field_named(writer, "so")
    value = str(widget["/V"])
    layout.fill_text(writer, widget, "999", fonts())
    widget[pdf_name("/V")] = increment.text(value)


def appearance_in_place(writer: Increment) -> None:
    """The appearance stream itself is overwritten under its old object number."""
    stream = increment.field_named(writer, "so")["/AP"]["/N"]
    changed = generic.StreamObject(
        {k: stream.raw_get(k) for k in stream if k not in ("/Length", "/Filter")},
        stream_data=stream.data.replace(b"Tj", b"Tj 3 0 Td <0014> Tj"),
    )
    reference = stream.container_ref
    writer.objects[(reference.generation, reference.idnum)] = changed


def other_page_content(writer: Increment) -> None:
    """Page one gets another content stream."""
    page = writer.root["/Pages"]["/Kids"][0]
    stream = generic.StreamObject(stream_data=b"BT ET")
    page[pdf_name("/Contents")] = writer.add_object(stream)
    writer.update_container(page)


def page_content_in_place(writer: Increment) -> None:
    """The content stream of page one is overwritten under its old object number."""
    stream = writer.root["/Pages"]["/Kids"][0]["/Contents"]
    if isinstance(stream, generic.ArrayObject):
        stream = stream[0]
    reference = stream.container_ref
    writer.objects[(reference.generation, reference.idnum)] = generic.StreamObject(
        stream_data=b"BT ET"
    )


def cover_of_the_number(writer: Increment) -> None:
    """A new, empty signature field whose appearance hides the number."""
    drawing = generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): increment.numbers(0, 0, 75, 16),
        },
        stream_data=b"1 1 1 rg 0 0 75 16 re f",
    )
    widget = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Sig"),
            pdf_name("/T"): increment.text("che"),
            pdf_name("/F"): generic.NumberObject(4),
            pdf_name("/Rect"): increment.numbers(NUMBER.x1, NUMBER.y1, NUMBER.x2, NUMBER.y2),
            pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): writer.add_object(drawing)}),
        }
    )
    page, _ = writer.find_page_for_modification(0)
    reference = writer.add_object(widget)
    writer.register_annotation(page, reference)
    form = writer.root["/AcroForm"]
    form["/Fields"].append(reference)
    writer.update_container(form["/Fields"])


def comment(writer: Increment) -> None:
    """A free-text comment on the page."""
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): increment.numbers(60, 500, 300, 600),
            pdf_name("/Contents"): increment.text("Thay đổi"),
            pdf_name("/DA"): generic.TextStringObject("/Helv 12 Tf"),
        }
    )
    page, _ = writer.find_page_for_modification(0)
    writer.register_annotation(page, writer.add_object(note))
