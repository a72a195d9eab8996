"""Emergency codes: the way in for a person whose account wants the token, and whose token is lost.

An administrator makes one with a reason, or whoever may use the server's own terminal. It is shown
once, kept as a hash, good for a day, and lets in only together with the password. Using it switches
the login with the token off, because the token is in other hands or nowhere.
"""

import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from audit import Actor
from models import AuditEvent, User
from operations.accounts import NOUN, find_user, record_for
from operations.transactions import Refused, transaction
from rules.token_logins import (
    EMERGENCY_BITS,
    EMERGENCY_HOURS,
    ESTABLISHED_DAYS,
    TokenLogin,
    emergency_code,
    normal_emergency_code,
)
from schema.token_logins import EmergencyCode

#: What `account.changed` says when an account gets into other hands or more rights.
_MADE_ANOTHER = {"grant", "is_active", "person_id"}
SHORTEST_REASON, LONGEST_REASON = 10, 500


def issue(session: Session, *, actor: Actor, user_id: int, reason: str) -> str:
    """Make a code for an account that is entered with the token only; returns it, to be shown once.

    Earlier codes of the account end. Raises `Refused` for the actor's own account (another
    administrator or the server's terminal must do it, so that two people know), for an account
    whose password the actor has set and so knows, for one that needs no code, and without a reason.
    Where another has set the password, both must have been administrators for `ESTABLISHED_DAYS`;
    that refusal is an event of its own.
    """
    said = " ".join(reason.split())[:LONGEST_REASON]
    if len(said) < SHORTEST_REASON:
        raise Refused("Ghi rõ lý do cấp mã, ít nhất 10 ký tự.")
    if user_id == actor.user_id:
        raise Refused(
            "Không tự cấp mã khẩn cấp cho chính mình. Nhờ người quản trị khác, hoặc dùng lệnh "
            "“users emergency” trên máy chủ."
        )
    code = emergency_code(secrets.randbits(EMERGENCY_BITS))
    with transaction(session):
        user = find_user(session, user_id)
        _refuse_needless(session, actor, user)
        newcomer = _newcomer(session, actor, user)
        if newcomer is None:
            _enter(session, actor, user, code, said)
        else:
            record_for(session, "account.emergency_code_refused", actor, user, newcomer=newcomer.id)
    if newcomer is not None:
        raise Refused(
            f"Mật khẩu của tài khoản này do người quản trị đặt lại, và tài khoản quản trị "
            f"{newcomer.username} được tạo, được trao quyền hoặc được đặt lại mật khẩu chưa đủ "
            f"{ESTABLISHED_DAYS} ngày nên chưa chắc là hai người. Đây là quy tắc của phần mềm; lần "
            "này đã ghi nhật ký. Dùng lệnh “users emergency” trên máy chủ."
        )
    return code


def _enter(session: Session, actor: Actor, user: User, code: str, reason: str) -> None:
    end_open(session, user_id=user.id, at=actor.at)
    row = EmergencyCode(
        user_id=user.id,
        code_hash=_hash(normal_emergency_code(code)),
        reason=reason,
        issued_by_id=actor.user_id,
        issued_at=actor.at,
        expires_at=actor.at + timedelta(hours=EMERGENCY_HOURS),
    )
    session.add(row)
    session.flush()  # The event names the code by its number.
    record_for(
        session,
        "account.emergency_code_issued",
        actor,
        user,
        code=row.id,
        reason_sha256=hashlib.sha256(reason.encode()).hexdigest(),
    )


def use(session: Session, *, user: User, typed: str, at: datetime) -> EmergencyCode | None:
    """Use up the code that was typed, inside the caller's transaction; None when it fits none."""
    normal = normal_emergency_code(typed)
    for row in _open(session, user.id):
        if normal and row.expires_at > at and secrets.compare_digest(row.code_hash, _hash(normal)):
            row.used_at = at
            return row
    return None


def end_open(session: Session, *, user_id: int, at: datetime) -> None:
    """End the codes of an account that nobody has used, inside the caller's transaction."""
    for row in _open(session, user_id):
        row.cancelled_at = at


def _refuse_needless(session: Session, actor: Actor, user: User) -> None:
    if not user.is_active:
        raise Refused("Tài khoản này đã ngừng sử dụng.")
    if user.token_login_mode is not TokenLogin.ONLY:
        raise Refused(
            "Tài khoản này vẫn đăng nhập được bằng mật khẩu nên không cần mã khẩn cấp. Nếu "
            "quên mật khẩu, hãy đặt lại mật khẩu."
        )
    by_actor = actor.user_id is not None and actor.user_id == _who_set_password(session, user.id)
    if user.must_change_password and by_actor:
        raise Refused(
            "Mật khẩu hiện tại của tài khoản này do chính anh/chị đặt và chưa được đổi; có cả "
            "mã thì một mình anh/chị vào được tài khoản. Nhờ người quản trị khác cấp mã, hoặc "
            "dùng lệnh “users emergency” trên máy chủ."
        )


def _newcomer(session: Session, actor: Actor, user: User) -> User | None:
    """Of who set the password and who makes the code, one who became what they are lately.

    None where the owner alone knows the password, and for the server's terminal, whose users can
    do anything by themselves.
    """
    if not user.must_change_password or actor.user_id is None:
        return None
    since = actor.at - timedelta(days=ESTABLISHED_DAYS)
    for number in (actor.user_id, _who_set_password(session, user.id)):
        if number is not None and _became_lately(session, number, since):
            return find_user(session, number)
    return None


def _became_lately(session: Session, user_id: int, since: datetime) -> bool:
    """Was this account made, given to somebody, or given a password or a role by another?"""
    found = session.execute(
        select(AuditEvent.event, AuditEvent.body).where(
            AuditEvent.noun == NOUN,
            AuditEvent.object_id == str(user_id),
            AuditEvent.at > since,
            AuditEvent.event.in_(
                ("account.created", "account.changed", "account.password_changed")
            ),
        )
    )
    for event, text in found:
        body = json.loads(text)
        changed = {word.split()[0] for word in body.get("changed", ())}
        theirs = event == "account.password_changed" and body.get("own")
        if (event != "account.changed" and not theirs) or changed & _MADE_ANOTHER:
            return True
    return False


def _who_set_password(session: Session, user_id: int) -> int | None:
    """Whose doing the password of an account is, as the log has it; None for the terminal."""
    return session.scalar(
        select(AuditEvent.actor_id)
        .where(
            AuditEvent.noun == NOUN,
            AuditEvent.object_id == str(user_id),
            AuditEvent.event.in_(("account.created", "account.password_changed")),
        )
        .order_by(AuditEvent.seq.desc())
        .limit(1)
    )


def unseen(session: Session, user_id: int) -> Sequence[EmergencyCode]:
    """The codes made for an account that its owner has not yet confirmed having read of."""
    return session.scalars(
        select(EmergencyCode)
        .where(EmergencyCode.user_id == user_id, EmergencyCode.seen_at.is_(None))
        .options(joinedload(EmergencyCode.issued_by))
        .order_by(EmergencyCode.id)
    ).all()


def mark_seen(session: Session, *, actor: Actor) -> None:
    """Note that the owner has read which codes were made for the account.

    No event of the log: the making of the code is there, and this changes no right of anybody.
    """
    with transaction(session):
        for row in session.scalars(
            select(EmergencyCode).where(
                EmergencyCode.user_id == actor.user_id, EmergencyCode.seen_at.is_(None)
            )
        ):
            row.seen_at = actor.at


def _open(session: Session, user_id: int) -> Sequence[EmergencyCode]:
    return session.scalars(
        select(EmergencyCode).where(
            EmergencyCode.user_id == user_id,
            EmergencyCode.used_at.is_(None),
            EmergencyCode.cancelled_at.is_(None),
        )
    ).all()


def _hash(code: str) -> str:
    # 100 random bits need no slow hash.
    return hashlib.sha256(b"so-token emergency code\0" + code.encode()).hexdigest()
