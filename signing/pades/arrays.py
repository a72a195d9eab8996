"""Arrays of whole numbers read at once instead of byte by byte.

The widths of one embedded font are an array of some hundred numbers; pyHanko 0.38 reads each with
several calls, which is most of the time of reading a letter through. Arrays with anything else in
them are left to pyHanko (a test compares the two).
"""

from __future__ import annotations

import re
from typing import Any

from pyhanko.pdf_utils import generic

# Possessive throughout: a hostile array must not make the expression try again.
_PLAIN = re.compile(rb"\[(?:[ \r\n\t0-9]++|\[[ \r\n\t0-9]*+\])*+\]")
_TOKEN = re.compile(rb"[0-9]+|[\[\]]")
_CHARACTERS = b"[] \r\n\t0123456789"
_NUMBER: Any = generic.NumberObject
_PEEK, _LONG = 64, 64 * 1024

original = generic.ArrayObject.read_from_stream
"""pyHanko's own reader, kept for comparison."""


def read_array(stream: Any, container_ref: Any, *rest: Any, **options: Any) -> Any:
    """Read an array at the stream's place. Raises what pyHanko raises."""
    at = stream.tell()
    head = stream.read(_PEEK)
    found = _PLAIN.match(head)
    if found is None and len(head) == _PEEK and not head.translate(None, _CHARACTERS):
        head += stream.read(_LONG)
        found = _PLAIN.match(head)
    if found is None:
        stream.seek(at)
        return original(stream, container_ref, *rest, **options)
    stream.seek(at + found.end())
    return _built(found.group(), container_ref)


def _built(text: bytes, container_ref: Any) -> Any:
    outer: Any = generic.ArrayObject()
    current = outer
    for token in _TOKEN.findall(text[1:-1]):
        if token == b"[":
            current = generic.ArrayObject()
            current.container_ref = container_ref
            outer.append(current)
        elif token == b"]":
            current = outer
        else:
            number = _NUMBER(token)
            number.container_ref = container_ref
            current.append(number)
    return outer


def install() -> None:
    """Let pyHanko use it in this process."""
    array: Any = generic.ArrayObject
    array.read_from_stream = staticmethod(read_array)
