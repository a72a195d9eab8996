"""Mẫu 08 of decree 68/2024 (Điều 20): the managing agency hands recalled devices to the authority.

Title CONFIRMED-VIA, layout INFERRED (letters/forms/mau_08.toml).
"""

from dataclasses import dataclass, replace
from datetime import date

from letters import minutes, prescribed
from letters.blanks import SHORT_DOTS, Blanks
from letters.dates import short_date
from letters.decree30 import DrawnLetter
from letters.flow import Piece
from letters.minutes import MINUTES_FIELDS, Minutes, Shape, compose_minutes
from letters.paper import PAPER_SIZE, Paper, PaperSetter
from letters.parties import NONE
from letters.prescribed import FormText
from letters.text import clean

TEXT = prescribed.load(
    "mau_08.toml",
    MINUTES_FIELDS
    | {
        "authority": NONE,
        "notices": frozenset({"list"}),
        "notice_item": frozenset({"number", "day"}),
        "parcel": frozenset({"carrier", "code", "day"}),
    },
)

FORM = TEXT.form

_REQUIRED = frozenset(
    {"certificate_name", "certificate_serial", "device_serial", "workplace", "reason", "condition"}
)


@dataclass(frozen=True, slots=True)
class RevocationNotice:
    """The authority's notice that starts the five working days of Điều 20."""

    number: str
    dated: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnMinutes(Minutes):
    """Mẫu 08. `giver` is the agency; `receiver` without a body is the authority, whose person is
    written in by the authority itself.

    `notices` may be empty only when `without_notice` says that the certificates simply expired and
    no notice has come. `carrier` and `parcel_code` are of the parcel, `sent_on` its day; all empty
    when the devices are handed over in person.
    """

    notices: tuple[RevocationNotice, ...] = ()
    without_notice: bool = False
    carrier: str = ""
    parcel_code: str = ""
    sent_on: date | None = None
    in_person: bool = False


def compose(
    data: ReturnMinutes, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    receiver = data.receiver
    if not clean(receiver.body):
        data = replace(data, receiver=replace(receiver, body=text["authority"]))
    shape = Shape(
        required=_REQUIRED,
        giver_sealed=True,
        receiver_sealed=True,
        receiver_is_open=not receiver.people,
    )
    before = [*_notices(data, text, setter, blanks), *_parcel(data, text, setter, blanks)]
    return compose_minutes(data, text, setter, blanks, shape, before=before)


def _notices(
    data: ReturnMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    if not data.notices and data.without_notice:
        return []
    items = [
        text["notice_item"].format(
            number=blanks.fill(
                notice.number, "Chưa có số của thông báo thu hồi chứng thư.", SHORT_DOTS
            ),
            day=blanks.fill(
                short_date(notice.dated), "Chưa có ngày của thông báo thu hồi chứng thư."
            ),
        )
        for notice in data.notices or (RevocationNotice("", None),)
    ]
    return setter.paragraph(text["notices"].format(list="; ".join(items)))


def _parcel(
    data: ReturnMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    if data.in_person:
        return []
    return setter.paragraph(
        text["parcel"].format(
            carrier=blanks.fill(data.carrier, "Chưa có tên doanh nghiệp bưu chính.", SHORT_DOTS),
            code=blanks.fill(data.parcel_code, "Chưa có mã bưu gửi."),
            day=blanks.fill(short_date(data.sent_on), "Chưa có ngày gửi bưu kiện.", SHORT_DOTS),
        )
    )


def draw(data: ReturnMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu 08. Anchors (digital): "number", "giver", "giver_seal", "receiver",
    "receiver_seal". Raises FontsMissing, TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
