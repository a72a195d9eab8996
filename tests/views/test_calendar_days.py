"""The page of days off."""

from tests.cast import Cast
from tests.views.requests import Login, words

PAGE = "/quan-tri/lich"


def test_an_administrator_sees_a_year_and_enters_a_day_with_its_notice(
    login: Login, cast: Cast
) -> None:
    dung = login(cast.dung)
    text = words(dung.get(PAGE))
    assert "Giao thừa Tết Nguyên Đán" in text
    assert "Ngày 24/11/2026 (Ngày Văn hóa Việt Nam) đang tính là ngày làm việc" in text
    typed = {"day": "02/01/2026", "what": "off", "name": "Nghỉ hoán đổi", "source": ""}
    assert "Nhập số, ngày của thông báo." in words(dung.post(PAGE, data=typed))
    answer = dung.post(PAGE, data={**typed, "source": "Thông báo số 1"})
    assert answer.location == f"{PAGE}?nam=2026"
    assert "Thông báo số 1" in words(dung.get(answer.location))
    gone = dung.post(f"{PAGE}/bo", data={"ngay": "2026-01-02"})
    assert "Thông báo số 1" not in words(dung.get(gone.location))
    assert dung.post(f"{PAGE}/bo", data={"ngay": "x"}).status_code == 302


def test_only_an_administrator_changes_the_calendar_and_years_have_an_end(
    login: Login, cast: Cast
) -> None:
    for who in (cast.an, cast.giang, cast.khanh):
        assert login(who).get(PAGE).status_code == 403
    dung = login(cast.dung)
    assert "năm 2020" in words(dung.get(f"{PAGE}?nam=1900"))
    assert "năm 2031" in words(dung.get(f"{PAGE}?nam=99999"))
