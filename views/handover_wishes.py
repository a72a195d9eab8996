"""From what a person typed about a handover to the wish of `operations/handovers.py`."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import g, request
from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, exists, or_, select, true, union
from wtforms import SelectChoice

from extensions import db
from forms.fields import numbers_in
from forms.handovers import DIGITAL, ONE, SUBSCRIBER, HandoverForm, ReturnForm
from models import Agency, Device, Person, Position
from operations.custody_checks import Decision, certificates_on, living
from operations.handovers import EACH_THEIR_OWN, GIVES, Item, Wish
from operations.law import sender_for
from rules.certificates import SubscriberKind
from rules.lifecycle import CustodyAct
from rules.names import fold_words
from rules.routing import DeviceMatter, route
from rules.signers import SigningAuthority
from views.current_law import law_of
from views.guards import account, below

CONDITION = "Hoạt động bình thường"
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$")
MOST_PEOPLE = 300
MOST_NAMED = 2000
"""More than the devices of one act can name."""
NAME_ASKED = "ten"
"""Where an agency has more people than a list offers: the name to look for, in the address."""


def managing(devices: Sequence[Device]) -> Agency:
    """The agency whose name stands on the paper."""
    agency = devices[0].agency
    return sender_for(db.session(), agency) or agency


def offer_people(
    form: HandoverForm, devices: Sequence[Device], proposed: Mapping[int, int]
) -> list[tuple[str, str]]:
    """Put the people of the managing agency into the choices of the form; returns them."""
    people = people_of(managing(devices), proposed.values())
    choices = [SelectChoice("", "Chọn người"), *(SelectChoice(*one) for one in people)]
    form.agency_person_id.choices = list(choices)
    form.receiver_id.choices = list(choices)
    return people


def people_of(agency: Agency, also: Iterable[int] = ()) -> list[tuple[str, str]]:
    """Who works in an agency or below it, as choices: number, then name and main position; of
    namesakes with the same position the unit and the address too.

    Whoever the page names already (`also`), all of them; then the agency's own people, up to
    `MOST_PEOPLE`. The page then offers the search (`people_search` of components/forms.html).
    """
    named = {*_named_already(), *also}
    inside = select(Agency.id).where(below(agency.path))
    main = and_(Position.is_primary, Position.until_on.is_(None))
    rows = db.session.execute(
        select(
            Person.id,
            Person.full_name,
            Position.title,
            Agency.name,
            Person.email,
            Person.agency_id,
        )
        .join(Agency, Agency.id == Person.agency_id)
        .outerjoin(Position, and_(Position.person_id == Person.id, main))
        .where(Person.id.in_(_offered(agency, inside, main, named)))
        .order_by(Person.sort_key, Person.id)
    )
    found = list(dict.fromkeys(tuple(row) for row in rows))
    people = [row[:5] for row in found]
    if len({row[0] for row in found}) > MOST_PEOPLE:
        nearest = sorted(found, key=lambda row: (row[0] not in named, row[5] != agency.id))
        numbers = dict.fromkeys(row[0] for row in nearest)
        g.people_cut = max(MOST_PEOPLE, len(named.intersection(numbers)))
        kept = set(list(numbers)[: g.people_cut])
        people = [row for row in people if row[0] in kept]
    alike = Counter((name, title) for _, name, title, *_ in people)
    return [
        (
            str(number),
            " – ".join(filter(None, (name, title, *(more if alike[name, title] > 1 else ())))),
        )
        for number, name, title, *more in people
    ]


def _offered(
    agency: Agency, inside: Select[tuple[int]], main: ColumnElement[bool], named: set[int]
) -> CompoundSelect[tuple[int]]:
    """Numbers of the people offered: those named, those of the agency, those of all below it."""
    # Two ways in, each with an index; joined by "or" they would read everybody.
    working = union(
        select(Person.id).where(Person.agency_id.in_(inside)),
        select(Position.person_id).where(Position.agency_id.in_(inside), main),
    )
    # Of one row in hand the same is cheaper to check, and so it is where nearly everybody fits.
    is_inside = or_(
        Person.agency_id.in_(inside),
        exists().where(Position.person_id == Person.id, Position.agency_id.in_(inside), main),
    )
    is_root = agency.path.count("/") == 2
    stays = select(Person.id).where(Person.left_on.is_(None))
    wanted = stays.where(_of_that_name()).order_by(Person.sort_key, Person.id)
    own = wanted.where(Person.agency_id == agency.id).limit(MOST_PEOPLE).subquery()
    everybody = wanted.where(is_inside if is_root else Person.id.in_(working))
    whole = everybody.limit(MOST_PEOPLE + 1).subquery()
    return union(
        stays.where(Person.id.in_(named), is_inside),
        select(own.c.id),
        select(whole.c.id),
    )


def _named_already() -> set[int]:
    """The people that the page comes with: who is logged in, and whoever was chosen on it."""
    sent = [
        value
        for name, value in request.values.items(multi=True)
        if name.startswith("nguoi") or name.endswith(_NAMES_SOMEBODY)
    ]
    own = account().user.person_id
    return {*numbers_in(sent)[:MOST_NAMED], *([own] if own is not None else [])}


_NAMES_SOMEBODY = ("person_id", "receiver_id", "witness_id", "holder_id")
"""How the fields that name a person end."""


def _of_that_name() -> ColumnElement[bool]:
    """Everybody, or those whose names have the words typed; several people parted by commas."""
    asked = [fold_words(one) for one in request.args.get(NAME_ASKED, "")[:200].split(",")]
    wanted = [
        and_(*(Person.name_fold.contains(word, autoescape=True) for word in words))
        for words in asked
        if words
    ]
    return or_(*wanted) if wanted else true()


def proposed_receivers(devices: Sequence[Device], today: date) -> dict[int, int]:
    """The one person named in the living personal certificates of each device, where there is."""
    found: dict[int, int] = {}
    for device_id, certificates in certificates_on(db.session(), devices).items():
        people = {
            one.person_id
            for one in living(certificates, today)
            if one.kind is SubscriberKind.INDIVIDUAL
        }
        if len(people) == 1 and (only := people.pop()) is not None:
            found[device_id] = only
    return found


def prefill(
    form: HandoverForm,
    act: CustodyAct,
    devices: Sequence[Device],
    proposed: Mapping[int, int],
    person: Person | None,
    *,
    today: date,
) -> None:
    """What the program can know: today, the place, who is logged in, the subscribers."""
    form.on.data = today
    form.place.data = f"Trụ sở {managing(devices).name}"
    offered = {value for value, *_ in form.agency_person_id.iter_choices()}
    if person is not None and (person.id in offered or str(person.id) in offered):
        form.agency_person_id.data = person.id
    everyone = len(proposed) == len(devices)
    form.receivers.data = SUBSCRIBER if everyone else ONE
    if act is CustodyAct.RECALL:
        form.purpose.data = "Chứng thư hết hạn hoặc bị thu hồi"
    if isinstance(form, ReturnForm):
        form.purpose.data = "Chứng thư hết hạn hoặc bị thu hồi"


def wish_of(
    act: CustodyAct,
    form: HandoverForm,
    devices: Sequence[Device],
    proposed: Mapping[int, int],
    sent: Mapping[str, Any],
) -> Wish:
    """The wish of a form that has been validated; fields per device come as "nguoi-<number>"."""
    own = form.receivers.data == SUBSCRIBER
    items = []
    for device in devices:
        receiver = None
        if act is CustodyAct.CORRECT_HOLDER:
            typed = str(sent.get(f"nguoi-{device.id}", ""))
            offered = {value for value, *_ in form.receiver_id.iter_choices()}
            receiver = int(typed) if typed and typed in map(str, offered) else None
        elif act in GIVES:
            receiver = proposed.get(device.id) if own else form.receiver_id.data
        elif act in EACH_THEIR_OWN:
            receiver = device.holder_id
        items.append(
            Item(
                device.id,
                receiver,
                str(sent.get(f"tinh-trang-{device.id}", CONDITION)),
                str(sent.get(f"ghi-chu-{device.id}", "")),
            )
        )
    return Wish(
        act=act,
        on=form.on.data or date.min,
        items=tuple(items),
        agency_person_id=form.agency_person_id.data,
        number=form.number.data or "",
        place=form.place.data or "",
        digital=form.signing.data == DIGITAL,
        reason=form.reason.data or "",
        decision=Decision(form.decision.data or "", form.from_on.data, form.until_on.data),
        particulars=_particulars(act, form, devices),
    )


def _particulars(act: CustodyAct, form: HandoverForm, devices: Sequence[Device]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "at_time": form.at_time.data or "",
        "purpose": form.purpose.data or "",
        "on_behalf": form.on_behalf.data or "",
    }
    if act is CustodyAct.CONFIRM_STATUS:
        told["signer"] = head_of(managing(devices), form.on.data or date.min)
    if isinstance(form, ReturnForm):
        told |= {
            "notices": notices_of(form.notices.data or ""),
            "in_person": bool(form.in_person.data),
            "carrier": form.carrier.data or "",
            "parcel_code": form.parcel_code.data or "",
            "addressee": _addressee(devices, form.on.data or date.min),
        }
    return told


def head_of(agency: Agency, on: date) -> dict[str, Any]:
    """Who signs for the agency: its head on that day; empty where none is known."""
    row = db.session.scalars(
        select(Position)
        .where(
            Position.agency_id == agency.id,
            Position.authority == SigningAuthority.HEAD,
            Position.from_on <= on,
            or_(Position.until_on.is_(None), Position.until_on >= on),
        )
        .order_by(Position.is_primary.desc(), Position.id)
        .limit(1)
    ).first()
    if row is None:
        return {}
    return {"titles": [row.title.upper()], "name": row.person.full_name, "person_id": row.person_id}


def notices_of(typed: str) -> list[dict[str, str]]:
    """The notices of revocation, one on each line: number, then day."""
    found = []
    for line in filter(None, (one.strip() for one in typed.splitlines())):
        day = _DAY.search(line)
        dated = ""
        if day is not None:
            try:
                dated = date(int(day[3]), int(day[2]), int(day[1])).isoformat()
            except ValueError:
                day = None
        number = (line[: day.start()] if day is not None else line).strip(" ,;")
        found.append({"number": number.removesuffix("ngày").strip(" ,;"), "dated": dated})
    return found


def _addressee(devices: Sequence[Device], on: date) -> str:
    kinds = {one.kind for one in devices}
    found = route(
        DeviceMatter.RETURN,
        device_kind=kinds.pop() if len(kinds) == 1 else None,
        law=law_of(devices[0].agency),
        on=on,
    )
    return found.to.name
