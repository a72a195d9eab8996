"""What every answer carries: nothing foreign on a page, nothing of it kept, static files once."""

import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import ROOT
from tests.cast import Cast
from views.headers import static_version

Login = Callable[[int], FlaskClient]


@pytest.mark.parametrize("path", ["/", "/khong-co-trang-nay"])
def test_pages_load_nothing_foreign_stand_in_no_frame_and_are_not_kept(
    login: Login, cast: Cast, path: str
) -> None:
    headers = login(cast.an).get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "ETag" not in headers
    assert "Last-Modified" not in headers


def test_browsers_are_told_to_stay_with_tls_only_where_it_is_served(
    app: Flask, client: FlaskClient
) -> None:
    assert "Strict-Transport-Security" not in client.get("/dang-nhap").headers
    app.extensions["so_token"] = replace(app.extensions["so_token"], behind_tls=True)
    headers = client.get("/dang-nhap").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate", "gzip, deflate, br, zstd"])
def test_the_stylesheet_comes_as_gzip_and_is_kept_for_a_year(
    client: FlaskClient, accepted: str
) -> None:
    address = f"/static/site.css?v={static_version()}"
    with client.get(address, headers={"Accept-Encoding": accepted}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data) == (ROOT / "static" / "site.css").read_bytes()
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with client.get("/static/site.css") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"


def test_pages_come_as_gzip_where_the_browser_takes_it(login: Login, cast: Cast) -> None:
    answer = login(cast.an).get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.data)
