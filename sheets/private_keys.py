"""Telling private keys apart, so that none is ever kept.

By name: the usual endings. By content: any PEM block whose label ends in PRIVATE KEY, and the DER
shapes of PKCS#1 and SEC 1 keys, PKCS#8 (RFC 5958, plain and encrypted), PKCS#12 (RFC 7292), and the
Java key stores.
"""

from pathlib import PurePosixPath

_NAMES = {".p12", ".pfx", ".key", ".p8", ".pk8", ".pvk", ".jks", ".keystore", ".ppk", ".kdb"}
_JAVA_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_WORDS = (b"PRIVATE KEY", b"PUTTY-USER-KEY-FILE")

_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30


def is_named_as_private_key(name: str) -> bool:
    """True when the ending of the name promises a private key."""
    return PurePosixPath(name.lower()).suffix in _NAMES


def looks_like_private_key(content: bytes) -> bool:
    """True when the bytes hold a private key, or a container made for one.

    No certificate begins as these do: in DER a certificate starts with two sequences, a bundle with
    an object identifier, but keys and PKCS#12 start with a version number.
    """
    if content.startswith(_JAVA_KEY_STORES):
        return True
    text = content.replace(b"\0", b"").upper()  # UTF-16 text has a NUL beside every letter
    if any(word in text for word in _WORDS):
        return True
    outer = _inside(content, 0)
    if outer is None or content[0] != _SEQUENCE:
        return False
    first = content[outer : outer + 1]
    if first == bytes([_INTEGER]):
        return True
    return first == bytes([_SEQUENCE]) and _is_encrypted_pkcs8(content, outer)


def _is_encrypted_pkcs8(content: bytes, at: int) -> bool:
    """SEQUENCE { algorithm SEQUENCE { OID … }, OCTET STRING }."""
    algorithm, after = _inside(content, at), _after(content, at)
    if algorithm is None or after is None:
        return False
    return content[algorithm : algorithm + 1] == bytes([_OID]) and content[
        after : after + 1
    ] == bytes([_OCTETS])


def _header(content: bytes, at: int) -> tuple[int, int | None] | None:
    """Where the value of the DER element at `at` begins, and its length (None: indefinite)."""
    if at + 2 > len(content):
        return None
    length = content[at + 1]
    if length < 0x80:
        return at + 2, length
    count = length & 0x7F
    if count == 0:
        return at + 2, None
    if count > 4 or at + 2 + count > len(content):
        return None
    return at + 2 + count, int.from_bytes(content[at + 2 : at + 2 + count], "big")


def _inside(content: bytes, at: int) -> int | None:
    header = _header(content, at)
    return None if header is None else header[0]


def _after(content: bytes, at: int) -> int | None:
    header = _header(content, at)
    return None if header is None or header[1] is None else header[0] + header[1]
