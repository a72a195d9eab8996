"""Structure-aware mutants of signed files, from a seed, with an oracle.

Each mutant is a valid file of the corpus with something done to it: a bit, a number, a name, a
length in the container, a whole object, a table, or one more revision. The oracle knows which
signed bytes were touched and asks of the verdict:

- a signature is intact only when all bytes of its ranges are still those that were signed;
- a file is valid only when its first page still looks as one of the signed revisions did;
- nothing raises, and nothing takes longer than `SLOW` seconds.
"""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from signing.errors import PdfBroken
from signing.pades import render
from signing.pades.report import Report, Verdict
from signing.pades.verify import verify
from signing.trust.store import TrustStore

FOLDER = Path(__file__).resolve().parent / "attacks"
BASES = ("00-mot-chu-ky.pdf", "01-hai-chu-ky.pdf", "02-sao-y.pdf", "50-chung-nhan.pdf")
SLOW = 5.0
VALID = (Verdict.VALID, Verdict.PRACTICE)

_NAMES = (
    b"/V /AP /N /Rect /Contents /Kids /Parent /Fields /Annots /Type /Sig /ByteRange /SubFilter "
    b"/Reference /Lock /Action /All /Exclude /Root /Prev /Size /XRefStm /Length /Filter /DSS "
    b"/Perms /DocMDP /OpenAction /JS /FT /Tx /T /Ff /P /Resources /Font /XObject /MediaBox /Rotate"
).split()
_OBJECT = re.compile(rb"(\d+) 0 obj\n.*?\nendobj\n", re.DOTALL)
_NUMBER = re.compile(rb"\d+")
_NAME = re.compile(rb"/[A-Za-z.0-9]+")


@dataclass(frozen=True)
class Base:
    """A valid file, the ranges of its signatures by field, and how its revisions look."""

    name: str
    data: bytes
    ranges: dict[str, tuple[int, int, int]]
    holes: tuple[tuple[int, int], ...]
    looks: frozenset[str]


@dataclass
class Tally:
    """What a run found; `wrong` are descriptions of what must not be."""

    made: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    verdicts: dict[str, int] = field(default_factory=dict)
    operators: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def bases(trust: TrustStore, at: datetime) -> list[Base]:
    """The valid files of the corpus, read once."""
    return [_base(FOLDER / name, trust, at) for name in BASES]


def _base(path: Path, trust: TrustStore, at: datetime) -> Base:
    data = path.read_bytes()
    report = verify(data, trust=trust, at=at)
    ranges, holes = {}, []
    found = re.findall(rb"/ByteRange \[0 (\d+) (\d+) (\d+) *\]", data)
    for signature, numbers in zip(report.signatures, found, strict=True):
        start, end, rest = (int(number) for number in numbers)
        ranges[signature.field] = (start, end, rest)
        holes.append((start, end))
    ends = [end + rest for _, end, rest in ranges.values()]
    looks = frozenset(_look(data[:end]) for end in (*ends, len(data)))
    return Base(path.name, data, ranges, tuple(holes), looks)


def _look(pdf: bytes) -> str:
    try:
        return hashlib.sha256(render.page_image(pdf, 0, 200)).hexdigest()
    except PdfBroken:
        return ""


def untouched(base: Base, mutant: bytes) -> set[str]:
    """The fields whose signed bytes are still in their places."""
    return {
        name
        for name, (start, end, rest) in base.ranges.items()
        if mutant[:start] == base.data[:start]
        and mutant[end : end + rest] == base.data[end : end + rest]
    }


def judge(base: Base, mutant: bytes, trust: TrustStore, at: datetime) -> tuple[Report | None, str]:
    """The report, and what is wrong with it (empty when nothing is)."""
    try:
        report = verify(mutant, trust=trust, at=at)
    except Exception as error:  # whatever it is, it is the finding
        return None, f"raised {type(error).__name__}: {error}"
    allowed = untouched(base, mutant)
    intact = {each.field for each in report.signatures if each.intact}
    # A later revision may call a field anything; then the number of signatures decides.
    strange = intact & (base.ranges.keys() - allowed)
    if strange or len(intact) > len(allowed):
        return report, f"intact although signed bytes changed: {sorted(strange or intact)}"
    if report.verdict in VALID and _look(mutant) not in base.looks:
        return report, "valid although the page looks different"
    return report, ""


def run(
    seed: int, count: int, trust: TrustStore, at: datetime, sources: list[Base] | None = None
) -> Tally:
    """Make and judge `count` mutants."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, nothing secret
    files = sources or bases(trust, at)
    tally = Tally()
    begun = time.perf_counter()
    for number in range(count):
        base = chance.choice(files)
        operator = chance.choice(OPERATORS)
        mutant = operator(base, chance)
        if mutant and chance.random() < 0.2:
            mutant = chance.choice(OPERATORS[:3])(
                Base("", mutant, {}, base.holes, frozenset()), chance
            )
        start = time.perf_counter()
        report, wrong = judge(base, mutant, trust, at)
        spent = time.perf_counter() - start
        tally.slowest = max(tally.slowest, spent)
        if spent > SLOW:
            wrong = wrong or f"took {spent:.1f} s"
        verdict = report.verdict if report else "raised"
        tally.verdicts[verdict] = tally.verdicts.get(verdict, 0) + 1
        name = operator.__name__.strip("_")
        tally.operators[name] = tally.operators.get(name, 0) + 1
        if wrong:
            tally.wrong.append(f"seed {seed}, number {number}, {base.name}, {name}: {wrong}")
    tally.made, tally.seconds = count, time.perf_counter() - begun
    return tally


def _bit(base: Base, chance: random.Random) -> bytes:
    data = bytearray(base.data)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _replaced_bytes(base: Base, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(base.data)), chance.randrange(1, 20)
    return base.data[:at] + chance.randbytes(length) + base.data[at + length :]


def _inserted_or_cut(base: Base, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(base.data)), chance.randrange(1, 200)
    if chance.random() < 0.5:
        return base.data[:at] + chance.randbytes(length) + base.data[at:]
    return base.data[:at] + base.data[at + length :]


def _somewhere(pattern: re.Pattern[bytes], data: bytes, chance: random.Random) -> re.Match[bytes]:
    found = list(pattern.finditer(data))
    return chance.choice(found)


def _number(base: Base, chance: random.Random) -> bytes:
    found = _somewhere(_NUMBER, base.data, chance)
    value = int(found.group()[:9])
    other = chance.choice([0, 1, value + 1, value * 2, -1, 2**31, len(base.data)])
    text = b"%d" % other
    if chance.random() < 0.7:
        text = text[: len(found.group())].ljust(len(found.group()))
    return base.data[: found.start()] + text + base.data[found.end() :]


def _name(base: Base, chance: random.Random) -> bytes:
    found = _somewhere(_NAME, base.data, chance)
    text = chance.choice(_NAMES)
    if chance.random() < 0.5:
        text = text[: len(found.group())].ljust(len(found.group()))
    return base.data[: found.start()] + text + base.data[found.end() :]


def _object(base: Base, chance: random.Random) -> bytes:
    found = _somewhere(_OBJECT, base.data, chance)
    body = found.group()
    act = chance.randrange(3)
    if act == 0:
        return base.data[: found.start()] + base.data[found.end() :]
    if act == 1:
        return base.data[: found.end()] + body + base.data[found.end() :]
    at = chance.randrange(len(base.data))
    return base.data[:at] + body + base.data[at:]


def _range(base: Base, chance: random.Random) -> bytes:
    found = _somewhere(re.compile(rb"/ByteRange \[([^\]]*)\]"), base.data, chance)
    numbers = [int(each) for each in found.group(1).split()]
    place = chance.randrange(4)
    numbers[place] += chance.choice([-1, 1, -100, 100, 10**6, -(10**6)])
    text = b" ".join(b"%d" % each for each in numbers).ljust(len(found.group(1)))
    return base.data[: found.start(1)] + text + base.data[found.end(1) :]


def _container(base: Base, chance: random.Random) -> bytes:
    """Something within the DER: a byte, a length, a piece doubled or taken out."""
    start, end = chance.choice(base.holes)
    try:
        inside = bytearray(bytes.fromhex(base.data[start + 1 : end - 1].decode("ascii")))
    except ValueError:
        return base.data
    used = len(inside.rstrip(b"\0"))
    at = chance.randrange(max(1, used))
    act = chance.randrange(4)
    if act == 0:
        inside[at] ^= 1 << chance.randrange(8)
    elif act == 1:
        inside[at] = chance.choice([0x30, 0x31, 0x80, 0xA0, 0xA1, 0x02, 0x06, 0x00, 0xFF])
    elif act == 2:
        piece = inside[at : at + chance.randrange(1, 60)]
        inside[at:at] = piece
    else:
        del inside[at : at + chance.randrange(1, 60)]
    text = bytes(inside).hex().upper().encode()[: end - start - 2].ljust(end - start - 2, b"0")
    return base.data[: start + 1] + text + base.data[end - 1 :]


def _revision(base: Base, chance: random.Random) -> bytes:
    """One more increment that writes existing objects anew, changed."""
    table = int(_last(rb"startxref\n(\d+)", base.data, b"0"))
    size = int(_last(rb"/Size (\d+)", base.data, b"40"))
    data, entries = base.data, []
    for _ in range(chance.randrange(1, 3)):
        found = _somewhere(_OBJECT, base.data, chance)
        number = int(found.group(1)) if chance.random() < 0.8 else size
        body = _changed(found.group(), chance).split(b" 0 obj", 1)[-1]
        entries.append((number, len(data)))
        data += b"%d 0 obj" % number + body
    start = len(data)
    rows = b"".join(b"%d 1\n%010d 00000 n \n" % entry for entry in sorted(entries))
    tail = b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return data + b"xref\n" + rows + tail % (size + 1, table, start)


def _changed(body: bytes, chance: random.Random) -> bytes:
    act = chance.randrange(5)
    if act == 0:
        return body
    if act == 1:
        found = _somewhere(_NUMBER, body, chance)
        return body[: found.start()] + b"%d" % chance.randrange(40) + body[found.end() :]
    if act == 2 and _NAME.search(body):
        found = _somewhere(_NAME, body, chance)
        return body[: found.start()] + chance.choice(_NAMES) + body[found.end() :]
    if act == 3:
        more = chance.choice(_NAMES) + b" " + chance.choice([b"true", b"(x)", b"3 0 R", b"<< >>"])
        return body.replace(b">>", more + b" >>", 1)
    return body.replace(b"10 nguoi", b"99 nguoi").replace(b"(123)", b"(999)")


def _last(pattern: bytes, data: bytes, otherwise: bytes) -> bytes:
    found = re.findall(pattern, data)
    last: bytes = found[-1] if found else otherwise
    return last


def _table(base: Base, chance: random.Random) -> bytes:
    """A line of a table of references: another place, freed, or another number."""
    found = _somewhere(re.compile(rb"(\d{10}) (\d{5}) ([nf]) \n"), base.data, chance)
    place = chance.randrange(len(base.data))
    line = b"%010d %s %s \n" % (place, found.group(2), chance.choice([b"n", b"f"]))
    return base.data[: found.start()] + line + base.data[found.end() :]


def _truncated(base: Base, chance: random.Random) -> bytes:
    ends = [end + rest for _, end, rest in base.ranges.values()] or [len(base.data)]
    if chance.random() < 0.3:
        return base.data[: chance.choice(ends)] + chance.randbytes(chance.randrange(9))
    return base.data[: chance.randrange(len(base.data))]


OPERATORS = (
    _bit,
    _replaced_bytes,
    _inserted_or_cut,
    _number,
    _name,
    _object,
    _range,
    _container,
    _revision,
    _revision,
    _table,
    _truncated,
)


def chunks(seed: int, count: int, size: int) -> Iterator[tuple[int, int]]:
    """Seeds and sizes of the pieces of a long run."""
    for number, start in enumerate(range(0, count, size)):
        yield seed + number, min(size, count - start)
