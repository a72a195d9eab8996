"""Serial numbers of certificates and devices, in one notation.

A certificate serial is kept in upper-case hexadecimal without leading zeros or separators; printed
ones come with colons, blanks, 0x, a sign byte, in lower case, or in decimal. A device serial that
is no hexadecimal number is kept as it is, upper-case and without separators.
"""

import re
import unicodedata

_NOT_IN_A_SERIAL = re.compile(r"[^0-9A-Z]+")
_PREFIX = re.compile(r"^(0X)+")
_HEXADECIMAL = re.compile(r"[0-9A-F]+")
_SHORTEST_SERIAL = 8


def normalise_serial(text: str) -> str:
    """The one notation in which serials are stored and compared; "" when nothing is left.

    Digits alone are read as hexadecimal, as they stand in a letter; `serial_candidates` tries both.
    """
    bare = _PREFIX.sub("", _bare(text))
    if not _HEXADECIMAL.fullmatch(bare):
        return bare
    return bare.lstrip("0") or "0"


def serial_of(number: int) -> str:
    """The notation for the number in a parsed X.509 certificate; ValueError when it is negative."""
    if number < 0:
        raise ValueError("a serial number is not negative")
    return f"{number:X}"


def serial_candidates(query: str) -> tuple[str, ...]:
    """The stored notations a typed serial may mean: as written, and from decimal when it has digits
    only.
    """
    written = normalise_serial(query)
    if not written:
        return ()
    bare = _bare(query)
    if not bare.isdecimal():
        return (written,)
    return tuple(dict.fromkeys((written, serial_of(int(bare)))))


def display_serial(serial: str) -> str:
    """A certificate serial as the authority prints it: whole bytes, so an even number of digits."""
    normal = normalise_serial(serial)
    if _HEXADECIMAL.fullmatch(normal) and len(normal) % 2:
        return f"0{normal}"
    return normal


def looks_like_serial(code: str) -> bool:
    """Whether what stands on a thing is more likely a serial than a code that an office gave it:
    eight hexadecimal digits or more and nothing else.
    """
    bare = _PREFIX.sub("", _bare(code))
    return len(bare) >= _SHORTEST_SERIAL and _HEXADECIMAL.fullmatch(bare) is not None


def _bare(text: str) -> str:
    # NFKD turns full-width digits, which spreadsheets sometimes hold, into plain ones.
    return _NOT_IN_A_SERIAL.sub("", unicodedata.normalize("NFKD", text.upper()).upper())
