"""Mẫu số 04: its words, its list, what is missing, and the file it makes."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from letters.fonts import VIETNAMESE_LETTERS
from letters.renewal_request import Medium, RenewalLetter, draw
from tests.letters.cases import AMENDED, CASES, NOTHING
from tests.letters.data import make_contact, make_letter, make_line
from tests.letters.reading import find_words, plain_text, read_words

ROOT = Path(__file__).parents[2]


def text_of(letter: RenewalLetter) -> str:
    return plain_text(draw(letter).pdf)


class TestWords:
    def test_the_decree_is_cited_in_full_first_and_by_number_later(self):
        text = text_of(make_letter(1))
        full = (
            "Nghị định số 68/2024/NĐ-CP ngày 25 tháng 6 năm 2024 của Chính phủ quy định về "
            "chữ ký số chuyên dùng công vụ"
        )
        assert text.count(full) == 1
        assert text.count("68/2024/NĐ-CP") == 2
        assert text.index(full) < text.rindex("68/2024/NĐ-CP")

    def test_the_text_ends_with_the_mark_of_the_end(self):
        assert text_of(make_letter(1)).count("./.") == 1

    def test_title_sections_and_columns_are_those_of_the_form(self):
        text = text_of(make_letter(1))
        for words in (
            "V/v đề nghị gia hạn, thay đổi nội dung thông tin chứng thư chữ ký số chuyên dùng",
            "1. Thông tin người tiếp nhận chứng thư chữ ký số",
            "2. Số lượng và danh sách đăng ký",
            "STT Tên chứng thư chữ ký số Số hiệu chứng thư (SIM-PKI ghi thêm số điện thoại ký số)",
            "Địa chỉ thư điện tử công vụ Thông tin cần thay đổi Thông tin mới",
            "Thông tin mới Dịch vụ yêu cầu Gia hạn TĐTT",
        ):
            assert words in text

    def test_the_person_who_receives_is_drawn_with_every_field(self):
        text = text_of(make_letter(1))
        for words in (
            "Họ và tên: Nguyễn Thị Thử Nghiệm",
            "Số định danh cá nhân: 000000000001; Ngày cấp: 01/02/2022",
            "Nơi cấp: Cục Cảnh sát",
            "Chức vụ: Công chức",
            "Số điện thoại di động: 0900 000 001",
            "Địa chỉ thư điện tử công vụ: thunghiem@xa-thu-nghiem.example.vn",
            "Địa chỉ tiếp nhận: Số 0, đường Thử Nghiệm",
        ):
            assert words in text

    @pytest.mark.parametrize(
        ("lines", "asked", "count"),
        [
            ((make_line(1),), "phủ gia hạn chứng thư", "Số lượng: 01 chứng thư chữ ký số."),
            (
                (replace(AMENDED, renew=False),),
                "phủ thay đổi nội dung thông tin chứng thư",
                "Số lượng: 01 chứng thư chữ ký số.",
            ),
            (
                (make_line(1), replace(AMENDED, renew=False)),
                "phủ gia hạn, thay đổi nội dung thông tin chứng thư",
                "Số lượng: 02 chứng thư chữ ký số (gia hạn: 01; thay đổi nội dung thông tin: 01).",
            ),
            (
                (make_line(1), AMENDED),
                "phủ gia hạn, thay đổi nội dung thông tin chứng thư",
                "thay đổi nội dung thông tin: 01; trong đó đề nghị cả hai dịch vụ: 01).",
            ),
        ],
    )
    def test_the_services_asked_for_are_named_and_counted(self, lines, asked, count):
        text = text_of(replace(make_letter(1), lines=lines))
        assert asked in text
        assert count in text

    def test_a_delegated_request_names_its_addressee_in_the_text_too(self):
        text = text_of(make_letter(1, addressees=("Sở Khoa học và Công nghệ tỉnh Thử Nghiệm",)))
        assert text.count("Sở Khoa học và Công nghệ tỉnh Thử Nghiệm") == 3
        assert "Cục Chứng thực số" not in text

    def test_a_name_with_braces_is_drawn_as_it_is(self):
        assert "xã {agency} {0}" in text_of(make_letter(1, agency_name="xã {agency} {0}"))


class TestList:
    def test_marks_stand_below_the_service_asked_for(self):
        pdf = draw(replace(make_letter(1), lines=(make_line(1), AMENDED))).pdf
        (renew,) = (w for w in read_words(pdf) if w.text == "hạn")
        (amend,) = (w for w in read_words(pdf) if w.text == "TĐTT")
        marks = [w for w in read_words(pdf) if w.text == "×" and w.size == 11]
        assert sorted(round(mark.centre) for mark in marks) == sorted(
            [round(renew.centre), round(renew.centre), round(amend.centre)]
        )

    def test_a_sim_has_its_signing_number_under_its_serial(self):
        pdf = draw(replace(make_letter(1), lines=(AMENDED,))).pdf
        assert find_words(pdf, "0900 000 004").left > find_words(pdf, "Tên chứng").right

    @pytest.mark.parametrize("count", [1, 20, 21, 137, 1000])
    def test_every_line_is_in_the_letter_once_and_in_order(self, count):
        drawn = draw(make_letter(count))
        # A wide serial number stands in two lines of eight.
        serial = re.compile("[0-9A-F]{8}|[0-9A-F]{16}")
        drawn_serials = [w.text for w in read_words(drawn.pdf) if serial.fullmatch(w.text)]
        assert "".join(drawn_serials) == "".join(
            line.serial_number for line in make_letter(count).lines
        )
        assert drawn.missing == ()

    @pytest.mark.parametrize("count", [10, 21, 137])
    def test_the_head_stands_on_every_page_with_lines_and_never_below_them(self, count):
        words = read_words(draw(make_letter(count)).pdf)
        with_lines = {w.page for w in words if re.fullmatch("[0-9A-F]{16}", w.text)}
        heads = [w for w in words if w.text == "STT"]
        assert [w.page for w in heads] == sorted(with_lines)
        for head in heads:
            rows = [
                w.baseline
                for w in words
                if w.page == head.page and re.fullmatch("[0-9A-F]{16}", w.text)
            ]
            assert min(rows) > head.baseline

    def test_a_name_of_any_length_is_wrapped_inside_its_column(self):
        name = " ".join(f"Tên{number}" for number in range(400))
        drawn = draw(replace(make_letter(1), lines=(make_line(1, certificate_name=name),)))
        words = read_words(drawn.pdf)
        serial = next(w for w in words if re.fullmatch("[0-9A-F]{16}", w.text))
        cells = [w for w in words if w.text.startswith("Tên") and w.size == 11 and w.left > 41]
        assert [t for w in cells for t in w.text.split() if t[3:].isdigit()] == name.split()
        assert all(w.right < serial.left for w in cells if w.text != "Tên chứng")


class TestVietnamese:
    def test_every_letter_is_drawn_and_read_back_precomposed(self):
        name = " ".join(VIETNAMESE_LETTERS[i : i + 6] for i in range(0, 146, 6))
        pdf = draw(make_letter(1, contact=make_contact(full_name=name))).pdf
        drawn = plain_text(pdf)
        assert unicodedata.is_normalized("NFC", drawn)
        assert name in drawn

    def test_loose_accents_are_composed(self):
        loose = unicodedata.normalize("NFD", "Nguyễn Thị Ánh Đường")
        text = text_of(make_letter(1, contact=make_contact(full_name=loose)))
        assert "Nguyễn Thị Ánh Đường" in text

    def test_other_programs_read_the_same_words(self, tmp_path):
        if not shutil.which("pdftotext"):
            pytest.skip("pdftotext is not on this machine")
        (tmp_path / "letter.pdf").write_bytes(draw(make_letter(3)).pdf)
        text = subprocess.run(
            ["pdftotext", "-layout", "letter.pdf", "-"],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        ).stdout.decode()
        flat = " ".join(text.split())
        assert "Cục Chứng thực số và Bảo mật thông tin, Ban Cơ yếu Chính phủ" in flat
        assert "Người Ví Dụ" in flat

    def test_more_different_letters_than_one_font_subset_holds_are_drawn_too(self):
        many = "".join(
            chr(code)
            for code in [*range(0xC1, 0x17F), *range(0x391, 0x3CA), *range(0x410, 0x450)]
            if code != 0x3A2
        )
        name = " ".join(many[i : i + 9] for i in range(0, len(many), 9))
        drawn = draw(
            make_letter(2, contact=make_contact(delivery_address=name + VIETNAMESE_LETTERS))
        )
        assert plain_text(drawn.pdf).replace(" ", "").count(many) == 1
        assert drawn.missing == ()


class TestMissing:
    def test_nothing_is_invented_and_everything_missing_is_said(self):
        drawn = draw(NOTHING)
        text = plain_text(drawn.pdf)
        for words in ("Họ và tên: ……", "Nơi cấp: ……", "Số: ……/……", "……, ngày ……"):
            assert words in text
        for sentence in (
            "Chưa có tên cơ quan, tổ chức ban hành văn bản.",
            "Chưa có địa danh ghi trên văn bản.",
            "Chưa có ký hiệu của văn bản.",
            "Chưa có họ và tên người ký.",
            "Chưa có quyền hạn, chức vụ của người ký.",
            "Người tiếp nhận: chưa có số định danh cá nhân.",
            "Người tiếp nhận: chưa có địa chỉ thư điện tử công vụ.",
            "Dòng 1 của danh sách: chưa có số hiệu chứng thư.",
            "Dòng 1 của danh sách: chưa chọn dịch vụ yêu cầu (gia hạn hoặc thay đổi thông tin).",
        ):
            assert sentence in drawn.missing
        assert len(drawn.missing) == len(set(drawn.missing)) == 18

    def test_a_complete_letter_lacks_nothing(self):
        assert draw(make_letter(3)).missing == ()

    def test_an_amendment_needs_both_texts(self):
        drawn = draw(replace(make_letter(1), lines=(make_line(1, amend=True),)))
        assert drawn.missing == (
            "Dòng 1 của danh sách: chưa có thông tin cần thay đổi.",
            "Dòng 1 của danh sách: chưa có thông tin mới.",
        )

    def test_an_empty_list_is_said(self):
        drawn = draw(replace(make_letter(1), lines=()))
        assert drawn.missing == ("Danh sách chưa có chứng thư chữ ký số nào.",)

    def test_a_letter_the_fonts_do_not_have_is_said(self):
        drawn = draw(make_letter(1, contact=make_contact(full_name="Nguyễn 漢")))
        assert drawn.missing == ("Phông chữ không có ký tự: 漢",)


class TestFile:
    def test_two_processes_draw_the_same_bytes(self):
        program = (
            "import hashlib; from letters.renewal_request import draw;"
            "from tests.letters.data import make_letter;"
            "print(hashlib.sha256(draw(make_letter(25)).pdf).hexdigest())"
        )
        printed = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": "7"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        assert printed == hashlib.sha256(draw(make_letter(25)).pdf).hexdigest()

    def test_letters_drawn_at_once_do_not_disturb_one_another(self):
        letters = [make_letter(count, medium=medium) for medium in Medium for count in (1, 7, 22)]
        alone = [draw(letter).pdf for letter in letters]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda letter: draw(letter).pdf, letters * 4))
        assert together == alone * 4

    @pytest.mark.parametrize("name", CASES)
    def test_the_file_is_sound(self, name, tmp_path):
        if not shutil.which("qpdf"):
            pytest.skip("qpdf is not on this machine")
        (tmp_path / "letter.pdf").write_bytes(draw(CASES[name]).pdf)
        checked = subprocess.run(
            ["qpdf", "--check", "letter.pdf"], cwd=tmp_path, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr

    def test_every_font_is_embedded_as_a_subset_and_can_be_read_as_text(self, tmp_path):
        if not shutil.which("pdffonts"):
            pytest.skip("pdffonts is not on this machine")
        (tmp_path / "letter.pdf").write_bytes(draw(make_letter(25)).pdf)
        listed = subprocess.run(
            ["pdffonts", "letter.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.splitlines()[2:]
        assert len(listed) == 4
        for line in listed:
            embedded, subset, to_unicode = line.split()[-5:-2]
            assert (embedded, subset, to_unicode) == ("yes", "yes", "yes")
            assert re.search("LiberationSerif|TimesNewRoman", line)

    def test_it_tells_its_title_and_agency_and_language(self):
        pdf = draw(make_letter(1)).pdf
        document = pypdfium2.PdfDocument(pdf)
        data = document.get_metadata_dict()
        document.close()
        assert data["Title"].startswith("V/v đề nghị gia hạn")
        assert data["Author"] == "ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM A"
        assert b"vi-VN" in pdf
