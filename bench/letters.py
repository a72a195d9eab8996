"""Time of a letter with ten people and of an annex with 1,000 lines: every form, and its peers.

Run: python -m bench.letters [--repeat N]. Prints the median and the best of N runs in milliseconds,
ours and the peer's in turn in the same run. The peer of Mẫu số 04 sets the same words with platypus
(Paragraph and Table), in the usual way, with the same fonts. WeasyPrint and LibreOffice set a page
of the same words from HTML where they are on this machine.
"""

import argparse
import gc
import importlib
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from letters import fonts
from letters.renewal_request import RenewalLetter, draw
from letters.samples import SAMPLES, SampleCase
from tests.letters.data import make_letter, make_line
from tests.letters.form_cases import CASE, FORMS, OFFICE, make_person

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


def case_of(count: int) -> SampleCase:
    """As many different people as lines: names, ids and addresses do not repeat."""
    people = tuple(
        replace(make_person(number % 90), full_name=f"Người Thử Nghiệm {number:04}",
                citizen_id=f"{number:012}", mobile_phone=f"0000{number:06}",
                official_email=f"nguoi{number:04}@xa-thu-nghiem.example.vn")
        for number in range(count)
    )  # fmt: skip
    return replace(CASE, office=replace(OFFICE, people=people), count=count)


def page_of(letter: RenewalLetter) -> str:
    """The words of the letter as HTML, for peers that read it."""
    rows = "".join(
        f"<tr><td>{number}</td><td>{escape(line.certificate_name)}</td>"
        f"<td>{line.serial_number}</td><td>{line.official_email}</td>"
        f"<td>{escape(line.information_before)}</td><td>{escape(line.information_after)}</td></tr>"
        for number, line in enumerate(letter.lines, start=1)
    )
    style = "td{border:.5pt solid;font-size:11pt} body{font:14pt 'Liberation Serif'}"
    text = f"<p>{escape(letter.agency_name)} đề nghị gia hạn chứng thư chữ ký số.</p>" * 6
    return f"<meta charset=utf-8><style>{style}</style>{text}<table>{rows}</table>{text}"


def by_weasyprint(html: str) -> Callable[[], object] | None:
    """A run of WeasyPrint, or None where it is not installed."""
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None
    return lambda: weasyprint.HTML(string=html).write_pdf()


def by_libreoffice(html: str, folder: str) -> Callable[[], object] | None:
    """A run of LibreOffice, or None where it is not installed."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        return None
    source = Path(folder) / "letter.html"
    source.write_text(html, encoding="utf-8")
    profile = f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", folder]
    return lambda: subprocess.run([*command, str(source)], check=True, capture_output=True)


def measure_forms(repeat: int) -> None:
    """One line per form and size, ours alone."""
    print("\nform  lines  median    best   budget  pages    bytes")
    for number in FORMS:
        for count, budget in BUDGET.items():
            sample = SAMPLES[number](case_of(count))
            drawn = sample.draw()
            times = [milliseconds(sample.draw) for _ in range(repeat)]
            print(
                f"  {number}  {count:5}  {statistics.median(times):6.1f}  {min(times):6.1f}"
                f"  {budget:7.0f}  {drawn.pages:5}  {len(drawn.pdf):7}"
            )


def measure_peers(repeat: int) -> None:
    """WeasyPrint and LibreOffice with ten people, where they are installed."""
    print()
    html = page_of(letter_of(10))
    with tempfile.TemporaryDirectory() as folder:
        peers = {
            "WeasyPrint": by_weasyprint(html),
            "LibreOffice": by_libreoffice(html, folder),
        }
        for name, run in peers.items():
            if run is None:
                print(f"{name}: not on this machine")
                continue
            run()  # Warm.
            times = [milliseconds(run) for _ in range(min(repeat, 5))]
            print(f"{name}, ten people: {statistics.median(times):.1f} ms")


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
    measure_forms(repeat)
    measure_peers(repeat)


if __name__ == "__main__":
    main()
