"""The agent's side of a login with the token: what is shown, signed, and sent.

Showing holds nothing, here or on the server, so a closed tab leaves nothing behind. The agent
builds by itself what the token signs (`signing.protocol.logins`); of what came with the ticket only
the challenge's id and nonce go into it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from signing.agent.certificates import ShownCertificate, describe, pin_words
from signing.agent.client import ServerClient
from signing.agent.desk import PIN_PAGE_LIMIT, TAB_LIMIT, Desk
from signing.agent.journal import Journal
from signing.agent.pin_step import PinStep, Road, TypedPin, question_of
from signing.agent.pin_window import confirms
from signing.agent.state import AgentState
from signing.agent.work import ASKING, ENDED, Asker, Stage, Tokens
from signing.errors import (
    ERRORS,
    Busy,
    ConsentTimeout,
    PinFinalTryRefused,
    PinRequired,
    SigningError,
    UserCancelled,
)
from signing.messages import (
    LOGIN_CHOICES_PATH,
    LOGIN_PATH,
    MOST_CHOICES,
    LoginChoices,
    LoginDeclined,
    LoginExpired,
    LoginPinCancelled,
    LoginPinTimeout,
    LoginProof,
    LoginPurpose,
    LoginReceipt,
    LoginStatement,
    LoginTicket,
    LoginWish,
    Pairing,
    login_attributes,
    login_container,
    new_nonce,
    open_login_ticket,
)
from signing.tokens.types import TokenInfo, TokenListing
from signing.trust.certificates import is_authority
from signing.trust.certificates import load as load_certificate

KEPT_LOGINS = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """One certificate with which somebody may log in; `problem` is why not at the moment."""

    token: TokenInfo
    der: bytes
    shown: ShownCertificate
    problem: SigningError | None

    @property
    def pin(self) -> tuple[str, bool]:
        """The state of the PIN in one sentence, and whether it is a warning."""
        return pin_words(self.token.pin)


@dataclass(slots=True)
class LoginWork:
    """One login on this agent. `error` is why the last attempt did not succeed."""

    ticket: LoginTicket
    pairing: Pairing
    seen_at: datetime
    stage: Stage = Stage.SHOWN
    click: str = ""
    asked_at: datetime | None = None
    choice: Choice | None = None
    error: SigningError | None = None
    return_path: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    told: dict[str, SigningError | None] = field(default_factory=dict)
    """What the server said of each certificate it was asked about (hex SHA-256)."""

    @property
    def switching(self) -> bool:
        """Whether somebody who is logged in only shows the token, to change how they log in."""
        return self.ticket.purpose is LoginPurpose.SWITCH

    @property
    def act(self) -> str:
        """What is done, as the pages and the window call it."""
        if self.switching:
            return "Thử thiết bị để đổi cách đăng nhập"
        return "Đăng nhập vào Sổ Token"

    @property
    def return_url(self) -> str:
        """Where the browser goes: always the pinned server."""
        return self.pairing.server_url + (self.return_path or "/dang-nhap")


def choices_on(listing: TokenListing, at: datetime) -> tuple[Choice, ...]:
    """The certificates that are in their term now, without those of authorities. Which of them are
    personal is known to the server's register (`LoginDesk.choices` asks it)."""
    found: dict[str, Choice] = {}
    for token in listing.tokens:
        for each in token.certificates:
            try:
                shown = describe(each.der)
                certificate = load_certificate(each.der)
            except (SigningError, ValueError):
                continue
            valid = certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
            if valid and not is_authority(certificate):
                found.setdefault(shown.sha256, Choice(token, each.der, shown, token.pin.hopeless))
    return tuple(found.values())


def _in_words_of_logins(error: SigningError) -> SigningError:
    """The step to the token is shared with signing; who logs in must not read of documents."""
    if isinstance(error, UserCancelled):
        return LoginPinCancelled(error.detail)
    if isinstance(error, ConsentTimeout):
        return LoginPinTimeout(error.detail)
    return error


class LoginDesk:
    """All logins of this agent, one of them active at a time. Safe to use from several threads."""

    def __init__(
        self,
        *,
        desk: Desk,
        state: AgentState,
        journal: Journal,
        client: ServerClient,
        tokens: Tokens,
        window: Asker | None,
    ) -> None:
        self._desk, self._state, self._journal = desk, state, journal
        self._client, self._tokens = client, tokens
        self._lock = threading.RLock()
        self._works: dict[str, LoginWork] = {}
        self._active: LoginWork | None = None
        self._clicks: set[str] = set()
        self._step = PinStep(window, self._lock, "dang-nhap")

    def open(self, text: str) -> LoginWork:
        """The login of the ticket, new or as it stands. Tells nobody; may be called at will.

        Raises the errors of `open_login_ticket`.
        """
        with self._lock:
            known = self._works.get(text)
        if known is not None:
            known.seen_at = self._client.now()
            self._sweep()
            if known.stage is not Stage.SHOWN:
                return known
        ticket, pairing = self._read(text)
        if known is not None:
            return known
        work = LoginWork(ticket, pairing, self._client.now())
        with self._lock:
            work = self._works.setdefault(text, work)
            for old in list(self._works)[:-KEPT_LOGINS]:
                if self._works[old] is not self._active:
                    del self._works[old]
        return work

    def _read(self, text: str) -> tuple[LoginTicket, Pairing]:
        pairings = self._state.pairings
        try:
            return open_login_ticket(text, pairings=pairings, at=self._client.now())
        except LoginExpired:
            self._desk.learn_time()  # The clock of this computer may be wrong.
            return open_login_ticket(text, pairings=pairings, at=self._client.now())

    def choices(self, work: LoginWork) -> tuple[tuple[Choice, ...], TokenListing]:
        """What may be chosen now, read without a PIN, and the whole listing it was chosen from.

        Those that the server's register knows as an agency's have that as their problem. A server
        that cannot be asked, or does not know the question, leaves them to be refused later.
        """
        listing = self._tokens.list_tokens()
        found = choices_on(listing, self._client.now())
        self._ask_about(work, [each.shown.sha256 for each in found])
        return tuple(
            replace(each, problem=work.told.get(each.shown.sha256) or each.problem)
            for each in found
        ), listing

    def _ask_about(self, work: LoginWork, certificates: Sequence[str]) -> None:
        new = [each for each in certificates if each not in work.told][:MOST_CHOICES]
        if not new:
            return
        body = LoginWish(work.ticket.challenge_id, tuple(new)).to_body()
        try:
            answer = self._client.call(work.pairing, LOGIN_CHOICES_PATH, body)
            refused = LoginChoices.from_body(answer).refused
        except SigningError:
            return
        for each in new:
            work.told[each] = ERRORS[refused[each]]() if refused.get(each) in ERRORS else None

    # --- the click on "Đăng nhập" ----------------------------------------------------------------

    def begin(
        self, text: str, *, click: str, certificate: str, confirmation: str = ""
    ) -> LoginWork:
        """Ask for the PIN of the token with the chosen certificate (hex SHA-256): in the window, on
        the token, or on the page.

        One `click` asks once. Raises `Busy`, `CertNotFound`, `NoToken`, the token's own reasons and
        `PinFinalTryRefused`.
        """
        work = self.open(text)
        with self._lock:
            repeated = click in self._clicks or (self._active is work and work.click == click)
            if repeated or work.stage is not Stage.SHOWN:
                return work
            self._clear_the_desk()
            self._active, work.click = work, click
        try:
            choice = self._chosen(work, certificate)
            if choice.token.pin.asks_confirmation and not confirms(confirmation):
                raise PinFinalTryRefused
            with self._lock:
                self._clicks.add(click)
                work.choice, work.asked_at, work.error = choice, self._client.now(), None
                work.stop = threading.Event()
                self._ask_for_pin(work, choice)
        except Exception:
            # Whatever it was, the next click must find a free desk.
            with self._lock:
                work.stage = Stage.SHOWN
                self._free(work)
            raise
        return work

    def _chosen(self, work: LoginWork, certificate: str) -> Choice:
        found, listing = self.choices(work)
        for choice in found:
            if choice.shown.sha256 == certificate:
                if choice.problem is not None:
                    raise choice.problem
                return choice
        raise listing.missing()

    def _clear_the_desk(self) -> None:
        if self._desk.busy:
            raise Busy
        active = self._active
        if active is None:
            return
        gone = self._client.now() - active.seen_at > TAB_LIMIT
        if active.stage is Stage.PIN_PAGE or (active.stage in ASKING and gone):
            self._abandon(active, None)
        else:
            raise Busy

    def _ask_for_pin(self, work: LoginWork, choice: Choice) -> None:
        question = question_of(
            choice.token,
            choice.shown,
            document="Không có: chỉ đăng nhập, không ký văn bản nào",
            act=work.act,
            server=work.pairing.server_name,
            phrase=self._state.phrase,
            button="Thử thiết bị" if work.switching else "Đăng nhập",
        )
        pad = choice.token.pin.protected_path
        self._step.ask(work, question, self._road(work, choice), pad=pad)

    def _road(self, work: LoginWork, choice: Choice) -> Road:
        stop = work.stop

        def current() -> bool:
            return self._active is work and work.stop is stop

        def left(error: SigningError) -> None:
            with self._lock:
                if current():
                    self._abandon(work, _in_words_of_logins(error))

        return Road(
            sign=lambda pin: self._prove(work, choice, pin),
            failed=lambda error: self._fail(work, error),
            left=left,
            current=current,
        )

    def wait(self, seconds: float) -> None:
        """Waits for the road under way, if any, to end."""
        self._step.wait(seconds)

    def pin_on_page(self, text: str, *, click: str, pin: str) -> LoginWork:
        """The fallback where there is no display. Raises `PinRequired`, and `LoginPinTimeout` when
        the page waited too long."""
        work = self.open(text)
        with self._lock:
            if click in self._clicks or work.stage in ENDED:
                return work
            choice = work.choice
            if self._active is not work or work.stage is not Stage.PIN_PAGE or choice is None:
                raise LoginPinTimeout
            if not pin:
                raise PinRequired
            self._clicks.add(click)
            work.stage = Stage.SIGNING
            self._step.go(self._road(work, choice), TypedPin(pin))
        return work

    # --- the proof -------------------------------------------------------------------------------

    def _prove(self, work: LoginWork, choice: Choice, pin: TypedPin) -> None:
        """One attempt at the token, then one message to the pinned server."""
        container = self._container(work, choice, pin)
        self._journal.record(
            "login_signed",
            server_id=work.pairing.server_id,
            challenge_id=work.ticket.challenge_id,
            purpose=work.ticket.purpose.value,
            certificate_sha256=choice.shown.sha256,
            cms=hashlib.sha256(container).hexdigest(),
        )
        proof = LoginProof(work.ticket.challenge_id, container)
        receipt = LoginReceipt.from_body(
            self._client.call(work.pairing, LOGIN_PATH, proof.to_body())
        )
        with self._lock:
            work.return_path, work.stage, work.error = receipt.return_path, Stage.DONE, None
            self._free(work)

    def _fail(self, work: LoginWork, error: SigningError) -> None:
        with self._lock:
            self._abandon(work, _in_words_of_logins(error))
        self._journal.record(
            "login_failed",
            server_id=work.pairing.server_id,
            challenge_id=work.ticket.challenge_id,
            code=error.code,
        )

    def _container(self, work: LoginWork, choice: Choice, pin: TypedPin) -> bytes:
        statement = LoginStatement(
            purpose=work.ticket.purpose,
            server_key=work.pairing.server_key.raw,
            origin=work.pairing.server_url,
            challenge_id=work.ticket.challenge_id,
            nonce=work.ticket.nonce,
            certificate_sha256=choice.shown.sha256,
            agent_id=self._state.keys.public.agent_id,
            agent_nonce=new_nonce(),
            signed_at=self._client.now(),
        )
        signatures = self._tokens.sign(
            choice.der,
            [login_attributes(statement, choice.der)],
            pin.take(),
            allow_final_try=choice.token.pin.last_try,
        )
        try:
            signature = next(signatures, b"")
        finally:
            signatures.close()
        return login_container(statement, choice.der, signature)

    # --- ends ------------------------------------------------------------------------------------

    def refuse(self, text: str) -> LoginWork:
        """The person chose not to log in: the server is told, so that its page says so.

        Raises `Busy` as `Desk.refuse` does.
        """
        work = self.open(text)
        with self._lock:
            if work.stage in ENDED:
                return work
            if self._active is work and work.stage not in ASKING:
                raise Busy
            self._abandon(work, None)
        body = LoginProof(work.ticket.challenge_id).to_body()
        receipt = LoginReceipt.from_body(self._client.call(work.pairing, LOGIN_PATH, body))
        with self._lock:
            if self._active is work:  # clicked again meanwhile
                raise Busy
            work.stage, work.error = Stage.REFUSED, LoginDeclined()
            work.return_path = receipt.return_path
        self._journal.record(
            "login_declined",
            server_id=work.pairing.server_id,
            challenge_id=work.ticket.challenge_id,
        )
        return work

    def cancel(self, text: str) -> LoginWork:
        """Back from the PIN step; nothing was signed."""
        work = self.open(text)
        with self._lock:
            if self._active is work and work.stage in ASKING:
                self._abandon(work, None)
        return work

    def _sweep(self) -> None:
        """A PIN page that waited too long asks for a new click."""
        with self._lock:
            work = self._active
            if work is None or work.stage is not Stage.PIN_PAGE or work.asked_at is None:
                return
            if self._client.now() - work.asked_at > PIN_PAGE_LIMIT:
                self._abandon(work, LoginPinTimeout())

    def _abandon(self, work: LoginWork, error: SigningError | None) -> None:
        work.stop.set()
        work.stage, work.error, work.choice = Stage.SHOWN, error, None
        self._free(work)

    def _free(self, work: LoginWork) -> None:
        if self._active is work:
            self._active = None
