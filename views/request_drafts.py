"""A page for every kind of request: what was ticked in a list becomes a draft."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

import clock
from extensions import db
from forms.certificate_requests import (
    CENTRAL,
    SIM,
    SIM_COLUMNS,
    NewAmendmentForm,
    NewPersonIssuanceForm,
    NewRenewalForm,
    NewRequestForm,
    NewRevocationForm,
)
from labels import label
from models import Certificate, RequestLine
from operations.request_lines import by_number
from operations.request_rows import MOST_LINES, subscriber_of
from rules.amendments import AmendmentCase, cases_for
from rules.certificates import SubscriberKind
from rules.law import Law
from rules.permissions import Permission
from rules.requests import RequestKind
from rules.revocation_grounds import RevocationGround, grounds_for
from views.guards import account, requires
from views.request_choosing import Page, choose, chosen_subjects
from views.request_words import ISSUE_AGAIN, make_known

bp = Blueprint("request_drafts", __name__, url_prefix="/de-nghi")
DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
_FROM_CERTIFICATES = {
    "nothing": "Đánh dấu các chứng thư trong danh sách rồi chọn việc cần đề nghị.",
    "list_endpoint": "certificates.index",
    "list_words": "Chứng thư",
}


def kinds_of(lines: Sequence[RequestLine]) -> list[SubscriberKind]:
    """The kinds of subscriber in a list; all of them for an empty one."""
    present = {subscriber_of(line) for line in lines}
    return [kind for kind in SubscriberKind if kind in present] or list(SubscriberKind)


def case_choices(kinds: Sequence[SubscriberKind], law: Law) -> list[tuple[str, str]]:
    """The cases of Điều 15 open to these kinds of subscriber today, each once."""
    found = [case for kind in kinds for case in cases_for(kind, on=clock.today(), law=law)]
    return [(case.name, label(case)) for case in dict.fromkeys(found)]


def ground_choices(kinds: Sequence[SubscriberKind], law: Law) -> list[SelectChoice]:
    """The grounds of Điều 17 open to these kinds of subscriber today, each once."""
    found = [one for kind in kinds for one in grounds_for(kind, on=clock.today(), law=law)]
    return [SelectChoice(one.name, label(one)) for one in dict.fromkeys(found)]


def _offer_cases(form: NewAmendmentForm, lines: Sequence[RequestLine], law: Law) -> None:
    form.cases.choices = case_choices(kinds_of(lines), law)


def _offer_grounds(form: NewRevocationForm, lines: Sequence[RequestLine], law: Law) -> None:
    form.ground.choices = ground_choices(kinds_of(lines), law)
    if form.ground.data is None:
        asked = request.args.get("ly-do", "")  # An incident knows why: the device is lost.
        known = asked if asked in RevocationGround.__members__ else ""
        form.ground.data = known or RevocationGround.MANAGING_AGENCY.name


def _person_terms(form: NewPersonIssuanceForm) -> dict[str, Any]:
    sim = form.sim.data if form.sim.data in SIM_COLUMNS else ""
    return {
        "central": form.means.data == CENTRAL,
        "sim": (sim or SIM_COLUMNS[0]) if form.means.data == SIM else "",
    }


def _change_terms(form: NewAmendmentForm) -> dict[str, Any]:
    known = AmendmentCase.__members__
    cases = tuple(known[name] for name in form.cases.data or () if name in known)
    return {"cases": cases, "both": bool(form.both.data)}


def _ground_terms(form: NewRevocationForm) -> dict[str, Any]:
    chosen = form.ground.data if form.ground.data in RevocationGround.__members__ else None
    return {"ground": RevocationGround[chosen]} if chosen else {}


RENEWAL = Page(
    RequestKind.RENEWAL,
    "Lập văn bản gia hạn",
    form=NewRenewalForm,
    refused="không gia hạn được",
    **_FROM_CERTIFICATES,
)
AMENDMENT = Page(
    RequestKind.AMENDMENT,
    "Lập văn bản thay đổi nội dung thông tin",
    form=NewAmendmentForm,
    wish=_change_terms,
    prepare=_offer_cases,
    refused="không thay đổi được",
    **_FROM_CERTIFICATES,
)
REVOCATION = Page(
    RequestKind.REVOCATION,
    "Lập văn bản thu hồi",
    form=NewRevocationForm,
    wish=_ground_terms,
    prepare=_offer_grounds,
    refused="không thu hồi được với lý do này",
    **_FROM_CERTIFICATES,
)
UNLOCK = Page(
    RequestKind.UNLOCK,
    "Lập văn bản khôi phục thiết bị",
    "Đánh dấu các thiết bị bị khóa trong danh sách rồi bấm “Lập văn bản khôi phục”.",
    "devices.index",
    "Thiết bị",
    NewRequestForm,
    refused="không khôi phục được",
)
PEOPLE = Page(
    RequestKind.ISSUANCE,
    "Lập văn bản cấp mới cho cá nhân",
    "Đánh dấu những người cần chứng thư trong danh sách cá nhân rồi bấm “Lập văn bản cấp mới”.",
    "people.index",
    "Cá nhân",
    NewPersonIssuanceForm,
    SubscriberKind.INDIVIDUAL,
    _person_terms,
    refused="không đề nghị cấp được",
)
AGENCIES = Page(
    RequestKind.ISSUANCE,
    "Lập văn bản cấp mới cho cơ quan, tổ chức",
    "Đánh dấu cơ quan trong danh sách đơn vị rồi bấm “Lập văn bản cấp mới”.",
    "agencies.index",
    "Cơ quan, đơn vị",
    NewRequestForm,
    SubscriberKind.ORGANISATION,
    refused="không đề nghị cấp được",
)
SYSTEMS = Page(
    RequestKind.ISSUANCE,
    "Lập văn bản cấp mới cho thiết bị, dịch vụ, phần mềm",
    "Đánh dấu thiết bị, dịch vụ, phần mềm trong danh sách rồi bấm “Lập văn bản cấp mới”.",
    "systems.index",
    "Thiết bị, dịch vụ, phần mềm",
    NewRequestForm,
    SubscriberKind.SYSTEM,
    refused="không đề nghị cấp được",
)


@bp.route("/cap-moi/ca-nhan", methods=["GET", "POST"])
@requires(DRAFT)
def people() -> ResponseReturnValue:
    """First issue for people (Mẫu số 01), the old certificate carried where one is named."""
    return choose(PEOPLE)


@bp.route("/cap-moi", methods=["GET", "POST"])
@requires(DRAFT)
def again() -> ResponseReturnValue:
    """Cấp lại (Điều 21): go on to the form that fits whose certificates were chosen."""
    scope = account().scope(DRAFT)
    rows = [
        row
        for row in by_number(db.session(), Certificate, chosen_subjects().certificates[:MOST_LINES])
        if scope.covers(row.agency_id)
    ]
    kinds = [kind for kind in SubscriberKind if any(row.kind is kind for row in rows)]
    if not kinds:
        flash("Chưa chọn chứng thư nào. Đánh dấu các dòng rồi bấm lại.", "warning")
        return redirect(url_for("certificates.index"), 303)
    if len(kinds) > 1:
        left = ", ".join(label(kind).lower() for kind in kinds[1:])
        flash(f"Mỗi loại thuê bao một mẫu: còn phải lập văn bản riêng cho {left}.", "warning")
    chosen = [row.id for row in rows if row.kind is kinds[0]]
    return redirect(url_for(ISSUE_AGAIN[kinds[0]], **{"chung-thu": chosen}), 303)


@bp.route("/cap-moi/co-quan", methods=["GET", "POST"])
@requires(DRAFT)
def agencies() -> ResponseReturnValue:
    """First issue for bodies (Mẫu số 02)."""
    return choose(AGENCIES)


@bp.route("/cap-moi/he-thong", methods=["GET", "POST"])
@requires(DRAFT)
def systems() -> ResponseReturnValue:
    """First issue for devices, services, software (Mẫu số 03)."""
    return choose(SYSTEMS)


@bp.route("/thay-doi", methods=["GET", "POST"])
@requires(DRAFT)
def amendments() -> ResponseReturnValue:
    """Amendment, with or without renewal (Mẫu số 04)."""
    return choose(AMENDMENT)


@bp.route("/thu-hoi", methods=["GET", "POST"])
@requires(DRAFT)
def revocations() -> ResponseReturnValue:
    """Revocation (Mẫu số 05)."""
    return choose(REVOCATION)


@bp.route("/khoi-phuc", methods=["GET", "POST"])
@requires(DRAFT)
def unlocks() -> ResponseReturnValue:
    """Khôi phục thiết bị lưu khóa bí mật (Mẫu số 06)."""
    return choose(UNLOCK)


def _make_known(state: BlueprintSetupState) -> None:
    make_known(state.app)


bp.record(_make_known)
