"""Answers kept until the log grows.

Every write records its event in its own transaction (`audit.py`), so the head of the log is the
version of everything that pages read: as long as it stands, an answer made before is still right.
Each process keeps its own answers; the head is read anew with the login of each request.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from flask import current_app, g
from sqlalchemy import select

from extensions import db
from models import AuditHead

T = TypeVar("T")

MOST_ANSWERS = 512


class Answers:
    """The answers of one application, the least recently used thrown away first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, version: int, make: Callable[[], T]) -> T:
        """The answer for this key at this version, made now if there is none."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None and found[0] == version:
                self._answers.move_to_end(key)
                answer: T = found[1]
                return answer
        answer = make()  # Not under the lock: it may take milliseconds.
        with self._lock:
            self._answers[key] = (version, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        return answer


def until_the_log_grows(key: Hashable, make: Callable[[], T]) -> T:
    """`make()`, or what it answered before for the same key if nothing was written since.

    The key must hold everything that the answer depends on besides the database: who may see what,
    what was asked, and the time as far as it matters.
    """
    answers = current_app.extensions.setdefault("so_token_answers", Answers())
    # Read with the login, before what is kept: data may be newer than this number, never older.
    if g.get("log_seq") is None:  # Nobody is logged in: a calendar that reads its feed.
        g.log_seq = db.session.scalar(select(AuditHead.seq)) or 0
    answer: T = answers.get(key, g.log_seq, make)
    return answer


def key_of(scope: Any) -> Hashable:
    """What tells one person's scope from another's."""
    return (scope.everything, scope.paths or scope.agency_ids, scope.own_person_id)
