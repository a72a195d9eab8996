"""Put the agent's CMS into the hole of the document that the server prepared.

The agent returns nothing but the CMS, so it cannot change a document; here it is made sure that the
CMS is about this very document and that no byte outside the hole differs afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from asn1crypto import cms as asn1_cms

from signing import cms as signature_cms
from signing.errors import HashMismatch, SignatureCheckFailed
from signing.pades.errors import HoleTooSmall, PreparedChanged
from signing.pades.prepare import ByteRange, digest_of


def splice(
    prepared_pdf: bytes,
    byte_range: Sequence[int],
    cms: bytes,
    *,
    digest: bytes | None = None,
    certificate_der: bytes | None = None,
) -> bytes:
    """The signed document.

    `digest`, if given, is what was prepared (as recorded in the job); `certificate_der` the
    certificate that has to have signed (otherwise the one inside the CMS). Raises PreparedChanged
    when the document is not what was prepared, HoleTooSmall, and what `signing.cms.check` raises
    when the CMS is not a signature of this document by that certificate.
    """
    span = _checked_range(prepared_pdf, byte_range)
    actual = digest_of(prepared_pdf, span)
    if digest is not None and digest != actual:
        raise PreparedChanged("digest differs from the job")
    signature_cms.check(cms, actual, certificate_der or _signer_certificate(cms))
    return fill_hole(prepared_pdf, span, cms)


def splice_stamp(prepared_pdf: bytes, byte_range: Sequence[int], token: bytes) -> bytes:
    """The document with its document time stamp; `token` was checked when it was received.

    Raises PreparedChanged, HoleTooSmall.
    """
    return fill_hole(prepared_pdf, _checked_range(prepared_pdf, byte_range), token)


def fill_hole(pdf: bytes, span: ByteRange, container: bytes) -> bytes:
    """The file with another content of its hole and every other byte as it was."""
    hole = span[2] - span[1] - 2
    content = container.hex().upper().encode("ascii")
    if len(content) > hole:
        raise HoleTooSmall(f"{len(container)} bytes, {hole // 2} reserved")
    filled = b"".join((pdf[: span[1] + 1], content.ljust(hole, b"0"), pdf[span[2] - 1 :]))
    if len(filled) != len(pdf) or digest_of(filled, span) != digest_of(pdf, span):
        raise HashMismatch("bytes outside the hole changed")
    return filled


def _checked_range(pdf: bytes, byte_range: Sequence[int]) -> ByteRange:
    if len(byte_range) != 4:
        raise PreparedChanged("the byte range has not four numbers")
    zero, start, end, rest = (int(number) for number in byte_range)
    if zero != 0 or not 0 < start < end - 2 or end + rest != len(pdf) or rest <= 0:
        raise PreparedChanged("the byte range does not fit the document")
    hole = pdf[start:end]
    if hole[:1] != b"<" or hole[-1:] != b">" or hole[1:-1].strip(b"0"):
        raise PreparedChanged("there is no empty hole at the byte range")
    return zero, start, end, rest


def _signer_certificate(cms: bytes) -> bytes:
    """The certificate inside the container that its signer information names."""
    try:
        signed = asn1_cms.ContentInfo.load(cms)["content"]
        wanted = signed["signer_infos"][0]["sid"].chosen
        issuer, serial = wanted["issuer"].dump(), wanted["serial_number"].native
        for choice in signed["certificates"]:
            certificate = choice.chosen
            if certificate.serial_number == serial and certificate.issuer.dump() == issuer:
                return bytes(certificate.dump())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SignatureCheckFailed(f"unreadable container: {type(error).__name__}") from error
    raise SignatureCheckFailed("the container does not hold its signer's certificate")
