"""Which follow-ups a reported incident proposes: its steps, each with its article and target day.

The target days are the house's own: no text that was read sets any.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from models import Certificate, Device
from operations.follow_ups import Item
from rules.days import vietnam_day
from rules.devices import DeviceKind
from rules.grounds import ground
from rules.incidents import STEPS, IncidentKind, IncidentStep, StepRule
from rules.law import Law
from schema.custody import Incident

HOUSE_RULE = "Quy tắc của phần mềm"
FOUND_WORDS = "Đã tìm thấy thiết bị trước khi gửi Mẫu số 05."
_RETURN_DAYS = 10
_SENTENCES: Mapping[IncidentStep, str] = {
    IncidentStep.IMMEDIATE_MEASURES: "Ghi các biện pháp xử lý ban đầu đã thực hiện",
    IncidentStep.REPORT: "Lập và gửi báo cáo sự cố cho cơ quan có thẩm quyền",
    IncidentStep.LOSS_MINUTES: "Lập, ký biên bản xác nhận thất lạc (Mẫu số 09) cùng Mẫu số 05",
    IncidentStep.REVOCATION: "Đề nghị thu hồi chứng thư (Mẫu số 05)",
    IncidentStep.UNLOCK: "Đề nghị khôi phục thiết bị bị khóa (Mẫu số 06)",
    IncidentStep.DEVICE_RETURN: "Thu lại và nộp thiết bị về Cục (Mẫu số 08)",
    IncidentStep.REISSUE: "Đề nghị cấp mới, nếu còn nhu cầu ký số",
    IncidentStep.CAUSE_AND_PREVENTION: "Ghi nguyên nhân và biện pháp phòng ngừa tái diễn",
}


def proposals(
    row: Incident, device: Device, certificates: Sequence[Certificate], *, law: Law, on: date
) -> list[Item]:
    """The follow-ups of a report. Certificates that have ended need no Mẫu số 05; a device of which
    no certificate is known proposes one all the same, since the register may lack it.
    """
    told = row.noticed_at if row.on_behalf else row.reported_at
    noticed_on = vietnam_day(told)
    items: list[Item] = []
    for rule in STEPS[IncidentKind(row.kind)]:
        if rule.devices_only and device.kind is DeviceKind.CENTRAL:
            continue
        due_on = noticed_on + timedelta(days=rule.target_days)
        items += _of_step(rule, row, device, certificates, due_on, law, on)
    return items


def return_after_found(row: Incident, *, law: Law, on: date) -> Item:
    """Mẫu số 08 for a device found after Mẫu số 05 went out."""
    return Item(
        f"incident.{IncidentStep.DEVICE_RETURN}",
        "Thu lại thiết bị đã tìm thấy và nộp về Cục (Mẫu số 08); không giao lại để dùng",
        _cited(law, "form.return_to_authority", on),
        on + timedelta(days=_RETURN_DAYS),
        person_id=row.holder_id,
        device_id=row.device_id,
    )


def _of_step(
    rule: StepRule,
    row: Incident,
    device: Device,
    certificates: Sequence[Certificate],
    due_on: date,
    law: Law,
    on: date,
) -> Iterator[Item]:
    sentence, basis = _SENTENCES[rule.step], _cited(law, rule.provision_key, on)
    code = f"incident.{rule.step}"
    held = [one for one in certificates if one.revoked_at is None and one.expires_on >= on]
    if rule.step is IncidentStep.REVOCATION:
        for one in held:
            named = f"{sentence}: {one.common_name}"
            yield Item(code, named, basis, due_on, one.person_id, device.id, one.id)
        if certificates:
            return
    if rule.step is IncidentStep.REISSUE and held:
        for one in held:
            named = f"{sentence}: {one.common_name}"
            yield Item(code, named, basis, due_on, one.person_id, None, one.id)
        return
    newest = held[-1].id if held else None
    yield Item(code, sentence, basis, due_on, row.holder_id, device.id, newest)


def _cited(law: Law, key: str, on: date) -> str:
    found = ground(law, key, on=on)
    return found.citation if found is not None else HOUSE_RULE
