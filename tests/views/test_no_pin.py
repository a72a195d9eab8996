"""No field takes a PIN, whatever the field is meant for."""

import importlib
import pkgutil
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

import forms
from forms.base import HouseForm
from forms.signing import PairingForm
from forms.trust import ConfirmForm
from models import Device, Person
from operations.transactions import transaction
from rules.devices import DeviceState
from rules.incidents import looks_like_pin
from schema.custody import Paper
from tests import factories
from tests.cast import Cast

Login = Callable[[int], FlaskClient]
TOLD = "PIN: 12345678"
REFUSED = "Phần mềm không lưu mật khẩu"


def test_every_form_asks_its_texts_whether_they_tell_a_pin() -> None:
    for module in pkgutil.iter_modules(forms.__path__):
        for name, found in vars(importlib.import_module(f"forms.{module.name}")).items():
            if isinstance(found, type) and issubclass(found, FlaskForm) and found is not FlaskForm:
                assert issubclass(found, HouseForm), f"forms/{module.name}.py: {name}"


@pytest.fixture
def token(db_session: Session, cast: Cast) -> int:
    """A token in stock with the certificate of Em."""
    with transaction(db_session):
        row = factories.device(db_session, cast.office_a, "TB-1", state=DeviceState.IN_STOCK)
        em = db_session.get_one(Person, cast.person_em)
        factories.certificate(db_session, em, token=row)
        return row.id


def test_the_note_of_a_device_takes_no_pin_and_does_not_show_it_again(
    login: Login, cast: Cast, token: int, db_session: Session
) -> None:
    data = {"note": f"Để ở ngăn bàn, {TOLD}", "internal_code": "TB-1", "version": 1}
    answer = login(cast.an).post(f"/thiet-bi/{token}/sua", data=data)
    assert REFUSED in answer.text
    assert "Để ở ngăn bàn" in answer.text
    assert "12345678" not in answer.text
    assert not db_session.get_one(Device, token).note


@pytest.mark.parametrize("field", ["reason", "purpose", "tinh-trang-{}", "ghi-chu-{}"])
def test_minutes_take_no_pin_in_any_of_their_texts(
    login: Login, cast: Cast, token: int, db_session: Session, field: str
) -> None:
    data = {
        "on": f"{factories.day(0):%d/%m/%Y}",
        "agency_person_id": cast.person_an,
        "receivers": "thue-bao",
        "signing": "giay",
        "lap": "1",
        field.format(token): TOLD,
    }
    answer = login(cast.an).post(f"/ban-giao/moi?viec=ban-giao&thiet-bi={token}", data=data)
    assert REFUSED in answer.text
    assert db_session.scalar(select(Paper.id)) is None


def test_a_pairing_code_that_happens_to_read_like_a_pin_is_taken(app: Flask) -> None:
    code = "4CH0-72AV-MK7X-P7V8"
    assert looks_like_pin(code)
    with app.test_request_context(method="POST", data={"code": code}):
        form = PairingForm(meta={"csrf": False})
        assert form.validate(), form.errors


def test_what_a_hidden_field_carries_may_read_like_a_pin(app: Flask) -> None:
    sealed = "IkZhbDgvUElOMTIzNDU2.aSA.+/pin1234+x"
    assert looks_like_pin(sealed)
    typed = {"sealed": sealed, "digits": "9ee23772", "words": "Công văn của cơ quan chứng thực"}
    with app.test_request_context(method="POST", data=typed):
        form = ConfirmForm(meta={"csrf": False})
        assert form.validate(), form.errors
        assert form.sealed.data == sealed
