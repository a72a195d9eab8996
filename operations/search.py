"""The index of search terms: which folded words and serials lead to which row.

Kept inside the transaction of every write that changes a name, an e-mail address, a serial or a
document. The same table serves SQLite and PostgreSQL; `views/finding.py` reads it.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from models import Certificate, Device, Person, SearchTerm
from rules.names import fold_words
from rules.serials import normalise_serial
from schema.documents import IncomingDocument, OfficeDocument

PERSON, DEVICE, CERTIFICATE = "person", "device", "certificate"
INCOMING, DOCUMENT = "incoming", "document"
_LONGEST = 120
Indexed = Person | Device | Certificate | IncomingDocument | OfficeDocument
_MODELS: dict[str, type[Indexed]] = {
    PERSON: Person,
    DEVICE: Device,
    CERTIFICATE: Certificate,
    INCOMING: IncomingDocument,
    DOCUMENT: OfficeDocument,
}


def terms_of_person(person: Person) -> set[str]:
    """Words of the name, staff number, the e-mail address whole and its words."""
    return _words(person.full_name, person.staff_number) | _email(person.email)


def terms_of_device(device: Device, holder: Person | None) -> set[str]:
    """The holder's name and e-mail, the three serials, the internal code, label and number."""
    found = _words(device.internal_code, device.label, device.phone_number)
    for serial in (device.printed_serial, device.driver_serial, device.notice_serial):
        found |= _serial(serial)
    return found | (terms_of_person(holder) if holder else set())


def terms_of_certificate(certificate: Certificate, device: Device | None) -> set[str]:
    """The subscriber's name and e-mail, the serial of the certificate and those of its device."""
    found = _words(certificate.common_name) | _email(certificate.email)
    found |= _serial(certificate.serial_number)
    if device is not None:
        for serial in (device.printed_serial, device.driver_serial, device.notice_serial):
            found |= _serial(serial)
        found |= _words(device.internal_code)
    return found


def terms_of_incoming(row: IncomingDocument) -> set[str]:
    """Words of the sender and the subject, of both numbers: of the register and of the document."""
    return _words(row.sender, row.subject, row.register_number, row.number)


def terms_of_document(row: OfficeDocument) -> set[str]:
    """Words of the title, of number and symbol, and of what a copy was made of."""
    return _words(row.title, row.number, row.symbol, row.copy_of)


def reindex(session: Session, noun: str, object_id: int, terms: Iterable[str]) -> None:
    """Replace the terms of one row, inside the caller's transaction."""
    session.execute(
        delete(SearchTerm).where(SearchTerm.noun == noun, SearchTerm.object_id == object_id)
    )
    rows = rows_for(noun, object_id, terms)
    if rows:
        session.execute(insert(SearchTerm), rows)
    model = _MODELS[noun]
    session.execute(
        update(model)
        .where(model.id == object_id)
        .values(search_text=text_of(str(row["term"]) for row in rows))
        .execution_options(synchronize_session=False)
    )


def reindex_many(session: Session, noun: str, terms: Mapping[int, Iterable[str]]) -> None:
    """Replace the terms of many rows in three statements, inside the caller's transaction."""
    if not terms:
        return
    kept = {object_id: set(each) for object_id, each in terms.items()}
    session.execute(
        delete(SearchTerm).where(SearchTerm.noun == noun, SearchTerm.object_id.in_(kept))
    )
    rows = [row for object_id, each in kept.items() for row in rows_for(noun, object_id, each)]
    if rows:
        session.execute(insert(SearchTerm), rows)
    session.execute(
        update(_MODELS[noun]),
        [{"id": object_id, "search_text": text_of(each)} for object_id, each in kept.items()],
    )


def text_of(terms: Iterable[str]) -> str:
    """All terms of a row in one text, each after a blank: what `search_text` of the row holds."""
    return "".join(f" {term[:_LONGEST]}" for term in sorted(set(terms)) if term)


def set_text(session: Session, noun: str, object_id: int, terms: Iterable[str]) -> None:
    """Write the terms into the text of a row already in the session, beside bulk inserts."""
    row: Indexed = session.get_one(_MODELS[noun], object_id)  # type: ignore[assignment] # by noun
    row.search_text = text_of(terms)


def rows_for(noun: str, object_id: int, terms: Iterable[str]) -> list[dict[str, object]]:
    """The rows of one object, for bulk inserts."""
    kept = sorted({term[:_LONGEST] for term in terms if term})
    return [{"noun": noun, "term": term, "object_id": object_id} for term in kept]


def _words(*texts: str | None) -> set[str]:
    return {word for text in texts if text for word in fold_words(text)}


def _serial(serial: str | None) -> set[str]:
    return {normalise_serial(serial).lower()} if serial else set()


def _email(email: str | None) -> set[str]:
    if not email:
        return set()
    return {email.lower()} | set(fold_words(email.split("@")[0]))
