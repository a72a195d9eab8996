"""Logging in with the token: challenges under way, and emergency codes for lost tokens."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from extensions import Base
from models import Certificate, Choice, Instant, Key, User
from rules.token_logins import TokenLogin


class LoginChallenge(Base):
    """A login by token under way: what the agent must sign is bound to it and to this server.

    `wanted` is the mode that the account gets when the proof is for switching and not for logging
    in; `login_session_id` then is the session that asked. Hashes are SHA-256 of random secrets."""

    __tablename__ = "login_challenge"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True)
    browser_hash: Mapped[str] = mapped_column(String(64))  # of the secret in the browser's cookie
    address: Mapped[str] = mapped_column(String(64))
    nonce: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(300), default="")  # where the browser sees us
    goal: Mapped[str] = mapped_column(String(300), default="")  # the page to go on to
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    wanted: Mapped[TokenLogin | None] = mapped_column(Choice(TokenLogin))
    login_session_id: Mapped[int | None] = mapped_column(ForeignKey("login_session.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificate.id"))
    revocation: Mapped[str] = mapped_column(String(20), default="")
    agent: Mapped[str] = mapped_column(String(64), default="")  # id of the agent that proved it
    proved_at: Mapped[datetime | None] = mapped_column(Instant)
    code_hash: Mapped[str] = mapped_column(String(64), default="")
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    refusal: Mapped[str] = mapped_column(String(64), default="")  # why the proof was refused

    user: Mapped[User | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()


class EmergencyCode(Base):
    """A code that lets a person whose token is lost in once, together with the password.

    `issued_by_id` is NULL for one made at the server's own terminal; `seen_at` is when the person
    confirmed having read that it was made."""

    __tablename__ = "emergency_code"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    reason: Mapped[str] = mapped_column(String(500))
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    issued_by: Mapped[User | None] = relationship(foreign_keys=[issued_by_id])
