"""Lists with the newest first: words that are rare and words that are common find the same rows."""

import pytest
from sqlalchemy.orm import Session

import views.newest
from models import Agency
from operations import search
from operations.transactions import transaction
from rules.office_documents import IncomingState
from rules.papers import PaperKind, PaperState
from schema.custody import Paper
from schema.documents import IncomingDocument
from tests.cast import NOW, Cast
from tests.cast import person as enter_person
from views.newest import Newest, by_people, by_words, newest_page

NAMES = ("Lê Văn An", "Lê Thị Vân", "Trần Văn Lê", "Hoàng Dung")
SUBJECTS = ("Về việc cấp mới", "Công văn cấp lại", "Thư mời họp", "Cấp phép")
COMMON = pytest.mark.parametrize("common", [False, True], ids=["rare", "common"])


@pytest.fixture
def papers(db_session: Session, cast: Cast) -> dict[int, str]:
    """One paper for each name, alternately received and given by them, by number."""
    found = {}
    with transaction(db_session):
        commune = db_session.get_one(Agency, cast.commune_b)
        for place, name in enumerate(NAMES):
            who = enter_person(db_session, name, commune, "Công chức")
            terms = search.terms_of_person(who)
            search.reindex(db_session, search.PERSON, who.id, terms)
            row = Paper(
                agency_id=commune.id,
                kind=PaperKind.HANDOVER,
                state=PaperState.ISSUED,
                number=f"{place}/BB_X",
                made_on=NOW.date(),
                place="",
                created_by_id=cast.an,
                created_at=NOW,
                **{"receiver_id" if place % 2 else "giver_id": who.id},
            )
            db_session.add(row)
            db_session.flush()
            found[row.id] = name
    return found


@pytest.fixture
def incoming(db_session: Session, cast: Cast) -> dict[int, str]:
    """One document that came in for each subject, by number."""
    found = {}
    with transaction(db_session):
        for place, subject in enumerate(SUBJECTS):
            row = IncomingDocument(
                agency_id=cast.commune_b,
                received_on=NOW.date(),
                received_at=NOW,
                received_by_id=cast.an,
                sender="Sở Mẫu",
                number=f"1{place}/QĐ-UBND",
                subject=subject,
                file_name="a.pdf",
                file_sha256=f"{place}" * 64,
                file_size=1,
                verdict="hợp lệ",
                report={},
                state=IncomingState.CHECKED,
            )
            db_session.add(row)
            db_session.flush()
            search.reindex(db_session, search.INCOMING, row.id, search.terms_of_incoming(row))
            found[row.id] = subject
    return found


def common_words(monkeypatch: pytest.MonkeyPatch, common: bool) -> None:
    if common:
        monkeypatch.setattr(views.newest, "FEW", 0)


@COMMON
@pytest.mark.parametrize(
    ("query", "places"),
    [("lê", [2, 1, 0]), ("van le", [2, 1, 0]), ("LÊ THI", [1]), ("dung le", []), ("d", [3])],
)
def test_a_name_finds_the_papers_that_the_person_gave_or_received(
    papers: dict[int, str],
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    places: list[int],
    common: bool,
) -> None:
    common_words(monkeypatch, common)
    sought = by_people(Paper, query, Paper.receiver_id, Paper.giver_id)
    assert sought is not None
    page = newest_page(Paper, [sought.clause], before=None, size=10, cap=sought.cap)
    assert [papers[one] for one in page.ids] == [NAMES[place] for place in places]


@pytest.mark.parametrize("query", ["12", "BB/15", "UBND-VP", "", " - ", "%"])
def test_what_is_no_name_is_not_looked_for_among_people(papers: dict[int, str], query: str) -> None:
    assert by_people(Paper, query, Paper.receiver_id) is None


@COMMON
@pytest.mark.parametrize(
    ("query", "places"),
    [("cap", [3, 1, 0]), ("mau cấp ubnd", [3, 1, 0]), ("12/qd", [2]), ("cap 11", [1]), ("x", [])],
)
def test_each_word_begins_a_word_of_sender_subject_or_numbers(
    incoming: dict[int, str],
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    places: list[int],
    common: bool,
) -> None:
    common_words(monkeypatch, common)
    sought = by_words(IncomingDocument, search.INCOMING, query)
    assert sought is not None
    page = newest_page(IncomingDocument, [sought.clause], before=None, size=10, cap=sought.cap)
    assert [incoming[one] for one in page.ids] == [SUBJECTS[place] for place in places]
    assert by_words(IncomingDocument, search.INCOMING, " %/ ") is None


def test_pages_follow_each_other_and_the_count_stops_at_its_cap(incoming: dict[int, str]) -> None:
    newest_first = sorted(incoming, reverse=True)
    first = newest_page(IncomingDocument, [], before=None, size=3)
    assert first == Newest(newest_first[:3], True, 4, False)
    last = newest_page(IncomingDocument, [], before=first.ids[-1], size=3)
    assert last == Newest(newest_first[3:], False, 4, False)
    capped = newest_page(IncomingDocument, [], before=None, size=1, cap=2)
    assert capped == Newest(newest_first[:1], True, 2, True)
    further = newest_page(IncomingDocument, [], before=capped.ids[-1], size=1, cap=2)
    assert further == Newest(newest_first[1:2], True, 2, True)
