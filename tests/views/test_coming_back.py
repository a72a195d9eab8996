"""Back, reload and forward after what a form led to; what a conflict and a busy register keep."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from extensions import db
from models import User
from tests.cast import NOW, PASSWORD, Cast
from tests.views.requests import TODAY, certificates, draft, version_of, words
from views import kept_pages, shelf
from views.request_choosing import packed, unpacked

Login = Callable[[int], FlaskClient]
NEW = "/de-nghi/gia-han/moi"
BROWSER = {"Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize(
    ("numbers", "address"),
    [([], ""), ([7], "7"), ([7, 12, 13, 14, 3], "7.12-14.3"), ([3, 2, 1], "3.2.1")],
)
def test_many_chosen_rows_fit_into_an_address(numbers: list[int], address: str) -> None:
    assert packed(numbers) == address
    assert unpacked([address]) == ([str(one) for one in numbers] or [""])


def test_an_address_made_by_hand_names_no_more_rows_than_a_letter_refuses() -> None:
    assert len(unpacked(["1-99999999", "5"])) == 1001
    assert unpacked(["x-y.5-", "9-3", "2"]) == ["x-y", "5-", "2"]


def test_what_a_list_and_the_new_check_send_becomes_an_address_of_its_own(
    login: Login, cast: Cast, db_session: Session
) -> None:
    ids, an = certificates(db_session, cast, 60, 61, 62), login(cast.an)
    chosen = an.post(NEW, data={"certificates": ids})
    assert (chosen.status_code, chosen.location) == (303, f"{NEW}?chung-thu={ids[0]}-{ids[-1]}")
    assert "Đưa vào văn bản (3)" in words(an.get(chosen.location))
    typed = {"planned_receipt_on": "25/12/2026", "kiem-tra": "1", "csrf_token": "x"}
    checked = an.post(NEW, data=typed | {"certificates": ids[:2], "bo-ra-certificates": ids[2:]})
    assert "csrf" not in checked.location
    assert "Không gia hạn được" in words(an.get(checked.location))


@pytest.fixture
def wrong(login: Login, cast: Cast, db_session: Session) -> tuple[FlaskClient, str]:
    """A browser whose form had an error, and the address to which its answer was moved."""
    an = login(cast.an)
    ids = certificates(db_session, cast, 60)
    data = {"certificates": ids, "planned_receipt_on": "31/02/2027", "lap": "1"}
    answer = an.post(NEW, data=data, headers=BROWSER)
    assert answer.status_code == 303
    return an, answer.location


def test_the_answer_to_a_form_is_shown_again_at_its_own_address(
    wrong: tuple[FlaskClient, str],
) -> None:
    an, address = wrong
    first, again = an.get(address), an.get(address)
    assert "Ngày không đúng" in words(first)
    assert 'value="31/02/2027"' in first.text
    assert first.text == again.text
    assert first.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("change", ["another person", "another key", "an hour later"])
def test_a_kept_page_is_for_its_login_only_and_not_for_ever(
    wrong: tuple[FlaskClient, str],
    change: str,
    login: Login,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, address = wrong
    if change == "another person":
        browser = login(cast.chi)
    if change == "another key":
        address += "x"
    if change == "an hour later":
        monkeypatch.setattr(shelf, "KEPT_SECONDS", -1)
    assert browser.get(address).location == NEW


def test_a_page_that_only_a_form_leads_to_goes_home_when_it_is_no_longer_kept(
    login: Login, cast: Cast
) -> None:
    browser = login(cast.huong)
    answer = browser.post("/nhat-ky/kiem-tra", headers=BROWSER)
    assert "Nhật ký toàn vẹn" in browser.get(answer.location).text
    gone = browser.get("/nhat-ky/kiem-tra?ban-giu=nothing")
    assert gone.location == "/"
    assert "không còn được giữ" in browser.get("/").text


def test_the_shelf_holds_sealed_files_and_throws_the_oldest_away(
    wrong: tuple[FlaskClient, str], instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an, address = wrong
    (file,) = (instance / "kept").iterdir()
    assert file.name not in address
    monkeypatch.setattr(shelf, "MOST_FILES", 1)
    data = {"certificates": [1], "planned_receipt_on": "x", "lap": "1"}
    an.post(NEW, data=data, headers=BROWSER)
    assert [one for one in (instance / "kept").iterdir() if one != file] == [
        *(instance / "kept").iterdir()
    ]


def test_an_older_browser_is_known_by_what_it_accepts(login: Login, cast: Cast) -> None:
    page, asks = "/nhat-ky/kiem-tra", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    browser = login(cast.huong)
    assert browser.post(page, headers=asks).status_code == 303
    assert browser.post(page, headers=asks | {"Sec-Fetch-Mode": "cors"}).status_code == 200
    assert browser.post(page).status_code == 200


def test_a_full_disk_spoils_no_page(login: Login, cast: Cast, instance: Path) -> None:
    (instance / "kept").write_bytes(b"")  # No folder can be made there.
    answer = login(cast.huong).post("/nhat-ky/kiem-tra", headers=BROWSER)
    assert "Nhật ký toàn vẹn" in answer.text
    assert login(cast.huong).get("/nhat-ky/kiem-tra?ban-giu=x").location == "/"


def test_what_is_shown_once_is_known_by_its_place(app: Flask) -> None:
    places = {*app.blueprints, *app.view_functions}
    assert set(kept_pages.SHOWN_ONCE) <= places


def test_a_first_password_is_never_laid_on_the_shelf(
    login: Login, cast: Cast, instance: Path
) -> None:
    page = f"/quan-tri/tai-khoan/{cast.an}/mat-khau"
    answer = login(cast.dung).post(page, headers=BROWSER)
    assert "Mật khẩu lần đầu" in answer.text
    assert not (instance / "kept").exists()


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', text)
    assert found is not None, name
    return unescape(found[1])


def link(text: str, label: str) -> str:
    found = re.search(rf'href="([^"]*)">{re.escape(label)}<', text)
    assert found is not None, label
    return unescape(found[1])


def test_after_a_conflict_what_was_typed_stands_beside_what_is_there_and_is_filled_in_on_wish(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    request_id = draft(an, certificates(db_session, cast, 60))
    address = f"/de-nghi/{request_id}/sua"
    typed: dict[str, Any] = {
        "version": version_of(db_session, request_id),
        "planned_receipt_on": TODAY,
        "contact_id": "0",
        "channel": "",
        "addressee": "Cục Chứng thực",
        "drafting_unit": "VP",
    }
    assert an.post(address, data=typed | {"note": "ghi trước"}).status_code == 302
    late = an.post(address, data=typed | {"note": "ghi sau <b>", "wet_signature": "y"})
    assert late.status_code == 409
    page = an.get(link(late.text, "So nội dung mới với những gì tôi đã nhập"))
    text = words(page)
    assert "Hiện nay" in text
    assert "ghi trước" in text
    assert "ghi sau &lt;b&gt;" in page.text
    differing = re.findall(r'scope="row">(.*?)</th>', page.text.split("</section>")[0])
    assert [one.split(" (")[0] for one in differing] == ["Ký tay trên giấy", "Ghi chú nội bộ"]
    filled = an.get(link(page.text, "Điền những gì tôi đã nhập vào biểu mẫu"))
    assert "đang có những gì anh/chị đã nhập" in words(filled)
    form = filled.text.split("</section>")[-1]
    assert "ghi sau &lt;b&gt;" in form
    assert "ghi trước" not in form
    assert int(hidden(filled.text, "version")) == version_of(db_session, request_id)


def test_a_dangerous_form_comes_back_as_it_was_once_the_password_was_given_again(
    login: Login, cast: Cast, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    dung = login(cast.dung)
    monkeypatch.setenv("SO_TOKEN_NOW", (NOW + timedelta(minutes=11)).isoformat())
    page = f"/quan-tri/tai-khoan/{cast.an}/sua"
    version = db_session.get_one(User, cast.an).version
    typed = {"version": str(version), "username": "an", "display_name": "Nguyễn Văn Ân <mới>"}
    asked = dung.post(page, data=typed, headers={"Referer": f"http://localhost{page}", **BROWSER})
    assert asked.location.startswith("/tai-khoan/xac-nhan-lai?")
    assert "được giữ lại" in words(dung.get(asked.location))
    assert "Mật khẩu không đúng" in dung.post(asked.location, data={"password": "sai"}).text
    again = dung.get(dung.post(asked.location, data={"password": PASSWORD}).location)
    assert f'action="{page}"' in again.text
    assert hidden(again.text, "display_name") == typed["display_name"]
    assert ">Thực hiện</button>" in again.text


@pytest.fixture
def busy(app: Flask, instance: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else who writes something long, while nobody waits for longer than a moment."""

    def hurry(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", hurry)
    try:
        with closing(sqlite3.connect(instance / "so_token.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other
    finally:  # No connection that hurries may stay for others.
        event.remove(db.engine, "connect", hurry)
        db.session.remove()
        db.engine.dispose()


def test_whoever_waits_in_vain_for_another_writer_is_told_so_and_sends_again_with_one_button(
    login: Login, cast: Cast, db_session: Session, request: pytest.FixtureRequest
) -> None:
    an, ids = login(cast.an), certificates(db_session, cast, 60)
    other = request.getfixturevalue("busy")
    data = {"certificates": ids, "planned_receipt_on": TODAY, "lap": "1"}
    answer = an.post(NEW, data=data)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    text = words(answer)
    assert "đang ghi một việc dài" in text
    assert "Mã tham chiếu" in text
    assert hidden(answer.text, "planned_receipt_on") == TODAY
    assert hidden(answer.text, "certificates") == str(ids[0])
    assert "Gửi lại những gì vừa nhập" in text
    other.execute("ROLLBACK")
    assert an.post(NEW, data=data).status_code == 302


def test_another_fault_of_the_database_is_still_told_as_ours(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> str:
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "accounts.login", ask)
    assert client.get("/dang-nhap").status_code == 500
