"""The log on screen: in scope, newest first, filtered, and checked as a whole."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

import audit
from operations.transactions import transaction
from tests.cast import Cast
from views.log_words import BODY_WORDS

Login = Callable[[int], FlaskClient]
MakeActor = Callable[..., audit.Actor]
LOG = "/nhat-ky"


@pytest.fixture
def events(db_session: Session, cast: Cast, actor: MakeActor) -> Callable[..., None]:
    """Write events about an agency: `events(agency_id, how_many)`."""

    def write(agency_id: int | None, count: int, who: int | None = None) -> None:
        with transaction(db_session):
            for _ in range(count):
                audit.record(
                    db_session,
                    "agency.changed",
                    actor=actor(who or cast.an),
                    noun="agency",
                    object_id=agency_id or 0,
                    agency_id=agency_id,
                    changed=["name"],
                )

    return write


@pytest.mark.parametrize("who", ["an", "binh", "chi", "em", "giang", "khanh"])
def test_only_auditors_and_administrators_read_the_log(login: Login, cast: Cast, who: str) -> None:
    browser = login(getattr(cast, who))
    assert browser.get(LOG).status_code == 403
    assert browser.post(f"{LOG}/kiem-tra").status_code == 403


def test_a_stranger_logs_in_first(client: FlaskClient, cast: Cast) -> None:
    assert client.get(LOG).location.startswith("/dang-nhap")
    assert client.post(f"{LOG}/kiem-tra").location.startswith("/dang-nhap")


def test_an_auditor_sees_the_agency_and_its_units_and_nothing_else(
    login: Login, cast: Cast, events: Callable[..., None]
) -> None:
    events(cast.commune_a, 1)
    events(cast.office_a, 1)
    events(cast.commune_b, 1, cast.binh)
    events(None, 1)
    page = login(cast.huong).get(LOG).text
    assert f"Đơn vị số {cast.commune_a}" in page
    assert f"Đơn vị số {cast.office_a}" in page
    assert f"Đơn vị số {cast.commune_b}" not in page
    assert "Nguyễn Văn An" in page
    assert "Trần Thị Bình" not in page
    assert f"Đơn vị số {cast.commune_b}" in login(cast.dung).get(LOG).text


def test_events_are_paged_newest_first_and_counted(
    login: Login, cast: Cast, events: Callable[..., None]
) -> None:
    events(cast.commune_a, 60)
    browser = login(cast.huong)
    page = browser.get(LOG).text
    seqs = [int(one) for one in re.findall(r'data-label="Số" class="number"><span>(\d+)', page)]
    assert len(seqs) == 50
    assert seqs == sorted(seqs, reverse=True)
    assert '<strong class="number">60</strong> sự kiện' in page
    following = re.search(r'href="([^"]*truoc=[^"]*)"', page)
    assert following is not None
    rest = browser.get(following[1].replace("&amp;", "&")).text
    older = [int(one) for one in re.findall(r'data-label="Số" class="number"><span>(\d+)', rest)]
    assert len(older) == 10
    assert max(older) < min(seqs)


def test_the_log_is_filtered_by_kind_and_by_day(
    login: Login, cast: Cast, events: Callable[..., None]
) -> None:
    events(cast.commune_a, 1)
    browser = login(cast.huong)

    def get(**query: str) -> str:
        return browser.get(
            LOG, query_string={k.replace("_", "-"): v for k, v in query.items()}
        ).text

    assert "Đơn vị số" in get(su_kien="agency.changed", ngay="21/11/2026")
    assert "Không có sự kiện nào" in get(su_kien="agency.created")
    assert "Không có sự kiện nào" in get(ngay="20/11/2026")
    assert "Ngày không đúng" in get(ngay="30/2/2026")


def test_the_statements_do_not_grow_with_the_events(
    login: Login,
    cast: Cast,
    events: Callable[..., None],
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    events(cast.commune_a, 5)
    browser = login(cast.huong)
    counts = []
    for more in (0, 60):
        events(cast.commune_a, more)
        with count_statements() as statements:
            browser.get(LOG)
        counts.append(len([one for one in statements if not one.startswith("BEGIN")]))
    assert counts[0] == counts[1]
    assert counts[1] <= 10


def test_a_sound_log_is_called_sound_and_a_changed_one_names_the_place(
    login: Login, cast: Cast, events: Callable[..., None], db_session: Session
) -> None:
    events(cast.commune_a, 5)
    browser = login(cast.huong)
    assert "Nhật ký toàn vẹn" in browser.post(f"{LOG}/kiem-tra").text
    db_session.rollback()
    with transaction(db_session):
        for row in db_session.execute(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
            )
        ).all():
            db_session.execute(text(f"DROP TRIGGER {row.name}"))
        db_session.execute(text("UPDATE audit_event SET actor_id = 99 WHERE seq = 3"))
    page = browser.post(f"{LOG}/kiem-tra").text
    assert "Nhật ký KHÔNG toàn vẹn" in page
    assert "Sai từ sự kiện số 3: nội dung đã bị sửa" in page


def test_every_key_of_every_event_has_vietnamese_words() -> None:
    keys = {key for kind in audit.EVENTS.values() for key in kind.keys}
    assert sorted(keys - BODY_WORDS.keys()) == []
