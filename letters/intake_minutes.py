"""Biên bản kiểm nhận: a parcel of devices from the authority is opened, with what does not agree.

Receiving is a duty of Điều 37 khoản 2 of decree 68/2024; the form is our own.
"""

from dataclasses import dataclass
from datetime import date

from letters import minutes, prescribed
from letters.blanks import Blanks
from letters.dates import short_date
from letters.decree30 import DrawnLetter
from letters.flow import Piece
from letters.minutes import Record, grounds, opening, record_paper
from letters.numerals import counted
from letters.paper import PAPER_SIZE, Paper, PaperSetter, SignatureBlock
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
from letters.text import clean

_VALUE = frozenset({"value"})
TEXT = prescribed.load(
    "bien_ban_nhan.toml",
    {
        **dict.fromkeys(
            "kind title ground agency address parcel_title authority list_title agreement "
            "differences_title no_differences ending receiver_signs witness_signs hint".split(),
            NONE,
        ),
        **PERSON_FIELDS,
        **dict.fromkeys("sender packaging notice answers".split(), _VALUE),
        "opening": frozenset({"time", "date", "place"}),
        "parcel": frozenset({"code", "day"}),
        "total": frozenset({"asked", "total"}),
        "differences": frozenset({"total"}),
    },
)

FORM = TEXT.form

_RECEIVED = (
    "row", "certificate_name", "certificate_serial", "device_serial", "internal_code",
    "device_kind", "validity", "condition",
)  # fmt: skip
_DIFFERENT = ("row", "certificate_name", "device_serial", "difference", "remark")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeMinutes(Record):
    """What came in one parcel. The first of `managing.people` receives, the second witnesses.

    `asked` is how many devices were asked for by the requests that the parcel answers
    (`answers`: "Công văn số …"). `differences` are lines with `difference`: missing, too many,
    another serial number, another name; an unreadable serial has its `internal_code`.
    """

    managing: Party = NO_PARTY
    sender: str = ""
    parcel_code: str = ""
    received_on: date | None = None
    packaging: str = ""
    notice: str = ""
    answers: tuple[str, ...] = ()
    asked: int = 0
    lines: tuple[DeviceLine, ...] = ()
    differences: tuple[DeviceLine, ...] = ()


def compose(
    data: IntakeMinutes, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    if not data.lines:
        blanks.note("Danh sách chưa có thiết bị nào.")
    listed = device_table(
        data.lines,
        text,
        setter,
        blanks,
        required=frozenset({"certificate_name", "certificate_serial"}),
        names=_RECEIVED,
    )
    body = [
        *grounds(text, setter),
        *setter.paragraph(opening(data.at_time, data.held_on, data.place, text, blanks)),
        *party_pieces(text["agency"], data.managing, text, setter, blanks, who="Bên kiểm nhận"),
        *_parcel(data, text, setter, blanks),
        *setter.heading(
            text["list_title"], setter.kept(setter.paragraph(text["agreement"]), listed)
        ),
        *setter.paragraph(
            text["total"].format(asked=counted(data.asked), total=counted(len(data.lines)))
        ),
        *_differences(data, text, setter, blanks),
        *setter.paragraph(text["ending"]),
    ]
    return record_paper(data, text, body, _blocks(data, text))


def _parcel(
    data: IntakeMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    code = blanks.fill(data.parcel_code, "Chưa có mã bưu gửi.")
    day = blanks.fill(short_date(data.received_on), "Chưa có ngày nhận bưu gửi.")
    lines = [
        *setter.paragraph(text["sender"].format(value=clean(data.sender) or text["authority"])),
        *setter.paragraph(text["parcel"].format(code=code, day=day)),
    ]
    values = (
        ("packaging", data.packaging),
        ("notice", data.notice),
        ("answers", "; ".join(map(clean, data.answers))),
    )
    for key, value in values:
        if shown := clean(value):
            lines += setter.paragraph(text[key].format(value=shown))
    return setter.heading(text["parcel_title"], lines)


def _differences(
    data: IntakeMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    if not data.differences:
        return setter.heading(text["differences_title"], setter.paragraph(text["no_differences"]))
    listed = device_table(
        data.differences,
        text,
        setter,
        blanks,
        required=frozenset({"difference"}),
        names=_DIFFERENT,
        where="Dòng {row} của danh sách sai khác",
    )
    title = text["differences"].format(total=counted(len(data.differences)))
    return setter.heading(text["differences_title"], setter.kept(setter.paragraph(title), listed))


def _blocks(data: IntakeMinutes, text: FormText) -> tuple[SignatureBlock, ...]:
    witness = data.managing.people[1].full_name if len(data.managing.people) > 1 else ""
    return (
        SignatureBlock(
            "witness", (text["witness_signs"],), witness, text["hint"], name_required=False
        ),
        SignatureBlock(
            "receiver",
            (text["receiver_signs"],),
            data.managing.signer_name,
            text["hint"],
            name_required=False,
        ),
    )


def draw(data: IntakeMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw the minutes. Anchors (digital): "number", "receiver", "witness". Raises FontsMissing,
    TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
