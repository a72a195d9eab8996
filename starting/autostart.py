"""The agent starts with the person's session and from `sotoken:` links; no rights of an
administrator are asked for or used.

Linux: an entry in the autostart folder, and one that handles the links, as freedesktop.org
describes them. Windows: values under HKEY_CURRENT_USER, which every person may write.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from starting.console import ROOT, WINDOWS, Trouble, write_whole

NAME = "so-token-trinh-ky-so"
LINK_NAME = "so-token-lien-ket"
SCHEME = "sotoken"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
LINK_KEY = rf"Software\Classes\{SCHEME}"
COMMAND_KEY = rf"{LINK_KEY}\shell\open\command"
VALUE = "SoTokenTrinhKySo"
#: A page of the agent and an opaque ticket, nothing else: no address, no file, no option.
LINK = re.compile(rf"{SCHEME}:(?://)?(ky|doc-chung-thu|dang-nhap)/([A-Za-z0-9_-]{{40,8000}})/?")


class Registry(Protocol):
    """What is written under HKEY_CURRENT_USER."""

    def set(self, key: str, name: str, value: str) -> None:
        """Write one text value; the key is made when it is not there."""

    def remove_value(self, key: str, name: str) -> None:
        """Remove a value, if it is there."""

    def remove_key(self, key: str) -> None:
        """Remove a key without subkeys, if it is there."""


class WindowsRegistry:
    """The real one. Not tried on Windows yet."""

    def set(self, key: str, name: str, value: str) -> None:
        """As `Registry.set`."""
        import winreg

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:  # type: ignore[attr-defined,unused-ignore]
            winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)  # type: ignore[attr-defined,unused-ignore]

    def remove_value(self, key: str, name: str) -> None:
        """As `Registry.remove_value`."""
        import winreg

        try:
            with winreg.OpenKey(  # type: ignore[attr-defined,unused-ignore]
                winreg.HKEY_CURRENT_USER,  # type: ignore[attr-defined,unused-ignore]
                key,
                0,
                winreg.KEY_SET_VALUE,  # type: ignore[attr-defined,unused-ignore]
            ) as opened:
                winreg.DeleteValue(opened, name)  # type: ignore[attr-defined,unused-ignore]
        except FileNotFoundError:
            return

    def remove_key(self, key: str) -> None:
        """As `Registry.remove_key`."""
        import winreg

        try:
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)  # type: ignore[attr-defined,unused-ignore]
        except FileNotFoundError:
            return


def target_of(link: str, port: int) -> str:
    """The agent's page behind a `sotoken:` link; Trouble for anything that is not one.

    The link comes from a web page, so nothing of it but the ticket's letters goes on.
    """
    found = LINK.fullmatch(link)
    if found is None:
        raise Trouble("Liên kết sotoken: không đúng khuôn dạng nên không mở.")
    return f"http://127.0.0.1:{port}/{found[1]}/{found[2]}"


def command(server: str, port: int, python: str = sys.executable) -> list[str]:
    """What starts the agent in the background, without a console on Windows."""
    program = Path(python)
    silent = program.with_name("pythonw.exe")
    if WINDOWS and silent.exists():
        program = silent
    arguments = ["agent", "--server", server, "--agent-port", str(port)]
    return [str(program), str(ROOT / "start.py"), *arguments]


def install(server: str, port: int, *, home: Path, registry: Registry | None = None) -> list[str]:
    """Register the agent for this person; returns what was written, for them to read."""
    starts = command(server, port)
    opens = [*starts, "--open"]
    if registry is not None:
        return _install_windows(starts, opens, registry)
    return _install_linux(starts, opens, home)


def uninstall(*, home: Path, registry: Registry | None = None) -> list[str]:
    """Take back what `install` has written; what is not there is passed over."""
    if registry is not None:
        registry.remove_value(RUN_KEY, VALUE)
        for key in (COMMAND_KEY, rf"{LINK_KEY}\shell\open", rf"{LINK_KEY}\shell", LINK_KEY):
            registry.remove_key(key)
        return [RUN_KEY, LINK_KEY]
    removed = []
    for path in (_autostart(home), _handler(home)):
        if path.exists():
            path.unlink()
            removed.append(str(path))
    _choose_handler(home, None)
    return removed


def _install_windows(starts: Sequence[str], opens: Sequence[str], registry: Registry) -> list[str]:
    registry.set(RUN_KEY, VALUE, _windows(starts))
    registry.set(LINK_KEY, "", "URL:Sổ Token")
    registry.set(LINK_KEY, "URL Protocol", "")
    registry.set(COMMAND_KEY, "", f'{_windows(opens)} "%1"')
    return [rf"HKEY_CURRENT_USER\{RUN_KEY}", rf"HKEY_CURRENT_USER\{LINK_KEY}"]


def _windows(words: Sequence[str]) -> str:
    if any('"' in word for word in words):
        raise Trouble('Đường dẫn hoặc địa chỉ có dấu " nên không ghi được vào Windows.')
    return " ".join(f'"{word}"' for word in words)


def _config(home: Path) -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")


def _autostart(home: Path) -> Path:
    return _config(home) / "autostart" / f"{NAME}.desktop"


def _handler(home: Path) -> Path:
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "applications" / f"{LINK_NAME}.desktop"


def _install_linux(starts: Sequence[str], opens: Sequence[str], home: Path) -> list[str]:
    entries = (
        (_autostart(home), _entry("Trình ký số Sổ Token", _exec(starts))),
        (
            _handler(home),
            _entry("Mở Trình ký số", f"{_exec(opens)} %u")
            + f"NoDisplay=true\nMimeType=x-scheme-handler/{SCHEME};\n",
        ),
    )
    for path, text in entries:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    _choose_handler(home, f"{LINK_NAME}.desktop")
    return [str(path) for path, _ in entries]


def _entry(name: str, run: str) -> str:
    return (
        f"[Desktop Entry]\nType=Application\nVersion=1.0\nName={name}\nExec={run}\nTerminal=false\n"
    )


def _exec(words: Sequence[str]) -> str:
    """Words as the Exec key wants them (Desktop Entry Specification, "The Exec key")."""
    quoted = []
    for word in words:
        if "\n" in word or "\r" in word:
            raise Trouble("Đường dẫn hoặc địa chỉ có ký tự xuống dòng nên không ghi được.")
        escaped = re.sub(r'(["`$\\])', r"\\\1", word).replace("%", "%%")
        # The value itself is read with one more level of backslashes.
        quoted.append('"' + escaped.replace("\\", "\\\\") + '"')
    return " ".join(quoted)


def _choose_handler(home: Path, entry: str | None) -> None:
    """Name our entry as the one for `sotoken:` links in mimeapps.list, or take its name out."""
    path = _config(home) / "mimeapps.list"
    ours = f"x-scheme-handler/{SCHEME}="
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = [line for line in lines if not line.startswith(ours)]
    if entry is not None:
        section = "[Default Applications]"
        if section not in lines:
            lines += [section]
        lines.insert(lines.index(section) + 1, ours + entry)
    elif not path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "\n".join(lines) + "\n")
