"""Counting: scan, tick, read from the attached token, "tôi đang giữ"; and one thing of a count."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.fields import number_or_none, numbers_in
from labels import label
from models import Device, ImportBatch, Person
from operations import stocktake_counts as counts
from operations.law import sender_for
from operations.stocktake_counts import Answer, Sighting
from operations.transactions import Refused
from rules.lifecycle import HOLDER_NEEDED
from rules.names import fold
from rules.permissions import Permission
from rules.stocktakes import CountOutcome, CountWay
from schema.stocktakes import Stocktake, StocktakeCount, StocktakeItem
from views.guards import account, load, own_path, requires
from views.handover_wishes import people_of
from views.register_pages import member
from views.stocktake_figures import figures_of, units_of
from views.stocktake_uploads import BadUpload, as_json, sightings_of

bp = Blueprint("stocktake_counts", __name__, url_prefix="/kiem-ke")

VIEW, COUNT = Permission.STOCKTAKE_VIEW, Permission.STOCKTAKE_COUNT
OWN = Permission.RECEIPT_CONFIRM
PAGE = 100
RECENT = 12
MOST_READ = 5
TICKS = {
    "dung": ("Đúng như sổ", {"as_booked": True}),
    "khong-thay": ("Đã tìm, không thấy", {"seen": False}),
    "hong": ("Có, nhưng bị hỏng", {"damaged": True}),
}
_SEEN = (CountOutcome.RIGHT, CountOutcome.DAMAGED, CountOutcome.WRONG_HOLDER)
_AGENCY = joinedload(Stocktake.agency)


def open_to_count(stocktake_id: int) -> Stocktake:
    """A campaign that this person may count; once it is locked its own page says so."""
    return load(Stocktake, stocktake_id, COUNT, options=[_AGENCY])


def people_to_name(row: Stocktake, also: Iterable[int] = ()) -> list[tuple[str, str]]:
    """Who may be named as the holder of a thing: the people of the managing agency."""
    return people_of(sender_for(db.session(), row.agency) or row.agency, also)


# Scanning -----------------------------------------------------------------------------------------


@bp.route("/<int:stocktake_id>/quet", methods=["GET", "POST"])
@requires(COUNT)
def scan(stocktake_id: int) -> ResponseReturnValue:
    """One field, for a scanner or for fingers. Without JavaScript each code is a form sent."""
    row = open_to_count(stocktake_id)
    if row.closed_at is not None:
        return redirect(url_for("stocktakes.show", stocktake_id=row.id))
    holder = request.values.get("nguoi", type=int)
    if request.method == "POST":
        _scanned(row.id, holder)
        kept = {"nguoi": holder} if holder else {}
        return redirect(url_for(".scan", stocktake_id=stocktake_id, **kept), 303)
    reads = account().can(Permission.CERTIFICATE_IMPORT)
    return render_template(
        "stocktakes/scan.html",
        row=row,
        figures=figures_of([row.id])[row.id],
        recent=_recent(row.id),
        people=people_to_name(row),
        holder=holder,
        client_id=secrets.token_hex(12),
        key=f"kiem-ke-{row.id}-{account().user.id}",
        reads=reads,
        batches=_batches(row) if reads else [],
    )


def _scanned(stocktake_id: int, holder: int | None) -> None:
    told = Sighting(
        client_id=request.form.get("lan", ""),
        counted_at=clock.now(),
        code=request.form.get("ma", ""),
        damaged="hong" in request.form,
        found_holder_id=holder,
        note=request.form.get("ghi-chu", ""),
    )
    _say(_record(stocktake_id, [told])[0], told.code)


def _record(stocktake_id: int, told: Sequence[Sighting]) -> list[Answer]:
    return counts.record(
        db.session(), actor=account().actor(), stocktake_id=stocktake_id, sightings=told
    )


def _say(answer: Answer, name: str) -> None:
    if answer.problem:
        flash(answer.problem, "error")
    elif answer.outcome in (CountOutcome.RIGHT, CountOutcome.DAMAGED):
        before = " trước đó, chỉ tính một lần" if answer.repeated else ""
        flash(f"{name}: đã ghi{before}.", "success")
    elif answer.outcome is CountOutcome.WRONG_HOLDER:
        flash(f"{name}: đã ghi, khác người giữ theo sổ.", "warning")
    else:
        flash(f"{name}: đã ghi là thừa (không có trong sổ của đợt này).", "warning")


def _recent(stocktake_id: int) -> Sequence[Any]:
    """What this person counted last, each thing once however often it was scanned."""
    last = (
        select(func.max(StocktakeCount.id))
        .where(
            StocktakeCount.stocktake_id == stocktake_id,
            StocktakeCount.counted_by_id == account().user.id,
        )
        .group_by(StocktakeCount.item_id)
    )
    return db.session.execute(
        select(StocktakeCount, StocktakeItem, Device.internal_code)
        .join(StocktakeItem, StocktakeItem.id == StocktakeCount.item_id)
        .outerjoin(Device, Device.id == StocktakeItem.device_id)
        .where(StocktakeCount.id.in_(last))
        .order_by(StocktakeCount.id.desc())
        .limit(RECENT)
    ).all()


@bp.post("/<int:stocktake_id>/ket-qua")
@requires(COUNT)
def upload(stocktake_id: int) -> ResponseReturnValue:
    """What the page kept while there was no network; sent again, it counts once."""
    row = open_to_count(stocktake_id)
    try:
        told = sightings_of(request.get_json(silent=True), now=clock.now(), opened_at=row.opened_at)
        answers = _record(row.id, told)
    except (BadUpload, Refused) as error:
        return {"problem": str(error) or "Máy chủ không hiểu dữ liệu vừa gửi."}, 400
    figures = figures_of([stocktake_id])[stocktake_id]
    return {"answers": as_json(answers), "done": figures.done, "book": figures.book}


# Tokens in the USB port ---------------------------------------------------------------------------


def _batches(row: Stocktake) -> Sequence[Any]:
    """What this person's agent read from tokens since the campaign opened."""
    return db.session.execute(
        select(ImportBatch.id, ImportBatch.created_at)
        .where(
            ImportBatch.user_id == account().user.id,
            ImportBatch.source == "token",
            ImportBatch.created_at >= row.opened_at,
        )
        .order_by(ImportBatch.id.desc())
        .limit(MOST_READ)
    ).all()


@bp.post("/<int:stocktake_id>/tu-thiet-bi-dang-cam")
@requires(COUNT)
def attached(stocktake_id: int) -> ResponseReturnValue:
    """Count the tokens whose certificates the agent of this person has read."""
    row = open_to_count(stocktake_id)
    batch = db.session.get(ImportBatch, request.form.get("lan-doc", type=int) or 0)
    if batch is None or batch.user_id != account().user.id or batch.source != "token":
        abort(404)
    codes = {}
    for one in batch.items:
        known = one.certificate.serial_number if one.certificate is not None else ""
        if code := one.token_serial or known:
            codes[code] = one.token_serial or one.file_name
    read_at = max(batch.created_at, row.opened_at)
    told = [
        Sighting(f"agent-{batch.id}-{code}", read_at, code, way=CountWay.AGENT) for code in codes
    ]
    if not told:
        flash("Thiết bị đã đọc không cho biết số hiệu. Quét mã trên nhãn.", "warning")
    for answer, code in zip(_record(row.id, told), codes, strict=True) if told else ():
        _say(answer, code)
    return redirect(url_for(".scan", stocktake_id=stocktake_id), 303)


# Ticking ------------------------------------------------------------------------------------------


@bp.route("/<int:stocktake_id>/danh-sach", methods=["GET", "POST"])
@requires(VIEW)
def items(stocktake_id: int) -> ResponseReturnValue:
    """The things of a campaign by unit and holder; ticked rows are counted in one act."""
    row = load(Stocktake, stocktake_id, VIEW, options=[_AGENCY])
    if request.method == "POST":
        _ticked(row)
        return redirect(url_for(".items", stocktake_id=stocktake_id, **_asked()), 303)
    asked = _asked()
    where = [StocktakeItem.stocktake_id == row.id, *_wanted(asked)]
    total = db.session.scalar(_joined(select(func.count(StocktakeItem.id))).where(*where)) or 0
    after = request.args.get("sau", type=int)
    rows = db.session.scalars(
        _joined(select(StocktakeItem))
        .where(*where, *([StocktakeItem.id > after] if after else []))
        .options(
            joinedload(StocktakeItem.device).joinedload(Device.agency),
            joinedload(StocktakeItem.expected_holder),
            joinedload(StocktakeItem.found_holder),
        )
        .order_by(StocktakeItem.id)
        .limit(PAGE + 1)
    ).all()
    shown, here = rows[:PAGE], {"stocktake_id": row.id, **asked}
    covered = account().can(COUNT) and account().scope(COUNT).covers(row.agency_id)
    return render_template(
        "stocktakes/items.html",
        row=row,
        rows=shown,
        total=total,
        asked=asked,
        outcomes=list(CountOutcome),
        units=[one for one in units_of(row.id) if one.agency_id is not None],
        ticks=[{"label": TICKS[name][0], "name": "viec", "value": name} for name in TICKS],
        may_count=covered and row.closed_at is None,
        client_id=secrets.token_hex(8),
        next_url=url_for(".items", **here, sau=shown[-1].id) if len(rows) > PAGE else "",
        first_url=url_for(".items", **here) if after else "",
    )


def _asked() -> dict[str, str]:
    kept = ("ket-qua", "don-vi", "q")
    return {name: request.args[name].strip()[:80] for name in kept if request.args.get(name)}


def _joined(statement: Any) -> Any:
    return statement.outerjoin(Device, Device.id == StocktakeItem.device_id).outerjoin(
        Person, Person.id == StocktakeItem.expected_holder_id
    )


def _wanted(asked: dict[str, str]) -> list[Any]:
    found: list[Any] = []
    if (outcome := member(CountOutcome, asked.get("ket-qua", ""))) is not None:
        found.append(StocktakeItem.outcome == outcome.value)
    if (unit := number_or_none(asked.get("don-vi"))) is not None:
        found.append(Device.agency_id == unit)
    if query := asked.get("q", ""):
        found.append(
            or_(
                Device.internal_code.icontains(query, autoescape=True),
                StocktakeItem.code_seen.icontains(query, autoescape=True),
                Person.name_fold.contains(fold(query), autoescape=True),
            )
        )
    return found


def _ticked(row: Stocktake) -> None:
    if not account().can(COUNT) or not account().scope(COUNT).covers(row.agency_id):
        abort(403)
    chosen = numbers_in(request.form.getlist("muc"))
    act = request.form.get("viec", "")
    if act not in TICKS:
        abort(400)
    words, what = TICKS[act]
    if not chosen:
        flash("Chưa đánh dấu dòng nào. Đánh dấu các dòng rồi bấm lại.", "warning")
        return
    once = request.form.get("lan", "")
    told = [
        Sighting(f"{once}-{act}-{one}", clock.now(), item_id=one, way=CountWay.TICK, **what)
        for one in chosen[:PAGE]
    ]
    answers = _record(row.id, told)
    problems = list(dict.fromkeys(one.problem for one in answers if one.problem))
    for one in problems:
        flash(one, "error")
    unseen = sum(one.outcome in _SEEN for one in answers) if act == "khong-thay" else 0
    if unseen:
        flash(
            f"{unseen} thiết bị đã có người thấy nên không tính là thiếu. Mở từng thiết bị để sửa "
            "kết quả.",
            "warning",
        )
    if done := sum(not one.problem for one in answers):
        flash(f"Đã ghi “{words}” cho {done} thiết bị.", "success")


# One's own ----------------------------------------------------------------------------------------


def own_items(person_id: int | None) -> Sequence[Any]:
    """What open campaigns ask this person to confirm: (item, code, kind, campaign, due day)."""
    if person_id is None:
        return []
    return db.session.execute(
        select(
            StocktakeItem.id, Device.internal_code, Device.kind, Stocktake.name, Stocktake.due_on
        )
        .join(Stocktake, Stocktake.id == StocktakeItem.stocktake_id)
        .join(Device, Device.id == StocktakeItem.device_id)
        .where(
            Stocktake.closed_at.is_(None),
            StocktakeItem.expected_holder_id == person_id,
            StocktakeItem.expected_state.in_(HOLDER_NEEDED),
            StocktakeItem.outcome == CountOutcome.NOT_COUNTED.value,
        )
        .order_by(Stocktake.due_on, StocktakeItem.id)
        .limit(RECENT)
    ).all()


@bp.post("/tu-xac-nhan/<int:item_id>")
@requires(OWN)
def confirm_own(item_id: int) -> ResponseReturnValue:
    """The holder says "tôi đang giữ"; only of what the books give to this very person."""
    owner = account().user.person_id
    asked = select(StocktakeItem.version).where(
        StocktakeItem.id == item_id, StocktakeItem.expected_holder_id == owner
    )
    version = db.session.scalar(asked) if owner is not None else None
    if version is None:
        abort(404)
    try:
        counts.confirm_own(
            db.session(),
            actor=account().actor(),
            item_id=item_id,
            client_id=f"own-{item_id}-{version}",
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã ghi: anh/chị đang giữ thiết bị này.", "success")
    return redirect(own_path(request.form.get("tiep") or url_for("own.show")), 303)


def outcome_of(value: str) -> CountOutcome:
    """The outcome that a row keeps by its value."""
    return CountOutcome(value)


def way_of(value: str) -> str:
    """How something was counted, in words."""
    return label(CountWay(value))


bp.add_app_template_filter(outcome_of, "ket_qua")
bp.add_app_template_filter(way_of, "cach_kiem")
