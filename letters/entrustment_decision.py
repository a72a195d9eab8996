"""Quyết định giao quản lý thiết bị lưu khóa bí mật cho văn thư (Bắc Ninh Điều 18 khoản 3).

An individual decision in the layout of decree 30/2020, Phụ lục III, Mẫu 1.2. With a term it is the
written permission for somebody to stand in for the clerk (decree 30 Điều 32, Thừa Thiên Huế Điều
31 khoản 2). The sentences are ours.
"""

from dataclasses import dataclass, replace
from datetime import date

from letters import paper_page, prescribed
from letters.blanks import Blanks
from letters.dates import long_date
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
from letters.fonts import Style
from letters.numerals import counted
from letters.paper import Issued, Paper, PaperHead, PaperSetter
from letters.parties import NOBODY, NONE, UNSIGNED, DeviceLine, Person, device_table
from letters.prescribed import FormText
from letters.text import clean

_PERSON = frozenset({"name", "position", "agency", "total"})
TEXT = prescribed.load(
    "quyet_dinh_giao_thiet_bi.toml",
    {
        **dict.fromkeys(
            "kind title title_temporary ground_signature ground_clerical decides".split(),
            NONE,
        ),
        "ground_other": frozenset({"ground"}),
        "proposal": frozenset({"proposer"}),
        "article": frozenset({"row"}),
        "entrusts": _PERSON,
        "entrusts_until": _PERSON | {"first", "last"},
        "duties": frozenset({"name"}),
        "replaces": frozenset({"replaced"}),
        "effect": frozenset({"executors", "name"}),
        "first_receiver": frozenset({"row"}),
    },
)

FORM = TEXT.form


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrustmentDecision:
    """Who is entrusted with which devices of the body.

    `authority` in capitals is who decides ("CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ …"). `grounds` are further
    ones without "Căn cứ" and ";" (the body's own powers, the provincial regulation); they stand
    first. `replaces` names the decision that ends. With `until` it is for a term.
    """

    parent_agency: str = ""
    agency: str = ""
    agency_name: str = ""
    symbol: str = ""
    number: str = ""
    place: str = ""
    authority: str = ""
    grounds: tuple[str, ...] = ()
    proposer: str = ""
    clerk: Person = NOBODY
    lines: tuple[DeviceLine, ...] = ()
    since: date | None = None
    until: date | None = None
    replaces: str = ""
    executors: str = ""
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
    data: EntrustmentDecision, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The decision, set by `setter`; `words` replaces the words of the file."""
    text = words or TEXT
    articles = _articles(data, text, setter, blanks)
    first, *rest = setter.centred(text["decides"], Style.BOLD)
    decides = [replace(first, space_before=10.0), *rest]
    body = [
        *_grounds(data, text, setter, blanks),
        *setter.kept(decides, [piece for article in articles for piece in article]),
    ]
    as_article = text["first_receiver"].format(row=len(articles))
    return Paper(
        head=PaperHead.issued(data, "QĐ"),
        kind=text["kind"],
        title=text["title_temporary" if data.until else "title"],
        authority=blanks.fill(data.authority, "Chưa có thẩm quyền ban hành quyết định."),
        body=body,
        closing=Issued(
            data.signer,
            Distribution(data.copies_to, data.drafted_by, as_article),
            seal_mm=data.seal_mm,
        ),
        medium=data.medium,
        sheet=data.sheet,
        remark=data.remark,
    )


def _grounds(
    data: EntrustmentDecision, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    own = [text["ground_other"].format(ground=clean(ground)) for ground in data.grounds]
    proposer = blanks.fill(data.proposer, "Chưa có người đề nghị.")
    lines = [
        *own,
        text["ground_signature"],
        text["ground_clerical"],
        text["proposal"].format(proposer=proposer),
    ]
    return [piece for line in lines for piece in setter.italic(line)]


def _articles(
    data: EntrustmentDecision, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[list[Piece]]:
    name = blanks.fill(data.clerk.full_name, "Chưa có họ và tên người được giao.")
    if not data.lines:
        blanks.note("Danh sách chưa có thiết bị nào.")
    if data.until and not data.since:
        blanks.note("Chưa có ngày bắt đầu giao quản lý thiết bị.")
    first = text["entrusts_until" if data.until else "entrusts"].format(
        name=name,
        position=blanks.fill(data.clerk.position, "Chưa có chức vụ người được giao."),
        agency=blanks.fill(data.agency_name, "Chưa có tên cơ quan, tổ chức trong quyết định."),
        total=counted(len(data.lines)),
        first=long_date(data.since),
        last=long_date(data.until),
    )
    listed = device_table(
        data.lines,
        text,
        setter,
        blanks,
        required=frozenset({"certificate_name", "certificate_serial", "device_serial"}),
    )
    sentences = [text["duties"].format(name=name)]
    if replaced := clean(data.replaces):
        sentences.append(text["replaces"].format(replaced=replaced))
    executors = blanks.fill(data.executors, "Chưa có người chịu trách nhiệm thi hành quyết định.")
    sentences.append(text["effect"].format(executors=executors, name=name))
    articles = [setter.kept(setter.lead(text["article"].format(row=1), first), listed)]
    articles += [
        setter.lead(text["article"].format(row=row), sentence)
        for row, sentence in enumerate(sentences, start=2)
    ]
    return articles


def draw(data: EntrustmentDecision, words: FormText | None = None) -> DrawnLetter:
    """Draw the decision. Anchors (digital): "number", "date", "signature", "seal". Raises
    FontsMissing, TooLarge.
    """
    return paper_page.draw_paper(
        lambda setter, blanks: compose(data, setter, blanks, words), data.sheet
    )
