"""Hexadecimal strings read at once instead of digit by digit.

The hole of a signature is one hexadecimal string of 10,000 to 60,000 digits. pyHanko 0.38 reads it
with a Python loop per digit: more than half of the time of a verification, and a file that ends
inside such a string keeps the loop running for ever. The replacement gives the same objects for
the same bytes (a test compares the two) and an error at the end of the file.
"""

from __future__ import annotations

import binascii
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError

_DIGITS = b"0123456789abcdefABCDEF"
_BLANKS = b" \n\r\t\0\f"
_PIECE = 4096

original = generic.read_hex_string_from_stream
"""pyHanko's own reader, kept for comparison."""


def read_hex_string(stream: Any) -> generic.ByteStringObject | generic.TextStringObject:
    """Read a hexadecimal string at the stream's place. Raises PdfStreamError.

    A comment inside the string is an error here, as it is in the format.
    """
    stream.read(1)
    pieces = []
    while True:
        piece = stream.read(_PIECE)
        if not piece:
            raise PdfStreamError("Stream ended inside a hex string")
        end = piece.find(b">")
        if end >= 0:
            stream.seek(end + 1 - len(piece), 1)
            pieces.append(piece[:end])
            break
        pieces.append(piece)
    digits = b"".join(pieces).translate(None, _BLANKS)
    if digits.translate(None, _DIGITS):
        raise PdfStreamError("Unexpected token in hex string")
    return generic.pdf_string(binascii.unhexlify(digits + b"0" * (len(digits) % 2)))


def install() -> None:
    """Let pyHanko use it in this process."""
    generic.read_hex_string_from_stream = read_hex_string
