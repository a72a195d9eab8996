"""Raise what was signed offline to a higher PAdES level: B-T, B-LT, B-LTA (ETSI EN 319 142-1).

Signing at the token gives B-B, because the time-stamp server takes up to minutes and may be out of
reach; a queue calls this later. Nothing that was signed changes: a stamp goes into the unused rest
of the last signature's hole, everything else behind the file.

A time stamp inside the container is possible only for the last signature (the holes of earlier ones
are signed by the later ones); where several lack proof of their time, one document time stamp
serves them all, as the standard allows.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from asn1crypto import cms as asn1_cms
from asn1crypto import parser as asn1_parser
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing import cms
from signing.errors import PdfEncrypted, SignatureCheckFailed
from signing.pades import evidence, integrity, tsp
from signing.pades.errors import HoleTooSmall, NotUpgradable
from signing.pades.increment import reading_errors
from signing.pades.prepare import ByteRange, Prepared, prepare_stamp
from signing.pades.report import Level
from signing.pades.snapshots import Snapshots
from signing.pades.splice import fill_hole, splice_stamp
from signing.pades.tsp import Tsa
from signing.trust.certificates import load as load_certificate
from signing.trust.fetching import Fetch
from signing.trust.store import TrustStore

_ORDER = (Level.B_B, Level.B_T, Level.B_LT, Level.B_LTA)
_STAMP = "/ETSI.RFC3161"


Ask = Callable[[bytes], bytes]
"""Gives a token over a SHA-256 digest. Raises TsaUnreachable, TsaAnswerBad."""


@dataclass(frozen=True)
class _Signature:
    """One intact signature of the file."""

    embedded: Any
    is_stamp: bool
    has_token: bool
    covers_whole_file: bool

    @property
    def contents(self) -> bytes:
        return bytes(self.embedded.pkcs7_content)

    @property
    def span(self) -> tuple[int, int, int, int]:
        first, second, third, fourth = (int(number) for number in self.embedded.byte_range)
        return first, second, third, fourth


@dataclass(frozen=True)
class StampNeed:
    """Where a time stamp is wanted: nowhere ("none"), in the hole of the last signature ("hole"),
    or behind the file, because several signatures want one ("document"). Where the last signature
    has room for one: the span of its hole, its container and what is to be stamped, its value.
    """

    kind: str
    span: ByteRange = (0, 0, 0, 0)
    container: bytes = b""
    signature: bytes = b""


class Hands(Protocol):
    """What parses and writes the PDF: this process (`HERE`), or the sandbox's worker."""

    def stamp_need(self, pdf: bytes) -> StampNeed: ...

    def prepare_stamp(self, pdf: bytes) -> Prepared: ...

    def subjects(
        self, pdf: bytes, at: dt.datetime
    ) -> tuple[list[evidence.Subject], list[bytes]]: ...

    def embed(self, pdf: bytes, found: evidence.Evidence, contents: Sequence[bytes]) -> bytes: ...


def upgrade(
    pdf: bytes,
    *,
    to: Level,
    trust: TrustStore,
    at: dt.datetime,
    fetch: Fetch | None = None,
    tsa: Tsa | None = None,
) -> bytes:
    """The document at a level, or unchanged when it has it.

    `fetch` asks the time-stamp server `tsa` and the authority's services; without it the lists of
    `trust` serve for B-LT, but no stamp can be had. For B-LTA a document time stamp is added each
    time (its renewal is the same call, years later). Raises NotUpgradable (no intact signature, or
    no server given), TsaUnreachable, TsaAnswerBad, RevocationUnreachable, PdfBroken, PdfEncrypted.
    """

    def ask(digest: bytes) -> bytes:
        if tsa is None or fetch is None:
            raise NotUpgradable("no time-stamp server")
        return tsp.obtain_for(digest, tsa, fetch)

    return raise_level(pdf, to=to, hands=HERE, ask=ask, trust=trust, at=at, fetch=fetch)


def raise_level(
    pdf: bytes,
    *,
    to: Level,
    hands: Hands,
    ask: Ask,
    trust: TrustStore,
    at: dt.datetime,
    fetch: Fetch | None = None,
    in_hole_only: bool = False,
) -> bytes:
    """As `upgrade`, with the PDF work and the question for stamps done by others.

    `in_hole_only`: the document awaits further signatures, so nothing but a stamp in the hole of
    the last one may be added now; where that cannot be, the document comes back as it was.
    """
    wanted = _ORDER.index(to)
    need = hands.stamp_need(pdf)
    if wanted >= _ORDER.index(Level.B_T):
        pdf = _stamped(pdf, need, hands, ask, in_hole_only)
    if in_hole_only:
        return pdf
    if wanted >= _ORDER.index(Level.B_LT):
        subjects, contents = hands.subjects(pdf, at)
        pdf = hands.embed(pdf, evidence.gather(subjects, trust, fetch, at), contents)
    if to is Level.B_LTA:
        pdf = _document_stamp(pdf, hands, ask)
    return pdf


def _stamped(pdf: bytes, need: StampNeed, hands: Hands, ask: Ask, in_hole_only: bool) -> bytes:
    if need.kind == "hole" or (in_hole_only and need.container):
        try:
            token = ask(hashlib.sha256(need.signature).digest())
            return fill_hole(pdf, need.span, cms.with_time_stamp(need.container, token))
        except (HoleTooSmall, SignatureCheckFailed):
            pass  # Other programs leave no room, or containers that we do not touch.
    if need.kind == "none" or in_hole_only:
        return pdf
    return _document_stamp(pdf, hands, ask)


def _document_stamp(pdf: bytes, hands: Hands, ask: Ask) -> bytes:
    prepared = hands.prepare_stamp(pdf)
    return splice_stamp(prepared.pdf, prepared.byte_range, ask(prepared.digest))


def _read(pdf: bytes) -> list[_Signature]:
    """The signatures in the order of the file. Raises NotUpgradable unless all are intact."""
    with reading_errors():
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        if reader.encrypted:
            raise PdfEncrypted
        states = Snapshots(reader)
        found = []
        for name, value, reference in enumerate_sig_fields(reader, filled_status=True):
            kind = str(value.get_object()["/SubFilter"])
            if kind not in ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached", _STAMP):
                raise NotUpgradable(f"{name}: {kind}")
            embedded = EmbeddedPdfSignature(reader, reference.get_object(), name)
            checked = integrity.examine(embedded, pdf, states)
            if not checked.intact or checked.forbidden:
                raise NotUpgradable(f"{name} is not intact")
            found.append(
                _Signature(
                    embedded,
                    kind == _STAMP,
                    _token(embedded.signer_info) is not None,
                    checked.covers_whole_file,
                )
            )
    if not any(not each.is_stamp for each in found):
        raise NotUpgradable("no signature")
    found.sort(key=lambda each: int(each.embedded.signed_revision))
    return found


def _token(signer_info: Any) -> Any:
    for attribute in signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    return None


def find_stamp_need(pdf: bytes) -> StampNeed:
    """Which stamp the newest signatures lack. Raises NotUpgradable, PdfBroken, PdfEncrypted."""
    signatures = _read(pdf)
    last_stamp = max((i for i, each in enumerate(signatures) if each.is_stamp), default=-1)
    bare = [each for each in signatures[last_stamp + 1 :] if not each.has_token]
    if not bare:
        return StampNeed("none")
    last, kind = bare[-1], "hole" if len(bare) == 1 else "document"
    if last.covers_whole_file:
        contents = last.contents
        container = contents[: asn1_parser.peek(contents)]
        if len(contents) - len(container) >= tsp.LIKELY_TOKEN:
            value = bytes(last.embedded.signer_info["signature"].native)
            return StampNeed(kind, last.span, container, value)
    return StampNeed("document")


def find_subjects(pdf: bytes, at: dt.datetime) -> tuple[list[evidence.Subject], list[bytes]]:
    """Whose certificates want evidence, and the complete /Contents of all signatures.

    Raises as `find_stamp_need`.
    """
    signatures = _read(pdf)
    subjects: list[evidence.Subject] = []
    proven: dt.datetime | None = None
    with reading_errors():
        for signature in reversed(signatures):
            embedded = signature.embedded
            for container in _stamps(signature):
                made = container["encap_content_info"]["content"].parsed["gen_time"].native
                proven = made if proven is None else min(made, proven)
                told = extract_certs_for_validation(container)
                subjects.append(_subject(told, made, stamping=True))
            if not signature.is_stamp:
                own = extract_certs_for_validation(embedded.signed_data)
                subjects.append(_subject(own, proven or at))
    return subjects, [each.contents for each in signatures]


def _stamps(signature: _Signature) -> list[Any]:
    """The signed data of the stamps that a signature is, or carries."""
    if signature.is_stamp:
        return [signature.embedded.signed_data]
    token = _token(signature.embedded.signer_info)
    return [] if token is None else [asn1_cms.ContentInfo.load(token.dump())["content"]]


def _subject(certificates: Any, proven: dt.datetime, *, stamping: bool = False) -> evidence.Subject:
    return evidence.Subject(
        load_certificate(certificates.signer_cert.dump()),
        [load_certificate(c.dump()) for c in certificates.other_certs[:32]],
        proven,
        stamping,
    )


class _Here:
    """The hands of this very process: for files whose origin is known."""

    def stamp_need(self, pdf: bytes) -> StampNeed:
        return find_stamp_need(pdf)

    def prepare_stamp(self, pdf: bytes) -> Prepared:
        return prepare_stamp(pdf)

    def subjects(self, pdf: bytes, at: dt.datetime) -> tuple[list[evidence.Subject], list[bytes]]:
        return find_subjects(pdf, at)

    def embed(self, pdf: bytes, found: evidence.Evidence, contents: Sequence[bytes]) -> bytes:
        return evidence.embed(pdf, found, contents)


HERE = _Here()
