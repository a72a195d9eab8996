"""Where the fields of a document are: presets, places in millimetres, rectangles for the PDF."""

from collections.abc import Sequence
from dataclasses import dataclass

from extensions import db
from letters import fonts as letter_fonts
from models import Position
from operations import files
from operations.document_capacities import capacity_of
from operations.office_documents import (
    Wanted,
    WantedStep,
    field_names,
    place_of,
    stored_place,
)
from operations.pictures import current_picture
from rules import document_landmarks as landmarks
from rules import document_places as rule
from rules.document_landmarks import PageWord
from rules.document_places import Place
from rules.documents import SigningAct
from rules.findings import Finding
from rules.office_documents import WAYS, PictureKind
from schema.documents import OfficeDocument
from signing.errors import SigningError
from signing.pades import layout, strangers
from signing.pades.inputs import PageGeometry
from views.verifier import sandbox

Size = tuple[float, float]
LAST_PAGES = 20
"""Pages from the end that are read for title and name of who signs."""


@dataclass(frozen=True)
class Spot:
    """One thing that is placed on a page: a signature, the number or the date."""

    name: str  # "number", "day", "month" or "step-0"
    words: str
    place: Place


def sizes(document: OfficeDocument) -> list[Size]:
    """Width and height of each page as shown, in millimetres."""
    return [(one[0], one[1]) for one in document.layout["pages"]]


def geometry(document: OfficeDocument, page: int) -> PageGeometry:
    """The page's own corners, turn and unit."""
    left, bottom, right, top, rotation, unit = document.layout["geometry"][page]
    return PageGeometry(left, bottom, right, top, int(rotation), unit)


def picture_size(
    kind: PictureKind, fallback: Size, *, person_id: int | None = None, agency_id: int | None = None
) -> Size:
    """The true size of the picture in use, else the usual size of a text in its place."""
    found = current_picture(db.session(), kind, person_id=person_id, agency_id=agency_id)
    return (found.width_mm, found.height_mm) if found is not None else fallback


def read(document: OfficeDocument) -> list[PageWord]:
    """The words of the document, of its first page and its last ones; nothing of a scan, or of a
    file that cannot be read this way.
    """
    count = len(sizes(document))
    numbers = sorted({0, *range(max(0, count - LAST_PAGES), count)})
    pdf = files.read(db.session, document.original_sha256)
    try:
        found = strangers.words(
            sandbox(), pdf, [(number, geometry(document, number)) for number in numbers]
        )
    except SigningError:
        return []
    return [PageWord(*one.as_list()) for one in found]


def preset_steps(
    document: OfficeDocument,
    signers: Sequence[tuple[SigningAct, Position | None]],
    words: Sequence[PageWord] = (),
) -> list[WantedStep]:
    """The signatures where decree 30 wants them: between title and name as they are printed, else
    where these usually are on the last page; a corner on the first.
    """
    pages = sizes(document)
    last = len(pages) - 1
    made: list[WantedStep] = []
    approval: Place | None = None
    small = 0
    for act, position in signers:
        if position is None:
            place = _agencys(document, act, approval or rule.leader(last, pages[last]))
        elif act is SigningAct.APPROVE:
            place = _approval(document, position, words) or _usual(document, position, small)
            approval = approval or place
        else:
            place = rule.person(small, last, pages[last])
        small += position is not None
        made.append(WantedStep(act, position.id if position else None, place))
    return made


def _approval(
    document: OfficeDocument, position: Position, words: Sequence[PageWord]
) -> Place | None:
    return landmarks.signature_place(
        words,
        name=position.person.full_name,
        title=position.title,
        size=_signature_size(position),
        pages=sizes(document),
    )


def _usual(document: OfficeDocument, position: Position, before: int) -> Place:
    """On the last page; several leaders inside the office stand one under the other."""
    pages = sizes(document)
    last, size = len(pages) - 1, _signature_size(position)
    place = rule.leader(last, pages[last], size)
    lower = place.top + (place.height + 4) * before
    return Place(last, place.left, lower, *size).moved_into(*pages[last]) if before else place


def _signature_size(position: Position) -> Size:
    return picture_size(PictureKind.SIGNATURE, rule.SIGNATURE, person_id=position.person_id)


def _agencys(document: OfficeDocument, act: SigningAct, approval: Place) -> Place:
    pages = sizes(document)
    if rule.has_corner(act):
        return rule.corner(0, pages[0])
    size = picture_size(PictureKind.SEAL, rule.SEAL_WITHOUT_PICTURE, agency_id=document.agency_id)
    return rule.seal(approval, pages[approval.page], size)


def wanted(
    document: OfficeDocument, steps: Sequence[WantedStep], *, whole_day: bool = True
) -> Wanted:
    """The signatures together with number and date, at their present or usual places."""
    if not WAYS[document.way].numbered:
        return Wanted(steps)
    first = sizes(document)[0]
    return Wanted(
        steps,
        stored_place(document, "number") or rule.number(first),
        stored_place(document, "day") or rule.day(first, whole_day),
        whole_day,
        stored_place(document, "month"),
    )


def preset(
    document: OfficeDocument, steps: Sequence[WantedStep], words: Sequence[PageWord]
) -> Wanted:
    """The signatures together with number and date where the document leaves room for them."""
    found = [f"step-{at}" for at, one in enumerate(steps) if _stands_in_text(document, one, words)]
    if not WAYS[document.way].numbered:
        return Wanted(steps, found=found)
    first = sizes(document)[0]
    number = landmarks.number_place(words, first[1])
    date = landmarks.day_places(words, first)
    found += ["number"] if number is not None else []
    found += ["day"] if date is not None else []
    if date is None:
        date = landmarks.DayPlaces(rule.day(first), None, True)
    places = [
        one.moved_into(*first) if one is not None else None
        for one in (number or rule.number(first), date.day, date.month)
    ]
    return Wanted(steps, places[0], places[1], date.whole, places[2], found)


def _stands_in_text(document: OfficeDocument, step: WantedStep, words: Sequence[PageWord]) -> bool:
    if step.act is not SigningAct.APPROVE or step.position_id is None:
        return False
    position = db.session.get_one(Position, step.position_id)
    return _approval(document, position, words) is not None


def present_steps(document: OfficeDocument) -> list[WantedStep]:
    """The signatures as they are stored."""
    return [
        WantedStep(one.act, one.position_id, place_of(document, one), capacity_of(one))
        for one in document.steps
    ]


def spots(document: OfficeDocument, words: Sequence[str]) -> list[Spot]:
    """Everything that is placed, in a fixed order; `words` name the signatures."""
    found = []
    date = "Ngày văn bản" if stored_place(document, "month") is None else "Ngày"
    for name, title in (("number", "Số văn bản"), ("day", date), ("month", "Tháng")):
        place = stored_place(document, name)
        if place is not None:
            found.append(Spot(name, title, place))
    for step, title in zip(document.steps, words, strict=True):
        found.append(Spot(f"step-{step.place}", title, place_of(document, step)))
    return found


def with_fields(document: OfficeDocument) -> bytes:
    """The document's own file with all its fields, made before the first signature.

    The agency's signature locks number and date (DESIGN 4). Raises `signing.errors.SigningError`.
    """
    numbered = WAYS[document.way].numbered
    names = field_names(document)
    texts = []
    if numbered:
        whole = document.layout.get("whole_day", True)
        for name, style in (("number", "regular"), ("day", "italic"), ("month", "italic")):
            place = stored_place(document, name)
            if place is not None:
                align: layout.Align = "left" if name == "day" and whole else "center"
                texts.append(_text(document, names[name], place, style, align))
    locked = tuple(one.name for one in texts)
    signatures = [
        layout.SignatureField(
            step.field,
            _box(document, place_of(document, step)),
            lock=locked if step.act is SigningAct.ISSUE else (),
        )
        for step in document.steps
    ]
    pdf = files.read(db.session, document.original_sha256)
    return strangers.add_fields(sandbox(), pdf, texts, signatures, letter_fonts.find())


def check_seals(document: OfficeDocument) -> tuple[Finding, ...]:
    """Whether the seal's place has the true size of the picture in use; nothing without one."""
    seal = current_picture(db.session(), PictureKind.SEAL, agency_id=document.agency_id)
    if seal is None:
        return ()
    size = (seal.width_mm, seal.height_mm)
    return tuple(
        one
        for step in document.steps
        if step.act is SigningAct.ISSUE
        for one in rule.check_true_size(place_of(document, step), size)
    )


def _text(
    document: OfficeDocument, name: str, place: Place, style: str, align: layout.Align
) -> layout.TextField:
    unit = geometry(document, place.page).unit
    return layout.TextField(
        name,
        _box(document, place),
        style="italic" if style == "italic" else "regular",
        size=13.0 / unit,
        align=align,
    )


def _box(document: OfficeDocument, place: Place) -> layout.Box:
    corners = geometry(document, place.page).rectangle(
        place.left, place.top, place.width, place.height
    )
    return layout.Box(place.page, *corners)
