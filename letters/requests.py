"""What the request letters (Mẫu 01 to 06 of decree 68/2024) have in common.

Each is a công văn of the managing body: an opening, mục 1 with a person, mục 2 with a quantity and
a list, notes, what is attached, and a closing sentence. Shared words and their {places} are here;
each form adds its own. Nothing is decided here: a letter draws what it is given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from letters import fonts
from letters.blanks import SHORT_DOTS, Blanks
from letters.decree30 import (
    LANDSCAPE,
    PORTRAIT,
    SEAL_DIAMETER_MM,
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
from letters.fonts import Style
from letters.page import Typesetter, draw_letter
from letters.prescribed import FormText
from letters.setter import Setter
from letters.table import Column
from letters.text import clean

_NONE: frozenset[str] = frozenset()
_PLAIN = (
    "subject addressee contact_title list_title list_below list_in_annex annex_title notes_title "
    "attachments_title"
).split()
#: The words that every request letter must have, with the {places} that each may hold.
COMMON_FIELDS: Mapping[str, frozenset[str]] = dict.fromkeys(_PLAIN, _NONE) | {
    "opening": frozenset({"agency", "addressee"}),
    "quantity": frozenset({"total"}),
    "attached_to": frozenset({"dots", "symbol", "agency"}),
    "attachment_one": frozenset({"document"}),
    "closing": frozenset({"agency", "addressee"}),
}

#: The words of P7 and the address line.
P7_FIELDS: Mapping[str, frozenset[str]] = dict.fromkeys(
    (
        "full_name citizen_id citizen_id_issued_on citizen_id_issued_by position mobile_phone "
        "official_email delivery_address"
    ).split(),
    _NONE,
)

#: The fields of P7 and the address, one row of mục 1 each; two on one row stand together.
CONTACT_ROWS = (
    ("full_name",),
    ("citizen_id", "citizen_id_issued_on"),
    ("citizen_id_issued_by",),
    ("position",),
    ("mobile_phone",),
    ("official_email",),
    ("delivery_address",),
)

#: The same in the same order, closer together: a page across has only 170 mm of height.
CONTACT_ROWS_ACROSS = (
    ("full_name", "citizen_id", "citizen_id_issued_on"),
    ("citizen_id_issued_by", "position"),
    ("mobile_phone", "official_email"),
    ("delivery_address",),
)

# House choices. II.6.e gives 13-14 for the body, so also for the notes; a remark is not of the
# letter.
_NOTE_SIZE = 13.0
_REMARK_SIZE = 11.0

# Beyond this many lines the list becomes an annex, unless the caller chooses.
LINES_IN_LETTER = 20

Line_co = TypeVar("Line_co", covariant=True)


def plain(words: str) -> dict[str, frozenset[str]]:
    """Names of words, with spaces between them, that hold no {places}."""
    return dict.fromkeys(words.split(), _NONE)


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
    """The person of mục 1. Empty strings and None are drawn as dots; each form shows its fields.

    `agency_name` is only in Mẫu 06, which shows neither e-mail nor address.
    """

    full_name: str = ""
    citizen_id: str = ""
    citizen_id_issued_on: date | None = None
    citizen_id_issued_by: str = ""
    position: str = ""
    agency_name: str = ""
    mobile_phone: str = ""
    official_email: str = ""
    delivery_address: str = ""


@dataclass(frozen=True, kw_only=True)
class RequestLetter(Generic[Line_co]):
    """What every request letter holds; a form's own class says which lines.

    `agency` and `parent_agency` are in capitals for the head, `agency_name` in sentence case for
    the text. `addressees` empty means the authority (Cục); a delegated request names the Sở.
    `remark` is not part of the letter: a sample says with it that its layout is inferred.
    """

    agency: str
    agency_name: str
    parent_agency: str = ""
    symbol: str = ""
    place: str = ""
    addressees: tuple[str, ...] = ()
    contact: ContactPerson
    lines: tuple[Line_co, ...]
    signer: Signer
    copies_to: tuple[str, ...] = ()
    drafted_by: str = ""
    attachments: tuple[str, ...] = ()
    medium: Medium = Medium.DIGITAL
    placement: ListPlacement = ListPlacement.AUTO
    contact_line: str = ""
    seal_mm: float = SEAL_DIAMETER_MM
    remark: str = ""

    #: A list with so many columns that it stands across the page where the decree allows it.
    WIDE: ClassVar[bool] = False

    @property
    def list_in_annex(self) -> bool:
        """Is the list an annex of its own?"""
        if self.placement is ListPlacement.AUTO:
            return len(self.lines) > LINES_IN_LETTER
        return self.placement is ListPlacement.ANNEX

    @property
    def sheet(self) -> Sheet:
        """The sheet of the letter; its annex is always portrait."""
        across = self.placement is ListPlacement.LETTER_LANDSCAPE or (
            self.WIDE and self.placement is ListPlacement.AUTO and not self.list_in_annex
        )
        return LANDSCAPE if across else PORTRAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a form itself says: finished sentences, and rows of cells by column of its table.

    `layout` is the name of a layout for a portrait page; across the page it is "landscape".
    """

    subject: str
    opening: str
    quantity: str
    contact_rows: Sequence[Sequence[str]] = CONTACT_ROWS
    contact_rows_across: Sequence[Sequence[str]] = CONTACT_ROWS_ACROSS
    contact_name: str = "Người tiếp nhận"
    layout: str
    rows: Iterable[Mapping[str, str]]
    empty_list: str


@dataclass(frozen=True, slots=True)
class Composer:
    """One letter being composed: its data, its words, and who sets them."""

    letter: RequestLetter[object]
    words: FormText
    setter: Setter
    blanks: Blanks

    @property
    def addressees(self) -> tuple[str, ...]:
        """Who receives it."""
        return tuple(map(clean, self.letter.addressees)) or (self.words["addressee"],)

    @property
    def receivers(self) -> str:
        """Who receives it, inside a sentence."""
        return " và ".join(self.addressees)

    @property
    def agency(self) -> str:
        """The sender inside a sentence."""
        return self.blanks.fill(
            self.letter.agency_name, "Chưa có tên cơ quan, tổ chức để ghi trong văn bản."
        )

    def sentence(self, key: str, **places: str) -> str:
        """A word of the form with sender and receiver in their places, and these others."""
        return self.words[key].format(agency=self.agency, addressee=self.receivers, **places)

    def whole(self, content: Content) -> Letter:
        """The letter around what the form says."""
        letter, words, setter = self.letter, self.words, self.setter
        in_annex = letter.list_in_annex
        contact = self._contact(content)
        listed = [*self._list(content), *self._notes()]
        body = [
            *self._remark(),
            *setter.paragraph(content.opening),
            *contact,
            *self._register(content.quantity, None if in_annex else listed),
            *self._attachments(),
            *setter.paragraph(self.sentence("closing")),
        ]
        annex = Annex(words["annex_title"], listed, self._attached_to())
        return Letter(
            letterhead=Letterhead(
                agency=letter.agency,
                parent_agency=letter.parent_agency,
                symbol=letter.symbol,
                place=letter.place,
                subject=content.subject,
            ),
            addressees=self.addressees,
            body=body,
            signer=letter.signer,
            distribution=Distribution(letter.copies_to, letter.drafted_by),
            medium=letter.medium,
            sheet=setter.sheet,
            annexes=(annex,) if in_annex else (),
            contact_line=letter.contact_line,
            seal_mm=letter.seal_mm,
        )

    def _remark(self) -> list[Piece]:
        remark = clean(self.letter.remark)
        return self.setter.centred(remark, Style.ITALIC, _REMARK_SIZE) if remark else []

    def _attached_to(self) -> str:
        symbol = clean(self.letter.symbol).removeprefix("/") or SHORT_DOTS
        return self.words["attached_to"].format(dots=SHORT_DOTS, symbol=symbol, agency=self.agency)

    def _contact(self, content: Content) -> list[Piece]:
        """Mục 1: the person, a row for each field or pair of fields."""
        person = self.letter.contact

        def shown(key: str) -> str:
            label = self.words[key]
            value = getattr(person, key)
            told = f"{value:%d/%m/%Y}" if isinstance(value, date) else value or ""
            sentence = f"{content.contact_name}: chưa có {label[0].lower()}{label[1:]}."
            return f"{label}: {self.blanks.fill(told, sentence)}"

        across = self.setter.sheet is LANDSCAPE
        fields = content.contact_rows_across if across else content.contact_rows
        rows = [";  ".join(map(shown, row)) for row in fields]
        pieces = [piece for row in rows for piece in self.setter.paragraph(row)]
        return self.setter.heading(self.words["contact_title"], pieces)

    def _register(self, quantity: str, listed: Sequence[Piece] | None) -> list[Piece]:
        """Mục 2: how many, and the list or where it is."""
        setter, words = self.setter, self.words
        where = setter.paragraph(words["list_in_annex" if listed is None else "list_below"])
        if listed is not None:
            where = setter.kept(where, listed)
        return setter.heading(words["list_title"], [*setter.paragraph(quantity), *where])

    def _list(self, content: Content) -> list[Piece]:
        form = self.words.table
        across = self.setter.sheet is LANDSCAPE
        layout = form.layouts["landscape" if across else content.layout]
        widths = [mm(width) for width in layout.widths]
        widths[-1] = widths[-1] or self.setter.sheet.text_width - sum(widths)
        columns = tuple(
            Column(
                self.words[f"column_{key}"],
                width,
                centred=key in form.centred,
                group=self.words[f"column_{form.groups[key]}"] if key in form.groups else "",
            )
            for key, width in zip(form.columns, widths, strict=True)
        )
        if not self.letter.lines:
            self.blanks.note(content.empty_list)
        order = form.columns
        table = self.setter.table(columns, layout.size)
        return table.pieces([row[key] for key in order] for row in content.rows)

    def _notes(self) -> list[Piece]:
        setter = self.setter
        title = setter.paragraph(self.words["notes_title"], _NOTE_SIZE)
        lines = [p for note in self.words.notes for p in setter.paragraph(note, _NOTE_SIZE)]
        return setter.kept(title, lines) if lines else []

    def _attachments(self) -> list[Piece]:
        """House choice: one document as a sentence, several as a list, before the closing."""
        documents = [clean(each).rstrip(" ;.") for each in self.letter.attachments if clean(each)]
        if len(documents) < 2:
            return [
                piece
                for document in documents
                for piece in self.setter.paragraph(
                    self.words["attachment_one"].format(document=document)
                )
            ]
        ends = [";"] * (len(documents) - 1) + ["."]
        pieces = [
            piece
            for document, end in zip(documents, ends, strict=True)
            for piece in self.setter.paragraph(f"- {document}{end}")
        ]
        return self.setter.kept(self.setter.paragraph(self.words["attachments_title"]), pieces)


@dataclass(frozen=True, slots=True)
class RowBlanks:
    """What is missing in one line of the list."""

    blanks: Blanks
    number: int

    def must(self, value: str, what: str) -> str:
        """The cell, or dots and "Dòng 3 của danh sách: chưa có `what`."."""
        return clean(value) or self._missing(what)

    def day(self, day: date | None, what: str) -> str:
        """A date as dd/mm/yyyy."""
        return f"{day:%d/%m/%Y}" if day else self._missing(what)

    def identity(self, citizen_id: str, issued_on: date | None, issued_by: str) -> str:
        """The one cell "Số định danh cá nhân/Ngày cấp, nơi cấp"."""
        number = self.must(citizen_id, "số định danh cá nhân")
        on = self.day(issued_on, "ngày cấp số định danh cá nhân")
        by = self.must(issued_by, "nơi cấp số định danh cá nhân")
        return f"{number}\n{on}, {by}"

    def _missing(self, what: str) -> str:
        self.blanks.note(f"Dòng {self.number} của danh sách: chưa có {what}.")
        return SHORT_DOTS


Data = TypeVar("Data", bound=RequestLetter[object])


def draw_request(
    letter: Data,
    compose: Callable[[Data, Setter, Blanks, FormText | None], Letter],
    words: FormText | None,
) -> DrawnLetter:
    """Compose a letter and draw it on pages. Raises letters.errors.FontsMissing and TooLarge."""
    faces, blanks = fonts.load(), Blanks()
    setter = Typesetter(faces, letter.sheet)
    return draw_letter(compose(letter, setter, blanks, words), faces, blanks)


def two_digits(count: int) -> str:
    """A quantity as the letters write it: "03"."""
    return f"{count:02}"
