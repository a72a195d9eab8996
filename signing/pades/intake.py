"""Look over a stranger's PDF before anything is built on it. Only the sandbox's worker calls this.

What our own verification would afterwards not call valid is refused here, with the same words: a
signature that nobody can believe is worse than none.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it ships no annotations
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from signing.errors import PdfBroken
from signing.pades import hazards, render, twofold
from signing.pades.inputs import Intake, PageGeometry
from signing.pades.integrity import BROKEN
from signing.pades.limits import MAX_PDF_BYTES
from signing.pades.snapshots import read_through

_A4 = (0.0, 0.0, 595.0, 842.0)
_DEPTH = 60
_CLOSED = 1

_LARGE = "Tệp lớn hơn 100 MB nên không nhận ký."
_NOT_PDF = "Tệp không phải là PDF."
_ENCRYPTED = "Tệp có đặt mật khẩu hoặc mã hóa nên không ký được; hãy gỡ mật khẩu trước."
_BROKEN = "Tệp PDF bị hỏng hoặc không đúng cấu trúc."
_BROKEN_SIGNED = "Tệp PDF bị hỏng và đã có chữ ký nên không thể ghi lại."
_CERTIFIED = "Văn bản được khóa bằng chữ ký chứng nhận, không cho phép thêm chữ ký."
_FORMS_CERTIFIED = "Văn bản có chữ ký chứng nhận; chỉ được điền trường và ký thêm."
_NEEDS_DRAWING = "Văn bản đã ký yêu cầu phần mềm tự vẽ lại các trường (NeedAppearances)."
_MIXED = "Các trang có kích thước hoặc chiều khác nhau; hãy xem lại vị trí đặt chữ ký."
#: Warnings that matter only while a signature is still to come.
FOR_SIGNING = frozenset({_FORMS_CERTIFIED, _NEEDS_DRAWING, _MIXED})


def inspect(pdf: bytes) -> Intake:
    """What the file is and what stands against signing it. Never raises for a bad file."""
    if len(pdf) > MAX_PDF_BYTES:
        return Intake(refusals=(_LARGE,))
    if b"%PDF-" not in pdf[:1024]:
        return Intake(refusals=(_NOT_PDF,))
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=False)
        if reader.encrypted:
            return Intake(refusals=(_ENCRYPTED,))
        with twofold.listening() as told:
            found = _look(reader)
            read_through(reader)
    except (*BROKEN, RecursionError):
        return _broken(pdf)
    if told:
        sound = not found.refusals and not found.signatures
        return replace(found, refusals=(*found.refusals, twofold.REASON), repairable=sound)
    return found


def _look(reader: PdfFileReader) -> Intake:
    dangers = hazards.find(reader)
    signatures = len(list(enumerate_sig_fields(reader, filled_status=True)))
    pages = tuple(_geometry(page) for page in _pages(reader))
    refusals, warnings = list(dangers.doubts), list(dangers.notices)
    certified = _certification(reader.root)
    if certified == _CLOSED:
        refusals.append(_CERTIFIED)
    elif certified:
        warnings.append(_FORMS_CERTIFIED)
    form = hazards.get(reader.root, "/AcroForm")
    if signatures and hazards.get(form, "/NeedAppearances") == generic.BooleanObject(True):
        warnings.append(_NEEDS_DRAWING)
    if not pages:
        refusals.append(_BROKEN)
    elif len({(page.shown_mm, page.rotation) for page in pages}) > 1:
        warnings.append(_MIXED)
    hybrid = bool(reader.xrefs.hybrid_xrefs_present)
    return Intake(
        pages=pages,
        signatures=signatures,
        certified=certified,
        refusals=tuple(refusals),
        warnings=tuple(dict.fromkeys(warnings)),
        repairable=hybrid and len(refusals) == 1 and not signatures,
    )


def _broken(pdf: bytes) -> Intake:
    if b"/ByteRange" in pdf:
        return Intake(refusals=(_BROKEN_SIGNED,))
    try:
        again = normalise(pdf)
        readable = _look(PdfFileReader(BytesIO(again), strict=False))
    except (PdfBroken, *BROKEN, RecursionError):
        return Intake(refusals=(_BROKEN,))
    return Intake(refusals=(_BROKEN,), repairable=not readable.refusals)


def normalise(pdf: bytes) -> bytes:
    """The same pages written anew, with one sound table of references. Raises PdfBroken.

    Never for a signed file: its signatures would be lost.
    """
    if b"/ByteRange" in pdf:
        raise PdfBroken("signed")
    try:
        document = pypdfium2.PdfDocument(pdf)
        try:
            if not 0 < len(document) <= render.MAX_PAGES:
                raise PdfBroken(f"{len(document)} pages")
            out = BytesIO()
            document.save(out)
            return out.getvalue()
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise PdfBroken(str(error)) from error


def _certification(root: Any) -> int:
    """The level of a certification signature (ISO 32000-2, 12.8.2.2); 0 without one."""
    signature = hazards.get(hazards.get(root, "/Perms"), "/DocMDP")
    for reference in hazards.entries(hazards.get(signature, "/Reference")):
        if hazards.get(reference, "/TransformMethod") == "/DocMDP":
            level = hazards.get(hazards.get(reference, "/TransformParams"), "/P")
            return int(level) if level in (1, 2, 3) else 2
    return 0


def _pages(reader: PdfFileReader) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    queue: list[tuple[Any, dict[str, Any], int]] = [(reader.root["/Pages"], {}, 0)]
    while queue:
        node, inherited, depth = queue.pop()
        if depth > _DEPTH or len(found) > render.MAX_PAGES:
            raise ValueError("too many pages")
        keys = ("/MediaBox", "/CropBox", "/Rotate")
        merged = {**inherited, **{key: node[key] for key in keys if key in node}}
        if "/Kids" in node:
            below = [(kid.get_object(), merged, depth + 1) for kid in node["/Kids"]]
            queue.extend(reversed(below))
        else:
            found.append({**merged, "/UserUnit": hazards.get(node, "/UserUnit") or 1})
    return found


def _geometry(page: dict[str, Any]) -> PageGeometry:
    sheet = _corners(page.get("/MediaBox", _A4))
    shown = _corners(page.get("/CropBox", sheet))
    left, bottom = max(sheet[0], shown[0]), max(sheet[1], shown[1])
    right, top = min(sheet[2], shown[2]), min(sheet[3], shown[3])
    if right <= left or top <= bottom:
        left, bottom, right, top = sheet
    return PageGeometry(
        left,
        bottom,
        right,
        top,
        rotation=int(page.get("/Rotate", 0)) % 360,
        unit=float(page["/UserUnit"]),
    )


def _corners(box: Any) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(edge) for edge in box)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
