"""Number and days of a regulation that the program only knows as a draft.

The first entry makes it law from its day of effect on; nothing is ever erased: a later entry
corrects it, or takes it back, and says why.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.law import enacted
from operations.transactions import Conflict, Refused, transaction
from rules.law import Law, LawError
from rules.names import nfc
from schema.law import RegulationEnactment, RegulationEntry

NOUN = "regulation"
_LONGEST_NUMBER, _LONGEST_REASON = 60, 500


@dataclass(frozen=True)
class Issue:
    """What stands at the head of the issued text."""

    number: str
    issued_on: date
    effective_from: date


def entries_of(session: Session, regulation: str) -> list[RegulationEntry]:
    """Everything that was entered about a regulation, the newest first."""
    return list(
        session.scalars(
            select(RegulationEntry)
            .where(RegulationEntry.regulation == regulation)
            .order_by(RegulationEntry.id.desc())
        )
    )


def issued(session: Session, law: Law, regulation: str, issue: Issue) -> Law:
    """The law of this installation if the draft were issued like this; nothing is written.

    `law` is the law of the files. Raises `Refused` for what cannot be.
    """
    number = nfc(issue.number).strip()
    if len(number) > _LONGEST_NUMBER:
        raise Refused(f"Số của văn bản dài quá {_LONGEST_NUMBER} ký tự.")
    rest = Law(tuple(one for one in law.instruments if one.key != regulation))
    try:
        others = enacted(session, rest)
        whole = Law((*others.instruments, law.instrument(regulation)))
        return whole.enact(
            regulation,
            number=number,
            issued_on=issue.issued_on,
            effective_from=issue.effective_from,
        )
    except LawError as error:
        raise Refused(f"{error.reason[0].upper()}{error.reason[1:]}.") from error


def enact(
    session: Session,
    *,
    actor: Actor,
    law: Law,
    regulation: str,
    issue: Issue,
    reason: str = "",
    seen: int | None,
) -> None:
    """Enter number, day of signature and day of effect of a draft, or correct them with a reason.

    `law` is the law of the files; `seen` the newest entry that the person knew of. Raises `Refused`
    for what cannot be, `Conflict` when there is a newer entry.
    """
    with transaction(session):
        newest = _newest(session, regulation, seen)
        issued(session, law, regulation, issue)
        if newest is not None:
            _reason(reason)
        issue = replace(issue, number=nfc(issue.number).strip())
        row = session.get(RegulationEnactment, regulation)
        if row is None:
            row = RegulationEnactment(regulation=regulation)
            session.add(row)
        elif Issue(row.number, row.issued_on, row.effective_from) == issue:
            raise Refused("Số và ngày đã được ghi đúng như vậy.")
        row.number, row.issued_on = issue.number, issue.issued_on
        row.effective_from = issue.effective_from
        row.entered_by_id, row.entered_at = _user(actor), actor.at
        _remember(session, actor, regulation, issue, reason)
        from_day: dict[str, Any] = {"from": f"{issue.effective_from:%Y-%m-%d}"}  # A reserved word.
        audit.record(
            session,
            "regulation.enacted",
            actor=actor,
            noun=NOUN,
            object_id=regulation,
            regulation=regulation,
            number=issue.number,
            **from_day,
        )


def withdraw(
    session: Session, *, actor: Actor, regulation: str, reason: str, seen: int | None
) -> None:
    """Take number and days back: the regulation is a draft again, and the reason is kept.

    Raises `Refused` without a reason or when nothing was entered, `Conflict`.
    """
    with transaction(session):
        _newest(session, regulation, seen)
        row = session.get(RegulationEnactment, regulation)
        if row is None:
            raise Refused("Quy chế này chưa được nhập số, ngày.")
        session.delete(row)
        entry = _remember(session, actor, regulation, None, _reason(reason))
        audit.record(
            session,
            "regulation.withdrawn",
            actor=actor,
            noun=NOUN,
            object_id=regulation,
            regulation=regulation,
            entry=entry.id,
            reason_sha256=hashlib.sha256(entry.reason.encode()).hexdigest(),
        )


def _newest(session: Session, regulation: str, seen: int | None) -> RegulationEntry | None:
    newest = next(iter(entries_of(session, regulation)), None)
    if (newest.id if newest is not None else None) != seen:
        raise Conflict("Người khác vừa nhập về quy chế này. Hãy xem lại rồi làm lại.")
    return newest


def _reason(reason: str) -> str:
    said = nfc(reason).strip()
    if not said:
        raise Refused("Hãy ghi lý do: lần nhập trước vẫn được giữ trong lịch sử.")
    if len(said) > _LONGEST_REASON:
        raise Refused(f"Lý do dài quá {_LONGEST_REASON} ký tự.")
    return said


def _remember(
    session: Session, actor: Actor, regulation: str, issue: Issue | None, reason: str
) -> RegulationEntry:
    entry = RegulationEntry(
        regulation=regulation,
        number=issue.number if issue else None,
        issued_on=issue.issued_on if issue else None,
        effective_from=issue.effective_from if issue else None,
        reason=nfc(reason).strip(),
        entered_by_id=_user(actor),
        entered_at=actor.at,
    )
    session.add(entry)
    session.flush()
    return entry


def _user(actor: Actor) -> int:
    if actor.user_id is None:
        raise Refused("Việc này cần một người đăng nhập chịu trách nhiệm.")
    return actor.user_id
