"""What a person signed for other systems: the list, and each signed file once more."""

from io import BytesIO

from flask import Blueprint, abort, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from extensions import db
from operations import files, outside_documents
from rules.permissions import Permission
from schema.outside import OutsideDocument
from views.guards import account, requires

bp = Blueprint("outside_documents", __name__, url_prefix="/ky-so/he-thong-khac")

PER_PAGE = 50


@bp.get("")
@requires(Permission.SIGNING_AGENT_PAIR)
def index() -> ResponseReturnValue:
    """What this account's agents signed for other systems, the newest first."""
    page = max(request.args.get("trang", 1, type=int), 1)
    rows = outside_documents.of_user(
        db.session(), account().user.id, start=(page - 1) * PER_PAGE, most=PER_PAGE + 1
    )
    return render_template(
        "outside_documents/index.html",
        rows=rows[:PER_PAGE],
        previous_url=url_for(".index", trang=page - 1) if page > 1 else "",
        next_url=url_for(".index", trang=page + 1) if len(rows) > PER_PAGE else "",
    )


@bp.get("/<string(length=22):public_id>.pdf")
@requires(Permission.SIGNING_AGENT_PAIR)
def download(public_id: str) -> ResponseReturnValue:
    """The signed file, for the person who signed it."""
    row = db.session.scalars(
        select(OutsideDocument).where(
            OutsideDocument.public_id == public_id,
            OutsideDocument.user_id == account().user.id,
            OutsideDocument.signed_sha256.is_not(None),
        )
    ).one_or_none()
    if row is None:
        abort(404)
    return send_file(
        BytesIO(files.read(db.session, row.signed_sha256)),
        mimetype=files.PDF,
        as_attachment=True,
        download_name=f"da-ky-{row.id}.pdf",
        etag=False,
    )
