"""Papers of an incident: Mẫu số 09 and the report, drawn from what is known and what was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from audit import Actor
from models import Agency, Certificate, CertificateRequest, Person, Position, RequestLine
from operations import follow_ups, paper_lines
from operations.custody_checks import RefusedByRule, certificates_on, living
from operations.incidents import NOUN, done, open_incident
from operations.paper_effects import ACT
from operations.paper_endings import end_paper
from operations.papers import Draw, Line, make_in
from operations.transactions import Refused, transaction
from rules.certificates import SubscriberKind
from rules.incidents import IncidentKind, IncidentStep, check_text
from rules.lifecycle import CustodyAct
from rules.papers import PaperKind, PaperState
from rules.requests import RequestKind, RequestState
from rules.signers import SignerFacts, SigningAuthority, signature_lines
from schema.custody import Incident

_REPLACED = "Đã lập lại."
_DEAD = (RequestState.CANCELLED, RequestState.SENT_BACK)


@dataclass(frozen=True)
class Wanted:
    """What a paper of an incident shall hold beside what the register knows.

    `texts` are typed; `lists` are lists of names (addressees). `position_id` is that of the
    signer, `acting_id` the person who acts for the agency in the minutes.
    """

    texts: Mapping[str, str]
    position_id: int | None = None
    acting_id: int | None = None
    lists: Mapping[str, Sequence[str]] | None = None
    digital: bool = False


def make_loss_minutes(
    session: Session, *, actor: Actor, incident_id: int, version: int, wanted: Wanted, draw: Draw
) -> int:
    """Draw Mẫu số 09. Once it is proved (a scan, or the agency's signature) the device is lost.

    A draft of it that nobody signed is cancelled. Raises `Refused`, `RefusedByRule`, `Conflict`.
    """
    _refuse_secrets(wanted)
    with transaction(session):
        row = open_incident(session, incident_id, version)
        if row.kind != IncidentKind.LOSS or row.found_at is not None:
            raise Refused("Mẫu số 09 chỉ lập cho thiết bị bị mất và chưa tìm thấy.")
        letter = revocation_of(session, row)
        told = {
            ACT: CustodyAct.CONFIRM_LOSS.value,
            "revocation_number": (letter.document_number or "") if letter is not None else "",
            "revocation_on": _iso(letter),
        }
        return _make(
            session, actor, row, PaperKind.LOSS, IncidentStep.LOSS_MINUTES, wanted, told, draw
        )


def make_report(
    session: Session,
    *,
    actor: Actor,
    incident_id: int,
    version: int,
    wanted: Wanted,
    recurrences: int,
    draw: Draw,
) -> int:
    """Draw the report of an incident; its step is done once the paper is recorded as sent."""
    _refuse_secrets(wanted)
    with transaction(session):
        row = open_incident(session, incident_id, version)
        told = {
            "cause": row.cause,
            "prevention": row.prevention,
            "recurrences": recurrences,
        }
        kind, step = PaperKind.INCIDENT_REPORT, IncidentStep.REPORT
        return _make(session, actor, row, kind, step, wanted, told, draw)


def revocation_of(session: Session, row: Incident) -> CertificateRequest | None:
    """The newest Mẫu số 05 for a certificate on the device, made since the report; else None."""
    return session.scalars(
        select(CertificateRequest)
        .join(RequestLine, RequestLine.request_id == CertificateRequest.id)
        .join(Certificate, Certificate.id == RequestLine.certificate_id)
        .where(
            Certificate.device_id == row.device_id,
            CertificateRequest.kind == RequestKind.REVOCATION,
            CertificateRequest.state.not_in(_DEAD),
            CertificateRequest.created_at >= row.reported_at,
        )
        .order_by(CertificateRequest.id.desc())
        .limit(1)
    ).first()


def signers_of(session: Session, agency: Agency, actor: Actor) -> Sequence[Position]:
    """Who may sign papers of this agency today: positions that carry an authority to sign."""
    today = actor.today
    return session.scalars(
        select(Position)
        .where(
            Position.agency_id == agency.id,
            Position.authority.is_not(None),
            Position.from_on <= today,
            Position.until_on.is_(None) | (Position.until_on >= today),
        )
        .options(joinedload(Position.person))
        .order_by(Position.id)
    ).all()


# Parts --------------------------------------------------------------------------------------------


def _make(
    session: Session,
    actor: Actor,
    row: Incident,
    kind: PaperKind,
    step: IncidentStep,
    wanted: Wanted,
    told: Mapping[str, Any],
    draw: Draw,
) -> int:
    device = row.device
    if device is None:
        raise Refused("Sự cố này không gắn với thiết bị nào trong sổ.")
    agency = paper_lines.managing_agency(session, device.agency)
    ids = {one for one in (row.holder_id, wanted.acting_id, actor.person_id) if one}
    people = paper_lines.people(session, ids)
    certificates = certificates_on(session, [device]).get(device.id, [])
    holder = people.get(row.holder_id or 0)
    _replace(session, actor, row, step)
    paper = make_in(
        session,
        actor=actor,
        kind=kind,
        agency_id=agency.id,
        made_on=actor.today,
        lines=_lines(row, certificates, holder, actor),
        giver_id=row.holder_id,
        receiver_id=wanted.acting_id,
        particulars={
            **told,
            **{name: text.strip() for name, text in wanted.texts.items()},
            **{name: list(each) for name, each in (wanted.lists or {}).items()},
            **_subscriber(certificates, actor),
            "incident": row.id,
            "medium": "digital" if wanted.digital else "wet",
            "agency": paper_lines.of_agency(agency),
            "giver": paper_lines.of_person(holder, actor.today),
            "receiver": paper_lines.of_person(people.get(wanted.acting_id or 0), actor.today),
            "signer": signer_told(session, agency, wanted.position_id, actor),
        },
        draw=draw,
        place=wanted.texts.get("place", "") or agency.place_name,
    )
    done(session, actor, row.id, step, paper_id=paper.id, finished=False)
    row.version += 1
    return paper.id


def _replace(session: Session, actor: Actor, row: Incident, step: IncidentStep) -> None:
    for one in follow_ups.of(session, NOUN, row.id):
        paper = one.paper if one.code == f"incident.{step}" else None
        if paper is None or paper.state is PaperState.CANCELLED:
            continue
        if paper.state is PaperState.PROVEN or paper.sent_on is not None:
            raise Refused("Giấy tờ này đã có bản ký hoặc đã gửi, không lập lại được.")
        end_paper(session, actor, paper, _REPLACED)


def _lines(
    row: Incident, certificates: Sequence[Certificate], holder: Person | None, actor: Actor
) -> list[Line]:
    """A line for each certificate on the device; one all the same when none is known."""
    device, on = row.device, actor.today
    if device is None:
        return []
    title = paper_lines.title_of(holder, on) if holder is not None else ""
    known: list[Certificate | None] = [*living(certificates, on)]
    return [
        Line(
            device_id=device.id,
            certificate_id=one.id if one is not None else None,
            person_id=row.holder_id,
            particulars=paper_lines.of_device(
                device, [one] if one is not None else [], on=on, holder=holder, title=title
            ),
        )
        for one in (known or [None])
    ]


def _subscriber(certificates: Sequence[Certificate], actor: Actor) -> dict[str, str]:
    """The body whose certificate it is; nothing for a person's own."""
    known = living(certificates, actor.today)
    if not known or known[-1].kind is SubscriberKind.INDIVIDUAL:
        return {}
    agency = known[-1].agency
    return {"subscriber_body": agency.name, "tax_code": agency.tax_code or ""}


def signer_told(
    session: Session, agency: Agency, position_id: int | None, actor: Actor
) -> dict[str, Any]:
    """The signer of a paper: the lines over the signature, as `rules.signers` writes them, name and
    number; empty without anybody."""
    rows = signers_of(session, agency, actor)
    chosen = next((one for one in rows if one.id == position_id), None)
    if chosen is None or chosen.authority is None:
        return {}
    heads = (SigningAuthority.HEAD, SigningAuthority.TM)
    head = next((one.title for one in rows if one.authority in heads), "")
    facts = SignerFacts(
        authority=chosen.authority,
        title=chosen.title,
        head_title=head,
        collective="Ủy ban nhân dân" if chosen.authority is SigningAuthority.TM else "",
    )
    return {
        "titles": list(signature_lines(facts)),
        "name": chosen.person.full_name,
        "person_id": chosen.person_id,
    }


def _iso(letter: CertificateRequest | None) -> str:
    day = letter.document_on if letter is not None else None
    return day.isoformat() if day else ""


def _refuse_secrets(wanted: Wanted) -> None:
    for text in wanted.texts.values():
        if found := check_text(text):
            raise RefusedByRule(found)
