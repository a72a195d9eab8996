"""Where things lie, and how start.py speaks: one line for the person, details in the log."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"
INSTANCE = Path(os.environ.get("SO_TOKEN_INSTANCE") or ROOT / "instance").resolve()
VENV = Path(os.environ.get("SO_TOKEN_VENV") or ROOT / ".venv").resolve()


class Trouble(Exception):
    """Something a person must mend; the message is one Vietnamese sentence."""


def say(text: str) -> None:
    """Print one line for the person and keep it in the log."""
    print(text, flush=True)
    log(text)


def log(text: str) -> None:
    """Append to instance/logs/start.log, if that can be written."""
    with contextlib.suppress(OSError):
        path = INSTANCE / "logs" / "start.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        rotate(path)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")


def rotate(path: Path, limit: int = 2_000_000) -> None:
    """Keep a log file below a size, with one older file beside it."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > limit:
            os.replace(path, path.with_suffix(".1.log"))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is either absent, old or complete."""
    partial = path.with_name(path.name + ".new")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def explain(problem: OSError) -> Trouble:
    """Turn an error of the operating system into a sentence."""
    where = problem.filename or ROOT
    if problem.errno == errno.ENOSPC:
        return Trouble("Ổ đĩa đã đầy; hãy giải phóng chỗ trống rồi chạy lại.")
    if problem.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT):
        return Trouble(
            f"Không ghi được vào {where}: ổ đĩa chỉ cho đọc hoặc tài khoản này không có quyền ghi."
        )
    return Trouble(f"Hệ điều hành báo lỗi với {where}: {problem.strerror or problem}.")
