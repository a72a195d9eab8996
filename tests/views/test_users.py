"""Accounts as administrators see them; everybody else sees nothing."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, User, UserRole
from operations.transactions import transaction
from rules.permissions import Role
from tests.cast import Cast, person

Login = Callable[[int], FlaskClient]
USERS = "/quan-tri/tai-khoan"


@pytest.fixture
def local(db_session: Session, cast: Cast) -> int:
    """Lan administers commune A only."""
    with transaction(db_session):
        row = User(
            username="lan",
            display_name="Lan",
            password_hash="",
            must_change_password=False,
            created_at=db_session.get_one(User, cast.an).created_at,
        )
        row.grants.append(UserRole(role=Role.ADMINISTRATOR, agency_id=cast.commune_a))
        db_session.add(row)
        db_session.flush()
        return row.id


def addresses(user_id: int) -> list[tuple[str, str]]:
    one = f"{USERS}/{user_id}"
    return [
        ("GET", USERS),
        ("GET", f"{USERS}/moi"),
        ("GET", f"{USERS}/moi/thong-tin"),
        ("POST", f"{USERS}/moi/thong-tin"),
        ("GET", one),
        ("GET", f"{one}/sua"),
        ("POST", f"{one}/sua"),
        ("GET", f"{one}/vai-tro"),
        ("POST", f"{one}/vai-tro"),
        ("POST", f"{one}/vai-tro/1/bo"),
        ("GET", f"{one}/mat-khau"),
        ("POST", f"{one}/mat-khau"),
        ("GET", f"{one}/ngung-su-dung"),
        ("POST", f"{one}/ngung-su-dung"),
        ("POST", f"{one}/su-dung-lai"),
    ]


@pytest.mark.parametrize("who", ["an", "binh", "chi", "em", "giang", "huong", "khanh"])
def test_only_administrators_reach_the_accounts(login: Login, cast: Cast, who: str) -> None:
    browser = login(getattr(cast, who))
    for method, path in addresses(cast.binh):
        assert browser.open(path, method=method).status_code == 403, (method, path)


def test_strangers_are_sent_to_the_login_page(client: FlaskClient, cast: Cast) -> None:
    for method, path in addresses(cast.an):
        assert client.open(path, method=method).location.startswith("/dang-nhap"), (method, path)


def test_a_local_administrator_cannot_touch_accounts_outside_the_commune(
    login: Login, cast: Cast, local: int
) -> None:
    browser = login(local)
    for user_id in (cast.binh, cast.dung, cast.khanh):
        for method, path in addresses(user_id):
            if f"/{user_id}" in path:
                assert browser.open(path, method=method).status_code == 404, (method, path)
    text = browser.get(USERS).text
    assert "Nguyễn Văn An" in text
    assert "Trần Thị Bình" not in text
    assert "khanh" not in text


def test_a_local_administrator_cannot_reset_someone_who_has_more_elsewhere(
    login: Login, cast: Cast, local: int, db_session: Session
) -> None:
    browser = login(local)
    assert browser.get(f"{USERS}/{cast.an}").status_code == 200
    with transaction(db_session):
        db_session.add(UserRole(user_id=cast.an, role=Role.AUDITOR, agency_id=cast.province))
    assert browser.get(f"{USERS}/{cast.an}").status_code == 404
    assert browser.post(f"{USERS}/{cast.an}/mat-khau").status_code == 404


def test_a_local_administrator_grants_only_inside_the_commune(
    login: Login, cast: Cast, local: int, db_session: Session
) -> None:
    browser = login(local)
    page = browser.get(f"{USERS}/{cast.an}/vai-tro").text
    assert "Văn phòng xã Thử A" in page
    assert "UBND xã Thử B" not in page
    for agency_id in (cast.province, cast.commune_b):
        answer = browser.post(
            f"{USERS}/{cast.an}/vai-tro",
            data={"role": "LEADER", "agency_id": agency_id, "version": 1},
        )
        assert "Chọn một mục trong danh sách." in answer.text
    assert len(db_session.get_one(User, cast.an).grants) == 1


def test_a_local_administrator_opens_no_account_for_people_elsewhere(
    login: Login, cast: Cast, local: int
) -> None:
    browser = login(local)
    assert "Không tìm thấy ai" in browser.get(f"{USERS}/moi", query_string={"q": "binh"}).text
    address = f"{USERS}/moi/thong-tin?ca-nhan={cast.person_binh}"
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize(("kept", "typed"), [("Y'Nhân Êban", "y’nhân"), ("YʼNhân Êban", "Y'NHAN")])
def test_somebody_is_found_by_any_apostrophe(
    login: Login, cast: Cast, db_session: Session, kept: str, typed: str
) -> None:
    with transaction(db_session):
        person(db_session, kept, db_session.get_one(Agency, cast.office_a), "Công chức")
    found = login(cast.dung).get(f"{USERS}/moi", query_string={"q": typed}).text
    assert "Êban" in found


def test_an_account_is_opened_in_three_steps_and_its_password_shown_once(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.dung)
    db_session.delete(db_session.get_one(User, cast.em))
    db_session.commit()
    found = browser.get(f"{USERS}/moi", query_string={"q": "pham em"}).text
    assert "Phạm Văn Em" in found
    assert "Văn phòng xã Thử A" in found
    address = re.search(r'href="([^"]*ca-nhan=\d+)"', found)
    assert address is not None
    page = browser.get(address[1]).text
    assert 'value="pham.van.em"' in page
    answer = browser.post(
        address[1],
        data={
            "username": "pham.van.em",
            "display_name": "Phạm Văn Em",
            "role": "STAFF",
            "agency_id": cast.commune_a,
        },
    )
    password = re.search(r'<strong class="serial">([^<]+)</strong>', answer.text)
    assert password is not None
    assert answer.headers["Cache-Control"] == "no-store"
    user = db_session.scalars(select(User).where(User.username == "pham.van.em")).one()
    assert user.person_id == cast.person_em
    assert password[1] not in browser.get(f"{USERS}/{user.id}").text
    visitor = browser.application.test_client()
    answer = visitor.post("/dang-nhap", data={"username": "pham.van.em", "password": password[1]})
    assert answer.location == "/"
    assert visitor.get("/").location == "/tai-khoan/mat-khau"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"username": "an"}, "Đã có tài khoản mang tên đăng nhập an."),
        ({"username": "có dấu"}, "Chỉ dùng chữ không dấu"),
        ({"role": ""}, "Chọn vai trò."),
        ({"role": "KING"}, "Chọn một mục trong danh sách."),
        ({"agency_id": ""}, "Chọn phạm vi."),
        ({"agency_id": "x"}, "Chọn một mục trong danh sách."),
        ({"display_name": ""}, "Nhập tên hiển thị."),
    ],
)
def test_an_account_that_is_not_opened_says_why(
    login: Login, cast: Cast, fields: dict[str, str], words: str
) -> None:
    data = {"username": "moi", "display_name": "Mới", "role": "STAFF", "agency_id": cast.commune_a}
    answer = login(cast.dung).post(f"{USERS}/moi/thong-tin", data=data | fields)
    assert answer.status_code == 200
    assert words in answer.text


def test_roles_are_added_and_taken_away(login: Login, cast: Cast, db_session: Session) -> None:
    browser = login(cast.dung)
    page = f"{USERS}/{cast.an}"
    data = {"role": "CLERK", "agency_id": cast.commune_a, "version": 1}
    assert browser.post(f"{page}/vai-tro", data=data).location == page
    text = browser.get(page).text
    assert "Đã thêm vai trò." in text
    assert text.count("Bỏ vai trò") == 2
    again = browser.post(f"{page}/vai-tro", data=data | {"version": 2})
    assert "đã có vai trò này" in again.text
    grant = db_session.scalars(
        select(UserRole.id).where(UserRole.user_id == cast.an, UserRole.role == Role.CLERK)
    ).one()
    assert browser.post(f"{page}/vai-tro/{grant}/bo").location == page
    assert browser.get(page).text.count("Bỏ vai trò") == 1


def test_two_administrators_at_once_do_not_overwrite_each_other(login: Login, cast: Cast) -> None:
    browser = login(cast.dung)
    data = {"role": "CLERK", "agency_id": cast.commune_a, "version": 1}
    browser.post(f"{USERS}/{cast.an}/vai-tro", data=data)
    late = browser.post(f"{USERS}/{cast.an}/vai-tro", data=data | {"role": "LEADER"})
    assert late.status_code == 409


def test_administrators_keep_their_own_last_administrator_role(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.dung)
    page = f"{USERS}/{cast.dung}"
    browser.post(
        f"{page}/vai-tro", data={"role": "AUDITOR", "agency_id": cast.province, "version": 1}
    )
    grant = db_session.scalars(
        select(UserRole.id).where(
            UserRole.user_id == cast.dung, UserRole.role == Role.ADMINISTRATOR
        )
    ).one()
    browser.post(f"{page}/vai-tro/{grant}/bo")
    assert "Không thể tự bỏ vai trò quản trị cuối cùng" in browser.get(page).text
    browser.post(f"{page}/ngung-su-dung")
    assert "Không thể tự ngừng sử dụng" in browser.get(page).text


def test_a_reset_is_confirmed_first_and_shows_a_new_password_once(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an, dung = login(cast.an), login(cast.dung)
    address = f"{USERS}/{cast.an}/mat-khau"
    assert "Kiểm tra lại" in dung.get(address).text
    assert an.get("/quan-tri/quyen").status_code == 200
    assert "chỉ hiện một lần" in dung.post(address).text
    assert an.get("/quan-tri/quyen").status_code == 302
    assert db_session.get_one(User, cast.an).must_change_password


def test_a_closed_account_can_be_opened_again(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.dung)
    page = f"{USERS}/{cast.an}"
    browser.post(f"{page}/ngung-su-dung")
    assert not db_session.get_one(User, cast.an).is_active
    assert "Đã ngừng sử dụng" in browser.get(page).text
    browser.post(f"{page}/su-dung-lai")
    db_session.expire_all()
    assert db_session.get_one(User, cast.an).is_active


def test_the_person_behind_an_account_can_be_changed(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.dung)
    page = f"{USERS}/{cast.huong}/sua"
    found = browser.get(page, query_string={"q": "giang"}).text
    assert "Không gắn với cá nhân nào" in found
    chosen = browser.get(page, query_string={"ca-nhan": cast.person_giang}).text
    assert "Đỗ Hoàng Giang" in chosen
    assert f"ca-nhan={cast.person_giang}" in found
    taken = browser.post(
        page, data={"display_name": "Hương", "person_id": cast.person_giang, "version": 1}
    )
    assert "đã có tài khoản giang" in taken.text
    db_session.delete(db_session.get_one(User, cast.em))
    db_session.commit()
    saved = browser.post(
        page, data={"display_name": "Hương", "person_id": cast.person_em, "version": 1}
    )
    assert saved.location == f"{USERS}/{cast.huong}"
    db_session.expire_all()
    assert db_session.get_one(User, cast.huong).person_id == cast.person_em


@pytest.mark.parametrize(
    ("wanted", "found", "missing"),
    [
        ("nguyen van an", "Nguyễn Văn An", "Trần Thị Bình"),
        ("do giang", "Đỗ Hoàng Giang", "Nguyễn Văn An"),
        ("khanh", "khanh", "Nguyễn Văn An"),
        ("Bình", "Trần Thị Bình", "Lê Thị Chi"),
    ],
)
def test_accounts_are_found_by_name_without_accents(
    login: Login, cast: Cast, wanted: str, found: str, missing: str
) -> None:
    text = login(cast.dung).get(USERS, query_string={"q": wanted}).text
    assert found in text
    assert missing not in text


def test_a_search_that_finds_nothing_says_what_to_do(login: Login, cast: Cast) -> None:
    text = login(cast.dung).get(USERS, query_string={"q": "100%_khong"}).text
    assert "Không có tài khoản nào khớp" in text


def test_the_list_asks_the_database_equally_often_for_few_and_for_many(
    login: Login,
    cast: Cast,
    db_session: Session,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    browser = login(cast.dung)
    browser.get(USERS)  # what is kept until the log grows (views/kept.py) is made here
    db_session.rollback()
    with count_statements() as few:
        assert "8</strong> tài khoản" in browser.get(USERS).text
    with transaction(db_session):
        for number in range(120):
            row = User(
                username=f"nguoi-{number:03}",
                display_name=f"Người {number}",
                password_hash="",
                created_at=db_session.get_one(User, cast.an).created_at,
            )
            row.grants.append(UserRole(role=Role.STAFF, agency_id=cast.commune_b))
            db_session.add(row)
    with count_statements() as many:
        first = browser.get(USERS).text
    assert len(many) == len(few) <= 10
    following = re.search(r'href="([^"]*sau=[^"]*)"[^>]*rel="next"', first)
    assert following is not None
    second = browser.get(following[1].replace("&amp;", "&")).text
    # In the tables: the menu's "Đổi người dùng" knows the address of the page.
    assert ">nguoi-041<" in first
    assert ">nguoi-041<" not in second
    assert ">nguoi-042<" in second
