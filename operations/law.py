"""Which law and which house settings an agency follows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from models import Agency, Setting
from operations.settings import INSTALLATION
from rules.agencies import sender_of
from rules.days import DEFAULT_MARGIN_DAYS
from rules.law import Law
from schema.law import RegulationEnactment

MARGIN_DAYS = "margin_days"
DEPTH = func.length(Agency.path) - func.length(func.replace(Agency.path, "/", ""))
"""How deep an agency lies in the tree, to sort by: numbers in a path have unlike lengths."""


def chain_of(session: Session, agency: Agency) -> list[Agency]:
    """The agency and everything above it, nearest first, in one statement."""
    return chains_of(session, [agency])[agency.id]


def chains_of(session: Session, agencies: Iterable[Agency]) -> dict[int, list[Agency]]:
    """For each agency by its number: itself and everything above it; one statement for all."""
    ways = {one.id: [int(part) for part in one.path.split("/") if part] for one in agencies}
    wanted = {number for way in ways.values() for number in way}
    rows = {row.id: row for row in session.scalars(select(Agency).where(Agency.id.in_(wanted)))}
    return {
        start: [rows[number] for number in reversed(way) if number in rows]
        for start, way in ways.items()
    }


def sender_for(session: Session, agency: Agency) -> Agency | None:
    """Who writes the letter for this unit: the nearest with legal personality and own seal."""
    return sender_of(chain_of(session, agency))


def senders_for(session: Session, agencies: Iterable[Agency]) -> dict[int, Agency | None]:
    """Who writes for each of these units, by the unit's number; one statement for all."""
    return {number: sender_of(chain) for number, chain in chains_of(session, agencies).items()}


def official_domains(chain: Iterable[Agency]) -> tuple[str, ...]:
    """The mail domains beside gov.vn that count as official for the first agency of a chain: its
    own and those of everything above it.
    """
    return tuple(dict.fromkeys(domain for one in chain for domain in one.official_domains.split()))


def law_for(law: Law, agency: Agency) -> Law:
    """The law as it stands for one agency: its regulation over the decree, where one is loaded.

    A unit is under the regulation of the agency that signs its papers (`regulation_of`). A
    regulation that the files know as a draft counts as issued once an administrator entered its
    number and days.
    """
    key = followed(law, agency)
    if key is None:
        return law
    session = object_session(agency)
    if session is not None and not law.settled and law.instrument(key).is_draft:
        law = _enact(law, session.get(RegulationEnactment, key))
    return law.under(key)


def laws_for(session: Session, law: Law, agencies: Iterable[Agency]) -> dict[int, Law]:
    """The law of each of these agencies (`law_for`), by number; at most two statements for all."""
    return laws_of(session, law, chains_of(session, agencies))


def laws_of(session: Session, law: Law, chains: Mapping[int, Sequence[Agency]]) -> dict[int, Law]:
    """The same where the chains (`chains_of`) are known already."""
    keys = {number: _known(law, regulation_of(chain)) for number, chain in chains.items()}
    some = set(keys.values()) - {None}
    if not law.settled and any(law.instrument(key).is_draft for key in some if key):
        law = enacted(session, law)
    under = {key: law.under(key) if key is not None else law for key in {None, *some}}
    return {number: under[key] for number, key in keys.items()}


def regulation_of(chain: Sequence[Agency]) -> tuple[str, Agency] | None:
    """The regulation that a unit is under, and whose choice that is; `chain` begins at the unit.

    It is the choice of who signs the unit's papers (`rules.agencies.sender_of`; a unit for which
    nobody can sign decides itself), or where nothing was chosen that of the nearest above. Rule of
    the software: no text that was read speaks of units that choose for themselves.
    """
    signer = sender_of(chain)
    above = chain[chain.index(signer) :] if signer is not None else chain
    return next(((one.regulation, one) for one in above if one.regulation), None)


def followed(law: Law, agency: Agency) -> str | None:
    """The regulation that an agency is under; None where it is none that is kept here.

    The database is asked once for a unit whose papers another agency signs and for an agency that
    chose nothing itself; nothing for one that signs and chose. Of many at once: `laws_for`.
    """
    found = regulation_of([agency])
    session = object_session(agency)
    if session is not None and (found is None or sender_of([agency]) is None):
        found = regulation_of(chain_of(session, agency))
    return _known(law, found)


def _known(law: Law, found: tuple[str, Agency] | None) -> str | None:
    keys = (one.key for one in law.instruments if one.over is not None)
    return next((key for key in keys if found is not None and key == found[0]), None)


def enacted(session: Session, law: Law) -> Law:
    """The law with every draft issued whose number and days were entered; one statement."""
    for row in session.scalars(select(RegulationEnactment)):
        law = _enact(law, row)
    return replace(law, settled=True)


def _enact(law: Law, row: RegulationEnactment | None) -> Law:
    drafts = {one.key for one in law.instruments if one.is_draft}
    if row is None or row.regulation not in drafts:  # The file itself may say it is issued by now.
        return law
    return law.enact(
        row.regulation,
        number=row.number,
        issued_on=row.issued_on,
        effective_from=row.effective_from,
    )


def margin_days(session: Session, agency: Agency) -> int:
    """The agency's own margin before the last day, in days; 45 unless it set another."""
    ids = [int(part) for part in agency.path.split("/") if part]
    rows = {
        row.agency_id: row.value
        for row in session.scalars(
            select(Setting).where(
                Setting.name == MARGIN_DAYS, Setting.agency_id.in_([*ids, INSTALLATION])
            )
        )
    }
    for number in [*reversed(ids), INSTALLATION]:
        if number in rows:
            return int(rows[number])
    return DEFAULT_MARGIN_DAYS


def margins(session: Session, agency_ids: Collection[int]) -> Mapping[int, int]:
    """The margins of many agencies, in days; two statements however many there are."""
    default = DEFAULT_MARGIN_DAYS
    own: dict[int, int] = {}
    for row in session.scalars(select(Setting).where(Setting.name == MARGIN_DAYS)):
        if row.agency_id == INSTALLATION:
            default = int(row.value)
        else:
            own[row.agency_id] = int(row.value)
    if not own:
        return dict.fromkeys(agency_ids, default)
    found = {}
    for number, path in session.execute(select(Agency.id, Agency.path)):
        above = [int(part) for part in path.split("/") if part]
        found[number] = next((own[one] for one in reversed(above) if one in own), default)
    return found
