"""Documents for the tests: a letter with its fields, signed step by step with real keys."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from letters import fonts as letter_fonts
from letters.errors import FontsMissing
from signing import cms
from signing.pades.appearance import (
    Appearance,
    PictureAppearance,
    TextAppearance,
    seal,
    signing_lines,
)
from signing.pades.fonts import FontPaths
from signing.pades.layout import Box, SignatureField, TextField, add_fields
from signing.pades.prepare import RESERVE_B_B, prepare
from signing.pades.splice import splice
from tests.signing.pki import NOW, Holder, pki

NUMBER = Box(0, 95, 700, 170, 716)
DATE = Box(0, 330, 700, 520, 716)
SUBJECT = Box(0, 60, 640, 300, 656)
LEADER = Box(0, 330, 300, 510, 380)
SEAL = Box(0, 230, 310, 350, 370)
COPY = Box(0, 400, 770, 570, 820)
LATER = dt.timedelta(minutes=7)


@dataclass(frozen=True)
class _Serif:
    regular: Path
    bold: Path
    italic: Path
    bold_italic: Path


@lru_cache(maxsize=1)
def fonts() -> FontPaths:
    """The fonts of the letters; on a machine without them, another face with Vietnamese."""
    try:
        return letter_fonts.find()
    except FontsMissing:
        folder = Path("/usr/share/fonts/truetype/dejavu")
        names = ("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic")
        return _Serif(*(folder / f"{name}.ttf" for name in names))


@lru_cache(maxsize=4)
def letter(pages: int = 2, padding: int = 0) -> bytes:
    """A plain letter, drawn as the real ones are; `padding` bytes of noise make it larger."""
    pdfmetrics.registerFont(TTFont("TestSerif", str(fonts().regular)))
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=(595, 842), invariant=True)
    for page in range(pages):
        sheet.setFont("TestSerif", 13)
        if page == 0:
            sheet.drawString(60, 760, "UBND XÃ ĐỒI MẪU (THỬ NGHIỆM)")
            sheet.drawString(66, 704, "Số:")
            sheet.drawString(175, 704, "/UBND-VP")
        for line in range(20):
            sheet.drawString(60, 620 - 12 * line, f"Trang {page + 1}, dòng {line + 1}: đề nghị.")
        if padding:
            sheet.drawInlineImage(Image.effect_noise((padding // 200, 200), 90), 300, 60, 120, 60)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


@lru_cache(maxsize=2)
def handwriting(colour: tuple[int, int, int] = (20, 40, 160)) -> bytes:
    """A PNG with a transparent ground that looks like a signature."""
    image = Image.new("RGBA", (480, 200), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    points = [(20, 150), (90, 30), (120, 170), (200, 60), (240, 150), (330, 80), (460, 120)]
    pen.line(points, fill=(*colour, 255), width=9, joint="curve")
    pen.arc((60, 40, 300, 190), 200, 20, fill=(*colour, 200), width=6)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def with_fields(pdf: bytes | None = None) -> bytes:
    """The letter with number and date still empty, a filled subject and two signature fields."""
    return add_fields(
        pdf or letter(),
        [
            TextField("so", NUMBER, align="center"),
            TextField("ngay", DATE, style="italic", align="right"),
            TextField("trich_yeu", SUBJECT, value="V/v đề nghị gia hạn chứng thư", size=12),
        ],
        [
            SignatureField("lanh_dao", LEADER, lock=("trich_yeu",)),
            SignatureField("co_quan", SEAL, lock=("so", "ngay")),
        ],
        fonts(),
    )


def sign(
    pdf: bytes,
    field: str,
    holder: Holder,
    *,
    when: dt.datetime = NOW,
    appearance: Appearance | None = None,
    fill: dict[str, str] | None = None,
    reserve: int = RESERVE_B_B,
    scheme: cms.Scheme = cms.Scheme.USUAL,
) -> bytes:
    """One signature made as the server and the agent make it, with a private key for the token."""
    prepared = prepare(
        pdf,
        field=field,
        signing_time=when,
        appearance=appearance,
        fonts=fonts(),
        fill=fill,
        reserve=reserve,
    )
    by = holder.sign_pss if scheme is cms.Scheme.PSS else holder.sign
    container = cms.build(prepared.digest, holder.der, holder.chain, by, scheme)
    return splice(prepared.pdf, prepared.byte_range, container)


@lru_cache(maxsize=1)
def signed_by_leader() -> bytes:
    return sign(
        with_fields(),
        "lanh_dao",
        pki().leader,
        appearance=PictureAppearance(
            handwriting(), signing_lines("Nguyễn Thị Ánh Dương", "UBND xã Đồi Mẫu", NOW)
        ),
    )


@lru_cache(maxsize=1)
def signed_by_both() -> bytes:
    """The leader's signature, then number and date filled and locked by the agency's."""
    return sign(
        signed_by_leader(),
        "co_quan",
        pki().agency,
        when=NOW + LATER,
        fill={"so": "123", "ngay": "Đồi Mẫu, ngày 21 tháng 11 năm 2026"},
        appearance=seal(signing_lines("UBND XÃ ĐỒI MẪU", "UBND tỉnh Thử Nghiệm", NOW + LATER)),
    )


@lru_cache(maxsize=1)
def signed_copy() -> bytes:
    """A third signature, of a later copy ("sao y"), in a field added to the signed document."""
    extended = add_fields(signed_by_both(), [], [SignatureField("sao_y", COPY)], fonts())
    lines = ("Sao y; UBND xã Đồi Mẫu; 22/11/2026; 08:00:00 +07:00",)
    return sign(
        extended,
        "sao_y",
        pki().agency,
        when=NOW + dt.timedelta(hours=22),
        appearance=TextAppearance(lines, size=10.0),
    )
