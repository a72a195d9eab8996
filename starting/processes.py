"""Child processes that never outlive start.py, and the lock that lets only one of it work."""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starting.console import INSTANCE, ROOT, VENV, WINDOWS, Trouble, log, say

PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
#: Seconds a child has to end cleanly.
STOP_SECONDS = 12


def environment(**extra: str) -> dict[str, str]:
    """Return the environment for children: UTF-8 everywhere, and our own folder of data."""
    return {**os.environ, "PYTHONUTF8": "1", "SO_TOKEN_INSTANCE": str(INSTANCE), **extra}


def apart() -> dict[str, Any]:
    """Return the arguments of Popen that keep the console's Ctrl-C away from a child."""
    if WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}


def attached(mode: str, module: str, arguments: Sequence[str], python: Path) -> list[str]:
    """Return the command that runs a module in a child which ends when this process ends."""
    return [str(python), str(ROOT / "start.py"), mode, module, *arguments]


def run_attached(mode: str, module: str, arguments: Sequence[str]) -> None:
    """Be such a child: run the module as a program; end when the parent's pipe closes.

    mode "task" ends at once with all its own children, "child" is first asked to end cleanly.
    """
    threading.Thread(target=follow_parent, args=(mode,), daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def follow_parent(mode: str) -> None:
    """Wait until the pipe on standard input closes, which also a killed parent does, then end."""
    with contextlib.suppress(OSError):
        while os.read(0, 1024):
            pass
    if not WINDOWS:
        if mode == "child":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(STOP_SECONDS - 2)
        os.killpg(os.getpgid(0), signal.SIGKILL)
    os._exit(1)


def task(module: str, *arguments: str, python: Path = PYTHON, show: bool = False) -> str:
    """Run a module to its end and return what it printed; Trouble when it failed.

    Its output goes to the log, and to the person too when `show` is set.
    """
    log(f"$ {module} {' '.join(arguments)}")
    lines: list[str] = []
    with subprocess.Popen(
        attached("task", module, arguments, python),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        cwd=ROOT,
        encoding="utf-8",
        errors="replace",
        **apart(),
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                (say if show else log)(lines[-1])
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise Failed(module, lines)
    return "\n".join(lines)


class Failed(Trouble):
    """A task ended with an error; keeps its output."""

    def __init__(self, module: str, lines: Sequence[str]) -> None:
        self.output = "\n".join(lines)
        last = next((line for line in reversed(lines) if line.strip()), "")
        if not last or "Traceback (most recent call last)" in self.output:
            last = f"Bước {module} không thành; chi tiết ở {INSTANCE / 'logs' / 'start.log'}."
        super().__init__(last.removeprefix("Error: "))


@contextlib.contextmanager
def only_one(path: Path, wait: float) -> Iterator[None]:
    """Hold a lock that the system frees when this process dies, on Linux and Windows alike."""
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        yield
    except sqlite3.OperationalError as problem:
        if "locked" in str(problem):
            raise Trouble(
                "Sổ Token đang chạy hoặc đang được cài đặt ở một cửa sổ khác."
            ) from problem
        raise Trouble(
            f"Không ghi được vào {path.parent}: ổ đĩa chỉ cho đọc hoặc tài khoản này không có "
            "quyền ghi."
        ) from problem
    finally:
        if connection is not None:
            connection.close()
