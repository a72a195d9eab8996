"""Mẫu 09 of decree 68/2024 (Điều 20): the managing agency confirms that a device is lost.

Purpose CONFIRMED-VIA, title and layout INFERRED (letters/forms/mau_09.toml).
"""

from dataclasses import dataclass
from datetime import date

from letters import minutes, prescribed
from letters.blanks import SHORT_DOTS, Blanks
from letters.dates import short_date
from letters.decree30 import DrawnLetter, Medium, Signer
from letters.flow import Piece
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

_VALUE = frozenset({"value"})
TEXT = prescribed.load(
    "mau_09.toml",
    {
        **dict.fromkeys(
            "kind title ground agency subscriber address tax_code list_title agreement "
            "facts_title measures_title commitments_title authority subscriber_signs hint "
            "hint_agency".split(),
            NONE,
        ),
        **PERSON_FIELDS,
        **dict.fromkeys(
            "lost_at lost_where circumstances noticed_at reported_at measures".split(), _VALUE
        ),
        "opening": frozenset({"time", "date", "place"}),
        "revocation": frozenset({"number", "day"}),
        "sending": frozenset({"copies", "authority"}),
        "sending_digital": frozenset({"authority"}),
    },
)

FORM = TEXT.form

_FACTS = (
    ("lost_at", "thời gian thất lạc"),
    ("lost_where", "địa điểm thất lạc"),
    ("circumstances", "hoàn cảnh thất lạc"),
    ("noticed_at", "thời điểm phát hiện thất lạc"),
    ("reported_at", "thời điểm báo cáo"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossMinutes(Record):
    """Mẫu 09. `managing` is the agency with who represents it, `subscriber` who lost the device:
    a person, or a body (`tax_code`) with its clerk. Times are texts as people state them.

    `signer` is the head of the agency; `revocation_number` and `revocation_on` are of the letter
    Mẫu 05, without which they are dots.
    """

    managing: Party = NO_PARTY
    subscriber: Party = NO_PARTY
    tax_code: str = ""
    lines: tuple[DeviceLine, ...] = ()
    lost_at: str = ""
    lost_where: str = ""
    circumstances: str = ""
    noticed_at: str = ""
    reported_at: str = ""
    measures: str = ""
    revocation_number: str = ""
    revocation_on: date | None = None
    signer: Signer = UNSIGNED


def compose(
    data: LossMinutes, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The minutes, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    listed = device_table(
        data.lines,
        text,
        setter,
        blanks,
        required=frozenset({"certificate_name", "certificate_serial", "device_serial"}),
    )
    if not data.lines:
        blanks.note("Danh sách chưa có thiết bị nào.")
    body = [
        *grounds(text, setter),
        *setter.paragraph(opening(data.at_time, data.held_on, data.place, text, blanks)),
        *party_pieces(text["agency"], data.managing, text, setter, blanks, who="Cơ quan"),
        *_subscriber(data, text, setter, blanks),
        *setter.heading(
            text["list_title"], setter.kept(setter.paragraph(text["agreement"]), listed)
        ),
        *_facts(data, text, setter, blanks),
        *_measures(data, text, setter, blanks),
        *commitments(text, setter),
        *setter.paragraph(_sending(data, text)),
    ]
    return record_paper(data, text, body, _blocks(data, text, blanks))


def _subscriber(
    data: LossMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    is_body = bool(clean(data.subscriber.body))
    pieces = party_pieces(
        text["subscriber"],
        data.subscriber,
        text,
        setter,
        blanks,
        who="Thuê bao",
        is_body=is_body,
        details=("official_email",) if is_body else ("citizen_id", "workplace", "official_email"),
    )
    if is_body:
        code = blanks.fill(data.tax_code, "Thuê bao: chưa có mã số thuế.")
        pieces += setter.paragraph(f"{text['tax_code']}: {code}")
    return pieces


def _facts(data: LossMinutes, text: FormText, setter: PaperSetter, blanks: Blanks) -> list[Piece]:
    lines: list[Piece] = []
    for key, told in _FACTS:
        value = blanks.fill(getattr(data, key), f"Chưa có {told}.")
        lines += setter.paragraph(text[key].format(value=value))
    return setter.heading(text["facts_title"], lines)


def _measures(
    data: LossMinutes, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    lines: list[Piece] = []
    if measures := clean(data.measures):
        lines += setter.paragraph(text["measures"].format(value=measures))
    number = blanks.fill(
        data.revocation_number, "Chưa có số công văn đề nghị thu hồi (Mẫu số 05).", SHORT_DOTS
    )
    day = blanks.fill(
        short_date(data.revocation_on), "Chưa có ngày công văn đề nghị thu hồi (Mẫu số 05)."
    )
    lines += setter.paragraph(text["revocation"].format(number=number, day=day))
    return setter.heading(text["measures_title"], lines)


def _sending(data: LossMinutes, text: FormText) -> str:
    if data.medium is Medium.DIGITAL:
        return text["sending_digital"].format(authority=text["authority"])
    return text["sending"].format(copies=counted(data.copies), authority=text["authority"])


def _blocks(data: LossMinutes, text: FormText, blanks: Blanks) -> tuple[SignatureBlock, ...]:
    titles = data.signer.lines
    if not titles:
        titles = (blanks.fill("", "Chưa có quyền hạn, chức vụ của người ký."),)
    return (
        SignatureBlock(
            "subscriber",
            (text["subscriber_signs"],),
            data.subscriber.signer_name,
            text["hint"],
            name_required=False,
        ),
        SignatureBlock("signer", titles, data.signer.name, text["hint_agency"], sealed=True),
    )


def draw(data: LossMinutes, words: FormText | None = None) -> DrawnLetter:
    """Draw Mẫu 09. Anchors (digital): "number", "subscriber", "signer", "signer_seal". Raises
    FontsMissing, TooLarge.
    """
    return minutes.draw(data, lambda setter, blanks: compose(data, setter, blanks, words))
