"""The document security store: certificates, lists and answers kept with the document (B-LT).

Written as an increment (ETSI EN 319 142-1, 5.4.2); who reads the document in ten years finds in it
what could be known when it was kept.
"""

# mypy: disallow-untyped-calls=False
# pyHanko's PDF objects are made by constructors without annotations.

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing.pades import increment
from signing.pades.errors import RevocationUnreachable
from signing.trust import fetching, revocation
from signing.trust import path as paths
from signing.trust.crl import IndexedCrl
from signing.trust.fetching import Fetch
from signing.trust.ocsp import OcspAnswer
from signing.trust.revocation import Revocation
from signing.trust.store import TrustStore

_EMPTY = TrustStore()


@dataclass
class Evidence:
    """What is going to be embedded; insertion order, each once."""

    certificates: dict[bytes, None] = field(default_factory=dict)
    lists: dict[bytes, IndexedCrl] = field(default_factory=dict)
    answers: dict[bytes, OcspAnswer] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """A certificate whose path is to be documented, and when its signature was proven to exist.

    `stamping`: it is a time-stamp authority's, for which the roots of that purpose count too.
    """

    certificate: x509.Certificate
    others: Sequence[x509.Certificate]
    proven: dt.datetime
    stamping: bool = False


def gather(
    subjects: Sequence[Subject],
    trust: TrustStore,
    fetch: Fetch | None,
    at: dt.datetime,
) -> Evidence:
    """Evidence for every certificate of every path. Raises RevocationUnreachable.

    An answer of the authority's service is preferred: it is a few hundred bytes, a list may be two
    megabytes. Without a connection the lists of the trust directory serve while they are current.
    """
    found = Evidence()
    for subject in subjects:
        roots = trust.for_stamps() if subject.stamping else trust
        path = paths.build_path(subject.certificate, roots, subject.others)
        if not path.trusted:
            raise RevocationUnreachable("; ".join(path.problems))
        for certificate in path.certificates:
            found.certificates[certificate.public_bytes(Encoding.DER)] = None
        for certificate, issuer in zip(path.certificates, path.certificates[1:], strict=False):
            _document(certificate, issuer, subject.proven, found, trust, fetch, at)
    return found


def _document(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    proven: dt.datetime,
    found: Evidence,
    trust: TrustStore,
    fetch: Fetch | None,
    at: dt.datetime,
) -> None:
    def settled() -> bool:
        state = revocation.check(
            certificate,
            issuer,
            _EMPTY,
            signing_time=proven,
            proven=proven,
            at=at,
            extra=found.lists.values(),
            answers=found.answers.values(),
        )
        return state.state is not Revocation.UNCHECKED

    if settled():
        return
    for candidate in _candidates(certificate, issuer, trust, fetch):
        if isinstance(candidate, IndexedCrl):
            kept: dict[bytes, Any] = found.lists
        else:
            kept = found.answers
        kept[candidate.data] = candidate
        if settled():
            return
        del kept[candidate.data]
    raise RevocationUnreachable(paths.common_name(certificate.subject))


def _candidates(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    trust: TrustStore,
    fetch: Fetch | None,
) -> Iterator[IndexedCrl | OcspAnswer]:
    if fetch is not None:
        answer = fetching.ask_ocsp(certificate, issuer, fetch)
        if answer is not None:
            yield answer
    yield from trust.answers
    yield from sorted(
        trust.lists_of(issuer.subject.public_bytes()),
        key=lambda crl: crl.this_update,
        reverse=True,
    )
    if fetch is not None:
        fetched = fetching.ask_list(certificate, issuer, fetch)
        if fetched is not None:
            yield fetched


def embed(pdf: bytes, evidence: Evidence, signatures: Sequence[bytes]) -> bytes:
    """The document with one more increment that holds the evidence.

    `signatures` are the complete /Contents of those it is about: their digests name the entries of
    /VRI. Raises PdfBroken, PdfEncrypted, PdfTooLarge.
    """
    writer, stream = increment.open_increment(pdf)
    with increment.reading_errors():
        store = increment.get(writer.root, "/DSS")
        if not isinstance(store, generic.DictionaryObject):
            store = generic.DictionaryObject({pdf_name("/Type"): pdf_name("/DSS")})
            writer.root[pdf_name("/DSS")] = writer.add_object(store)
            writer.update_root()
        else:
            writer.update_container(store)
        kinds = {
            "/Cert": _add(writer, store, "/Certs", evidence.certificates),
            "/CRL": _add(writer, store, "/CRLs", evidence.lists),
            "/OCSP": _add(writer, store, "/OCSPs", evidence.answers),
        }
        _note_signatures(writer, store, kinds, signatures)
        writer.write_in_place()
    return stream.getvalue()


def _add(
    writer: increment.Increment,
    store: generic.DictionaryObject,
    key: str,
    items: dict[bytes, Any],
) -> list[Any]:
    """References to the streams of all items, those of the document used again."""
    listed = increment.get(store, key)
    if not isinstance(listed, generic.ArrayObject):
        listed = generic.ArrayObject()
    present = {bytes(each.get_object().data): each for each in listed}
    references = []
    for data in items:
        if data not in present:
            made = generic.StreamObject(stream_data=data)
            made.compress()
            present[data] = writer.add_object(made)
            listed.append(present[data])
        references.append(present[data])
    if listed:
        store[pdf_name(key)] = generic.ArrayObject(listed)
    return references


def _note_signatures(
    writer: increment.Increment,
    store: generic.DictionaryObject,
    kinds: dict[str, list[Any]],
    signatures: Sequence[bytes],
) -> None:
    known = increment.get(store, "/VRI")
    table = generic.DictionaryObject()
    if isinstance(known, generic.DictionaryObject):
        for key in known:
            table[pdf_name(key)] = known.raw_get(key)
    for contents in signatures:
        # The name is a SHA-1 by the format; it identifies and proves nothing.
        name = "/" + hashlib.sha1(contents, usedforsecurity=False).hexdigest().upper()
        if name in table:
            continue  # Readers take a changed entry for a forgery; new streams are found without.
        entry = generic.DictionaryObject()
        for kind, references in kinds.items():
            if references:
                entry[pdf_name(kind)] = generic.ArrayObject(references)
        table[pdf_name(name)] = writer.add_object(entry)
    store[pdf_name("/VRI")] = table
