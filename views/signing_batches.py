"""Signing many documents at once: tick them, choose certificate and agent, watch until done."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import IO, Any

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice

import clock
from extensions import db
from forms.signing import SignForm
from labels import label
from letters.errors import LetterError
from models import Certificate, SigningAgent, SigningJob
from operations import signing_agents, signing_batches, signing_jobs
from operations.files import DamagedFile
from operations.signatures import Wanted
from operations.signing_batches import MOST_ITEMS, LeftOut, PreparedItem
from operations.signing_certificates import certificates_to_seal_any, certificates_to_sign
from operations.signing_jobs import Order, new_public_id
from operations.signing_nouns import DOCUMENT, NOUNS, PAPER, REQUEST
from operations.transactions import Conflict, Refused
from rules.documents import JobState, SigningAct
from rules.permissions import Permission
from signing.errors import ERRORS, SigningError, UserCancelled
from signing.messages import Evidence, Item, Manifest, sign_manifest
from signing.pades.report import Report
from views import signable
from views.guards import account, requires
from views.signable import Waiting
from views.signing_keys import server_key
from views.signing_preparation import (
    Checked,
    NotReady,
    Ready,
    check_certificate,
    manifest_of,
    stored,
    ticket_address,
    with_device,
)
from views.verification_words import view

bp = Blueprint("signing_batches", __name__, url_prefix="/ky-so/nhieu")

SEAL = "dong-dau"
OWN = (
    Permission.CERTIFICATE_REQUEST_SIGN,
    Permission.DOCUMENT_SIGN,
    Permission.RECEIPT_CONFIRM,
)
AGENCYS = (Permission.CERTIFICATE_REQUEST_SEAL, Permission.DOCUMENT_ISSUE)
PAGES = {
    REQUEST: ("certificate_requests.show", "request_id"),
    DOCUMENT: ("office_documents.show", "document_id"),
    PAPER: ("papers.show", "paper_id"),
}
MOST_SEEN = 50
"""Documents whose signatures the watching page shows one by one; the pages of the others do."""
PREPARE_SECONDS = 120.0
"""As long as a person waits for a page; what is not prepared by then stays for the next batch."""
DOCUMENT_PROBLEMS = (SigningError, Refused, Conflict, NotReady, LetterError, DamagedFile)


@bp.route("", methods=["GET", "POST"])
@requires(*OWN, *AGENCYS)
def choose() -> ResponseReturnValue:
    """What waits for this person's signature (or, `viec=dong-dau`, for the agency's)."""
    sealing = _sealing()
    listed = signable.waiting(sealing)
    rows = [one for one in listed if not one.blocked][:MOST_ITEMS]
    certificates = _certificates(sealing, rows)
    agents = signing_agents.agents_of(db.session, account().user.id)
    form = SignForm(version=0)
    form.certificate_id.choices = [
        SelectChoice(each.id, f"{each.common_name} – {each.issuer_name}") for each in certificates
    ]
    form.agent_id.choices = [SelectChoice(each.id, each.name) for each in agents]
    chosen = set(request.values.getlist("chon"))
    if request.method == "GET":
        chosen |= _left_of(request.args.get("tiep", ""))
        form.certificate_id.data = certificates[0].id if certificates else None
        form.agent_id.data = agents[0].id if agents else None
    elif form.validate():
        wanted = [each for each in rows if each.key in chosen]
        certificate = next(each for each in certificates if each.id == form.certificate_id.data)
        agent = next(each for each in agents if each.id == form.agent_id.data)
        opened = _try_to_open(sealing, wanted, certificate, agent)
        if opened is not None:
            return redirect(url_for(".watch", public_id=opened))
    return render_template(
        "signing_batches/new.html",
        sealing=sealing,
        form=form,
        rows=rows,
        blocked=[one for one in listed if one.blocked],
        asked=[one for one in listed if one.blocked and one.key in chosen],
        chosen=chosen,
        certificates=certificates,
        agents=agents,
        most=MOST_ITEMS,
        seconds=round(PREPARE_SECONDS),
        may_seal=any(map(account().can, AGENCYS)),
        earlier=_earlier(sealing),
        checks={each.id: check_certificate(each, clock.now()) for each in certificates},
    )


def _sealing() -> bool:
    sealing = request.values.get("viec") == SEAL
    if sealing and not any(map(account().can, AGENCYS)):
        abort(403)
    return sealing


def _earlier(sealing: bool) -> dict[str, Any] | None:
    """The newest batch of this person that can still be gone on with, for the page that would
    replace it."""
    for job in signing_batches.unfinished(db.session(), user_id=account().user.id, sealing=sealing):
        claimed = job.state is JobState.CLAIMED
        if claimed or clock.now() < job.expires_at:
            left = signing_batches.left(db.session(), job.id)
            return {"job": job, "left": left, "claimed": claimed}
    return None


def _certificates(sealing: bool, rows: Sequence[Waiting]) -> Sequence[Certificate]:
    """The certificates with which this person can sign at least one of the documents."""
    person_id, at = account().user.person_id, clock.now()
    if not sealing:
        return certificates_to_sign(db.session, person_id=person_id, at=at)
    agency_ids = {each.agency_id for each in rows}
    return certificates_to_seal_any(db.session, agency_ids=agency_ids, person_id=person_id, at=at)


def _try_to_open(
    sealing: bool, wanted: Sequence[Waiting], certificate: Certificate, agent: SigningAgent
) -> str | None:
    """Prepare the documents and open the job; a problem with all of them becomes a message."""
    if not wanted:
        flash("Chọn ít nhất một văn bản.", "error")
        return None
    checked = check_certificate(certificate, clock.now())
    if not checked.usable:
        flash("Không ký được bằng chứng thư này: " + checked.lines[0].text, "error")
        return None
    try:
        with tempfile.TemporaryFile() as spool:  # A thousand documents do not fit into memory.
            batch = _Batch(sealing, certificate, checked, spool)
            batch.fill(wanted)
            return batch.open(agent.id)
    except DOCUMENT_PROBLEMS as error:
        flash(_words(error), "error")
    return None


def _words(error: Exception) -> str:
    return f"{error.message} {error.advice}" if isinstance(error, SigningError) else str(error)


class _Batch:
    """The documents of a batch as they are prepared, each on its own: what fails is left out.

    `listed` holds for each the words for it alone, its act, and what the manifest says of it.
    """

    def __init__(
        self, sealing: bool, certificate: Certificate, checked: Checked, spool: IO[bytes]
    ) -> None:
        self.sealing, self.certificate, self.checked = sealing, certificate, checked
        self.spool = spool
        self.agency_id = 0
        self.listed: list[tuple[str, str, Item]] = []
        self.documents: list[PreparedItem] = []
        self.left_out: list[LeftOut] = []
        self.rest: list[str] = []

    def fill(self, wanted: Sequence[Waiting]) -> None:
        """Prepare one after the other while the person waits; the rest stays chosen."""
        until = time.monotonic() + PREPARE_SECONDS
        waiting = {one.key: one for one in wanted}
        for row, document in signable.read(wanted):
            if self.documents and time.monotonic() > until:
                self.rest = list(waiting)
                return
            del waiting[row.key]
            self.add(row, document)

    def add(self, row: Waiting, document: Any) -> None:
        """Prepare one document; a reason why it cannot join is kept for the person."""
        try:
            if self.sealing and row.agency_id != self.certificate.agency_id:
                raise NotReady("Chứng thư đã chọn là của cơ quan khác.")
            ready = signable.prepare(
                row.noun, document, row.act, self.certificate, self.checked, clock.now()
            )
            wanted = Wanted(
                row.object_id,
                document.version,
                row.act,
                self.certificate.id,
                ready.before_seal,
            )
            NOUNS[row.noun].check(db.session(), account().actor(), wanted)
        except DOCUMENT_PROBLEMS as error:
            self.left_out.append(LeftOut(row.title, _words(error)))
            return
        self.agency_id = self.agency_id or row.agency_id
        self.documents.append(self._kept(row, document.version, ready))
        # Only what the manifest says stays in memory: the bytes wait in the spool.
        self.listed.append((ready.words, label(row.act), ready.item))

    def _kept(self, row: Waiting, version: int, ready: Ready) -> PreparedItem:
        start, pdf = self.spool.tell(), ready.prepared.pdf
        self.spool.write(pdf)
        return PreparedItem(
            noun=row.noun,
            object_id=row.object_id,
            version=version,
            act=row.act,
            field=ready.item.field,
            byte_range=ready.prepared.byte_range,
            content=partial(_from_spool, self.spool, start, len(pdf)),
            before_seal=ready.before_seal,
            report=ready.report,
        )

    def open(self, agent_id: int) -> str:
        """Open the job; its name. Raises `NotReady` when nothing is left, `Refused`, `Conflict`."""
        if not self.documents:
            reasons = "; ".join(f"{one.title}: {one.reason}" for one in self.left_out[:3])
            raise NotReady(f"Không văn bản nào ký được lần này. {reasons}")
        manifest = self._manifest()
        acts = {one.act for one in self.documents}
        order = Order(
            public_id=manifest.job_id,
            act=acts.pop() if len(acts) == 1 else SigningAct.MANY,
            agent_id=agent_id,
            certificate_id=self.certificate.id,
            field="",
            prepared_pdf=b"",
            byte_range=(),
            manifest=stored(sign_manifest(server_key(), manifest)),
            evidence=[line.to_dict() for line in manifest.evidence],
            expires_at=manifest.expires_at,
        )
        signing_batches.open_batch(
            db.session(),
            actor=account().actor(),
            order=order,
            documents=self.documents,
            agency_id=self.agency_id,
            sealing=self.sealing,
            left_out=self.left_out,
            rest=self.rest,
        )
        return manifest.job_id

    def _manifest(self) -> Manifest:
        job_id = new_public_id()
        act, listed = self.listed[0][0], [one[2] for one in self.listed]
        if (
            len({one[1] for one in self.listed}) > 1
        ):  # Each document says for itself what is done with it.
            act = label(SigningAct.MANY)
            listed = [
                replace(item, title=f"{each}: {item.title}"[:500]) for _, each, item in self.listed
            ]
        evidence = (*self.checked.lines, *self._verified())
        back = f"/ky-so/nhieu/{job_id}"
        manifest = manifest_of(
            job_id, act, self.certificate, self.checked, tuple(listed), evidence, back
        )
        return with_device(manifest, self.certificate.id)

    def _verified(self) -> list[Evidence]:
        count = sum(bool(one.before_seal and one.before_seal.signatures) for one in self.documents)
        if not count:
            return []
        return [Evidence(f"Chữ ký đã có trên {count} văn bản đều hợp lệ khi kiểm tra.", good=True)]


def _from_spool(spool: IO[bytes], start: int, size: int) -> bytes:
    spool.seek(start)
    return spool.read(size)


@bp.get("/<string(length=22):public_id>")
@requires(Permission.SIGNING_AGENT_PAIR)
def watch(public_id: str) -> ResponseReturnValue:
    """The batch while it waits and goes on: what became of each letter, and what is left."""
    job = _own(public_id)
    rows = signing_batches.items(db.session, job.id)
    listed = Manifest.from_payload(bytes.fromhex(job.manifest["payload"])).items
    reports, reported = signing_batches.reports(db.session, job.id, MOST_SEEN)
    alive = job.is_open and signing_jobs.may_go_on(job)
    expired = clock.now() >= job.expires_at and job.state is not JobState.CLAIMED
    return render_template(
        "signing_batches/watch.html",
        job=job,
        rows=[
            (row, item, _page(row.noun, row.object_id))
            for row, item in zip(rows, listed, strict=True)
        ],
        seen=[_seen(told, listed[place]) for place, told in reports.items()],
        unseen=reported - len(reports),
        left_out=job.payload.get("left_out", ()),
        rest=len(job.payload.get("rest", ())),
        signed=sum(each.state is JobState.ACCEPTED for each in rows),
        refused=sum(each.state is JobState.REFUSED for each in rows),
        moved=sum(each.state is JobState.CANCELLED for each in rows),
        alive=alive,
        expired=expired,
        address=ticket_address(job) if alive and not expired else "",
        problem=ERRORS.get(job.last_error) if job.last_error else None,
        stopped=job.last_error == UserCancelled.code,
        errors=ERRORS,
        again=_again(job),
    )


def _seen(told: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """What was found of each signature that a document had before this one (Điều 30 to 32)."""
    found = dict(told)
    size = found.pop("size")
    return view(Report.from_dict(found), item.title, size)


def _again(job: SigningJob) -> dict[str, Any]:
    """Where what is left can be signed with a new ticket; what this one leaves is ticked there."""
    sealing = job.payload.get("sealing", job.act is SigningAct.ISSUE)
    return {"tiep": job.public_id, **({"viec": SEAL} if sealing else {})}


def _left_of(public_id: str) -> set[str]:
    """What an earlier batch of this person leaves: not signed in it, or not prepared in time."""
    if not public_id:
        return set()
    job = _own(public_id)
    unsigned = {
        f"{one.noun}:{one.object_id}"
        for one in signing_batches.items(db.session, job.id)
        if one.state not in (JobState.ACCEPTED, JobState.CANCELLED)
    }
    return unsigned | set(job.payload.get("rest", ()))


def _page(noun: str, object_id: int) -> str:
    endpoint, name = PAGES[noun]
    return url_for(endpoint, **{name: object_id})


@bp.get("/<string(length=22):public_id>/trang-thai")
@requires(Permission.SIGNING_AGENT_PAIR)
def state(public_id: str) -> ResponseReturnValue:
    """How far the batch is, for the page that watches."""
    job = _own(public_id)
    ended = len(signing_batches.ended_places(db.session, job.id))
    return jsonify(state=f"{job.state.value}{ended}", error=job.last_error, open=job.is_open)


@bp.post("/<string(length=22):public_id>/huy")
@requires(Permission.SIGNING_AGENT_PAIR)
def cancel(public_id: str) -> ResponseReturnValue:
    """Give up what is left; what is signed stays signed."""
    _own(public_id)
    try:
        signing_jobs.cancel(db.session, actor=account().actor(), public_id=public_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã hủy phần chưa ký. Các văn bản đã ký vẫn giữ nguyên chữ ký.", "success")
    return redirect(url_for(".watch", public_id=public_id))


def _own(public_id: str) -> SigningJob:
    """The person's own batch, or 404; what was brought by other systems has a page of its own."""
    job = signing_jobs.find(db.session, public_id)
    if job is None or job.user_id != account().user.id or not signing_batches.is_batch(job):
        abort(404)
    if job.payload.get("outside"):
        abort(404)
    return job
