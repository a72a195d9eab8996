"""What the sandbox's worker is told to do with a stranger's PDF: fields, hole, appearance.

Both ends of the pipe use this module for the JSON of an order, so that they cannot differ. Only the
worker calls `add_fields`, `prepared` and `look_at_picture`.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from signing.pades import layout
from signing.pades.appearance import Appearance, PictureAppearance, TextAppearance
from signing.pades.errors import PictureUnusable
from signing.pades.fonts import FontPaths
from signing.pades.prepare import Prepared, prepare

_STYLES = ("regular", "bold", "italic", "bold_italic")
_MOST_DOTS = 4000
_MOST_BYTES = 8 * 1024 * 1024
_CLEAR = 40


@dataclass(frozen=True)
class _Fonts:
    regular: Path
    bold: Path
    italic: Path
    bold_italic: Path


def fonts_order(fonts: FontPaths) -> dict[str, str]:
    """The places of the four faces, as JSON."""
    return {style: str(getattr(fonts, style)) for style in _STYLES}


def _fonts(order: dict[str, str]) -> FontPaths:
    return _Fonts(*(Path(order[style]) for style in _STYLES))


def fields_order(
    texts: Sequence[layout.TextField], signatures: Sequence[layout.SignatureField]
) -> dict[str, Any]:
    """Fields to be made, as JSON."""
    return {
        "texts": [asdict(one) for one in texts],
        "signatures": [asdict(one) for one in signatures],
    }


def add_fields(pdf: bytes, order: dict[str, Any]) -> bytes:
    """The document with the fields of an order. Raises what `layout.add_fields` raises."""
    texts = [layout.TextField(**{**one, "box": layout.Box(**one["box"])}) for one in order["texts"]]
    signatures = [
        layout.SignatureField(one["name"], layout.Box(**one["box"]), tuple(one["lock"]))
        for one in order["signatures"]
    ]
    return layout.add_fields(pdf, texts, signatures, _fonts(order["fonts"]))


def appearance_order(appearance: Appearance) -> tuple[dict[str, Any], list[bytes]]:
    """An appearance as JSON, and its picture as a part of its own."""
    if isinstance(appearance, PictureAppearance):
        return {"kind": "picture", "lines": appearance.lines, "ink": appearance.ink}, [
            appearance.png
        ]
    return {"kind": "text", **asdict(appearance)}, []


def _appearance(order: dict[str, Any], parts: Sequence[bytes]) -> Appearance:
    lines = tuple(order["lines"])
    if order["kind"] == "picture":
        return PictureAppearance(parts[0], lines, order["ink"])
    return TextAppearance(lines, order["ink"], order["frame"], order["size"], order["left_free"])


def prepared(pdf: bytes, order: dict[str, Any], parts: Sequence[bytes]) -> Prepared:
    """The document with its hole. Raises what `prepare.prepare` raises."""
    return prepare(
        pdf,
        field=order["field"],
        signing_time=dt.datetime.fromisoformat(order["signing_time"]),
        appearance=_appearance(order["appearance"], parts),
        fonts=_fonts(order["fonts"]),
        fill=order["fill"],
        reserve=order["reserve"],
    )


def look_at_picture(png: bytes) -> dict[str, Any]:
    """Size in dots, share of clear dots and mean ink of a PNG. Raises PictureUnusable."""
    if len(png) > _MOST_BYTES or not png.startswith(b"\x89PNG\r\n\x1a\n"):
        raise PictureUnusable("not a PNG, or larger than 8 MiB")
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if max(image.size) > _MOST_DOTS:
                raise PictureUnusable(f"{image.size[0]} x {image.size[1]} points")
            pixels = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureUnusable(str(error)) from error
    alpha = pixels.getchannel("A")
    counts = alpha.histogram()
    clear = sum(counts[:_CLEAR])
    total = pixels.width * pixels.height
    inked = alpha.point([0] * _CLEAR + [255] * (256 - _CLEAR))
    means = [_mean(pixels.getchannel(one).histogram(inked)) for one in "RGB"]
    return {
        "width": pixels.width,
        "height": pixels.height,
        "clear_share": clear / total,
        "ink": means,
    }


def _mean(histogram: list[int]) -> int:
    total = sum(histogram)
    return (
        round(sum(value * count for value, count in enumerate(histogram)) / total) if total else 0
    )
