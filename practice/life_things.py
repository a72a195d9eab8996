"""What happened to devices and people of the practice offices, by the real operations."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select

from models import Certificate, Device
from operations import (
    follow_ups,
    handovers,
    incidents,
    incoming_documents,
    office_documents,
    papers,
    reminders,
    staff_changes,
    stocktakes,
    systems,
)
from operations import stocktake_counts as counts
from operations.files import PDF
from practice.desk import Desk, scan
from practice.people import DEPARTMENT, EAST, WEST
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind, DeviceState
from rules.incidents import IncidentKind
from rules.lifecycle import CustodyAct
from rules.office_documents import DocumentWay
from rules.papers import PaperFileRole
from rules.staff_changes import StaffChange
from rules.systems import SystemKind
from schema.stocktakes import StocktakeItem
from signing.pades.verify import verify

_SYSTEM_KINDS = {DeviceKind.HSM: SystemKind.SOFTWARE, DeviceKind.CENTRAL: SystemKind.SERVICE}


def systems_are_entered(desk: Desk) -> Iterator[int]:
    """The systems whose certificates the department keeps, each tied to its certificate."""
    yield 120
    actor = desk.actor(EAST, "daumoi", 120)
    rows = desk.session.scalars(
        select(Certificate)
        .where(Certificate.kind == SubscriberKind.SYSTEM)
        .order_by(Certificate.id)
    ).all()
    for certificate_id, name, device_id in [
        (one.id, one.common_name, one.device_id) for one in rows
    ]:
        device = desk.session.get(Device, device_id) if device_id else None
        store = device.kind if device else None
        made = systems.create(
            desk.session,
            actor=actor,
            particulars=systems.Particulars(
                desk.book.agencies[DEPARTMENT],
                name,
                _SYSTEM_KINDS[store],
                edition="Thử nghiệm",
                key_store=store,
            ),
        )
        desk.session.get_one(Certificate, certificate_id).system_id = made
        desk.session.commit()


def tokens_are_handed_over(desk: Desk) -> Iterator[int]:
    """Two handovers of one commune: one with the scan of its minutes, one still without proof."""
    stock = desk.stock(EAST)
    for days_ago, place, proven in ((20, 3, True), (2, 34, False)):
        yield days_ago
        actor = desk.actor(EAST, "daumoi", days_ago)
        wish = handovers.Wish(
            CustodyAct.HAND_OVER,
            actor.today,
            (handovers.Item(stock.pop(0), desk.person(EAST, place)),),
            agency_person_id=actor.person_id,
            number=f"{place:02d}",
            place="Thử Nghiệm Đông",
            reason="Giao thiết bị THỬ NGHIỆM để chờ cấp chứng thư.",
        )
        made = handovers.carry_out(
            desk.session, wish, actor=actor, law=desk.law, draw=desk.draws.paper
        )
        if proven:
            papers.add_evidence(
                desk.session,
                actor=actor,
                paper_id=made[0],
                role=PaperFileRole.SCAN,
                content=scan(),
                media_type=PDF,
                name="bien-ban-thu-nghiem.pdf",
            )


def things_go_wrong(desk: Desk) -> Iterator[int]:
    """A loss, told on behalf of its holder, and a lock of another token."""
    for days_ago, kind, place, words in (
        (5, IncidentKind.LOSS, 39, "Không thấy thiết bị THỬ NGHIỆM sau chuyến công tác."),
        (1, IncidentKind.LOCK, 32, "Thiết bị THỬ NGHIỆM báo bị khóa khi ký văn bản."),
    ):
        yield days_ago
        actor = desk.actor(EAST, "daumoi", days_ago)
        incidents.report(
            desk.session,
            actor=actor,
            wish=incidents.Report(
                kind,
                desk.device_of(desk.person(EAST, place)),
                noticed_at=actor.at - timedelta(hours=2),
                on_behalf=True,
                told_how="Qua điện thoại",
                happened=words,
            ),
            law=desk.law,
            is_focal_point=True,
        )


def losses_came_to_an_end(desk: Desk) -> Iterator[int]:
    """What the register calls lost was told and dealt with before its certificate was revoked."""
    keys = {number: key.split(".")[0] for key, number in desk.book.agencies.items()}
    rows = desk.session.execute(
        select(Device.id, Device.holder_id, Device.agency_id, Certificate.revoked_at)
        .join(Certificate, Certificate.device_id == Device.id)
        .where(Device.state == DeviceState.LOST, Certificate.revoked_at.is_not(None))
        .order_by(Certificate.revoked_at, Device.id)
    ).all()
    for device_id, holder_id, agency_id, revoked_at in rows:
        days_ago = (desk.at - revoked_at).days + 2
        yield days_ago
        actor = desk.actor(keys[agency_id], "daumoi", days_ago)
        own = holder_id == actor.person_id
        wish = incidents.Report(
            IncidentKind.LOSS,
            device_id,
            noticed_at=actor.at - timedelta(hours=3),
            on_behalf=not own,
            told_how="" if own else "Qua điện thoại",
            happened="Mất thiết bị THỬ NGHIỆM trên đường đi công tác.",
        )
        number = incidents.report(
            desk.session, actor=actor, wish=wish, law=desk.law, is_focal_point=True
        )
        texts = {
            "measures": "Đã tìm ở nơi để quên và báo công an nơi mất.",
            "cause": "Để thiết bị trong cặp không khóa.",
            "prevention": "Nhắc cả đơn vị cất thiết bị trong tủ có khóa.",
        }
        incidents.write(desk.session, actor=actor, incident_id=number, version=1, texts=texts)
        for one in follow_ups.of(desk.session, incidents.NOUN, number):
            if one.done_at is None:
                follow_ups.complete(desk.session, actor=actor, follow_up_id=one.id)
        incidents.close(desk.session, actor=actor, incident_id=number, version=2)


def people_change(desk: Desk) -> Iterator[int]:
    """One retires, one will be away for long; what follows from it is still to be done."""
    yield 3
    actor = desk.actor(EAST, "daumoi", 3)
    staff_changes.record_many(
        desk.session,
        actor=actor,
        changes=[
            staff_changes.Change(
                desk.person(EAST, place),
                kind,
                actor.today + timedelta(days=after),
                decision="Quyết định số 03/QĐ-THUNGHIEM",
            )
            for place, kind, after in (
                (14, StaffChange.RETIRED, 12),
                (35, StaffChange.LONG_LEAVE, 5),
            )
        ],
        law=desk.law,
    )


def things_are_counted(desk: Desk) -> Iterator[int]:
    """A campaign of one division, half counted: some there, one damaged, one stranger."""
    yield 1
    actor = desk.actor(EAST, "daumoi", 1)
    campaign = stocktakes.open_campaign(
        desk.session,
        actor=actor,
        plan=stocktakes.Plan(
            desk.book.agencies[f"{EAST}.KT"],
            "Kiểm kê THỬ NGHIỆM Phòng Kinh tế",
            actor.today + timedelta(days=14),
            basis="Kế hoạch số 04/KH-THUNGHIEM",
            seats=(stocktakes.Seat(actor.person_id or 0, "Tổ trưởng"),),
        ),
    )
    items = desk.session.scalars(
        select(StocktakeItem.id)
        .where(StocktakeItem.stocktake_id == campaign)
        .order_by(StocktakeItem.id)
    ).all()
    seen = [
        counts.Sighting(
            f"thu-nghiem-{number}", actor.at, item_id=item, as_booked=True, damaged=number == 2
        )
        for number, item in enumerate(items[:4])
    ]
    stranger = counts.Sighting("thu-nghiem-la", actor.at, code="TN541000099999")
    counts.record(desk.session, actor=actor, stocktake_id=campaign, sightings=[*seen, stranger])


def documents_lie_on_the_desk(desk: Desk) -> Iterator[int]:
    """A document of the office to be laid out, and one that came in without a signature."""
    yield 1
    actor = desk.actor(EAST, "vanthu", 1)
    agency_id, content = desk.book.agencies[EAST], scan()
    office_documents.upload(
        desk.session,
        actor=actor,
        law=desk.law,
        brought=office_documents.Upload(
            agency_id,
            "Thông báo THỬ NGHIỆM về việc kiểm kê thiết bị",
            DocumentWay.PERSON_AND_AGENCY,
            content,
            not_secret_at=actor.at,
            pages=[(210.0, 297.0)],
            geometry=[(0, 0, 595, 842, 0, 1)],
        ),
    )
    report = verify(content, trust=desk.trust, at=actor.at)
    incoming_documents.register(
        desk.session,
        actor=actor,
        received=incoming_documents.Received(
            agency_id,
            content,
            "van-ban-thu-nghiem.pdf",
            sha256(content).hexdigest(),
            report.verdict,
            report.as_dict(),
            sender="Sở THỬ NGHIỆM",
        ),
    )


def reminders_are_made(desk: Desk) -> Iterator[int]:
    """What was due is said once, as the server would every morning."""
    yield 0
    actor = desk.actor(WEST, "daumoi", 0)
    reminders.run(desk.session, actor=actor, law=desk.law, email=False)


SCENES = (
    systems_are_entered,
    tokens_are_handed_over,
    losses_came_to_an_end,
    things_go_wrong,
    people_change,
    things_are_counted,
    documents_lie_on_the_desk,
    reminders_are_made,
)
