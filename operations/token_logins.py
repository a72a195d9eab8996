"""Logging in with the token: challenges, proofs, the login itself, and the account's mode.

What the agent sent is read and its signature checked by the caller (`views/agent_logins.py`); here
it is decided who may come in. The cookie's secret and the one-time code are kept as hashes only.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Certificate, LoginSession, User
from operations import emergency_codes, logins, settings, throttles
from operations.accounts import NOUN, agency_of, end_sessions, find_user, record_for
from operations.transactions import Refused, transaction
from rules.certificates import SubscriberKind
from rules.devices import DeviceState
from rules.token_logins import (
    CHALLENGE_LIFETIME,
    CODE_LIFETIME,
    RevocationKnown,
    TokenFacts,
    TokenLogin,
    TokenRefusal,
    certificate_refusal,
    needs_proof,
)
from schema.token_logins import LoginChallenge

MOST_OPEN, MOST_OPEN_OF_ADDRESS = 500, 40
"""Challenges under way: so that strangers cannot fill the table, and an office behind one address
can still log in together in the morning."""
KEPT = timedelta(days=1)
UNCHECKED_SETTING = "token_login.unchecked"


class NotLetIn(Exception):
    """A proof or a code that opens nothing; `code` is that of the words for the person."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Proof:
    """What a checked proof says: which certificate, through which agent, and what the authority's
    lists know of it."""

    certificate_sha256: str
    agent: str
    trusted: bool
    revocation: RevocationKnown


def secret_hash(secret: str) -> str:
    """What the database keeps of a random secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


# Challenges -------------------------------------------------------------------------------------


def open_challenge(
    session: Session, *, address: str, at: datetime, origin: str, browser_hash: str, goal: str
) -> str:
    """A challenge for a browser that wants to log in; returns its public id.

    No event of the log: it is a stranger's wish. Raises `Refused` when too many are under way.
    """
    with transaction(session):
        session.execute(delete(LoginChallenge).where(LoginChallenge.expires_at < at - KEPT))
        underway = select(func.count(LoginChallenge.id)).where(
            LoginChallenge.expires_at > at,
            LoginChallenge.used_at.is_(None),
            LoginChallenge.wanted.is_(None),
        )
        there = session.scalar(underway.where(LoginChallenge.address == address[:64])) or 0
        if there >= MOST_OPEN_OF_ADDRESS or (session.scalar(underway) or 0) >= MOST_OPEN:
            raise Refused(
                "Có quá nhiều lần đăng nhập bằng thiết bị đang chờ. Hãy thử lại sau ít phút, hoặc "
                "đăng nhập bằng mật khẩu."
            )
        return _add(session, address, at, origin, browser_hash, goal=goal[:300]).public_id


def open_switch(
    session: Session, *, actor: Actor, wanted: TokenLogin, origin: str, browser_hash: str
) -> str:
    """A challenge by which a logged-in person shows the token before the account's mode changes.

    Raises `Refused` when the account is in this mode already.
    """
    with transaction(session):
        user = find_user(session, actor.user_id)
        if user.token_login_mode is wanted:
            raise Refused("Tài khoản đang ở đúng cách đăng nhập này.")
        row = _add(session, actor.address, actor.at, origin, browser_hash)
        row.wanted, row.login_session_id = wanted, actor.login_session_id
        return row.public_id


def _add(
    session: Session, address: str, at: datetime, origin: str, browser_hash: str, goal: str = ""
) -> LoginChallenge:
    row = LoginChallenge(
        public_id=secrets.token_urlsafe(16),
        browser_hash=browser_hash,
        address=address[:64],
        nonce=secrets.token_urlsafe(24),
        origin=origin[:300],
        goal=goal,
        created_at=at,
        expires_at=at + CHALLENGE_LIFETIME,
    )
    session.add(row)
    return row


def find(session: Session, public_id: str) -> LoginChallenge | None:
    """A challenge by its public id."""
    return session.scalars(
        select(LoginChallenge).where(LoginChallenge.public_id == public_id)
    ).one_or_none()


def decline(session: Session, *, public_id: str) -> None:
    """The person said no at the agent: nothing more comes of this challenge. No event: no act."""
    with transaction(session):
        row = find(session, public_id)
        if row is not None and row.proved_at is None:
            row.refusal, row.expires_at = "login_declined", row.created_at


# Proofs -----------------------------------------------------------------------------------------


def take_proof(
    session: Session,
    *,
    address: str,
    at: datetime,
    public_id: str,
    proof: Proof,
    throttle_key: bytes,
) -> str:
    """Accept a checked proof for a challenge, once; returns the one-time code for its browser.

    A refused proof is an event and counts like a wrong password. Raises `NotLetIn` and
    `throttles.TooManyTries`.
    """
    name = f"thiết bị:{proof.certificate_sha256}"
    pair = throttles.pair_hash(throttle_key, username=name, address=address)
    throttles.count_try(session, pair, at=at)
    code = secrets.token_urlsafe(24)
    with transaction(session):
        row = _underway(session, public_id, at)
        certificate, user, refusal = _decide(session, row, proof, at)
        if refusal is None and user is not None:
            throttles.forgive(session, pair)
            row.user_id, row.certificate_id = user.id, certificate.id if certificate else None
            row.agent, row.revocation = proof.agent[:64], proof.revocation.name
            row.proved_at, row.code_hash, row.refusal = at, secret_hash(code), ""
            return code
        row.refusal = str(refusal)
        audit.record(
            session,
            "account.login_refused",
            actor=audit.Actor(None, None, (), address, at),
            noun=NOUN,
            object_id=user.id if user else 0,
            agency_id=agency_of(session, user) if user else None,
            reason=str(refusal),
        )
    raise NotLetIn(str(refusal))


def _underway(session: Session, public_id: str, at: datetime) -> LoginChallenge:
    row = find(session, public_id)
    if row is None:
        raise NotLetIn("login_unknown")
    if row.proved_at is not None:
        raise NotLetIn("login_used")
    if at >= row.expires_at:
        raise NotLetIn("login_expired")
    return row


def _decide(
    session: Session, row: LoginChallenge, proof: Proof, at: datetime
) -> tuple[Certificate | None, User | None, TokenRefusal | None]:
    certificate = session.scalars(
        select(Certificate).where(Certificate.sha256 == proof.certificate_sha256)
    ).one_or_none()
    if certificate is None:
        return None, None, TokenRefusal.CERTIFICATE_UNKNOWN
    user, refusal = _owner(session, row, certificate)
    facts = _facts(certificate, proof.trusted, proof.revocation)
    allowed = unchecked_allowed(session)
    return (
        certificate,
        user,
        refusal or certificate_refusal(facts, at=at, unchecked_allowed=allowed),
    )


def not_personal(session: Session, certificates: Collection[str]) -> dict[str, TokenRefusal]:
    """Those of these certificates (hex SHA-256) that the register knows as no person's: they let
    nobody in. Of the others nothing is told."""
    rows = session.scalars(
        select(Certificate.sha256).where(
            Certificate.sha256.in_(certificates), Certificate.kind != SubscriberKind.INDIVIDUAL
        )
    )
    return dict.fromkeys(rows, TokenRefusal.NOT_PERSONAL)


def _facts(certificate: Certificate, trusted: bool, revocation: RevocationKnown) -> TokenFacts:
    device: DeviceState | None = certificate.device.state if certificate.device else None
    return TokenFacts(
        certificate.kind,
        certificate.not_before,
        certificate.not_after,
        certificate.revoked_at,
        device,
        trusted,
        revocation,
    )


def _owner(
    session: Session, row: LoginChallenge, certificate: Certificate
) -> tuple[User | None, TokenRefusal | None]:
    """The one account in use whose person the certificate belongs to."""
    if certificate.person_id is None:
        return None, TokenRefusal.NOT_PERSONAL
    users = session.scalars(
        select(User).where(User.person_id == certificate.person_id, User.is_active.is_(True))
    ).all()
    if len(users) != 1:
        return None, TokenRefusal.ACCOUNT_CLOSED
    (user,) = users
    if row.wanted is None:
        off = user.token_login_mode is TokenLogin.OFF
        return user, TokenRefusal.NOT_SWITCHED_ON if off else None
    asker = session.scalar(
        select(LoginSession.user_id).where(
            LoginSession.id == row.login_session_id, LoginSession.ended_at.is_(None)
        )
    )
    return user, None if asker == user.id else TokenRefusal.OTHER_PERSON


# What the waiting browser does with its code ------------------------------------------------------


def proved(
    session: Session, *, public_id: str, browser_hash: str, code: str, at: datetime
) -> LoginChallenge:
    """The challenge, when this browser opened it and brings the code of its proof. Changes nothing.

    Raises `NotLetIn`: a browser that did not open it learns nothing else, whatever it brings.
    """
    row = find(session, public_id)
    if row is None:
        raise NotLetIn("login_unknown")
    if not secrets.compare_digest(row.browser_hash, browser_hash):
        raise NotLetIn("login_other_browser")
    if row.used_at is not None:
        raise NotLetIn("login_used")
    right = secrets.compare_digest(row.code_hash, secret_hash(code))
    if row.proved_at is None or row.user is None or row.certificate is None or not right:
        raise NotLetIn("login_forged")
    if at >= row.proved_at + CODE_LIFETIME:
        raise NotLetIn("login_expired")
    return row


def log_in(
    session: Session, *, actor: Actor, public_id: str, browser_hash: str, code: str, browser: str
) -> logins.Login:
    """Begin the login session of the account whose certificate was proved; once.

    Account and certificate are looked at again: a minute is enough to close or revoke one. Raises
    `NotLetIn`.
    """
    with transaction(session):
        row = proved(
            session, public_id=public_id, browser_hash=browser_hash, code=code, at=actor.at
        )
        user = _still(session, row, actor.at)
        if row.wanted is not None or user.token_login_mode is TokenLogin.OFF:
            raise NotLetIn(TokenRefusal.NOT_SWITCHED_ON)
        row.used_at = actor.at
        begun = logins.begin(session, actor, user, browser)
        emergency_codes.end_open(session, user_id=user.id, at=actor.at)  # the token is there
        record_for(
            session,
            "account.token_login",
            logins.as_user(actor, user, begun.login_session_id),
            user,
            session=begun.login_session_id,
            certificate=row.certificate_id or 0,
            revocation=row.revocation,
            agent=row.agent,
        )
        return begun


def _still(session: Session, row: LoginChallenge, at: datetime) -> User:
    """The account of a proof, when neither it nor its certificate has ended meanwhile."""
    user, certificate = row.user, row.certificate
    if user is None or certificate is None or not user.is_active:
        raise NotLetIn(TokenRefusal.ACCOUNT_CLOSED)
    known = RevocationKnown[row.revocation]
    refusal = certificate_refusal(
        _facts(certificate, True, known), at=at, unchecked_allowed=unchecked_allowed(session)
    )
    if refusal is not None:
        raise NotLetIn(refusal)
    return user


# The account's mode -----------------------------------------------------------------------------


def switch(
    session: Session, *, actor: Actor, public_id: str, browser_hash: str, code: str
) -> TokenLogin:
    """Give the actor's account the mode of a proved challenge of this very login session.

    "Only with the token" ends the account's other sessions, which a password alone may have opened.
    Raises `NotLetIn`.
    """
    with transaction(session):
        row = proved(
            session, public_id=public_id, browser_hash=browser_hash, code=code, at=actor.at
        )
        user = _still(session, row, actor.at)
        own = user.id == actor.user_id and row.login_session_id == actor.login_session_id
        if row.wanted is None or not own:
            raise NotLetIn(TokenRefusal.OTHER_PERSON)
        row.used_at = actor.at
        _set(session, actor, user, row.wanted, "own")
        if row.wanted is TokenLogin.ONLY:
            end_sessions(session, actor, user, keep=actor.login_session_id)
        return row.wanted


def switch_off(session: Session, *, actor: Actor) -> None:
    """Leave the actor's account to the password alone. Raises `Refused` from "only with the token":
    that takes the token."""
    with transaction(session):
        user = find_user(session, actor.user_id)
        if needs_proof(user.token_login_mode, TokenLogin.OFF):
            raise Refused("Tài khoản chỉ đăng nhập bằng thiết bị: muốn đổi phải dùng thiết bị.")
        if user.token_login_mode is not TokenLogin.OFF:
            _set(session, actor, user, TokenLogin.OFF, "own")


def _set(session: Session, actor: Actor, user: User, mode: TokenLogin, by: str) -> None:
    user.token_login_mode = mode
    user.version += 1
    record_for(session, "account.token_login_set", actor, user, mode=mode.name, by=by)


# The installation's own rule ----------------------------------------------------------------------


def unchecked_allowed(session: Session) -> bool:
    """Whether a certificate whose revocation could not be checked lets its owner in (the program's
    own rule; "no" until an administrator decides otherwise)."""
    return settings.value_of(session, UNCHECKED_SETTING) == "1"


def allow_unchecked(session: Session, *, actor: Actor, allowed: bool) -> None:
    """Decide whether a login may go on when revocation could not be checked."""
    with transaction(session):
        settings.keep(session, UNCHECKED_SETTING, "1" if allowed else "")
        audit.record(
            session,
            "setting.changed",
            actor=actor,
            noun="setting",
            object_id=UNCHECKED_SETTING,
            name=UNCHECKED_SETTING,
        )
