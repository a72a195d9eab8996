"""The authority's file from a request or from ticked people, and addresses from a list."""

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, CertificateRequest, Person, PersonEmail, RequestLine
from operations.transactions import transaction
from rules.certificates import SubscriberKind
from rules.requests import LineState, RequestKind, RequestState
from sheets import reading_process
from tests.cast import NOW, Cast

Login = Callable[[int], FlaskClient]
OF_PEOPLE = "/bang-tinh/tep-cua-cuc"
EMAILS = "/bang-tinh/thu-dien-tu"


def complete(session: Session, *people: int) -> None:
    """Give people what the file asks for."""
    with transaction(session):
        for number in people:
            row = session.get_one(Person, number)
            row.birth_on, row.phone = date(1990, 1, number), "0900000001"
            row.email = f"nguoi{number}@tinh.gov.vn"
            row.citizen_id_issued_on, row.citizen_id_issued_by = date(2024, 1, 1), "Bộ Công an"


def draft(session: Session, cast: Cast) -> int:
    with transaction(session):
        row = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.ISSUANCE,
            subscriber_kind=SubscriberKind.INDIVIDUAL,
            state=RequestState.DRAFT,
            addressee="Cục",
            planned_receipt_on=date(2026, 12, 1),
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        row.lines = [
            RequestLine(
                person_id=number, position=place, state=LineState.OPEN, sim_pki="Viettel/cs"
            )
            for place, number in enumerate((cast.person_em, cast.person_chi), start=1)
        ]
        session.add(row)
        session.flush()
        return row.id


def test_the_check_names_what_each_person_lacks_with_the_way_to_mend_it(
    login: Login, cast: Cast
) -> None:
    browser = login(cast.an)
    assert "Nguyễn Văn An" in browser.get(f"{OF_PEOPLE}?agency_id={cast.commune_a}").text
    page = browser.post(OF_PEOPLE, data={"chon": [cast.person_em]}).text
    assert "Chưa có nơi cấp" in page
    assert f"/ca-nhan/{cast.person_em}/sua" in page
    assert "chưa đối chiếu với tệp mẫu" in page
    assert "Tải tệp với" not in page


def test_the_file_of_a_request_has_nineteen_columns_and_is_logged(
    login: Login, cast: Cast, db_session: Session
) -> None:
    number = draft(db_session, cast)
    complete(db_session, cast.person_em)
    browser = login(cast.an)
    path = f"/de-nghi/{number}/tep-cua-cuc"
    assert "2 người" in browser.get(path).text
    answer = browser.post(path, data={"tai": "tat-ca"})
    sheet = load_workbook(BytesIO(answer.data)).active
    assert sheet.max_column == 19
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == ["Phạm Văn Em", "Lê Thị Chi"]
    assert "Viettel" in [cell.value for cell in sheet[2]]
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert (event.event, event.agency_id) == ("sheet.exported", cast.commune_a)
    assert '"rows":2' in event.body.replace(" ", "")


def test_strangers_find_neither_the_request_nor_its_people(
    login: Login, cast: Cast, db_session: Session
) -> None:
    number = draft(db_session, cast)
    assert login(cast.binh).get(f"/de-nghi/{number}/tep-cua-cuc").status_code == 404
    page = login(cast.binh).post(OF_PEOPLE, data={"chon": [cast.person_em]}).text
    assert "Phạm Văn Em" not in page
    assert login(cast.em).get(OF_PEOPLE).status_code == 403
    assert login(cast.chi).get(EMAILS).status_code == 403
    there = f"{EMAILS}/{cast.commune_a}/ghi"
    assert login(cast.binh).post(there).status_code == 404


def paste(browser: FlaskClient, cast: Cast, text: str) -> str:
    sent = {"agency_id": cast.commune_a, "pasted": text, "from_on": "21/11/2026"}
    return browser.post(EMAILS, data=sent).text


def test_a_list_is_matched_shown_and_kept_all_together(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    old = db_session.get_one(Person, cast.person_em).email
    page = paste(
        browser, cast, "Pham Van Em\tem@tinh.gov.vn\nLê Thị Chi\tchi@tinh.gov.vn\nLạ\tx@y.vn"
    )
    assert "<strong>2</strong> dòng khớp chắc chắn" in page
    assert "Không tìm thấy người này trong sổ" in page
    boxes = dict(re.findall(r'name="(ghi-\d+)" value="([^"]+)"', page))
    browser.post(f"{EMAILS}/{cast.commune_a}/ghi", data=boxes | {"from_on": "21/11/2026"})
    db_session.rollback()
    assert db_session.get_one(Person, cast.person_em).email == "em@tinh.gov.vn"
    kept = db_session.scalars(
        select(PersonEmail.email).where(PersonEmail.person_id == cast.person_em)
    ).all()
    assert kept == [old, "em@tinh.gov.vn"]
    events = db_session.scalars(select(AuditEvent.event)).all()
    assert events.count("emails.saved") == 1


def test_a_list_may_be_a_file_that_is_read_beside_the_server(
    login: Login, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_process, "SMALL", 0)  # So that even this one goes to the process.
    lines = "Họ và tên,Ngày sinh,Thư điện tử\nPham Van Em,,em@tinh.gov.vn\nLạ,2/1/1990,x@y.vn\n"
    sent = {
        "agency_id": cast.commune_a,
        "from_on": "21/11/2026",
        "file": (BytesIO(lines.encode()), "danh-sach.csv"),
    }
    page = login(cast.an).post(EMAILS, data=sent, content_type="multipart/form-data").text
    assert "<strong>1</strong> dòng khớp chắc chắn" in page
    assert "Không tìm thấy người này trong sổ" in page


def test_two_people_may_exchange_addresses_but_nobody_takes_a_strangers(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser = login(cast.an)
    em, chi = (db_session.get_one(Person, one).email for one in (cast.person_em, cast.person_chi))
    stranger = db_session.get_one(Person, cast.person_binh).email
    there = f"{EMAILS}/{cast.commune_a}/ghi"

    def keep(first: str, second: str) -> str:
        boxes = {
            f"ghi-{cast.person_em}": f"{cast.person_em} {first}",
            f"ghi-{cast.person_chi}": f"{cast.person_chi} {second}",
            "from_on": "21/11/2026",
        }
        return browser.post(there, data=boxes, follow_redirects=True).text

    assert "đang được ghi cho một cá nhân khác" in keep("moi@tinh.gov.vn", str(stranger))
    assert "được chọn cho hai người" in keep("moi@tinh.gov.vn", "moi@tinh.gov.vn")
    assert "không đúng" in keep("moi", "a@tinh.gov.vn")
    db_session.rollback()
    assert db_session.get_one(Person, cast.person_em).email == em
    assert "Đã ghi địa chỉ thư điện tử công vụ của 2 người" in keep(str(chi), str(em))
    assert "Không có địa chỉ nào thay đổi" in keep(str(chi), str(em))


def test_namesakes_are_shown_to_choose_from(login: Login, cast: Cast, db_session: Session) -> None:
    with transaction(db_session):
        other = db_session.get_one(Person, cast.person_chi)
        other.full_name, other.name_fold = "Phạm Văn Em", "pham van em"
    page = paste(login(cast.an), cast, "Phạm Văn Em  em@tinh.gov.vn")
    assert "Trùng họ tên" in page
    assert f'value="{cast.person_chi} em@tinh.gov.vn"' in page


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"pasted": "a@b.vn", "file": (BytesIO(b"x"), "a.csv")}, "một trong hai cách"),
        ({"pasted": ""}, "một trong hai cách"),
        ({"file": (BytesIO(b"\x00\x01"), "a.xlsx")}, "không"),
    ],
)
def test_a_list_that_cannot_be_read_is_said_so(
    login: Login, cast: Cast, sent: dict[str, object], told: str
) -> None:
    data = {"agency_id": cast.commune_a, "from_on": "21/11/2026"} | sent
    answer = login(cast.an).post(EMAILS, data=data, content_type="multipart/form-data")
    assert told in answer.text
    assert "Kiểm tra lại danh sách" not in answer.text
