"""A draft becomes law from its day of effect once its number is entered, and can be taken back."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from models import Agency, AuditEvent
from operations.law import law_for
from operations.transactions import transaction
from schema.law import RegulationEntry
from tests.cast import Cast

Login = Callable[[int], FlaskClient]
DRAFT = "dong_nai_draft_2026"
PAGE = "/can-cu-phap-ly/dong-nai-draft-2026"
ROUTE = "routing.renewal"
TYPED = {"number": "12/2026/QĐ-UBND", "issued_on": "01/11/2026", "effective_from": "01/12/2026"}


def follow(session: Session, agency_id: int) -> None:
    with transaction(session):
        session.get_one(Agency, agency_id).regulation = DRAFT


def seen(page: str) -> str:
    found = re.search(r'name="seen"[^>]*value="(\d*)"', page)
    return found[1] if found else ""


def enter(browser: FlaskClient, **changes: str) -> str:
    sent = {"seen": seen(browser.get(f"{PAGE}/ban-hanh").text)} | TYPED | changes
    return browser.post(f"{PAGE}/ban-hanh", data=sent, follow_redirects=True).text


def test_only_administrators_enter_it_and_only_for_drafts(login: Login, cast: Cast) -> None:
    assert login(cast.an).get(f"{PAGE}/ban-hanh").status_code == 403
    assert login(cast.an).post(f"{PAGE}/rut").status_code == 403
    assert "Nhập số, ngày ban hành" not in login(cast.an).get(PAGE).text
    browser = login(cast.dung)
    assert "Nhập số, ngày ban hành" in browser.get(PAGE).text
    other = "/can-cu-phap-ly/tuyen-quang-06-2026"
    assert browser.get(f"{other}/ban-hanh").status_code == 404


def test_what_changes_is_shown_before_anything_is_kept(
    login: Login, cast: Cast, db_session: Session
) -> None:
    follow(db_session, cast.commune_a)
    page = enter(login(cast.dung), check="1")
    assert "Kiểm tra lại" in page
    assert "Những gì thay đổi từ ngày 01/12/2026" in page
    assert "1 đơn vị đang chọn quy chế này" in page
    assert not db_session.scalars(select(RegulationEntry)).all()


def test_it_holds_from_its_day_on_until_it_is_taken_back_with_a_reason(
    login: Login, cast: Cast, db_session: Session
) -> None:
    follow(db_session, cast.commune_a)
    browser = login(cast.dung)
    assert "có hiệu lực từ ngày 01/12/2026" in enter(browser, save="1")
    law = law_for(regulations.load(), db_session.get_one(Agency, cast.commune_a))
    before, after = date(2026, 11, 30), date(2026, 12, 1)
    assert "12/2026" not in law.provision(ROUTE, on=before).citation
    assert law.provision(ROUTE, on=after).citation.endswith("Quyết định số 12/2026/QĐ-UBND")
    page = browser.get(f"{PAGE}/ban-hanh").text
    sent = {"seen": seen(page), "reason": "Nhập nhầm văn bản"}
    browser.post(f"{PAGE}/rut", data=sent)
    db_session.rollback()
    law = law_for(regulations.load(), db_session.get_one(Agency, cast.commune_a))
    assert "12/2026" not in law.provision(ROUTE, on=after).citation
    history = browser.get(f"{PAGE}/ban-hanh").text
    assert "Nhập nhầm văn bản" in history
    assert "12/2026/QĐ-UBND" in history
    events = db_session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
    assert events[-2:] == ["regulation.enacted", "regulation.withdrawn"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"number": ""}, "Nhập số, ký hiệu."),
        ({"effective_from": "31/10/2026"}, "không được trước ngày ký"),
    ],
)
def test_what_cannot_be_is_refused(
    login: Login, cast: Cast, changes: dict[str, str], told: str
) -> None:
    assert told in enter(login(cast.dung), save="1", **changes).replace("Ngày hiệu lực", "")


def test_a_second_entry_needs_a_reason_and_nobody_overwrites_unseen(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.dung)
    enter(browser, save="1")
    later = {"effective_from": "15/12/2026"}
    assert "Hãy ghi lý do" in enter(browser, save="1", **later)
    assert (
        "01/12/2026"
        not in enter(browser, save="1", reason="Sửa ngày", **later)
        .partition("Toàn văn")[0]
        .partition("Hiệu lực")[2][:80]
    )
    unseen = browser.post(f"{PAGE}/ban-hanh", data=TYPED | {"save": "1", "reason": "x"})
    assert unseen.status_code == 409
    assert len(db_session.scalars(select(RegulationEntry)).all()) == 2
