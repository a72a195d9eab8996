"""The notice to the sender of a document that was not taken: who signs it, then a paper as any."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

import clock
from extensions import db
from forms.incoming_documents import NoticeForm
from letters.errors import LetterError
from operations import incident_papers, incoming_notices
from operations.incoming_notices import NOT_TAKEN, Notice
from operations.transactions import Refused
from rules.incoming_documents import ordered_for_invalid
from rules.permissions import Permission
from schema.documents import IncomingDocument
from signing.pades.report import Report
from views.current_law import law_of
from views.guards import account, load, requires
from views.incoming_documents import faults_of, judged
from views.papers_data import draw_paper
from views.verification_words import moment

bp = Blueprint("incoming_notices", __name__, url_prefix="/van-ban-den")

EDIT = Permission.INCOMING_EDIT


@bp.route("/<int:document_id>/thong-bao", methods=["GET", "POST"])
@requires(EDIT)
def make(document_id: int) -> ResponseReturnValue:
    """Make the notice; it is then numbered, signed and sent on the page of the paper."""
    row = load(IncomingDocument, document_id, EDIT)
    back = url_for("incoming_documents.show", document_id=document_id)
    if row.state not in NOT_TAKEN:
        flash("Chỉ lập thông báo cho văn bản đã từ chối tiếp nhận hoặc đã xóa.", "error")
        return redirect(back, 303)
    form = NoticeForm(version=row.version, addressee=row.sender, digital=True)
    people = incident_papers.signers_of(db.session(), row.agency, account().actor())
    form.position_id.choices = [
        SelectChoice("", "Chưa biết, để trống"),
        *(SelectChoice(one.id, f"{one.person.full_name}, {one.title}") for one in people),
    ]
    if not form.is_submitted():
        form.position_id.data = people[0].id if people else None
    elif form.validate():
        try:
            made = incoming_notices.make(
                db.session(),
                actor=account().actor(),
                document_id=document_id,
                version=form.version.data,
                notice=_notice(row, form),
                draw=draw_paper,
            )
        except (Refused, LetterError) as error:
            flash(str(error), "error")
        else:
            flash(
                "Đã lập thông báo. Ghi số, ký và ghi nhận việc gửi ở trang này như mọi giấy tờ.",
                "success",
            )
            return redirect(url_for("papers.show", paper_id=made), 303)
        row = load(IncomingDocument, document_id, EDIT)
    return render_template("incoming_documents/notice.html", row=row, form=form, back=back)


def _notice(row: IncomingDocument, form: NoticeForm) -> Notice:
    ground = None
    if judged(row.verdict) == "invalid":
        ground = ordered_for_invalid(law_of(row.agency), clock.today())[1]
    report = Report.from_dict(dict(row.report))
    return Notice(
        addressee=form.addressee.data or "",
        basis=ground.citation if ground is not None else "",
        checked_at=moment(report.checked_at),
        faults=faults_of(report),
        position_id=form.position_id.data,
        digital=bool(form.digital.data),
    )
