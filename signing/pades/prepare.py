"""Make a document ready to be signed: everything but the signature itself, and a hole for it.

The server dates the signature (/M) and draws it; the agent only signs the digest of the byte range,
so that no agent can change a document (DESIGN 4).
"""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing.errors import PdfLocked
from signing.pades import increment, layout
from signing.pades.appearance import Appearance, draw
from signing.pades.errors import FieldProblem
from signing.pades.fonts import FontPaths
from signing.pades.report import Level

ByteRange = tuple[int, int, int, int]

RESERVE_B_B = 8 * 1024
"""Bytes for a PAdES B-B signature: RSA-4096 and a chain of three come to about 7 KiB at most."""

TOKEN_RESERVE = 8 * 1024
"""Bytes for a time-stamp token with the chain of its server (RSA-4096, three certificates)."""

RESERVE_STAMP = 16 * 1024
_RANGE_WIDTH = 60
_APPROVAL = b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
_STAMP = b"/Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161"


@dataclass(frozen=True)
class Prepared:
    """A document whose only unsigned bytes are the hole; `digest` is the SHA-256 of all others."""

    pdf: bytes
    byte_range: ByteRange
    digest: bytes


def reserve_for(chain_der: Sequence[bytes], level: Level = Level.B_B) -> int:
    """Bytes of CMS for a signature with these certificates, keys up to RSA-4096.

    From B-T on there is room for the time-stamp token, which goes into the same hole.
    """
    bare = -(-(sum(map(len, chain_der)) + 2 * 512 + 1024) // 512) * 512
    return bare if level is Level.B_B else bare + TOKEN_RESERVE


def prepare(
    pdf: bytes,
    *,
    field: str,
    signing_time: dt.datetime,
    appearance: Appearance | None,
    fonts: FontPaths,
    fill: Mapping[str, str] | None = None,
    reserve: int = RESERVE_B_B,
) -> Prepared:
    """One increment: text fields filled, signature dictionary with its hole, appearance, locks.

    `signing_time` is aware and becomes /M in Vietnamese time; `reserve` counts bytes of DER. Raises
    FieldProblem, LockOverEmptyField, TextDoesNotFit, PictureUnusable, PdfLocked, PdfBroken,
    PdfEncrypted.
    """
    writer, stream = increment.open_increment(pdf)
    when = increment.pdf_date(signing_time)
    with increment.reading_errors():
        _refuse_when_certified_closed(writer)
        spot = increment.field_named(writer, field)
        if increment.get(spot, "/FT") != "/Sig" or "/V" in spot:
            raise FieldProblem(f"{field} is not an empty signature field")
        _fill(writer, fill or {}, fonts)
        locked = layout.check_lock(writer, spot)
        _renew(writer, [name for name in locked if name not in (fill or {})], fonts)
        signature = _SignatureDictionary(when, reserve, locked, writer.root_ref)
        spot[pdf_name("/V")] = writer.add_object(signature)
        if appearance is not None:
            x1, y1, x2, y2 = (float(edge) for edge in spot["/Rect"])
            drawn = draw(writer, appearance, (x2 - x1, y2 - y1), increment.rotation(spot), fonts)
            spot[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): drawn})
        writer.update_container(spot)
        writer.write_in_place()
    return _with_range(stream.getvalue(), signature)


def prepare_stamp(pdf: bytes, *, reserve: int = RESERVE_STAMP) -> Prepared:
    """One increment with an invisible field for a document time stamp (EN 319 142-1, 5.4.3).

    Raises PdfBroken, PdfEncrypted, PdfTooLarge, FieldProblem. A certification that allows no change
    still allows this one (ISO 32000-2, 12.8.2.2).
    """
    writer, stream = increment.open_increment(pdf)
    with increment.reading_errors():
        spot = layout.add_hidden_signature_field(writer, _free_name(writer))
        signature = _SignatureDictionary("", reserve, (), writer.root_ref, _STAMP)
        spot[pdf_name("/V")] = writer.add_object(signature)
        writer.update_container(spot)
        writer.write_in_place()
    return _with_range(stream.getvalue(), signature)


def _free_name(writer: increment.Increment) -> str:
    taken = increment.form_fields(writer)
    number = 1
    while f"dau_thoi_gian_{number}" in taken:
        number += 1
    return f"dau_thoi_gian_{number}"


def _refuse_when_certified_closed(writer: increment.Increment) -> None:
    """A certification signature that allows no change (DocMDP level 1) forbids every later one."""
    permissions = increment.get(writer.root, "/Perms")
    if permissions is None or "/DocMDP" not in permissions:
        return
    for reference in increment.get(permissions["/DocMDP"], "/Reference", ()):
        entry = reference.get_object()
        if increment.get(entry, "/TransformMethod") != "/DocMDP":
            continue
        if increment.get(entry["/TransformParams"], "/P", 2) == 1:
            raise PdfLocked


def _fill(writer: increment.Increment, fill: Mapping[str, str], fonts: FontPaths) -> None:
    for name, value in fill.items():
        widget = increment.field_named(writer, name)
        if increment.get(widget, "/FT") != "/Tx":
            raise FieldProblem(f"{name} is not a text field")
        if name in _locked_by_others(writer):
            raise PdfLocked(name)
        layout.fill_text(writer, widget, value, fonts)


def _renew(writer: increment.Increment, names: Sequence[str], fonts: FontPaths) -> None:
    """Write locked fields that are already filled once more, into the increment that locks them.

    pyHanko's difference analysis takes a locked appearance for changed whenever its stream is older
    than the signed revision; a stream of the same revision is what it expects.
    """
    closed = _locked_by_others(writer)
    for name in names:
        if name not in closed:
            widget = increment.field_named(writer, name)
            layout.fill_text(writer, widget, str(increment.get(widget, "/V", "")), fonts)


def _locked_by_others(writer: increment.Increment) -> set[str]:
    names: set[str] = set()
    for other in increment.form_fields(writer).values():
        if increment.get(other, "/FT") == "/Sig" and "/V" in other and "/Lock" in other:
            names |= {str(name) for name in increment.get(other["/Lock"], "/Fields", ())}
    return names


class _SignatureDictionary(generic.PdfObject):
    """Written by hand, because the places of /ByteRange and /Contents must be known exactly."""

    def __init__(
        self,
        when: str,
        reserve: int,
        locked: tuple[str, ...],
        root: generic.Reference,
        head: bytes = _APPROVAL,
    ) -> None:
        self._head = head
        self._when = when
        self._reserve = reserve
        self._locked = locked
        self._root = root
        self.range_at = self.hole_from = self.hole_to = 0

    def write_to_stream(self, stream: Any, handler: Any = None, container_ref: Any = None) -> None:
        stream.write(b"<< " + self._head + b"\n")
        if self._when:
            stream.write(b"/M (%s)\n" % self._when.encode("ascii"))
        if self._locked:
            self._write_reference(stream)
        stream.write(b"/ByteRange ")
        self.range_at = stream.tell()
        stream.write(b" " * _RANGE_WIDTH + b"\n/Contents ")
        self.hole_from = stream.tell()
        stream.write(b"<" + b"00" * self._reserve + b">")
        self.hole_to = stream.tell()
        stream.write(b"\n>>")

    def _write_reference(self, stream: Any) -> None:
        names = generic.ArrayObject([increment.text(name) for name in self._locked])
        stream.write(b"/Reference [<< /Type /SigRef /TransformMethod /FieldMDP ")
        stream.write(b"/Data %d %d R " % (self._root.idnum, self._root.generation))
        stream.write(b"/TransformParams << /Type /TransformParams /V /1.2 ")
        stream.write(b"/Action /Include /Fields ")
        names.write_to_stream(stream, None)
        stream.write(b" >> >>]\n")


def _with_range(written: bytes, signature: _SignatureDictionary) -> Prepared:
    start, end = signature.hole_from, signature.hole_to
    byte_range = (0, start, end, len(written) - end)
    value = b"[%d %d %d %d]" % byte_range
    at = signature.range_at
    document = bytearray(written)
    document[at : at + _RANGE_WIDTH] = value.ljust(_RANGE_WIDTH)
    whole = bytes(document)
    return Prepared(pdf=whole, byte_range=byte_range, digest=digest_of(whole, byte_range))


def digest_of(pdf: bytes, byte_range: ByteRange) -> bytes:
    """SHA-256 of the two ranges of a document."""
    _, length, start, rest = byte_range
    view = memoryview(pdf)
    digest = hashlib.sha256(view[:length])
    digest.update(view[start : start + rest])
    return digest.digest()
