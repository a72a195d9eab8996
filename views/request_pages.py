"""What the small pages about one request share: loading, trying, going back, uploaded files."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field

from labels import label
from letters.errors import LetterError
from models import CertificateRequest
from operations.request_documents import Upload
from operations.transactions import Refused
from rules.permissions import Permission
from rules.requests import RequestAct, acts_from
from views.certificate_requests import OPTIONS
from views.guards import load
from views.returned_letters import scan_type

NOT_A_SCAN = "Tệp phải là PDF, PNG hoặc JPG."


def load_request(request_id: int, permission: Permission) -> CertificateRequest:
    """The request inside the person's scope for the permission, with all that its page shows."""
    return load(CertificateRequest, request_id, permission, options=OPTIONS)


def done(request_id: int, message: str) -> ResponseReturnValue:
    """Back to the page of the request, with what was done."""
    flash(message, "success")
    return redirect(url_for("certificate_requests.show", request_id=request_id))


def tried(act: Callable[[], Any]) -> bool:
    """Run an operation; a refusal becomes a message on the page. True when it was done."""
    try:
        act()
    except (Refused, LetterError) as error:
        flash(str(error), "error")
        return False
    return True


def not_now(row: CertificateRequest, *acts: RequestAct) -> ResponseReturnValue | None:
    """The way back for whoever opens the page of an act that the request is not ready for.

    A form that is sent goes on to its operation, which says whether somebody else was faster.
    """
    if request.method == "POST" or any(move.act in acts for move in acts_from(row.state)):
        return None
    words = f"Văn bản đang ở trạng thái “{label(row.state)}” nên không làm được việc này."
    flash(words, "warning")
    return redirect(url_for("certificate_requests.show", request_id=row.id))


def upload_of(field: Field) -> tuple[Upload | None, bool]:
    """The uploaded file, and whether it may be taken: none at all, or a PDF, PNG or JPEG by its
    first bytes. What is refused gets its error beside the field.
    """
    if field.data is None or not field.data.filename:
        return None, True
    content = field.data.read()
    media_type = scan_type(content)
    if media_type is None:
        field.errors = [NOT_A_SCAN]
        return None, False
    return Upload(content, media_type), True
