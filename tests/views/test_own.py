"""One's own page, slips, changing the user, labels and bound registers."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from audit import Actor
from models import AuditEvent, Certificate, Device, Person
from operations import handovers
from operations.handovers import Item, Wish
from operations.request_documents import Drawn
from operations.transactions import transaction
from rules.devices import DeviceState
from rules.lifecycle import CustodyAct
from rules.papers import PaperState
from schema.custody import Paper
from tests import factories
from tests.cast import Cast

Login = Callable[[int], FlaskClient]
MakeActor = Callable[..., Actor]
Counting = Callable[[], AbstractContextManager[list[str]]]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    return " ".join(page.get_textpage().get_text_range() for page in document)


@pytest.fixture
def token(db_session: Session, cast: Cast) -> int:
    """A token in stock with Em's certificate."""
    with transaction(db_session):
        em = db_session.get_one(Person, cast.person_em)
        row = factories.device(db_session, cast.office_a, "TB-7", state=DeviceState.IN_STOCK)
        factories.certificate(db_session, em, days_left=50, token=row)
        return row.id


@pytest.fixture
def handed_over(db_session: Session, cast: Cast, token: int, actor: MakeActor) -> int:
    """The minutes by which An gave the token to Em."""
    wish = Wish(
        CustodyAct.HAND_OVER,
        factories.day(0),
        (Item(token, cast.person_em),),
        agency_person_id=cast.person_an,
        reason="Đúng thuê bao",
    )
    (number,) = handovers.carry_out(
        db_session,
        wish,
        actor=actor(cast.an, cast.person_an),
        law=regulations.load(),
        draw=lambda paper: Drawn(b"%PDF-1.7 7"),
    )
    return number


def test_staff_come_home_to_their_own_page_with_both_clocks(
    login: Login, cast: Cast, handed_over: int, count_statements: Counting
) -> None:
    browser = login(cast.em)
    assert browser.get("/").location.endswith("/cua-toi")
    browser.get("/cua-toi")
    with count_statements() as asked:
        page = words(browser.get("/cua-toi").text)
    assert len(asked) <= 10, asked
    assert "Nộp gia hạn Đang đến kỳ; đầu mối nên nộp chậm nhất ngày 26/11/2026." in page
    assert "Chuẩn bị cấp mới Chưa cần." in page
    assert "Chờ anh/chị xác nhận (1)" in page
    assert "Nhận PKI Token TB-7" in page


def test_a_click_of_the_receiver_is_a_proof_for_the_time_being(
    login: Login, cast: Cast, token: int, handed_over: int, db_session: Session
) -> None:
    assert login(cast.em).get(f"/bien-ban/{handed_over}").status_code == 200
    assert login(cast.binh).get(f"/bien-ban/{handed_over}").status_code == 404
    login(cast.em).post(f"/bien-ban/{handed_over}/xac-nhan")
    db_session.expire_all()
    assert db_session.get_one(Device, token).state is DeviceState.IN_USE
    assert db_session.get_one(Paper, handed_over).state is PaperState.ISSUED
    assert "Chờ anh/chị xác nhận" not in login(cast.em).get("/cua-toi").text


def test_others_own_pages_show_nothing_of_it(login: Login, cast: Cast, handed_over: int) -> None:
    assert "TB-7" not in login(cast.chi).get("/cua-toi").text
    assert login(cast.huong).get("/cua-toi").status_code == 403


@pytest.mark.usefixtures("handed_over")
def test_a_slip_goes_to_the_focal_point_who_declines_it_with_a_reason(
    login: Login, cast: Cast, db_session: Session
) -> None:
    em, number = login(cast.em), db_session.scalars(select(Certificate.id)).one()
    asked = {"kind": "RENEWAL", "subject": f"chung-thu-{number}", "reason": "Sắp hết hạn"}
    wrong = em.post("/cua-toi/de-nghi", data=asked | {"reason": "pin: 4455667"})
    assert "4455667" not in wrong.text
    assert em.post("/cua-toi/de-nghi", data=asked).status_code == 303
    paper = db_session.scalars(select(Paper).order_by(Paper.id.desc())).first()
    assert paper is not None
    file = em.get(f"/bien-ban/{paper.id}/ban-hien-tai.pdf")
    assert "Phạm Văn Em" in text_of(file.data)
    an = login(cast.an)
    assert "Trả lời 1 phiếu đề nghị của thuê bao" in an.get("/").text
    assert "Phạm Văn Em" in an.get("/phieu-de-nghi").text
    page = an.get(f"/phieu-de-nghi/{paper.id}").text
    assert f"chung-thu={number}" in page
    assert login(cast.binh).get(f"/phieu-de-nghi/{paper.id}").status_code == 404
    assert em.get("/phieu-de-nghi").status_code == 403
    answer = an.post(
        f"/phieu-de-nghi/{paper.id}/tu-choi", data={"version": 1, "reason": "Còn hạn dài"}
    )
    assert answer.status_code == 303
    assert "Không thực hiện: Còn hạn dài" in em.get("/cua-toi").text


@pytest.mark.usefixtures("handed_over")
def test_whoever_asked_takes_the_slip_back_and_nobody_else(
    login: Login, cast: Cast, db_session: Session
) -> None:
    em, number = login(cast.em), db_session.scalars(select(Certificate.id)).one()
    asked = {"kind": "RENEWAL", "subject": f"chung-thu-{number}", "reason": "Sắp hết hạn"}
    page = em.post("/cua-toi/de-nghi", data=asked, follow_redirects=True).text
    paper = db_session.scalars(select(Paper).order_by(Paper.id.desc()).limit(1)).one()
    assert "Rút phiếu đề nghị" in page
    assert "Người đề nghị" in page
    assert "phieu-de-nghi-" in page
    assert "Bên giao" not in page
    way = f"/phieu-de-nghi/{paper.id}/rut"
    said = login(cast.an).post(way, data={"version": 1}, follow_redirects=True).text
    assert "Chỉ người đề nghị" in said
    assert em.post(way, data={"version": 1}).status_code == 303
    assert "Trả lời 1 phiếu đề nghị" not in login(cast.an).get("/").text
    assert "đã được trả lời" in em.post(way, data={"version": 2}, follow_redirects=True).text
    assert em.post("/cua-toi/de-nghi", data=asked).status_code == 303


def test_another_user_takes_over_at_the_same_place(login: Login, cast: Cast) -> None:
    browser = login(cast.em)
    answer = browser.post("/doi-nguoi-dung", data={"tiep": "/thiet-bi?q=em"})
    assert answer.location.endswith("/dang-nhap?tiep=/thiet-bi?q%3Dem")
    assert "/dang-nhap" in browser.get("/cua-toi").location
    away = login(cast.em).post("/doi-nguoi-dung", data={"tiep": "//elsewhere.example"})
    assert away.location.endswith("/dang-nhap?tiep=/")


def labels(**more: object) -> dict[str, object]:
    return {
        "format": "SMALL_65",
        "first": 60,
        "right": "0,5",
        "down": "-1",
        "hundred": "100",
        "viec": "in",
    } | more


def test_labels_carry_code_and_agency_and_the_printer_is_remembered(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    browser = login(cast.an)
    chosen = browser.post("/thiet-bi/nhan/chon", data={"thiet-bi": [token]})
    assert chosen.location.endswith(f"/thiet-bi/nhan?chon={token}")
    answer = browser.post(f"/thiet-bi/nhan?chon={token}", data=labels())
    told = text_of(answer.data)
    assert "TB-7" in told
    assert "Đường Thử Nghiệm" in told.replace("\r\n", " ")
    assert "Phạm" not in told
    event = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert event is not None
    assert event.event == "labels.printed"
    page = browser.get("/thiet-bi/nhan").text
    assert re.search(r'name="right"[^>]*value="0,5"', page)
    trial = browser.post("/thiet-bi/nhan", data=labels(viec="thu"))
    assert "100 mm" in text_of(trial.data)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"format": "LARGE_24"}, "Tờ này chỉ có 24 nhãn."),
        ({"right": "xa"}, "Nhập một số, ví dụ 0,5."),
        ({"hundred": "80"}, "Nhập số từ 95 đến 105."),
    ],
)
def test_a_wrong_sheet_is_said_beside_the_field(
    login: Login, cast: Cast, token: int, more: dict[str, object], said: str
) -> None:
    answer = login(cast.an).post(f"/thiet-bi/nhan?chon={token}", data=labels(**more))
    assert said in answer.text
    assert login(cast.em).get("/thiet-bi/nhan").status_code == 403


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/so/thiet-bi.pdf?q=tb-7", "TB-7"),
        ("/so/chung-thu.pdf", "Phạm Văn Em"),
        ("/so/ban-giao.pdf", "Nguyễn Văn An"),
    ],
)
@pytest.mark.usefixtures("handed_over")
def test_a_bound_register_has_head_rows_and_witness_and_nothing_of_others(
    login: Login, cast: Cast, path: str, found: str
) -> None:
    told = " ".join(text_of(login(cast.an).get(path).data).split())
    assert "ỦY BAN NHÂN DÂN" in told
    assert found in told
    assert "Nhật ký: #" in told
    assert found not in text_of(login(cast.binh).get(path).data)
