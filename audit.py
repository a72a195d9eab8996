"""The log: append-only events in a gap-free, hash-chained sequence.

1. An event is written in the transaction of the act itself: no event, no act, and no act undone
   leaves an event behind.
2. `seq` comes from the one row of `audit_head`, raised in the same transaction, so it has no gaps.
3. `hash` = SHA-256(0x00 ‖ previous hash ‖ canonical JSON of all other columns).
4. Each event type declares its keys; other keys are refused. Bodies name people and things by
   number only: no names, no citizen ids, no e-mail addresses, no PINs.
5. Triggers refuse UPDATE and DELETE. They stop accidents; the chain shows the rest.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEvent, AuditHead

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
GENESIS = "0" * 64
BODY_VERSION = 1
_PAGE = 5_000

Value = str | int | bool | None | list[int] | list[str]


@dataclass(frozen=True)
class Actor:
    """Who acts, when, and from where; the only thing that operations learn about the web.

    `at` is the instant of the act and the only clock that operations have.
    """

    user_id: int | None
    person_id: int | None
    roles: tuple[str, ...]
    address: str
    at: datetime
    login_session_id: int | None = None

    @property
    def today(self) -> date:
        """The civil day of the act in Việt Nam."""
        return self.at.astimezone(VIETNAM).date()


SYSTEM_ADDRESS = "hệ thống"


def system_actor(at: datetime) -> Actor:
    """The program itself, for acts that no person started (first run, practice data, clean-up)."""
    return Actor(None, None, (), SYSTEM_ADDRESS, at)


@dataclass(frozen=True)
class EventType:
    """One kind of event: its words on screen and the exact keys of its body."""

    words: str
    keys: frozenset[str]


def _event(words: str, *keys: str) -> EventType:
    return EventType(words, frozenset(keys))


EVENTS: Mapping[str, EventType] = {
    "installation.created": _event("Khởi tạo cơ sở dữ liệu", "version"),
    "practice.created": _event("Tạo dữ liệu thử nghiệm", "people", "devices", "certificates"),
    "practice.removed": _event("Xóa dữ liệu thử nghiệm"),
    "account.created": _event("Tạo tài khoản", "roles"),
    "account.changed": _event("Sửa tài khoản", "changed"),
    "account.password_changed": _event("Đổi mật khẩu", "own"),
    "account.login": _event("Đăng nhập", "session"),
    "account.login_refused": _event("Đăng nhập không thành công", "reason"),
    "account.reauthenticated": _event("Xác nhận lại mật khẩu", "session"),
    "account.logout": _event("Đăng xuất", "session"),
    "account.session_ended": _event("Kết thúc phiên đăng nhập", "session"),
    "agency.created": _event("Thêm cơ quan, đơn vị", "parent"),
    "agency.changed": _event("Sửa thông tin cơ quan, đơn vị", "changed"),
    "agency.renamed": _event("Đổi tên cơ quan, đơn vị", "day"),
    "agency.merged": _event("Sáp nhập cơ quan, đơn vị", "successor", "day"),
    "agency.split": _event("Chia, tách cơ quan, đơn vị", "successor", "day", "ended"),
    "person.created": _event("Thêm cá nhân", "agency"),
    "person.changed": _event("Sửa thông tin cá nhân", "changed"),
    "person.citizen_id_shown": _event("Xem số định danh cá nhân"),
    "device.created": _event("Thêm thiết bị", "kind", "state"),
    "device.changed": _event("Sửa thông tin thiết bị", "changed"),
    "certificate.imported": _event("Nhập chứng thư", "batch", "sha256", "origin"),
    "certificate.changed": _event("Sửa thông tin chứng thư", "changed"),
    "certificate.history_attested": _event("Xác nhận lịch sử gia hạn", "renewals"),
    "import.staged": _event("Đọc chứng thư để nhập", "source", "new", "same", "changed", "refused"),
    "import.saved": _event("Lưu chứng thư đã nhập", "saved", "skipped"),
    "import.discarded": _event("Bỏ lần nhập chứng thư"),
    "certificate_request.drafted": _event("Lập văn bản đề nghị", "kind", "certificates"),
    "certificate_request.edited": _event("Sửa văn bản đề nghị", "changed"),
    "certificate_request.signer_changed": _event("Đổi người ký", "signer", "voided_approval"),
    "certificate_request.submitted": _event("Trình lãnh đạo", "certificates", "warnings"),
    "certificate_request.approved": _event("Duyệt", "self_listed", "overridden"),
    "certificate_request.returned": _event("Trả lại", "reason_sha256"),
    "certificate_request.letter_drawn": _event("Dựng văn bản", "kind"),
    "certificate_request.signed": _event("Ký số của người có thẩm quyền", "job", "certificate"),
    "certificate_request.signed_elsewhere": _event("Nhận văn bản ký ở nơi khác", "verdict"),
    "certificate_request.signed_on_paper": _event("Nhận bản quét văn bản ký tay"),
    "certificate_request.numbered": _event("Ghi số và ngày văn bản", "number", "day"),
    "certificate_request.sealed": _event("Ký số của cơ quan", "job", "certificate"),
    "certificate_request.sent": _event("Ghi nhận đã gửi", "channel", "day"),
    "certificate_request.completed": _event("Ghi nhận kết quả", "done", "refused", "day"),
    "certificate_request.sent_back": _event("Bị trả lại", "day"),
    "certificate_request.cancelled": _event("Hủy văn bản đề nghị"),
    "signing_job.issued": _event("Tạo việc ký số", "act", "prepared", "certificate"),
    "signing_job.claimed": _event("Chương trình ký nhận việc", "agent"),
    "signing_job.accepted": _event("Nhận chữ ký số", "cms"),
    "signing_job.failed": _event("Việc ký số không thành", "code"),
    "signing_job.cancelled": _event("Hủy việc ký số"),
    "signing_agent.paired": _event("Ghép nối chương trình ký", "agent"),
    "signing_agent.removed": _event("Bỏ ghép nối chương trình ký", "agent"),
    "verification.made": _event("Kiểm tra chữ ký số", "verdict", "signatures"),
    "file.downloaded": _event("Tải tệp", "request"),
    "setting.changed": _event("Đổi thiết lập", "name"),
    "trust.changed": _event("Cập nhật chứng thư gốc hoặc danh sách thu hồi", "what"),
}


class UnknownEvent(Exception):
    """An event type that is not declared, or a body whose keys differ from its declaration."""


def canonical_json(value: object) -> str:
    """JSON with sorted keys, no spaces and NFC text: the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return unicodedata.normalize("NFC", text)


def record(
    session: Session,
    event: str,
    /,  # So that a body may have a key of the same name.
    *,
    actor: Actor,
    noun: str,
    object_id: int | str,
    agency_id: int | None = None,
    document_sha256: str | None = None,
    **body: Value,
) -> AuditEvent:
    """Append one event to the log inside the caller's transaction.

    Raises `UnknownEvent` when the type is not declared or the body's keys are not exactly its keys.
    """
    declared = EVENTS.get(event)
    if declared is None:
        raise UnknownEvent(f"{event} is not declared in audit.EVENTS")
    if declared.keys != body.keys():
        raise UnknownEvent(f"{event} wants {sorted(declared.keys)}, got {sorted(body)}")
    head = session.execute(select(AuditHead).with_for_update()).scalar_one()
    row = AuditEvent(
        seq=head.seq + 1,
        at=actor.at,
        event=event,
        agency_id=agency_id,
        actor_id=actor.user_id,
        actor_roles=",".join(actor.roles),
        address=actor.address,
        noun=noun,
        object_id=str(object_id),
        document_sha256=document_sha256,
        body=canonical_json(body),
        body_version=BODY_VERSION,
        prev_hash=head.hash,
    )
    row.hash = hash_of(row)
    head.seq, head.hash = row.seq, row.hash
    session.add(row)
    session.flush()  # The order of the rows is the order of the log.
    return row


def hash_of(row: AuditEvent) -> str:
    """The chained hash of an event, over every column except the hash itself."""
    columns = {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "event": row.event,
        "agency_id": row.agency_id,
        "actor_id": row.actor_id,
        "actor_roles": row.actor_roles,
        "address": row.address,
        "noun": row.noun,
        "object_id": row.object_id,
        "document_sha256": row.document_sha256,
        "body": row.body,
        "body_version": row.body_version,
    }
    content = canonical_json(columns).encode()
    return hashlib.sha256(b"\x00" + bytes.fromhex(row.prev_hash) + content).hexdigest()


@dataclass(frozen=True)
class Verification:
    """Outcome of reading the whole log: how far it is sound, and the first thing that is not."""

    events: int
    head: str
    broken_at: int | None
    reason: str | None

    @property
    def sound(self) -> bool:
        return self.broken_at is None


def verify(session: Session) -> Verification:
    """Read the log from its first event to its head and check sequence, chain and every hash.

    A cut tail shows as a head that no longer matches; a log and head cut together show only against
    a head remembered elsewhere (on paper, or at the auditor's).
    """
    expected_seq, previous = 1, GENESIS
    for row in _events_in_order(session):
        if row.seq != expected_seq:
            return Verification(expected_seq - 1, previous, expected_seq, "thiếu sự kiện")
        if row.prev_hash != previous:
            return Verification(row.seq - 1, previous, row.seq, "không nối tiếp sự kiện trước")
        if hash_of(row) != row.hash:
            return Verification(row.seq - 1, previous, row.seq, "nội dung đã bị sửa")
        expected_seq, previous = row.seq + 1, row.hash
    head = session.execute(select(AuditHead)).scalar_one()
    if (head.seq, head.hash) != (expected_seq - 1, previous):
        return Verification(expected_seq - 1, previous, expected_seq, "phần cuối nhật ký bị cắt")
    return Verification(expected_seq - 1, previous, None, None)


def _events_in_order(session: Session) -> Iterator[AuditEvent]:
    last = 0
    while True:
        page = session.scalars(
            select(AuditEvent).where(AuditEvent.seq > last).order_by(AuditEvent.seq).limit(_PAGE)
        ).all()
        if not page:
            return
        yield from page
        last = page[-1].seq
        session.expunge_all()
