"""Signing a document of the office: whose turn it is signs through the agent; the clerk last,
having seen every signature verified.
"""

import hashlib
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

import clock
import regulations
from extensions import db
from labels import label
from letters import fonts as letter_fonts
from models import Certificate, SigningAgent
from operations import files, signing_jobs
from operations.document_capacities import facts_of, words_of
from operations.document_signing import due_step, usable_certificates
from operations.law import law_for
from operations.office_documents import field_names
from operations.pictures import current_picture
from operations.signatures import BeforeSeal
from operations.signing_jobs import Order
from rules.document_places import (
    TEXT_SIZE,
    corner_text,
    day_text,
    has_corner,
    month_text,
    number_text,
)
from rules.documents import SigningAct
from rules.findings import Finding, warnings
from rules.law import Law
from rules.office_documents import (
    WAYS,
    PictureKind,
    SignatureFacts,
    StepState,
    check_before_seal,
)
from rules.permissions import Permission
from rules.signers import check_signer
from schema.documents import DocumentStep, OfficeDocument
from signing.messages import Evidence, Item
from signing.pades import appearance, strangers
from signing.pades.prepare import Prepared
from signing.pades.report import Report, Verdict
from views.guards import account, requires
from views.office_documents import load_whole
from views.signing_jobs import form_page, try_to_open
from views.signing_preparation import (
    Checked,
    NotReady,
    Ready,
    hole_for,
    single_order,
)
from views.verification_words import view
from views.verifier import judge, sandbox

bp = Blueprint("document_signing", __name__, url_prefix="/van-ban")

SIGN, ISSUE = Permission.DOCUMENT_SIGN, Permission.DOCUMENT_ISSUE


@bp.get("/cho-toi-ky")
@requires(SIGN)
def mine() -> ResponseReturnValue:
    """What waits for this person's signature: the one door for people without an overview."""
    return redirect(url_for("office_documents.index", **{"cho-toi": 1}))


@bp.route("/<int:document_id>/ky-so", methods=["GET", "POST"])
@requires(SIGN, ISSUE)
def sign(document_id: int) -> ResponseReturnValue:
    """Give the signature whose turn it is: the person's own, or the agency's by its clerk."""
    document = load_whole(document_id)
    step = due_step(document)
    if step is None or not _mine(document, step):
        flash("Chưa đến lượt anh/chị ký văn bản này.", "warning")
        return redirect(url_for("office_documents.show", document_id=document_id))
    report = verified(document) if step.person_id is None else None
    before = _before_seal(document, report)
    certificates = usable_certificates(db.session(), step, account().actor())

    def open_(certificate: Certificate, agent: SigningAgent, version: int) -> str | None:
        return try_to_open(
            certificate,
            lambda checked: document_order(step, certificate, checked, agent, report),
            lambda prepared: signing_jobs.open_document_job(
                db.session(),
                actor=account().actor(),
                document_id=document_id,
                version=version,
                order=prepared,
                before_seal=before,
            ),
        )

    subject = _subject(document, step, before, report)
    return form_page(certificates, document.version, open_, subject=subject)


def _mine(document: OfficeDocument, step: DocumentStep) -> bool:
    if step.person_id is not None:
        return step.person_id == account().user.person_id
    return account().can(ISSUE) and account().scope(ISSUE).covers(document.agency_id)


# What the clerk sees before the agency's signature ------------------------------------------------


def verified(document: OfficeDocument) -> Report | None:
    """Our verification of the document as it is now; None when nobody has signed yet."""
    content = files.read(db.session, document.current_sha256)
    given = any(one.state is StepState.SIGNED for one in document.steps)
    report = judge(content)
    return report if given or report.signatures else None


def signature_facts(document: OfficeDocument, report: Report | None) -> list[SignatureFacts]:
    """What was found of each signature that must be there, and of every other one that is."""
    found = {one.field: one for one in report.signatures} if report is not None else {}
    facts = []
    for step in document.steps:
        if step.state is StepState.SIGNED:
            one = found.pop(step.field, None)
            name = step.person.full_name if step.person else document.agency.name
            facts.append(
                SignatureFacts(
                    name,
                    one is not None,
                    one is not None and one.verdict == Verdict.INVALID,
                    one is not None and one.verdict == Verdict.UNDECIDED,
                )
            )
    for one in found.values():
        invalid, undecided = one.verdict == Verdict.INVALID, one.verdict == Verdict.UNDECIDED
        facts.append(SignatureFacts(one.signer or one.field, True, invalid, undecided))
    return facts


def _before_seal(document: OfficeDocument, report: Report | None) -> BeforeSeal:
    law = law_for(regulations.load(), document.agency)
    seen = request.form.get("seen") == "y"
    return BeforeSeal(law, signature_facts(document, report), seen)


def _number(document: OfficeDocument) -> list[dict[str, str]]:
    """Number and date, where this way of signing has any: a copy or a scan has its own on paper."""
    if document.number and document.document_on:
        known = f"{symbol(document)}, ngày {document.document_on:%d/%m/%Y}"
        return [{"label": "Số, ngày", "value": known}]
    needs = WAYS[document.way]
    if not (needs.numbered or needs.symbol_first):
        return []
    return [{"label": "Số, ngày", "value": "văn thư ghi trước khi ký của cơ quan"}]


def _subject(
    document: OfficeDocument, step: DocumentStep, before: BeforeSeal, report: Report | None
) -> dict[str, Any]:
    """What the page says of the document to be signed."""
    found = check_before_seal(before.signatures, on=clock.today(), law=before.law)
    sealing = step.person_id is None
    return {
        "title": label(step.act),
        "crumb": document.title,
        "back": url_for("office_documents.show", document_id=document.id),
        "images": [_picture_of(document, page) for page in sorted({1, step.page + 1})],
        "nothing": "Sổ chưa có chứng thư còn hiệu lực của cơ quan được giao cho anh/chị."
        if sealing
        else "Sổ chưa có chứng thư còn hiệu lực của chính anh/chị. Ký thay, ký thừa lệnh cũng "
        "dùng chứng thư của người ký.",
        "facts": [
            {"label": "Văn bản", "value": document.title},
            {"label": "Cách ký", "value": label(document.way)},
            *_number(document),
            {
                "label": "Ký với tư cách",
                "value": words_of(step) or document.agency.name,
                "note": "" if sealing else "Chọn chứng thư đúng với chức danh này.",
            },
            *_paper_behind(step),
        ],
        "findings": found if sealing else _of_signer(step, before.law),
        "must_see": sealing and bool(warnings(found)),
        "verified": view(report, document.title, size_of(document)) if report is not None else None,
    }


def _picture_of(document: OfficeDocument, page: int) -> str:
    name = "office_documents.page_image"
    return url_for(name, document_id=document.id, number=page, v=document.version)


def size_of(document: OfficeDocument) -> int:
    return len(files.read(db.session, document.current_sha256))


def _of_signer(step: DocumentStep, law: Law) -> tuple[Finding, ...]:
    """What stands against this person's signing in this capacity today, and what to mind."""
    facts = facts_of(step)
    return check_signer(facts, on=clock.today(), law=law) if facts is not None else ()


def _paper_behind(step: DocumentStep) -> list[dict[str, str]]:
    """The paper that gives the right to sign, if one is recorded."""
    if not step.authority_paper:
        return []
    until = step.authority_until_on
    note = f"đến hết ngày {until:%d/%m/%Y}" if until is not None else ""
    return [{"label": "Văn bản giao quyền ký", "value": step.authority_paper, "note": note}]


# Preparing ----------------------------------------------------------------------------------------


def document_order(
    step: DocumentStep,
    certificate: Certificate,
    checked: Checked,
    agent: SigningAgent,
    report: Report | None,
) -> Order:
    """Prepare the document for one signature and bind it into an order with its manifest.

    Raises `NotReady`, and `signing.errors.SigningError` when the PDF cannot be prepared.
    """
    ready = ready_step(step, certificate, checked, clock.now(), report)
    back = f"/van-ban/{step.document_id}"
    return single_order(ready, certificate, checked, agent, back=back)


def ready_step(
    step: DocumentStep,
    certificate: Certificate,
    checked: Checked,
    at: datetime,
    report: Report | None,
) -> Ready:
    """The document prepared for one signature. Raises as `document_order`."""
    prepared = prepare_step(step, certificate, checked, at)
    words = label(step.act)
    return Ready(step.act, words, prepared, _item(step, prepared), tuple(_evidence(report)))


def _evidence(report: Report | None) -> list[Evidence]:
    signatures = report.signatures if report is not None else ()
    return [
        Evidence(
            f"Chữ ký đã có của {one.signer or one.field}: {one.verdict}.",
            good=one.verdict in (Verdict.VALID, Verdict.PRACTICE),
        )
        for one in signatures[:20]
    ]


def _item(step: DocumentStep, prepared: Prepared) -> Item:
    document = step.document
    number = ""
    if step.person_id is None and document.number and document.document_on:
        number = f"Số {symbol(document)}, ngày {document.document_on:%d/%m/%Y}"
    return Item(
        name=f"van-ban-{document.id}.pdf",
        sha256=hashlib.sha256(prepared.pdf).hexdigest(),
        size=len(prepared.pdf),
        byte_range=prepared.byte_range,
        field=step.field,
        title=document.title,
        number=number,
        capacity=words_of(step),
    )


def symbol(document: OfficeDocument) -> str:
    """Số và ký hiệu as they are written: 15/UBND-VP; the number alone without a symbol."""
    number = number_text(document.number or "")
    return f"{number}/{document.symbol}" if document.symbol else number


def prepare_step(
    step: DocumentStep, certificate: Certificate, checked: Checked, at: datetime
) -> Prepared:
    """The document with the hole of this signature; number and date come with the agency's."""
    document = step.document
    fill: dict[str, str] = {}
    if WAYS[document.way].numbered and step.act is SigningAct.ISSUE:
        if not document.number or document.document_on is None:
            raise NotReady("Chưa ghi số và ngày văn bản.")
        names = field_names(document)
        whole = document.layout.get("whole_day", True)
        fill = {
            names["number"]: number_text(document.number),
            names["day"]: day_text(document.document_on, whole),
        }
        if document.layout.get("month"):
            fill[names["month"]] = month_text(document.document_on)
    return strangers.prepare(
        sandbox(),
        files.read(db.session, document.current_sha256),
        field=step.field,
        signing_time=at,
        appearance=step_appearance(step, at),
        fonts=letter_fonts.find(),
        fill=fill,
        reserve=hole_for(certificate, checked),
    )


def step_appearance(step: DocumentStep, at: datetime) -> appearance.Appearance:
    """What the signature shows: the picture of person or seal, words in the corner, or a text."""
    document = step.document
    if has_corner(step.act):
        if step.act is SigningAct.ANNEX and not document.number:
            raise NotReady("Chưa ghi số và ký hiệu của văn bản mà phụ lục kèm theo.")
        words = corner_text(step.act, agency=document.agency.name, symbol=symbol(document), at=at)
        return appearance.TextAppearance((words,), size=TEXT_SIZE)
    agency = document.agency.name
    if step.person_id is None:
        png = _picture(PictureKind.SEAL, agency_id=document.agency_id)
        lines = appearance.signing_lines(agency, agency, at)[1:]
        return appearance.PictureAppearance(png) if png else appearance.seal(lines)
    kind = PictureKind.SIGNATURE if step.act is SigningAct.APPROVE else PictureKind.INITIALS
    png = _picture(kind, person_id=step.person_id)
    if png:
        return appearance.PictureAppearance(png)
    name = step.person.full_name if step.person else ""
    if step.act is SigningAct.APPROVE:
        return appearance.approval(appearance.signing_lines(name, agency, at))
    return appearance.TextAppearance((f"{label(step.act)}: {name}",), ink="blue")


def _picture(
    kind: PictureKind, *, person_id: int | None = None, agency_id: int | None = None
) -> bytes | None:
    found = current_picture(db.session(), kind, person_id=person_id, agency_id=agency_id)
    return files.read(db.session, found.sha256) if found is not None else None
