"""Every signature with one's own keys: what the server has accepted, the newest first."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from extensions import db
from operations.signatures_made import Made, signatures
from rules.permissions import Permission
from views.guards import account, requires

bp = Blueprint("own_signatures", __name__, url_prefix="/ky-so/cua-toi")

PER_PAGE = 50
PLACES = {
    "certificate_request": ("certificate_requests.show", "request_id"),
    "paper": ("papers.show", "paper_id"),
    "office_document": ("office_documents.show", "document_id"),
}


@bp.get("")
@requires(Permission.SIGNING_AGENT_PAIR)
def index() -> ResponseReturnValue:
    """The list; the agent's own page compares it with the journal on the person's computer."""
    page = max(request.args.get("trang", 1, type=int), 1)
    user = account().user
    rows = signatures(
        db.session,
        user_id=user.id,
        person_id=user.person_id,
        start=(page - 1) * PER_PAGE,
        most=PER_PAGE + 1,
        newest_first=True,
    )
    return render_template(
        "own_signatures/index.html",
        rows=[(row, _address(row)) for row in rows[:PER_PAGE]],
        previous_url=url_for(".index", trang=page - 1) if page > 1 else "",
        next_url=url_for(".index", trang=page + 1) if len(rows) > PER_PAGE else "",
        own_name=user.display_name,
    )


def _address(row: Made) -> str:
    if row.noun == "outside_document":
        return url_for("outside_documents.index")
    if row.noun not in PLACES:
        return ""
    endpoint, key = PLACES[row.noun]
    return url_for(endpoint, **{key: row.object_id})
