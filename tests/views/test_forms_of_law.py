"""The page of forms: samples of all of them, corrections with preview, confirmations, notes."""

import re
from collections.abc import Callable

import pytest
from flask import g
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from letters import prescribed
from letters.catalogue import FORMS
from letters.prescribed import FORMS as FOLDER
from letters.prescribed import FormText
from models import AuditEvent
from schema.law import FormConfirmation, FormCorrection
from tests.cast import Cast
from tests.letters.reading import plain_text
from views import form_words

Login = Callable[[int], FlaskClient]
PAGE = "/bieu-mau"
INFERRED = "Ghi chú của phần mềm"


def words_for(key: str) -> FormText | None:
    """The words as the next request will see them."""
    g.pop("log_seq", None)
    return form_words.words_for(key)


def form_note(key: str) -> str:
    """The note as the next request will see it."""
    g.pop("log_seq", None)
    return form_words.form_note(key)


def boxes(page: str) -> dict[str, str]:
    """Everything that the form of a page would send."""
    found = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    found |= dict(
        re.findall(r'<input[^>]*name="(\w+)"[^>]*type="hidden"[^>]*value="([^"]*)"', page)
    )
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<', page):
        found[name] = text.removeprefix("\r\n").replace("&#34;", '"').replace("&amp;", "&")
    return found


def test_every_file_of_words_is_in_the_catalogue() -> None:
    assert set(FORMS) <= {path.stem for path in FOLDER.glob("*.toml")}
    assert {f"mau_0{number}" for number in range(1, 10)} <= set(FORMS)


def test_everybody_reads_the_forms_and_only_administrators_correct_them(
    login: Login, cast: Cast
) -> None:
    page = login(cast.em).get(PAGE).text
    assert all(form.text.form.title in page for form in FORMS.values() if form.is_prescribed)
    assert "chưa có bản gốc để đối chiếu" in page
    assert "Theo bản chép lại" in page
    assert login(cast.em).get(f"{PAGE}/khong-co").status_code == 404
    for path, method in ((f"{PAGE}/mau_04/sua", "GET"), (f"{PAGE}/mau_04/xac-nhan", "POST")):
        assert login(cast.an).open(path, method=method).status_code == 403
        assert login(cast.dung).open(path, method=method).status_code == 200


@pytest.mark.parametrize("key", ["mau_03", "mau_09", "phieu_de_nghi", "bao_cao_nam"])
def test_an_inferred_form_says_so_on_its_sample(login: Login, cast: Cast, key: str) -> None:
    browser = login(cast.an)
    assert INFERRED in plain_text(browser.get(f"{PAGE}/{key}/mau.pdf").data)
    assert browser.get(f"{PAGE}/{key}/mau.docx").data.startswith(b"PK")
    assert form_note(key) in browser.get(f"{PAGE}/{key}").text


def test_a_sample_goes_where_the_chosen_regulation_sends_it(login: Login, cast: Cast) -> None:
    browser = login(cast.an)
    sample = f"{PAGE}/mau_06/mau.pdf?quy-che="
    assert "Kính gửi: Sở" in plain_text(browser.get(sample + "dong_nai_draft_2026").data)
    assert "Kính gửi: Cục" in plain_text(browser.get(sample + "decree_68_2024").data)
    assert browser.get(sample + "khong_co").status_code == 404


def test_words_are_looked_at_before_they_are_kept_and_can_be_taken_back(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser, edit = login(cast.dung), f"{PAGE}/mau_05/sua"
    typed = boxes(browser.get(edit).text) | {"tu-notes_title": "Chú thích:"}
    preview = browser.post(edit, data=typed | {"preview": "1"}).text
    assert "Chú thích:" in preview
    assert not db_session.scalar(select(FormCorrection.key))
    token = re.search(r"xem-thu=([^\"&]+)", preview)
    assert token
    assert browser.get(f"{PAGE}/mau_05/mau.pdf?xem-thu={token[1]}").status_code == 200
    assert browser.get(f"{PAGE}/mau_05/mau.pdf?xem-thu={token[1]}x").status_code == 404
    browser.post(edit, data=boxes(preview) | {"save": "1"})
    assert db_session.scalars(select(FormCorrection.key)).all() == ["notes_title"]
    spoken = words_for("mau_05")
    assert spoken is not None
    assert spoken["notes_title"] == "Chú thích:"
    stale = browser.post(edit, data=typed | {"save": "1"})
    assert stale.status_code == 409
    page = browser.get(f"{PAGE}/mau_05").text
    browser.post(f"{PAGE}/mau_05/ban-goc", data=boxes(page))
    assert words_for("mau_05") is None
    events = db_session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
    assert events[-2:] == ["form.corrected", "form.restored"]


@pytest.mark.parametrize(
    ("word", "told"),
    [("{agency} và {mat_khau}", "chỗ điền không dùng được"), ("", "Nhập từ ngữ.")],
)
def test_words_that_cannot_be_used_are_refused_and_kept_in_the_box(
    login: Login, cast: Cast, word: str, told: str
) -> None:
    browser, edit = login(cast.dung), f"{PAGE}/mau_05/sua"
    typed = boxes(browser.get(edit).text) | {"tu-opening": word, "preview": "1"}
    page = browser.post(edit, data=typed).text
    assert told in page
    assert (word or "tu-opening") in page


def test_a_confirmation_holds_for_these_very_words_only(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.dung)
    note = form_note("mau_03")
    sent = boxes(browser.get(f"{PAGE}/mau_03").text) | {"source": "Công báo số 00 (thử)"}
    browser.post(f"{PAGE}/mau_03/xac-nhan", data=sent)
    assert db_session.get(FormConfirmation, "mau_03")
    assert note
    assert form_note("mau_03") == ""
    assert INFERRED not in plain_text(browser.get(f"{PAGE}/mau_03/mau.pdf").data)
    edit = f"{PAGE}/mau_03/sua"
    typed = boxes(browser.get(edit).text) | {"tu-quantity": "Tổng số: {total}.", "save": "1"}
    browser.post(edit, data=typed)
    assert form_note("mau_03") == note
    assert "cần đối chiếu lại" in browser.get(f"{PAGE}/mau_03").text
    refused = browser.post(f"{PAGE}/mau_03/xac-nhan", data=sent, follow_redirects=True).text
    assert "vừa thay đổi" in refused


def test_words_cost_one_statement_until_the_log_grows(
    login: Login, cast: Cast, count_statements: Callable[[], object]
) -> None:
    browser = login(cast.an)
    browser.get(PAGE)
    with count_statements() as statements:  # type: ignore[attr-defined]
        browser.get(PAGE)
    assert not [each for each in statements if "form_correction" in each]


def test_the_fingerprint_is_of_what_a_reader_compares() -> None:
    text = FORMS["mau_04"].text
    other = prescribed.with_corrections(text, {"subject": "việc khác"})
    assert prescribed.fingerprint(text) != prescribed.fingerprint(other)
    assert prescribed.fingerprint(text) == prescribed.fingerprint(prescribed.confirmed(text))
