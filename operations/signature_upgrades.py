"""The queue that gives signed files their time stamps: what is due, whose turn, what came out.

One row for each signed thing. A run claims the row in a transaction of its own, works outside of
any, and comes back with its claim: who was killed in between loses the claim after a while, and
what a lost claim brings is thrown away. One run at a time for the whole installation, since the
servers are asked one after the other.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations import signed_files
from operations.time_stamps import wish_of
from operations.transactions import Refused, transaction
from rules.upgrades import (
    CLAIM_LASTS,
    FIRST_PAUSE,
    PadesLevel,
    UpgradeState,
    at_least,
    next_try,
    reachable,
)
from schema.upgrades import SignatureUpgrade

HELD_UP = "signing_under_way"
REPLACED = "signed_file_replaced"
LOST = "run_lost"
AWAITS = "awaits_signatures"
"""In `last_error` of a finished row: the rest is done once all have signed."""


@dataclass(frozen=True)
class Claimed:
    """One file that this run, and nobody else, raises now. `to`: how far it may go today."""

    id: int
    noun: str
    object_id: int
    sha256: str
    wanted: PadesLevel
    to: PadesLevel
    finished: bool
    claim: str


@dataclass(frozen=True)
class Raised:
    """What a run made: the new file, the level it was verified to have, when to renew it; and
    of each signer their own level.
    """

    content: bytes
    reached: PadesLevel
    renew_at: datetime | None = None
    levels: tuple[tuple[str, PadesLevel], ...] = ()


def want(
    session: Session,
    *,
    actor: Actor,
    noun: str,
    object_id: int,
) -> SignatureUpgrade | None:
    """Put the signed file of a thing into the queue, inside the transaction that accepts it.

    Does nothing while B-B is all that is wanted, or when the thing has no signed file.
    """
    level = wish_of(session).level
    if level is PadesLevel.B_B:
        return None
    file = signed_files.current(session, noun, object_id)
    if file is None:
        return None
    row = row_of(session, noun, object_id)
    if row is None:
        row = SignatureUpgrade(noun=noun, object_id=object_id, agency_id=file.agency_id)
        session.add(row)
    row.sha256, row.wanted, row.reached = file.sha256, level, PadesLevel.B_B
    row.state, row.attempts = UpgradeState.WAITING, 0
    row.next_try_at, row.created_at = actor.at, actor.at
    row.claim, row.claimed_at, row.renew_at, row.finished_at = "", None, None, None
    row.last_error, row.last_detail, row.levels = "", "", []
    session.flush()
    return row


def note_at_once(session: Session, *, actor: Actor, noun: str, object_id: int, error: str) -> None:
    """What the attempt to stamp a signature while it was given came to: "" or the code of why not.

    Without this note (a power cut in between) the queue finds out for itself.
    """
    with transaction(session):
        row = row_of(session, noun, object_id)
        if row is None or row.state is not UpgradeState.WAITING:
            return
        if error:
            row.last_error = error
            return
        row.reached = PadesLevel.B_T
        file = signed_files.current(session, noun, object_id)
        if file is None or file.sha256 != row.sha256:
            return
        if at_least(PadesLevel.B_T, reachable(row.wanted, finished=file.finished)):
            whole = row.wanted is PadesLevel.B_T
            _end(row, UpgradeState.DONE, "" if whole else AWAITS, actor.at)


def row_of(session: Session, noun: str, object_id: int) -> SignatureUpgrade | None:
    """The row of a thing; None while nothing was ever wanted for it."""
    return session.scalars(
        select(SignatureUpgrade).where(
            SignatureUpgrade.noun == noun, SignatureUpgrade.object_id == object_id
        )
    ).one_or_none()


def ask_now(session: Session, *, actor: Actor, noun: str, object_id: int) -> None:
    """A person wants it now: the row is due at once, with fresh attempts. Raises `Refused`."""
    with transaction(session):
        level = wish_of(session).level
        if level is PadesLevel.B_B:
            raise Refused("Chưa chọn mức cao hơn B-B ở trang Dấu thời gian.")
        row = row_of(session, noun, object_id)
        if row is not None and row.state is UpgradeState.RUNNING:
            raise Refused("Đang gắn dấu thời gian cho văn bản này. Chờ một lát rồi tải lại trang.")
        file = signed_files.current(session, noun, object_id)
        if file is None:
            raise Refused("Văn bản này chưa có bản đã ký số.")
        if (
            row is not None
            and row.sha256 == file.sha256
            and row.state is UpgradeState.DONE
            and at_least(row.reached, reachable(level, finished=file.finished))
        ):
            raise Refused("Văn bản này đã có đủ dấu thời gian.")
        made = want(session, actor=actor, noun=noun, object_id=object_id)
        if made is None:
            raise Refused("Văn bản này chưa có bản đã ký số.")
        _record(session, "document.upgrade_wanted", actor, made, None, level=made.wanted.name)


def claim(session: Session, *, at: datetime, only: tuple[str, int] | None = None) -> Claimed | None:
    """Take the next file that is due; None when none is, or another run is at work.

    What a killed run had claimed is due again, and so is an archive stamp before its end. A file
    that somebody is signing, or that is not the current one any more, is passed over with a note.
    """
    for _ in range(100):
        with transaction(session):
            row = _next(session, at, only)
            if row is None:
                return None
            taken = _take(session, row, at)
        if taken is not None:
            return taken
    return None


def _next(session: Session, at: datetime, only: tuple[str, int] | None) -> SignatureUpgrade | None:
    lost = at - CLAIM_LASTS
    running = SignatureUpgrade.state == UpgradeState.RUNNING
    busy = select(SignatureUpgrade.id).where(running, SignatureUpgrade.claimed_at > lost).limit(1)
    if session.execute(busy).first() is not None:
        return None
    due = or_(
        and_(SignatureUpgrade.state == UpgradeState.WAITING, SignatureUpgrade.next_try_at <= at),
        and_(running, SignatureUpgrade.claimed_at <= lost),
        and_(SignatureUpgrade.state == UpgradeState.DONE, SignatureUpgrade.renew_at <= at),
    )
    statement = select(SignatureUpgrade).where(due)
    if only is not None:
        noun, object_id = only
        statement = statement.where(
            SignatureUpgrade.noun == noun, SignatureUpgrade.object_id == object_id
        )
    order = (SignatureUpgrade.next_try_at, SignatureUpgrade.id)
    return session.scalars(statement.order_by(*order).limit(1).with_for_update()).one_or_none()


def _take(session: Session, row: SignatureUpgrade, at: datetime) -> Claimed | None:
    file = signed_files.current(session, row.noun, row.object_id)
    if file is None or file.sha256 != row.sha256:
        _end(row, UpgradeState.DONE, REPLACED, at)
        row.renew_at = None
        return None
    if signed_files.being_signed(session, row.noun, row.object_id, at):
        row.state, row.claim, row.claimed_at = UpgradeState.WAITING, "", None
        row.next_try_at, row.last_error = at + FIRST_PAUSE, HELD_UP
        return None
    if row.state is UpgradeState.RUNNING:
        # Whoever had it was killed; a file that kills its run each time must not do so for ever.
        row.attempts += 1
        if next_try(row.attempts, at) is None:
            _give_up(session, audit.system_actor(at), row, LOST)
            return None
    row.state, row.claim, row.claimed_at = UpgradeState.RUNNING, secrets.token_hex(16), at
    to = reachable(row.wanted, finished=file.finished)
    return Claimed(
        row.id, row.noun, row.object_id, row.sha256, row.wanted, to, file.finished, row.claim
    )


def finish(session: Session, *, actor: Actor, claimed: Claimed, raised: Raised) -> bool:
    """Put the raised file in place of the old one, which stays in the store; one event.

    False, and nothing changed, when the claim was lost, or the old file is not the current one any
    more, or somebody began to sign it meanwhile: then the row waits for another turn.
    """
    with transaction(session):
        row = _own(session, claimed)
        if row is None:
            return False
        file = signed_files.current(session, row.noun, row.object_id)
        if file is None or file.sha256 != claimed.sha256:
            _end(row, UpgradeState.DONE, REPLACED, actor.at)
            return False
        if signed_files.being_signed(session, row.noun, row.object_id, actor.at):
            row.state, row.claim = UpgradeState.WAITING, ""
            row.next_try_at, row.last_error = actor.at + FIRST_PAUSE, HELD_UP
            return False
        if hashlib.sha256(raised.content).hexdigest() != claimed.sha256:
            row.sha256 = signed_files.replace(session, file, raised.content, actor.at)
        row.reached, row.attempts, row.last_detail = raised.reached, 0, ""
        whole = at_least(raised.reached, row.wanted)
        _end(row, UpgradeState.DONE, "" if whole else AWAITS, actor.at)
        row.renew_at, row.levels = raised.renew_at, [list(one) for one in raised.levels]
        changed = row.sha256 != claimed.sha256
        if changed:
            level = raised.reached.name
            _record(session, "document.upgraded", actor, row, row.sha256, level=level)
        return True


def fail(
    session: Session, *, actor: Actor, claimed: Claimed, code: str, detail: str, final: bool
) -> None:
    """Note why it did not work, and when to try again; `final` or too often: a person must look."""
    with transaction(session):
        row = _own(session, claimed)
        if row is None:
            return
        row.attempts += 1
        row.last_detail = detail[:300]
        again = None if final else next_try(row.attempts, actor.at)
        if again is None:
            _give_up(session, actor, row, code)
            return
        row.state, row.claim, row.claimed_at = UpgradeState.WAITING, "", None
        row.next_try_at, row.last_error = again, code


def _give_up(session: Session, actor: Actor, row: SignatureUpgrade, code: str) -> None:
    _end(row, UpgradeState.GIVEN_UP, code, actor.at)
    level, event = row.wanted.name, "document.upgrade_given_up"
    _record(session, event, actor, row, row.sha256, level=level, code=code)


def _own(session: Session, claimed: Claimed) -> SignatureUpgrade | None:
    """The row, while the claim is still ours."""
    return session.scalars(
        select(SignatureUpgrade)
        .where(
            SignatureUpgrade.id == claimed.id,
            SignatureUpgrade.claim == claimed.claim,
            SignatureUpgrade.state == UpgradeState.RUNNING,
        )
        .with_for_update()
    ).one_or_none()


def _end(row: SignatureUpgrade, state: UpgradeState, code: str, at: datetime) -> None:
    row.state, row.claim, row.claimed_at = state, "", None
    row.finished_at, row.last_error = at, code


def _record(
    session: Session,
    event: str,
    actor: Actor,
    row: SignatureUpgrade,
    sha256: str | None,
    /,
    **body: audit.Value,
) -> None:
    audit.record(
        session,
        event,
        actor=actor,
        noun=row.noun,
        object_id=row.object_id,
        agency_id=row.agency_id,
        document_sha256=sha256,
        **body,
    )
