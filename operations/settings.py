"""The settings that are kept: one value for each name, of the installation or of one agency."""

from sqlalchemy.orm import Session

from models import Setting

INSTALLATION = 0
"""In place of an agency: what holds for all of them."""


def value_of(session: Session, name: str) -> str:
    """A setting of the installation; "" while nothing was set."""
    row = session.get(Setting, (INSTALLATION, name))
    return row.value if row is not None else ""


def keep(session: Session, name: str, value: str) -> None:
    """Keep a setting of the installation, inside the caller's transaction; the event is theirs."""
    row = session.get(Setting, (INSTALLATION, name))
    if row is None:
        session.add(Setting(agency_id=INSTALLATION, name=name, value=value))
    else:
        row.value = value
