"""The body of an HTTP answer, read no further and no longer than the caller bears."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPResponse, IncompleteRead

_PIECE = 1 << 16


def read_body(response: HTTPResponse, most: int, over: Callable[[], bool]) -> bytes:
    """The body, up to one byte more than `most`: who gets that many knows it was too large.

    Raises TimeoutError as soon as the time is `over` (a connection that was cut ends like one that
    is done), IncompleteRead when less came than was announced, OSError, HTTPException.
    """
    told = response.length
    wanted = most + 1 if told is None else min(told, most + 1)
    data = bytearray()
    # Piece by piece: a negative length of a chunk would make one read() take all there is.
    while len(data) < wanted:
        piece = response.read1(min(_PIECE, wanted - len(data)))
        if over():
            raise TimeoutError
        if not piece:
            break
        data += piece
    if told is not None and len(data) < wanted:
        raise IncompleteRead(b"")
    return bytes(data)
