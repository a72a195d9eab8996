"""From people and the lines of a request to the lines of the authority's bulk file."""

from collections.abc import Iterable, Mapping, Sequence

from extensions import db
from models import Agency, Person, RequestLine
from operations.law import chains_of, official_domains
from rules.devices import DeviceKind
from rules.serials import display_serial
from sheets.authority_file import MOST_LEVELS, AuthorityLine, ToComplete, to_complete
from views.guards import settings
from views.letters_of_lines import citizen_id

MOVES_NUMBER = "cs"
"""How a line says that the number moves to another network ("Viettel/cs")."""


def lines_of_people(people: Sequence[Person]) -> list[AuthorityLine]:
    """A line for each person, who asks for a token; one statement for all their agencies."""
    return _lines((person, None) for person in people)


def lines_of_request(lines: Sequence[RequestLine]) -> list[AuthorityLine]:
    """A line for each person of a request for a first issue."""
    return _lines((line.person, line) for line in lines if line.person is not None)


def what_is_missing(lines: Sequence[AuthorityLine]) -> tuple[ToComplete, ...]:
    """What must be completed or looked at; practice data may name a province of their own."""
    known = {line.province for line in lines} if settings().practice else set()
    return to_complete(lines, known_provinces=known)


def _lines(pairs: Iterable[tuple[Person, RequestLine | None]]) -> list[AuthorityLine]:
    wanted = list(pairs)
    chains = chains_of(db.session(), [person.agency for person, _ in wanted])
    return [_line(person, line, chains) for person, line in wanted]


def _line(
    person: Person, line: RequestLine | None, chains: Mapping[int, list[Agency]]
) -> AuthorityLine:
    upward = chains[person.agency_id]
    network, _, moves = (line.sim_pki if line is not None else "").partition("/")
    old = line.certificate if line is not None else None
    return AuthorityLine(
        person_id=person.id,
        full_name=person.full_name,
        birth_on=person.birth_on,
        citizen_id=citizen_id(person),
        citizen_id_issued_by=person.citizen_id_issued_by or "",
        citizen_id_issued_on=person.citizen_id_issued_on,
        email=person.email or "",
        official_domains=official_domains(upward),
        organisations=_organisations(upward),
        province=next((one.province for one in upward if one.province), ""),
        title=_title(person),
        phone=person.phone or "",
        old_serial=display_serial(old.serial_number) if old is not None else "",
        network=network,
        moves_number=moves == MOVES_NUMBER,
        device=DeviceKind.SIM_PKI if network else DeviceKind.PKI_TOKEN,
    )


def _organisations(upward: Sequence[Agency]) -> tuple[str, ...]:
    """From the highest level down; of a tree that is too deep, the levels nearest to the person.

    The highest stays: the authority files the dossier under it.
    """
    names = [one.name for one in reversed(upward)]
    if len(names) > MOST_LEVELS:
        names = [names[0], *names[-(MOST_LEVELS - 1) :]]
    return tuple(names)


def _title(person: Person) -> str:
    current = [each for each in person.positions if each.until_on is None]
    current.sort(key=lambda each: not each.is_primary)
    return current[0].title if current else ""
