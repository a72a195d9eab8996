"""One Chromium for all browser tests of a process: two drivers in one process do not agree."""

import shutil
from collections.abc import Iterator

import pytest
from flask import Response
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

LAUNCH = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The library's own five seconds are short for a server that shares two cores with three browsers.
expect.set_options(timeout=60_000)
STARTING = 120_000
"""Milliseconds for the browser to start: three do so at once, each beside an office being made."""


def with_no_open_file(response: Response) -> Response:
    """The answer of a small server of a test with its file read in and closed: when the browser
    goes on to another page, the server ends such an answer without closing the file.
    """
    if response.direct_passthrough:
        file = response.response
        response.direct_passthrough = False
        response.set_data(b"".join(file))
        file.close()
    return response


SIGNED = """server => location.origin === server
    || /Đã ký xong/.test(document.body?.innerText)"""


def wait_for_the_end(agent: Page, server: str) -> None:
    """The agent's page says that it has signed; some seconds later it leads back to the server."""
    try:
        agent.wait_for_function(SIGNED, arg=server)
    except PlaywrightTimeout:
        raise AssertionError(agent.locator("main").inner_text()) from None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless. Each test opens, and closes, contexts or pages of its own."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("Chromium is not installed; `python3 start.py test` installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=LAUNCH, timeout=STARTING)
        yield browser
        browser.close()
