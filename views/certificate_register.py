"""Certificates: the register, and the register on paper. One certificate: `certificates`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, load_only

import clock
from extensions import db
from models import Agency, Certificate, Device, Person
from operations import search
from rules.certificates import CertificateState, SubscriberKind
from rules.permissions import GRANTS, Permission
from views.certificate_days import Standing, in_state, register
from views.current_law import margin_of
from views.finding import Condition, Search, by_ids, counts_of_each, equals, in_scope, words_of
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
    log_head,
    member,
    page_urls,
    search_answer,
    small,
)

bp = Blueprint("certificates", __name__, url_prefix="/chung-thu")
VIEW = Permission.CERTIFICATE_VIEW
BY_DAY = "ngay"
LISTED = (
    load_only(
        Certificate.common_name,
        Certificate.email,
        Certificate.serial_number,
        Certificate.kind,
        Certificate.not_before,
        Certificate.not_after,
        Certificate.expires_on,
        Certificate.revoked_at,
        Certificate.renewals,
        Certificate.issuer_name,
    ),
    joinedload(Certificate.agency, innerjoin=True).load_only(Agency.name),
    joinedload(Certificate.device).load_only(
        Device.internal_code, Device.printed_serial, Device.driver_serial
    ),
)
LATE = frozenset({CertificateState.URGENT, CertificateState.TOO_LATE, CertificateState.EXPIRED})

# Name in the address -> words over the column, and whether it is printed unless chosen otherwise.
COLUMNS: Mapping[str, tuple[str, bool]] = {
    "thue-bao": ("Thuê bao", True),
    "so-hieu": ("Số hiệu chứng thư", True),
    "loai": ("Loại thuê bao", False),
    "don-vi": ("Đơn vị", True),
    "thu": ("Thư điện tử công vụ", False),
    "hieu-luc": ("Có hiệu lực từ", True),
    "het-han": ("Hết hạn", True),
    "trang-thai": ("Trạng thái", True),
    "han-nop": ("Nộp chậm nhất", True),
    "tiep-nhan": ("Tiếp nhận chậm nhất", False),
    "gia-han": ("Số lần gia hạn", False),
    "thiet-bi": ("Thiết bị", True),
    "cap-boi": ("Cơ quan cấp", False),
}


def margin_of_person() -> int:
    """The margin by which a person's lists tell "gấp": that of the agency they work for."""
    grants = [grant for grant in account().user.grants if VIEW in GRANTS[grant.role]]
    return margin_of(grants[0].agency)


def _search(
    asked: Asked, place: Agencies, now: datetime, margin: int
) -> tuple[Search, tuple[Condition, ...]]:
    """The search that an address asks for, and those of its conditions that say where."""
    where = (
        (place.condition,)
        if place.condition
        else in_scope(account().scope(VIEW), "agency_id", "person_id")
    )
    by_day = asked.order == BY_DAY
    conditions = list(where)
    if (state := member(CertificateState, asked.state)) is not None:
        conditions.append(in_state(state, now, margin, by_day=by_day))
    if (kind := member(SubscriberKind, asked.kind)) is not None:
        conditions.append(equals("kind", kind, ordered=True))
    if asked.person_id:
        conditions.append(equals("person_id", asked.person_id))
    order = "expires_on" if by_day else "sort_key"
    found = Search(
        db.session(),
        register(Certificate, search.CERTIFICATE, order, now),
        conditions,
        words_of(asked.query),
    )
    return found, where


def _counts(
    asked: Asked, found: Search, where: Sequence[Condition], now: datetime, margin: int
) -> tuple[list[int], int]:
    """How many certificates of the place are in each state, kept until the log grows.

    Beside the log only time changes a state: by the day, and at the instants of a certificate that
    begins or ends today, which these counts (not the list) may show some minutes late.
    """
    each = [in_state(state, now, margin) for state in CertificateState]
    few = found.size_of(where) is not None
    tenth = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
    return until_the_log_grows(
        ("certificates", key_of(account().scope(VIEW)), asked.agency_id, margin, tenth),
        lambda: counts_of_each(db.session(), found.register, where, each, few),
    )


def find_rows(asked: Asked, most: int) -> list[int]:
    """The numbers of the first certificates that the filters of an address leave, in order."""
    place = agencies(VIEW, asked.agency_id)
    found, _ = _search(asked, place, clock.now(), margin_of_person())
    return found.first(most)


def all_rows(asked: Asked) -> Select[tuple[int]]:
    """A query of every certificate that the filters of an address leave, for taking all of them."""
    place = agencies(VIEW, asked.agency_id)
    found, _ = _search(asked, place, clock.now(), margin_of_person())
    return found.all_ids()


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """The register of certificates, by name in Vietnamese order or by the last day."""
    asked = Asked.from_request()
    now, margin = clock.now(), margin_of_person()
    owner = load(Person, asked.person_id, VIEW) if asked.person_id else None
    place = agencies(VIEW, asked.agency_id)
    found, where = _search(asked, place, now, margin)
    page = found.page(asked.cursor)
    rows = by_ids(db.session(), Certificate, page.ids, LISTED)
    counts = _counts(asked, found, where, now, margin) if asked.overview else None
    states = [(state, small(state), state in LATE) for state in CertificateState]
    person = account()
    return render_template(
        "certificates/index.html",
        rows=[(row, Standing.of(row, now, margin)) for row in rows],
        page=page,
        asked=asked,
        by_day=asked.order == BY_DAY,
        place=place,
        owner=owner,
        counts=count_items("certificates.index", asked, states, counts),
        selects=_selects(asked, place),
        acts=_acts(),
        may_import=person.can(Permission.CERTIFICATE_IMPORT)
        and "certificate_imports.new" in current_app.view_functions,
        print_url=url_for("certificates.paper", **asked.parameters()),
        order_urls={
            "": url_for("certificates.index", **asked.parameters(xep="")),
            BY_DAY: url_for("certificates.index", **asked.parameters(xep=BY_DAY)),
        },
        **page_urls("certificates.index", asked, page),
    )


@bp.post("")
@requires(VIEW)
def find() -> ResponseReturnValue:
    """Take a search, which may hold a citizen id, and answer with the address of its list."""
    return search_answer("certificates.index", VIEW, search.CERTIFICATE)


def _acts() -> list[dict[str, Any]]:
    """What can be done with the ticked rows."""
    acts: list[dict[str, Any]] = []
    if account().can(Permission.CERTIFICATE_REQUEST_DRAFT):
        url = url_for("certificate_requests.new_renewal")
        acts.append({"label": "Lập văn bản gia hạn", "url": url, "primary": True})
        for words, endpoint in (
            ("Thay đổi thông tin", "request_drafts.amendments"),
            ("Thu hồi", "request_drafts.revocations"),
            ("Cấp lại", "request_drafts.again"),
        ):
            acts.append({"label": words, "url": url_for(endpoint)})
    acts.append({"label": "In các dòng đã chọn", "url": url_for("certificates.choose_paper")})
    return acts


def _selects(asked: Asked, place: Agencies) -> list[dict[str, Any]]:
    states = [("", "tất cả"), *((one.name, small(one)) for one in CertificateState)]
    kinds = [("", "tất cả"), *((one.name, small(one)) for one in SubscriberKind)]
    selects: list[dict[str, Any]] = [
        {"name": STATE, "before": "trạng thái", "value": asked.state, "options": states},
        {"name": KIND, "before": "thuê bao", "value": asked.kind, "options": kinds},
    ]
    if len(place.options) > 2:
        options = {"options": place.options, "value": asked.agency_id or ""}
        selects.append({"name": AGENCY, "before": "đơn vị", **options})
    return selects


@bp.get("/in")
@requires(VIEW)
def paper() -> ResponseReturnValue:
    """The register on paper: chosen columns, all rows of the filters up to a limit it names."""
    asked = Asked.from_request()
    now, margin = clock.now(), margin_of_person()
    place = agencies(VIEW, asked.agency_id)
    found, _ = _search(asked, place, now, margin)
    ticked = chosen_ids(request.args.get("chon", ""))
    if ticked:
        scope = account().scope(VIEW)
        visible = db.session.scalars(
            select(Certificate.id)
            .where(
                Certificate.id.in_(ticked),
                scope.clause(Certificate.agency_id, Certificate.person_id),
            )
            .order_by(Certificate.sort_key, Certificate.id)
        )
        ids = list(visible)
    else:
        ids = found.first(MOST_PRINTED + 1)
    rows = by_ids(db.session(), Certificate, ids[:MOST_PRINTED], LISTED)
    return render_template(
        "certificates/paper.html",
        rows=[(row, Standing.of(row, now, margin)) for row in rows],
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
    ticked = ",".join(request.form.getlist("certificates"))
    if not chosen_ids(ticked):
        flash("Chưa đánh dấu chứng thư nào. Đánh dấu các dòng cần in rồi bấm lại.", "warning")
        return redirect(url_for("certificates.index"), 303)
    return redirect(url_for("certificates.paper", chon=ticked), 303)
