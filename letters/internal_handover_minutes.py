"""Minutes inside the house after the first handover: given back, left to a deputy, installed, and
the correction of who has what when tokens had been swapped.

No form is prescribed for these steps (Mẫu 07 is for the first handover), so this is our own.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from letters import minutes, prescribed
from letters.blanks import Blanks
from letters.dates import short_date
from letters.decree30 import DrawnLetter
from letters.flow import Piece
from letters.minutes import MINUTES_FIELDS, Minutes, Shape, compose_minutes
from letters.paper import PAPER_SIZE, Paper, PaperSetter
from letters.parties import NONE
from letters.prescribed import FormText
from letters.text import clean


class Purpose(StrEnum):
    """Why the device changes hands; its value ends the name of the title in the form."""

    GIVE_BACK = "give_back"
    ENTRUST = "entrust"
    END_ENTRUSTMENT = "end_entrustment"
    INSTALLATION = "installation"
    CORRECTION = "correction"


TEXT = prescribed.load(
    "bien_ban_giao_nhan_noi_bo.toml",
    MINUTES_FIELDS
    | {
        **{f"title_{one.value}": NONE for one in Purpose},
        "permission": frozenset({"decision", "term"}),
        "receivers": NONE,
        "agreement_correction": NONE,
        "note_correction": NONE,
        "receivers_sign": NONE,
    },
)

FORM = TEXT.form

_COLUMNS = (
    "row", "certificate_name", "certificate_serial", "device_serial", "device_kind", "condition",
    "remark",
)  # fmt: skip
_COLUMNS_OF_CORRECTION = (
    "row", "certificate_name", "device_serial", "holder", "found_with", "signed",
)  # fmt: skip
_REQUIRED = frozenset({"certificate_name", "device_serial"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalHandoverMinutes(Minutes):
    """`permission` is the written permission by which a deputy gets the device, with its term.

    In a correction every line names its holder by the register and in fact, who signs in the table
    and keeps one of the `copies`, as the agency does.
    """

    purpose: Purpose = Purpose.GIVE_BACK
    permission: str = ""
    since: date | None = None
    until: date | None = None


def compose(
    data: InternalHandoverMinutes,
    setter: PaperSetter,
    blanks: Blanks,
    words: FormText | None = None,
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    correction = data.purpose is Purpose.CORRECTION
    shape = Shape(
        columns=_COLUMNS_OF_CORRECTION if correction else _COLUMNS,
        required=_REQUIRED | ({"holder", "found_with"} if correction else set()),
        giver_is_body=bool(clean(data.giver.body)),
        receiver_is_body=False,
        receiver_details=("workplace",),
        receivers=text["receivers"] if correction else "",
        receivers_hint=text["receivers_sign"],
        sides=data.copies if correction else 2,
    )
    spoken = _of_correction(text) if correction else text
    paper = compose_minutes(
        data, spoken, setter, blanks, shape, before=_permission(data, text, setter, blanks)
    )
    return replace(paper, title=text[f"title_{data.purpose.value}"])


def _of_correction(text: FormText) -> FormText:
    """The words for devices found with others: who has one there may not use it for that."""
    words = {**text.words, "agreement": text["agreement_correction"]}
    return replace(text, words=words, notes=(*text.notes[:1], text["note_correction"]))


def _permission(
    data: InternalHandoverMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    if data.purpose is not Purpose.ENTRUST:
        return []
    since, until = short_date(data.since), short_date(data.until)
    term = f", từ ngày {since} đến hết ngày {until}" if since and until else ""
    decision = blanks.fill(data.permission, "Chưa có văn bản cho phép giao tạm thiết bị.")
    return setter.paragraph(text["permission"].format(decision=decision, term=term))


def draw(data: InternalHandoverMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw the minutes. Anchors (digital): "number", "giver", and "receiver" ("receivers" in a
    correction). Raises FontsMissing, TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
