"""From what a person typed about imported certificates to numbers of people, agencies, devices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict
from wtforms import SelectChoice

from extensions import db
from forms.certificate_imports import OTHER, ItemForm, number_or_none
from models import Agency, Device, ImportBatch, ImportItem, Person
from operations.certificate_imports import Choice
from operations.import_matching import Standing
from rules.certificates import CertificateOrigin, SubscriberKind
from rules.findings import Finding, blocking
from rules.names import fold
from rules.serials import normalise_serial
from views.guards import below


@dataclass
class Line:
    """One certificate of the batch on the page: how it stands, and the form beside it."""

    item: ImportItem
    standing: Standing
    findings: tuple[Finding, ...]
    form: ItemForm

    @property
    def open_history(self) -> bool:
        """True when saving would leave the history unknown, so that a person may state it."""
        return self.standing.origin is CertificateOrigin.UNKNOWN


def lines_of(
    batch: ImportBatch,
    standings: Mapping[int, Standing],
    findings: Mapping[int, tuple[Finding, ...]],
    sent: MultiDict[str, str] | None,
) -> list[Line]:
    """The lines to decide about, with what was sent, or else with what the register proposes."""
    namesakes = _namesakes(batch, standings.values())
    lines = []
    for item in batch.items:
        standing = standings.get(item.id)
        if standing is None or item.der is None or standing.registered is not None:
            continue
        form = ItemForm(
            sent, prefix=f"c{item.id}-", data=_proposal(batch, standing, findings[item.id])
        )
        alike = namesakes.get(fold(standing.content.common_name), [])
        form.person.choices = _people_choices(standing, alike)
        lines.append(Line(item, standing, findings[item.id], form))
    return lines


def _proposal(
    batch: ImportBatch, standing: Standing, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Proposed: what is matched. Chosen: only what is matched and free of doubts."""
    agency = standing.agency or batch.agency
    known = standing.person is not None or standing.agency is not None
    return {
        "chosen": known and not standing.remarks and not blocking(findings),
        "kind": standing.kind.name,
        "person": str(standing.person.id) if standing.person else OTHER,
        "person_text": "",
        "agency_code": agency.code,
        "device_text": standing.device.internal_code if standing.device else "",
        "first_issue": False,
    }


def _people_choices(standing: Standing, alike: Iterable[Person]) -> list[SelectChoice]:
    offered = {row.id: row for row in ([standing.person] if standing.person else [])}
    offered |= {row.id: row for row in alike}
    choices = [
        SelectChoice(str(row.id), f"{row.full_name} – {row.agency.name}")
        for row in offered.values()
    ]
    return [*choices, SelectChoice(OTHER, "Người khác")]


def _namesakes(batch: ImportBatch, standings: Iterable[Standing]) -> dict[str, list[Person]]:
    """People of the same name as an unmatched certificate: offered, never taken by themselves."""
    names = {
        fold(one.content.common_name)
        for one in standings
        if one.person is None and one.kind is SubscriberKind.INDIVIDUAL
    }
    if not names:
        return {}
    rows = db.session.scalars(
        select(Person)
        .join(Agency, Person.agency_id == Agency.id)
        .where(below(batch.agency.path), Person.name_fold.in_(names), Person.left_on.is_(None))
        .options(joinedload(Person.agency))
        .order_by(Person.id)
        .limit(500)
    )
    found: dict[str, list[Person]] = {}
    for row in rows:
        found.setdefault(row.name_fold, []).append(row)
    return found


def choices_from(batch: ImportBatch, lines: Sequence[Line]) -> list[Choice] | None:
    """What was decided about the chosen lines; None when something typed was not found.

    The form of a line that is wrong says so beside the field.
    """
    chosen = [line for line in lines if line.form.chosen.data]
    people = _people_typed(batch, [line.form.person_text.data or "" for line in chosen])
    agencies = _agencies_typed(batch, [line.form.agency_code.data or "" for line in chosen])
    devices = _devices_typed(batch, [line.form.device_text.data or "" for line in chosen])
    decided: list[Choice] = []
    for line in chosen:
        form = line.form
        if not form.validate() or form.kind.data not in SubscriberKind.__members__:
            continue
        kind = SubscriberKind[form.kind.data]
        person_id = agency_id = device_id = None
        if kind is SubscriberKind.INDIVIDUAL:
            person_id = _person(form, people)
        else:
            agency_id = agencies.get((form.agency_code.data or "").strip())
            if agency_id is None:
                form.agency_code.errors = ["Không có cơ quan, đơn vị nào mang mã này."]
        if typed := (form.device_text.data or "").strip():
            device_id = devices.get(typed) or devices.get(normalise_serial(typed))
            if device_id is None:
                form.device_text.errors = ["Không tìm thấy thiết bị này trong sổ."]
        if not form.errors:
            decided.append(
                Choice(line.item.id, kind, person_id, agency_id, device_id, _first(line))
            )
    return decided if len(decided) == len(chosen) else None


def _first(line: Line) -> bool:
    return bool(line.form.first_issue.data) and line.open_history


def _person(form: ItemForm, people: Mapping[str, int]) -> int | None:
    if form.person.data and form.person.data != OTHER:
        return number_or_none(form.person.data)
    typed = (form.person_text.data or "").strip()
    found = people.get(typed.lower())
    if found is None:
        form.person_text.errors = [
            "Không tìm thấy cá nhân này trong phạm vi lần nhập."
            if typed
            else "Chưa rõ chứng thư của ai: chọn cá nhân hoặc nhập thư điện tử công vụ."
        ]
    return found


def _people_typed(batch: ImportBatch, typed: Iterable[str]) -> dict[str, int]:
    wanted = {text.strip() for text in typed} - {""}
    if not wanted:
        return {}
    rows = db.session.execute(
        select(Person.id, Person.email, Person.staff_number)
        .join(Agency, Person.agency_id == Agency.id)
        .where(
            below(batch.agency.path),
            or_(
                Person.email.in_({text.lower() for text in wanted}),
                Person.staff_number.in_(wanted),
            ),
        )
    )
    found: dict[str, int] = {}
    for number, email, staff_number in rows:
        for key in (email, staff_number):
            if key:
                # Two people under one staff number: nobody is meant for certain.
                found[key.lower()] = 0 if found.get(key.lower(), number) != number else number
    return {key: number for key, number in found.items() if number}


def _agencies_typed(batch: ImportBatch, typed: Iterable[str]) -> dict[str, int]:
    wanted = {text.strip() for text in typed} - {""}
    rows = db.session.execute(
        select(Agency.code, Agency.id).where(below(batch.agency.path), Agency.code.in_(wanted))
    )
    return {row.code: row.id for row in rows}


def _devices_typed(batch: ImportBatch, typed: Iterable[str]) -> dict[str, int]:
    wanted = {text.strip() for text in typed} - {""}
    if not wanted:
        return {}
    serials = wanted | {normalise_serial(text) for text in wanted}
    columns = (Device.driver_serial, Device.printed_serial, Device.notice_serial)
    rows = db.session.scalars(
        select(Device)
        .join(Agency, Device.agency_id == Agency.id)
        .where(
            below(batch.agency.path),
            or_(Device.internal_code.in_(wanted), *(one.in_(serials) for one in columns)),
        )
        .order_by(Device.id)
    )
    found: dict[str, int] = {}
    for row in rows:
        for key in (row.internal_code, row.driver_serial, row.printed_serial, row.notice_serial):
            if key:
                found.setdefault(key, row.id)
    return found
