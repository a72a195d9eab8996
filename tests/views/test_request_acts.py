"""The road of a request after its draft, as its people walk it on the web."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import audit
from extensions import db
from models import Agency, CertificateRequest
from operations import files
from operations.transactions import transaction
from rules.documents import DocumentKind, SigningAct
from rules.requests import RequestState
from tests.cast import NOW, Cast
from tests.signing import files as signed
from tests.signing import pki
from tests.views.requests import (
    PNG,
    TODAY,
    Login,
    act,
    approved,
    certificates,
    done,
    draft,
    on_paper,
    request_of,
    sent,
    upload,
    words,
)
from views import signing_preparation as preparation

Count = Callable[[], AbstractContextManager[list[str]]]
DAY_WORDS = "ngày 21 tháng 11 năm 2026"


@pytest.fixture
def submitted(login: Login, cast: Cast, db_session: Session) -> int:
    """A request of An that waits for Giang."""
    an = login(cast.an)
    request_id = draft(an, certificates(db_session, cast, 60, 90))
    done(act(an, db_session, request_id, "trinh"))
    return request_id


def state_of(session: Session, request_id: int) -> RequestState:
    return request_of(session, request_id).state


# Submit ---------------------------------------------------------------------------------------


def test_the_drafter_looks_once_more_and_submits(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    request_id = draft(an, certificates(db_session, cast, 60))
    text = words(an.get(f"/de-nghi/{request_id}/trinh"))
    assert "Kiểm tra lại trước khi trình" in text
    assert "chưa có số định danh cá nhân" in text  # what the letter leaves blank
    done(act(an, db_session, request_id, "trinh"))
    row = request_of(db_session, request_id)
    assert row.state is RequestState.AWAITING_APPROVAL
    assert [document.kind for document in row.documents] == [DocumentKind.LETTER]
    assert "Đã trình lãnh đạo." in words(an.get(f"/de-nghi/{request_id}"))


def test_without_a_signer_it_is_not_submitted(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    request_id = draft(an, certificates(db_session, cast, 60))
    with transaction(db_session):
        row = db_session.get_one(CertificateRequest, request_id)
        row.signer_id = row.signer_authority = None
    assert "Chưa chọn người ký" in words(an.get(f"/de-nghi/{request_id}/trinh"))
    assert "Chưa chọn người ký" in words(act(an, db_session, request_id, "trinh"))
    assert state_of(db_session, request_id) is RequestState.DRAFT


# Decide ---------------------------------------------------------------------------------------


def test_the_leader_sees_what_who_list_letter_reason_and_two_buttons(
    login: Login, cast: Cast, submitted: int
) -> None:
    answer = login(cast.giang).get(f"/de-nghi/{submitted}/duyet")
    text = words(answer)
    for expected in (
        "gia hạn 2 chứng thư",
        "Phải được tiếp nhận chậm nhất: 21/12/2026",
        "Nguyễn Văn An",
        "Đỗ Hoàng Giang – Chủ tịch",
        "Phạm Văn Em",
        "không có vướng mắc",
        "Bắt buộc khi trả lại.",
    ):
        assert expected in text, expected
    assert f"/de-nghi/{submitted}/trang/1.png" in answer.text
    assert answer.text.count('name="duyet"') == answer.text.count('name="tra-lai"') == 1


def test_the_leader_approves(login: Login, cast: Cast, db_session: Session, submitted: int) -> None:
    done(act(login(cast.giang), db_session, submitted, "duyet", duyet="1"))
    row = request_of(db_session, submitted)
    assert (row.state, row.decided_by_id) == (RequestState.APPROVED, cast.giang)


def test_the_drafter_may_not_approve_even_as_a_leader(
    login: Login, cast: Cast, db_session: Session
) -> None:
    giang = login(cast.giang)
    request_id = draft(login(cast.an), certificates(db_session, cast, 60))
    with transaction(db_session):
        db_session.get_one(CertificateRequest, request_id).drafted_by_id = cast.giang
    done(act(login(cast.an), db_session, request_id, "trinh"))
    page = giang.get(f"/de-nghi/{request_id}/duyet")
    assert "không tự duyệt được" in words(page)
    assert 'name="duyet"' not in page.text
    answer = act(giang, db_session, request_id, "duyet", duyet="1")
    assert "không được tự duyệt" in words(answer)
    assert state_of(db_session, request_id) is RequestState.AWAITING_APPROVAL


def test_returning_wants_a_reason_that_the_drafter_then_reads(
    login: Login, cast: Cast, db_session: Session, submitted: int
) -> None:
    giang, an = login(cast.giang), login(cast.an)
    refused = act(giang, db_session, submitted, "duyet", **{"tra-lai": "1", "reason": "  "})
    assert "Hãy ghi lý do trả lại" in words(refused)
    again = {"tra-lai": "1", "reason": "Thiếu chứng thư của Chi"}
    done(act(giang, db_session, submitted, "duyet", **again))
    page = an.get(f"/de-nghi/{submitted}")
    assert "Lãnh đạo trả lại: Thiếu chứng thư của Chi" in words(page)
    done(act(an, db_session, submitted, "sua-lai"))
    assert state_of(db_session, submitted) is RequestState.DRAFT


def test_an_approved_letter_can_still_be_returned(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast)
    giang = login(cast.giang)
    assert f"/de-nghi/{request_id}/duyet" in giang.get(f"/de-nghi/{request_id}").text
    page = giang.get(f"/de-nghi/{request_id}/duyet")
    assert 'name="duyet"' not in page.text
    done(act(giang, db_session, request_id, "duyet", **{"tra-lai": "1", "reason": "Đợi thêm"}))
    assert state_of(db_session, request_id) is RequestState.RETURNED


def test_an_unknown_history_is_approved_only_with_a_reason(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an, giang = login(cast.an), login(cast.giang)
    request_id = draft(an, certificates(db_session, cast, 60, renewals=None))
    done(act(an, db_session, request_id, "trinh"))
    assert "khi vẫn duyệt" in words(giang.get(f"/de-nghi/{request_id}/duyet"))
    typed = {"duyet": "1", "reason": ""}
    assert "ghi lý do" in words(act(giang, db_session, request_id, "duyet", **typed))
    typed["reason"] = "Đã đối chiếu hồ sơ giấy"
    done(act(giang, db_session, request_id, "duyet", **typed))
    assert "Đã đối chiếu hồ sơ giấy" in words(an.get(f"/de-nghi/{request_id}"))


def test_a_letter_that_owes_another_copy_since_it_was_drafted_is_approved_only_with_a_reason(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an, giang = login(cast.an), login(cast.giang)
    request_id = draft(an, certificates(db_session, cast, 60))
    with transaction(db_session):
        db_session.get_one(Agency, cast.commune_a).regulation = "bac_ninh_60_2025"
    missing = "chưa ghi đồng gửi Sở Khoa học và Công nghệ tỉnh Bắc Ninh"
    assert missing in words(an.get(f"/de-nghi/{request_id}"))
    assert missing in words(an.get(f"/de-nghi/{request_id}/trinh"))
    done(act(an, db_session, request_id, "trinh"))
    assert missing in words(giang.get(f"/de-nghi/{request_id}/duyet"))
    typed = {"duyet": "1", "reason": ""}
    assert "ghi lý do" in words(act(giang, db_session, request_id, "duyet", **typed))
    done(act(giang, db_session, request_id, "duyet", **typed | {"reason": "Sở đã nhận"}))


def test_what_is_refused_keeps_the_typed_reason(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an, giang = login(cast.an), login(cast.giang)
    request_id = draft(an, certificates(db_session, cast, 60))
    done(act(an, db_session, request_id, "trinh"))
    long = "x" * 1001
    typed = {"tra-lai": "1", "reason": long}
    answer = act(giang, db_session, request_id, "duyet", **typed)
    assert "Lý do dài quá 1000 ký tự." in words(answer)
    assert long in answer.text


# Number ---------------------------------------------------------------------------------------


def sign_here(session: Session, app: Flask, request_id: int, *, seal: bool) -> None:
    """Sign as server and agent do, with the leader's and then the agency's key, and store it."""
    row = request_of(session, request_id)
    letter = preparation.current(row, DocumentKind.LETTER)
    pdf = preparation._with_fields(files.read(db.session, letter.sha256), letter.anchors)
    people = pki.pki()
    out = signed.sign(pdf, preparation.FIELDS[SigningAct.APPROVE], people.leader, when=NOW)
    kind, state = DocumentKind.SIGNED, RequestState.SIGNED
    if seal:
        fill = {preparation.NUMBER: "15", preparation.DATE: DAY_WORDS}
        field = preparation.FIELDS[SigningAct.ISSUE]
        out = signed.sign(out, field, people.agency, when=NOW, fill=fill)
        kind, state = DocumentKind.SEALED, RequestState.SEALED
    from operations.request_documents import attach

    with transaction(session):
        row = session.get_one(CertificateRequest, request_id)
        attach(session, row, audit.Actor(row.drafted_by_id, None, (), "", NOW), kind, out)
        row.state, row.signed_at = state, NOW
        row.version += 1


def test_the_clerk_writes_number_and_day_once_signed_and_may_correct_them(
    app: Flask, login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast)
    chi = login(cast.chi)
    assert chi.get(f"/de-nghi/{request_id}/so-van-ban").status_code == 302  # not signed yet
    sign_here(db_session, app, request_id, seal=False)
    page = chi.get(f"/de-nghi/{request_id}/so-van-ban")
    assert "/UBND-VP" in words(page)
    for number, day, refusal in (
        ("", TODAY, "Nhập số văn bản."),
        ("15", "", "Nhập ngày văn bản."),
        ("15", "20/11/2026", "không được trước ngày ký (21/11/2026)"),
        ("15", "22/11/2026", "không được sau ngày hôm nay"),
        ("15/QĐ-UBND", TODAY, "Ký hiệu in trên văn bản là UBND-VP; hãy chỉ nhập số."),
        (" / ", TODAY, "Ký hiệu in trên văn bản là UBND-VP"),
    ):
        answer = act(chi, db_session, request_id, "so-van-ban", number=number, day=day)
        assert refusal in words(answer)
    done(act(chi, db_session, request_id, "so-van-ban", number="15", day=TODAY))
    done(act(chi, db_session, request_id, "so-van-ban", number="16/ubnd-vp", day=TODAY))
    row = request_of(db_session, request_id)
    assert (row.state, row.document_number) == (RequestState.NUMBERED, "16")
    assert "16/UBND-VP" in words(chi.get(f"/de-nghi/{request_id}"))


# Signed here, checked here --------------------------------------------------------------------


def test_the_signatures_of_a_sealed_letter_are_checked_on_demand(
    app: Flask, login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast)
    pki.usual_trust(app.extensions["so_token"].trust, practice=True)
    sign_here(db_session, app, request_id, seal=True)
    chi = login(cast.chi)
    page = chi.get(f"/de-nghi/{request_id}")
    assert f"/de-nghi/{request_id}/kiem-tra-chu-ky" in page.text
    text = words(chi.get(f"/de-nghi/{request_id}/kiem-tra-chu-ky"))
    assert "Hợp lệ (THỬ NGHIỆM): cả 2 chữ ký số" in text
    assert "Nguyễn Thị Ánh Dương" in text
    assert "UBND XÃ ĐỒI MẪU" in text


# Signed elsewhere -----------------------------------------------------------------------------


def signed_outside(browser: FlaskClient, request_id: int) -> bytes:
    """Download the letter as people do, and sign it as another document system would."""
    pdf = browser.get(f"/de-nghi/{request_id}/van-ban.pdf").data
    box = signed.Box(0, 330, 120, 510, 180)
    with_field = signed.add_fields(
        pdf, [], [signed.SignatureField("ky_noi_khac", box)], signed.fonts()
    )
    return signed.sign(with_field, "ky_noi_khac", pki.pki().leader, when=NOW - timedelta(hours=1))


def test_a_letter_signed_elsewhere_comes_back_and_is_tied(
    app: Flask, login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast)
    pki.usual_trust(app.extensions["so_token"].trust, practice=True)
    chi = login(cast.chi)
    pdf = signed_outside(chi, request_id)
    typed = {"number": "15", "day": TODAY}
    # Neither the signer nor the agency signed it: that is said and must be confirmed.
    answer = act(chi, db_session, request_id, "ky-o-noi-khac", file=upload(pdf), **typed)
    assert "Không thấy chữ ký số mang tên người ký" in words(answer)
    assert "Không thấy chữ ký số mang tên cơ quan" in words(answer)
    assert state_of(db_session, request_id) is RequestState.APPROVED
    again = {"file": upload(pdf), "seen": "y", **typed}
    done(act(chi, db_session, request_id, "ky-o-noi-khac", **again))
    row = request_of(db_session, request_id)
    assert (row.state, row.document_number) == (RequestState.SEALED, "15")
    assert chi.get(f"/de-nghi/{request_id}/van-ban.pdf").data == pdf
    text = words(chi.get(f"/de-nghi/{request_id}/kiem-tra-chu-ky"))
    assert "Hợp lệ (THỬ NGHIỆM)" in text


def test_what_comes_back_unsigned_changed_or_as_another_paper_is_refused(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = approved(login, db_session, cast, 60)
    other = approved(login, db_session, cast, 70)
    chi = login(cast.chi)
    own = chi.get(f"/de-nghi/{request_id}/van-ban.pdf").data
    good = signed_outside(chi, request_id)
    broken = good.replace(b"/Contents <", b"/Contents <", 1)
    broken = broken[:2000] + bytes([broken[2000] ^ 1]) + broken[2001:]
    typed = {"number": "15", "day": TODAY}
    for content, reason in (
        (own, "không có chữ ký số nào"),
        (signed_outside(chi, other), "Chưa nhận được tệp này"),
        (broken, "Chưa nhận được tệp này"),
        (b"no pdf at all", "Chưa nhận được tệp này"),
    ):
        answer = act(chi, db_session, request_id, "ky-o-noi-khac", file=upload(content), **typed)
        assert answer.status_code == 200
        assert reason in words(answer)
    nothing = act(chi, db_session, request_id, "ky-o-noi-khac", **typed)
    assert "Chọn tệp PDF đã ký." in words(nothing)
    assert state_of(db_session, request_id) is RequestState.APPROVED


# Paper, sending, answer -----------------------------------------------------------------------


def test_a_scan_must_be_a_picture_or_a_pdf(login: Login, cast: Cast, db_session: Session) -> None:
    request_id = approved(login, db_session, cast)
    chi = login(cast.chi)
    typed = {"number": "15", "day": TODAY}
    answer = act(chi, db_session, request_id, "ban-giay", file=upload(b"MZ", "a.exe"), **typed)
    assert "Tệp phải là PDF, PNG hoặc JPG." in words(answer)
    assert 'value="15"' in answer.text
    done(act(chi, db_session, request_id, "ban-giay", file=upload(PNG, "a.png"), **typed))
    assert "Cách ký Ký tay trên giấy" in words(chi.get(f"/de-nghi/{request_id}"))
    assert state_of(db_session, request_id) is RequestState.SEALED


def test_sending_is_written_down_with_channel_reference_and_proof(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = on_paper(login, db_session, cast)
    an = login(cast.an)
    typed = {"on": TODAY, "channel": "document_axis", "reference": "G11-42"}
    for wrong, refusal in (
        ({"on": "20/11/2026"}, "không được trước ngày văn bản"),
        ({"on": "22/11/2026"}, "không được sau ngày hôm nay"),
        ({"channel": "bo_cau"}, "Lựa chọn này không có"),
        ({"file": upload(b"MZ", "a.exe")}, "Tệp phải là PDF, PNG hoặc JPG."),
    ):
        answer = act(an, db_session, request_id, "gui", **{**typed, **wrong})
        assert refusal in words(answer)
    done(act(an, db_session, request_id, "gui", file=upload(PNG, "bien-nhan.png"), **typed))
    assert state_of(db_session, request_id) is RequestState.SENT
    text = words(an.get(f"/de-nghi/{request_id}"))
    assert "Trục liên thông văn bản quốc gia" in text
    assert "G11-42" in text
    assert "Chứng từ gửi" in words(an.get(f"/de-nghi/{request_id}/xem-van-ban"))


def test_a_letter_sent_back_frees_its_certificates(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast, 60)
    an = login(cast.an)
    line = request_of(db_session, request_id).lines[0].certificate_id
    typed = {"on": TODAY, "note": ""}
    assert "Hãy ghi lý do" in words(act(an, db_session, request_id, "bi-tra-lai", **typed))
    typed["note"] = "Sai mẫu"
    done(act(an, db_session, request_id, "bi-tra-lai", **typed))
    assert "Lý do: Sai mẫu" in words(an.get(f"/de-nghi/{request_id}"))
    assert draft(an, [line]) != request_id


def test_cancelling_wants_a_reason_and_frees_the_certificates(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    ids = certificates(db_session, cast, 60)
    request_id = draft(an, ids)
    assert "Hãy ghi lý do hủy" in words(act(an, db_session, request_id, "huy", reason=""))
    done(act(an, db_session, request_id, "huy", reason="Lập lại"))
    assert "Lý do: Lập lại" in words(an.get(f"/de-nghi/{request_id}"))
    assert draft(an, ids)


# When and who ---------------------------------------------------------------------------------


def test_a_line_of_what_is_no_draft_any_more_leads_back(
    login: Login, cast: Cast, db_session: Session, submitted: int
) -> None:
    line = request_of(db_session, submitted).lines[0].id
    for page in (f"dong/{line}", "them-dong", "sua"):
        answer = login(cast.an).get(f"/de-nghi/{submitted}/{page}")
        assert answer.location == f"/de-nghi/{submitted}", page


@pytest.mark.parametrize(
    "page", ["trinh", "so-van-ban", "ky-o-noi-khac", "ban-giay", "gui", "ket-qua", "bi-tra-lai"]
)
def test_a_page_that_is_not_due_leads_back_and_a_forced_one_is_refused(
    login: Login, cast: Cast, db_session: Session, submitted: int, page: str
) -> None:
    for who in (cast.an, cast.chi):
        browser = login(who)
        answer = browser.get(f"/de-nghi/{submitted}/{page}")
        if answer.status_code == 403:
            continue
        assert answer.location == f"/de-nghi/{submitted}"
        assert "Chờ duyệt" in words(browser.get(answer.location))
        forced = act(
            browser,
            db_session,
            submitted,
            page,
            number="1",
            day=TODAY,
            on=TODAY,
            channel="in_person",
            rest="granted",
            note="x",
            file=upload(PNG, "a.png"),
        )
        assert forced.status_code == 200
        assert state_of(db_session, submitted) is RequestState.AWAITING_APPROVAL


def test_each_act_belongs_to_its_people(
    login: Login, cast: Cast, db_session: Session, submitted: int
) -> None:
    mine = {
        "duyet": {"giang"},
        "so-van-ban": {"chi"},
        "ky-o-noi-khac": {"an", "chi"},
        "gui": {"an", "chi"},
        "ket-qua": {"an", "chi"},
        "huy": {"an", "giang"},
    }
    for page, allowed in mine.items():
        for name in ("an", "chi", "giang", "em", "huong", "khanh", "dung"):
            answer = login(getattr(cast, name)).get(f"/de-nghi/{submitted}/{page}")
            assert (answer.status_code != 403) == (name in allowed), (page, name)
        stranger = login(cast.binh).get(f"/de-nghi/{submitted}/{page}").status_code
        assert stranger == (404 if "an" in allowed else 403)


def test_an_old_page_of_the_leader_gets_a_conflict(
    login: Login, cast: Cast, db_session: Session, submitted: int
) -> None:
    old = request_of(db_session, submitted).version
    done(act(login(cast.an), db_session, submitted, "huy", reason="Lập lại"))
    answer = login(cast.giang).post(
        f"/de-nghi/{submitted}/duyet", data={"version": old, "duyet": "1"}
    )
    assert answer.status_code == 409


def test_deciding_costs_the_same_for_two_lines_and_for_twenty(
    login: Login, cast: Cast, db_session: Session, count_statements: Count
) -> None:
    an, giang = login(cast.an), login(cast.giang)
    counted = []
    for lines in (2, 20):
        request_id = draft(an, certificates(db_session, cast, *range(60, 60 + lines)))
        done(act(an, db_session, request_id, "trinh"))
        with count_statements() as statements:
            assert giang.get(f"/de-nghi/{request_id}/duyet").status_code == 200
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 12


def test_the_whole_paper_road_leaves_a_sound_log(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast, 60, 61)
    done(act(login(cast.an), db_session, request_id, "ket-qua", rest="granted", on=TODAY))
    text = words(login(cast.huong).get(f"/de-nghi/{request_id}"))
    for event in ("Trình lãnh đạo", "Duyệt", "Nhận bản quét văn bản ký tay", "Ghi nhận kết quả"):
        assert event in text
    db_session.rollback()
    assert audit.verify(db_session).sound
