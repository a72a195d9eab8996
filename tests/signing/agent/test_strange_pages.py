"""A page of another origin in the same browser tries everything that pages can do to make the agent
sign, knowing the ticket, the cookie's name and the seal of the form; and gets nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocket
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Request as Asked

from tests.fault_pkcs11 import Control, build
from tests.signing.agent import fuzzing
from tests.signing.agent.fuzzing import Scene
from tests.signing.agent.hostile import Request, browser_headers
from tests.signing.agent.office import Office
from tests.signing.pki import Holder
from tests.signing.tokens.softhsm import TokenHandle

pytestmark = pytest.mark.browser

#: What each way does; `to` has agent, job, sign (the click on "Ký"), form (all fields of it).
WAYS = {
    "fetch": """
        return await fetch(to.sign, {method: 'POST', body: new URLSearchParams(to.form),
                              credentials: 'include'}).then(r => r.text())""",
    "fetch that reads the page": """
        return await fetch(to.job, {credentials: 'include'}).then(r => r.text())""",
    "fetch without cors": """
        const got = await fetch(to.sign, {method: 'POST', mode: 'no-cors', credentials: 'include',
                              body: new URLSearchParams(to.form)}); return await got.text()""",
    "fetch that names its target": """
        return await fetch(to.job, {targetAddressSpace: 'loopback'}).then(r => r.text())""",
    "XMLHttpRequest": """
        return await new Promise(done => { const x = new XMLHttpRequest();
            x.open('POST', to.sign); x.withCredentials = true;
            x.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
            x.onloadend = () => done(x.responseText);
            x.send(new URLSearchParams(to.form)) })""",
    "form": "post(to.sign, to.form, '_self', 'application/x-www-form-urlencoded')",
    "form in a new window": "post(to.sign, to.form, '_blank', 'multipart/form-data')",
    "form of plain text": "post(to.sign, to.form, '_blank', 'text/plain')",
    "form into a frame": """
        const frame = add('iframe', {name: 'inside'});
        post(to.sign, to.form, 'inside', 'application/x-www-form-urlencoded'); await loaded(frame);
        return frame.contentDocument ? frame.contentDocument.body.innerText : ''""",
    "frame": """
        const frame = add('iframe', {src: to.job}); await loaded(frame);
        return frame.contentDocument ? frame.contentDocument.body.innerText : ''""",
    "frame in a sandbox": "await loaded(add('iframe', {src: to.job, sandbox: 'allow-scripts'}))",
    "object and embed": """
        add('object', {data: to.job}); await loaded(add('embed', {src: to.job}))""",
    "picture": """
        const picture = add('img', {src: to.job + '/trang/0/0.png'}); await loaded(picture);
        return picture.naturalWidth ? 'seen' : ''""",
    "script": "await loaded(add('script', {src: to.job}))",
    "style sheet": "await loaded(add('link', {rel: 'stylesheet', href: to.job}))",
    "WebSocket": """
        return await new Promise(done => { const s = new WebSocket(to.job.replace('http', 'ws'));
            s.onopen = () => done('open'); s.onmessage = e => done(e.data);
            s.onerror = () => done('') })""",
    "events": """
        return await new Promise(done => {
            const s = new EventSource(to.job, {withCredentials: true});
            s.onmessage = e => done(e.data); s.onerror = () => { s.close(); done('') } })""",
    "beacon": "navigator.sendBeacon(to.sign, new URLSearchParams(to.form))",
    "ping of a link": """
        const link = add('a', {href: '#x', ping: to.sign}); link.click()""",
    "prefetch": "add('link', {rel: 'prefetch', href: to.job})",
    "prerender": """
        const rules = document.createElement('script'); rules.type = 'speculationrules';
        rules.textContent = JSON.stringify({prerender: [{urls: [to.job]}],
                                            prefetch: [{urls: [to.job]}]});
        document.head.append(rules); await pause(200)""",
    "opened window": """
        const other = open(to.job);
        const there = () => { try { return other.closed || other.location.href !== 'about:blank' }
            catch { return true } };
        while (!there()) await pause(20);
        let read = ''; try { read = other.document.body.innerText } catch {}
        try { other.document.forms[0].submit() } catch {}
        try { other.postMessage('ky', '*') } catch {}
        try { other.location = to.sign } catch {}
        for (let n = 0; n < 3000 && !other.closed; n++) await pause(20);
        return other.closed ? read : 'it stayed ours'""",
    "window that opened us": """
        const child = open('/child');
        while (child.location.pathname !== '/child' || child.document.readyState !== 'complete')
            await pause(20);
        child.eval(`(async () => {
            const look = () => opener.document.body.innerText;
            const own = look(); opener.location = ${JSON.stringify(to.job)};
            for (;;) { await new Promise(done => setTimeout(done, 20));
                try { window.got = look(); if (window.got !== own) return }
                catch { window.got = ''; window.refused = true; return } } })()`);
        await pause(60000); return 'it stayed'""",
    "worker": """
        const form = JSON.stringify(new URLSearchParams(to.form).toString());
        return await new Promise(done => { const source = URL.createObjectURL(new Blob([`
            fetch(${JSON.stringify(to.sign)}, {method: 'POST', mode: 'no-cors',
                credentials: 'include', body: ${form}})
            .then(r => r.text()).then(postMessage, () => postMessage(''))`]));
            new Worker(source).onmessage = e => done(e.data) })""",
}
UNASKED = {"prerender"}
"""What Chromium drops without asking the agent."""
PATIENCE = 60_000
"""Milliseconds: a busy computer asks late."""
HELP = """
    const add = (name, given) => { const made = Object.assign(document.createElement(name), given);
        for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
        document.body.append(made); return made };
    const pause = ms => new Promise(done => setTimeout(done, ms));
    const loaded = item => new Promise(done => { item.onload = item.onerror = () => done() });
    const post = (action, fields, target, enctype) => { const form = add('form',
        {method: 'post', action, target, enctype});
        for (const [name, value] of Object.entries(fields)) { const field =
            document.createElement('input'); field.name = name; field.value = value;
            form.append(field) }
        form.submit() };
"""


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, soft_token: TokenHandle, holder: Holder
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("strange")
    control = Control(folder / "control")
    control.order()
    office = Office()
    token = dict(soft_token.environment)
    with fuzzing.running(folder, office, holder, build(folder), control, token) as scene:
        yield scene
    office.close()


@pytest.fixture(scope="module")
def strange_port() -> Iterator[int]:
    """A web server that has nothing to do with ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write("<!doctype html><title>lạ</title><body>Trang lạ".encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def context(chromium: Browser, scene: Scene) -> Iterator[BrowserContext]:
    """A browser in which the person has already used the agent: its cookie is there."""
    context = chromium.new_context()
    own = f"http://127.0.0.1:{scene.port}"
    name = f"so_token_agent_{scene.port}"
    context.add_cookies([{"name": name, "value": scene.stage.cookie, "url": own}])
    yield context
    context.close()


def tried(context: BrowserContext, page: Page, scene: Scene, way: str) -> str:
    """What the page got, once the browser has asked the agent for it."""
    job = f"http://127.0.0.1:{scene.port}/ky/{scene.stage.signing}"
    seal = scene.stage.seals[f"/ky/{scene.stage.signing}"]
    to = {"job": job, "sign": job + "/ky", "form": {"dau": seal, "lan-bam": way}}
    script = f"async to => {{ {HELP} {{ {WAYS[way]} }} }}"
    with asking(context, page, scene, way):
        try:
            return str(page.evaluate(script, to) or "")
        except PlaywrightError:  # refused, or the page itself went away
            return what_the_child_read(context) if way == "window that opened us" else ""


@contextmanager
def asking(context: BrowserContext, page: Page, scene: Scene, way: str) -> Iterator[None]:
    """What is done within makes the browser ask the agent, at the latest some time after it; then
    the agent has answered everything, or Chromium has given up."""
    asked: list[Asked] = []

    def of_the_agent(each: Asked | WebSocket) -> bool:
        return f":{scene.port}/" in each.url

    def note(each: Asked) -> None:
        if of_the_agent(each):
            asked.append(each)

    if way in UNASKED:
        yield
    elif way == "WebSocket":
        with page.expect_websocket(of_the_agent, timeout=PATIENCE):
            yield
    else:
        context.on("request", note)
        with context.expect_event("request", of_the_agent, timeout=PATIENCE):
            yield
        for each in asked:
            each.response()
        context.remove_listener("request", note)


def what_the_child_read(context: BrowserContext) -> str:
    """What a window read of the page that had opened it, once that had gone to the agent."""
    child = next(each for each in context.pages if each.url.endswith("/child"))
    child.wait_for_function("window.refused || (window.got || 'Trang lạ') !== 'Trang lạ'")
    return str(child.evaluate("window.got"))


#: From another port of the same computer the browser calls it the same site, and sends cookies.
NEAR = ("form", "fetch without cors", "frame", "picture", "WebSocket")


@pytest.mark.parametrize(
    ("way", "host"), [(way, "localhost") for way in WAYS] + [(way, "127.0.0.1") for way in NEAR]
)
def test_a_strange_page_makes_the_agent_do_nothing_and_reads_nothing(
    context: BrowserContext, scene: Scene, strange_port: int, way: str, host: str
):
    before = fuzzing.kib(scene.process)
    page = context.new_page()
    page.goto(f"http://{host}:{strange_port}/")
    got = tried(context, page, scene, way)
    for each in context.pages:
        each.close()
    assert fuzzing.SECRET_WORDS.decode() not in got
    assert "Trình ký số" not in got
    assert got in {"", "None"}
    # What Chromium sent before has been handled once a later request has come back.
    own = Request("GET", "/favicon.ico", browser_headers(scene.stage, own=False))
    assert fuzzing.exchange(scene.port, own.raw(last=True))[0][9:12] == b"204"
    assert fuzzing.looked_over(scene, before) == []


@pytest.mark.parametrize("name", ["localhost", "tin-cay.localhost"])
def test_another_name_that_leads_to_this_computer_opens_no_page(
    context: BrowserContext, scene: Scene, name: str
):
    page = context.new_page()
    answer = page.goto(f"http://{name}:{scene.port}/ky/{scene.stage.signing}")
    assert answer is not None
    assert answer.status == 421
    assert "tên máy lạ" in page.content()
    page.close()
    assert fuzzing.looked_over(scene, fuzzing.kib(scene.process)) == []
