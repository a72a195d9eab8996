"""Giấy nhắc: what a subscriber has to do, printed for those who do not use the program.

Several people make one file, each notice on a sheet of its own. No citizen id, no PIN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from letters import paper_page, prescribed
from letters.blanks import Blanks
from letters.dates import long_date
from letters.decree30 import PORTRAIT, DrawnLetter, Medium, Sheet
from letters.flow import Piece
from letters.paper import (
    PAPER_SIZE,
    LogWitness,
    Paper,
    PaperHead,
    PaperSetter,
    SideBySide,
    SignatureBlock,
)
from letters.parties import NOBODY, NONE, Person
from letters.prescribed import FormText
from letters.text import clean

TEXT = prescribed.load(
    "giay_nhac.toml",
    {
        **dict.fromkeys(
            "kind title contact_title pin ending receiver_signs sender_signs hint "
            "hint_receiver".split(),
            NONE,
        ),
        "opening": frozenset({"agency", "day"}),
        "task": frozenset({"row", "what", "due"}),
        "task_overdue": frozenset({"row", "what", "due"}),
        "ground": frozenset({"ground"}),
        "how": frozenset({"how"}),
        "contact": frozenset({"name", "position", "phone", "email"}),
    },
)

FORM = TEXT.form


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `what` without a full stop ("Nộp phiếu đề nghị gia hạn chứng thư số …");
    `ground` the provision as it shall be read, empty for a rule of the program.
    """

    what: str
    due_on: date
    ground: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderNotice:
    """The notice to one subscriber, as things stood `on` that day; `contact` is the focal point."""

    parent_agency: str = ""
    agency: str = ""
    agency_name: str = ""
    on: date
    to: Person = NOBODY
    tasks: tuple[Task, ...] = ()
    contact: Person = NOBODY
    witness: LogWitness | None = None
    remark: str = ""

    @property
    def sheet(self) -> Sheet:
        """Always upright."""
        return PORTRAIT


def compose(
    data: ReminderNotice, setter: PaperSetter, blanks: Blanks, words: FormText | None = None
) -> Paper:
    """The notice, set by `setter`; `words` replaces the words of the file."""
    text, setter = words or TEXT, setter.sized(PAPER_SIZE)
    agency = blanks.fill(data.agency_name, "Chưa có tên cơ quan, tổ chức để ghi trong giấy nhắc.")
    name = blanks.fill(data.to.full_name, "Chưa có họ và tên người nhận giấy nhắc.")
    position = clean(data.to.position)
    body = [
        *setter.paragraph(text["opening"].format(agency=agency, day=long_date(data.on))),
        *_tasks(data, text, setter, blanks),
        *setter.paragraph(text["pin"]),
        *_contact(data.contact, text, setter, blanks),
        *setter.paragraph(text["ending"]),
    ]
    return Paper(
        head=PaperHead(agency=data.agency, parent_agency=data.parent_agency, symbol=None),
        kind=text["kind"],
        title=text["title"],
        addressees=(f"Ông (bà) {name}" + (f", {position}" if position else ""),),
        body=body,
        closing=SideBySide(
            (
                SignatureBlock("receiver", (text["receiver_signs"],), name, text["hint_receiver"]),
                SignatureBlock(
                    "sender",
                    (text["sender_signs"],),
                    data.contact.full_name,
                    text["hint"],
                    name_required=False,
                ),
            )
        ),
        medium=Medium.WET,
        sheet=data.sheet,
        witness=data.witness,
        remark=data.remark,
    )


def _tasks(
    data: ReminderNotice, text: FormText, setter: PaperSetter, blanks: Blanks
) -> list[Piece]:
    if not data.tasks:
        blanks.note("Giấy nhắc chưa có việc cần làm.")
    pieces: list[Piece] = []
    for row, task in enumerate(data.tasks, start=1):
        key = "task_overdue" if task.due_on < data.on else "task"
        what = clean(task.what).rstrip(" .;,")
        first = setter.paragraph(text[key].format(row=row, what=what, due=long_date(task.due_on)))
        rest: list[Piece] = []
        if ground := clean(task.ground):
            rest += setter.paragraph(text["ground"].format(ground=ground.rstrip(" .")))
        if how := clean(task.how):
            rest += setter.paragraph(text["how"].format(how=how))
        pieces += setter.kept(first, rest) if rest else first
    return pieces


def _contact(person: Person, text: FormText, setter: PaperSetter, blanks: Blanks) -> list[Piece]:
    shown = text["contact"].format(
        name=blanks.fill(person.full_name, "Đầu mối: chưa có họ và tên."),
        position=blanks.fill(person.position, "Đầu mối: chưa có chức vụ."),
        phone=blanks.fill(person.mobile_phone, "Đầu mối: chưa có số điện thoại."),
        email=blanks.fill(person.official_email, "Đầu mối: chưa có địa chỉ thư điện tử."),
    )
    return setter.heading(text["contact_title"], setter.paragraph(shown))


def draw(data: ReminderNotice, words: FormText | None = None) -> DrawnLetter:
    """Draw one notice. No anchors: it is printed. Raises FontsMissing, TooLarge."""
    return draw_all((data,), words)


def draw_all(notices: Sequence[ReminderNotice], words: FormText | None = None) -> DrawnLetter:
    """Draw many notices into one file for the printer.

    Raises ValueError for none, FontsMissing, TooLarge.
    """
    composers = [partial(_composed, notice, words) for notice in notices]
    return paper_page.draw_papers(composers)


def _composed(
    notice: ReminderNotice, words: FormText | None, setter: PaperSetter, blanks: Blanks
) -> Paper:
    return compose(notice, setter, blanks, words)
