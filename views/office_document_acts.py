"""What is done with a document of the office before and between signatures."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager
from wtforms import SelectChoice

import clock
import regulations
from extensions import db
from forms.office_documents import (
    NumberForm,
    PlacesForm,
    ReasonForm,
    SignerForm,
    SignersForm,
)
from labels import label
from letters.errors import LetterError
from models import Agency, Person, Position
from operations import office_documents
from operations.document_capacities import Capacity
from operations.files import DamagedFile
from operations.law import law_for
from operations.office_documents import WantedStep
from operations.transactions import Refused
from rules import document_places as rule
from rules.document_places import Place
from rules.documents import SigningAct
from rules.office_documents import PEOPLES_ACTS, WAYS, DocumentAct
from rules.office_documents import next_state as next_document_state
from rules.permissions import Permission
from rules.signers import SigningAuthority
from schema.documents import DocumentStep, OfficeDocument
from signing.errors import SigningError
from views import office_document_places as places
from views.guards import account, below, requires
from views.office_documents import load_for, load_whole, page, step_words
from views.position_words import position_words

bp = Blueprint("office_document_acts", __name__, url_prefix="/van-ban")

EDIT, ISSUE, SIGN = Permission.DOCUMENT_EDIT, Permission.DOCUMENT_ISSUE, Permission.DOCUMENT_SIGN
EMPTY_ROWS = 3
MOST_POSITIONS = 500


def attempt(act: Callable[[], object]) -> bool:
    """Do it; a refusal becomes a message. Returns whether it was done."""
    try:
        act()
    except SigningError as error:
        flash(f"{error.message} {error.advice}", "error")
    except (Refused, LetterError, DamagedFile) as error:
        flash(str(error), "error")
    else:
        return True
    return False


def _to(document_id: int, message: str = "") -> ResponseReturnValue:
    if message:
        flash(message, "success")
    return redirect(url_for("office_documents.show", document_id=document_id), 303)


# Who signs, and where -----------------------------------------------------------------------------


def _to_change(document_id: int) -> OfficeDocument:
    document = load_for(document_id, EDIT)
    if next_document_state(document.state, DocumentAct.CHANGE) is None:
        abort(409)
    return document


@bp.route("/<int:document_id>/nguoi-ky", methods=["GET", "POST"])
@requires(EDIT)
def signers(document_id: int) -> ResponseReturnValue:
    """Who signs, in which capacity and order; the agency's own signature always comes last."""
    document = _to_change(document_id)
    needs = WAYS[document.way]
    if needs.most_people == 0:
        return redirect(url_for(".place", document_id=document_id), 303)
    offered = _positions(document)
    form = _signers_form(document, offered)
    if form.validate_on_submit():
        chosen = [row.form for row in form.signers if row.form.position_id.data is not None]
        rows = [(SigningAct[one.act.data], offered[one.position_id.data]) for one in chosen]
        agencys = _agencys(document)
        words = places.read(document)
        steps = _keeping_places(document, places.preset_steps(document, [*rows, *agencys], words))
        steps[: len(chosen)] = [
            replace(step, capacity=_capacity(row)) for step, row in zip(steps, chosen, strict=False)
        ]
        whole = document.layout.get("whole_day", True)
        wanted = replace(
            places.wanted(document, steps, whole_day=whole),
            found=places.preset(document, steps, words).found,
        )
        if attempt(lambda: _change(document, form.version.data, wanted)):
            return redirect(url_for(".place", document_id=document_id), 303)
    return render_template(
        "office_documents/signers.html", document=document, form=form, needs=needs
    )


def _agencys(document: OfficeDocument) -> list[tuple[SigningAct, Position | None]]:
    """The agency's own signature as it was chosen, or as the way of signing wants it."""
    chosen: list[tuple[SigningAct, Position | None]] = [
        (one.act, None) for one in document.steps if one.person_id is None
    ]
    return chosen or [(one, None) for one in WAYS[document.way].agency_acts[:1]]


def _capacity(row: SignerForm) -> Capacity:
    """The capacity of one row as it was typed."""
    return Capacity(
        SigningAuthority[row.authority.data] if row.authority.data else None,
        (row.head_title.data or "").strip(),
        (row.collective.data or "").strip(),
        (row.paper.data or "").strip(),
        row.paper_until_on.data,
    )


def _signer_row(step: DocumentStep) -> dict[str, Any]:
    return {
        "position_id": step.position_id,
        "act": step.act.name,
        "authority": step.authority.name if step.authority else "",
        "head_title": step.head_title,
        "collective": step.collective,
        "paper": step.authority_paper,
        "paper_until_on": step.authority_until_on,
    }


def _signers_form(document: OfficeDocument, offered: dict[int, Position]) -> SignersForm:
    people = [_signer_row(one) for one in document.steps if one.person_id is not None]
    most = WAYS[document.way].most_people or office_documents.MOST_STEPS - 1
    wanted = min(most, max(len(people) + EMPTY_ROWS, WAYS[document.way].least_people))
    default = SigningAct.APPROVE.name if most == 1 else SigningAct.INITIAL.name
    people += [{"position_id": None, "act": default}] * (wanted - len(people))
    form = SignersForm(version=document.version, signers=people)
    acts = PEOPLES_ACTS if most > 1 else (SigningAct.APPROVE,)
    told = position_words(list(offered.values()), document.agency_id)
    for row in form.signers:
        row.form.position_id.choices = [
            SelectChoice("", "không chọn"),
            *(SelectChoice(number, words) for number, words in told.items()),
        ]
        row.form.act.choices = [SelectChoice(one.name, label(one)) for one in acts]
    return form


def _positions(document: OfficeDocument) -> dict[int, Position]:
    """The capacities in which people may sign: a person with two positions stands there twice.

    Where there are too many to choose from, those of the agency itself come before its units.
    """
    today = clock.today()
    rows = db.session.scalars(
        select(Position)
        .join(Agency, Agency.id == Position.agency_id)
        .join(Person, Person.id == Position.person_id)
        .where(
            below(document.agency.path),
            Position.from_on <= today,
            (Position.until_on.is_(None)) | (Position.until_on >= today),
            Person.left_on.is_(None),
        )
        .order_by((Position.agency_id == document.agency_id).desc(), Person.sort_key, Position.id)
        .options(contains_eager(Position.person), contains_eager(Position.agency))
        .limit(MOST_POSITIONS)
    ).all()
    return {one.id: one for one in sorted(rows, key=lambda one: one.person.sort_key)}


def _keeping_places(document: OfficeDocument, steps: list[WantedStep]) -> list[WantedStep]:
    """The new signatures, where somebody who was there before keeps their place."""
    before = {(one.act, one.position_id): one.place for one in places.present_steps(document)}
    return [
        replace(one, place=before.get((one.act, one.position_id), one.place))
        if one.position_id is not None
        else one
        for one in steps
    ]


def _change(document: OfficeDocument, version: int, wanted: office_documents.Wanted) -> None:
    office_documents.change(
        db.session(),
        actor=account().actor(),
        document_id=document.id,
        version=version,
        wanted=wanted,
    )


@bp.route("/<int:document_id>/vi-tri", methods=["GET", "POST"])
@requires(EDIT)
def place(document_id: int) -> ResponseReturnValue:
    """Where everything stands: presets first, then millimetres; the picture shows the result."""
    document = _to_change(document_id)
    if request.method == "POST" and request.form.get("preset"):
        people = [one for one in document.steps if one.person_id is not None]
        signers = [*((one.act, one.capacity) for one in people), *_agencys(document)]
        words = places.read(document)
        steps = [
            replace(new, capacity=old.capacity) if old else new
            for new, old in zip_longest(
                places.preset_steps(document, signers, words), places.present_steps(document)
            )
        ]
        wanted = places.preset(document, steps, words)
        if attempt(lambda: _change(document, document.version, wanted)):
            flash("Đã đặt lại các vị trí theo mẫu.", "success")
        return redirect(url_for(".place", document_id=document_id), 303)
    found = places.spots(document, step_words(document))
    form = _places_form(document, found)
    if form.validate_on_submit():
        wanted = _moved(document, found, form)
        if attempt(lambda: _change(document, form.version.data, wanted)):
            if request.form.get("then") == "submit":
                return _to(document_id, "Đã ghi vị trí. Xem lại rồi chuyển đi ký.")
            return redirect(url_for(".place", document_id=document_id), 303)
    return render_template("office_documents/place.html", **_place_page(document, found, form))


def _place_page(
    document: OfficeDocument, found: list[places.Spot], form: PlacesForm
) -> dict[str, Any]:
    pages = places.sizes(document)
    read = document.layout.get("found", ())
    used = sorted({one.place.page for one in found if 0 <= one.place.page < len(pages)})
    return {
        "document": document,
        "form": form,
        "spots": found,
        "pages": [(number, pages[number]) for number in used],
        "page_total": len(pages),
        "numbered": WAYS[document.way].numbered,
        "inferred": WAYS[document.way].inferred_layout,
        "found": [one.words for one in found if one.name in read],
        "corner": any(rule.has_corner(one.act) for one in document.steps),
        "missed": _missed(document, read),
        "may_choose": WAYS[document.way].most_people != 0,
    }


def _missed(document: OfficeDocument, read: Sequence[str]) -> list[str]:
    """What decree 30 gives a place in the text, but was not found there."""
    missed = []
    if WAYS[document.way].numbered:
        missed = [word for name, word in (("number", "số"), ("day", "ngày")) if name not in read]
    return missed + [
        f"chữ ký của {one.person.full_name}"
        for one in document.steps
        if one.person is not None
        and one.act is SigningAct.APPROVE
        and f"step-{one.place}" not in read
    ]


def _places_form(document: OfficeDocument, found: list[places.Spot]) -> PlacesForm:
    rows = [
        {
            "page": one.place.page + 1,
            "left": one.place.left,
            "top": one.place.top,
            "width": one.place.width,
            "height": one.place.height,
        }
        for one in found
    ]
    return PlacesForm(
        version=document.version,
        places=rows,
        whole_day=document.layout.get("whole_day", True),
    )


def _moved(
    document: OfficeDocument, found: list[places.Spot], form: PlacesForm
) -> office_documents.Wanted:
    typed = {
        spot.name: Place(
            row.form.page.data - 1,
            float(row.form.left.data),
            float(row.form.top.data),
            float(row.form.width.data),
            float(row.form.height.data),
        )
        for spot, row in zip(found, form.places, strict=False)
    }
    steps = [
        replace(one, place=typed.get(f"step-{number}", one.place))
        for number, one in enumerate(places.present_steps(document))
    ]
    return office_documents.Wanted(
        steps,
        typed.get("number"),
        typed.get("day"),
        bool(form.whole_day.data),
        typed.get("month"),
    )


# On its way ---------------------------------------------------------------------------------------


@bp.post("/<int:document_id>/chuyen-ky")
@requires(EDIT)
def submit(document_id: int) -> ResponseReturnValue:
    """Send the document out to be signed: from here on its places are fixed."""
    document = load_for(document_id, EDIT)
    version = request.form.get("version", type=int) or 0

    def act() -> None:
        law = law_for(regulations.load(), document.agency)
        office_documents.refuse(
            (
                *office_documents.findings_of(db.session(), document, on=clock.today(), law=law),
                *places.check_seals(document),
            )
        )
        office_documents.submit(
            db.session(),
            actor=account().actor(),
            law=regulations.load(),
            document_id=document_id,
            version=version,
            with_fields=places.with_fields(document),
        )

    return _to(document_id, "Đã chuyển văn bản đi ký." if attempt(act) else "")


@bp.post("/<int:document_id>/so-van-ban")
@requires(ISSUE)
def number(document_id: int) -> ResponseReturnValue:
    """Write down number, symbol and date before the agency's signature."""
    load_for(document_id, ISSUE)
    form = NumberForm(prefix="so-")
    taken: list[bool] = []
    if form.validate() and attempt(
        lambda: taken.append(
            office_documents.give_number(
                db.session(),
                actor=account().actor(),
                document_id=document_id,
                version=form.version.data,
                number=form.number.data.strip(),
                symbol=(form.symbol.data or "").strip(),
                document_on=form.document_on.data,
            )
        )
    ):
        if taken[0]:
            flash("Số này đã ghi cho một văn bản khác trong năm. Kiểm tra lại sổ.", "warning")
        return _to(document_id, "Đã ghi số và ngày văn bản.")
    return page(load_for(document_id, ISSUE), number=form)


@bp.post("/<int:document_id>/tra-lai")
@requires(ISSUE, SIGN)
def send_back(document_id: int) -> ResponseReturnValue:
    """Return the document with a reason: its signatures are given up, its own file stays."""
    document = load_whole(document_id)
    form = ReasonForm(prefix="tra-")
    clerk = account().can(ISSUE) and account().scope(ISSUE).covers(document.agency_id)
    if form.validate() and attempt(
        lambda: office_documents.send_back(
            db.session(),
            actor=account().actor(),
            document_id=document_id,
            version=form.version.data,
            reason=form.reason.data.strip(),
            clerk=clerk,
        )
    ):
        return _to(document_id, "Đã trả lại văn bản.")
    return page(load_whole(document_id), returned=form)


@bp.post("/<int:document_id>/huy")
@requires(EDIT)
def cancel(document_id: int) -> ResponseReturnValue:
    """End a document that is not issued."""
    load_for(document_id, EDIT)
    form = ReasonForm(prefix="huy-")
    if form.validate() and attempt(
        lambda: office_documents.cancel(
            db.session(),
            actor=account().actor(),
            document_id=document_id,
            version=form.version.data,
            reason=form.reason.data.strip(),
        )
    ):
        return _to(document_id, "Đã hủy văn bản.")
    return page(load_for(document_id, EDIT), cancelled=form)
