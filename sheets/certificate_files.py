"""Files that people bring to an import: which certificates are in them, and why not.

The kind of a file is read from its bytes, never from its name: one certificate (DER or PEM), many
in a PEM text, a PKCS#7 bundle (RFC 2315, .p7b), or a zip of such files. Whatever holds a private
key is turned away whole. Nothing is written to disk here and nothing is kept.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from rules.certificate_content import CertificateContent
from rules.names import nfc
from sheets.private_keys import is_named_as_private_key, looks_like_private_key
from sheets.x509 import UnreadableCertificate, describe
from sheets.zip_entries import BadEntry, entries, is_zip

MOST_CERTIFICATES = 500
LARGEST_FILE = 1024 * 1024
LARGEST_ZIP = 32 * 1024 * 1024
_LONGEST_NAME = 260

PRIVATE_KEY = (
    "Tệp có chứa khóa bí mật nên không được nhận; không phần nào của tệp được giữ lại. "
    "Chỉ xuất và nhập tệp chứng thư (.cer, .crt, .pem, .der, .p7b)."
)
NO_CERTIFICATE = "Không tìm thấy chứng thư nào trong tệp, hoặc tệp bị hỏng."
AUTHORITY = "Đây là chứng thư của Tổ chức cung cấp dịch vụ chứng thực, không phải của thuê bao."

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_MOST_WITHOUT_END = 20
"""Kinds of blocks that may begin and never end before the rest of a file is taken for nothing."""
_PEM_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}
_PEM_BUNDLES = {b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA"}
_BARE_BASE64 = re.compile(rb"MI[A-Za-z0-9+/]{60,}={0,2}")


@dataclass(frozen=True)
class Read:
    """One certificate found in a file, or (`content` None) what was refused and why.

    `source` names the file as the person knows it, and the place in it where it holds several:
    "goi.zip › an.cer", "an.p7b (chứng thư 2 trên 3)".
    """

    source: str
    content: CertificateContent | None
    reason: str = ""


def read_one(der: bytes) -> tuple[CertificateContent | None, str]:
    """The content of one certificate in DER, or None and the Vietnamese reason.

    A certificate of an authority is a reason too: the register keeps those of subscribers.
    """
    try:
        content = describe(der)
    except UnreadableCertificate as error:
        return None, str(error)
    if content.is_authority:
        return None, f"{AUTHORITY} {content.common_name}, số {content.serial_number}."
    return content, ""


def read_files(files: Iterable[tuple[str, bytes]]) -> list[Read]:
    """Everything found in these files (pairs of name and bytes), in their order.

    The same certificate twice is named the second time; an authority's certificate, which comes
    with every bundle, is named once.
    """
    found: list[Read] = []
    first: dict[bytes, Read] = {}
    for name, content in files:
        for source, der, reason in _contents(_shown(name), content):
            if der is not None and (before := first.get(der)) is not None:
                if not before.reason.startswith(AUTHORITY):
                    again = f"Trùng với chứng thư trong “{before.source}”."
                    found.append(Read(source, None, before.reason or again))
                continue
            certificate, why = read_one(der) if der is not None else (None, reason)
            if der is not None:
                first[der] = Read(source, certificate, why)
            if sum(one.content is not None for one in found) >= MOST_CERTIFICATES:
                found.append(
                    Read(
                        source,
                        None,
                        f"Một lần nhập có tối đa {MOST_CERTIFICATES} chứng thư. "
                        "Hãy lưu lần này rồi nhập phần còn lại.",
                    )
                )
                return found
            found.append(Read(source, certificate, why))
    return found


_Piece = tuple[str, bytes | None, str]


def _contents(name: str, content: bytes) -> Iterator[_Piece]:
    """Pieces of one uploaded file: its name, DER or None, and the reason where there is none."""
    if not is_zip(content):
        yield from _certificates(name, content)
        return
    if len(content) > LARGEST_ZIP:
        yield name, None, "Tệp nén quá lớn (tối đa 32 MB). Hãy chia ra nhiều tệp."
        return
    for entry in entries(content, largest=LARGEST_FILE):
        if isinstance(entry, BadEntry):
            yield (f"{name} › {_shown(entry.name)}" if entry.name else name), None, entry.reason
        else:
            yield from _certificates(f"{name} › {_shown(entry.name)}", entry.content)


def _certificates(name: str, content: bytes) -> Iterator[_Piece]:
    if is_named_as_private_key(name) or looks_like_private_key(content):
        yield name, None, PRIVATE_KEY
    elif is_zip(content):
        yield name, None, "Tệp nén nằm trong tệp nén không được nhận. Hãy giải nén trước."
    elif len(content) > LARGEST_FILE:
        yield name, None, "Tệp quá lớn so với một tệp chứng thư (tối đa 1 MB)."
    elif not content.strip():
        yield name, None, "Tệp rỗng."
    elif blocks := _pem_blocks(content):
        yield from _from_pem(name, blocks)
    else:
        yield from _from_der(name, _bare_base64(content))


def _pem_blocks(content: bytes) -> list[tuple[bytes, bytes]]:
    text = content
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # saved by Notepad as "Unicode"
        text = content.decode("utf-16", "replace").encode("ascii", "replace")
    blocks, endless, at = [], set[bytes](), 0
    while (begin := _BEGIN.search(text, at)) and len(endless) < _MOST_WITHOUT_END:
        label, at = begin[1], begin.end()
        if label in endless:
            continue
        end = b"-----END " + label + b"-----"
        until = text.find(end, at)
        if until < 0:
            endless.add(label)
            continue
        blocks.append((label, text[at:until]))
        at = until + len(end)
    return blocks


def _from_pem(name: str, blocks: list[tuple[bytes, bytes]]) -> Iterator[_Piece]:
    for number, (label, body) in enumerate(blocks, start=1):
        source = name if len(blocks) == 1 else f"{name} (phần {number})"
        if label not in _PEM_CERTIFICATES | _PEM_BUNDLES:
            yield source, None, NO_CERTIFICATE
            continue
        try:
            der = base64.b64decode(b"".join(body.split()), validate=True)
        except binascii.Error:
            yield source, None, NO_CERTIFICATE
            continue
        if looks_like_private_key(der):
            yield source, None, PRIVATE_KEY
        else:
            yield from _from_der(source, der)


def _bare_base64(content: bytes) -> bytes:
    """Some programs export the base64 text without its PEM lines."""
    together = b"".join(content.split())
    if not _BARE_BASE64.fullmatch(together):
        return content
    try:
        return base64.b64decode(together, validate=True)
    except binascii.Error:
        return content


_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def _from_der(name: str, der: bytes) -> Iterator[_Piece]:
    if looks_like_private_key(der):
        yield name, None, PRIVATE_KEY
    elif _SIGNED_DATA in der[:32]:
        yield from _from_bundle(name, der)
    elif der[:1] == b"\x30":
        yield name, der, ""
    else:
        yield name, None, NO_CERTIFICATE


def _from_bundle(name: str, der: bytes) -> Iterator[_Piece]:
    try:
        inside = pkcs7.load_der_pkcs7_certificates(der)
    except (ValueError, UnsupportedAlgorithm):
        yield name, None, NO_CERTIFICATE
        return
    if not inside:
        yield name, None, NO_CERTIFICATE
    for number, certificate in enumerate(inside, start=1):
        source = name if len(inside) == 1 else f"{name} (chứng thư {number} trên {len(inside)})"
        yield source, certificate.public_bytes(Encoding.DER), ""


def _shown(name: str) -> str:
    """The last part of a name, printable and short enough to be stored."""
    last = PurePosixPath(name.replace("\\", "/")).name or "tệp không tên"
    printable = "".join(letter for letter in nfc(last) if letter.isprintable())
    return printable[-_LONGEST_NAME // 2 :]
