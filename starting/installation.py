"""The environment .venv: made, filled from the pinned lists, stamped last."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from starting.console import ROOT, VENV, Trouble, log, say, write_whole
from starting.packages import Package, ensure_packages
from starting.processes import PYTHON, Failed, only_one, task

STAMP = VENV / "so-token.json"
UNFINISHED = VENV / "unfinished"
#: Libraries that came with a bundle for computers without internet.
WHEELS = "thu-vien"
#: Sets of requirements; each contains those before it.
SETS = {
    "agent": "requirements-agent.txt",
    "server": "requirements.txt",
    "dev": "requirements-dev.txt",
}


def digest(name: str) -> str:
    """Return the SHA-256 of a requirements file, as text so that line ends do not count."""
    text = (ROOT / SETS[name]).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def stamped(name: str) -> bool:
    """Has this set been installed whole into the environment that is here now?"""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (
        PYTHON.exists()
        and not UNFINISHED.exists()
        and stamp.get("path") == str(VENV)
        and stamp.get(name) == digest(name)
    )


def ensure_environment(name: str) -> None:
    """Make the environment and install a set of requirements, unless the stamp says it is done."""
    if stamped(name):
        return
    VENV.mkdir(parents=True, exist_ok=True)
    with only_one(VENV / "setup.lock", wait=900.0):
        if stamped(name):  # Another start.py did it while this one waited.
            return
        if UNFINISHED.exists() or not PYTHON.exists():
            make_environment()
        UNFINISHED.touch()
        say("Đang cài các thư viện Python (lần đầu mất vài phút)…")
        install(ROOT / SETS[name])
        included = list(SETS)[: list(SETS).index(name) + 1]
        stamp = {"path": str(VENV), **{each: digest(each) for each in included}}
        UNFINISHED.unlink()
        write_whole(STAMP, json.dumps(stamp, indent=1))


def make_environment() -> None:
    """Make .venv anew; what a killed run left there is not trusted."""
    if Path(sys.prefix).resolve() == VENV:
        raise Trouble("Hãy chạy start.py bằng Python của máy, không phải Python trong .venv.")
    for each in VENV.iterdir():
        if each.name != "setup.lock":
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    UNFINISHED.touch()
    try:
        import ensurepip  # noqa: F401 # Debian keeps it in a package of its own.
    except ImportError:
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        ensure_packages([Package(name, "môi trường Python", lambda: False)], needed=True)
    say("Đang tạo môi trường Python riêng của Sổ Token…")
    try:
        task("venv", str(VENV), python=Path(sys.executable))
    except Failed as failure:
        raise judge_install(failure) from failure


def install(requirements: Path) -> None:
    """Install a compiled list with pip, checking every hash; try again once."""
    arguments = ("install", "--require-hashes", "--requirement", str(requirements))
    options = ("--no-input", "--disable-pip-version-check", "--progress-bar", "off")
    patience: tuple[str, ...] = ("--retries", "3", "--timeout", "30")
    if (ROOT / WHEELS).is_dir():
        patience = ("--no-index", "--find-links", str(ROOT / WHEELS))
    for attempt in (1, 2):
        try:
            task("pip", *arguments, *options, *patience)
            return
        except Failed as failure:
            if attempt == 2:
                raise judge_install(failure) from failure
            log("pip failed; trying once more")


def judge_install(failure: Failed) -> Trouble:
    """Say in one sentence why an installation failed."""
    output = failure.output
    if "No space left" in output or "WinError 112" in output:
        return Trouble("Ổ đĩa đã đầy; hãy giải phóng chỗ trống rồi chạy lại.")
    if "Read-only file system" in output or "Permission denied" in output:
        return Trouble(f"Không ghi được vào {VENV}: ổ đĩa chỉ cho đọc hoặc không có quyền ghi.")
    if "DO NOT MATCH THE HASHES" in output:
        return Trouble("Một gói tải về không khớp mã băm đã ghi; không cài để giữ an toàn.")
    if re.search(r"connection|Max retries|No matching distribution|timed out|resolv", output, re.I):
        return Trouble(
            "Không tải được thư viện vì máy không có mạng (hoặc mạng chặn kho gói Python); "
            "hãy nối mạng rồi chạy lại."
        )
    return Trouble("Không cài được thư viện Python; chi tiết ở instance/logs/start.log.")
