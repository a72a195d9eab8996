"""The .docx package: styles, sections, page numbers, foot; python-docx holds it together."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Pt

from letters.decree30 import (
    ANNEX_SIZE,
    BODY_SIZE,
    CONTACT_SIZE,
    LANDSCAPE,
    PAGE_NUMBER_SIZE,
    PORTRAIT,
    Annex,
    Letter,
    Medium,
    Sheet,
)
from letters.paper import Issued, Paper, PaperHead, SideBySide
from letters.paper_page import FOOT_SIZE
from letters.text import clean
from letters.word import parts
from letters.word.xml import NOTHING, Paragraph, Run, held, page_field, paragraph, pieces

FONT = "Times New Roman"
_BODY = "word/document.xml"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # The earliest a zip file can say; no clock in letters.
_NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


class Document:
    """One .docx being written."""

    def __init__(self, sheet: Sheet) -> None:
        self._docx = docx.Document()
        self._waiting: dict[str, str] = {}
        self._styles()
        for one in list(self._docx.element.body):
            if one.tag != qn("w:sectPr"):
                self._docx.element.body.remove(one)
        self._page(self._docx.sections[0], sheet)

    def _styles(self) -> None:
        """Times New Roman 14 everywhere, no space of Word's own, Vietnamese."""
        normal = self._docx.styles["Normal"]
        normal.font.name = FONT
        normal.font.size = Pt(BODY_SIZE)
        properties = self._docx.styles.element.find(qn("w:docDefaults"))
        if properties is not None:
            self._docx.styles.element.remove(properties)
        fonts = "".join(f' w:{script}="{FONT}"' for script in ("ascii", "hAnsi", "cs", "eastAsia"))
        defaults = (
            f"<w:docDefaults {_NAMESPACE}><w:rPrDefault><w:rPr><w:rFonts{fonts}/>"
            f'<w:lang w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
            '<w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0"/></w:pPr></w:pPrDefault>'
            "</w:docDefaults>"
        )
        self._docx.styles.element.insert(0, parse_xml(defaults))
        run = normal.element.get_or_add_rPr()
        for script in ("w:cs", "w:eastAsia"):
            run.rFonts.set(qn(script), FONT)

    def _page(self, section: Any, sheet: Sheet) -> None:
        section.orientation = WD_ORIENT.LANDSCAPE if sheet == LANDSCAPE else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Pt(sheet.width), Pt(sheet.height)
        section.left_margin, section.right_margin = Pt(sheet.left), Pt(sheet.right_margin)
        section.top_margin = section.bottom_margin = Pt(sheet.margin_y)
        # The baseline of the page number in the middle of the upper margin, as on the page.
        section.header_distance = Pt(sheet.margin_y / 2 - PAGE_NUMBER_SIZE * 0.55)
        section.footer_distance = Pt(sheet.margin_y / 2 - FOOT_SIZE)
        section.different_first_page_header_footer = True

    def _furniture(self, foot: str, contact: str = "") -> None:
        """Page number from the second page on; the small foot on all; box 13 on the first."""
        section = self._docx.sections[0]
        number = Paragraph(size=PAGE_NUMBER_SIZE, align="center")
        _fill(section.header, paragraph(number, page_field(PAGE_NUMBER_SIZE)))
        _fill(section.first_page_header, paragraph(NOTHING))
        small = Paragraph(runs=(Run(foot),), size=FOOT_SIZE, align="right") if foot else NOTHING
        _fill(section.footer, paragraph(small))
        if contact:
            shown = Paragraph(
                runs=(Run(contact),), size=CONTACT_SIZE, align="center", rule_over=True
            )
            section.footer_distance = section.bottom_margin
            _fill(section.first_page_footer, paragraph(shown))
        else:
            _fill(section.first_page_footer, paragraph(small))

    def _append(self, xml: str) -> None:
        """Text goes in when the package is written: lxml moves elements in quadratic time."""
        mark = f"so-token-{len(self._waiting)}"
        self._docx.add_paragraph(mark)
        self._waiting[f"<w:p><w:r><w:t>{mark}</w:t></w:r></w:p>"] = xml

    def letter(self, letter: Letter) -> None:
        """A công văn with its annexes."""
        head = letter.letterhead
        self._furniture("", clean(letter.contact_line))
        boxes = PaperHead(
            agency=head.agency,
            parent_agency=head.parent_agency,
            symbol=head.symbol,
            place=head.place,
        )
        self._append(
            parts.head_table(boxes, letter.sheet, clean(head.subject))
            + "".join(map(paragraph, parts.addressees(letter.addressees, letter.sheet, 14.0)))
            + pieces(held(letter.body))
            + parts.issued(letter.signer, letter.distribution, letter.seal_mm, letter.sheet)
        )
        self._named("V/v " + head.subject, head.agency)
        for annex in letter.annexes:
            self._annex(annex, letter.medium)
        self._append(paragraph(NOTHING))

    def _annex(self, annex: Annex, medium: Medium) -> None:
        """III.1: portrait, page numbers of its own."""
        section = self._docx.add_section(WD_SECTION.NEW_PAGE)
        _shrink(self._docx.paragraphs[-1])
        self._page(section, PORTRAIT)
        start = parse_xml(f'<w:pgNumType {_NAMESPACE} w:start="1"/>')
        section._sectPr.find(qn("w:pgMar")).addnext(start)
        titles = [
            parts.line("Phụ lục", ANNEX_SIZE, bold=True),
            parts.line(annex.title.upper(), BODY_SIZE, bold=True, before=2.0),
        ]
        if medium is Medium.WET and annex.attached_to:
            titles.append(parts.line(annex.attached_to, BODY_SIZE, italic=True, before=2.0))
        self._append("".join(map(paragraph, titles)) + pieces(annex.pieces))

    def paper(self, paper: Paper) -> None:
        """Minutes, a decision, a report, a slip, a register."""
        self._furniture(clean(paper.foot))
        closing = ""
        if isinstance(paper.closing, Issued):
            one = paper.closing
            closing = parts.issued(one.signer, one.distribution, one.seal_mm, paper.sheet)
        elif isinstance(paper.closing, SideBySide) and paper.closing.blocks:
            closing = parts.side_by_side(paper.closing, paper.sheet)
        self._append(
            parts.head_table(paper.head, paper.sheet)
            + parts.paper_titles(paper)
            + pieces(held(paper.body) if paper.closing else paper.body)
            + closing
            + paragraph(NOTHING)
        )
        self._named(f"{paper.kind.capitalize()}: {paper.title}", paper.head.agency or "")

    def _named(self, title: str, agency: str) -> None:
        about = self._docx.core_properties
        about.title, about.author = clean(title)[:255], clean(agency)[:255]
        about.subject, about.comments, about.language = clean(title)[:255], "", "vi-VN"
        about.last_modified_by, about.keywords = "Sổ Token", ""
        # No clock in letters: the same document is the same bytes whenever it is made.
        about.created = about.modified = datetime(*_EPOCH, tzinfo=UTC)

    def save(self) -> bytes:
        """The whole package, with every part dated alike: the same document, the same bytes."""
        plain, made = BytesIO(), BytesIO()
        self._docx.save(plain)
        with ZipFile(plain) as package, ZipFile(made, "w", ZIP_DEFLATED) as whole:
            for name in package.namelist():
                info = ZipInfo(name, _EPOCH)
                info.compress_type = ZIP_DEFLATED
                part = package.read(name)
                whole.writestr(info, self._filled(part) if name == _BODY else part)
        return made.getvalue()

    def _filled(self, part: bytes) -> bytes:
        text = part.decode("utf-8")
        for mark, xml in self._waiting.items():
            text = text.replace(mark, xml, 1)
        return text.encode("utf-8")


def _fill(part: Any, xml: str) -> None:
    """Replace what a header or footer says."""
    part.is_linked_to_previous = False
    holder = part._element  # python-docx has no other way to place XML there
    for one in list(holder):
        holder.remove(one)
    whole = parse_xml(f"<w:body {_NAMESPACE}>{xml}</w:body>")
    for one in list(whole):
        holder.append(one)


def _shrink(marker: Any) -> None:
    """The paragraph that ends a section takes no room."""
    marker.paragraph_format.line_spacing = Pt(1)
    marker.paragraph_format.space_before = marker.paragraph_format.space_after = Pt(0)
