"""One thing of a stocktake: all its counts, and what a person decides about it."""

from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import SelectChoice

from extensions import db
from forms.stocktakes import DecisionForm, IdentifyForm
from models import Device, Person, User
from operations import files
from operations import stocktake_corrections as corrections
from operations.transactions import Refused
from rules.permissions import Permission
from rules.stocktakes import CountOutcome
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem
from views.guards import account, load, requires
from views.returned_letters import scan_type
from views.stocktake_counts import open_to_count, people_to_name

bp = Blueprint("stocktake_items", __name__, url_prefix="/kiem-ke")

VIEW, COUNT = Permission.STOCKTAKE_VIEW, Permission.STOCKTAKE_COUNT
MOST_PHOTO = 5 * 1024 * 1024
PHOTOS = ("image/png", "image/jpeg")
_AGENCY = joinedload(Stocktake.agency)


@bp.route("/<int:stocktake_id>/muc/<int:item_id>", methods=["GET", "POST"])
@requires(VIEW)
def show(stocktake_id: int, item_id: int) -> ResponseReturnValue:
    """One thing with all its counts; what became of it is decided here, with note and photo."""
    row = load(Stocktake, stocktake_id, VIEW, options=[_AGENCY])
    thing = _thing(row.id, item_id)
    covered = account().can(COUNT) and account().scope(COUNT).covers(row.agency_id)
    may_count = covered and row.closed_at is None
    form = DecisionForm()
    form.holder_id.choices = [
        SelectChoice("", "Không rõ, không ghi"),
        *(SelectChoice(*one) for one in _people(row, thing)),
    ]
    if request.method == "GET":
        form.version.data = thing.version
        form.holder_id.data = thing.found_holder_id or thing.expected_holder_id
    elif not may_count:
        abort(403)
    elif form.validate() and _decide(thing.id, form):
        flash("Đã ghi kết quả.", "success")
        return redirect(url_for(".show", stocktake_id=stocktake_id, item_id=item_id), 303)
    thing = _thing(stocktake_id, item_id)
    return render_template(
        "stocktakes/item.html",
        row=row,
        thing=thing,
        form=form,
        identify=IdentifyForm(None, version=thing.version, prefix="la-"),
        rows=_counts(thing.id),
        may_count=may_count,
    )


def _people(row: Stocktake, thing: StocktakeItem) -> list[tuple[str, str]]:
    """Who may have it. Whoever has it already stays, also who left since or works elsewhere: a
    note must not lose them.
    """
    known = [one for one in (thing.found_holder, thing.expected_holder) if one is not None]
    offered = dict(people_to_name(row, [one.id for one in known]))
    return list(({str(one.id): one.full_name for one in known} | offered).items())


def _thing(stocktake_id: int, item_id: int) -> StocktakeItem:
    found = db.session.scalars(
        select(StocktakeItem)
        .where(StocktakeItem.id == item_id, StocktakeItem.stocktake_id == stocktake_id)
        .options(
            joinedload(StocktakeItem.device).joinedload(Device.agency),
            joinedload(StocktakeItem.expected_holder),
            joinedload(StocktakeItem.found_holder),
        )
    ).one_or_none()
    if found is None:
        abort(404)
    return found


def _counts(item_id: int) -> Sequence[Any]:
    return db.session.execute(
        select(StocktakeCount, User.display_name, Person.full_name)
        .join(User, User.id == StocktakeCount.counted_by_id)
        .outerjoin(Person, Person.id == StocktakeCount.found_holder_id)
        .where(StocktakeCount.item_id == item_id)
        .order_by(StocktakeCount.counted_at, StocktakeCount.id)
    ).all()


def _decide(item_id: int, form: DecisionForm) -> bool:
    photo = _photo(form)
    if form.photo.errors:
        return False
    outcome = CountOutcome[form.outcome.data]
    verdict = corrections.Verdict(
        seen=outcome is not CountOutcome.MISSING,
        damaged=outcome is CountOutcome.DAMAGED,
        holder_id=form.holder_id.data,
        note=form.note.data or "",
        photo=photo,
    )
    try:
        corrections.decide(
            db.session(),
            actor=account().actor(),
            item_id=item_id,
            version=form.version.data,
            verdict=verdict,
        )
    except Refused as error:
        flash(str(error), "error")
        return False
    return True


def _photo(form: DecisionForm) -> corrections.Photo | None:
    sent = form.photo.data
    if not getattr(sent, "filename", ""):
        return None
    with closing(sent):
        content = sent.read(MOST_PHOTO + 1)
    media_type = scan_type(content)
    if media_type not in PHOTOS:
        form.photo.errors = ["Ảnh phải là PNG hoặc JPG."]
    elif len(content) > MOST_PHOTO:
        form.photo.errors = ["Ảnh lớn quá 5 MB. Chụp lại với cỡ nhỏ hơn."]
    return corrections.Photo(content, media_type) if media_type and not form.photo.errors else None


@bp.get("/<int:stocktake_id>/anh/<int:count_id>")
@requires(VIEW)
def photo(stocktake_id: int, count_id: int) -> ResponseReturnValue:
    """The photo of one count."""
    row = load(Stocktake, stocktake_id, VIEW)
    found = db.session.get(StocktakeCount, count_id)
    if found is None or found.stocktake_id != row.id or found.photo_sha256 is None:
        abort(404)
    content = files.read(db.session, found.photo_sha256)
    return send_file(BytesIO(content), mimetype=scan_type(content), etag=False)


@bp.post("/<int:stocktake_id>/muc/<int:item_id>/bo")
@requires(COUNT)
def set_aside(stocktake_id: int, item_id: int) -> ResponseReturnValue:
    """Take the counts of a thing back: scanned or ticked by mistake."""
    row = open_to_count(stocktake_id)
    thing = _thing(row.id, item_id)
    version = request.form.get("version", type=int) or 0
    here = url_for(".show", stocktake_id=stocktake_id, item_id=item_id)
    try:
        stays = corrections.set_aside(
            db.session(), actor=account().actor(), item_id=thing.id, version=version
        )
    except Refused as error:
        flash(str(error), "error")
        return redirect(here, 303)
    flash("Đã bỏ các lần kiểm đếm ghi nhầm; chúng vẫn được lưu trong nhật ký.", "success")
    return redirect(
        here if stays else url_for("stocktake_counts.items", stocktake_id=stocktake_id), 303
    )


@bp.post("/<int:stocktake_id>/muc/<int:item_id>/la-thiet-bi")
@requires(COUNT)
def identify(stocktake_id: int, item_id: int) -> ResponseReturnValue:
    """Tell which device of the register a thing without a known code is."""
    row = open_to_count(stocktake_id)
    thing, form = _thing(row.id, item_id), IdentifyForm(prefix="la-")
    number = thing.id
    if not form.validate():
        flash("Nhập mã nội bộ hoặc số hiệu của thiết bị.", "error")
    else:
        try:
            number = corrections.identify(
                db.session(),
                actor=account().actor(),
                item_id=number,
                version=form.version.data,
                code=form.code.data,
            )
            flash("Đã ghép kết quả kiểm đếm vào thiết bị này.", "success")
        except Refused as error:
            flash(str(error), "error")
    return redirect(url_for(".show", stocktake_id=stocktake_id, item_id=number), 303)
