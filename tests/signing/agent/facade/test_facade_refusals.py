"""What the façade says no to, before anything is shown or sent; and that an answer always comes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from cryptography import x509
from websockets.exceptions import InvalidStatus

from signing.agent.application import Agent
from signing.agent.facade.calls import CALL_LIMIT
from signing.agent.facade.courier import Pass
from signing.agent.facade.frames import read as read_frame
from signing.agent.facade.listener import LARGEST_FRAME, bind_free
from signing.agent.facade.origins import TERM, Origin, OriginBook
from signing.agent.facade.refusals import STATUS, PortTaken
from signing.agent.facade.routes import ROUTES, Kind
from signing.agent.facade.tls import OwnCertificate
from signing.agent.state import StateBroken
from signing.errors import ERRORS, SigningError
from signing.messages import Pairing, ServerKey
from tests.signing.agent.conftest import OWN, Browser, Clock, browser_of
from tests.signing.agent.facade.callers import (
    DocumentSystem,
    Waiting,
    call,
    eventually,
    unverified,
)

NOWHERE = "http://127.0.0.1:9"


@dataclass
class Gate:
    """The agent with the façade on and one system allowed; its Sổ Token server is switched off."""

    agent: Agent
    browser: Browser
    system: DocumentSystem
    shown: list[str]
    clock: Clock

    @property
    def port(self) -> int:
        return self.agent.facade.port or 0

    def ask(self, route: str, frame: str, origin: str | None = None) -> dict[str, object]:
        return call(self.port, route, frame, origin or self.system.origin)

    def waits(self, route: str = "SignApproved") -> Waiting:
        """A page whose call has come as far as the person."""
        waiting = Waiting(self.port, route, self.system.frame(), self.system.origin).start()
        desk = self.agent.facade.calls
        eventually(lambda: desk.current and desk.current.stage.value == "asking")
        return waiting


@pytest.fixture
def gate(
    agent: Agent, system: DocumentSystem, shown: list[str], clock: Clock, tmp_path: Path
) -> Gate:
    key = ServerKey.generate().public
    agent.state.add_pairing(
        Pairing(key, "Sổ Token THỬ", NOWHERE, "", "1", "Người thử", datetime.now(UTC))  # noqa: TID251
    )
    agent.facade.start(0, remember=False)
    origin = Origin.parse(system.origin)
    agent.facade.origins.asked(origin)
    agent.facade.allow(origin.text)
    return Gate(agent, browser_of(agent), system, shown, clock)


# Who may call -------------------------------------------------------------------------------------


def test_a_strange_origin_is_refused_and_the_person_decides_on_the_agents_page(gate: Gate) -> None:
    stranger = "https://la.example"
    told = gate.ask("SignApproved", gate.system.frame(), stranger)
    assert (told["Status"], told["Code"]) == (10, "origin_not_paired")
    assert gate.shown == [f"{OWN}/cong"]
    assert not gate.system.seen  # nothing was fetched for it
    assert gate.ask("GetVersion", "version", stranger)["Code"] == "origin_not_paired"
    assert len(gate.shown) == 1  # and no second page is opened
    gate.browser.open("/cong")
    assert stranger in gate.browser.page
    gate.browser.submit("/cong/tu-choi", **{"he-thong": stranger})
    assert gate.ask("GetVersion", "version", stranger)["Code"] == "origin_not_paired"
    gate.browser.open("/cong")
    gate.browser.submit("/cong/cho-phep", **{"he-thong": stranger})
    assert gate.ask("GetVersion", "version", stranger)["Status"] == 0
    # http and https are two systems.
    assert gate.ask("GetVersion", "version", "http://la.example")["Status"] == 10
    gate.browser.submit("/cong/bo-phep", **{"he-thong": stranger})
    assert gate.ask("GetVersion", "version", stranger)["Status"] == 10


def test_a_page_cannot_allow_itself(gate: Gate) -> None:
    with pytest.raises(SigningError):
        gate.agent.facade.allow("https://khong-he-goi.example")
    answer = gate.browser.client.post(
        "/cong/cho-phep",
        data={"he-thong": "https://la.example"},
        headers={"Host": "127.0.0.1:17995", "Origin": "https://la.example"},
    )
    assert answer.status_code == 403


def test_a_permission_ends_by_itself(gate: Gate) -> None:
    gate.clock.ahead = TERM + timedelta(seconds=1)
    assert gate.ask("GetVersion", "version")["Code"] == "origin_not_paired"


@pytest.mark.parametrize("origin", [None, "null", "file://", "https://a.example/path", "HTTPS://A"])
def test_without_a_clear_origin_there_is_no_socket(gate: Gate, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as told:
        call(gate.port, "GetVersion", "version", origin)
    assert told.value.response.status_code == 403


def test_another_name_for_this_computer_is_no_way_in(gate: Gate) -> None:
    with pytest.raises(InvalidStatus) as told:
        call(gate.port, "GetVersion", "version", gate.system.origin, host="localhost")
    assert told.value.response.status_code == 421


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/SignPDF", 404), ("/../x", 404), ("/favicon.ico", 404)]
)
def test_the_page_for_accepting_the_certificate_shows_nothing_else(
    gate: Gate, path: str, status: int
) -> None:
    connection = HTTPSConnection("127.0.0.1", gate.port, context=unverified(), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status == status
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}
    assert gate.system.origin not in body


# The port and the certificate ---------------------------------------------------------------------


def test_a_port_that_another_program_holds_is_left_to_it(agent: Agent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken):
            bind_free(port)
        browser = browser_of(agent)
        browser.open("/cong")
        assert "Đang tắt" in browser.page
        answer = browser.submit("/cong/bat", cong=str(port))
        assert answer.status_code == 409
        assert "đang có chương trình khác dùng" in browser.page
        assert agent.facade.port is None
    browser.submit("/cong/bat", cong=str(port))
    assert agent.facade.port == port
    browser.submit("/cong/tat")
    assert agent.facade.port is None


def test_it_is_off_by_default_and_remembers_what_the_person_chose(
    make: Callable[..., Agent],
) -> None:
    first = make("mot")
    first.facade.start_as_remembered()
    assert first.facade.port is None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    first.facade.start(port)
    first.facade.stop(remember=False)
    again = make("mot")
    again.facade.start_as_remembered()
    assert again.facade.port == port
    again.facade.stop()
    last = make("mot")
    last.facade.start_as_remembered()
    assert last.facade.port is None


def test_the_certificate_is_this_computers_own_and_can_sign_no_other(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    mine = OwnCertificate(tmp_path, lambda: now)
    (tmp_path / "b").mkdir()
    other = OwnCertificate(tmp_path / "b", lambda: now)
    assert mine.sha256 != other.sha256
    assert mine.path.stat().st_mode & 0o077 == 0
    read = x509.load_der_x509_certificate(mine.der)
    constraints = read.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints.ca is False
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert OwnCertificate(tmp_path, lambda: now).sha256 == mine.sha256  # kept
    late = OwnCertificate(tmp_path, lambda: now + timedelta(days=390))
    assert late.sha256 != mine.sha256  # made anew before it ends
    mine.path.write_bytes(b"broken")
    assert OwnCertificate(tmp_path, lambda: now).sha256 not in (mine.sha256, late.sha256)


# Frames -------------------------------------------------------------------------------------------


def test_routes_that_would_sign_a_strangers_bytes_are_refused_with_the_reason(gate: Gate) -> None:
    for route in ROUTES.values():
        if not route.why:
            continue
        told = gate.ask(route.name, json.dumps({"Base64Content": "AAAA"}))
        assert (told["Status"], told["Code"]) == (12, "route_refused"), route.name
        assert route.why in str(told["Message"])
        assert ("Error" in told) == (route.error_key == "Error")
    assert gate.agent.facade.calls.current is None
    assert {"Auth", "SignMsg", "SignXML", "SignJson"} <= {
        each.name for each in ROUTES.values() if each.why
    }


def test_an_unknown_route_and_a_broken_frame_get_an_answer_too(gate: Gate) -> None:
    assert gate.ask("SignEverything", "{}")["Code"] == "route_unknown"
    assert gate.ask("SignPDF", "")["Code"] == "frame_malformed"
    assert gate.ask("SignPDF", '{"FileName": "x"}')["Detail"] == "FileUploadHandler"
    assert gate.ask("SignPDF", "{not json")["Code"] == "frame_malformed"
    assert gate.ask("SignPDF", "[" * 2000)["Code"] == "frame_malformed"
    assert gate.ask("SignPDF", gate.system.frame(FileName=""))["Code"] == "file_name_missing"


@pytest.mark.parametrize(
    "changed",
    [
        {"FileUploadHandler": ""},
        {"FileUploadHandler": 7},
        {"FileName": ["a"]},
        {"FileName": "a" * 5000},
        {"DocNumber": "1\r\nX: y"},
        {"JWTToken": {"a": 1}},
    ],
)
def test_a_frame_of_another_shape_is_refused(changed: dict[str, object]) -> None:
    told = {"FileUploadHandler": "https://a/b", "FileName": "https://a/c.pdf", **changed}
    with pytest.raises(SigningError):
        read_frame(ROUTES["SignPDF"], json.dumps(told))


def test_what_callers_send_in_odd_ways_is_understood() -> None:
    listed = json.dumps([{"FileID": "7", "FileName": 'Tờ trình "số 1".pdf', "URL": "https://a/b"}])
    frame = {"FileUploadHandler": "https://a/b", "Files": listed, "IssuedDate": "5/2/2026"}
    read = read_frame(ROUTES["SignFiles"], json.dumps(frame))
    assert (read.files[0].file_id, read.day, read.iso_day) == ("7", date(2026, 2, 5), False)
    metadata = [{"Key": "token", "Value": "bí mật"}, {"Key": "NoiDung", "Value": " Đồng  ý "}]
    frame = {"FileUploadHandler": "https://a/b", "FileName": "https://a/c", "MetaData": metadata}
    read = read_frame(ROUTES["Comment"], json.dumps(frame))
    assert read.words == "Đồng ý"
    many = {"FileUploadHandler": "https://a/b", "Files": [{"URL": "https://a/b"}] * 201}
    with pytest.raises(SigningError):
        read_frame(ROUTES["SignFiles"], json.dumps(many))


def test_no_token_of_a_caller_is_ever_shown_or_kept(gate: Gate) -> None:
    secret = "mat-khau-phien-7788"
    frame = gate.system.frame(SessionId=secret, JWTToken=secret)
    read = read_frame(ROUTES["SignPDF"], frame)
    assert secret not in repr(read)
    assert secret not in repr(Pass(secret, secret))
    waiting = Waiting(gate.port, "SignApproved", frame, gate.system.origin).start()
    eventually(lambda: gate.agent.facade.calls.current and gate.shown)
    standing = gate.agent.facade.calls.current
    assert secret not in repr(standing)
    gate.agent.facade.stop(remember=False)
    assert waiting.result()["Code"] == "agent_stopping"
    headers = gate.system.seen[0][2]
    assert (headers["Authorization"], headers["Cookie"]) == (
        f"Bearer {secret}",
        f"SessionId={secret}",
    )
    for file in gate.agent.state.folder.iterdir():
        assert secret.encode() not in file.read_bytes(), file


def test_too_large_a_frame_closes_the_connection(gate: Gate) -> None:
    with pytest.raises(Exception, match=r"1009|too big|closed"):
        gate.ask("SignPDF", "x" * (LARGEST_FRAME + 10))


# Where files come from ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("/khong-co.pdf", "download_failed"),
        ("/f/khong-co.pdf", "download_failed"),
        ("/f/quyet-dinh.pdf?t=sai", "not_pdf"),
        ("/elsewhere", "redirected_elsewhere"),
        ("/endless", "pdf_too_large"),
    ],
)
def test_what_cannot_be_fetched_is_answered_with_its_reason(
    gate: Gate, name: str, code: str
) -> None:
    told = gate.ask("SignApproved", gate.system.frame(FileName=gate.system.origin + name))
    assert (told["Status"], told["Code"]) == (STATUS[code], code)
    assert not gate.shown


def test_foreign_addresses_in_a_frame_fetch_nothing(gate: Gate) -> None:
    frame = gate.system.frame(FileName="http://127.0.0.1:9/f.pdf")
    assert gate.ask("SignApproved", frame)["Code"] == "address_foreign"
    assert not gate.system.seen


# One call at a time, and an answer always ---------------------------------------------------------


def test_a_second_page_is_told_busy(gate: Gate) -> None:
    first = gate.waits()
    told = gate.ask("SignApproved", gate.system.frame())
    assert (told["Status"], told["Code"]) == (14, "busy")
    gate.browser.open("/cong/viec")
    gate.browser.submit("/cong/viec/khong-ky")
    refused = first.result()
    assert (refused["Status"], refused["Code"]) == (31, "user_cancelled")


def test_a_form_of_an_earlier_call_decides_nothing(gate: Gate) -> None:
    first = gate.waits()
    gate.browser.open("/cong/viec")
    stale = gate.browser.page
    gate.browser.submit("/cong/viec/khong-ky")
    first.result()
    second = gate.waits()
    gate.browser.page = stale
    assert gate.browser.submit("/cong/viec/tiep", **{"cam-ket": "1"}).status_code == 404
    gate.agent.facade.stop(remember=False)
    second.result()


def test_no_byte_leaves_without_the_declaration(gate: Gate) -> None:
    waiting = gate.waits("VerifyPDF")
    gate.browser.open("/cong/viec")
    answer = gate.browser.submit("/cong/viec/tiep")
    assert answer.status_code == 409
    assert "secrecy_not_declared" in gate.browser.page
    # With it the server is asked, which is switched off here; the person may go on or stop.
    gate.browser.submit("/cong/viec/tiep", **{"cam-ket": "1"})
    assert "server_unreachable" in gate.browser.page
    gate.agent.facade.stop(remember=False)
    assert waiting.result()["Code"] == "agent_stopping"


def test_a_page_that_goes_away_frees_the_agent(gate: Gate) -> None:
    first = gate.waits()
    first.hang_up.set()
    desk = gate.agent.facade.calls
    eventually(lambda: desk.current and desk.current.stage.value == "failed")
    assert desk.current is not None
    assert desk.current.error is not None
    assert desk.current.error.code == "caller_gone"
    second = gate.waits()
    gate.agent.facade.stop(remember=False)
    assert second.result()["Code"] == "agent_stopping"


def test_a_person_who_does_not_come_is_not_waited_for_for_ever(gate: Gate) -> None:
    waiting = gate.waits()
    gate.clock.ahead = CALL_LIMIT + timedelta(seconds=1)
    told = waiting.result()
    assert (told["Status"], told["Code"]) == (32, "consent_timeout")


def test_taking_the_permission_back_ends_the_call_under_way(gate: Gate) -> None:
    waiting = gate.waits()
    gate.browser.open("/cong")
    gate.browser.submit("/cong/bo-phep", **{"he-thong": gate.system.origin})
    assert waiting.result()["Code"] == "user_cancelled"


def test_without_a_paired_server_nothing_is_fetched(agent: Agent, system: DocumentSystem) -> None:
    agent.facade.start(0, remember=False)
    agent.facade.origins.asked(Origin.parse(system.origin))
    agent.facade.allow(system.origin)
    told = call(agent.facade.port or 0, "SignApproved", system.frame(), system.origin)
    assert (told["Status"], told["Code"]) == (16, "not_paired")
    assert not system.seen


# The lists ----------------------------------------------------------------------------------------


def test_every_number_of_the_catalogue_is_one_of_our_errors() -> None:
    assert set(STATUS) <= set(ERRORS)
    assert len(set(STATUS.values())) == len(STATUS)
    assert 0 not in STATUS.values()
    assert 500 not in STATUS.values()


def test_the_documentation_names_every_route_and_code() -> None:
    text = (Path(__file__).resolve().parents[4] / "docs" / "facade.md").read_text("utf-8")
    for route in ROUTES.values():
        assert f"`{route.name}`" in text, route.name
        if route.kind is Kind.REFUSED:
            assert route.why in text, route.name
    for code, number in STATUS.items():
        assert f"| {number} | `{code}` |" in text, code


def test_a_damaged_list_of_origins_is_told_not_overwritten(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "list.json"
    path.write_text('[{"origin": "https://a.example/"}]')
    with pytest.raises(StateBroken):
        OriginBook(path, clock)
    assert path.read_text().startswith("[")


def test_strangers_cannot_fill_the_persons_page(tmp_path: Path, clock: Clock) -> None:
    book = OriginBook(tmp_path / "list.json", clock)
    for number in range(20):
        book.asked(Origin.parse(f"https://a{number}.example"))
    assert len(book.asking) == 5
    clock.ahead = timedelta(hours=1)
    assert not book.asking
