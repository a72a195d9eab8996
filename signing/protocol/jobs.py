"""The life of a signing job and the bodies of its requests. No database: values in, values out.

ISSUED --claim--> CLAIMED --result--> SIGNED --(server spliced and verified)--> ACCEPTED
CLAIMED --release or fail--> ISSUED, and REFUSED is where a person who does not want to sign ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from signing.errors import TicketExpired, TicketUsed
from signing.protocol.encoding import Fields, b64, canonical_json, whole_number
from signing.protocol.manifests import SignedManifest, check_return_path
from signing.protocol.refusals import (
    ClaimLost,
    JobRefused,
    MessageMalformed,
    ResultDiffers,
    TicketClaimed,
)

CLAIM_LIMIT = timedelta(minutes=5)
"""A claim older than this is abandoned: anybody entitled may claim again."""

SHOW_LIMIT = 2 * 1024 * 1024
"""Bytes of documents in one answer to "xem"; the rest is fetched with the next request."""


class JobState(StrEnum):
    """Where a job stands."""

    ISSUED = "issued"
    CLAIMED = "claimed"
    SIGNED = "signed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """What the server keeps of a job beside its manifest. `result_sha256` is hex, "" before."""

    state: JobState
    expires_at: datetime
    claim_id: str = ""
    claimed_at: datetime | None = None
    result_sha256: str = ""
    last_error: str = ""

    def abandoned(self, at: datetime) -> bool:
        """Whether it is claimed by somebody who has stopped answering."""
        return (
            self.state is JobState.CLAIMED
            and self.claimed_at is not None
            and at - self.claimed_at > CLAIM_LIMIT
        )


def claim(
    progress: JobProgress, claim_id: str, *, at: datetime, take_over: bool = False
) -> JobProgress:
    """The job after a claim. `claim_id` is one per click; the same one again changes nothing.

    `take_over` is said by an agent whose own earlier claim is dead (restart, closed tab). Raises
    `TicketClaimed`, `TicketUsed` (already signed), `JobRefused`, `TicketExpired`.
    """
    if progress.state in {JobState.SIGNED, JobState.ACCEPTED}:
        raise TicketUsed
    if progress.state is JobState.REFUSED:
        raise JobRefused
    if progress.state is JobState.CLAIMED and progress.claim_id == claim_id:
        return progress
    if at >= progress.expires_at:
        raise TicketExpired
    if progress.state is JobState.CLAIMED and not take_over and not progress.abandoned(at):
        raise TicketClaimed
    return replace(
        progress, state=JobState.CLAIMED, claim_id=claim_id, claimed_at=at, last_error=""
    )


def take_result(progress: JobProgress, result: Result, *, at: datetime) -> JobProgress:
    """The job after the agent's result. The same result again changes nothing (a lost answer).

    Raises `ClaimLost` (the claim was taken over, given back or timed out), `ResultDiffers`,
    `JobRefused`.
    """
    if progress.state in {JobState.SIGNED, JobState.ACCEPTED}:
        if progress.result_sha256 != result.sha256:
            raise ResultDiffers
        return progress
    if progress.state is JobState.REFUSED:
        raise JobRefused
    alive = progress.state is JobState.CLAIMED and progress.claim_id == result.claim_id
    if not alive or progress.abandoned(at):
        raise ClaimLost
    return replace(progress, state=JobState.SIGNED, result_sha256=result.sha256)


def take_part(progress: JobProgress, claim_id: str, *, at: datetime) -> JobProgress:
    """The job of a batch after some of its signatures came; the claim lives on from now.

    Whether a document was signed before is a matter of its item, so a part that comes again is
    welcome. Raises `ClaimLost`, `JobRefused`.
    """
    if progress.state in {JobState.SIGNED, JobState.ACCEPTED}:
        return progress
    if progress.state is JobState.REFUSED:
        raise JobRefused
    alive = progress.state is JobState.CLAIMED and progress.claim_id == claim_id
    if not alive or progress.abandoned(at):
        raise ClaimLost
    return replace(progress, claimed_at=at)


def end_part(progress: JobProgress, result: Result, *, left: int) -> JobProgress:
    """The job of a batch after a part: done when nothing is `left`, free again when it stopped."""
    if progress.state is JobState.ACCEPTED:
        return progress
    if not left:
        return replace(progress, state=JobState.ACCEPTED, last_error="")
    if result.more:
        return progress
    error = result.stopped
    return replace(progress, state=JobState.ISSUED, claim_id="", claimed_at=None, last_error=error)


def accept(progress: JobProgress) -> JobProgress:
    """The job after the server has spliced and verified; `ClaimLost` if nothing is signed."""
    if progress.state is JobState.ACCEPTED:
        return progress
    if progress.state is not JobState.SIGNED:
        raise ClaimLost
    return replace(progress, state=JobState.ACCEPTED)


def give_back(progress: JobProgress, claim_id: str, *, error: str = "") -> JobProgress:
    """The job after a release, or after a failure whose code is `error`: free to be claimed again.

    `user_cancelled` ends the job, because the person said no. A dead claim changes nothing.
    """
    if error == "user_cancelled" and progress.state in {JobState.ISSUED, JobState.CLAIMED}:
        if progress.state is JobState.CLAIMED and progress.claim_id != claim_id:
            return progress
        return replace(progress, state=JobState.REFUSED, claim_id="", last_error=error)
    if progress.state is not JobState.CLAIMED or progress.claim_id != claim_id:
        if progress.state is JobState.ISSUED and error:
            return replace(progress, last_error=error)
        return progress
    return replace(progress, state=JobState.ISSUED, claim_id="", claimed_at=None, last_error=error)


@dataclass(frozen=True, slots=True)
class JobView:
    """The answer to "xem": the signed manifest, the state and a part of the documents.

    `documents` go from index to bytes; `following` is the index to ask from next, None at the end.
    `done` are the documents of a batch that need no signature any more.
    """

    manifest: SignedManifest
    state: JobState
    documents: Mapping[int, bytes]
    following: int | None
    done: tuple[int, ...] = ()

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json(
            {
                "documents": [
                    {"index": index, "pdf": b64(pdf)} for index, pdf in self.documents.items()
                ],
                "done": list(self.done),
                "following": self.following,
                "manifest": self.manifest.to_dict(),
                "state": self.state.value,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> JobView:
        """Reads the answer; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        documents = fields.each("documents", Fields)
        return cls(
            manifest=SignedManifest.from_fields(fields.child("manifest")),
            state=_state(fields),
            documents={each.integer("index"): each.blob("pdf") for each in documents},
            following=fields.integer("following") if fields.has("following") else None,
            done=fields.each("done", whole_number) if fields.has("done") else (),
        )


def _state(fields: Fields) -> JobState:
    try:
        return JobState(fields.text("state"))
    except ValueError as error:
        raise MessageMalformed("state") from error


def view_from(
    manifest: SignedManifest,
    state: JobState,
    pdfs: Sequence[bytes],
    *,
    start: int = 0,
    done: tuple[int, ...] = (),
) -> JobView:
    """Server side: the answer from document `start` on, up to `SHOW_LIMIT` bytes, at least one.

    `pdfs` may read each document when it is asked for: each is asked for once, and only those of
    this answer and the one after them.
    """
    chosen: dict[int, bytes] = {}
    total = 0
    for index in range(start, len(pdfs)):
        pdf = pdfs[index]
        total += len(pdf)
        if chosen and total > SHOW_LIMIT:
            return JobView(manifest, state, chosen, index, done)
        chosen[index] = pdf
    return JobView(manifest, state, chosen, None, done)


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """The body of "xem": documents are wanted from this index on."""

    start: int = 0

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"start": self.start})

    @classmethod
    def from_body(cls, body: bytes) -> ShowRequest:
        """Reads it; raises `MessageMalformed`."""
        return cls(Fields.parse(body).integer("start"))


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """The body of "nhan": one claim id per click."""

    claim_id: str
    take_over: bool = False

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"claim_id": self.claim_id, "take_over": self.take_over})

    @classmethod
    def from_body(cls, body: bytes) -> ClaimRequest:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.text("claim_id", most=64), fields.flag("take_over"))


@dataclass(frozen=True, slots=True)
class Result:
    """The body of "ket-qua": one CMS (DER) per item, by index, and nothing else.

    A batch sends its signatures in parts while it goes on (`more`), so that a failure costs no
    signature that was made. One that stopped half-way says in `stopped` the code of the error: its
    job is then free to be claimed again for the documents that are left.
    """

    claim_id: str
    signatures: Mapping[int, bytes]
    stopped: str = ""
    more: bool = False

    @property
    def sha256(self) -> str:
        """Hex digest over the signatures alone, so that a repeated result is recognised."""
        listed = [[index, b64(self.signatures[index])] for index in sorted(self.signatures)]
        return hashlib.sha256(canonical_json(listed)).hexdigest()

    def digest(self, index: int) -> str:
        """Hex SHA-256 of one container, as both journals keep it."""
        return hashlib.sha256(self.signatures[index]).hexdigest()

    def check(self, count: int, done: Sequence[int] = ()) -> None:
        """Raises `MessageMalformed` unless the signatures belong to a job of `count` items, and
        are all there, beside those `done` before, when the batch neither stopped nor goes on."""
        known = bool(self.signatures) and all(index < count for index in self.signatures)
        whole = len({*self.signatures, *done}) == count
        if not known or not (whole or self.stopped or self.more):
            raise MessageMalformed("signatures")

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json(
            {
                "claim_id": self.claim_id,
                "more": self.more,
                "signatures": [
                    {"cms": b64(self.signatures[index]), "index": index}
                    for index in sorted(self.signatures)
                ],
                "stopped": self.stopped,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> Result:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        entries = fields.each("signatures", Fields)
        signatures = {entry.integer("index"): entry.blob("cms") for entry in entries}
        if len(signatures) != len(entries):
            raise MessageMalformed("signatures")
        return cls(
            fields.text("claim_id", most=64),
            signatures,
            fields.text("stopped", most=64),
            fields.has("more") and fields.flag("more"),
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """The body of "loi" and "tra-lai": whose claim, and the stable code of what went wrong."""

    claim_id: str
    code: str = ""

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"claim_id": self.claim_id, "code": self.code})

    @classmethod
    def from_body(cls, body: bytes) -> Failure:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.text("claim_id", most=64), fields.text("code", most=64))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the server did with one signature of a batch: `code` is "" when it was accepted."""

    index: int
    code: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return {"code": self.code, "index": self.index}

    @classmethod
    def from_dict(cls, data: object) -> Outcome:
        """Reads plain data; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(fields.integer("index"), fields.text("code", most=64))


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to claim, result, failure and import: the state now, and where to go back to.

    After a part of a batch, `outcomes` tells of each document in it.
    """

    state: JobState
    return_path: str
    outcomes: tuple[Outcome, ...] = ()

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json(
            {
                "outcomes": [each.to_dict() for each in self.outcomes],
                "return_path": self.return_path,
                "state": self.state.value,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> Receipt:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        path = fields.text("return_path", most=500)
        check_return_path(path)
        outcomes = fields.each("outcomes", Outcome.from_dict) if fields.has("outcomes") else ()
        return cls(_state(fields), path, outcomes)


@dataclass(frozen=True, slots=True)
class ReadCertificate:
    """One certificate as it was read from a token, without a PIN."""

    der: bytes
    label: str
    token_label: str
    token_serial: str

    @classmethod
    def from_dict(cls, data: object) -> ReadCertificate:
        """Reads plain data; raises `MessageMalformed`."""
        fields = Fields(data)
        return cls(
            der=fields.blob("der"),
            label=fields.text("label", most=300),
            token_label=fields.text("token_label", most=300),
            token_serial=fields.text("token_serial", most=100),
        )


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """The body of "chung-thu", bound to the job of an import ticket."""

    job_id: str
    certificates: tuple[ReadCertificate, ...]

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json(
            {
                "certificates": [
                    {
                        "der": b64(each.der),
                        "label": each.label,
                        "token_label": each.token_label,
                        "token_serial": each.token_serial,
                    }
                    for each in self.certificates
                ],
                "job_id": self.job_id,
            }
        )

    @classmethod
    def from_body(cls, body: bytes) -> CertificateReport:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        certificates = fields.each("certificates", ReadCertificate.from_dict)
        return cls(fields.text("job_id", most=64), certificates)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The body of "nhip": the agent runs, at this port, on this system."""

    port: int
    system: str

    def to_body(self) -> bytes:
        """The body of the request."""
        return canonical_json({"port": self.port, "system": self.system})

    @classmethod
    def from_body(cls, body: bytes) -> Heartbeat:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.integer("port"), fields.text("system", most=100))


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer:
    """The server's program version, shown on the agent's page beside its own; "" from the oldest
    servers, which said nothing."""

    version: str

    def to_body(self) -> bytes:
        """The body of the answer."""
        return canonical_json({"version": self.version})

    @classmethod
    def from_body(cls, body: bytes) -> HeartbeatAnswer:
        """Reads it; raises `MessageMalformed`."""
        fields = Fields.parse(body)
        return cls(fields.text("version", most=40) if fields.has("version") else "")
