"""A list of certificates without their files: it can only say whose a known certificate is.

The register keeps certificates as they were issued, with every byte; a line of a list is no
certificate. What is known by its serial gets its device and its person; the rest is named, so that
somebody imports the files.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from audit import Actor
from models import Certificate, Device, Person
from operations import search
from operations.sheet_device_matching import Devices
from operations.sheet_person_matching import Keys, Known, People
from operations.sheet_rows import Place, Row, SoFar, chunks, shown_day
from operations.sheet_undo import refuse_changed
from rules.certificates import SubscriberKind
from rules.sheet_imports import RowVerdict

NOUN = "certificate"
SERIALS = ("device_serial",)
SUBSCRIBER = Keys("common_name", "email", "citizen_id_hash")
NEEDS_FILE = (
    "Chưa có chứng thư này trong sổ. Danh sách không thay được chứng thư: hãy nhập tệp chứng thư "
    "(.cer) ở mục Nhập chứng thư, hoặc đọc từ thiết bị đang cắm, rồi bấm “Kiểm tra lại”."
)


def check(session: Session, place: Place, rows: Sequence[Row], so_far: SoFar) -> None:
    """Give each row its verdict against the register, in a fixed number of statements per 5,000."""
    known = _known(session, rows)
    devices = Devices.of(session, place, rows, SERIALS, "")
    people = People.of(session, place, rows, SUBSCRIBER)
    for row in rows:
        if row.blocked:
            row.verdict = RowVerdict.PROBLEM
            continue
        found = known.get(row.text("serial_number"), [])
        here = [one for one in found if one.agency_id in place.names]
        if len(here) == 1:
            _compare(row, here[0], devices, people)
        elif here:
            row.complain("serial_number", "Có hơn một chứng thư mang số hiệu này. Sửa trên trang.")
        elif found:
            row.complain("serial_number", "Chứng thư này thuộc đơn vị ngoài phạm vi nhập.")
        else:
            row.complain("serial_number", NEEDS_FILE)


def _known(session: Session, rows: Sequence[Row]) -> dict[str, list[Certificate]]:
    found: dict[str, list[Certificate]] = {}
    for some in chunks(row.text("serial_number") for row in rows):
        for one in session.scalars(
            select(Certificate)
            .where(Certificate.serial_number.in_(some))
            .options(joinedload(Certificate.device), joinedload(Certificate.person))
        ):
            found.setdefault(one.serial_number, []).append(one)
    return found


def _compare(row: Row, one: Certificate, devices: Devices, people: People) -> None:
    device = devices.meant(row, SERIALS, "") if row.text("device_serial") else None
    if row.verdict is RowVerdict.PROBLEM:
        return
    person = _person(row, one, people)
    if row.verdict is not RowVerdict.NEW:
        return
    row.object_id, row.verdict = one.id, RowVerdict.SAME
    if device is not None and device.id != one.device_id:
        row.said["device_id"] = device.id
        old = one.device.internal_code if one.device else ""
        row.differ("device", old, device.internal_code)
    elif device is None and row.text("device_serial"):
        row.complain("device_serial", "Chưa có thiết bị này trong sổ; bỏ qua ô này.", blocks=False)
    if person is not None and one.person_id is None:
        row.said["person_id"] = person.id
        row.differ("person", "", person.full_name)
    elif person is not None and person.id != one.person_id:
        row.complain(
            "common_name", "Sổ ghi chứng thư này của người khác; sửa trên trang chứng thư.",
            blocks=False,
        )  # fmt: skip
    ends = row.day("expires_on")
    if ends and ends != one.expires_on:
        row.complain(
            "expires_on",
            f"Chứng thư trong sổ hết hạn ngày {shown_day(one.expires_on)}; sổ theo chứng thư.",
            blocks=False,
        )
    if row.day("revoked_on") and one.revoked_at is None:
        row.complain(
            "revoked_on",
            "Sổ chưa ghi thu hồi chứng thư này; ghi kết quả thu hồi trên trang chứng thư.",
            blocks=False,
        )


def _person(row: Row, one: Certificate, people: People) -> Known | None:
    if one.kind is not SubscriberKind.INDIVIDUAL:
        return None
    return people.holder(row, SUBSCRIBER, one.agency_id)


def commit(
    session: Session, actor: Actor, place: Place, rows: Sequence[Row], overwrite: Sequence[str]
) -> None:
    """Tie known certificates to their devices and people."""
    changed = [(row, taken) for row in rows if row.verdict is RowVerdict.CHANGED
               if (taken := row.taken(overwrite))]  # fmt: skip
    known = _load(session, [row.object_id or 0 for row, _ in changed])
    people = _by_id(session, Person, [row.said.get("person_id") for row, _ in changed])
    for row, taken in changed:
        one = known[row.object_id or 0]
        row.before = {
            key: getattr(one, key) for key in ("device_id", "person_id", "agency_id", "version")
        }
        if "device" in taken:
            one.device_id = row.said["device_id"]
        if "person" in taken:
            one.person_id = row.said["person_id"]
            one.agency_id = people[row.said["person_id"]].agency_id
        one.version += 1
        row.object_version, row.noun = one.version, NOUN
    session.flush()
    _reindex(session, list(known.values()))


def may_undo(session: Session, import_id: int) -> None:
    """Raise `Refused` naming rows that were changed since."""
    refuse_changed(session, Certificate, import_id)


def undo(session: Session, rows: Sequence[Row]) -> None:
    """Untie them again."""
    known = _load(session, [row.object_id or 0 for row in rows])
    for row in rows:
        for key, value in row.before.items():
            setattr(known[row.object_id or 0], key, value)
    session.flush()
    _reindex(session, list(known.values()))


def _load(session: Session, ids: Sequence[int]) -> dict[int, Certificate]:
    return _by_id(session, Certificate, ids)


def _by_id(session: Session, model: Any, ids: Sequence[int | None]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for some in chunks(number for number in ids if number):
        found |= {one.id: one for one in session.scalars(select(model).where(model.id.in_(some)))}
    return found


def _reindex(session: Session, rows: Sequence[Certificate]) -> None:
    devices = _by_id(session, Device, [one.device_id for one in rows])
    terms = {
        one.id: search.terms_of_certificate(one, devices.get(one.device_id or 0)) for one in rows
    }
    for some in chunks(terms):
        search.reindex_many(session, search.CERTIFICATE, {number: terms[number] for number in some})
