"""Pictures and text of pages, by PDFium. Only the sandbox's worker calls this."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2  # type: ignore[import-untyped]  # it ships no annotations
from PIL import Image, ImageChops

from signing.errors import PdfBroken

MAX_PAGES = 5000
MAX_WIDTH = 3000
_MAX_PIXELS = 24_000_000
_REGION_SCALE = 1.5
_LEAST_INK = 20


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """A document with its form fields drawn. Raises PdfBroken."""
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            if len(document) > MAX_PAGES:
                raise PdfBroken(f"{len(document)} pages")
            document.init_forms()
            yield document
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise PdfBroken(str(error)) from error


def page_count(pdf: bytes) -> int:
    """How many pages. Raises PdfBroken."""
    with opened(pdf) as document:
        return len(document)


def page_image(pdf: bytes, page: int, width: int) -> bytes:
    """One page (from 0) as a PNG that is `width` pixels wide (50 to 3,000). Raises PdfBroken."""
    width = max(50, min(width, MAX_WIDTH))
    with opened(pdf) as document:
        if not 0 <= page < len(document):
            raise PdfBroken(f"no page {page}")
        sheet = document[page]
        across, down = sheet.get_size()
        if across <= 0 or down <= 0:
            raise PdfBroken("a page without size")
        scale = min(width / across, (_MAX_PIXELS / (across * down)) ** 0.5)
        picture = sheet.render(scale=scale, may_draw_forms=True).to_pil()
        out = io.BytesIO()
        picture.save(out, "PNG", compress_level=3)
        return out.getvalue()


def hidden_share(
    before: bytes, after: bytes, page: int, box: tuple[float, float, float, float]
) -> float:
    """The share of the ink within a rectangle of a page (from 0) that a later revision hides.

    0 is nothing, 1 all of it. Ink that a seal with a transparent ground lies on stays mostly
    visible; under a filled patch it is gone. The rectangle is in the page's own points. Raises
    PdfBroken.
    """
    first, second = (_region(pdf, page, box) for pdf in (before, after))
    ink = first.point(_is_dark)
    total = ink.histogram()[255]
    if total < _LEAST_INK:
        return 0.0
    lost = ImageChops.darker(ink, second.point(_is_light))
    return float(lost.histogram()[255]) / total


def _region(pdf: bytes, page: int, box: tuple[float, float, float, float]) -> Image.Image:
    with opened(pdf) as document:
        if not 0 <= page < len(document):
            raise PdfBroken(f"no page {page}")
        sheet = document[page]
        sheet.set_rotation(0)
        left, bottom, right, top = sheet.get_cropbox()
        x1, y1, x2, y2 = (
            max(box[0], left),
            max(box[1], bottom),
            min(box[2], right),
            min(box[3], top),
        )
        if x2 - x1 < 1 or y2 - y1 < 1 or (right - left) * (top - bottom) > _MAX_PIXELS:
            return Image.new("L", (1, 1), 255)
        around = (x1 - left, y1 - bottom, right - x2, top - y2)
        picture = sheet.render(scale=_REGION_SCALE, crop=around, may_draw_forms=True).to_pil()
        grey: Image.Image = picture.convert("L")
        return grey


def _is_dark(value: int) -> int:
    return 255 if value < 110 else 0


def _is_light(value: int) -> int:
    return 255 if value > 170 else 0


def text(pdf: bytes) -> list[str]:
    """The text of every page, without that of form fields. Raises PdfBroken."""
    with opened(pdf) as document:
        pages = []
        for number in range(len(document)):
            page = document[number]
            pages.append(page.get_textpage().get_text_range())
            page.close()
        return pages
