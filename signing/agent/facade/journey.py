"""The road of one call: fetch, ask the person, let the server prepare, sign, bring back, answer.

The thread of the page's connection walks it; the person's clicks come from the agent's own pages.
Whatever happens, an answer comes out.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from signing import cms
from signing.agent.client import ServerClient
from signing.agent.desk import Desk
from signing.agent.facade import frames
from signing.agent.facade.calls import CallDesk, Stage, Standing
from signing.agent.facade.courier import Courier, Pass, name_of
from signing.agent.facade.frames import Delivered
from signing.agent.facade.refusals import (
    AgentStopping,
    CallerGone,
    ResultAltered,
    SignatureInvalid,
    SignatureUndecided,
)
from signing.agent.facade.routes import Kind
from signing.agent.imports import Found
from signing.agent.state import AgentState
from signing.agent.work import Stage as WorkStage
from signing.agent.work import Work
from signing.errors import (
    ERRORS,
    Busy,
    CertExpired,
    ConsentTimeout,
    HashMismatch,
    NotPaired,
    PdfTooLarge,
    PinLocked,
    SigningError,
    UserCancelled,
)
from signing.messages import (
    LONGEST_OUTSIDE_NAME,
    OUTSIDE_ORDER_PATH,
    OUTSIDE_RESULT_PATH,
    OUTSIDE_TAKE_PATH,
    OUTSIDE_VERIFY_PATH,
    Item,
    OutsideDocument,
    OutsideOrder,
    OutsidePlace,
    OutsideResult,
    OutsideTaken,
    OutsideTicket,
    OutsideVerdict,
    OutsideWish,
    Pairing,
    SecrecyNotDeclared,
)

TICK_SECONDS = 0.1
LARGEST_ALL = 200 * 1024 * 1024
"""Bytes of all files of one call together."""
_END_AT_ONCE = frozenset({PinLocked.code, CertExpired.code})
_GOOD = frozenset({"hợp lệ", "hợp lệ (THỬ NGHIỆM)"})


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the person filled in on the agent's page before anything was sent."""

    pairing: Pairing
    certificate: Found
    act: str
    not_secret: bool
    number: str = ""
    day: date | None = None
    words: str = ""
    write_number: bool = False
    seen: bool = False
    place: OutsidePlace | None = None


class Journey:
    """Walks calls to their end. Safe to use from several threads; one call is under way."""

    def __init__(
        self,
        *,
        state: AgentState,
        desk: Desk,
        client: ServerClient,
        calls: CallDesk,
        courier: Courier,
        page_count: Callable[[bytes], int],
        show: Callable[[], None],
    ) -> None:
        """`page_count` says how many pages a stranger's PDF has, or raises why it cannot be shown;
        `show` brings the agent's page of the call before the person's eyes."""
        self._state, self._desk, self._client = state, desk, client
        self._calls, self._courier, self._show = calls, courier, show
        self._page_count = page_count
        self.stopping = False

    def run(self, standing: Standing, gone: Callable[[], bool]) -> str:
        """The answer to a call. `gone` says whether the page has closed its connection."""
        try:
            return self._run(standing, gone)
        except SigningError as error:
            standing.failed(error)
            return self._refusal(standing, error)
        except BaseException as error:
            standing.failed(SigningError(type(error).__name__))
            raise
        finally:
            standing.pdfs = []

    def _run(self, standing: Standing, gone: Callable[[], bool]) -> str:
        if standing.call.route.kind is not Kind.CERTIFICATE:
            if not self._state.pairings:
                raise NotPaired
            self._fetch_all(standing, gone)
        if standing.error is not None:
            raise standing.error
        standing.stage = Stage.ASKING
        self._show()
        work = self._wait(standing, gone)
        if work is not None:
            standing.stage = Stage.DELIVERING
            stopped = self._deliver_all(standing, work)
            return self._signed(standing, stopped)
        standing.stage = Stage.DONE
        if standing.verdict is not None:
            return _judged(standing, standing.verdict)
        if standing.certificate is not None:
            return _certificate(standing.certificate)
        raise SigningError("no result")

    # --- there ------------------------------------------------------------------------------------

    def _fetch_all(self, standing: Standing, gone: Callable[[], bool]) -> None:
        """Every file; one that cannot be had spoils a call of several files only for itself. Nobody
        is fetched for any longer when the person said no or the page has gone."""
        call, total = standing.call, 0
        shown = Pass(call.session_id, call.token)
        for file in call.files:
            end = standing.error or self._end(standing, gone)
            if end is not None:
                raise end
            name = frames.shown(file.name).strip()[:LONGEST_OUTSIDE_NAME]
            standing.names.append(name or name_of(file.address))
            try:
                pdf = self._courier.fetch(standing.origin, file.address, shown)
                total += len(pdf)
                if total > LARGEST_ALL:
                    raise PdfTooLarge
                # What cannot be shown cannot be consented to: nobody is asked about it.
                pages = self._page_count(pdf)
            except SigningError as error:
                if len(call.files) == 1:
                    raise
                standing.pdfs.append(None)
                standing.page_counts.append(0)
                standing.outcomes.append(Delivered(error=error))
            else:
                standing.pdfs.append(pdf)
                standing.page_counts.append(pages)
                standing.outcomes.append(Delivered())
        if not any(pdf is not None for pdf in standing.pdfs):
            raise next(each.error for each in standing.outcomes if each.error is not None)

    # --- the person -------------------------------------------------------------------------------

    def _wait(self, standing: Standing, gone: Callable[[], bool]) -> Work | None:
        """Waits until the person has signed (the work), decided something else (None), or an end
        has come (raised)."""
        while True:
            if standing.error is not None:
                raise standing.error
            work = self._desk.peek(standing.ticket) if standing.ticket else None
            if work is not None and self._over(standing, work):
                return work
            if standing.verdict is not None or (
                standing.certificate is not None and standing.call.route.kind is Kind.CERTIFICATE
            ):
                return None
            end = self._end(standing, gone)
            if end is not None and self._withdraw(standing, end):
                raise end
            # Cleared each time: else one click would let this thread spin until the PIN is typed.
            if standing.wake.wait(TICK_SECONDS):
                standing.wake.clear()

    def _end(self, standing: Standing, gone: Callable[[], bool]) -> SigningError | None:
        if self.stopping:
            return AgentStopping()
        if gone():
            return CallerGone()
        if self._calls.late(standing):
            return standing.last_error or ConsentTimeout()
        return None

    def _over(self, standing: Standing, work: Work) -> bool:
        """Whether there is nothing more to wait for. Raises what ends a call without a result."""
        if work.error is not None and work.stage in {WorkStage.SHOWN, WorkStage.UNSENT}:
            standing.last_error = work.error
        if work.stage is WorkStage.DONE:
            return True
        if work.stage is WorkStage.REFUSED:
            raise standing.last_error or UserCancelled()
        stopped = work.stage in {WorkStage.SHOWN, WorkStage.UNSENT} and work.error is not None
        several = len(work.manifest.items) > 1
        final = work.error is not None and work.error.code in _END_AT_ONCE
        # Several files stop at the first error of PIN or token; one file may be tried again, by a
        # new click of the person, until the PIN is locked.
        if stopped and (several or final):
            error = work.error or SigningError()
            self._withdraw(standing, error)
            if not work.done:
                raise error
            return True
        return False

    def _withdraw(self, standing: Standing, error: SigningError) -> bool:
        """Ends the job on desk and server; False while a signature is being made."""
        if not standing.ticket:
            return True
        try:
            self._desk.refuse(standing.ticket)
        except Busy:
            return isinstance(error, AgentStopping)
        except SigningError:
            pass  # The server frees the job after its limit; the caller is told all the same.
        return True

    def agree(self, standing: Standing, agreed: Agreed) -> str:
        """The person declared and chose: only now do bytes go to the server; the ticket of the job.

        Raises `SecrecyNotDeclared`, `UserCancelled` when the call has ended meanwhile, and what the
        server tells.
        """
        if not agreed.not_secret:
            raise SecrecyNotDeclared
        if standing.stage is not Stage.ASKING:
            raise UserCancelled
        user_id, sha256 = agreed.pairing.user_id, agreed.certificate.shown.sha256
        taken, notices = [], []
        standing.sent = [place for place, pdf in enumerate(standing.pdfs) if pdf is not None]
        for place in standing.sent:
            document = OutsideDocument(
                user_id,
                standing.origin.text,
                agreed.act,
                sha256,
                standing.names[place],
                True,
                standing.pdfs[place] or b"",
            )
            body = self._client.call(agreed.pairing, OUTSIDE_TAKE_PATH, document.to_body())
            told = OutsideTaken.from_body(body)
            taken.append(told.document_id)
            notices.append(told.notices)
        order = OutsideOrder(
            user_id,
            agreed.act,
            sha256,
            tuple(taken),
            agreed.number,
            agreed.day.isoformat() if agreed.day else "",
            agreed.words,
            agreed.write_number,
            agreed.seen,
            agreed.place,
        )
        body = self._client.call(agreed.pairing, OUTSIDE_ORDER_PATH, order.to_body())
        if standing.stage is not Stage.ASKING:
            raise standing.error or UserCancelled()
        standing.notices, standing.number, standing.day = notices, agreed.number, agreed.day
        standing.stage = Stage.SIGNING
        standing.ticket = OutsideTicket.from_body(body).ticket
        standing.wake.set()
        return standing.ticket

    def verify(self, standing: Standing, pairing: Pairing, *, not_secret: bool) -> OutsideVerdict:
        """The server's verdict on the file of a call, after the same declaration."""
        if not not_secret:
            raise SecrecyNotDeclared
        if standing.stage is not Stage.ASKING or not standing.pdfs:
            raise UserCancelled
        document = OutsideDocument(
            pairing.user_id,
            standing.origin.text,
            "",
            "",
            standing.names[0],
            True,
            standing.pdfs[0] or b"",
        )
        body = self._client.call(pairing, OUTSIDE_VERIFY_PATH, document.to_body())
        standing.verdict = OutsideVerdict.from_body(body)
        standing.wake.set()
        return standing.verdict

    def refuse(self, standing: Standing) -> None:
        """The person says no."""
        self._withdraw(standing, UserCancelled())
        if standing.stage in {Stage.FETCHING, Stage.ASKING}:
            standing.failed(UserCancelled())

    # --- back -------------------------------------------------------------------------------------

    def _deliver_all(self, standing: Standing, work: Work) -> SigningError | None:
        """Brings every signed file back; what stopped the rest, if anything did."""
        whole = len(work.done) == len(work.manifest.items)
        stopped = None if whole else standing.last_error or UserCancelled()
        for place, index in enumerate(standing.sent):
            if place in work.refused:
                code = work.refused[place]
                error = ERRORS.get(code, SigningError)(code)
                standing.outcomes[index] = Delivered(error=error)
            elif place in work.done:
                standing.outcomes[index] = self._deliver(standing, work, place, index)
            else:
                standing.outcomes[index] = Delivered(error=stopped or UserCancelled())
        return stopped

    def _deliver(self, standing: Standing, work: Work, place: int, index: int) -> Delivered:
        try:
            wish = OutsideWish(work.ticket.user_id, work.ticket.job_id, place)
            body = self._client.call(work.pairing, OUTSIDE_RESULT_PATH, wish.to_body())
            pdf = OutsideResult.from_body(body).pdf
            check_signed(pdf, work.manifest.items[place], work.certificate_der)
            standing.kept[index] = pdf
            call = standing.call
            name = signed_name(standing.names[index])
            shown = Pass(call.session_id, call.token)
            delivered = self._courier.bring(standing.origin, call.handler, shown, name, pdf)
        except SigningError as error:
            return Delivered(error=error)
        del standing.kept[index]
        return delivered

    def _signed(self, standing: Standing, stopped: SigningError | None) -> str:
        call, each = standing.call, standing.outcomes
        if call.route.kind is Kind.SIGN_MANY:
            answer = frames.signed_many(call, each, stopped)
        else:
            answer = frames.signed_one(call, each[0], standing.number, standing.day)
        standing.error = stopped or next((one.error for one in each if one.error), None)
        standing.stage = Stage.FAILED if standing.error else Stage.DONE
        return answer

    def _refusal(self, standing: Standing, error: SigningError) -> str:
        call = standing.call
        if call.route.kind is not Kind.SIGN_MANY:
            return frames.refusal(call.route, error)
        each: Sequence[Delivered] = [
            one if one.error is not None else Delivered(error=error) for one in standing.outcomes
        ]
        missing = len(call.files) - len(each)
        return frames.signed_many(call, [*each, *[Delivered(error=error)] * missing], error)


def signed_name(name: str) -> str:
    """`<name>.signed.pdf`, as the other service calls what it uploads."""
    plain = name[:-4] if name.casefold().endswith(".pdf") else name
    return f"{plain or 'van-ban'}.signed.pdf"


def check_signed(pdf: bytes, item: Item, certificate_der: bytes) -> None:
    """Raises `ResultAltered` unless the file is the prepared one, byte for byte, with a signature
    by this certificate over it in its hole, with or without a time stamp of the office's service.
    """
    _, before, resume, _ = item.byte_range
    hole = pdf[before + 1 : resume - 1]
    try:
        item.check(pdf[: before + 1] + b"0" * len(hole) + pdf[resume - 1 :])
        container = bytes.fromhex(hole.decode("ascii"))
        digest = cms.digest_of(pdf, item.byte_range)
        cms.check_kept(_without_padding(container), digest, certificate_der)
    except HashMismatch as error:
        raise ResultAltered(error.detail) from error
    except (SigningError, ValueError) as error:
        raise ResultAltered(type(error).__name__) from error


def _without_padding(container: bytes) -> bytes:
    """The DER at the beginning of the hole, without the zeros behind it (X.690, 8.1.3)."""
    if len(container) < 2 or container[0] != 0x30:
        raise ValueError("not a sequence")
    first = container[1]
    if first < 0x80:
        return container[: 2 + first]
    count = first & 0x7F
    return container[: 2 + count + int.from_bytes(container[2 : 2 + count], "big")]


def _judged(standing: Standing, verdict: OutsideVerdict) -> str:
    listed = [{**one, "reasons": list(one["reasons"])} for one in verdict.signatures]
    if verdict.verdict in _GOOD:
        return frames.success(Verdict=verdict.verdict, Sentence=verdict.sentence, Details=listed)
    kind = SignatureInvalid if verdict.verdict == "không hợp lệ" else SignatureUndecided
    more = {"Verdict": verdict.verdict, "Sentence": verdict.sentence, "Details": listed}
    return frames.refusal(standing.call.route, kind(verdict.sentence), **more)


def _certificate(found: Found) -> str:
    shown = found.shown
    return frames.success(
        CertInfo={
            "SubjectName": shown.holder,
            "Organization": shown.organisation,
            "IssuerName": shown.issuer,
            "SerialNumber": shown.serial,
            "ValidFrom": shown.valid_from,
            "ValidTo": shown.valid_until,
        },
        SerialNumber=shown.serial,
        CertBase64=base64.b64encode(found.read.der).decode("ascii"),
    )
