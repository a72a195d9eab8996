"""Checking signatures on the web: the verdict first, the evidence after it, the file not kept."""

import json
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import AuditEvent, StoredFile
from signing.pades import render
from tests.cast import Cast
from tests.signing import files as signed
from tests.signing import pki
from tests.signing.forgery import forged, other_number
from tests.views.requests import Login, upload, words

CHECK = "/kiem-tra"


@pytest.fixture
def trusting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The practice authority is known, and it is ten minutes after the second signature."""
    pki.usual_trust(app.extensions["so_token"].trust, practice=True)
    monkeypatch.setenv("SO_TOKEN_NOW", "2026-11-21T03:30:00+00:00")


def check(browser: FlaskClient, *contents: bytes) -> TestResponse:
    files = [upload(content, f"tep-{number}.pdf") for number, content in enumerate(contents, 1)]
    return browser.post(CHECK, data={"files": files}, content_type="multipart/form-data")


@pytest.mark.usefixtures("trusting")
def test_a_signed_letter_gets_one_sentence_and_a_card_for_each_signature(
    login: Login, cast: Cast
) -> None:
    text = words(check(login(cast.chi), signed.signed_by_both()))
    assert "Hợp lệ (THỬ NGHIỆM): cả 2 chữ ký số còn nguyên vẹn" in text
    for expected in (
        "1. Nguyễn Thị Ánh Dương",
        "UBND xã Đồi Mẫu – UBND tỉnh Thử Nghiệm",
        "21/11/2026 10:08:05 Thời gian do phía ký khai, không có dấu thời gian",
        "Nội dung được ký còn nguyên vẹn.",
        "Trường được điền sau: co_quan, ngay, so",
        "Còn hiệu lực tại thời điểm ký.",
        "Dẫn tới chứng thư gốc thử nghiệm",
        "theo danh sách thu hồi của CA phục vụ các cơ quan THỬ NGHIỆM phát hành 20/11/2026",
        "bản kế tiếp 27/11/2026",
        "khóa 3072 bit",
        "2. UBND XÃ ĐỒI MẪU",
        "Chữ ký bao phủ toàn bộ tệp.",
        "Khóa các trường: ngay, so",
        "Kiểm tra lúc 21/11/2026 10:30",
    ):
        assert expected in text, expected


@pytest.mark.usefixtures("trusting")
def test_a_changed_letter_is_called_invalid(login: Login, cast: Cast) -> None:
    pdf = signed.signed_by_both()
    text = words(check(login(cast.chi), pdf[:3000] + bytes([pdf[3000] ^ 1]) + pdf[3001:]))
    assert "Không hợp lệ: không dùng văn bản này" in text
    assert "Nội dung đã bị thay đổi hoặc chữ ký bị hỏng." in text


@pytest.mark.usefixtures("trusting")
def test_what_came_after_a_signature_is_told_with_its_page_and_whether_it_may(
    login: Login, cast: Cast
) -> None:
    chi = login(cast.chi)
    text = words(check(chi, signed.signed_by_both()))
    assert "Được phép: Trang 1: trường “so” được điền sau khi ký." in text
    assert "KHÔNG được phép" not in text
    text = words(check(chi, forged(signed.signed_by_both(), other_number)))
    assert "KHÔNG được phép: Trường “so” đã bị sửa sau khi được chữ ký này khóa." in text


def test_without_roots_and_lists_nothing_is_called_valid(login: Login, cast: Cast) -> None:
    text = words(check(login(cast.chi), signed.signed_by_leader()))
    assert "Chưa xác định được giá trị của chữ ký." in text
    assert "Không dẫn tới chứng thư gốc tin cậy" in text
    assert "chưa kiểm tra" in text
    assert "Hợp lệ:" not in text


@pytest.mark.usefixtures("trusting")
def test_several_files_are_judged_one_by_one(login: Login, cast: Cast) -> None:
    answer = check(login(cast.chi), signed.signed_by_both(), signed.letter(), b"not a pdf", b"")
    text = words(answer)
    assert "Đã kiểm tra 4 tệp" in text
    assert "Tệp không có chữ ký số nào." in text
    assert text.count("Không đọc được tệp này. Tệp không phải là PDF.") == 2
    for number in range(1, 5):  # A list leads to each: the pages of many files are long.
        assert f'href="#tep-{number}"' in answer.text
        assert f'id="tep-{number}"' in answer.text


@pytest.mark.parametrize("number", [0, 21])
def test_none_and_too_many_are_refused_with_a_sentence(
    login: Login, cast: Cast, db_session: Session, number: int
) -> None:
    text = words(check(login(cast.chi), *[b"%PDF-1.7"] * number))
    assert ("nhiều nhất 20 tệp" if number else "Chọn ít nhất một tệp PDF.") in text
    assert db_session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_too_much_at_once_is_refused_by_size(app: Flask, login: Login, cast: Cast) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    answer = check(login(cast.chi), b"%PDF-1.7" + bytes(20_000))
    assert answer.status_code == 413
    assert "Tệp quá lớn" in words(answer)


@pytest.mark.usefixtures("trusting")
def test_the_check_is_logged_and_the_file_is_not_kept(
    login: Login, cast: Cast, db_session: Session
) -> None:
    check(login(cast.chi), signed.signed_by_both(), signed.letter())
    db_session.rollback()
    first, second = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    assert first.event == second.event == "verification.made"
    assert json.loads(first.body) == {"signatures": 2, "verdict": "hợp lệ (THỬ NGHIỆM)"}
    assert first.document_sha256 != second.document_sha256
    assert first.actor_id == cast.chi
    assert db_session.scalar(select(func.count()).select_from(StoredFile)) == 0


@pytest.mark.usefixtures("trusting")
def test_the_result_is_downloaded_as_json_and_only_as_it_was_made_here(
    login: Login, cast: Cast
) -> None:
    chi = login(cast.chi)
    page = check(chi, signed.signed_by_both())
    found = re.search(r'name="ket-qua" value="([^"]+)"', page.text)
    assert found is not None
    sealed = unescape(found[1])
    answer = chi.post("/kiem-tra/ket-qua.json", data={"ket-qua": sealed})
    assert answer.mimetype == "application/json"
    (report,) = json.loads(answer.data)
    assert report["file"] == "tep-1.pdf"
    assert report["verdict"] == "hợp lệ (THỬ NGHIỆM)"
    assert [one["signer"] for one in report["signatures"]] == [
        "Nguyễn Thị Ánh Dương",
        "UBND XÃ ĐỒI MẪU",
    ]
    forged = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]
    for text in (forged, "", "x.y"):
        wrong = chi.post("/kiem-tra/ket-qua.json", data={"ket-qua": text})
        assert wrong.status_code == 400


@pytest.mark.usefixtures("trusting")
def test_the_result_is_printed_as_a_paper_of_its_own(login: Login, cast: Cast) -> None:
    chi = login(cast.chi)
    changed = forged(signed.signed_by_both(), other_number)
    page = check(chi, signed.signed_by_both(), changed, b"not a pdf")
    found = re.search(r'name="ket-qua" value="([^"]+)"', page.text)
    assert found is not None
    sealed = {"ket-qua": unescape(found[1])}
    answer = chi.post("/kiem-tra/ket-qua.pdf", data=sealed)
    assert answer.mimetype == "application/pdf"
    text = " ".join(" ".join(render.text(answer.data)).split())
    for expected in (
        "PHIẾU KẾT QUẢ",
        "Tệp tep-1.pdf",
        "Tệp 3 Kết luận: Không đọc được tệp này.",
        "Hợp lệ (THỬ NGHIỆM): cả 2 chữ ký số còn nguyên vẹn",
        "Chữ ký 1. Nguyễn Thị Ánh Dương",
        "Được phép: Trang 1: trường “so” được điền sau khi ký.",
        "Không hợp lệ: không dùng văn bản này",
        "KHÔNG được phép: Trường “so” đã bị sửa sau khi được chữ ký này khóa.",
        "Tệp không phải là PDF.",
        "Nhật ký: #",
        "Lê Thị Chi",
    ):
        assert expected in text, expected
    assert chi.post("/kiem-tra/ket-qua.pdf", data=sealed).data == answer.data
    for wrong in ("", "x.y"):
        assert chi.post("/kiem-tra/ket-qua.pdf", data={"ket-qua": wrong}).status_code == 400


def test_words_inside_a_strangers_file_stay_words(login: Login, cast: Cast) -> None:
    files = [upload(b"<script>alert(1)</script>", "<script>alert(1)</script>.pdf")]
    answer = login(cast.em).post(CHECK, data={"files": files}, content_type="multipart/form-data")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("who", ["an", "chi", "dung", "em", "giang", "huong", "khanh", "binh"])
def test_everybody_with_an_account_may_check(login: Login, cast: Cast, who: str) -> None:
    page = login(getattr(cast, who)).get(CHECK)
    assert page.status_code == 200
    assert "Tệp PDF cần kiểm tra" in words(page)


def test_who_is_not_logged_in_may_not(client: FlaskClient) -> None:
    assert client.get(CHECK).status_code == 302
    assert check(client, b"%PDF-1.7").status_code == 302
