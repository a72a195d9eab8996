"""The fixed parts of a streamed workbook (ECMA-376, Part 1): styles, relations, page set-up.

A4 landscape, as wide as the page, the headings frozen on the screen and repeated on every printed
page, page numbers in the foot.
"""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

TEXT, DANGER, NUMBER, DAY, HEAD, CENTRED, BOLD, TITLE, ITALIC, WHOLE = range(10)
"""Indexes of the styles below. DANGER is text that looks like a formula; WHOLE
shows every digit of a whole number."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_FONT = '<name val="Times New Roman"/><family val="1"/>'
_CENTRE = '<alignment horizontal="center" vertical="center" wrapText="1"/>'
_TOP = '<alignment vertical="top" wrapText="1"/>'
_MIDDLE_TOP = '<alignment horizontal="center" vertical="top"/>'


def _style(number: int, font: int, border: int, alignment: str, more: str = "") -> str:
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="{border}" xfId="0" '
        f'applyNumberFormat="1" applyFont="1" applyBorder="1" applyAlignment="1"{more}>'
        f"{alignment}</xf>"
    )


_AS_TEXT, _AS_DAY = 49, 164
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    f'<numFmts count="1"><numFmt numFmtId="{_AS_DAY}" formatCode="dd/mm/yyyy"/></numFmts>'
    f'<fonts count="4"><font><sz val="12"/>{_FONT}</font>'
    f'<font><b/><sz val="12"/>{_FONT}</font>'
    f'<font><b/><sz val="14"/>{_FONT}</font>'
    f'<font><i/><sz val="12"/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '<border><left style="thin"/><right style="thin"/><top style="thin"/><bottom style="thin"/>'
    "<diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="10">'
    + _style(_AS_TEXT, 0, 1, _TOP)
    + _style(_AS_TEXT, 0, 1, _TOP, ' quotePrefix="1"')
    + _style(0, 0, 1, '<alignment vertical="top"/>')
    + _style(_AS_DAY, 0, 1, _MIDDLE_TOP)
    + _style(_AS_TEXT, 1, 1, _CENTRE)
    + _style(0, 0, 1, _MIDDLE_TOP)
    + _style(_AS_TEXT, 1, 0, _CENTRE)
    + _style(_AS_TEXT, 2, 0, _CENTRE)
    + _style(_AS_TEXT, 3, 0, _CENTRE)
    + _style(1, 0, 1, '<alignment vertical="top"/>')
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)


def _relation(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(inside: str) -> str:
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


PARTS: Mapping[str, str] = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": _relations(_relation(1, "officeDocument", "xl/workbook.xml")),
    "xl/_rels/workbook.xml.rels": _relations(
        _relation(1, "worksheet", "worksheets/sheet1.xml") + _relation(2, "styles", "styles.xml")
    ),
    "xl/styles.xml": _STYLES,
}


def workbook_xml(sheet_name: str, head_row: int) -> str:
    """The workbook with its one sheet; the row of headings is printed on every page."""
    name = "".join(letter for letter in sheet_name if letter not in "[]:*?/\\'")[:31] or "Sheet1"
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets><definedNames>'
        '<definedName name="_xlnm.Print_Titles" localSheetId="0">'
        f"'{escape(name)}'!${head_row}:${head_row}</definedName></definedNames></workbook>"
    )


def sheet_begin(widths: Sequence[float], head_row: int) -> str:
    """The sheet up to its first row."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width + 0.7}" customWidth="1"/>'
        for number, width in enumerate(widths, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">'
        f'<pane ySplit="{head_row}" topLeftCell="A{head_row + 1}" activePane="bottomLeft" '
        'state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15.75"/><cols>{columns}</cols><sheetData>'
    )


def sheet_end(head_row: int, last_row: int, width: int, merged: Sequence[str]) -> str:
    """The sheet behind its last row: filter, merged cells, page set-up."""
    letters, index = "", width
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    merges = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    return (
        f'</sheetData><autoFilter ref="A{head_row}:{letters}{max(last_row, head_row)}"/>'
        + (f'<mergeCells count="{len(merged)}">{merges}</mergeCells>' if merged else "")
        + '<pageMargins left="0.59" right="0.59" top="0.59" bottom="0.59" header="0.3" '
        'footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;R&amp;P/&amp;N</oddFooter></headerFooter></worksheet>"
    )
