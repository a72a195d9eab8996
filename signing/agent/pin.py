"""Asks for the PIN in a native window of its own process, or says that there is no display."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from signing.errors import ConsentTimeout, UserCancelled

PIN_LIMIT = timedelta(minutes=2)
"""How long the window waits for a person."""

_HERE = Path(__file__).resolve().parents[2]
_NO_DISPLAY = 3


class NoDisplay(Exception):
    """The window cannot be shown here; the page asks instead."""


@dataclass(frozen=True, slots=True)
class PinQuestion:
    """What the window shows. `final_try` demands the typed confirmation."""

    document: str
    act: str
    server: str
    certificate: str
    token: str
    pin_state: str
    phrase: str
    final_try: bool
    button: str = "Ký"

    def to_line(self) -> bytes:
        """One JSON line for the pipe."""
        return json.dumps(asdict(self), ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> PinQuestion:
        """Reads `to_line`; raises `ValueError`, `TypeError`."""
        return cls(**json.loads(line))


def display_is_likely() -> bool:
    """Whether this session seems to have a display and Python its Tk; the window has the last
    word."""
    if importlib.util.find_spec("tkinter") is None:
        return False
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY"))


class PinWindow:
    """Starts `python -m signing.agent.pin_window` and reads one answer from its pipe."""

    def __init__(self, limit: timedelta = PIN_LIMIT) -> None:
        self._limit = limit

    def available(self) -> bool:
        """Whether it is worth trying."""
        return display_is_likely()

    def ask(self, question: PinQuestion, stop: threading.Event) -> str:
        """The PIN as typed. Raises `UserCancelled` (also when `stop` is set), `ConsentTimeout`,
        `NoDisplay`.

        The PIN lives in this process only as long as the caller holds it: Python cannot wipe a
        str.
        """
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "signing.agent.pin_window"]
        try:
            window = subprocess.Popen(  # noqa: S603 - our own module, no words from outside.
                command,
                cwd=_HERE,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise NoDisplay from error
        try:
            self._hand_over(window, question)
            self._wait(window, stop)
            answer = window.stdout.read() if window.stdout else b""
        finally:
            if window.poll() is None:
                window.kill()
            window.wait()
            for pipe in (window.stdin, window.stdout):
                if pipe:
                    # The window may be gone before it read its question.
                    with contextlib.suppress(OSError):
                        pipe.close()
        if window.returncode == _NO_DISPLAY:
            raise NoDisplay
        return _read_answer(answer)

    @staticmethod
    def _hand_over(window: subprocess.Popen[bytes], question: PinQuestion) -> None:
        if window.stdin is None:
            raise NoDisplay
        with contextlib.suppress(BrokenPipeError):
            window.stdin.write(question.to_line())
            window.stdin.flush()

    def _wait(self, window: subprocess.Popen[bytes], stop: threading.Event) -> None:
        deadline = time.monotonic() + self._limit.total_seconds()
        while window.poll() is None:
            if stop.wait(0.1):
                raise UserCancelled("stopped")
            if time.monotonic() > deadline:
                raise ConsentTimeout


def _read_answer(answer: bytes) -> str:
    try:
        pin = json.loads(answer).get("pin")
    except (ValueError, AttributeError):
        pin = None
    if not isinstance(pin, str) or not pin:
        raise UserCancelled
    return pin
