"""Mẫu số 04 of decree 68/2024: the request to renew or amend certificates (Điều 12 to 16).

Draws what it is given. Whether a certificate may be renewed is decided in `rules.renewals`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from letters import fonts, prescribed
from letters.blanks import SHORT_DOTS, Blanks
from letters.decree30 import (
    LANDSCAPE,
    PORTRAIT,
    SEAL_DIAMETER_MM,
    Anchor,
    Annex,
    Distribution,
    DrawnLetter,
    Letter,
    Letterhead,
    Medium,
    Sheet,
    Signer,
    mm,
)
from letters.flow import Piece
from letters.page import Typesetter, draw_letter
from letters.table import Column
from letters.text import clean

__all__ = [
    "FORM",
    "Anchor",
    "ContactPerson",
    "DrawnLetter",
    "ListPlacement",
    "Medium",
    "RenewalLetter",
    "RenewalLine",
    "Signer",
    "draw",
]

_NONE: frozenset[str] = frozenset()
_PLAIN = (
    "subject addressee service_renew service_amend service_both contact_title full_name "
    "citizen_id citizen_id_issued_on citizen_id_issued_by position mobile_phone official_email "
    "delivery_address list_title list_below list_in_annex annex_title column_number "
    "column_certificate column_serial column_email column_before column_after column_services "
    "column_renew column_amend mark notes_title"
).split()
_FIELDS = dict.fromkeys(_PLAIN, _NONE) | {
    "opening": frozenset({"agency", "addressee", "services"}),
    "quantity": frozenset({"total"}),
    "quantity_mixed": frozenset({"total", "renewals", "amendments"}),
    "quantity_both": frozenset({"total", "renewals", "amendments", "both"}),
    "attached_to": frozenset({"dots", "symbol", "agency"}),
    "closing": frozenset({"agency", "addressee"}),
}
_TEXT = prescribed.load("mau_04.toml", _FIELDS)

FORM = _TEXT.form

# House choices. The decree gives no size for letters inside a table; 11 points let a serial number
# stand in one line on a portrait page, and the landscape page has room for the 13 of body text.
_PORTRAIT_SIZE = 11.0
_LANDSCAPE_SIZE = 13.0
_NOTE_SIZE = 13.0  # II.6.e: 13-14

# Beyond this many lines the list becomes an annex, unless the caller chooses.
LINES_IN_LETTER = 20

# Widths in millimetres: STT, name, serial, e-mail, before, after, renew, amend. They fill the text.
_WIDTHS_RENEWAL = (10.5, 30.0, 40.0, 31.5, 16.5, 13.5, 10.0, 0.0)
_WIDTHS_AMENDMENT = (10.5, 27.0, 25.0, 29.5, 25.0, 25.0, 10.0, 0.0)
_WIDTHS_LANDSCAPE = (12.0, 44.0, 48.0, 50.0, 33.0, 33.0, 16.0, 0.0)


class ListPlacement(StrEnum):
    """Where the list stands.

    Decree 30/2020, Phụ lục I, I.2: landscape is allowed only where the table is in the letter and
    not an annex of its own; so an annex is always portrait.
    """

    AUTO = "auto"
    LETTER = "letter"
    LETTER_LANDSCAPE = "letter_landscape"
    ANNEX = "annex"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPerson:
    """Mục 1: who receives the certificates. Empty strings and None are drawn as dots."""

    full_name: str = ""
    citizen_id: str = ""
    citizen_id_issued_on: date | None = None
    citizen_id_issued_by: str = ""
    position: str = ""
    mobile_phone: str = ""
    official_email: str = ""
    delivery_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalLine:
    """One line of the list. `signing_phone` only for SIM PKI; before and after only to amend."""

    certificate_name: str = ""
    serial_number: str = ""
    official_email: str = ""
    signing_phone: str = ""
    information_before: str = ""
    information_after: str = ""
    renew: bool = False
    amend: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalLetter:
    """Everything in the letter.

    `agency` and `parent_agency` are in capitals for the head, `agency_name` in sentence case for
    the text. `addressees` empty means the authority (Cục); a delegated request names the Sở.
    """

    agency: str
    agency_name: str
    parent_agency: str = ""
    symbol: str = ""
    place: str = ""
    addressees: tuple[str, ...] = ()
    contact: ContactPerson
    lines: tuple[RenewalLine, ...]
    signer: Signer
    copies_to: tuple[str, ...] = ()
    drafted_by: str = ""
    medium: Medium = Medium.DIGITAL
    placement: ListPlacement = ListPlacement.AUTO
    contact_line: str = ""
    seal_mm: float = SEAL_DIAMETER_MM


def draw(letter: RenewalLetter) -> DrawnLetter:
    """Draw Mẫu số 04. The same data give the same bytes.

    Anchors (digital letters only): "number", "date", "signature", "seal". `missing` tells in
    Vietnamese sentences what is drawn as dots. Raises letters.errors.FontsMissing and TooLarge.
    """
    faces = fonts.load()
    blanks = Blanks()
    in_annex = _in_annex(letter)
    wide = letter.placement is ListPlacement.LETTER_LANDSCAPE
    sheet = LANDSCAPE if wide else PORTRAIT
    setter = Typesetter(faces, sheet)
    addressees = tuple(map(clean, letter.addressees)) or (_TEXT["addressee"],)
    agency = blanks.fill(letter.agency_name, "Chưa có tên cơ quan, tổ chức để ghi trong văn bản.")
    listed = [*_list(letter, setter, blanks), *_notes(setter)]
    closing = _TEXT["closing"].format(agency=agency, addressee=" và ".join(addressees))
    body = [
        *setter.paragraph(_opening(letter, agency, addressees)),
        *_contact(letter.contact, setter, blanks),
        *_register(letter, setter, None if in_annex else listed),
        *setter.paragraph(closing),
    ]
    annex = Annex(_TEXT["annex_title"], listed, _attached_to(letter, agency))
    whole = Letter(
        letterhead=Letterhead(
            agency=letter.agency,
            parent_agency=letter.parent_agency,
            symbol=letter.symbol,
            place=letter.place,
            subject=_TEXT["subject"],
        ),
        addressees=addressees,
        body=body,
        signer=letter.signer,
        distribution=Distribution(letter.copies_to, letter.drafted_by),
        medium=letter.medium,
        sheet=sheet,
        annexes=(annex,) if in_annex else (),
        contact_line=letter.contact_line,
        seal_mm=letter.seal_mm,
    )
    return draw_letter(whole, faces, blanks)


def _in_annex(letter: RenewalLetter) -> bool:
    if letter.placement is ListPlacement.AUTO:
        return len(letter.lines) > LINES_IN_LETTER
    return letter.placement is ListPlacement.ANNEX


def _opening(letter: RenewalLetter, agency: str, addressees: Sequence[str]) -> str:
    renew = any(line.renew for line in letter.lines)
    amend = any(line.amend for line in letter.lines)
    if renew == amend:  # Both, or nothing chosen yet: the words of the form's own title.
        service = "service_both"
    else:
        service = "service_renew" if renew else "service_amend"
    return _TEXT["opening"].format(
        agency=agency, addressee=" và ".join(addressees), services=_TEXT[service]
    )


def _attached_to(letter: RenewalLetter, agency: str) -> str:
    symbol = clean(letter.symbol).removeprefix("/") or SHORT_DOTS
    return _TEXT["attached_to"].format(dots=SHORT_DOTS, symbol=symbol, agency=agency)


def _contact(person: ContactPerson, setter: Typesetter, blanks: Blanks) -> list[Piece]:
    """Mục 1: the fields of P7, then the address."""

    def shown(key: str, value: str) -> str:
        label = _TEXT[key]
        sentence = f"Người tiếp nhận: chưa có {label[0].lower()}{label[1:]}."
        return f"{label}: {blanks.fill(value, sentence)}"

    issued_on = person.citizen_id_issued_on
    rows = (
        shown("full_name", person.full_name),
        shown("citizen_id", person.citizen_id)
        + ";  "
        + shown("citizen_id_issued_on", f"{issued_on:%d/%m/%Y}" if issued_on else ""),
        shown("citizen_id_issued_by", person.citizen_id_issued_by),
        shown("position", person.position),
        shown("mobile_phone", person.mobile_phone),
        shown("official_email", person.official_email),
        shown("delivery_address", person.delivery_address),
    )
    return setter.heading(
        _TEXT["contact_title"], [piece for row in rows for piece in setter.paragraph(row)]
    )


def _register(
    letter: RenewalLetter, setter: Typesetter, listed: Sequence[Piece] | None
) -> list[Piece]:
    """Mục 2: how many, and the list or where it is."""
    renewals = sum(line.renew for line in letter.lines)
    amendments = sum(line.amend for line in letter.lines)
    both = sum(line.renew and line.amend for line in letter.lines)
    quantity = (
        "quantity_both" if both else "quantity_mixed" if renewals and amendments else "quantity"
    )
    count = _TEXT[quantity].format(
        total=f"{len(letter.lines):02}",
        renewals=f"{renewals:02}",
        amendments=f"{amendments:02}",
        both=f"{both:02}",
    )
    where = _TEXT["list_in_annex"] if listed is None else _TEXT["list_below"]
    pieces = [*setter.paragraph(count), *setter.paragraph(where)]
    if listed:
        *before, announcement = pieces
        pieces = [*before, *setter.kept([announcement], listed)]
    return setter.heading(_TEXT["list_title"], pieces)


def _widths(letter: RenewalLetter, sheet: Sheet) -> list[float]:
    if sheet is LANDSCAPE:
        chosen = _WIDTHS_LANDSCAPE
    elif any(line.information_before or line.information_after for line in letter.lines):
        chosen = _WIDTHS_AMENDMENT
    else:
        chosen = _WIDTHS_RENEWAL
    widths = [mm(width) for width in chosen]
    widths[-1] = sheet.text_width - sum(widths)  # The last column takes what is left.
    return widths


def _columns(letter: RenewalLetter, sheet: Sheet) -> tuple[Column, ...]:
    number, name, serial, email, before, after, renew, amend = _widths(letter, sheet)
    services = _TEXT["column_services"]
    return (
        Column(_TEXT["column_number"], number, centred=True),
        Column(_TEXT["column_certificate"], name),
        Column(_TEXT["column_serial"], serial, centred=True),
        Column(_TEXT["column_email"], email),
        Column(_TEXT["column_before"], before),
        Column(_TEXT["column_after"], after),
        Column(_TEXT["column_renew"], renew, centred=True, group=services),
        Column(_TEXT["column_amend"], amend, centred=True, group=services),
    )


def _list(letter: RenewalLetter, setter: Typesetter, blanks: Blanks) -> list[Piece]:
    wide = setter.sheet is LANDSCAPE
    columns = _columns(letter, setter.sheet)
    table = setter.table(columns, _LANDSCAPE_SIZE if wide else _PORTRAIT_SIZE)
    if not letter.lines:
        blanks.note("Danh sách chưa có chứng thư chữ ký số nào.")
    return table.pieces(_rows(letter.lines, blanks))


def _rows(lines: Sequence[RenewalLine], blanks: Blanks) -> Iterator[tuple[str, ...]]:
    mark = _TEXT["mark"]
    for number, line in enumerate(lines, start=1):
        where = f"Dòng {number} của danh sách"
        if not (line.renew or line.amend):
            blanks.note(f"{where}: chưa chọn dịch vụ yêu cầu (gia hạn hoặc thay đổi thông tin).")
        serial = blanks.fill(line.serial_number, f"{where}: chưa có số hiệu chứng thư.", SHORT_DOTS)
        if phone := clean(line.signing_phone):
            serial = f"{serial}\n{phone}"
        yield (
            str(number),
            blanks.fill(line.certificate_name, f"{where}: chưa có tên chứng thư.", SHORT_DOTS),
            serial,
            blanks.fill(
                line.official_email, f"{where}: chưa có địa chỉ thư điện tử công vụ.", SHORT_DOTS
            ),
            *_change(line, where, blanks),
            mark if line.renew else "",
            mark if line.amend else "",
        )


def _change(line: RenewalLine, where: str, blanks: Blanks) -> tuple[str, str]:
    """Both columns are only for amendments; then they must be filled."""
    if not line.amend:
        return clean(line.information_before), clean(line.information_after)
    return (
        blanks.fill(
            line.information_before, f"{where}: chưa có thông tin cần thay đổi.", SHORT_DOTS
        ),
        blanks.fill(line.information_after, f"{where}: chưa có thông tin mới.", SHORT_DOTS),
    )


def _notes(setter: Typesetter) -> list[Piece]:
    title = setter.paragraph(_TEXT["notes_title"], _NOTE_SIZE)
    lines = [piece for note in _TEXT.notes for piece in setter.paragraph(note, _NOTE_SIZE)]
    return setter.kept(title, lines) if lines else []
