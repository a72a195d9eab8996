"""The agent as a process of its own, driven by Chromium from a page of another origin."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from signing.agent.__main__ import main
from signing.agent.loopback import listen
from signing.agent.state import AgentState
from signing.messages import JobState
from tests.chromium import LAUNCH, STARTING, wait_for_the_end
from tests.ports import free_port
from tests.signing.agent.conftest import PIN
from tests.signing.agent.office import Office
from tests.signing.pki import Holder
from tests.signing.tokens.softhsm import TokenHandle

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[3]


@pytest.fixture
def address(soft_token: TokenHandle, tmp_path: Path, office: Office) -> Iterator[str]:
    """A running agent that sees only the practice token and asks for the PIN on its page."""
    port = free_port()
    command = [sys.executable, "-m", "signing.agent", "--port", str(port), "--no-window"]
    command += ["--state", str(tmp_path / "state"), "--server", office.url]
    command += ["--module", str(soft_token.module), "--only-module"]
    environment = {**os.environ, **soft_token.environment}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline().decode()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1280, "height": 768})
    yield page
    page.close()


def test_a_person_pairs_signs_and_comes_back(
    page: Page, address: str, office: Office, holder: Holder, tmp_path: Path
):
    page.goto(address)
    page.get_by_label("Câu chỉ mình anh/chị biết").fill("bến sông có cây gạo")
    page.get_by_role("button", name="Lưu").click()
    page.get_by_role("button", name="Ghép nối").click()
    code = page.locator(".pairing-code").inner_text()
    office.type_code(code)
    page.wait_for_url(address + "/")
    expect(page.get_by_text("Sẵn sàng nhận yêu cầu ký")).to_be_visible()

    job, ticket = office.press_sign(AgentState(tmp_path / "state").keys.public, holder)
    office.link = f"{address}/ky/{ticket}"
    page.goto(office.url.replace("127.0.0.1", "localhost") + "/lien-ket")
    page.get_by_role("link").click()
    page.wait_for_url(f"{address}/ky/*")
    expect(page.get_by_text("bến sông có cây gạo")).to_be_visible()
    expect(page.get_by_role("button", name="Ký", exact=True)).to_be_visible()
    image = page.get_by_alt_text(re.compile("Trang 1"))
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1240

    page.get_by_role("button", name="Ký", exact=True).click()
    page.get_by_label("Mã PIN của thiết bị").wait_for()
    page.reload()
    page.get_by_label("Mã PIN của thiết bị").fill(PIN)
    page.get_by_role("button", name="Ký", exact=True).click()
    wait_for_the_end(page, office.url)
    page.wait_for_url(office.url + "/van-ban/1")
    assert job.progress.state is JobState.ACCEPTED
    assert PIN not in page.evaluate("JSON.stringify(history.state) + location.href")


ASK = """
    async to => {
        const asked = await fetch(to).then(answer => answer.status, () => 'refused');
        const socket = await new Promise(done => { const made = new WebSocket(
            to.replace('http', 'ws')); made.onopen = () => done('open');
            made.onerror = () => done('refused') });
        return [asked, socket] }
"""


def test_where_browsers_guard_the_local_network_a_link_still_opens_the_agent(
    chromium: Browser, address: str, office: Office, holder: Holder, tmp_path: Path
):
    """The server in the public address space: asking is blocked, what a person clicks is not."""
    public = f"--ip-address-space-overrides={office.url.removeprefix('http://')}=public"
    guarded = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"), args=[*LAUNCH, public], timeout=STARTING
    )
    try:
        page = guarded.new_page()
        page.goto(address)
        page.get_by_role("button", name="Ghép nối").click()
        office.type_code(page.locator(".pairing-code").inner_text())
        page.wait_for_url(address + "/")
        _, ticket = office.press_sign(AgentState(tmp_path / "state").keys.public, holder)
        office.link = f"{address}/ky/{ticket}"
        page.goto(office.url + "/lien-ket")
        with (
            page.expect_console_message(lambda each: "`loopback` address space" in each.text),
            page.expect_console_message(lambda each: "LOCAL_NETWORK_ACCESS" in each.text),
        ):
            assert page.evaluate(ASK, office.link) == ["refused", "refused"]
        page.get_by_role("link").click()
        page.wait_for_url(f"{address}/ky/*")
        expect(page.get_by_role("button", name="Ký", exact=True)).to_be_visible()
    finally:
        guarded.close()


def test_a_page_of_another_origin_can_neither_drive_nor_frame_nor_read_the_agent(
    page: Page, address: str, office: Office
):
    office.link = address
    page.goto(office.url.replace("127.0.0.1", "localhost") + "/lien-ket")
    outcome = page.evaluate(
        "async address => { try { return (await fetch(address + '/')).status }"
        " catch { return 'refused' } }",
        address,
    )
    assert outcome == "refused"
    page.evaluate(
        "address => { const form = document.createElement('form'); form.method = 'post';"
        " form.action = address + '/cau-nhan-biet'; document.body.append(form); form.submit() }",
        address,
    )
    page.get_by_text("Một trang lạ vừa tìm cách dùng Trình ký số").wait_for()
    page.goto(office.url + "/lien-ket")
    with page.expect_request(lambda each: each.url == address + "/"):
        page.evaluate(
            "address => new Promise(done => { const frame = document.createElement('iframe');"
            " frame.onload = done; frame.src = address; document.body.append(frame) })",
            address,
        )
    assert not any("Trình ký số đang chạy" in frame.content() for frame in page.frames)


def test_a_taken_port_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    with listen(0, 1) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--state", str(tmp_path / "s")]) == 1
    said = capsys.readouterr().out
    assert f"Cổng {port} trên máy này đang có chương trình khác dùng" in said
    assert len(said.splitlines()) == 1


def test_a_journal_that_was_altered_stops_the_agent(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    (tmp_path / "nhat-ky.jsonl").write_text('{"event":"x"}\n', encoding="utf-8")
    assert main(["--port", str(free_port()), "--state", str(tmp_path)]) == 1
    assert "Nhật ký hỏng ở dòng 1" in capsys.readouterr().out
