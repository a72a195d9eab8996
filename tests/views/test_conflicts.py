"""What is kept between two pages of a person: nothing is promised that was not done, nothing is
offered twice, and nothing opens for rights that are gone."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from forms.papers import PaperCancelForm, PaperSendingForm
from models import Person, User
from operations.transactions import Conflict, transaction
from tests import factories
from tests.cast import NOW, PASSWORD, Cast
from tests.views.requests import certificates, draft, version_of, words
from views import conflicts, kept_pages, shelf

Login = Callable[[int], FlaskClient]
HOST = "http://localhost"
BROWSER = {"Sec-Fetch-Mode": "navigate"}
COMPARE = "So nội dung mới với những gì tôi đã nhập"
FILL = "Điền những gì tôi đã nhập vào biểu mẫu"
NOT_DONE = "Việc vừa bấm chưa được thực hiện; xem lại rồi bấm lại."
SAME = "giống hệt những gì anh/chị đã nhập"


def link(text: str, label: str) -> str:
    found = re.search(rf'href="([^"]*)">{re.escape(label)}<', text)
    assert found is not None, label
    return unescape(found[1])


def test_a_button_without_anything_typed_is_not_told_to_be_done(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        token = factories.device(db_session, cast.office_a, "TB-7", em, serial="5410AB12")
        factories.certificate(db_session, em, token=token)
        number = token.id
    told = {"kind": "SUSPECTED_MISUSE", "noticed_on": "21/11/2026", "circumstances": ""}
    told_at = login(cast.em).post("/su-co/bao", data=told | {"device_id": number}).location
    page = told_at.removeprefix("/cua-toi")
    an = login(cast.an)
    an.post(f"{page}/xu-ly", data={"version": 1, "measures": "Ngừng ký"})
    late = an.post(f"{page}/ket-thuc", data={"version": 1}, headers={"Referer": HOST + page})
    assert late.status_code == 409
    assert link(late.text, "Mở nội dung mới") == page


def recipients(changed: tuple[FlaskClient, int], typed: dict[str, str]) -> str:
    """The page beside which lies what was typed on the older contents; its text."""
    browser, number = changed
    late = browser.post(f"/de-nghi/{number}/noi-nhan", data={"version": "1"} | typed)
    assert late.status_code == 409
    return browser.get(link(late.text, COMPARE)).text


@pytest.fixture
def changed(login: Login, cast: Cast, db_session: Session) -> tuple[FlaskClient, int]:
    """A request whose recipients somebody else has just changed."""
    an = login(cast.an)
    number = draft(an, certificates(db_session, cast, 60))
    version = version_of(db_session, number)
    first = {"version": version, "addressee_code": "000.01", "copies-0-name": "Sở A"}
    assert an.post(f"/de-nghi/{number}/noi-nhan", data=first).status_code in (302, 303)
    return an, number


@pytest.mark.parametrize(
    ("more", "said", "unsaid"),
    [({}, SAME, NOT_DONE), ({"certificates": "5"}, NOT_DONE, SAME), ({"lap": "1"}, NOT_DONE, SAME)],
)
def test_only_what_has_a_field_on_the_new_page_is_told_to_be_the_same(
    changed: tuple[FlaskClient, int], more: dict[str, str], said: str, unsaid: str
) -> None:
    text = recipients(changed, {"addressee_code": "000.01"} | more)
    assert said in text
    assert unsaid not in text


def test_rows_that_cannot_be_filled_are_shown_and_named(changed: tuple[FlaskClient, int]) -> None:
    browser, _ = changed
    text = recipients(
        changed, {"addressee_code": "000.02", "copies-0-name": "Sở B", "copies-7-name": "Sở C D"}
    )
    assert "Sở B" in text
    assert "<li>Sở C D</li>" in text
    filled = words(browser.get(link(text, FILL)))
    assert "Biểu mẫu dưới đây mới có một phần" in filled
    assert "Không điền lại được: Nơi nhận bản sao; những dòng đã thêm" in filled
    assert "đang có những gì anh/chị đã nhập" not in filled


def test_a_citizen_id_is_named_after_a_conflict_and_not_kept(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an, page = login(cast.an), f"/ca-nhan/{cast.person_em}/sua"
    number, em = "001090012345", db_session.get_one(Person, cast.person_em)
    typed = {"version": em.version, "agency_id": em.agency_id, "full_name": "Lý Văn Em"}
    typed["citizen_id"] = number
    assert an.post(page, data=typed | {"staff_number": "CB-1"}).status_code == 302
    late = an.post(page, data=typed | {"staff_number": "CB-2"})
    assert late.status_code == 409, words(late)
    shown = an.get(link(late.text, COMPARE))
    filled = an.get(link(shown.text, FILL))
    assert number not in shown.text + filled.text
    assert "Không điền lại được: Số định danh" in words(filled)


def test_the_right_one_of_many_forms_is_compared_in_words(app: Flask) -> None:
    with app.test_request_context("/bien-ban/5"):
        forms: dict[str, Any] = {
            "cancel": PaperCancelForm(None, prefix="huy-", version=2),
            "sending": PaperSendingForm(None, prefix="gui-", version=2, channel="POST"),
        }
        typed = MultiDict({"gui-version": "1", "gui-channel": "IN_PERSON", "gui-sent_on": ""})
        found = conflicts._form_of({"forms": forms}, typed, [])
        channel = next(one for one in found.plain if one.short_name == "channel")
        gone = conflicts._difference(channel, MultiDict({"gui-channel": "PIGEON"}))
        shown = conflicts._difference(channel, typed)
    assert found.part == "sending"
    assert {one.short_name for one in found.plain} == {"channel", "sent_on"}
    assert shown is not None
    assert shown.label == "Cách gửi"
    assert "IN_PERSON" not in shown.typed
    assert gone is not None
    assert gone.typed == "(không còn trong danh sách)"


def test_the_way_out_of_a_conflict_leads_past_pages_that_only_a_form_opens(
    app: Flask, login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise Conflict

    only_post, browser = "/nhat-ky/kiem-tra", login(cast.huong)
    kept = browser.post(only_post, headers={"Referer": f"{HOST}/nhat-ky?sau=9", **BROWSER}).location
    assert kept.startswith(f"{only_post}?ban-giu=")
    monkeypatch.setitem(app.view_functions, "log.verify", refuse)
    late = browser.post(only_post, headers={"Referer": HOST + kept})
    assert link(late.text, "Mở nội dung mới") == "/nhat-ky?sau=9"
    lost = browser.post(only_post, headers={"Referer": f"{HOST}{only_post}?ban-giu=x"})
    assert link(lost.text, "Về trang chủ") == "/"


@pytest.fixture
def confirmed(
    login: Login, cast: Cast, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> tuple[FlaskClient, str, str]:
    """A browser, the page of a dangerous form, and the address where that form waits."""
    dung, page = login(cast.dung), f"/quan-tri/tai-khoan/{cast.an}/sua"
    monkeypatch.setenv("SO_TOKEN_NOW", (NOW + timedelta(minutes=11)).isoformat())
    typed = {"version": db_session.get_one(User, cast.an).version, "username": "an"}
    asked = dung.post(page, data=typed | {"display_name": "Ân"}, headers={"Referer": HOST + page})
    return dung, page, asked.location


def test_a_form_that_waited_for_the_password_is_offered_once(
    confirmed: tuple[FlaskClient, str, str], db_session: Session, cast: Cast
) -> None:
    dung, page, waits = confirmed
    again = dung.get(dung.post(waits, data={"password": PASSWORD}).location).text
    assert ">Thực hiện</button>" in again
    assert ">Thực hiện</button>" in dung.get(waits).text  # Not sent yet: still offered.
    sent = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', again))
    done = dung.post(page, data={name: unescape(value) for name, value in sent.items()})
    assert done.status_code == 302
    db_session.rollback()
    assert db_session.get_one(User, cast.an).display_name == "Ân"
    assert dung.get(waits).location == page
    assert "đã gửi rồi" in words(dung.get(page))


def test_a_form_whose_password_is_asked_for_twice_waits_in_one_place(
    confirmed: tuple[FlaskClient, str, str], instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dung, page, waits = confirmed
    again = dung.get(dung.post(waits, data={"password": PASSWORD}).location).text
    monkeypatch.setenv("SO_TOKEN_NOW", (NOW + timedelta(minutes=25)).isoformat())
    sent = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', again))
    asked = dung.post(page, data=sent, headers={"Referer": HOST + waits})
    assert asked.location.rsplit("giu=", 1)[1] == waits.rsplit("giu=", 1)[1]
    assert len([*(instance / "kept").iterdir()]) == 1


def test_whoever_confirms_for_a_form_that_is_gone_is_told_to_press_again(
    confirmed: tuple[FlaskClient, str, str], instance: Path
) -> None:
    dung, page, waits = confirmed
    for one in (instance / "kept").iterdir():
        one.unlink()
    assert "bấm lại nút vừa chọn" in words(dung.get(waits))
    assert dung.post(waits, data={"password": PASSWORD}).location == page
    assert "bấm lại nút vừa chọn" in words(dung.get(page))


def test_a_kept_page_does_not_open_for_rights_that_are_gone(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.huong)
    kept = browser.post("/nhat-ky/kiem-tra", headers=BROWSER).location
    assert browser.get(kept).status_code == 200
    with transaction(db_session):
        db_session.get_one(User, cast.huong).grants.clear()
    assert browser.get(kept).location == "/"


def test_many_quick_forms_of_one_person_throw_nobody_elses_away(
    login: Login, cast: Cast, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MOST_FILES", 2)
    page, huong, dung = "/nhat-ky/kiem-tra", login(cast.huong), login(cast.huong)
    kept = huong.post(page, headers=BROWSER).location
    for _ in range(3):
        last = dung.post(page, headers=BROWSER).location
    assert len([*(instance / "kept").iterdir()]) == 3
    assert huong.get(kept).status_code == 200
    monkeypatch.setattr(shelf, "MOST_BYTES", 0)
    newest = dung.post(page, headers=BROWSER).location
    assert [dung.get(one).status_code for one in (last, newest)] == [302, 200]


def test_a_citizen_id_that_was_typed_is_never_laid_on_the_shelf(
    login: Login, cast: Cast, instance: Path, app: Flask
) -> None:
    number = "001090012345"
    typed = {"full_name": "Trần Thị Ánh", "citizen_id": number, "agency_id": cast.commune_a}
    wrong = typed | {"position_from_on": "31/02/2026"}
    answer = login(cast.an).post("/ca-nhan/moi", data=wrong, headers=BROWSER)
    assert number in answer.text
    assert not (instance / "kept").exists()
    assert {"people.new", "people.edit"} <= set(kept_pages.SHOWN_ONCE)
