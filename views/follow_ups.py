"""What must still be done after an event: the list, "done" and "left out, because".

`panel` gives the pages of events (staff changes, reorganisations, incidents, stocktakes) their
lines for `templates/components/follow_ups.html`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, false, or_, select

import clock
from extensions import db
from forms.follow_ups import WaiveForm
from models import Agency
from operations import follow_ups
from operations.transactions import Refused
from rules.devices import DeviceState
from rules.lifecycle import CustodyAct, acts_from
from rules.permissions import Permission
from schema.custody import FollowUp
from views.custody import SLUGS
from views.guards import account, below, load, own_path, requires
from views.register_pages import agencies

bp = Blueprint("follow_ups", __name__, url_prefix="/viec-phai-lam")

EDITS: Mapping[str, Permission] = {
    "staff_change": Permission.STAFF_CHANGE_EDIT,
    "reorganisation": Permission.REORGANISATION_EDIT,
    "incident": Permission.INCIDENT_EDIT,
    "stocktake": Permission.STOCKTAKE_MANAGE,
    "certificate_request": Permission.CERTIFICATE_REQUEST_RECORD_SENDING,
}
VIEWS: Mapping[str, Permission] = {
    "staff_change": Permission.STAFF_CHANGE_VIEW,
    "reorganisation": Permission.STAFF_CHANGE_VIEW,
    "incident": Permission.INCIDENT_VIEW,
    "stocktake": Permission.STOCKTAKE_VIEW,
    "certificate_request": Permission.CERTIFICATE_REQUEST_VIEW,
}
# Where each event has its page: endpoint and the name of its number.
PAGES: Mapping[str, tuple[str, str, str]] = {
    "staff_change": ("staff_changes.show", "change_id", "Biến động nhân sự"),
    "reorganisation": ("reorganisations.show", "reorganisation_id", "Sắp xếp cơ quan"),
    "incident": ("incidents.show", "incident_id", "Sự cố"),
    "stocktake": ("stocktakes.show", "stocktake_id", "Kiểm kê"),
    "certificate_request": ("certificate_requests.show", "request_id", "Văn bản đề nghị"),
}
# The act that a proposal asks for: words, then the ways to its page, of which the first that
# exists is taken ("{chung_thu}", "{thiet_bi}", "{ca_nhan}", "{su_co}" are the subject's number).
_LETTER = "/de-nghi"
ACTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    follow_ups.REVOCATION: (
        "Lập Mẫu số 05",
        (_LETTER + "/thu-hoi?chung-thu={chung_thu}", "/chung-thu/{chung_thu}"),
    ),
    follow_ups.AMENDMENT: (
        "Lập Mẫu số 04",
        (_LETTER + "/thay-doi?chung-thu={chung_thu}", "/chung-thu/{chung_thu}"),
    ),
    follow_ups.ISSUANCE: (
        "Lập văn bản cấp mới",
        (
            _LETTER + "/cap-moi?chung-thu={chung_thu}",
            _LETTER + "/cap-moi/ca-nhan?ca-nhan={ca_nhan}",
            _LETTER + "/cap-moi/co-quan?don-vi={co_quan}",
            "/chung-thu/{chung_thu}",
        ),
    ),
    follow_ups.UNLOCK: (
        "Lập Mẫu số 06",
        (_LETTER + "/khoi-phuc?thiet-bi={thiet_bi}", "/thiet-bi/{thiet_bi}"),
    ),
    follow_ups.RECALL: (
        "Thu lại thiết bị",
        ("/ban-giao/moi?viec=thu-hoi&thiet-bi={thiet_bi}", "/thiet-bi/{thiet_bi}"),
    ),
    follow_ups.HOLD: (
        "Ghi tạm giữ",
        ("/ban-giao/moi?viec=tam-giu&thiet-bi={thiet_bi}", "/thiet-bi/{thiet_bi}"),
    ),
    follow_ups.DEVICE_RETURN: (
        "Nộp về Cục",
        ("/ban-giao/moi?viec=nop-cuc&thiet-bi={thiet_bi}", "/thiet-bi/{thiet_bi}"),
    ),
    follow_ups.MEASURES: ("Ghi biện pháp", ("/su-co/{su_co}/xu-ly",)),
    follow_ups.REPORT: ("Lập báo cáo", ("/su-co/{su_co}/bao-cao",)),
    follow_ups.LOSS_MINUTES: ("Lập Mẫu số 09", ("/su-co/{su_co}/mau-09",)),
    follow_ups.CAUSE: ("Ghi nguyên nhân", ("/su-co/{su_co}/xu-ly",)),
    follow_ups.FIND_OR_REPORT: ("Báo mất", ("/su-co/bao-thay?thiet-bi={thiet_bi}&loai=LOSS",)),
    follow_ups.DAMAGE: ("Báo hỏng", ("/su-co/bao-thay?thiet-bi={thiet_bi}&loai=DAMAGE",)),
    follow_ups.CORRECT_HOLDER: (
        "Đính chính người giữ",
        ("/ban-giao/moi?viec=dinh-chinh&thiet-bi={thiet_bi}&nguoi-{thiet_bi}={ca_nhan}",),
    ),
}
_MOST, _IN_ONE_LETTER = 100, 100


@bp.get("")
@requires(*dict.fromkeys(VIEWS.values()))
def index() -> ResponseReturnValue:
    """Everything still open in the person's scope, the most urgent first."""
    chosen = agencies(next(iter(_visible().values())), request.args.get("don-vi", type=int))
    where = [_scope()]
    if chosen.path:
        where.append(FollowUp.agency_id.in_(select(Agency.id).where(below(chosen.path))))
    rows = follow_ups.open_for(db.session(), *where, limit=_MOST + 1)
    return render_template(
        "follow_ups/index.html",
        lines=lines(rows[:_MOST]),
        capped=len(rows) > _MOST,
        agencies=chosen.options,
        chosen=request.args.get("don-vi", ""),
        back=request.full_path.rstrip("?"),
    )


@bp.post("/<int:follow_up_id>/xong")
@requires(*EDITS.values())
def complete(follow_up_id: int) -> ResponseReturnValue:
    """It was done, also when that happened outside the program."""
    row = _load(follow_up_id)
    back = own_path(request.form.get("tiep") or _page_of(row))
    try:
        follow_ups.complete(db.session(), actor=account().actor(), follow_up_id=follow_up_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã ghi là xong.", "success")
    return redirect(back)


@bp.route("/<int:follow_up_id>/bo-qua", methods=["GET", "POST"])
@requires(*EDITS.values())
def waive(follow_up_id: int) -> ResponseReturnValue:
    """Leave it out, with a reason."""
    row = _load(follow_up_id)
    form, back = WaiveForm(), own_path(request.args.get("tiep") or _page_of(row))
    if form.validate_on_submit():
        try:
            follow_ups.waive(
                db.session(),
                actor=account().actor(),
                follow_up_id=follow_up_id,
                reason=form.reason.data or "",
            )
        except Refused as error:
            flash(str(error), "error")
        else:
            flash("Đã bỏ qua; lý do được giữ lại.", "success")
            return redirect(back)
        row = _load(follow_up_id)
    return render_template("follow_ups/waive.html", form=form, row=row, back=back)


# For the pages of events --------------------------------------------------------------------------


def panel(noun: str, object_id: int) -> list[dict[str, Any]]:
    """The lines of one event for the macro `follow_ups`; one statement."""
    return lines(follow_ups.of(db.session(), noun, object_id))


def lines(rows: Iterable[FollowUp], ground: str = "") -> list[dict[str, Any]]:
    """Each row with the address and words of the act it asks for, its state and subject.

    `ground`: the name of the ground of revocation that the event brings, offered in Mẫu số 05.
    """
    today = clock.today()
    return [
        {
            "row": row,
            "act": act_of(row, ground),
            "today": today,
            "is_open": row.done_at is None,
            "late": row.done_at is None and row.due_on is not None and row.due_on < today,
            "event": PAGES[row.noun][2] if row.noun in PAGES else "",
            "event_url": _page_of(row),
            "subject": _subject(row),
            "may_edit": _may(row),
        }
        for row in rows
    ]


def _subject(row: FollowUp) -> str:
    """The device and the person that a line is about, as far as its sentence does not name them:
    two incidents ask for the same steps.
    """
    names = (
        row.device.internal_code if row.device is not None else "",
        row.person.full_name if row.person is not None else "",
    )
    return ", ".join(one for one in names if one and one not in row.sentence)


def together(rows: Iterable[FollowUp], ground: str = "") -> list[dict[str, Any]]:
    """Letters for many certificates at once: of the open lines of one event, by act, so that
    thousands need not be written one by one. Each holds as many as an address may carry.
    """
    found = []
    still = [one for one in rows if one.done_at is None and one.certificate_id is not None]
    for deed in (follow_ups.REVOCATION, follow_ups.AMENDMENT, follow_ups.ISSUANCE):
        ids = [
            one.certificate_id
            for one in still
            if one.code in follow_ups.CODES[deed] and not one.alternative
        ]
        words, ways = ACTS[deed]
        path = ways[0].partition("?")[0]
        if len(ids) > 1 and _answers(path):
            some = ids[:_IN_ONE_LETTER]
            asked = "&".join(f"chung-thu={number}" for number in some)
            reason = f"&ly-do={ground}" if ground and deed == follow_ups.REVOCATION else ""
            label = f"{words} cho {len(some)} chứng thư"
            found.append({"label": label, "url": f"{path}?{asked}{reason}", "left": len(ids)})
    return found


def act_of(row: FollowUp, ground: str = "") -> dict[str, str] | None:
    """Words and address of the page on which a proposal is carried out; None where there is none.

    Only addresses that this program answers are offered.
    """
    if row.code in follow_ups.CODES[follow_ups.ENTER]:
        return _surplus(row)
    for deed, codes in follow_ups.CODES.items():
        if row.code not in codes:
            continue
        words, ways = ACTS[deed]
        subject = {
            "chung_thu": row.certificate_id,
            "thiet_bi": row.device_id,
            "ca_nhan": row.person_id,
            "co_quan": row.agency_id,
            "su_co": row.object_id if row.noun == "incident" else None,
        }
        for way in ways:
            wanted = [name for name in subject if f"{{{name}}}" in way]
            address = way.format(**subject)
            if all(subject[name] for name in wanted) and _answers(address):
                personal = row.noun == "reorganisation" and row.person_id is not None
                # That an agency was merged is a ground for its own certificate only.
                asks = ground and deed == follow_ups.REVOCATION and "?" in address and not personal
                return {"label": words, "url": f"{address}&ly-do={ground}" if asks else address}
    return None


def _surplus(row: FollowUp) -> dict[str, str] | None:
    """The act that settles a thing found beside the list of a stocktake, by what the register says
    of it today. None for a device of an agency where the person does nothing: it has to be told
    there.
    """
    device = row.device
    if device is None:
        asked = {"ma": row.code_seen, "don-vi": row.agency_id, "nguoi-giu": row.person_id}
        return {"label": "Ghi vào sổ", "url": url_for("devices.new", **asked)}
    if not account().scope(Permission.CUSTODY_MOVE).covers(device.agency_id):
        return None
    own = {"device_id": device.id}
    if device.state in (DeviceState.LOST, DeviceState.MISSING):
        asked = {"thiet-bi": device.id, "viec": CustodyAct.FOUND.name}
        return {"label": "Ghi tìm thấy", "url": url_for("incidents.new", **asked)}
    if device.state is DeviceState.RETURNED_TO_CA:
        slug = SLUGS[CustodyAct.PARCEL_CAME_BACK]
        return {"label": "Ghi bưu gửi trả lại", "url": url_for("custody.act", **own, slug=slug)}
    if row.person_id is not None and row.person_id != device.holder_id:
        if CustodyAct.CORRECT_HOLDER in {one.act for one in acts_from(device.kind, device.state)}:
            words, (way,) = ACTS[follow_ups.CORRECT_HOLDER]
            return {"label": words, "url": way.format(thiet_bi=device.id, ca_nhan=row.person_id)}
    return {"label": "Mở thiết bị", "url": url_for("devices.show", **own)}


def _answers(address: str) -> bool:
    return current_app.url_map.bind("localhost").test(address.partition("?")[0], method="GET")


def _may(row: FollowUp) -> bool:
    permission = EDITS.get(row.noun)
    if permission is None or not account().can(permission):
        return False
    return account().scope(permission).covers(row.agency_id)


def _visible() -> dict[str, Permission]:
    return {noun: each for noun, each in VIEWS.items() if account().can(each)}


def _scope() -> Any:
    ways = [
        and_(FollowUp.noun == noun, account().scope(each).clause(FollowUp.agency_id))
        for noun, each in _visible().items()
    ]
    return or_(*ways) if ways else false()


def _load(follow_up_id: int) -> FollowUp:
    """The row, inside the scope of the permission that belongs to its event; else 404."""
    noun = db.session.get(FollowUp, follow_up_id)
    permission = EDITS.get(noun.noun) if noun is not None else None
    if permission is None or not account().can(permission):
        abort(404)
    return load(FollowUp, follow_up_id, permission)


def _page_of(row: FollowUp) -> str:
    endpoint, name, _ = PAGES.get(row.noun, ("", "", ""))
    if endpoint not in current_app.view_functions:
        return url_for("follow_ups.index")
    return url_for(endpoint, **{name: row.object_id})


def open_counts(noun: str, object_ids: Sequence[int]) -> dict[int, int]:
    """How many lines are still open for each event of a list."""
    return follow_ups.count_open(db.session(), noun, object_ids)
