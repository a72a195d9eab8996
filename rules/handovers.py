"""Who may receive which device, and on what paper.

A personal token goes only to the subscriber named in its certificate (Điều 37 khoản 2 NĐ 68/2024;
Tuyên Quang Điều 10.3a; Bắc Ninh Điều 4.3). The agency's token goes to a clerk; the decision that
entrusts it is a duty only where the regulation says so (Bắc Ninh Điều 18.3). Devices of thiết bị,
dịch vụ, phần mềm go to the IT officer (Thừa Thiên Huế Điều 32.2; dự thảo Đồng Nai Điều 17.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from rules.certificates import SubscriberKind
from rules.days import written
from rules.devices import DeviceKind
from rules.evidence import AGENCY_HANDS_OVER
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.provisions import Provision

LENDING_FORBIDDEN = "custody.lending_forbidden"  # Tuyên Quang Điều 10.3a
PERSON_KEEPS_OWN = "custody.holder.individual"  # Bắc Ninh Điều 4.3
CLERK_KEEPS_AGENCYS = "custody.holder.organisation"  # Bắc Ninh Điều 4.3
DECISION_NEEDED = "entrustment.needs_decision"  # Bắc Ninh Điều 18.3
PERMISSION_NEEDED = "entrustment.handing_on_by_written_permission"  # Thừa Thiên Huế Điều 31.2
IT_KEEPS_SYSTEMS = "custody.holder.system"  # Thừa Thiên Huế Điều 32.2


@dataclass(frozen=True)
class HandoverFacts:
    """A device about to be handed to a person. Ids are those of people.

    `subscribers` are the people named in the individual certificates on the device, `kinds` the
    kinds of subscriber of all of them; both empty when no certificate is known.
    `certificates_ended`: all of them expired or were revoked. `decision` names the paper that
    entrusts an agency's device, with its term (last day included, None is open).
    """

    device: str
    device_kind: DeviceKind
    receiver_id: int
    receiver_name: str
    kinds: frozenset[SubscriberKind] = frozenset()
    subscribers: tuple[tuple[int, str], ...] = ()
    receiver_is_clerk: bool = False
    receiver_is_it_officer: bool = False
    receiver_left_on: date | None = None
    receiver_in_agency: bool = True
    giver_id: int | None = None
    certificates_ended: bool = False
    decision: str = ""
    decision_from_on: date | None = None
    decision_until_on: date | None = None


@dataclass(frozen=True)
class EntrustmentFacts:
    """The agency's device, given to somebody else for a time while the clerk is away.

    `permission` is the written permission of whoever has the authority, with its inclusive term.
    """

    device: str
    keeper_id: int
    deputy_id: int
    deputy_name: str
    personal: bool
    permission: str = ""
    from_on: date | None = None
    until_on: date | None = None
    has_minutes: bool = False


def check_handover(facts: HandoverFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Everything that speaks against giving this device to this person on a day.

    MUST refuses; the order is that of weight.
    """
    found = [
        *_check_receiver(facts, on),
        *_check_device(facts, on, law),
        *_check_personal(facts, on, law),
        *_check_agencys(facts, on, law),
        *_check_systems(facts, on, law),
    ]
    return tuple(sorted(found, key=lambda one: list(Severity).index(one.severity)))


def check_correction(facts: HandoverFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """What speaks against writing this person down as the one who has the device.

    Who really has it must be known, so nothing is refused; but a personal token found with somebody
    else is to go back, not to stay there on paper.
    """
    return tuple(
        replace(
            one,
            code="correction.not_the_subscriber",
            severity=Severity.SHOULD,
            message=f"Thiết bị {facts.device} mang chứng thư cá nhân của "
            f"{_names(facts)}; {facts.receiver_name} không được giữ, sử dụng thay.",
            remedy="Đổi lại thiết bị cho đúng thuê bao thay vì đính chính. Nếu vẫn phải ghi người "
            "đang giữ thực tế để xử lý thì nêu lý do.",
        )
        for one in _check_personal(facts, on, law)
    )


def check_entrustment(facts: EntrustmentFacts, *, on: date, law: Law) -> tuple[Finding, ...]:
    """Whether a device may be left to a deputy for a time: never a personal one, none where lending
    is forbidden (there: recall and new assignment), else with written permission, term and minutes.
    """
    forbidden = ground(law, LENDING_FORBIDDEN, on=on)
    if facts.personal:
        return (_never_lent(facts.device, law, on),)
    if forbidden is not None:
        return (
            finding(
                "entrustment.forbidden",
                Severity.MUST,
                f"Quy chế cơ quan đang áp dụng không cho giao, cho mượn thiết bị {facts.device} "
                "dưới bất kỳ hình thức nào.",
                "Thu hồi thiết bị từ người đang giữ rồi giao mới cho người thay thế, kèm quyết "
                "định phân công.",
                forbidden,
            ),
        )
    return tuple(_check_permission(facts, on, law))


def _check_receiver(facts: HandoverFacts, on: date) -> Iterator[Finding]:
    if facts.device_kind is DeviceKind.CENTRAL:
        yield finding(
            "handover.nothing_to_hand_over",
            Severity.MUST,
            "Ký số tập trung chỉ có tài khoản của thuê bao, không có thiết bị để bàn giao.",
            "Ghi nhận tài khoản thay cho biên bản bàn giao.",
        )
    if facts.receiver_left_on is not None and facts.receiver_left_on <= on:
        yield finding(
            "handover.receiver_left",
            Severity.MUST,
            f"{facts.receiver_name} đã thôi làm việc tại cơ quan từ ngày "
            f"{written(facts.receiver_left_on)}.",
            "Chọn người nhận khác.",
        )
    if not facts.receiver_in_agency:
        yield finding(
            "handover.receiver_elsewhere",
            Severity.SHOULD,
            f"{facts.receiver_name} không thuộc cơ quan đang quản lý thiết bị.",
            "Điều chuyển thiết bị giữa hai cơ quan, hoặc chọn người nhận của cơ quan này.",
        )
    if facts.giver_id == facts.receiver_id:
        yield finding(
            "handover.to_oneself",
            Severity.SHOULD,
            f"{facts.receiver_name} vừa là bên giao vừa là bên nhận.",
            "Để người khác của cơ quan đứng bên giao trong biên bản.",
        )


def _check_device(facts: HandoverFacts, on: date, law: Law) -> Iterator[Finding]:
    if facts.certificates_ended:
        yield finding(
            "handover.certificate_ended",
            Severity.MUST,
            f"Chứng thư trên thiết bị {facts.device} đã hết hạn hoặc bị thu hồi; thiết bị phải "
            "được thu hồi và nộp về Cục, không bàn giao để dùng tiếp.",
            "Thu hồi thiết bị về cơ quan rồi nộp theo Mẫu số 08.",
            ground(law, "recall.subscriber", on=on),
        )
    if not facts.kinds and facts.device_kind is not DeviceKind.CENTRAL:
        yield finding(
            "handover.certificate_unknown",
            Severity.SHOULD,
            f"Thiết bị {facts.device} chưa gắn với chứng thư nào trong sổ nên chưa biết thuê bao "
            "là ai.",
            "Nhập chứng thư trên thiết bị trước khi bàn giao.",
        )


def _check_personal(facts: HandoverFacts, on: date, law: Law) -> Iterator[Finding]:
    if facts.subscribers and facts.receiver_id not in {one for one, _ in facts.subscribers}:
        basis = (
            ground(law, LENDING_FORBIDDEN, on=on)
            or ground(law, PERSON_KEEPS_OWN, on=on)
            or ground(law, AGENCY_HANDS_OVER, on=on)
        )
        yield finding(
            "handover.not_the_subscriber",
            Severity.MUST,
            f"Thiết bị {facts.device} mang chứng thư cá nhân của {_names(facts)}; chỉ giao cho "
            f"đúng thuê bao, không giao cho {facts.receiver_name}.",
            "Giao cho thuê bao có tên trong chứng thư, hoặc đề nghị cấp chứng thư cho người cần "
            "dùng theo Mẫu số 01.",
            basis,
        )


def _names(facts: HandoverFacts) -> str:
    return ", ".join(name for _, name in facts.subscribers)


def _check_agencys(facts: HandoverFacts, on: date, law: Law) -> Iterator[Finding]:
    if SubscriberKind.ORGANISATION not in facts.kinds:
        return
    if not facts.receiver_is_clerk:
        yield _where_laid_down(
            "handover.not_a_clerk",
            f"Thiết bị {facts.device} mang chứng thư của cơ quan nhưng {facts.receiver_name} không "
            "phải là văn thư.",
            "Giao cho văn thư được phân công, hoặc ghi người nhận là văn thư.",
            ground(law, CLERK_KEEPS_AGENCYS, on=on),
        )
    basis = ground(law, DECISION_NEEDED, on=on)
    if not facts.decision:
        yield _where_laid_down(
            "handover.decision_missing",
            f"Chưa có quyết định giao {facts.receiver_name} quản lý thiết bị {facts.device} của "
            "cơ quan.",
            "Nhập số, ngày của quyết định giao quản lý thiết bị lưu khóa bí mật cho văn thư.",
            basis,
        )
    elif _outside(on, facts.decision_from_on, facts.decision_until_on):
        yield _where_laid_down(
            "handover.decision_not_in_force",
            f"Quyết định {facts.decision} không có hiệu lực vào ngày {written(on)}.",
            "Nhập quyết định đang có hiệu lực.",
            basis,
        )


def _check_systems(facts: HandoverFacts, on: date, law: Law) -> Iterator[Finding]:
    if SubscriberKind.SYSTEM in facts.kinds and not facts.receiver_is_it_officer:
        yield _where_laid_down(
            "handover.not_the_it_officer",
            f"Thiết bị {facts.device} là của thiết bị, dịch vụ, phần mềm nhưng "
            f"{facts.receiver_name} không phải là người phụ trách công nghệ thông tin.",
            "Giao cho bộ phận, cá nhân phụ trách công nghệ thông tin được phân công.",
            ground(law, IT_KEEPS_SYSTEMS, on=on),
        )


def _where_laid_down(code: str, message: str, remedy: str, basis: Provision | None) -> Finding:
    """MUST where a regulation lays the duty down, advice elsewhere: no house rule refuses here what
    the law of the place allows.
    """
    severity = Severity.SHOULD if basis is None else Severity.MUST
    return finding(code, severity, message, remedy, basis)


def _never_lent(device: str, law: Law, on: date) -> Finding:
    return finding(
        "entrustment.personal",
        Severity.MUST,
        f"Thiết bị {device} mang chứng thư cá nhân, không giao cho người khác dùng thay; người ký "
        "thay dùng chứng thư cá nhân của chính mình.",
        "Để người được giao ký dùng thiết bị của mình, hoặc đề nghị cấp chứng thư theo Mẫu số 01.",
        ground(law, LENDING_FORBIDDEN, on=on) or ground(law, AGENCY_HANDS_OVER, on=on),
    )


def _check_permission(facts: EntrustmentFacts, on: date, law: Law) -> Iterator[Finding]:
    basis = ground(law, PERMISSION_NEEDED, on=on)
    if facts.keeper_id == facts.deputy_id:
        yield finding(
            "entrustment.same_person",
            Severity.MUST,
            f"{facts.deputy_name} đang giữ chính thiết bị {facts.device}.",
            "Chọn người khác nhận thay.",
        )
    if not facts.permission:
        yield _where_laid_down(
            "entrustment.permission_missing",
            f"Chưa có văn bản cho phép giao thiết bị {facts.device} cho {facts.deputy_name}.",
            "Nhập số, ngày văn bản cho phép của người có thẩm quyền.",
            basis,
        )
    if facts.until_on is None:
        yield finding(
            "entrustment.term_missing",
            Severity.SHOULD,
            "Chưa ghi ngày kết thúc việc giao tạm.",
            "Nhập ngày kết thúc ghi trong văn bản cho phép.",
        )
    if _outside(on, facts.from_on, facts.until_on):
        yield finding(
            "entrustment.outside_term",
            Severity.MUST,
            f"Ngày {written(on)} nằm ngoài thời hạn của văn bản cho phép.",
            "Nhập văn bản cho phép mới, hoặc nhận lại thiết bị cho người được phân công.",
        )
    if not facts.has_minutes:
        yield finding(
            "entrustment.minutes_missing",
            Severity.SHOULD,
            "Chưa có biên bản giao nhận giữa văn thư và người nhận tạm.",
            "Lập biên bản giao nhận nội bộ, hai bên ký.",
        )


def _outside(on: date, first: date | None, last: date | None) -> bool:
    return (first is not None and on < first) or (last is not None and last < on)
