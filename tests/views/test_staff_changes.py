"""The pages of staff changes, as a focal point walks through them."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Person
from operations import search
from operations.transactions import transaction
from schema.changes import StaffChange
from schema.custody import FollowUp
from tests import factories
from tests.cast import Cast, person

Login = Callable[[int], FlaskClient]
URL = "/bien-dong"


@pytest.fixture
def em(db_session: Session, cast: Cast) -> Person:
    """Em with a token and a certificate."""
    with transaction(db_session):
        row = db_session.get_one(Person, cast.person_em)
        token = factories.device(db_session, cast.office_a, "TK-EM", row)
        factories.certificate(db_session, row, days_left=400, token=token)
    return row


def enter(browser: FlaskClient, person_id: int, kind: str, **more: str) -> str:
    """Enter a change and return the address of its page."""
    data = {"effective_on": "21/11/2026"} | more
    answer = browser.post(f"{URL}/moi?ca-nhan={person_id}&loai={kind}", data=data)
    assert answer.status_code == 302, answer.text
    return answer.location


def test_a_leaver_from_the_first_page_to_the_last(
    login: Login, cast: Cast, em: Person, db_session: Session
) -> None:
    browser = login(cast.an)
    found = browser.post(f"{URL}/moi", data={"who": "pham.van.em@thunghiem.example"})
    assert found.location.endswith(f"ca-nhan={cast.person_em}")
    assert "Nghỉ hưu" in browser.get(found.location).text
    form = browser.get(f"{URL}/moi?ca-nhan={cast.person_em}&loai=RETIRED").text
    assert "Điều 17" in form  # what will follow stands there before anything is written
    page = browser.get(enter(browser, cast.person_em, "RETIRED")).text
    assert "thu hồi thiết bị lưu khóa bí mật TK-EM" in page
    assert "Đã xong" in page
    number = db_session.scalars(select(StaffChange.id)).one()
    for line in db_session.scalars(select(FollowUp.id)).all():
        browser.post(f"/viec-phai-lam/{line}/xong")
    refused = browser.post(f"{URL}/{number}/ket-thuc", data={"version": 1}, follow_redirects=True)
    assert "còn giữ 1 thiết bị: TK-EM" in refused.text
    cancelled = browser.post(f"{URL}/{number}/huy", data={"version": 1, "reason": "Nhầm"})
    assert cancelled.status_code == 302
    assert "Phạm Văn Em" in browser.get(URL).text


def test_half_a_name_shows_whom_it_may_mean_in_the_scope_only(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        row = db_session.get_one(Person, cast.person_em)
        search.reindex(db_session, search.PERSON, row.id, search.terms_of_person(row))
    said = login(cast.an).post(f"{URL}/moi", data={"who": "em pham"}).text
    assert "Không tìm thấy" in said
    assert f"/bien-dong/moi?ca-nhan={cast.person_em}" in said
    assert "Phạm Văn Em" not in login(cast.binh).post(f"{URL}/moi", data={"who": "em pham"}).text


def test_a_pasted_list_is_shown_before_it_is_saved(
    login: Login, cast: Cast, em: Person, db_session: Session
) -> None:
    browser = login(cast.an)
    text = "Phạm Văn Em; nghỉ hưu; 01/12/2026\nTrần Thị Bình; nghỉ hưu; 01/12/2026"
    shown = browser.post(f"{URL}/danh-sach", data={"text": text}).text
    assert "Hiểu được 1 dòng, 1 dòng có vấn đề" in shown
    assert db_session.scalars(select(StaffChange.id)).all() == []
    saved = browser.post(f"{URL}/danh-sach", data={"text": text, "ghi": "1"}, follow_redirects=True)
    assert "Đã ghi 1 biến động." in saved.text


def test_a_move_is_proposed_by_one_agency_and_accepted_by_the_other(
    login: Login, cast: Cast, em: Person, db_session: Session
) -> None:
    an, binh = login(cast.an), login(cast.binh)
    page = enter(an, cast.person_em, "MOVED_TO_OTHER_BODY", to_body="UBND xã Thử B")
    assert "Thay đổi nội dung thông tin (Mẫu số 04)" in an.get(page).text
    assert "chưa chọn" in binh.get(f"{page}/tiep-nhan").text
    an.post(f"{page}/chon", data={"cach": "amend"})
    assert an.get(f"{page}/tiep-nhan").status_code == 404
    assert binh.post(f"{page}/chon", data={"cach": "amend"}).status_code == 404
    assert "TK-EM" in binh.get(f"{page}/tiep-nhan").text
    version = db_session.scalars(select(StaffChange.version)).one()
    data = {"version": version, "title": "Kế toán", "nhan": "1"}
    assert "Đã tiếp nhận" in binh.post(f"{page}/tiep-nhan", data=data, follow_redirects=True).text
    assert db_session.get_one(Person, cast.person_em).agency_id == cast.commune_b


def test_comparing_the_contents_asks_and_then_proposes(
    login: Login, cast: Cast, em: Person
) -> None:
    browser = login(cast.an)
    page = enter(browser, cast.person_em, "POSITION_CHANGED", new_title="Trưởng phòng")
    assert "Đối chiếu thông tin trong chứng thư" in browser.get(page).text
    answer = {"version": "1", "phu-hop": "khong"}
    after = browser.post(f"{page}/doi-chieu", data=answer, follow_redirects=True).text
    assert "thay đổi chức vụ không có trong các trường hợp" in after


def test_a_line_is_left_out_with_a_reason_and_strangers_see_nothing(
    login: Login, cast: Cast, em: Person, db_session: Session
) -> None:
    an, binh = login(cast.an), login(cast.binh)
    page = enter(an, cast.person_em, "RETIRED")
    line = db_session.scalars(select(FollowUp.id)).first()
    assert binh.get(page).status_code == 404
    assert binh.post(f"/viec-phai-lam/{line}/xong").status_code == 404
    assert "Nhập lý do" in an.post(f"/viec-phai-lam/{line}/bo-qua", data={"reason": ""}).text
    done = an.post(
        f"/viec-phai-lam/{line}/bo-qua", data={"reason": "Đã làm"}, follow_redirects=True
    )
    assert "Đã làm" in done.text
    assert "Không còn việc nào" in binh.get("/viec-phai-lam").text


def test_the_lists_ask_the_same_number_of_questions_for_one_and_for_many(
    login: Login,
    cast: Cast,
    em: Person,
    db_session: Session,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    browser = login(cast.an)
    enter(browser, cast.person_em, "LONG_LEAVE")

    def cost(url: str) -> int:
        with count_statements() as statements:
            assert browser.get(url).status_code == 200
        return len(statements)

    before = [cost(URL), cost("/viec-phai-lam")]
    with transaction(db_session):
        home = em.agency
        ids = [person(db_session, f"Người Thử {number}", home, "Việc").id for number in range(8)]
    for number in ids:
        enter(browser, number, "RETIRED")
    assert [cost(URL), cost("/viec-phai-lam")] == before
    rows = re.findall(r'class="row-link"', browser.get(URL).text)
    assert len(rows) == 9
