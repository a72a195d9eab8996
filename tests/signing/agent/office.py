"""A small office: a real protocol peer of the agent, built from signing.messages alone.

It keeps its state in memory where the web server has a database, and does everything else for real:
it prepares documents, issues tickets, checks requests, splices and checks what comes back.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.serving import make_server

from signing import cms
from signing.agent import VERSION
from signing.agent.clock import now
from signing.errors import SigningError
from signing.messages import (
    CERTIFICATES_PATH,
    HEARTBEAT_PATH,
    IDENTITY_PATH,
    PAIR_PATH,
    PAIR_POLL_PATH,
    PAIRING_PENDING,
    PROTOCOL,
    REQUEST_HEADER,
    RESPONSE_HEADER,
    SIGNATURES_PATH,
    AgentPublicKeys,
    CertificateReport,
    ClaimRequest,
    Evidence,
    Failure,
    Heartbeat,
    HeartbeatAnswer,
    Item,
    JobNotFound,
    JobProgress,
    JobState,
    ListRequest,
    Manifest,
    MemoryNonces,
    Outcome,
    PairingAnswer,
    PairingOffer,
    PairingRefused,
    Receipt,
    RequestForged,
    RequestHead,
    Result,
    ServerIdentity,
    ServerKey,
    ShowRequest,
    SignatureList,
    SignatureMade,
    SignedManifest,
    Ticket,
    TicketKind,
    accept,
    answer_pairing,
    check_protocol,
    claim,
    end_part,
    error_answer,
    give_back,
    issue_ticket,
    job_path,
    sign_manifest,
    sign_response,
    take_part,
    take_result,
    verify_request,
    view_from,
)
from signing.pades.prepare import Prepared, prepare
from signing.pades.splice import splice
from tests.signing.files import fonts, with_fields
from tests.signing.pki import NOW as SIGNING_TIME
from tests.signing.pki import Holder

USER_ID, USER_NAME = "u-17", "Nguyễn Thị Ánh Dương"
NAME = "Sổ Token UBND xã Đồi Mẫu (THỬ NGHIỆM)"


@dataclass
class Job:
    """What a server keeps of a job."""

    manifest: Manifest
    signed_manifest: SignedManifest
    pdfs: list[bytes]
    agent_id: str
    progress: JobProgress
    finished: list[bytes] = field(default_factory=list)
    signed: dict[int, bytes] = field(default_factory=dict)
    refuses: frozenset[int] = frozenset()
    shown_from: list[int] = field(default_factory=list)
    parts: list[Result] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    results: int = 0


def items_of(letters: Sequence[Prepared]) -> tuple[Item, ...]:
    """What the manifest says of prepared letters."""
    return tuple(
        Item(
            name=f"van-ban-{index + 1}.pdf",
            sha256=hashlib.sha256(each.pdf).hexdigest(),
            size=len(each.pdf),
            byte_range=each.byte_range,
            field="lanh_dao",
            title=f"Văn bản đề nghị gia hạn chứng thư số {index + 1} (THỬ NGHIỆM)",
            number="Số 12/UBND-VP, ngày 20/11/2026",  # as the server writes it
        )
        for index, each in enumerate(letters)
    )


class Office:
    """The server's side of the protocol over real HTTP on a free port of loopback."""

    def __init__(
        self, *, certificate: tuple[Path, Path] | None = None, key: ServerKey | None = None
    ):
        self.key = key or ServerKey.generate()
        self.offset = timedelta(0)
        self.agents: dict[str, tuple[AgentPublicKeys, str]] = {}
        self.offers: dict[str, PairingOffer] = {}
        self.answers: dict[str, PairingAnswer] = {}
        self.jobs: dict[str, Job] = {}
        self.imports: dict[str, CertificateReport | None] = {}
        self.heartbeats: list[Heartbeat] = []
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.identity_asked = 0
        self.hangs_up = False
        self.protocol = PROTOCOL
        self.drop_answers = 0
        self.redirect_to = ""
        self.link = ""
        self.tamper: Callable[[bytes], bytes] | None = None
        self.tls_sha256 = ""
        self.version = VERSION
        self.listed: list[SignatureMade] = []
        self._nonces = MemoryNonces()
        self._serve(certificate)

    # --- running ---------------------------------------------------------------------------------

    def _serve(self, certificate: tuple[Path, Path] | None) -> None:
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            der = ssl.PEM_cert_to_DER_cert(certificate[0].read_text())
            self.tls_sha256 = hashlib.sha256(der).hexdigest()
        self._server = make_server(
            "127.0.0.1", 0, self._application(), threaded=True, ssl_context=context
        )
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def now(self) -> datetime:
        return now() + self.offset

    def _application(self) -> Flask:
        app = Flask("office")
        app.add_url_rule(IDENTITY_PATH, view_func=self._identity)
        app.add_url_rule("/<path:path>", view_func=self._post, methods=["POST"])
        app.add_url_rule("/lien-ket", "link", view_func=lambda: f'<a href="{self.link}">Ký số</a>')
        app.add_url_rule(
            "/van-ban/<number>", "document", view_func=lambda number: f"Văn bản {number}"
        )
        return app

    def _identity(self) -> Response:
        self.identity_asked += 1
        if self.hangs_up:
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        told = ServerIdentity(NAME, self.key.public, self.version, self.tls_sha256, self.protocol)
        body = told.to_body()
        return self._answer(request.args["nonce"], 200, body)

    def _post(self, path: str) -> Response:
        body = request.get_data()
        self.seen.append((request.path, dict(request.headers), body))
        if self.redirect_to:
            return Response(b"", 307, {"Location": self.redirect_to + request.path})
        nonce = ""
        try:
            head = RequestHead.read(request.headers.get(REQUEST_HEADER, ""))
            nonce = head.nonce
            answer = self._handle(head, "/" + path, body)
        except SigningError as error:
            return self._answer(nonce, *error_answer(error))
        if self.drop_answers:
            self.drop_answers -= 1
            return Response(b"", 200)
        return self._answer(nonce, 200, answer)

    def _answer(self, nonce: str, status: int, body: bytes) -> Response:
        header = sign_response(self.key, nonce=nonce, status=status, body=body, at=self.now())
        if self.tamper is not None:
            body = self.tamper(body)
        return Response(body, status, {RESPONSE_HEADER: header}, content_type="application/json")

    def _handle(self, head: RequestHead, path: str, body: bytes) -> bytes:
        check_protocol(head.protocol)
        keys = self._keys_of(head, path, body)
        verify_request(
            head,
            keys,
            server_id=self.key.public.server_id,
            method="POST",
            path=path,
            body=body,
            at=self.now(),
            remember=self._nonces.remember,
        )
        if path == PAIR_PATH:
            self.offers[head.agent_id] = PairingOffer.from_body(body)
            return PAIRING_PENDING
        if path == PAIR_POLL_PATH:
            answer = self.answers.get(head.agent_id)
            return answer.to_body() if answer else PAIRING_PENDING
        if path == HEARTBEAT_PATH:
            self.heartbeats.append(Heartbeat.from_body(body))
            return HeartbeatAnswer(self.version).to_body()
        if path == CERTIFICATES_PATH:
            return self._import(body)
        if path == SIGNATURES_PATH:
            start = ListRequest.from_body(body).start
            part = tuple(self.listed[start : start + 2])
            return SignatureList(part, start + 2 < len(self.listed)).to_body()
        return self._job_step(head, path, body)

    def _keys_of(self, head: RequestHead, path: str, body: bytes) -> AgentPublicKeys:
        if path == PAIR_PATH:
            return PairingOffer.from_body(body).agent
        if head.agent_id in self.agents:
            return self.agents[head.agent_id][0]
        if path == PAIR_POLL_PATH and head.agent_id in self.offers:
            return self.offers[head.agent_id].agent
        raise RequestForged

    def _import(self, body: bytes) -> bytes:
        report = CertificateReport.from_body(body)
        if report.job_id not in self.imports:
            raise JobNotFound
        self.imports[report.job_id] = report
        return Receipt(JobState.ACCEPTED, "/chung-thu/nhap").to_body()

    def _job_step(self, head: RequestHead, path: str, body: bytes) -> bytes:
        for job_id, job in self.jobs.items():
            if job.agent_id != head.agent_id:
                continue
            if path == job_path(job_id, "show"):
                start = ShowRequest.from_body(body).start
                job.shown_from.append(start)
                return view_from(
                    job.signed_manifest,
                    job.progress.state,
                    job.pdfs,
                    start=start,
                    done=tuple(sorted({*job.signed, *job.refuses} if job.signed else ())),
                ).to_body()
            if path == job_path(job_id, "claim"):
                wish = ClaimRequest.from_body(body)
                job.progress = claim(
                    job.progress, wish.claim_id, at=self.now(), take_over=wish.take_over
                )
            elif path == job_path(job_id, "result"):
                return self._take_result(job, Result.from_body(body)).to_body()
            elif path in {job_path(job_id, "fail"), job_path(job_id, "release")}:
                failure = Failure.from_body(body)
                error = failure.code if path == job_path(job_id, "fail") else ""
                job.failures.append(failure.code)
                job.progress = give_back(job.progress, failure.claim_id, error=error)
            else:
                continue
            return Receipt(job.progress.state, job.manifest.return_path).to_body()
        raise JobNotFound

    def _take_result(self, job: Job, result: Result) -> Receipt:
        result.check(len(job.pdfs), done=tuple(job.signed))
        job.results += 1
        if len(job.pdfs) == 1:
            progress = take_result(job.progress, result, at=self.now())
            if progress.state is JobState.SIGNED:
                self._splice(job, result)
                progress = accept(progress)
            job.progress = progress
            return Receipt(progress.state, job.manifest.return_path)
        progress = take_part(job.progress, result.claim_id, at=self.now())
        job.parts.append(result)
        self._splice(job, result)
        job.progress = end_part(progress, result, left=len(job.pdfs) - len(job.signed))
        outcomes = tuple(
            Outcome(index, "result_refused" if index in job.refuses else "")
            for index in result.signatures
        )
        return Receipt(job.progress.state, job.manifest.return_path, outcomes)

    def _splice(self, job: Job, result: Result) -> None:
        for index, container in result.signatures.items():
            item = job.manifest.items[index]
            digest = cms.digest_of(job.pdfs[index], item.byte_range)
            cms.check(container, digest, self.certificate_der)
            job.signed[index] = splice(job.pdfs[index], item.byte_range, container)
        job.finished = [job.signed[index] for index in sorted(job.signed)]

    # --- what people do on the web ---------------------------------------------------------------

    certificate_der = b""

    def type_code(self, code: str) -> None:
        """The logged-in person types the code. Raises PairingRefused."""
        for agent_id, offer in self.offers.items():
            try:
                answer = answer_pairing(
                    self.key, offer, code, server_name=NAME, user_id=USER_ID, user_name=USER_NAME
                )
            except PairingRefused:
                continue
            self.answers[agent_id] = answer
            self.agents[agent_id] = (offer.agent, USER_ID)
            return
        raise PairingRefused

    def press_sign(
        self,
        agent: AgentPublicKeys,
        holder: Holder,
        *,
        count: int = 1,
        minutes: int = 10,
        certificate_der: bytes | None = None,
        user_id: str = USER_ID,
        pdfs: Sequence[bytes] = (),
    ) -> tuple[Job, str]:
        """A person presses "Ký số": a job with `count` documents, and the ticket for the agent.

        They are made of `pdfs` in turn (each with the field "lanh_dao"), else of our letter.
        """
        self.certificate_der = certificate_der or holder.der
        job_id = f"viec-{len(self.jobs) + 1}"
        prepared = [
            prepare(
                pdfs[index % len(pdfs)] if pdfs else with_fields(),
                field="lanh_dao",
                signing_time=SIGNING_TIME + timedelta(seconds=index),
                appearance=None,
                fonts=fonts(),
            )
            for index in range(count)
        ]
        at = self.now()
        manifest = Manifest(
            job_id=job_id,
            server_id=self.key.public.server_id,
            server_name=NAME,
            user_id=user_id,
            user_name=USER_NAME,
            act="Ký phê duyệt",
            certificate_sha256=hashlib.sha256(self.certificate_der).hexdigest(),
            chain=holder.chain[:1],
            items=items_of(prepared),
            evidence=(
                Evidence("Chứng thư còn thời hạn tại thời điểm ký (Điều 31)", good=True),
                Evidence("Chưa có danh sách thu hồi mới nên chưa kiểm tra thu hồi", good=False),
                Evidence("Đường dẫn chứng thực hợp lệ (Điều 32)", good=True),
            ),
            return_path=f"/van-ban/{len(self.jobs) + 1}",
            issued_at=at,
            expires_at=at + timedelta(minutes=minutes),
        )
        job = Job(
            manifest,
            sign_manifest(self.key, manifest),
            [each.pdf for each in prepared],
            agent.agent_id,
            JobProgress(JobState.ISSUED, manifest.expires_at),
        )
        self.jobs[job_id] = job
        return job, self.ticket_for(job, agent, user_id=user_id)

    def ticket_for(self, job: Job, agent: AgentPublicKeys, *, user_id: str = USER_ID) -> str:
        ticket = Ticket(
            kind=TicketKind.SIGN,
            job_id=job.manifest.job_id,
            server_id=self.key.public.server_id,
            user_id=user_id,
            agent_id=agent.agent_id,
            manifest_sha256=job.manifest.sha256,
            act=job.manifest.act,
            issued_at=job.manifest.issued_at,
            expires_at=job.manifest.expires_at,
        )
        return issue_ticket(self.key, agent.seal, ticket)

    def press_import(self, agent: AgentPublicKeys) -> tuple[str, str]:
        """A person presses "Đọc chứng thư từ thiết bị": the job id and the ticket."""
        job_id = f"nhap-{len(self.imports) + 1}"
        self.imports[job_id] = None
        ticket = Ticket(
            kind=TicketKind.IMPORT,
            job_id=job_id,
            server_id=self.key.public.server_id,
            user_id=USER_ID,
            agent_id=agent.agent_id,
            manifest_sha256="",
            act="Đọc chứng thư từ thiết bị",
            issued_at=self.now(),
            expires_at=self.now() + timedelta(minutes=10),
        )
        return job_id, issue_ticket(self.key, agent.seal, ticket)
