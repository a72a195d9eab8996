"""Time of a letter with ten people and of an annex with 1,000 lines, beside naive reportlab.

Run: python -m bench.letters [--repeat N]. Prints the median and the best of N runs in milliseconds,
ours and the peer's in turn in the same run. The peer sets the same words with platypus (Paragraph
and Table), in the usual way, with the same fonts.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from letters import fonts
from letters.renewal_request import RenewalLetter, draw
from tests.letters.data import make_letter, make_line

BUDGET = {10: 12.0, 1000: 200.0}


def letter_of(count: int) -> RenewalLetter:
    """Half of the lines amend too, so that every column has words to break."""
    lines = tuple(
        make_line(
            number,
            amend=number % 2 == 0,
            information_before="Cơ quan công tác: Ủy ban nhân dân xã Cũ" if number % 2 == 0 else "",
            information_after="Cơ quan công tác: Ủy ban nhân dân xã Mới" if number % 2 == 0 else "",
        )
        for number in range(1, count + 1)
    )
    return replace(make_letter(1), lines=lines)


def naive(letter: RenewalLetter) -> bytes:
    """The same content with platypus, one Paragraph per cell."""
    faces = fonts.load()
    style = ParagraphStyle("body", fontName=faces.regular.font.fontName, fontSize=14, leading=16.1)
    bold = ParagraphStyle("bold", parent=style, fontName=faces.bold.font.fontName)
    italic = ParagraphStyle("italic", parent=style, fontName=faces.italic.font.fontName)
    last = ParagraphStyle("last", parent=style, fontName=faces.bold_italic.font.fontName)
    cell = ParagraphStyle("cell", parent=style, fontSize=11, leading=12.7)
    head = ParagraphStyle("head", parent=cell, fontName=faces.bold.font.fontName)
    rows = [[Paragraph(f"Tiêu đề cột {column}", head) for column in range(8)]]
    for number, line in enumerate(letter.lines, start=1):
        words = (
            str(number),
            line.certificate_name,
            line.serial_number,
            line.official_email,
            line.information_before,
            line.information_after,
            "×" if line.renew else "",
            "×" if line.amend else "",
        )
        rows.append([Paragraph(word, cell) for word in words])
    table = Table(rows, colWidths=[30, 76, 71, 84, 71, 71, 28, 37], repeatRows=1)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")]))
    text = "Ủy ban nhân dân xã Thử Nghiệm A đề nghị gia hạn chứng thư chữ ký số chuyên dùng. " * 3
    story = [Paragraph(text, one) for one in (bold, italic, style, style, style, last)]
    buffer = BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, invariant=1).build(
        [*story, table, Paragraph(text, style)]
    )
    return buffer.getvalue()


def milliseconds(work: Callable[[], object]) -> float:
    """One run; the garbage of the peer is swept before the clock starts."""
    gc.collect()
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=9)
    repeat = parser.parse_args().repeat
    faces = fonts.load()
    for face in (faces.regular, faces.bold, faces.italic, faces.bold_italic):
        registerFont(face.font)
    print("lines    ours median  ours best  platypus median  ratio   budget   pages    bytes")
    for count, budget in BUDGET.items():
        letter = letter_of(count)
        draw(letter), naive(letter)  # Warm: fonts are read once per process.
        times = [
            (
                milliseconds(lambda one=letter: draw(one)),
                milliseconds(lambda one=letter: naive(one)),
            )
            for _ in range(repeat)
        ]
        ours = statistics.median(mine for mine, _ in times)
        peer = statistics.median(other for _, other in times)
        drawn = draw(letter)
        print(
            f"{count:5}  {ours:11.1f}  {min(mine for mine, _ in times):9.1f}  {peer:15.1f}"
            f"  {peer / ours:4.1f}x  {budget:7.0f}  {drawn.pages:6}  {len(drawn.pdf):7}"
        )


if __name__ == "__main__":
    main()
