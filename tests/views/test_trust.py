"""Whom the server believes, as an administrator changes it: files, fingerprints, lists."""

import io
import json
import re
from pathlib import Path

import pytest
from cryptography import x509
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import AuditEvent, Person
from operations import trust
from operations.transactions import transaction
from signing.trust.store import TrustStore
from tests import factories
from tests.cast import Cast
from tests.signing import pki
from tests.signing.responders import serving
from tests.views.requests import Login, words

PAGE = "/quan-tri/tin-cay"
SOURCE = "Công văn số 1 của cơ quan chứng thực"


def upload(browser: FlaskClient, name: str, content: bytes) -> str:
    """The page of fingerprints for an uploaded file."""
    data = {"file": (io.BytesIO(content), name)}
    answer = browser.post(f"{PAGE}/chung-thu", data=data)
    return answer.get_data(as_text=True)


def sealed(page: str) -> str:
    found = re.search(r'name="sealed"[^>]*value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


def believe(browser: FlaskClient, holder: pki.Holder, digits: str | None = None) -> str:
    """Upload a certificate and type the end of its fingerprint back; the page that follows."""
    page = upload(browser, "goc.cer", holder.der)
    typed = digits if digits is not None else last_digits(holder)
    data = {"sealed": sealed(page), "digits": typed, "words": SOURCE}
    return words(browser.post(f"{PAGE}/chung-thu/xac-nhan", data=data, follow_redirects=True))


def last_digits(holder: pki.Holder) -> str:
    return x509.load_der_x509_certificate(holder.der).fingerprint(pki.hashes.SHA256()).hex()[-8:]


def give_lists(browser: FlaskClient, *ders: bytes) -> str:
    files = [(io.BytesIO(der), f"{number}.crl") for number, der in enumerate(ders)]
    answer = browser.post(f"{PAGE}/danh-sach", data={"files": files}, follow_redirects=True)
    return words(answer)


def whats(session: Session) -> list[str]:
    """What the log says about trust, in order."""
    session.rollback()
    rows = select(AuditEvent.body).where(AuditEvent.event == "trust.changed")
    return [json.loads(body)["what"] for body in session.scalars(rows.order_by(AuditEvent.seq))]


def test_a_root_counts_only_after_its_fingerprint_was_typed_back(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made, dung = pki.pki(), login(cast.dung)
    assert "Chưa có chứng thư nào được tin cậy" in words(dung.get(PAGE))
    page = upload(dung, "goc.cer", made.root.der)
    assert last_digits(made.root)[-4:].upper() in page
    assert TrustStore.load(instance / "trust").roots == ()
    assert "KHÔNG phải chứng thư đó" in believe(dung, made.root, "00000000")
    assert TrustStore.load(instance / "trust").roots == ()
    assert "Đã tin cậy chứng thư gốc RootCA THỬ NGHIỆM" in believe(dung, made.root)
    assert TrustStore.load(instance / "trust").roots == (made.root.certificate,)
    assert "đã có trong thư mục tin cậy" in believe(dung, made.root)
    assert whats(db_session) == ["root_added"]
    assert SOURCE in words(dung.get(PAGE))


def test_an_issuing_authority_needs_its_root_first_and_a_subscriber_is_none(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made, dung = pki.pki(), login(cast.dung)
    assert "hãy nhập chứng thư gốc trước" in upload(dung, "ca.cer", made.issuing.der)
    assert "không có chứng thư của cơ quan chứng thực" in upload(dung, "t.cer", made.leader.der)
    assert "không phải chứng thư đọc được" in upload(dung, "t.cer", b"not a certificate")
    believe(dung, made.root)
    assert "Đã tin cậy cơ quan cấp chứng thư" in believe(dung, made.issuing)
    assert TrustStore.load(instance / "trust").intermediates == (made.issuing.certificate,)
    old = pki.authority("Gốc hết hạn", bits=256, not_after=pki.NOW - pki.DAY)
    assert "đã hết hạn" in upload(dung, "cu.cer", old.der)
    assert dung.get(f"{PAGE}/chung-thu").location == PAGE
    spoiled = {"sealed": "x", "digits": "00000000", "words": SOURCE}
    assert dung.post(f"{PAGE}/chung-thu/xac-nhan", data=spoiled).location == PAGE
    assert whats(db_session) == ["root_added", "issuing_added"]


def test_lists_are_taken_only_from_authorities_that_count_and_never_older_ones(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made, dung = pki.pki(), login(cast.dung)
    first = pki.crl(made.issuing, number=5)
    assert "không do cơ quan chứng thực nào" in give_lists(dung, first)
    believe(dung, made.root)
    believe(dung, made.issuing)
    older = pki.crl(made.issuing, number=4, this_update=pki.NOW - 3 * pki.DAY)
    newer = pki.crl(made.issuing, number=6, this_update=pki.NOW - pki.DAY / 48)
    assert "Đã nhận danh sách thu hồi" in give_lists(dung, first)
    said = give_lists(dung, first, older, b"not a list")
    assert "đã có" in said
    assert "cũ hơn danh sách đang dùng" in said
    assert "không phải danh sách thu hồi" in said
    page = give_lists(dung, newer, pki.crl(made.root))
    assert "còn hạn" in page or "còn dưới một ngày" in page
    kept = TrustStore.load(instance / "trust").crls
    assert {
        one.number for one in kept if one.issuer != made.root.certificate.subject.public_bytes()
    } == {6}
    assert len(list((instance / "trust" / "removed" / "crls").iterdir())) == 1
    assert whats(db_session) == ["root_added", "issuing_added", *["list_added"] * 3]


def test_what_is_removed_needs_a_reason_and_is_kept_aside(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    made, dung = pki.pki(), login(cast.dung)
    believe(dung, made.root)
    (file,) = (instance / "trust" / "roots").iterdir()
    where = f"{PAGE}/bo?muc=roots&tep={file.name}"
    assert "Bỏ chứng thư gốc" in words(dung.get(where))
    assert "từ 10 đến 500 ký tự" in words(dung.post(where, data={"reason": "cũ"}))
    assert dung.post(where, data={"reason": "Cơ quan chứng thực đã thay"}).location == PAGE
    assert TrustStore.load(instance / "trust").roots == ()
    assert (instance / "trust" / "removed" / "roots" / file.name).exists()
    assert whats(db_session) == ["root_added", "root_removed"]
    for odd in ("muc=roots&tep=../keys/session.key", "muc=practice-roots&tep=0.crt", ""):
        assert dung.get(f"{PAGE}/bo?{odd}").location == PAGE


def test_the_practice_root_is_marked_and_cannot_be_removed_here(
    login: Login, cast: Cast, instance: Path
) -> None:
    pki.usual_trust(instance / "trust", practice=True)
    dung = login(cast.dung)
    page = dung.get(PAGE).get_data(as_text=True)
    assert "RootCA THỬ NGHIỆM" in page
    assert "muc=practice-roots" not in page
    assert "muc=intermediates" in page


def test_only_listed_services_are_asked_and_the_daily_work_does_it_too(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    dung = login(cast.dung)
    root = pki.authority("Gốc có địa chỉ THỬ NGHIỆM", bits=256)
    der = pki.crl(root)
    with serving({"/goc.crl": lambda _: der}) as base:
        point = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(f"{base}/goc.crl")], None, None, None
        )
        extra = [(x509.CRLDistributionPoints([point]), False)]
        issuing = pki.authority("CA có địa chỉ THỬ NGHIỆM", root, bits=256, extra=extra)
        believe(dung, root)
        believe(dung, issuing)
        daily = dung.application.extensions["so_token_daily"]
        assert daily().lists == 0
        assert "Chưa có máy chủ được phép hỏi" in words(
            dung.post(f"{PAGE}/tai-danh-sach", follow_redirects=True)
        )
        wrong = dung.post(f"{PAGE}/may-chu", data={"hosts": "http://ca.example.vn"})
        assert "không phải tên máy chủ" in words(wrong)
        assert dung.post(f"{PAGE}/may-chu", data={"hosts": "127.0.0.1"}).location == PAGE
        dung.application.extensions.pop("so_token_lists_asked", None)
        assert daily().lists == 1
        assert daily().lists == 0
        again = words(dung.post(f"{PAGE}/tai-danh-sach", follow_redirects=True))
        assert "0 danh sách mới, 1 không đổi" in again
    assert whats(db_session)[-1] == "list_fetched"
    assert trust.hosts_of(db_session) == ("127.0.0.1",)


def test_reminders_are_made_although_the_lists_cannot_be_looked_at(
    login: Login, cast: Cast, instance: Path, db_session: Session
) -> None:
    with transaction(db_session):
        factories.certificate(db_session, db_session.get_one(Person, cast.person_em), days_left=60)
    made: list[bytes] = []
    with serving({"/goc.crl": lambda _: made[0]}) as base:
        point = x509.DistributionPoint(
            [x509.UniformResourceIdentifier(f"{base}/goc.crl")], None, None, None
        )
        extra = [(x509.CRLDistributionPoints([point]), False)]
        root = pki.authority("Gốc THỬ NGHIỆM", bits=256, extra=extra)
        made.append(pki.crl(root))
        believe(login(cast.dung), root)
        (instance / "trust" / "crls").write_text("no folder", encoding="utf-8")
        trust.set_hosts(db_session, actor=audit.system_actor(pki.NOW), hosts=["127.0.0.1"])
        with pytest.raises(NotADirectoryError):
            login(cast.dung).application.extensions["so_token_daily"]()
    assert "Phạm Văn Em" in login(cast.an).get("/nhac-viec").text


def test_only_those_who_may_edit_trust_reach_its_pages(login: Login, cast: Cast) -> None:
    for who in (cast.an, cast.binh, cast.giang):
        assert login(who).get(PAGE).status_code == 403
        assert login(who).post(f"{PAGE}/danh-sach").status_code in (400, 403)
