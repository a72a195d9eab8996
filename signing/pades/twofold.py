"""Notice dictionaries that give one key two values.

The format leaves open which of the two counts: pyHanko takes the first, PDFium and others the last.
A locked field could so show one number to us and another one to people (found by the mutants of
tests/data/mutants.py). pyHanko only logs it; this listens.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

REASON = (
    "Tệp ghi hai giá trị khác nhau cho cùng một mục: mỗi phần mềm có thể hiển thị một nội dung."
)

_open: ContextVar[list[str] | None] = ContextVar("twofold", default=None)


class _Listener(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        told = _open.get()
        if told is not None and str(record.msg).startswith("Multiple definitions"):
            told.append(record.getMessage())
        return record.levelno >= logging.CRITICAL


@contextmanager
def listening() -> Iterator[list[str]]:
    """What is found while objects are read inside the block, in this thread."""
    found: list[str] = []
    token = _open.set(found)
    try:
        yield found
    finally:
        _open.reset(token)


def install() -> None:
    """Listen to pyHanko in this process; nothing is printed."""
    logger = logging.getLogger("pyhanko.pdf_utils.generic")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_Listener())
