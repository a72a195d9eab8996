"""Reports: figures from the register for any year, sections typed in, who has sent."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, AuditEvent, CertificateRequest, Person, RequestLine
from operations.report_figures import count_figures
from operations.transactions import transaction
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.reports import TEXTS, Figure, Period, ReportState, year_period
from rules.requests import LineState, RequestKind, RequestState
from schema.custody import CustodyMove, Incident
from schema.reports import YearReport
from tests.cast import NOW, Cast
from tests.factories import certificate, device
from tests.letters.reading import plain_text

Login = Callable[[int], FlaskClient]
PAGE = "/bao-cao"
TODAY = date(2026, 11, 21)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def fill(session: Session, cast: Cast) -> None:
    """A year of commune A: something of everything, in its own office without a seal."""
    with transaction(session):
        em = session.get_one(Person, cast.person_em)
        giang = session.get_one(Person, cast.person_giang)
        sim = device(session, cast.office_a, "SIM-1", em, kind=DeviceKind.SIM_PKI)
        broken = device(session, cast.office_a, "TB-2", state=DeviceState.DAMAGED)
        device(session, cast.office_a, "CT-3", kind=DeviceKind.CENTRAL)
        certificate(session, em, days_left=20, token=sim)
        renewed = certificate(session, em, days_left=60, not_before=at(date(2026, 3, 1)))
        renewed.origin = CertificateOrigin.RENEWED
        body = certificate(session, giang, days_left=400, kind=SubscriberKind.ORGANISATION)
        body.origin, body.not_before = CertificateOrigin.UNKNOWN, at(date(2025, 5, 1))
        certificate(session, em, days_left=500, revoked_at=at(date(2026, 6, 1)))
        move = {"holder_before_id": None, "holder_after_id": None, "reason": ""}
        agencies = {"agency_before_id": cast.office_a, "agency_after_id": cast.office_a}
        session.add(
            CustodyMove(
                device_id=broken.id,
                act="REPORT_DAMAGE",
                state_before=DeviceState.IN_USE,
                state_after=DeviceState.DAMAGED,
                moved_on=date(2026, 2, 1),
                moved_at=at(date(2026, 2, 1)),
                **move,
                **agencies,
            )
        )
        session.add(
            Incident(
                agency_id=cast.commune_a,
                kind="LOCK",
                noticed_at=NOW,
                reported_at=NOW,
                reported_by_id=cast.an,
            )
        )
        unlock = CertificateRequest(
            agency_id=cast.commune_a,
            kind=RequestKind.UNLOCK,
            state=RequestState.COMPLETED,
            addressee="Sở",
            planned_receipt_on=TODAY,
            drafted_by_id=cast.an,
            created_at=NOW,
        )
        unlock.lines = [
            RequestLine(
                device_id=sim.id,
                position=1,
                state=LineState.GRANTED,
                is_open=False,
                result_on=date(2026, 4, 1),
            )
        ]
        session.add(unlock)


def counted(session: Session, period: Period) -> dict[Figure, int]:
    found = count_figures(session, lambda column: column > 0, period, today=TODAY)
    sums = dict.fromkeys(Figure, 0)
    for row in found.values():
        for figure, count in row.items():
            sums[figure] += count
    return {figure: count for figure, count in sums.items() if count}


def test_every_figure_is_counted_for_the_year(
    cast: Cast, db_session: Session, count_statements: Callable[[], Any]
) -> None:
    fill(db_session, cast)
    with count_statements() as statements:
        found = counted(db_session, year_period(2026, on=TODAY))
    assert found == {
        Figure.ACTIVE_INDIVIDUAL: 2,
        Figure.ACTIVE_ORGANISATION: 1,
        Figure.ACTIVE_SIM_PKI: 1,
        Figure.RENEWED: 1,
        Figure.REVOKED: 1,
        Figure.UNLOCKED: 1,
        Figure.DEVICES_IN_USE: 1,
        Figure.DEVICES_DAMAGED: 1,
        Figure.ENDING_IN_30_DAYS: 1,
        Figure.ENDING_IN_90_DAYS: 2,
        Figure.ENDING_NEXT_YEAR: 2,
        Figure.INCIDENTS: 1,
    }
    assert len([each for each in statements if each.startswith("SELECT")]) == 3


def test_a_past_year_is_counted_as_it_was(cast: Cast, db_session: Session) -> None:
    fill(db_session, cast)
    found = counted(db_session, year_period(2025, on=TODAY))
    assert found[Figure.DEVICES_IN_USE] == 2, "the device was not broken then"
    assert found[Figure.ACTIVE_INDIVIDUAL] == 2, "one not yet renewed, one not yet revoked"
    assert Figure.DEVICES_DAMAGED not in found
    assert Figure.REVOKED not in found
    assert found[Figure.ISSUED] == 2


def test_units_without_a_seal_belong_to_the_report_of_the_nearest_with_one(
    login: Login, cast: Cast, db_session: Session
) -> None:
    fill(db_session, cast)
    page = login(cast.an).get(PAGE).text
    assert re.findall(r'class="row-link" href="/bao-cao/(\d+)/2026"', page) == [str(cast.commune_a)]
    assert "Chưa lập" in page
    assert "Chưa có mẫu chính thức" in page
    report = login(cast.an).get(f"{PAGE}/{cast.commune_a}/2026").text
    assert "chưa ghi" in report
    office = login(cast.an).get(f"{PAGE}/{cast.office_a}/2026")
    assert office.location == f"{PAGE}/{cast.commune_a}/2026"


def test_readers_type_nothing_and_strangers_find_nothing(login: Login, cast: Cast) -> None:
    one = f"{PAGE}/{cast.commune_a}/2026"
    for who, status in ((cast.em, 403), (cast.giang, 200), (cast.huong, 200), (cast.khanh, 200)):
        assert login(who).get(one).status_code == status
    for who, status in ((cast.giang, 403), (cast.khanh, 403), (cast.binh, 404)):
        assert login(who).get(f"{one}/sua").status_code == status
        assert login(who).post(f"{one}/gui").status_code == status
        assert login(who).post(f"{one}/mo-lai").status_code == status
    assert login(cast.binh).get(one).status_code == 404
    assert login(cast.an).get(f"{PAGE}/{cast.commune_a}/2027").status_code == 404


def version(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d*)"', page)
    return found[1] if found else ""


def test_a_report_is_typed_sent_frozen_and_opened_again(
    login: Login, cast: Cast, db_session: Session
) -> None:
    fill(db_session, cast)
    browser, one = login(cast.an), f"{PAGE}/{cast.commune_a}/2026"
    typed = {
        "version": "",
        "documents_out": "1.250",
        "documents_signed": "1249",
        "plan": "Kế hoạch số 00/KH-UBND (thử)",
        "need_training": "7",
    } | {section.value: f"Đã ghi {section.value}" for section in TEXTS[1:]}
    browser.post(f"{one}/sua", data=typed)
    page = browser.get(one).text
    assert "99,9%" in page
    assert all(f"Đã ghi {section.value}" in page for section in TEXTS[1:])
    assert browser.post(f"{one}/sua", data=typed).status_code == 409
    bad = browser.post(f"{one}/sua", data=typed | {"version": "1", "documents_out": "-1"}).text
    assert "Nhập số nguyên từ 0 trở lên" in bad
    sending = {"version": version(page), "sent_on": "20/11/2026", "sent_to": "Sở KH&CN (thử)"}
    browser.post(f"{one}/gui", data=sending | {"document_number": "45/BC-UBND"})
    row = db_session.scalars(select(YearReport)).one()
    assert (row.state, row.sent_on) == (ReportState.SENT, date(2026, 11, 20))
    with transaction(db_session):
        device(db_session, cast.office_a, "TB-9", state=DeviceState.LOST)
    page = browser.get(one).text
    assert "giữ nguyên như lúc gửi" in page
    lost = re.search(r"Thiết bị thất lạc</th>\s*<td[^>]*><span>(\d+)", page)
    assert lost is not None
    assert lost[1] == "0"
    refused = browser.post(f"{one}/sua", data=typed | {"version": str(row.version)}).text
    assert "Báo cáo đã gửi" in refused
    reopening = {"version": version(page), "reason": "Thiếu số liệu"}
    browser.post(f"{one}/mo-lai", data=reopening)
    assert "Thiếu số liệu" in browser.get(one).text
    events = db_session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
    assert events[-3:] == ["report.saved", "report.sent", "report.reopened"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sent_on": "22/11/2026"}, "không được sau ngày hôm nay"),
        ({"sent_on": "31/12/2025"}, "không được trước năm"),
        ({"sent_to": " "}, "Hãy ghi nơi nhận"),
        ({"sent_on": "?"}, "Ngày không đúng"),
    ],
)
def test_a_sending_that_cannot_be_is_refused_and_kept_in_its_boxes(
    login: Login, cast: Cast, changes: dict[str, str], told: str
) -> None:
    browser, one = login(cast.an), f"{PAGE}/{cast.commune_a}/2026"
    browser.post(f"{one}/sua", data={"version": "", "difficulties": "Máy cũ"})
    sent = {"version": "1", "sent_on": "20/11/2026", "sent_to": "Sở", "document_number": "9/BC"}
    page = browser.post(f"{one}/gui", data=sent | changes).text
    assert told in page
    assert 'value="9/BC"' in page


def test_the_report_is_a_letter_and_says_that_nobody_prescribed_it(
    login: Login, cast: Cast, db_session: Session
) -> None:
    browser, one = login(cast.an), f"{PAGE}/{cast.commune_a}/2026"
    browser.post(f"{one}/sua", data={"version": "", "proposals": "Kiến nghị thử nghiệm"})
    words = plain_text(browser.get(f"{one}/bao-cao.pdf").data)
    for each in ("BÁO CÁO", "năm 2026", "Kiến nghị thử nghiệm", "CHỦ TỊCH", "Đỗ Hoàng Giang"):
        assert each in words
    assert browser.get(f"{one}/bao-cao.docx").data.startswith(b"PK")
    assert "Chưa có mẫu chính thức" in browser.get(one).text


def test_the_department_sees_who_has_sent_and_takes_the_whole_away(
    login: Login, cast: Cast, db_session: Session, count_statements: Callable[[], Any]
) -> None:
    fill(db_session, cast)
    an = login(cast.an)
    one = f"{PAGE}/{cast.commune_a}/2026"
    an.post(f"{one}/sua", data={"version": "", "documents_out": "10", "documents_signed": "10"})
    an.post(f"{one}/gui", data={"version": "1", "sent_on": "20/11/2026", "sent_to": "Sở"})
    khanh = login(cast.khanh)
    page = khanh.get(PAGE).text
    assert "Đã gửi: <strong>1</strong> trên 4 cơ quan" in page
    assert f"/bao-cao/{cast.commune_a}/2026" not in khanh.get(f"{PAGE}?loc=chua-gui").text
    with count_statements() as statements:
        khanh.get(f"{PAGE}?nam=2025")
    assert len(statements) <= 14
    words = plain_text(khanh.get(f"{PAGE}/tong-hop.pdf?nam=2026").data)
    assert "UBND xã Thử A" in words
    assert "Chưa có mẫu chính thức" in words
    sheet = load_workbook(BytesIO(khanh.post(f"{PAGE}/tong-hop.xlsx?nam=2026").data)).active
    names = {row[1].value for row in sheet.iter_rows(min_row=7)}
    assert {"UBND xã Thử A", "UBND xã Thử B"} <= names
    last = db_session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert last is not None
    assert last.event == "sheet.exported"
    whole = khanh.get(f"{PAGE}/{cast.province}/2026").text
    assert "Cộng từ các báo cáo đã gửi" in whole


def test_any_period_can_be_asked_for(login: Login, cast: Cast, db_session: Session) -> None:
    fill(db_session, cast)
    browser = login(cast.khanh)
    asked = f"{PAGE}/dot-xuat?first=01/02/2026&last=31/03/2026"
    assert "từ ngày 01/02/2026 đến ngày 31/03/2026" in browser.get(asked).text
    wrong = f"{PAGE}/dot-xuat?first=01/02/2026&last=31/01/2026"
    assert "không được trước ngày đầu" in browser.get(wrong).text
    pdf = browser.get(f"{PAGE}/tong-hop.pdf?first=01/02/2026&last=31/03/2026")
    assert "từ ngày 01/02/2026" in plain_text(pdf.data)
    assert browser.get(f"{PAGE}/tong-hop.pdf?first=x&last=31/03/2026").status_code == 404


def test_an_ended_agency_keeps_its_figures_in_the_sum(
    login: Login, cast: Cast, db_session: Session
) -> None:
    fill(db_session, cast)
    with transaction(db_session):
        db_session.get_one(Agency, cast.office_a).ended_on = TODAY
    page = login(cast.an).get(PAGE).text
    assert "đang dùng 1" in page
