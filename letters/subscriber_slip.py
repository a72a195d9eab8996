"""Phiếu đề nghị: a subscriber asks the managing agency, which confirms on the same sheet.

Decree 68/2024 prescribes no form for a person; Điều 17 khoản 1 điểm b asks for the subscriber's
written request with the confirmation of the managing agency. No field takes a PIN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from letters import paper_page, prescribed
from letters.blanks import Blanks
from letters.dates import long_date, short_date
from letters.decree30 import PORTRAIT, SEAL_DIAMETER_MM, DrawnLetter, Medium, Sheet
from letters.flow import Piece
from letters.paper import PAPER_SIZE, Paper, PaperHead, PaperSetter, SideBySide, SignatureBlock
from letters.parties import NONE
from letters.prescribed import FormText
from letters.text import clean
from rules.requests import RequestKind

_PERSON = (
    "full_name birth_date citizen_id citizen_id_issued_on citizen_id_issued_by position workplace "
    "mobile_phone official_email"
).split()
_CERTIFICATE = (
    "certificate_name certificate_serial valid_until device_serial device_kind old_serial "
    "sim_network"
).split()
TEXT = prescribed.load(
    "phieu_de_nghi.toml",
    {
        **dict.fromkeys(
            [
                *_PERSON,
                *_CERTIFICATE,
                *(f"title_{kind}" for kind in RequestKind),
                *(f"ask_{kind}" for kind in RequestKind),
                *(
                    "kind person_title certificate_title content_title reason information_before "
                    "information_after promise applicant_signs agency_signs hint hint_agency"
                ).split(),
            ],
            NONE,
        ),
        "date_line": frozenset({"place", "date"}),
    },
)

FORM = TEXT.form

#: What is asked about the certificate, act by act, a paragraph for each row; a field that may be
#: empty has a "?" behind it.
_CERTIFICATE_ROWS = (("certificate_name",), ("certificate_serial", "valid_until"))
_ASKED: Mapping[RequestKind, tuple[tuple[str, ...], ...]] = {
    RequestKind.ISSUANCE: (("old_serial?",), ("device_kind", "sim_network?")),
    RequestKind.RENEWAL: (*_CERTIFICATE_ROWS, ("device_serial?",)),
    RequestKind.AMENDMENT: _CERTIFICATE_ROWS,
    RequestKind.REVOCATION: (
        ("certificate_name",),
        ("certificate_serial",),
        ("device_serial", "device_kind"),
    ),
    RequestKind.UNLOCK: (("certificate_name",), ("device_serial", "device_kind")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberSlip:
    """One subscriber's request. `to` is the managing agency in sentence case, `agency_titles` the
    post of who confirms ("CHỦ TỊCH"), both of whom may be unknown yet.

    `written_on` None leaves the day to the pen.
    """

    kind: RequestKind
    to: str = ""
    place: str = ""
    written_on: date | None = None
    full_name: str = ""
    birth_date: date | None = None
    citizen_id: str = ""
    citizen_id_issued_on: date | None = None
    citizen_id_issued_by: str = ""
    position: str = ""
    workplace: str = ""
    mobile_phone: str = ""
    official_email: str = ""
    certificate_name: str = ""
    certificate_serial: str = ""
    valid_until: date | None = None
    device_serial: str = ""
    device_kind: str = ""
    old_serial: str = ""
    sim_network: str = ""
    reason: str = ""
    information_before: str = ""
    information_after: str = ""
    confirmed_by: str = ""
    agency_titles: tuple[str, ...] = ()
    medium: Medium = Medium.WET
    remark: str = ""
    seal_mm: float = SEAL_DIAMETER_MM

    @property
    def sheet(self) -> Sheet:
        """Always upright."""
        return PORTRAIT


def _field(
    data: SubscriberSlip, name: str, text: FormText, blanks: Blanks, *, optional: bool = False
) -> str:
    """ "Chức vụ: …", or nothing for an optional field without a value."""
    raw = getattr(data, name)
    value = short_date(raw) if isinstance(raw, date) else clean(raw or "")
    if optional and not value:
        return ""
    label = text[name]
    told = f"Chưa có {label[0].lower()}{label[1:]}."
    return f"{label}: {blanks.fill(value, told)}"


def _rows(
    data: SubscriberSlip,
    rows: Sequence[Sequence[str]],
    text: FormText,
    setter: PaperSetter,
    blanks: Blanks,
) -> list[Piece]:
    """Fields that belong together stand in one paragraph."""
    pieces: list[Piece] = []
    for row in rows:
        shown = [
            _field(data, name.rstrip("?"), text, blanks, optional=name.endswith("?"))
            for name in row
        ]
        if line := "; ".join(part for part in shown if part):
            pieces += setter.paragraph(line)
    return pieces


def _content(
    data: SubscriberSlip, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    lines = setter.paragraph(text[f"ask_{data.kind}"])
    rows: list[tuple[str, ...]] = []
    if data.kind is RequestKind.AMENDMENT:
        rows += [("information_before",), ("information_after",)]
    required = data.kind in {RequestKind.REVOCATION, RequestKind.AMENDMENT}
    rows.append(("reason",) if required else ("reason?",))
    lines += _rows(data, rows, text, setter, blanks)
    return setter.heading(text["content_title"], lines)


def compose(
    data: SubscriberSlip, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The slip, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    person = (
        ("full_name", "birth_date"),
        ("citizen_id", "citizen_id_issued_on"),
        ("citizen_id_issued_by",),
        ("position",),
        ("workplace",),
        ("mobile_phone", "official_email"),
    )
    about = _rows(data, _ASKED[data.kind], text, setter, blanks)
    to = blanks.fill(data.to, "Chưa có tên cơ quan, tổ chức quản lý trực tiếp.")
    body = [
        *setter.heading(text["person_title"], _rows(data, person, text, setter, blanks)),
        *setter.heading(text["certificate_title"], about),
        *_content(data, text, setter, blanks),
        *setter.paragraph(text["promise"]),
    ]
    return Paper(
        head=PaperHead(agency=None, symbol=None),
        kind=text["kind"],
        title=text[f"title_{data.kind}"],
        ruled=False,
        addressees=(to,),
        body=body,
        closing=SideBySide(_blocks(data, text, blanks), seal_mm=data.seal_mm),
        medium=data.medium,
        sheet=data.sheet,
        remark=data.remark,
    )


def _blocks(data: SubscriberSlip, text: FormText, blanks: Blanks) -> tuple[SignatureBlock, ...]:
    place = blanks.fill(data.place, "Chưa có địa danh ghi trên phiếu.")
    return (
        SignatureBlock(
            "agency",
            (text["agency_signs"], *data.agency_titles),
            data.confirmed_by,
            text["hint_agency"],
            sealed=True,
            name_required=False,
        ),
        SignatureBlock(
            "applicant",
            (text["applicant_signs"],),
            data.full_name,
            text["hint"],
            above=text["date_line"].format(place=place, date=long_date(data.written_on)),
            name_required=False,
        ),
    )


def draw(data: SubscriberSlip, words: FormText | None = None) -> DrawnLetter:
    """Draw the slip. Anchors (digital): "applicant", "agency", "agency_seal". Raises
    FontsMissing, TooLarge.
    """
    return paper_page.draw_paper(
        lambda setter, blanks: compose(data, setter, blanks, words), data.sheet
    )
