"""Lists taken away as Excel: whatever is filtered, whole, streamed from one statement to a file.

The file grows on the disk of the server and is sent from there, so memory stays flat however long
the list is. Each export is an event of the log. Citizen ids go out only by a door of their own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, cast

from flask import Blueprint, request, send_file
from flask.typing import ResponseReturnValue

import clock
from extensions import db
from models import Agency
from operations.exports import record_export
from operations.personal import CitizenIds
from rules.permissions import GRANTS, Permission, Role
from sheets.tables_out import OfficialHeading, OutCell, write_table
from views.guards import account, load, requires, settings
from views.register_pages import Asked
from views.sheet_export_lists import (
    Listed,
    of_certificates,
    of_devices,
    of_incidents,
    of_moves,
    of_people,
    of_requests,
)
from views.sheets import MEDIA_TYPE

bp = Blueprint("sheet_exports", __name__, url_prefix="/bang-tinh/xuat")
EXPORT = Permission.SHEET_EXPORT
AT_A_TIME = 1_000
"""Rows that are held at once between the database and the file."""
LISTS: Mapping[str, tuple[str, Callable[[Asked], Listed]]] = {
    "ca-nhan": ("people", of_people),
    "thiet-bi": ("devices", of_devices),
    "chung-thu": ("certificates", of_certificates),
    "yeu-cau": ("requests", of_requests),
    "giao-nhan": ("moves", of_moves),
    "su-co": ("incidents", of_incidents),
}


@bp.get("/<any('ca-nhan','thiet-bi','chung-thu','yeu-cau','giao-nhan','su-co'):address>")
@requires(EXPORT)
def download(address: str) -> ResponseReturnValue:
    """One list by the filters of its own address."""
    asked = Asked.from_request()
    kind, make = LISTS[address]
    agency = load(Agency, asked.agency_id, EXPORT) if asked.agency_id else None
    return _send(address, kind, make(asked), (EXPORT,), agency)


@bp.post("/ca-nhan-kem-so-dinh-danh")
@requires(EXPORT, fresh=True)
def with_citizen_ids() -> ResponseReturnValue:
    """People with their citizen ids, for those who may read each of them; asks for the password."""
    agency = load(Agency, request.form.get("don-vi", 0, type=int), Permission.PERSON_EDIT)
    ids = CitizenIds(settings().citizen_key)
    listed = of_people(Asked(agency_id=agency.id), ids)
    rights = (EXPORT, Permission.PERSON_EDIT)
    return _send("ca-nhan-kem-so-dinh-danh", "people_with_citizen_ids", listed, rights, agency)


def _send(
    address: str, kind: str, listed: Listed, rights: Sequence[Permission], agency: Agency | None
) -> ResponseReturnValue:
    """Write the list, narrowed to where the person holds every right, and note it in the log."""
    statement = listed.statement
    for right in (listed.permission, *rights):
        statement = statement.where(account().scope(right).clause(listed.agency))
    home = agency or next(
        grant.agency for grant in account().user.grants if EXPORT in GRANTS[Role(grant.role)]
    )
    heading = OfficialHeading(home.name, listed.title, clock.today())
    home_id = home.id
    stream = cast(IO[bytes], TemporaryFile())  # The response closes it.
    count = write_table(
        stream, listed.columns, _rows(statement, listed.values), heading=heading, numbered=True
    )
    actor = account().actor()
    record_export(db.session(), actor=actor, kind=kind, rows=count, agency_id=home_id)
    stream.seek(0)
    name = f"{address}-{clock.today():%Y%m%d}.xlsx"
    return send_file(stream, MEDIA_TYPE, as_attachment=True, download_name=name)


def _rows(
    statement: Any, values: Callable[[Any], Sequence[OutCell]]
) -> Iterator[Sequence[OutCell]]:
    found = db.session.execute(statement, execution_options={"yield_per": AT_A_TIME})
    for row in found:
        yield values(row)
