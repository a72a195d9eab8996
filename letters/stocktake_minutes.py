"""Biên bản kiểm kê: the committee, by the book / in fact / difference, and the lists behind it.

Counting is asked for by Tuyên Quang Điều 10 khoản 2 điểm b; the form is our own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from letters import minutes, prescribed
from letters.blanks import DOTS, Blanks
from letters.decree30 import DrawnLetter, Signer
from letters.flow import Piece
from letters.minutes import Record, grounds, opening, record_paper
from letters.numerals import counted
from letters.paper import PAPER_SIZE, Paper, PaperSetter, SignatureBlock
from letters.parties import (
    NOBODY,
    NONE,
    PERSON_FIELDS,
    DeviceLine,
    Person,
    columns,
    device_table,
    type_size,
)
from letters.prescribed import FormText
from letters.text import clean

_LISTS = ("missing", "surplus", "wrong_holder", "broken", "uncounted")
TEXT = prescribed.load(
    "bien_ban_kiem_ke.toml",
    {
        **dict.fromkeys(
            "kind title ground committee address scope_title summary_title summary all_kinds "
            "gap_note details_title no_difference conclusion_title ending hint hint_agency".split(),
            NONE,
        ),
        **PERSON_FIELDS,
        **{f"list_{name}": frozenset({"row", "total"}) for name in _LISTS},
        **dict.fromkeys(("scope", "book_at", "methods"), frozenset({"value"})),
        "ground_decision": frozenset({"decision"}),
        "opening": frozenset({"time", "date", "place"}),
        "member": frozenset({"row", "name", "position", "role"}),
        "counted_between": frozenset({"first", "last"}),
        "conclusion_all": frozenset({"counted", "book", "right"}),
    },
)

FORM = TEXT.form

_SUMMARY = (
    "row", "device_kind", "book", "actual", "gap", "right", "missing", "surplus", "wrong_holder",
    "broken", "uncounted",
)  # fmt: skip
_DETAILS = ("row", "device_serial", "internal_code", "device_kind", "holder", "remark")
_DETAILS_OF_SWAPS = ("row", "device_serial", "internal_code", "holder", "found_with", "remark")
_DETAILS_OF_SURPLUS = (
    "row",
    "device_serial",
    "internal_code",
    "device_kind",
    "found_with",
    "remark",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Of the committee; `role` as it shall be read: "Tổ trưởng", "Thư ký", "Thành viên"."""

    person: Person
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The figures of one kind of device. `book` is how many the register has; a device that is
    with the wrong person or broken is there, so it counts into `actual`.
    """

    device_kind: str
    book: int = 0
    right: int = 0
    missing: int = 0
    surplus: int = 0
    wrong_holder: int = 0
    broken: int = 0
    uncounted: int = 0

    @property
    def actual(self) -> int:
        """How many were seen."""
        return self.right + self.wrong_holder + self.broken + self.surplus

    @property
    def gap(self) -> int:
        """In fact less by the book; what was not counted is no loss and no gain."""
        return self.actual + self.uncounted - self.book


@dataclass(frozen=True, slots=True, kw_only=True)
class StocktakeMinutes(Record):
    """The closing minutes of one count. Each list holds the devices of one kind of finding.

    `decision` is the paper that set up the committee, `conclusions` finished sentences, one
    paragraph each. Without `signer` only the committee signs.
    """

    decision: str = ""
    committee: tuple[Member, ...] = ()
    scope: str = ""
    counted_from: str = ""
    counted_until: str = ""
    book_at: str = ""
    methods: str = ""
    tallies: tuple[Tally, ...] = ()
    missing: tuple[DeviceLine, ...] = ()
    surplus: tuple[DeviceLine, ...] = ()
    wrong_holder: tuple[DeviceLine, ...] = ()
    broken: tuple[DeviceLine, ...] = ()
    uncounted: tuple[DeviceLine, ...] = ()
    conclusions: tuple[str, ...] = ()
    signer: Signer | None = None


def compose(
    data: StocktakeMinutes, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    decision = clean(data.decision)
    body = [
        *grounds(text, setter),
        *(setter.italic(text["ground_decision"].format(decision=decision)) if decision else ()),
        *setter.paragraph(opening(data.at_time, data.held_on, data.place, text, blanks)),
        *_committee(data, text, setter, blanks),
        *_scope(data, text, setter, blanks),
        *_summary(data, text, setter, blanks),
        *_details(data, text, setter, blanks),
        *_conclusion(data, text, setter),
        *setter.paragraph(text["ending"]),
    ]
    return record_paper(data, text, body, _blocks(data, text))


def _members(data: StocktakeMinutes) -> tuple[Member, ...]:
    """The committee; nobody yet is one member without a name."""
    return data.committee or (Member(person=NOBODY),)


def _committee(
    data: StocktakeMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    lines: list[Piece] = []
    for row, member in enumerate(_members(data), start=1):
        who = f"Thành viên {row} của Tổ kiểm kê"
        shown = text["member"].format(
            row=row,
            name=blanks.fill(member.person.full_name, f"{who}: chưa có họ và tên."),
            position=blanks.fill(member.person.position, f"{who}: chưa có chức vụ."),
            role=blanks.fill(member.role, f"{who}: chưa có vai trò."),
        )
        last = row >= len(data.committee)
        lines += setter.paragraph(shown.rstrip(" ;.") + ("." if last else ";"))
    return setter.heading(text["committee"], lines)


def _scope(
    data: StocktakeMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    def shown(key: str, value: str, told: str) -> list[Piece]:
        return setter.paragraph(text[key].format(value=blanks.fill(value, f"Chưa có {told}.")))

    first = blanks.fill(data.counted_from, "Chưa có thời điểm bắt đầu kiểm đếm.")
    last = blanks.fill(data.counted_until, "Chưa có thời điểm kết thúc kiểm đếm.")
    lines = [
        *shown("scope", data.scope, "phạm vi kiểm kê"),
        *setter.paragraph(text["counted_between"].format(first=first, last=last)),
        *shown("book_at", data.book_at, "thời điểm chốt số liệu theo sổ"),
        *(shown("methods", data.methods, "cách kiểm") if clean(data.methods) else ()),
    ]
    return setter.heading(text["scope_title"], lines)


def _figures(row: str, name: str, one: Tally) -> tuple[str, ...]:
    figures = (one.book, one.actual, one.gap, one.right, one.missing, one.surplus)
    shown = (
        f"{figure:+}" if at == 2 and figure else str(figure) for at, figure in enumerate(figures)
    )
    return (row, name, *shown, *map(str, (one.wrong_holder, one.broken, one.uncounted)))


def total(tallies: Sequence[Tally], name: str) -> Tally:
    """The sum of all kinds."""
    kept = ("book", "right", *_LISTS)
    sums = {key: sum(getattr(tally, key) for tally in tallies) for key in kept}
    return Tally(device_kind=name, **sums)


def _summary(
    data: StocktakeMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    if not data.tallies:
        blanks.note("Chưa có số liệu kiểm kê.")

    def rows() -> Iterator[tuple[str, ...]]:
        for number, tally in enumerate(data.tallies, start=1):
            yield _figures(str(number), clean(tally.device_kind) or DOTS, tally)
        yield _figures("", text["all_kinds"], total(data.tallies, ""))

    table = setter.table(columns(text, setter, _SUMMARY), type_size(text, setter))
    listed = setter.kept(setter.paragraph(text["summary"]), table.pieces(rows()))
    # Seen less by the book is something else as long as things are uncounted.
    note = text["gap_note"] if total(data.tallies, "").uncounted else ""
    return [
        *setter.heading(text["summary_title"], listed),
        *(setter.paragraph(note) if note else ()),
    ]


def _details(
    data: StocktakeMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    special = {"wrong_holder": _DETAILS_OF_SWAPS, "surplus": _DETAILS_OF_SURPLUS}
    pieces: list[Piece] = []
    row = 0
    for name in _LISTS:
        lines: tuple[DeviceLine, ...] = getattr(data, name)
        if not lines:
            continue
        row += 1
        listed = device_table(
            lines, text, setter, blanks, required=frozenset(), names=special.get(name, _DETAILS)
        )
        title = text[f"list_{name}"].format(row=row, total=counted(len(lines)))
        pieces += setter.kept(setter.paragraph(title), listed)
    if not pieces:
        pieces = setter.paragraph(_without_lists(data, text, blanks))
    return setter.heading(text["details_title"], pieces)


def _without_lists(data: StocktakeMinutes, text: FormText, blanks: Blanks) -> str:
    """That all agrees is said only when there are figures and none of them speaks against it."""
    sums = total(data.tallies, "")
    if data.tallies and not any(getattr(sums, name) for name in _LISTS):
        return text["no_difference"]
    return blanks.fill("", "Chưa có danh sách chi tiết chênh lệch.")


def _conclusion(data: StocktakeMinutes, text: FormText, setter: PaperSetter) -> list[Piece]:
    all_kinds = total(data.tallies, "")
    first = text["conclusion_all"].format(
        counted=all_kinds.book - all_kinds.uncounted, book=all_kinds.book, right=all_kinds.right
    )
    lines = setter.paragraph(first)
    for sentence in data.conclusions:
        lines += setter.paragraph(clean(sentence))
    return setter.heading(text["conclusion_title"], lines)


def _blocks(data: StocktakeMinutes, text: FormText) -> tuple[SignatureBlock, ...]:
    blocks = [
        SignatureBlock(
            f"member_{row}",
            (clean(member.role).upper() or DOTS,),
            member.person.full_name,
            text["hint"],
            name_required=False,
        )
        for row, member in enumerate(_members(data), start=1)
    ]
    if data.signer:
        blocks.append(
            SignatureBlock(
                "signer", data.signer.lines, data.signer.name, text["hint_agency"], sealed=True
            )
        )
    return tuple(blocks)


def draw(data: StocktakeMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw the minutes. Anchors (digital): "number", "member_1" and so on in the order of the
    committee, "signer" and "signer_seal" if there is one. Raises FontsMissing, TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
