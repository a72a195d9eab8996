"""Packages of the operating system: looked for, and installed with apt where that is allowed."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import NamedTuple

from starting.console import WINDOWS, Trouble, log, say


class Package(NamedTuple):
    """A package of the operating system and how to see that it is there."""

    name: str
    purpose: str
    present: Callable[[], bool]


def found(*patterns: str) -> Callable[[], bool]:
    """Return a check that passes when a program of that name, or a file of that form, exists."""
    return lambda: any(shutil.which(each) or glob.glob(each, recursive=True) for each in patterns)


RUN_PACKAGES = (
    Package(
        "softhsm2",
        "thiết bị ký thử nghiệm",
        found("/usr/lib*/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so"),
    ),
    # Version 1 of the family, which Debian 12 calls fonts-liberation, lacks Vietnamese letters.
    Package(
        "fonts-liberation2",
        "phông chữ của văn bản",
        found(
            "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf",
            "/usr/share/fonts/**/[Tt]imes*.ttf",
        ),
    ),
)
TEST_PACKAGES = (
    Package("chromium", "kiểm thử trình duyệt", found("chromium")),
    Package("poppler-utils", "kiểm tra PDF", found("pdfsig")),
    Package("qpdf", "kiểm tra PDF", found("qpdf")),
    Package("openssl", "kiểm tra chữ ký số", found("openssl")),
    # Its dependency libnss3 is the second token that signing is tried with.
    Package("libnss3-tools", "thiết bị ký thử nghiệm thứ hai", found("certutil")),
    Package("postgresql", "kiểm thử PostgreSQL", found("/usr/lib/postgresql/*/bin/initdb")),
    Package("gcc", "biên dịch thiết bị gây lỗi", found("gcc")),
    Package("libc6-dev", "biên dịch thiết bị gây lỗi", found("/usr/include/stdio.h")),
    Package("libreoffice-writer-nogui", "kiểm tra tệp .docx", found("soffice")),
    Package("xvfb", "kiểm thử cửa sổ nhập mã PIN", found("Xvfb")),
)


def ensure_packages(packages: Sequence[Package], *, needed: bool) -> None:
    """Install what is missing with apt where that is allowed; else say what to install.

    Raises Trouble with that sentence when the packages are needed; otherwise says it and goes on.
    """
    missing = [each for each in packages if not each.present()]
    if WINDOWS or not missing:
        return
    names = [each.name for each in missing]
    command = administrator()
    if command is not None and shutil.which("apt-get"):
        say(f"Đang cài gói hệ thống: {', '.join(names)}…")
        if apt_install(command, names):
            return
    purposes = ", ".join(sorted({each.purpose for each in missing}))
    sentence = (
        f"Máy còn thiếu phần mềm ({purposes}); hãy nhờ quản trị máy chạy: "
        f"sudo apt-get install {' '.join(names)}"
    )
    if needed:
        raise Trouble(sentence)
    say(sentence)


def administrator() -> list[str] | None:
    """Return the words before a command that needs root: none, sudo; None when not allowed."""
    if not WINDOWS and os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def apt_install(prefix: list[str], names: Sequence[str]) -> bool:
    """Install packages with apt; mend a broken earlier run; True when they are all in."""
    apt = [*prefix, "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]
    wanted = [*apt, "install", "--yes", "--no-install-recommends", *names]
    mend = [*prefix, "dpkg", "--configure", "-a"]
    return quietly(wanted) or (quietly(mend) and quietly([*apt, "update"]) and quietly(wanted))


def quietly(command: Sequence[str]) -> bool:
    """Run a command of the system with its output in the log; did it succeed?"""
    log(f"$ {' '.join(command)}")
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    log(done.stdout)
    return done.returncode == 0
