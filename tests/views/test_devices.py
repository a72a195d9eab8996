"""The register of devices: who sees what, searching, paging, paper, entering and correcting."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Device, Person
from operations.personal import CitizenIds
from operations.transactions import transaction
from rules.devices import DeviceKind, DeviceState
from rules.lifecycle import CustodyAct
from schema.custody import CustodyMove
from tests import factories
from tests.cast import Cast
from tests.cast import person as enter_person
from views import device_life
from views.finding import PAGE_SIZE
from views.guards import settings

Login = Callable[[int], FlaskClient]
Counter = Callable[[], AbstractContextManager[list[str]]]
MOST_STATEMENTS = 10
CITIZEN_ID = "001099012345"


@pytest.fixture
def tokens(db_session: Session, cast: Cast) -> dict[str, int]:
    """A token of An and one of Em in commune A, one of Bình in commune B, one in stock."""
    with transaction(db_session):
        people = {
            name: db_session.get_one(Person, number)
            for name, number in (
                ("an", cast.person_an),
                ("em", cast.person_em),
                ("binh", cast.person_binh),
            )
        }
        found = {
            name: factories.device(
                db_session, row.agency_id, f"TB-{name}", row, serial=f"5A{place}0FF0"
            ).id
            for place, (name, row) in enumerate(people.items())
        }
        found["stock"] = factories.device(
            db_session, cast.commune_a, "TB-kho", state=DeviceState.IN_STOCK
        ).id
        ids = CitizenIds(settings().citizen_key)
        people["an"].citizen_id_hash = ids.lookup(CITIZEN_ID)
        people["binh"].citizen_id_hash = ids.lookup("001099099999")
    return found


def test_the_focal_point_sees_the_devices_of_the_commune_and_no_other(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    text = login(cast.an).get("/thiet-bi").text
    assert "Nguyễn Văn An" in text
    assert "TB-kho" in text
    assert "Trần Thị Bình" not in text


def test_the_department_sees_all_devices(login: Login, cast: Cast, tokens: dict[str, int]) -> None:
    text = login(cast.khanh).get("/thiet-bi").text
    assert "Nguyễn Văn An" in text
    assert "Trần Thị Bình" in text


def test_staff_see_only_the_device_they_hold(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.em)
    text = browser.get("/thiet-bi").text
    assert "Phạm Văn Em" in text.split("<main")[1]
    assert "Nguyễn Văn An" not in text
    assert browser.get(f"/thiet-bi/{tokens['em']}").status_code == 200
    for other in ("an", "binh", "stock"):
        assert browser.get(f"/thiet-bi/{tokens[other]}").status_code == 404
    assert "Nguyễn Văn An" not in browser.get(f"/thiet-bi/in?chon={tokens['an']}").text


@pytest.mark.parametrize(
    ("who", "status"),
    [("an", 200), ("chi", 200), ("giang", 200), ("huong", 200), ("khanh", 200), ("binh", 404)],
)
def test_a_device_is_shown_inside_the_scope_and_unknown_outside(
    login: Login, cast: Cast, tokens: dict[str, int], who: str, status: int
) -> None:
    answer = login(getattr(cast, who)).get(f"/thiet-bi/{tokens['an']}")
    assert answer.status_code == status


def test_an_administrator_has_no_business_with_devices(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.dung)
    for path in ("/thiet-bi", "/thiet-bi/in", f"/thiet-bi/{tokens['an']}"):
        assert browser.get(path).status_code == 403


def test_strangers_are_sent_to_the_login_page(client: FlaskClient, tokens: dict[str, int]) -> None:
    for path in ("/thiet-bi", "/thiet-bi/in", "/thiet-bi/moi", f"/thiet-bi/{tokens['an']}"):
        assert client.get(path).location.startswith("/dang-nhap")
    assert client.post("/thiet-bi").location.startswith("/dang-nhap")


@pytest.mark.parametrize("who", ["chi", "giang", "huong", "khanh", "em"])
def test_readers_cannot_enter_or_correct_devices(
    login: Login, cast: Cast, tokens: dict[str, int], who: str
) -> None:
    browser = login(getattr(cast, who))
    for path in ("/thiet-bi/moi", f"/thiet-bi/{tokens['an']}/sua"):
        assert browser.get(path).status_code == 403
        assert browser.post(path).status_code == 403


def test_another_focal_point_cannot_correct_the_device(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.binh)
    for method in ("GET", "POST"):
        path = f"/thiet-bi/{tokens['an']}/sua"
        assert browser.open(path, method=method).status_code == 404


# Searching ------------------------------------------------------------------------------------


def test_a_search_ends_at_an_address_that_can_be_kept(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.an)
    answer = browser.post("/thiet-bi", data={"q": "nguyen an", "trang-thai": "IN_USE"})
    assert answer.status_code == 303
    assert answer.location == "/thiet-bi?trang-thai=IN_USE&q=nguyen+an"
    assert "Nguyễn Văn An" in browser.get(answer.location).text


def test_a_citizen_id_finds_the_person_and_stays_out_of_the_address(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.an)
    for typed in (CITIZEN_ID, "001 099 012 345"):
        answer = browser.post("/thiet-bi", data={"q": typed})
        assert answer.location == f"/thiet-bi?ca-nhan={cast.person_an}"
    text = browser.get(answer.location).text
    assert "Nguyễn Văn An" in text
    assert "Phạm Văn Em" not in text
    assert CITIZEN_ID not in text


@pytest.mark.parametrize("typed", ["001099099999", "001099000000"])
def test_a_citizen_id_of_nobody_in_the_scope_is_not_kept_and_tells_nothing(
    login: Login, cast: Cast, tokens: dict[str, int], typed: str
) -> None:
    browser = login(cast.an)
    answer = browser.post("/thiet-bi", data={"q": typed})
    assert answer.location == "/thiet-bi"
    text = browser.get(answer.location).text
    assert "Không có cá nhân nào trong phạm vi" in text
    assert typed not in text


def test_a_person_outside_the_scope_cannot_be_asked_for_by_number(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    assert login(cast.an).get(f"/thiet-bi?ca-nhan={cast.person_binh}").status_code == 404


def test_filters_hold_together(login: Login, cast: Cast, tokens: dict[str, int]) -> None:
    browser = login(cast.khanh)
    text = browser.get(f"/thiet-bi?trang-thai=IN_USE&don-vi={cast.commune_b}").text
    assert "Trần Thị Bình" in text
    assert "Nguyễn Văn An" not in text
    assert "Không có thiết bị nào khớp" in browser.get("/thiet-bi?loai=HSM&trang-thai=LOST").text


def test_an_agency_outside_the_scope_cannot_be_filtered_for(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    assert login(cast.an).get(f"/thiet-bi?don-vi={cast.commune_b}").status_code == 404
    assert login(cast.an).get("/thiet-bi?don-vi=999999").status_code == 404


def test_odd_addresses_are_answered_with_the_register(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.an)
    for query in ("trang-thai=LA", "loai=%27", "sau=abc", "sau=-1", "don-vi=x", "xep=1", "q=%00"):
        assert browser.get(f"/thiet-bi?{query}").status_code == 200, query


# Cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [3, 130])
@pytest.mark.parametrize("who", ["an", "khanh"])
def test_the_register_asks_the_same_few_questions_whatever_its_length(
    login: Login,
    cast: Cast,
    db_session: Session,
    count_statements: Counter,
    rows: int,
    who: str,
) -> None:
    from models import Agency

    with transaction(db_session):
        commune = db_session.get_one(Agency, cast.commune_a)
        for number in range(rows):
            holder = enter_person(db_session, f"Lê Văn Số {number}", commune, "Công chức")
            token = factories.device(db_session, commune.id, f"N{number}", holder)
            factories.certificate(db_session, holder, token=token)
    browser = login(getattr(cast, who))
    address = f"/thiet-bi?trang-thai=IN_USE&loai=PKI_TOKEN&don-vi={cast.commune_a}&q=le+van"
    paths = ["/thiet-bi", address]
    if rows > PAGE_SIZE:
        page = browser.get("/thiet-bi").text
        paths.append("/thiet-bi?sau=" + page.split("sau=")[1].split('"')[0])
    for path in paths:
        with count_statements() as statements:
            assert browser.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, path


def test_the_page_of_a_device_asks_few_questions(
    login: Login, cast: Cast, tokens: dict[str, int], count_statements: Counter
) -> None:
    with count_statements() as statements:
        login(cast.an).get(f"/thiet-bi/{tokens['an']}")
    # Two of them belong to the login of the test; the life, its papers and its clock ask six.
    assert len(statements) <= MOST_STATEMENTS + 12


# Paper ----------------------------------------------------------------------------------------


def test_chosen_rows_and_chosen_columns_are_printed(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    browser = login(cast.an)
    chosen = {"thiet-bi": [str(tokens["an"]), str(tokens["stock"]), str(tokens["binh"])]}
    answer = browser.post("/thiet-bi/in", data=chosen)
    assert answer.status_code == 303
    text = browser.get(f"{answer.location}&cot=nguoi-giu&cot=so-doc").text
    assert "Nguyễn Văn An" in text
    assert "5A00FF0" in text
    assert "Phạm Văn Em" not in text
    assert "Trần Thị Bình" not in text
    assert 'data-label="Mã quản lý"' not in text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Nhật ký đến sự kiện" in text


def test_printing_nothing_chosen_says_what_to_do(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    answer = login(cast.an).post("/thiet-bi/in", follow_redirects=True)
    assert "Chưa đánh dấu thiết bị nào" in answer.text


def test_a_printed_register_says_where_it_stops(
    login: Login, cast: Cast, tokens: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.devices.MOST_PRINTED", 2)
    text = login(cast.an).get("/thiet-bi/in").text
    assert "Chỉ in 2 dòng đầu" in text


# Entering and correcting ----------------------------------------------------------------------


def test_a_device_is_entered_with_its_holder_and_found_at_once(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    answer = browser.post(
        "/thiet-bi/moi",
        data={
            "agency_id": str(cast.office_a),
            "kind": "PKI_TOKEN",
            "state": "IN_USE",
            "holder_email": "PHAM.VAN.EM@thunghiem.example",
            "printed_serial": "TN 0042",
            "handed_over_on": "01/10/2026",
        },
    )
    assert answer.status_code == 303
    row = db_session.scalars(select(Device)).one()
    assert (row.holder_id, row.state, row.internal_code) == (
        cast.person_em,
        DeviceState.IN_USE,
        "TB-00001",
    )
    page = browser.get(answer.location).text
    assert "Chưa có biên bản" in page
    assert "Thêm thiết bị" in page
    assert "Phạm Văn Em" in browser.get("/thiet-bi?q=tn0042").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"holder_email": ""}, "Nhập thư điện tử công vụ của người giữ"),
        ({"holder_email": "tran.thi.binh@thunghiem.example"}, "Không có cá nhân nào trong phạm vi"),
        ({"state": "IN_STOCK"}, "Thiết bị trong kho thì không có người giữ"),
        ({"agency_id": "1"}, "Chọn một mục trong danh sách"),
        ({"handed_over_on": "31/02/2026"}, "Ngày không đúng"),
        ({"printed_serial": "x" * 81}, "Dài quá 80 ký tự"),
    ],
)
def test_a_wrong_entry_says_what_is_wrong_and_keeps_what_was_typed(
    login: Login,
    cast: Cast,
    db_session: Session,
    changed: dict[str, str],
    words: str,
) -> None:
    data = {
        "agency_id": str(cast.office_a),
        "kind": "PKI_TOKEN",
        "state": "IN_USE",
        "holder_email": "pham.van.em@thunghiem.example",
        "label": "Nhãn giữ lại",
    } | changed
    answer = login(cast.an).post("/thiet-bi/moi", data=data)
    assert answer.status_code == 200
    assert words in answer.text
    assert "Nhãn giữ lại" in answer.text
    assert db_session.scalars(select(Device)).all() == []


def test_a_serial_taken_elsewhere_is_refused_without_telling_where(
    login: Login, cast: Cast, tokens: dict[str, int]
) -> None:
    answer = login(cast.an).post(
        "/thiet-bi/moi",
        data={
            "agency_id": str(cast.office_a),
            "kind": "PKI_TOKEN",
            "state": "IN_STOCK",
            "printed_serial": "5a:20:ff:0",
        },
    )
    assert "đã có ở một thiết bị khác" in answer.text
    assert "Trần Thị Bình" not in answer.text


def test_a_correction_is_written_and_logged(
    login: Login, cast: Cast, tokens: dict[str, int], db_session: Session
) -> None:
    browser = login(cast.an)
    path = f"/thiet-bi/{tokens['stock']}"
    data = {"version": "1", "kind": "SIM_PKI", "internal_code": "TB-moi", "label": "Sim"}
    answer = browser.post(f"{path}/sua", data=data, follow_redirects=True)
    assert "Đã ghi thay đổi" in answer.text
    assert "Nội dung sửa: loại, mã quản lý, nhãn" in answer.text
    assert db_session.get_one(Device, tokens["stock"]).kind is DeviceKind.SIM_PKI
    late = browser.post(f"{path}/sua", data=data)
    assert late.status_code == 409
    assert f'href="{path}/sua?da-nhap=' in late.text
    assert "So nội dung mới với những gì tôi đã nhập</a>" in late.text
    assert "chưa được ghi" in late.text


@pytest.mark.parametrize(
    ("kind", "state", "strip"),
    [
        (
            DeviceKind.PKI_TOKEN,
            DeviceState.IN_USE,
            ["Nhận về cơ quan", "Bàn giao", "Sử dụng", "Thu hồi", "Nộp về Cục"],
        ),
        (
            DeviceKind.SIM_PKI,
            DeviceState.HANDED_OVER,
            ["Thuê bao nhận SIM", "Kích hoạt, sử dụng", "Thu hồi", "Nộp về Cục"],
        ),
        (
            DeviceKind.SIM_PKI,
            DeviceState.IN_STOCK,
            [
                "Nhận về cơ quan",
                "Thuê bao nhận SIM",
                "Kích hoạt, sử dụng",
                "Thu hồi",
                "Nộp về Cục",
            ],
        ),
        (
            DeviceKind.HSM,
            DeviceState.IN_STOCK,
            ["Nhận về cơ quan", "Lắp đặt, sử dụng", "Thu hồi", "Nộp về Cục"],
        ),
        (DeviceKind.CENTRAL, DeviceState.IN_USE, ["Mở tài khoản, sử dụng", "Đóng tài khoản"]),
    ],
)
def test_each_kind_of_device_shows_the_steps_of_its_own_life(
    kind: DeviceKind, state: DeviceState, strip: list[str]
) -> None:
    row = Device(kind=kind, state=state)
    assert [one["label"] for one in device_life.steps(row, [])] == strip


def test_a_device_found_in_use_has_no_invented_day_of_arrival() -> None:
    row = Device(kind=DeviceKind.PKI_TOKEN, state=DeviceState.IN_USE)
    opening = CustodyMove(
        id=1,
        act=CustodyAct.OPENING_BALANCE.value,
        state_after=DeviceState.IN_USE,
        moved_on=date(2026, 11, 2),
    )
    assert [one["date"] for one in device_life.steps(row, [opening])] == [""] * 5


def test_a_sim_is_entered_with_number_and_network(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    answer = browser.post(
        "/thiet-bi/moi",
        data={
            "agency_id": str(cast.office_a),
            "kind": "SIM_PKI",
            "state": "HANDED_OVER",
            "holder_email": "pham.van.em@thunghiem.example",
            "phone_number": "0900000042",
            "network": "Viettel",
            "note": "Ghi chú còn thấy",
        },
    )
    row = db_session.scalars(select(Device)).one()
    assert (row.phone_number, row.network) == ("0900000042", "Viettel")
    page = browser.get(answer.location).text
    assert "0900000042" in page
    assert "Viettel" in page
    assert "Ghi chú còn thấy" in page
    assert "đọc bằng chương trình ký" not in page
