"""Papers of incidents and of subscribers, from their rows: Mẫu 09, báo cáo sự cố, phiếu đề nghị."""

from typing import Any

from labels import label
from letters import incident_report, loss_minutes, subscriber_slip
from letters.decree30 import Signer
from letters.incident_report import IncidentReport
from letters.loss_minutes import LossMinutes
from letters.parties import Party
from letters.subscriber_slip import SubscriberSlip
from rules.devices import DeviceKind
from rules.names import spelt_out
from rules.papers import PaperKind
from rules.requests import RequestKind
from schema.custody import Paper
from views.letters_data import citizen_id
from views.papers_data import (
    Letter,
    day,
    issuer,
    lines,
    maker,
    medium,
    person_party,
    record,
)


def _words(told: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: str(told.get(name) or "") for name in names}


def _signer(told: dict[str, Any]) -> Signer:
    signer = told.get("signer") or {}
    return Signer(tuple(signer.get("titles", ())), signer.get("name", ""))


@maker(PaperKind.LOSS)
def _loss(paper: Paper) -> Letter:
    """Mẫu số 09: the giver is the subscriber, or the clerk who kept an agency's device."""
    told = paper.particulars
    agency = told.get("agency", {})
    acting = person_party(paper, "receiver")
    subscriber = person_party(paper, "giver")
    if told.get("subscriber_body"):
        subscriber = Party(body=spelt_out(str(told["subscriber_body"])), people=subscriber.people)
    data = LossMinutes(
        **record(paper),
        managing=Party(
            body=spelt_out(agency.get("name", "")),
            people=acting.people,
            address=agency.get("address", ""),
        ),
        subscriber=subscriber,
        tax_code=str(told.get("tax_code") or ""),
        lines=lines(paper),
        **_words(
            told,
            "lost_at",
            "lost_where",
            "circumstances",
            "noticed_at",
            "reported_at",
            "measures",
            "revocation_number",
        ),
        revocation_on=day(told.get("revocation_on")),
        signer=_signer(told),
    )
    return Letter(loss_minutes, data)


@maker(PaperKind.INCIDENT_REPORT)
def _report(paper: Paper) -> Letter:
    told = paper.particulars
    holder = told.get("giver") or {}
    count = told.get("recurrences")
    data = IncidentReport(
        **issuer(paper),
        addressees=tuple(told.get("addressees", ())),
        **_words(
            told,
            "basis",
            "incident",
            "happened_at",
            "noticed_at",
            "reported_at",
            "description",
            "impact",
        ),
        subscriber=holder.get("full_name", ""),
        subscriber_position=holder.get("position", ""),
        lines=lines(paper),
        measures=_paragraphs(told, "measures"),
        cooperation=_paragraphs(told, "cooperation"),
        causes=_paragraphs(told, "cause"),
        preventions=_paragraphs(told, "prevention"),
        recurrences=int(count) if count is not None else None,
        proposals=_paragraphs(told, "proposals"),
        signer=_signer(told),
        copies_to=tuple(told.get("copies_to", ())),
    )
    return Letter(incident_report, data)


def _paragraphs(told: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in str(told.get(name) or "").splitlines() if one.strip())


@maker(PaperKind.SUBSCRIBER_SLIP)
def _slip(paper: Paper) -> Letter:
    """Phiếu đề nghị: the giver is who asks."""
    told = paper.particulars
    asking, about = told.get("giver") or {}, told.get("about") or {}
    row = paper.giver
    kind = about.get("device_kind")
    data = SubscriberSlip(
        kind=RequestKind[told["request_kind"]],
        to=spelt_out(told.get("agency", {}).get("name", "")),
        place=told.get("agency", {}).get("place", ""),
        written_on=paper.made_on,
        full_name=asking.get("full_name", ""),
        birth_date=row.birth_on if row is not None else None,
        citizen_id=citizen_id(row) if row is not None else "",
        citizen_id_issued_on=row.citizen_id_issued_on if row is not None else None,
        citizen_id_issued_by=(row.citizen_id_issued_by or "") if row is not None else "",
        position=asking.get("position", ""),
        workplace=spelt_out(asking.get("workplace", "")),
        mobile_phone=asking.get("mobile_phone", ""),
        official_email=asking.get("official_email", ""),
        valid_until=day(about.get("valid_until")),
        device_kind=label(DeviceKind[kind]) if kind else "",
        **_words(about, "certificate_name", "certificate_serial", "device_serial", "old_serial"),
        **_words(told, "reason", "information_before", "information_after"),
        agency_titles=tuple(told.get("agency_titles", ())),
        confirmed_by=str(told.get("confirmed_by") or ""),
        medium=medium(paper),
    )
    return Letter(subscriber_slip, data)
