"""The .docx says the same words as the PDF, on the same paper, and opens again."""

import re
import shutil
import subprocess
import zipfile
from collections import Counter
from dataclasses import replace
from io import BytesIO

import docx
import pytest
from docx.oxml import parse_xml
from docx.shared import Mm, Pt

from letters import renewal_request, samples, word
from letters.decree30 import Medium
from letters.requests import ListPlacement
from tests.letters.data import make_letter, make_line
from tests.letters.form_cases import WET
from tests.letters.paper_cases import CASES, NOTHING, on_paper
from tests.letters.reading import plain_text, read_words

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PAPERS = {name: (module, on_paper(make())) for name, (module, make) in CASES.items()}


def written(module, data) -> bytes:
    return word.draw(lambda setter, blanks: module.compose(data, setter, blanks), data.sheet)


def paragraphs(file: bytes) -> list[str]:
    """Every paragraph of the body that says something, in tables too."""
    body = docx.Document(BytesIO(file)).element.body
    shown = ("".join(t.text or "" for t in p.iter(f"{W}t")) for p in body.iter(f"{W}p"))
    return [text for text in shown if text.strip()]


def squeezed(text: str) -> str:
    """Without spaces: the page breaks words where a column ends, Word where it likes."""
    return re.sub(r"\s", "", text)


def assert_same_words(file: bytes, pdf: bytes) -> None:
    """Each paragraph of Word stands on the page, and the page says nothing more."""
    words = read_words(pdf)
    page = squeezed("".join(each.text for each in words))
    said = paragraphs(file)
    assert [text for text in said if squeezed(text) not in page] == []
    ours, theirs = Counter(squeezed("".join(said))), Counter(page)
    assert ours - theirs == Counter()
    # Beyond that only what every page says again, and the numbers of the pages.
    again = Counter(squeezed("".join(repeated(file))) * (words[-1].page + 1))
    assert "".join((theirs - ours - again).elements()).strip("0123456789") == ""


def repeated(file: bytes) -> list[str]:
    """What every page may say again: heads of tables, headers, footers."""
    document = docx.Document(BytesIO(file))
    heads = [
        "".join(t.text or "" for t in row.iter(f"{W}t"))
        for row in document.element.body.iter(f"{W}tr")
        if row.find(f"{W}trPr/{W}tblHeader") is not None
    ]
    section = document.sections[0]
    return heads + [one.text for one in section.first_page_footer.paragraphs]


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_says_the_same_in_word(name):
    module, data = PAPERS[name]
    assert_same_words(written(module, data), module.draw(data).pdf)


@pytest.mark.parametrize("name", NOTHING)
def test_a_paper_without_data_shows_the_same_blanks(name):
    module, data = NOTHING[name]
    assert_same_words(written(module, data), module.draw(data).pdf)


@pytest.mark.parametrize("number", samples.SAMPLES)
@pytest.mark.parametrize("placement", [ListPlacement.AUTO, ListPlacement.ANNEX])
def test_a_prescribed_form_says_the_same_in_word(number, placement):
    case = replace(WET, placement=placement)
    sample = samples.SAMPLES[number](case)
    assert_same_words(word.draw(sample.compose, sample.sheet), sample.draw().pdf)


def test_several_addressees_and_a_contact_line_are_there():
    letter = make_letter(
        2,
        medium=Medium.WET,
        addressees=("Sở Thử Nghiệm", "Cục Thử Nghiệm"),
        contact_line="Địa chỉ: Số 0, đường Thử Nghiệm",
    )
    file = written(renewal_request, letter)
    assert ["- Sở Thử Nghiệm;", "- Cục Thử Nghiệm."] == [
        text for text in paragraphs(file) if text.startswith(("- Sở Thử", "- Cục Thử"))
    ][:2]
    foot = docx.Document(BytesIO(file)).sections[0].first_page_footer
    assert foot.paragraphs[0].text == "Địa chỉ: Số 0, đường Thử Nghiệm"


class TestPage:
    @pytest.mark.parametrize(
        ("placement", "width", "height"),
        [(ListPlacement.LETTER, 210, 297), (ListPlacement.LETTER_LANDSCAPE, 297, 210)],
    )
    def test_size_and_margins_are_those_of_the_decree(self, placement, width, height):
        letter = make_letter(3, placement=placement)
        (section,) = docx.Document(BytesIO(written(renewal_request, letter))).sections
        measures = {
            "page_width": width, "page_height": height, "left_margin": 30, "right_margin": 15,
            "top_margin": 20, "bottom_margin": 20,
        }  # fmt: skip
        for name, expected in measures.items():
            assert getattr(section, name) == pytest.approx(Mm(expected), abs=Mm(0.05))

    def test_the_first_page_shows_no_number_and_the_annex_counts_anew(self):
        document = docx.Document(BytesIO(written(renewal_request, make_letter(45))))
        letter, annex = document.sections
        for section in (letter, annex):
            assert section.different_first_page_header_footer
            assert "PAGE" in section.header._element.xml
            assert "PAGE" not in section.first_page_header._element.xml
        start = annex._sectPr.find(f"{W}pgNumType")
        assert start is not None
        assert start.get(f"{W}start") == "1"
        assert annex.page_width == pytest.approx(Mm(210), abs=Mm(0.05))

    def test_the_type_is_times_new_roman_in_the_sizes_of_the_decree(self):
        document = docx.Document(BytesIO(written(renewal_request, make_letter(1))))
        assert document.styles["Normal"].font.name == "Times New Roman"
        sizes = {
            run.text: run.font.size
            for table in document.tables
            for row in table.rows
            for cell in row.cells
            for one in cell.paragraphs
            for run in one.runs
        }
        assert sizes["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"] == Pt(12)
        assert sizes["Độc lập - Tự do - Hạnh phúc"] == Pt(13)
        assert sizes["Nơi nhận:"] == Pt(12)
        assert sizes["- Như trên;"] == Pt(11)
        body = {one.runs[0].font.size for one in document.paragraphs if len(one.text) > 80}
        assert body <= {Pt(13), Pt(14)}

    def test_number_and_date_are_dots_for_the_pen_even_in_a_digital_letter(self):
        said = paragraphs(written(renewal_request, make_letter(1)))
        assert "Số: ……/UBND-VP" in said
        assert "Thử Nghiệm A, ngày …… tháng …… năm ……" in said

    def test_no_signature_stands_alone_on_a_page(self):
        body = docx.Document(BytesIO(written(renewal_request, make_letter(3)))).element.body
        *above, sign = [one for one in body if one.tag in {f"{W}p", f"{W}tbl"}][:-1]
        assert sign.tag == f"{W}tbl"
        assert all(one.pPr.find(f"{W}keepNext") is not None for one in above[-3:])
        assert all(one.pPr.find(f"{W}keepNext") is not None for one in sign.iter(f"{W}p"))

    def test_every_page_repeats_the_head_of_the_table_and_no_row_is_cut(self):
        body = docx.Document(BytesIO(written(renewal_request, make_letter(30)))).element.body
        table = max(body.iter(f"{W}tbl"), key=lambda one: len(list(one.iter(f"{W}tr"))))
        rows = list(table.iter(f"{W}tr"))
        heads = [row for row in rows if row.find(f"{W}trPr/{W}tblHeader") is not None]
        assert heads == rows[:2]  # Two tiers: "Dịch vụ yêu cầu" stands over two columns.
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)


class TestFile:
    def test_the_same_data_give_the_same_bytes(self):
        assert written(renewal_request, make_letter(3)) == written(renewal_request, make_letter(3))

    def test_a_thousand_lines_are_all_there(self):
        letter = make_letter(1000, medium=Medium.WET)
        said = paragraphs(written(renewal_request, letter))
        serials = [text for text in said if re.fullmatch("[0-9A-F]{16}", text)]
        assert serials == [line.serial_number for line in letter.lines]

    def test_every_part_is_sound_and_what_people_type_cannot_break_it(self):
        name = "<w:p> & ]]> “ \x0b\x00 Nguyễn"
        letter = replace(make_letter(1), lines=(make_line(1, certificate_name=name),))
        file = written(renewal_request, letter)
        with zipfile.ZipFile(BytesIO(file)) as package:
            assert package.testzip() is None
            for part in package.namelist():
                if part.endswith((".xml", ".rels")):
                    parse_xml(package.read(part))
        assert "<w:p> & ]]> “ Nguyễn" in paragraphs(file)

    def test_it_tells_title_agency_and_language_and_no_time_of_day(self):
        about = docx.Document(BytesIO(written(renewal_request, make_letter(1)))).core_properties
        assert about.title.startswith("V/v đề nghị gia hạn")
        assert about.author == "ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM A"
        assert about.language == "vi-VN"
        assert about.created.year == 1980

    def test_libreoffice_opens_every_form_and_says_the_same(self, tmp_path):
        office = shutil.which("soffice")
        if not office:
            pytest.skip("LibreOffice is not on this machine")
        forms = {number: make(WET) for number, make in samples.SAMPLES.items()}
        for number, sample in forms.items():
            file = word.draw(sample.compose, sample.sheet)
            (tmp_path / f"{number}.docx").write_bytes(file)
        files = sorted(path.name for path in tmp_path.glob("*.docx"))
        command = [office, f"-env:UserInstallation={tmp_path.as_uri()}/profile", "--headless"]
        subprocess.run(
            [*command, "--convert-to", "pdf", "--outdir", str(tmp_path), *files],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=100,
        )
        for number, sample in forms.items():
            converted = (tmp_path / f"{number}.pdf").read_bytes()
            ours = Counter(squeezed(plain_text(sample.draw().pdf)))
            theirs = Counter(squeezed(plain_text(converted)))
            # Only hyphens (\x02: a soft one) where the one breaks a long address, the other not.
            assert set((ours - theirs) | (theirs - ours)) <= set("-\x02"), number
