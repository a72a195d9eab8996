"""Where a request goes by the law of its sender, and the sendings that it owes.

The route is a proposal: what a person typed instead stays, until the law would send the letter
elsewhere than it would have before the change.
"""

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Agency, CertificateRequest, RequestLine, RequestSending
from operations import law as house
from operations.line_facts import device_kind_wanted
from operations.request_rows import device_of
from operations.transactions import Refused
from rules.agencies import AgencyKind
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Finding
from rules.law import Law
from rules.names import fold
from rules.requests import RequestKind
from rules.routing import Recipient, Route, check_addressed, route


def route_of(request: CertificateRequest, *, law: Law, on: date) -> Route:
    """Where the law of the sender sends this letter on a day."""
    return route_for(
        request.kind,
        request.lines,
        law=house.law_for(law, request.agency),
        on=on,
        subscriber_kind=request.subscriber_kind,
        central=request.central_signing,
    )


def route_for(
    kind: RequestKind,
    lines: list[RequestLine],
    *,
    law: Law,
    on: date,
    subscriber_kind: SubscriberKind | None = None,
    central: bool = False,
) -> Route:
    """The route of a letter with these lines, under the law of its sender.

    Raises `Refused` where the kinds of device in one list go to different recipients.
    """
    kinds = {one for line in lines if (one := _device_kind(line, kind, central)) is not None}
    routes = {
        one: route(kind, device_kind=one, law=law, on=on, subscriber_kind=subscriber_kind)
        for one in kinds
    }
    if len({one.to for one in routes.values()}) > 1:
        apart = "; ".join(sorted({one.to.name for one in routes.values()}))
        raise Refused(
            f"Các thiết bị trong danh sách thuộc các loại có nơi nhận khác nhau ({apart}). Hãy lập "
            "văn bản riêng cho từng loại thiết bị."
        )
    if routes:
        return next(iter(routes.values()))
    return route(kind, device_kind=None, law=law, on=on, subscriber_kind=subscriber_kind)


def _device_kind(line: RequestLine, kind: RequestKind, central: bool) -> DeviceKind | None:
    if kind is RequestKind.ISSUANCE:
        return device_kind_wanted(line, central=central)
    device = device_of(line)
    return device.kind if device is not None else None


def check_recipients(request: CertificateRequest, *, law: Law, on: date) -> tuple[Finding, ...]:
    """Whether the letter still goes where the law of its sender sends it on that day.

    Empty where the kinds of device have no common recipient: that is said by `route_for`.
    """
    try:
        proposed = route_of(request, law=law, on=on)
    except Refused:
        return ()
    return check_addressed(request.addressee, request.copies_to.splitlines(), proposed)


def take_route(session: Session, request: CertificateRequest, proposed: Route) -> None:
    """Write the proposal into the draft: addressee, code, copies, and the sendings it owes."""
    request.addressee = proposed.to.name
    request.addressee_code = proposed.to.identification_code
    request.copies_to = "\n".join(one.name for one in proposed.copies)
    request.addressee_agency_id = handled_by(session, request)
    channel = proposed.channels[0].channel.value if proposed.channels else ""
    owe_sendings(request, proposed, channel=channel)


_OFFICE = fold("Sở Khoa học và Công nghệ")


def handled_by(session: Session, request: CertificateRequest) -> int | None:
    """The department of this installation that the letter is addressed to; None for any other.

    Found by its code, by its whole name, or as the only Sở Khoa học và Công nghệ there is: the law
    names it with its province, the register may not.
    """
    name, code = fold(request.addressee), request.addressee_code.strip()
    rows = session.execute(
        select(Agency.id, Agency.name_fold, Agency.identification_code)
        .where(
            Agency.kind == AgencyKind.DEPARTMENT,
            Agency.ended_on.is_(None),
            or_(
                Agency.name_fold == name,
                Agency.name_fold.startswith(_OFFICE),
                Agency.identification_code == (code or None),
            ),
        )
        .order_by(Agency.id)
    ).all()
    sure = [row.id for row in rows if row.name_fold == name or (code and row[2] == code)]
    if sure:
        return int(sure[0])
    alone = name.startswith(_OFFICE) and len(rows) == 1
    return int(rows[0].id) if alone else None


def owe_sendings(request: CertificateRequest, proposed: Route, *, channel: str) -> None:
    """Keep the sendings still owed in step: one to the addressee, one to each copy still named.

    What has been sent already is history and stays.
    """
    named = {fold(line) for line in request.copies_to.splitlines() if line.strip()}
    copies = [one for one in proposed.copies if fold(one.name) in named]
    to = Recipient(request.addressee, request.addressee_code, is_department=False)
    by_axis = proposed.copy_channels[0].channel.value if proposed.copy_channels else ""
    wanted = [(to, False, channel)] + [(one, True, by_axis) for one in copies]
    owed = [one for one in request.sendings if one.sent_on is None]
    sent = {(fold(one.recipient), one.is_copy) for one in request.sendings if one.sent_on}
    for one in owed:
        request.sendings.remove(one)
    for recipient, is_copy, by in wanted:
        if (fold(recipient.name), is_copy) in sent:
            continue
        known = next((one for one in owed if one.is_copy == is_copy), None)
        row = known or RequestSending(is_copy=is_copy)
        if known is not None:
            owed.remove(known)
        row.recipient = recipient.name
        row.recipient_code = recipient.identification_code
        row.channel = by
        request.sendings.append(row)


def follow_route(
    session: Session, request: CertificateRequest, before: Route, law: Law, on: date
) -> bool:
    """After a change of the lines: take the new route where the law sends the letter elsewhere.

    Returns whether it did.
    """
    now = route_of(request, law=law, on=on)
    if (now.to, now.copies) == (before.to, before.copies):
        return False
    take_route(session, request, now)
    return True
