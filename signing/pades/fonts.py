"""A TrueType face made ready to be embedded: our glyphs only, glyph numbers kept.

Signature and number appearances need a font with full Vietnamese that measures like Times. The
value of a field is not known when the font goes into the file, so one fixed set of characters is
embedded (ASCII, Latin-1, Vietnamese, the punctuation of the regulations): about 40 KB after
compression, made once per process. Kept glyph numbers make `Identity` maps do and cost nothing
once compressed.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from signing.pades.errors import FontUnusable, TextDoesNotFit

_VIETNAMESE = (
    "ĂăÂâĐđÊêÔôƠơƯưÀàẢảÃãÁáẠạẰằẲẳẴẵẮắẶặẦầẨẩẪẫẤấẬậÈèẺẻẼẽÉéẸẹỀềỂểỄễẾếỆệÌìỈỉĨĩÍíỊị"
    "ÒòỎỏÕõÓóỌọỒồỔổỖỗỐốỘộỜờỞởỠỡỚớỢợÙùỦủŨũÚúỤụỪừỬửỮữỨứỰựỲỳỶỷỸỹÝýỴỵ"
)
CHARACTERS = "".join(
    sorted(
        {chr(c) for c in range(0x20, 0x7F)}
        | {chr(c) for c in range(0xA0, 0x100)}
        | set(_VIETNAMESE)
        | set("–—‘’“”…•№")
    )
)
"""The characters an appearance may hold."""

_KEPT_TABLES = (b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"prep")


class FontPaths(Protocol):
    """Where the four styles of one family lie (`letters.fonts.FontFiles` is one)."""

    @property
    def regular(self) -> Path: ...
    @property
    def bold(self) -> Path: ...
    @property
    def italic(self) -> Path: ...
    @property
    def bold_italic(self) -> Path: ...


@dataclass(frozen=True)
class Face:
    """One face, parsed and cut down. Lengths are in 1/1000 of the size, as PDF wants them."""

    name: str
    glyphs: dict[str, int]
    advances: dict[int, int]
    ascent: int
    descent: int
    box: tuple[int, int, int, int]
    italic: bool
    program: bytes
    """The subset, deflated."""
    program_length: int
    to_unicode: bytes
    """The ToUnicode map, deflated."""

    def encode(self, text: str) -> bytes:
        """The text as a PDF hex string of glyph numbers.

        Raises TextDoesNotFit for a character that the embedded set does not have.
        """
        try:
            return b"<" + b"".join(b"%04X" % self.glyphs[c] for c in text) + b">"
        except KeyError as missing:
            raise TextDoesNotFit(f"no glyph for {missing.args[0]!r}") from None

    def width(self, text: str, size: float) -> float:
        """Width of the text in points."""
        return sum(self.advances.get(self.glyphs.get(c, 0), 0) for c in text) * size / 1000


def face(paths: FontPaths, style: str) -> Face:
    """The face for a style: "regular", "bold", "italic" or "bold_italic"."""
    path = Path(getattr(paths, style))
    try:
        return _load(path, path.stat().st_mtime_ns)
    except (OSError, struct.error, KeyError, IndexError, ValueError) as error:
        raise FontUnusable(f"{path.name}: {error}") from error


@lru_cache(maxsize=16)
def _load(path: Path, _mtime_ns: int) -> Face:
    data = path.read_bytes()
    tables = _tables(data)
    head, hhea = tables[b"head"], tables[b"hhea"]
    units = struct.unpack_from(">H", head, 18)[0]
    scale = 1000 / units
    cmap = _cmap(tables[b"cmap"])
    glyphs = {c: cmap[ord(c)] for c in CHARACTERS if cmap.get(ord(c))}
    for required in _VIETNAMESE:
        if required not in glyphs:
            raise ValueError(f"no Vietnamese letter {required}")
    kept, glyf, loca = _cut(tables, set(glyphs.values()) | {0})
    count = max(kept) + 1
    advances = _advances(tables[b"hmtx"], struct.unpack_from(">H", hhea, 34)[0], kept)
    program = _assemble(tables, glyf, loca, count)
    box = struct.unpack_from(">4h", head, 36)
    tag = "".join(chr(65 + b % 26) for b in hashlib.sha256(program).digest()[:6])
    return Face(
        name=f"{tag}+{path.stem.replace(' ', '')}",
        glyphs=glyphs,
        advances={gid: round(advance * scale) for gid, advance in advances.items()},
        ascent=round(struct.unpack_from(">h", hhea, 4)[0] * scale),
        descent=round(struct.unpack_from(">h", hhea, 6)[0] * scale),
        box=(
            round(box[0] * scale),
            round(box[1] * scale),
            round(box[2] * scale),
            round(box[3] * scale),
        ),
        italic=bool(struct.unpack_from(">H", head, 44)[0] & 2),
        program=zlib.compress(program, 9),
        program_length=len(program),
        to_unicode=zlib.compress(_to_unicode(glyphs), 9),
    )


def _tables(data: bytes) -> dict[bytes, bytes]:
    offset = 0
    if data[:4] == b"ttcf":
        offset = struct.unpack_from(">I", data, 12)[0]
    if data[offset : offset + 4] not in (b"\0\1\0\0", b"true"):
        raise ValueError("not a TrueType font")
    tables = {}
    for i in range(struct.unpack_from(">H", data, offset + 4)[0]):
        tag, _sum, start, length = struct.unpack_from(">4sIII", data, offset + 12 + 16 * i)
        tables[tag] = data[start : start + length]
    return tables


def _cmap(table: bytes) -> dict[int, int]:
    best = None
    for i in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, start = struct.unpack_from(">HHI", table, 4 + 8 * i)
        if (platform, encoding) in ((3, 1), (0, 3)) and table[start : start + 2] == b"\0\4":
            best = start
    if best is None:
        raise ValueError("no Unicode character map")
    segments = struct.unpack_from(">H", table, best + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", table, best + 14)
    starts = struct.unpack_from(f">{segments}H", table, best + 16 + 2 * segments)
    deltas = struct.unpack_from(f">{segments}H", table, best + 16 + 4 * segments)
    ranges_at = best + 16 + 6 * segments
    ranges = struct.unpack_from(f">{segments}H", table, ranges_at)
    wanted = {ord(c) for c in CHARACTERS}
    found: dict[int, int] = {}
    for i in range(segments):
        for code in range(starts[i], ends[i] + 1):
            if code not in wanted:
                continue
            if ranges[i] == 0:
                found[code] = (code + deltas[i]) & 0xFFFF
                continue
            at = ranges_at + 2 * i + ranges[i] + 2 * (code - starts[i])
            gid = struct.unpack_from(">H", table, at)[0]
            found[code] = (gid + deltas[i]) & 0xFFFF if gid else 0
    return found


def _cut(tables: dict[bytes, bytes], wanted: set[int]) -> tuple[set[int], bytes, list[int]]:
    """Keep the wanted glyphs and the parts they are composed of; all others become empty."""
    glyf, loca = tables[b"glyf"], tables[b"loca"]
    if struct.unpack_from(">h", tables[b"head"], 50)[0]:
        offsets = list(struct.unpack(f">{len(loca) // 4}I", loca))
    else:
        offsets = [2 * o for o in struct.unpack(f">{len(loca) // 2}H", loca)]
    kept: set[int] = set()
    queue = list(wanted)
    while queue:
        gid = queue.pop()
        if gid in kept:
            continue
        kept.add(gid)
        queue.extend(_components(glyf[offsets[gid] : offsets[gid + 1]]))
    out = bytearray()
    places = []
    for gid in range(max(kept) + 1):
        places.append(len(out))
        if gid in kept:
            out += glyf[offsets[gid] : offsets[gid + 1]]
            out += b"\0" * (-len(out) % 4)
    places.append(len(out))
    return kept, bytes(out), places


def _components(outline: bytes) -> list[int]:
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return []
    parts, at = [], 10
    while True:
        flags, gid = struct.unpack_from(">HH", outline, at)
        parts.append(gid)
        at += 8 if flags & 1 else 6
        if flags & 0x08:
            at += 2
        elif flags & 0x40:
            at += 4
        elif flags & 0x80:
            at += 8
        if not flags & 0x20:
            return parts


def _advances(hmtx: bytes, measured: int, kept: set[int]) -> dict[int, int]:
    return {gid: struct.unpack_from(">H", hmtx, 4 * min(gid, measured - 1))[0] for gid in kept}


def _assemble(tables: dict[bytes, bytes], glyf: bytes, loca: list[int], count: int) -> bytes:
    measured = struct.unpack_from(">H", tables[b"hhea"], 34)[0]
    head = bytearray(tables[b"head"])
    struct.pack_into(">h", head, 50, 1)
    struct.pack_into(">I", head, 8, 0)
    maxp = bytearray(tables[b"maxp"])
    struct.pack_into(">H", maxp, 4, count)
    hhea = bytearray(tables[b"hhea"])
    hmtx = tables[b"hmtx"][: 4 * measured + 2 * max(0, count - measured)]
    if count < measured:
        struct.pack_into(">H", hhea, 34, count)
        hmtx = tables[b"hmtx"][: 4 * count]
    parts = {
        **{tag: tables[tag] for tag in _KEPT_TABLES if tag in tables},
        b"glyf": glyf,
        b"loca": struct.pack(f">{len(loca)}I", *loca),
        b"head": bytes(head),
        b"hhea": bytes(hhea),
        b"hmtx": hmtx,
        b"maxp": bytes(maxp),
    }
    power = 1
    while power * 2 <= len(parts):
        power *= 2
    header = struct.pack(
        ">IHHHH", 0x10000, len(parts), power * 16, power.bit_length() - 1, (len(parts) - power) * 16
    )
    directory, body = bytearray(), bytearray()
    start = len(header) + 16 * len(parts)
    for tag in sorted(parts):
        part = parts[tag]
        padded = part + b"\0" * (-len(part) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += struct.pack(">4sIII", tag, total, start + len(body), len(part))
        body += padded
    return header + bytes(directory) + bytes(body)


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    pairs = sorted({gid: char for char, gid in sorted(glyphs.items(), reverse=True)}.items())
    lines = [
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for i in range(0, len(pairs), 100):
        block = pairs[i : i + 100]
        lines.append(b"%d beginbfchar" % len(block))
        lines += [b"<%04X> <%04X>" % (gid, ord(char)) for gid, char in block]
        lines.append(b"endbfchar")
    lines.append(b"endcmap CMapName currentdict /CMap defineresource pop end end")
    return b"\n".join(lines)
