"""The pages of a letter that has left, as sender and department use them."""

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from models import Agency, Certificate, CertificateRequest, Person, RequestSending, UserRole
from operations.transactions import transaction
from rules.permissions import Role
from rules.requests import LineState, RequestKind, RequestState
from tests import factories
from tests.cast import NOW, Cast, agency
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
from views import request_handling

Count = Callable[[], AbstractContextManager[list[str]]]


def change(session: Session, request_id: int, **more: object) -> None:
    """Set columns of a request where the way there is tested elsewhere."""
    session.rollback()
    with transaction(session):
        row = session.get_one(CertificateRequest, request_id)
        for name, value in more.items():
            setattr(row, name, value)


def owe_copy(session: Session, request_id: int) -> int:
    session.rollback()
    with transaction(session):
        row = session.get_one(CertificateRequest, request_id)
        copy = RequestSending(is_copy=True, recipient="Sở Thử Nghiệm", recipient_code="H1.2")
        row.sendings.append(copy)
        session.flush()
        return copy.id


# Sendings -------------------------------------------------------------------------------------


def test_a_copy_owed_is_shown_on_the_page_on_home_and_in_its_list_until_it_is_sent(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast)
    copy = owe_copy(db_session, request_id)
    an = login(cast.an)
    for page in (f"/de-nghi/{request_id}", "/", "/de-nghi?viec=no-ban-sao"):
        assert "bản sao" in words(an.get(page)), page
    assert "Còn nợ bản sao gửi: Sở Thử Nghiệm." in words(an.get(f"/de-nghi/{request_id}"))
    page = f"ban-sao/{copy}"
    typed = {"on": TODAY, "channel": "document_axis", "reference": "T-7"}
    shown = an.get(f"/de-nghi/{request_id}/{page}")
    assert "Sở Thử Nghiệm" in words(shown)
    assert 'value="portal"' not in shown.text  # which is the authority's own
    long = words(act(an, db_session, request_id, page, **typed | {"reference": "x" * 201}))
    assert "Nhập không quá 200 ký tự." in long
    wrong = act(an, db_session, request_id, page, file=upload(b"MZ", "a.exe"), **typed)
    assert "Tệp phải là PDF, PNG hoặc JPG." in words(wrong)
    done(act(an, db_session, request_id, page, file=upload(PNG, "a.png"), **typed))
    text = words(an.get(f"/de-nghi/{request_id}"))
    assert "Còn nợ" not in text
    assert "T-7" in text
    assert f'href="/de-nghi/{request_id}"' not in an.get("/de-nghi?viec=no-ban-sao").text
    assert an.get(f"/de-nghi/{request_id}/ban-sao/{copy + 99}").status_code == 404


def test_a_letter_sent_without_proof_wants_a_reason_and_stays_on_the_list_until_it_has_one(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = on_paper(login, db_session, cast)
    change(db_session, request_id, state=RequestState.SEALED)
    an = login(cast.an)
    typed = {"on": TODAY, "channel": "document_axis"}
    refused = act(an, db_session, request_id, "gui", **typed)
    assert "ghi lý do chưa có bằng chứng" in words(refused)
    reason = "Văn thư gửi hộ, chưa lấy được mã"
    done(act(an, db_session, request_id, "gui", **typed, without_proof=reason))
    assert "chưa có bằng chứng" in words(an.get(f"/de-nghi/{request_id}"))
    assert reason in words(an.get("/viec-phai-lam"))
    bare = words(act(an, db_session, request_id, "chung-tu-gui", reference=" "))
    assert "Nhập mã gửi hoặc tải chứng từ gửi lên." in bare
    done(act(an, db_session, request_id, "chung-tu-gui", reference="G11-7"))
    assert "G11-7" in words(an.get(f"/de-nghi/{request_id}"))
    assert reason not in words(an.get("/viec-phai-lam"))
    again = an.get(f"/de-nghi/{request_id}/chung-tu-gui", follow_redirects=True)
    assert "đã có bằng chứng" in words(again)


def test_recipients_are_corrected_before_the_letter_leaves(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = on_paper(login, db_session, cast)
    an = login(cast.an)
    assert "Mã định danh của nơi nhận chính" in words(an.get(f"/de-nghi/{request_id}/noi-nhan"))
    typed = {
        "addressee_code": "G11.22",
        "copies-0-name": "Sở Khoa học",
        "copies-0-code": "H9",
        "copies-1-name": "",
        "copies-1-code": "",
    }
    done(act(an, db_session, request_id, "noi-nhan", **typed))
    text = words(an.get(f"/de-nghi/{request_id}"))
    assert "Sở Khoa học" in text
    assert "G11.22" in text
    assert login(cast.giang).get(f"/de-nghi/{request_id}/noi-nhan").status_code == 403
    assert login(cast.binh).get(f"/de-nghi/{request_id}/noi-nhan").status_code == 404


# Receipt and clock ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "said"),
    [
        (date(2026, 11, 20), "trả lời chậm nhất ngày 25/11/2026"),
        (date(2026, 11, 18), "trả lời chậm nhất ngày 23/11/2026"),
        (date(2026, 11, 17), "đã quá hạn trả lời 1 ngày làm việc (hạn 20/11/2026"),
    ],
)
def test_the_clock_of_the_answer_is_shown_with_how_sure_it_is(
    login: Login, cast: Cast, db_session: Session, received: date, said: str
) -> None:
    request_id = sent(login, db_session, cast)
    change(db_session, request_id, sent_on=date(2026, 11, 16), received_on=received)
    an = login(cast.an)
    text = words(an.get(f"/de-nghi/{request_id}"))
    assert said in text
    assert "dự kiến, theo thủ tục cũ" in text
    listed = f'href="/de-nghi/{request_id}"' in an.get("/de-nghi?viec=qua-han").text
    assert listed is ("quá hạn" in said)
    assert ("quá hạn" in words(an.get("/"))) is ("quá hạn" in said)


def test_the_receipt_is_written_down_with_the_code_of_the_dossier(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast)
    an = login(cast.an)
    assert f'href="/de-nghi/{request_id}"' in an.get("/de-nghi?viec=chua-tiep-nhan").text
    wrong = act(an, db_session, request_id, "tiep-nhan", on="20/11/2026", dossier_code="HS-9")
    assert "không được trước ngày gửi" in words(wrong)
    done(act(an, db_session, request_id, "tiep-nhan", on=TODAY, dossier_code="HS-9"))
    assert "mã hồ sơ HS-9" in words(an.get(f"/de-nghi/{request_id}"))
    assert f'href="/de-nghi/{request_id}"' in an.get("/de-nghi?tim=HS-9").text
    assert f'href="/de-nghi/{request_id}"' not in an.get("/de-nghi?viec=chua-tiep-nhan").text


# Answers --------------------------------------------------------------------------------------


def test_the_answer_is_written_down_line_by_line_and_returned_lines_go_again(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast, 60, 61)
    an = login(cast.an)
    first, second = [line.id for line in request_of(db_session, request_id).lines]
    page = an.get(f"/de-nghi/{request_id}/ket-qua")
    assert f'name="ket-qua-{second}"' in page.text
    typed = {"on": TODAY, "rest": "", f"ket-qua-{second}": "refused"}
    refused = act(an, db_session, request_id, "ket-qua", **typed)
    assert "lý do cho từng dòng" in words(refused)
    assert '<option value="refused" selected>' in refused.text  # what was chosen is kept
    typed[f"ly-do-{second}"] = "Sai thư điện tử"
    done(act(an, db_session, request_id, "ket-qua", **typed))
    row = request_of(db_session, request_id)
    assert row.state is RequestState.SENT
    assert [line.state for line in row.lines] == [LineState.OPEN, LineState.REFUSED]
    done(act(an, db_session, request_id, "ket-qua", on=TODAY, rest="granted"))
    assert request_of(db_session, request_id).state is RequestState.COMPLETED
    text = words(an.get(f"/de-nghi/{request_id}"))
    assert "Sai thư điện tử" in text
    assert "Lập lại văn bản với các dòng bị trả" in text
    assert f'href="/de-nghi/{request_id}"' in an.get("/de-nghi?viec=bi-tra").text
    made = act(an, db_session, request_id, "lap-lai", lines=second)
    done(made)
    assert f"Văn bản số {request_id} trong sổ" in words(an.get(made.location))
    number = made.location.rsplit("/", 1)[1]
    assert f"Lập lại trong văn bản số {number}" in words(an.get(f"/de-nghi/{request_id}"))
    assert first


def test_withdrawing_after_sending_says_that_no_form_exists(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast, 60, 61)
    an = login(cast.an)
    line = request_of(db_session, request_id).lines[0].id
    silent = act(an, db_session, request_id, "rut", lines=line, reason="")
    assert "Hãy ghi lý do rút đề nghị." in words(silent)
    assert "không có mẫu văn bản xin rút" in words(an.get(f"/de-nghi/{request_id}/rut"))
    nothing = act(an, db_session, request_id, "rut", reason="x")
    assert "Chọn ít nhất một dòng." in words(nothing)
    done(act(an, db_session, request_id, "rut", lines=line, reason="Đã nghỉ hưu"))
    assert "Đã rút" in words(an.get(f"/de-nghi/{request_id}"))
    assert request_of(db_session, request_id).state is RequestState.SENT


def test_a_notice_of_revocation_needs_its_paper(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast)
    change(db_session, request_id, kind=RequestKind.REVOCATION)
    an = login(cast.an)
    assert an.get(f"/de-nghi/{request_id}/ket-qua").location.endswith("/thong-bao-thu-hoi")
    line = request_of(db_session, request_id).lines[0]
    line_id, certificate_id = line.id, line.certificate_id
    typed = {"on": TODAY, "revoked_on": TODAY, "lines": line_id}
    without = act(an, db_session, request_id, "thong-bao-thu-hoi", **typed)
    assert "Chọn tệp thông báo thu hồi" in words(without)
    scan = upload(PNG, "tb.png")
    done(act(an, db_session, request_id, "thong-bao-thu-hoi", file=scan, **typed))
    db_session.rollback()
    assert db_session.get_one(Certificate, certificate_id).revoked_at is not None


def test_a_result_certificate_is_proposed_and_tied(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast)
    an = login(cast.an)
    assert "Không có chứng thư nào chờ gắn" in words(an.get("/de-nghi/gan-ket-qua"))
    line_id = request_of(db_session, request_id).lines[0].id
    with transaction(db_session):
        old = db_session.get_one(CertificateRequest, request_id).lines[0].certificate
        assert old is not None
        owner = db_session.get_one(Person, cast.person_em)
        new = factories.certificate(db_session, owner, days_left=800, not_before=NOW)
        new.predecessor_id, new.public_key_sha256 = old.id, old.public_key_sha256
        serial, number = new.serial_number, new.id
    page = an.get("/de-nghi/gan-ket-qua")
    assert serial[:4] in words(page)
    typed = {"version": 0, "line_id": line_id, "certificate_id": number, "request_id": request_id}
    assert login(cast.binh).post("/de-nghi/gan-ket-qua", data=typed).status_code == 404
    assert an.post("/de-nghi/gan-ket-qua", data=typed).status_code == 302
    assert request_of(db_session, request_id).state is RequestState.COMPLETED
    assert f"/chung-thu/{number}" in an.get(f"/de-nghi/{request_id}").text


# Papers and the file of the case --------------------------------------------------------------


def test_papers_are_added_to_a_draft_and_taken_out_again(
    login: Login, cast: Cast, db_session: Session
) -> None:
    an = login(cast.an)
    request_id = draft(an, certificates(db_session, cast, 60))
    typed = {"kind": "personnel_decision", "title": "Quyết định số 5"}
    wrong = act(an, db_session, request_id, "tai-lieu", file=upload(b"MZ", "a.pdf"), **typed)
    assert "Tệp phải là PDF, PNG hoặc JPG." in words(wrong)
    done(act(an, db_session, request_id, "tai-lieu", file=upload(PNG, "a.bin"), **typed))
    assert "Quyết định số 5" in words(an.get(f"/de-nghi/{request_id}"))
    document = request_of(db_session, request_id).documents[0].id
    done(act(an, db_session, request_id, f"tai-lieu/{document}/bo"))
    assert "Quyết định số 5" not in words(an.get(f"/de-nghi/{request_id}/tai-lieu"))


def test_the_file_of_the_case_has_originals_index_sums_and_a_reading_copy(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast)
    chi = login(cast.chi)
    answer = chi.post(f"/de-nghi/{request_id}/ho-so")
    assert answer.mimetype == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    names = packed.namelist()
    assert names[:3] == ["00-ban-doc.pdf", "00-muc-luc.txt", "SHA256SUMS"]
    scan = next(name for name in names if "ban-quet-van-ban-giay" in name)
    assert packed.read(scan) == PNG
    assert scan in packed.read("SHA256SUMS").decode()
    assert "Bản quét văn bản giấy" in packed.read("00-muc-luc.txt").decode()
    copy = chi.post(f"/de-nghi/{request_id}/ho-so", data={"ban-doc": "1"})
    assert copy.data.startswith(b"%PDF-")
    assert "Lập hồ sơ vụ việc" in words(chi.get(f"/de-nghi/{request_id}"))
    assert login(cast.em).post(f"/de-nghi/{request_id}/ho-so").status_code == 403
    assert login(cast.binh).post(f"/de-nghi/{request_id}/ho-so").status_code == 404


# The department -------------------------------------------------------------------------------


@pytest.fixture
def officer(login: Login, cast: Cast, db_session: Session) -> FlaskClient:
    """Khánh, whose role now stands over the department itself."""
    with transaction(db_session):
        db_session.add(
            UserRole(user_id=cast.khanh, role=Role.DEPARTMENT, agency_id=cast.department)
        )
    return login(cast.khanh)


def test_the_list_of_a_department_goes_on_over_pages(
    login: Login, cast: Cast, db_session: Session, officer: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    numbers = [sent(login, db_session, cast, days) for days in (60, 90)]
    for number in numbers:
        change(db_session, number, addressee_agency_id=cast.department)
    monkeypatch.setattr(request_handling, "PER_PAGE", 1)
    first = officer.get("/de-nghi/gui-toi?trang-thai=SENT").text
    second = officer.get("/de-nghi/gui-toi?trang-thai=SENT&trang=2").text
    pages = [(f'href="/de-nghi/gui-toi/{one}"' in first, f'href="/de-nghi/gui-toi/{one}"' in second)
             for one in numbers]  # fmt: skip
    assert sorted(pages) == [(False, True), (True, False)]
    assert "trang=2&amp;trang-thai=SENT" in first
    assert "Trang trước" in second
    assert "Trang sau" not in second


def test_a_department_takes_in_and_answers_what_is_addressed_to_it(
    login: Login, cast: Cast, db_session: Session, officer: FlaskClient
) -> None:
    request_id = sent(login, db_session, cast, 60, 61)
    here = f"/de-nghi/gui-toi/{request_id}"
    assert officer.get(here).status_code == 404  # addressed to the authority
    change(db_session, request_id, addressee_agency_id=cast.department)
    assert here in officer.get("/de-nghi/gui-toi").text
    assert "Tiếp nhận" in words(officer.get(here))
    assert officer.get(f"{here}/trang/1.png").mimetype == "image/png"
    assert officer.get(f"{here}/van-ban.pdf").data == PNG
    version = request_of(db_session, request_id).version
    typed = {"version": version, "on": TODAY, "dossier_code": "SKH-1"}
    assert officer.post(f"{here}/tiep-nhan", data=typed).status_code == 302
    first, second = [line.id for line in request_of(db_session, request_id).lines]
    typed = {
        "version": version + 1,
        "on": TODAY,
        "rest": "",
        f"ket-qua-{first}": "granted",
        f"ket-qua-{second}": "refused",
    }
    refused = officer.post(f"{here}/tra-loi", data=MultiDict(typed))
    assert "lý do cho từng dòng" in words(refused)
    typed[f"ly-do-{second}"] = "Chưa đúng mẫu"
    assert officer.post(f"{here}/tra-loi", data=MultiDict(typed)).status_code == 302
    text = words(login(cast.an).get(f"/de-nghi/{request_id}"))
    for expected in ("mã hồ sơ SKH-1", "Chưa đúng mẫu", "Xử lý đề nghị được gửi tới", "khanh"):
        assert expected in text, expected


def test_thirty_agencies_cost_the_department_no_more_statements_than_three(
    app: Flask, cast: Cast, db_session: Session, officer: FlaskClient, count_statements: Count
) -> None:
    counted = []
    for many in (3, 30):
        with transaction(db_session):
            above = db_session.get_one(Agency, cast.commune_b)
            for at in range(many):
                unit = agency(db_session, f"Phòng {many} {at}", above, sealed=False)
                db_session.add(
                    CertificateRequest(
                        agency_id=unit.id, kind=RequestKind.ISSUANCE, state=RequestState.SENT,
                        addressee="Sở", addressee_agency_id=cast.department, created_at=NOW,
                        received_on=NOW.date(), planned_receipt_on=NOW.date(),
                        drafted_by_id=cast.an,
                    )
                )  # fmt: skip
        app.extensions.pop("so_token_answers", None)
        with count_statements() as statements:
            page = officer.get("/de-nghi/gui-toi").text
        assert f"Phòng {many} {many - 1}" in page
        counted.append(len(statements))
    assert counted[0] == counted[1]


def test_only_the_department_addressed_sees_a_request_and_only_once_it_has_left(
    login: Login, cast: Cast, db_session: Session, officer: FlaskClient
) -> None:
    request_id = approved(login, db_session, cast)
    change(db_session, request_id, addressee_agency_id=cast.department)
    here = f"/de-nghi/gui-toi/{request_id}"
    assert officer.get(here).status_code == 404
    change(db_session, request_id, addressee_agency_id=cast.commune_b, state=RequestState.SENT)
    assert officer.get(here).status_code == 404
    for name in ("an", "chi", "giang", "em", "huong", "dung"):
        assert login(getattr(cast, name)).get(here).status_code == 403


# Lists and constant cost ----------------------------------------------------------------------


def test_the_register_is_filtered_by_kind_work_and_agency(
    login: Login, cast: Cast, db_session: Session
) -> None:
    request_id = sent(login, db_session, cast)
    khanh = login(cast.khanh)
    link = f'href="/de-nghi/{request_id}"'
    for query, there in (
        ("loai=RENEWAL", True),
        ("loai=UNLOCK", False),
        (f"don-vi={cast.commune_a}", True),
        (f"don-vi={cast.commune_b}", False),
        ("viec=qua-han", False),
        ("viec=khong-co&loai=%27&trang-thai=X", True),
    ):
        assert (link in khanh.get(f"/de-nghi?{query}").text) is there, query


def test_more_lines_and_requests_cost_no_more_statements(
    login: Login, cast: Cast, db_session: Session, count_statements: Count, officer: FlaskClient
) -> None:
    an = login(cast.an)
    counted = []
    with transaction(db_session):  # A draft that nobody has issued is no question for each row.
        db_session.get_one(Agency, cast.commune_a).regulation = "dong_nai_draft_2026"
    for lines in (2, 12):
        request_id = sent(login, db_session, cast, *range(60, 60 + lines))
        day = date(2026, 11, 21) - timedelta(days=1)
        change(db_session, request_id, received_on=day, addressee_agency_id=cast.department)
        owe_copy(db_session, request_id)
        for browser, page in (
            (an, "/de-nghi"),
            (an, f"/de-nghi/{request_id}"),
            (an, "/de-nghi/gan-ket-qua"),
            (officer, "/de-nghi/gui-toi"),
            (officer, f"/de-nghi/gui-toi/{request_id}"),
        ):
            with count_statements() as statements:
                assert browser.get(page).status_code == 200
            counted.append((page.replace(str(request_id), "N"), len(statements)))
    half = len(counted) // 2
    for (page, few), (_, many) in zip(counted[:half], counted[half:], strict=True):
        assert many <= few, page
        assert few <= 17, page
