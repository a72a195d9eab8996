"""Importing certificates: choose files, look at what was read against the register, then save."""

from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from forms.certificate_imports import ACCEPTED, SaveForm, UploadForm
from models import Agency, ImportBatch, ImportItem, User
from operations import certificate_imports as imports
from operations.import_matching import BY_EMAIL, BY_KEY, BY_SERIAL, findings_on
from operations.transactions import Refused
from rules.documents import ImportVerdict
from rules.permissions import Permission
from sheets import certificate_files
from views.current_law import law_of
from views.guards import account, load, requires
from views.import_choices import choices_from, lines_of
from views.users import agency_choices

bp = Blueprint("certificate_imports", __name__, url_prefix="/chung-thu/nhap")

IMPORT = Permission.CERTIFICATE_IMPORT
MATCHED = {
    BY_EMAIL: "theo thư điện tử công vụ",
    BY_KEY: "theo khóa của chứng thư đã có trong sổ",
    BY_SERIAL: "theo số hiệu thiết bị",
}
SHOWN_BATCHES = 20
MOST_IN_LIST = 500
READING_ENDPOINT = "signing_jobs.read_certificates"


@bp.route("", methods=["GET", "POST"])
@requires(IMPORT)
def new() -> ResponseReturnValue:
    """Take files and read them; nothing is saved into the register here."""
    form = UploadForm()
    offered = agency_choices(account().scope(IMPORT))
    form.agency_id.offer(offered)
    if request.method == "GET" and len(offered) > 1:
        form.agency_id.data = int(offered[1][0])
    if form.validate_on_submit():
        agency = load(Agency, form.agency_id.data, IMPORT)
        sent = [one for one in form.files.data if getattr(one, "filename", "")]
        files = ((one.filename or "", one.read()) for one in sent)
        found = certificate_files.read_files(files)
        try:
            number = imports.stage(
                db.session(),
                actor=account().actor(),
                agency_id=agency.id,
                source=imports.FILES,
                incoming=[imports.Incoming(one.source, one.content, one.reason) for one in found],
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            return redirect(url_for(".show", batch_id=number))
    return render_template(
        "certificate_imports/new.html",
        form=form,
        accepted=ACCEPTED,
        waiting=_waiting(),
        from_token=READING_ENDPOINT in current_app.view_functions,
        read_from_token=READING_ENDPOINT,
    )


def _waiting() -> list[dict[str, Any]]:
    """Imports in scope that were read and neither saved nor given up, newest first."""
    rows = db.session.execute(
        select(ImportBatch, User.display_name, func.count(ImportItem.id))
        .join(User, User.id == ImportBatch.user_id)
        .join(ImportItem, ImportItem.batch_id == ImportBatch.id)
        .where(
            account().scope(IMPORT).clause(ImportBatch.agency_id),
            ImportBatch.saved_at.is_(None),
            ImportBatch.discarded_at.is_(None),
        )
        .group_by(ImportBatch.id, User.display_name)
        .order_by(ImportBatch.id.desc())
        .limit(SHOWN_BATCHES)
    )
    return [{"batch": batch, "who": who, "items": items} for batch, who, items in rows]


@bp.route("/<int:batch_id>", methods=["GET", "POST"])
@requires(IMPORT)
def show(batch_id: int) -> ResponseReturnValue:
    """Each certificate against the register; the chosen ones are saved all together."""
    batch = _load(batch_id)
    if batch.saved_at or batch.discarded_at:
        return render_template("certificate_imports/done.html", batch=batch)
    standings = imports.standings(db.session(), batch, certificate_files.read_one)
    law = law_of(batch.agency)
    found = {number: findings_on(one, law) for number, one in standings.items()}
    sent = request.form if request.method == "POST" else None
    lines = lines_of(batch, standings, found, sent)
    form = SaveForm()
    if form.validate_on_submit():
        choices = choices_from(batch, lines)
        if choices is None:
            flash("Chưa lưu: có dòng cần xem lại, xem lời nhắc cạnh dòng đó.", "error")
        else:
            try:
                saved = imports.save(
                    db.session(),
                    actor=account().actor(),
                    batch_id=batch_id,
                    choices=choices,
                    read=certificate_files.read_one,
                )
            except Refused as error:
                flash(str(error), "error")
                return redirect(url_for(".show", batch_id=batch_id))
            flash(f"Đã lưu {saved} chứng thư vào sổ.", "success")
            return redirect(url_for(".show", batch_id=batch_id))
    return render_template(
        "certificate_imports/show.html",
        batch=batch,
        form=form,
        lines=lines,
        others=_others(batch, {line.item.id for line in lines}),
        matched=MATCHED,
        agencies=_agencies(batch),
    )


@bp.post("/<int:batch_id>/bo")
@requires(IMPORT)
def discard(batch_id: int) -> ResponseReturnValue:
    """Give the import up; nothing of it is kept but the names of the files."""
    load(ImportBatch, batch_id, IMPORT)
    try:
        imports.discard(db.session(), actor=account().actor(), batch_id=batch_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã bỏ lần nhập này; sổ không thay đổi.", "success")
    return redirect(url_for(".new"))


def _load(batch_id: int) -> ImportBatch:
    return load(
        ImportBatch,
        batch_id,
        IMPORT,
        options=[
            joinedload(ImportBatch.agency),
            selectinload(ImportBatch.items).joinedload(ImportItem.certificate),
        ],
    )


def _others(batch: ImportBatch, decided: set[int]) -> list[ImportItem]:
    """Items that there is nothing to decide about: known already, or refused."""
    order = {ImportVerdict.REFUSED: 0, ImportVerdict.SAME: 1}
    rest = [item for item in batch.items if item.id not in decided]
    return sorted(rest, key=lambda item: (order.get(item.verdict, 2), item.id))


def _agencies(batch: ImportBatch) -> list[tuple[str, str]]:
    """Codes and names for the list behind the field; a province types the code instead."""
    rows = db.session.execute(
        select(Agency.code, Agency.name)
        .where(Agency.path.startswith(batch.agency.path), Agency.ended_on.is_(None))
        .order_by(Agency.sort_key)
        .limit(MOST_IN_LIST)
    )
    return [(code, name) for code, name in rows]
