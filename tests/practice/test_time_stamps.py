"""The practice time-stamp authority: real answers, marked for what they are, and only here."""

import threading
from dataclasses import replace
from pathlib import Path

from werkzeug.serving import make_server

from app import create_app
from config import Config
from extensions import db
from operations import time_stamps
from practice.time_stamps import NAME, PATH
from rules.upgrades import PadesLevel
from tests.practice.fixtures import PracticeInstance, application
from views import upgrade_work
from views.time_stamps import ask


def test_the_practice_server_stamps_on_loopback_and_what_it_stamps_is_marked(
    practice_copy: Path,
) -> None:
    with application(practice_copy) as app:
        assert time_stamps.wish_of(db.session()).level is PadesLevel.B_LT
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            app.extensions["so_token"] = replace(
                app.extensions["so_token"], port=server.server_port
            )
            (service,) = upgrade_work.services(db.session())
            found = ask(service)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
        assert (found.problem, found.authority) == ("", NAME)
        assert "THỬ NGHIỆM" in found.issuer
        client = app.test_client()
        assert client.post(PATH, data=b"no query").data.hex() == "30053003020102"
        assert client.post(PATH, data=bytes(5000)).status_code == 413
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        assert client.post(PATH, data=b"", environ_overrides=elsewhere).status_code == 404


def test_without_practice_data_there_is_no_such_authority(tmp_path: Path) -> None:
    app = create_app(Config.load(tmp_path / "instance", testing=True))
    assert app.test_client().post(PATH, data=b"").status_code == 404


def test_each_installation_has_a_key_of_its_own_that_lies_with_the_authority(
    practice_instance: PracticeInstance,
) -> None:
    file = practice_instance.folder / "practice" / "authority" / "tsa.pem"
    assert b"PRIVATE KEY" in file.read_bytes()
    assert not list((practice_instance.folder / "trust").rglob("*tsa*"))
