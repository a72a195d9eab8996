"""OCSP: the authority asked about one certificate, by a person or before a signature; answers kept.

Addresses stand in certificates, and certificates come from strangers: only hosts that an
administrator listed are asked. What could not be asked stays "chưa kiểm tra".
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
import clock
from audit import Actor
from extensions import db
from forms.trust import AskForm
from models import Certificate
from operations import trust
from rules.permissions import Permission
from signing.trust import asking, fetching
from signing.trust.asking import NotAnswered
from signing.trust.certificates import load
from signing.trust.fetching import HttpFetcher
from signing.trust.intake import authorities
from signing.trust.ocsp import OcspAnswer
from signing.trust.path import common_name
from signing.trust.revocation import show
from signing.trust.store import TrustStore
from views.guards import account, requires, settings

bp = Blueprint("trust_answers", __name__, url_prefix="/quan-tri/tin-cay/ocsp")

EDIT = Permission.TRUST_EDIT
BEFORE_SIGNING_SECONDS = 3.0
"""A person who wants to sign waits no longer for an answer that a list may give as well."""

REST_SECONDS = 600.0
MOST_SHOWN = 200
_FAILED = "so_token_ocsp_failed"


@dataclass(frozen=True)
class Kept:
    """One answer in the trust directory, in words. `tone` and `freshness` as of now."""

    name: str
    serial: str
    authority: str
    state: str
    revoked: bool
    this_update: datetime
    next_update: datetime
    tone: str
    freshness: str


@bp.get("")
@requires(EDIT)
def index() -> ResponseReturnValue:
    """The answers that are kept, how fresh each is, and the question."""
    return _page(AskForm(formdata=None, serial=request.args.get("so", "")))


def _page(form: AskForm) -> str:
    return render_template(
        "trust/answers.html",
        form=form,
        rows=kept_answers(db.session(), clock.now()),
        hosts=trust.hosts_of(db.session()),
    )


@bp.post("")
@requires(EDIT)
def ask() -> ResponseReturnValue:
    """Ask about one certificate now."""
    form = AskForm()
    if not form.validate():
        return _page(form)
    serial = "".join((form.serial.data or "").split()).replace(":", "").upper()
    ders = db.session.scalars(
        select(Certificate.der)
        .where(Certificate.serial_number == serial)
        .order_by(Certificate.id.desc())  # Two authorities may use one number: the newest.
        .limit(1)
    ).all()
    if not ders:
        form.serial.errors = ["Sổ không có chứng thư nào mang số hiệu này."]
        return _page(form)
    certificate = load(ders[0])
    try:
        answer = ask_and_keep(
            db.session(), account().actor(), certificate, timeout=fetching.OCSP_TIMEOUT
        )
    except NotAnswered as error:
        flash(f"{error} Tình trạng vẫn là “chưa kiểm tra” nếu không có danh sách thu hồi.", "error")
        return redirect(url_for(".index", so=serial))
    entry = answer.singles[0].entry
    name = common_name(certificate.subject)
    if entry is None:
        flash(f"{name}: không bị thu hồi, theo cơ quan chứng thực lúc này.", "success")
    else:
        flash(f"{name}: ĐÃ BỊ THU HỒI từ {show(entry.revoked_at)}.", "warning")
    return redirect(url_for(".index", so=serial))


def ask_and_keep(
    session: Session, actor: Actor, certificate: x509.Certificate, *, timeout: float
) -> OcspAnswer:
    """Ask the certificate's own authority and keep what it answers. Raises NotAnswered."""
    folder, at = settings().trust, clock.now()
    issuer = asking.issuer_of(certificate, TrustStore.load(folder))
    hosts = trust.hosts_of(session)
    session.rollback()  # Nobody waits for a transaction of ours while a server is slow.
    answer = asking.ask(certificate, issuer, HttpFetcher(hosts), at=at, timeout=timeout)
    trust.add_answer(
        session,
        actor=actor,
        trust=folder,
        der=answer.data,
        name=common_name(certificate.subject),
        about=certificate.fingerprint(hashes.SHA256()).hex(),
    )
    return answer


def ask_before_signing(certificate: x509.Certificate, at: datetime) -> None:
    """Have a current answer at hand where one is to be had within a moment; else go on without.

    A service that failed is left alone for a while, so that an office without a connection never
    waits twice.
    """
    session = db.session()
    hosts = trust.hosts_of(session)
    asked = set(map(fetching.host_of, fetching.ocsp_addresses(certificate))) & set(hosts)
    if not asked or _current(certificate, at):
        return
    failed: dict[str, float] = current_app.extensions.setdefault(_FAILED, {})
    key = " ".join(sorted(asked))
    if time.monotonic() - failed.get(key, -REST_SECONDS) < REST_SECONDS:
        return
    known = bool(current_user) and current_user.is_authenticated
    actor = account().actor() if known else audit.system_actor(at)
    try:
        ask_and_keep(session, actor, certificate, timeout=BEFORE_SIGNING_SECONDS)
    except (NotAnswered, OSError):
        failed[key] = time.monotonic()


def _current(certificate: x509.Certificate, at: datetime) -> bool:
    """True when an answer about the certificate is kept that still counts."""
    for answer in TrustStore.load(settings().trust).answers:
        for single in answer.singles:
            if single.serial == certificate.serial_number and single.next_update > at:
                return True
    return False


# What is kept -------------------------------------------------------------------------------------


def kept_answers(session: Session, now: datetime) -> list[Kept]:
    """The answers of the trust directory, the newest first; one statement for the names."""
    store = TrustStore.load(settings().trust)
    issuers = [one.certificate for one in authorities(settings().trust)]
    answers = sorted(store.answers, key=lambda one: one.produced_at, reverse=True)[:MOST_SHOWN]
    serials = {_hex(single.serial) for answer in answers for single in answer.singles}
    rows = session.execute(
        select(Certificate.serial_number, Certificate.common_name).where(
            Certificate.serial_number.in_(serials)
        )
    )
    names = {row.serial_number: row.common_name for row in rows}
    return [_kept(answer, issuers, names, now) for answer in answers if answer.singles]


def _kept(
    answer: OcspAnswer, issuers: list[x509.Certificate], names: Mapping[str, str], now: datetime
) -> Kept:
    single = answer.singles[0]
    by = next((one for one in issuers if answer.responder(one) is not None), None)
    fresh = single.next_update >= now
    soon = single.next_update < now + timedelta(hours=1)
    words = "còn hạn" if fresh else "đã quá hạn: chưa kiểm tra"
    return Kept(
        names.get(_hex(single.serial), "không có trong sổ"),
        _hex(single.serial),
        common_name(by.subject) if by is not None else "không rõ ai ký: không dùng",
        f"đã thu hồi từ {show(single.entry.revoked_at)}" if single.entry else "không bị thu hồi",
        single.entry is not None,
        single.this_update,
        single.next_update,
        "bad" if by is None else ("urgent" if fresh and soon else "good" if fresh else "unknown"),
        words if by is not None else "không dùng",
    )


def _hex(serial: int) -> str:
    text = f"{serial:X}"
    return text.zfill(len(text) + len(text) % 2)
