"""From pairing to the signature that went back, and every way in which it may stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from signing import cms
from signing.agent.application import Agent
from signing.agent.certificates import clock_words
from signing.agent.desk import PIN_PAGE_LIMIT
from signing.agent.journal import verify as verify_journal
from signing.messages import CLAIM_LIMIT, JobState
from signing.tokens.manager import TokenManager
from tests.signing.agent.conftest import PIN, WRONG_PIN, Browser, Clock, browser_of, pair
from tests.signing.agent.office import Office
from tests.signing.batches import sign_batch
from tests.signing.pki import Holder


def sign_on_page(browser: Browser, agent: Agent, ticket: str, pin: str = PIN) -> None:
    browser.open(f"/ky/{ticket}")
    browser.submit(f"/ky/{ticket}/ky")
    browser.submit(f"/ky/{ticket}/pin", pin=pin)
    agent.desk.wait(60)
    browser.open(f"/ky/{ticket}")


def test_the_consent_page_shows_who_asks_what_and_with_which_certificate(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    agent.state.set_phrase("bến sông có cây gạo")
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    answer = paired.open(f"/ky/{ticket}")
    assert answer.status_code == 200
    for words in (
        "Sổ Token UBND xã Đồi Mẫu (THỬ NGHIỆM)",
        office.url,
        job.manifest.items[0].sha256,
        "Ký phê duyệt",
        "Văn bản đề nghị gia hạn chứng thư số 1",
        "Nguyễn Thị Ánh Dương",
        "bến sông có cây gạo",
        "chưa kiểm tra thu hồi",
        "Mã PIN bình thường",
        f"/ky/{ticket}/trang/0/1.png",
    ):
        assert words in paired.page
    assert paired.page.count("Số 12/UBND-VP, ngày 20/11/2026") >= 1
    assert "Số Số" not in paired.page
    image = paired.client.get(
        f"/ky/{ticket}/trang/0/0.png",
        headers={
            "Host": "127.0.0.1:17995",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "no-cors",
            "Sec-Fetch-Dest": "image",
        },
    )
    assert image.data.startswith(b"\x89PNG")


def test_a_letter_is_signed_with_the_token_and_the_office_accepts_it(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket)
    assert "Đã ký xong" in paired.page
    assert f"{office.url}/van-ban/1" in paired.page
    assert job.progress.state is JobState.ACCEPTED
    item = job.manifest.items[0]
    before, resume = item.byte_range[1], item.byte_range[2]
    assert job.finished[0][:before] == job.pdfs[0][:before]
    assert job.finished[0][resume:] == job.pdfs[0][resume:]
    assert job.finished[0] != job.pdfs[0]


def test_a_batch_is_signed_under_one_login(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=3)
    paired.open(f"/ky/{ticket}?van-ban=2")
    assert f"/ky/{ticket}/trang/1/0.png" in paired.page
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert len(job.finished) == 3


def test_reloading_changes_nothing_in_any_state(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    for _ in range(3):
        assert paired.open(f"/ky/{ticket}").status_code == 200
    assert job.progress.state is JobState.ISSUED
    paired.submit(f"/ky/{ticket}/ky")
    for _ in range(2):
        assert "Nhập mã PIN để ký" in paired.open(f"/ky/{ticket}").get_data(as_text=True)
    claim_id = job.progress.claim_id
    paired.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    for _ in range(2):
        assert "Đã ký xong" in paired.open(f"/ky/{ticket}").get_data(as_text=True)
    assert job.progress.claim_id == claim_id
    assert job.results == 1


def test_the_same_click_sent_twice_claims_once(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    shown = paired.page
    paired.submit(f"/ky/{ticket}/ky")
    claim_id = job.progress.claim_id
    paired.page = shown
    answer = paired.submit(f"/ky/{ticket}/ky")
    assert answer.status_code == 200
    assert "Nhập mã PIN để ký" in paired.page
    assert job.progress.claim_id == claim_id


def test_a_second_tab_cannot_claim_the_same_ticket(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    second_tab = paired.page
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    paired.page = second_tab
    answer = paired.submit(f"/ky/{ticket}/ky")
    assert answer.status_code == 409
    assert "đang được ký ở một thẻ hoặc một lần bấm khác" in paired.page
    assert job.progress.state is JobState.CLAIMED


def test_a_signed_ticket_shows_that_it_is_done_even_to_a_fresh_agent(
    paired: Browser, agent: Agent, office: Office, holder: Holder, make: Callable[..., Agent]
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket)
    restarted = browser_of(make())
    assert "Đã ký xong" in restarted.open(f"/ky/{ticket}").get_data(as_text=True)
    assert job.results == 1


def test_an_agent_that_was_restarted_takes_its_own_claim_over(
    paired: Browser, agent: Agent, office: Office, holder: Holder, make: Callable[..., Agent]
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    old_claim = job.progress.claim_id
    restarted = make()
    sign_on_page(browser_of(restarted), restarted, ticket)
    assert job.progress.state is JobState.ACCEPTED
    assert job.progress.claim_id != old_claim


def test_a_wrong_pin_costs_one_try_and_the_job_can_be_signed_again(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket, WRONG_PIN)
    assert "Mã PIN không đúng" in paired.page
    assert "nhập sai 1 lần liên tiếp trên máy này" in paired.page
    assert job.progress.state is JobState.ISSUED
    assert job.failures == ["pin_incorrect"]
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED


def test_the_last_try_needs_a_typed_confirmation(
    paired: Browser, agent: Agent, office: Office, holder: Holder, tokens: TokenManager
):
    for _ in range(2):
        sign_batch(tokens, holder.der, [b"x"], WRONG_PIN)
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky", **{"xac-nhan": "vâng"})
    if agent.desk.holder(job.manifest).token.pin.last_try:
        assert "Chỉ còn một lần nhập mã PIN" in paired.page
        assert job.progress.state is JobState.ISSUED
        paired.open(f"/ky/{ticket}")
        paired.submit(f"/ky/{ticket}/ky", **{"xac-nhan": "lan cuoi"})
    paired.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    assert job.progress.state is JobState.ACCEPTED


def test_saying_no_ends_the_job(paired: Browser, agent: Agent, office: Office, holder: Holder):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/khong-ky")
    assert "Anh/chị đã chọn không ký" in paired.page
    assert job.progress.state is JobState.REFUSED
    paired.open(f"/ky/{ticket}")
    assert f"/ky/{ticket}/ky" not in paired.page


def test_a_no_that_the_server_did_not_take_is_not_told_as_taken(
    paired: Browser, agent: Agent, office: Office, holder: Holder, make: Callable[..., Agent]
):
    """The claim is from before the agent was started anew: the server still waits for that one."""
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    restarted = browser_of(make())
    restarted.open(f"/ky/{ticket}")
    restarted.submit(f"/ky/{ticket}/khong-ky")
    assert job.progress.state is JobState.CLAIMED
    assert "đang được ký ở một thẻ hoặc một lần bấm khác" in restarted.page
    assert "đã chọn không ký" not in restarted.open(f"/ky/{ticket}").get_data(as_text=True)


def test_going_back_from_the_pin_gives_the_claim_back(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    paired.submit(f"/ky/{ticket}/huy")
    assert job.progress.state is JobState.ISSUED
    sign_on_page(paired, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED


def test_a_closed_tab_does_not_keep_the_agent_from_the_next_job(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    left, left_ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{left_ticket}")
    paired.submit(f"/ky/{left_ticket}/ky")
    following, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket)
    assert following.progress.state is JobState.ACCEPTED
    assert left.progress.state is JobState.ISSUED


def test_a_claim_that_waits_too_long_for_its_pin_is_given_back(
    paired: Browser, agent: Agent, office: Office, holder: Holder, clock: Clock
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    clock.ahead = PIN_PAGE_LIMIT + timedelta(seconds=1)
    paired.open(f"/ky/{ticket}")
    assert "Đã quá thời gian chờ xác nhận ký" in paired.page
    assert job.progress.state is JobState.ISSUED


def test_a_result_whose_answer_was_lost_is_sent_again_without_a_pin(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    office.drop_answers = 1
    paired.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    paired.open(f"/ky/{ticket}")
    assert "chưa gửi được" in paired.page
    assert job.progress.state is JobState.ACCEPTED
    paired.submit(f"/ky/{ticket}/gui-lai")
    assert "Đã ký xong" in paired.page
    assert job.results == 2
    assert job.progress.state is JobState.ACCEPTED


def test_a_result_after_the_claim_timed_out_is_not_taken(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, minutes=60)
    paired.open(f"/ky/{ticket}")
    paired.submit(f"/ky/{ticket}/ky")
    office.offset = CLAIM_LIMIT + timedelta(seconds=30)
    paired.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    paired.open(f"/ky/{ticket}")
    assert "đã quá thời gian hoặc đã được mở lại ở chỗ khác" in paired.page
    assert not job.finished


def test_a_document_changed_on_the_way_is_refused_before_any_pin(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    job.pdfs[0] = job.pdfs[0].replace(b"/Type", b"/tYpe", 1)
    answer = paired.open(f"/ky/{ticket}")
    assert answer.status_code == 409
    assert "khác với nội dung máy chủ yêu cầu ký" in paired.page
    assert job.failures == ["hash_mismatch"]


def test_bytes_hidden_in_the_hole_of_the_signature_are_refused(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, _ = office.press_sign(agent.state.keys.public, holder)
    item = job.manifest.items[0]
    hole = item.byte_range[1] + 10
    pdf = job.pdfs[0][:hole] + b"ff" + job.pdfs[0][hole + 2 :]
    with pytest.raises(Exception, match="khác với nội dung") as refused:
        type(item)(
            **{**{k: getattr(item, k) for k in item.__slots__}, "sha256": _sha256(pdf)}
        ).check(pdf)
    assert refused.value.detail == "hole"


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def test_without_the_right_token_nothing_can_be_claimed(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    other = holder.chain[0]
    job, ticket = office.press_sign(agent.state.keys.public, holder, certificate_der=other)
    paired.open(f"/ky/{ticket}")
    assert "Không thấy chứng thư cần dùng" in paired.page
    assert f'action="/ky/{ticket}/ky"' not in paired.page
    assert job.progress.state is JobState.ISSUED


def test_certificates_are_read_without_a_pin_and_sent_only_after_a_click(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job_id, ticket = office.press_import(agent.state.keys.public)
    paired.open(f"/doc-chung-thu/{ticket}")
    assert "Nguyễn Thị Ánh Dương" in paired.page
    assert office.imports[job_id] is None
    path = f"/doc-chung-thu/{ticket}"
    chosen = paired.page.split('name="chung-thu" value="')[1].split('"')[0]
    paired.submit(path, **{"chung-thu": chosen})
    assert "Đã gửi chứng thư" in paired.page
    report = office.imports[job_id]
    assert report is not None
    assert [each.der for each in report.certificates] == [holder.der]


def test_the_pin_is_nowhere_but_in_the_token(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    caplog.set_level("DEBUG")
    _, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket, WRONG_PIN)
    sign_on_page(paired, agent, ticket)
    written = [path.read_bytes() for path in agent.state.folder.parent.rglob("*") if path.is_file()]
    sent = [body + json.dumps(headers).encode() for _, headers, body in office.seen]
    said = [caplog.text.encode(), *(part.encode() for part in capfd.readouterr())]
    places = [*written, *sent, *said, paired.page.encode(), "".join(paired.visited).encode()]
    assert not any(pin.encode() in place for pin in (PIN, WRONG_PIN) for place in places)


def test_the_journal_tells_the_whole_road_and_its_chain_holds(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket, WRONG_PIN)
    sign_on_page(paired, agent, ticket)
    path = agent.state.folder / "nhat-ky.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == [
        "paired",
        "shown",
        "claimed",
        "failed",
        "claimed",
        "signed",
        "sent",
    ]
    assert lines[1]["documents"] == [job.manifest.items[0].sha256]
    assert verify_journal(path) == (7, lines[-1]["hash"])
    page = paired.open("/nhat-ky").get_data(as_text=True)
    assert f"{clock_words(datetime.fromisoformat(lines[-1]['at']))} · <strong>Gửi chữ ký" in page


def test_a_wrong_clock_on_the_computer_does_not_stop_signing(
    office: Office, holder: Holder, make: Callable[..., Agent], clock: Clock
):
    clock.ahead = timedelta(days=3)
    agent = make()
    browser = browser_of(agent)
    pair(browser, office)
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(browser, agent, ticket)
    assert job.progress.state is JobState.ACCEPTED


def test_what_the_office_stores_is_a_signature_by_the_right_certificate(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket)
    item = job.manifest.items[0]
    finished = job.finished[0]
    container = bytes.fromhex(
        finished[item.byte_range[1] + 1 : item.byte_range[2] - 1].decode("ascii")
    )
    cms.check(container.rstrip(b"\0"), cms.digest_of(finished, item.byte_range), holder.der)
