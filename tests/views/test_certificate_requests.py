"""Drafting a request on the web: from chosen certificates to a draft that may be submitted."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Agency
from operations.transactions import transaction
from rules.requests import RequestState
from rules.signers import SigningAuthority
from tests.cast import Cast
from tests.views.requests import (
    TODAY,
    Login,
    act,
    approved,
    certificates,
    done,
    draft,
    on_paper,
    position_of,
    request_of,
    words,
)

Count = Callable[[], AbstractContextManager[list[str]]]
NEW = "/de-nghi/gia-han/moi"


# New ------------------------------------------------------------------------------------------


def test_refused_certificates_are_shown_apart_with_article_and_remedy(
    login: Login, cast: Cast, db_session: Session
) -> None:
    good, late = certificates(db_session, cast, 60, 29)
    (again,) = certificates(db_session, cast, 100, renewals=1)
    answer = login(cast.an).get(f"{NEW}?chung-thu={good}&chung-thu={late}&chung-thu={again}")
    text = words(answer)
    assert "Không gia hạn được (2)" in text
    assert "Đưa vào văn bản (1)" in text
    assert "phải còn ít nhất 30 ngày" in text
    assert "Điều 12 Nghị định số 68/2024/NĐ-CP" in text
    assert "Mẫu số 01" in text
    assert answer.text.count('name="certificates"') == 1


def test_ticked_rows_of_the_register_come_without_a_day_and_without_an_error(
    login: Login, cast: Cast, db_session: Session
) -> None:
    ids = certificates(db_session, cast, 60, 61)
    answer = login(cast.an).post(NEW, data={"certificates": ids}, follow_redirects=True)
    assert answer.status_code == 200
    assert "Đưa vào văn bản (2)" in words(answer)
    assert "Chưa ghi được" not in words(answer)
    assert f'value="{TODAY}"' in answer.text


def test_nothing_chosen_says_where_to_choose(login: Login, cast: Cast) -> None:
    assert "Chưa chọn chứng thư nào" in words(login(cast.an).get(NEW))
    nothing = login(cast.an).post(NEW, data={}, follow_redirects=True)
    assert "Chưa chọn chứng thư nào" in words(nothing)


def test_a_later_day_of_receipt_is_judged_before_anything_is_written(
    login: Login, cast: Cast, db_session: Session
) -> None:
    ids = certificates(db_session, cast, 60)
    data = {"certificates": ids, "planned_receipt_on": "25/12/2026"}
    answer = login(cast.an).post(NEW, data=data, follow_redirects=True)
    assert "Không gia hạn được (1)" in words(answer)


def test_a_wrong_day_is_said_beside_the_field_and_kept(
    login: Login, cast: Cast, db_session: Session
) -> None:
    ids = certificates(db_session, cast, 60)
    answer = login(cast.an).post(
        NEW, data={"certificates": ids, "planned_receipt_on": "31/02/2027", "lap": "1"}
    )
    assert "Ngày không đúng" in words(answer)
    assert 'value="31/02/2027"' in answer.text


def test_certificates_of_another_agency_are_not_taken(
    login: Login, cast: Cast, db_session: Session
) -> None:
    ids = certificates(db_session, cast, 60)
    answer = login(cast.binh).get(f"{NEW}?chung-thu={ids[0]}")
    assert "Chưa chọn chứng thư nào" in words(answer)
    data = {"certificates": ids, "planned_receipt_on": TODAY, "lap": "1"}
    assert login(cast.binh).post(NEW, data=data).status_code == 200
    assert "Chưa có văn bản đề nghị nào" in words(login(cast.an).get("/de-nghi"))


# Draft ----------------------------------------------------------------------------------------


@pytest.fixture
def request_id(login: Login, cast: Cast, db_session: Session) -> int:
    """A draft of An with two certificates."""
    return draft(login(cast.an), certificates(db_session, cast, 60, 90))


def test_a_draft_shows_state_deadline_list_letter_and_what_can_be_done(
    login: Login, cast: Cast, request_id: int
) -> None:
    answer = login(cast.an).get(f"/de-nghi/{request_id}")
    text = words(answer)
    assert "Gia hạn 2 chứng thư" in text
    assert "Dự thảo" in text
    assert "Phải được tiếp nhận chậm nhất: 21/12/2026 · còn 30 ngày" in text
    assert "Đỗ Hoàng Giang – Chủ tịch" in text
    assert "Lập văn bản đề nghị" in text
    for page in ("trinh", "sua", "nguoi-ky", "van-ban.pdf", "huy", "trang/1.png"):
        assert f"/de-nghi/{request_id}/{page}" in answer.text
    assert "Kiểm tra chữ ký của văn bản này" not in text


def test_the_draft_is_changed_and_the_form_shows_what_was_typed(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    typed = {
        "planned_receipt_on": "25/11/2026",
        "contact_id": cast.person_chi,
        "contact_address": "Số 2, Đường Mới",
        "addressee": "Cục Chứng thực số THỬ NGHIỆM",
        "copies_to": "Phòng Văn hóa",
        "drafting_unit": "VHXH",
        "note": "nhắc lại thứ Hai",
    }
    done(act(an, db_session, request_id, "sua", **typed))
    row = request_of(db_session, request_id)
    assert (row.contact_id, row.drafting_unit) == (cast.person_chi, "VHXH")
    assert row.addressee == "Cục Chứng thực số THỬ NGHIỆM"
    page = an.get(f"/de-nghi/{request_id}/sua").text
    assert 'value="25/11/2026"' in page
    assert "Số 2, Đường Mới" in page


def test_an_empty_addressee_is_refused_and_nothing_is_lost(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    answer = act(
        login(cast.an),
        db_session,
        request_id,
        "sua",
        planned_receipt_on=TODAY,
        contact_id=0,
        addressee="",
        drafting_unit="VHXH",
    )
    assert "Nhập nơi nhận văn bản." in words(answer)
    assert 'value="VHXH"' in answer.text


def test_a_deputy_signs_for_the_head(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    typed = {
        "position_id": position_of(db_session, cast.person_em),
        "authority": "KT",
        "head_title": "Chủ tịch",
        "paper": "Quyết định số 5/QĐ-UBND",
    }
    done(act(an, db_session, request_id, "nguoi-ky", **typed))
    row = request_of(db_session, request_id)
    assert row.signer_id == cast.person_em
    assert row.signer_authority is SigningAuthority.KT
    page = an.get(f"/de-nghi/{request_id}/nguoi-ky").text
    assert "Quyết định số 5/QĐ-UBND" in page
    assert '<option selected value="KT">' in page


def test_authorised_signing_without_its_paper_is_questioned_before_the_leader(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    done(
        act(
            an,
            db_session,
            request_id,
            "nguoi-ky",
            position_id=position_of(db_session, cast.person_em),
            authority="TUQ",
            head_title="Chủ tịch",
        )
    )
    page = words(an.get(f"/de-nghi/{request_id}"))
    assert "Ký TUQ. phải có căn cứ giao ký" in page
    assert "chưa đối chiếu bản gốc" in page


def test_a_line_is_taken_out_but_not_the_last_one(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    first, second = (line.id for line in request_of(db_session, request_id).lines)
    done(act(an, db_session, request_id, "bo-dong", dong=first))
    assert [line.id for line in request_of(db_session, request_id).lines] == [second]
    answer = act(an, db_session, request_id, "bo-dong", dong=second)
    assert "còn ít nhất một dòng" in words(an.get(answer.location))
    done(act(an, db_session, request_id, "bo-dong"))


def test_an_old_page_gets_a_conflict_instead_of_overwriting(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    old = request_of(db_session, request_id).version
    line = request_of(db_session, request_id).lines[0].id
    done(act(an, db_session, request_id, "bo-dong", dong=line))
    for page, typed in (
        ("bo-dong", {"dong": "1"}),
        ("trinh", {}),
        ("huy", {"reason": "nhầm"}),
        (
            "sua",
            {"planned_receipt_on": TODAY, "contact_id": 0, "addressee": "A", "drafting_unit": "B"},
        ),
    ):
        answer = an.post(f"/de-nghi/{request_id}/{page}", data={"version": old, **typed})
        assert answer.status_code == 409, page
        assert "vừa được người khác thay đổi" in words(answer)


def test_a_form_without_its_version_changes_nothing(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    assert an.post(f"/de-nghi/{request_id}/bo-dong", data={"dong": 1}).status_code == 400
    assert an.post(f"/de-nghi/{request_id}/trinh", data={}).status_code == 200
    assert request_of(db_session, request_id).state is RequestState.DRAFT


def test_what_is_past_its_time_leads_back_to_the_request(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = on_paper(login, db_session, cast)
    an = login(cast.an)
    for page in ("sua", "nguoi-ky"):
        answer = an.get(f"/de-nghi/{request_id}/{page}")
        assert answer.location == f"/de-nghi/{request_id}"
    assert "không sửa được nữa" in words(an.get(f"/de-nghi/{request_id}"))


def test_changing_the_signer_after_approval_says_what_it_voids(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast)
    an = login(cast.an)
    assert "không còn giá trị" in words(an.get(f"/de-nghi/{request_id}/nguoi-ky"))
    typed = {
        "position_id": position_of(db_session, cast.person_em),
        "authority": "KT",
        "head_title": "Chủ tịch",
        "paper": "Quyết định số 5",
    }
    done(act(an, db_session, request_id, "nguoi-ky", **typed))
    row = request_of(db_session, request_id)
    assert row.state is RequestState.DRAFT
    assert row.decided_by_id is None


# Letter ---------------------------------------------------------------------------------------


def test_the_letter_of_a_draft_is_drawn_afresh_as_pdf_and_as_picture(
    login: Login, cast: Cast, request_id: int
) -> None:
    an = login(cast.an)
    letter = an.get(f"/de-nghi/{request_id}/van-ban.pdf")
    assert letter.mimetype == "application/pdf"
    assert letter.data.startswith(b"%PDF-")
    assert f"de-nghi-{request_id}.pdf" in letter.headers["Content-Disposition"]
    picture = an.get(f"/de-nghi/{request_id}/trang/1.png")
    assert picture.mimetype == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert an.get(f"/de-nghi/{request_id}/trang/99.png").status_code == 404
    assert "Chưa có tệp nào" in words(an.get(f"/de-nghi/{request_id}/xem-van-ban"))


def test_a_stored_letter_is_given_out_byte_for_byte(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast)
    an = login(cast.an)
    stored = request_of(db_session, request_id).documents[0]
    number, sha256 = stored.id, stored.sha256
    kept = an.get(f"/de-nghi/{request_id}/tep/{number}")
    assert kept.data == an.get(f"/de-nghi/{request_id}/van-ban.pdf").data
    assert sha256[:16] in an.get(f"/de-nghi/{request_id}/xem-van-ban").text
    assert an.get(f"/de-nghi/{request_id}/tep/{number + 1}").status_code == 404


def test_a_scanned_picture_stays_a_picture(login: Login, cast: Cast, db_session: Session) -> None:
    request_id = on_paper(login, db_session, cast)
    chi = login(cast.chi)
    for page in ("van-ban.pdf", "trang/1.png"):
        assert chi.get(f"/de-nghi/{request_id}/{page}").mimetype == "image/png"
    found = chi.get(f"/de-nghi/{request_id}/van-ban.pdf").headers["Content-Disposition"]
    assert f"de-nghi-{request_id}.png" in found
    assert chi.get(f"/de-nghi/{request_id}/xem-van-ban").status_code == 200


def test_an_unsigned_letter_has_no_signatures_to_check(
    login: Login, cast: Cast, request_id: int
) -> None:
    an = login(cast.an)
    assert an.get(f"/de-nghi/{request_id}/kiem-tra-chu-ky").status_code == 302
    assert "chưa có chữ ký số" in words(an.get(f"/de-nghi/{request_id}"))


# Register of requests -------------------------------------------------------------------------


def test_the_register_is_filtered_by_state_and_found_by_number(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    an = login(cast.an)
    other = on_paper(login, db_session, cast, 70)
    link, gone = f'href="/de-nghi/{other}"', f'href="/de-nghi/{request_id}"'
    for query in ("?trang-thai=SEALED", "?tim=15", f"?tim={other}", "?tim=15/UBND-VP"):
        page = an.get(f"/de-nghi{query}").text
        assert link in page, query
        assert gone not in page, query
    both = an.get("/de-nghi").text
    assert link in both
    assert gone in both
    assert "Không có văn bản nào như vậy." in an.get("/de-nghi?tim=999").text


def test_more_requests_cost_no_more_statements(
    login: Login, cast: Cast, db_session: Session, count_statements: Count
) -> None:
    an = login(cast.an)
    counted = []
    for _ in range(2):
        draft(an, certificates(db_session, cast, 60, 61, 62))
        an.get("/de-nghi")
        with count_statements() as statements:
            assert an.get("/de-nghi").status_code == 200
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 10


def test_the_page_of_a_request_costs_the_same_for_one_line_and_for_twenty(
    login: Login, cast: Cast, db_session: Session, count_statements: Count
) -> None:
    an = login(cast.an)
    counted = []
    for lines in (1, 20):
        request_id = draft(an, certificates(db_session, cast, *range(60, 60 + lines)))
        with count_statements() as statements:
            assert an.get(f"/de-nghi/{request_id}").status_code == 200
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 12


def test_choosing_twenty_certificates_costs_what_one_costs(
    login: Login, cast: Cast, db_session: Session, count_statements: Count
) -> None:
    an = login(cast.an)
    counted = []
    for lines in (1, 20):
        ids = certificates(db_session, cast, *range(60, 60 + lines))
        with count_statements() as statements:
            an.get(NEW + "?" + "&".join(f"chung-thu={number}" for number in ids))
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 12


# Who ------------------------------------------------------------------------------------------

READ = ("", "/xem-van-ban", "/trang/1.png", "/van-ban.pdf", "/kiem-tra-chu-ky")
WRITE = ("/sua", "/nguoi-ky", "/trinh", "/huy", "/duyet", "/so-van-ban", "/gui", "/ket-qua")


@pytest.mark.parametrize("page", READ)
def test_readers_read_and_strangers_do_not_even_learn_that_it_exists(
    login: Login, cast: Cast, request_id: int, page: str
) -> None:
    address = f"/de-nghi/{request_id}{page}"
    for reader in (cast.an, cast.giang, cast.chi, cast.huong, cast.khanh):
        assert login(reader).get(address).status_code in (200, 302)
    assert login(cast.binh).get(address).status_code == 404
    for outsider in (cast.em, cast.dung):
        assert login(outsider).get(address).status_code == 403


@pytest.mark.parametrize("page", WRITE)
def test_readers_do_not_write_and_strangers_do_not_find(
    login: Login, cast: Cast, request_id: int, page: str
) -> None:
    address = f"/de-nghi/{request_id}{page}"
    for reader in (cast.huong, cast.khanh, cast.em, cast.dung):
        assert login(reader).get(address).status_code == 403
        assert login(reader).post(address, data={"version": 1}).status_code == 403
    stranger = login(cast.binh)
    assert stranger.get(address).status_code in (403, 404)
    assert stranger.post(address, data={"version": 1}).status_code in (403, 404)


def test_who_is_not_logged_in_is_sent_to_the_login_page(
    client: FlaskClient, cast: Cast, login: Login, request_id: int
) -> None:
    for page in ("", "/sua", "/trinh", "/van-ban.pdf"):
        answer = client.get(f"/de-nghi/{request_id}{page}")
        assert answer.status_code == 302
        assert "/dang-nhap" in answer.location or "/tai-khoan" in answer.location


def test_a_guessed_number_is_not_found(login: Login, cast: Cast) -> None:
    an = login(cast.an)
    for page in ("", "/sua", "/trinh", "/van-ban.pdf", "/trang/1.png", "/tep/1"):
        assert an.get(f"/de-nghi/4711{page}").status_code == 404


def test_a_document_of_another_request_is_not_found_through_ones_own(
    login: Login, cast: Cast, db_session: Session, request_id: int
) -> None:
    other = approved(login, db_session, cast, 70)
    document = request_of(db_session, other).documents[0].id
    assert login(cast.an).get(f"/de-nghi/{other}/tep/{document}").status_code == 200
    assert login(cast.an).get(f"/de-nghi/{request_id}/tep/{document}").status_code == 404


def test_an_agency_without_a_seal_above_it_is_told_what_is_missing(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        for number in (cast.commune_a, cast.province):
            db_session.get_one(Agency, number).has_own_seal = False
    ids = certificates(db_session, cast, 60)
    answer = login(cast.an).post(
        NEW, data={"certificates": ids, "planned_receipt_on": TODAY, "lap": "1"}
    )
    assert "con dấu riêng" in words(answer)
