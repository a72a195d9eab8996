"""Answers kept until the log grows.

Every write records its event in its own transaction (`audit.py`), so the head of the log is the
version of everything that pages read: as long as it stands, an answer made before is still right.
The ground under all work (the tree of agencies, the law, the calendar, the margins, the words of
forms) seldom changes: its version is the last event that is about it, so that everyday work leaves
those answers standing. Each process keeps its own answers; both versions are read anew with the
login of each request.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from flask import current_app, g
from sqlalchemy import func, select

from audit_events import EVENTS
from extensions import db
from models import AuditEvent, AuditHead

T = TypeVar("T")

MOST_ANSWERS = 512
_GROUND_NOUNS = ("agency", "calendar", "form", "installation", "practice", "regulation", "setting")
GROUND = frozenset(
    {
        *(name for name in EVENTS if name.split(".")[0] in _GROUND_NOUNS),
        "account.changed",  # The name of who confirmed the words of a form.
        "backup.restored",
        "reorganisation.applied",
    }
)
"""The events after which the answers of `until_the_ground_shifts` are made anew."""
HEAD_SEQ = select(AuditHead.seq).scalar_subquery()
GROUND_SEQ = (
    select(func.max(AuditEvent.seq)).where(AuditEvent.event.in_(sorted(GROUND))).scalar_subquery()
)
"""Both versions, as parts of the statement that finds the login of a request."""


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

    def forget(self, which: Callable[[Hashable], bool]) -> None:
        """Throw away the answers whose key meets a condition."""
        with self._lock:
            for key in [one for one in self._answers if which(one)]:
                del self._answers[key]


def until_the_log_grows(key: Hashable, make: Callable[[], T]) -> T:
    """`make()`, or what it answered before for the same key if nothing was written since.

    The key must hold everything that the answer depends on besides the database: who may see what,
    what was asked, and the time as far as it matters.
    """
    return _kept(key, "log_seq", make)


def until_the_ground_shifts(key: Hashable, make: Callable[[], T]) -> T:
    """The same for answers that hold only agencies, law, calendar, margins and words of forms."""
    return _kept(("ground", key), "ground_seq", make)


def _kept(key: Hashable, version: str, make: Callable[[], T]) -> T:
    answers = current_app.extensions.setdefault("so_token_answers", Answers())
    # Read with the login, before what is kept: data may be newer than this number, never older.
    if g.get("log_seq") is None:  # Nobody is logged in: a calendar that reads its feed.
        read_versions(*db.session.execute(select(HEAD_SEQ, GROUND_SEQ)).one())
    answer: T = answers.get(key, g.get(version), make)
    return answer


def read_versions(log_seq: int | None, ground_seq: int | None) -> None:
    """Note how far the log had grown when this request began."""
    g.log_seq, g.ground_seq = log_seq or 0, ground_seq or 0


def key_of(scope: Any) -> Hashable:
    """What tells one person's scope from another's."""
    return (scope.everything, scope.paths or scope.agency_ids, scope.own_person_id)
