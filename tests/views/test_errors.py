"""What a mistyped address or an altered form answers: a page in Vietnamese, no fault of ours."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast

Login = Callable[[int], FlaskClient]
TOO_LARGE = "9" * 25  # more than a database can number its rows


@pytest.mark.parametrize(
    "address",
    [
        f"/ca-nhan/{TOO_LARGE}",
        f"/chung-thu/{TOO_LARGE}",
        f"/de-nghi/{TOO_LARGE}",
        f"/thiet-bi?sau={TOO_LARGE}",
        f"/can-cu-phap-ly/thu-xem?chung-thu={TOO_LARGE}",
    ],
)
def test_a_number_that_no_row_can_have_is_not_found(login: Login, cast: Cast, address: str) -> None:
    answer = login(cast.an).get(address)
    assert answer.status_code == 404
    assert "Không tìm thấy" in answer.text


def test_another_overflow_is_still_told_as_a_fault_of_ours(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow() -> str:
        raise OverflowError("date value out of range")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "accounts.login", overflow)
    answer = client.get("/dang-nhap")
    assert answer.status_code == 500
    assert "mã tham chiếu" in answer.text
