"""Adding as many rows as an act has devices, in as many statements as for one."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from extensions import Base

Row = TypeVar("Row", bound=Base)


def add_many(session: Session, rows: Sequence[Row]) -> list[Row]:
    """Insert new rows of one table and return them as they stand, inside a transaction.

    The mapper asks for each row's number, and SQLite answers that one row at a time. Writers stand
    in a queue (`operations/transactions.py`), so whatever is above the last number is ours. All
    rows must have been given the same columns (KeyError).
    """
    if not rows:
        return []
    model: Any = type(rows[0])
    given = [one.key for one in model.__mapper__.column_attrs if one.key in vars(rows[0])]
    session.flush()
    last = session.scalar(select(func.max(model.id))) or 0
    session.execute(
        insert(model.__table__), [{name: vars(one)[name] for name in given} for one in rows]
    )
    return list(session.scalars(select(model).where(model.id > last).order_by(model.id)))
