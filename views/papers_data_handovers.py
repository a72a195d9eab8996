"""Minutes of giving and taking devices, from their rows: Mẫu 07, 08 and those of the house."""

from letters import (
    handover_minutes,
    internal_handover_minutes,
    internal_return_minutes,
    return_minutes,
    status_minutes,
)
from letters.decree30 import Signer
from letters.handover_minutes import HandoverMinutes
from letters.internal_handover_minutes import InternalHandoverMinutes, Purpose
from letters.internal_return_minutes import InternalReturnMinutes
from letters.parties import Party
from letters.return_minutes import ReturnMinutes, RevocationNotice
from letters.status_minutes import StatusMinutes
from operations.paper_effects import planned_act
from rules.lifecycle import CustodyAct
from rules.names import spelt_out
from rules.papers import PaperKind
from schema.custody import Paper
from views.papers_data import (
    Letter,
    agency_party,
    day,
    lines,
    maker,
    person_party,
    record,
)

_A = CustodyAct
_PURPOSES = {
    _A.GIVE_BACK: Purpose.GIVE_BACK,
    _A.ENTRUST: Purpose.ENTRUST,
    _A.END_ENTRUSTMENT: Purpose.END_ENTRUSTMENT,
    _A.PUT_IN_USE: Purpose.INSTALLATION,
    _A.CORRECT_HOLDER: Purpose.CORRECTION,
}


@maker(PaperKind.HANDOVER)
def _handover(paper: Paper) -> Letter:
    """Mẫu số 07; an HSM is installed and handed over with minutes of the house (QĐ 2051)."""
    if planned_act(paper) is CustodyAct.PUT_IN_USE:
        return _inside(paper)
    receiver = person_party(paper, "receiver")
    if paper.particulars.get("for_agency"):
        agency = agency_party(paper, "receiver")
        receiver = Party(body=agency.body, people=receiver.people)
    data = HandoverMinutes(
        **record(paper),
        giver=agency_party(paper, "giver"),
        receiver=receiver,
        lines=lines(paper),
        entrusted_by=str(paper.particulars.get("decision", "")),
        many_receivers=paper.receiver_id is None,
    )
    return Letter(handover_minutes, data)


@maker(PaperKind.INTERNAL_RETURN)
def _internal_return(paper: Paper) -> Letter:
    if planned_act(paper) in (CustodyAct.GIVE_BACK, CustodyAct.END_ENTRUSTMENT):
        return _inside(paper)
    data = InternalReturnMinutes(
        **record(paper),
        giver=person_party(paper, "giver"),
        receiver=agency_party(paper, "receiver"),
        lines=lines(paper),
        on_behalf=str(paper.particulars.get("on_behalf", "")),
    )
    return Letter(internal_return_minutes, data)


@maker(PaperKind.PERMISSION, PaperKind.CORRECTION)
def _inside(paper: Paper) -> Letter:
    act = planned_act(paper) or CustodyAct.CORRECT_HOLDER
    ends = act is CustodyAct.END_ENTRUSTMENT
    told = record(paper)
    if act is CustodyAct.CORRECT_HOLDER and paper.receiver_id is None:  # Each signs and keeps one.
        told["copies"] = 1 + len({one.person_id for one in paper.lines})
    data = InternalHandoverMinutes(
        **told,
        giver=person_party(paper, "giver") if ends else agency_party(paper, "giver"),
        receiver=person_party(paper, "receiver"),
        lines=lines(paper),
        purpose=_PURPOSES[act],
        permission=str(paper.particulars.get("decision", "")),
        since=day(paper.particulars.get("from_on")),
        until=day(paper.particulars.get("until_on")),
    )
    return Letter(internal_handover_minutes, data)


@maker(PaperKind.STATUS)
def _status(paper: Paper) -> Letter:
    signer = paper.particulars.get("signer", {})
    data = StatusMinutes(
        **record(paper),
        managing=agency_party(paper, "giver"),
        lines=lines(paper),
        signer=Signer(tuple(signer.get("titles", ())), signer.get("name", "")),
    )
    return Letter(status_minutes, data)


@maker(PaperKind.RETURN_TO_AUTHORITY)
def _return(paper: Paper) -> Letter:
    """Mẫu số 08."""
    told = paper.particulars
    data = ReturnMinutes(
        **record(paper) | {"landscape": True},
        giver=agency_party(paper, "giver"),
        receiver=Party(body=spelt_out(str(told.get("addressee", "")))),
        lines=lines(paper),
        notices=tuple(
            RevocationNotice(one.get("number", ""), day(one.get("dated")))
            for one in told.get("notices", [])
        ),
        without_notice=not told.get("notices"),
        carrier=str(told.get("carrier", "")),
        parcel_code=str(told.get("parcel_code", "")),
        sent_on=day(told.get("parcel_on")),
        in_person=bool(told.get("in_person")),
    )
    return Letter(return_minutes, data)
