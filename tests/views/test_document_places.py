"""Where signatures, number and date of a document are put by themselves, and in which capacity its
people sign."""

import json
from io import BytesIO

import pytest
from flask import Flask
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, Person, Position
from operations.office_documents import field_names, place_of, stored_place
from operations.transactions import transaction
from rules.document_places import Place
from rules.office_documents import DocumentState, DocumentWay
from rules.signers import SigningAuthority
from signing.pades import increment
from signing.pades.inputs import PageGeometry
from tests.cast import Cast
from tests.documents import Office, brought, done, office, position_of
from tests.signing.files import letter
from tests.signing.pades.test_words import upright
from tests.signing.pki import pki, usual_trust
from tests.signing_desk import Login, opened, register
from tests.views.requests import words


@pytest.fixture
def at_work(app: Flask, instance: object, db_session: Session, cast: Cast, login: Login) -> Office:
    """Commune A with everything ready to sign, under an authority that the server trusts."""
    usual_trust(instance / "trust", practice=True)  # type: ignore[operator]
    return office(app, db_session, cast, login)


def name_of(at_work: Office) -> str:
    return at_work.session.get_one(Person, at_work.cast.person_giang).full_name


def decision(at_work: Office, turn: int = 0) -> bytes:
    """One page as offices print it, standing upright whatever /Rotate it has."""
    right = 120 if turn % 180 == 0 else 190
    foot = 180 if turn % 180 == 0 else 120
    return upright(
        turn,
        (30, 40, "Số:         /QĐ-UBND"),
        (right - 20, 40, "Đồi Mẫu, ngày       tháng       năm 2026"),
        (30, 80, "Căn cứ Luật số 20 và đề nghị của Chánh Văn phòng."),
        (right, foot, "CHỦ TỊCH"),
        (right - 6, foot + 35, name_of(at_work)),
    )


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_everything_is_put_where_the_document_leaves_room(at_work: Office, turn: int) -> None:
    cast, session = at_work.cast, at_work.session
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.PERSON_AND_AGENCY, decision(at_work, turn))
    at_work.people(number, (position_of(session, cast.person_giang), "APPROVE"))
    row = at_work.document(number)
    assert set(row.layout["found"]) == {"number", "day", "step-0"}
    spot, day, month = (stored_place(row, one) for one in ("number", "day", "month"))
    assert spot is not None
    assert day is not None
    assert month is not None
    assert abs(spot.top + spot.height - 41) < 0.6  # the line, and a little below it
    assert 36 < spot.left < 39
    assert day.left < month.left
    assert row.layout["whole_day"] is False
    signature = place_of(row, row.steps[0])
    foot = 180 if turn % 180 == 0 else 120
    assert foot < signature.top
    assert signature.top + signature.height < foot + 33
    page = words(chi.get(f"/van-ban/{number}/vi-tri"))
    assert "Đặt theo chữ đọc được trong văn bản: Số văn bản, Ngày," in page
    at_work.submits(number)
    with_fields = at_work.file(number)
    assert seen(at_work, number, with_fields, field_names(row)["month"]) == pytest.approx(
        [month.left, month.top], abs=0.2
    )


def seen(at_work: Office, number: int, pdf: bytes, field: str) -> list[float]:
    """Where people see a field, in millimetres from the top left."""
    found = increment.form_fields(PdfFileReader(BytesIO(pdf)))[field]["/Rect"]
    left, bottom, right, top, turn, unit = at_work.document(number).layout["geometry"][0]
    page = PageGeometry(left, bottom, right, top, int(turn), unit)
    return list(page.shown(*(float(one) for one in found))[:2])


def test_a_document_without_readable_words_gets_the_places_of_the_decree(at_work: Office) -> None:
    cast = at_work.cast
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.PERSON_AND_AGENCY, upright(0, (20, 250, "1")))
    row = at_work.document(number)
    assert row.layout["found"] == []
    assert stored_place(row, "month") is None
    spot = stored_place(row, "number")
    assert spot is not None
    assert spot.left == pytest.approx(47, abs=0.5)
    assert "Không thấy chỗ để số, ngày" in words(chi.get(f"/van-ban/{number}/vi-tri"))


def test_presets_are_put_back_and_what_was_moved_stays_otherwise(at_work: Office) -> None:
    cast = at_work.cast
    number = brought(
        at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY, decision(at_work)
    )
    before = stored_place(at_work.document(number), "number")
    moved = {"page": 1, "left": 60, "top": 60, "width": 20, "height": 7}
    form = {f"places-{at}-{key}": value for at in range(4) for key, value in moved.items()}
    done(at_work.posts(cast.chi, number, "vi-tri", **form))
    assert stored_place(at_work.document(number), "number") == Place(0, 60, 60, 20, 7)
    done(at_work.posts(cast.chi, number, "vi-tri", preset="1"))
    assert stored_place(at_work.document(number), "number") == before


# Capacities ---------------------------------------------------------------------------------------


def second_position(at_work: Office, authority: SigningAuthority | None) -> int:
    """Giang as deputy, beside the position that she has."""
    cast = at_work.cast
    with transaction(at_work.session):
        first = at_work.session.get_one(Position, position_of(at_work.session, cast.person_giang))
        row = Position(
            person_id=cast.person_giang,
            agency_id=cast.commune_a,
            title="Phó Chủ tịch",
            authority=authority,
            from_on=first.from_on,
        )
        at_work.session.add(row)
        at_work.session.flush()
        return row.id


def chosen(at_work: Office, number: int, position: int, **typed: object) -> None:
    row = {"position_id": position, "act": "APPROVE", **typed}
    data = {f"signers-0-{key}": value for key, value in row.items()}
    done(at_work.posts(at_work.cast.chi, number, "nguoi-ky", **data))


def test_a_deputy_signs_kt_and_everybody_is_told_so(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    chi = at_work.login(cast.chi)
    number = brought(chi, cast, DocumentWay.PERSON_AND_AGENCY)
    paper = "Quyết định số 01/QĐ-UBND ngày 05/01/2026"
    chosen(
        at_work,
        number,
        second_position(at_work, SigningAuthority.KT),
        head_title="Chủ tịch",
        paper=paper,
    )
    at_work.submits(number)
    told = "KT. CHỦ TỊCH – PHÓ CHỦ TỊCH"
    page = words(chi.get(f"/van-ban/{number}"))
    assert told in page
    assert paper in page
    agent = at_work.agent(cast.giang)
    assert told in words(at_work.login(cast.giang).get(f"/van-ban/{number}/ky-so"))
    ticket = agent.opens(
        at_work.login(cast.giang).get(opened(at_work.press(cast.giang, number))).text
    )
    assert agent.shows(ticket)[0].items[0].capacity == told
    agent.signs(ticket, pki().leader)
    event = session.scalars(select(AuditEvent).where(AuditEvent.event == "document.signed")).one()
    assert json.loads(event.body)["capacity"] == told


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"authority": "TL"}, "Ký TL. phải có căn cứ giao ký"),
        ({"authority": "TUQ", "paper": "Giấy 05/UQ"}, "phải giới hạn thời gian"),
        (
            {"authority": "TUQ", "paper": "Giấy 05/UQ", "paper_until_on": "01/11/2026"},
            "đã hết hiệu lực",
        ),
    ],
)
def test_what_a_capacity_lacks_is_told_to_who_sends_out_and_to_who_signs(
    at_work: Office, typed: dict[str, str], said: str
) -> None:
    # Our text of Điều 13 is a transcription, not the decree itself: it warns and refuses nothing.
    cast = at_work.cast
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY, letter(1))
    chosen(at_work, number, second_position(at_work, None), **typed)
    assert said in words(at_work.login(cast.chi).get(f"/van-ban/{number}"))
    at_work.submits(number)
    at_work.agent(cast.giang)
    assert said in words(at_work.login(cast.giang).get(f"/van-ban/{number}/ky-so"))


def test_without_any_capacity_a_document_is_not_sent_out(at_work: Office) -> None:
    cast = at_work.cast
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY, letter(1))
    chosen(at_work, number, second_position(at_work, None))
    done(at_work.posts(cast.chi, number, "chuyen-ky"))
    assert at_work.document(number).state is DocumentState.DRAFT
    said = "Chưa ghi người có thẩm quyền ký với quyền hạn nào"
    assert said in words(at_work.login(cast.chi).get(f"/van-ban/{number}"))


def test_the_register_fills_in_the_title_of_the_head(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    with transaction(session):
        head = session.get_one(Position, position_of(session, cast.person_giang))
        head.authority, head.title = SigningAuthority.HEAD, "Chủ tịch"
    number = brought(at_work.login(cast.chi), cast, DocumentWay.PERSON_AND_AGENCY)
    chosen(at_work, number, second_position(at_work, SigningAuthority.KT))
    step = at_work.document(number).steps[0]
    assert (step.head_title, step.title, step.authority) == (
        "Chủ tịch",
        "Phó Chủ tịch",
        SigningAuthority.KT,
    )


def test_somebody_with_two_certificates_can_tell_them_apart(at_work: Office) -> None:
    cast, session = at_work.cast, at_work.session
    number = brought(at_work.login(cast.chi), cast, DocumentWay.MANY_INSIDE, letter(1))
    at_work.people(number, (position_of(session, cast.person_giang), "APPROVE"))
    at_work.submits(number)
    register(session, pki().issuing, cast.person_giang)
    at_work.agent(cast.giang)
    page = words(at_work.login(cast.giang).get(f"/van-ban/{number}/ky-so"))
    assert page.count(", hết hạn ") == 2
