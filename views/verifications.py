"""Checking signatures: files come in, are judged in the sandbox, and are not kept."""

import hashlib
import json
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from extensions import db
from forms.verifications import MOST_FILES, VerificationForm
from letters import verification_report
from letters.errors import LetterError
from operations import verifications
from rules.permissions import Permission
from signing.pades.report import Report
from views.guards import account, requires, settings
from views.verification_papers import report_of
from views.verification_words import files_sentence, view
from views.verifier import judge

bp = Blueprint("verifications", __name__, url_prefix="/kiem-tra")

LONGEST_NAME = 120


@bp.get("")
@requires(Permission.VERIFICATION_USE)
def new() -> ResponseReturnValue:
    """Choose the files."""
    return _choose(VerificationForm())


def _choose(form: VerificationForm) -> ResponseReturnValue:
    limit = settings().upload_limit_bytes // (1024 * 1024)
    return render_template("verifications/new.html", form=form, limit=limit, most=MOST_FILES)


@bp.post("")
@requires(Permission.VERIFICATION_USE)
def check() -> ResponseReturnValue:
    """Judge the files and show what was found; only the fact of the check is kept, in the log."""
    form = VerificationForm()
    if not form.validate():
        return _choose(form)
    checked = [_judge(one.read(), one.filename or "") for one in form.files.data]
    verifications.record(
        db.session,
        actor=account().actor(),
        made=[
            verifications.Made(report.sha256, report.verdict, len(report.signatures))
            for report, _, _ in checked
        ],
    )
    shown = [view(report, name, size) for report, name, size in checked]
    return render_template(
        "verifications/check.html",
        files=shown,
        sum_up=files_sentence(shown),
        sealed=_sealer().dumps([{"file": name, **report.as_dict()} for report, name, _ in checked]),
    )


def _judge(content: bytes, name: str) -> tuple[Report, str, int]:
    """The report of one file; what is empty or no PDF is said by the report itself."""
    report = judge(content)
    if not report.sha256:  # a file that could not be read still has a fingerprint
        report = Report(
            report.verdict,
            report.reasons,
            report.signatures,
            report.checked_at,
            hashlib.sha256(content).hexdigest(),
        )
    return report, name[-LONGEST_NAME:], len(content)


@bp.post("/ket-qua.json")
@requires(Permission.VERIFICATION_USE)
def download() -> ResponseReturnValue:
    """The result as JSON. The page carries it, sealed, because nothing is kept on the server."""
    text = json.dumps(_sealed(), ensure_ascii=False, indent=2)
    return send_file(
        BytesIO(text.encode()),
        mimetype="application/json",
        as_attachment=True,
        download_name="kiem-tra-chu-ky.json",
        etag=False,
    )


@bp.post("/ket-qua.pdf")
@requires(Permission.VERIFICATION_USE)
def printed() -> ResponseReturnValue:
    """The result as a paper to be printed, from what the page carries sealed."""
    try:
        found = [(one.pop("file"), Report.from_dict(one)) for one in _sealed()]
    except (KeyError, TypeError):  # a page of an older version of the program
        abort(400)
    try:
        drawn = verification_report.draw(report_of(found))
    except LetterError as error:
        flash(str(error), "error")
        return redirect(url_for(".new"), 303)
    answer = Response(drawn.pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="kiem-tra-chu-ky.pdf"'
    return answer


def _sealed() -> list[dict[str, Any]]:
    """What the page carries; 400 for what was not sealed here."""
    try:
        told: list[dict[str, Any]] = _sealer().loads(request.form.get("ket-qua", ""))
    except BadSignature:
        abort(400)
    return told


def _sealer() -> URLSafeSerializer:
    key = current_app.config["SECRET_KEY"]
    return URLSafeSerializer(key, salt="verification-report")
