"""Báo cáo sự cố: first measures, report, cause and prevention (Tuyên Quang Điều 11 khoản 3).

The regulation names the three duties and prescribes no form; the layout is that of a báo cáo of
decree 30/2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from letters import paper_page, prescribed
from letters.blanks import Blanks
from letters.decree30 import (
    PORTRAIT,
    SEAL_DIAMETER_MM,
    Distribution,
    DrawnLetter,
    Medium,
    Sheet,
    Signer,
)
from letters.flow import Piece
from letters.paper import Issued, Paper, PaperHead, PaperSetter
from letters.parties import NONE, UNSIGNED, DeviceLine, device_table
from letters.prescribed import FormText
from letters.text import clean

_VALUE = frozenset({"value"})
TEXT = prescribed.load(
    "bao_cao_su_co.toml",
    {
        **dict.fromkeys(
            "kind title facts_title devices measures_title cooperation_title cause_title "
            "prevention_title proposal_title".split(),
            NONE,
        ),
        **dict.fromkeys(
            "kind_of_incident happened_at noticed_at reported_at description impact".split(),
            _VALUE,
        ),
        "opening": frozenset({"basis", "agency"}),
        "opening_plain": frozenset({"agency"}),
        "person": frozenset({"name", "position"}),
        "recurrence": frozenset({"count"}),
        "closing": frozenset({"agency"}),
    },
)

FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """One incident. `basis` is the provision that asks for the report, as it shall be read; empty
    where the agency's regulation asks for none. Texts of several paragraphs are tuples.

    `causes` and `preventions` may come later than the first report: then they are dots, and told.
    """

    parent_agency: str = ""
    agency: str = ""
    agency_name: str = ""
    symbol: str = ""
    number: str = ""
    place: str = ""
    addressees: tuple[str, ...] = ()
    basis: str = ""
    incident: str = ""
    happened_at: str = ""
    noticed_at: str = ""
    reported_at: str = ""
    subscriber: str = ""
    subscriber_position: str = ""
    description: str = ""
    impact: str = ""
    lines: tuple[DeviceLine, ...] = ()
    measures: tuple[str, ...] = ()
    cooperation: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    preventions: tuple[str, ...] = ()
    recurrences: int | None = None
    proposals: tuple[str, ...] = ()
    signer: Signer = UNSIGNED
    copies_to: tuple[str, ...] = ()
    drafted_by: str = ""
    medium: Medium = Medium.DIGITAL
    remark: str = ""
    seal_mm: float = SEAL_DIAMETER_MM

    @property
    def sheet(self) -> Sheet:
        """Always upright."""
        return PORTRAIT


def compose(
    data: IncidentReport, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The report, set by `setter`; `words` replaces the words of the file."""
    text = words or TEXT
    agency = blanks.fill(data.agency_name, "Chưa có tên cơ quan, tổ chức để ghi trong văn bản.")
    basis = clean(data.basis)
    first = (
        text["opening"].format(basis=basis, agency=agency)
        if basis
        else text["opening_plain"].format(agency=agency)
    )
    body = [
        *setter.paragraph(first),
        *_facts(data, text, setter, blanks),
        *_part("measures_title", data.measures, "biện pháp xử lý ban đầu", text, setter, blanks),
        *_part(
            "cooperation_title", data.cooperation, "việc báo cáo, phối hợp", text, setter, blanks
        ),
        *_part("cause_title", data.causes, "nguyên nhân sự cố", text, setter, blanks),
        *_prevention(data, text, setter, blanks),
        *_proposals(data, text, setter),
        *setter.paragraph(text["closing"].format(agency=agency)),
    ]
    addressees = data.addressees or (blanks.fill("", "Chưa có nơi nhận báo cáo."),)
    return Paper(
        head=PaperHead.issued(data, "BC"),
        kind=text["kind"],
        title=text["title"],
        addressees=addressees,
        body=body,
        closing=Issued(
            data.signer, Distribution(data.copies_to, data.drafted_by), seal_mm=data.seal_mm
        ),
        medium=data.medium,
        sheet=data.sheet,
        remark=data.remark,
    )


def _facts(
    data: IncidentReport, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    values = (
        ("kind_of_incident", data.incident, "loại sự cố"),
        ("happened_at", data.happened_at, "thời gian xảy ra sự cố"),
        ("noticed_at", data.noticed_at, "thời điểm phát hiện sự cố"),
        ("reported_at", data.reported_at, "thời điểm thuê bao báo cáo"),
        ("description", data.description, "mô tả sự cố"),
        ("impact", data.impact, "phạm vi ảnh hưởng"),
    )
    lines: list[Piece] = []
    for key, value, told in values:
        shown = blanks.fill(value, f"Chưa có {told}.")
        lines += setter.paragraph(text[key].format(value=shown))
    if name := clean(data.subscriber):
        position = blanks.fill(data.subscriber_position, "Thuê bao: chưa có chức vụ.")
        lines += setter.paragraph(text["person"].format(name=name, position=position))
    if data.lines:
        listed = device_table(
            data.lines, text, setter, blanks, required=frozenset({"device_serial"})
        )
        lines += setter.kept(setter.paragraph(text["devices"]), listed)
    return setter.heading(text["facts_title"], lines)


def _part(
    title: str,
    sentences: Sequence[str],
    told: str,
    text: FormText,
    setter: PaperSetter,
    blanks: Blanks,
) -> list[Piece]:
    shown = [line for line in map(clean, sentences) if line]
    lines = [
        piece
        for line in shown or [blanks.fill("", f"Chưa có {told}.")]
        for piece in setter.paragraph(line)
    ]
    return setter.heading(text[title], lines)


def _prevention(
    data: IncidentReport, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    told = "biện pháp phòng ngừa tái diễn"
    pieces = _part("prevention_title", data.preventions, told, text, setter, blanks)
    if data.recurrences is not None:
        pieces += setter.paragraph(text["recurrence"].format(count=f"{data.recurrences:02}"))
    return pieces


def _proposals(data: IncidentReport, text: FormText, setter: PaperSetter) -> list[Piece]:
    lines = [
        piece for line in map(clean, data.proposals) if line for piece in setter.paragraph(line)
    ]
    return setter.heading(text["proposal_title"], lines) if lines else []


def draw(data: IncidentReport, words: FormText | None = None) -> DrawnLetter:
    """Draw the report. Anchors (digital): "number", "date", "signature", "seal". Raises
    FontsMissing, TooLarge.
    """
    return paper_page.draw_paper(
        lambda setter, blanks: compose(data, setter, blanks, words), data.sheet
    )
