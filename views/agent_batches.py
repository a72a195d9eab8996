"""What agents say of a batch: documents a stretch at a time, signatures a part at a time.

Each signature is spliced, verified and taken on its own; what is wrong with one is told for it
alone and stops no other.
"""

import logging
import secrets
import time
from collections.abc import Sequence
from datetime import datetime
from typing import overload

from flask import request

from extensions import db
from models import SigningJob
from operations import files, signing_batches, signing_jobs
from operations.signing_job_records import ENDED
from operations.signing_jobs import Progress
from operations.transactions import Conflict, Refused
from rules.documents import JobState
from signing import messages as contract
from signing.errors import SigningError, TicketExpired
from signing.messages import (
    Item,
    JobNotFound,
    JobProgress,
    Manifest,
    Outcome,
    Receipt,
    Result,
    ResultDiffers,
    ResultRefused,
    ServerRefused,
    ShowRequest,
)
from signing.pades.errors import PreparedChanged
from signing.pades.report import Verdict
from signing.pades.splice import splice
from views.guards import settings
from views.signing_keys import server_key
from views.signing_preparation import restored
from views.upgrade_work import after_signing, stamped_at_once
from views.verifier import sandbox

log = logging.getLogger("so_token.agents")

PART_WAITS = 30.0
"""Seconds that the signatures of one part together wait for time stamps; the agent gives the answer
two minutes. The queue stamps the others."""

OUTSIDE = "/ky-so/he-thong-khac"
"""What was signed for other systems (views/outside_documents.py)."""


def theirs(progress: Progress) -> JobProgress:
    """Where a job stands, in the words of the contract with agents."""
    return JobProgress(
        state=contract.JobState(progress.state.value),
        expires_at=progress.expires_at,
        claim_id=progress.claim_id,
        claimed_at=progress.claimed_at,
        result_sha256=progress.result_sha256,
        last_error=progress.last_error,
    )


def ours(progress: JobProgress) -> Progress:
    """Where a job stands, in our own words."""
    return Progress(
        state=JobState(progress.state.value),
        expires_at=progress.expires_at,
        claim_id=progress.claim_id,
        claimed_at=progress.claimed_at,
        result_sha256=progress.result_sha256,
        last_error=progress.last_error,
    )


def verify_result(signed_pdf: bytes, field: str, at: datetime) -> None:
    """Refuse a result that our own verification calls invalid, whatever the agent says."""
    report = sandbox().verify(signed_pdf, settings().trust, at)
    own = [one for one in report.signatures if one.field == field]
    if not own or any(one.verdict == Verdict.INVALID for one in report.signatures):
        reasons = [reason for one in report.signatures for reason in one.reasons]
        raise ResultRefused(" ".join([*report.reasons, *reasons])[:500])


class _Stored(Sequence[bytes]):
    """The prepared letters of a batch, each read when it is asked for."""

    def __init__(self, listed: Sequence[Item]) -> None:
        self._listed = listed

    def __len__(self) -> int:
        return len(self._listed)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        try:
            content = files.read(db.session, self._listed[index].sha256)
        except files.DamagedFile as error:
            raise PreparedChanged(str(error)) from error
        db.session.expunge_all()  # What is kept of a thousand letters would stay in memory.
        return content


def _manifest(job: SigningJob) -> Manifest:
    """The manifest as the server has signed it; raises `PreparedChanged` when it has not."""
    signed = restored(job.manifest)
    if not server_key().public.verify("manifest", signed.payload, signed.signature):
        raise PreparedChanged("manifest")
    return Manifest.from_payload(signed.payload)


def show_batch(job: SigningJob, wish: ShowRequest, at: datetime) -> bytes:
    """The signed manifest, which letters are done, and a stretch of the prepared letters.

    A claim that is alive may go on reading after the ticket's minutes: a long batch takes longer.
    """
    if at >= job.expires_at and job.state is not JobState.CLAIMED:
        raise TicketExpired
    signed, state = restored(job.manifest), contract.JobState(job.state.value)
    done = signing_batches.ended_places(db.session, job.id)
    stored = _Stored(_manifest(job).items)
    return contract.view_from(signed, state, stored, start=wish.start, done=done).to_body()


def take_batch(job: SigningJob, result: Result, at: datetime) -> bytes:
    """Take a part of the signatures, each on its own, and tell what became of each.

    Raises `ClaimLost` and its kin before anything is taken.
    """
    listed = _manifest(job).items
    done = signing_batches.ended_places(db.session, job.id)
    result.check(len(listed), done=done)
    public_id, address, path = job.public_id, request.remote_addr or "", path_of(job)
    if job.state is not JobState.ACCEPTED:
        signing_jobs.advance(
            db.session,
            public_id=public_id,
            address=address,
            at=at,
            step=lambda now: ours(contract.take_part(theirs(now), result.claim_id, at=at)),
        )
    end = time.monotonic() + PART_WAITS
    outcomes = [_take(public_id, place, result, at, end) for place in sorted(result.signatures)]
    after = signing_batches.after_part(
        db.session,
        public_id=public_id,
        address=address,
        at=at,
        step=lambda now, left: ours(contract.end_part(theirs(now), result, left=left)),
    )
    state = contract.JobState(after.state.value)
    return Receipt(state, path, tuple(outcomes)).to_body()


def path_of(job: SigningJob) -> str:
    """Where the browser goes back to from the job of several documents."""
    return OUTSIDE if job.payload.get("outside") else f"/ky-so/nhieu/{job.public_id}"


def _take(public_id: str, place: int, result: Result, at: datetime, end: float) -> Outcome:
    """One signature: taken, or put out of the batch with the code of the reason."""
    try:
        _splice_and_keep(public_id, place, result, at, end)
    except (SigningError, Refused, Conflict) as error:
        db.session.rollback()
        code = error.code if isinstance(error, SigningError) else ResultRefused.code
    except Exception as error:
        # One letter that we cannot cope with must not lose the signatures of the others.
        db.session.rollback()
        reference = secrets.token_hex(4).upper()
        log.error("%s item %d", reference, place, exc_info=error)
        code = ServerRefused.code
    else:
        return Outcome(place)
    signing_batches.refuse_item(
        db.session,
        public_id=public_id,
        place=place,
        code=code,
        address=request.remote_addr or "",
        at=at,
    )
    return Outcome(place, code)


def _splice_and_keep(public_id: str, place: int, result: Result, at: datetime, end: float) -> None:
    job = signing_jobs.find(db.session, public_id)
    row = signing_batches.item(db.session, job.id, place) if job is not None else None
    if job is None or row is None or job.certificate is None:
        raise JobNotFound
    container, cms_sha256 = result.signatures[place], result.digest(place)
    if row.state is JobState.ACCEPTED:
        if row.result_sha256 != cms_sha256:
            raise ResultDiffers
        return
    if row.state in ENDED:  # Not taken before, or in another job now: not worth a time stamp.
        raise ResultRefused
    prepared = files.read(db.session, row.prepared_sha256)
    signed = splice(prepared, row.byte_range, container, certificate_der=job.certificate.der)
    verify_result(signed, row.field, at)
    noun, object_id = row.noun, row.object_id
    outcome = stamped_at_once(db.session(), signed, row.byte_range, container, until_second=end)
    signing_batches.accept_item(
        db.session,
        public_id=public_id,
        place=place,
        signed_pdf=outcome.pdf,
        cms_sha256=cms_sha256,
        address=request.remote_addr or "",
        at=at,
    )
    after_signing(db.session(), noun, object_id, outcome)
    db.session.expunge_all()
