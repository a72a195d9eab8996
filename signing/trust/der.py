"""Just enough DER to find one's way in a large structure without building objects for all of it."""

from __future__ import annotations

import datetime as dt

SEQUENCE, INTEGER, BIT_STRING, OID, UTC_TIME, GENERALIZED_TIME = 0x30, 0x02, 0x03, 0x06, 0x17, 0x18


class DerError(ValueError):
    """The bytes are not the DER that was expected."""


def header(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start of the contents and end of the element at an offset. Raises DerError."""
    try:
        tag, length = data[at], data[at + 1]
    except IndexError:
        raise DerError("unexpected end") from None
    start = at + 2
    if length & 0x80:
        width = length & 0x7F
        if not 1 <= width <= 4 or start + width > len(data):
            raise DerError("bad length")
        length = int.from_bytes(data[start : start + width], "big")
        start += width
    if start + length > len(data):
        raise DerError("an element is longer than the data")
    return tag, start, start + length


def expect(data: bytes, at: int, *tags: int) -> tuple[int, int]:
    """Start and end of the contents of an element that must have one of the tags."""
    tag, start, end = header(data, at)
    if tag not in tags:
        raise DerError(f"tag {tag:#x} is not expected")
    return start, end


def time(data: bytes, at: int) -> tuple[dt.datetime, int]:
    """The UTCTime or GeneralizedTime at an offset, and where the next element begins."""
    tag, start, end = header(data, at)
    if tag not in (UTC_TIME, GENERALIZED_TIME):
        raise DerError("not a time")
    text = data[start:end].decode("ascii", "replace")
    if tag == UTC_TIME:
        # RFC 5280, 4.1.2.5.1: two digits from 50 on belong to the twentieth century.
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        parsed = dt.datetime.strptime(text, "%Y%m%d%H%M%SZ")  # noqa: DTZ007  # zoned on the next line
    except ValueError as error:
        raise DerError(str(error)) from error
    return parsed.replace(tzinfo=dt.UTC), end
