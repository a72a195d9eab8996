"""How many documents wait for a person's digital signature, for the pages that lead to them."""

from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, Select, func, select

from extensions import db
from models import CertificateRequest
from rules.office_documents import WAYS, DocumentState, StepState
from rules.papers import PaperState
from rules.permissions import Permission
from rules.requests import RequestState
from schema.custody import Paper, PaperSignature
from schema.documents import DocumentStep, OfficeDocument
from views.guards import Account
from views.home_work import COUNTED_UP_TO, Group, Task

_P = Permission
OWN, AGENCYS, NUMBERS = "sign", "seal", "number"
_NUMBERED = [way for way, needs in WAYS.items() if needs.numbered or needs.symbol_first]


def parts(person: Account) -> dict[str, Select[Any]]:
    """What is counted for this person, by name, as queries of row numbers: what is ready now."""
    found: dict[str, Select[Any]] = {}
    own = person.user.person_id
    if own is not None:
        found |= {f"{OWN}_{name}": one for name, one in _own(person, own).items()}
    found |= {f"{AGENCYS}_{name}": one for name, one in _agencys(person).items()}
    return found | {f"{NUMBERS}_{name}": one for name, one in _unnumbered(person).items()}


def _own(person: Account, own: int) -> dict[str, Select[Any]]:
    found: dict[str, Select[Any]] = {}
    if person.can(_P.CERTIFICATE_REQUEST_SIGN):
        found["letters"] = select(CertificateRequest.id).where(
            CertificateRequest.signer_id == own,
            CertificateRequest.state == RequestState.APPROVED,
            CertificateRequest.wet_signature.is_(False),
        )
    if person.can(_P.DOCUMENT_SIGN):
        found["documents"] = (
            select(DocumentStep.id)
            .join(OfficeDocument, OfficeDocument.id == DocumentStep.document_id)
            .where(
                DocumentStep.person_id == own,
                DocumentStep.state == StepState.DUE,
                OfficeDocument.state == DocumentState.SIGNING,
            )
        )
    if person.can(_P.RECEIPT_CONFIRM):
        found["papers"] = (
            select(PaperSignature.id)
            .join(Paper, Paper.id == PaperSignature.paper_id)
            .where(
                PaperSignature.person_id == own,
                PaperSignature.state == StepState.DUE,
                Paper.state == PaperState.ISSUED,
            )
        )
    return found


def _agencys(person: Account) -> dict[str, Select[Any]]:
    found: dict[str, Select[Any]] = {}
    if person.can(_P.CERTIFICATE_REQUEST_SEAL):
        scope = person.scope(_P.CERTIFICATE_REQUEST_SEAL)
        found["letters"] = select(CertificateRequest.id).where(
            scope.clause(CertificateRequest.agency_id),
            CertificateRequest.state == RequestState.NUMBERED,
            CertificateRequest.wet_signature.is_(False),
        )
    if person.can(_P.DOCUMENT_ISSUE):
        found["documents"] = _documents(person).where(~_wants_number())
        found["papers"] = _papers(person).where(~_bare(Paper.number))
    return found


def _unnumbered(person: Account) -> dict[str, Select[Any]]:
    """What the agency may sign once somebody has written down its number."""
    if not person.can(_P.DOCUMENT_ISSUE):
        return {}
    return {
        "documents": _documents(person).where(_wants_number()),
        "papers": _papers(person).where(_bare(Paper.number)),
    }


def _documents(person: Account) -> Select[Any]:
    return (
        select(DocumentStep.id)
        .join(OfficeDocument, OfficeDocument.id == DocumentStep.document_id)
        .where(
            person.scope(_P.DOCUMENT_ISSUE).clause(OfficeDocument.agency_id),
            OfficeDocument.state == DocumentState.SIGNED,
            DocumentStep.person_id.is_(None),
            DocumentStep.state == StepState.DUE,
        )
    )


def _wants_number() -> ColumnElement[bool]:
    return OfficeDocument.way.in_(_NUMBERED) & _bare(OfficeDocument.number)


def _bare(number: ColumnElement[str | None]) -> ColumnElement[bool]:
    return func.coalesce(number, "") == ""


def _papers(person: Account) -> Select[Any]:
    return (
        select(PaperSignature.id)
        .join(Paper, Paper.id == PaperSignature.paper_id)
        .where(
            person.scope(_P.DOCUMENT_ISSUE).clause(Paper.agency_id),
            Paper.state == PaperState.ISSUED,
            PaperSignature.person_id.is_(None),
            PaperSignature.state == StepState.DUE,
        )
    )


def own_count(person: Account) -> int:
    """How many documents wait for this person's own signature; one statement."""
    own = person.user.person_id
    found = list(_own(person, own).values()) if own is not None else []
    if not found:
        return 0
    counts = [select(func.count()).select_from(one.subquery()).scalar_subquery() for one in found]
    return sum(db.session.execute(select(*counts)).one())


def tasks(numbers: dict[str, int]) -> list[Task]:
    """One task for all that is signed with one PIN: one's own, and the agency's."""
    found = []
    for name, what, address in (
        (OWN, "Ký {} văn bản một lần", url_for("signing_batches.choose")),
        (
            AGENCYS,
            "Ký số của cơ quan cho {} văn bản một lần",
            url_for("signing_batches.choose", viec="dong-dau"),
        ),
    ):
        counts = [count for key, count in numbers.items() if key.startswith(f"{name}_")]
        total = sum(counts)
        if total > 1 or (total and not numbers.get(f"{name}_letters")):
            capped = any(count > COUNTED_UP_TO for count in counts)
            said = f"{COUNTED_UP_TO}+" if capped else str(total)
            found.append(
                Task(
                    Group.WEEK,
                    what.format(said),
                    "Văn bản đề nghị, văn bản của cơ quan, biên bản; một lần nhập mã PIN",
                    address,
                    f"Ký {said} văn bản",
                    said="đang chờ anh/chị",
                    first=True,
                )
            )
    return found + _number_task(numbers)


def _number_task(numbers: dict[str, int]) -> list[Task]:
    counts = [count for key, count in numbers.items() if key.startswith(f"{NUMBERS}_")]
    if not sum(counts):
        return []
    capped = any(count > COUNTED_UP_TO for count in counts)
    said = f"{COUNTED_UP_TO}+" if capped else str(sum(counts))
    return [
        Task(
            Group.WEEK,
            f"Ghi số, ngày cho {said} văn bản chờ ký số của cơ quan",
            "Văn bản của cơ quan, biên bản; số do văn thư cấp theo sổ",
            url_for("signing_batches.choose", viec="dong-dau"),
            "Ghi số và ngày",
            said="cá nhân đã ký đủ",
            first=True,
        )
    ]
