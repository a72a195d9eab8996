"""Whom the server believes: roots, issuing authorities, revocation lists and their freshness."""

import base64
import binascii
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

import clock
from extensions import db
from forms.trust import AuthorityForm, ConfirmForm, HostsForm, ListForm, RemovalForm
from operations import trust
from operations.transactions import Refused
from rules.deadlines import AnswerClock, answer_clock
from rules.permissions import Permission
from rules.requests import RequestKind
from signing.trust import intake
from signing.trust.intake import NotTaken
from signing.trust.path import common_name
from signing.trust.store import TrustStore
from views import trust_lists
from views.current_law import calendar_on, current_law
from views.guards import account, requires, settings
from views.trust_reconciliation import reconcile

bp = Blueprint("trust", __name__, url_prefix="/quan-tri/tin-cay")

EDIT = Permission.TRUST_EDIT
CONFIRM_MINUTES = 60
FOLDER_WORDS = {
    "roots": "chứng thư gốc",
    "practice-roots": "chứng thư gốc THỬ NGHIỆM",
    "stamp-roots": "chứng thư gốc, chỉ cho dấu thời gian",
    "intermediates": "cơ quan cấp chứng thư",
}
NOTE_WORDS = {
    "root_added": "Nhập chứng thư gốc",
    "issuing_added": "Nhập cơ quan cấp chứng thư",
    "list_added": "Tải lên danh sách thu hồi",
    "list_fetched": "Tải danh sách thu hồi từ máy chủ",
    "root_removed": "Bỏ chứng thư gốc",
    "issuing_removed": "Bỏ cơ quan cấp chứng thư",
    "list_removed": "Bỏ danh sách thu hồi",
    "answer_fetched": "Nhận trả lời OCSP",
}


@bp.get("")
@requires(EDIT)
def index() -> ResponseReturnValue:
    """Everything that counts, with the forms that change it."""
    return _page()


def _page(**forms: Any) -> str:
    folder, now = settings().trust, clock.now()
    store = TrustStore.load(folder)
    hosts = trust.hosts_of(db.session())
    given: dict[str, Any] = {
        "authority_form": AuthorityForm(formdata=None),
        "list_form": ListForm(formdata=None),
        "hosts_form": HostsForm(formdata=None, hosts="\n".join(hosts)),
        **forms,
    }
    return render_template(
        "trust/index.html",
        authorities=intake.authorities(folder),
        lists=[(one, freshness(one, now)) for one in intake.lists(folder, store)],
        without=[
            common_name(one.subject)
            for one in (*store.roots, *store.practice_roots, *store.intermediates)
            if not store.lists_of(one.subject.public_bytes())
        ],
        problems=store.problems,
        hosts=hosts,
        notes=trust.notes(folder),
        note_words=NOTE_WORDS,
        folder_words=FOLDER_WORDS,
        instant=datetime.fromisoformat,
        common_name=common_name,
        **given,
    )


def freshness(one: intake.ListFile, now: datetime) -> tuple[str, str]:
    """Tone and words for how far a list can be relied on now."""
    if one.issuer is None:
        return "bad", "không rõ ai ký: không dùng"
    until = one.crl.next_update
    if until is None:
        return "unknown", "không ghi hạn: chưa kiểm tra"
    if until < now:
        return "bad", "đã quá hạn: chưa kiểm tra"
    if until < now + timedelta(days=1):
        return "urgent", "còn dưới một ngày"
    return "good", "còn hạn"


@bp.route("/chung-thu", methods=["GET", "POST"])
@requires(EDIT, fresh=True)
def compare() -> ResponseReturnValue:
    """Show the fingerprints of an uploaded file; nothing counts yet."""
    form = AuthorityForm()
    if request.method == "GET":
        return redirect(url_for(".index"))
    if not form.validate():
        return _page(authority_form=form)
    try:
        found = intake.read_authorities(form.file.data.read())
    except NotTaken as error:
        form.file.errors = [str(error)]
        return _page(authority_form=form)
    return render_template("trust/compare.html", shown=[_shown(one) for one in found])


def _shown(certificate: Any, form: ConfirmForm | None = None) -> dict[str, Any]:
    """One certificate with its fingerprint, and the form that makes it count (or why it cannot)."""
    der = certificate.public_bytes(Encoding.DER)
    sealed = _sealer().dumps(base64.b64encode(der).decode())
    try:
        folder = intake.place_of(certificate, TrustStore.load(settings().trust), clock.now())
        refusal = ""
    except NotTaken as error:
        folder, refusal = "", str(error)
    digits = intake.fingerprint(certificate).upper()
    return {
        "subject": certificate.subject.rfc4514_string(),
        "name": common_name(certificate.subject),
        "issuer": common_name(certificate.issuer),
        "serial": format(certificate.serial_number, "X"),
        "since": certificate.not_valid_before_utc,
        "until": certificate.not_valid_after_utc,
        "fingerprint": " ".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
        "place": FOLDER_WORDS.get(folder, ""),
        "is_root": folder == intake.ROOTS,
        "refusal": refusal,
        "form": form or ConfirmForm(formdata=None, sealed=sealed),
    }


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="trust-compare")


@bp.post("/chung-thu/xac-nhan")
@requires(EDIT, fresh=True)
def confirm() -> ResponseReturnValue:
    """Let a certificate count whose fingerprint was compared and typed back."""
    form = ConfirmForm()
    try:
        text = _sealer().loads(form.sealed.data or "", max_age=CONFIRM_MINUTES * 60)
        certificate = intake.read_authorities(base64.b64decode(text))[0]
    except (BadSignature, binascii.Error, NotTaken):
        flash("Trang đối chiếu đã quá hạn. Hãy chọn lại tệp.", "warning")
        return redirect(url_for(".index"))
    if form.validate() and _typed_back(form, intake.fingerprint(certificate)):
        try:
            folder = intake.place_of(certificate, TrustStore.load(settings().trust), clock.now())
            if folder == intake.ROOTS and form.stamps_only.data:
                folder = intake.STAMP_ROOTS
            trust.add_certificate(
                db.session(),
                actor=account().actor(),
                trust=settings().trust,
                folder=folder,
                der=certificate.public_bytes(Encoding.DER),
                name=common_name(certificate.subject),
                words=form.words.data or "",
            )
        except (NotTaken, Refused) as error:
            flash(str(error), "error")
        else:
            flash(f"Đã tin cậy {FOLDER_WORDS[folder]} {common_name(certificate.subject)}.")
            return redirect(url_for(".index"))
    return render_template("trust/compare.html", shown=[_shown(certificate, form)])


def _typed_back(form: ConfirmForm, fingerprint: str) -> bool:
    typed = "".join((form.digits.data or "").replace(":", " ").split()).lower()
    if typed == fingerprint[-8:]:
        return True
    told = (
        "Không khớp với 8 chữ số cuối của dấu vân tay trong tệp. Nếu đã gõ đúng theo nguồn đối "
        "chiếu thì tệp này KHÔNG phải chứng thư đó: không nhập."
    )
    form.digits.errors = [told]
    return False


@bp.post("/danh-sach")
@requires(EDIT)
def upload_lists() -> ResponseReturnValue:
    """Take uploaded lists, each for itself."""
    form = ListForm()
    if not form.validate():
        return _page(list_form=form)
    for file in form.files.data:
        try:
            made = intake.read_new_list(file.read(), settings().trust, clock.now())
            trust.add_list(
                db.session(),
                actor=account().actor(),
                trust=settings().trust,
                der=made.crl.data,
                name=common_name(made.issuer.subject),
                replaces=made.replaces,
                fetched=False,
            )
        except (NotTaken, Refused) as error:
            flash(f"{(file.filename or '')[-80:]}: {error}", "error")
        else:
            flash(f"Đã nhận danh sách thu hồi của {common_name(made.issuer.subject)}.", "success")
    return redirect(url_for(".index"))


@bp.post("/tai-danh-sach")
@requires(EDIT)
def fetch_lists() -> ResponseReturnValue:
    """Ask the allowed services now."""
    now = clock.now()
    done = trust_lists.refresh(
        db.session(), actor=account().actor(), folder=settings().trust, everything=True, at=now
    )
    if done.new or done.same:
        flash(f"{len(done.new)} danh sách mới, {len(done.same)} không đổi.", "success")
    for url, why in done.failed:
        flash(f"{url[:120]}: {why}", "error")
    if not (done.new or done.same or done.failed):
        flash("Chưa có máy chủ được phép hỏi, hoặc chứng thư không ghi địa chỉ nào.", "warning")
    return redirect(url_for(".index"))


@bp.post("/may-chu")
@requires(EDIT, fresh=True)
def set_hosts() -> ResponseReturnValue:
    """Keep which services may be asked."""
    form = HostsForm()
    if form.validate():
        try:
            hosts = (form.hosts.data or "").split()
            trust.set_hosts(db.session(), actor=account().actor(), hosts=hosts)
        except Refused as error:
            form.hosts.errors = [str(error)]
        else:
            flash("Đã ghi máy chủ được phép hỏi.", "success")
            return redirect(url_for(".index"))
    return _page(hosts_form=form)


@bp.route("/bo", methods=["GET", "POST"])
@requires(EDIT, fresh=True)
def remove() -> ResponseReturnValue:
    """Take a certificate or a list out of use, with the reason."""
    folder, file = request.args.get("muc", ""), request.args.get("tep", "")
    form, where = RemovalForm(), settings().trust
    known = {
        (one.folder, one.name): common_name(one.certificate.subject)
        for one in intake.authorities(where)
    } | {
        ("crls", one.name): common_name(one.issuer.subject) if one.issuer else one.name
        for one in intake.lists(where, TrustStore.load(where))
    }
    name = known.get((folder, file))
    if name is None or folder not in trust.FOLDERS:
        flash("Tệp này không còn, hoặc không bỏ được tại đây.", "warning")
        return redirect(url_for(".index"))
    if form.validate_on_submit():
        try:
            trust.remove(
                db.session(),
                actor=account().actor(),
                trust=where,
                folder=folder,
                file=file,
                name=name,
                reason=form.reason.data or "",
            )
        except Refused as error:
            form.reason.errors = [str(error)]
        else:
            flash(f"Đã bỏ {name}.", "success")
            return redirect(url_for(".index"))
    words = FOLDER_WORDS.get(folder, "danh sách thu hồi")
    return render_template("trust/remove.html", form=form, name=name, words=words)


@bp.get("/doi-chieu")
@requires(Permission.CERTIFICATE_VIEW, EDIT)
def compare_register() -> ResponseReturnValue:
    """What the lists say against the register, as far as the person may see it."""
    folder, now = settings().trust, clock.now()
    store, person = TrustStore.load(folder), account()
    linked = person.can(Permission.CERTIFICATE_VIEW)
    known = intake.lists(folder, store)
    stale = sum(freshness(one, now)[0] in ("bad", "unknown") for one in known)
    found = reconcile(
        db.session(),
        known,
        scope=person.scope(Permission.CERTIFICATE_VIEW if linked else EDIT),
        at=now,
        clock_of=_revocation_clock,
    )
    return render_template(
        "trust/reconciliation.html", found=found, lists=len(known), stale=stale, linked=linked
    )


def _revocation_clock(received_on: date) -> AnswerClock | None:
    """When the authority owed its answer to a revocation received on that day."""
    today = clock.today()
    return answer_clock(
        RequestKind.REVOCATION,
        received_on,
        on=today,
        law=current_law(),
        calendar=calendar_on(today),
    )
