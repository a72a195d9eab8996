"""Mẫu 07 of decree 68/2024: the managing agency hands certificate and device to the subscriber.

Purpose CONFIRMED-VIA, layout INFERRED (letters/forms/mau_07.toml).
"""

from dataclasses import dataclass

from letters import minutes, prescribed
from letters.blanks import Blanks
from letters.decree30 import DrawnLetter, Medium
from letters.minutes import MINUTES_FIELDS, Minutes, Shape, compose_minutes
from letters.numerals import counted
from letters.paper import PAPER_SIZE, Paper, PaperSetter
from letters.prescribed import FormText

TEXT = prescribed.load(
    "mau_07.toml",
    MINUTES_FIELDS | {"receivers": frozenset({"count"}), "entrusted_by": frozenset({"decision"})},
)

FORM = TEXT.form

_COLUMNS = (
    "row", "certificate_name", "certificate_serial", "device_serial", "device_kind", "validity",
    "condition", "remark",
)  # fmt: skip
_COLUMNS_OF_MANY = (
    "row", "holder", "certificate_serial", "device_serial", "device_kind", "validity", "condition",
    "signed",
)  # fmt: skip
_REQUIRED = frozenset({"certificate_name", "certificate_serial", "device_serial", "validity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverMinutes(Minutes):
    """Mẫu 07. `giver` is the agency. `receiver` is one subscriber: a person (empty `body`), or
    the body whose clerk receives its device, with the paper that entrusts the clerk
    (`entrusted_by`: "Quyết định số … ngày …").

    With `many_receivers` every line names its holder, who signs in the table: paper only, since a
    PDF signature needs a field of its own. Digitally each receiver gets minutes of their own.
    """

    entrusted_by: str = ""
    many_receivers: bool = False


def compose(
    data: HandoverMinutes, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    if data.many_receivers:
        return _compose_many(data, setter, blanks, text)
    is_body = bool(data.receiver.body)
    shape = Shape(
        columns=_COLUMNS,
        required=_REQUIRED,
        receiver_is_body=is_body,
        receiver_details=() if is_body else ("citizen_id", "workplace"),
    )
    before = []
    if data.entrusted_by:
        before = setter.paragraph(text["entrusted_by"].format(decision=data.entrusted_by))
    return compose_minutes(data, text, setter, blanks, shape, before=before)


def _compose_many(
    data: HandoverMinutes, setter: PaperSetter, blanks: Blanks, text: FormText
) -> Paper:
    if data.medium is Medium.DIGITAL:
        blanks.note(
            "Biên bản có nhiều người ký nhận trong danh sách chỉ dùng bản giấy; nếu ký số, lập "
            "biên bản riêng cho từng người nhận."
        )
    shape = Shape(
        columns=_COLUMNS_OF_MANY,
        required=_REQUIRED - {"certificate_name"} | {"holder"},
        receivers=text["receivers"].format(count=counted(len(data.lines))),
    )
    return compose_minutes(data, text, setter, blanks, shape)


def draw(data: HandoverMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu 07. Anchors (digital): "number", "giver", "receiver". Raises FontsMissing,
    TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
