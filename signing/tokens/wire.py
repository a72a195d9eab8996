"""Frames between manager and worker: four bytes of length, then JSON. Bytes travel as base64."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

MAX_FRAME_BYTES = 16 * 1024 * 1024
_LENGTH = struct.Struct(">I")


class BrokenWire(Exception):
    """The other side is gone, or speaks something else."""


def write_frame(pipe: IO[bytes], message: dict[str, Any]) -> None:
    """Send one message. Raises OSError when the other side is gone."""
    body = json.dumps(message).encode("utf-8")
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> dict[str, Any]:
    """Wait for one message. Raises BrokenWire at the end of the stream or for anything else."""
    head = pipe.read(_LENGTH.size)
    if len(head) != _LENGTH.size:
        raise BrokenWire("closed")
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise BrokenWire("frame too long")
    body = pipe.read(length)
    if len(body) != length:
        raise BrokenWire("closed inside a frame")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenWire("not JSON") from error
    if not isinstance(message, dict):
        raise BrokenWire("not an object")
    return message
