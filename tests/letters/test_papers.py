"""Minutes, decision, report, slip, notice, register: words, places, who signs, what is missing."""

import re
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image, ImageChops

from letters import (
    entrustment_decision,
    handover_minutes,
    incident_report,
    intake_minutes,
    internal_return_minutes,
    loss_minutes,
    notices,
    registers,
    return_minutes,
    samples,
    status_minutes,
    stocktake_minutes,
    subscriber_slip,
)
from letters import paper_samples as made
from letters.decree30 import Medium
from letters.errors import FormTextInvalid
from letters.parties import Party, Person
from letters.prescribed import with_corrections
from rules.requests import RequestKind
from tests.letters.form_cases import CASE, GOLDEN, WET, picture
from tests.letters.paper_cases import CASES, NOTHING, draw_case, make_register
from tests.letters.reading import MM, find_words, golden_text, ink_box, plain_text, read_words

MINUTES = ("mau_07", "mau_08", "mau_09", "internal_return", "status", "stocktake", "intake")


def text_of(name: str) -> str:
    return plain_text(draw_case(name).pdf)


@pytest.mark.parametrize("name", CASES)
class TestEveryPaper:
    def test_words_and_places_are_those_of_the_golden_file(self, name):
        expected = (GOLDEN / f"paper_{name}.txt").read_text(encoding="utf-8")
        assert golden_text(draw_case(name).pdf) == expected

    def test_the_page_looks_like_its_golden_picture(self, name):
        seen = picture(draw_case(name).pdf, 0)
        with Image.open(GOLDEN / f"paper_{name}.png") as golden:
            assert seen.size == golden.size
            # Averaged over squares of 5 mm a font of the same metrics gives the same grey.
            squares = (seen.width // 5, seen.height // 5)
            apart = ImageChops.difference(
                seen.resize(squares, Image.Resampling.BOX),
                golden.convert("L").resize(squares, Image.Resampling.BOX),
            )
        assert apart.getextrema()[1] < 24

    def test_only_page_number_and_witness_stand_in_the_margins(self, name):
        pdf = draw_case(name).pdf
        width, height = (297, 210) if name == "register" else (210, 297)
        for page in range(draw_case(name).pages):
            left, top, right, bottom = ink_box(pdf, page)
            assert left >= 29.5
            assert right <= width - 14.5
            assert top >= (8 if page else 19.5)
            assert bottom <= height - 8

    def test_a_complete_paper_lacks_nothing(self, name):
        assert draw_case(name).missing == ()


@pytest.mark.parametrize("name", MINUTES)
class TestMinutes:
    def test_they_have_a_number_and_no_line_of_place_and_date(self, name):
        pdf = draw_case(name).pdf
        number = next(words for words in read_words(pdf) if "/BB-UBND" in words.text)
        assert number.baseline < 50
        right_of_it = [
            words
            for words in read_words(pdf)
            if words.page == 0 and abs(words.baseline - number.baseline) < 3 and words.left > 110
        ]
        assert right_of_it == []

    def test_name_and_title_are_bold_size_and_centred_below_the_head(self, name):
        pdf = draw_case(name).pdf
        kind = find_words(pdf, "BIÊN BẢN")
        assert kind.centre == pytest.approx(112.5, abs=0.4)
        assert 13 <= kind.size <= 14
        assert kind.baseline > find_words(pdf, "Độc lập").baseline

    def test_they_carry_the_head_of_the_log_small_in_the_foot_of_every_page(self, name):
        drawn = draw_case(name)
        marks = [w for w in read_words(drawn.pdf) if w.text == "Nhật ký: #1523 9f3a6c21"]
        assert [mark.page for mark in marks] == list(range(drawn.pages))
        assert all(mark.size == 8 and mark.baseline > 280 for mark in marks)

    def test_they_end_with_the_mark_of_the_end_and_day_and_place_are_told(self, name):
        text = text_of(name)
        assert text.count("./.") == 1
        assert "hồi 09 giờ 30 phút, ngày 20 tháng 11 năm 2026, tại Trụ sở" in text


class TestSigning:
    @pytest.mark.parametrize(
        ("name", "places"),
        [
            ("mau_07", {"number", "giver", "receiver"}),
            ("mau_09", {"number", "subscriber", "signer", "signer_seal"}),
            ("internal_return", {"number", "giver", "receiver"}),
            ("stocktake", {"number", "member_1", "member_2", "member_3"}),
            ("entrustment", {"number", "date", "signature", "seal"}),
        ],
    )
    def test_every_side_has_a_place_that_covers_no_words(self, name, places):
        drawn = draw_case(name)
        assert set(drawn.anchors) == places
        for key, anchor in drawn.anchors.items():
            for words in read_words(drawn.pdf):
                if words.page != anchor.page or key in {"number", "date"}:
                    continue
                low = 297 / MM - words.baseline / MM - words.size * 0.2
                high = 297 / MM - words.baseline / MM + words.size * 0.8
                aside = words.right / MM <= anchor.x1 or words.left / MM >= anchor.x2
                assert aside or high <= anchor.y1 or low >= anchor.y2, (key, words)

    def test_giver_left_and_receiver_right_sign_on_a_level_between_title_and_name(self):
        drawn = draw_case("mau_07")
        giver, receiver = drawn.anchors["giver"], drawn.anchors["receiver"]
        assert giver.x2 < receiver.x1
        assert (giver.y1, giver.y2) == (receiver.y1, receiver.y2)
        name = find_words(drawn.pdf, "Phạm Thị Mẫu Hai")
        signed = [w for w in read_words(drawn.pdf) if w.text == "Phạm Thị Mẫu Hai"][-1]
        assert name.page == signed.page == receiver.page
        assert signed.centre == pytest.approx((receiver.x1 + receiver.x2) / 2 * MM, abs=0.4)

    def test_a_seal_has_its_true_size_and_stays_out_of_the_margin(self):
        anchors = return_minutes.draw(made.device_return()).anchors
        seal = anchors["giver_seal"]
        assert (seal.x2 - seal.x1) * MM == pytest.approx(36)
        assert seal.x1 * MM >= 30 - 0.01
        assert anchors["receiver_seal"].x1 < anchors["receiver"].x1

    @pytest.mark.parametrize("name", ["mau_07_many", "mau_08", "status", "slip"])
    def test_paper_has_no_anchors_and_says_how_to_sign(self, name):
        assert draw_case(name).anchors == {}
        assert "(Ký," in text_of(name)

    def test_a_number_that_is_known_is_written_and_needs_no_field(self):
        drawn = handover_minutes.draw(made.handover(number="07"))
        assert "Số: 07/BB-UBND" in plain_text(drawn.pdf)
        assert "number" not in drawn.anchors

    @pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
    def test_a_committee_of_any_size_signs_and_none_is_lost(self, count):
        member = stocktake_minutes.Member
        committee = tuple(
            member(
                person=Person(full_name=f"Người Thử {n:02}", position="Công chức"), role="Tổ viên"
            )
            for n in range(count)
        )
        drawn = stocktake_minutes.draw(made.stocktake(committee=committee))
        assert {f"member_{n}" for n in range(1, count + 1)} < set(drawn.anchors)
        pages = {anchor.page for anchor in drawn.anchors.values()}
        assert max(pages) == drawn.pages - 1
        assert plain_text(drawn.pdf).count("Người Thử 00") == 2


class TestHandover:
    def test_the_receiver_is_named_with_what_identifies_a_person(self):
        text = text_of("mau_07")
        assert "Ông (bà): Phạm Thị Mẫu Hai; chức vụ: Công chức Tư pháp - Hộ tịch" in text
        assert "Số định danh cá nhân: 000000000002; Cơ quan, tổ chức công tác: Ủy ban" in text
        assert "Tổng số: 01 (một) thiết bị lưu khóa bí mật." in text

    def test_one_device_fits_on_one_page(self):
        assert draw_case("mau_07").pages == 1
        assert handover_minutes.draw(made.handover(medium=Medium.WET)).pages == 1

    def test_a_clerk_receives_for_the_body_with_the_decision(self):
        receiver = replace(made.handover().giver, people=(made.CLERK,))
        text = plain_text(
            handover_minutes.draw(
                made.handover(receiver=receiver, entrusted_by="Quyết định số 01/QĐ-UBND")
            ).pdf
        )
        assert "II. Bên nhận: Ủy ban nhân dân xã Thử Nghiệm A" in text
        assert "theo Quyết định số 01/QĐ-UBND." in text
        assert "Số định danh" not in text

    def test_many_receivers_sign_in_the_table_with_room_for_a_pen(self):
        text = text_of("mau_07_many")
        assert "12 (mười hai) thuê bao có tên và ký nhận trong danh sách" in text
        assert "Ký nhận" in text
        rows = [w for w in read_words(draw_case("mau_07_many").pdf) if re.fullmatch(r"\d+", w.text)]
        first, second = (w for w in rows if w.text in {"1", "2"} and w.page == 0 and w.size == 11)
        assert second.baseline - first.baseline > 12

    def test_many_receivers_cannot_sign_digitally_on_one_paper(self):
        drawn = handover_minutes.draw(made.handover(many_receivers=True))
        assert any("lập biên bản riêng cho từng người nhận" in each for each in drawn.missing)


class TestReturn:
    def test_total_notice_and_parcel_are_told(self):
        text = text_of("mau_08")
        assert "giao, nhận: 02 (hai) thiết bị." in text
        assert "số 0123/TB-THỬ ngày 17/11/2026" in text
        assert "mã bưu gửi: EX000000001VN, ngày gửi: 20/11/2026" in text
        assert "II. Bên nhận: Cục Chứng thực số và Bảo mật thông tin" in text

    def test_without_a_notice_of_expired_certificates_nothing_is_claimed(self):
        drawn = return_minutes.draw(made.device_return(notices=(), without_notice=True))
        assert "Thông báo thu hồi" not in plain_text(drawn.pdf)
        assert drawn.missing == ()

    def test_a_missing_notice_and_parcel_are_dots_and_told(self):
        drawn = return_minutes.draw(made.device_return(notices=(), parcel_code="", sent_on=None))
        assert drawn.missing == (
            "Chưa có số của thông báo thu hồi chứng thư.",
            "Chưa có ngày của thông báo thu hồi chứng thư.",
            "Chưa có mã bưu gửi.",
            "Chưa có ngày gửi bưu kiện.",
        )

    def test_devices_handed_over_in_person_have_no_parcel(self):
        drawn = return_minutes.draw(made.device_return(in_person=True, parcel_code=""))
        assert "bưu gửi" not in plain_text(drawn.pdf)
        assert drawn.missing == ()

    @pytest.mark.parametrize(("count", "landscape"), [(25, False), (25, True), (1000, False)])
    def test_every_line_is_there_once_and_every_page_repeats_the_head(self, count, landscape):
        lines = tuple(
            made.device_line(n, reason="Hết hạn", internal_code="") for n in range(1, count + 1)
        )
        drawn = return_minutes.draw(made.device_return(lines=lines, landscape=landscape))
        words = read_words(drawn.pdf)
        serials = [w.text for w in words if re.fullmatch("[0-9A-F]{6}|[0-9A-F]{12}", w.text)]
        assert "".join(serials) == "".join(line.device_serial for line in lines)
        with_rows = {w.page for w in words if re.fullmatch("[0-9A-F]{6}|[0-9A-F]{12}", w.text)}
        assert {w.page for w in words if w.text == "STT"} == with_rows


class TestOthers:
    def test_a_loss_says_when_where_how_and_what_was_done(self):
        text = text_of("mau_09")
        for words in (
            "Thời gian thất lạc: khoảng 17 giờ",
            "Địa điểm: trên đường",
            "Hoàn cảnh: thiết bị để trong túi xách",
            "Thời điểm phát hiện: 19 giờ",
            "07 giờ 45 phút ngày 19 tháng 11 năm 2026",
            "Công văn số 15/UBND-VP ngày 19/11/2026",
        ):
            assert words in text

    def test_a_body_that_lost_its_device_is_told_with_its_tax_code(self):
        body = Party(body="Đơn vị Thử Nghiệm", people=(made.CLERK,))
        drawn = loss_minutes.draw(made.loss(subscriber=body, tax_code="0000000009"))
        text = plain_text(drawn.pdf)
        assert "II. Thuê bao: Đơn vị Thử Nghiệm" in text
        assert "Mã số thuế: 0000000009" in text
        assert "Số định danh" not in text

    def test_somebody_may_hand_over_for_a_subscriber_who_cannot(self):
        data = made.internal_return(on_behalf="thuê bao từ trần")
        text = plain_text(internal_return_minutes.draw(data).pdf)
        assert "không thể trực tiếp bàn giao (thuê bao từ trần)" in text

    def test_a_sim_has_its_signing_number_below_its_serial(self):
        line = made.device_line(1, device_kind="SIM PKI", signing_phone="0900 000 009")
        text = plain_text(handover_minutes.draw(made.handover(lines=(line,))).pdf)
        assert "0900 000 009" in text

    def test_a_parcel_that_agrees_says_so(self):
        text = plain_text(intake_minutes.draw(made.intake(differences=())).pdf)
        assert "Không có sai khác." in text

    def test_on_paper_holders_sign_and_on_screen_they_confirm_elsewhere(self):
        assert "Ký xác nhận" in text_of("status")
        digital = plain_text(status_minutes.draw(made.status()).pdf)
        assert "Ký xác nhận" not in digital
        assert "xác nhận trên phần mềm" in digital

    def test_a_count_shows_book_fact_and_difference_and_every_list(self):
        text = text_of("stocktake")
        assert "1 PKI Token 31 30 0 26 1 1 2 1 1" in text
        assert "Tổng cộng 33 32 0 28 1 1 2 1 1" in text
        for words in (
            "1. Thiếu",
            "2. Thừa",
            "3. Sai người giữ: 02",
            "4. Hỏng",
            "5. Chưa kiểm được",
        ):
            assert words in text
        assert "Đã kiểm 32/33 thiết bị theo sổ; đúng: 28." in text

    @pytest.mark.parametrize(
        ("figures", "actual", "gap"),
        [
            ({"book": 3, "right": 3}, 3, 0),
            ({"book": 3, "right": 2, "missing": 1}, 2, -1),
            ({"book": 3, "right": 3, "surplus": 2}, 5, 2),
            ({"book": 3, "right": 1, "wrong_holder": 1, "broken": 1}, 3, 0),
            ({"book": 3, "right": 1, "uncounted": 2}, 1, 0),
        ],
    )
    def test_what_was_not_counted_is_no_difference(self, figures, actual, gap):
        tally = stocktake_minutes.Tally(device_kind="PKI Token", **figures)
        assert (tally.actual, tally.gap) == (actual, gap)

    def test_a_count_without_difference_says_so(self):
        none = dict.fromkeys(("missing", "surplus", "wrong_holder", "broken", "uncounted"), ())
        agreed = (stocktake_minutes.Tally(device_kind="PKI Token", book=3, right=3),)
        said = "Không có chênh lệch giữa sổ và thực tế."
        drawn = stocktake_minutes.draw(made.stocktake(**none, tallies=agreed))
        assert said in plain_text(drawn.pdf)
        for tallies in ((), made.stocktake().tallies):
            drawn = stocktake_minutes.draw(made.stocktake(**none | {"tallies": tallies}))
            assert said not in plain_text(drawn.pdf)
            assert "Chưa có danh sách chi tiết chênh lệch." in drawn.missing

    @pytest.mark.parametrize("kind", RequestKind)
    def test_a_slip_asks_for_one_act_and_never_for_a_pin(self, kind):
        drawn = subscriber_slip.draw(made.slip(kind))
        text = plain_text(drawn.pdf)
        assert subscriber_slip.TEXT[f"ask_{kind}"] in text
        assert "XÁC NHẬN" in text
        assert not re.search(r"\bPIN\b|PUK|mật khẩu:", text)
        assert drawn.missing == ()
        assert drawn.pages == 1

    def test_a_slip_is_signed_digitally_by_both(self):
        anchors = subscriber_slip.draw(made.slip(medium=Medium.DIGITAL)).anchors
        assert set(anchors) == {"applicant", "agency", "agency_seal"}

    def test_a_first_report_of_an_incident_tells_that_the_cause_is_still_open(self):
        drawn = incident_report.draw(made.incident(causes=(), preventions=()))
        assert drawn.missing == (
            "Chưa có nguyên nhân sự cố.",
            "Chưa có biện pháp phòng ngừa tái diễn.",
        )

    def test_a_decision_has_grounds_articles_and_a_receiver_as_in_its_last_article(self):
        text = text_of("entrustment")
        for words in (
            "QUYẾT ĐỊNH:",
            "Điều 1. Giao ông (bà)",
            "Điều 3. Quyết định này",
            "Như Điều 3",
        ):
            assert words in text
        replaced = made.entrustment(replaces="Quyết định số 01/QĐ-UBND")
        assert "Như Điều 4" in plain_text(entrustment_decision.draw(replaced).pdf)

    def test_a_decision_for_a_term_names_its_days(self):
        data = made.entrustment(since=date(2026, 12, 1), until=date(2026, 12, 31))
        text = plain_text(entrustment_decision.draw(data).pdf)
        assert "từ ngày 01 tháng 12 năm 2026 đến hết ngày 31 tháng 12 năm 2026" in text
        assert "trong thời gian văn thư vắng mặt" in text

    def test_notices_to_many_make_one_file_with_a_sheet_for_each(self):
        drawn = notices.draw_all([made.notice()] * 3)
        assert drawn.pages == 3
        assert plain_text(drawn.pdf).count("GIẤY NHẮC") == 3
        assert "(đã quá hạn)" in plain_text(drawn.pdf)
        assert "000000000002" not in plain_text(drawn.pdf)
        with pytest.raises(ValueError, match="nothing"):
            notices.draw_all([])

    def test_a_register_is_landscape_with_the_nation_and_a_head_on_every_page(self):
        drawn = draw_case("register")
        assert find_words(drawn.pdf, "CỘNG HÒA").centre > 150
        heads = [w.page for w in read_words(drawn.pdf) if w.text == "Mã nội bộ"]
        assert heads == list(range(drawn.pages))
        assert "Sổ có 40 dòng" in plain_text(drawn.pdf)

    def test_a_register_without_end_is_refused_in_vietnamese(self):
        endless = replace(make_register(1), rows=(("",) * 6 for _ in range(25_001)))
        with pytest.raises(registers.RegisterTooLong, match="chọn phạm vi hẹp hơn"):
            registers.draw(endless)


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_invented_and_what_is_missing_is_told_once(name):
    module, data = NOTHING[name]
    drawn = module.draw(data)
    assert "……" in plain_text(drawn.pdf)
    assert len(drawn.missing) == len(set(drawn.missing)) >= 3
    assert all(each.endswith(".") for each in drawn.missing)


@pytest.mark.parametrize("number", ["07", "08", "09"])
class TestSamples:
    def test_a_sample_says_first_that_its_layout_is_inferred(self, number):
        for case in (CASE, WET):
            drawn = samples.SAMPLES[number](case).draw()
            assert "chưa đối chiếu với Phụ lục gốc" in plain_text(drawn.pdf)
            assert drawn.missing == ()

    def test_an_administrator_corrects_a_heading(self, number):
        text = samples.TEXTS[number]
        corrected = with_corrections(text, {"column_device_serial": "Số thiết bị đã sửa"})
        case = replace(CASE, words={number: corrected})
        assert "Số thiết bị đã sửa" in plain_text(samples.SAMPLES[number](case).draw().pdf)


def test_a_form_with_a_column_without_data_is_told():
    text = handover_minutes.TEXT
    strange = replace(
        text,
        table=replace(text.table, columns=(*text.table.columns[:-1], "colour")),
        words=dict(text.words) | {"column_colour": "Màu"},
    )
    with pytest.raises(FormTextInvalid, match="không có cột “signed”"):
        handover_minutes.draw(made.handover(many_receivers=True), strange)
