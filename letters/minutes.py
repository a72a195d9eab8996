"""Minutes of two parties: the base of Mẫu 07 and 08 and of the internal minutes.

Decree 30, Phụ lục III, Mẫu 1.9 is about meetings: from it come the head with "Số: …/BB-…" and
without a line of place and date. The body of two-party minutes is prescribed nowhere that we could
read (INFERRED).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from letters import paper_page
from letters.blanks import Blanks
from letters.dates import long_date
from letters.decree30 import (
    LANDSCAPE,
    PORTRAIT,
    SEAL_DIAMETER_MM,
    DrawnLetter,
    Medium,
    Sheet,
)
from letters.flow import Piece
from letters.numerals import counted
from letters.paper import (
    LogWitness,
    Paper,
    PaperHead,
    PaperSetter,
    SideBySide,
    SignatureBlock,
)
from letters.parties import (
    NO_PARTY,
    NONE,
    PERSON_FIELDS,
    DeviceLine,
    Party,
    device_table,
    party_pieces,
)
from letters.prescribed import FormText

#: The words that every form of two-party minutes has, and the {places} each may hold.
MINUTES_FIELDS = {
    **dict.fromkeys(
        "kind title ground giver receiver address list_title commitments_title "
        "giver_signs receiver_signs hint".split(),
        NONE,
    ),
    **PERSON_FIELDS,
    "opening": frozenset({"time", "date", "place"}),
    "agreement": NONE,
    "total": frozenset({"total"}),
    "copies": frozenset({"copies", "each"}),
    "copies_digital": NONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every minutes holds.

    `agency` and `parent_agency` in capitals for the head; `symbol` follows the number ("UBND", the
    program writes "BB-" before it); `number` is empty until the clerk gives one. `at_time` as it
    shall be read ("09 giờ 30 phút"), may be empty. `copies` is how many originals are made in all.
    `remark` stands at the top of a sample (the note of a form that was never compared).
    """

    parent_agency: str = ""
    agency: str = ""
    symbol: str = ""
    number: str = ""
    at_time: str = ""
    held_on: date | None = None
    place: str = ""
    copies: int = 2
    medium: Medium = Medium.DIGITAL
    landscape: bool = False
    witness: LogWitness | None = None
    remark: str = ""
    seal_mm: float = SEAL_DIAMETER_MM

    @property
    def sheet(self) -> Sheet:
        """The sheet it is set for; landscape is allowed for wide tables (I.2)."""
        return LANDSCAPE if self.landscape else PORTRAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes(Record):
    """Minutes of two parties about devices."""

    giver: Party = NO_PARTY
    receiver: Party = NO_PARTY
    lines: tuple[DeviceLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What differs between forms: columns that must be filled, what is asked of each side."""

    required: frozenset[str] = frozenset({"device_serial"})
    columns: tuple[str, ...] = ()  # Empty: all of the form.
    giver_details: tuple[str, ...] = ()
    receiver_details: tuple[str, ...] = ()
    giver_is_body: bool = True
    receiver_is_body: bool = True
    giver_sealed: bool = False
    receiver_sealed: bool = False
    receiver_is_open: bool = False  # Who receives is written by the other side: dots, not told.
    receivers: str = ""  # Several receivers, who sign in the table: the line that says so,
    receivers_hint: str = ""  # and what stands where a single receiver would sign.
    sides: int = 2  # Who keeps an original each.


def opening(at_time: str, held_on: date | None, place: str, text: FormText, blanks: Blanks) -> str:
    """ "Hôm nay, hồi 09 giờ 30 phút, ngày … tại …"; the day and place are told when missing."""
    if held_on is None:
        blanks.note("Chưa có ngày lập biên bản.")
    time = f"hồi {at_time.strip()}, " if at_time.strip() else ""
    where = blanks.fill(place, "Chưa có địa điểm lập biên bản.")
    return text["opening"].format(time=time, date=long_date(held_on), place=where)


def grounds(text: FormText, setter: PaperSetter) -> list[Piece]:
    """The "Căn cứ" of a form, one paragraph for each line of the word."""
    return [piece for line in text["ground"].splitlines() for piece in setter.italic(line)]


def commitments(text: FormText, setter: PaperSetter) -> list[Piece]:
    """What the sides promise: the notes of the form, under their heading."""
    lines = [piece for note in text.notes for piece in setter.paragraph(note)]
    return setter.heading(text["commitments_title"], lines) if lines else []


def copies(count: int, medium: Medium, text: FormText, sides: int = 2) -> str:
    """How many originals there are; an electronic one is sent to every side instead."""
    if medium is Medium.DIGITAL:
        return text["copies_digital"]
    each = max(count // sides, 1)
    return text["copies"].format(copies=counted(count), each=f"{each:02}")


def compose_minutes(
    data: Minutes,
    text: FormText,
    setter: PaperSetter,
    blanks: Blanks,
    shape: Shape,
    *,
    before: Sequence[Piece] = (),
    after: Sequence[Piece] = (),
) -> Paper:
    """Two-party minutes; `before` and `after` stand around the list."""
    if not data.lines:
        blanks.note("Danh sách chưa có thiết bị nào.")
    listed = device_table(
        data.lines, text, setter, blanks, required=shape.required, names=shape.columns
    )
    body = [
        *grounds(text, setter),
        *setter.paragraph(opening(data.at_time, data.held_on, data.place, text, blanks)),
        *party_pieces(
            text["giver"], data.giver, text, setter, blanks,
            who="Bên giao", details=shape.giver_details, is_body=shape.giver_is_body,
        ),
        *_receiver(data, text, setter, blanks, shape),
        *before,
        *setter.heading(
            text["list_title"], setter.kept(setter.paragraph(text["agreement"]), listed)
        ),
        *setter.paragraph(text["total"].format(total=counted(len(data.lines)))),
        *after,
        *commitments(text, setter),
        *setter.paragraph(copies(data.copies, data.medium, text, shape.sides)),
    ]  # fmt: skip
    return record_paper(data, text, body, _blocks(data, text, shape))


def record_paper(
    data: Record, text: FormText, body: Sequence[Piece], blocks: tuple[SignatureBlock, ...]
) -> Paper:
    """The paper of any minutes: head with number and without place and date, body, signatures."""
    symbol = data.symbol.strip()
    return Paper(
        head=PaperHead(
            agency=data.agency,
            parent_agency=data.parent_agency,
            symbol=f"BB-{symbol}" if symbol else "",
            number=data.number,
        ),
        kind=text["kind"],
        title=text["title"],
        body=body,
        closing=SideBySide(blocks, seal_mm=data.seal_mm),
        medium=data.medium,
        sheet=data.sheet,
        witness=data.witness,
        remark=data.remark,
    )


def _receiver(
    data: Minutes, text: FormText, setter: PaperSetter, blanks: Blanks, shape: Shape
) -> list[Piece]:
    if shape.receivers:
        return setter.lead(f"{text['receiver']}:", shape.receivers)
    return party_pieces(
        text["receiver"],
        data.receiver,
        text,
        setter,
        Blanks() if shape.receiver_is_open else blanks,
        who="Bên nhận",
        details=shape.receiver_details,
        is_body=shape.receiver_is_body,
    )


def _blocks(data: Minutes, text: FormText, shape: Shape) -> tuple[SignatureBlock, ...]:
    giver = SignatureBlock(
        "giver",
        (text["giver_signs"],),
        data.giver.signer_name,
        text["hint"],
        sealed=shape.giver_sealed,
        name_required=False,  # The missing name was told where the side is described.
    )
    if shape.receivers:
        if not shape.receivers_hint:
            return (giver,)
        where, hint = (text["receiver_signs"],), shape.receivers_hint
        return (giver, SignatureBlock("receivers", where, hint=hint, name_required=False))
    receiver = SignatureBlock(
        "receiver",
        (text["receiver_signs"],),
        data.receiver.signer_name,
        text["hint"],
        sealed=shape.receiver_sealed,
        name_required=False,
    )
    return (giver, receiver)


def draw(data: Record, compose: Callable[[PaperSetter, Blanks], Paper]) -> DrawnLetter:
    """Draw minutes on their sheet. Anchors (digital): "number", "giver", "receiver", and
    "giver_seal", "receiver_seal" where the form is sealed. Raises FontsMissing and TooLarge.
    """
    return paper_page.draw_paper(compose, data.sheet)
