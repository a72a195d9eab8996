"""How every write begins and ends: one real transaction, with the log's head locked first.

On SQLite the transaction begins IMMEDIATE, on PostgreSQL it takes the row lock of `audit_head`.
Either way writers stand in a queue, and what an operation reads after that is what it decides on.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from extensions import IMMEDIATE
from models import AuditHead

_WRITING = "so_token_writing"


class Conflict(Exception):
    """Somebody changed the thing meanwhile; the message says so in Vietnamese."""


class Refused(Exception):
    """An act that may not be done now; the message is a Vietnamese sentence for the person."""


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Run the block as one write transaction: commit at its end, roll back on any exception.

    What the session had read before is forgotten first, so the block decides on fresh rows. Raises
    RuntimeError inside another block, whose work that would undo without a word.
    """
    if session.info.get(_WRITING):
        raise RuntimeError("one act is one transaction: this session is already writing")
    session.rollback()
    session.info[_WRITING] = True
    try:
        session.connection(execution_options={IMMEDIATE: True})
        session.execute(select(AuditHead.seq).with_for_update())
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info[_WRITING] = False


def expect_version(row: object, version: int | None) -> None:
    """Refuse when `row` is no longer the version that the person was looking at.

    `None` skips the check, for acts that do not depend on what was shown. Raises `Conflict`.
    """
    if version is not None and getattr(row, "version", None) != version:
        raise Conflict(
            "Dữ liệu vừa được người khác thay đổi. Hãy xem lại nội dung mới rồi thực hiện lại."
        )
