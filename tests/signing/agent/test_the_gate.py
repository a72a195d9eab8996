"""Pages of other origins, other names for this computer, frames and prefetching stay outside."""

from __future__ import annotations

import pytest

from signing.agent.application import Agent
from signing.agent.gate import LARGEST_BODY
from signing.messages import JobState
from tests.signing.agent.conftest import NAVIGATION, OWN, SUBMISSION, Browser, browser_of
from tests.signing.agent.office import Office
from tests.signing.pki import Holder


@pytest.fixture
def ticket(paired: Browser, agent: Agent, office: Office, holder: Holder) -> str:
    return office.press_sign(agent.state.keys.public, holder)[1]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost:17995", "127.0.0.1", "127.0.0.1:8000", "127.0.0.1.evil:17995"],
)
def test_any_other_name_for_this_computer_is_refused(browser: Browser, host: str):
    answer = browser.open("/", Host=host)
    assert answer.status_code == 421
    assert "tên máy lạ" in browser.page


def test_a_whole_address_in_the_first_line_does_not_go_past_the_name(browser: Browser):
    target = {"REQUEST_URI": "http://evil.example/"}
    answer = browser.client.get("/", headers=NAVIGATION, environ_overrides=target)
    assert answer.status_code == 421


def test_another_computer_is_refused(browser: Browser):
    browser.client.environ_base["REMOTE_ADDR"] = "192.168.1.20"
    assert browser.open("/").status_code == 403
    assert "chỉ trả lời chính máy tính này" in browser.page


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Sec-Purpose": "prefetch;prerender"}, "tải trước trang ký"),
        ({"Purpose": "prefetch"}, "tải trước trang ký"),
        ({"Sec-Fetch-Dest": "iframe"}, "nhúng Trình ký số"),
        ({"Sec-Fetch-Dest": "object"}, "nhúng Trình ký số"),
        (
            {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
            "không trả lời chương trình gọi ngầm",
        ),
        ({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, "gọi ngầm"),
    ],
)
def test_only_a_navigation_of_the_person_opens_a_job(
    paired: Browser, office: Office, ticket: str, headers: dict[str, str], words: str
):
    before = len(office.seen)
    assert paired.open(f"/ky/{ticket}", **headers).status_code == 403
    assert words in paired.page
    assert len(office.seen) == before


def test_a_browser_that_hides_where_a_request_comes_from_cannot_open_a_job(
    paired: Browser, ticket: str
):
    answer = paired.client.get(f"/ky/{ticket}", headers={"Host": NAVIGATION["Host"]})
    assert answer.status_code == 403
    assert "không cho biết trang nào đã gửi yêu cầu" in answer.get_data(as_text=True)
    assert paired.client.get("/", headers={"Host": NAVIGATION["Host"]}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}, "Một trang lạ"),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, "Một trang lạ"),
        ({"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-site"}, "Một trang lạ"),
        ({"Origin": OWN, "Sec-Fetch-Site": "cross-site"}, "Một trang lạ"),
        ({"Origin": OWN, "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, "gọi ngầm"),
    ],
)
def test_a_form_or_fetch_of_another_page_changes_nothing(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    headers: dict[str, str],
    words: str,
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    answer = paired.client.post(f"/ky/{ticket}/ky", headers={**SUBMISSION, **headers})
    assert answer.status_code == 403
    assert words in answer.get_data(as_text=True)
    assert job.progress.state is JobState.ISSUED


def test_a_post_that_names_no_origin_at_all_is_refused(paired: Browser, ticket: str):
    answer = paired.client.post(f"/ky/{ticket}/ky", headers={"Host": NAVIGATION["Host"]})
    assert answer.status_code == 403


def test_a_form_without_the_seal_of_this_start_is_refused(
    paired: Browser, agent: Agent, ticket: str
):
    answer = paired.client.post(f"/ky/{ticket}/ky", data={"dau": "x"}, headers=SUBMISSION)
    assert answer.status_code == 403
    assert "đã cũ hoặc không do Trình ký số tạo ra" in answer.get_data(as_text=True)


@pytest.mark.parametrize("seal", ["ấ" * 64, "\ufffd", ""])
def test_a_seal_of_strange_letters_is_wrong_like_any_other(paired: Browser, ticket: str, seal: str):
    paired.open(f"/ky/{ticket}")
    answer = paired.client.post(f"/ky/{ticket}/ky", data={"dau": seal}, headers=SUBMISSION)
    assert answer.status_code == 403


def test_the_question_of_a_page_before_it_asks_across_origins_gets_no_answer(
    paired: Browser, ticket: str
):
    answer = paired.client.options(f"/ky/{ticket}/ky", headers=SUBMISSION)
    assert answer.status_code == 405
    assert not any(name.startswith("Access-Control") for name in answer.headers.keys())


def test_the_seal_of_one_ticket_or_visitor_does_not_open_another(
    paired: Browser, agent: Agent, office: Office, holder: Holder, ticket: str
):
    job, other = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    seal = paired.page.split('name="dau" value="')[1].split('"')[0]
    data = {"dau": seal, "lan-bam": "x"}
    assert paired.client.post(f"/ky/{other}/ky", data=data, headers=SUBMISSION).status_code == 403
    stranger = browser_of(agent)
    answer = stranger.client.post(f"/ky/{ticket}/ky", data=data, headers=SUBMISSION)
    assert answer.status_code == 403
    assert job.progress.state is JobState.ISSUED


def test_a_body_that_is_too_large_is_refused(paired: Browser, ticket: str):
    paired.open(f"/ky/{ticket}")
    answer = paired.client.post(
        f"/ky/{ticket}/ky", data={"dau": "x" * (LARGEST_BODY + 1)}, headers=SUBMISSION
    )
    assert answer.status_code == 413
    assert "quá lớn" in answer.get_data(as_text=True)


def test_every_answer_forbids_framing_caching_and_scripts(
    paired: Browser, office: Office, ticket: str
):
    for path in ("/", f"/ky/{ticket}", "/khong-co", "/ghep-noi"):
        headers = paired.open(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert f"form-action 'self' {office.url};" in policy
        assert "script-src" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "<script" not in paired.page
    assert "style=" not in paired.page


def test_the_cookie_has_a_name_of_its_own_and_no_script_can_read_it(browser: Browser):
    cookie = browser.open("/").headers["Set-Cookie"]
    assert cookie.startswith("so_token_agent_17995=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_job_page_takes_no_wrong_method(paired: Browser, ticket: str):
    paired.open(f"/ky/{ticket}")
    seal = paired.page.split('name="dau" value="')[1].split('"')[0]
    answer = paired.client.post(f"/ky/{ticket}", data={"dau": seal}, headers=SUBMISSION)
    assert answer.status_code == 405
    assert paired.open(f"/ky/{ticket}/ky").status_code == 405
