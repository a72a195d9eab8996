"""Messages between the sandbox and its worker: JSON and bytes behind their lengths, no pickle.

The worker reads strangers' files and may fall into their hands; nothing that it says can therefore
make the server do more than read a JSON value.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

MAX_HEADER = 16 * 1024 * 1024
MAX_PART = 256 * 1024 * 1024
_HEAD = struct.Struct(">II")


class FrameError(ValueError):
    """The other side ended or did not keep to the format."""


def write(stream: BinaryIO, header: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    """Send a JSON header and byte strings. Raises OSError when the pipe is closed."""
    body = json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(_HEAD.pack(len(body), len(parts)))
    for part in parts:
        stream.write(struct.pack(">Q", len(part)))
    stream.write(body)
    for part in parts:
        stream.write(part)
    stream.flush()


def read(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]]:
    """Receive what `write` sent. Raises FrameError."""
    length, count = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if length > MAX_HEADER or count > 8:
        raise FrameError("frame too large")
    sizes = [struct.unpack(">Q", _exactly(stream, 8))[0] for _ in range(count)]
    if any(size > MAX_PART for size in sizes):
        raise FrameError("frame too large")
    try:
        header = json.loads(_exactly(stream, length))
    except (ValueError, RecursionError) as error:
        raise FrameError("not JSON") from error
    if not isinstance(header, dict):
        raise FrameError("not an object")
    return header, [_exactly(stream, size) for size in sizes]


def _exactly(stream: BinaryIO, size: int) -> bytes:
    pieces, missing = [], size
    while missing:
        piece = stream.read(missing)
        if not piece:
            raise FrameError("the other side ended")
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
