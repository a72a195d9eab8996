"""Hình chữ ký, hình dấu: clear ground, true size, and what every act shows on the page."""

import io
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageChops
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agency, Person
from operations.pictures import current_picture
from rules import document_places as rule
from rules.documents import SigningAct
from rules.office_documents import PictureKind
from schema.documents import DocumentStep, OfficeDocument, SignaturePicture
from signing.pades import layout, render
from signing.pades.inputs import PageGeometry
from signing.pades.prepare import prepare
from tests.cast import Cast
from tests.documents import done, picture
from tests.signing.files import fonts, letter
from tests.views.requests import upload, words
from views.document_signing import step_appearance

Login = Callable[[int], FlaskClient]
RED, BLUE = (190, 20, 20), (20, 40, 160)
GOLDEN = Path(__file__).parents[1] / "data" / "acts"
AT = datetime(2026, 11, 21, 3, 8, 5, tzinfo=UTC)


def sends(browser: FlaskClient, page: str, png: bytes, width: str = "36", **typed: Any) -> Any:
    return browser.post(
        f"/hinh-chu-ky/{page}",
        data={"file": upload(png, "hinh.png"), "width_mm": width, **typed},
        content_type="multipart/form-data",
    )


def test_a_new_seal_takes_the_place_of_the_old_one_and_serves_letters_too(
    cast: Cast, login: Login, db_session: Session
) -> None:
    chi, page = login(cast.chi), f"co-quan/{cast.commune_a}"
    done(sends(chi, page, picture(RED)))
    done(sends(chi, page, picture((200, 0, 0)), "36,5"))
    db_session.rollback()
    rows = db_session.scalars(select(SignaturePicture).order_by(SignaturePicture.id)).all()
    assert [(one.is_current, one.width_mm, one.height_mm) for one in rows] == [
        (False, 36.0, 36.0),
        (True, 36.5, 36.5),
    ]
    agency = db_session.get_one(Agency, cast.commune_a)
    assert agency.seal_picture_sha256 == rows[1].sha256
    assert chi.get(f"/hinh-chu-ky/{rows[0].id}.png").data == picture(RED)
    done(chi.post(f"/hinh-chu-ky/{rows[1].id}/bo"))
    db_session.rollback()
    assert db_session.get_one(Agency, cast.commune_a).seal_picture_sha256 is None


@pytest.mark.parametrize("what", ["opaque", "no_png", "too_wide"])
def test_an_unfit_picture_is_refused_with_its_reason(
    cast: Cast, login: Login, db_session: Session, what: str
) -> None:
    opaque = io.BytesIO()
    Image.new("RGB", (80, 80), RED).save(opaque, "PNG")
    png, width, said = {
        "opaque": (opaque.getvalue(), "36", "không có nền trong suốt"),
        "no_png": (b"GIF89a", "36", "Dùng tệp PNG nền trong suốt"),
        "too_wide": (picture(RED), "150", "Chiều rộng phải từ"),
    }[what]
    answer = sends(login(cast.chi), f"co-quan/{cast.commune_a}", png, width)
    assert said in words(answer)
    assert db_session.scalars(select(SignaturePicture)).all() == []


def test_pictures_are_for_the_clerk_of_the_place(cast: Cast, login: Login) -> None:
    page = f"/hinh-chu-ky/ca-nhan/{cast.person_giang}"
    assert login(cast.binh).get(page).status_code == 404
    for who in (cast.em, cast.huong, cast.giang):
        assert login(who).get(page).status_code == 403
    done(
        sends(login(cast.chi), page.removeprefix("/hinh-chu-ky/"), picture(BLUE), kind="SIGNATURE")
    )
    assert "36 × 36 mm" in login(cast.chi).get("/hinh-chu-ky").text


def drawn(session: Session, cast: Cast, act: SigningAct) -> bytes:
    """The first page, small, with the appearance of an act at its usual place."""
    giang = session.get_one(Person, cast.person_giang)
    agency = session.get_one(Agency, cast.commune_a)
    by_person = act in (SigningAct.APPROVE, SigningAct.INITIAL, SigningAct.COMMENT)
    with session.no_autoflush:
        document = OfficeDocument(
            agency=agency, agency_id=agency.id, number="15", symbol="UBND-VP", layout={}
        )
        step = DocumentStep(act=act, document=document)
        if by_person:
            step.person, step.person_id = giang, giang.id
        shown = step_appearance(step, AT)
    size, box = rule.A4, rule.leader(0, rule.A4, (40, 40))
    if rule.has_corner(act):
        box = rule.corner(0, size)
    elif act is SigningAct.ISSUE:
        box = rule.seal(box, size, (36, 36))
    elif act is not SigningAct.APPROVE:
        box = rule.person(0, 0, size)
    corners = PageGeometry(0, 0, 595.28, 841.89).rectangle(box.left, box.top, box.width, box.height)
    session.rollback()
    spot = layout.SignatureField("chu_ky", layout.Box(0, *corners))
    pdf = layout.add_fields(letter(1), [], [spot], fonts())
    made = prepare(pdf, field="chu_ky", signing_time=AT, appearance=shown, fonts=fonts())
    return render.page_image(made.pdf, 0, 420)


ACTS = (
    SigningAct.APPROVE,
    SigningAct.ISSUE,
    SigningAct.INITIAL,
    SigningAct.COMMENT,
    SigningAct.COPY_TRUE,
    SigningAct.COPY_OF_COPY,
    SigningAct.COPY_EXTRACT,
    SigningAct.ANNEX,
    SigningAct.DIGITISE,
)


def test_every_act_looks_as_its_golden_page(
    app: Flask, cast: Cast, login: Login, db_session: Session
) -> None:
    chi = login(cast.chi)
    done(sends(chi, f"co-quan/{cast.commune_a}", picture(RED)))
    done(sends(chi, f"ca-nhan/{cast.person_giang}", picture(BLUE), kind="SIGNATURE"))
    db_session.rollback()
    seal = current_picture(db_session, PictureKind.SEAL, agency_id=cast.commune_a)
    assert seal is not None
    assert (seal.width_mm, seal.height_mm) == (36.0, 36.0)
    for act in ACTS:
        image = drawn(db_session, cast, act)
        golden = GOLDEN / f"{act.value}.png"
        if os.environ.get("SO_TOKEN_NEW_GOLDEN"):  # after looking at what has changed
            GOLDEN.mkdir(exist_ok=True)
            golden.write_bytes(image)
        assert differing(golden.read_bytes(), image) < 0.004, act


def differing(first: bytes, second: bytes) -> float:
    """The share of dots that differ clearly; faces of another version of a font differ a little."""
    one, two = (Image.open(io.BytesIO(png)).convert("L") for png in (first, second))
    assert one.size == two.size
    apart = ImageChops.difference(one, two).point(lambda value: 255 if value > 96 else 0)
    return apart.histogram()[255] / (one.width * one.height)
