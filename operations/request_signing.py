"""The signatures of a request letter: the signatory's, then the agency's."""

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import CertificateRequest
from operations.certificate_requests import NOUN, load_for_change, move
from operations.request_documents import attach
from operations.signatures import Wanted
from operations.signing_certificates import certificates_to_seal, certificates_to_sign
from operations.transactions import Refused
from rules.documents import DocumentKind, SigningAct
from rules.permissions import Permission
from rules.requests import RequestAct

PERMISSIONS = {
    SigningAct.APPROVE: Permission.CERTIFICATE_REQUEST_SIGN,
    SigningAct.ISSUE: Permission.CERTIFICATE_REQUEST_SEAL,
}
ACTS = {SigningAct.APPROVE: RequestAct.SIGN, SigningAct.ISSUE: RequestAct.SEAL}
KINDS = {SigningAct.APPROVE: DocumentKind.SIGNED, SigningAct.ISSUE: DocumentKind.SEALED}
EVENTS = {
    SigningAct.APPROVE: "certificate_request.signed",
    SigningAct.ISSUE: "certificate_request.sealed",
}


def check_signer(
    session: Session,
    request: CertificateRequest,
    actor: Actor,
    act: SigningAct,
    certificate_id: int | None,
) -> None:
    """Raise `Refused` unless this person may sign this request with this certificate now."""
    if act is SigningAct.APPROVE:
        if request.signer_id != actor.person_id:
            raise Refused("Người ký ghi trên văn bản là người khác; chỉ người đó ký được.")
        usable = certificates_to_sign(session, person_id=actor.person_id, at=actor.at)
    else:
        usable = certificates_to_seal(
            session, agency_id=request.agency_id, person_id=actor.person_id, at=actor.at
        )
    if certificate_id not in {each.id for each in usable}:
        raise Refused(
            "Chứng thư dùng để ký đã hết hạn, bị thu hồi hoặc không còn được giao cho người ký."
        )


def request_to_sign(session: Session, actor: Actor, wanted: Wanted) -> CertificateRequest:
    """The request that waits for this signature. Raises `Refused` and `Conflict`."""
    request = load_for_change(session, wanted.object_id, wanted.version)
    move(request, ACTS[wanted.act])
    check_signer(session, request, actor, wanted.act, wanted.certificate_id)
    return request


def sign_request(
    session: Session, actor: Actor, wanted: Wanted, job_id: int, signed_pdf: bytes
) -> str:
    """Keep a signed letter and move its request on; returns the SHA-256 of the file.

    Inside the transaction that accepts the signature. Raises `Refused` and `Conflict`.
    """
    request = request_to_sign(session, actor, wanted)
    request.state = move(request, ACTS[wanted.act])
    if wanted.act is SigningAct.APPROVE:
        request.signed_at = actor.at
    else:
        request.sealed_at = actor.at
    request.version += 1
    sha256 = attach(session, request, actor, KINDS[wanted.act], signed_pdf)
    audit.record(
        session,
        EVENTS[wanted.act],
        actor=actor,
        noun=NOUN,
        object_id=request.id,
        agency_id=request.agency_id,
        document_sha256=sha256,
        job=job_id,
        certificate=wanted.certificate_id,
    )
    return sha256
