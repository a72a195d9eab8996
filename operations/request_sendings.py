"""A letter leaves: to its addressee, to everybody who gets a copy, and is received.

Each sending is a row of its own with channel, day, reference and proof (Bắc Ninh Điều 6.1); one
without a day is still owed. The main sending makes the request SENT; copies may follow later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from audit import Actor
from models import CertificateRequest, RequestSending
from operations import follow_ups
from operations.request_documents import Upload, attach, keep, record
from operations.request_rows import NOUN, load_for_change, move
from operations.transactions import Refused, transaction
from rules.documents import DocumentKind
from rules.names import nfc
from rules.requests import LEFT_THE_HOUSE, NOT_YET_SENT, RequestAct
from rules.routing import Channel, Recipient

_DAYS_FOR_PROOF = 3
"""House rule: within so many days the receipt of a letter that has left should be at hand."""


@dataclass(frozen=True)
class Sent:
    """What is written down of one sending. `proof` is a receipt or a picture of the screen,
    `without_proof` why there is neither that nor a code.
    """

    on: date
    channel: Channel
    reference: str = ""
    proof: Upload | None = None
    without_proof: str = ""

    @property
    def has_proof(self) -> bool:
        """Whether there is anything to show for it."""
        return self.proof is not None or bool(self.reference.strip())


def copies_owed(request: CertificateRequest) -> list[RequestSending]:
    """The copies that were not sent yet."""
    return [one for one in request.sendings if one.is_copy and one.sent_on is None]


def owe_copies(request: CertificateRequest, recipients: Sequence[Recipient]) -> None:
    """Write down to whom a copy must go; for use inside the transaction that opens a draft."""
    known = {one.recipient for one in request.sendings if one.is_copy}
    for one in recipients:
        if one.name not in known:
            request.sendings.append(
                RequestSending(
                    is_copy=True, recipient=one.name, recipient_code=one.identification_code
                )
            )


def change_recipients(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    addressee_code: str,
    copies: Sequence[Recipient],
) -> None:
    """Correct the code of the addressee and the list of copies, until the letter has left.

    Copies already sent stay. Raises `Refused` afterwards, and `Conflict`.
    """
    wanted = [one for one in copies if one.name.strip()]
    with transaction(session):
        request = load_for_change(session, request_id, version)
        if request.state not in NOT_YET_SENT:
            raise Refused("Văn bản đã gửi nên nơi nhận không thay đổi được nữa.")
        request.addressee_code = addressee_code.strip()
        _main_sending(request)  # Its row names the same code.
        names = {one.name.strip(): one.identification_code.strip() for one in wanted}
        for row in copies_owed(request):
            if row.recipient not in names:
                request.sendings.remove(row)
        for row in copies_owed(request):
            row.recipient_code = names[row.recipient]
        owe_copies(request, [Recipient(name, code, False) for name, code in names.items()])
        request.version += 1
        record(session, "certificate_request.edited", request, actor, changed=["recipients"])


def record_sending(
    session: Session, *, actor: Actor, request_id: int, version: int, sent: Sent
) -> None:
    """Write down that the letter has left for its addressee. Raises `Refused`, `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        state = move(request, RequestAct.RECORD_SENDING)
        _check_day(request, sent.on, actor)
        if not sent.has_proof:
            _owe_the_proof(session, request, actor, sent)
        request.state = state
        request.sent_on = sent.on
        request.version += 1
        row = _main_sending(request)
        if sent.proof is not None:
            row.proof_sha256 = attach(
                session,
                request,
                actor,
                DocumentKind.PROOF_OF_SENDING,
                sent.proof.content,
                media_type=sent.proof.media_type,
            )
        _fill(row, sent, actor)
        follow_ups.settle_request(session, actor, request)
        record(
            session,
            "certificate_request.sent",
            request,
            actor,
            channel=sent.channel.value,
            day=sent.on.isoformat(),
        )


def _owe_the_proof(session: Session, request: CertificateRequest, actor: Actor, sent: Sent) -> None:
    """A letter may be known to have left before its receipt is at hand: with the reason, and the
    receipt stays owed (house rule).
    """
    reason = nfc(sent.without_proof).strip()
    if not reason:
        raise Refused(
            "Chưa có mã gửi hoặc chứng từ gửi. Nhập mã, tải chứng từ lên, hoặc ghi lý do chưa có "
            "bằng chứng; phần mềm sẽ nhắc bổ sung."
        )
    follow_ups.propose(
        session,
        actor,
        noun=NOUN,
        object_id=request.id,
        agency_id=request.agency_id,
        items=[
            follow_ups.Item(
                follow_ups.PROOF_OF_SENDING,
                f"Chưa có bằng chứng đã gửi văn bản ngày {sent.on:%d/%m/%Y} cho "
                f"{request.addressee}. Lý do: {reason}",
                due_on=actor.today + timedelta(days=_DAYS_FOR_PROOF),
            )
        ],
    )


def record_proof(
    session: Session, *, actor: Actor, request_id: int, version: int, sent: Sent
) -> None:
    """Add the code or the receipt of a letter that had left without. Raises `Refused`, `Conflict`.

    Only what is missing is taken; the day and the way of sending stay.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        row = main_sending(request)
        if row is None or row.sent_on is None or row.reference or row.proof_sha256:
            raise Refused("Lần gửi này đã có bằng chứng, hoặc chưa được ghi nhận.")
        if not sent.has_proof:
            raise Refused("Nhập mã gửi hoặc tải chứng từ gửi lên.")
        if sent.proof is not None:
            row.proof_sha256 = keep(
                session, request, actor, DocumentKind.PROOF_OF_SENDING, sent.proof
            )
        row.reference = sent.reference.strip()
        request.version += 1
        for one in follow_ups.of(session, NOUN, request.id):
            if one.code == follow_ups.PROOF_OF_SENDING and one.done_at is None:
                one.done_at, one.done_by_id = actor.at, actor.user_id
        record(session, "certificate_request.edited", request, actor, changed=["proof_of_sending"])


def record_copy(
    session: Session, *, actor: Actor, request_id: int, version: int, sending_id: int, sent: Sent
) -> None:
    """Write down that an owed copy has left, with a proof of its own. Raises `Refused`, `Conflict`.

    The proof is a code or a paper. A copy may go on the same day as the letter, or after it, but
    not before it is signed.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        if request.state not in LEFT_THE_HOUSE:
            raise Refused("Ghi nhận gửi văn bản cho nơi nhận chính trước, rồi mới ghi bản sao.")
        row = next((one for one in copies_owed(request) if one.id == sending_id), None)
        if row is None:
            raise Refused("Bản sao này đã được ghi nhận gửi.")
        _check_day(request, sent.on, actor)
        _check_copy(sent)
        if sent.proof is not None:
            row.proof_sha256 = keep(
                session, request, actor, DocumentKind.PROOF_OF_SENDING, sent.proof
            )
        _fill(row, sent, actor)
        request.version += 1
        record(
            session,
            "certificate_request.copied",
            request,
            actor,
            sending=row.id,
            channel=sent.channel.value,
            day=sent.on.isoformat(),
        )


def _check_copy(sent: Sent) -> None:
    """A copy leaves by another way than the authority's own portal, with something to show for it.

    Ground: Bắc Ninh Điều 6.1 ("đồng gửi"); that it needs a proof of its own is a rule of the house.
    """
    if sent.channel is Channel.PORTAL:
        raise Refused(
            "Hệ thống thông tin đăng ký, quản lý yêu cầu chứng thực chỉ gửi tới Cục. Hãy chọn cách "
            "gửi khác cho bản sao."
        )
    if not sent.reference.strip() and sent.proof is None:
        raise Refused("Bản sao là một lần gửi riêng: hãy ghi mã gửi hoặc đính kèm chứng từ gửi.")


def record_receipt(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    on: date,
    dossier_code: str,
) -> None:
    """Write down that the receiving body has taken the request in; its clock starts on that day.

    May be put right until it is answered. Raises `Refused` for a day before the sending or in the
    future, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        request.state = move(request, RequestAct.RECORD_RECEIPT)
        take_in(request, actor, on, dossier_code)
        record(session, "certificate_request.received", request, actor, day=on.isoformat())


def take_in(request: CertificateRequest, actor: Actor, on: date, dossier_code: str) -> None:
    """Set the receipt inside the caller's transaction. Raises `Refused` for an impossible day."""
    if on > actor.today:
        raise Refused("Ngày tiếp nhận không được sau ngày hôm nay.")
    if request.sent_on is not None and on < request.sent_on:
        raise Refused(f"Ngày tiếp nhận không được trước ngày gửi ({request.sent_on:%d/%m/%Y}).")
    request.received_on = on
    request.dossier_code = dossier_code.strip()
    request.version += 1


def main_sending(request: CertificateRequest) -> RequestSending | None:
    """The sending to the addressee, owed or done; None for a draft that has none yet."""
    return next((one for one in request.sendings if not one.is_copy), None)


def _main_sending(request: CertificateRequest) -> RequestSending:
    row = main_sending(request)
    if row is None:
        row = RequestSending(is_copy=False)
        request.sendings.append(row)
    row.recipient, row.recipient_code = request.addressee, request.addressee_code
    return row


def _fill(row: RequestSending, sent: Sent, actor: Actor) -> None:
    row.sent_on = sent.on
    row.channel = sent.channel.value
    row.reference = sent.reference.strip()
    row.recorded_by_id = actor.user_id
    row.recorded_at = actor.at


def _check_day(request: CertificateRequest, on: date, actor: Actor) -> None:
    if on > actor.today:
        raise Refused("Ngày gửi không được sau ngày hôm nay.")
    if request.document_on is not None and on < request.document_on:
        raise Refused(f"Ngày gửi không được trước ngày văn bản ({request.document_on:%d/%m/%Y}).")
