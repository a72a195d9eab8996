"""What signing agents say to the server. No cookie and no form here: each call is signed by the
agent's own key (`signing/messages.py`), each answer by the server's, errors included.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request

import clock
from extensions import csrf, db
from models import PairingOffer as OfferRow
from models import SigningJob
from operations import certificate_imports, files, signing_agents, signing_jobs
from operations.signatures_made import signatures
from operations.signing_batches import is_batch
from operations.signing_nouns import noun_of
from operations.transactions import Refused
from rules.documents import JobState, SigningAct
from sheets.certificate_files import read_one
from signing import messages as contract
from signing.errors import ERRORS, CertNotFound, SigningError, TicketExpired
from signing.messages import (
    AgentPublicKeys,
    CertificateReport,
    ClaimRequest,
    Failure,
    Heartbeat,
    HeartbeatAnswer,
    JobNotFound,
    JobProgress,
    Manifest,
    MessageMalformed,
    PairingExpired,
    PairingOffer,
    Receipt,
    RequestForged,
    RequestHead,
    Result,
    ServerRefused,
    ShowRequest,
)
from signing.pades.errors import PreparedChanged
from signing.pades.splice import splice
from version import VERSION
from views.agent_batches import ours, path_of, show_batch, take_batch, theirs, verify_result
from views.agent_calls import CERTIFICATES, SIGNATURES, SIGNED_CALL, answer_call, paired_keys
from views.guards import open_to_all
from views.signing_keys import identity, server_key, signed
from views.signing_preparation import keys_of, restored
from views.upgrade_work import after_signing, stamped_at_once

bp = Blueprint("agent_api", __name__)


@bp.get(contract.IDENTITY_PATH)
@csrf.exempt
@open_to_all("a public key is public; agents ask for it before they are paired")
def show_identity() -> Response:
    """The server's name and public key, signed for the nonce of the asker."""
    nonce = request.args.get("nonce", "")[:64]
    return signed(200, identity().to_body(), nonce=nonce, at=clock.now())


# Pairing --------------------------------------------------------------------------------------


@bp.post(contract.PAIR_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def offer_pairing() -> Response:
    """An agent asks to be paired; a logged-in person has to type its code."""
    return answer_call(lambda _head, body: PairingOffer.from_body(body).agent, _keep_offer)


def _keep_offer(head: RequestHead, body: bytes, at: datetime) -> bytes:
    told = PairingOffer.from_body(body)
    offer = signing_agents.Offer(
        agent_id=head.agent_id,
        commitment=told.commitment.hex(),
        name=told.agent_name,
        agent_key=told.agent.sign.hex(),
        seal_key=told.agent.seal.hex(),
        port=told.port,
        address=request.remote_addr or "",
    )
    try:
        signing_agents.keep_offer(db.session, offer, at=at, lifetime=contract.PAIRING_LIFETIME)
    except Refused as error:
        raise ServerRefused(str(error)) from error
    return contract.PAIRING_PENDING


@bp.post(contract.PAIR_POLL_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def poll_pairing() -> Response:
    """The agent asks whether its code was typed."""
    return answer_call(_offered_keys, _pairing_answer)


def _offer(agent_id: str) -> OfferRow:
    row = signing_agents.offer_of(db.session, agent_id)
    if row is None:
        raise RequestForged
    return row


def _offered_keys(head: RequestHead, _body: bytes) -> AgentPublicKeys:
    return keys_of(_offer(head.agent_id))


def _pairing_answer(head: RequestHead, _body: bytes, at: datetime) -> bytes:
    row = _offer(head.agent_id)
    if row.proof is not None:
        return bytes.fromhex(row.proof)
    if row.expires_at < at:
        raise PairingExpired
    return contract.PAIRING_PENDING


# Life signs -----------------------------------------------------------------------------------


@bp.post(contract.HEARTBEAT_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def heartbeat() -> Response:
    """The agent says that it runs, where, and in which version."""
    return answer_call(paired_keys, _note_heartbeat)


def _note_heartbeat(head: RequestHead, body: bytes, at: datetime) -> bytes:
    life = Heartbeat.from_body(body)
    if life.port > 65535:
        raise MessageMalformed("port")
    signing_agents.heard_of(db.session, head.agent_id, port=life.port, version=head.version, at=at)
    return HeartbeatAnswer(VERSION).to_body()


@bp.post(contract.SIGNATURES_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def list_signatures() -> Response:
    """Every signature of the paired account, for the journal on the person's own computer."""
    return answer_call(paired_keys, _list_signatures)


def _list_signatures(head: RequestHead, body: bytes, _at: datetime) -> bytes:
    wish = contract.ListRequest.from_body(body)
    user_id = int(wish.user_id) if wish.user_id.isdecimal() else 0
    agents = signing_agents.agents_of(db.session, user_id)
    if head.agent_id not in {each.agent_id for each in agents}:
        raise JobNotFound  # One agent may serve several people; this one is not among them.
    most = contract.LIST_PART
    found = signatures(db.session, user_id=user_id, start=wish.start, most=most + 1)
    listed = [
        contract.SignatureMade(each.job_id, each.document_sha256, each.agent_key_id, each.at)
        for each in found[:most]
    ]
    return contract.SignatureList(tuple(listed), len(found) > most).to_body()


# Jobs -----------------------------------------------------------------------------------------


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/xem")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def show_job(job_id: str) -> Response:
    """The signed manifest and the prepared documents; looking changes nothing."""
    return answer_call(paired_keys, lambda head, body, at: _show(_to_sign(job_id, head), body, at))


def _job(public_id: str, head: RequestHead) -> SigningJob:
    """The job, when it belongs to this very agent and may still be carried out."""
    job = signing_jobs.find(db.session, public_id)
    if job is None or job.agent is None or not signing_jobs.may_go_on(job):
        raise JobNotFound
    if job.agent.agent_id != head.agent_id:
        raise JobNotFound
    return job


def _to_sign(public_id: str, head: RequestHead) -> SigningJob:
    """The job, when there is something to sign in it."""
    job = _job(public_id, head)
    if job.act is SigningAct.READ_CERTIFICATES:
        raise JobNotFound
    return job


def _show(job: SigningJob, body: bytes, at: datetime) -> bytes:
    wish = ShowRequest.from_body(body)
    if is_batch(job):
        return show_batch(job, wish, at)
    if at >= job.expires_at:
        raise TicketExpired
    view = contract.view_from(
        restored(job.manifest),
        contract.JobState(job.state.value),
        [_prepared(job)],
        start=wish.start,
    )
    return view.to_body()


def _prepared(job: SigningJob) -> bytes:
    """The prepared document, when the database still holds what the server has signed for."""
    manifest = restored(job.manifest)
    item = Manifest.from_payload(manifest.payload).items[0]
    ours = server_key().public.verify("manifest", manifest.payload, manifest.signature)
    if not ours or (item.sha256, item.byte_range) != (job.prepared_sha256, tuple(job.byte_range)):
        raise PreparedChanged("manifest")
    try:
        return files.read(db.session, item.sha256)
    except files.DamagedFile as error:
        raise PreparedChanged(str(error)) from error


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/nhan")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def claim_job(job_id: str) -> Response:
    """The person pressed "Ký": from now on nobody else may carry this job out."""

    def handle(head: RequestHead, body: bytes, at: datetime) -> bytes:
        wish = ClaimRequest.from_body(body)
        return _step(
            _to_sign(job_id, head),
            at,
            lambda now: contract.claim(now, wish.claim_id, at=at, take_over=wish.take_over),
        )

    return answer_call(paired_keys, handle)


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/loi")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def fail_job(job_id: str) -> Response:
    """Something went wrong at the agent; the code says what."""
    return answer_call(paired_keys, lambda head, body, at: _give_back(job_id, head, body, at, True))


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/tra-lai")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def release_job(job_id: str) -> Response:
    """The agent gives the job back unfinished."""
    return answer_call(
        paired_keys, lambda head, body, at: _give_back(job_id, head, body, at, False)
    )


def _give_back(job_id: str, head: RequestHead, body: bytes, at: datetime, failed: bool) -> bytes:
    failure = Failure.from_body(body)
    # Only codes that we know are kept: nothing that was typed can get into the log this way.
    code = failure.code if failure.code in ERRORS else SigningError.code
    return _step(
        _job(job_id, head),
        at,
        lambda now: contract.give_back(now, failure.claim_id, error=code if failed else ""),
    )


def _step(job: SigningJob, at: datetime, step: Callable[[JobProgress], JobProgress]) -> bytes:
    path = _return_path(job)
    after = signing_jobs.advance(
        db.session,
        public_id=job.public_id,
        address=request.remote_addr or "",
        at=at,
        step=lambda now: ours(step(theirs(now))),
    )
    return Receipt(contract.JobState(after.state.value), path).to_body()


def _return_path(job: SigningJob) -> str:
    if is_batch(job):
        return path_of(job)
    if job.paper_id:
        return f"/bien-ban/{job.paper_id}"
    if job.document_id:
        return f"/van-ban/{job.document_id}"
    return f"/de-nghi/{job.request_id}" if job.request_id else f"/ky-so/{job.public_id}"


@bp.post("/tac-nhan/viec/<string(length=22):job_id>/ket-qua")
@csrf.exempt
@open_to_all(SIGNED_CALL)
def finish_job(job_id: str) -> Response:
    """The agent returns the CMS; the server splices, checks, verifies and stores."""
    return answer_call(
        paired_keys,
        lambda head, body, at: _finish(_to_sign(job_id, head), Result.from_body(body), at),
        most=SIGNATURES,
    )


def _finish(job: SigningJob, result: Result, at: datetime) -> bytes:
    if is_batch(job):
        return take_batch(job, result, at)
    result.check(1)
    contract.take_result(theirs(signing_jobs.progress_of(job)), result, at=at)
    path = _return_path(job)
    if job.state is JobState.ACCEPTED:
        return Receipt(contract.JobState.ACCEPTED, path).to_body()
    (cms,) = result.signatures.values()
    certificate = job.certificate
    if certificate is None:
        raise JobNotFound
    signed_pdf = splice(_prepared(job), job.byte_range, cms, certificate_der=certificate.der)
    verify_result(signed_pdf, job.field, at)
    about, public_id = noun_of(job), job.public_id
    outcome = stamped_at_once(db.session(), signed_pdf, job.byte_range, cms)
    after = signing_jobs.finish(
        db.session,
        public_id=public_id,
        address=request.remote_addr or "",
        at=at,
        step=lambda now: ours(contract.accept(contract.take_result(theirs(now), result, at=at))),
        signed_pdf=outcome.pdf,
        cms_sha256=hashlib.sha256(cms).hexdigest(),
    )
    if about is not None:
        after_signing(db.session(), *about, outcome)
    return Receipt(contract.JobState(after.state.value), path).to_body()


# Certificates ---------------------------------------------------------------------------------


@bp.post(contract.CERTIFICATES_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def take_certificates() -> Response:
    """Certificates that the agent read from the attached token, without a PIN."""
    return answer_call(paired_keys, _take_certificates, most=CERTIFICATES)


def _take_certificates(head: RequestHead, body: bytes, at: datetime) -> bytes:
    report = CertificateReport.from_body(body)
    job = _job(report.job_id, head)
    receipt = Receipt(contract.JobState.ACCEPTED, _return_path(job)).to_body()
    if job.act is not SigningAct.READ_CERTIFICATES or job.state is JobState.REFUSED:
        raise JobNotFound
    if job.state is JobState.ACCEPTED:
        return receipt
    if at >= job.expires_at:
        raise TicketExpired
    if not report.certificates:
        raise CertNotFound
    public_id = job.public_id
    certificate_imports.stage_from_token(
        db.session,
        actor=signing_jobs.actor_of(job, address=request.remote_addr or "", at=at),
        agency_id=job.payload["agency_id"],
        found=[
            certificate_imports.FoundOnToken(
                each.der, each.label, each.token_label, each.token_serial
            )
            for each in report.certificates
        ],
        read=read_one,
        also=lambda batch: signing_jobs.finish_reading(
            db.session, public_id=public_id, batch=batch
        ),
    )
    return receipt
