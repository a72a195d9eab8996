"""Biểu mẫu: every form with its words and certainty, samples, corrections and confirmations."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

import clock
from extensions import db
from forms.forms_of_law import PREFIX, ConfirmationForm, SeenForm, Word, words_form
from letters import catalogue, prescribed, word
from letters.errors import FormTextInvalid, LetterError
from letters.prescribed import NOTES, FormText
from letters.samples import Sample
from models import CertificateRequest
from operations import forms_of_law as acts
from operations.transactions import Refused
from rules.law import Law
from rules.papers import PaperKind
from rules.permissions import Permission
from signing.errors import SigningError
from views.current_law import current_law
from views.form_words import SpokenForm, form_note, spoken_forms
from views.guards import account, requires
from views.request_gaps import form_of
from views.verifier import sandbox

bp = Blueprint("forms_of_law", __name__, url_prefix="/bieu-mau")

_FORM = f"/<any({', '.join(map(repr, catalogue.FORMS))}):form>"

VIEW, EDIT = Permission.FORM_VIEW, Permission.FORM_EDIT
IMAGE_WIDTH = 1100
DECREE = "decree_68_2024"
LONGEST_PREVIEW = 6_000  # Characters of an address that every server and browser takes.
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: Mark of a form -> what it means for whoever uses it.
CERTAINTY_WORDS: Mapping[str, str] = {
    "CONFIRMED": "Đã đối chiếu với Phụ lục gốc",
    "CONFIRMED_VIA": "Đã đối chiếu qua văn bản dẫn lại",
    "TRANSCRIBED": "Theo bản chép lại, chưa đối chiếu Phụ lục gốc",
    "PREDECESSOR": "Theo quy định cũ, chưa đối chiếu Phụ lục gốc",
    "INFERRED": "Do phần mềm soạn, chưa có bản gốc để đối chiếu",
    "NOT_FOUND": "Chưa tìm được bản gốc",
}


@bp.get("")
@requires(VIEW)
def index() -> ResponseReturnValue:
    """Every form, prescribed ones first, with how sure its words are."""
    forms = list(spoken_forms().values())
    return render_template(
        "forms_of_law/index.html",
        groups=[
            ("Mẫu của Nghị định số 68/2024/NĐ-CP", [f for f in forms if f.form.is_prescribed]),
            ("Biểu mẫu nội bộ", [f for f in forms if not f.form.is_prescribed]),
        ],
        certainty_words=CERTAINTY_WORDS,
    )


@bp.get(f"{_FORM}")
@requires(VIEW)
def show(form: str) -> ResponseReturnValue:
    """One form: note, words, samples under any regulation, confirmation."""
    return _page(_form(form))


def _page(one: SpokenForm, confirmation: ConfirmationForm | None = None) -> ResponseReturnValue:
    regulation = request.args.get("quy-che", DECREE)
    seen = acts.seen_as(one.corrections)
    return render_template(
        "forms_of_law/show.html",
        one=one,
        words=_words(one),
        now=_now(one),
        certainty_words=CERTAINTY_WORDS,
        regulation=regulation if _law(regulation) else DECREE,
        regulations=[(each.key, each.citation) for each in current_law().instruments],
        pages=_page_total(one, regulation, ""),
        confirmation=confirmation
        or ConfirmationForm(
            formdata=None,
            data={"seen": seen, "words_sha256": prescribed.fingerprint(one.text)},
        ),
        restoring=SeenForm(formdata=None, data={"seen": seen}),
    )


@bp.get(f"{_FORM}/mau.pdf")
@requires(VIEW)
def sample_pdf(form: str) -> ResponseReturnValue:
    """The sample as it prints under a regulation; with `xem-thu`, in words not saved yet."""
    sample = _sample(_form(form))
    return send_file(
        BytesIO(_drawn(sample)),
        mimetype="application/pdf",
        download_name=f"{form}.pdf",
        etag=False,
    )


@bp.get(f"{_FORM}/mau.docx")
@requires(VIEW)
def sample_docx(form: str) -> ResponseReturnValue:
    """The same sample for Word."""
    sample = _sample(_form(form))
    return send_file(
        BytesIO(word.draw(sample.compose, sample.sheet)),
        mimetype=DOCX,
        as_attachment=True,
        download_name=f"{form}.docx",
        etag=False,
    )


@bp.get(f"{_FORM}/trang/<int:page>.png")
@requires(VIEW)
def page_image(form: str, page: int) -> ResponseReturnValue:
    """One page of the sample as a picture; pages count from 1."""
    try:
        image = sandbox().page_image(_drawn(_sample(_form(form))), page - 1, IMAGE_WIDTH)
    except (SigningError, LetterError, IndexError, ValueError):
        abort(404)
    answer = make_response(image)
    answer.content_type = "image/png"
    return answer


@bp.route(f"{_FORM}/sua", methods=["GET", "POST"])
@requires(EDIT)
def edit(form: str) -> ResponseReturnValue:
    """Correct words: typed, looked at as they will print, then kept."""
    one = _form(form)
    shape = words_form(_words(one), _now(one), acts.seen_as(one.corrections))
    if request.method == "GET" or "again" in request.form or not shape.validate():
        return render_template("forms_of_law/edit.html", one=one, form=shape)
    typed = {each.key: (shape[PREFIX + each.key].data or "").strip() for each in _words(one)}
    typed = {key: text.replace("\r\n", "\n") for key, text in typed.items()}
    try:
        text = prescribed.with_corrections(one.form.text, _differing(one, typed))
        if "save" in request.form:
            _save(one, typed, shape.seen.data)
            flash("Đã ghi từ ngữ của biểu mẫu.", "success")
            return redirect(url_for(".show", form=form))
    except (FormTextInvalid, Refused) as error:
        flash(str(error), "error")
        return render_template("forms_of_law/edit.html", one=one, form=shape)
    return _preview(one, typed, text, shape)


def _save(one: SpokenForm, typed: Mapping[str, str], seen: str) -> None:
    acts.correct(
        db.session(),
        actor=account().actor(),
        form=one.form.key,
        texts=typed,
        originals={each.key: each.original for each in _words(one)},
        seen=seen,
    )


def _preview(
    one: SpokenForm, typed: Mapping[str, str], text: FormText, shape: Any
) -> ResponseReturnValue:
    """What changes, and the sample in the new words, before anything is kept."""
    now = _now(one)
    changes = [
        {"before": now[key], "after": after} for key, after in typed.items() if now[key] != after
    ]
    if not changes:
        flash("Không có từ ngữ nào thay đổi.", "warning")
        return render_template("forms_of_law/edit.html", one=one, form=shape)
    token = str(_sealer().dumps(_differing(one, typed)))
    fits = len(token) <= LONGEST_PREVIEW
    was_confirmed = one.is_confirmed and prescribed.fingerprint(text) != prescribed.fingerprint(
        one.text
    )
    return render_template(
        "forms_of_law/preview.html",
        one=one,
        form=shape,
        changes=changes,
        token=token,
        pages=_page_total(one, DECREE, token) if fits else 0,
        fits=fits,
        was_confirmed=was_confirmed,
    )


@bp.post(f"{_FORM}/ban-goc")
@requires(EDIT)
def restore(form: str) -> ResponseReturnValue:
    """Back to the words of the file."""
    shape = SeenForm()
    return _act(
        form,
        "Đã trả biểu mẫu về từ ngữ gốc.",
        lambda: acts.restore(
            db.session(), actor=account().actor(), form=_form(form).form.key, seen=shape.seen.data
        ),
    )


@bp.post(f"{_FORM}/xac-nhan")
@requires(EDIT)
def confirm(form: str) -> ResponseReturnValue:
    """These very words were compared with the official annex."""
    one, shape = _form(form), ConfirmationForm()
    if not shape.validate():
        return _page(one, shape)
    if shape.words_sha256.data != prescribed.fingerprint(one.text):
        flash("Từ ngữ của biểu mẫu vừa thay đổi. Hãy đối chiếu lại rồi xác nhận.", "error")
        return redirect(url_for(".show", form=form))
    return _act(
        form,
        "Đã ghi việc đối chiếu. Biểu mẫu này không còn mang ghi chú chưa đối chiếu.",
        lambda: acts.confirm(
            db.session(),
            actor=account().actor(),
            form=form,
            words_sha256=shape.words_sha256.data,
            source=shape.source.data,
            seen=shape.seen.data,
        ),
    )


def _act(form: str, done: str, act: Any) -> ResponseReturnValue:
    try:
        act()
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(done, "success")
    return redirect(url_for(".show", form=form))


# Words and samples ------------------------------------------------------------------------------


def _form(key: str) -> SpokenForm:
    if (found := spoken_forms().get(key)) is None:
        abort(404)
    return found


def _words(one: SpokenForm) -> list[Word]:
    """The words of the file in its order; the notes last, where the form has a place for them."""
    text = one.form.text
    words = [Word(key, said, sorted(text.fields.get(key, ()))) for key, said in text.words.items()]
    if text.notes or "notes_title" in text.words:
        words.append(Word(NOTES, "\n".join(text.notes), ()))
    return words


def _now(one: SpokenForm) -> dict[str, str]:
    return {**one.text.words, NOTES: "\n".join(one.text.notes)}


def _differing(one: SpokenForm, typed: Mapping[str, str]) -> dict[str, str]:
    originals = {each.key: each.original for each in _words(one)}
    return {key: text for key, text in typed.items() if text != originals[key]}


def _law(regulation: str) -> Law | None:
    """The law where this regulation applies, a draft as if in force; None for an unknown one."""
    law = current_law()
    if regulation == DECREE:
        return law
    if regulation not in {one.key for one in law.instruments if one.over is not None}:
        return None
    return law.under(regulation, as_if_in_force=True)


def _sample(one: SpokenForm, regulation: str = "", token: str = "") -> Sample:
    """The sample asked for by the address: regulation, and words that are only looked at."""
    law = _law(regulation or request.args.get("quy-che", DECREE))
    if law is None:
        abort(404)
    words = one.spoken
    if token := token or request.args.get("xem-thu", ""):
        try:
            words = prescribed.with_corrections(one.form.text, _sealer().loads(token))
        except (BadSignature, FormTextInvalid):
            abort(404)
    case = catalogue.sample_case(one.form.key, law=law, on=clock.today(), words=words)
    return one.form.sample(case)


def _drawn(sample: Sample) -> bytes:
    return sample.draw().pdf


def _page_total(one: SpokenForm, regulation: str, token: str) -> int:
    """Pages of the sample; 0 when it cannot be drawn here (no fonts)."""
    try:
        return _sample(one, regulation if _law(regulation) else DECREE, token).draw().pages
    except LetterError:
        return 0


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="form-preview")


# Notes on other pages ---------------------------------------------------------------------------

#: Which form each paper is drawn from.
_OF_PAPER: Mapping[PaperKind, str] = {
    PaperKind.HANDOVER: "mau_07",
    PaperKind.RETURN_TO_AUTHORITY: "mau_08",
    PaperKind.LOSS: "mau_09",
    PaperKind.SUBSCRIBER_SLIP: "phieu_de_nghi",
    PaperKind.INCIDENT_REPORT: "bao_cao_su_co",
    PaperKind.REJECTION_NOTICE: "thong_bao_van_ban_den",
    PaperKind.ENTRUSTMENT_DECISION: "quyet_dinh_giao_thiet_bi",
    PaperKind.STATUS: "bien_ban_hien_trang",
    PaperKind.INTAKE: "bien_ban_nhan",
    PaperKind.STOCKTAKE: "bien_ban_kiem_ke",
}
_INTERNAL_HANDOVERS = "bien_ban_giao_nhan_noi_bo"


def note_of_paper(kind: PaperKind) -> str:
    """The note of the form that papers of this kind are drawn from; "" when it needs none."""
    return form_note(_OF_PAPER.get(kind, _INTERNAL_HANDOVERS))


def note_of_request(row: CertificateRequest) -> str:
    """The note of the form of a request; "" when it needs none."""
    return form_note(f"mau_{form_of(row)}")


bp.record(
    lambda state: state.app.jinja_env.globals.update(
        note_of_paper=note_of_paper, note_of_request=note_of_request
    )
)
