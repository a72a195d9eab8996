"""Is a signature about these bytes, and what happened to the file afterwards?"""

# mypy: disallow-untyped-calls=False
# pyHanko's readers of PDF objects carry few annotations.

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.pades import changes

NO_CHANGE = "không có thay đổi"
ONLY_EVIDENCE = "chỉ bổ sung dữ liệu kiểm tra"
ONLY_FORM = "chỉ điền trường hoặc ký thêm"
CHANGED = "nội dung bị thay đổi"
UNKNOWN = "chưa xác định được"

BROKEN = (
    PdfError,
    CMSExtractionError,
    SignatureValidationError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OverflowError,
    NotImplementedError,
    AssertionError,
)
"""What a parser may raise on a hostile file; anything else is a fault of ours and stays visible."""

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


@dataclass
class Integrity:
    """Findings about one signature; `forbidden` are reasons to call it invalid."""

    intact: bool = False
    covers_whole_file: bool = False
    modification: str = UNKNOWN
    unprotected_tail: bool = False
    changed_fields: tuple[str, ...] = ()
    locked_fields: tuple[str, ...] = ()
    forbidden: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def examine(embedded: EmbeddedPdfSignature, pdf: bytes) -> Integrity:
    """Digest, signature value, coverage and later changes of one signature."""
    found = Integrity()
    try:
        _check_value(embedded, found)
        _check_changes(embedded, pdf, found)
    except changes.TooComplex:
        found.forbidden.append(
            "Cấu trúc tệp quá phức tạp nên không thể so sánh nội dung sau khi ký."
        )
        found.modification = UNKNOWN
    except BROKEN as error:
        found.intact = False
        found.forbidden.append(
            f"Không đọc được đầy đủ dữ liệu của chữ ký ({type(error).__name__})."
        )
    return found


def _check_value(embedded: EmbeddedPdfSignature, found: Integrity) -> None:
    numbers = [int(number) for number in embedded.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        found.forbidden.append("Phạm vi dữ liệu được ký (ByteRange) không hợp lệ.")
        return
    expected = "tst_info" if embedded.sig_object_type == "/DocTimeStamp" else "data"
    digest = embedded.compute_digest()
    if expected == "tst_info":
        found.intact = _check_document_stamp(embedded, digest)
    else:
        same, valid = validate_sig_integrity(
            embedded.signer_info, embedded.signer_cert, expected, digest
        )
        found.intact = same and valid
        if same and not valid:
            found.forbidden.append("Giá trị chữ ký không khớp với chứng thư của người ký.")
    if not found.intact and not found.forbidden:
        found.forbidden.append("Nội dung được ký đã bị thay đổi: tệp không còn nguyên vẹn.")


def _check_document_stamp(embedded: EmbeddedPdfSignature, digest: bytes) -> bool:
    content = embedded.signed_data["encap_content_info"]["content"]
    if content.parsed["message_imprint"]["hashed_message"].native != digest:
        return False
    return stamp_is_sound(embedded.signed_data, embedded.signer_info, embedded.signer_cert)


def stamp_is_sound(signed_data: Any, signer_info: Any, certificate: asn1_x509.Certificate) -> bool:
    """Whether the value of a time-stamp token verifies with its certificate."""
    import hashlib

    algorithm = signer_info["digest_algorithm"]["algorithm"].native
    body = bytes(signed_data["encap_content_info"]["content"])
    digest = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    same, valid = validate_sig_integrity(signer_info, certificate, "tst_info", digest)
    return same and valid


def _check_changes(embedded: EmbeddedPdfSignature, pdf: bytes, found: Integrity) -> None:
    embedded.compute_integrity_info()
    # Annotated, because pyHanko declares this attribute as None and sets it later.
    coverage: Any = embedded.coverage
    found.covers_whole_file = coverage == SignatureCoverageLevel.ENTIRE_FILE
    found.locked_fields = locked_names(embedded)
    if found.covers_whole_file:
        found.modification = NO_CHANGE
        return
    if coverage is None or coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        found.modification = CHANGED
        found.forbidden.append(
            "Chữ ký không bao trùm toàn bộ phiên bản văn bản mà nó được đặt lên."
        )
        return
    _check_difference(embedded, found)
    last = embedded.reader.xrefs.total_revisions - 1
    if embedded.signed_revision >= last:
        end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
        if pdf[end:].strip(b"\0\t\n\f\r "):
            found.unprotected_tail = True
            found.notices.append("Có dữ liệu lạ nối thêm phía sau phần được ký.")
        return
    ours = changes.compare(
        embedded.reader, embedded.signed_revision, found.locked_fields, embedded.field_name
    )
    if ours.forbidden:
        found.modification = CHANGED
        found.forbidden.extend(ours.forbidden)


def _check_difference(embedded: EmbeddedPdfSignature, found: Integrity) -> None:
    result: Any = embedded.diff_result
    if not isinstance(result, DiffResult):
        found.modification = CHANGED
        found.forbidden.append(
            "Văn bản bị thay đổi sau khi ký, ngoài việc điền trường hoặc ký thêm."
        )
        return
    found.changed_fields = tuple(sorted(result.changed_form_fields))
    found.modification = {
        ModificationLevel.NONE: NO_CHANGE,
        ModificationLevel.LTA_UPDATES: ONLY_EVIDENCE,
        ModificationLevel.FORM_FILLING: ONLY_FORM,
    }.get(result.modification_level, CHANGED)
    if embedded.summarise_integrity_info()["docmdp_ok"] is False:
        found.modification = CHANGED
        found.forbidden.append("Có thay đổi mà chữ ký này không cho phép.")


def locked_names(embedded: EmbeddedPdfSignature) -> tuple[str, ...]:
    """The text fields that a signature closes, by its reference or its field's lock dictionary."""
    names: list[str] = []
    everything: list[str] | None = None
    for spec in _lock_specs(embedded):
        listed = [str(name) for name in changes.entry(spec, "/Fields", ())]
        action = str(changes.entry(spec, "/Action", "/Include"))
        if action == "/Include":
            names += listed
            continue
        if everything is None:
            signed = embedded.reader.get_historical_resolver(embedded.signed_revision)
            everything = [
                name
                for name, value in changes.fields(signed).items()
                if changes.entry(value, "/FT") != "/Sig"
            ]
        names += [n for n in everything if action == "/All" or n not in listed]
    return tuple(sorted(set(names)))


def _lock_specs(embedded: EmbeddedPdfSignature) -> list[Any]:
    specs = []
    for entry in changes.entry(embedded.sig_object, "/Reference", ()):
        reference = entry.get_object()
        if changes.entry(reference, "/TransformMethod") == "/FieldMDP":
            specs.append(reference["/TransformParams"])
    lock = changes.entry(embedded.sig_field, "/Lock")
    if lock is not None:
        specs.append(lock)
    return specs
