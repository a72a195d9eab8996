"""The pages of giving and taking devices, of papers and of the life of one device."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

import regulations
from models import (
    Agency,
    Certificate,
    CertificateRequest,
    Device,
    Entrustment,
    Person,
    RequestLine,
)
from operations.custody_checks import handover_findings
from operations.transactions import transaction
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.papers import PaperKind, PaperState
from rules.requests import LineState, RequestKind, RequestState
from schema.custody import CustodyMove, Paper
from tests import factories
from tests.cast import NOW, Cast, agency
from tests.cast import person as enter_person

Login = Callable[[int], FlaskClient]
TODAY = f"{factories.day(0):%d/%m/%Y}"


def stocked(
    session: Session, cast: Cast, code: str = "TB-1", state: DeviceState = DeviceState.IN_STOCK,
    days_left: int = 100, **more: Any,
) -> int:  # fmt: skip
    with transaction(session):
        em = session.get_one(Person, cast.person_em)
        held = em if state in (DeviceState.IN_USE, DeviceState.HANDED_OVER) else None
        row = factories.device(session, cast.office_a, code, held, state=state, **more)
        factories.certificate(session, em, token=row, days_left=days_left)
        return row.id


def typed(cast: Cast, **more: Any) -> dict[str, Any]:
    """What the page of an act sends at least."""
    return {
        "on": TODAY,
        "place": "Trụ sở",
        "agency_person_id": cast.person_an,
        "receivers": "thue-bao",
        "signing": "giay",
    } | more


def handed_over(browser: FlaskClient, session: Session, cast: Cast) -> tuple[int, int]:
    number = stocked(session, cast)
    page = f"/ban-giao/moi?viec=ban-giao&thiet-bi={number}"
    answer = browser.post(page, data=typed(cast, lap="1"))
    assert answer.status_code == 303, answer.text
    return number, int(answer.location.rsplit("/", 1)[1])


def state_of(session: Session, number: int) -> DeviceState:
    session.rollback()
    return session.get_one(Device, number).state


def test_namesakes_of_one_position_are_told_apart_where_a_person_is_chosen(
    db_session: Session, cast: Cast, login: Login
) -> None:
    with transaction(db_session):
        office, commune = (
            db_session.get_one(Agency, one) for one in (cast.office_a, cast.commune_a)
        )
        for unit in (office, commune):
            enter_person(db_session, "Lê Thử Trùng", unit, "Chuyên viên")
    number = stocked(db_session, cast)
    page = login(cast.an).get(f"/ban-giao/moi?viec=ban-giao&thiet-bi={number}").text
    offered = set(re.findall(r"Lê Thử Trùng – Chuyên viên – [^<]+", page))
    assert [sum(unit.name in one for one in offered) for unit in (office, commune)] == [1, 1]
    assert "Phạm Văn Em – " in page
    assert "pham.van.em@thunghiem.example<" not in page


def test_a_handover_is_looked_at_before_it_is_done(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser, number = login(cast.an), stocked(db_session, cast)
    listed = browser.get("/ban-giao?viec=ban-giao").text
    assert "TB-1" in listed
    chosen = browser.post("/ban-giao/chon", data={"viec": "ban-giao", "thiet-bi": number})
    page = chosen.location
    form = browser.get(page).text
    assert "Bàn giao thiết bị (Mẫu số 07)" in form
    assert ">Người giữ<" not in form.partition("<thead>")[2].partition("</thead>")[0]  # Nobody yet.
    looked = browser.post(page, data=typed(cast, xem="1")).text
    assert "Không có vướng mắc" in looked
    assert state_of(db_session, number) is DeviceState.IN_STOCK
    draft = browser.post(page, data={**typed(cast), "ban-thao": "1"})
    assert draft.data.startswith(b"%PDF-")
    done = browser.post(page, data=typed(cast, lap="1"), follow_redirects=True).text
    assert "Biên bản bàn giao (Mẫu số 07)" in done
    assert state_of(db_session, number) is DeviceState.HANDED_OVER


def test_a_refused_handover_says_why_and_keeps_what_was_typed(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser, number = login(cast.an), stocked(db_session, cast)
    page = f"/ban-giao/moi?viec=ban-giao&thiet-bi={number}"
    data = typed(cast, receivers="mot-nguoi", receiver_id=cast.person_chi, place="Phòng họp số 3")
    answer = browser.post(page, data={**data, "lap": "1"})
    assert "chỉ giao cho đúng thuê bao" in answer.text
    assert "Phòng họp số 3" in answer.text
    assert state_of(db_session, number) is DeviceState.IN_STOCK


def test_the_page_of_a_device_offers_only_what_is_legal_and_says_why_not(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser, number = login(cast.an), stocked(db_session, cast, state=DeviceState.IN_USE)
    page = browser.get(f"/thiet-bi/{number}").text
    assert "viec=thu-hoi" in page
    assert "viec=ban-giao&" not in page
    assert "Tạm dừng" in page
    assert "không quy định thủ tục" in page
    assert "Đang sử dụng, chưa có biên bản" in page
    assert "viec=" not in login(cast.huong).get(f"/thiet-bi/{number}").text


def test_a_refused_act_shows_sixty_devices_with_as_many_statements_as_three(
    db_session: Session, cast: Cast, login: Login, count_statements: Any
) -> None:
    browser, seen = login(cast.an), []
    for many in (3, 60):
        codes = [f"M{many}-{number}" for number in range(many)]
        ids = ",".join(str(stocked(db_session, cast, code)) for code in codes)
        page = f"/ban-giao/moi?viec=ban-giao&thiet-bi={ids}"
        data = typed(cast, receivers="mot-nguoi", receiver_id=cast.person_chi, lap="1")
        browser.get(page)
        with count_statements() as counted:
            assert "chỉ giao cho đúng thuê bao" in browser.post(page, data=data).text
        seen.append(len(counted))
    assert seen[0] == seen[1]


def test_who_may_not_report_for_others_is_not_offered_it(
    db_session: Session, cast: Cast, login: Login
) -> None:
    number = stocked(db_session, cast, state=DeviceState.IN_USE)
    assert "viec=REPORT_MISSING" in login(cast.an).get(f"/thiet-bi/{number}").text
    assert "viec=REPORT_MISSING" in login(cast.em).get(f"/thiet-bi/{number}").text
    assert "viec=REPORT_MISSING" not in login(cast.giang).get(f"/thiet-bi/{number}").text


def test_a_wrong_click_is_taken_back_from_the_page_of_the_device(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    number, _ = handed_over(browser, db_session, cast)
    page = browser.get(f"/thiet-bi/{number}").text
    undo = re.search(r'action="(/thiet-bi/hoan-tac/\d+)"', page)
    assert undo is not None
    told = browser.post(undo[1], follow_redirects=True).text
    assert "Đã hoàn tác" in told
    assert state_of(db_session, number) is DeviceState.IN_STOCK


def test_the_receiver_sees_the_paper_confirms_it_and_gets_a_copy(
    db_session: Session, cast: Cast, login: Login
) -> None:
    number, paper_id = handed_over(login(cast.an), db_session, cast)
    em = login(cast.em)
    assert "Tôi xác nhận đã nhận" in em.get(f"/bien-ban/{paper_id}").text
    assert em.post(f"/bien-ban/{paper_id}/xac-nhan").status_code == 303
    assert state_of(db_session, number) is DeviceState.IN_USE
    assert em.get(f"/bien-ban/{paper_id}/ban-hien-tai.pdf").data.startswith(b"%PDF-")
    assert em.get(f"/bien-ban/{paper_id}/ban-soan.docx").data.startswith(b"PK")
    assert em.get(f"/bien-ban/{paper_id}/trang/1.png").status_code == 200
    assert em.get("/bien-ban").status_code == 403
    assert login(cast.binh).get(f"/bien-ban/{paper_id}").status_code == 404


def test_the_paper_takes_its_number_its_scan_and_then_stands(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    number, paper_id = handed_over(browser, db_session, cast)
    page = f"/bien-ban/{paper_id}"
    version = db_session.get_one(Paper, paper_id).version
    browser.post(f"{page}/so", data={"so-version": version, "so-number": "15/BB-UBND"})
    assert "15/BB-UBND" in browser.get("/bien-ban?q=15/BB").text
    bad = {"bang-chung-role": "SCAN", "bang-chung-file": (io.BytesIO(b"chu"), "a.txt")}
    assert "PDF, PNG hoặc JPG" in browser.post(f"{page}/bang-chung", data=bad).text
    good = {"bang-chung-role": "SCAN", "bang-chung-file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}
    assert browser.post(f"{page}/bang-chung", data=good).status_code == 303
    assert state_of(db_session, number) is DeviceState.IN_USE
    assert db_session.get_one(Device, number).handover_minutes == "15/BB-UBND"
    assert "Đủ bằng chứng" in browser.get(page).text


def test_a_paper_is_cancelled_with_a_reason_and_its_moves_are_taken_back(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    number, paper_id = handed_over(browser, db_session, cast)
    data = {"huy-version": 1, "huy-reason": ""}
    assert "Nêu lý do hủy" in browser.post(f"/bien-ban/{paper_id}/huy", data=data).text
    data["huy-reason"] = "Ghi nhầm thiết bị"
    told = browser.post(f"/bien-ban/{paper_id}/huy", data=data, follow_redirects=True).text
    assert "Ghi nhầm thiết bị" in told
    assert state_of(db_session, number) is DeviceState.IN_STOCK
    assert db_session.get_one(Paper, paper_id).state is PaperState.CANCELLED


def test_the_opening_balance_is_counted_and_closed_by_one_paper(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    ids = [stocked(db_session, cast, f"TB-{at}", DeviceState.IN_USE) for at in range(3)]
    assert "chưa có biên bản" in browser.get("/ban-giao?viec=hien-trang").text
    page = f"/ban-giao/moi?viec=hien-trang&thiet-bi={','.join(map(str, ids))}"
    made = browser.post(page, data=typed(cast, lap="1"))
    paper = {"bang-chung-role": "SCAN", "bang-chung-file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}
    browser.post(f"{made.location}/bang-chung", data=paper)
    assert "Không có thiết bị nào" in browser.get("/ban-giao?viec=hien-trang").text
    assert "chưa có biên bản" not in browser.get(f"/thiet-bi/{ids[0]}").text.lower()


def test_the_devices_go_to_the_authority_with_form_08_and_the_code_of_the_parcel(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    number = stocked(db_session, cast, state=DeviceState.RECALLED, days_left=-3)
    page = f"/ban-giao/moi?viec=nop-cuc&thiet-bi={number}"
    assert "Cục Chứng thực số" in browser.get(page).text
    notices = {"notices": "123/TB-CTS 05/11/2026", "carrier": "Bưu điện"}
    answer = browser.post(page, data=typed(cast, lap="1", **notices))
    paper_id = int(answer.location.rsplit("/", 1)[1])
    kept = db_session.get_one(Paper, paper_id).particulars["notices"]
    assert kept == [{"number": "123/TB-CTS", "dated": "2026-11-05"}]
    assert "Ghi nhận đã gửi" in browser.get(answer.location).text
    sent = {"gui-version": 1, "gui-sent_on": TODAY, "gui-channel": "POST", "gui-reference": "EB1VN"}
    browser.post(f"/bien-ban/{paper_id}/gui", data=sent)
    assert state_of(db_session, number) is DeviceState.RETURNED_TO_CA
    received = {"nhan-version": 2, "nhan-received_on": TODAY}
    browser.post(f"/bien-ban/{paper_id}/noi-nhan-da-nhan", data=received)
    acts = db_session.scalars(select(CustodyMove.act)).all()
    assert acts == ["send_to_authority", "authority_received"]


@pytest.mark.parametrize(
    ("slug", "kind", "state", "after"),
    [
        ("cho-thu-hoi", DeviceKind.CENTRAL, DeviceState.IN_USE, DeviceState.AWAITING_RECALL),
        ("kich-hoat", DeviceKind.SIM_PKI, DeviceState.HANDED_OVER, DeviceState.IN_USE),
        ("dong-tai-khoan", DeviceKind.PKI_TOKEN, DeviceState.IN_USE, DeviceState.IN_USE),
    ],
)
def test_short_acts_keep_to_the_road_of_the_kind(
    db_session: Session, cast: Cast, login: Login,
    slug: str, kind: DeviceKind, state: DeviceState, after: DeviceState,
) -> None:  # fmt: skip
    browser, number = login(cast.an), stocked(db_session, cast, state=state, kind=kind)
    page = f"/thiet-bi/{number}/viec/{slug}"
    assert browser.get(page).status_code == (302 if after is state else 200)
    browser.post(page, data={"on": TODAY, "reason": "thử"})
    assert state_of(db_session, number) is after


def test_a_parcel_is_scanned_compared_and_taken_into_stock(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    stocked(db_session, cast, "TB-CU", serial="AA11")
    data = {
        "agency_id": cast.commune_a,
        "lines": "BB22; Phạm Văn Em\r\nAA11\n?\n",
        "received_on": TODAY,
        "kind": "PKI_TOKEN",
        "receiver_id": cast.person_an,
        "place": "Trụ sở",
    }
    assert browser.get("/tiep-nhan").status_code == 200
    looked = browser.post("/tiep-nhan", data={**data, "so-khop": "1"}).text
    for words in ("Không có trong đề nghị nào", "Số hiệu đã có trong sổ", "Không đọc được số hiệu"):
        assert words in looked
    done = browser.post("/tiep-nhan", data={**data, "nhan": "1"})
    heads = browser.get(done.location).text.partition("<thead>")[2].partition("</thead>")[0]
    assert "Số hiệu thiết bị" in heads
    assert "Người giữ" not in heads  # Nobody has them yet.
    assert done.location.startswith("/bien-ban/")
    db_session.rollback()
    new = db_session.scalars(select(Device).where(Device.agency_id == cast.commune_a)).all()
    assert {one.printed_serial for one in new} == {"BB22", None}
    assert {one.state for one in new} == {DeviceState.IN_STOCK}
    paper = db_session.scalars(select(Paper)).one()
    assert paper.kind is PaperKind.INTAKE
    assert len(paper.lines) == 3
    told = browser.get(f"/thiet-bi/{new[0].id}").text.partition("Nhật ký")[2]
    assert "Chuyển trạng thái thiết bị" in told
    assert "Tiếp nhận vào kho" in told


def test_a_decision_entrusts_the_agencys_token_once_its_signed_copy_is_kept(
    db_session: Session, cast: Cast, login: Login
) -> None:
    with transaction(db_session):
        chi = db_session.get_one(Person, cast.person_chi)
        row = factories.device(db_session, cast.commune_a, "TB-CQ", chi)
        organisation = {"kind": SubscriberKind.ORGANISATION, "agency_id": cast.commune_a}
        factories.certificate(db_session, chi, token=row, **organisation)
        number = row.id
    browser = login(cast.chi)
    assert "CHỦ TỊCH" in browser.get("/giao-quan-ly/moi").text
    data = {
        "device_ids": [number],
        "person_id": cast.person_chi,
        "made_on": TODAY,
        "from_on": TODAY,
        "authority": "CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ THỬ A",
        "executors": "Văn phòng",
        "proposer": "Văn phòng",
        "number": "7",
    }
    made = browser.post("/giao-quan-ly/moi", data=data)
    assert made.status_code == 303, made.text
    assert db_session.scalars(select(Entrustment)).all() == []
    scan = {"bang-chung-role": "SCAN", "bang-chung-file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")}
    browser.post(f"{made.location}/bang-chung", data=scan)
    db_session.rollback()
    entrusted = db_session.scalars(select(Entrustment)).one()
    assert (entrusted.person_id, entrusted.decision[:15]) == (cast.person_chi, "Quyết định số 7")


def test_the_list_of_recalled_devices_tells_the_last_day_once_the_notice_has_come(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    number = stocked(db_session, cast, state=DeviceState.RECALLED, days_left=-3)
    assert "chưa có thông báo thu hồi" in browser.get("/ban-giao?viec=nop-cuc").text
    with transaction(db_session):
        certificate = db_session.scalars(
            select(Certificate).where(Certificate.device_id == number)
        ).one()
        request = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.REVOCATION,
            state=RequestState.COMPLETED,
            addressee="Cục Chứng thực số và Bảo mật thông tin",
            planned_receipt_on=factories.day(-2),
            result_on=factories.day(-1),  # Friday: five working days end on the next Friday.
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        line = RequestLine(position=0, state=LineState.GRANTED, is_open=False)
        line.certificate_id = certificate.id
        request.lines.append(line)
        db_session.add(request)
    assert f"{factories.day(6):%d/%m/%Y}" in browser.get("/ban-giao?viec=nop-cuc").text


def test_a_receiver_is_called_optional_only_where_the_subscriber_is_known(
    db_session: Session, cast: Cast, login: Login
) -> None:
    browser = login(cast.an)
    known = stocked(db_session, cast)
    with transaction(db_session):
        empty = factories.device(db_session, cast.office_a, "TB-2", state=DeviceState.IN_STOCK).id

    def label_of(number: int) -> str:
        page = browser.get(f"/ban-giao/moi?viec=ban-giao&thiet-bi={number}").text
        return page.partition('for="receiver_id">')[2].partition("</label>")[0]

    assert "không bắt buộc" in label_of(known)
    assert "không bắt buộc" not in label_of(empty)


def test_units_of_one_body_hand_on_to_each_other_and_other_bodies_are_pointed_out(
    db_session: Session, cast: Cast, login: Login
) -> None:
    number = stocked(db_session, cast)
    with transaction(db_session):
        commune = db_session.get_one(Agency, cast.commune_a)
        beside = agency(db_session, "Phòng Kinh tế xã Thử A", commune, sealed=False)
        db_session.get_one(Person, cast.person_chi).agency_id = beside.id
    for receiver, elsewhere in ((cast.person_chi, False), (cast.person_binh, True)):
        found = handover_findings(
            db_session,
            [db_session.get_one(Device, number)],
            {number: receiver},
            on=factories.day(0),
            law=regulations.load(),
        )[number]
        assert ("handover.receiver_elsewhere" in {one.code for one in found}) is elsewhere


def test_a_revocation_that_was_refused_is_no_notice_that_calls_a_device_back(
    db_session: Session, cast: Cast, login: Login
) -> None:
    number = stocked(db_session, cast, state=DeviceState.IN_USE, days_left=95)
    with transaction(db_session):
        certificate = db_session.scalars(
            select(Certificate).where(Certificate.device_id == number)
        ).one()
        request = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.REVOCATION,
            state=RequestState.COMPLETED,
            addressee="Cục Chứng thực số và Bảo mật thông tin",
            planned_receipt_on=factories.day(-20),
            sent_on=factories.day(-20),
            result_on=factories.day(-16),
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        line = RequestLine(position=0, state=LineState.REFUSED, is_open=False)
        line.certificate_id, line.result_on = certificate.id, factories.day(-16)
        request.lines.append(line)
        db_session.add(request)
    page = login(cast.an).get(f"/thiet-bi/{number}").text
    assert "thông báo thu hồi" not in page
    with transaction(db_session):
        line.state = LineState.GRANTED
    assert "Quá hạn bàn giao thiết bị" in login(cast.an).get(f"/thiet-bi/{number}").text


@pytest.mark.parametrize("address", ["/bien-ban", "/ban-giao?viec=hien-trang"])
def test_lists_ask_the_same_number_of_questions_whatever_their_length(
    db_session: Session, cast: Cast, login: Login, count_statements: Any, address: str
) -> None:
    browser = login(cast.an)
    seen = []
    for more in (1, 6):
        for at in range(more):
            stocked(db_session, cast, f"L-{more}-{at}", DeviceState.IN_USE)
            if "bien-ban" in address:
                number = stocked(db_session, cast, f"K-{more}-{at}")
                page = f"/ban-giao/moi?viec=ban-giao&thiet-bi={number}"
                browser.post(page, data=typed(cast, lap="1"))
        browser.get(address)
        with count_statements() as counted:
            browser.get(address)
        seen.append(len(counted))
    assert seen[0] == seen[1]
