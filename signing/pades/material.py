"""What a document brings along to be judged by: certificates, lists and answers (PAdES B-LT).

None of it is believed because it is there: lists and answers count when the right authority signed
them, certificates only help to build the path.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from asn1crypto import pdf as asn1_pdf
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.pades.integrity import BROKEN
from signing.trust.certificates import load as load_certificate
from signing.trust.crl import IndexedCrl
from signing.trust.ocsp import OcspAnswer

_MOST = 64
_REVOCATION_ATTRIBUTE = "1.2.840.113583.1.1.8"

Made = TypeVar("Made")


@dataclass
class Material:
    """Certificates, lists and answers, in the order of the file."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    lists: list[IndexedCrl] = field(default_factory=list)
    answers: list[OcspAnswer] = field(default_factory=list)


def of_document(reader: PdfFileReader) -> Material:
    """The contents of the document security store."""
    found = Material()
    try:
        store = reader.root["/DSS"]
    except BROKEN:
        return found
    found.certificates = _read(store, "/Certs", load_certificate)
    found.lists = _read(store, "/CRLs", IndexedCrl)
    found.answers = _read(store, "/OCSPs", OcspAnswer)
    return found


def _read(store: Any, key: str, make: Callable[[bytes], Made]) -> list[Made]:
    made: list[Made] = []
    try:
        entries = list(store[key])[:_MOST]
    except BROKEN:
        return made
    for entry in entries:
        try:
            made.append(make(entry.get_object().data))
        except BROKEN:
            continue
    return made


def of_signature(embedded: EmbeddedPdfSignature) -> Material:
    """What stands inside the container: certificates, lists, answers, Adobe's archive of both."""
    found = Material()
    for certificate in embedded.other_embedded_certs[:_MOST]:
        try:
            found.certificates.append(load_certificate(certificate.dump()))
        except ValueError:
            continue
    try:
        for choice in list(embedded.signed_data["crls"] or ())[:_MOST]:
            _take(found, choice)
        for attribute in embedded.signer_info["signed_attrs"] or ():
            if attribute["type"].dotted == _REVOCATION_ATTRIBUTE:
                _take_archive(found, attribute["values"][0])
    except BROKEN:
        pass
    return found


def _take(found: Material, choice: Any) -> None:
    try:
        if choice.name == "other":
            if choice.chosen["other_rev_info_format"].native == "ocsp_response":
                found.answers.append(OcspAnswer(choice.chosen["other_rev_info"].dump()))
        else:
            found.lists.append(IndexedCrl(choice.dump()))
    except BROKEN:
        return


def _take_archive(found: Material, value: Any) -> None:
    body = asn1_pdf.RevocationInfoArchival.load(value.dump())
    for crl in list(body["crl"] or ())[:_MOST]:
        found.lists.append(IndexedCrl(crl.dump()))
    for answer in list(body["ocsp"] or ())[:_MOST]:
        found.answers.append(OcspAnswer(answer.dump()))
