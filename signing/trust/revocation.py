"""Was a certificate revoked? (Điều 31 khoản 2 NĐ 68/2024; RFC 5280, 6.3; RFC 6960)

Lists (CRL, with delta lists joined to the complete list that they continue) and answers about one
certificate (OCSP) are statements of one kind. Decided here, because the law only says "at the time
of signing":

- A statement counts when the issuer of the certificate itself signed it (for OCSP: or somebody whom
  it named for that), it covers the certificate and it is not from the future.
- Without proof of the time the signing time is only a claim, and a stolen key can claim any past
  day. So a statement must still be current (nextUpdate) at the time of checking; otherwise "chưa
  kiểm tra".
- With proof that the signature existed at a time it is enough that a statement was current then or
  was issued later.
- A statement issued after the certificate had expired proves nothing, as expired entries are
  dropped, unless it says that they are kept.
- An entry dated at or before the claimed time: revoked. Dated after the proven time: harmless. In
  between, or without proof: undecided.
- A revocation that any statement tells of counts; that a certificate is good is shown by a list
  when there is one, else by an answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from signing.trust import ocsp
from signing.trust.certificates import is_authority
from signing.trust.crl import Entry, IndexedCrl
from signing.trust.ocsp import OcspAnswer
from signing.trust.path import common_name
from signing.trust.store import TrustStore

_CLOCK_SKEW = dt.timedelta(minutes=10)
_HANOI = dt.timezone(dt.timedelta(hours=7))


class Source(StrEnum):
    """Where a state comes from, in the words of the screen."""

    LIST = "danh sách thu hồi (CRL)"
    LIST_AND_DELTA = "danh sách thu hồi (CRL) và danh sách bổ sung (delta)"
    ANSWER = "trả lời trực tuyến (OCSP)"


class Revocation(StrEnum):
    """The state that Điều 31 asks for, in the words of the screen."""

    GOOD = "hợp lệ"
    REVOKED = "đã thu hồi"
    UNCHECKED = "chưa kiểm tra"


@dataclass(frozen=True)
class RevocationStatus:
    """What the lists say about one certificate, with the evidence.

    `conclusive` is False when the certificate is revoked, but only after a signing time that nobody
    but the signer vouches for.
    """

    subject: str
    state: Revocation
    reason: str = ""
    conclusive: bool = True
    revoked_at: dt.datetime | None = None
    list_issuer: str = ""
    this_update: dt.datetime | None = None
    next_update: dt.datetime | None = None
    source: str = ""


@dataclass(frozen=True)
class _Statement:
    """What one list or answer says about one certificate."""

    source: Source
    entry: Entry | None
    this_update: dt.datetime
    next_update: dt.datetime
    keeps_expired: bool


@dataclass(frozen=True)
class _Question:
    """One certificate, and the times that its state is asked for."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    signing_time: dt.datetime
    proven: dt.datetime | None
    at: dt.datetime

    @property
    def subject(self) -> str:
        return common_name(self.certificate.subject)

    @property
    def authority(self) -> str:
        return common_name(self.issuer.subject)


def check(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    store: TrustStore,
    *,
    signing_time: dt.datetime,
    proven: dt.datetime | None,
    at: dt.datetime,
    extra: Iterable[IndexedCrl] = (),
    answers: Iterable[OcspAnswer] = (),
) -> RevocationStatus:
    """The state of a certificate at the signing time, seen from `at` (all aware).

    `proven` is a time at which the signature is proven to have existed (time stamp, receipt), if
    there is one. `extra` and `answers` come from the document, besides those of the store.
    """
    asked = _Question(certificate, issuer, signing_time, proven, at)
    name = issuer.subject.public_bytes()
    named = [*store.lists_of(name), *(crl for crl in extra if crl.issuer == name)]
    said = [*store.answers, *answers]
    statements = _lists(named, asked) + _answers(said, named, asked)
    # The newest first; of two equally new the list.
    statements.sort(key=lambda each: (each.this_update, each.source != Source.ANSWER), reverse=True)
    if not statements:
        return RevocationStatus(asked.subject, Revocation.UNCHECKED, _why_none(named, said, asked))
    found = _find(statements)
    if found is not None:
        return _revoked(asked, *found)
    return _not_listed(asked, statements)


def _lists(named: Sequence[IndexedCrl], asked: _Question) -> list[_Statement]:
    usable = [crl for crl in named if _usable(crl, asked)]
    complete = [crl for crl in usable if crl.delta_of is None]
    serial, found = asked.certificate.serial_number, []
    for crl in complete:
        found.append(_statement(Source.LIST, crl.find(serial), crl, crl))
    for delta in usable:
        base = next((crl for crl in complete if delta.continues(crl)), None)
        if base is None:
            continue
        entry = delta.find(serial)
        if entry is None:
            entry = base.find(serial)
        elif entry.removed:
            entry = None
        found.append(_statement(Source.LIST_AND_DELTA, entry, delta, base))
    return found


def _statement(
    source: Source, entry: Entry | None, newest: IndexedCrl, base: IndexedCrl
) -> _Statement:
    end = newest.next_update or newest.this_update
    return _Statement(source, entry, newest.this_update, end, base.keeps_expired)


def _usable(crl: IndexedCrl, asked: _Question) -> bool:
    return (
        crl.this_update <= asked.at + _CLOCK_SKEW
        and crl.next_update is not None
        and _covers(crl, asked.certificate)
        and crl.signed_by(asked.issuer)
    )


def _answers(
    said: Sequence[OcspAnswer], named: Sequence[IndexedCrl], asked: _Question
) -> list[_Statement]:
    found = []
    for answer in said:
        single = answer.about(asked.certificate, asked.issuer)
        if single is None or single.this_update > asked.at + _CLOCK_SKEW:
            continue
        responder = answer.responder(asked.issuer)
        if responder is None or not _responder_stands(responder, answer, named, asked):
            continue
        cutoff, expiry = single.archive_cutoff, asked.certificate.not_valid_after_utc
        found.append(
            _Statement(
                Source.ANSWER,
                single.entry,
                single.this_update,
                single.next_update,
                cutoff is not None and cutoff <= expiry,
            )
        )
    return found


def _responder_stands(
    responder: x509.Certificate,
    answer: OcspAnswer,
    named: Sequence[IndexedCrl],
    asked: _Question,
) -> bool:
    """A named responder that is not exempt must itself be shown as not revoked, by a list."""
    if responder == asked.issuer or ocsp.exempt(responder):
        return True
    produced = answer.produced_at
    about = _Question(responder, asked.issuer, produced, produced, asked.at)
    states = _lists(named, about)
    states.sort(key=lambda each: each.this_update, reverse=True)
    if not states or _find(states) is not None:
        return False
    return _not_listed(about, states).state is Revocation.GOOD


def _covers(crl: IndexedCrl, certificate: x509.Certificate) -> bool:
    is_ca = is_authority(certificate)
    if (crl.scope.user_only and is_ca) or (crl.scope.ca_only and not is_ca):
        return False
    if crl.scope.places is None:
        return True
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    places = {str(name.value) for point in points for name in point.full_name or ()}
    return bool(places & crl.scope.places)


def _why_none(named: list[IndexedCrl], said: list[OcspAnswer], asked: _Question) -> str:
    name, subject = asked.authority, asked.subject
    if any(answer.about(asked.certificate, asked.issuer) for answer in said) and not named:
        return f"Trả lời OCSP về chứng thư của “{subject}” không đủ tin cậy nên không dùng."
    if not named:
        return f"Không có danh sách thu hồi của “{name}” để kiểm tra chứng thư của “{subject}”."
    if not any(crl.signed_by(asked.issuer) for crl in named):
        return f"Danh sách thu hồi mang tên “{name}” không do chính cơ quan đó ký nên không dùng."
    if all(crl.this_update > asked.at + _CLOCK_SKEW for crl in named):
        return f"Danh sách thu hồi của “{name}” có thời điểm phát hành ở tương lai."
    if all(crl.delta_of is not None for crl in named):
        return f"Chỉ có danh sách thu hồi bổ sung (delta) của “{name}”, thiếu danh sách đầy đủ."
    return f"Danh sách thu hồi của “{name}” không áp dụng cho chứng thư của “{subject}”."


def _find(statements: list[_Statement]) -> tuple[Entry, _Statement] | None:
    """The newest word of a revocation. A suspension that the newest one lifted is forgotten."""
    for position, statement in enumerate(statements):
        entry = statement.entry
        if entry is not None and (position == 0 or not entry.hold):
            return entry, statement
    return None


def _revoked(asked: _Question, entry: Entry, statement: _Statement) -> RevocationStatus:
    day = show(entry.revoked_at)
    what = "tạm dừng" if entry.hold else "thu hồi"
    subject, state, conclusive = asked.subject, Revocation.REVOKED, True
    if entry.revoked_at <= asked.signing_time:
        reason = f"Chứng thư của “{subject}” đã bị {what} từ {day}, trước thời điểm ký."
    elif asked.proven is not None and asked.proven < entry.revoked_at:
        state = Revocation.GOOD
        reason = f"Chứng thư của “{subject}” bị {what} ngày {day}, sau thời điểm ký."
    else:
        conclusive = False
        missing = "không có dấu thời gian để chứng minh thời điểm ký"
        if asked.proven is not None:
            missing = f"thời điểm ký chỉ được chứng minh từ {show(asked.proven)}"
        after = f"bị {what} ngày {day}, sau thời điểm ký được khai"
        reason = f"Chứng thư của “{subject}” {after}; {missing}."
    return RevocationStatus(
        subject,
        state,
        reason,
        conclusive,
        entry.revoked_at,
        asked.authority,
        statement.this_update,
        statement.next_update,
        statement.source,
    )


def _not_listed(asked: _Question, statements: list[_Statement]) -> RevocationStatus:
    expiry = asked.certificate.not_valid_after_utc
    speaking = [each for each in statements if each.keeps_expired or each.this_update <= expiry]
    needed = asked.at if asked.proven is None else asked.proven
    current = [each for each in speaking if needed <= each.next_update]
    lists = [each for each in current if each.source != Source.ANSWER]
    shown = (lists or current or speaking or statements)[0]
    state, reason = Revocation.GOOD, ""
    if not speaking:
        state, reason = (
            Revocation.UNCHECKED,
            f"Danh sách thu hồi hiện có phát hành sau khi chứng thư của “{asked.subject}” hết hạn.",
        )
    elif not current:
        state = Revocation.UNCHECKED
        what = "Trả lời OCSP" if shown.source == Source.ANSWER else "Danh sách thu hồi"
        reason = (
            f"{what} của “{asked.authority}” đã quá hạn cập nhật "
            f"({show(shown.next_update)}); cần nạp danh sách mới."
        )
    return RevocationStatus(
        asked.subject,
        state,
        reason,
        list_issuer=asked.authority,
        this_update=shown.this_update,
        next_update=shown.next_update,
        source=shown.source,
    )


def show(instant: dt.datetime) -> str:
    """An instant as people read it here: 21/11/2026 10:08:05 (giờ Việt Nam).

    The end of the year 9999, which says that no end is known, has no day here and stays in UTC.
    """
    try:
        instant = instant.astimezone(_HANOI)
    except OverflowError:
        pass
    return instant.strftime("%d/%m/%Y %H:%M:%S")
