"""Head, titles and closing of letters and papers for Word: borderless tables and short rules."""

from collections.abc import Sequence
from dataclasses import replace

from letters import fonts
from letters.blanks import DOTS, SHORT_DOTS
from letters.closing import receivers
from letters.dates import long_date
from letters.decree30 import (
    AGENCY_RULE_SHARE,
    AGENCY_SIZE,
    BODY_SIZE,
    DATE_SIZE,
    DISTRIBUTION_SIZE,
    DISTRIBUTION_TITLE_SIZE,
    MOTTO,
    MOTTO_SIZE,
    NATION,
    NATION_SIZE,
    NUMBER_SIZE,
    SIGNATURE_HEIGHT_MM,
    SIGNER_SIZE,
    SUBJECT_SIZE,
    SUBJECT_SPACE,
    Distribution,
    Sheet,
    Signer,
    mm,
)
from letters.fonts import Face
from letters.head import Head
from letters.paper import Paper, PaperHead, SideBySide, SignatureBlock
from letters.paper_page import REMARK_SIZE
from letters.signature_blocks import HINT_SIZE, ROOM_MM, title_lines
from letters.signature_blocks import SPACE_BEFORE as SIGNATURE_SPACE
from letters.text import balance, clean
from letters.word.xml import NOTHING, Paragraph, Run, cell, paragraph, row, table


def line(
    text: str, size: float, *, bold: bool = False, italic: bool = False, before: float = 0.0
) -> Paragraph:
    """A centred line that stays with the next."""
    return Paragraph(
        runs=(Run(clean(text), bold, italic),),
        size=size,
        align="center",
        space_before=before,
        keep_next=True,
    )


def rule(length: float, width: float) -> Paragraph:
    """A short rule in the middle of `width`."""
    side = max((width - length) / 2, 0.0)
    return Paragraph(
        size=2.0, exactly=6.0, left=side, right=side, rule_over=True, space_before=1.0,
        keep_next=True,
    )  # fmt: skip


def _rule_under(lines: Sequence[str], size: float, width: float) -> Paragraph:
    """A rule of 1/3 to 1/2 of the last line, as on the page."""
    bold = fonts.load().bold
    widths = [bold.width(each) * size for each in lines]
    wanted = max(widths) * AGENCY_RULE_SHARE
    return rule(max(min(wanted, widths[-1] / 2), widths[-1] / 3), width)


def _nation(width: float) -> list[Paragraph]:
    motto = fonts.load().bold.width(MOTTO) * MOTTO_SIZE
    return [
        line(NATION, NATION_SIZE, bold=True),
        line(MOTTO, MOTTO_SIZE, bold=True),
        rule(motto, width),
    ]


def _agency(head: PaperHead, width: float) -> list[Paragraph]:
    bold, kept = fonts.load().bold, width - Head.GUTTER
    made = [line(each, AGENCY_SIZE) for each in head.parent_agency.split("\n") if clean(each)]
    last: list[str] = []
    for each in (head.agency or DOTS).split("\n"):
        last = balance(clean(each), bold, AGENCY_SIZE, kept)
        made += [line(part, AGENCY_SIZE, bold=True) for part in last]
    return [*made, _rule_under(last, AGENCY_SIZE, width)]


def head_table(head: PaperHead, sheet: Sheet, subject: str = "") -> str:
    """Boxes 1 to 5b. Number and date are dots for whoever finishes in Word."""
    if head.agency is None:
        return "".join(map(paragraph, _nation(sheet.text_width)))
    left = sheet.text_width * Head.LEFT_SHARE
    right = sheet.text_width - left
    rows = [row(_cells([_agency(head, left), _nation(right)], (left, right)))]
    lower_left: list[Paragraph] = []
    lower_right: list[Paragraph] = []
    if head.symbol is not None:
        symbol = clean(head.symbol).removeprefix("/") or SHORT_DOTS
        number = clean(head.number) or SHORT_DOTS
        lower_left.append(line(f"Số: {number}/{symbol}", NUMBER_SIZE, before=4.0))
    if subject:
        lower_left.append(line(f"V/v {subject}", SUBJECT_SIZE, before=SUBJECT_SPACE))
    if head.place is not None:
        place = clean(head.place) or DOTS
        shown = f"{place}, {long_date(None)}"
        lower_right.append(line(shown, DATE_SIZE, italic=True, before=4.0))
    if lower_left or lower_right:
        rows.append(row(_cells([lower_left, lower_right], (left, right))))
    return table((left, right), rows, ruled=False)


def _cells(
    parts: Sequence[Sequence[Paragraph]], widths: Sequence[float], span: int = 1
) -> list[str]:
    return [
        cell("".join(map(paragraph, part or [NOTHING])), width, span=span, middle=False)
        for part, width in zip(parts, widths, strict=True)
    ]


def addressees(names: Sequence[str], sheet: Sheet, before: float) -> list[Paragraph]:
    """Box 9a: one name on the line of the call, several below it with dashes."""
    if len(names) == 1:
        return [line(f"Kính gửi: {clean(names[0])}", BODY_SIZE, before=before)]
    face, size = fonts.load().regular, BODY_SIZE
    ends = [";"] * (len(names) - 1) + ["."]
    shown = [f"- {clean(name).rstrip(' ;.')}{end}" for name, end in zip(names, ends, strict=True)]
    colon, dash = face.width("Kính gửi") * size, face.width("- ") * size
    widest = min(max(face.width(each) for each in shown) * size, sheet.text_width - colon)
    start = max((sheet.text_width - colon - widest) / 2, 0.0)
    call = Paragraph(
        runs=(Run("Kính gửi:"),), size=size, align="left", left=start, space_before=before,
        keep_next=True,
    )  # fmt: skip
    return [
        call,
        *(
            Paragraph(
                runs=(Run(each),),
                size=size,
                align="left",
                left=start + colon + dash,
                first_indent=-dash,
                space_before=2.0,
                keep_next=True,
            )
            for each in shown
        ),
    ]


def paper_titles(paper: Paper) -> str:
    """Name of the type, title with its rule, authority, addressees, the remark of a sample."""
    sheet, bold = paper.sheet, fonts.load().bold
    made = [line(paper.kind, BODY_SIZE, bold=True, before=14.0)]
    if title := clean(paper.title):
        lines = balance(title, bold, BODY_SIZE, sheet.text_width * 0.9)
        # One paragraph, so that it reads as one title; the side indents balance its lines.
        widest = max(bold.width(each) for each in lines) * BODY_SIZE * 1.02
        side = max((sheet.text_width - widest) / 2, 0.0) if len(lines) > 1 else 0.0
        made.append(replace(line(title, BODY_SIZE, bold=True, before=2.0), left=side, right=side))
        if paper.ruled:
            made.append(_rule_under(lines, BODY_SIZE, sheet.text_width))
    if authority := clean(paper.authority):
        made.append(line(authority, BODY_SIZE, bold=True, before=10.0))
    if paper.addressees:
        made += addressees(paper.addressees, sheet, 12.0)
        made[-1] = replace(made[-1], space_after=6.0)
    if remark := clean(paper.remark):
        made.append(line(remark, REMARK_SIZE, italic=True, before=2.0))
    return "".join(map(paragraph, made))


def _room(height: float) -> Paragraph:
    return Paragraph(size=8.0, exactly=height, keep_next=True)


def issued(signer: Signer, distribution: Distribution, seal_mm: float, sheet: Sheet) -> str:
    """Boxes 7 to 9b: "Nơi nhận" left, the signer right, on a level."""
    right = min(sheet.text_width * 0.53, mm(95))
    left = sheet.text_width - right
    dash = fonts.load().regular.width("- ") * DISTRIBUTION_SIZE
    list_of = [
        replace(
            line("Nơi nhận:", DISTRIBUTION_TITLE_SIZE, bold=True, italic=True), align="left"
        ),
        *(
            Paragraph(
                runs=(Run(f"- {entry}"),), size=DISTRIBUTION_SIZE, align="left", left=dash,
                first_indent=-dash, keep_next=True,
            )
            for entry in receivers(distribution)
        ),
    ]  # fmt: skip
    titles = [each for each in map(clean, signer.lines) if each] or [DOTS]
    names = [clean(signer.other_post), clean(signer.name) or DOTS]
    sign = [
        *(line(each, SIGNER_SIZE, bold=True) for each in titles),
        _room(mm(max(seal_mm, SIGNATURE_HEIGHT_MM))),
        *(line(each, SIGNER_SIZE, bold=True) for each in names if each),
    ]
    space = paragraph(Paragraph(size=2.0, exactly=12.0, keep_next=True))
    return space + table((left, right), [row(_cells([list_of, sign], (left, right)))], ruled=False)


def side_by_side(closing: SideBySide, sheet: Sheet) -> str:
    """Signature blocks: a row each for titles, room and names, so that they stand on a level."""
    columns = closing.columns
    width = sheet.text_width / columns
    made: list[str] = []
    for at in range(0, len(closing.blocks), columns):
        part: list[SignatureBlock | None] = list(closing.blocks[at : at + columns])
        missing = [None] * (columns - len(part))
        part = [*missing, *part] if len(part) == 1 else [*part, *missing]
        if at:
            made.append(row(_cells([[_room(SIGNATURE_SPACE)] for _ in part], [width] * columns)))
        made += _signature_rows(part, closing, [width] * columns)
    space = paragraph(Paragraph(size=2.0, exactly=SIGNATURE_SPACE, keep_next=True))
    return space + table([width] * columns, made, ruled=False)


def _signature_rows(
    blocks: Sequence[SignatureBlock | None], closing: SideBySide, widths: Sequence[float]
) -> list[str]:
    def each(show: str) -> list[list[Paragraph]]:
        return [_signature_part(block, show) if block else [] for block in blocks]

    real = [block for block in blocks if block]
    room = mm(closing.seal_mm if any(block.sealed for block in real) else ROOM_MM)
    if any(clean(block.hint) for block in real):
        room -= HINT_SIZE * Face.LINE  # A pen needs less than a picture.
    rows = [
        row(_cells([above], [sum(widths)], span=len(widths))) for above in each("above") if above
    ]
    rows.append(row(_cells(each("titles"), widths)))
    rows.append(row(_cells([[_room(room)] for _ in blocks], widths)))
    rows.append(row(_cells(each("name"), widths)))
    return rows


def _signature_part(block: SignatureBlock, show: str) -> list[Paragraph]:
    if show == "above":
        shown = replace(line(block.above, DATE_SIZE, italic=True), align="right")
        return [shown] if clean(block.above) else []
    if show == "name":
        return [line(block.name, SIGNER_SIZE, bold=True)] if clean(block.name) else []
    made = [line(title, SIGNER_SIZE, bold=True) for title in title_lines(block)]
    hint = [line(block.hint, HINT_SIZE, italic=True)] if clean(block.hint) else []
    return [*made, *hint]
