"""What signing agents say to the server. No cookie and no form here: each call is signed by the
agent's own key (`signing/messages.py`), each answer by the server's.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request
from sqlalchemy import select

import clock
from extensions import csrf, db
from models import PairingOffer as OfferRow
from models import SigningAgent, SigningJob
from operations import certificate_imports, files, signing_agents, signing_jobs
from operations.signing_jobs import Progress
from operations.transactions import Conflict, Refused
from rules.documents import JobState, SigningAct
from sheets.certificate_files import read_one
from signing import messages as contract
from signing.errors import SigningError, UploadFailed
from signing.messages import (
    AgentPublicKeys,
    CertificateReport,
    ClaimRequest,
    Failure,
    Heartbeat,
    JobNotFound,
    JobProgress,
    PairingOffer,
    Receipt,
    RequestForged,
    RequestHead,
    Result,
    ShowRequest,
)
from signing.pades.splice import splice
from views.guards import open_to_all, settings
from views.signing_keys import identity, server_key, signed
from views.signing_preparation import keys_of, restored
from views.verifier import sandbox

bp = Blueprint("agent_api", __name__)

SIGNED_CALL = "every call is signed by the agent's own key and checked here"
Handler = Callable[[RequestHead, bytes, datetime], bytes]


@bp.get(contract.IDENTITY_PATH)
@csrf.exempt
@open_to_all("a public key is public; agents ask for it before they are paired")
def show_identity() -> Response:
    """The server's name and public key, signed for the nonce of the asker."""
    nonce = request.args.get("nonce", "")[:64]
    return signed(200, identity().to_body(), nonce=nonce, at=clock.now())


def _answer(keys: Callable[[RequestHead, bytes], AgentPublicKeys], handle: Handler) -> Response:
    """Check one call, carry it out, and sign the answer; every error is answered signed too."""
    at, nonce = clock.now(), ""
    body = request.get_data(cache=False)
    try:
        head = RequestHead.read(request.headers.get(contract.REQUEST_HEADER, ""))
        nonce = head.nonce
        contract.verify_request(
            head,
            keys(head, body),
            server_id=server_key().public.server_id,
            method=request.method,
            path=request.path,
            body=body,
            at=at,
            remember=lambda agent, seen, until: signing_agents.remember_nonce(
                db.session, agent, seen, until
            ),
        )
        answer = handle(head, body, at)
    except SigningError as error:
        db.session.rollback()
        status, told = contract.error_answer(error)
        return signed(status, told, nonce=nonce, at=at)
    except (Refused, Conflict) as error:
        db.session.rollback()
        status, told = contract.error_answer(UploadFailed(str(error)))
        return signed(status, told, nonce=nonce, at=at)
    return signed(200, answer, nonce=nonce, at=at)


# Pairing --------------------------------------------------------------------------------------


@bp.post(contract.PAIR_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def offer_pairing() -> Response:
    """An agent asks to be paired; a logged-in person has to type its code."""
    return _answer(lambda _head, body: PairingOffer.from_body(body).agent, _keep_offer)


def _keep_offer(head: RequestHead, body: bytes, at: datetime) -> bytes:
    offer = PairingOffer.from_body(body)
    signing_agents.keep_offer(
        db.session,
        signing_agents.Offer(
            offer_id=head.agent_id,
            commitment=offer.commitment.hex(),
            name=offer.agent_name,
            agent_key=offer.agent.sign.hex(),
            seal_key=offer.agent.seal.hex(),
            port=offer.port,
        ),
        at=at,
        lifetime=contract.PAIRING_LIFETIME,
    )
    return contract.PAIRING_PENDING


@bp.post(contract.PAIR_POLL_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def poll_pairing() -> Response:
    """The agent asks whether its code was typed."""
    return _answer(_offered_keys, _pairing_answer)


def _offer_row(agent_id: str) -> OfferRow | None:
    return db.session.scalars(select(OfferRow).where(OfferRow.offer_id == agent_id)).one_or_none()


def _offered_keys(head: RequestHead, _body: bytes) -> AgentPublicKeys:
    row = _offer_row(head.agent_id)
    if row is None:
        raise RequestForged
    return AgentPublicKeys(bytes.fromhex(row.agent_key), bytes.fromhex(row.seal_key))


def _pairing_answer(head: RequestHead, _body: bytes, _at: datetime) -> bytes:
    row = _offer_row(head.agent_id)
    return bytes.fromhex(row.proof) if row and row.proof else contract.PAIRING_PENDING


# Life signs -----------------------------------------------------------------------------------


@bp.post(contract.HEARTBEAT_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def heartbeat() -> Response:
    """The agent says that it runs, where, and in which version."""
    return _answer(_paired_keys, _note_heartbeat)


def _agents(agent_id: str) -> list[SigningAgent]:
    rows = db.session.scalars(select(SigningAgent).where(SigningAgent.revoked_at.is_(None))).all()
    return [row for row in rows if keys_of(row).agent_id == agent_id]


def _paired_keys(head: RequestHead, _body: bytes) -> AgentPublicKeys:
    found = _agents(head.agent_id)
    if not found:
        raise RequestForged
    return keys_of(found[0])


def _note_heartbeat(head: RequestHead, body: bytes, at: datetime) -> bytes:
    life = Heartbeat.from_body(body)
    key = keys_of(_agents(head.agent_id)[0]).sign.hex()
    signing_agents.heard_of(db.session, key, port=life.port, version=head.version, at=at)
    return b"{}"


# Jobs -----------------------------------------------------------------------------------------


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/xem")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def show_job(job_id: str) -> Response:
    """The signed manifest and the prepared documents; looking changes nothing."""
    return _answer(_paired_keys, lambda head, body, at: _show(_job(job_id, head), body))


def _job(public_id: str, head: RequestHead) -> SigningJob:
    """The job, when it belongs to this very agent and may still be carried out."""
    job = signing_jobs.find(db.session, public_id)
    if job is None or job.agent is None or not signing_jobs.may_go_on(job):
        raise JobNotFound
    if keys_of(job.agent).agent_id != head.agent_id:
        raise JobNotFound
    return job


def _show(job: SigningJob, body: bytes) -> bytes:
    wish = ShowRequest.from_body(body)
    pdf = files.read(db.session, job.prepared_sha256 or "")
    view = contract.view_from(
        restored(job.manifest), contract.JobState(job.state.value), [pdf], start=wish.start
    )
    return view.to_body()


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/nhan")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def claim_job(job_id: str) -> Response:
    """The person pressed "Ký": from now on nobody else may carry this job out."""

    def handle(head: RequestHead, body: bytes, at: datetime) -> bytes:
        wish = ClaimRequest.from_body(body)
        return _step(
            job_id,
            head,
            at,
            lambda now: contract.claim(now, wish.claim_id, at=at, take_over=wish.take_over),
        )

    return _answer(_paired_keys, handle)


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/loi")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def fail_job(job_id: str) -> Response:
    """Something went wrong at the agent; the code says what."""
    return _answer(_paired_keys, lambda head, body, at: _give_back(job_id, head, body, at, True))


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/tra-lai")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def release_job(job_id: str) -> Response:
    """The agent gives the job back unfinished."""
    return _answer(_paired_keys, lambda head, body, at: _give_back(job_id, head, body, at, False))


def _give_back(job_id: str, head: RequestHead, body: bytes, at: datetime, failed: bool) -> bytes:
    failure = Failure.from_body(body)
    error = failure.code if failed else ""
    return _step(
        job_id, head, at, lambda now: contract.give_back(now, failure.claim_id, error=error)
    )


def _step(
    job_id: str, head: RequestHead, at: datetime, step: Callable[[JobProgress], JobProgress]
) -> bytes:
    job = _job(job_id, head)
    after = signing_jobs.advance(
        db.session,
        public_id=job_id,
        address=request.remote_addr or "",
        at=at,
        step=lambda now: _ours(step(_theirs(now))),
    )
    return Receipt(contract.JobState(after.state.value), _return_path(job)).to_body()


def _theirs(progress: Progress) -> JobProgress:
    return JobProgress(
        state=contract.JobState(progress.state.value),
        expires_at=progress.expires_at,
        claim_id=progress.claim_id,
        claimed_at=progress.claimed_at,
        result_sha256=progress.result_sha256,
        last_error=progress.last_error,
    )


def _ours(progress: JobProgress) -> Progress:
    return Progress(
        state=JobState(progress.state.value),
        expires_at=progress.expires_at,
        claim_id=progress.claim_id,
        claimed_at=progress.claimed_at,
        result_sha256=progress.result_sha256,
        last_error=progress.last_error,
    )


def _return_path(job: SigningJob) -> str:
    return f"/de-nghi/{job.request_id}" if job.request_id else f"/ky-so/{job.public_id}"


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/ket-qua")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def finish_job(job_id: str) -> Response:
    """The agent returns the CMS; the server splices, checks, verifies and stores."""
    return _answer(
        _paired_keys, lambda head, body, at: _finish(_job(job_id, head), Result.from_body(body), at)
    )


def _finish(job: SigningJob, result: Result, at: datetime) -> bytes:
    contract.take_result(_theirs(signing_jobs.progress_of(job)), result, at=at)
    path = _return_path(job)
    if job.state is JobState.ACCEPTED:
        return Receipt(contract.JobState.ACCEPTED, path).to_body()
    result.check(1)
    (cms,) = result.signatures.values()
    certificate = job.certificate
    if certificate is None or not certificate.not_before <= at <= certificate.not_after:
        raise UploadFailed("certificate is not valid at server time")
    signed_pdf = splice(
        files.read(db.session, job.prepared_sha256 or ""),
        job.byte_range,
        cms,
        certificate_der=certificate.der,
    )
    _verify(signed_pdf, job.field, at)
    after = signing_jobs.finish(
        db.session,
        public_id=job.public_id,
        address=request.remote_addr or "",
        at=at,
        step=lambda now: _ours(contract.accept(contract.take_result(_theirs(now), result, at=at))),
        signed_pdf=signed_pdf,
        cms_sha256=hashlib.sha256(cms).hexdigest(),
    )
    return Receipt(contract.JobState(after.state.value), path).to_body()


def _verify(signed_pdf: bytes, field: str, at: datetime) -> None:
    """Refuse a result that our own verification calls invalid, whatever the agent says."""
    report = sandbox().verify(signed_pdf, settings().trust, at)
    own = [one for one in report.signatures if one.field == field]
    if not own or any(one.verdict == "không hợp lệ" for one in report.signatures):
        reasons = "; ".join(reason for one in report.signatures for reason in one.reasons)
        raise UploadFailed(reasons[:300] or "no signature in the field")


# Certificates ---------------------------------------------------------------------------------


@bp.post(contract.CERTIFICATES_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def take_certificates() -> Response:
    """Certificates that the agent read from the attached token, without a PIN."""
    return _answer(_paired_keys, _take_certificates)


def _take_certificates(head: RequestHead, body: bytes, at: datetime) -> bytes:
    report = CertificateReport.from_body(body)
    job = _job(report.job_id, head)
    if job.act is not SigningAct.READ_CERTIFICATES or at >= job.expires_at:
        raise JobNotFound
    if job.import_batch_id is None:
        found = [
            certificate_imports.FoundOnToken(
                each.der, each.label, each.token_label, each.token_serial
            )
            for each in report.certificates
        ]
        batch_id = certificate_imports.stage_from_token(
            db.session,
            actor=signing_jobs.actor_of(job, address=request.remote_addr or "", at=at),
            agency_id=job.payload["agency_id"],
            found=found,
            read=read_one,
        )
        signing_jobs.finish_reading(db.session, public_id=job.public_id, at=at, batch_id=batch_id)
    return Receipt(contract.JobState.ACCEPTED, f"/ky-so/{job.public_id}").to_body()
