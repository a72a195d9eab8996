"""Báo cáo of an agency on how it manages and uses digital signatures, for a year or any period.

No form was found (legal.md 7.3): layout INFERRED, that of a báo cáo of decree 30/2020.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from labels import label
from letters import paper_page, prescribed
from letters.blanks import Blanks
from letters.dates import long_date
from letters.decree30 import PORTRAIT, Distribution, DrawnLetter, Medium, Sheet, Signer, mm
from letters.flow import Piece
from letters.paper import Issued, LogWitness, Paper, PaperHead, PaperSetter
from letters.parties import NONE, UNSIGNED
from letters.prescribed import FormText
from letters.table import Column
from letters.text import clean
from rules.reports import Figure, Section, signed_share

_VALUE = frozenset({"value"})
TEXT = prescribed.load(
    "bao_cao_nam.toml",
    {
        **dict.fromkeys(
            "kind register_title documents_title training_title safety_title plan_title needs "
            "difficulties_title proposals_title nothing".split(),
            NONE,
        ),
        **dict.fromkeys("inspection security_level plan budget training_needs".split(), _VALUE),
        **dict.fromkeys("trained inspections".split(), frozenset({"count"})),
        "title": frozenset({"period"}),
        "opening": frozenset({"basis", "agency"}),
        "as_of": frozenset({"day"}),
        "documents": frozenset({"out", "signed", "share"}),
        "closing": frozenset({"agency"}),
    },
)

FORM = TEXT.form

_NEEDS = (
    Section.NEED_ORGANISATION,
    Section.NEED_INDIVIDUAL,
    Section.NEED_SYSTEM,
    Section.NEED_RENEWAL,
    Section.NEED_TRAINING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualReport:
    """`period` as it shall be read ("năm 2026"); `as_of` the last day that is counted.

    `sections` holds numbers and texts; what is missing there is told, and stays dots. `basis` is
    what asks for the report, as it shall be read.
    """

    parent_agency: str = ""
    agency: str = ""
    agency_name: str = ""
    symbol: str = ""
    number: str = ""
    place: str = ""
    addressees: tuple[str, ...] = ()
    basis: str = "điểm b khoản 1 Điều 34 Nghị định số 68/2024/NĐ-CP"
    period: str
    as_of: date
    figures: Mapping[Figure, int]
    sections: Mapping[Section, int | str] = field(default_factory=dict)
    signer: Signer = UNSIGNED
    copies_to: tuple[str, ...] = ()
    drafted_by: str = ""
    medium: Medium = Medium.DIGITAL
    witness: LogWitness | None = None
    remark: str = ""

    @property
    def sheet(self) -> Sheet:
        """Always upright."""
        return PORTRAIT


class _Writer:
    """Sets the parts of one report."""

    def __init__(
        self, data: AnnualReport, text: FormText, setter: PaperSetter, blanks: Blanks
    ) -> None:
        self.data, self.text, self.setter, self.blanks = data, text, setter, blanks

    def shown(self, section: Section) -> str:
        """A value as it is read; dots and a note where nobody typed one."""
        value = self.data.sections.get(section)
        words = "" if value is None else clean(str(value))
        name = label(section)
        return self.blanks.fill(words, f"Chưa ghi: {name[0].lower()}{name[1:]}.")

    def line(self, key: str, **values: str) -> list[Piece]:
        return list(self.setter.paragraph(self.text[key].format(**values)))

    def prose(self, section: Section) -> list[Piece]:
        """Each paragraph that was typed; "Không có." for none."""
        value = self.data.sections.get(section)
        typed = [clean(line) for line in str(value or "").splitlines()]
        lines = [line for line in typed if line] or [self.text["nothing"]]
        return [piece for line in lines for piece in self.setter.paragraph(line)]

    def table(self, rows: Iterable[tuple[str, str]]) -> list[Piece]:
        layout = self.text.table.layouts["portrait"]
        columns = tuple(
            Column(self.text[f"column_{name}"], mm(width), name in self.text.table.centred)
            for name, width in zip(self.text.table.columns, layout.widths, strict=True)
        )
        numbered = [(str(row), what, count) for row, (what, count) in enumerate(rows, start=1)]
        return list(self.setter.table(columns, layout.size).pieces(numbered))

    def parts(self) -> list[Piece]:
        """Everything between the opening and the closing."""
        counted = [(label(one), str(self.data.figures.get(one, 0))) for one in Figure]
        needs = [(label(section), self.shown(section)) for section in _NEEDS]
        as_of = self.line("as_of", day=long_date(self.data.as_of))
        return [
            *self._part("register_title", self.setter.kept(as_of, self.table(counted))),
            *self._part("documents_title", self._documents()),
            *self._part(
                "training_title",
                [
                    *self.line("trained", count=self.shown(Section.TRAINED)),
                    *self.prose(Section.TRAINING_HELD),
                ],
            ),
            *self._part("safety_title", self._safety()),
            *self._part(
                "plan_title",
                [
                    *self.line("plan", value=self.shown(Section.PLAN)),
                    *self.line("budget", value=self.shown(Section.BUDGET)),
                    *self.line("training_needs", value=self.shown(Section.TRAINING_NEEDS)),
                    *self.setter.kept(self.line("needs"), self.table(needs)),
                ],
            ),
            *self._part("difficulties_title", self.prose(Section.DIFFICULTIES)),
            *self._part("proposals_title", self.prose(Section.PROPOSALS)),
        ]

    def _part(self, title: str, following: Sequence[Piece]) -> list[Piece]:
        return list(self.setter.heading(self.text[title], following))

    def _documents(self) -> list[Piece]:
        out = self.data.sections.get(Section.DOCUMENTS_OUT)
        signed = self.data.sections.get(Section.DOCUMENTS_SIGNED)
        share = signed_share(
            out if isinstance(out, int) else None, signed if isinstance(signed, int) else None
        )
        return self.line(
            "documents",
            out=self.shown(Section.DOCUMENTS_OUT),
            signed=self.shown(Section.DOCUMENTS_SIGNED),
            share=share or "…",
        )

    def _safety(self) -> list[Piece]:
        return [
            *self.line("inspections", count=self.shown(Section.INSPECTIONS)),
            *self.line("inspection", value=self.shown(Section.INSPECTION)),
            *self.line("security_level", value=self.shown(Section.SECURITY_LEVEL)),
        ]


def compose(
    data: AnnualReport, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The report, set by `setter`; `words` replaces the words of the file."""
    text = words or TEXT
    agency = blanks.fill(data.agency_name, "Chưa có tên cơ quan, tổ chức để ghi trong báo cáo.")
    opening = text["opening"].format(basis=clean(data.basis), agency=agency)
    return Paper(
        head=PaperHead.issued(data, "BC"),
        kind=text["kind"],
        title=text["title"].format(period=clean(data.period)),
        addressees=data.addressees or (blanks.fill("", "Chưa có nơi nhận báo cáo."),),
        body=[
            *setter.paragraph(opening),
            *_Writer(data, text, setter, blanks).parts(),
            *setter.paragraph(text["closing"].format(agency=agency)),
        ],
        closing=Issued(data.signer, Distribution(data.copies_to, data.drafted_by)),
        medium=data.medium,
        sheet=data.sheet,
        witness=data.witness,
        remark=data.remark,
    )


def draw(data: AnnualReport, words: FormText | None = None) -> DrawnLetter:
    """Draw the report. Anchors (digital): "number", "date", "signature", "seal". Raises
    FontsMissing, TooLarge.
    """
    return paper_page.draw_paper(
        lambda setter, blanks: compose(data, setter, blanks, words), data.sheet
    )


def made_up() -> AnnualReport:
    """A report of an office that does not exist, for the sample."""
    made: Mapping[str, Any] = {
        "parent_agency": "UBND TỈNH THỬ NGHIỆM",
        "agency": "ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
        "agency_name": "Ủy ban nhân dân xã Thử Nghiệm A",
        "symbol": "UBND",
        "place": "Thử Nghiệm A",
        "addressees": ("Sở Khoa học và Công nghệ tỉnh Thử Nghiệm",),
        "signer": Signer(("CHỦ TỊCH",), "Ngô Thị Bịa Đặt"),
        "drafted_by": "VP",
    }
    return AnnualReport(
        **made,
        period="năm 2026",
        as_of=date(2026, 12, 31),
        figures={figure: number for number, figure in enumerate(Figure, start=1)},
        sections={
            Section.DOCUMENTS_OUT: 1200,
            Section.DOCUMENTS_SIGNED: 1188,
            Section.NEED_INDIVIDUAL: 4,
            Section.NEED_RENEWAL: 12,
            Section.NEED_TRAINING: 20,
            Section.TRAINED: 18,
            Section.INSPECTIONS: 2,
            Section.PLAN: "Kế hoạch số 00/KH-UBND (dữ liệu giả)",
            Section.DIFFICULTIES: "Máy tính của một số bộ phận đã cũ (dữ liệu giả).",
        },
    )
