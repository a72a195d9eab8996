"""A page of another document system signs and uploads through Chromium, and was never changed."""

import html
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.navigators import PATIENCE, PHONE, WIDE, enters, shrink
from tests.browser.office import Office
from tests.ports import free_port
from tests.signing.agent.facade.callers import DocumentSystem, eventually
from tests.signing.files import letter

LEADER = "lanhdao.dong"
pytestmark = pytest.mark.browser


def page_of(system: DocumentSystem, port: int, route: str) -> str:
    """The system's page, with the address of the service that it has always called."""
    frame = html.escape(system.frame())
    return (
        f'<!doctype html><html lang="vi"><title>Văn bản</title>'
        f'<body data-port="{port}" data-route="{route}" data-frame="{frame}">'
        f'<button id="ky">Ký số</button><pre id="ket-qua"></pre>'
        f'<script src="/caller.js"></script></body></html>'
    )


def answer_on(page: Page) -> dict[str, object]:
    """What the page's callback got."""
    place = page.locator("#ket-qua")
    expect(place).to_contain_text("Status")
    told: dict[str, object] = json.loads(place.inner_text())
    return told


def test_a_page_that_was_never_changed_signs_and_uploads_through_the_browser(
    office: Office, chromium: Browser, pictures: Path | None
) -> None:
    leader = enters(office, chromium, LEADER)
    leader.pairs_the_agent()
    context = chromium.new_context(viewport=WIDE, locale="vi-VN", ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    system, port = DocumentSystem({"quyet-dinh.pdf": letter()}), free_port()
    system.page = page_of(system, port, "SignApproved")
    agent, page = context.new_page(), context.new_page()
    try:
        agent.goto(f"{office.agent_url}/cong")
        agent.get_by_label("Cổng", exact=True).fill(str(port))
        agent.get_by_role("button", name="Bật").click()
        expect(agent.locator("main")).to_contain_text("Đang bật")

        # A stranger is refused; the person allows it on the agent's own page.
        page.goto(f"{system.origin}/page")
        page.get_by_role("button", name="Ký số").click()
        assert answer_on(page)["Code"] == "origin_not_paired"
        agent.goto(f"{office.agent_url}/cong")
        expect(agent.locator("main")).to_contain_text(system.origin)
        _look(agent, pictures, "cong-tuong-thich")
        agent.get_by_role("button", name="Cho phép").click()

        page.get_by_role("button", name="Ký số").click()
        eventually(lambda: system.seen)
        agent.goto(f"{office.agent_url}/cong/viec")
        expect(agent.get_by_role("heading", level=1)).to_have_text("Ký phê duyệt")
        _choose(agent, leader.office.login(LEADER)["name"])
        _look(agent, pictures, "cong-viec")
        with agent.expect_navigation(wait_until="domcontentloaded"):
            agent.get_by_role("button", name="Tiếp tục").click()
        expect(agent.locator("main")).to_contain_text("chứa bí mật nhà nước")  # not declared yet
        agent.get_by_label(re.compile("Tôi cam kết")).check()
        agent.get_by_role("button", name="Tiếp tục").click()
        agent.get_by_role("button", name="Ký", exact=True).click()
        agent.get_by_label(re.compile("PIN")).fill(office.login(LEADER)["pin"])
        agent.get_by_role("button", name=re.compile("^(Ký|Tiếp tục)")).click()

        told = answer_on(page)
        assert (told["Status"], told["FileName"]) == (0, "quyet-dinh.signed.pdf"), told
        assert system.taken["quyet-dinh.signed.pdf"].startswith(system.files["quyet-dinh.pdf"])
        expect(agent.locator("main")).to_contain_text("đã gửi về hệ thống")
        leader.goes_to("/ky-so/he-thong-khac")
        leader.reads("quyet-dinh.pdf")
        agent.goto(f"{office.agent_url}/cong")
        agent.get_by_role("button", name="Tắt cổng tương thích").click()
        expect(agent.locator("main")).to_contain_text("Đang tắt")
    finally:
        system.close()
        context.close()
        leader.context.close()


def _choose(agent: Page, name: str) -> None:
    """The pairing and the certificate of this person."""
    # What ends the form is there: the page of the files on their way has gone, this one is whole.
    expect(agent.get_by_role("button", name="Tiếp tục")).to_be_visible()
    server = agent.locator("select[name=may-chu]")
    if server.count():
        value = server.locator("option").filter(has_text=name).first.get_attribute("value")
        server.select_option(value)
    agent.locator("label").filter(has=agent.locator("input[name=chung-thu]")).filter(
        has_text=name
    ).first.locator("input").check()


def _look(agent: Page, pictures: Path | None, name: str) -> None:
    """Nothing runs out of a telephone's width; pictures when they are asked for."""
    agent.set_viewport_size(PHONE)
    wide = agent.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], wide
    if pictures is not None:
        shrink(agent.screenshot(full_page=True), pictures / f"{name}-390.png")
    agent.set_viewport_size(WIDE)
    if pictures is not None:
        shrink(agent.screenshot(full_page=True), pictures / f"{name}.png")
