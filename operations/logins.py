"""Logging in and out, login sessions, and one's own password.

The slow hash is always worked out before the write transaction begins, and what it was worked out
from is compared again inside it. What administrators do is in `operations/accounts.py`.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Certificate, LoginSession, User
from operations import emergency_codes, passwords, throttles
from operations.accounts import (
    NOUN,
    agency_of,
    end_sessions,
    find_user,
    normal_username,
    record_for,
)
from operations.transactions import Conflict, Refused, transaction
from rules.certificates import SubscriberKind
from rules.token_logins import TokenLogin

_WRONG = "Tên đăng nhập hoặc mật khẩu không đúng."


class WrongPassword(Refused):
    """The password is not that of the account; does not tell whether the account exists."""


class NeedsToken(Refused):
    """Name and password are right, but the account is entered with the token only."""


class WrongEmergencyCode(Refused):
    """Name and password are right, the emergency code is not."""


@dataclass(frozen=True)
class Login:
    """A login just begun. `key` goes into the browser's cookie and nowhere else."""

    user_id: int
    login_session_id: int
    key: str
    in_emergency: bool = False  # an emergency code was used up


@dataclass(frozen=True)
class _Stored:
    """What the check of a password needs to know, read before the slow hash."""

    user_id: int
    password_hash: str
    is_active: bool
    mode: TokenLogin


# Logging in and out -----------------------------------------------------------------------------


def log_in(
    session: Session,
    *,
    actor: Actor,
    username: str,
    password: str,
    browser: str,
    throttle_key: bytes,
    emergency: str = "",
) -> Login:
    """Check name and password and begin a login session.

    `browser` is in words; `emergency` is a code for an account that wants the token (using it
    switches that off). Raises `throttles.TooManyTries` when the pair of account and address has to
    wait, `WrongPassword` when name or password is wrong, `NeedsToken`, `WrongEmergencyCode`, and
    `Refused` when the account was closed.
    """
    stored, pair, renewed = _right_password(session, actor, username, password, throttle_key)
    if stored.mode is TokenLogin.ONLY and not emergency:
        _record_refusal(session, actor, stored, "token_only")
        raise NeedsToken(_token_words(session, stored.user_id, actor))
    try:
        with transaction(session):
            user = _unchanged(session, stored)
            if renewed is not None:
                user.password_hash = renewed
            begun = begin(session, actor, user, browser)
            throttles.forgive(session, pair)
            if stored.mode is TokenLogin.ONLY:
                _enter_in_emergency(session, actor, user, begun, emergency)
                return replace(begun, in_emergency=True)
            known = as_user(actor, user, begun.login_session_id)
            record_for(session, "account.login", known, user, session=begun.login_session_id)
            return begun
    except WrongEmergencyCode:
        _record_refusal(session, actor, stored, "wrong_emergency_code")
        raise


def _right_password(
    session: Session, actor: Actor, username: str, password: str, throttle_key: bytes
) -> tuple[_Stored, str, str | None]:
    """What was read of the account, the pair that is throttled, and a newer hash if one is due."""
    name = normal_username(username)
    pair = throttles.pair_hash(throttle_key, username=name, address=actor.address)
    throttles.count_try(session, pair, at=actor.at)
    stored = _stored(session, User.username == name)
    check = passwords.check(stored.password_hash if stored else None, password)
    if stored is None or not check.right:
        _record_refusal(session, actor, stored, "wrong_password" if stored else "unknown_account")
        raise WrongPassword(_WRONG)
    if not stored.is_active:
        _record_refusal(session, actor, stored, "inactive")
        raise Refused("Tài khoản này đã ngừng sử dụng. Hãy liên hệ người quản trị phần mềm.")
    return stored, pair, passwords.hash_password(password) if check.outdated else None


def begin(session: Session, actor: Actor, user: User, browser: str) -> Login:
    """Open a login session of an account, inside the caller's transaction, which has checked who it
    is and records the event."""
    key = secrets.token_urlsafe(32)
    user.last_login_at = actor.at
    login = LoginSession(
        key_hash=login_key_hash(key),
        user_id=user.id,
        address=actor.address[:64],
        browser=browser[:200],
        created_at=actor.at,
        seen_at=actor.at,
        reauthenticated_at=actor.at,
    )
    session.add(login)
    session.flush()  # The event names the session by its number.
    return Login(user.id, login.id, key)


def _enter_in_emergency(
    session: Session, actor: Actor, user: User, begun: Login, typed: str
) -> None:
    """Use up the code and switch the login with the token off: the token is lost. Sessions that it
    may have opened in other hands end."""
    code = emergency_codes.use(session, user=user, typed=typed, at=actor.at)
    if code is None:
        raise WrongEmergencyCode(
            "Mã khẩn cấp không đúng, đã dùng hoặc đã hết hạn. Kiểm tra lại, hoặc xin mã mới."
        )
    user.token_login_mode = TokenLogin.OFF
    user.version += 1
    end_sessions(session, actor, user, keep=begun.login_session_id)
    known = as_user(actor, user, begun.login_session_id)
    record_for(
        session,
        "account.emergency_code_used",
        known,
        user,
        code=code.id,
        session=begun.login_session_id,
    )
    record_for(
        session, "account.token_login_set", known, user, mode=TokenLogin.OFF.name, by="emergency"
    )


def _token_words(session: Session, user_id: int, actor: Actor) -> str:
    """What a person does whose password is right but not enough."""
    usable = session.scalar(
        select(Certificate.id)
        .join(User, User.person_id == Certificate.person_id)
        .where(
            User.id == user_id,
            Certificate.kind == SubscriberKind.INDIVIDUAL,
            Certificate.revoked_at.is_(None),
            Certificate.not_before <= actor.at,
            Certificate.not_after >= actor.at,
        )
        .limit(1)
    )
    session.rollback()
    if usable is None:
        return (
            "Tài khoản này chỉ đăng nhập bằng thiết bị, nhưng sổ không còn chứng thư nào của "
            "anh/chị dùng được (đã hết hạn hoặc thu hồi). Xin người quản trị phần mềm cấp mã khẩn "
            "cấp rồi đăng nhập ở mục Mất thiết bị."
        )
    return (
        "Tài khoản này chỉ đăng nhập bằng thiết bị. Cắm thiết bị rồi bấm Đăng nhập bằng thiết bị; "
        "nếu thiết bị mất hoặc hỏng, xin người quản trị phần mềm cấp mã khẩn cấp."
    )


def login_key_hash(key: str) -> str:
    """What the database keeps of a login key; `views/guards.key_hash` must agree."""
    return hashlib.sha256(key.encode()).hexdigest()


def log_out(session: Session, *, actor: Actor) -> None:
    """End the actor's own login session."""
    with transaction(session):
        login = _open_login(session, actor, actor.login_session_id)
        if login is not None:
            login.ended_at = actor.at
            record_for(session, "account.logout", actor, login.user, session=login.id)


def reauthenticate(session: Session, *, actor: Actor, password: str, throttle_key: bytes) -> None:
    """Note that the person at the keyboard is still the one who logged in.

    Raises `WrongPassword`, or `throttles.TooManyTries`: guesses at an unlocked PC count as well.
    """
    stored, pair = _own_password(session, actor, password, throttle_key)
    with transaction(session):
        user = _unchanged(session, stored)
        login = _open_login(session, actor, actor.login_session_id)
        if login is None:
            raise Conflict("Phiên đăng nhập đã kết thúc. Hãy đăng nhập lại.")
        login.reauthenticated_at = actor.at
        throttles.forgive(session, pair)
        record_for(session, "account.reauthenticated", actor, user, session=login.id)


def end_login_session(session: Session, *, actor: Actor, login_session_id: int) -> None:
    """End one of the actor's own login sessions.

    Raises `Refused` when it is not theirs or has ended already.
    """
    with transaction(session):
        login = _open_login(session, actor, login_session_id)
        if login is None:
            raise Refused("Phiên đăng nhập này đã kết thúc.")
        login.ended_at = actor.at
        record_for(session, "account.session_ended", actor, login.user, session=login.id)


def end_other_login_sessions(session: Session, *, actor: Actor) -> int:
    """End every other login session of the actor; returns how many there were."""
    with transaction(session):
        user = find_user(session, actor.user_id)
        return end_sessions(session, actor, user, keep=actor.login_session_id)


def touch(session: Session, *, login_session_id: int, at: datetime) -> None:
    """Note that a login session is still in use.

    The one write without an event: it would bury the log under rows that say nothing; the views
    call it at most every five minutes per session.
    """
    with transaction(session):
        session.execute(
            update(LoginSession)
            .where(LoginSession.id == login_session_id, LoginSession.seen_at < at)
            .values(seen_at=at)
        )


# One's own password -----------------------------------------------------------------------------


def change_own_password(
    session: Session, *, actor: Actor, current: str, new: str, throttle_key: bytes
) -> None:
    """Replace the actor's password and end all their other login sessions.

    Raises `WrongPassword` or `throttles.TooManyTries` for the current one, `passwords.WeakPassword`
    for the new one.
    """
    stored, pair = _own_password(session, actor, current, throttle_key)
    username = session.scalars(select(User.username).where(User.id == stored.user_id)).one()
    passwords.require_good(new, username=username)
    if passwords.check(stored.password_hash, new).right:
        raise passwords.WeakPassword(("Mật khẩu mới phải khác mật khẩu đang dùng.",))
    hashed = passwords.hash_password(new)
    with transaction(session):
        user = _unchanged(session, stored)
        user.password_hash = hashed
        user.must_change_password = False
        user.version += 1
        throttles.forgive(session, pair)
        end_sessions(session, actor, user, keep=actor.login_session_id)
        login = _open_login(session, actor, actor.login_session_id)
        if login is not None:
            login.reauthenticated_at = actor.at
        record_for(session, "account.password_changed", actor, user, own=True)


# Shared by the acts above -----------------------------------------------------------------------


def _stored(session: Session, condition: ColumnElement[bool]) -> _Stored | None:
    row = session.execute(
        select(User.id, User.password_hash, User.is_active, User.token_login_mode).where(condition)
    ).one_or_none()
    session.rollback()  # No connection is held while the hash is worked out.
    return None if row is None else _Stored(*row)


def _own_password(
    session: Session, actor: Actor, password: str, throttle_key: bytes
) -> tuple[_Stored, str]:
    """Check the actor's own password, counted like a login; returns what was read and the pair."""
    username = session.scalars(select(User.username).where(User.id == actor.user_id)).one()
    pair = throttles.pair_hash(throttle_key, username=username, address=actor.address)
    throttles.count_try(session, pair, at=actor.at)
    stored = _stored(session, User.id == actor.user_id)
    if stored is None or not passwords.check(stored.password_hash, password).right:
        _record_refusal(session, actor, stored, "wrong_password")
        raise WrongPassword("Mật khẩu không đúng.")
    return stored, pair


def _unchanged(session: Session, stored: _Stored) -> User:
    """The account, unless its password or state changed while the hash was worked out."""
    user = find_user(session, stored.user_id)
    same = (user.password_hash, user.token_login_mode) == (stored.password_hash, stored.mode)
    if not same or not user.is_active:
        raise Conflict("Tài khoản vừa được thay đổi. Hãy thực hiện lại.")
    return user


def _open_login(
    session: Session, actor: Actor, login_session_id: int | None
) -> LoginSession | None:
    """One of the actor's own login sessions, while it is open."""
    return session.execute(
        select(LoginSession).where(
            LoginSession.id == login_session_id,
            LoginSession.user_id == actor.user_id,
            LoginSession.ended_at.is_(None),
        )
    ).scalar_one_or_none()


def as_user(actor: Actor, user: User, login_session_id: int) -> Actor:
    """The stranger who has just turned out to be this user."""
    roles = tuple(dict.fromkeys(grant.role.name for grant in user.grants))
    return replace(
        actor,
        user_id=user.id,
        person_id=user.person_id,
        roles=roles,
        login_session_id=login_session_id,
    )


def _record_refusal(session: Session, actor: Actor, stored: _Stored | None, reason: str) -> None:
    """Log a refused password. What was typed as a name is left out: it may be a password."""
    with transaction(session):
        user = session.get(User, stored.user_id) if stored else None
        audit.record(
            session,
            "account.login_refused",
            actor=actor,
            noun=NOUN,
            object_id=stored.user_id if stored else 0,
            agency_id=agency_of(session, user) if user else None,
            reason=reason,
        )
