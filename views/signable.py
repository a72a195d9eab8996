"""What waits for a person's digital signature, of every kind, and how each is prepared.

The counterpart on the web of `operations/signing_nouns.py`: one entry for each noun. A row that
cannot join a batch says why.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

import clock
import regulations
from extensions import db
from labels import label
from models import Agency, Certificate, CertificateRequest, RequestDocument, StoredFile
from operations.document_signing import due_step
from operations.law import law_for
from operations.paper_signatures import due_for
from operations.paper_signing import paper_waits
from operations.papers import returned
from operations.signatures import BeforeSeal
from operations.signing_nouns import DOCUMENT, PAPER, REQUEST
from rules.documents import SigningAct
from rules.findings import blocking, warnings
from rules.office_documents import (
    WAYS,
    DocumentState,
    DocumentWay,
    StepState,
    check_before_seal,
)
from rules.papers import PaperState
from rules.permissions import Permission
from rules.requests import RequestState
from schema.custody import Paper, PaperFile, PaperSignature
from schema.documents import DocumentStep, OfficeDocument
from views.document_signing import ready_step, signature_facts, size_of, verified
from views.document_signing import symbol as symbol_of
from views.guards import account
from views.paper_signing import ready_paper
from views.signing_preparation import Checked, NotReady, Ready, ready_letter, symbol

MOST = 1000
AT_ONCE = 50
"""Documents that are read from the database together while a batch is prepared."""

NO_NUMBER = "Chưa ghi số và ngày văn bản."
STATES = {SigningAct.APPROVE: RequestState.APPROVED, SigningAct.ISSUE: RequestState.NUMBERED}


@dataclass(frozen=True)
class Waiting:
    """One document that waits for this person; `blocked` says why it cannot be signed now."""

    noun: str
    object_id: int
    act: SigningAct
    title: str
    kind: str
    agency_id: int
    agency: str
    number: str
    url: str
    blocked: str = ""

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.noun}:{self.object_id}"


# The lists ----------------------------------------------------------------------------------------


def waiting(sealing: bool) -> list[Waiting]:
    """What waits for this person's own signature, or (`sealing`) for the agency's by its clerk.

    A fixed number of statements; at most `MOST` of each noun, the oldest first.
    """
    found = [*_requests(sealing), *_documents(sealing), *_papers(sealing)]
    return sorted(found, key=lambda one: bool(one.blocked))


def _requests(sealing: bool) -> Iterator[Waiting]:
    person = account()
    act = SigningAct.ISSUE if sealing else SigningAct.APPROVE
    permission = (
        Permission.CERTIFICATE_REQUEST_SEAL if sealing else Permission.CERTIFICATE_REQUEST_SIGN
    )
    if not person.can(permission):
        return
    states = [STATES[act], *([RequestState.SIGNED] if sealing else [])]
    statement = (
        select(CertificateRequest)
        .where(
            CertificateRequest.state.in_(states),
            person.scope(permission).clause(CertificateRequest.agency_id),
        )
        .options(joinedload(CertificateRequest.agency), selectinload(CertificateRequest.lines))
        .order_by(CertificateRequest.id)
        .limit(MOST)
    )
    if not sealing:
        statement = statement.where(CertificateRequest.signer_id == person.user.person_id)
    for row in db.session.scalars(statement).unique():
        yield Waiting(
            REQUEST,
            row.id,
            act,
            f"{label(row.kind)} (số {row.id} trong sổ)",
            f"Văn bản đề nghị, {len(row.lines)} dòng",
            row.agency_id,
            row.agency.name,
            _said(symbol(row), row.document_on) if row.document_number else "",
            url_for("certificate_requests.show", request_id=row.id),
            _request_blocked(row, act),
        )


def _request_blocked(row: CertificateRequest, act: SigningAct) -> str:
    if row.wet_signature:
        return "Ký tay trên giấy; nhận bản quét thay vì ký số."
    return NO_NUMBER if row.state is not STATES[act] else ""


def _said(number: str, day: Any) -> str:
    return f"{number} · {day:%d/%m/%Y}" if day else number


def _documents(sealing: bool) -> Iterator[Waiting]:
    person = account()
    permission = Permission.DOCUMENT_ISSUE if sealing else Permission.DOCUMENT_SIGN
    if not person.can(permission):
        return
    steps = select(DocumentStep.document_id)
    if sealing:
        whose = [
            person.scope(permission).clause(OfficeDocument.agency_id),
            OfficeDocument.state == DocumentState.SIGNED,
        ]
        steps = steps.where(DocumentStep.person_id.is_(None), DocumentStep.state == StepState.DUE)
    else:
        whose = [OfficeDocument.state == DocumentState.SIGNING]
        steps = steps.where(
            DocumentStep.person_id == person.user.person_id,
            DocumentStep.state.in_((StepState.DUE, StepState.WAITING)),
        )
    rows = db.session.scalars(
        select(OfficeDocument)
        .where(OfficeDocument.id.in_(steps), *whose)
        .options(
            joinedload(OfficeDocument.agency),
            selectinload(OfficeDocument.steps).joinedload(DocumentStep.person),
        )
        .order_by(OfficeDocument.id)
        .limit(MOST)
    )
    for row in rows.unique():
        yield _document(row, person.user.person_id, sealing)


def _document(row: OfficeDocument, person_id: int | None, sealing: bool) -> Waiting:
    due = due_step(row)
    own = next(
        one
        for one in row.steps
        if one.state in (StepState.DUE, StepState.WAITING)
        and (one.person_id is None if sealing else one.person_id == person_id)
    )
    blocked = ""
    if due is not None and due is not own:
        blocked = f"{due.person.full_name if due.person else row.agency.name} ký trước."
    elif sealing and (WAYS[row.way].numbered or WAYS[row.way].symbol_first) and not row.number:
        blocked = NO_NUMBER
    return Waiting(
        DOCUMENT,
        row.id,
        own.act,
        row.title,
        _kind_of(row.way),
        row.agency_id,
        row.agency.name,
        _said(symbol_of(row), row.document_on) if row.number else "",
        url_for("office_documents.show", document_id=row.id),
        blocked,
    )


def _kind_of(way: DocumentWay) -> str:
    return f"Văn bản của cơ quan: {label(way).lower()}"


def _papers(sealing: bool) -> Iterator[Waiting]:
    person = account()
    permission = Permission.DOCUMENT_ISSUE if sealing else Permission.RECEIPT_CONFIRM
    if not person.can(permission):
        return
    wanted = [Paper.state == PaperState.ISSUED]
    signs = select(PaperSignature.paper_id).where(
        PaperSignature.state.in_((StepState.DUE, StepState.WAITING))
    )
    if sealing:
        wanted.append(person.scope(permission).clause(Paper.agency_id))
        signs = signs.where(
            PaperSignature.person_id.is_(None), PaperSignature.state == StepState.DUE
        )
    else:
        signs = signs.where(PaperSignature.person_id == person.user.person_id)
    rows = db.session.scalars(
        select(Paper)
        .where(Paper.id.in_(signs), *wanted)
        .options(
            joinedload(Paper.agency),
            selectinload(Paper.signatures).joinedload(PaperSignature.person),
        )
        .order_by(Paper.id)
        .limit(MOST)
    )
    for row in rows.unique():
        yield _paper(row, person.user.person_id, sealing)


def _paper(row: Paper, person_id: int | None, sealing: bool) -> Waiting:
    now = due_for(row, person_id, may_seal=sealing)
    own = next((one for one in now if (one.person_id is None) == sealing), None)
    blocked = ""
    if returned(row):
        blocked = "Đã bị trả lại: lập biên bản khác cho đúng."
    elif own is None:
        before = [one for one in row.signatures if one.state is StepState.DUE]
        names = [one.person.full_name if one.person else row.agency.name for one in before]
        blocked = f"{', '.join(names)} ký trước."
    elif sealing and not row.number:
        blocked = "Chưa ghi số của biên bản, giấy tờ."
    act = own.act if own is not None else SigningAct.MANY
    return Waiting(
        PAPER,
        row.id,
        act,
        f"{label(row.kind)} (số {row.id} trong sổ)",
        f"Lập ngày {row.made_on:%d/%m/%Y}",
        row.agency_id,
        row.agency.name,
        row.number or "",
        url_for("papers.show", paper_id=row.id),
        blocked,
    )


# Preparing ----------------------------------------------------------------------------------------

Prepare = Callable[[Any, SigningAct, Certificate, Checked, datetime], Ready]


def _prepare_document(
    row: OfficeDocument, act: SigningAct, certificate: Certificate, checked: Checked, at: datetime
) -> Ready:
    step = due_step(row)
    if step is None or step.act is not act:
        raise NotReady("Văn bản không chờ chữ ký này. Xem lại trạng thái hiện tại.")
    report = verified(row) if step.person_id is None else None
    law = law_for(regulations.load(), row.agency)
    facts = signature_facts(row, report) if step.person_id is None else []
    found = check_before_seal(facts, on=clock.today(), law=law)
    for one in (*blocking(found), *warnings(found)):
        raise NotReady(f"{one.message} Ký riêng văn bản này để xem kết quả kiểm tra.")
    ready = ready_step(step, certificate, checked, at, report)
    told = report.as_dict() | {"size": size_of(row)} if report is not None else None
    return replace(ready, evidence=(), before_seal=BeforeSeal(law, facts), report=told)


def _prepare_paper(
    row: Paper, act: SigningAct, certificate: Certificate, checked: Checked, at: datetime
) -> Ready:
    sealing = act is SigningAct.ISSUE
    now = due_for(row, account().user.person_id, may_seal=sealing)
    own = next((one for one in now if one.act is act), None)
    if own is None or not paper_waits(row):
        raise NotReady("Biên bản không chờ chữ ký này. Xem lại trạng thái hiện tại.")
    return ready_paper(own, certificate, checked, at)


@dataclass(frozen=True)
class _Way:
    model: Any
    options: tuple[Any, ...]
    prepare: Prepare


_WAYS: Mapping[str, _Way] = {
    REQUEST: _Way(
        CertificateRequest,
        (
            joinedload(CertificateRequest.agency),
            joinedload(CertificateRequest.signer),
            selectinload(CertificateRequest.lines),
            selectinload(CertificateRequest.documents).joinedload(RequestDocument.stored_file),
        ),
        ready_letter,
    ),
    DOCUMENT: _Way(
        OfficeDocument,
        (
            joinedload(OfficeDocument.agency).joinedload(Agency.parent),
            selectinload(OfficeDocument.steps).options(
                joinedload(DocumentStep.person), joinedload(DocumentStep.capacity)
            ),
        ),
        _prepare_document,
    ),
    PAPER: _Way(
        Paper,
        (
            joinedload(Paper.agency),
            selectinload(Paper.lines),
            selectinload(Paper.files).joinedload(PaperFile.stored_file),
            selectinload(Paper.signatures).joinedload(PaperSignature.person),
        ),
        _prepare_paper,
    ),
}


def read(chosen: Sequence[Waiting]) -> Iterator[tuple[Waiting, Any]]:
    """The documents with all that preparing asks about, a few at a time, in the order chosen."""
    for noun, way in _WAYS.items():
        some = [one for one in chosen if one.noun == noun]
        for start in range(0, len(some), AT_ONCE):
            part = {one.object_id: one for one in some[start : start + AT_ONCE]}
            rows = db.session.scalars(
                select(way.model)
                .where(way.model.id.in_(part))
                .options(*way.options)
                .order_by(way.model.id)
            )
            for row in rows.unique():
                yield part[row.id], row
            for each in list(db.session.identity_map.values()):
                if isinstance(each, StoredFile):  # The bytes of a thousand would stay in memory.
                    db.session.expunge(each)


def prepare(
    noun: str, row: Any, act: SigningAct, certificate: Certificate, checked: Checked, at: datetime
) -> Ready:
    """One document prepared for this signature.

    Raises `NotReady`, and `signing.errors.SigningError` when the PDF cannot be prepared.
    """
    return _WAYS[noun].prepare(row, act, certificate, checked, at)
