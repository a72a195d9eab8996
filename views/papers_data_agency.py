"""Papers of the agency alone, from their rows: the parcel that came, the decision that entrusts."""

from letters import entrustment_decision, intake_minutes
from letters.decree30 import Signer
from letters.entrustment_decision import EntrustmentDecision
from letters.intake_minutes import IntakeMinutes
from letters.parties import DeviceLine, Party
from rules.names import spelt_out
from rules.papers import PaperKind
from schema.custody import Paper
from views.papers_data import (
    Letter,
    day,
    issuer,
    lines,
    maker,
    person,
    record,
)


@maker(PaperKind.INTAKE)
def _intake(paper: Paper) -> Letter:
    told = paper.particulars
    agency = told.get("agency", {})
    listed = [*zip(paper.lines, lines(paper), strict=True)]
    people = tuple(person(told[key]) for key in ("receiver", "witness") if told.get(key))
    data = IntakeMinutes(
        **record(paper),
        managing=Party(body=spelt_out(agency.get("name", "")), people=people),
        sender=str(told.get("sender", "")),
        parcel_code=str(told.get("parcel_code", "")),
        received_on=day(told.get("parcel_on")) or paper.made_on,
        packaging=str(told.get("packaging", "")),
        notice=str(told.get("notice", "")),
        answers=tuple(told.get("answers", ())),
        asked=int(told.get("asked", 0)),
        lines=tuple(one for row, one in listed if row.device_id is not None),
        differences=_differences(listed),
    )
    return Letter(intake_minutes, data)


def _differences(listed: list[tuple[object, DeviceLine]]) -> tuple[DeviceLine, ...]:
    return tuple(one for _, one in listed if one.difference)


@maker(PaperKind.ENTRUSTMENT_DECISION)
def _decision(paper: Paper) -> Letter:
    told = paper.particulars
    signer = told.get("signer", {})
    data = EntrustmentDecision(
        **issuer(paper),
        authority=str(told.get("authority", "")),
        grounds=tuple(told.get("grounds", ())),
        proposer=str(told.get("proposer", "")),
        clerk=person(told.get("receiver", {})),
        lines=lines(paper),
        since=day(told.get("from_on")),
        until=day(told.get("until_on")),
        replaces=str(told.get("replaces", "")),
        executors=str(told.get("executors", "")),
        signer=Signer(tuple(signer.get("titles", ())), signer.get("name", "")),
        copies_to=tuple(told.get("copies_to", ())),
        drafted_by=str(told.get("drafted_by", "")),
    )
    return Letter(entrustment_decision, data)
