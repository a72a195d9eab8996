"""Pictures of signatures, initials and seals: per person and per agency, in their true size."""

from collections.abc import Sequence

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from forms.pictures import PictureForm
from models import Agency, Person, Position
from operations import files, pictures
from operations.pictures import NewPicture
from operations.transactions import Refused
from rules.document_places import PictureFacts, check_picture, height_for
from rules.findings import warnings
from rules.names import fold_words
from rules.office_documents import PictureKind
from rules.permissions import Permission
from schema.documents import SignaturePicture
from signing.errors import SigningError
from signing.pades.strangers import look_at_picture
from views.guards import account, load, requires
from views.verifier import sandbox

bp = Blueprint("pictures", __name__, url_prefix="/hinh-chu-ky")

EDIT = Permission.PICTURE_EDIT
MOST = 300
MOST_PEOPLE = 50


@bp.get("")
@requires(EDIT)
def index() -> ResponseReturnValue:
    """The agencies and people of the person's scope with the pictures in use; people by name."""
    scope, asked = account().scope(EDIT), request.args.get("ten", "").strip()[:200]
    named = [Person.name_fold.contains(word, autoescape=True) for word in fold_words(asked)]
    agencies = db.session.scalars(
        select(Agency)
        .where(scope.clause(Agency.id), Agency.has_own_seal)
        .order_by(Agency.sort_key, Agency.id)
        .limit(MOST)
    ).all()
    people = db.session.scalars(
        select(Person)
        .where(scope.clause(Person.agency_id), Person.positions.any(), *named)
        .options(selectinload(Person.positions).joinedload(Position.agency))
        .order_by(Person.sort_key, Person.id)
        .limit(MOST_PEOPLE + 1)
    ).all()
    people, more = people[:MOST_PEOPLE], len(people) > MOST_PEOPLE
    found = db.session.scalars(
        select(SignaturePicture).where(
            SignaturePicture.is_current,
            or_(
                SignaturePicture.agency_id.in_([one.id for one in agencies]),
                SignaturePicture.person_id.in_([one.id for one in people]),
            ),
        )
    ).all()
    return render_template(
        "pictures/index.html",
        agencies=agencies,
        people=people,
        under={one.id: _under(one) for one in people},
        seals={one.agency_id: one for one in found if one.agency_id},
        signatures=_by_person(found, PictureKind.SIGNATURE),
        initials=_by_person(found, PictureKind.INITIALS),
        capped=MOST_PEOPLE if more else 0,
        asked=asked,
    )


def _under(person: Person) -> str:
    """What tells somebody from another of the same name: a picture belongs to one of them."""
    held = [f"{one.title}, {one.agency.name}" for one in person.positions if not one.until_on]
    return " · ".join(filter(None, ("; ".join(held), person.staff_number)))


def _by_person(
    found: Sequence[SignaturePicture], kind: PictureKind
) -> dict[int | None, SignaturePicture]:
    return {one.person_id: one for one in found if one.kind is kind}


@bp.route("/ca-nhan/<int:person_id>", methods=["GET", "POST"])
@requires(EDIT)
def of_person(person_id: int) -> ResponseReturnValue:
    """The pictures of one person: signature and initials."""
    person = load(Person, person_id, EDIT)
    return _page(person.full_name, person.agency_id, person_id)


@bp.route("/co-quan/<int:agency_id>", methods=["GET", "POST"])
@requires(EDIT)
def of_agency(agency_id: int) -> ResponseReturnValue:
    """The seal of one agency, in its true size."""
    agency = load(Agency, agency_id, EDIT)
    return _page(agency.name, agency_id, None)


def _page(name: str, agency_id: int, person_id: int | None) -> ResponseReturnValue:
    form = PictureForm()
    if person_id is None:
        del form.kind
    if form.validate_on_submit() and _keep(form, agency_id, person_id):
        return redirect(_address(agency_id, person_id), 303)
    owner = SignaturePicture.person_id == person_id
    if person_id is None:
        owner = SignaturePicture.agency_id == agency_id
    rows = db.session.scalars(
        select(SignaturePicture).where(owner).order_by(SignaturePicture.id.desc()).limit(50)
    ).all()
    return render_template(
        "pictures/show.html",
        name=name,
        form=form,
        rows=rows,
        of_agency=person_id is None,
    )


def _address(agency_id: int, person_id: int | None) -> str:
    if person_id is None:
        return url_for("pictures.of_agency", agency_id=agency_id)
    return url_for("pictures.of_person", person_id=person_id)


def _keep(form: PictureForm, agency_id: int, person_id: int | None) -> bool:
    """Check and keep the picture; what is wrong with it becomes a message."""
    content = form.file.data.read()
    kind = PictureKind.SEAL if person_id is None else PictureKind[form.kind.data]
    try:
        found = look_at_picture(sandbox(), content)
    except SigningError as error:
        flash(f"{error.message} {error.advice}", "error")
        return False
    red, green, blue = found["ink"]
    facts = PictureFacts(found["width"], found["height"], found["clear_share"], (red, green, blue))
    width = float(form.width_mm.data)
    picture = NewPicture(kind, content, facts, width, height_for(facts, width))
    try:
        pictures.set_picture(
            db.session(),
            actor=account().actor(),
            person_id=person_id,
            agency_id=agency_id,
            picture=picture,
        )
    except Refused as error:
        flash(str(error), "error")
        return False
    flash("Đã lưu hình. Các chữ ký sau này dùng hình này.", "success")
    for one in warnings(check_picture(kind, facts, width, picture.height_mm)):
        flash(f"{one.message} {one.remedy}", "warning")
    return True


def _load(picture_id: int) -> tuple[SignaturePicture, int]:
    """A picture of somebody in this person's scope, with the agency it belongs to; else 404."""
    row = db.session.scalars(
        select(SignaturePicture)
        .where(SignaturePicture.id == picture_id)
        .options(joinedload(SignaturePicture.person))
    ).one_or_none()
    if row is None:
        abort(404)
    agency_id = row.person.agency_id if row.person is not None else row.agency_id
    if agency_id is None or not account().scope(EDIT).covers(agency_id):
        abort(404)
    return row, agency_id


@bp.get("/<int:picture_id>.png")
@requires(EDIT)
def image(picture_id: int) -> ResponseReturnValue:
    """The picture itself."""
    row, _ = _load(picture_id)
    answer = make_response(files.read(db.session, row.sha256))
    answer.content_type = pictures.PNG
    return answer


@bp.post("/<int:picture_id>/bo")
@requires(EDIT)
def remove(picture_id: int) -> ResponseReturnValue:
    """Stop using a picture."""
    row, agency_id = _load(picture_id)
    back = _address(agency_id, row.person_id)
    try:
        pictures.remove_picture(
            db.session(), actor=account().actor(), picture_id=picture_id, agency_id=agency_id
        )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Từ nay không dùng hình này nữa; văn bản đã ký giữ nguyên.", "success")
    return redirect(back, 303)
