"""The agent on a person's computer: started with the session and from links, and packed for
computers without internet."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

import start
from starting import autostart, installation
from starting.autostart import COMMAND_KEY, LINK_KEY, RUN_KEY, VALUE, install, target_of, uninstall
from starting.bundle import NAME, bundle, windows_list
from starting.console import ROOT, Trouble
from tests.cast import Cast

SERVER = "https://sotoken.noibo"
TICKET = "a" * 60


class MemoryRegistry:
    """HKEY_CURRENT_USER of a computer that is not there."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {}

    def set(self, key: str, name: str, value: str) -> None:
        self.values[key, name] = value

    def remove_value(self, key: str, name: str) -> None:
        self.values.pop((key, name), None)

    def remove_key(self, key: str) -> None:
        self.values = {each: value for each, value in self.values.items() if each[0] != key}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_on_linux_the_agent_starts_with_the_session_and_from_links(home: Path) -> None:
    list_of_others = home / ".config" / "mimeapps.list"
    list_of_others.parent.mkdir()
    list_of_others.write_text("[Default Applications]\ntext/html=web.desktop\n\n[Added]\na=b\n")
    begins, opens = (Path(each) for each in install(SERVER, 17995, home=home))
    text = begins.read_text(encoding="utf-8")
    assert '"agent" "--server" "https://sotoken.noibo" "--agent-port" "17995"\n' in text
    assert begins.parent == home / ".config" / "autostart"
    handler = opens.read_text(encoding="utf-8")
    assert '"--open" %u' in handler
    assert "MimeType=x-scheme-handler/sotoken;" in handler
    listed = list_of_others.read_text()
    assert "x-scheme-handler/sotoken=so-token-lien-ket.desktop" in listed
    install(SERVER, 17995, home=home)
    assert list_of_others.read_text() == listed  # twice is once
    assert uninstall(home=home) == [str(begins), str(opens)]
    assert list_of_others.read_text().startswith("[Default Applications]\ntext/html=web.desktop")
    assert "sotoken" not in list_of_others.read_text()
    assert uninstall(home=home) == []


def test_words_with_signs_of_the_shell_stay_words(home: Path) -> None:
    begins = Path(install('https://a$b`c"d%e', 1, home=home)[0]).read_text(encoding="utf-8")
    assert r'"https://a\\$b\\`c\\"d%%e"' in begins
    with pytest.raises(Trouble):
        install("a\nExec=evil", 1, home=home)


def test_on_windows_everything_lies_under_the_persons_own_key(home: Path) -> None:
    registry = MemoryRegistry()
    install(SERVER, 17995, home=home, registry=registry)
    run = registry.values[RUN_KEY, VALUE]
    assert run.endswith(
        'start.py" "agent" "--server" "https://sotoken.noibo" "--agent-port" "17995"'
    )
    assert registry.values[LINK_KEY, "URL Protocol"] == ""
    assert registry.values[COMMAND_KEY, ""].endswith('"--open" "%1"')
    with pytest.raises(Trouble):
        install('a" "b', 1, home=home, registry=registry)
    uninstall(home=home, registry=registry)
    assert registry.values == {}
    assert list(home.iterdir()) == []


def test_a_link_carries_an_opaque_ticket_and_nothing_else() -> None:
    assert target_of(f"sotoken:ky/{TICKET}", 5) == f"http://127.0.0.1:5/ky/{TICKET}"
    assert target_of(f"sotoken://doc-chung-thu/{TICKET}/", 5).endswith(f"/doc-chung-thu/{TICKET}")
    for wrong in (
        f"http://evil/ky/{TICKET}",
        "sotoken:ky/short",
        f"sotoken:ghep-noi/{TICKET}",
        f"sotoken:ky/{TICKET}?server=x",
        f"sotoken:ky/{TICKET} --server http://evil",
        f"sotoken:ky/../{TICKET}",
        f"sotoken:ky/{TICKET}\n",
        f"sotoken:ky/{'ă' * 60}",
    ):
        with pytest.raises(Trouble):
            target_of(wrong, 5)


def test_a_link_opens_the_agent_that_runs_already(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(start, "answers", lambda url: url == "http://127.0.0.1:5/")
    monkeypatch.setattr(start.webbrowser, "open", opened.append)
    assert start.run_agent(SERVER, 5, f"sotoken:ky/{TICKET}") == 0
    assert opened == [f"http://127.0.0.1:5/ky/{TICKET}"]


def test_the_command_that_is_registered_is_understood_by_start() -> None:
    words = autostart.command(SERVER, 17996, "/usr/bin/python3")
    assert words[:2] == ["/usr/bin/python3", str(ROOT / "start.py")]
    parsed = start.parse([*words[2:], "--open", f"sotoken:ky/{TICKET}"])
    assert (parsed.server, parsed.agent_port) == (SERVER, 17996)
    with pytest.raises(SystemExit):
        start.parse(["agent"])
    with pytest.raises(SystemExit):
        start.parse(["bundle"])


def test_the_command_line_registers_and_takes_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: home)
    assert start.do(["agent", "--install", "--server", SERVER]) == 0
    begins = home / ".config" / "autostart" / "so-token-trinh-ky-so.desktop"
    assert SERVER in begins.read_text(encoding="utf-8")
    assert start.do(["agent", "--uninstall"]) == 0
    assert not begins.exists()


def test_the_command_line_opens_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(start, "answers", lambda url: True)
    monkeypatch.setattr(start.webbrowser, "open", opened.append)
    words = autostart.command(SERVER, 5)[2:]
    assert start.do([*words, "--open", f"sotoken:ky/{TICKET}"]) == 0
    assert opened == [f"http://127.0.0.1:5/ky/{TICKET}"]
    with pytest.raises(Trouble):
        start.do([*words, "--open", "sotoken:ghep-noi/x"])


def test_the_command_line_makes_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "ensure_environment", lambda which: None)
    monkeypatch.setattr(start, "bundle", lambda: bundle(tmp_path, fetched))
    assert start.do(["bundle", "--windows"]) == 0
    assert hashlib.sha256((tmp_path / NAME).read_bytes()).hexdigest() in capsys.readouterr().out


def fetched(requirements: Path, folder: Path) -> None:
    """Stands in for the network: one wheel, and the list that pip would have read."""
    text = requirements.read_text(encoding="utf-8")
    assert "tzdata" in text
    assert "sys_platform" not in text
    (folder / "thu-1.0-py3-none-any.whl").write_bytes(b"wheel")


def test_the_bundle_is_whole_and_the_same_content_has_the_same_hash(tmp_path: Path) -> None:
    path, digest = bundle(tmp_path, fetched)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    assert bundle(tmp_path, fetched) == (path, digest)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        guide = archive.read("HUONG-DAN.txt").decode("utf-8-sig")
    for wanted in (
        "start.py",
        "starting/autostart.py",
        "signing/agent/__main__.py",
        "signing/agent/templates/consent.html",
        "requirements-agent.txt",
        "thu-vien/thu-1.0-py3-none-any.whl",
        "bo-cai-python/DOC-TRUOC.txt",
    ):
        assert wanted in names
    assert not [
        each for each in names if "__pycache__" in each or each.startswith(("tests", "inst"))
    ]
    assert "không cần quyền quản trị" in guide.lower()
    with pytest.raises(Trouble):
        bundle(tmp_path / "none", lambda _list, _folder: None)
    assert "python-pkcs11" in windows_list((ROOT / "requirements-agent.txt").read_text("utf-8"))


def test_the_server_offers_the_package_with_the_hash_of_its_bytes(
    app: Flask, instance: Path, cast: Cast, login: Callable[[int], FlaskClient]
) -> None:
    browser = login(cast.giang)
    page = "/chuong-trinh-ky"
    assert "Tải bộ cài" not in browser.get(page).text
    assert browser.get(f"{page}/goi-windows").status_code == 404
    (instance / "bundle").mkdir()
    (instance / "bundle" / NAME).write_bytes(b"PK zip")
    assert hashlib.sha256(b"PK zip").hexdigest() in browser.get(page).text
    answer = browser.get(f"{page}/goi-windows")
    assert answer.data == b"PK zip"
    answer.close()
    far = {"REMOTE_ADDR": "10.0.0.9"}
    assert browser.get(f"{page}/goi-windows", environ_overrides=far).status_code == 404
    assert "Tải bộ cài" not in browser.get(page, environ_overrides=far).text
    safe = {**far, "wsgi.url_scheme": "https"}
    answer = browser.get(f"{page}/goi-windows", environ_overrides=safe)
    assert (answer.status_code, answer.data) == (200, b"PK zip")
    answer.close()


def test_a_bundle_installs_from_its_own_libraries_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(installation, "ROOT", tmp_path)
    monkeypatch.setattr(installation, "task", lambda *words: asked.append(words))
    installation.install(tmp_path / "requirements.txt")
    assert "--no-index" not in asked[0]
    (tmp_path / installation.WHEELS).mkdir()
    installation.install(tmp_path / "requirements.txt")
    assert asked[1][-3:] == ("--no-index", "--find-links", str(tmp_path / installation.WHEELS))
    assert "--require-hashes" in asked[1]
