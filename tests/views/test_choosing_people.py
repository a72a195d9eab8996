"""Where an agency has more people than a list to choose offers: said, searched, and nobody lost."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Agency, Person
from operations.transactions import transaction
from rules.devices import DeviceState
from schema.stocktakes import Stocktake, StocktakeItem
from tests import factories
from tests.cast import NOW, Cast
from tests.cast import person as enter_person
from views import handover_wishes, pictures

Login = Callable[[int], FlaskClient]
PAGE = "/tiep-nhan"


def offered(text: str, field: str = "witness_id") -> list[str]:
    """The people in one list of the page."""
    select = re.search(rf'<select[^>]* name="{field}".*?</select>', text, re.DOTALL)
    assert select is not None
    return re.findall(r'<option [^>]*value="\d+">([^<]*)', select[0])


@pytest.fixture
def many(db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Six more people below the commune, where no list offers more than four."""
    monkeypatch.setattr(handover_wishes, "MOST_PEOPLE", 4)
    monkeypatch.setattr(pictures, "MOST_PEOPLE", 4)
    with transaction(db_session):
        office = db_session.get_one(Agency, cast.office_a)
        rows = [
            enter_person(db_session, f"Vũ Thử Yến {name}", office, "Chuyên viên")
            for name in ("Anh", "Bình", "Chi", "Dung", "Giang", "Hoa")
        ]
        return [row.id for row in rows]


def test_a_list_that_is_cut_says_so_and_is_searched_by_name(
    login: Login, cast: Cast, many: list[int]
) -> None:
    an = login(cast.an)
    page = an.get(PAGE)
    assert len(offered(page.text)) == 4
    assert "chỉ có 4 người" in page.text
    found = an.get(f"{PAGE}?ten=yen hoa, giang yến&x=1")
    assert {"Vũ Thử Yến Hoa", "Vũ Thử Yến Giang"} <= {
        one.split(" – ")[0] for one in offered(found.text)
    }
    assert '<input type="hidden" name="x" value="1">' in found.text


def test_whoever_is_chosen_stays_in_the_list_and_may_be_sent(
    login: Login, cast: Cast, many: list[int]
) -> None:
    data: dict[str, Any] = {
        "agency_id": cast.commune_a,
        "lines": "",
        "received_on": f"{date(2026, 11, 21):%d/%m/%Y}",
        "kind": "PKI_TOKEN",
        "witness_id": many[-1],
        "so-khop": "1",
    }
    page = login(cast.an).post(PAGE, data=data)
    assert f'<option selected value="{many[-1]}">Vũ Thử Yến Hoa' in page.text
    assert "không còn dùng được" not in page.text


def test_whoever_is_named_is_offered_however_many_they_are(
    login: Login, cast: Cast, many: list[int]
) -> None:
    named = "&".join(f"nguoi-{at}={number}" for at, number in enumerate(many))
    page = login(cast.an).get(f"{PAGE}?{named}")
    assert len(offered(page.text)) == len([*many, cast.person_an])
    assert "chỉ có 7 người" in page.text


@pytest.mark.parametrize("left", [False, True])
def test_a_note_about_a_counted_thing_does_not_lose_who_has_it(
    login: Login, cast: Cast, db_session: Session, many: list[int], left: bool
) -> None:
    with transaction(db_session):
        hoa = db_session.get_one(Person, many[-1])
        number = factories.device(db_session, cast.office_a, "TB-00001", hoa).id
        hoa.left_on = date(2026, 11, 20) if left else None
        row = Stocktake(
            agency_id=cast.commune_a, name="Cuối năm", due_on=date(2026, 11, 30),
            opened_at=NOW, opened_by_id=cast.an,
        )  # fmt: skip
        db_session.add(row)
        db_session.flush()
        item = StocktakeItem(
            stocktake_id=row.id, device_id=number, outcome="not_counted",
            expected_state=DeviceState.IN_USE, expected_holder_id=hoa.id,
        )  # fmt: skip
        db_session.add(item)
        db_session.flush()
        place, item_id = f"/kiem-ke/{row.id}/muc/{item.id}", item.id
    an = login(cast.an)
    page = an.get(place).text
    assert f'<option selected value="{many[-1]}">Vũ Thử Yến Hoa' in page
    assert "Tìm người theo tên" in page
    told = {"version": 1, "outcome": "RIGHT", "holder_id": many[-1], "note": "Đã xem"}
    answer = an.post(f"{place}?ten=anh", data=told)
    assert answer.status_code == 303
    db_session.expire_all()
    found = db_session.get_one(StocktakeItem, item_id)
    assert (found.outcome, found.found_holder_id) == ("right", many[-1])


def test_a_small_agency_has_all_its_people_and_no_search(
    login: Login, cast: Cast, db_session: Session, count_statements: Callable[[], Any]
) -> None:
    an = login(cast.an)
    with count_statements() as few:
        page = an.get(PAGE)
    assert "Tìm người theo tên" not in page.text
    with transaction(db_session):
        office = db_session.get_one(Agency, cast.office_a)
        for number in range(20):
            enter_person(db_session, f"Hồ Thử {number}", office, "Chuyên viên")
    with count_statements() as more:
        assert len(offered(an.get(PAGE).text)) > 20
    assert len(more) == len(few)


def test_pictures_show_the_first_people_and_find_the_others_by_name(
    login: Login, cast: Cast, db_session: Session, many: list[int]
) -> None:
    chi = login(cast.chi)
    page = chi.get("/hinh-chu-ky")
    assert page.text.count("/hinh-chu-ky/ca-nhan/") == 4
    assert "Chỉ hiện 4 người đầu" in page.text
    hoa = db_session.get_one(Person, many[-1])
    found = chi.get("/hinh-chu-ky?ten=yen+hoa")
    assert f"/hinh-chu-ky/ca-nhan/{hoa.id}" in found.text
    assert "Không có ai" in chi.get("/hinh-chu-ky?ten=khong+ai").text
