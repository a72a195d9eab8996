"""What agents say of documents of other systems: brought, ordered, fetched, verified.

The jobs themselves go the way of every other (views/agent_api.py).
"""

import hashlib
from datetime import datetime

from flask import Blueprint, Response, request

import regulations
from extensions import csrf, db
from models import Certificate, SigningAgent
from operations import outside_documents, verifications
from operations.outside_documents import Brought
from operations.transactions import Refused
from rules.documents import SigningAct
from signing import messages as contract
from signing.errors import CertExpired, PdfBroken, PdfTooLarge
from signing.messages import (
    LARGEST_OUTSIDE,
    CertNotYours,
    Manifest,
    MessageMalformed,
    OutsideDocument,
    OutsideOrder,
    OutsideRefused,
    OutsideResult,
    OutsideTaken,
    OutsideTicket,
    OutsideVerdict,
    OutsideWish,
    RequestHead,
    Ticket,
    TicketKind,
    issue_ticket,
)
from signing.pades.inputs import Intake
from signing.pades.report import Report
from views.agent_calls import SIGNED_CALL, answer_call, paired_keys
from views.guards import open_to_all, settings
from views.outside_preparation import (
    Wish,
    bound,
    can_be_numbered,
    evidence_of,
    prepared,
)
from views.signing_keys import server_key
from views.signing_preparation import check_certificate
from views.verification_words import moment, sentence
from views.verifier import sandbox

bp = Blueprint("agent_facade", __name__)

DOCUMENT = LARGEST_OUTSIDE * 4 // 3 + 64 * 1024
"""Bytes of a body that carries one document in base64."""
ORDER = 32 * 1024


def _agent(head: RequestHead, user_id: str) -> SigningAgent:
    return outside_documents.agent_of(db.session(), head.agent_id, user_id)


def _act(name: str) -> SigningAct:
    act = SigningAct.__members__.get(name)
    if act is None:
        raise MessageMalformed("act")
    return act


def _certificate(agent: SigningAgent, act: SigningAct, sha256: str, at: datetime) -> Certificate:
    found = outside_documents.certificate_for(db.session(), agent, act, sha256, at)
    if found is None:
        raise CertNotYours
    return found


# Bringing -----------------------------------------------------------------------------------------


@bp.post(contract.OUTSIDE_TAKE_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def take() -> Response:
    """A document comes in, after the declaration and for a certificate that may sign it."""
    return answer_call(paired_keys, _take, most=DOCUMENT)


def _take(head: RequestHead, body: bytes, at: datetime) -> bytes:
    told = OutsideDocument.from_body(body)
    act = _act(told.act)
    agent = _agent(head, told.user_id)
    certificate = _certificate(agent, act, told.certificate_sha256, at)
    intake = _looked_at(told.pdf)
    layout = _layout(told.pdf, intake)
    public_id = outside_documents.take(
        db.session(),
        actor=outside_documents.actor_of(agent, address=request.remote_addr or "", at=at),
        law=regulations.load(),
        brought=Brought(
            agent_id=agent.id,
            certificate_id=certificate.id,
            act=act,
            origin=told.origin,
            name=told.name,
            content=told.pdf,
            not_secret=told.not_secret,
            layout=layout,
        ),
    )
    numbered = can_be_numbered(layout)
    return OutsideTaken(
        public_id, len(intake.pages), intake.signatures, numbered, tuple(intake.warnings)
    ).to_body()


def _looked_at(pdf: bytes) -> Intake:
    if len(pdf) > LARGEST_OUTSIDE:
        raise PdfTooLarge
    intake = sandbox().inspect(pdf)
    if intake.refusals:
        raise OutsideRefused(" ".join(intake.refusals)[:400])
    if not intake.pages:
        raise PdfBroken("no page")
    return intake


def _layout(pdf: bytes, intake: Intake) -> dict[str, object]:
    before = outside_documents.made_before(db.session(), hashlib.sha256(pdf).hexdigest())
    return {
        "pages": [list(one.shown_mm) for one in intake.pages],
        "geometry": [
            [one.left, one.bottom, one.right, one.top, one.rotation, one.unit]
            for one in intake.pages
        ],
        "signatures": intake.signatures,
        "fields": before.layout.get("fields", {}) if before is not None else {},
    }


# Ordering -----------------------------------------------------------------------------------------


@bp.post(contract.OUTSIDE_ORDER_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def order() -> Response:
    """Prepare what was brought and open its job; the answer is a ticket for this very agent."""
    return answer_call(paired_keys, _order, most=ORDER)


def _order(head: RequestHead, body: bytes, at: datetime) -> bytes:
    told = OutsideOrder.from_body(body)
    act = _act(told.act)
    wish = Wish.read(act, told)
    agent = _agent(head, told.user_id)
    certificate = _certificate(agent, act, told.certificate_sha256, at)
    rows = outside_documents.waiting(db.session(), agent, told.documents, at)
    if any((row.act, row.certificate_id) != (act, certificate.id) for row in rows):
        raise Refused("Văn bản được gửi đến cho một việc ký khác.")
    checked = check_certificate(certificate, at)
    if not checked.usable:
        raise CertExpired(checked.lines[0].text)
    evidence = [line for row in rows for line in evidence_of(row, wish, at)][:60]
    ready = [prepared(row, certificate, checked, wish, at) for row in rows]
    tied, manifest = bound(
        agent, certificate, checked, wish, [item for item, _ in ready], evidence, at
    )
    ticket = issue_ticket(
        server_key(), bytes.fromhex(agent.seal_key), _ticket(manifest, head.agent_id)
    )
    outside_documents.open_job(
        db.session(),
        actor=outside_documents.actor_of(agent, address=request.remote_addr or "", at=at),
        agent_id=agent.id,
        bound=tied,
        prepared=[one for _, one in ready],
    )
    return OutsideTicket(ticket).to_body()


def _ticket(manifest: Manifest, agent_id: str) -> Ticket:
    return Ticket(
        kind=TicketKind.SIGN,
        job_id=manifest.job_id,
        server_id=manifest.server_id,
        user_id=manifest.user_id,
        agent_id=agent_id,
        manifest_sha256=manifest.sha256,
        act=manifest.act,
        issued_at=manifest.issued_at,
        expires_at=manifest.expires_at,
    )


# Fetching and verifying ---------------------------------------------------------------------------


@bp.post(contract.OUTSIDE_RESULT_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def result() -> Response:
    """The signed document, for the agent that brought it."""
    return answer_call(paired_keys, _result)


def _result(head: RequestHead, body: bytes, at: datetime) -> bytes:
    wish = OutsideWish.from_body(body)
    agent = _agent(head, wish.user_id)
    pdf = outside_documents.give_out(
        db.session(),
        agent=agent,
        actor=outside_documents.actor_of(agent, address=request.remote_addr or "", at=at),
        public_id=wish.job_id,
        place=wish.place,
    )
    return OutsideResult(pdf).to_body()


@bp.post(contract.OUTSIDE_VERIFY_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def verify() -> Response:
    """Our verdict on a document of another system; the file is not kept."""
    return answer_call(paired_keys, _verify, most=DOCUMENT)


def _verify(head: RequestHead, body: bytes, at: datetime) -> bytes:
    told = OutsideDocument.from_body(body)
    agent = _agent(head, told.user_id)
    report: Report = sandbox().verify(told.pdf, settings().trust, at)
    verifications.record(
        db.session(),
        actor=outside_documents.actor_of(agent, address=request.remote_addr or "", at=at),
        made=[
            verifications.Made(
                hashlib.sha256(told.pdf).hexdigest(), report.verdict, len(report.signatures)
            )
        ],
    )
    return OutsideVerdict(
        str(report.verdict),
        sentence(report),
        tuple(report.reasons),
        tuple(
            {
                "signer": one.signer or one.field,
                "verdict": str(one.verdict),
                "time": moment(one.signing_time),
                "reasons": tuple(one.reasons),
            }
            for one in report.signatures
        ),
    ).to_body()
