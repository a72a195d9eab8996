"""What the page of a request says of its way: sendings, the clock, answers, papers, its family."""

from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import or_, select

from extensions import db
from labels import label
from models import CertificateRequest, RequestLine, RequestSending
from operations import follow_ups
from operations.request_attachments import OPEN_FOR_PAPERS, attachments_of
from operations.request_moves import missing_papers
from operations.request_rows import NOUN
from operations.request_sendings import copies_owed
from operations.request_successors import returned_lines
from rules.deadlines import Progress, check_progress
from rules.findings import Finding
from rules.permissions import Permission
from rules.requests import LEFT_THE_HOUSE, NOT_YET_SENT, RequestState
from rules.routing import Channel
from views.current_law import calendar_on, current_law, law_of
from views.guards import account


def channel_words(code: str) -> str:
    """The words of a channel that is kept with a sending."""
    return label(Channel(code)) if code in set(Channel) else code


def progress_of(row: CertificateRequest) -> Progress | None:
    """What is known of a request that has left; None before."""
    if row.sent_on is None or row.state not in LEFT_THE_HOUSE:
        return None
    return Progress(
        row.kind,
        row.sent_on,
        row.received_on,
        row.dossier_code,
        sum(line.is_open for line in row.lines) if row.state is RequestState.SENT else 0,
        tuple(one.recipient for one in copies_owed(row)),
    )


def findings_on_way(row: CertificateRequest, on: date) -> tuple[Finding, ...]:
    """What must be said about a request on its way, with what to do next."""
    progress = progress_of(row)
    if progress is None:
        return ()
    calendar = calendar_on(on)
    return check_progress(progress, on=on, law=law_of(row.agency), calendar=calendar)


def tracking(row: CertificateRequest, today: date) -> dict[str, Any]:
    """Everything that `request_acts/_tracking.html` shows of one request."""
    law, person = current_law(), account()
    papers = row.state in OPEN_FOR_PAPERS

    def may(permission: Permission) -> bool:
        return person.can(permission) and person.scope(permission).covers(row.agency_id)

    again = returned_lines(row) if may(Permission.CERTIFICATE_REQUEST_DRAFT) else []
    return {
        "on_way": findings_on_way(row, today),
        "sendings": [_sending(row, one) for one in row.sendings],
        "may_send": may(Permission.CERTIFICATE_REQUEST_RECORD_SENDING),
        "may_answer": may(Permission.CERTIFICATE_REQUEST_RECORD_RESULT),
        "may_attach": papers and may(Permission.CERTIFICATE_REQUEST_DRAFT),
        "may_download": may(Permission.FILE_DOWNLOAD),
        "not_yet_sent": row.state in NOT_YET_SENT,
        "has_left": row.state in LEFT_THE_HOUSE,
        "attachments": attachments_of(row),
        "missing_papers": missing_papers(row, law=law, on=today) if papers else (),
        "again": again,
        "family": family(row),
        "work": [one for one in follow_ups.of(db.session(), NOUN, row.id) if one.done_at is None]
        if row.state in LEFT_THE_HOUSE
        else [],
    }


def _sending(row: CertificateRequest, one: RequestSending) -> dict[str, Any]:
    proof = next((each for each in row.documents if each.sha256 == one.proof_sha256), None)
    return {
        "row": one,
        "channel": channel_words(one.channel),
        "proof_url": url_for("request_letters.document", request_id=row.id, document_id=proof.id)
        if proof is not None
        else "",
    }


def family(row: CertificateRequest) -> dict[str, Any]:
    """The letter that this one sends again and those that send it again; one statement for both.

    `lines` tells of each line where it stood before, or in which letter it stands now.
    """
    own = [line.id for line in row.lines]
    if row.follows_id is None and not (row.state in LEFT_THE_HOUSE or _ended(row)):
        return {"before": None, "after": [], "lines": {}}
    rows = db.session.scalars(
        select(CertificateRequest)
        .where(
            or_(
                CertificateRequest.id == (row.follows_id or 0),
                CertificateRequest.follows_id == row.id,
            )
        )
        .order_by(CertificateRequest.id)
    ).all()
    lines = db.session.execute(
        select(RequestLine.previous_id, RequestLine.request_id).where(
            RequestLine.previous_id.in_(own)
        )
    )
    return {
        "before": next((one for one in rows if one.id == row.follows_id), None),
        "after": [one for one in rows if one.follows_id == row.id],
        "lines": {row.previous_id: row.request_id for row in lines},
    }


def _ended(row: CertificateRequest) -> bool:
    return row.state is RequestState.CANCELLED
