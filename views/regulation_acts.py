"""A draft regulation that was issued: its number and days, what they change, and taking it back."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

import regulations
from extensions import db
from forms.regulation_acts import EnactmentForm, WithdrawalForm
from models import Agency, User
from operations import regulations as acts
from operations.transactions import Refused
from regulations.clause_map import charts
from rules.law import Instrument, Law, Parameter
from rules.permissions import Permission
from schema.law import RegulationEntry
from views.current_law import current_law
from views.guards import account, requires
from views.law_links import slug
from views.law_words import KEY_WORDS

bp = Blueprint("regulation_acts", __name__, url_prefix="/can-cu-phap-ly")

_REGULATION = f"/<any({', '.join(map(repr, map(slug, charts())))}):regulation>"

EDIT = Permission.REGULATION_EDIT


@bp.route(f"{_REGULATION}/ban-hanh", methods=["GET", "POST"])
@requires(EDIT)
def enact(regulation: str) -> ResponseReturnValue:
    """Enter number, day of signature and of effect; what changes is shown before it is kept."""
    draft = _draft(regulation)
    entries = _entries(draft)
    form = EnactmentForm()
    if request.method == "GET":
        _fill(form, entries)
        return _asked(draft, form, entries)
    if "again" in request.form or not form.validate():
        return _asked(draft, form, entries)
    issue = acts.Issue(form.number.data, form.issued_on.data, form.effective_from.data)
    try:
        law = acts.issued(db.session(), regulations.load(), draft.key, issue)
        if "save" not in request.form:
            return _check(draft, form, law, issue, entries)
        acts.enact(
            db.session(),
            actor=account().actor(),
            law=regulations.load(),
            regulation=draft.key,
            issue=issue,
            reason=form.reason.data or "",
            seen=form.seen_id,
        )
    except Refused as error:
        flash(str(error), "error")
        return _asked(draft, form, entries)
    flash(
        "Đã ghi số, ngày của quy chế. Các cơ quan theo quy chế này dùng từ ngày đã ghi.", "success"
    )
    return redirect(url_for("law.regulation", regulation=slug(draft.key)))


@bp.post(f"{_REGULATION}/rut")
@requires(EDIT)
def withdraw(regulation: str) -> ResponseReturnValue:
    """Take number and days back, with a reason; the regulation is a draft again."""
    draft, form = _draft(regulation), WithdrawalForm()
    here = url_for(".enact", regulation=regulation)
    if not form.validate():
        flash("Hãy ghi lý do rút số, ngày đã nhập.", "error")
        return redirect(here)
    try:
        acts.withdraw(
            db.session(),
            actor=account().actor(),
            regulation=draft.key,
            reason=form.reason.data,
            seen=form.seen_id,
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã rút. Quy chế trở lại là dự thảo; Nghị định được áp dụng.", "success")
    return redirect(here)


def _draft(address: str) -> Instrument:
    """The draft of the files with this address, or 404."""
    for one in regulations.load().instruments:
        if slug(one.key) == address and one.is_draft:
            return one
    abort(404)


def _entries(draft: Instrument) -> list[tuple[RegulationEntry, str]]:
    """Everything entered about it, the newest first, with the names of who did."""
    rows = db.session.execute(
        select(RegulationEntry, User.display_name)
        .join(User, User.id == RegulationEntry.entered_by_id)
        .where(RegulationEntry.regulation == draft.key)
        .order_by(RegulationEntry.id.desc())
    )
    return [(row, name) for row, name in rows]


def _fill(form: EnactmentForm, entries: list[tuple[RegulationEntry, str]]) -> None:
    newest = entries[0][0] if entries else None
    form.seen.data = str(newest.id) if newest else ""
    if newest is not None:
        form.number.data = newest.number
        form.issued_on.data, form.effective_from.data = newest.issued_on, newest.effective_from


def _asked(
    draft: Instrument, form: EnactmentForm, entries: list[tuple[RegulationEntry, str]]
) -> ResponseReturnValue:
    is_issued = bool(entries) and entries[0][0].number is not None
    return render_template(
        "regulation_acts/enact.html",
        row=draft,
        form=form,
        entries=entries,
        is_issued=is_issued,
        slug=slug(draft.key),
        withdrawal=WithdrawalForm(formdata=None, data={"seen": form.seen.data}),
    )


def _check(
    draft: Instrument,
    form: EnactmentForm,
    law: Law,
    issue: acts.Issue,
    entries: list[tuple[RegulationEntry, str]],
) -> ResponseReturnValue:
    agencies = db.session.scalar(
        select(func.count())
        .select_from(Agency)
        .where(Agency.regulation == draft.key, Agency.ended_on.is_(None))
    )
    return render_template(
        "regulation_acts/check.html",
        row=draft,
        form=form,
        issue=issue,
        citation=law.instrument(draft.key).citation,
        changes=list(_changes(draft, law, issue.effective_from)),
        agencies=agencies,
        again=bool(entries),
        slug=slug(draft.key),
    )


def _changes(draft: Instrument, law: Law, on: date) -> Iterator[dict[str, Any]]:
    """Each value of the regulation, beside what its agencies go by without it."""
    without = current_law()
    seen: set[str] = set()
    for entry in draft.parameters:
        if entry.key in seen:
            continue
        seen.add(entry.key)
        before, after = (
            without.optional(entry.key, on=on),
            law.under(draft.key).optional(entry.key, on=on),
        )
        if after is None or (before is not None and before.value == after.value):
            continue
        yield {
            "words": KEY_WORDS.get(entry.key, entry.key),
            "before": _said(before),
            "after": _said(after),
            "provision": after.provision,
        }


def _said(parameter: Parameter | None) -> str:
    """The value as it is shown on the page of the law; "chưa có" where the law is silent."""
    return (parameter.shown if parameter else "") or "chưa quy định"
