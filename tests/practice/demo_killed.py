"""Runs `cli demo` and dies without a word at a chosen moment: `python -m tests.practice.demo_killed
MOMENT`. Watches what the interpreter and the database do; nothing of ours is replaced."""

import os
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

DIED = 86


def die_when(moment: str) -> None:
    """Arrange the end of this process, as if somebody had pulled the plug."""
    calls = 0

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        nonlocal calls
        if name == "subprocess.Popen" and moment == "certificates on tokens":
            calls += "token_writer" in str(arguments[1])
            if calls == 2:
                os._exit(DIED)
        if name == "os.rename" and moment == "moving in":
            if str(arguments[0]).endswith("practice.new"):
                os._exit(DIED)
        if name == "os.rename" and moment == "publishing":
            if str(arguments[1]).endswith(".crl"):
                os._exit(DIED)

    events = {"first letter": "certificate_request.drafted", "last row": "practice.created"}

    def statement(_c: object, _cursor: object, text: str, values: object, *_rest: object) -> None:
        if text.startswith("INSERT INTO audit_event") and events.get(moment, "?") in str(values):
            os._exit(DIED)

    sys.addaudithook(watch)
    event.listen(Engine, "before_cursor_execute", statement)


if __name__ == "__main__":
    die_when(sys.argv[1])
    from cli import main

    main(["demo"])
