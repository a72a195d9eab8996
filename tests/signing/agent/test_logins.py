"""The agent's login pages against the real server over HTTP, with a real SoftHSM2 token."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from rules.token_logins import TokenLogin
from signing.agent.application import Agent
from signing.agent.clock import now
from signing.agent.desk import PIN_PAGE_LIMIT
from signing.agent.pin import PinQuestion
from signing.agent.pin_window import CONFIRMATION
from signing.agent.work import Stage
from signing.errors import UserCancelled
from signing.messages import (
    LoginProof,
    LoginPurpose,
    LoginTicket,
    Pairing,
    ServerKey,
    issue_login_ticket,
    login_attributes,
    open_login_ticket,
    read_login,
)
from signing.tokens.manager import TokenManager
from signing.tokens.types import PinState, TokenListing
from tests.cast import Cast
from tests.signing.agent.conftest import NAVIGATION, PIN, WRONG_PIN, Browser, Clock, browser_of
from tests.signing.pki import Holder, pki, usual_trust
from tests.signing_desk import register
from tests.token_door import made_an_agencys, set_mode

Login = Callable[[int], FlaskClient]


@dataclass
class House:
    """The server on a port of loopback, a paired agent, and the browser of the person."""

    url: str
    session: Session
    cast: Cast
    server: FlaskClient
    agent: Agent
    browser: Browser

    def asks(self, path: str, **data: str) -> str:
        """One page of the server in the person's browser: where it leads, or its text."""
        self.session.rollback()  # what the server's own threads wrote meanwhile
        send = self.server.post if data else self.server.get
        answer = send(path, base_url=self.url, data=data or None)
        return answer.location if answer.status_code == 303 else answer.text

    def begins(self) -> str:
        """Press "Đăng nhập bằng thiết bị"; the path of the agent's page."""
        page = self.asks(self.asks("/dang-nhap/thiet-bi", tiep="/"))
        link = re.search(r'href="(http://127\.0\.0\.1:\d+/dang-nhap/[^"]+)"', page)
        assert link is not None, page
        return urlsplit(link[1]).path

    def proves(self, path: str, pin: str = PIN) -> str:
        """Consent, PIN and wait; the agent's page afterwards."""
        self.browser.open(path)
        sha256 = re.search(r'name="chung-thu" value="([0-9a-f]{64})"', self.browser.page)
        assert sha256 is not None, self.browser.page
        self.browser.submit(path + "/dong-y", **{"chung-thu": sha256[1]})
        self.browser.submit(path + "/pin", pin=pin)
        self.agent.logins.wait(60)
        self.browser.open(path)
        return self.browser.page

    def journal(self) -> list[str]:
        return [each["event"] for each in self.agent.journal.entries()]


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def house(
    app: Flask,
    instance: Path,
    db_session: Session,
    cast: Cast,
    login: Login,
    served: str,
    agent: Agent,
    browser: Browser,
    holder: Holder,
) -> House:
    usual_trust(instance / "trust", practice=True)
    register(db_session, holder, cast.person_giang)
    set_mode(db_session, cast.giang, TokenLogin.ALSO)
    browser.open("/")
    browser.submit("/ghep-noi", **{"may-chu": served})
    code = re.search(r'<p class="pairing-code mono">([^<]+)</p>', browser.page)
    assert code is not None
    login(cast.giang).post("/chuong-trinh-ky", data={"code": code[1]})
    browser.open("/ghep-noi")
    agent.state.set_phrase("bến sông có cây gạo")
    return House(served, db_session, cast, app.test_client(), agent, browser)


def test_a_login_goes_from_the_browser_to_the_token_and_back(house: House):
    path = house.begins()
    house.browser.open(path)
    for words in (
        "Đăng nhập vào Sổ Token",
        "Không ký văn bản nào",
        house.url,
        "Nguyễn Thị Ánh Dương",
        "bến sông có cây gạo",
        "Mã PIN bình thường",
        "Không đăng nhập",
    ):
        assert words in house.browser.page
    page = house.proves(path)
    assert "Đã xác nhận" in page
    back = re.search(r'href="(http://[^"]+ma=[^"]+)"', page)
    assert back is not None
    found = urlsplit(unescape(back[1]))
    assert f"{found.scheme}://{found.netloc}" == house.url
    answer = house.browser.open(path)
    assert answer.headers["Refresh"] == f"0; url={unescape(back[1])}"
    code = found.query.removeprefix("ma=")
    assert house.asks(found.path, ma=code) == "/"
    page = house.server.get("/tai-khoan/phien-dang-nhap", base_url=house.url)
    assert page.status_code == 200
    assert house.journal()[-1] == "login_signed"
    written = (house.agent.state.folder / "nhat-ky.jsonl").read_text()
    assert PIN not in written
    assert code not in written


def test_looking_tells_nobody_and_leaves_nothing_behind(house: House):
    path = house.begins()
    before = house.journal()
    for _ in range(3):
        assert house.browser.open(path).status_code == 200
    assert house.journal() == before
    assert not house.agent.desk.busy


def test_a_wrong_pin_is_tried_once_and_the_same_ticket_serves_again(house: House):
    path = house.begins()
    page = house.proves(path, pin=WRONG_PIN)
    assert "Lần vừa rồi chưa xong" in page
    assert "Mã PIN đã bị nhập sai 1 lần liên tiếp trên máy này" in page
    assert house.journal()[-1] == "login_failed"
    assert "Đã xác nhận" in house.proves(path)


def test_what_the_server_says_no_to_is_told_at_the_agent_with_what_to_do(house: House):
    set_mode(house.session, house.cast.giang, TokenLogin.OFF)
    page = house.proves(house.begins())
    assert "chưa bật đăng nhập bằng thiết bị" in page
    assert "Đăng nhập bằng mật khẩu rồi bật" in page


def test_an_agencys_certificate_cannot_be_chosen_which_is_told_before_the_pin(house: House):
    made_an_agencys(house.session)
    house.browser.open(house.begins())
    assert re.search(r'value="[0-9a-f]{64}" required disabled>', house.browser.page)
    assert "không phải của một cá nhân" in house.browser.page
    assert 'form="dong-y"' not in house.browser.page


def test_the_person_may_say_no_and_the_servers_page_says_so(house: House):
    path = house.begins()
    house.browser.open(path)
    house.browser.submit(path + "/khong")
    assert "Anh/chị đã chọn không đăng nhập" in house.browser.page
    back = re.search(r'class="button" href="([^"]+)"', house.browser.page)
    assert back is not None
    assert "đã chọn không đăng nhập" in house.asks(urlsplit(back[1]).path)
    assert house.journal()[-1] == "login_declined"


def test_the_same_click_asks_once_and_a_forgotten_pin_page_asks_anew(house: House, clock: Clock):
    path = house.begins()
    house.browser.open(path)
    consent = house.browser.page
    (sha256,) = re.findall(r'name="chung-thu" value="([0-9a-f]{64})"', consent)
    house.browser.submit(path + "/dong-y", **{"chung-thu": sha256})
    assert "Nhập mã PIN để đăng nhập" in house.browser.page
    house.browser.submit(path + "/huy")
    assert "Đăng nhập vào Sổ Token" in house.browser.page
    house.browser.page = consent
    house.browser.submit(path + "/dong-y", **{"chung-thu": sha256})
    assert "Nhập mã PIN" not in house.browser.page  # a form sent twice is one click
    house.browser.submit(path + "/dong-y", **{"chung-thu": sha256})
    pin_page = house.browser.page
    clock.ahead = PIN_PAGE_LIMIT + timedelta(seconds=1)
    house.browser.page = pin_page
    assert house.browser.submit(path + "/pin", pin=PIN).status_code in {200, 409, 410}
    assert "Đã xác nhận" not in house.browser.page


def test_a_double_click_is_one_click_even_while_the_tokens_are_still_read(
    house: House, make: Callable[..., Agent], tokens: TokenManager
):
    """The browser shows the answer to the second one."""
    slow = _Slow(tokens)
    house.agent = make(tokens=slow)
    house.browser = browser_of(house.agent)
    path = house.begins()
    house.browser.open(path)
    (sha256,) = re.findall(r'name="chung-thu" value="([0-9a-f]{64})"', house.browser.page)
    text = path.rpartition("/")[2]
    slow.go_on.clear()
    first = threading.Thread(
        target=house.agent.logins.begin, args=(text,), kwargs={"click": "1", "certificate": sha256}
    )
    first.start()
    assert slow.reading.wait(30)
    work = house.agent.logins.begin(text, click="1", certificate=sha256)
    assert work.stage is Stage.SHOWN
    slow.go_on.set()
    first.join(30)
    assert work.stage is Stage.PIN_PAGE


def test_a_certificate_that_is_not_on_a_token_is_not_used(house: House):
    path = house.begins()
    house.browser.open(path)
    answer = house.browser.submit(path + "/dong-y", **{"chung-thu": "0" * 64})
    assert answer.status_code == 409
    house.browser.open(path)
    assert "Đăng nhập vào Sổ Token" in house.browser.page


def test_an_agent_that_is_not_paired_or_paired_elsewhere_says_so(
    house: House, make: Callable[..., Agent]
):
    path = house.begins()
    alone = browser_of(make("chua-ghep-noi"))
    assert alone.open(path).status_code == 409
    assert "chưa ghép nối với máy chủ" in alone.page
    ticket = LoginTicket(
        purpose=LoginPurpose.LOGIN,
        challenge_id="x",
        server_id=ServerKey.generate().public.server_id,
        origin=house.url,
        nonce="n",
        issued_at=house.agent.client.now(),
        expires_at=house.agent.client.now() + timedelta(minutes=3),
    )
    stranger = ServerKey.generate()
    ticket = replace(ticket, server_id=stranger.public.server_id)
    house.browser.open("/dang-nhap/" + issue_login_ticket(stranger, ticket))
    assert "không đến từ máy chủ đã ghép nối" in house.browser.page


def test_a_page_under_another_address_is_refused_with_the_right_one(house: House):
    answer = house.server.post("/dang-nhap/thiet-bi", base_url="http://ke-xau.example")
    page = house.server.get(answer.location, base_url="http://ke-xau.example").text
    link = re.search(r'href="http://127\.0\.0\.1:\d+(/dang-nhap/[^"]+)"', page)
    assert link is not None
    house.browser.open(link[1])
    assert "một địa chỉ khác với địa chỉ đã ghép nối" in house.browser.page
    assert house.url in house.browser.page


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Sec-Fetch-Dest": "iframe"}, "framed"),
        ({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, "not_navigation"),
        ({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, "not_navigation"),
        ({"Sec-Purpose": "prefetch"}, "prefetched"),
        ({"Host": "ke-xau.example:17995"}, "host_wrong"),
    ],
)
def test_another_page_cannot_look_in_frames_or_behind_the_persons_back(
    house: House, headers: dict[str, str], code: str
):
    house.browser.open(house.begins(), **headers)
    assert f"Mã lỗi: {code}" in house.browser.page


def test_another_page_cannot_start_a_login_by_itself(house: House):
    """A form of a stranger's page: refused for its origin, and without our seal even with ours."""
    path = house.begins()
    house.browser.open(path)
    (sha256,) = re.findall(r'name="chung-thu" value="([0-9a-f]{64})"', house.browser.page)
    data = {"chung-thu": sha256, "lan-bam": "x"}
    for headers in (
        {**NAVIGATION, "Origin": "http://ke-xau.example"},
        {**NAVIGATION, "Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:17995"},
    ):
        answer = house.browser.client.post(path + "/dong-y", data=data, headers=headers)
        assert answer.status_code == 403
    house.browser.open(path)
    assert "Đăng nhập vào Sổ Token" in house.browser.page


class _Twice:
    """The real token, seen in two readers with two certificates."""

    def __init__(self, tokens: TokenManager, other: bytes) -> None:
        self._tokens, self._other = tokens, other

    def list_tokens(self) -> TokenListing:
        listing = self._tokens.list_tokens()
        (one,) = listing.tokens
        (certificate,) = one.certificates
        other = replace(one, certificates=(replace(certificate, der=self._other),))
        return replace(listing, tokens=(one, other))


def test_among_several_tokens_none_is_chosen_beforehand(
    house: House, make: Callable[..., Agent], tokens: TokenManager
):
    """A PIN typed for the wrong token would spend one of its tries."""
    house.browser.open(house.begins())
    assert house.browser.page.count(" checked") == 1
    several = browser_of(make(tokens=_Twice(tokens, pki().staff.der)))
    several.open(house.begins())
    assert several.page.count('type="radio"') == 2
    assert " checked" not in several.page
    assert "Chọn chứng thư mang tên mình" in several.page


class _Window:
    """A native window as the desk sees it: it shows its question and gives what was typed."""

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, []

    def available(self) -> bool:
        return True

    def ask(self, question: PinQuestion, _stop: threading.Event) -> str:
        self.asked.append(question)
        if not self.answer:
            raise UserCancelled
        return self.answer


@pytest.mark.parametrize("typed", [PIN, ""], ids=["typed", "closed"])
def test_where_there_is_a_display_the_pin_is_asked_in_the_window(
    house: House, make: Callable[..., Agent], typed: str
):
    window = _Window(typed)
    house.agent = make(window=window)  # the same folder: keys, pairing and phrase stay
    house.browser = browser_of(house.agent)
    path = house.begins()
    house.browser.open(path)
    (sha256,) = re.findall(r'name="chung-thu" value="([0-9a-f]{64})"', house.browser.page)
    house.browser.submit(path + "/dong-y", **{"chung-thu": sha256})
    house.agent.logins.wait(60)
    house.browser.open(path)
    (question,) = window.asked
    assert question.phrase == "bến sông có cây gạo"
    assert (question.act, question.button) == ("Đăng nhập vào Sổ Token", "Đăng nhập")
    # Who only wanted to log in reads nothing of documents that were not signed.
    assert ("Anh/chị đã hủy nhập mã PIN." in house.browser.page) is not bool(typed)
    assert "hủy việc ký" not in house.browser.page
    assert ("Đã xác nhận" in house.browser.page) is bool(typed)


class _Slow:
    """The real tokens behind a driver that takes its time to list them."""

    def __init__(self, tokens: TokenManager) -> None:
        self._tokens = tokens
        self.reading, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def list_tokens(self) -> TokenListing:
        if not self.go_on.is_set():
            self.reading.set()
            assert self.go_on.wait(30)
        return self._tokens.list_tokens()

    def sign(self, certificate_der, to_be_signed, pin, allow_final_try=False):
        yield from self._tokens.sign(certificate_der, to_be_signed, pin, allow_final_try)


def test_who_only_shows_the_token_is_not_told_of_logging_in(agent: Agent, browser: Browser):
    key, at = ServerKey.generate(), now()
    url = "http://127.0.0.1:9"
    agent.state.add_pairing(Pairing(key.public, "Sổ Token THỬ", url, "", "1", "Người thử", at))
    ticket = LoginTicket(
        LoginPurpose.SWITCH, "thu-1", key.public.server_id, url, "n", at, at + timedelta(minutes=3)
    )
    path = "/dang-nhap/" + issue_login_ticket(key, ticket)
    page = browser.open(path).get_data(as_text=True)
    assert "Thử thiết bị để đổi cách đăng nhập" in page
    (sha256,) = re.findall(r'name="chung-thu" value="([0-9a-f]{64})"', page)
    browser.submit(path + "/dong-y", **{"chung-thu": sha256})
    assert "Nhập mã PIN để thử thiết bị" in browser.page
    assert ">Đăng nhập<" not in page + browser.page


class _OnItsLastTry:
    """The real token, whose flags say that the next wrong PIN locks it."""

    def __init__(self, tokens: TokenManager, pin: PinState) -> None:
        self._tokens, self._pin = tokens, pin
        self.signed: list[bytes] = []

    def list_tokens(self) -> TokenListing:
        listing = self._tokens.list_tokens()
        return replace(
            listing, tokens=tuple(replace(each, pin=self._pin) for each in listing.tokens)
        )

    def sign(self, certificate_der, to_be_signed, pin, allow_final_try=False):
        assert allow_final_try
        self.signed = list(to_be_signed)
        yield from self._tokens.sign(certificate_der, self.signed, pin, allow_final_try=True)


def test_the_last_try_wants_the_typed_confirmation_and_a_locked_token_is_not_offered(
    house: House, make: Callable[..., Agent], tokens: TokenManager
):
    (now,) = {each.pin for each in tokens.list_tokens().tokens}
    last = _OnItsLastTry(tokens, replace(now, final_try=True))
    house.agent = make(tokens=last)
    house.browser = browser_of(house.agent)
    path = house.begins()
    house.browser.open(path)
    assert "chỉ còn một lần thử" in house.browser.page
    (sha256,) = re.findall(r'name="chung-thu" value="([0-9a-f]{64})"', house.browser.page)
    consent = house.browser.page
    house.browser.submit(path + "/dong-y", **{"chung-thu": sha256})
    assert "Mã lỗi: pin_final_try" in house.browser.page
    house.browser.page = consent
    house.browser.submit(path + "/dong-y", **{"chung-thu": sha256, "xac-nhan": CONFIRMATION})
    assert "Nhập mã PIN để đăng nhập" in house.browser.page
    house.browser.submit(path + "/pin", pin=PIN)
    house.agent.logins.wait(60)
    assert len(last.signed) == 1
    locked = make(tokens=_OnItsLastTry(tokens, replace(now, locked=True)))
    house.browser = browser_of(locked)
    house.browser.open(path)
    assert "Thiết bị đã bị khóa mã PIN" in house.browser.page
    assert 'class="sign"' not in house.browser.page


def test_the_token_signs_what_the_agent_built_and_nothing_of_the_page(
    house: House, make: Callable[..., Agent], tokens: TokenManager, holder: Holder
):
    kept: list[bytes] = []

    class Spy:
        list_tokens = tokens.list_tokens

        def sign(self, certificate_der, to_be_signed, pin, allow_final_try=False):
            kept.extend(to_be_signed)
            yield from tokens.sign(certificate_der, kept, pin)

    house.agent = make(tokens=Spy())
    sent: list[bytes] = []
    client = house.agent.client
    call = client.call

    def note(pairing, path, body):
        sent.append(body)
        return call(pairing, path, body)

    client.call = note  # type: ignore[method-assign]
    house.browser = browser_of(house.agent)
    path = house.begins()
    assert "Đã xác nhận" in house.proves(path)
    ticket, _ = open_login_ticket(
        path.rsplit("/", 1)[1], pairings=house.agent.state.pairings, at=client.now()
    )
    statement, certificate = read_login(LoginProof.from_body(sent[-1]).container)
    assert kept == [login_attributes(statement, certificate)]
    assert certificate == holder.der
    assert statement.origin == house.agent.state.pairings[0].server_url
    assert statement.server_key == house.agent.state.pairings[0].server_key.raw
    assert (statement.challenge_id, statement.nonce) == (ticket.challenge_id, ticket.nonce)
    assert PIN.encode() not in sent[-1]
