"""The road from the PIN to the signatures that went back, one document after the other.

One login serves the whole batch. Signatures go to the server in small parts while the token goes
on, so that a pulled token, a wrong PIN at a key that always asks, or a lost network costs nothing
that was signed before. The first error of the PIN, the token or the server stops the batch.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from signing.agent.client import ServerClient
from signing.agent.journal import Journal
from signing.agent.pin_step import TypedPin
from signing.agent.work import Tokens, Work
from signing.cms import assemble, check, digest_of, signed_attributes
from signing.errors import ServerUnreachable, SigningError, UploadFailed, UserCancelled
from signing.messages import (
    AnswerForged,
    Receipt,
    Result,
    ServerRefused,
    TlsMismatch,
    job_path,
)

PART = 16
"""Signatures in one part at most."""

PART_SECONDS = 2.0
"""A part is sent after this long even when it is small, so that the pages tell the truth."""


@dataclass(frozen=True, slots=True)
class _Next:
    index: int
    digest: bytes
    attributes: bytes


class Signer:
    """Signs what is left of a job and sends it. Used by one thread at a time."""

    def __init__(
        self,
        *,
        client: ServerClient,
        journal: Journal,
        tokens: Tokens,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._journal, self._tokens = client, journal, tokens
        self._seconds = seconds

    def run(self, work: Work, der: bytes, pin: TypedPin) -> Receipt | None:
        """Sign all that is left and send it; the last answer of the server, or None when the last
        part could not be sent (it is kept in `work.result`).

        `work.error` says what stopped a batch half-way. Raises the error when nothing is left to
        send, and what the server tells.
        """
        waiting: deque[_Next] = deque()
        signatures = self._tokens.sign(
            der, self._to_sign(work, der, waiting), pin.take(), allow_final_try=work.allow_final_try
        )
        part: dict[int, bytes] = {}
        stopped: SigningError | None = None
        began = self._seconds()
        work.pace.begin(began)
        work.done_before = len(work.done)
        try:
            for signature in signatures:
                each = waiting.popleft()
                container = assemble(each.attributes, signature, der, work.manifest.chain)
                check(container, each.digest, der)
                part[each.index] = container
                work.pace.count(self._seconds())
                last = len(work.done) + len(part) == len(work.manifest.items)
                if work.stop.is_set() and not last:
                    raise UserCancelled
                late = self._seconds() - began > PART_SECONDS
                if not last and (len(part) >= PART or late):
                    if self.send(work, self._result(work, part, more=True)) is None:
                        return None
                    part, began = {}, self._seconds()
        except SigningError as error:
            stopped = error
        finally:
            signatures.close()
        if not part:
            raise stopped or SigningError("empty")
        work.error = stopped
        return self.send(work, self._result(work, part, stopped=stopped))

    def _to_sign(self, work: Work, der: bytes, waiting: deque[_Next]) -> Iterator[bytes]:
        """What the token signs, made one by one when it is asked for."""
        for index, item in enumerate(work.manifest.items):
            if index in work.done:
                continue
            digest = digest_of(work.documents[index], item.byte_range)
            waiting.append(_Next(index, digest, signed_attributes(digest, der)))
            yield waiting[-1].attributes

    def _result(
        self,
        work: Work,
        part: dict[int, bytes],
        *,
        more: bool = False,
        stopped: SigningError | None = None,
    ) -> Result:
        result = Result(work.claim_id, dict(part), stopped.code if stopped else "", more)
        self._journal.record(
            "signed",
            server_id=work.ticket.server_id,
            job_id=work.ticket.job_id,
            certificate_sha256=work.manifest.certificate_sha256,
            documents=[work.manifest.items[index].sha256 for index in part],
            cms=[result.digest(index) for index in part],
        )
        return result

    def send(self, work: Work, result: Result) -> Receipt | None:
        """Send signatures; None when the network failed, and then `work.result` keeps them.

        Raises what the server says in its own words.
        """
        path = job_path(work.ticket.job_id, "result")
        try:
            receipt = Receipt.from_body(self._client.call(work.pairing, path, result.to_body()))
        except (ServerUnreachable, ServerRefused, AnswerForged, TlsMismatch) as error:
            # The server has not said no in its own words: the signatures may still be wanted.
            stopped = result.stopped or (UploadFailed.code if result.more else "")
            work.result = Result(result.claim_id, result.signatures, stopped)
            work.error = UploadFailed(error.code)
            return None
        work.result = None
        work.took(receipt.outcomes, result)
        self._journal.record(
            "sent",
            server_id=work.ticket.server_id,
            job_id=work.ticket.job_id,
            state=receipt.state.value,
        )
        return receipt
