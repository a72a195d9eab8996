"""Devices: the register, one device, entering and correcting, and the register on paper."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.devices import DeviceForm, NewDeviceForm
from labels import label
from models import Agency, Certificate, Device, Person
from operations import devices, search
from operations.custody_checks import certificates_on
from operations.transactions import Refused
from rules.devices import DeviceKind, DeviceState
from rules.permissions import Permission
from rules.serials import looks_like_serial
from views.certificate_days import Standing
from views.current_law import margin_of
from views.device_life import life_of
from views.finding import (
    Condition,
    Register,
    Search,
    by_ids,
    counts_of_each,
    equals,
    in_scope,
    words_of,
)
from views.guards import account, load, requires
from views.kept import key_of, until_the_log_grows
from views.register_pages import (
    AGENCY,
    KIND,
    MOST_PRINTED,
    STATE,
    Agencies,
    Asked,
    agencies,
    chosen_columns,
    chosen_ids,
    count_items,
    history,
    log_head,
    member,
    page_urls,
    search_answer,
    small,
)
from views.users import agency_choices

bp = Blueprint("devices", __name__, url_prefix="/thiet-bi")
VIEW = Permission.DEVICE_VIEW
EDIT = Permission.DEVICE_EDIT
REGISTER = Register(Device, search.DEVICE, "sort_key")
OPTIONS = (joinedload(Device.agency, innerjoin=True), joinedload(Device.holder))
LISTED = (
    joinedload(Device.agency, innerjoin=True).load_only(Agency.name),
    joinedload(Device.holder).load_only(Person.full_name),
)
MOST_CERTIFICATES = 20
LATE = frozenset({DeviceState.LOST, DeviceState.MISSING, DeviceState.LOCKED, DeviceState.DAMAGED})

# Name in the address -> words over the column, and whether it is printed unless chosen otherwise.
COLUMNS: Mapping[str, tuple[str, bool]] = {
    "nguoi-giu": ("Người giữ", True),
    "ma": ("Mã quản lý", True),
    "so-in": ("Số hiệu in trên thiết bị", True),
    "so-doc": ("Số hiệu đọc từ thiết bị", False),
    "so-thong-bao": ("Số hiệu trong thông báo", False),
    "loai": ("Loại", True),
    "kieu": ("Kiểu, thế hệ", False),
    "don-vi": ("Đơn vị", True),
    "trang-thai": ("Trạng thái", True),
    "ngay-nhan": ("Ngày nhận", False),
    "ban-giao": ("Ngày bàn giao", True),
    "bien-ban": ("Số biên bản", True),
    "ghi-chu": ("Ghi chú", False),
}


def _search(asked: Asked, place: Agencies) -> tuple[Search, tuple[Condition, ...]]:
    """The search that an address asks for, and those of its conditions that say where."""
    where = (
        (place.condition,)
        if place.condition
        else in_scope(account().scope(VIEW), "agency_id", "holder_id")
    )
    conditions = list(where)
    if (state := member(DeviceState, asked.state)) is not None:
        conditions.append(equals("state", state, ordered=True))
    if (kind := member(DeviceKind, asked.kind)) is not None:
        conditions.append(equals("kind", kind, ordered=True))
    if asked.person_id:
        conditions.append(equals("holder_id", asked.person_id))
    return Search(db.session(), REGISTER, conditions, words_of(asked.query)), where


def find_rows(asked: Asked, most: int) -> list[int]:
    """The numbers of the first devices that the filters of an address leave, in register order."""
    found, _ = _search(asked, agencies(VIEW, asked.agency_id))
    return found.first(most)


def all_rows(asked: Asked) -> Select[tuple[int]]:
    """A query of every device that the filters of an address leave, for taking all of them."""
    found, _ = _search(asked, agencies(VIEW, asked.agency_id))
    return found.all_ids()


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The register of devices, by holder in the Vietnamese order of names."""
    asked = Asked.from_request()
    owner = load(Person, asked.person_id, VIEW) if asked.person_id else None
    place = agencies(VIEW, asked.agency_id)
    found, where = _search(asked, place)
    page = found.page(asked.cursor)
    rows = by_ids(db.session(), Device, page.ids, LISTED)
    counts = None
    if asked.overview:
        each = [equals("state", state) for state in DeviceState]
        few = found.size_of(where) is not None
        key = ("devices", key_of(account().scope(VIEW)), asked.agency_id)
        counts = until_the_log_grows(
            key, lambda: counts_of_each(db.session(), REGISTER, where, each, few)
        )
    states = [(state, small(state), state in LATE) for state in DeviceState]
    return render_template(
        "devices/index.html",
        rows=rows,
        ends=_ends(page.ids),
        page=page,
        asked=asked,
        place=place,
        owner=owner,
        counts=count_items("devices.index", asked, states, counts),
        selects=_selects(asked, place),
        may_add=account().can(EDIT),
        print_url=url_for("devices.paper", **asked.parameters()),
        **page_urls("devices.index", asked, page),
    )


@bp.post("")
@requires(VIEW)
def find() -> ResponseReturnValue:
    """Take a search, which may hold a citizen id, and answer with the address of its list."""
    return search_answer("devices.index", VIEW, search.DEVICE)


def _selects(asked: Asked, place: Agencies) -> list[dict[str, Any]]:
    states = [("", "tất cả"), *((one.name, small(one)) for one in DeviceState)]
    kinds = [("", "tất cả"), *((one.name, label(one)) for one in DeviceKind)]
    selects: list[dict[str, Any]] = [
        {"name": STATE, "before": "trạng thái", "value": asked.state, "options": states},
        {"name": KIND, "before": "loại", "value": asked.kind, "options": kinds},
    ]
    if len(place.options) > 2:
        options = {"options": place.options, "value": asked.agency_id or ""}
        selects.append({"name": AGENCY, "before": "đơn vị", **options})
    return selects


def _ends(ids: Sequence[int]) -> dict[int, Any]:
    """The last day of the latest certificate on each device that is not revoked."""
    if not ids:
        return {}
    found = db.session.execute(
        select(Certificate.device_id, func.max(Certificate.expires_on))
        .where(Certificate.device_id.in_(ids), Certificate.revoked_at.is_(None))
        .group_by(Certificate.device_id)
    )
    return {number: day for number, day in found if number is not None}


@bp.get("/in")
@requires(VIEW)
def paper() -> ResponseReturnValue:
    """The register on paper: chosen columns, all rows of the filters up to a limit it names."""
    asked = Asked.from_request()
    place = agencies(VIEW, asked.agency_id)
    found, _ = _search(asked, place)
    ticked = chosen_ids(request.args.get("chon", ""))
    if ticked:
        scope = account().scope(VIEW)
        visible = db.session.scalars(
            select(Device.id)
            .where(Device.id.in_(ticked), scope.clause(Device.agency_id, Device.holder_id))
            .order_by(Device.sort_key, Device.id)
        )
        ids = list(visible)
    else:
        ids = found.first(MOST_PRINTED + 1)
    return render_template(
        "devices/paper.html",
        rows=by_ids(db.session(), Device, ids[:MOST_PRINTED], LISTED),
        cut=len(ids) > MOST_PRINTED,
        most=MOST_PRINTED,
        place=place,
        asked=asked,
        ticked=request.args.get("chon", ""),
        columns=COLUMNS,
        chosen=chosen_columns(COLUMNS),
        log_head=log_head(),
    )


@bp.post("/in")
@requires(VIEW)
def choose_paper() -> ResponseReturnValue:
    """Take the rows ticked in the list and answer with their paper."""
    ticked = ",".join(request.form.getlist("thiet-bi"))
    if not chosen_ids(ticked):
        flash("Chưa đánh dấu thiết bị nào. Đánh dấu các dòng cần in rồi bấm lại.", "warning")
        return redirect(url_for("devices.index"), 303)
    return redirect(url_for("devices.paper", chon=ticked), 303)


@bp.get("/<int:device_id>")
@requires(VIEW)
def show(device_id: int) -> ResponseReturnValue:
    """One device: what it is, where it is in its life, what can be done, its certificates."""
    row = load(Device, device_id, VIEW, options=OPTIONS)
    person = account()
    margin = margin_of(row.agency)
    now = clock.now()
    certificates = certificates_on(db.session(), [row]).get(row.id, [])
    newest = list(reversed(certificates))[:MOST_CERTIFICATES]
    return render_template(
        "devices/show.html",
        row=row,
        name=_name(row),
        certificates=[(one, Standing.of(one, now, margin)) for one in newest],
        life=life_of(row, certificates, clock.today()),
        may_edit=person.can(EDIT) and person.scope(EDIT).covers(row.agency_id),
        may_renew=person.can(Permission.CERTIFICATE_REQUEST_DRAFT)
        and person.scope(Permission.CERTIFICATE_REQUEST_DRAFT).covers(row.agency_id),
        history=history(devices.NOUN, row.id),
    )


def _name(row: Device) -> str:
    if row.holder is not None:
        return row.holder.full_name
    return f"{label(row.kind)} {row.internal_code}"


@bp.route("/moi", methods=["GET", "POST"])
@requires(EDIT)
def new() -> ResponseReturnValue:
    """Enter a device that the agency has, with where it is today."""
    person = account()
    form = NewDeviceForm()
    form.agency_id.offer(agency_choices(person.scope(EDIT)))
    if request.method == "GET":
        _begin(form)
    if form.validate_on_submit():
        holder_id = _holder(form)
        if holder_id is not None or not form.holder_email.data:
            try:
                number = devices.add(
                    db.session(),
                    actor=person.actor(),
                    agency_id=form.agency_id.data,
                    description=_description(form),
                    custody=devices.Custody(
                        DeviceState[form.state.data],
                        holder_id,
                        form.handed_over_on.data,
                        form.handover_minutes.data or "",
                    ),
                )
            except Refused as refusal:
                form.form_errors.append(str(refusal))
            else:
                flash("Đã ghi thiết bị vào sổ.", "success")
                return redirect(url_for("devices.show", device_id=number), 303)
    return render_template("devices/new.html", form=form)


def _begin(form: NewDeviceForm) -> None:
    """What is known beforehand: the agency of who enters it, or of a thing found in a stocktake
    (`views/follow_ups.py`) what stands on it and who had it.
    """
    own, asked = account().user.person, request.args
    form.agency_id.data = asked.get("don-vi", type=int) or (own.agency_id if own else None)
    seen = asked.get("ma", "")[:80]
    if looks_like_serial(seen):
        form.printed_serial.data = seen
    else:
        form.internal_code.data = seen[:40]
    scope, holder = account().scope(EDIT), asked.get("nguoi-giu", type=int)
    found = db.session.scalars(
        select(Person).where(Person.id == holder, scope.clause(Person.agency_id))
    ).one_or_none()
    if found is not None:
        form.holder_email.data, form.state.data = found.email, DeviceState.IN_USE.name
        form.agency_id.data = found.agency_id


def _holder(form: NewDeviceForm) -> int | None:
    """The person of the typed address, inside the scope; the field says when there is none."""
    email = (form.holder_email.data or "").strip().lower()
    if not email:
        return None
    scope = account().scope(EDIT)
    found = db.session.scalars(
        select(Person.id).where(
            Person.email == email, Person.left_on.is_(None), scope.clause(Person.agency_id)
        )
    ).all()
    if len(found) != 1:
        form.holder_email.errors = [
            "Không có cá nhân nào trong phạm vi của anh/chị dùng địa chỉ này."
            if not found
            else "Có hơn một người dùng địa chỉ này; hãy sửa hồ sơ cá nhân trước."
        ]
        return None
    return found[0]


@bp.route("/<int:device_id>/sua", methods=["GET", "POST"])
@requires(EDIT)
def edit(device_id: int) -> ResponseReturnValue:
    """Correct what describes a device."""
    row = load(Device, device_id, EDIT, options=OPTIONS)
    form = DeviceForm(obj=row)
    if request.method == "GET":
        form.kind.data = row.kind.name
    name = _name(row)
    if form.validate_on_submit():
        try:
            changed = devices.edit(
                db.session(),
                actor=account().actor(),
                device_id=device_id,
                version=form.version.data,
                description=_description(form),
            )
        except Refused as refusal:
            form.form_errors.append(str(refusal))
        else:
            flash("Đã ghi thay đổi." if changed else "Không có gì thay đổi.", "success")
            return redirect(url_for("devices.show", device_id=device_id), 303)
    return render_template("devices/edit.html", form=form, device_id=device_id, name=name)


def _description(form: NewDeviceForm | DeviceForm) -> devices.Description:
    return devices.Description(
        kind=DeviceKind[form.kind.data],
        internal_code=form.internal_code.data or "",
        printed_serial=form.printed_serial.data or "",
        driver_serial=form.driver_serial.data or "",
        notice_serial=form.notice_serial.data or "",
        label=form.label.data or "",
        model=form.model.data or "",
        generation=form.generation.data or "",
        phone_number=form.phone_number.data or "",
        network=form.network.data or "",
        received_on=form.received_on.data,
        note=form.note.data or "",
    )
