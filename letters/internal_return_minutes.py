"""The subscriber hands a device back to the managing agency (Điều 20 khoản 2 of decree 68/2024).

The decree prescribes no form for this step (Mẫu 08 is for the next one), so this is our own.
"""

from dataclasses import dataclass

from letters import minutes, prescribed
from letters.blanks import Blanks
from letters.decree30 import DrawnLetter
from letters.minutes import MINUTES_FIELDS, Minutes, Shape, compose_minutes
from letters.paper import PAPER_SIZE, Paper, PaperSetter
from letters.prescribed import FormText
from letters.text import clean

TEXT = prescribed.load(
    "bien_ban_tra_noi_bo.toml", MINUTES_FIELDS | {"on_behalf": frozenset({"reason"})}
)

FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalReturnMinutes(Minutes):
    """`giver` is the subscriber (a person, or the body with its clerk), `receiver` the agency.

    `on_behalf` is why somebody else hands over ("thuê bao từ trần"); empty when the subscriber
    does.
    """

    on_behalf: str = ""


def compose(
    data: InternalReturnMinutes,
    setter: PaperSetter,
    blanks: Blanks,
    words: FormText | None = None,
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    is_body = bool(clean(data.giver.body))
    shape = Shape(
        required=frozenset({"certificate_name", "device_serial", "reason", "condition"}),
        giver_is_body=is_body,
        giver_details=() if is_body else ("workplace",),
    )
    before = []
    if reason := clean(data.on_behalf):
        before = setter.paragraph(text["on_behalf"].format(reason=reason))
    return compose_minutes(data, text, setter, blanks, shape, before=before)


def draw(data: InternalReturnMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw the minutes. Anchors (digital): "number", "giver", "receiver". Raises FontsMissing,
    TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
