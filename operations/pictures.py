"""Pictures of signatures, initials and seals: kept with their true size, old ones remembered."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, Person
from operations import files
from operations.office_documents import refuse
from operations.transactions import Refused, transaction
from rules.document_places import PictureFacts, check_picture
from rules.office_documents import PictureKind
from schema.documents import SignaturePicture

NOUN = "signature_picture"
PNG = "image/png"


@dataclass(frozen=True)
class NewPicture:
    """A picture with what was found in it, and its true size."""

    kind: PictureKind
    content: bytes
    facts: PictureFacts
    width_mm: float
    height_mm: float


def set_picture(
    session: Session, *, actor: Actor, person_id: int | None, agency_id: int, picture: NewPicture
) -> int:
    """Make a picture the current one of a person (`agency_id` is theirs) or of an agency.

    Letters and minutes use the same picture from then on. Raises `Refused` when it is not fit.
    """
    with transaction(session):
        refuse(check_picture(picture.kind, picture.facts, picture.width_mm, picture.height_mm))
        if (picture.kind is PictureKind.SEAL) != (person_id is None):
            raise Refused("Hình dấu là của cơ quan; hình chữ ký, chữ ký nháy là của cá nhân.")
        _retire(session, picture.kind, person_id, agency_id)
        sha256 = files.store(session, picture.content, PNG, at=actor.at)
        row = SignaturePicture(
            kind=picture.kind,
            person_id=person_id,
            agency_id=agency_id if person_id is None else None,
            sha256=sha256,
            width_mm=picture.width_mm,
            height_mm=picture.height_mm,
            created_at=actor.at,
            created_by_id=actor.user_id,
        )
        session.add(row)
        session.flush()
        _use_in_letters(session, picture.kind, person_id, agency_id, sha256)
        _record(session, actor, row, agency_id)
        return row.id


def remove_picture(session: Session, *, actor: Actor, picture_id: int, agency_id: int) -> None:
    """Stop using a picture; documents signed with it stay as they are. Raises `Refused`."""
    with transaction(session):
        row = session.get(SignaturePicture, picture_id)
        if row is None or not row.is_current:
            raise Refused("Hình này không còn được dùng.")
        row.is_current = False
        _use_in_letters(session, row.kind, row.person_id, agency_id, None)
        _record(session, actor, row, agency_id)


def current_picture(
    session: Session,
    kind: PictureKind,
    *,
    person_id: int | None = None,
    agency_id: int | None = None,
) -> SignaturePicture | None:
    """The picture in use; None without one."""
    return session.scalars(
        select(SignaturePicture)
        .where(
            SignaturePicture.kind == kind,
            SignaturePicture.person_id == person_id,
            SignaturePicture.agency_id == agency_id,
            SignaturePicture.is_current,
        )
        .order_by(SignaturePicture.id.desc())
        .limit(1)
    ).one_or_none()


def _retire(session: Session, kind: PictureKind, person_id: int | None, agency_id: int) -> None:
    owner = agency_id if person_id is None else None
    old = current_picture(session, kind, person_id=person_id, agency_id=owner)
    while old is not None:
        old.is_current = False
        session.flush()
        old = current_picture(session, kind, person_id=person_id, agency_id=owner)


def _use_in_letters(
    session: Session, kind: PictureKind, person_id: int | None, agency_id: int, sha256: str | None
) -> None:
    if kind is PictureKind.SIGNATURE and person_id is not None:
        session.get_one(Person, person_id).signature_picture_sha256 = sha256
    elif kind is PictureKind.SEAL:
        session.get_one(Agency, agency_id).seal_picture_sha256 = sha256


def _record(session: Session, actor: Actor, row: SignaturePicture, agency_id: int) -> None:
    audit.record(
        session,
        "picture.changed",
        actor=actor,
        noun=NOUN,
        object_id=row.id,
        agency_id=agency_id,
        document_sha256=row.sha256,
        kind=row.kind.name,
    )
