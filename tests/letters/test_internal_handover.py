"""Minutes inside the house after the first handover, for each purpose."""

import pytest

from letters import internal_handover_minutes as minutes
from letters import paper_samples, word
from letters.decree30 import Medium
from letters.internal_handover_minutes import Purpose


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


def test_a_deputy_without_written_permission_is_told_as_missing() -> None:
    told = minutes.draw(paper_samples.internal_handover(permission="")).missing
    assert "Chưa có văn bản cho phép giao tạm thiết bị." in told
