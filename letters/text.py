"""Text into lines: cleaning, measuring, breaking. Lengths are points. Nothing is drawn here."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from letters.fonts import Face

# After these a long e-mail address or file name may go on in the next line; at a hyphen only if
# that is not enough, because a hyphen at the end of a line looks like hyphenation.
_BREAK_AFTER = re.compile(r"(?<=[@./\\_:;,&+=])(?=\w)")
_BREAK_AT_HYPHEN = re.compile(r"(?<=-)(?=\w)")

# Space, tab and line break are spacing; the no-break space is kept as it is.
_SPACING = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")


@lru_cache(maxsize=16_384)
def clean(text: str) -> str:
    """NFC, single spaces, no control or invisible format characters."""
    text = _SPACING.sub(" ", unicodedata.normalize("NFC", text))
    if not text.isprintable():
        # Only Cc and Cf go: the no-break space is "not printable" for Python and must stay.
        text = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
        text = _SPACING.sub(" ", text)
    return text.strip(" ")


def _even_pieces(word: str, face: Face, size: float, width: float) -> list[str]:
    """A word without a good place to break, cut into equally long pieces that fit."""
    for count in range(2, len(word)):
        step = -(-len(word) // count)
        pieces = [word[i : i + step] for i in range(0, len(word), step)]
        if all(face.width(piece) * size <= width for piece in pieces):
            return pieces
    return list(word)


def _parts(word: str, face: Face, size: float, width: float) -> Iterator[str]:
    for part in _BREAK_AFTER.split(word):
        if face.width(part) * size <= width:
            yield part
            continue
        for smaller in _BREAK_AT_HYPHEN.split(part):
            if face.width(smaller) * size <= width:
                yield smaller
            else:
                yield from _even_pieces(smaller, face, size, width)


def _pieces(word: str, face: Face, size: float, width: float) -> list[str]:
    """A word too wide for its line, cut at the punctuation of addresses, else evenly."""
    lines: list[str] = []
    for part in _parts(word, face, size, width):
        if lines and face.width(lines[-1] + part) * size <= width:
            lines[-1] += part
        else:
            lines.append(part)
    return lines


def wrap(text: str, face: Face, size: float, width: float, first: float = 0.0) -> list[str]:
    """Break a cleaned text into lines no wider than `width`; the first one has `first` less.

    A word wider than the line is cut, so no line is ever too wide and no letter is lost.
    """
    if face.width(text) * size <= width - first:
        return [text]
    lines: list[str] = []
    line: list[str] = []
    space = face.width(" ") * size
    left = width - first
    for word in text.split(" "):
        need = face.width(word) * size
        if line and need + space <= left:
            line.append(word)
            left -= need + space
            continue
        if line:
            lines.append(" ".join(line))
            left = width
        if need > left:
            *whole, word = _pieces(word, face, size, left)
            lines.extend(whole)
            left, need = (width if whole else left), face.width(word) * size
        line = [word]
        left -= need
    lines.append(" ".join(line))
    return lines


@lru_cache(maxsize=16_384)
def wrap_cell(text: str, face: Face, size: float, width: float) -> tuple[str, ...]:
    """The same for the cell of a table; remembered, because cells repeat."""
    return tuple(wrap(text, face, size, width))


def balance(text: str, face: Face, size: float, width: float) -> list[str]:
    """Break a centred title into as few lines as `width` allows, as equally long as possible."""
    lines = wrap(text, face, size, width)
    if len(lines) == 1:
        return lines
    narrow = max(face.width(word) * size for word in text.split(" "))
    low, high = min(narrow, width), width
    while high - low > 1.0:  # One point is finer than the eye.
        middle = (low + high) / 2
        if len(wrap(text, face, size, middle)) > len(lines):
            low = middle
        else:
            high = middle
    return wrap(text, face, size, high)
