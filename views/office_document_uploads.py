"""Documents of the office as they are brought in: first the declaration, only then the file."""

from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from wtforms import SelectChoice

import clock
import regulations
from extensions import db
from forms.office_documents import DeclarationForm, UploadForm
from models import Agency, Person, Position
from operations import office_documents
from operations.law import law_for
from rules.documents import SigningAct
from rules.office_documents import WAYS, DocumentWay, check_declaration
from rules.permissions import Permission
from signing.errors import SigningError
from signing.pades.inputs import Intake
from views import office_document_places as places
from views.guards import account, requires
from views.office_document_acts import attempt
from views.verifier import sandbox

bp = Blueprint("office_document_uploads", __name__, url_prefix="/van-ban")

EDIT = Permission.DOCUMENT_EDIT
DECLARED_FOR = timedelta(hours=1)
"""Between the declaration and the file."""


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def declare() -> ResponseReturnValue:
    """First the declaration and the way of signing; only then is a file asked for."""
    offered = _agencies()
    form = DeclarationForm(agency_id=nearest_agency(offered))
    form.agency_id.choices = [SelectChoice(key, name) for key, name in offered.items()]
    if form.validate_on_submit():
        agency = db.session.get_one(Agency, form.agency_id.data)
        law = law_for(regulations.load(), agency)
        told = check_declaration(form.secrecy.data == "no", on=clock.today(), law=law)
        if not told:
            at = clock.now().isoformat()
            token = _sealer().dumps([account().user.id, agency.id, form.way.data, at])
            return redirect(url_for(".upload", cam_ket=token), 303)
        return render_template("office_documents/declare.html", form=form, told=told)
    return render_template("office_documents/declare.html", form=form, told=())


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="not-a-state-secret")


def _agencies() -> dict[int, str]:
    rows = db.session.execute(
        select(Agency.id, Agency.name)
        .where(account().scope(EDIT).clause(Agency.id), Agency.has_own_seal)
        .order_by(Agency.sort_key, Agency.id)
        .limit(300)
    )
    return {row.id: row.name for row in rows}


def nearest_agency(offered: dict[int, str]) -> int | None:
    """The nearest of these agencies to the one where this person works; else the first."""
    path: str | None = db.session.scalar(
        select(Agency.path)
        .join(Person, Person.agency_id == Agency.id)
        .where(Person.id == account().user.person_id)
    )
    above = reversed((path or "").strip("/").split("/"))
    near = (int(one) for one in above if one.isdecimal() and int(one) in offered)
    return next(near, next(iter(offered), None))


def _declared(token: str) -> tuple[int, DocumentWay, datetime] | None:
    """Agency, way and instant of this person's own declaration; None without a valid one."""
    try:
        user_id, agency_id, way, said = _sealer().loads(token)
        named, at = DocumentWay[way], datetime.fromisoformat(said)
    except (BadSignature, ValueError, KeyError, TypeError):
        return None
    own = user_id == account().user.id and account().scope(EDIT).covers(agency_id)
    return (agency_id, named, at) if own and clock.now() - at < DECLARED_FOR else None


@bp.route("/moi/tep", methods=["GET", "POST"])
@requires(EDIT)
def upload() -> ResponseReturnValue:
    """The file itself. Without the declaration nothing is read or stored."""
    declared = _declared(request.args.get("cam_ket", ""))
    if declared is None:
        flash(
            "Chưa có cam kết văn bản không chứa bí mật nhà nước, hoặc cam kết đã quá một giờ. "
            "Chưa có tệp nào được lưu.",
            "error",
        )
        return redirect(url_for(".declare"), 303)
    agency_id, way, _ = declared
    form, intake = UploadForm(), Intake()
    if form.validate_on_submit():
        content = form.file.data.read()
        content, intake = _inspected(content)
        if not intake.refusals:
            found: list[int] = []
            if attempt(lambda: found.append(_store(form, declared, content, intake))):
                return redirect(url_for("office_document_acts.signers", document_id=found[0]), 303)
    agency = db.session.get_one(Agency, agency_id)
    return render_template(
        "office_documents/upload.html",
        form=form,
        way=way,
        agency=agency,
        refusals=intake.refusals,
        inferred=WAYS[way].inferred_layout,
    )


def _inspected(content: bytes) -> tuple[bytes, Intake]:
    """The file as it may be signed: written anew where only its tables are broken."""
    intake = sandbox().inspect(content)
    if not intake.repairable:
        return content, intake
    try:
        again = sandbox().normalise(content)
    except SigningError:
        return content, intake
    second = sandbox().inspect(again)
    notice = "Cấu trúc tệp đã được ghi lại cho đúng chuẩn; nội dung các trang giữ nguyên."
    return again, Intake(
        second.pages,
        second.signatures,
        second.certified,
        second.refusals,
        (notice, *second.warnings),
    )


def _store(
    form: UploadForm, declared: tuple[int, DocumentWay, datetime], content: bytes, intake: Intake
) -> int:
    agency_id, way, at = declared
    session, actor, law = db.session(), account().actor(), regulations.load()
    document_id = office_documents.upload(
        session,
        actor=actor,
        law=law,
        brought=office_documents.Upload(
            agency_id=agency_id,
            title=form.title.data.strip(),
            way=way,
            content=content,
            not_secret_at=at,
            pages=[one.shown_mm for one in intake.pages],
            geometry=[
                (one.left, one.bottom, one.right, one.top, one.rotation, one.unit)
                for one in intake.pages
            ],
            notices=intake.warnings,
            signatures=intake.signatures,
            copy_of=form.copy_of.data or "",
        ),
    )
    document = office_documents.load_document(session, document_id)
    acts = WAYS[way].agency_acts
    chosen = SigningAct.__members__.get(form.act.data or "")
    agencys: list[tuple[SigningAct, Position | None]] = [
        (chosen if chosen in acts else one, None) for one in acts[:1]
    ]
    steps, words = places.preset_steps(document, agencys), places.read(document)
    office_documents.change(
        session,
        actor=actor,
        document_id=document_id,
        version=document.version,
        wanted=places.preset(document, steps, words),
    )
    return document_id
