"""The pages of an import: who may come, what they show, what is saved and what is not."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates
from cryptography.x509 import load_der_x509_certificate
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Certificate, ImportBatch, ImportItem, Person
from operations.transactions import transaction
from tests import factories
from tests.cast import Cast, person
from tests.real_certificates import certificate, key

Login = Callable[[int], FlaskClient]
START = "/chung-thu/nhap"
EM = "pham.van.em@thunghiem.example"


def upload(browser: FlaskClient, agency_id: int, **files: bytes) -> str:
    """Send files (name_ending=bytes) and return the address of the batch."""
    data = {
        "agency_id": agency_id,
        "files": [(BytesIO(content), name.replace("_", ".")) for name, content in files.items()],
    }
    answer = browser.post(START, data=data)
    assert answer.status_code == 302, re.findall(r'class="error-text"[^>]*>(.*?)</', answer.text)
    return str(answer.location)


def item_ids(session: Session) -> list[int]:
    return list(session.scalars(select(ImportItem.id).order_by(ImportItem.id)))


@pytest.mark.parametrize("who", ["chi", "dung", "em", "giang", "huong", "khanh"])
def test_only_focal_points_import(login: Login, cast: Cast, who: str) -> None:
    browser = login(getattr(cast, who))
    for method, path in (("GET", START), ("POST", START), ("GET", f"{START}/1")):
        assert browser.open(path, method=method).status_code == 403
    assert browser.post(f"{START}/1/bo").status_code == 403


def test_strangers_are_sent_to_the_login_page(client: FlaskClient, cast: Cast) -> None:
    for method, path in (("GET", START), ("GET", f"{START}/1"), ("POST", f"{START}/1/bo")):
        assert client.open(path, method=method).location.startswith("/dang-nhap")


def test_the_import_of_another_commune_is_not_found(login: Login, cast: Cast) -> None:
    address = upload(login(cast.an), cast.commune_a, em_cer=certificate("Phạm Văn Em", EM))
    stranger = login(cast.binh)
    assert stranger.get(address).status_code == 404
    assert stranger.post(address).status_code == 404
    assert stranger.post(f"{address}/bo").status_code == 404
    assert "Lần nhập số" not in stranger.get(START).text
    assert "Lần nhập số" in login(cast.an).get(START).text


def test_nothing_is_imported_for_an_agency_of_others(login: Login, cast: Cast) -> None:
    browser = login(cast.binh)
    data = {"agency_id": cast.commune_a, "files": (BytesIO(certificate("E", EM)), "e.cer")}
    answer = browser.post(START, data=data)
    assert "Chọn một mục trong danh sách." in answer.text
    assert "Chọn ít nhất một tệp." in browser.post(START, data={"agency_id": cast.commune_b}).text


def test_a_matched_certificate_is_shown_with_its_person_and_saved_with_one_click(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    address = upload(browser, cast.commune_a, em_cer=certificate("Phạm Văn Em", EM))
    page = browser.get(address).text
    assert "theo thư điện tử công vụ" in page
    assert "Văn phòng xã Thử A" in page
    assert "Chưa rõ lịch sử gia hạn" in page
    (item,) = item_ids(db_session)
    assert re.search(rf'name="c{item}-chosen" value="y" checked', page)
    form = {f"c{item}-chosen": "y", f"c{item}-kind": "INDIVIDUAL"}
    form[f"c{item}-person"] = str(cast.person_em)
    answer = browser.post(address, data=form, follow_redirects=True)
    assert "Đã lưu 1 chứng thư vào sổ." in answer.text
    row = db_session.scalars(select(Certificate)).one()
    assert row.person_id == cast.person_em
    assert "Đã lưu vào sổ" in browser.get(address).text


def test_an_unmatched_certificate_waits_for_a_person_and_says_so_beside_the_field(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    address = upload(browser, cast.commune_a, em_cer=certificate("Phạm Văn Em"))
    page = browser.get(address).text
    (item,) = item_ids(db_session)
    assert "Chưa rõ của ai" in page
    assert f'value="{cast.person_em}"' in page  # offered by name, not taken by name
    assert not re.search(rf'name="c{item}-chosen"[^>]* checked', page)
    form = {f"c{item}-chosen": "y", f"c{item}-kind": "INDIVIDUAL", f"c{item}-person": "khac"}
    assert "Chưa rõ chứng thư của ai" in browser.post(address, data=form).text
    form[f"c{item}-person_text"] = "khong.co@thunghiem.example"
    answer = browser.post(address, data=form)
    assert "Không tìm thấy cá nhân này" in answer.text
    assert "khong.co@thunghiem.example" in answer.text  # what was typed is kept
    form[f"c{item}-person_text"] = "tran.thi.binh@thunghiem.example"  # of another commune
    assert "Không tìm thấy cá nhân này" in browser.post(address, data=form).text
    form[f"c{item}-person_text"] = EM.upper()
    form[f"c{item}-device_text"] = "không có"
    assert "Không tìm thấy thiết bị này" in browser.post(address, data=form).text
    with transaction(db_session):
        factories.device(db_session, cast.office_a, "TB-07", serial="A1B2C3D4")
    form[f"c{item}-device_text"] = "a1:b2:c3:d4"
    form[f"c{item}-first_issue"] = "y"
    assert browser.post(address, data=form).status_code == 302
    row = db_session.scalars(select(Certificate)).one()
    assert (row.person_id, row.renewals) == (cast.person_em, 0)
    assert row.device is not None
    assert row.device.internal_code == "TB-07"


def test_the_certificate_of_an_agency_names_the_agency_by_its_code(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    address = upload(browser, cast.commune_a, xa_cer=certificate("UBND xã Thử A"))
    (item,) = item_ids(db_session)
    form = {f"c{item}-chosen": "y", f"c{item}-kind": "ORGANISATION"}
    form[f"c{item}-agency_code"] = "UBND-XA-THU-B"
    assert "Không có cơ quan, đơn vị nào mang mã này" in browser.post(address, data=form).text
    form[f"c{item}-agency_code"] = "UBND-XA-THU-A"
    assert browser.post(address, data=form).status_code == 302
    assert db_session.scalars(select(Certificate.agency_id)).one() == cast.commune_a


def test_a_file_with_a_private_key_is_named_and_none_of_its_bytes_are_kept(
    login: Login, cast: Cast, db_session: Session
) -> None:
    secret = key("Phạm Văn Em").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    browser = login(cast.an)
    address = upload(
        browser,
        cast.commune_a,
        khoa_pem=secret,
        hong_cer=b"0\x82 hong",
        em_cer=certificate("Phạm Văn Em", EM),
    )
    page = browser.get(address).text
    assert "Tệp có chứa khóa bí mật" in page
    assert "khoa.pem" in page
    assert "hong.cer" in page
    assert "Phạm Văn Em" in page
    kept = db_session.scalars(select(ImportItem.der).where(ImportItem.der.is_not(None))).all()
    assert len(kept) == 1
    base = str(db_session.get_bind().url.database)  # type: ignore[union-attr] # an engine
    written = b"".join(Path(base + end).read_bytes() for end in ("", "-wal"))
    assert secret[40:90] not in written


def test_an_import_that_is_given_up_leaves_the_register_as_it_was(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    address = upload(browser, cast.commune_a, em_cer=certificate("Phạm Văn Em", EM))
    answer = browser.post(f"{address}/bo", follow_redirects=True)
    assert "sổ không thay đổi" in answer.text
    assert db_session.scalars(select(Certificate)).all() == []
    assert "Đã bỏ" in browser.get(address).text
    again = browser.post(f"{address}/bo", follow_redirects=True)
    assert "Lần nhập này đã bị bỏ." in again.text


def test_a_page_of_many_certificates_asks_no_more_questions_than_one_of_few(
    login: Login,
    cast: Cast,
    db_session: Session,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    with transaction(db_session):
        office = db_session.get_one(Person, cast.person_em).agency
        people = [person(db_session, f"Người Thử {i}", office, "Công chức") for i in range(12)]
        emails = [row.email or "" for row in people]
    browser = login(cast.an)
    counts = []
    for first, last in ((0, 2), (2, 12)):
        files = {
            f"f{i}_cer": certificate(f"Người Thử {i}", emails[i] if i % 2 else None, serial=100 + i)
            for i in range(first, last)
        }
        address = upload(browser, cast.commune_a, **files)
        with count_statements() as statements:
            assert browser.get(address).status_code == 200
        counts.append([one for one in statements if not one.startswith("BEGIN")])
    assert len(counts[0]) == len(counts[1])
    assert len(counts[1]) <= 12, counts[1]
    with count_statements() as statements:
        assert browser.get(START).status_code == 200
    assert len([one for one in statements if not one.startswith("BEGIN")]) <= 10
    assert db_session.scalars(select(ImportBatch)).all()


def test_a_text_in_place_of_a_file_is_no_file(login: Login, cast: Cast) -> None:
    sent = {"agency_id": cast.commune_a, "files": "a.cer"}
    answer = login(cast.an).post(START, data=sent, content_type="multipart/form-data")
    assert answer.status_code < 500


def test_a_certificate_without_an_end_is_refused_and_spoils_no_other(
    login: Login, cast: Cast
) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5: no end is known
    endless = certificate("Không Hạn", ends=last)
    browser = login(cast.an)
    address = upload(browser, cast.commune_a, e_cer=certificate("Phạm Văn Em", EM), k_cer=endless)
    page = browser.get(address).text
    assert "không ghi thời hạn" in page
    assert "Phạm Văn Em" in page


def test_certificates_of_one_file_are_told_apart(login: Login, cast: Cast) -> None:
    """Two of one person, in one bundle: by subject, serial and place in the file."""
    ders = [certificate("Phạm Văn Em", EM, serial=0x5A01), certificate("Phạm Văn Em", EM, serial=2)]
    parsed = [load_der_x509_certificate(one) for one in ders]
    browser = login(cast.an)
    address = upload(browser, cast.commune_a, hai_p7b=serialize_certificates(parsed, Encoding.DER))
    page = browser.get(address).text
    for number, serial in ((1, "5A01"), (2, "02")):
        assert f"hai.p7b (chứng thư {number} trên 2)" in page
        assert f'aria-label="Phạm Văn Em, số {serial}"' in page
    assert page.count("CN=Phạm Văn Em") == 2
