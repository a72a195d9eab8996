"""What a signature looks like on the page (decree 30/2020, annex I; legal.md 4.4).

A person's signature is a picture with a transparent ground; an agency's is the picture of its seal.
Where there is no picture, lines of Vietnamese text stand in for it, red and framed for an agency.
"""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image, UnidentifiedImageError
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing.pades import increment
from signing.pades.errors import PictureUnusable, TextDoesNotFit
from signing.pades.fonts import Face, FontPaths, face

Ink = Literal["black", "red", "blue"]

_INKS = {"black": b"0 0 0", "red": b"0.80 0.05 0.05", "blue": b"0.05 0.15 0.60"}
_LARGEST_TEXT = 10.0
_SMALLEST_TEXT = 4.0
_LEADING = 1.18
_PADDING = 3.0
_FRAME = 3.0
_MAX_SIDE = 4000
_MAX_PNG_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class TextAppearance:
    """Lines of text, as large as the box allows (4 to 10 points), or of exactly `size` points.

    Of a given size they stand at the top right of the box, as decree 30 has it for copies.
    `left_free` is the part of the width that the lines leave empty where they fit beside it.
    """

    lines: tuple[str, ...]
    ink: Ink = "black"
    frame: bool = False
    size: float = 0.0
    left_free: float = 0.0


@dataclass(frozen=True)
class PictureAppearance:
    """A PNG with a transparent ground, kept in proportion; lines, if any, stand right of it."""

    png: bytes
    lines: tuple[str, ...] = ()
    ink: Ink = "black"


Appearance = TextAppearance | PictureAppearance


def seal(lines: tuple[str, ...]) -> TextAppearance:
    """The agency's appearance when no picture of its seal has been entered: red, framed."""
    return TextAppearance(lines, ink="red", frame=True)


def approval(lines: tuple[str, ...]) -> TextAppearance:
    """A leader's appearance when no picture has been entered: blue, beside the left third, which
    the agency's seal will cover (II.8.a) and would make unreadable.
    """
    return TextAppearance(lines, ink="blue", left_free=1 / 3)


def signing_lines(signer: str, agency: str, signing_time: dt.datetime) -> tuple[str, ...]:
    """The three usual lines: who, for which agency, when (order of decree 30, with the offset)."""
    local = signing_time.astimezone(increment.VIETNAM)
    when = local.strftime("%d/%m/%Y; %H:%M:%S +07:00")
    return (f"Ký bởi: {signer}", f"Cơ quan: {agency}", f"Thời gian ký: {when}")


def draw(
    writer: increment.Increment,
    appearance: Appearance,
    size: tuple[float, float],
    rotation: int,
    fonts: FontPaths,
) -> generic.IndirectObject:
    """The form XObject of an appearance for a box of that size in points.

    `rotation` is the page's /Rotate: the drawing is turned so that it stands upright on the screen.
    Raises PictureUnusable, TextDoesNotFit, FontUnusable.
    """
    turned = rotation % 180 != 0
    width, height = (size[1], size[0]) if turned else size
    resources = generic.DictionaryObject()
    if isinstance(appearance, PictureAppearance):
        body = _picture_body(writer, appearance, (width, height), resources, fonts)
    elif appearance.size:
        body = _corner_body(writer, appearance, (width, height), resources, fonts)
    else:
        body = _lines_body(writer, appearance, (width, height), resources, fonts)
    dictionary = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Form"),
        pdf_name("/BBox"): increment.numbers(0, 0, width, height),
        pdf_name("/Resources"): resources,
        **increment.upright(rotation),
    }
    return writer.add_object(generic.StreamObject(dictionary, stream_data=body))


def _lines_body(
    writer: increment.Increment,
    appearance: TextAppearance,
    size: tuple[float, float],
    resources: generic.DictionaryObject,
    fonts: FontPaths,
) -> bytes:
    edge = _FRAME if appearance.frame else 0.0
    frame, lines, ink = _frame(appearance, size), appearance.lines, appearance.ink
    whole = (edge, edge, size[0] - edge, size[1] - edge)
    beside = (max(edge, size[0] * appearance.left_free), *whole[1:])
    try:
        return frame + _text_body(writer, lines, ink, beside, resources, fonts)
    except TextDoesNotFit:
        return frame + _text_body(writer, lines, ink, whole, resources, fonts)


def _frame(appearance: TextAppearance, size: tuple[float, float]) -> bytes:
    if not appearance.frame:
        return b""
    return b"q %s RG 1.2 w %.2f %.2f %.2f %.2f re S 0.4 w %.2f %.2f %.2f %.2f re S Q\n" % (
        _INKS[appearance.ink],
        *(0.8, 0.8, size[0] - 1.6, size[1] - 1.6),
        *(2.6, 2.6, size[0] - 5.2, size[1] - 5.2),
    )


def _text_body(
    writer: increment.Increment,
    lines: tuple[str, ...],
    ink: Ink,
    area: tuple[float, float, float, float],
    resources: generic.DictionaryObject,
    fonts: FontPaths,
) -> bytes:
    used = face(fonts, "regular")
    name = increment.FONT_NAMES["regular"]
    resources[pdf_name("/Font")] = generic.DictionaryObject(
        {pdf_name(name): increment.font_reference(writer, used, "regular")}
    )
    x1, y1, x2, y2 = area
    size, rows = _fit(used, lines, x2 - x1 - 2 * _PADDING, y2 - y1 - 2 * _PADDING)
    top = (y1 + y2 + len(rows) * size * _LEADING) / 2
    first = top - size * (_LEADING - 1) / 2 - used.ascent * size / 1000
    body = [
        b"q BT %s rg %s %.3f Tf %.3f TL %.2f %.2f Td"
        % (_INKS[ink], name.encode(), size, size * _LEADING, x1 + _PADDING, first)
    ]
    body.append(b" T* ".join(used.encode(row) + b" Tj" for row in rows))
    body.append(b"ET Q")
    return b"\n".join(body)


def _corner_body(
    writer: increment.Increment,
    appearance: TextAppearance,
    size: tuple[float, float],
    resources: generic.DictionaryObject,
    fonts: FontPaths,
) -> bytes:
    """Rows of one given size at the top right of the box. Raises TextDoesNotFit."""
    used, points = face(fonts, "regular"), appearance.size
    name = increment.FONT_NAMES["regular"]
    resources[pdf_name("/Font")] = generic.DictionaryObject(
        {pdf_name(name): increment.font_reference(writer, used, "regular")}
    )
    rows = [row for line in appearance.lines for row in _wrap(used, line, points, size[0])]
    if not _fits(used, tuple(rows), points, *size):
        raise TextDoesNotFit(f"{len(rows)} rows in {size[0]:.0f} x {size[1]:.0f} points")
    body = [b"q BT %s rg %s %.3f Tf" % (_INKS[appearance.ink], name.encode(), points)]
    down = size[1] - used.ascent * points / 1000
    for row in rows:
        left = size[0] - used.width(row, points)
        body.append(b"1 0 0 1 %.2f %.2f Tm %s Tj" % (left, down, used.encode(row)))
        down -= points * _LEADING
    body.append(b"ET Q")
    return b"\n".join(body)


def _fit(
    used: Face, lines: tuple[str, ...], width: float, height: float
) -> tuple[float, tuple[str, ...]]:
    """The largest size at which the lines fit, and the rows they make.

    A line is broken only when it would otherwise be smaller than people read easily.
    """
    unbroken = [_LARGEST_TEXT - step / 2 for step in range(int(2 * (_LARGEST_TEXT - 6.5)) + 1)]
    for size in unbroken:
        if _fits(used, lines, size, width, height):
            return size, lines
    size = _LARGEST_TEXT
    while size >= _SMALLEST_TEXT:
        rows = tuple(row for line in lines for row in _wrap(used, line, size, width))
        if _fits(used, rows, size, width, height):
            return size, rows
        size -= 0.5
    raise TextDoesNotFit(f"{len(lines)} lines in {width:.0f} x {height:.0f} points")


def _fits(used: Face, rows: tuple[str, ...], size: float, width: float, height: float) -> bool:
    return len(rows) * size * _LEADING <= height and all(
        used.width(row, size) <= width for row in rows
    )


def _wrap(used: Face, line: str, size: float, width: float) -> list[str]:
    if used.width(line, size) <= width:
        return [line]
    rows, current = [], ""
    for word in line.split(" "):
        longer = f"{current} {word}" if current else word
        if current and used.width(longer, size) > width:
            rows.append(current)
            current = word
        else:
            current = longer
    return [*rows, current]


def _picture_body(
    writer: increment.Increment,
    appearance: PictureAppearance,
    size: tuple[float, float],
    resources: generic.DictionaryObject,
    fonts: FontPaths,
) -> bytes:
    picture = _picture(appearance.png)
    area_width = size[0] * 0.42 if appearance.lines else size[0]
    scale = min(area_width / picture.width, size[1] / picture.height)
    width, height = picture.width * scale, picture.height * scale
    resources[pdf_name("/XObject")] = generic.DictionaryObject(
        {pdf_name("/Picture"): picture.write(writer)}
    )
    body = b"q %.3f 0 0 %.3f %.3f %.3f cm /Picture Do Q\n" % (
        width,
        height,
        (area_width - width) / 2,
        (size[1] - height) / 2,
    )
    if not appearance.lines:
        return body
    area = (area_width, 0.0, size[0], size[1])
    return body + _text_body(writer, appearance.lines, appearance.ink, area, resources, fonts)


@dataclass(frozen=True)
class _Picture:
    width: int
    height: int
    colours: bytes
    alpha: bytes | None

    def write(self, writer: increment.Increment) -> generic.IndirectObject:
        image = self._plane(self.colours, "/DeviceRGB")
        if self.alpha is not None:
            image[pdf_name("/SMask")] = writer.add_object(self._plane(self.alpha, "/DeviceGray"))
        return writer.add_object(image)

    def _plane(self, data: bytes, space: str) -> generic.StreamObject:
        return generic.StreamObject(
            {
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Image"),
                pdf_name("/Width"): generic.NumberObject(self.width),
                pdf_name("/Height"): generic.NumberObject(self.height),
                pdf_name("/ColorSpace"): pdf_name(space),
                pdf_name("/BitsPerComponent"): generic.NumberObject(8),
                pdf_name("/Filter"): pdf_name("/FlateDecode"),
            },
            encoded_data=data,
        )


def _picture(png: bytes) -> _Picture:
    if len(png) > _MAX_PNG_BYTES or not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise PictureUnusable("not a PNG, or larger than 8 MiB")
    return _decode(hashlib.sha256(png).digest(), _Hidden(png))


class _Hidden:
    """Carries the bytes past the cache key: equal to all others, the digest alone counts."""

    def __init__(self, png: bytes) -> None:
        self.png = png

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hidden)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _decode(_digest: bytes, source: _Hidden) -> _Picture:
    try:
        with Image.open(io.BytesIO(source.png), formats=["PNG"]) as image:
            if max(image.size) > _MAX_SIDE:
                raise PictureUnusable(f"{image.size[0]} x {image.size[1]} points")
            pixels = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureUnusable(str(error)) from error
    alpha = pixels.getchannel("A")
    opaque = alpha.getextrema() == (255, 255)
    source.png = b""
    return _Picture(
        width=pixels.width,
        height=pixels.height,
        colours=zlib.compress(pixels.convert("RGB").tobytes(), 6),
        alpha=None if opaque else zlib.compress(alpha.tobytes(), 6),
    )
