"""Accounts and their roles: what administrators do with them.

Logging in, login sessions and one's own password are in `operations/logins.py`. Slow hashes are
worked out before the write transaction begins.
"""

import re
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import LoginSession, Person, User, UserRole
from operations import follow_ups, passwords
from operations.transactions import Refused, expect_version, transaction
from rules.names import clean_name, fold
from rules.permissions import Permission, Role, roles_with
from schema.token_logins import EmergencyCode

NOUN = "user"
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")


def normal_username(username: str) -> str:
    """A user name as it is stored: lower case, without accents and blanks."""
    return fold(username).replace(" ", "")[:80]


def create_user(
    session: Session,
    *,
    actor: Actor,
    username: str,
    display_name: str,
    person_id: int | None,
    grants: Sequence[tuple[Role, int]],
    password: str | None,
    must_change: bool = True,
) -> tuple[User, str]:
    """Open an account with its first roles; returns it with its first password.

    `grants` are pairs of role and agency number, at least one. Without `password` a one-time one is
    made. Raises `Refused` when the name is taken or not usable, or the person has an account.
    """
    name = usable_username(username)
    if not grants:
        raise Refused("Tài khoản phải có ít nhất một vai trò.")
    if password is not None:
        passwords.require_good(password, username=name)
    first = password if password is not None else passwords.first_password()
    hashed = passwords.hash_password(first)
    with transaction(session):
        user = enter_user(
            session,
            actor,
            User(
                username=name,
                display_name=clean_name(display_name) or name,
                person_id=person_id,
                password_hash=hashed,
                must_change_password=must_change,
                created_at=actor.at,
            ),
            grants,
        )
    return user, first


def usable_username(username: str) -> str:
    """A user name as it is stored; raises `Refused` when it cannot be one."""
    name = normal_username(username)
    if not _USERNAME.fullmatch(name):
        raise Refused(
            "Tên đăng nhập gồm từ 2 ký tự trở lên, chỉ dùng chữ không dấu, chữ số, "
            "dấu chấm, gạch nối và gạch dưới."
        )
    return name


def enter_user(
    session: Session, actor: Actor, user: User, grants: Sequence[tuple[Role, int]]
) -> User:
    """Enter an account with its roles and its event, inside the caller's transaction.

    Raises `Refused` when the name is taken or the person has an account.
    """
    if session.scalar(select(User.id).where(User.username == user.username)) is not None:
        raise Refused(f"Đã có tài khoản mang tên đăng nhập {user.username}. Hãy chọn tên khác.")
    _refuse_second_account(session, user.person_id, None)
    distinct = list(dict.fromkeys(grants))
    user.grants = [UserRole(role=role, agency_id=place) for role, place in distinct]
    session.add(user)
    session.flush()  # The event names the account by its number.
    roles = [f"{role.name}:{place}" for role, place in distinct]
    record_for(session, "account.created", actor, user, roles=roles)
    return user


def set_password(
    session: Session,
    *,
    actor: Actor,
    user_id: int,
    password: str | None = None,
    must_change: bool = True,
    version: int | None = None,
) -> str:
    """Give another account a new password, made at random unless given, and end its sessions.

    An emergency code that somebody made for it on the web ends as well: nobody shall hold both, and
    who may make one is judged anew. Returns the password, to be shown once. Raises `Refused` for
    the actor's own account: that needs the old password.
    """
    if user_id == actor.user_id:
        raise Refused("Hãy dùng trang “Đổi mật khẩu” để đổi mật khẩu của chính mình.")
    username = session.scalars(select(User.username).where(User.id == user_id)).one()
    if password is not None:
        passwords.require_good(password, username=username)
    first = password if password is not None else passwords.first_password()
    hashed = passwords.hash_password(first)
    with transaction(session):
        user = find_user(session, user_id, version)
        user.password_hash = hashed
        user.must_change_password = must_change
        user.version += 1
        end_sessions(session, actor, user)
        session.execute(
            update(EmergencyCode)
            .where(
                EmergencyCode.user_id == user.id,
                EmergencyCode.issued_by_id.is_not(None),
                EmergencyCode.used_at.is_(None),
                EmergencyCode.cancelled_at.is_(None),
            )
            .values(cancelled_at=actor.at)
        )
        record_for(session, "account.password_changed", actor, user, own=False)
    return first


def change_user(
    session: Session,
    *,
    actor: Actor,
    user_id: int,
    display_name: str,
    person_id: int | None,
    version: int,
) -> None:
    """Change the name shown and the person behind an account.

    Raises `Refused` when the person already has an account, `Conflict` when it changed meanwhile.
    """
    with transaction(session):
        user = find_user(session, user_id, version)
        shown = clean_name(display_name) or user.username
        changed: list[str] = []
        if shown != user.display_name:
            changed.append("display_name")
        if person_id != user.person_id:
            _refuse_second_account(session, person_id, user.id)
            changed.append("person_id")
        if not changed:
            return
        user.display_name, user.person_id = shown, person_id
        user.version += 1
        record_for(session, "account.changed", actor, user, changed=changed)


def grant_role(
    session: Session, *, actor: Actor, user_id: int, role: Role, agency_id: int, version: int
) -> None:
    """Give an account one more role over an agency and everything below it.

    Raises `Refused` when it has this role there already, `Conflict` when it changed meanwhile.
    """
    with transaction(session):
        user = find_user(session, user_id, version)
        if any(grant.role is role and grant.agency_id == agency_id for grant in user.grants):
            raise Refused("Tài khoản đã có vai trò này trong phạm vi này.")
        user.grants.append(UserRole(role=role, agency_id=agency_id))
        user.version += 1
        record_for(
            session, "account.changed", actor, user, changed=[f"grant {role.name}:{agency_id}"]
        )


def revoke_role(
    session: Session, *, actor: Actor, user_id: int, user_role_id: int, version: int
) -> None:
    """Take a role away from an account.

    Raises `Refused` for its only role and for the actor's own last administrator role, `Conflict`
    when the account changed meanwhile.
    """
    with transaction(session):
        user = find_user(session, user_id, version)
        grant = next((grant for grant in user.grants if grant.id == user_role_id), None)
        if grant is None:
            raise Refused("Tài khoản không còn vai trò này.")
        others = [other for other in user.grants if other is not grant]
        if not others:
            raise Refused(
                "Đây là vai trò duy nhất của tài khoản. "
                "Hãy thêm vai trò khác trước, hoặc ngừng sử dụng tài khoản."
            )
        managing = roles_with(Permission.USER_MANAGE)
        if (
            user.id == actor.user_id
            and grant.role in managing
            and not any(other.role in managing for other in others)
        ):
            raise Refused("Không thể tự bỏ vai trò quản trị cuối cùng của chính mình.")
        changed = [f"revoke {grant.role.name}:{grant.agency_id}"]
        user.grants.remove(grant)
        user.version += 1
        record_for(session, "account.changed", actor, user, changed=changed)


def set_active(session: Session, *, actor: Actor, user_id: int, active: bool, version: int) -> None:
    """Close an account and end its sessions, or open it again.

    Raises `Refused` for the actor's own account, `Conflict` when it changed meanwhile.
    """
    if user_id == actor.user_id:
        raise Refused("Không thể tự ngừng sử dụng tài khoản của chính mình.")
    with transaction(session):
        user = find_user(session, user_id, version)
        if user.is_active == active:
            return
        if active:
            _refuse_second_account(session, user.person_id, user.id)
        user.is_active = active
        user.version += 1
        end_sessions(session, actor, user)
        if not active and user.person_id is not None:  # A leaver's account was to be closed.
            follow_ups.settle(
                session, actor, code="staff_change.account", person_ids=[user.person_id]
            )
        record_for(session, "account.changed", actor, user, changed=["is_active"])


# Shared with operations/logins.py ----------------------------------------------------------------


def find_user(session: Session, user_id: int | None, version: int | None = None) -> User:
    """The account, freshly read; raises `Refused` without it, `Conflict` for another version."""
    user = session.get(User, user_id) if user_id is not None else None
    if user is None:
        raise Refused("Không có tài khoản này.")
    expect_version(user, version)
    return user


def end_sessions(session: Session, actor: Actor, user: User, keep: int | None = None) -> int:
    """End the open login sessions of an account but `keep`, each with its event."""
    found = session.scalars(
        select(LoginSession)
        .where(LoginSession.user_id == user.id, LoginSession.ended_at.is_(None))
        .order_by(LoginSession.id)
    ).all()
    ended = [login for login in found if login.id != keep]
    for login in ended:
        login.ended_at = actor.at
        record_for(session, "account.session_ended", actor, user, session=login.id)
    return len(ended)


def record_for(
    session: Session, event: str, actor: Actor, user: User, /, **body: audit.Value
) -> None:
    """Append an event about an account to the log."""
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=user.id,
        agency_id=agency_of(session, user),
        **body,  # type: ignore[arg-type] # no event has a key named like a parameter
    )


def agency_of(session: Session, user: User) -> int | None:
    """Where an event about an account belongs: the person's agency, else that of the first role."""
    if user.person_id is not None:
        return session.scalar(select(Person.agency_id).where(Person.id == user.person_id))
    if user.grants:
        return user.grants[0].agency_id
    return None


def _refuse_second_account(session: Session, person_id: int | None, user_id: int | None) -> None:
    """One person, one account in use: otherwise the log would name one person in two ways."""
    if person_id is None:
        return
    other = session.execute(
        select(User.username).where(
            User.person_id == person_id, User.is_active.is_(True), User.id != (user_id or 0)
        )
    ).first()
    if other is not None:
        raise Refused(f"Cá nhân này đã có tài khoản {other.username} đang sử dụng.")
