"""Preparing a letter for a signature: fields, appearance, hole, evidence and manifest.

All that is PDF is done here on the server (DESIGN, section 4): the agent shows, hashes and signs.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

import clock
from extensions import db
from labels import label
from letters import fonts as letter_fonts
from models import (
    Certificate,
    CertificateRequest,
    PairingOffer,
    RequestDocument,
    SigningAgent,
    SigningJob,
)
from operations import files, time_stamps
from operations.request_signers import facts_of_signer
from operations.signatures import BeforeSeal
from operations.signing_jobs import Order, new_public_id
from rules.document_places import day_text, number_text
from rules.documents import DocumentKind, SigningAct
from rules.signers import capacity_words
from signing.messages import (
    TICKET_LIFETIME,
    AgentPublicKeys,
    Evidence,
    Item,
    Manifest,
    SignedManifest,
    Ticket,
    TicketKind,
    agent_address,
    issue_ticket,
    sign_manifest,
)
from signing.pades import appearance, layout
from signing.pades.judge import judge
from signing.pades.prepare import Prepared, prepare, reserve_for
from signing.pades.report import Level
from signing.trust.certificates import load as load_certificate
from signing.trust.path import build_path
from signing.trust.store import TrustStore
from views.guards import account, settings
from views.signing_keys import server_key
from views.trust_answers import ask_before_signing

NUMBER, DATE = "so_van_ban", "ngay_van_ban"
LEADER, AGENCY = "chu_ky_nguoi_co_tham_quyen", "chu_ky_co_quan"
FIELDS = {SigningAct.APPROVE: LEADER, SigningAct.ISSUE: AGENCY}
ACT_WORDS = {
    SigningAct.APPROVE: "Ký số của người có thẩm quyền",
    SigningAct.ISSUE: "Ký số của cơ quan (số, ngày và con dấu)",
}

READING_WORDS = "Đọc chứng thư từ thiết bị đang cắm (không cần mã PIN)"


class NotReady(Exception):
    """The letter cannot be prepared; the message says in Vietnamese what is missing."""


@dataclass(frozen=True)
class Checked:
    """What was found about the signer's certificate before the job (Điều 29, 31, 32)."""

    usable: bool
    lines: tuple[Evidence, ...]
    chain: tuple[bytes, ...]


def check_certificate(certificate: Certificate, at: datetime) -> Checked:
    """Check term, scope and state (Điều 31), then the path (Điều 32), at this instant.

    A certificate that is out of its term, of another scope or revoked is not usable; what cannot be
    checked offline is recorded as a warning.
    """
    parsed = load_certificate(certificate.der)
    ask_before_signing(parsed, at)
    store = TrustStore.load(settings().trust)
    found = judge(parsed, (), store, signing_time=at, at=at)
    path = build_path(parsed, store, ())
    lines = [Evidence(f"Điều 31: {each}", good=False) for each in found.invalid]
    if not found.invalid:
        lines.append(
            Evidence("Điều 31: chứng thư còn thời hạn và đúng phạm vi sử dụng.", good=True)
        )
    lines.append(
        Evidence(
            f"Điều 31: trạng thái thu hồi – {found.revocation}.", good=found.revocation == "hợp lệ"
        )
    )
    if found.trusted:
        words = " → ".join(found.path)
        lines.append(Evidence(f"Điều 32: đường dẫn chứng thực {words}.", good=True))
    lines += [Evidence(f"Lưu ý: {each}", good=False) for each in found.undecided]
    issuers = path.certificates[1:-1] if found.trusted else path.certificates[1:]
    chain = tuple(each.public_bytes(Encoding.DER) for each in issuers)
    return Checked(not found.invalid, tuple(lines), chain)


@dataclass(frozen=True)
class Ready:
    """A document prepared for one signature: what job and manifest say of it.

    `evidence` is what was found about this very document, beside the certificate; `report` the
    whole verification of it, as `Report.as_dict` and its size in bytes, where somebody had signed.
    """

    act: SigningAct
    words: str
    prepared: Prepared
    item: Item
    evidence: tuple[Evidence, ...] = ()
    before_seal: BeforeSeal | None = None
    report: dict[str, Any] | None = None


def order(
    request: CertificateRequest,
    act: SigningAct,
    certificate: Certificate,
    checked: Checked,
    agent: SigningAgent,
) -> Order:
    """Prepare the letter for one signature and bind it into an order with its signed manifest.

    Raises `NotReady`, and `signing.errors.SigningError` when the PDF cannot be prepared.
    """
    ready = ready_letter(request, act, certificate, checked, clock.now())
    return single_order(ready, certificate, checked, agent, back=f"/de-nghi/{request.id}")


def ready_letter(
    request: CertificateRequest,
    act: SigningAct,
    certificate: Certificate,
    checked: Checked,
    at: datetime,
) -> Ready:
    """The letter prepared for one signature. Raises as `order`."""
    prepared = prepare_letter(request, act, certificate, checked, at)
    return Ready(act, ACT_WORDS[act], prepared, item_of(request, act, prepared))


def single_order(
    ready: Ready, certificate: Certificate, checked: Checked, agent: SigningAgent, *, back: str
) -> Order:
    """The order of a job with this one document; the browser goes back to `back`."""
    listed, evidence = (ready.item,), (*checked.lines, *ready.evidence)
    job_id = new_public_id()
    manifest = manifest_of(job_id, ready.words, certificate, checked, listed, evidence, back)
    return bound(
        manifest,
        ready.prepared,
        act=ready.act,
        field=ready.item.field,
        agent_id=agent.id,
        certificate_id=certificate.id,
    )


def manifest_of(
    job_id: str,
    act: str,
    certificate: Certificate,
    checked: Checked,
    listed: tuple[Item, ...],
    evidence: tuple[Evidence, ...],
    back: str,
) -> Manifest:
    """What the server asks this person's agent to sign, and who asks."""
    at, user = clock.now(), account().user
    return Manifest(
        job_id=job_id,
        server_id=server_key().public.server_id,
        server_name=settings().server_name,
        user_id=str(user.id),
        user_name=user.display_name,
        act=act,
        certificate_sha256=certificate.sha256,
        chain=checked.chain,
        items=listed,
        evidence=evidence,
        return_path=back,
        issued_at=at,
        expires_at=at + TICKET_LIFETIME,
    )


def bound(
    manifest: Manifest,
    prepared: Prepared,
    *,
    act: SigningAct,
    field: str,
    agent_id: int,
    certificate_id: int,
) -> Order:
    """The order of a job: its prepared document, and the manifest signed by the server."""
    manifest = with_device(manifest, certificate_id)
    return Order(
        public_id=manifest.job_id,
        act=act,
        agent_id=agent_id,
        certificate_id=certificate_id,
        field=field,
        prepared_pdf=prepared.pdf,
        byte_range=prepared.byte_range,
        manifest=stored(sign_manifest(server_key(), manifest)),
        evidence=[line.to_dict() for line in manifest.evidence],
        expires_at=manifest.expires_at,
    )


def with_device(manifest: Manifest, certificate_id: int) -> Manifest:
    """The manifest with the token that the register has for its certificate, so that the agent can
    warn; a token recorded for somebody else, or none at all, is told in the evidence."""
    certificate = db.session.get_one(Certificate, certificate_id)
    device, lines = certificate.device, []
    if device is None:
        lines.append("Sổ chưa ghi thiết bị nào giữ chứng thư này.")
    elif device.holder_id is None:
        lines.append(f"Sổ chưa ghi ai giữ thiết bị {device.internal_code}.")
    elif device.holder_id != account().user.person_id:
        holder = device.holder.full_name if device.holder else ""
        lines.append(f"Sổ ghi thiết bị {device.internal_code} do người khác giữ: {holder}.")
    return replace(
        manifest,
        device_serial=(device.driver_serial or "") if device is not None else "",
        evidence=(*manifest.evidence, *(Evidence(f"Lưu ý: {one}", good=False) for one in lines)),
    )


def stored(signed: SignedManifest) -> dict[str, Any]:
    """A signed manifest as the database keeps it: the very bytes, in hexadecimal."""
    return {"payload": signed.payload.hex(), "signature": signed.signature.hex()}


def restored(manifest: dict[str, Any]) -> SignedManifest:
    """The signed manifest that `stored` wrote."""
    return SignedManifest(bytes.fromhex(manifest["payload"]), bytes.fromhex(manifest["signature"]))


def item_of(request: CertificateRequest, act: SigningAct, prepared: Prepared) -> Item:
    """What the manifest says of one prepared letter."""
    number = ""
    signer = facts_of_signer(request) if act is SigningAct.APPROVE else None
    if act is SigningAct.ISSUE and request.document_number:
        number = f"Số {symbol(request)}, ngày {request.document_on:%d/%m/%Y}"
    return Item(
        name=f"de-nghi-{request.id}.pdf",
        sha256=hashlib.sha256(prepared.pdf).hexdigest(),
        size=len(prepared.pdf),
        byte_range=prepared.byte_range,
        field=FIELDS[act],
        title=f"{label(request.kind)}: {len(request.lines)} dòng (số {request.id} trong sổ)",
        number=number,
        capacity=capacity_words(signer) if signer is not None else "",
    )


def symbol(request: CertificateRequest) -> str:
    """Số và ký hiệu as it stands in the letter."""
    tail = "-".join(part for part in (request.agency.abbreviation, request.drafting_unit) if part)
    return f"{request.document_number}/{tail}"


def prepare_letter(
    request: CertificateRequest,
    act: SigningAct,
    certificate: Certificate,
    checked: Checked,
    at: datetime,
) -> Prepared:
    """The letter with the hole for one signature. Raises as `order`."""
    fonts = letter_fonts.find()
    reserve = hole_for(certificate, checked)
    if act is SigningAct.APPROVE:
        letter = current(request, DocumentKind.LETTER)
        pdf = _with_fields(files.read(db.session, letter.sha256), letter.anchors)
        fill: dict[str, str] = {}
    else:
        if not request.document_number or request.document_on is None:
            raise NotReady("Chưa ghi số và ngày văn bản.")
        pdf = files.read(db.session, current(request, DocumentKind.SIGNED).sha256)
        fill = {NUMBER: number_text(request.document_number), DATE: day_text(request.document_on)}
    return prepare(
        pdf,
        field=FIELDS[act],
        signing_time=at,
        appearance=_appearance(request, act, at),
        fonts=fonts,
        fill=fill,
        reserve=reserve,
    )


def current(request: CertificateRequest, kind: DocumentKind) -> RequestDocument:
    """The current document of a kind; raises `NotReady` when there is none."""
    for document in reversed(request.documents):
        if document.kind is kind and document.is_current:
            return document
    raise NotReady("Chưa có văn bản để ký. Hãy trình lại để dựng văn bản.")


def hole_for(certificate: Certificate, checked: Checked) -> int:
    """Bytes for the signature: with room for the time stamp where the office wants one at all."""
    level = Level(time_stamps.wish_of(db.session()).level)
    return reserve_for([certificate.der, *checked.chain], level)


def _with_fields(pdf: bytes, anchors: dict[str, Any]) -> bytes:
    """All fields before the first signature; the agency's signature will lock number and date."""
    if not {"number", "date", "signature", "seal"} <= anchors.keys():
        raise NotReady(
            "Văn bản này được dựng để ký tay. Hãy bỏ lựa chọn “ký tay trên giấy” rồi trình lại."
        )
    return layout.add_fields(
        pdf,
        [text_field(NUMBER, anchors["number"]), text_field(DATE, anchors["date"])],
        [
            layout.SignatureField(LEADER, box_of(anchors["signature"])),
            layout.SignatureField(AGENCY, box_of(anchors["seal"]), lock=(NUMBER, DATE)),
        ],
        letter_fonts.find(),
    )


def box_of(anchor: dict[str, Any]) -> layout.Box:
    """The place of an anchor that the database keeps."""
    return layout.Box(anchor["page"], anchor["x1"], anchor["y1"], anchor["x2"], anchor["y2"])


def text_field(name: str, anchor: dict[str, Any]) -> layout.TextField:
    """A text field at an anchor, set like the words around it."""
    return layout.TextField(
        name,
        box_of(anchor),
        style=anchor["style"] or "regular",
        size=anchor["size"] or 13.0,
        align=anchor["align"] or "left",
    )


def _appearance(
    request: CertificateRequest, act: SigningAct, at: datetime
) -> appearance.Appearance:
    agency = request.agency
    if act is SigningAct.APPROVE:
        signer = request.signer
        picture = picture_of(signer.signature_picture_sha256 if signer else None)
        if picture is not None:
            return appearance.PictureAppearance(picture)
        name = signer.full_name if signer else ""
        return appearance.approval(appearance.signing_lines(name, agency.name, at))
    picture = picture_of(agency.seal_picture_sha256)
    if picture is not None:
        return appearance.PictureAppearance(picture)
    return appearance.seal(appearance.signing_lines(agency.name, agency.name, at)[1:])


def picture_of(sha256: str | None) -> bytes | None:
    """The bytes of a stored picture; None without one."""
    return files.read(db.session, sha256) if sha256 else None


def ticket_address(job: SigningJob) -> str:
    """The link that opens the agent of a job's user with a ticket sealed to that agent."""
    reading = job.act is SigningAct.READ_CERTIFICATES
    manifest = None if reading else Manifest.from_payload(restored(job.manifest).payload)
    agent = job.agent
    if agent is None:
        raise NotReady("Chưa ghép nối Trình ký số với tài khoản này.")
    ticket = Ticket(
        kind=TicketKind.IMPORT if reading else TicketKind.SIGN,
        job_id=job.public_id,
        server_id=server_key().public.server_id,
        user_id=str(job.user_id),
        agent_id=agent.agent_id,
        manifest_sha256=manifest.sha256 if manifest else "",
        act=manifest.act if manifest else READING_WORDS,
        issued_at=job.issued_at,
        expires_at=job.expires_at,
    )
    text = issue_ticket(server_key(), bytes.fromhex(agent.seal_key), ticket)
    return agent_address(agent.port, text, ticket.kind)


def reading_order(agent: SigningAgent) -> Order:
    """The order to read certificates from the attached token; it has no documents."""
    return Order(
        public_id=new_public_id(),
        act=SigningAct.READ_CERTIFICATES,
        agent_id=agent.id,
        certificate_id=None,
        field="",
        prepared_pdf=b"",
        byte_range=(),
        manifest={},
        evidence=(),
        expires_at=clock.now() + TICKET_LIFETIME,
    )


def keys_of(agent: SigningAgent | PairingOffer) -> AgentPublicKeys:
    """The public keys of an agent, paired or not."""
    return AgentPublicKeys(bytes.fromhex(agent.agent_key), bytes.fromhex(agent.seal_key))
