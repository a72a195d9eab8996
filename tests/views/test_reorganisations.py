"""The guided act for a whole agency, as somebody with both communes in scope walks through it."""

import html
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, Person
from operations.transactions import transaction
from rules.certificates import SubscriberKind
from schema.changes import Reorganisation
from schema.custody import FollowUp
from tests import factories
from tests.cast import Cast

Login = Callable[[int], FlaskClient]
URL = "/sap-xep"
PLAN = {"effective_on": "21/11/2026", "decision": "Nghị quyết thử nghiệm số 1"}


def test_two_communes_are_merged_step_by_step(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        giang = db_session.get_one(Person, cast.person_giang)
        kind = SubscriberKind.ORGANISATION
        factories.certificate(db_session, giang, days_left=300, kind=kind)
        factories.certificate(db_session, giang, days_left=300)
    browser = login(cast.dung)
    assert "UBND xã Thử A" in browser.get(f"{URL}/moi").text
    assert "Sáp nhập" in browser.get(f"{URL}/moi?don-vi={cast.commune_a}").text
    form = f"{URL}/moi?don-vi={cast.commune_a}&loai=MERGE"
    assert "Cơ quan tiếp nhận" in browser.get(form).text
    assert "Chưa chọn cơ quan tiếp nhận" in browser.post(form, data=PLAN).text
    data = PLAN | {"successor_id": cast.commune_b, "new_email_domain": "thub.example"}
    shown = browser.post(form, data=data).text
    assert "4 người" in shown
    assert "Mẫu số 05 (cơ quan cũ)" in shown
    assert "Mẫu số 04 (cơ quan tiếp nhận)" in shown
    assert db_session.scalars(select(Reorganisation.id)).all() == []
    page = browser.post(form, data=data | {"lap": "1"}).location
    assert "Thực hiện là một lần" in browser.get(page).text
    done = browser.post(f"{page}/thuc-hien", data={"version": 1}, follow_redirects=True).text
    assert "Đã chuyển 4 người" in done
    assert "UBND xã Thử A sáp nhập vào UBND xã Thử B" in (
        browser.get(f"/don-vi/{cast.commune_a}").text
    )
    for number in db_session.scalars(select(FollowUp.id)).all():
        browser.post(f"/viec-phai-lam/{number}/xong")
    ended = browser.post(f"{page}/ket-thuc", data={"version": 2}, follow_redirects=True).text
    assert "Đã kết thúc việc sắp xếp." in ended
    assert "UBND xã Thử A" in browser.get(URL).text


def test_an_agency_is_renamed_by_its_own_focal_point(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        for number in (cast.person_em, cast.person_giang):
            factories.certificate(db_session, db_session.get_one(Person, number), days_left=300)
    browser = login(cast.an)
    form = f"{URL}/moi?don-vi={cast.commune_a}&loai=RENAME"
    data = PLAN | {"new_name": "UBND phường Thử A", "lap": "1"}
    page = browser.post(form, data=data).location
    done = browser.post(f"{page}/thuc-hien", data={"version": 1}, follow_redirects=True).text
    letter = (
        html.unescape(done).partition("Lập Mẫu số 04 cho 2 chứng thư")[0].rpartition('href="')[2]
    )
    assert "Phạm Văn Em" in browser.get(letter.partition('"')[0]).text  # both in one letter
    shown = browser.get(f"/don-vi/{cast.commune_a}").text
    assert "UBND xã Thử A → UBND phường Thử A" in shown


def test_a_plan_stays_inside_the_scope_of_who_makes_it_and_may_be_dropped(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an, binh = login(cast.an), login(cast.binh)
    form = f"{URL}/moi?don-vi={cast.commune_a}&loai=MERGE"
    assert f'value="{cast.office_a}"' not in an.get(form).text  # Nothing merges into its own unit.
    refused = an.post(form, data=PLAN | {"successor_id": cast.commune_b})
    assert "không có hoặc không còn dùng được" in refused.text
    assert binh.get(form).status_code == 404
    form = f"{URL}/moi?don-vi={cast.commune_a}&loai=SPLIT"
    data = PLAN | {"successor_id": cast.office_a, "unit_ids": cast.office_a, "people": "ai đó"}
    assert "không tìm thấy" in an.post(form, data=data).text
    browser = login(cast.dung)
    form = f"{URL}/moi?don-vi={cast.commune_a}&loai=MERGE"
    plan = PLAN | {"successor_id": cast.commune_b, "lap": "1"}
    page = browser.post(form, data=plan).location
    assert binh.get(page).status_code == 200  # the accepting agency sees what comes
    assert binh.post(f"{page}/thuc-hien", data={"version": 1}).status_code == 404
    dropped = browser.post(f"{page}/bo", data={"version": 1, "reason": "Hoãn"})
    assert "Đã bỏ phương án: Hoãn" in browser.get(dropped.location).text
    assert db_session.get_one(Agency, cast.commune_a).ended_on is None


def test_who_has_one_commune_is_told_who_merges_two(login: Login, cast: Cast) -> None:
    an, dung, chi = login(cast.an), login(cast.dung), login(cast.chi)
    told = "phải có cả hai cơ quan trong phạm vi"
    for page in ("", "/moi", f"/moi?don-vi={cast.commune_a}"):
        assert told in an.get(URL + page).text
        assert told not in dung.get(URL + page).text
    assert "Ở đây anh/chị chỉ xem" in chi.get(URL).text
