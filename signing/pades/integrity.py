"""Is a signature about these bytes, and what happened to the file afterwards?"""

# mypy: disallow-untyped-calls=False
# pyHanko's readers of PDF objects carry few annotations.

from __future__ import annotations

import binascii
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import parser as asn1_parser
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.general import CMSExtractionError, check_ess_certid
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.errors import PdfBroken
from signing.pades import changes, names, render, twofold
from signing.pades.report import ChangeKind, LaterChange
from signing.pades.snapshots import Snapshots, TooComplex, entry, fields

NO_CHANGE = "không có thay đổi"
ONLY_EVIDENCE = "chỉ bổ sung dữ liệu kiểm tra"
ONLY_FORM = "chỉ điền trường hoặc ký thêm"
CHANGED = "nội dung bị thay đổi"
UNKNOWN = "chưa xác định được"

_HIDDEN = 0.4
"""Share of the ink under a later signature's picture from which on content counts as hidden."""

BROKEN = (
    PdfError,
    CMSExtractionError,
    SignatureValidationError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    ArithmeticError,
    NotImplementedError,
    AssertionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What a parser may raise on a hostile file; anything else is a fault of ours and stays visible."""

names.install()
twofold.install()
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


@dataclass
class Integrity:
    """Findings about one signature: `forbidden` make it invalid, `doubts` undecided."""

    intact: bool = False
    covers_whole_file: bool = False
    modification: str = UNKNOWN
    unprotected_tail: bool = False
    changed_fields: tuple[str, ...] = ()
    locked_fields: tuple[str, ...] = ()
    forbidden: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    later: tuple[LaterChange, ...] = ()


def examine(embedded: EmbeddedPdfSignature, pdf: bytes, states: Snapshots) -> Integrity:
    """Digest, signature value, coverage and later changes of one signature."""
    found = Integrity()
    try:
        _check_value(embedded, pdf, found)
        _check_changes(embedded, pdf, states, found)
    except TooComplex:
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


def hole_problem(pdf: bytes, numbers: Sequence[int], contents: bytes) -> str:
    """Why the two ranges are not the whole file or revision around one signature; or empty.

    Readers differ in what they check here, and every published way to move signed bytes aside lives
    on such differences (signature wrapping): so the hole must be exactly the hexadecimal string of
    this signature's /Contents, and its padding must be zeros.
    """
    bad = "Phạm vi dữ liệu được ký (ByteRange) không hợp lệ."
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return bad
    _, before, after, rest = numbers
    if not 0 < before < after - 1 or rest <= 0 or after + rest > len(pdf):
        return bad
    hole = pdf[before:after]
    wrong = "Vùng không được ký trong tệp không đúng là chỗ chứa chữ ký (ByteRange bị sửa)."
    if hole[:1] != b"<" or hole[-1:] != b">":
        return wrong
    try:
        inside = binascii.unhexlify(hole[1:-1].translate(None, b" \n\r\t\0\f"))
    except (binascii.Error, ValueError):
        return wrong
    if inside != contents:
        return wrong
    if contents[asn1_parser.peek(contents) :].strip(b"\0"):
        return "Chỗ dành cho chữ ký chứa thêm dữ liệu lạ phía sau chữ ký."
    return ""


def binding_problem(signer_info: Any, certificate: asn1_x509.Certificate) -> str:
    """Why the signed reference to the signer's certificate names another one; or empty."""
    for attribute in signer_info["signed_attrs"] or ():
        if attribute["type"].native not in ("signing_certificate", "signing_certificate_v2"):
            continue
        if not check_ess_certid(certificate, attribute["values"][0]["certs"][0]):
            return "Chứng thư kèm theo không phải chứng thư mà người ký đã ràng buộc khi ký."
    return ""


def _check_value(embedded: EmbeddedPdfSignature, pdf: bytes, found: Integrity) -> None:
    numbers = [int(number) for number in embedded.byte_range]
    problem = hole_problem(pdf, numbers, embedded.pkcs7_content)
    problem = problem or binding_problem(embedded.signer_info, embedded.signer_cert)
    if problem:
        found.forbidden.append(problem)
        return
    expected = "tst_info" if embedded.sig_object_type == "/DocTimeStamp" else "data"
    digest = embedded.compute_digest()
    if expected == "tst_info":
        found.intact = _check_document_stamp(embedded, digest)
    elif embedded.signed_data["encap_content_info"]["content"].native is not None:
        found.forbidden.append("Chữ ký mang theo một nội dung khác với văn bản.")
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


def _check_changes(
    embedded: EmbeddedPdfSignature, pdf: bytes, states: Snapshots, found: Integrity
) -> None:
    embedded.compute_integrity_info()
    # Annotated, because pyHanko declares this attribute as None and sets it later.
    coverage: Any = embedded.coverage
    # The length alone is what pyHanko holds against the file; the hole was checked above.
    found.covers_whole_file = coverage == SignatureCoverageLevel.ENTIRE_FILE and found.intact
    found.locked_fields = locked_names(embedded)
    if found.covers_whole_file:
        found.modification = NO_CHANGE
        return
    if coverage is None or coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        found.modification = CHANGED
        text = "Chữ ký không bao trùm toàn bộ phiên bản văn bản mà nó được đặt lên."
        found.forbidden.append(text)
        found.later = (LaterChange(0, ChangeKind.OTHER, False, text),)
        return
    _check_difference(embedded, found)
    last = embedded.reader.xrefs.total_revisions - 1
    if embedded.signed_revision >= last:
        end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
        if pdf[end:].strip(b"\0\t\n\f\r "):
            found.unprotected_tail = True
            found.notices.append("Có dữ liệu lạ nối thêm phía sau phần được ký.")
        return
    _explain(embedded, pdf, states, found)


def _explain(
    embedded: EmbeddedPdfSignature, pdf: bytes, states: Snapshots, found: Integrity
) -> None:
    """Our own comparison: every difference in a sentence, and what covers the page."""
    before = states.of(embedded.signed_revision)
    ours = changes.compare(before, states.last, found.locked_fields, embedded.field_name)
    later = list(ours.all)
    later += [
        LaterChange(0, ChangeKind.OTHER, False, text)
        for text in found.forbidden
        if not ours.forbidden
    ]
    if embedded.reader.root.get("/DSS") is not None and found.modification != NO_CHANGE:
        text = "Bổ sung chứng thư và dữ liệu thu hồi để kiểm tra lâu dài."
        later.append(LaterChange(0, ChangeKind.EVIDENCE, True, text))
    found.later = tuple(later)
    if ours.forbidden:
        found.modification = CHANGED
        found.forbidden.extend(ours.forbidden)
    end = int(embedded.byte_range[2]) + int(embedded.byte_range[3])
    for drawing in ours.drawings:
        if _hides(pdf[:end], pdf, drawing):
            found.doubts.append(
                f"Hình hiển thị của chữ ký thêm sau “{drawing.field}” che lên nội dung trang "
                f"{drawing.page}."
            )


def _hides(signed: bytes, now: bytes, drawing: changes.Drawing) -> bool:
    """A seal may lie over a title and a name (decree 30/2020 wants it so); a patch may not."""
    try:
        return render.hidden_share(signed, now, drawing.page - 1, drawing.box) > _HIDDEN
    except PdfBroken:
        return True


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
        listed = [str(name) for name in entry(spec, "/Fields", ())]
        action = str(entry(spec, "/Action", "/Include"))
        if action == "/Include":
            names += listed
            continue
        if everything is None:
            signed = embedded.reader.get_historical_resolver(embedded.signed_revision)
            everything = [
                name for name, value in fields(signed).items() if entry(value, "/FT") != "/Sig"
            ]
        names += [n for n in everything if action == "/All" or n not in listed]
    return tuple(sorted(set(names)))


def _lock_specs(embedded: EmbeddedPdfSignature) -> list[Any]:
    specs = []
    for item in entry(embedded.sig_object, "/Reference", ()):
        reference = item.get_object()
        if entry(reference, "/TransformMethod") == "/FieldMDP":
            specs.append(reference["/TransformParams"])
    lock = entry(embedded.sig_field, "/Lock")
    if lock is not None:
        specs.append(lock)
    return specs
