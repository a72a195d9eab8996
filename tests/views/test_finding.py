"""Finding: words, serials in any notation, pages by key, counts, and states that agree with law."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import upgrade
from sqlalchemy.orm import Session

import views.finding as finding
from app import create_app
from config import Config
from extensions import db
from models import Agency, Certificate, Device, Person
from operations import search
from operations.transactions import transaction
from rules.certificates import CertificateFacts, CertificateState, certificate_state
from rules.days import expires_on
from rules.devices import DeviceKind, DeviceState
from rules.names import sort_key
from tests import cast as the_cast
from tests import factories
from tests.cast import NOW, Cast
from tests.cast import person as enter_person
from views.certificate_days import in_state, register
from views.finding import (
    Cursor,
    Register,
    Search,
    counts_of_each,
    equals,
    words_of,
)

DEVICES = Register(Device, search.DEVICE, "sort_key")
PEOPLE = Register(Person, search.PERSON, "sort_key")


@pytest.fixture
def people(db_session: Session, cast: Cast) -> dict[str, int]:
    """People of commune B, each with one device whose serial is their place in the list."""
    names = ["Nguyễn Thị Ánh", "Nguyễn Văn Đức", "Trần Thị Yến", "Lê Ánh Thị", "Hoàng Dung"]
    found = {}
    with transaction(db_session):
        commune = db_session.get_one(Agency, cast.commune_b)
        for number, name in enumerate(names):
            row = enter_person(db_session, name, commune, "Công chức")
            serial = ["54:01:0a:0B", "00ff12", "A1B2C3", None, "123456789012"][number]
            token = factories.device(db_session, commune.id, f"TB-{number:04d}", row, serial=serial)
            found[name] = token.id
    return found


def names_found(session: Session, query: str) -> list[str]:
    ids = Search(session, DEVICES, (), words_of(query)).first(100)
    return [session.get_one(Device, number).holder.full_name for number in ids]  # type: ignore[union-attr] # all are held


def test_a_name_is_found_without_accents_and_in_any_order_of_words(
    db_session: Session, people: dict[str, int]
) -> None:
    assert names_found(db_session, "nguyen thi anh") == ["Nguyễn Thị Ánh"]
    assert names_found(db_session, "anh nguyen") == ["Nguyễn Thị Ánh"]
    assert sorted(names_found(db_session, "anh thi")) == ["Lê Ánh Thị", "Nguyễn Thị Ánh"]
    assert names_found(db_session, "duc") == ["Nguyễn Văn Đức"]
    assert names_found(db_session, "ĐỨC nguyễn") == ["Nguyễn Văn Đức"]


def test_the_beginning_of_a_word_is_enough_but_its_middle_is_not(
    db_session: Session, people: dict[str, int]
) -> None:
    assert "Hoàng Dung" in names_found(db_session, "hoan")
    assert names_found(db_session, "oang") == []


@pytest.mark.parametrize(
    "typed",
    ["54010a0b", "54:01:0A:0B", "54 01 0a 0b", "0x54010A0B", "54-01-0a-0b", str(0x54010A0B)],
)
def test_a_serial_is_found_in_any_usual_notation(
    db_session: Session, people: dict[str, int], typed: str
) -> None:
    assert names_found(db_session, typed) == ["Nguyễn Thị Ánh"]


@pytest.mark.parametrize(
    "typed", ["TN541000000033", "tn 541-000000033", "TN541 000 000 033", "TN 541.000.000.033"]
)
def test_a_serial_that_begins_with_letters_is_found_in_groups_too(
    db_session: Session, people: dict[str, int], typed: str
) -> None:
    with transaction(db_session):
        token = db_session.get_one(Device, people["Hoàng Dung"])
        token.printed_serial = "TN541000000033"
        search.reindex(db_session, "device", token.id, search.terms_of_device(token, token.holder))
    assert names_found(db_session, typed) == ["Hoàng Dung"]
    assert names_found(db_session, "dung 541000") == []


def test_leading_zeros_of_a_serial_do_not_matter(
    db_session: Session, people: dict[str, int]
) -> None:
    for typed in ("00ff12", "ff12", "FF12", "00:ff:12"):
        assert names_found(db_session, typed) == ["Nguyễn Văn Đức"], typed


def test_an_internal_code_and_an_address_are_found(
    db_session: Session, people: dict[str, int]
) -> None:
    assert names_found(db_session, "TB-0002") == ["Trần Thị Yến"]
    assert names_found(db_session, "Hoang.Dung@thunghiem.example") == ["Hoàng Dung"]


@pytest.mark.parametrize(
    "typed", ["%", "_", "' or 1=1 --", "\\", "", "  ", "\u200b", "😀", "x" * 5000]
)
def test_odd_queries_do_no_harm(db_session: Session, people: dict[str, int], typed: str) -> None:
    found = names_found(db_session, typed)
    assert len(found) in (0, 5)


def test_a_percent_sign_is_no_wildcard(db_session: Session, people: dict[str, int]) -> None:
    assert names_found(db_session, "nguyen%") == names_found(db_session, "nguyen")
    assert names_found(db_session, "n%n@thunghiem.example") == []


# Ways of searching ----------------------------------------------------------------------------


@pytest.fixture(params=["read first", "walk"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways through the register: reading the rarest condition first, walking the order."""
    if request.param == "walk":
        monkeypatch.setattr(finding, "FEW", -1)
        monkeypatch.setattr(finding, "MANY", 1)
    return str(request.param)


@pytest.fixture
def many(db_session: Session, cast: Cast) -> list[tuple[str, int]]:
    """Forty devices of people whose names repeat, as (sort key, number) in the right order."""
    keys = []
    with transaction(db_session):
        commune = db_session.get_one(Agency, cast.commune_b)
        for number in range(40):
            family = ["Nguyễn", "Trần", "Lê"][number % 3]
            name = f"{family} Văn {['Yến', 'An', 'Đức', 'Dũng'][number % 4]}"
            row = enter_person(db_session, name, commune, "Công chức")
            kind = DeviceKind.SIM_PKI if number % 5 == 0 else DeviceKind.PKI_TOKEN
            state = DeviceState.LOCKED if number % 7 == 0 else DeviceState.IN_USE
            token = factories.device(
                db_session, commune.id, f"M-{number}", row, kind=kind, state=state
            )
            keys.append((sort_key(name), token.id))
    return sorted(keys)


def all_pages(found: Callable[[], Search], size: int) -> tuple[list[int], list[int]]:
    """Every number going forward page by page, and every number going back from the last page."""
    forward, backward = [], []
    page = found().page(size=size)
    while True:
        forward += page.ids
        if page.after is None:
            break
        page = found().page(Cursor(after=page.after), size=size)
    while True:
        backward = [*page.ids, *backward]
        if page.before is None:
            break
        page = found().page(Cursor(before=page.before), size=size)
    return forward, backward


@pytest.mark.parametrize("cap", [10, 1000])
def test_pages_forward_and_back_show_every_row_once_in_vietnamese_order(
    db_session: Session,
    many: list[tuple[str, int]],
    way: str,
    cap: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "CAP", cap)
    monkeypatch.setattr(finding, "CAP_OF_COMMON_WORDS", cap)
    expected = [number for _, number in many]
    for query in ("", "van"):
        forward, backward = all_pages(partial(Search, db_session, DEVICES, (), words_of(query)), 7)
        assert forward == expected
        # Going back may end on a shorter first page, but misses and repeats nothing.
        assert list(dict.fromkeys(backward)) == expected


def test_both_ways_find_the_same_rows_for_every_pair_of_conditions(
    db_session: Session, many: list[tuple[str, int]], way: str
) -> None:
    rows = {row.id: row for row in db_session.query(Device)}
    for state in (None, DeviceState.LOCKED, DeviceState.IN_USE, DeviceState.LOST):
        for kind in (None, DeviceKind.SIM_PKI, DeviceKind.HSM):
            for query in ("", "nguyen", "van an", "tran duc"):
                conditions = [equals("state", state, ordered=True)] if state else []
                conditions += [equals("kind", kind, ordered=True)] if kind else []
                found = Search(db_session, DEVICES, conditions, words_of(query)).page()
                expected = [
                    number
                    for _, number in many
                    if (state is None or rows[number].state is state)
                    and (kind is None or rows[number].kind is kind)
                    and all(
                        any(term.startswith(word) for term in rows[number].search_text.split())
                        for word in query.split()
                    )
                ]
                assert list(found.ids) == expected, (state, kind, query)
                assert found.count == len(expected)


def test_counts_stop_at_their_cap_and_say_so(
    db_session: Session, many: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "CAP", 10)
    page = Search(db_session, DEVICES, ()).page(size=5)
    assert (page.count, page.capped) == (10, True)
    page = Search(db_session, DEVICES, [equals("state", DeviceState.LOCKED)]).page(size=5)
    assert (page.count, page.capped) == (6, False)


def test_a_cursor_of_a_row_that_is_gone_gives_the_first_page(
    db_session: Session, many: list[tuple[str, int]]
) -> None:
    first = Search(db_session, DEVICES, ()).page(size=7)
    for cursor in (Cursor(after=999_999), Cursor(before=999_999)):
        assert Search(db_session, DEVICES, ()).page(cursor, size=7) == first


# States ---------------------------------------------------------------------------------------


@pytest.fixture
def certificates(db_session: Session, cast: Cast) -> list[Certificate]:
    """A certificate on each side of every border, to the microsecond."""
    borders = [-1, 0, 1, 29, 30, 31, 44, 45, 46, 119, 120, 121, 400]
    with transaction(db_session):
        owner = db_session.get_one(Person, cast.person_an)
        for days in borders:
            for renewals in (None, 0, 1):
                factories.certificate(db_session, owner, days_left=days, renewals=renewals)
        for shift in (-1, 0, 1):
            row = factories.certificate(db_session, owner, serial=f"77AA{shift + 1}")
            row.not_after = NOW + timedelta(microseconds=shift)
            row.expires_on = expires_on(row.not_after)
            row = factories.certificate(
                db_session,
                owner,
                serial=f"88AA{shift + 1}",
                not_before=NOW + timedelta(microseconds=shift),
            )
        factories.certificate(
            db_session, owner, serial="99AA", revoked_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
    return db_session.query(Certificate).all()


@pytest.mark.parametrize("at", [NOW, NOW.replace(hour=16, minute=59), NOW.replace(hour=17)])
@pytest.mark.parametrize("order", ["sort_key", "expires_on"])
def test_filter_and_rule_agree_on_the_state_of_every_certificate(
    db_session: Session, certificates: list[Certificate], way: str, at: datetime, order: str
) -> None:
    seen: list[int] = []
    for state in CertificateState:
        list_of = register(Certificate, search.CERTIFICATE, order, at)
        condition = in_state(state, at, 45, by_day=order == "expires_on")
        ids = Search(db_session, list_of, [condition]).page(size=1000).ids
        expected = {
            row.id
            for row in certificates
            if certificate_state(
                CertificateFacts(row.not_before, row.not_after, row.revoked_at, row.renewals),
                at=at,
            )
            is state
        }
        assert set(ids) == expected, state
        seen += ids
    assert sorted(seen) == sorted(row.id for row in certificates)


@pytest.mark.parametrize("few", [True, False])
def test_the_line_of_counts_says_what_the_filters_find(
    db_session: Session, certificates: list[Certificate], few: bool
) -> None:
    list_of = register(Certificate, search.CERTIFICATE, "sort_key", NOW)
    each = [in_state(state, NOW, 45) for state in CertificateState]
    kept = [equals("agency_id", certificates[0].agency_id)]
    counts, _ = counts_of_each(db_session, list_of, kept, each, few)
    assert counts == [len(Search(db_session, list_of, [one]).page(size=1000).ids) for one in each]
    assert sum(counts) == len(certificates)


@pytest.mark.parametrize(
    ("typed", "names"),
    [("tran van yen", ("Trần",)), ("yen", ("Nguyễn", "Trần", "Lê"))],
)
def test_in_a_large_register_the_rarest_of_common_words_is_read_and_not_every_row(
    db_session: Session,
    many: list[tuple[str, int]],
    typed: str,
    names: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    count_statements: Callable[[], Any],
) -> None:
    """As among a million devices, where each word of a name is in more than twenty thousand."""
    for name, size in (("FEW", 2), ("MANY", 3), ("USUAL_SIZE", 3)):
        monkeypatch.setattr(finding, name, size)
    with count_statements() as statements:
        ids = Search(db_session, DEVICES, (), words_of(typed)).first(20)
    assert any("FROM device" in one and "FROM search_term" in one for one in statements)
    keys = [sort_key(f"{family} Văn Yến") for family in names]
    assert ids == [number for key, number in many if key in keys] != []


def test_people_are_found_as_devices_are(db_session: Session, people: dict[str, int]) -> None:
    with transaction(db_session):
        for row in db_session.query(Person):
            search.reindex(db_session, search.PERSON, row.id, search.terms_of_person(row))
    ids = Search(db_session, PEOPLE, (), words_of("duc nguyen")).first(10)
    assert [db_session.get_one(Person, number).full_name for number in ids] == ["Nguyễn Văn Đức"]


@pytest.mark.postgresql
def test_lists_are_the_same_on_postgresql(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = create_app(
        Config.load(tmp_path / "instance", testing=True, database_url=postgresql_url)
    )
    with application.app_context():
        upgrade()
        session = db.session()
        people = the_cast.enter(session)
        with transaction(session):
            owner = session.get_one(Person, people.person_an)
            for days in (-1, 0, 29, 30, 45, 46, 120, 121):
                for renewals in (None, 0, 1):
                    token = factories.device(session, owner.agency_id, f"P{days}{renewals}", owner)
                    factories.certificate(
                        session, owner, days_left=days, renewals=renewals, token=token
                    )
        list_of = register(Certificate, search.CERTIFICATE, "sort_key", NOW)
        each = [in_state(state, NOW, 45) for state in CertificateState]
        counted = [counts_of_each(session, list_of, [], each, few)[0] for few in (True, False)]
        assert counted[0] == counted[1]
        found: list[dict[str, list[int]]] = []
        for few, most in ((finding.FEW, finding.MANY), (-1, 1)):
            monkeypatch.setattr(finding, "FEW", few)
            monkeypatch.setattr(finding, "MANY", most)
            found.append(_lists_of_every_state(session))
        assert found[0] == found[1]
        assert sum(len(ids) for name, ids in found[0].items() if name.endswith("sort_key ")) == 24
        first = Search(session, DEVICES, (), words_of("an nguyen")).page(size=5)
        second = Search(session, DEVICES, ()).page(Cursor(after=first.after), size=5)
        assert not set(first.ids) & set(second.ids)
        db.session.remove()
        db.engine.dispose()


def _lists_of_every_state(session: Session) -> dict[str, list[int]]:
    lists = {}
    for order in ("sort_key", "expires_on"):
        list_of = register(Certificate, search.CERTIFICATE, order, NOW)
        for state in CertificateState:
            condition = in_state(state, NOW, 45, by_day=order == "expires_on")
            for query in ("", "van an"):
                page = Search(session, list_of, [condition], words_of(query)).page(size=100)
                lists[f"{state} {order} {query}"] = list(page.ids)
    return lists
