"""Lý do thu hồi: the grounds of Điều 17 NĐ 68/2024/NĐ-CP as codes, by kind of subscriber.

The codes are those of the project's notes on the law; each maps to a point of Điều 17. One more
exists only where a regulation names it: "không còn nhu cầu sử dụng" (Tuyên Quang, Điều 7 khoản 3
điểm c), asked for by its key and its day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.attachments import AttachmentKind
from rules.certificates import SubscriberKind
from rules.grounds import ground
from rules.law import Law
from rules.provisions import Provision


class RevocationGround(StrEnum):
    """Why a certificate is to be revoked; the value is the code that is kept."""

    EXPIRED = "HET_HAN"
    KEY_EXPOSED = "LO_KHOA"
    DEVICE_DAMAGED = "HONG"
    DEVICE_LOST = "THAT_LAC"
    OTHER_INSECURITY = "MAT_AN_TOAN"
    PROCEEDINGS = "TO_TUNG"
    MANAGING_AGENCY = "CQQLTT"
    POSITION_CHANGED = "VI_TRI"
    RETIRED = "NGHI_HUU"
    LEFT_SERVICE = "THOI_VIEC"
    DECEASED = "TU_TRAN"
    DISSOLVED = "GIAI_THE"
    SPLIT = "CHIA_TACH"
    MERGED = "SAP_NHAP"
    SYSTEM_STOPPED = "NGUNG_HD"
    NO_LONGER_NEEDED = "KHONG_CON_NHU_CAU"


@dataclass(frozen=True)
class GroundRule:
    """Where a ground stands, whom it fits, and which paper its file needs (None: no other)."""

    key: str
    kinds: frozenset[SubscriberKind]
    paper: AttachmentKind | None = None


_G = RevocationGround
_ALL = frozenset(SubscriberKind)
_INDIVIDUAL = frozenset({SubscriberKind.INDIVIDUAL})
_ORGANISATION = frozenset({SubscriberKind.ORGANISATION})
_SYSTEM = frozenset({SubscriberKind.SYSTEM})
_A = AttachmentKind

GROUND_RULES: Mapping[RevocationGround, GroundRule] = {
    _G.EXPIRED: GroundRule("revocation.expired", _ALL),
    _G.KEY_EXPOSED: GroundRule("revocation.subscriber_request", _ALL, _A.SUBSCRIBER_REQUEST),
    _G.DEVICE_DAMAGED: GroundRule("revocation.subscriber_request", _ALL, _A.SUBSCRIBER_REQUEST),
    _G.DEVICE_LOST: GroundRule("revocation.subscriber_request", _ALL, _A.SUBSCRIBER_REQUEST),
    _G.OTHER_INSECURITY: GroundRule("revocation.subscriber_request", _ALL, _A.SUBSCRIBER_REQUEST),
    _G.PROCEEDINGS: GroundRule("revocation.proceedings", _ALL, _A.PROCEEDINGS_REQUEST),
    _G.MANAGING_AGENCY: GroundRule("revocation.managing_agency", _ALL),
    _G.POSITION_CHANGED: GroundRule("revocation.position", _INDIVIDUAL, _A.PERSONNEL_DECISION),
    _G.RETIRED: GroundRule("revocation.leaving", _INDIVIDUAL, _A.PERSONNEL_DECISION),
    _G.LEFT_SERVICE: GroundRule("revocation.leaving", _INDIVIDUAL, _A.PERSONNEL_DECISION),
    _G.DECEASED: GroundRule("revocation.leaving", _INDIVIDUAL),
    _G.DISSOLVED: GroundRule("revocation.reorganised", _ORGANISATION, _A.REORGANISATION_DECISION),
    _G.SPLIT: GroundRule("revocation.reorganised", _ORGANISATION, _A.REORGANISATION_DECISION),
    _G.MERGED: GroundRule("revocation.reorganised", _ORGANISATION, _A.REORGANISATION_DECISION),
    _G.SYSTEM_STOPPED: GroundRule("revocation.system_stopped", _SYSTEM),
    _G.NO_LONGER_NEEDED: GroundRule("revocation.ground.no_longer_needed", _INDIVIDUAL),
}

# khoản 1 điểm b: at the written request of the subscriber, confirmed by the managing agency.
AT_SUBSCRIBER_REQUEST = frozenset(
    one for one, rule in GROUND_RULES.items() if rule.paper is _A.SUBSCRIBER_REQUEST
)


def ground_provision(chosen: RevocationGround, *, on: date, law: Law) -> Provision | None:
    """Where the ground stands on that day; None where the law of that day and place has it not."""
    return ground(law, GROUND_RULES[chosen].key, on=on)


def grounds_for(kind: SubscriberKind, *, on: date, law: Law) -> tuple[RevocationGround, ...]:
    """The grounds to choose from for a kind of subscriber on a day, in the order of Điều 17."""
    return tuple(
        one
        for one, rule in GROUND_RULES.items()
        if kind in rule.kinds and ground_provision(one, on=on, law=law) is not None
    )
