"""Pictures and text of pages, by PDFium. Only the sandbox's worker calls this."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2  # type: ignore[import-untyped]  # it ships no annotations

from signing.errors import PdfBroken

MAX_PAGES = 5000
MAX_WIDTH = 3000
_MAX_PIXELS = 24_000_000


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


def text_within(pdf: bytes, page: int, box: tuple[float, float, float, float]) -> str:
    """The text of a page (from 0) within a rectangle in its own points. Raises PdfBroken."""
    with opened(pdf) as document:
        if not 0 <= page < len(document):
            raise PdfBroken(f"no page {page}")
        return str(document[page].get_textpage().get_text_bounded(*box))


def text(pdf: bytes) -> list[str]:
    """The text of every page, without that of form fields. Raises PdfBroken."""
    with opened(pdf) as document:
        pages = []
        for number in range(len(document)):
            page = document[number]
            pages.append(page.get_textpage().get_text_range())
            page.close()
        return pages
