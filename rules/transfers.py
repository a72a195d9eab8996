"""Biến động nhân sự: what becomes of the certificates and devices of a person who changes place.

Grounds: Điều 15, 17, 20 NĐ 68/2024/NĐ-CP, and what the agency's regulation says of a person who
moves to another body (`transfer.leads_to`: Tuyên Quang Điều 7.3c and Thừa Thiên Huế Điều 32.3
revoke and recall, Đồng Nai Điều 11.2a amends; the decree leaves a choice). Nothing is done here:
every change gives proposals, each with its ground and what to do next, and none is silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.days import days_left, expires_on, vietnam_day, written
from rules.devices import DeviceKind, DeviceState
from rules.findings import Finding, Severity, finding
from rules.grounds import ground
from rules.law import Law
from rules.provisions import Provision
from rules.revocation_grounds import GROUND_RULES, RevocationGround, ground_provision
from rules.revocations import HANDED_BACK
from rules.staff_changes import StaffChange
from rules.wording import listed, shown_name, shown_serial

LEADS_TO = "transfer.leads_to"
REVOKE_AND_RECALL, AMEND_ONLY = "revocation_and_recall", "amendment"


class TransferAct(StrEnum):
    """What is proposed. CHECK_CONTENTS asks a person to compare; KEEP says that nothing is due."""

    REVOKE = "revoke"
    RECALL_DEVICE = "recall_device"
    AMEND = "amend"
    HOLD_DEVICE = "hold_device"
    HAND_ON_ENTRUSTMENT = "hand_on_entrustment"
    CHECK_CONTENTS = "check_contents"
    KEEP = "keep"


@dataclass(frozen=True)
class CertificateHeld:
    """A certificate of the person."""

    serial_number: str
    not_after: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class DeviceHeld:
    """A device that the person has."""

    label: str
    kind: DeviceKind
    state: DeviceState


@dataclass(frozen=True)
class TransferFacts:
    """A change of a person's place from `effective_on` on.

    `fits`: whether the new place still agrees with what the certificates say, None when nobody has
    compared yet. `entrusted` names certificates of the agency that were entrusted to this person.
    """

    name: str
    change: StaffChange
    effective_on: date
    certificates: tuple[CertificateHeld, ...] = ()
    devices: tuple[DeviceHeld, ...] = ()
    fits: bool | None = None
    entrusted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """One thing to do, with the sentence for it. `subjects` are serials or device labels.

    `ground` is the reason code of a revocation. `is_choice`: one of several ways, of which a person
    chooses one.
    """

    act: TransferAct
    finding: Finding
    subjects: tuple[str, ...] = ()
    ground: RevocationGround | None = None
    is_choice: bool = False


_LEAVING = {
    StaffChange.RETIRED: RevocationGround.RETIRED,
    StaffChange.LEFT_SERVICE: RevocationGround.LEFT_SERVICE,
    StaffChange.DECEASED: RevocationGround.DECEASED,
}
_WHAT = {
    StaffChange.RETIRED: "nghỉ hưu",
    StaffChange.LEFT_SERVICE: "thôi việc",
    StaffChange.DECEASED: "từ trần",
    StaffChange.MOVED_TO_OTHER_BODY: "chuyển sang cơ quan, tổ chức khác",
    StaffChange.MOVED_WITHIN: "chuyển đơn vị trong cùng cơ quan",
    StaffChange.POSITION_CHANGED: "thay đổi chức vụ",
    StaffChange.LONG_LEAVE: "nghỉ dài ngày",
    StaffChange.NO_LONGER_NEEDED: "không còn nhu cầu sử dụng",
}
# Changes that propose something about the devices by themselves.
_TAKES_DEVICES = {*_LEAVING, StaffChange.NO_LONGER_NEEDED, StaffChange.LONG_LEAVE}
_GONE = (DeviceState.RETURNED_TO_CA, DeviceState.LOST)


def proposals_for(facts: TransferFacts, *, on: date, law: Law) -> tuple[Proposal, ...]:
    """What the law of that day and place proposes, at least one thing.

    Before the change takes effect everything is only told (INFO). Raises LawError for a day before
    the decree.
    """
    case = _Case(facts, on, law)
    return tuple(case.proposals()) or (case.nothing(),)


@dataclass(frozen=True)
class _Case:
    facts: TransferFacts
    on: date
    law: Law

    def proposals(self) -> Iterator[Proposal]:
        change = self.facts.change
        if change in _LEAVING:
            yield from self._revoke_and_recall(_LEAVING[change])
        elif change is StaffChange.MOVED_TO_OTHER_BODY and self._serials:
            yield from self._other_body()
        elif change is StaffChange.NO_LONGER_NEEDED:
            yield from self._no_longer_needed()
        elif change is StaffChange.LONG_LEAVE:
            yield from self._hold()
        else:
            yield from self._within()
        if not self._serials and change not in _TAKES_DEVICES:
            # What holds no certificate any more goes back, whatever became of the person.
            moved = change is StaffChange.MOVED_TO_OTHER_BODY
            decree = self.law.provision("recall.subscriber", on=self.on)
            yield from self._recall(self._recall_ground if moved else decree)
        yield from self._entrusted()

    def nothing(self) -> Proposal:
        return Proposal(
            TransferAct.KEEP,
            self._say(
                "transfer.nothing_held",
                f"{self._who}: không có chứng thư còn hiệu lực và không giữ thiết bị.",
                "Chỉ ghi biến động vào sổ.",
                None,
                Severity.INFO,
            ),
        )

    @property
    def _who(self) -> str:
        facts = self.facts
        name, what = shown_name(facts.name), _WHAT[facts.change]
        return f"{name} {what} từ ngày {written(facts.effective_on)}"

    @property
    def _serials(self) -> tuple[str, ...]:
        return tuple(
            one.serial_number for one in self.facts.certificates if self._holds(one, self.on)
        )

    @property
    def _recall_ground(self) -> Provision:
        """For one who moves or needs it no longer: the regulation's own words where it has them."""
        local = ground(self.law, "recall.ground.no_longer_needed", on=self.on)
        return local or self.law.provision("recall.subscriber", on=self.on)

    def _holds(self, one: CertificateHeld, on: date) -> bool:
        revoked = one.revoked_at is not None and vietnam_day(one.revoked_at) <= on
        return not revoked and expires_on(one.not_after) >= on

    def _say(
        self,
        code: str,
        message: str,
        remedy: str,
        provision: Provision | None,
        severity: Severity = Severity.SHOULD,
    ) -> Finding:
        early = self.on < self.facts.effective_on
        return finding(code, Severity.INFO if early else severity, message, remedy, provision)

    def _revoke(
        self, why: RevocationGround, provision: Provision | None, *, is_choice: bool = False
    ) -> Iterator[Proposal]:
        if not self._serials:
            return
        serials = listed(map(shown_serial, self._serials))
        yield Proposal(
            TransferAct.REVOKE,
            self._say(
                "transfer.revoke",
                f"{self._who}: đề nghị thu hồi chứng thư {serials}.",
                "Lập đề nghị thu hồi theo Mẫu số 05"
                + (" nếu chọn cách này." if is_choice else "."),
                provision,
            ),
            self._serials,
            why,
            is_choice,
        )

    def _recall(self, provision: Provision, *, is_choice: bool = False) -> Iterator[Proposal]:
        labels = tuple(
            one.label
            for one in self.facts.devices
            if one.kind in HANDED_BACK and one.state not in _GONE
        )
        if labels:
            yield Proposal(
                TransferAct.RECALL_DEVICE,
                self._say(
                    "transfer.recall",
                    f"{self._who}: thu hồi thiết bị lưu khóa bí mật {listed(labels)}.",
                    "Thu lại thiết bị và lập biên bản; bàn giao về Cục theo Mẫu số 08 sau khi "
                    "chứng thư bị thu hồi.",
                    provision,
                ),
                labels,
                is_choice=is_choice,
            )

    def _revoke_and_recall(self, why: RevocationGround) -> Iterator[Proposal]:
        yield from self._revoke(why, ground_provision(why, on=self.on, law=self.law))
        yield from self._recall(self.law.provision("recall.subscriber", on=self.on))

    def _other_body(self) -> Iterator[Proposal]:
        leads = self.law.parameter(LEADS_TO, on=self.on)
        moved = RevocationGround.POSITION_CHANGED
        if leads.value == REVOKE_AND_RECALL:
            yield from self._revoke(moved, leads.provision)
            yield from self._recall(self._recall_ground)
            return
        is_choice = leads.value != AMEND_ONLY
        yield from self._amend(leads.provision, is_choice=is_choice)
        if is_choice:
            unfit = ground_provision(moved, on=self.on, law=self.law)
            yield from self._revoke(moved, unfit, is_choice=True)
            yield from self._recall(
                self.law.provision("recall.subscriber", on=self.on), is_choice=True
            )

    def _amend(self, provision: Provision, *, is_choice: bool = False) -> Iterator[Proposal]:
        """Mẫu số 04 for those with enough days left; for the others only the way of a new issue."""
        least = self.law.parameter("amendment.min_days_left", on=self.on)
        standing = [one for one in self.facts.certificates if self._holds(one, self.on)]
        late = [
            one for one in standing if days_left(expires_on(one.not_after), self.on) < least.number
        ]
        in_time = tuple(one.serial_number for one in standing if one not in late)
        if in_time:
            yield Proposal(
                TransferAct.AMEND,
                self._say(
                    "transfer.amend",
                    f"{self._who}: đề nghị thay đổi nội dung thông tin chứng thư "
                    f"{listed(map(shown_serial, in_time))}; thời hạn sử dụng giữ nguyên.",
                    "Lập Mẫu số 04 với thông tin mới; hai cơ quan thống nhất bên nào lập khi "
                    "chuyển sang cơ quan khác.",
                    provision,
                ),
                in_time,
                is_choice=is_choice,
            )
        if late and not is_choice:
            serials = tuple(one.serial_number for one in late)
            yield Proposal(
                TransferAct.REVOKE,
                self._say(
                    "transfer.too_late_to_amend",
                    f"{self._who}: chứng thư {listed(map(shown_serial, serials))} không còn đủ "
                    f"{least.number} ngày để thay đổi nội dung thông tin.",
                    "Đề nghị thu hồi theo Mẫu số 05 rồi đề nghị cấp mới với thông tin mới.",
                    least.provision,
                ),
                serials,
                RevocationGround.POSITION_CHANGED,
            )

    def _within(self) -> Iterator[Proposal]:
        if not self._serials:
            return
        if self.facts.fits is None:
            yield self._check_contents()
        elif self.facts.fits:
            yield self._keep()
        elif self.facts.change is StaffChange.MOVED_WITHIN:
            yield from self._amend(self.law.provision("amendment.cases.individual", on=self.on))
        else:
            moved = RevocationGround.POSITION_CHANGED
            unfit = self.law.provision(GROUND_RULES[moved].key, on=self.on)
            yield from self._revoke(moved, unfit, is_choice=True)
            yield from self._recall(
                self.law.provision("recall.subscriber", on=self.on), is_choice=True
            )
            yield self._ask_about_position()

    def _check_contents(self) -> Proposal:
        return Proposal(
            TransferAct.CHECK_CONTENTS,
            self._say(
                "transfer.check_contents",
                f"{self._who}: chưa so sánh vị trí công tác mới với thông tin trong chứng thư "
                f"{listed(map(shown_serial, self._serials))}.",
                "Đối chiếu tên cơ quan, đơn vị, chức vụ và địa chỉ thư điện tử trong chứng thư rồi "
                "ghi kết quả.",
                self.law.provision("revocation.position", on=self.on),
            ),
            self._serials,
        )

    def _keep(self) -> Proposal:
        return Proposal(
            TransferAct.KEEP,
            self._say(
                "transfer.keep",
                f"{self._who}: thông tin trong chứng thư vẫn phù hợp nên được dùng tiếp.",
                "Ghi vị trí công tác mới vào sổ.",
                self.law.provision("revocation.position", on=self.on),
                Severity.INFO,
            ),
            self._serials,
        )

    def _ask_about_position(self) -> Proposal:
        return Proposal(
            TransferAct.AMEND,
            self._say(
                "transfer.position_not_listed",
                f"{self._who}: thay đổi chức vụ không có trong các trường hợp thay đổi nội dung "
                "thông tin.",
                "Hỏi Cục trước nếu muốn dùng Mẫu số 04 thay cho thu hồi và cấp mới.",
                self.law.provision("amendment.cases.individual", on=self.on),
            ),
            self._serials,
            is_choice=True,
        )

    def _no_longer_needed(self) -> Iterator[Proposal]:
        why = RevocationGround.NO_LONGER_NEEDED
        provision = ground_provision(why, on=self.on, law=self.law)
        if provision is None:
            why = RevocationGround.MANAGING_AGENCY
            provision = ground_provision(why, on=self.on, law=self.law)
        yield from self._revoke(why, provision)
        yield from self._recall(self._recall_ground)

    def _hold(self) -> Iterator[Proposal]:
        labels = tuple(
            one.label
            for one in self.facts.devices
            if one.kind in HANDED_BACK and one.state not in _GONE
        )
        if labels or self._serials:
            yield Proposal(
                TransferAct.HOLD_DEVICE if labels else TransferAct.KEEP,
                self._say(
                    "transfer.long_leave",
                    f"{self._who}: chưa có quy định riêng về chứng thư, thiết bị trong thời gian "
                    "này; không có thủ tục tạm dừng chứng thư.",
                    "Cơ quan tạm giữ thiết bị (biên bản nội bộ) và không để người khác dùng; nếu "
                    "không dùng nữa thì đề nghị thu hồi; theo dõi ngày hết hạn.",
                    None,
                ),
                labels or self._serials,
            )

    def _entrusted(self) -> Iterator[Proposal]:
        entrusted = self.facts.entrusted
        if entrusted:
            yield Proposal(
                TransferAct.HAND_ON_ENTRUSTMENT,
                self._say(
                    "transfer.entrusted",
                    f"{self._who} và đang được giao quản lý chứng thư của cơ quan: "
                    f"{listed(entrusted)}.",
                    "Ra quyết định giao cho người khác, lập biên bản bàn giao thiết bị và đổi mật "
                    "khẩu.",
                    ground(self.law, "entrustment.needs_decision", on=self.on),
                ),
                entrusted,
            )
