"""Minutes inside the house after the first handover, for each purpose."""

import pytest

from letters import internal_handover_minutes as minutes
from letters import paper_samples, word
from letters.decree30 import Medium
from letters.internal_handover_minutes import Purpose
from tests.letters.reading import plain_text


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_purpose_has_its_own_title_and_nothing_of_the_sample_is_missing(
    purpose: Purpose,
) -> None:
    line = paper_samples.device_line(1, found_with="Hoàng Giả Định Ba")
    data = paper_samples.internal_handover(purpose=purpose, lines=(line,), medium=Medium.WET)
    drawn = minutes.draw(data)
    assert drawn.pdf.startswith(b"%PDF-")
    assert all("số" in one.lower() or "ký hiệu" in one for one in drawn.missing), drawn.missing
    composed = word.draw(lambda setter, blanks: minutes.compose(data, setter, blanks))
    assert composed.startswith(b"PK")


def test_both_sides_have_a_place_to_sign_digitally_except_in_a_correction() -> None:
    assert {"giver", "receiver"} <= minutes.draw(paper_samples.internal_handover()).anchors.keys()
    correction = paper_samples.internal_handover(purpose=Purpose.CORRECTION)
    assert "receiver" not in minutes.draw(correction).anchors


def test_who_is_found_with_a_device_signs_in_the_list_and_may_not_use_that_of_another() -> None:
    data = paper_samples.internal_handover(purpose=Purpose.CORRECTION, medium=Medium.WET)
    text = " ".join(plain_text(minutes.draw(data).pdf).split())
    assert "BÊN NHẬN" in text
    assert "(Ký xác nhận trong danh sách)" in text
    assert "không được sử dụng thiết bị và giao lại" in text
    assert "bên nhận chịu trách nhiệm" not in text


def test_a_deputy_without_written_permission_is_told_as_missing() -> None:
    told = minutes.draw(paper_samples.internal_handover(permission="")).missing
    assert "Chưa có văn bản cho phép giao tạm thiết bị." in told
