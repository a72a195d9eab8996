"""The lines of a draft: adding, removing, and what each asks for."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import literal, select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.certificate_requests import (
    ChangeLineForm,
    LineForm,
    PersonLineForm,
    RevocationLineForm,
    VersionedForm,
)
from models import Agency, Certificate, CertificateRequest, Device, Person, RequestLine, System
from operations import law as house
from operations import request_drafts as drafts
from operations import search
from operations.line_facts import cases_of
from operations.request_findings import Question, judge
from operations.request_lines import lines_for
from operations.request_rows import name_of, subscriber_of
from operations.transactions import Refused
from rules.amendments import AmendmentCase
from rules.certificates import SubscriberKind
from rules.names import fold
from rules.permissions import Permission
from rules.requests import RequestKind, RequestState
from rules.revocation_grounds import RevocationGround
from views.certificate_requests import OPTIONS, closed
from views.current_law import current_law, law_of
from views.finding import Register, Search, by_ids, in_scope, words_of
from views.guards import account, load, requires
from views.request_choosing import chosen_of, chosen_subjects, key_of, said_of
from views.request_choosing import in_scope as lines_in_scope
from views.request_drafts import case_choices, ground_choices
from views.request_words import words_of_line

bp = Blueprint("request_lines", __name__, url_prefix="/de-nghi")
DRAFT = Permission.CERTIFICATE_REQUEST_DRAFT
SUGGESTIONS = 30
_FIELDS = {Certificate: "certificates", Person: "people", Device: "devices"}


def _load(request_id: int) -> CertificateRequest:
    return load(CertificateRequest, request_id, DRAFT, options=OPTIONS)


def _back(request_id: int) -> ResponseReturnValue:
    return redirect(url_for("certificate_requests.show", request_id=request_id))


@bp.post("/<int:request_id>/bo-dong")
@requires(DRAFT)
def remove(request_id: int) -> ResponseReturnValue:
    """Take chosen lines out of the draft."""
    row = load(CertificateRequest, request_id, DRAFT)
    version = request.form.get("version", type=int)
    if version is None:
        abort(400)
    try:
        drafts.remove_lines(
            db.session(),
            actor=account().actor(),
            request_id=row.id,
            version=version,
            line_ids=request.form.getlist("dong", type=int),
            law=current_law(),
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã bỏ các dòng đã chọn.", "success")
    return _back(request_id)


@bp.post("/<int:request_id>/ly-do-thu-hoi")
@requires(DRAFT)
def ground(request_id: int) -> ResponseReturnValue:
    """One ground for several lines of a revocation."""
    row = load(CertificateRequest, request_id, DRAFT)
    version = request.form.get("version", type=int)
    chosen = RevocationGround.__members__.get(request.form.get("ly-do", ""))
    if version is None or chosen is None:
        abort(400)
    try:
        drafts.set_ground(
            db.session(),
            actor=account().actor(),
            request_id=row.id,
            version=version,
            line_ids=request.form.getlist("dong", type=int),
            ground=chosen,
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã ghi lý do cho các dòng đã chọn.", "success")
    return _back(request_id)


@bp.route("/<int:request_id>/dong/<int:line_id>", methods=["GET", "POST"])
@requires(DRAFT)
def edit(request_id: int, line_id: int) -> ResponseReturnValue:
    """What one line asks for, by the kind of the letter."""
    row = _load(request_id)
    line = next((one for one in row.lines if one.id == line_id), None)
    if line is None:
        abort(404)
    if row.state is not RequestState.DRAFT and request.method == "GET":
        return closed(row)
    form = _form(row, line)
    if form.validate_on_submit():
        try:
            drafts.edit_line(
                db.session(),
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                line_id=line_id,
                terms=_terms(form),
                law=current_law(),
            )
        except Refused as error:
            flash(str(error), "error")
            row = _load(request_id)
            line = next(one for one in row.lines if one.id == line_id)
        else:
            flash("Đã ghi dòng này.", "success")
            return _back(request_id)
    return render_template(
        "certificate_requests/line.html",
        form=form,
        row=row,
        line=line,
        words=words_of_line(line, row),
        found=_findings(row, [line])[0],
    )


def _form(row: CertificateRequest, line: RequestLine) -> LineForm:
    law = law_of(row.agency)
    kind = [subscriber_of(line)]
    common = {"version": row.version, "note": line.note}
    if row.kind in (RequestKind.RENEWAL, RequestKind.AMENDMENT):
        form = ChangeLineForm(
            **common,
            renews=line.renews,
            amends=line.amends,
            cases=[case.name for case in cases_of(line)],
            before=line.information_before,
            after=line.information_after,
        )
        form.cases.choices = case_choices(kind, law)
        return form
    if row.kind is RequestKind.REVOCATION:
        chosen = RevocationGround(line.revocation_ground).name if line.revocation_ground else None
        grounds = RevocationLineForm(**common, ground=chosen)
        grounds.ground.choices = ground_choices(kind, law)
        return grounds
    if row.kind is RequestKind.ISSUANCE and kind == [SubscriberKind.INDIVIDUAL]:
        return PersonLineForm(**common, sim=line.sim_pki)
    return LineForm(**common)


def _terms(form: Any) -> drafts.LineTerms:
    typed = {"note": form.note.data or ""}
    if isinstance(form, ChangeLineForm):
        return drafts.LineTerms(
            **typed,
            renews=bool(form.renews.data),
            amends=bool(form.amends.data),
            cases=tuple(AmendmentCase[name] for name in form.cases.data or ()),
            before=form.before.data or "",
            after=form.after.data or "",
        )
    if isinstance(form, RevocationLineForm):
        return drafts.LineTerms(**typed, ground=RevocationGround[form.ground.data])
    if isinstance(form, PersonLineForm):
        return drafts.LineTerms(**typed, sim=form.sim.data or "")
    return drafts.LineTerms(**typed)


def _findings(row: CertificateRequest, lines: Sequence[RequestLine]) -> list[Any]:
    question = Question(
        row.kind,
        clock.today(),
        law_of(row.agency),
        row.planned_receipt_on,
        house.margin_days(db.session(), row.agency),
        row.central_signing,
        row.agency_id,
        row.id,
    )
    return judge(db.session(), lines, question)


@bp.route("/<int:request_id>/them-dong", methods=["GET", "POST"])
@requires(DRAFT)
def add(request_id: int) -> ResponseReturnValue:
    """Find more subjects by name, serial or e-mail, and put them into the draft."""
    row = _load(request_id)
    if row.state is not RequestState.DRAFT and request.method == "GET":
        return closed(row)
    form = VersionedForm(version=row.version)
    query = request.args.get("q", "").strip()[:200]
    if form.validate_on_submit():
        try:
            wanted = lines_for(db.session(), drafts.wish_of(row), chosen_subjects())
            drafts.add_lines(
                db.session(),
                actor=account().actor(),
                request_id=request_id,
                version=form.version.data,
                chosen=chosen_of(lines_in_scope(wanted)),
                law=current_law(),
            )
        except Refused as error:
            flash(str(error), "error")
            row = _load(request_id)
        else:
            flash("Đã thêm vào văn bản.", "success")
            return _back(request_id)
    lines = lines_in_scope(_suggested(row, query)) if query else []
    judged = _findings(row, lines) if lines else []
    rows = [
        {
            "words": words_of_line(line),
            "key": key_of(line),
            **said_of(line, found),
            "name": name_of(line),
        }
        for line, found in zip(lines, judged, strict=True)
    ]
    return render_template(
        "certificate_requests/add.html", form=form, row=row, query=query, rows=rows
    )


def _suggested(row: CertificateRequest, query: str) -> list[RequestLine]:
    """The lines that subjects found by a query would be, without those already in the draft."""
    wish = drafts.wish_of(row)
    chosen = drafts.Chosen(**_numbers(row, query))
    held = {line.hold for line in row.lines}
    return [line for line in lines_for(db.session(), wish, chosen) if line.hold not in held]


def _numbers(row: CertificateRequest, query: str) -> dict[str, tuple[int, ...]]:
    if row.kind is RequestKind.UNLOCK:
        return {"devices": _found(Device, search.DEVICE, "holder_id", query)}
    if row.kind is not RequestKind.ISSUANCE:
        return {"certificates": _found(Certificate, search.CERTIFICATE, "person_id", query)}
    if row.subscriber_kind is SubscriberKind.ORGANISATION:
        return {"agencies": _named(Agency, Agency.id, query)}
    if row.subscriber_kind is SubscriberKind.SYSTEM:
        return {"systems": _named(System, System.agency_id, query)}
    return {"people": _found(Person, search.PERSON, "id", query)}


def _found(model: Any, noun: str, owner: str, query: str) -> tuple[int, ...]:
    scope = account().scope(DRAFT)
    register = Register(model, noun, "sort_key")
    found = Search(db.session(), register, in_scope(scope, "agency_id", owner), words_of(query))
    rows = by_ids(db.session(), model, found.first(SUGGESTIONS), [joinedload(model.agency)])
    return tuple(one.id for one in rows)


def _named(model: Any, place: Any, query: str) -> tuple[int, ...]:
    folded = literal(" ") + model.name_fold
    words = [folded.contains(f" {word}", autoescape=True) for word in fold(query).split()]
    scope = account().scope(DRAFT)
    return tuple(
        db.session.scalars(
            select(model.id)
            .where(scope.clause(place), model.ended_on.is_(None), *words)
            .order_by(model.sort_key, model.id)
            .limit(SUGGESTIONS)
        )
    )
