"""What can be signed here: the one registry behind single jobs and batches.

For each noun: whether a signature may be given now (`check`), and what becomes of the document once
it is (`keep`). `keep_signed` is the one door through which every accepted signature goes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from audit import Actor
from models import SigningJob
from operations import (
    certificate_requests,
    document_signing,
    office_documents,
    outside_documents,
    paper_signing,
    papers,
    request_signing,
    signature_upgrades,
)
from operations.signatures import Wanted
from rules.documents import SigningAct
from rules.permissions import Permission

REQUEST, DOCUMENT, PAPER = certificate_requests.NOUN, office_documents.NOUN, papers.NOUN


@dataclass(frozen=True)
class Target:
    """A thing that may be signed now: its agency, its version, and what a job keeps beside."""

    agency_id: int
    version: int
    kept: dict[str, Any]


Check = Callable[[Session, Actor, Wanted], Target]
Keep = Callable[[Session, Actor, Wanted, int, bytes], str]


@dataclass(frozen=True)
class Noun:
    """How one kind of thing is signed. `column` of `SigningJob` ties a single job to it."""

    column: str
    permission: Callable[[SigningAct], Permission]
    check: Check
    keep: Keep


def _request(session: Session, actor: Actor, wanted: Wanted) -> Target:
    request = request_signing.request_to_sign(session, actor, wanted)
    return Target(request.agency_id, request.version, {})


def _document(session: Session, actor: Actor, wanted: Wanted) -> Target:
    step = document_signing.wanted_step(session, actor, wanted)
    document = step.document
    return Target(document.agency_id, document.version, {"step": step.id})


def _paper(session: Session, actor: Actor, wanted: Wanted) -> Target:
    paper = paper_signing.paper_to_sign(session, actor, wanted)
    return Target(paper.agency_id, paper.version, {})


NOUNS: dict[str, Noun] = {
    REQUEST: Noun(
        "request_id",
        lambda act: request_signing.PERMISSIONS[act],
        _request,
        request_signing.sign_request,
    ),
    DOCUMENT: Noun(
        "document_id",
        document_signing.needed_permission,
        _document,
        document_signing.sign_document,
    ),
    PAPER: Noun(
        "paper_id",
        paper_signing.needed_permission,
        _paper,
        paper_signing.sign_paper,
    ),
}


def noun_of(job: SigningJob) -> tuple[str, int] | None:
    """The noun and number of what a single job is about; None for a batch, or a reading."""
    for name, noun in NOUNS.items():
        object_id = getattr(job, noun.column)
        if object_id is not None:
            return name, object_id
    return None


def keep_signed(
    session: Session, actor: Actor, noun: str, wanted: Wanted, job_id: int, signed_pdf: bytes
) -> str:
    """Store one signed document and move on what it belongs to; returns its SHA-256.

    Inside the transaction that accepts the signature. Raises `Refused` when it may not be given any
    more, and `Conflict` when the thing was changed after it was prepared. Its time stamp, where one
    is wanted, comes after it from the queue.
    """
    if noun == outside_documents.NOUN:  # It belongs to another system, which gets it back.
        return outside_documents.keep(
            session,
            actor,
            document_id=wanted.object_id,
            act=wanted.act,
            certificate_id=wanted.certificate_id,
            job_id=job_id,
            signed_pdf=signed_pdf,
        )
    sha256 = NOUNS[noun].keep(session, actor, wanted, job_id, signed_pdf)
    signature_upgrades.want(session, actor=actor, noun=noun, object_id=wanted.object_id)
    return sha256
