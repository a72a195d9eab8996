"""Giving and taking devices: what waits to be done, and one page for one act on many devices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.fields import numbers_in
from forms.handovers import HandoverForm, ReturnForm
from letters.errors import LetterError
from models import Device
from operations import files, handovers
from operations.custody_checks import certificates_on
from operations.handovers import GIVES, Shown, Wish
from operations.transactions import Refused
from rules.certificates import SubscriberKind
from rules.findings import Finding
from rules.lifecycle import CustodyAct
from rules.permissions import Permission
from rules.routing import DeviceMatter, Route, route
from views.current_law import current_law, law_of
from views.guards import account, requires
from views.handover_wishes import offer_people, prefill, proposed_receivers, wish_of
from views.handover_work import WORK, devices_waiting, dues, work_counts
from views.papers_data import draw_paper
from views.register_pages import agencies

bp = Blueprint("handovers", __name__, url_prefix="/ban-giao")

MOVE = Permission.CUSTODY_MOVE
MOST = 500
"""Devices in one act: a commune has a few hundred."""


@dataclass(frozen=True)
class ActWords:
    """How one act is called in an address, over its page, and on its button."""

    slug: str
    title: str
    button: str


_A = CustodyAct
ACTS: Mapping[CustodyAct, ActWords] = {
    _A.HAND_OVER: ActWords("ban-giao", "Bàn giao thiết bị (Mẫu số 07)", "Bàn giao"),
    _A.PUT_IN_USE: ActWords("lap-dat", "Bàn giao, lắp đặt HSM", "Lắp đặt, bàn giao"),
    _A.GIVE_BACK: ActWords("trao-lai", "Trao lại thiết bị tạm giữ", "Trao lại"),
    _A.HOLD: ActWords("tam-giu", "Cơ quan tạm giữ thiết bị", "Tạm giữ"),
    _A.TAKE_BACK: ActWords("nhan-lai", "Nhận lại thiết bị vào kho", "Nhận lại vào kho"),
    _A.RECALL: ActWords("thu-hoi", "Thu hồi thiết bị về cơ quan", "Thu hồi"),
    _A.ENTRUST: ActWords("giao-tam", "Giao tạm thiết bị của cơ quan", "Giao tạm"),
    _A.END_ENTRUSTMENT: ActWords("ket-thuc-giao-tam", "Kết thúc giao tạm", "Kết thúc giao tạm"),
    _A.CORRECT_HOLDER: ActWords("dinh-chinh", "Đính chính người giữ thiết bị", "Đính chính"),
    _A.CONFIRM_STATUS: ActWords(
        "hien-trang", "Biên bản xác nhận hiện trạng", "Lập biên bản hiện trạng"
    ),
    _A.SEND_TO_AUTHORITY: ActWords("nop-cuc", "Nộp thiết bị về Cục (Mẫu số 08)", "Nộp về Cục"),
}
SLUGS = {words.slug: act for act, words in ACTS.items()}


def address_of(act: CustodyAct, device_ids: Sequence[int]) -> str:
    """The page of an act for these devices."""
    ids = ",".join(str(one) for one in device_ids)
    return url_for("handovers.new", **{"viec": ACTS[act].slug, "thiet-bi": ids})


@bp.get("")
@requires(MOVE)
def index() -> ResponseReturnValue:
    """What waits to be given, confirmed, taken back or sent, each list with its one act."""
    chosen = WORK.get(request.args.get("viec", ""), WORK["ban-giao"])
    place = agencies(MOVE, request.args.get("don-vi", type=int))
    scope = account().scope(MOVE)
    rows, total = devices_waiting(chosen, scope, place, today=clock.today(), most=MOST)
    return render_template(
        "handovers/index.html",
        chosen=chosen,
        work=list(WORK.values()),
        counts=work_counts(scope, today=clock.today()),
        rows=rows,
        dues=dues(rows, today=clock.today()) if chosen.slug in ("thu-hoi", "nop-cuc") else {},
        total=total,
        place=place,
        most=MOST,
        act_words=ACTS,
        agency_id=request.args.get("don-vi", type=int),
    )


@bp.post("/chon")
@requires(MOVE)
def choose() -> ResponseReturnValue:
    """Take the ticked rows of a list and go to the page of the act whose button was pressed."""
    act = SLUGS.get(request.form.get("viec", ""))
    ids = numbers_in(request.form.getlist("thiet-bi"))
    if act is None:
        abort(400)
    if not ids:
        flash("Chưa đánh dấu thiết bị nào. Đánh dấu các dòng rồi bấm lại.", "warning")
        return redirect(url_for(".index", viec=request.form.get("viec")), 303)
    return redirect(address_of(act, ids[:MOST]), 303)


@bp.route("/moi", methods=["GET", "POST"])
@requires(MOVE)
def new() -> ResponseReturnValue:
    """One act: fields, what the rules say, a look at the paper, then done in one transaction."""
    act = SLUGS.get(request.args.get("viec", ""))
    if act is None:
        abort(404)
    devices = _chosen()
    form = ReturnForm() if act is CustodyAct.SEND_TO_AUTHORITY else HandoverForm()
    proposed = proposed_receivers(devices, clock.today())
    people = offer_people(form, devices, proposed)
    if request.method == "GET":
        prefill(form, act, devices, proposed, account().user.person, today=clock.today())
    shown: Shown | None = None
    if form.validate_on_submit():
        wish = wish_of(act, form, devices, proposed, request.form)
        shown, answer = _act(wish, "lap" in request.form, "ban-thao" in request.form)
        if answer is not None:
            return answer
        devices = _chosen()  # In one statement: the transaction forgot each of them.
    names = dict(people)
    _mark(form, act, proposed)
    return render_template(
        "handovers/new.html",
        act=act,
        words=ACTS[act],
        form=form,
        devices=devices,
        receivers={one: names.get(str(person), "") for one, person in proposed.items()},
        proposed=proposed,
        people=people,
        shown=shown,
        by_weight=grouped(shown.findings if shown else {}),
        wants_reason=shown is not None and handovers.wants_reason(shown.found),
        gives=act in GIVES,
        agencys=_are_agencys(devices),
        route=_route(act, devices),
        sent=request.values,  # The page of a stocktake names who was found with what.
    )


def _mark(form: Any, act: CustodyAct, proposed: Any) -> None:
    """Call nothing optional that has an answer already, or without which nothing can be done."""
    always = [form.receivers, form.signing, form.agency_person_id, form.reason]
    named = act is CustodyAct.HAND_OVER and proposed
    for field in always if named else [*always, form.receiver_id]:
        field.flags.required = True
    if act is CustodyAct.ENTRUST:
        form.decision.label.text = "Số, ngày văn bản cho phép"


def _are_agencys(devices: Sequence[Device]) -> bool:
    """True when some device carries a certificate of an agency."""
    found = certificates_on(db.session(), devices).values()
    return any(one.kind is SubscriberKind.ORGANISATION for each in found for one in each)


def _chosen() -> list[Device]:
    """The devices of the address inside the person's scope, in the order given; else 404."""
    given = request.args.get("thiet-bi", "").split(",")
    ids = list(dict.fromkeys(numbers_in(given)))[:MOST]
    scope = account().scope(MOVE)
    found = {
        one.id: one
        for one in db.session.scalars(
            select(Device)
            .where(Device.id.in_(ids), scope.clause(Device.agency_id))
            .options(joinedload(Device.agency, innerjoin=True), joinedload(Device.holder))
        )
    }
    if not ids or len(found) != len(ids):
        abort(404)
    return [found[one] for one in ids]


def _act(
    wish: Wish, do_it: bool, draft_only: bool
) -> tuple[Shown | None, ResponseReturnValue | None]:
    """Carry the wish out, or show what would come of it; a refusal becomes a message."""
    common = {"actor": account().actor(), "law": current_law(), "draw": draw_paper}
    try:
        if do_it:
            made = handovers.carry_out(db.session(), wish, **common)
            return None, _done(wish, made)
        shown = handovers.preview(db.session(), wish, **common)
    except (Refused, LetterError) as error:
        flash(str(error), "error")
        if not do_it:
            return None, None
        try:
            return handovers.preview(db.session(), wish, **common), None
        except (Refused, LetterError):
            return None, None
    if draft_only and shown.papers:
        pdf = BytesIO(shown.papers[0].pdf)
        return shown, send_file(pdf, mimetype=files.PDF, download_name="ban-thao.pdf", etag=False)
    return shown, None


def _done(wish: Wish, made: Sequence[int]) -> ResponseReturnValue:
    words = ACTS[wish.act].title
    if not made:
        flash(f"{words}: đã ghi sổ.", "success")
        if len(wish.items) == 1:
            return redirect(url_for("devices.show", device_id=wish.items[0].device_id), 303)
        return redirect(url_for(".index"), 303)
    if len(made) == 1:
        flash(f"{words}: đã lập biên bản cho {len(wish.items)} thiết bị.", "success")
        return redirect(url_for("papers.show", paper_id=made[0]), 303)
    flash(f"{words}: đã lập {len(made)} biên bản cho {len(wish.items)} thiết bị.", "success")
    return redirect(url_for("papers.index", lap=",".join(map(str, made))[:1500]), 303)


def grouped(
    findings: Mapping[int, Sequence[Finding]],
) -> list[tuple[Finding, list[int]]]:
    """Findings of many devices, the heaviest first, each sentence once with the devices it is for.

    Sentences name the device they are about, so only equal ones fall together.
    """
    found: dict[tuple[str, str], tuple[Finding, list[int]]] = {}
    for device_id, each in findings.items():
        for one in each:
            found.setdefault((one.code, one.message), (one, []))[1].append(device_id)
    return sorted(found.values(), key=lambda one: one[0].severity.value == "should")


def _route(act: CustodyAct, devices: Sequence[Device]) -> Route | None:
    """Where the devices go, proposed by the regulation of their agency (Mẫu số 08)."""
    if act is not CustodyAct.SEND_TO_AUTHORITY:
        return None
    kinds = {one.kind for one in devices}
    return route(
        DeviceMatter.RETURN,
        device_kind=kinds.pop() if len(kinds) == 1 else None,
        law=law_of(devices[0].agency),
        on=clock.today(),
    )
