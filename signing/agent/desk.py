"""The agent's desk: one job at a time, from the ticket to the signature that went back.

A job on the desk is `Work`. Showing holds nothing, so a closed tab leaves nothing behind. A click
on "Ký" claims the job; from then on the desk is busy until the signature is sent, the person
cancels, time runs out, or, while only the PIN is awaited, the tab is gone and another job is
clicked.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from signing.agent.client import ServerClient
from signing.agent.documents import Documents
from signing.agent.journal import Journal
from signing.agent.pin import PinQuestion
from signing.agent.pin_step import PinStep, Road, TypedPin, known, question_of
from signing.agent.pin_window import confirms
from signing.agent.signer import Signer
from signing.agent.state import AgentState
from signing.agent.work import ASKING, ENDED, Asker, Holder, Stage, Tokens, Work, find_holder
from signing.errors import (
    Busy,
    ConsentTimeout,
    HashMismatch,
    NoToken,
    PinFinalTryRefused,
    PinRequired,
    SigningError,
    TicketExpired,
    TicketInvalid,
    UserCancelled,
)
from signing.messages import (
    HEARTBEAT_PATH,
    ClaimRequest,
    Failure,
    Heartbeat,
    JobRefused,
    JobState,
    JobView,
    Manifest,
    Pairing,
    Receipt,
    ShowRequest,
    Ticket,
    TicketClaimed,
    TicketKind,
    job_path,
    open_manifest,
    open_ticket,
)

TAB_LIMIT = timedelta(seconds=10)
"""A waiting page reloads itself every two seconds; one not seen for this long is closed."""

PIN_PAGE_LIMIT = timedelta(minutes=3)
"""How long a claim waits for a PIN on the page before it is given back."""

KEPT_JOBS = 6

log = logging.getLogger(__name__)

_Message = tuple[Pairing, str, Failure]


class Desk:
    """All jobs of this agent. Safe to use from several threads; one job is active at a time."""

    def __init__(
        self,
        *,
        state: AgentState,
        journal: Journal,
        client: ServerClient,
        tokens: Tokens,
        window: Asker | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._state, self._journal, self._client = state, journal, client
        self._tokens, self._clock = tokens, clock
        self._lock = threading.RLock()
        self._works: dict[str, Work] = {}
        self._active: Work | None = None
        self._clicks: set[str] = set()
        self._signer = Signer(client=client, journal=journal, tokens=tokens)
        self._step = PinStep(window, self._lock, "ky-so")

    def read_ticket(self, text: str, kind: TicketKind) -> tuple[Ticket, Pairing]:
        """Opens the ticket. If it seems expired, the server is asked for the time first."""
        pairings = self._state.pairings
        try:
            ticket, pairing = open_ticket(
                text, agent=self._state.keys, pairings=pairings, at=self._client.now()
            )
        except TicketExpired:
            self.learn_time()
            ticket, pairing = open_ticket(
                text, agent=self._state.keys, pairings=pairings, at=self._client.now()
            )
        if ticket.kind is not kind:
            raise TicketInvalid("kind")
        return ticket, pairing

    @property
    def busy(self) -> bool:
        """Whether a signature is under way, from the click on "Ký" to its end."""
        return self._active is not None

    def learn_time(self) -> None:
        """Ask every paired server for the time: its signed answer corrects ours."""
        for pairing in self._state.pairings:
            # Whatever fails here, the expiry that is told next stays true.
            with contextlib.suppress(SigningError):
                self._client.call(pairing, HEARTBEAT_PATH, Heartbeat(0, "").to_body())

    def open(self, text: str) -> Work:
        """The job of the ticket, fetched or as it stands. Claims nothing; may be called any number
        of times.

        Raises the errors of `open_ticket` and `open_manifest`, what the server tells, and
        `HashMismatch` when a document is not what the manifest says.
        """
        known = self._known(text)
        if known is not None and known.stage is not Stage.SHOWN:
            known.seen_at = self._clock()
            return known
        ticket, pairing = self.read_ticket(text, TicketKind.SIGN)
        work = self._fetch(ticket, pairing, known)
        if known is not None:
            known.server_state, known.seen_at = work.server_state, self._clock()
            known.done = work.done
            self._settle(known)
            return known
        self._settle(work)
        self._journal.record(
            "shown",
            server_id=ticket.server_id,
            user_id=ticket.user_id,
            job_id=ticket.job_id,
            manifest_sha256=ticket.manifest_sha256,
            documents=[item.sha256 for item in work.manifest.items],
        )
        with self._lock:
            self._works[text] = work
            for old in list(self._works)[:-KEPT_JOBS]:
                each = self._works[old]
                # A signature that was made and not sent lies nowhere else.
                if each is not self._active and each.stage is not Stage.UNSENT:
                    del self._works[old]
        return work

    def peek(self, text: str) -> Work | None:
        """The job of the ticket as it lies on the desk, without asking anybody; None when it does
        not."""
        return self._known(text)

    def documents(self, text: str) -> Documents:
        """The documents of a job, from memory when it is on the desk."""
        known = self._known(text)
        return known.documents if known is not None else self.open(text).documents

    def _known(self, text: str) -> Work | None:
        with self._lock:
            return self._works.get(text)

    def _settle(self, work: Work) -> None:
        """Takes over what the server says of a job that is not in work here."""
        if work.server_state is JobState.REFUSED:
            work.stage = Stage.REFUSED
        elif work.server_state in {JobState.SIGNED, JobState.ACCEPTED}:
            work.stage = Stage.DONE

    def _fetch(self, ticket: Ticket, pairing: Pairing, known: Work | None) -> Work:
        path = job_path(ticket.job_id, "show")

        def ask(start: int) -> JobView:
            answer = self._client.call(pairing, path, ShowRequest(start).to_body())
            return JobView.from_body(answer)

        view = ask(0)
        manifest = open_manifest(
            view.manifest, ticket=ticket, pairing=pairing, at=self._client.now()
        )
        documents = known.documents if known is not None else Documents(manifest, ask)
        try:
            documents.take(view, 0)
        except HashMismatch as error:
            self._note_failure(ticket, pairing, "", error)
            raise
        work = Work(ticket, pairing, manifest, documents, view.state, self._clock())
        work.done = set(view.done)
        return work

    def holder(self, manifest: Manifest) -> Holder:
        """The token with the certificate of the job, looked for without a PIN."""
        return find_holder(self._tokens, manifest, self._client.now())

    # --- the click on "Ký" -----------------------------------------------------------------------

    def sign(self, text: str, *, click: str, confirmation: str = "") -> Work:
        """Claims the job and asks for the PIN: in the window, on the token, or on the page.

        One `click` claims once; the same one again only shows where the job stands. Raises `Busy`,
        `TicketClaimed`, the reasons of `holder`, `PinFinalTryRefused`, and what the server tells.
        """
        work = self.open(text)
        with self._lock:
            repeated = click in self._clicks or (self._active is work and work.click == click)
            if repeated or (work.stage is not Stage.SHOWN and self._active is not work):
                return work
            left = self._clear_the_desk(work)
            self._active, work.click = work, click
        try:
            if left is not None:
                self._tell(*left)
            holder = self.holder(work.manifest)
            if holder.problem is not None or holder.token is None:
                raise holder.problem or NoToken()
            if holder.token.pin.asks_confirmation and not confirms(confirmation):
                raise PinFinalTryRefused
            question = self._question(work, holder)
            self._claim(work, click)
            work.allow_final_try, work.certificate_der = holder.token.pin.last_try, holder.der
            pad = holder.token.pin.protected_path
            with self._lock:
                self._step.ask(work, question, self._road(work), pad=pad)
        except Exception:
            # Whatever it was, the next click must find a free desk.
            with self._lock:
                work.stage = Stage.SHOWN
                self._free(work)
            raise
        return work

    def _clear_the_desk(self, work: Work) -> _Message | None:
        """Makes room, or raises `Busy`; what the server has to be told of the job that left."""
        active = self._active
        if active is None:
            return None
        if active is work:
            raise TicketClaimed
        gone = self._clock() - active.seen_at > TAB_LIMIT
        if active.stage is Stage.PIN_PAGE or (active.stage in ASKING and gone):
            return self._abandon(active, "tab_closed")
        raise Busy

    def _claim(self, work: Work, click: str) -> None:
        claim_id = secrets.token_urlsafe(16)
        # A claim that the server still holds for this agent is our own, from before: a tab that
        # was closed, or a restart. The person has just clicked again, so it may be taken over.
        take_over = work.server_state is JobState.CLAIMED
        path = job_path(work.ticket.job_id, "claim")
        body = ClaimRequest(claim_id, take_over).to_body()
        receipt = Receipt.from_body(self._client.call(work.pairing, path, body))
        self._clicks.add(click)
        work.claim_id, work.claimed_at = claim_id, self._clock()
        work.server_state, work.error = receipt.state, None
        work.stop = threading.Event()
        self._journal.record(
            "claimed",
            server_id=work.ticket.server_id,
            job_id=work.ticket.job_id,
            manifest_sha256=work.ticket.manifest_sha256,
        )

    def _question(self, work: Work, holder: Holder) -> PinQuestion:
        items = work.manifest.items
        more = f" và {len(items) - 1} văn bản khác" if len(items) > 1 else ""
        if holder.token is None or holder.certificate is None:
            raise NoToken
        return question_of(
            holder.token,
            holder.certificate,
            document=items[0].title + more,
            act=work.manifest.act,
            server=work.pairing.server_name,
            phrase=self._state.phrase,
        )

    def _road(self, work: Work) -> Road:
        der, current = work.certificate_der, self._attempt(work)
        return Road(
            sign=lambda pin: self._end(work, self._signer.run(work, der, pin)),
            failed=lambda error: self._fail(work, error),
            left=lambda error: self._leave(work, error, current),
            current=current,
        )

    def _attempt(self, work: Work) -> Callable[[], bool]:
        """Says later whether what is under way now still is: each click has an end of its own."""
        stop = work.stop
        return lambda: self._active is work and work.stop is stop

    def wait(self, seconds: float) -> None:
        """Waits for the road under way, if any, to end."""
        self._step.wait(seconds)

    def pin_on_page(self, text: str, *, click: str, pin: str) -> Work:
        """The fallback where there is no display: the PIN of one click on the agent's own page.

        Raises `PinRequired`, `ConsentTimeout` when the claim has been given back meanwhile.
        """
        work = self.open(text)
        with self._lock:
            if click in self._clicks or work.stage in ENDED:
                return work
            if self._active is not work or work.stage is not Stage.PIN_PAGE:
                raise ConsentTimeout
            if not pin:
                raise PinRequired
            self._clicks.add(click)
            work.stage = Stage.SIGNING
            self._step.go(self._road(work), TypedPin(pin))
        return work

    def _end(self, work: Work, receipt: Receipt | None) -> None:
        """Where the job stands after its last part: done, stopped half-way, or not sent."""
        with self._lock:
            if receipt is None:
                work.stage = Stage.UNSENT
            else:
                work.server_state, work.return_path = receipt.state, receipt.return_path
                work.stage = Stage.SHOWN if receipt.state is JobState.ISSUED else Stage.DONE
            self._free(work)

    def send_again(self, text: str) -> Work:
        """Sends a finished signature once more after the network failed; needs no PIN."""
        work = self.open(text)
        with self._lock:
            if work.stage is not Stage.UNSENT or work.result is None:
                return work
            if self._active is not None:
                raise Busy
            work.stage, self._active = Stage.SIGNING, work
        work.error = None
        try:
            receipt = self._signer.send(work, work.result)
        except Exception as error:
            self._fail(work, known(error))
            return work
        self._end(work, receipt)
        return work

    # --- ends ------------------------------------------------------------------------------------

    def refuse(self, text: str) -> Work:
        """The person chose "Không ký": the server is told, and the job is over.

        Raises `Busy` from the click on "Ký" on, but for the time in which we wait for the PIN, and
        `TicketClaimed` when the server did not end it.
        """
        work = self.open(text)
        with self._lock:
            if work.stage in {Stage.DONE, Stage.REFUSED, Stage.UNSENT}:
                return work
            if self._active is work and work.stage not in ASKING:
                raise Busy
            work.stop.set()
            work.stage = Stage.SHOWN
            self._free(work)
        body = Failure(work.claim_id, UserCancelled.code).to_body()
        path = job_path(work.ticket.job_id, "fail")
        receipt = Receipt.from_body(self._client.call(work.pairing, path, body))
        with self._lock:
            if self._active is work:  # clicked again meanwhile
                raise Busy
            work.server_state = receipt.state
            self._settle(work)
            if work.stage is Stage.DONE:
                return work
            if work.stage is Stage.SHOWN:  # the server holds a claim from before, not ours
                raise TicketClaimed
            work.error = JobRefused()
        self._journal.record("refused", server_id=work.ticket.server_id, job_id=work.ticket.job_id)
        return work

    def cancel(self, text: str) -> Work:
        """The person went back from the PIN step: the claim is given back, the job may be signed
        later. A batch under way stops after the signature being made."""
        work = self.open(text)
        with self._lock:
            if self._active is not work or work.stage not in {*ASKING, Stage.SIGNING}:
                return work
            if work.stage is Stage.SIGNING:
                work.stop.set()
                return work
            left = self._abandon(work, UserCancelled.code)
        self._tell(*left)
        return work

    def sweep(self) -> None:
        """Gives back a claim that waited for its PIN too long. Called now and then."""
        with self._lock:
            work = self._active
            if work is None or work.stage is not Stage.PIN_PAGE or work.claimed_at is None:
                return
            if self._clock() - work.claimed_at <= PIN_PAGE_LIMIT:
                return
            current = self._attempt(work)
        self._leave(work, ConsentTimeout(), current)

    def _leave(self, work: Work, error: SigningError, current: Callable[[], bool]) -> None:
        with self._lock:
            if not current():
                return
            work.error = error
            left = self._abandon(work, error.code)
        self._tell(*left)

    def _abandon(self, work: Work, reason: str) -> _Message:
        """Takes the job off the desk, with the lock held. What is to be told to the server comes
        back: it may be slow, and meanwhile every page of the agent would wait for the lock."""
        work.stop.set()
        work.stage = Stage.SHOWN
        self._free(work)
        self._journal.record(
            "released", server_id=work.ticket.server_id, job_id=work.ticket.job_id, reason=reason
        )
        path = job_path(work.ticket.job_id, "release")
        return work.pairing, path, Failure(work.claim_id, reason)

    def _fail(self, work: Work, error: SigningError) -> None:
        with self._lock:
            work.stage, work.error = Stage.SHOWN, error
            self._free(work)
        self._note_failure(work.ticket, work.pairing, work.claim_id, error)

    def _note_failure(
        self, ticket: Ticket, pairing: Pairing, claim_id: str, error: SigningError
    ) -> None:
        self._journal.record(
            "failed", server_id=ticket.server_id, job_id=ticket.job_id, code=error.code
        )
        self._tell(pairing, job_path(ticket.job_id, "fail"), Failure(claim_id, error.code))

    def _tell(self, pairing: Pairing, path: str, message: Failure) -> None:
        try:
            self._client.call(pairing, path, message.to_body())
        except SigningError as error:
            # The person is told what matters here; the server frees the claim after its limit.
            log.warning("could not tell the server: %s", error.code)

    def _free(self, work: Work) -> None:
        if self._active is work:
            self._active = None
