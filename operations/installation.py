"""The first acts in an empty database."""

from sqlalchemy.orm import Session

import audit
from models import Agency
from operations import accounts
from operations.transactions import transaction
from rules.agencies import AgencyKind, AgencyLevel
from rules.names import clean_name, fold, sort_key
from rules.permissions import Role


def begin(session: Session, *, actor: audit.Actor, agency_name: str, username: str) -> str:
    """Create the agency at the root of the tree and its first administrator.

    Returns the administrator's one-time password. Raises `operations.transactions.Refused` when the
    user name is taken or not usable.
    """
    with transaction(session):
        name = clean_name(agency_name)
        agency = Agency(
            code="GOC",
            name=name,
            name_fold=fold(name),
            sort_key=sort_key(name),
            level=AgencyLevel.COMMUNE,
            kind=AgencyKind.PEOPLES_COMMITTEE,
            has_legal_personality=True,
            has_own_seal=True,
        )
        session.add(agency)
        session.flush()  # The path of the tree is made of numbers.
        agency.path = f"/{agency.id}/"
        audit.record(
            session,
            "agency.created",
            actor=actor,
            noun="agency",
            object_id=agency.id,
            agency_id=agency.id,
            parent=None,
        )
        agency_id = agency.id
    _, password = accounts.create_user(
        session,
        actor=actor,
        username=username,
        display_name="Quản trị phần mềm",
        person_id=None,
        grants=[(Role.ADMINISTRATOR, agency_id)],
        password=None,
    )
    return password
