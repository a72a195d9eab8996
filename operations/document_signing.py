"""The signatures of a document of the office, one job each: people in order, then the agency."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Certificate
from operations import files
from operations.document_capacities import facts_of, words_of
from operations.office_documents import NOUN, load_document, refuse
from operations.signatures import BeforeSeal, Wanted
from operations.signing_certificates import certificates_to_seal, certificates_to_sign
from operations.transactions import Refused, expect_version
from rules.documents import SigningAct
from rules.findings import warnings
from rules.office_documents import (
    AGENCY_ACTS,
    WAYS,
    DocumentAct,
    DocumentState,
    StepState,
    check_before_seal,
    check_own_certificate,
    next_state,
)
from rules.permissions import Permission
from rules.signers import check_signer
from schema.documents import DocumentStep, OfficeDocument


def needed_permission(act: SigningAct) -> Permission:
    """Who may sign: anybody whose turn it is; for the agency the clerk."""
    return Permission.DOCUMENT_ISSUE if act in AGENCY_ACTS else Permission.DOCUMENT_SIGN


def due_step(document: OfficeDocument) -> DocumentStep | None:
    """The signature whose turn it is; None when nothing is out to be signed."""
    if document.state not in (DocumentState.SIGNING, DocumentState.SIGNED):
        return None
    return next((one for one in document.steps if one.state is StepState.DUE), None)


def step_to_sign(
    session: Session,
    actor: Actor,
    document_id: int,
    version: int | None,
    act: SigningAct,
    certificate_id: int | None,
    before_seal: BeforeSeal,
) -> DocumentStep:
    """The step that this person signs now with this certificate, inside the caller's transaction.

    Raises `Refused` and `Conflict`.
    """
    document = load_document(session, document_id)
    expect_version(document, version)
    step = _turn(document, actor, act)
    own = certificate_id in {one.id for one in usable_certificates(session, step, actor)}
    refuse(check_own_certificate(own, on=actor.today, law=before_seal.law))
    if (signer := facts_of(step)) is not None:  # a term may have ended since it was sent out
        refuse(check_signer(signer, on=actor.today, law=before_seal.law))
    if step.person_id is None:
        _check_ready(document)
        found = check_before_seal(before_seal.signatures, on=actor.today, law=before_seal.law)
        refuse(found)
        if warnings(found) and not before_seal.seen:
            raise Refused(
                "Có chữ ký chưa xác định được giá trị. Đọc lý do trong kết quả kiểm tra và xác "
                "nhận đã xem trước khi ký số của cơ quan."
            )
    return step


def wanted_step(session: Session, actor: Actor, wanted: Wanted) -> DocumentStep:
    """As `step_to_sign`, for one wanted signature; `before_seal` must be given."""
    if wanted.before_seal is None:
        raise Refused("Chưa kiểm tra các chữ ký đã có trên văn bản.")
    return step_to_sign(
        session,
        actor,
        wanted.object_id,
        wanted.version,
        wanted.act,
        wanted.certificate_id,
        wanted.before_seal,
    )


def usable_certificates(
    session: Session, step: DocumentStep, actor: Actor
) -> Sequence[Certificate]:
    """The certificates with which this person may give this signature now."""
    if step.person_id is not None:
        return certificates_to_sign(session, person_id=actor.person_id, at=actor.at)
    return certificates_to_seal(
        session, agency_id=step.document.agency_id, person_id=actor.person_id, at=actor.at
    )


def _turn(document: OfficeDocument, actor: Actor, act: SigningAct) -> DocumentStep:
    step = due_step(document)
    if step is None or step.act is not act:
        raise Refused("Văn bản không chờ chữ ký này. Xem lại trạng thái hiện tại.")
    if step.person_id is not None and step.person_id != actor.person_id:
        raise Refused("Đến lượt người khác ký văn bản này; chỉ người đó ký được.")
    return step


def _check_ready(document: OfficeDocument) -> None:
    needs = WAYS[document.way]
    if needs.numbered and not (document.number and document.document_on):
        raise Refused("Chưa ghi số và ngày văn bản. Ghi trước khi ký số của cơ quan.")
    if needs.symbol_first and not document.number:
        raise Refused("Chưa ghi số và ký hiệu của văn bản mà phụ lục kèm theo.")


def sign_document(
    session: Session, actor: Actor, wanted: Wanted, job_id: int, signed_pdf: bytes
) -> str:
    """Keep a signed document and pass it on to the next who signs, or issue it.

    Inside the transaction that accepts the signature; what was verified before the agency's
    signature was checked when the job was opened, and the document has not changed since. Raises
    `Refused` and `Conflict`.
    """
    document = load_document(session, wanted.object_id)
    expect_version(document, wanted.version)
    step = _turn(document, actor, wanted.act)
    usable = {one.id for one in usable_certificates(session, step, actor)}
    if wanted.certificate_id not in usable:
        raise Refused("Chứng thư dùng để ký đã hết hạn, bị thu hồi hoặc không phải của người ký.")
    sha256 = files.store(session, signed_pdf, files.PDF, at=actor.at)
    step.state, step.signed_at, step.certificate_id = (
        StepState.SIGNED,
        actor.at,
        wanted.certificate_id,
    )
    document.current_sha256 = sha256
    document.version += 1
    by_agency = step.person_id is None
    _pass_on(document, DocumentAct.ISSUE if by_agency else DocumentAct.SIGN)
    if by_agency:
        document.issued_at = actor.at
    told: dict[str, audit.Value] = {"job": job_id, "certificate": wanted.certificate_id}
    audit.record(
        session,
        "document.issued" if by_agency else "document.signed",
        actor=actor,
        noun=NOUN,
        object_id=document.id,
        agency_id=document.agency_id,
        document_sha256=sha256,
        **(told if by_agency else told | {"step": step.place, "capacity": words_of(step)}),
    )
    return sha256


def _pass_on(document: OfficeDocument, act: DocumentAct) -> None:
    left = [one for one in document.steps if one.state is StepState.WAITING]
    people = sum(one.person_id is not None for one in left)
    after = next_state(document.state, act, people_left=people)
    if after is None:
        raise Refused("Văn bản không còn ở bước ký. Xem lại trạng thái hiện tại.")
    document.state = after
    if left:
        left[0].state = StepState.DUE
