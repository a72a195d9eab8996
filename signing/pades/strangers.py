"""Fields, holes and appearances on documents that strangers made, without parsing them here.

The same as `layout.add_fields` and `prepare.prepare`, done in the sandbox's worker. What comes back
must begin with the bytes that were sent: an increment, nothing else (DESIGN 3, "A verification").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from signing.errors import PdfBroken
from signing.pades import layout, orders
from signing.pades.appearance import Appearance
from signing.pades.errors import PictureUnusable
from signing.pades.fonts import FontPaths
from signing.pades.inputs import PageGeometry, Word
from signing.pades.prepare import Prepared, digest_of
from signing.pades.sandbox import Sandbox


def add_fields(
    box: Sandbox,
    pdf: bytes,
    texts: Sequence[layout.TextField],
    signatures: Sequence[layout.SignatureField],
    fonts: FontPaths,
) -> bytes:
    """The document with its fields. Raises what `layout.add_fields` raises, and PdfTooLarge."""
    request = {
        "act": "add_fields",
        "fonts": orders.fonts_order(fonts),
        **orders.fields_order(texts, signatures),
    }
    _, parts = box.order(request, [pdf])
    return increment_of(pdf, parts)


def prepare(
    box: Sandbox,
    pdf: bytes,
    *,
    field: str,
    signing_time: dt.datetime,
    appearance: Appearance,
    fonts: FontPaths,
    fill: Mapping[str, str],
    reserve: int,
) -> Prepared:
    """The document with its hole. Raises what `prepare.prepare` raises, and PdfTooLarge."""
    words, pictures = orders.appearance_order(appearance)
    request = {
        "act": "prepare",
        "field": field,
        "signing_time": signing_time.isoformat(),
        "appearance": words,
        "fonts": orders.fonts_order(fonts),
        "fill": dict(fill),
        "reserve": reserve,
    }
    answer, parts = box.order(request, [pdf, *pictures])
    return prepared_of(pdf, answer, parts)


def words(box: Sandbox, pdf: bytes, pages: Sequence[tuple[int, PageGeometry]]) -> list[Word]:
    """The words of some pages, where people see them. Raises PdfBroken, PdfTooLarge."""
    wanted = [(number, asdict(geometry)) for number, geometry in pages]
    answer, _ = box.order({"act": "words", "pages": wanted}, [pdf])
    try:
        return [Word.from_list(one) for one in answer["words"]]
    except (KeyError, TypeError, ValueError) as error:
        raise PdfBroken("no words") from error


def look_at_picture(box: Sandbox, png: bytes) -> dict[str, Any]:
    """Size in dots, share of clear dots and mean ink of a PNG. Raises PictureUnusable."""
    answer, _ = box.order({"act": "picture"}, [png])
    found = answer.get("picture")
    if not isinstance(found, dict):
        raise PictureUnusable("no answer")
    return found


def prepared_of(pdf: bytes, answer: Mapping[str, Any], parts: Sequence[bytes]) -> Prepared:
    """The document with a hole that came back, the hole behind the bytes that were sent.

    Raises PdfBroken.
    """
    made = increment_of(pdf, parts)
    try:
        zero, start, end, rest = (int(one) for one in answer["byte_range"])
    except (KeyError, TypeError, ValueError) as error:
        raise PdfBroken("no hole") from error
    if zero or not len(pdf) <= start < end or end + rest != len(made):
        raise PdfBroken("the hole does not lie in the increment")
    span = (zero, start, end, rest)
    return Prepared(made, span, digest_of(made, span))


def increment_of(pdf: bytes, parts: Sequence[bytes]) -> bytes:
    """What came back, when it begins with the bytes that were sent. Raises PdfBroken."""
    if not parts or not parts[0].startswith(pdf):
        raise PdfBroken("not an increment behind the bytes that were sent")
    return parts[0]
