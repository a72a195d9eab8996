"""Canonical JSON and strict reading of it: what is signed must have one spelling only."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from signing.protocol.refusals import MessageMalformed

T = TypeVar("T")

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base32 of Douglas Crockford: no I, L, O, U, so that a code read aloud is typed right."""


def canonical_json(data: object) -> bytes:
    """`data` as JSON bytes with sorted keys, no spaces and NFC text (after RFC 8785).

    Only what this protocol uses: objects, lists, text, integers, booleans, null. Floats raise
    `TypeError`, because their spelling is not canonical.
    """
    _refuse_floats(data)
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return unicodedata.normalize("NFC", text).encode()


def _refuse_floats(data: object) -> None:
    if isinstance(data, float):
        raise TypeError("floats have no canonical spelling")
    if isinstance(data, Mapping):
        for value in data.values():
            _refuse_floats(value)
    elif isinstance(data, list | tuple):
        for value in data:
            _refuse_floats(value)


def b64(data: bytes) -> str:
    """URL-safe base64 without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes of `b64`; raises `MessageMalformed` for anything that is not its exact spelling."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageMalformed("base64") from error
    if b64(data) != text:
        raise MessageMalformed("base64")
    return data


def base32(data: bytes) -> str:
    """Crockford base32 of `data`; its bit length must be a multiple of five."""
    number = int.from_bytes(data, "big")
    digits = len(data) * 8 // 5
    return "".join(CROCKFORD[(number >> (5 * place)) & 31] for place in range(digits - 1, -1, -1))


def write_instant(instant: datetime) -> str:
    """An aware instant as `2026-11-21T08:30:00Z`, whole seconds. Naive ones raise `ValueError`."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: str) -> datetime:
    """The instant that `write_instant` wrote; raises `MessageMalformed`."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise MessageMalformed("instant") from error


class Fields:
    """Strict reader of one JSON object: every wrong or missing field raises `MessageMalformed`."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, dict):
            raise MessageMalformed("an object was expected")
        self._data: dict[str, object] = data

    @classmethod
    def parse(cls, body: bytes) -> Fields:
        """Reads the object from JSON bytes."""
        try:
            return cls(json.loads(body))
        except (ValueError, RecursionError) as error:
            raise MessageMalformed("json") from error

    def _get(self, key: str, kind: type[T]) -> T:
        value = self._data.get(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise MessageMalformed(key)
        return value

    def text(self, key: str, *, most: int = 2000) -> str:
        """A text of at most `most` characters, in NFC and without control characters."""
        value = self._get(key, str)
        if len(value) > most:
            raise MessageMalformed(key)
        return text(value, key)

    def integer(self, key: str) -> int:
        """A whole number that is not negative."""
        value = self._get(key, int)
        if value < 0:
            raise MessageMalformed(key)
        return value

    def flag(self, key: str) -> bool:
        """A boolean."""
        return self._get(key, bool)

    def blob(self, key: str, *, length: int | None = None) -> bytes:
        """Base64 bytes, of exactly `length` when it is given."""
        data = unb64(self._get(key, str))
        if length is not None and len(data) != length:
            raise MessageMalformed(key)
        return data

    def instant(self, key: str) -> datetime:
        """An aware UTC instant."""
        return read_instant(self._get(key, str))

    def child(self, key: str) -> Fields:
        """A nested object."""
        return Fields(self._data.get(key))

    def each(self, key: str, read: Callable[[object], T]) -> tuple[T, ...]:
        """A list, each entry read by `read`."""
        return tuple(read(entry) for entry in self._get(key, list))

    def has(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self._data.get(key) is not None

    def raw(self, key: str) -> dict[str, object]:
        """A nested object as plain data."""
        return self._get(key, dict)


def whole_number(value: object) -> int:
    """Reads one list entry as a whole number that is not negative; raises `MessageMalformed`."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MessageMalformed("number")
    return value


_UNWRITTEN = frozenset({"Cc", "Cs"})
"""Categories of Unicode that no text of a message may hold: controls and halves of letters."""


def text(value: object, key: str = "text") -> str:
    """Reads one list entry as text in NFC; raises `MessageMalformed`."""
    if not isinstance(value, str) or any(
        unicodedata.category(char) in _UNWRITTEN for char in value
    ):
        raise MessageMalformed(key)
    return unicodedata.normalize("NFC", value)


def readable(value: str, most: int) -> str:
    """What came out of a stranger's file, so that `Fields.text` on the other side takes it."""
    kept = "".join(" " if unicodedata.category(char) in _UNWRITTEN else char for char in value)
    return unicodedata.normalize("NFC", kept)[:most]


def blob(value: object) -> bytes:
    """Reads one list entry as base64 bytes; raises `MessageMalformed`."""
    if not isinstance(value, str):
        raise MessageMalformed("base64")
    return unb64(value)
