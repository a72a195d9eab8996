"""Văn bản đến: verified when it is taken in, then accepted, held, refused, or deleted and told."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import Agency, AuditEvent, Position, StoredFile
from operations import files
from operations.receipts import known_since
from operations.transactions import transaction
from rules.office_documents import IncomingState
from rules.papers import PaperState
from rules.signers import SigningAuthority
from schema.custody import Paper
from schema.documents import IncomingDocument
from tests.cast import Cast, agency
from tests.documents import TODAY, done, position_of
from tests.signing.files import letter, signed_by_leader
from tests.signing.pki import usual_trust
from tests.signing_desk import later
from tests.views.requests import certificates, upload, words

Login = Callable[[int], FlaskClient]


def damaged() -> bytes:
    """A signed letter in which one byte of the page was changed after signing."""
    content = bytearray(signed_by_leader())
    at = content.index(b"/MediaBox")
    content[at + len(b"/MediaBox [ 0 0 5")] ^= 1
    return bytes(content)


@pytest.fixture
def chi(instance: Path, cast: Cast, login: Login) -> FlaskClient:
    usual_trust(instance / "trust", practice=True)
    return login(cast.chi)


def received(chi: FlaskClient, session: Session, cast: Cast, pdf: bytes) -> IncomingDocument:
    answer = chi.post(
        "/van-ban-den/moi",
        data={"file": upload(pdf), "sender": "Sở Mẫu", "agency_id": cast.commune_a},
        content_type="multipart/form-data",
    )
    done(answer)
    session.rollback()
    return session.get_one(IncomingDocument, int(answer.location.rsplit("/", 1)[1]))


def decided(chi: FlaskClient, row: IncomingDocument, wanted: str, **typed: Any) -> Any:
    data = {"version": row.version, "wanted": wanted, **typed}
    return chi.post(f"/van-ban-den/{row.id}/xu-ly", data=data)


def follows(session: Session, cast: Cast, regulation: str) -> None:
    with transaction(session):
        session.get_one(Agency, cast.commune_a).regulation = regulation


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(one.get_textpage().get_text_range() for one in pages).split())


ENTRY = {"register_number": "101", "received_on": TODAY, "number": "15/S", "subject": "V/v mẫu"}


def test_a_valid_one_goes_into_the_register_with_the_number_that_was_typed(
    chi: FlaskClient, db_session: Session, cast: Cast
) -> None:
    row = received(chi, db_session, cast, signed_by_leader())
    assert row.verdict == "hợp lệ (THỬ NGHIỆM)"
    assert "Chưa ghi số đến" in words(decided(chi, row, "ACCEPTED", received_on=TODAY))
    assert decided(chi, row, "HELD", **ENTRY).status_code == 200
    done(decided(chi, row, "ACCEPTED", **ENTRY))
    db_session.rollback()
    row = db_session.get_one(IncomingDocument, row.id)
    assert (row.state, row.register_number) == (IncomingState.ACCEPTED, "101")
    for query in ("101", "so mau", "v/v MẪU", "15/S", "mau 101"):
        assert "V/v mẫu" in words(chi.get(f"/van-ban-den?q={query}"))
    assert "Không có văn bản nào khớp" in words(chi.get("/van-ban-den?q=khac"))
    second = received(chi, db_session, cast, signed_by_leader())
    assert "đã ghi cho văn bản khác" in words(decided(chi, second, "ACCEPTED", **ENTRY))


def test_an_undecided_one_needs_a_reason_and_is_judged_again_with_the_day_of_receipt(
    chi: FlaskClient,
    db_session: Session,
    cast: Cast,
    instance: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lists = instance / "trust" / "crls"
    kept = {path: path.read_bytes() for path in lists.iterdir()}
    for path in kept:
        path.unlink()
    row = received(chi, db_session, cast, signed_by_leader())
    assert row.verdict == "chưa xác định"
    assert "Chưa nêu lý do" in words(decided(chi, row, "ACCEPTED", **ENTRY))
    done(decided(chi, row, "HELD", reason="Chờ danh sách thu hồi"))
    for path, content in kept.items():
        path.write_bytes(content)
    later(monkeypatch, 30)
    db_session.rollback()
    row = db_session.get_one(IncomingDocument, row.id)
    address = f"/van-ban-den/{row.id}/kiem-tra-lai"
    done(chi.post(address, data={"version": row.version}))
    db_session.rollback()
    row = db_session.get_one(IncomingDocument, row.id)
    assert row.verdict == "hợp lệ (THỬ NGHIỆM)"
    assert [one[1] for one in row.report["earlier"]] == ["chưa xác định"]
    assert known_since(db_session, row.file_sha256) == row.received_at
    assert "Các lần kiểm tra trước" in words(chi.get(f"/van-ban-den/{row.id}"))
    done(decided(chi, row, "ACCEPTED", **ENTRY))


def test_bac_ninh_deletes_an_invalid_one_and_keeps_hash_verdict_and_letter(
    chi: FlaskClient, db_session: Session, cast: Cast
) -> None:
    follows(db_session, cast, "bac_ninh_60_2025")
    row = received(chi, db_session, cast, damaged())
    sha256 = row.file_sha256
    assert row.verdict == "không hợp lệ"
    page = chi.get(f"/van-ban-den/{row.id}")
    assert "khoản 2 Điều 16" in words(page)
    assert "Ghi vào sổ văn bản đến" not in page.text
    assert "Chưa nêu lý do" in words(decided(chi, row, "DELETED"))
    assert "không xử lý theo cách đó được" in words(
        decided(chi, row, "ACCEPTED", reason="Vẫn nhận", **ENTRY)
    )
    done(decided(chi, row, "DELETED", reason="Sai chữ ký", number="7/S"))
    db_session.rollback()
    row = db_session.get_one(IncomingDocument, row.id)
    assert (row.state, row.stored_sha256) == (IncomingState.DELETED, None)
    assert (row.file_sha256, row.verdict) == (sha256, "không hợp lệ")
    assert db_session.get(StoredFile, sha256) is None
    page = words(chi.get(f"/van-ban-den/{row.id}"))
    assert "Chưa lập. Nơi gửi phải được thông báo để ký và gửi lại" in page
    assert sha256 in page.replace(" ", "")
    assert chi.get(f"/van-ban-den/{row.id}/tep.pdf").status_code == 404
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert (event.event, event.document_sha256) == ("incoming.deleted", sha256)
    assert audit.verify(db_session).sound


NOTICE = (
    "THÔNG BÁO",
    "Kính gửi: Sở Mẫu",
    "văn bản số 7/S",
    "Thực hiện khoản 2 Điều 16",
    "đã xóa tệp nêu trên",
    "Lý do: Sai chữ ký",
)


def test_the_sender_is_told_by_a_paper_that_is_numbered_signed_and_sent(
    chi: FlaskClient, db_session: Session, cast: Cast
) -> None:
    follows(db_session, cast, "bac_ninh_60_2025")
    with transaction(db_session):
        signer = position_of(db_session, cast.person_giang)
        db_session.get_one(Position, signer).authority = SigningAuthority.HEAD
    row = received(chi, db_session, cast, damaged())
    assert chi.get(f"/van-ban-den/{row.id}/thong-bao").status_code == 303  # nothing decided yet
    certificates(db_session, cast, 500)  # An empty register has other things to say.
    owed, listed = "Thông báo cho nơi gửi về 1 văn bản đến", "/van-ban-den?thong-bao=cho"
    assert owed not in words(chi.get("/"))
    done(decided(chi, row, "DELETED", reason="Sai chữ ký", number="7/S"))
    assert f'href="{listed}"' in chi.get("/").text

    def notifies() -> Any:
        db_session.rollback()
        version = db_session.get_one(IncomingDocument, row.id).version
        typed = {"version": version, "addressee": "Sở Mẫu", "position_id": signer, "digital": "y"}
        return chi.post(f"/van-ban-den/{row.id}/thong-bao", data=typed)

    done(notifies())
    first = db_session.scalars(select(Paper)).one().id
    done(notifies())  # made anew: nobody had signed it
    db_session.rollback()
    paper = db_session.scalars(select(Paper).where(Paper.id != first)).one()
    assert db_session.get_one(Paper, first).state is PaperState.CANCELLED
    assert [one.side for one in paper.signatures] == ["signature", "seal"]
    assert paper.signatures[0].person_id == cast.person_giang
    drawn = text_of(files.read(db_session, paper.sha256 or ""))
    for said in NOTICE:
        assert said in drawn
    assert drawn.count("Nội dung được ký đã bị thay đổi") == 1  # each reason once
    assert row.file_sha256 in drawn.replace(" ", "")

    assert owed in words(chi.get("/"))  # Drawn is not told.
    assert "1 văn bản đến" in words(chi.get(listed))
    # It goes the road of every paper, and the page of the document tells how far it is
    page = f"/bien-ban/{paper.id}"
    assert f'href="/van-ban-den/{row.id}"' in chi.get(page).text
    sent = {"gui-version": paper.version, "gui-sent_on": TODAY, "gui-channel": "DOCUMENT_AXIS"}
    assert "Trước hết ghi số của văn bản; rồi ký số" in words(chi.post(f"{page}/gui", data=sent))
    assert f'action="{page}/gui"' not in chi.get(page).text
    done(chi.post(f"{page}/so", data={"so-version": paper.version, "so-number": "12/TB"}))
    db_session.rollback()
    assert "Trước hết ký số" in words(chi.get(page))
    scan = {"bang-chung-role": "SCAN", "bang-chung-file": upload(letter())}
    done(chi.post(f"{page}/bang-chung", data=scan))
    db_session.rollback()
    sent |= {"gui-version": paper.version}
    assert f'action="{page}/gui"' in chi.get(page).text
    done(chi.post(f"{page}/gui", data=sent))
    shown = chi.get(f"/van-ban-den/{row.id}")
    assert f'href="{page}"' in shown.text
    assert "số 12/TB" in words(shown)
    assert "đã gửi" in words(shown)
    assert "Lập lại thông báo" not in words(shown)
    assert "không lập lại được" in words(notifies())
    assert owed not in words(chi.get("/"))
    assert "Không có văn bản nào khớp" in words(chi.get(listed))


def test_bytes_that_something_else_rests_on_outlive_the_deletion(
    chi: FlaskClient, db_session: Session, cast: Cast
) -> None:
    follows(db_session, cast, "bac_ninh_60_2025")
    first = received(chi, db_session, cast, damaged())
    second = received(chi, db_session, cast, damaged())
    done(decided(chi, first, "DELETED", reason="Sai chữ ký"))
    db_session.rollback()
    assert files.read(db_session, second.file_sha256) == damaged()


@pytest.mark.parametrize(
    ("regulation", "ground"),
    [
        ("thua_thien_hue_2289_2024", "khoản 3 Điều 31"),
        ("decree_68_2024", "Quy tắc của phần mềm"),
    ],
)
def test_elsewhere_an_invalid_one_is_refused_with_the_reason(
    chi: FlaskClient, db_session: Session, cast: Cast, regulation: str, ground: str
) -> None:
    follows(db_session, cast, regulation)
    row = received(chi, db_session, cast, b"%PDF-1.7 hong")
    assert row.verdict == "không đọc được"
    assert ground in words(chi.get(f"/van-ban-den/{row.id}"))
    done(decided(chi, row, "REFUSED", reason="Tệp hỏng"))
    page = words(chi.get(f"/van-ban-den/{row.id}"))
    assert "Lập thông báo gửi nơi gửi" in page
    assert "Tệp hỏng" in page


def test_the_receiver_is_the_clerks_own_agency_though_another_stands_first(
    chi: FlaskClient, db_session: Session, cast: Cast
) -> None:
    with transaction(db_session):
        agency(db_session, "Ban A1 xã Thử A", db_session.get_one(Agency, cast.commune_a))
    page = chi.get("/van-ban-den/moi").text
    assert page.index("Ban A1 xã Thử A") < page.index("UBND xã Thử A</option>")
    assert re.search(rf'<option selected value="{cast.commune_a}">', page)


def test_the_register_is_for_its_own_agency_and_readers_decide_nothing(
    chi: FlaskClient, db_session: Session, cast: Cast, login: Login
) -> None:
    row = received(chi, db_session, cast, letter())
    page = f"/van-ban-den/{row.id}"
    assert login(cast.binh).get(page).status_code == 404
    assert login(cast.em).get(page).status_code == 403
    huong = login(cast.huong)
    assert huong.get(page).status_code == 200
    assert huong.get("/van-ban-den/moi").status_code == 403
    assert huong.post(f"{page}/xu-ly").status_code == 403
    assert "Xử lý lúc" not in huong.get(page).text
