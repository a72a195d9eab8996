"""The pages about agencies: the tree in scope, and decisions that only those in charge record."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from models import Agency, Person, RequestLine
from operations.request_findings import Question, judge
from operations.transactions import transaction
from rules.agencies import AgencyKind, AgencyLevel
from rules.requests import RequestKind
from tests.cast import Cast, agency

Login = Callable[[int], FlaskClient]
TREE = "/don-vi"


def names(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="/don-vi/\d+">([^<]+)<', page)


def typed(**more: object) -> dict[str, object]:
    return {
        "name": "Phòng Mới",
        "code": "PHONG-MOI",
        "level": AgencyLevel.SUB_UNIT.name,
        "kind": AgencyKind.DIVISION.name,
    } | more


def test_the_tree_shows_each_unit_under_its_own_and_only_in_scope(login: Login, cast: Cast) -> None:
    assert names(login(cast.an).get(TREE).text) == ["UBND xã Thử A", "Văn phòng xã Thử A"]
    assert names(login(cast.dung).get(TREE).text) == [
        "UBND Tỉnh Thử Nghiệm",
        "Sở Khoa học và Công nghệ Thử Nghiệm",
        "UBND xã Thử A",
        "Văn phòng xã Thử A",
        "UBND xã Thử B",
    ]
    assert names(login(cast.dung).get(f"{TREE}?q=thu b").text) == ["UBND xã Thử B"]
    assert "Không có đơn vị nào khớp" in login(cast.an).get(f"{TREE}?q=thu b").text


def test_sisters_stand_by_name_whatever_their_numbers(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):  # The tenth agency has a longer path than the ninth.
        above = db_session.get_one(Agency, cast.commune_b)
        some = [f"Phòng {letter}" for letter in "HGEDCBA"]
        last = [agency(db_session, name, above, sealed=False).id for name in some][-1]
    assert last > 9
    assert names(login(cast.binh).get(TREE).text)[1:] == sorted(some)


def test_a_unit_without_seal_says_who_sends_its_letters(login: Login, cast: Cast) -> None:
    page = login(cast.an).get(f"{TREE}/{cast.office_a}").text
    sender = page.partition("Nơi gửi văn bản đề nghị")[2][:200]
    assert "UBND xã Thử A" in sender


def test_a_unit_says_whose_regulation_it_is_under_and_chooses_none(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).regulation = "tuyen_quang_06_2026"
    browser = login(cast.dung)
    words = browser.get(f"{TREE}/{cast.office_a}").text.partition("Quy chế áp dụng")[2][:400]
    assert "06/2026/QĐ-CTUBND" in words
    assert "theo UBND xã Thử A" in words
    assert f"{TREE}/{cast.office_a}/quy-che" not in words
    whole = browser.get(f"{TREE}/{cast.commune_a}").text.partition("Quy chế áp dụng")[2]
    assert f"{TREE}/{cast.commune_a}/quy-che" in whole
    led = browser.get(f"{TREE}/{cast.office_a}/quy-che")
    assert (led.status_code, led.location) == (303, f"{TREE}/{cast.office_a}")
    assert "theo quy chế của UBND xã Thử A" in browser.get(led.location).text


def writing(agency_id: int) -> list[tuple[str, str]]:
    one = f"{TREE}/{agency_id}"
    acts = ("don-vi-moi", "sua", "chia-tach")
    return [(method, f"{one}/{act}") for act in acts for method in ("GET", "POST")]


@pytest.mark.parametrize("who", ["chi", "em", "giang", "huong", "khanh"])
def test_readers_change_nothing(login: Login, cast: Cast, who: str) -> None:
    browser = login(getattr(cast, who))
    for method, path in writing(cast.commune_a):
        assert browser.open(path, method=method).status_code == 403, (method, path)
    expected = 403 if who == "em" else 200
    assert browser.get(f"{TREE}/{cast.commune_a}").status_code == expected


def test_a_stranger_finds_no_agency_of_others(login: Login, cast: Cast) -> None:
    browser = login(cast.binh)
    assert browser.get(f"{TREE}/{cast.commune_a}").status_code == 404
    for method, path in writing(cast.commune_a):
        assert browser.open(path, method=method).status_code == 404, (method, path)


def test_nobody_comes_in_without_logging_in(client: FlaskClient, cast: Cast) -> None:
    for method, path in [("GET", TREE), *writing(cast.commune_a)]:
        assert client.open(path, method=method).location.startswith("/dang-nhap")


def test_a_unit_is_added_and_corrected(login: Login, cast: Cast, db_session: Session) -> None:
    browser = login(cast.an)
    assert browser.get(f"{TREE}/{cast.commune_a}/don-vi-moi").status_code == 200
    answer = browser.post(f"{TREE}/{cast.commune_a}/don-vi-moi", data=typed())
    address = answer.location
    assert "Phòng Mới" in browser.get(address).text
    again = browser.post(f"{TREE}/{cast.commune_a}/don-vi-moi", data=typed())
    assert "đã được dùng" in again.text
    assert 'value="Phòng Mới"' in again.text
    page = browser.get(f"{address}/sua").text
    assert 'value="PHONG-MOI"' in page
    data = typed(version=1, address="Số 9, Đường Thử")
    assert browser.post(f"{address}/sua", data=data).location == address
    assert "Số 9, Đường Thử" in browser.get(address).text


def test_a_split_makes_a_new_agency(login: Login, cast: Cast, db_session: Session) -> None:
    browser = login(cast.dung)
    one = f"{TREE}/{cast.commune_a}"
    assert browser.get(f"{one}/chia-tach").status_code == 200
    data = typed(
        version=1, name="UBND xã Thử C", code="XA-C", effective_on="01/11/2026", decision="Số 3"
    )
    assert browser.post(f"{one}/chia-tach", data=data).location == one
    assert "UBND xã Thử C tách ra từ UBND xã Thử A" in browser.get(one).text
    row = db_session.scalars(select(Agency).where(Agency.code == "XA-C")).one()
    assert row.parent_id == cast.province


def test_the_pages_ask_no_more_questions_when_there_are_more_units(
    login: Login,
    cast: Cast,
    db_session: Session,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    browser = login(cast.an)
    counts = []
    for round_ in range(2):
        with transaction(db_session):
            commune = db_session.get_one(Agency, cast.commune_a)
            for number in range(1 + round_ * 20):
                agency(db_session, f"Phòng {round_} {number}", commune, sealed=False)
        found = []
        for path in (TREE, f"{TREE}/{cast.commune_a}"):
            with count_statements() as statements:
                assert browser.get(path).status_code == 200
            found.append(len([one for one in statements if not one.startswith("BEGIN")]))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 12, counts


def test_a_mail_domain_of_the_agency_counts_for_its_people_drafts_and_files(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session) as session:
        person = session.get_one(Person, cast.person_em)
        person.email = "em@truong.edu.vn"
    of_people = "/bang-tinh/tep-cua-cuc"
    browser, own = login(cast.an), f"/ca-nhan/{cast.person_em}"
    question = Question(RequestKind.ISSUANCE, date(2026, 11, 21), regulations.load())

    def asked() -> bool:
        line = RequestLine(person=db_session.get_one(Person, cast.person_em), position=1)
        with db_session.no_autoflush:
            found = judge(db_session, [line], question)[0]
        db_session.rollback()
        return "email.unknown" in {one.code for one in found}

    assert "Chưa rõ nơi cấp" in browser.get(own).text
    assert "không thuộc gov.vn" in browser.post(of_people, data={"chon": [cast.person_em]}).text
    assert asked()
    edit = f"{TREE}/{cast.commune_a}/sua"
    form = dict(re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', browser.get(edit).text))
    row = db_session.get_one(Agency, cast.commune_a)
    form |= {"level": row.level.name, "kind": row.kind.name, "has_own_seal": "y"}
    said = browser.post(edit, data=form | {"official_domains": "gmail.com"}).text
    assert "dịch vụ thư cá nhân" in said
    browser.post(edit, data=form | {"official_domains": "Truong.edu.vn"})
    assert "gov.vn, truong.edu.vn" in browser.get(f"{TREE}/{cast.office_a}").text
    assert "Do cơ quan nhà nước cấp" in browser.get(own).text
    assert "không thuộc gov.vn" not in browser.post(of_people, data={"chon": [cast.person_em]}).text
    db_session.rollback()
    assert not asked()
