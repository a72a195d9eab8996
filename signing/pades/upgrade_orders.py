"""What the sandbox's worker is told to do when a stranger's signed PDF is raised to a level.

Both ends of the pipe use this module for the JSON of an order and its parts, so that they cannot
differ. Byte strings of one kind travel as one part with their lengths beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from signing.errors import PdfBroken
from signing.pades import evidence
from signing.pades.prepare import prepare_stamp
from signing.pades.upgrade import StampNeed, find_stamp_need, find_subjects
from signing.trust.certificates import load as load_certificate
from signing.trust.crl import IndexedCrl
from signing.trust.der import DerError
from signing.trust.ocsp import OcspAnswer

Answer = tuple[dict[str, Any], list[bytes]]


def packed(items: Iterable[bytes]) -> tuple[list[int], bytes]:
    """Byte strings as their lengths and one string."""
    each = list(items)
    return [len(one) for one in each], b"".join(each)


def unpacked(lengths: Sequence[int], data: bytes) -> list[bytes]:
    """What `packed` packed. Raises PdfBroken when the lengths do not fit."""
    found, at = [], 0
    for length in lengths:
        if not isinstance(length, int) or length < 0:
            raise PdfBroken("lengths")
        found.append(data[at : at + length])
        at += length
    if at != len(data):
        raise PdfBroken("lengths")
    return found


def answer_need(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    """Worker: which stamp the newest signatures lack."""
    need = find_stamp_need(parts[0])
    return {"kind": need.kind, "span": list(need.span)}, [need.container, need.signature]


def read_need(pdf: bytes, answer: dict[str, Any], parts: Sequence[bytes]) -> StampNeed:
    """Parent: the answer, with a hole only where one can be. Raises PdfBroken."""
    try:
        zero, start, end, rest = (int(one) for one in answer["span"])
        kind, container, signature = str(answer["kind"]), *parts[:2]
    except (KeyError, TypeError, ValueError) as error:
        raise PdfBroken("no need told") from error
    if container and (zero or not 0 < start < end - 2 or end + rest != len(pdf)):
        raise PdfBroken("the hole does not lie in the file")
    return StampNeed(kind, (zero, start, end, rest), container, signature)


def answer_prepared(_request: dict[str, Any], parts: list[bytes]) -> Answer:
    """Worker: the document with the hole of a document time stamp."""
    made = prepare_stamp(parts[0])
    return {"byte_range": list(made.byte_range)}, [made.pdf]


def answer_subjects(request: dict[str, Any], parts: list[bytes]) -> Answer:
    """Worker: whose certificates want evidence, and the contents of all signatures."""
    subjects, contents = find_subjects(parts[0], dt.datetime.fromisoformat(request["at"]))
    told, ders = [], []
    for each in subjects:
        lengths, data = packed(
            one.public_bytes(Encoding.DER) for one in (each.certificate, *each.others)
        )
        told.append([lengths, each.proven.isoformat(), each.stamping])
        ders.append(data)
    sizes, blob = packed(contents)
    return {"subjects": told, "contents": sizes}, [b"".join(ders), blob]


def read_subjects(
    answer: dict[str, Any], parts: Sequence[bytes]
) -> tuple[list[evidence.Subject], list[bytes]]:
    """Parent: what `answer_subjects` told. Raises PdfBroken."""
    try:
        every = unpacked([one for each, _, _ in answer["subjects"] for one in each], parts[0])
        subjects = []
        for lengths, proven, stamping in answer["subjects"]:
            own, every = every[: len(lengths)], every[len(lengths) :]
            first, *others = [load_certificate(der) for der in own]
            when = dt.datetime.fromisoformat(str(proven)).astimezone(dt.UTC)
            subjects.append(evidence.Subject(first, others, when, bool(stamping)))
        return subjects, unpacked(answer["contents"], parts[1])
    except (KeyError, TypeError, ValueError) as error:
        raise PdfBroken("no certificates told") from error


def embed_order(
    pdf: bytes, found: evidence.Evidence, contents: Sequence[bytes]
) -> tuple[dict[str, Any], list[bytes]]:
    """Parent: the order to write evidence into a document."""
    kinds = [packed(one) for one in (found.certificates, found.lists, found.answers, contents)]
    return {"act": "embed", "lengths": [each for each, _ in kinds]}, [
        pdf,
        *(data for _, data in kinds),
    ]


def answer_embedded(request: dict[str, Any], parts: list[bytes]) -> Answer:
    """Worker: the document with the evidence."""
    certificates, lists, answers, contents = (
        unpacked(lengths, data) for lengths, data in zip(request["lengths"], parts[1:], strict=True)
    )
    try:
        found = evidence.Evidence(
            dict.fromkeys(certificates),
            {one: IndexedCrl(one) for one in lists},
            {one: OcspAnswer(one) for one in answers},
        )
    except DerError as error:
        raise PdfBroken("evidence") from error
    return {}, [evidence.embed(parts[0], found, contents)]


ACTS = {
    "stamp_need": answer_need,
    "prepare_stamp": answer_prepared,
    "subjects": answer_subjects,
    "embed": answer_embedded,
}
