"""Biên bản xác nhận hiện trạng: devices in use without minutes, many holders on one paper.

Closes the gap of an opening balance (Tuyên Quang Điều 10 khoản 2 điểm a; decree 68/2024 Điều 37).
No form is prescribed; this one is our own.
"""

from dataclasses import dataclass

from letters import minutes, prescribed
from letters.blanks import Blanks
from letters.decree30 import DrawnLetter, Medium, Signer
from letters.minutes import Record, commitments, grounds, opening, record_paper
from letters.numerals import counted
from letters.paper import PAPER_SIZE, Paper, PaperSetter, SignatureBlock
from letters.parties import (
    NO_PARTY,
    NONE,
    PERSON_FIELDS,
    UNSIGNED,
    DeviceLine,
    Party,
    device_table,
    party_pieces,
)
from letters.prescribed import FormText
from letters.text import clean

TEXT = prescribed.load(
    "bien_ban_hien_trang.toml",
    {
        **dict.fromkeys(
            "kind title ground agency address list_title agreement electronic "
            "commitments_title ending maker_signs hint hint_agency".split(),
            NONE,
        ),
        **PERSON_FIELDS,
        "opening": frozenset({"time", "date", "place"}),
        "total": frozenset({"total", "holders"}),
    },
)

FORM = TEXT.form

_COLUMNS = (
    "row", "holder", "certificate_serial", "device_serial", "device_kind", "received_on",
    "condition",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMinutes(Record):
    """One line per device; on paper each holder signs in the table. `maker` writes the minutes,
    `signer` is the head of the agency.
    """

    managing: Party = NO_PARTY
    lines: tuple[DeviceLine, ...] = ()
    signer: Signer = UNSIGNED


def compose(
    data: StatusMinutes, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    wet = data.medium is Medium.WET
    listed = device_table(
        data.lines,
        text,
        setter,
        blanks,
        required=frozenset({"holder", "device_serial"}),
        names=(*_COLUMNS, "signed") if wet else (*_COLUMNS, "remark"),
    )
    if not data.lines:
        blanks.note("Danh sách chưa có thiết bị nào.")
    holders = {(clean(line.holder), clean(line.holder_position)) for line in data.lines}
    body = [
        *grounds(text, setter),
        *setter.paragraph(opening(data.at_time, data.held_on, data.place, text, blanks)),
        *party_pieces(text["agency"], data.managing, text, setter, blanks, who="Cơ quan"),
        *setter.heading(
            text["list_title"], setter.kept(setter.paragraph(text["agreement"]), listed)
        ),
        *setter.paragraph(
            text["total"].format(total=counted(len(data.lines)), holders=counted(len(holders)))
        ),
        *([] if wet else setter.paragraph(text["electronic"])),
        *commitments(text, setter),
        *setter.paragraph(text["ending"]),
    ]
    return record_paper(data, text, body, _blocks(data, text, blanks))


def _blocks(data: StatusMinutes, text: FormText, blanks: Blanks) -> tuple[SignatureBlock, ...]:
    titles = data.signer.lines
    if not titles:
        titles = (blanks.fill("", "Chưa có quyền hạn, chức vụ của người ký."),)
    return (
        SignatureBlock(
            "maker",
            (text["maker_signs"],),
            data.managing.signer_name,
            text["hint"],
            name_required=False,
        ),
        SignatureBlock("signer", titles, data.signer.name, text["hint_agency"], sealed=True),
    )


def draw(data: StatusMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw the minutes. Anchors (digital): "number", "maker", "signer", "signer_seal". Raises
    FontsMissing, TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
