"""Drafting a request of any kind: its lines, its particulars, and where it goes.

What happens to it afterwards is in `operations/request_moves.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import Agency, CertificateRequest, RequestLine
from operations import law as house
from operations.request_findings import Question, judge
from operations.request_lines import Chosen, Wish, hold_of, lines_for
from operations.request_routes import (
    follow_route,
    handled_by,
    owe_sendings,
    route_for,
    route_of,
    take_route,
)
from operations.request_rows import (
    MOST_LINES,
    NOUN,
    RefusedByLaw,
    load_for_change,
    place_of,
    require_draft,
    subscriber_of,
)
from operations.request_signers import propose_signer, why_by_hand
from operations.transactions import Conflict, Refused, transaction
from rules.amendments import AmendmentCase
from rules.certificates import SubscriberKind
from rules.findings import blocking
from rules.law import Law
from rules.requests import LineState, RequestKind, RequestState
from rules.revocation_grounds import RevocationGround

_NOTHING = {
    RequestKind.ISSUANCE: "Chưa chọn ai, cơ quan hay hệ thống nào. Hãy đánh dấu ít nhất một dòng.",
    RequestKind.UNLOCK: "Chưa chọn thiết bị nào. Hãy đánh dấu ít nhất một thiết bị.",
}
#: That nothing changes yet refuses the letter, not the draft: the line is filled in there.
UNSAID = "amendment.nothing_changes"
_NO_CERTIFICATE = "Chưa chọn chứng thư nào. Hãy đánh dấu ít nhất một chứng thư."


@dataclass(frozen=True)
class Particulars:
    """What a person types into the draft besides the list. `channel`: of the main sending."""

    planned_receipt_on: date
    contact_id: int | None
    contact_address: str
    addressee: str
    copies_to: str
    drafting_unit: str
    note: str = ""
    wet_signature: bool = False
    addressee_code: str = ""
    central_signing: bool = False
    channel: str | None = None


@dataclass(frozen=True)
class LineTerms:
    """What a person may say of one line; each kind of request reads only its own."""

    renews: bool = False
    amends: bool = False
    cases: tuple[AmendmentCase, ...] = ()
    before: str = ""
    after: str = ""
    ground: RevocationGround | None = None
    sim: str = ""
    note: str = ""


def draft(session: Session, *, actor: Actor, wish: Wish, chosen: Chosen, law: Law) -> int:
    """Open a request for these subjects; returns its number.

    The contact is the drafter, the address that of the sender, the route that of the sender's law;
    all can be changed in the draft. Raises `RefusedByLaw` when a MUST rule speaks against one of
    them, `Refused` when they have no common sender or no common recipient, and `Conflict` when
    another request took one of them meanwhile.
    """
    with transaction(session):
        lines = lines_for(session, wish, chosen)
        if not lines:
            raise Refused(_NOTHING.get(wish.kind, _NO_CERTIFICATE))
        sender = common_sender(session, lines)
        request = _blank(wish, sender, actor)
        _refuse(session, lines, request, sender, law, actor.today)
        proposed = route_for(
            request.kind,
            lines,
            law=house.law_for(law, sender),
            on=actor.today,
            subscriber_kind=request.subscriber_kind,
            central=wish.central,
        )
        propose_signer(session, request, sender, actor.today)
        take_route(session, request, proposed)
        session.add(request)
        session.flush()  # The lines name its number.
        _take(session, request, lines)
        request.wet_signature = bool(why_by_hand(session, request, actor.today))
        audit.record(
            session,
            "certificate_request.drafted",
            actor=actor,
            noun=NOUN,
            object_id=request.id,
            agency_id=sender.id,
            kind=request.kind.name,
            certificates=[one.certificate_id for one in lines if one.certificate_id is not None],
            holds=[one.hold or "" for one in lines],
        )
        return request.id


def _blank(wish: Wish, sender: Agency, actor: Actor) -> CertificateRequest:
    """A draft without its list. One line of Mẫu số 04 with both services makes it a renewal."""
    return CertificateRequest(
        agency_id=sender.id,
        kind=RequestKind.RENEWAL if wish.both else wish.kind,
        state=RequestState.DRAFT,
        subscriber_kind=_subscriber(wish),
        central_signing=wish.central,
        planned_receipt_on=wish.planned_receipt_on,
        contact_id=actor.person_id,
        contact_address=sender.address,
        drafted_by_id=actor.user_id,
        created_at=actor.at,
    )


def _subscriber(wish: Wish) -> SubscriberKind | None:
    if wish.kind is not RequestKind.ISSUANCE:
        return None
    return wish.subscriber_kind or SubscriberKind.INDIVIDUAL


def _refuse(
    session: Session,
    lines: Sequence[RequestLine],
    request: CertificateRequest,
    sender: Agency,
    law: Law,
    on: date,
) -> None:
    """Raise `RefusedByLaw` where a MUST rule speaks against a line that is to come in."""
    question = Question(
        request.kind,
        on,
        house.law_for(law, sender),
        request.planned_receipt_on,
        house.margin_days(session, sender),
        request.central_signing,
        sender.id,
        request.id,
    )
    judged = judge(session, lines, question)
    # That nothing changes yet is a matter of the draft: the line is filled in there.
    refusals = [
        one
        for found in judged
        for one in blocking(found)
        if one.code != "amendment.nothing_changes"
    ]
    if refusals:
        raise RefusedByLaw(refusals)


def common_sender(session: Session, lines: Iterable[RequestLine]) -> Agency:
    """The one agency that writes for all these subjects. Raises `Refused` for none or several."""
    places = {place.id: place for place in map(place_of, lines)}
    senders = {
        sender.id: sender
        for sender in house.senders_for(session, places.values()).values()
        if sender is not None
    }
    if not senders:
        raise Refused(
            "Không có cơ quan nào vừa có tư cách pháp nhân vừa có con dấu riêng để gửi văn bản. "
            "Hãy bổ sung thông tin cơ quan, tổ chức quản lý trực tiếp."
        )
    if len(senders) > 1:
        names = "; ".join(sorted(sender.name for sender in senders.values()))
        raise Refused(
            f"Các dòng đã chọn thuộc nhiều cơ quan, tổ chức quản lý trực tiếp: {names}. "
            "Hãy lập văn bản riêng cho từng cơ quan."
        )
    return next(iter(senders.values()))


def _take(session: Session, request: CertificateRequest, lines: Sequence[RequestLine]) -> None:
    """Put lines at the end of the list."""
    first = max((line.position for line in request.lines), default=0) + 1
    for position, line in enumerate(lines, start=first):
        line.position = position
        line.is_open = True
        request.lines.append(line)
    _settle(session)


def _settle(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        # The index behind "one open line per hold" has the last word.
        raise Conflict(
            "Một trong các dòng vừa được đưa vào văn bản đề nghị khác, hoặc đã có trong văn bản "
            "này. Hãy chọn lại."
        ) from error


def edit(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    particulars: Particulars,
    law: Law,
) -> None:
    """Change what is typed into a draft; the sendings it owes follow.

    Raises `Refused` when it is no draft, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        changed = []
        for name in (one.name for one in fields(Particulars) if one.name != "channel"):
            value = getattr(particulars, name)
            if getattr(request, name) != value:
                setattr(request, name, value)
                changed.append(name)
        if "central_signing" in changed:
            for line in request.lines:
                line.hold = hold_of(line, request.kind, central=request.central_signing)
        main = next((one for one in request.sendings if not one.is_copy), None)
        channel = main.channel if main is not None else ""
        if particulars.channel is not None and particulars.channel != channel:
            channel = particulars.channel
            changed.append("channel")
        if not changed:
            return
        request.addressee_agency_id = handled_by(session, request)
        owe_sendings(request, route_of(request, law=law, on=actor.today), channel=channel)
        _settle(session)
        _edited(session, request, actor, changed)


def add_lines(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    chosen: Chosen,
    law: Law,
) -> None:
    """Put more subjects into a draft, judged as when it was opened.

    Raises `RefusedByLaw`, `Refused` when their sender is another, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        held = {line.hold for line in request.lines}
        lines = [
            one for one in lines_for(session, wish_of(request), chosen) if one.hold not in held
        ]
        if not lines:
            raise Refused("Chưa chọn dòng nào, hoặc các dòng đã chọn đều đã có trong văn bản.")
        if len(request.lines) + len(lines) > MOST_LINES:
            raise Refused(f"Một văn bản đề nghị có tối đa {MOST_LINES} dòng. Hãy lập văn bản khác.")
        if common_sender(session, lines).id != request.agency_id:
            raise Refused("Các dòng đã chọn thuộc cơ quan gửi khác. Hãy lập văn bản riêng.")
        _refuse(session, lines, request, request.agency, law, actor.today)
        before = route_of(request, law=law, on=actor.today)
        _take(session, request, lines)
        follow_route(session, request, before, law, actor.today)
        _edited(session, request, actor, ["lines"])


def wish_of(request: CertificateRequest) -> Wish:
    """The wish behind a draft, for lines that join it."""
    grounds = [line.revocation_ground for line in request.lines if line.revocation_ground]
    return Wish(
        request.kind,
        request.planned_receipt_on,
        request.subscriber_kind,
        request.central_signing,
        ground=RevocationGround(grounds[-1]) if grounds else RevocationGround.MANAGING_AGENCY,
    )


def remove_lines(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    line_ids: Sequence[int],
    law: Law,
) -> None:
    """Take lines out of a draft; at least one must stay. Raises `Refused`, `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        going = [line for line in request.lines if line.id in set(line_ids)]
        if not going:
            raise Refused("Chưa chọn dòng nào để bỏ.")
        if len(going) == len(request.lines):
            raise Refused("Văn bản phải còn ít nhất một dòng. Nếu không cần nữa, hãy hủy.")
        before = route_of(request, law=law, on=actor.today)
        for line in going:
            request.lines.remove(line)
        session.flush()  # Positions are unique in the letter, so close the gaps after the removal.
        for position, line in enumerate(request.lines, start=1):
            line.position = position
        _service(request)
        follow_route(session, request, before, law, actor.today)
        _edited(session, request, actor, ["lines"])


def edit_line(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    line_id: int,
    terms: LineTerms,
    law: Law,
) -> None:
    """Change what one line asks for. What it then lacks is shown in the draft and in the letter.

    Raises `Refused` when it is no draft, or a line of Mẫu số 04 asks for nothing, and `Conflict`.
    """
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        line = next((one for one in request.lines if one.id == line_id), None)
        if line is None:
            raise Refused("Dòng này không còn trong văn bản.")
        before = route_of(request, law=law, on=actor.today)
        _write(line, request.kind, terms)
        line.hold = hold_of(line, request.kind, central=request.central_signing)
        _service(request)
        follow_route(session, request, before, law, actor.today)
        _settle(session)
        _edited(session, request, actor, ["lines"])


def set_ground(
    session: Session,
    *,
    actor: Actor,
    request_id: int,
    version: int,
    line_ids: Sequence[int],
    ground: RevocationGround,
) -> None:
    """Give several lines of a revocation one ground. Raises `Refused`, `Conflict`."""
    with transaction(session):
        request = load_for_change(session, request_id, version)
        require_draft(request)
        meant = [line for line in request.lines if line.id in set(line_ids)]
        if request.kind is not RequestKind.REVOCATION or not meant:
            raise Refused("Chưa chọn dòng nào để ghi lý do thu hồi.")
        for line in meant:
            line.revocation_ground = ground.value
        _edited(session, request, actor, ["lines"])


def _write(line: RequestLine, kind: RequestKind, terms: LineTerms) -> None:
    line.note = terms.note.strip()
    match kind:
        case RequestKind.RENEWAL | RequestKind.AMENDMENT:
            if not (terms.renews or terms.amends):
                raise Refused("Chọn ít nhất một dịch vụ: gia hạn hoặc thay đổi thông tin.")
            line.renews, line.amends = terms.renews, terms.amends
            cases = terms.cases if terms.amends else ()
            line.amendment_case = " ".join(one.name for one in cases)
            line.information_before = _lines_of(terms.before) if terms.amends else ""
            line.information_after = _lines_of(terms.after) if terms.amends else ""
        case RequestKind.REVOCATION:
            if terms.ground is not None:
                line.revocation_ground = terms.ground.value
        case RequestKind.ISSUANCE:
            if subscriber_of(line) is SubscriberKind.INDIVIDUAL:
                line.sim_pki = terms.sim.strip()
        case _:
            pass


def _lines_of(typed: str) -> str:
    """Words typed in a box, each line trimmed, without empty lines."""
    return "\n".join(line.strip() for line in typed.splitlines() if line.strip())


def _service(request: CertificateRequest) -> None:
    """A letter of Mẫu số 04 is a renewal as soon as one line renews, else an amendment."""
    if request.kind in (RequestKind.RENEWAL, RequestKind.AMENDMENT):
        renews = any(line.renews for line in request.lines if line.state is LineState.OPEN)
        request.kind = RequestKind.RENEWAL if renews else RequestKind.AMENDMENT


def _edited(
    session: Session, request: CertificateRequest, actor: Actor, changed: Iterable[str]
) -> None:
    request.version += 1
    audit.record(
        session,
        "certificate_request.edited",
        actor=actor,
        noun=NOUN,
        object_id=request.id,
        agency_id=request.agency_id,
        changed=sorted(changed),
    )
