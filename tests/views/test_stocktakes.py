"""The pages of stocktakes: who may count, what a telephone sends, the road to the minutes."""

import html
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

import clock
from models import Device, ImportBatch, ImportItem, Person
from operations.transactions import transaction
from rules.devices import DeviceKind, DeviceState
from rules.documents import ImportVerdict
from schema.custody import FollowUp, Paper
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem
from tests import factories
from tests.cast import Cast
from tests.letters.reading import plain_text
from views import stocktake_items

Login = Callable[[int], FlaskClient]
Counting = Callable[[], AbstractContextManager[list[str]]]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def shelf(db_session: Session, cast: Cast) -> Session:
    """Four devices of commune A: Em's, Chi's and two in stock."""
    with transaction(db_session):
        em, chi = (db_session.get_one(Person, one) for one in (cast.person_em, cast.person_chi))
        factories.device(db_session, cast.office_a, "TB-00001", em, serial="5410AB01")
        factories.device(db_session, cast.office_a, "TB-00002", chi, serial="5410AB02")
        for code in ("TB-00003", "TB-00004"):
            factories.device(db_session, cast.commune_a, code, state=DeviceState.IN_STOCK)
    return db_session


def opened(browser: FlaskClient, cast: Cast, **more: object) -> int:
    told = {
        "name": "Kiểm kê cuối năm",
        "due_on": "30/11/2026",
        "with_subtree": "ca-truc-thuoc",
        "seats-0-person_id": cast.person_an,
        "seats-0-part": "Tổ trưởng",
        "seats-1-person_id": "",
    } | more
    answer = browser.post(f"/kiem-ke/moi?don-vi={cast.commune_a}", data=told)
    assert answer.status_code == 303, words(answer.text)
    return int(answer.location.rsplit("/", 1)[1])


def outcomes(session: Session) -> dict[str, str]:
    session.expire_all()
    rows = session.scalars(select(StocktakeItem))
    return {one.device.internal_code if one.device else one.code_seen: one.outcome for one in rows}


def number_of(session: Session, code: str) -> int:
    joined = select(StocktakeItem.id).join(Device).where(Device.internal_code == code)
    return session.scalars(joined).one()


def sent(code: str, ago: int = 0, name: str = "", **more: object) -> dict[str, object]:
    told = {"id": name or f"{code}-{ago}", "code": code, "at": 1_000_000 - ago * 60_000}
    return told | {"holder": None, "damaged": False, "note": ""} | more


def upload(browser: FlaskClient, number: int, *told: dict[str, object]) -> dict[str, object]:
    body = {"now": 1_000_000, "counts": list(told)}
    answer = browser.post(f"/kiem-ke/{number}/ket-qua", json=body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()  # type: ignore[no-any-return] # JSON


def test_the_focal_point_opens_a_campaign_and_changes_its_committee(
    shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.an)
    page = browser.get("/kiem-ke/moi").text
    assert f"/kiem-ke/moi?don-vi={cast.commune_a}" in page
    wrong = browser.post("/kiem-ke/moi", data={"name": "", "due_on": "1/1/2020"})
    assert "Nhập tên đợt kiểm kê" in words(wrong.text)
    number = opened(browser, cast)
    assert "đã mở đợt" in words(browser.get(f"/kiem-ke/{number}").text).lower()
    again = browser.post(
        f"/kiem-ke/moi?don-vi={cast.commune_a}",
        data={"name": "Đợt hai", "due_on": "30/11/2026", "with_subtree": "rieng"},
    )
    assert "chưa khóa sổ" in words(again.text)
    assert "Nguyễn Văn An" in browser.get(f"/kiem-ke/{number}/sua").text
    told = {
        "version": 1,
        "name": "Kiểm kê đột xuất",
        "due_on": "29/11/2026",
        "seats-0-person_id": cast.person_chi,
        "seats-0-part": "Thư ký",
    }
    assert browser.post(f"/kiem-ke/{number}/sua", data=told).status_code == 303
    page = words(browser.get(f"/kiem-ke/{number}").text)
    assert "Lê Thị Chi – Thư ký" in page
    assert browser.post(f"/kiem-ke/{number}/sua", data=told).status_code == 409


@pytest.mark.parametrize(
    ("who", "shown", "counts", "manages"),
    [
        ("an", 200, 200, 200),
        ("chi", 200, 200, 403),
        ("huong", 200, 403, 403),
        ("binh", 404, 404, 404),
        ("em", 403, 403, 403),
    ],
)
def test_who_sees_counts_and_closes_a_campaign(
    shelf: Session, login: Login, cast: Cast, who: str, shown: int, counts: int, manages: int
) -> None:
    number = opened(login(cast.an), cast)
    browser = login(getattr(cast, who))
    place = f"/kiem-ke/{number}"
    assert browser.get(place).status_code == shown
    assert browser.get(f"{place}/danh-sach").status_code == shown
    assert browser.get(f"{place}/muc/{number_of(shelf, 'TB-00001')}").status_code == shown
    assert browser.get(f"{place}/quet").status_code == counts
    assert browser.get(f"{place}/khoa-so").status_code == manages
    if counts != 200:
        ticked = browser.post(f"{place}/danh-sach", data={"viec": "dung", "muc": "1"})
        assert ticked.status_code in (403, 404)
        decided = browser.post(f"{place}/muc/1", data={"version": 1, "outcome": "RIGHT"})
        assert decided.status_code in (403, 404)
        assert browser.post(f"{place}/ket-qua", json={}).status_code in (403, 404)
    assert set(outcomes(shelf).values()) == {"not_counted"}


def test_who_scans_a_thing_again_is_told_and_finds_it_once_in_the_list(
    shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.chi)
    number = opened(login(cast.an), cast)
    both = upload(browser, number, sent("TB-00001"), sent("tb 00001", 5))["answers"]
    later = upload(browser, number, sent("TB00001", 3))["answers"]
    broken = upload(browser, number, sent("TB-00001", name="b", damaged=True))["answers"]
    assert [one["repeated"] for one in (*both, *later, *broken)] == [False, True, True, False]
    browser.post(f"/kiem-ke/{number}/quet", data={"lan": "x", "ma": "TB-00001"})
    page = browser.get(f"/kiem-ke/{number}/quet").text
    assert "TB-00001: đã ghi trước đó, chỉ tính một lần." in page
    assert page.split("data-recent")[1].count("TB-00001") == 1


def test_what_a_telephone_sends_late_and_twice_counts_once(
    shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.chi)
    number = opened(login(cast.an), cast)
    first = upload(browser, number, sent("TB-00001"), sent("tb 00002", 5))
    assert (first["done"], first["book"]) == (2, 4)
    again = upload(browser, number, sent("tb 00002", 5), sent("5410ab01"), sent("LẠ-1"), sent(" "))
    answers = again["answers"]
    assert isinstance(answers, list)
    assert [one["repeated"] for one in answers] == [True, True, False, False]
    assert [one["outcome"] for one in answers] == ["Đúng", "Đúng", "Thừa", ""]
    assert [one["as_booked"] for one in answers] == [True, True, False, False]
    assert "Chưa đọc được mã" in answers[3]["problem"]
    rows = shelf.scalars(select(StocktakeCount)).all()
    assert len(rows) == 4
    # A minute of its clock is a minute; what lies before the opening is brought to it.
    start = shelf.get_one(Stocktake, number).opened_at
    assert all(start <= one.counted_at <= clock.now() for one in rows)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"now": 1},
        {"now": "x", "counts": []},
        {"now": 1, "counts": ["x"]},
        {"now": 1, "counts": [sent("A", holder=True)]},
        {"now": 1, "counts": [sent("A", at=1e300)]},
        {"now": 1, "counts": [{"at": 1, "id": 1}]},
        {"now": 1, "counts": [sent("A")] * 1001},
    ],
)
def test_a_body_that_is_not_ours_is_refused_whole(
    shelf: Session, login: Login, cast: Cast, body: object
) -> None:
    number = opened(login(cast.an), cast)
    answer = login(cast.an).post(f"/kiem-ke/{number}/ket-qua", json=body)
    assert answer.status_code == 400
    assert answer.get_json()["problem"]


def test_an_upload_without_its_token_is_refused(
    app: Flask, shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.an)
    number = opened(browser, cast)
    app.config["WTF_CSRF_ENABLED"] = True
    answer = browser.post(f"/kiem-ke/{number}/ket-qua", json={"now": 1, "counts": []})
    assert answer.status_code == 400
    page = browser.get(f"/kiem-ke/{number}/quet").text
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    told = {"now": 1, "counts": []}
    good = browser.post(f"/kiem-ke/{number}/ket-qua", json=told, headers={"X-CSRFToken": token})
    assert good.status_code == 200


def test_without_javascript_the_plain_form_counts(shelf: Session, login: Login, cast: Cast) -> None:
    browser = login(cast.chi)
    number = opened(login(cast.an), cast)
    place = f"/kiem-ke/{number}/quet"
    page = browser.get(place).text
    once = re.findall(r'name="lan" value="([0-9a-f]+)"', page)[0]
    told = {"lan": once, "ma": "TB-00001", "nguoi": cast.person_chi}
    for _ in range(2):
        answer = browser.post(place, data=told, follow_redirects=True)
    assert "khác người giữ theo sổ" in words(answer.text)
    assert f'value="{cast.person_chi}" selected' in answer.text
    for code, said in (("TB-00002", "đã ghi"), ("LA-9", "thừa"), ("-", "Chưa đọc được mã")):
        answer = browser.post(place, data={"lan": code, "ma": code}, follow_redirects=True)
        assert said in words(answer.text)
    assert outcomes(shelf)["TB-00001"] == "wrong_holder"
    assert len(shelf.scalars(select(StocktakeCount)).all()) == 3


def test_ticked_rows_are_counted_in_one_act(shelf: Session, login: Login, cast: Cast) -> None:
    browser = login(cast.an)
    number = opened(browser, cast)
    place = f"/kiem-ke/{number}/danh-sach"
    rows = [number_of(shelf, code) for code in ("TB-00001", "TB-00003")]
    told = {"viec": "dung", "lan": "x", "muc": rows}
    for _ in range(2):
        answer = browser.post(f"{place}?ket-qua=NOT_COUNTED", data=told, follow_redirects=True)
        assert "cho 2 thiết bị" in words(answer.text)
    assert "TB-00001" not in answer.text
    told = {"viec": "khong-thay", "lan": "y", "muc": rows[1:]}
    assert "đã có người thấy" in words(browser.post(place, data=told, follow_redirects=True).text)
    assert len(shelf.scalars(select(StocktakeCount)).all()) == 3
    assert outcomes(shelf)["TB-00001"] == "right"
    none = browser.post(place, data={"viec": "hong"}, follow_redirects=True)
    assert "Chưa đánh dấu" in words(none.text)
    assert browser.post(place, data={"viec": "gi-do", "muc": rows}).status_code == 400
    found = browser.get(f"{place}?q=pham&don-vi={cast.office_a}").text
    assert "TB-00001" in found
    assert "TB-00002" not in found


def test_one_thing_is_decided_with_note_and_photo(
    shelf: Session, login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stocktake_items, "MOST_PHOTO", 1_000)
    browser = login(cast.an)
    number = opened(browser, cast)
    place = f"/kiem-ke/{number}/muc/{number_of(shelf, 'TB-00001')}"
    told = {"version": 1, "outcome": "DAMAGED", "holder_id": cast.person_em, "note": "Gãy đầu cắm"}
    for content, said in (
        (b"%PDF-1.7", "PNG hoặc JPG"),
        (b"\x89PNG\r\n\x1a\n" + bytes(1_000), "5 MB"),
    ):
        wrong = browser.post(place, data=told | {"photo": (io.BytesIO(content), "a.png")})
        assert said in words(wrong.text)
    picture = b"\x89PNG\r\n\x1a\nx"
    good = browser.post(place, data=told | {"photo": (io.BytesIO(picture), "a.png")})
    assert good.status_code == 303, words(good.text)
    page = browser.get(place).text
    assert "Gãy đầu cắm" in page
    photo = re.findall(rf"/kiem-ke/{number}/anh/\d+", page)[0]
    shown = browser.get(photo)
    assert (shown.data, shown.mimetype) == (picture, "image/png")
    assert login(cast.binh).get(photo).status_code == 404
    assert browser.get(f"/kiem-ke/{number}/anh/99").status_code == 404
    secret = browser.post(place, data=told | {"version": 2, "note": "mã PIN: 482913"})
    assert "482913" not in secret.text
    back = browser.post(f"{place}/bo", data={"version": 2}, follow_redirects=True)
    assert "Chưa có lần kiểm đếm nào" in words(back.text)
    assert outcomes(shelf)["TB-00001"] == "not_counted"


def test_a_thing_without_a_label_is_told_to_be_a_device(
    shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.an)
    number = opened(browser, cast)
    upload(browser, number, sent("MO-1"))
    thing = shelf.scalars(select(StocktakeItem).where(StocktakeItem.device_id.is_(None))).one()
    place = f"/kiem-ke/{number}/muc/{thing.id}"
    assert "Thật ra là thiết bị có trong sổ" in browser.get(place).text
    for code, said in (("", "Nhập mã"), ("XYZ", "không ứng với thiết bị nào")):
        told = {"la-version": 1, "la-code": code}
        wrong = browser.post(f"{place}/la-thiet-bi", data=told, follow_redirects=True)
        assert said in words(wrong.text)
    told = {"la-version": 1, "la-code": "TB-00004"}
    assert "TB-00004" in browser.post(f"{place}/la-thiet-bi", data=told, follow_redirects=True).text
    assert outcomes(shelf)["TB-00004"] == "right"


def test_tokens_in_the_port_are_counted_from_what_the_agent_read(
    shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.an)
    number = opened(browser, cast)
    with transaction(shelf):
        batch = ImportBatch(
            agency_id=cast.commune_a,
            user_id=cast.an,
            source="token",
            created_at=clock.now(),
        )
        told = {"file_name": "", "verdict": ImportVerdict.SAME, "token_serial": "5410AB02"}
        batch.items = [ImportItem(**told), ImportItem(**told)]
        shelf.add(batch)
        shelf.flush()
        read = batch.id
    place = f"/kiem-ke/{number}/tu-thiet-bi-dang-cam"
    assert "Đọc thiết bị đang cắm" in browser.get(f"/kiem-ke/{number}/quet").text
    for _ in range(2):
        assert browser.post(place, data={"lan-doc": read}).status_code == 303
    assert login(cast.chi).post(place, data={"lan-doc": read}).status_code == 404
    row = shelf.scalars(select(StocktakeCount)).one()
    assert row.how == "agent"
    assert outcomes(shelf)["TB-00002"] == "right"


def test_holders_confirm_on_their_own_page(shelf: Session, login: Login, cast: Cast) -> None:
    opened(login(cast.an), cast)
    browser = login(cast.em)
    own = number_of(shelf, "TB-00001")
    page = browser.get("/cua-toi").text
    assert f"/kiem-ke/tu-xac-nhan/{own}" in page
    other = number_of(shelf, "TB-00002")
    assert browser.post(f"/kiem-ke/tu-xac-nhan/{other}").status_code == 404
    page = browser.post(f"/kiem-ke/tu-xac-nhan/{own}", follow_redirects=True).text
    assert "anh/chị đang giữ thiết bị này" in page
    assert f"/kiem-ke/tu-xac-nhan/{own}" not in page
    assert shelf.scalars(select(StocktakeCount.how)).one() == "self"


def test_closing_leads_to_the_minutes_and_to_one_correction_for_swapped_tokens(
    shelf: Session, login: Login, cast: Cast
) -> None:
    browser = login(cast.an)
    number = opened(browser, cast)
    with transaction(shelf):
        factories.device(shelf, cast.commune_a, "TB-00009", state=DeviceState.IN_STOCK)
    swapped = (
        sent("TB-00001", holder=cast.person_chi),
        sent("TB-00002", holder=cast.person_em),
    )
    told = sent("LA-1", note="mã PIN: 482913")
    upload(browser, number, *swapped, sent("TB-00003"), sent("TB-00009"), told)
    assert "482913" not in browser.get(f"/kiem-ke/{number}/danh-sach").text
    place = f"/kiem-ke/{number}"
    page = words(browser.get(f"{place}/khoa-so").text)
    assert "Còn 1 thiết bị chưa kiểm" in page
    told = {"version": 1, "place": "Trụ sở", "all_sent": "y", "conclusion": "Sổ cơ bản khớp."}
    assert "Nêu lý do" in words(browser.post(f"{place}/khoa-so", data=told).text)
    done = browser.post(f"{place}/khoa-so", data=told | {"reason": "Kho đang sửa"})
    paper = shelf.scalars(select(Paper)).one()
    assert done.location.endswith(f"/bien-ban/{paper.id}")
    assert browser.get(f"/bien-ban/{paper.id}").status_code == 200
    assert browser.get(f"/bien-ban/{paper.id}/ban-soan.docx").status_code == 200
    text = " ".join(plain_text(browser.get(f"/bien-ban/{paper.id}/ban-hien-tai.pdf").data).split())
    assert "thiết bị chưa kiểm không tính vào chênh lệch" in text
    assert "Có trong sổ, ngoài danh sách" in text
    page = browser.get(place).text
    assert "Đã khóa sổ" in page
    found = re.findall(r'href="(/ban-giao/moi\?viec=dinh-chinh[^"]+,[^"]+|[^"]+%2C[^"]+)"', page)
    asked = found[0].replace("&amp;", "&")
    form = browser.get(asked).text
    assert f'value="{cast.person_chi}" selected' in form
    made = browser.post(
        asked,
        data={"on": "21/11/2026", "agency_person_id": cast.person_an, "receivers": "mot-nguoi"}
        | {f"nguoi-{number_of_device(shelf, 'TB-00001')}": cast.person_chi}
        | {f"nguoi-{number_of_device(shelf, 'TB-00002')}": cast.person_em}
        | {"signing": "giay", "lap": "1", "place": "Trụ sở"},
    )
    assert made.status_code in (302, 303), words(made.text)
    assert browser.get(f"{place}/quet").status_code == 302
    open_ = select(FollowUp.code).where(FollowUp.noun == "stocktake", FollowUp.done_at.is_(None))
    assert "stocktake.count_later" in shelf.scalars(open_).all()


def test_what_is_found_beside_the_list_has_a_button_that_settles_it(
    shelf: Session, login: Login, cast: Cast
) -> None:
    surplus = {"noun": "stocktake", "object_id": 1, "agency_id": cast.commune_a}
    surplus |= {"code": "stocktake.enter_in_register", "sentence": "Thấy khi kiểm kê."}
    with transaction(shelf):
        states = (DeviceState.IN_STOCK, DeviceState.LOST, DeviceState.RETURNED_TO_CA)
        stock, lost, gone = (
            factories.device(shelf, cast.office_a, f"MAT-{at}", state=state).id
            for at, state in enumerate(states)
        )
        used = number_of_device(shelf, "TB-00001")
        chi = cast.person_chi
        foreign = factories.device(shelf, cast.commune_b, "LA", state=DeviceState.LOST).id
        shelf.add_all(FollowUp(**surplus, device_id=one) for one in (stock, lost, gone, foreign))
        surplus["sentence"] = "TB-00001: thấy khi kiểm kê."
        shelf.add(FollowUp(**surplus, device_id=used, person_id=chi))
        shelf.add(FollowUp(**surplus, code_seen="54:10:AB:77", person_id=chi))
    browser = login(cast.an)
    page = html.unescape(browser.get("/viec-phai-lam").text)
    found = dict(re.findall(r'class="button primary" href="([^"]+)">([^<]+)<', page))
    enter = next(one for one in found if one.startswith("/thiet-bi/moi?"))
    assert found == {
        enter: "Ghi vào sổ",
        f"/thiet-bi/{stock}": "Mở thiết bị",
        f"/su-co/moi?thiet-bi={lost}&viec=FOUND": "Ghi tìm thấy",
        f"/thiet-bi/{gone}/viec/buu-gui-tra-lai": "Ghi bưu gửi trả lại",
        f"/ban-giao/moi?viec=dinh-chinh&thiet-bi={used}&nguoi-{used}={chi}": "Đính chính người giữ",
    }
    # Two lines may ask for the same: each names what its sentence does not.
    told = re.findall(r">Kiểm kê</a>(: [^<]*)<", page)
    assert told == [": MAT-0", ": MAT-1", ": MAT-2", ": LA", ": Lê Thị Chi", ": Lê Thị Chi"]
    form = browser.get(enter).text
    assert 'value="54:10:AB:77"' in form
    assert 'value="le.thi.chi@thunghiem.example"' in form
    assert re.search(f'value="{cast.office_a}" selected|selected value="{cast.office_a}"', form)
    assert re.search('value="IN_USE" selected|selected value="IN_USE"', form)


def number_of_device(session: Session, code: str) -> int:
    return session.scalars(select(Device.id).where(Device.internal_code == code)).one()


def test_pages_ask_as_much_for_many_as_for_few(
    shelf: Session, login: Login, cast: Cast, count_statements: Counting
) -> None:
    browser = login(cast.an)
    number = opened(browser, cast)
    upload(browser, number, sent("TB-00001", holder=cast.person_chi), sent("LA-0"))
    pages = [
        "/kiem-ke",
        "/kiem-ke/chua-tung-kiem",
        *(f"/kiem-ke/{number}{rest}" for rest in ("", "/quet", "/danh-sach", "/khoa-so")),
    ]
    few = asked_by(browser, pages, count_statements)
    with transaction(shelf):
        kept = {"kind": DeviceKind.PKI_TOKEN, "state": DeviceState.IN_STOCK}
        rows = [{**kept, "agency_id": cast.office_a, "internal_code": f"N-{n}"} for n in range(40)]
        shelf.execute(insert(Device), rows)
    told = [sent(f"N-{n}", holder=cast.person_em) for n in range(40)]
    upload(browser, number, *told, *(sent(f"LA-{n}") for n in range(1, 20)))
    assert asked_by(browser, pages, count_statements) == few
    assert max(few.values()) <= 14


def asked_by(browser: FlaskClient, pages: list[str], counting: Counting) -> dict[str, int]:
    found = {}
    for page in pages:
        browser.get(page)
        with counting() as statements:
            assert browser.get(page).status_code == 200
        found[page] = len(statements)
    return found
