"""Mẫu 01, 02, 03, 05 and 06: their words, columns, notes, lists of any length, what is missing."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest

from letters import (
    agency_issuance,
    fonts,
    person_issuance,
    renewal_request,
    revocation_request,
    system_issuance,
    unlock_request,
)
from letters.decree30 import LANDSCAPE, PORTRAIT, Medium, Signer, mm
from letters.fonts import VIETNAMESE_LETTERS
from letters.requests import ContactPerson, ListPlacement
from letters.samples import SAMPLES, TEXTS
from letters.table import PADDING_X
from rules.certificates import SubscriberKind
from tests.letters.form_cases import CASE, FORMS, OFFICE, WET, make_person, sample
from tests.letters.reading import find_words, plain_text, read_words

MODULES = {
    "01": person_issuance,
    "02": agency_issuance,
    "03": system_issuance,
    "04": renewal_request,
    "05": revocation_request,
    "06": unlock_request,
}
EMPTY = {
    "agency": "",
    "agency_name": "",
    "contact": ContactPerson(),
    "signer": Signer((), ""),
    "medium": Medium.WET,
}
NOTHING = {
    "01": person_issuance.PersonIssuanceLetter(
        lines=(person_issuance.PersonIssuanceLine(),), **EMPTY
    ),
    "02": agency_issuance.AgencyIssuanceLetter(
        lines=(agency_issuance.AgencyIssuanceLine(),), **EMPTY
    ),
    "03": system_issuance.SystemIssuanceLetter(
        lines=(system_issuance.SystemIssuanceLine(),), **EMPTY
    ),
    "05": revocation_request.RevocationLetter(
        lines=tuple(
            revocation_request.RevocationLine(subscriber=kind)
            for kind in (SubscriberKind.INDIVIDUAL, SubscriberKind.ORGANISATION)
        ),
        **EMPTY,
    ),
    "06": unlock_request.UnlockLetter(lines=(unlock_request.UnlockLine(),), **EMPTY),
}
P7 = (
    "Họ và tên: Đỗ Bịa Đặt Ơn",
    "Số định danh cá nhân: 000000000009; Ngày cấp: 02/01/2022",
    "Nơi cấp: Cục Cảnh sát",
    "Chức vụ: Công chức",
    "Số điện thoại di động: 0000000009",
    "Địa chỉ thư điện tử công vụ: nguoi009@xa-thu-nghiem.example.vn",
)
# What the form says, in the order of the page: subject, mục 1, mục 2, its columns, its notes.
WORDS: Mapping[str, tuple[str, ...]] = {
    "01": (
        "V/v đề nghị cấp chứng thư chữ ký số chuyên dùng công vụ cho cá nhân",
        "1. Thông tin người tiếp nhận chứng thư chữ ký số (thiết bị lưu khóa bí mật)",
        "Địa chỉ tiếp nhận (địa chỉ cơ quan, tổ chức công tác): Số 0",
        "2. Số lượng và danh sách đăng ký Số lượng: 03 chứng thư chữ ký số.",
        (
            "STT Họ và tên Ngày sinh Số định danh cá nhân/ Ngày cấp, nơi cấp Địa chỉ thư điện tử "
            "công vụ Tên cơ quan, tổ chức công tác Tỉnh/ Thành phố Chức vụ Số điện thoại di động "
            "Số hiệu chứng thư chữ ký số cũ (nếu có) SIM PKI"
        ),
        "Ghi chú: - Địa chỉ thư điện tử phải do cơ quan nhà nước cấp",
        "thêm ký hiệu “cs” (ví dụ: Viettel/cs); không đăng ký thì bỏ trống.",
    ),
    "02": (
        "V/v đề nghị cấp chứng thư chữ ký số chuyên dùng công vụ cho cơ quan, tổ chức",
        "1. Thông tin người tiếp nhận thiết bị lưu khóa bí mật",
        "Địa chỉ tiếp nhận: Số 0",
        "2. Số lượng và danh sách đăng ký",
        (
            "STT Tên cơ quan, tổ chức Địa chỉ Mã số thuế Mã quan hệ ngân sách Tỉnh/ Thành phố "
            "Địa chỉ thư điện tử công vụ"
        ),
        "- Địa chỉ thư điện tử của cơ quan, tổ chức phải do cơ quan nhà nước cấp.",
        "Tài liệu kèm theo: Quyết định thành lập",
    ),
    "03": (
        "V/v đề nghị cấp chứng thư chữ ký số chuyên dùng công vụ cho thiết bị, dịch vụ, phần mềm",
        (
            "STT Tên thiết bị, dịch vụ, phần mềm Loại (thiết bị, dịch vụ, phần mềm) "
            "Phiên bản, thông "
            "số (tên miền, địa chỉ IP nếu có) Cơ quan, tổ chức quản lý Tỉnh/ Thành phố Địa chỉ thư "
            "điện tử công vụ Thiết bị lưu khóa (PKI Token, HSM)"
        ),
    ),
    "05": (
        "V/v đề nghị thu hồi chứng thư chữ ký số chuyên dùng công vụ",
        "1. Thông tin đầu mối phối hợp thu hồi thiết bị lưu khóa bí mật",
        "Địa chỉ thu hồi: Số 0",
        "2. Số lượng và danh sách thu hồi",
        (
            "STT Tên chứng thư chữ ký số Số định danh cá nhân/ Ngày cấp, nơi cấp "
            "(nếu thu hồi của cá nhân) Mã số thuế (nếu thu hồi của cơ quan) "
            "Mã quan hệ ngân sách (nếu thu hồi của cơ quan) Địa chỉ thư điện tử "
            "công vụ Số hiệu chứng thư chữ ký số "
            "Số hiệu thiết bị lưu khóa bí mật Lý do thu hồi"
        ),
    ),
    "06": (
        "V/v đề nghị khôi phục thiết bị lưu khóa bí mật",
        "1. Thông tin người phối hợp thực hiện khôi phục thiết bị",
        "Cơ quan, tổ chức công tác: Văn phòng HĐND và UBND xã Thử Nghiệm A",
        "2. Thông tin thiết bị lưu khóa bí mật cần khôi phục",
        (
            "STT Số hiệu thiết bị lưu khóa bí mật Thông tin của thuê bao Tên chứng thư chữ ký số "
            "Cơ quan, tổ chức công tác Địa chỉ thư điện tử công vụ"
        ),
    ),
}


def text_of(number: str, case=CASE) -> str:
    return plain_text(sample(number, case).draw().pdf)


class TestWords:
    @pytest.mark.parametrize("number", WORDS)
    def test_title_sections_columns_and_notes_are_those_of_the_form_in_order(self, number):
        text = text_of(number)
        places = [text.find(words) for words in WORDS[number]]
        assert -1 not in places, WORDS[number][places.index(-1)]
        assert places == sorted(places)

    @pytest.mark.parametrize("number", WORDS)
    def test_the_decree_is_cited_in_full_once_and_the_text_ends_with_its_mark(self, number):
        text = text_of(number)
        assert text.count("Nghị định số 68/2024/NĐ-CP ngày 25 tháng 6 năm 2024 của Chính phủ") == 1
        assert text.count("68/2024/NĐ-CP./.") == 1

    @pytest.mark.parametrize("medium", Medium)
    @pytest.mark.parametrize("number", ["01", "02", "03", "05"])
    def test_the_person_of_the_first_section_has_the_seven_fields(self, number, medium):
        text = text_of(number, replace(CASE, medium=medium))
        assert all(words in text for words in P7)

    def test_who_works_on_an_unlock_has_neither_e_mail_nor_address(self):
        text = text_of("06")
        assert all(words in text for words in P7[:5])
        assert "nguoi009@" not in text
        assert "Số 0, đường" not in text

    def test_the_devices_subscriber_stands_below_a_heading_of_two_tiers(self):
        pdf = sample("06").draw().pdf
        group = find_words(pdf, "Thông tin của thuê bao")
        below = [find_words(pdf, "Tên chứng"), find_words(pdf, "điện tử công vụ")]
        assert all(words.baseline > group.baseline for words in below)
        assert below[0].left < group.centre < below[1].right

    def test_central_signing_has_a_subject_and_a_sentence_of_its_own(self):
        letter = replace(NOTHING["01"], central_signing=True)
        text = plain_text(person_issuance.draw(letter).pdf)
        assert text.count("cho cá nhân sử dụng giải pháp ký số tập trung") == 2
        assert "tập trung" not in plain_text(person_issuance.draw(NOTHING["01"]).pdf)

    @pytest.mark.parametrize("number", FORMS)
    def test_a_delegated_letter_names_its_addressee_in_the_text_too(self, number):
        department = "Sở Khoa học và Công nghệ tỉnh Thử Nghiệm"
        text = text_of(number, replace(CASE, addressees=(department,), copies_to=()))
        assert text.count(department) == 3
        assert "Cục Chứng thực số" not in text

    def test_only_form_03_says_that_nobody_compared_it_with_the_annex(self):
        said = {number: "chưa đối chiếu Phụ lục gốc" in text_of(number) for number in FORMS}
        assert said == {number: number == "03" for number in FORMS}
        assert {MODULES[n].FORM.certainty for n in FORMS if n != "03"} == {"TRANSCRIBED"}
        assert MODULES["03"].FORM.certainty == "INFERRED"

    def test_a_remark_of_the_caller_stands_in_the_sample_too(self):
        text = text_of("03", replace(CASE, remark="Theo dự thảo quy chế."))
        assert "Theo dự thảo quy chế. Ghi chú của phần mềm: Mẫu số 03 chưa đối chiếu" in text


class TestAttachments:
    @staticmethod
    def text(*documents: str) -> str:
        return plain_text(unlock_request.draw(replace(NOTHING["06"], attachments=documents)).pdf)

    def test_one_is_a_sentence_before_the_closing(self):
        text = self.text("Biên bản xác nhận;")
        assert "Tài liệu kèm theo: Biên bản xác nhận. ……" in text

    def test_several_are_a_list(self):
        text = self.text("Biên bản.", " ", "Quyết định")
        assert "Tài liệu kèm theo: - Biên bản; - Quyết định." in text

    def test_none_are_not_mentioned(self):
        assert "kèm theo" not in self.text()


class TestRevocation:
    @staticmethod
    def row(kind: SubscriberKind) -> dict[str, bool]:
        line = revocation_request.RevocationLine(
            subscriber=kind,
            certificate_name="Tên",
            citizen_id="000000000001",
            citizen_id_issued_on=make_person(1).citizen_id_issued_on,
            citizen_id_issued_by="Nơi nào",
            tax_code="0000000007",
            budget_code="0000008",
            official_email="a@example.vn",
            serial_number="1A",
            device_serial_number="TN1",
            reason="Lý do",
        )
        drawn = revocation_request.draw(replace(NOTHING["05"], lines=(line,)))
        assert not [each for each in drawn.missing if each.startswith("Dòng")]
        text = plain_text(drawn.pdf)
        return {word: word in text for word in ("000000000001", "0000000007", "0000008")}

    @pytest.mark.parametrize(
        ("kind", "shown"),
        [
            (SubscriberKind.INDIVIDUAL, (True, False, False)),
            (SubscriberKind.ORGANISATION, (False, True, True)),
            (SubscriberKind.SYSTEM, (False, False, False)),
        ],
    )
    def test_a_row_is_of_a_person_or_of_a_body_and_never_of_both(self, kind, shown):
        assert tuple(self.row(kind).values()) == shown


class TestList:
    @pytest.mark.parametrize("number", FORMS)
    @pytest.mark.parametrize("count", [1, 20, 21, 1000])
    def test_every_line_is_there_once_and_in_order(self, number, count):
        drawn = sample(number, replace(CASE, count=count)).draw()
        assert drawn.missing == ()
        words = read_words(drawn.pdf)
        heads = [w for w in words if w.text.startswith("STT")]
        # Where the next column is near, its words are read together with the number.
        first_column = [
            int(found[0])
            for w in words
            if w.size == heads[0].size and w.left < 40 and (found := re.match(r"\d+", w.text))
        ]
        assert first_column == list(range(1, count + 1))
        pages = [w.page for w in heads]
        assert pages == sorted(set(pages))

    @pytest.mark.parametrize(
        ("number", "count", "placement", "across", "annex"),
        [
            ("01", 20, ListPlacement.AUTO, True, False),
            ("01", 21, ListPlacement.AUTO, False, True),
            ("01", 3, ListPlacement.LETTER, False, False),
            ("05", 20, ListPlacement.AUTO, True, False),
            ("05", 3, ListPlacement.ANNEX, False, True),
            ("02", 20, ListPlacement.AUTO, False, False),
            ("02", 3, ListPlacement.LETTER_LANDSCAPE, True, False),
        ],
    )
    def test_a_wide_list_lies_across_only_inside_the_letter(
        self, number, count, placement, across, annex
    ):
        chosen = sample(number, replace(CASE, count=count, placement=placement))
        assert chosen.sheet is (LANDSCAPE if across else PORTRAIT)
        text = plain_text(chosen.draw().pdf)
        assert ("Phụ lục kèm theo" in text) is annex
        assert ("Danh sách:" in text.replace("Danh sách: tại", "")) is not annex

    @pytest.mark.parametrize("number", ["01", "05", "06"])
    @pytest.mark.parametrize("placement", list(ListPlacement))
    def test_names_of_any_length_stay_inside_their_columns(self, number, placement):
        long = "Nghiêng" * 9 + " " + VIETNAMESE_LETTERS
        people = (replace(make_person(1), full_name=long, agency_name=f"{long} " * 3),)
        office = replace(OFFICE, people=people)
        case = replace(CASE, office=office, count=2, placement=placement)
        drawn = sample(number, case).draw()
        words = read_words(drawn.pdf)
        edge = 297 - 15 if sample(number, case).sheet is LANDSCAPE else 210 - 15
        assert max(w.right for w in words) <= edge + 0.3
        assert Counter(long.replace(" ", "")) <= Counter(plain_text(drawn.pdf))
        assert drawn.missing == ()

    @pytest.mark.parametrize("number", FORMS)
    def test_widths_fill_the_text_of_their_page_and_no_heading_is_cut(self, number):
        text, bold = MODULES[number].TEXT, fonts.load().bold
        for name, layout in text.table.layouts.items():
            whole = 252 if name == "landscape" else 165
            *others, last = layout.widths
            assert layout.size >= 8, name
            assert last == 0, name
            for key, width in zip(text.table.columns, [*others, whole - sum(others)], strict=True):
                for word in text[f"column_{key}"].replace("/", "/ ").split():
                    needed = bold.width(word) * layout.size + 2 * PADDING_X
                    assert needed <= mm(width), (name, word)


class TestMissing:
    @pytest.mark.parametrize(
        ("number", "count", "sentences"),
        [
            ("01", 24, ("chưa có ngày sinh", "chưa có nơi cấp số định danh cá nhân")),
            ("02", 20, ("chưa có mã số thuế", "chưa có mã quan hệ ngân sách")),
            ("03", 21, ("chưa có thiết bị lưu khóa", "chưa có phiên bản, thông số")),
            ("05", 29, ("chưa có lý do thu hồi", "chưa có số hiệu thiết bị lưu khóa bí mật")),
            ("06", 17, ("chưa có số hiệu thiết bị lưu khóa bí mật", "chưa có tên chứng thư")),
        ],
    )
    def test_nothing_is_invented_and_everything_missing_is_said(self, number, count, sentences):
        drawn = MODULES[number].draw(NOTHING[number])
        for sentence in sentences:
            assert f"Dòng 1 của danh sách: {sentence}." in drawn.missing
        assert len(set(drawn.missing)) == len(drawn.missing) == count
        text = plain_text(drawn.pdf)
        assert "Họ và tên: ……" in text
        assert "Số: ……/……" in text

    @pytest.mark.parametrize("number", NOTHING)
    def test_an_empty_list_is_said(self, number):
        drawn = MODULES[number].draw(replace(NOTHING[number], lines=()))
        assert [each for each in drawn.missing if each.startswith("Danh sách chưa có")]

    @pytest.mark.parametrize("number", FORMS)
    def test_a_complete_letter_lacks_nothing_on_screen_and_on_paper(self, number):
        digital, wet = sample(number).draw(), sample(number, WET).draw()
        assert digital.missing == wet.missing == ()
        assert set(digital.anchors) == {"number", "date", "signature", "seal"}
        assert wet.anchors == {}
        assert "……" not in plain_text(digital.pdf)
        assert "ngày …… tháng …… năm ……" in plain_text(wet.pdf)


@pytest.mark.parametrize("number", FORMS)
def test_the_same_data_give_the_same_bytes_and_the_form_its_own_number(number):
    assert sample(number).draw().pdf == sample(number).draw().pdf
    assert SAMPLES[number](CASE).text is TEXTS[number] is MODULES[number].TEXT
    assert TEXTS[number].form.number == number
