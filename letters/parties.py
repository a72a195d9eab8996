"""Who hands over to whom, and the lines of devices: the parts that minutes share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from letters.blanks import DOTS, SHORT_DOTS, Blanks
from letters.dates import period, short_date
from letters.decree30 import LANDSCAPE, Signer, mm
from letters.errors import FormTextInvalid
from letters.flow import Piece
from letters.paper import PaperSetter
from letters.prescribed import FormText
from letters.table import Column
from letters.text import clean

NONE: frozenset[str] = frozenset()

#: Words with which minutes name a person; every form that draws people has them.
PERSON_FIELDS: Mapping[str, frozenset[str]] = {
    "person": frozenset({"name", "position"}),
    "citizen_id": NONE,
    "workplace": NONE,
    "mobile_phone": NONE,
    "official_email": NONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who acts for a party, or is one. Empty strings are dots where the form asks."""

    full_name: str = ""
    position: str = ""
    workplace: str = ""
    citizen_id: str = ""
    mobile_phone: str = ""
    official_email: str = ""


NOBODY = Person()


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of minutes: the body in sentence case (empty for a person), and who acts for it.

    The first of `people` signs.
    """

    body: str = ""
    people: tuple[Person, ...] = ()
    address: str = ""

    @property
    def signer_name(self) -> str:
        """The name below the signature of this side."""
        return self.people[0].full_name if self.people else ""


NO_PARTY = Party()
UNSIGNED = Signer((), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """One device with its certificate, as a line of any of the minutes.

    `device_kind` and `condition` are the words on screen. `holder` is who has it by the register,
    `found_with` who has it in fact, `difference` what does not agree.
    """

    certificate_name: str = ""
    certificate_serial: str = ""
    device_serial: str = ""
    internal_code: str = ""
    device_kind: str = ""
    signing_phone: str = ""  # SIM PKI only
    valid_from: date | None = None
    valid_until: date | None = None
    holder: str = ""
    holder_position: str = ""
    found_with: str = ""
    workplace: str = ""
    received_on: date | None = None
    reason: str = ""
    condition: str = ""
    difference: str = ""
    remark: str = ""


def _named(*parts: str) -> str:
    return "\n".join(part for part in map(clean, parts) if part)


#: Name of a column in a form's [table] -> what stands in its cells. "" is told as missing when
#: the form requires it. "row" and "signed" are filled by the table itself.
CELLS: Mapping[str, Callable[[DeviceLine], str]] = {
    "certificate_name": lambda line: clean(line.certificate_name),
    "certificate_serial": lambda line: clean(line.certificate_serial),
    "device_serial": lambda line: _named(line.device_serial, line.signing_phone),
    "internal_code": lambda line: clean(line.internal_code),
    "device_kind": lambda line: clean(line.device_kind),
    "validity": lambda line: period(line.valid_from, line.valid_until),
    "holder": lambda line: _named(line.holder, line.holder_position),
    "found_with": lambda line: clean(line.found_with),
    "workplace": lambda line: clean(line.workplace),
    "received_on": lambda line: short_date(line.received_on),
    "reason": lambda line: clean(line.reason),
    "condition": lambda line: clean(line.condition),
    "difference": lambda line: clean(line.difference),
    "remark": lambda line: clean(line.remark),
}


def columns(text: FormText, setter: PaperSetter, names: Sequence[str] = ()) -> tuple[Column, ...]:
    """The columns of a form for this sheet; `names` picks some of them, which fill the width.

    Widths are millimetres of the layout "portrait" or "landscape", stretched in proportion to the
    width of the text. Raises FormTextInvalid when the form has no such layout or column.
    """
    table = text.table
    layout = table.layouts.get("landscape" if setter.sheet is LANDSCAPE else "portrait")
    if layout is None:
        raise FormTextInvalid(f"Mẫu {text.form.number}: thiếu cách trình bày của bảng.")
    chosen = [name for name in table.columns if not names or name in names]
    if missing := set(names) - set(chosen):
        raise FormTextInvalid(f"Mẫu {text.form.number}: không có cột “{min(missing)}”.")
    asked = dict(zip(table.columns, layout.widths, strict=True))
    stretch = setter.sheet.text_width / sum(mm(asked[name]) for name in chosen)
    return tuple(
        Column(
            heading=text[f"column_{name}"],
            width=mm(asked[name]) * stretch,
            centred=name in table.centred,
            group=text[f"column_{table.groups[name]}"] if name in table.groups else "",
        )
        for name in chosen
    )


def type_size(text: FormText, setter: PaperSetter) -> float:
    """Type size of the table on this sheet, in points."""
    return text.table.layouts["landscape" if setter.sheet is LANDSCAPE else "portrait"].size


def device_table(
    lines: Sequence[DeviceLine],
    text: FormText,
    setter: PaperSetter,
    blanks: Blanks,
    *,
    required: frozenset[str],
    names: Sequence[str] = (),
    where: str = "Dòng {row} của danh sách",
) -> list[Piece]:
    """The table of a form. An empty cell of a `required` column becomes dots and is told."""
    made = columns(text, setter, names)
    chosen = [name for name in text.table.columns if not names or name in names]
    if strange := [name for name in chosen if name not in CELLS and name not in {"row", "signed"}]:
        raise FormTextInvalid(f"Mẫu {text.form.number}: không có dữ liệu cho cột “{strange[0]}”.")

    def rows() -> Iterator[tuple[str, ...]]:
        for number, line in enumerate(lines, start=1):
            yield tuple(_cell(name, number, line) for name in chosen)

    def _cell(name: str, number: int, line: DeviceLine) -> str:
        if name == "row":
            return str(number)
        if name == "signed":
            return "\n\n"  # Room for a pen: three lines.
        value = CELLS[name](line)
        if value or name not in required:
            return value
        heading = clean(text[f"column_{name}"])
        told = heading[0].lower() + heading[1:]
        blanks.note(f"{where.format(row=number)}: chưa có {told}.")
        return SHORT_DOTS

    return setter.table(made, type_size(text, setter)).pieces(rows())


def person_lines(
    person: Person,
    text: FormText,
    setter: PaperSetter,
    blanks: Blanks,
    *,
    who: str,
    details: Sequence[str] = (),
) -> list[Piece]:
    """ "Ông (bà): …; chức vụ: …", then the asked details in one paragraph.

    `who` begins the sentences about what is missing: "Bên giao".
    """
    shown = text["person"].format(
        name=blanks.fill(person.full_name, f"{who}: chưa có họ và tên."),
        position=blanks.fill(person.position, f"{who}: chưa có chức vụ."),
    )
    pieces = setter.paragraph(shown)
    told: list[str] = []
    for key in details:
        label = text[key]
        value = blanks.fill(getattr(person, key), f"{who}: chưa có {label[0].lower()}{label[1:]}.")
        told.append(f"{label}: {value}")
    return pieces + (setter.paragraph("; ".join(told)) if told else [])


def party_pieces(
    title: str,
    party: Party,
    text: FormText,
    setter: PaperSetter,
    blanks: Blanks,
    *,
    who: str,
    details: Sequence[str] = (),
    is_body: bool = True,
) -> list[Piece]:
    """ "I. BÊN GIAO: Ủy ban nhân dân xã …" and the people of that side."""
    people = party.people or (Person(),)
    listed = [
        piece
        for person in people
        for piece in person_lines(person, text, setter, blanks, who=who, details=details)
    ]
    if address := clean(party.address):
        listed = [*setter.paragraph(f"{text['address']}: {address}"), *listed]
    if is_body:
        body = blanks.fill(party.body, f"{who}: chưa có tên cơ quan, tổ chức.", DOTS)
        title = f"{title}: {body}"
    return setter.heading(title, listed)
