"""Incidents, slips and notices among the tasks of the home page, counted with its other numbers."""

from datetime import date
from typing import Any

from flask import url_for
from sqlalchemy import Select, exists, select

from operations import incidents, incoming_notices, slips
from rules.permissions import Permission
from rules.upgrades import UpgradeState
from schema.custody import FollowUp, Incident, Paper
from schema.documents import IncomingDocument
from schema.upgrades import SignatureUpgrade
from views.guards import Account
from views.home_work import COUNTED_UP_TO, Group, Task

INCIDENTS, LATE, SLIPS, STAMPS = "incidents", "incidents_late", "slips", "stamps"
NOTICES = "notices"


def parts(person: Account, today: date) -> dict[str, Select[Any]]:
    """What is counted for this person, by name, as queries of row numbers."""
    found: dict[str, Select[Any]] = {}
    if person.can(Permission.INCIDENT_EDIT):
        theirs = person.scope(Permission.INCIDENT_EDIT).clause(Incident.agency_id)
        late = exists().where(
            FollowUp.noun == incidents.NOUN,
            FollowUp.object_id == Incident.id,
            FollowUp.done_at.is_(None),
            FollowUp.due_on < today,
        )
        going_on = select(Incident.id).where(theirs, Incident.closed_at.is_(None))
        found |= {INCIDENTS: going_on, LATE: going_on.where(late)}
    if person.can(Permission.CERTIFICATE_REQUEST_DRAFT):
        mine = person.scope(Permission.CERTIFICATE_REQUEST_DRAFT).clause(Paper.agency_id)
        found[SLIPS] = select(Paper.id).where(mine, slips.is_open())
    if person.can(Permission.DOCUMENT_EDIT):
        theirs = person.scope(Permission.DOCUMENT_EDIT).clause(SignatureUpgrade.agency_id)
        given_up = SignatureUpgrade.state == UpgradeState.GIVEN_UP
        found[STAMPS] = select(SignatureUpgrade.id).where(given_up, theirs)
    if person.can(Permission.INCOMING_EDIT):
        ours = person.scope(Permission.INCOMING_EDIT).clause(IncomingDocument.agency_id)
        found[NOTICES] = select(IncomingDocument.id).where(ours, incoming_notices.is_owed())
    return found


def tasks(numbers: dict[str, int]) -> list[Task]:
    """One task for all incidents under way, one for all slips that wait, and so on."""
    found = []
    if numbers.get(INCIDENTS):
        late = numbers.get(LATE, 0)
        found.append(
            Task(
                Group.OVERDUE if late else Group.WEEK,
                f"Xử lý {_many(numbers[INCIDENTS])} sự cố thiết bị",
                f"{_many(late)} sự cố có việc quá hạn" if late else "Mất, hỏng, khóa, mất an toàn",
                url_for("incidents.index", **{"trang-thai": "dang"}),
                "Mở sự cố",
                said="mục tiêu của phần mềm, tính từ lúc được báo",
            )
        )
    if numbers.get(SLIPS):
        found.append(
            Task(
                Group.WEEK,
                f"Trả lời {_many(numbers[SLIPS])} phiếu đề nghị của thuê bao",
                "Lập văn bản theo phiếu, hoặc trả lời lý do không thực hiện",
                url_for("slips.index"),
                "Mở phiếu",
                said="người đề nghị đang chờ",
            )
        )
    if numbers.get(STAMPS):
        found.append(
            Task(
                Group.WEEK,
                f"Xem {_many(numbers[STAMPS])} văn bản không gắn được dấu thời gian",
                "Chữ ký còn nguyên, chỉ thiếu dấu thời gian; mỗi văn bản ghi lý do",
                url_for("signature_upgrades.index", **{"trang-thai": "thoi"}),
                "Mở hàng chờ",
                said="phần mềm đã thôi thử",
            )
        )
    return found + _notice_task(numbers)


def _notice_task(numbers: dict[str, int]) -> list[Task]:
    if not numbers.get(NOTICES):
        return []
    return [
        Task(
            Group.WEEK,
            f"Thông báo cho nơi gửi về {_many(numbers[NOTICES])} văn bản đến không tiếp nhận",
            "Lập thông báo, ghi số, ký rồi ghi nhận việc gửi",
            url_for("incoming_documents.index", **{"thong-bao": "cho"}),
            "Mở danh sách",
            said="nơi gửi chờ để ký và gửi lại",
        )
    ]


def _many(count: int) -> str:
    return f"{COUNTED_UP_TO}+" if count > COUNTED_UP_TO else str(count)
