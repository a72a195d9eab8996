"""The pages of incidents: who may report what, what a PIN does to a form, the road of a loss."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Device, Person
from operations.transactions import transaction
from rules.devices import DeviceKind, DeviceState
from schema.custody import Incident, Paper
from tests import factories
from tests.cast import NOW, Cast

Login = Callable[[int], FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def token(db_session: Session, cast: Cast) -> int:
    """Em's token with a certificate; its number."""
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        row = factories.device(db_session, cast.office_a, "TB-7", em, serial="5410AB12")
        factories.certificate(db_session, em, token=row)
        return row.id


def told(token: int, **more: object) -> dict[str, object]:
    return {
        "device_id": token,
        "kind": "LOSS",
        "noticed_on": "21/11/2026",
        "noticed_time": "8h30",
        "circumstances": "",
    } | more


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def report(browser: FlaskClient, token: int, **more: object) -> int:
    answer = browser.post("/su-co/bao", data=told(token, **more))
    assert answer.status_code == 303, words(answer.text)
    return int(answer.location.rsplit("/", 1)[1])


def test_the_holder_reports_with_three_answers_and_sees_what_is_done(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    browser = login(cast.em)
    page = browser.get("/su-co/bao").text
    assert re.search(rf'value="{token}" checked', page)  # The only device needs no choice.
    number = report(browser, token)
    assert db_session.get_one(Device, token).state is DeviceState.MISSING
    seen = words(browser.get(f"/cua-toi/su-co/{number}").text)
    assert "21/11/2026 08:30" in seen
    assert "Lập, ký biên bản xác nhận thất lạc" in seen


@pytest.mark.parametrize("who", ["binh", "chi", "giang"])
def test_others_do_not_read_a_report_of_staff_elsewhere(
    login: Login, cast: Cast, token: int, who: str
) -> None:
    number = report(login(cast.em), token)
    other = login(getattr(cast, who))
    expected = 404 if who == "binh" else 200
    assert other.get(f"/su-co/{number}").status_code == expected
    assert login(cast.em).get(f"/su-co/{number}").status_code == 403


def test_the_department_follows_the_incidents_of_the_province(
    login: Login, cast: Cast, token: int
) -> None:
    number = report(login(cast.em), token)
    browser = login(cast.khanh)
    assert f"/su-co/{number}" in browser.get("/su-co").text
    assert browser.get(f"/su-co/{number}").status_code == 200
    assert browser.post(f"/su-co/{number}/ket-thuc", data={"version": 1}).status_code == 403


def test_staff_report_only_what_they_hold(login: Login, cast: Cast, token: int) -> None:
    answer = login(cast.chi).post("/su-co/bao", data=told(token))
    assert answer.status_code == 200
    assert "không ghi thiết bị nào do anh/chị giữ" in words(answer.text)
    assert login(cast.em).get(f"/su-co/bao-thay?thiet-bi={token}").status_code == 403


def test_a_pin_is_refused_and_not_shown_again(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    answer = login(cast.em).post(
        "/su-co/bao", data=told(token, circumstances="Để trên bàn, mã PIN: 482913, ai đó lấy")
    )
    assert answer.status_code == 200
    assert "482913" not in answer.text
    assert "Để trên bàn, mã PIN: …, ai đó lấy" in answer.text
    assert "không lưu mật khẩu" in answer.text
    assert db_session.scalars(select(Incident)).all() == []


def test_the_focal_point_finds_the_device_and_reports_for_somebody(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    browser = login(cast.an)
    found = browser.post("/su-co/bao-thay/tim", data={"q": "em pham"}, follow_redirects=True)
    assert f"thiet-bi={token}" in found.text
    answer = browser.post(
        f"/su-co/bao-thay?thiet-bi={token}",
        data=told(token, kind="LOCK", told_how="gọi điện", happened="sáng nay"),
    )
    assert answer.status_code == 303
    row = db_session.scalars(select(Incident)).one()
    assert (row.on_behalf, row.told_how, row.kind) == (True, "gọi điện", "lock")
    assert "Xử lý 1 sự cố thiết bị" in browser.get("/").text
    page = words(browser.get(answer.location).text)
    assert "Đề nghị khôi phục thiết bị bị khóa (Mẫu số 06)" in page
    assert "Gửi đi đâu" in page
    assert login(cast.binh).get(f"/su-co/bao-thay?thiet-bi={token}").status_code == 404


def test_a_loss_leads_to_both_letters_and_back_when_it_is_found(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    number = report(login(cast.em), token)
    browser = login(cast.an)
    page = browser.get(f"/su-co/{number}").text
    assert re.search(r"/de-nghi/thu-hoi\?chung-thu=\d+&amp;ly-do=DEVICE_LOST", page)
    form = browser.get(f"/su-co/{number}/mau-09").text
    assert "Đỗ Hoàng Giang, Chủ tịch" in form
    version = re.findall(r'name="version"[^>]*value="(\d+)"', form)[0]
    signer = re.findall(r'<option selected value="(\d+)">Đỗ', form)[0]
    made = browser.post(
        f"/su-co/{number}/mau-09",
        data={"version": version, "lost_where": "Trụ sở", "position_id": signer, "acting_id": ""},
    )
    assert made.status_code == 303, words(made.text)
    paper = db_session.scalars(select(Paper)).one()
    signer = {"titles": ["CHỦ TỊCH"], "name": "Đỗ Hoàng Giang", "person_id": cast.person_giang}
    assert paper.particulars["signer"] == signer
    assert browser.get(made.location).status_code == 200
    page = browser.get(f"/su-co/{number}").text
    assert "Mở giấy tờ đã lập" in page
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    browser.post(f"/su-co/{number}/tim-thay", data={"version": version})
    db_session.expire_all()
    assert db_session.get_one(Device, token).state is DeviceState.IN_USE


def test_sections_and_report_are_typed_and_the_end_says_what_is_left(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    number = report(login(cast.em), token, kind="SUSPECTED_MISUSE")
    browser = login(cast.an)
    wrong = browser.post(
        f"/su-co/{number}/xu-ly", data={"version": 1, "measures": "đổi pin thành 998877"}
    )
    assert wrong.status_code == 200
    assert "998877" not in wrong.text
    done = browser.post(
        f"/su-co/{number}/xu-ly",
        data={"version": 1, "measures": "Ngừng ký", "cause": "Lộ", "prevention": "Tập huấn"},
    )
    assert done.status_code == 303
    made = browser.post(
        f"/su-co/{number}/bao-cao",
        data={"version": 2, "addressees": "Sở KH&CN\nCục", "position_id": ""},
    )
    assert made.status_code == 303, words(made.text)
    paper = db_session.scalars(select(Paper)).one()
    assert paper.particulars["addressees"] == ["Sở KH&CN", "Cục"]
    assert paper.particulars["cause"] == "Lộ"
    assert "Ghi số" in browser.get(f"/bien-ban/{paper.id}").text  # Only then is it signed and sent.
    ended = browser.post(f"/su-co/{number}/ket-thuc", data={"version": 3}, follow_redirects=True)
    assert "Chưa kết thúc được" in ended.text
    step = re.findall(r"/viec-phai-lam/(\d+)/bo-qua", ended.text)[0]
    left = browser.post(f"/viec-phai-lam/{step}/bo-qua", data={"reason": "đã cất, pin 776655"})
    assert "không lưu mật khẩu" in left.text
    assert "776655" not in left.text


def test_a_mistake_is_withdrawn_from_its_own_page(login: Login, cast: Cast, token: int) -> None:
    way = f"/su-co/{report(login(cast.em), token, kind='DAMAGE')}/bao-nham"
    browser = login(cast.an)
    assert "Nêu lý do." in browser.post(way, data={"version": 1, "reason": ""}).text
    done = browser.post(way, data={"version": 1, "reason": "Cổng hỏng"}, follow_redirects=True)
    assert "Báo nhầm: Cổng hỏng" in done.text
    assert login(cast.binh).get(way).status_code == 404


def test_a_device_found_long_after_leads_to_the_loss_that_was_ended(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    number = report(login(cast.em), token)
    with transaction(db_session):
        db_session.get_one(Incident, int(number)).closed_at = NOW
    browser = login(cast.an)
    way = browser.get(f"/su-co/moi?thiet-bi={token}&viec=FOUND").location
    assert way.endswith(f"/su-co/{number}")
    assert f"/su-co/{number}/tim-thay" in browser.get(way).text
    told = browser.post(f"/su-co/{number}/tim-thay", data={"version": 1}, follow_redirects=True)
    assert "Đã ghi tìm thấy" in told.text
    assert "Đang xử lý" in told.text
    assert "Mở lại sự cố đã kết thúc" in words(login(cast.dung).get("/nhat-ky").text)


def test_a_device_lost_anew_is_found_by_its_newer_loss_only(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    older = report(login(cast.em), token)
    with transaction(db_session):
        db_session.get_one(Incident, older).closed_at = NOW
    newer = report(login(cast.em), token)
    browser = login(cast.an)
    assert f"/su-co/{older}/tim-thay" not in browser.get(f"/su-co/{older}").text
    told = browser.post(f"/su-co/{older}/tim-thay", data={"version": 1}, follow_redirects=True)
    assert "Sự cố này đã kết thúc." in told.text
    assert f"/su-co/{newer}/tim-thay" in browser.get(f"/su-co/{newer}").text


@pytest.mark.parametrize(
    ("kind", "state", "offered"),
    [
        (DeviceKind.CENTRAL, DeviceState.IN_USE, {"SUSPECTED_MISUSE"}),
        (DeviceKind.PKI_TOKEN, DeviceState.LOCKED, {"LOSS", "DAMAGE", "LOCK", "SUSPECTED_MISUSE"}),
        (DeviceKind.PKI_TOKEN, DeviceState.HELD, {"LOSS", "DAMAGE", "SUSPECTED_MISUSE"}),
    ],
)
def test_only_what_can_happen_to_a_device_is_offered_for_a_report(
    login: Login, cast: Cast, db_session: Session, kind: DeviceKind, state: DeviceState,
    offered: set[str],
) -> None:  # fmt: skip
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        number = factories.device(db_session, cast.office_a, "T", em, kind=kind, state=state).id
    page = login(cast.an).get(f"/su-co/bao-thay?thiet-bi={number}").text
    assert set(re.findall(r'name="kind"[^>]* value="(\w+)"', page)) == offered


def test_the_holder_is_offered_what_can_happen_and_told_beside_the_field_what_cannot(
    login: Login, cast: Cast, db_session: Session
) -> None:
    central, browser = {"kind": DeviceKind.CENTRAL, "state": DeviceState.IN_USE}, login(cast.em)
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        account = factories.device(db_session, cast.office_a, "TK-1", em, **central).id
    kinds = re.compile(r'name="kind"[^>]* value="(\w+)"')
    assert kinds.findall(browser.get("/su-co/bao").text) == ["SUSPECTED_MISUSE"]
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        factories.device(db_session, cast.office_a, "TB-8", em)
    assert len(kinds.findall(browser.get("/su-co/bao").text)) == 4
    page = words(browser.post("/su-co/bao", data=told(account)).text)
    assert "TK-1, chỉ báo được: “Có dấu hiệu mất an toàn”." in page
    assert db_session.scalars(select(Incident)).all() == []


def test_the_button_of_a_device_leads_to_the_right_page(
    login: Login, cast: Cast, token: int
) -> None:
    way = f"/su-co/moi?thiet-bi={token}&viec=REPORT_LOCK"
    assert login(cast.em).get(way).location.endswith(f"/su-co/bao?thiet-bi={token}&loai=LOCK")
    assert "/su-co/bao-thay?" in login(cast.an).get(way).location
    assert login(cast.binh).get(way).status_code == 404
    number = report(login(cast.em), token)
    found = login(cast.an).get(f"/su-co/moi?thiet-bi={token}&viec=FOUND")
    assert found.location.endswith(f"/su-co/{number}")


def test_the_list_asks_as_much_for_many_as_for_few(
    login: Login, cast: Cast, token: int, db_session: Session, count_statements: Counting
) -> None:
    report(login(cast.em), token)
    browser = login(cast.an)
    browser.get("/su-co")
    with count_statements() as few:
        browser.get("/su-co")
    for number in range(6):
        with transaction(db_session):
            em = db_session.get_one(Person, cast.person_em)
            more = factories.device(db_session, cast.office_a, f"TB-{number + 10}", em).id
        report(login(cast.em), more, kind="LOCK")
    browser.get("/su-co")  # What is kept until the log grows has grown old meanwhile.
    with count_statements() as many:
        page = browser.get("/su-co").text
    assert page.count("TB-1") >= 6
    assert len(many) == len(few) <= 10
    browser.get("/su-co/1")
    with count_statements() as shown:
        assert browser.get("/su-co/1").status_code == 200
    assert len(shown) <= 10, shown
    assert "TB-7" in browser.get("/su-co?loai=LOSS&trang-thai=dang").text
    assert "TB-7" not in words(login(cast.binh).get("/su-co").text)
    for page in (f"/thiet-bi/{token}", f"/ca-nhan/{cast.person_em}"):
        assert "Mất thiết bị" in browser.get(page).text
