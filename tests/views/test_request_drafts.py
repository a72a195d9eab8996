"""Drafting every kind of request on the web: from the ticked rows to the page of the draft."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, CertificateRequest, Person, System
from operations.transactions import transaction
from rules.devices import DeviceState
from rules.requests import RequestKind
from tests import factories
from tests.cast import Cast, person
from tests.views.requests import TODAY, Login, act, certificates, done, request_of, words

Count = Callable[[], AbstractContextManager[list[str]]]


def locked(session: Session, cast: Cast, state: DeviceState = DeviceState.LOCKED) -> int:
    with transaction(session):
        owner = session.get_one(Person, cast.person_em)
        row = factories.device(session, cast.office_a, "TB-1", owner, state=state, serial="0042")
        factories.certificate(session, owner, token=row)
        return row.id


def system(login: Login, session: Session, cast: Cast) -> int:
    typed = {
        "name": "Cổng thông tin Thử Nghiệm",
        "agency_id": cast.commune_a,
        "kind": "SOFTWARE",
        "edition": "phiên bản 1.0",
        "key_store": "HSM",
    }
    done(login(cast.an).post("/he-thong/moi", data=typed))
    return session.scalars(select(System.id)).one()


@pytest.fixture
def subjects(login: Login, cast: Cast, db_session: Session) -> dict[str, tuple[str, int]]:
    """Page -> the name under which a list sends its subject, and one subject."""
    (number,) = certificates(db_session, cast, 200)
    return {
        "cap-moi/ca-nhan": ("people", cast.person_chi),
        "cap-moi/co-quan": ("agencies", cast.commune_a),
        "cap-moi/he-thong": ("systems", system(login, db_session, cast)),
        "thay-doi": ("certificates", number),
        "thu-hoi": ("certificates", number),
        "khoi-phuc": ("thiet-bi", locked(db_session, cast)),
    }


def test_every_page_shows_its_subject_its_route_and_opens_a_draft_with_its_letter(
    login: Login, cast: Cast, db_session: Session, subjects: dict[str, tuple[str, int]]
) -> None:
    an = login(cast.an)
    titles = {
        "cap-moi/ca-nhan": "Cấp mới 1 chứng thư",
        "cap-moi/co-quan": "Cấp mới 1 chứng thư",
        "cap-moi/he-thong": "Cấp mới 1 chứng thư",
        "thay-doi": "Thay đổi nội dung thông tin 1 chứng thư",
        "thu-hoi": "Thu hồi 1 chứng thư",
        "khoi-phuc": "Khôi phục thiết bị 1 thiết bị",
    }
    for page, (name, number) in subjects.items():
        sent = an.post(f"/de-nghi/{page}", data={name: [number]}, follow_redirects=True)
        shown = words(sent)
        assert "Đưa vào văn bản (1)" in shown, page
        assert "Nơi nhận theo quy định" in shown
        data = {name: [number], "planned_receipt_on": TODAY, "lap": "1", "means": "token"}
        answer = an.post(f"/de-nghi/{page}", data=data | {"ground": "MANAGING_AGENCY"})
        assert answer.status_code == 302, words(answer)
        draft = words(an.get(answer.location))
        assert titles[page] in draft
        assert "Còn thiếu" in draft
        pdf = an.get(f"{answer.location}/van-ban.pdf")
        assert pdf.data.startswith(b"%PDF")


def test_a_renewal_that_is_too_late_leads_to_a_new_issue_with_the_old_serial_carried(
    login: Login, cast: Cast, db_session: Session
) -> None:
    (late,) = certificates(db_session, cast, 20)
    an = login(cast.an)
    page = an.get(f"/de-nghi/gia-han/moi?chung-thu={late}")
    assert f"/de-nghi/cap-moi/ca-nhan?chung-thu={late}" in page.text
    shown = words(an.get(f"/de-nghi/cap-moi/ca-nhan?chung-thu={late}"))
    assert "Đưa vào văn bản (1)" in shown
    assert "Điều 21" in shown
    answer = an.post(
        "/de-nghi/cap-moi/ca-nhan",
        data={"certificates": [late], "planned_receipt_on": TODAY, "lap": "1", "means": "token"},
    )
    assert "thay chứng thư cũ" in words(an.get(answer.location))
    sent = an.post("/de-nghi/cap-moi", data={"certificates": [late]})
    assert sent.location == f"/de-nghi/cap-moi/ca-nhan?chung-thu={late}"


def test_what_the_law_refuses_stays_out_with_article_and_the_way_to_the_right_act(
    login: Login, cast: Cast, db_session: Session
) -> None:
    damaged = locked(db_session, cast, DeviceState.DAMAGED)
    page = login(cast.an).get(f"/de-nghi/khoi-phuc?thiet-bi={damaged}")
    text = words(page)
    assert "Không khôi phục được (1)" in text
    assert "Điều 22 Nghị định số 68/2024/NĐ-CP" in text
    assert "/de-nghi/thu-hoi?chung-thu=" in page.text
    assert "Lập dự thảo" not in text
    assert "Số ngày còn lại" not in text  # which no unlock depends on


def test_another_ground_is_tried_before_anything_is_written(
    login: Login, cast: Cast, db_session: Session
) -> None:
    (number,) = certificates(db_session, cast, 200)
    an = login(cast.an)
    typed = {"planned_receipt_on": TODAY, "ground": "EXPIRED", "kiem-tra": "1"}
    refused = an.post(
        "/de-nghi/thu-hoi", data=typed | {"certificates": [number]}, follow_redirects=True
    )
    assert "chưa hết hạn sử dụng" in words(refused)
    assert f'name="bo-ra-certificates" value="{number}"' in refused.text
    again = an.post(
        "/de-nghi/thu-hoi",
        data=typed | {"bo-ra-certificates": [number], "ground": "RETIRED"},
        follow_redirects=True,
    )
    assert "Đưa vào văn bản (1)" in words(again)


def test_a_person_on_a_sim_and_then_by_central_signing(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    typed = {"people": [cast.person_chi], "planned_receipt_on": TODAY, "lap": "1"}
    answer = an.post("/de-nghi/cap-moi/ca-nhan", data=typed | {"means": "sim", "sim": "Viettel/cs"})
    assert "SIM PKI Viettel/cs" in words(an.get(answer.location))
    second = an.post("/de-nghi/cap-moi/ca-nhan", data=typed | {"means": "tap-trung"})
    assert "Ký số tập trung" in words(an.get(second.location))


def drafted(login: Login, cast: Cast, page: str, **typed: Any) -> int:
    data = {"planned_receipt_on": TODAY, "lap": "1", **typed}
    answer = login(cast.an).post(f"/de-nghi/{page}", data=data)
    assert answer.status_code == 302, words(answer)
    return int(answer.location.rsplit("/", 1)[1])


def test_a_line_is_filled_in_on_its_own_page(login: Login, cast: Cast, db_session: Session) -> None:
    request_id = drafted(login, cast, "thay-doi", certificates=certificates(db_session, cast, 200))
    an = login(cast.an)
    shown = words(an.get(f"/de-nghi/{request_id}"))
    assert "chưa nêu thông tin nào thay đổi" in shown
    assert "Không được:" not in shown  # It was opened a moment ago.
    assert "Không được:" in words(an.get(f"/de-nghi/{request_id}/trinh"))
    assert "da-trinh=1" in an.get(f"/de-nghi/{request_id}/trinh").text
    assert "Không được:" in words(an.get(f"/de-nghi/{request_id}?da-trinh=1"))
    line = request_of(db_session, request_id).lines[0].id
    page = f"dong/{line}"
    assert "Thông tin mới" in words(an.get(f"/de-nghi/{request_id}/{page}"))
    typed = {"amends": "y", "cases": ["WORKPLACE"], "before": "Xã A", "after": "Xã B"}
    done(act(an, db_session, request_id, page, **typed))
    shown = words(an.get(f"/de-nghi/{request_id}"))
    assert "Xã A → Xã B" in shown
    assert "chưa nêu thông tin nào thay đổi" not in shown
    refused = act(an, db_session, request_id, page)
    assert "ít nhất một dịch vụ" in words(refused)


def test_what_is_only_not_said_yet_stands_quietly_before_the_draft_is_opened(
    login: Login, cast: Cast, db_session: Session
) -> None:
    ids = certificates(db_session, cast, 200, 10)
    page = login(cast.an).get(f"/de-nghi/thay-doi?chung-thu={ids[0]}&chung-thu={ids[1]}")
    possible = words(page).split("Đưa vào văn bản (1)")[1]
    assert "Còn thiếu 1 điều" in possible
    assert "Không được:" not in possible
    assert words(page).count("Không được:") == 1  # Too few days left: the law itself.


def test_one_ground_for_several_lines_and_more_lines_found_by_name(
    login: Login, cast: Cast, db_session: Session
) -> None:
    first, second = certificates(db_session, cast, 200, 201)
    request_id = drafted(login, cast, "thu-hoi", certificates=[first], ground="RETIRED")
    an = login(cast.an)
    found = an.get(f"/de-nghi/{request_id}/them-dong?q=pham van em")
    assert f'name="certificates" value="{second}"' in found.text
    assert f'name="certificates" value="{first}"' not in found.text
    done(act(an, db_session, request_id, "them-dong", certificates=[second]))
    lines = [line.id for line in request_of(db_session, request_id).lines]
    assert len(lines) == 2
    done(act(an, db_session, request_id, "ly-do-thu-hoi", dong=lines, **{"ly-do": "DECEASED"}))
    assert words(an.get(f"/de-nghi/{request_id}")).count("Từ trần") >= 2


def test_what_is_missing_is_listed_with_the_page_where_it_is_typed(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = drafted(login, cast, "cap-moi/ca-nhan", people=[cast.person_chi], means="token")
    page = login(cast.an).get(f"/de-nghi/{request_id}")
    text = words(page)
    assert "Dòng 1: Chưa có ngày sinh và số điện thoại di động của Lê Thị Chi" in text
    assert f'href="/ca-nhan/{cast.person_chi}/sua"' in page.text
    assert "Mục 1:" in text


def test_the_page_of_a_person_draft_costs_the_same_for_one_line_and_for_ten(
    login: Login, cast: Cast, db_session: Session, count_statements: Count
) -> None:
    an = login(cast.an)
    counted = []
    for many in (1, 10):
        with transaction(db_session):
            office = db_session.get_one(Agency, cast.office_a)
            people = [
                person(db_session, f"Bùi Thử {many} {n}", office, "Công chức").id
                for n in range(many)
            ]
        with count_statements() as statements:
            an.get("/de-nghi/cap-moi/ca-nhan?" + "&".join(f"ca-nhan={n}" for n in people))
        request_id = drafted(login, cast, "cap-moi/ca-nhan", people=people, means="token")
        with count_statements() as on_page:
            assert an.get(f"/de-nghi/{request_id}").status_code == 200
        counted.append((len(statements), len(on_page)))
    assert counted[0] == counted[1]
    assert max(counted[0]) <= 15  # with the law, the agencies and the words read anew; ten without


def test_who_does_not_draft_does_not_enter_and_strangers_take_nothing(
    login: Login, cast: Cast, db_session: Session, subjects: dict[str, tuple[str, int]]
) -> None:
    for page in (*subjects, "theo-thang"):
        for reader in (cast.huong, cast.khanh, cast.em, cast.dung):
            assert login(reader).get(f"/de-nghi/{page}").status_code == 403
    binh = login(cast.binh)
    for page, (name, number) in subjects.items():
        assert "Đưa vào văn bản" not in words(binh.post(f"/de-nghi/{page}", data={name: [number]}))
    request_id = drafted(login, cast, "cap-moi/ca-nhan", people=[cast.person_chi], means="token")
    line = request_of(db_session, request_id).lines[0].id
    for page in (f"dong/{line}", "them-dong", "bo-dong", "ly-do-thu-hoi"):
        data = {"version": 1, "ly-do": "RETIRED"}
        assert binh.post(f"/de-nghi/{request_id}/{page}", data=data).status_code == 404
    assert binh.get(f"/he-thong/{subjects['cap-moi/he-thong'][1]}").status_code == 404


# By month -----------------------------------------------------------------------------------------


def test_a_month_lists_both_clocks_and_prepares_one_letter_for_each_act(
    login: Login, cast: Cast, db_session: Session
) -> None:
    renew = certificates(db_session, cast, 60, 61)
    replace = certificates(db_session, cast, 20, renewals=1)
    unknown = certificates(db_session, cast, 65, renewals=None)
    an = login(cast.an)
    page = words(an.get("/de-nghi/theo-thang"))
    assert "Gia hạn (2)" in page
    assert "Chuẩn bị cấp mới (1)" in page
    assert "Chưa rõ lịch sử gia hạn (1)" in page
    assert "Nửa đêm ở Việt Nam" in page
    assert "Không có việc nào" in words(an.get("/de-nghi/theo-thang?thang=2031-01"))
    answer = an.post("/de-nghi/theo-thang", data={"gia-han": renew, "cap-moi": replace})
    assert answer.location == "/de-nghi?trang-thai=DRAFT"
    rows = db_session.scalars(select(CertificateRequest).order_by(CertificateRequest.id)).all()
    assert [row.kind for row in rows] == [RequestKind.RENEWAL, RequestKind.ISSUANCE]
    assert "3 chứng thư khác của tháng này đã nằm trong văn bản đang làm" in words(
        an.get("/de-nghi/theo-thang")
    )
    assert unknown
    nothing = an.post("/de-nghi/theo-thang", data={})
    assert nothing.location.startswith("/de-nghi/theo-thang")


# What if ------------------------------------------------------------------------------------------


def test_another_day_and_regulation_answer_for_every_act_with_articles(
    login: Login, cast: Cast, db_session: Session
) -> None:
    (number,) = certificates(db_session, cast, 60)
    an = login(cast.an)
    page = "/can-cu-phap-ly/thu-xem"
    assert f"chung-thu={number}" in an.get(f"{page}?q=pham van em").text
    today = words(an.get(f"{page}?chung-thu={number}"))
    assert "Gia hạn Được" in today
    assert "Gửi Cục Chứng thực số" in today
    late = words(an.get(f"{page}?chung-thu={number}&ngay=31/12/2026"))
    assert "Gia hạn Không được" in late
    assert "Điều 12 Nghị định số 68/2024/NĐ-CP" in late
    draft = words(an.get(f"{page}?chung-thu={number}&quy-che=dong_nai_draft_2026"))
    assert "giả định dự thảo đã có hiệu lực" in draft
    assert "Gửi Sở Khoa học và Công nghệ tỉnh Đồng Nai" in draft
    early = words(an.get(f"{page}?chung-thu={number}&ngay=01/01/2020"))
    assert "không có căn cứ" in early
    assert "Cấp mới" in words(an.get(f"{page}?ca-nhan={cast.person_chi}"))
    assert login(cast.binh).get(f"{page}?chung-thu={number}").status_code == 404
    assert login(cast.dung).get(page).status_code == 403


# The regulation of an agency ----------------------------------------------------------------------


def test_an_agency_follows_a_regulation_and_takes_its_units_along(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    address = f"/don-vi/{cast.commune_a}/quy-che"
    assert "Bắc Ninh" in words(an.get(address))
    typed = {"version": 1, "regulation": "bac_ninh_60_2025", "below_too": "y"}
    done(an.post(address, data=typed))
    db_session.rollback()
    for number in (cast.commune_a, cast.office_a):
        assert db_session.get_one(Agency, number).regulation == "bac_ninh_60_2025"
    assert "60/2025" in words(an.get(f"/don-vi/{cast.commune_a}"))
    wrong = an.post(address, data={"version": 2, "regulation": "nowhere"})
    assert wrong.status_code == 200
    assert login(cast.binh).get(address).status_code == 404
