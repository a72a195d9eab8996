"""Where a letter or a device goes: to whom, with which code, copied to whom, by which channel.

A route is a proposal: the recipient stays editable on every letter. It comes from the values
`routing.*`, `channels.*` and `recipient.*` of the law of the day, so a regulation moves a letter
from the authority to the department without a line of code. A code belongs to the Trục liên thông
văn bản quốc gia, never to the portal. Grounds: Điều 4, 20 NĐ 68/2024/NĐ-CP and the regulation of
the agency.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Finding, Severity, finding
from rules.law import Instrument, InstrumentStatus, Law, LawError, Parameter
from rules.names import fold
from rules.provisions import Provision
from rules.regulation_status import holds
from rules.requests import RequestKind


class DeviceMatter(StrEnum):
    """What is sent with or about a device: it comes back (Mẫu số 08), or it is lost (Mẫu số 09)."""

    RETURN = "device_return"
    LOSS = "device_loss"


class Channel(StrEnum):
    """The ways of Điều 4 NĐ 68/2024/NĐ-CP, and the one that Tuyên Quang Điều 6.2 leaves open."""

    PORTAL = "portal"
    DOCUMENT_AXIS = "document_axis"
    POST = "post"
    IN_PERSON = "in_person"
    DEPARTMENT_GUIDANCE = "department_guidance"


Matter: TypeAlias = RequestKind | DeviceMatter

AUTHORITY = "authority"
DEPARTMENT = "department"

_PREPOSITIONS: Mapping[Channel, str] = MappingProxyType(
    {
        Channel.PORTAL: "qua Hệ thống thông tin đăng ký, quản lý yêu cầu chứng thực",
        Channel.DOCUMENT_AXIS: "qua Trục liên thông văn bản quốc gia",
        Channel.POST: "qua bưu chính",
        Channel.IN_PERSON: "trực tiếp",
        Channel.DEPARTMENT_GUIDANCE: "theo hướng dẫn của Sở Khoa học và Công nghệ",
    }
)


@dataclass(frozen=True)
class Recipient:
    """Who receives. `identification_code` is "" when the law that was read names none."""

    name: str
    identification_code: str
    is_department: bool


@dataclass(frozen=True)
class ChannelUse:
    """One way to send: the address of the portal, the code on the axis, the carrier of the post.

    `address_or_code` is "" where the law names none.
    """

    channel: Channel
    address_or_code: str

    @property
    def words(self) -> str:
        """The way with its address, as a sentence goes on after "Gửi Cục …"."""
        detail = self.address_or_code
        if detail and self.channel is Channel.DOCUMENT_AXIS:
            detail = f"mã định danh {detail}"
        return _PREPOSITIONS[self.channel] + (f" ({detail})" if detail else "")


@dataclass(frozen=True)
class Route:
    """A proposal for one letter or parcel.

    A copy is a second sending with a proof of its own; `copy_channels` has the code of each on the
    axis, since a copy cannot go through the authority's portal. `provisions` are the grounds,
    without repetition; `note` is one sentence for the screen.
    """

    to: Recipient
    channels: tuple[ChannelUse, ...]
    copies: tuple[Recipient, ...]
    copy_channels: tuple[ChannelUse, ...]
    provisions: tuple[Provision, ...]
    findings: tuple[Finding, ...]
    note: str

    def by(self, channel: Channel) -> ChannelUse | None:
        """How to use one channel on this route; None when the law does not offer it."""
        return next((use for use in self.channels if use.channel is channel), None)


def route(
    matter: Matter,
    *,
    device_kind: DeviceKind | None,
    law: Law,
    on: date,
    subscriber_kind: SubscriberKind | None = None,
) -> Route:
    """Where this matter goes on that day under the agency's law.

    A value for the kind of device or of subscriber goes before the general one (the decree itself
    has general ones only). `device_kind` None means unknown, or devices of several kinds. Raises
    LawError for a day before the decree, and for a file that names a recipient or a channel that
    the program does not know.
    """
    ways = law.parameter(_channels_key(matter), on=on)
    target = _target(matter, device_kind, subscriber_kind, law, on)
    to, grounds = _recipient(target.text, target, law, on)
    copies = law.optional("routing.copies", on=on) if isinstance(matter, RequestKind) else None
    copied = tuple(_copied(copies, to, law, on)) if copies else ()
    channels = tuple(_uses(ways, to, law, on))
    provisions = [target.provision, ways.provision, *grounds]
    return Route(
        to=to,
        channels=channels,
        copies=copied,
        copy_channels=tuple(
            ChannelUse(Channel.DOCUMENT_AXIS, one.identification_code) for one in copied
        ),
        provisions=tuple(dict.fromkeys([*provisions, *([copies.provision] if copies else [])])),
        findings=tuple(_findings(matter, device_kind, ways, copies, law, on)),
        note=_sentence(matter, to, channels, copied),
    )


def check_routes(law: Law, *, on: date) -> None:
    """Try every matter for every kind of device and subscriber; LawError names what is wrong."""
    for matter in (*RequestKind, *DeviceMatter):
        for device_kind in (None, *DeviceKind):
            for subscriber_kind in (None, *SubscriberKind):
                route(
                    matter,
                    device_kind=device_kind,
                    law=law,
                    on=on,
                    subscriber_kind=subscriber_kind,
                )


def _channels_key(matter: Matter) -> str:
    match matter:
        case DeviceMatter.RETURN:
            return "channels.device"
        case DeviceMatter.LOSS:
            return "channels.device_loss"
        case _:
            return "channels.request"


def _target(
    matter: Matter,
    device_kind: DeviceKind | None,
    subscriber_kind: SubscriberKind | None,
    law: Law,
    on: date,
) -> Parameter:
    general = law.parameter(f"routing.{matter.value}", on=on)
    for kind in (device_kind, subscriber_kind):
        special = law.optional(f"routing.{matter.value}.{kind.value}", on=on) if kind else None
        if special is not None:
            return special
    return general


def _copied(copies: Parameter, to: Recipient, law: Law, on: date) -> Iterator[Recipient]:
    """Those to whom a copy goes; nobody gets a copy of what is addressed to them."""
    for name in copies.texts:
        one, _ = _recipient(name, copies, law, on)
        if one != to:
            yield one


def _recipient(
    name: str, asked: Parameter, law: Law, on: date
) -> tuple[Recipient, list[Provision]]:
    if name not in (AUTHORITY, DEPARTMENT):
        raise LawError(asked.provision.instrument, asked.key, f"không có nơi nhận “{name}”")
    full = law.parameter(f"recipient.{name}.name", on=on)
    code = law.optional(f"recipient.{name}.code", on=on)
    today = full.text
    if law.top is not None:
        today = law.instrument(law.top).name_today(today)
    grounds = [full.provision, *([code.provision] if code else [])]
    return Recipient(today, code.text if code else "", name == DEPARTMENT), grounds


def _uses(ways: Parameter, to: Recipient, law: Law, on: date) -> Iterator[ChannelUse]:
    for name in ways.texts:
        try:
            channel = Channel(name)
        except ValueError:
            instrument = ways.provision.instrument
            raise LawError(instrument, ways.key, f"không có cách gửi “{name}”") from None
        match channel:
            case Channel.PORTAL:
                address = law.parameter("recipient.authority.portal", on=on).text
            case Channel.DOCUMENT_AXIS:
                address = to.identification_code
            case Channel.POST:
                address = law.parameter("post.carrier", on=on).text
            case _:
                address = ""
        yield ChannelUse(channel, address)


def _sentence(
    matter: Matter,
    to: Recipient,
    channels: tuple[ChannelUse, ...],
    copies: tuple[Recipient, ...],
) -> str:
    act = "Giao thiết bị kèm biên bản cho" if matter is DeviceMatter.RETURN else "Gửi"
    words = f"{act} {to.name} " + " hoặc ".join(use.words for use in channels)
    if copies:
        words += f"; đồng gửi {', '.join(one.name for one in copies)}"
    return words + "."


def check_addressed(
    addressee: str, copies_to: Collection[str], proposed: Route
) -> tuple[Finding, ...]:
    """Whether a letter still goes where the law of the day sends it, with every copy owed.

    A person may have typed another recipient, or the agency's regulation may have changed since the
    draft was made: both are said, and neither refuses. A shorter or longer form of the same name
    is the same body.
    """
    ground = proposed.provisions[0] if proposed.provisions else None
    found = []
    if not _same_body(addressee, proposed.to.name):
        found.append(
            finding(
                "routing.other_addressee",
                Severity.SHOULD,
                f"Văn bản ghi kính gửi {addressee.strip() or '(bỏ trống)'}; theo quy định áp dụng "
                f"cho cơ quan thì gửi {proposed.to.name}.",
                "Sửa nơi nhận trên văn bản; nếu gửi nơi khác theo hướng dẫn thì ghi rõ lý do.",
                ground,
            )
        )
    for copy in proposed.copies:
        if not any(_same_body(one, copy.name) for one in copies_to):
            found.append(
                finding(
                    "routing.copy_missing",
                    Severity.SHOULD,
                    f"Văn bản chưa ghi đồng gửi {copy.name}.",
                    "Thêm vào nơi đồng gửi của văn bản; nếu không đồng gửi thì ghi rõ lý do.",
                    proposed.provisions[-1],
                )
            )
    return tuple(found)


def _same_body(one: str, other: str) -> bool:
    first, second = fold(one), fold(other)
    return bool(first and second) and (first.startswith(second) or second.startswith(first))


# What a person should know about the proposal -----------------------------------------------------


def _findings(
    matter: Matter,
    device_kind: DeviceKind | None,
    ways: Parameter,
    copies: Parameter | None,
    law: Law,
    on: date,
) -> Iterator[Finding]:
    yield from _about_the_regulation(law, on)
    yield from _about_the_device(matter, device_kind, law, on)
    transferred = law.optional("delegation.transferred_services", on=on)
    if transferred is not None and transferred.flag and isinstance(matter, RequestKind):
        yield finding(
            "routing.transferred_services",
            Severity.INFO,
            "Dịch vụ nào đã được Cục chuyển giao công cụ thì Sở Khoa học và Công nghệ thực hiện.",
            "Hỏi Sở trước khi gửi; sửa nơi nhận trên văn bản nếu Sở thực hiện.",
            transferred.provision,
        )
    if copies is not None:
        yield finding(
            "routing.copy",
            Severity.INFO,
            "Văn bản phải được đồng gửi: đây là lần gửi thứ hai, có chứng từ gửi riêng.",
            "Ghi nhận cả hai lần gửi, mỗi lần một chứng từ; nhập mã định danh nếu chưa có.",
            copies.provision,
        )
    if not ways.provision.may_refuse:
        yield finding(
            "routing.channel_uncertain",
            Severity.INFO,
            "Cách gửi này chưa đối chiếu được với quy định.",
            "Có thể gửi bằng cách khác nếu nơi nhận hướng dẫn.",
            ways.provision,
        )


def _about_the_regulation(law: Law, on: date) -> Iterator[Finding]:
    if law.top is None:
        return
    top = law.instrument(law.top)
    if top.is_draft and law.as_if_in_force:
        yield finding(
            "routing.rehearsed",
            Severity.INFO,
            f"{top.citation} còn là dự thảo; nơi nhận này giả định dự thảo đã có hiệu lực.",
            "Chỉ dùng để xem trước.",
        )
    elif not holds(top, on=on):
        yield finding(
            "routing.regulation_not_in_force",
            Severity.INFO,
            f"{top.citation} {_why_not(top)}; áp dụng Nghị định số 68/2024/NĐ-CP.",
            "Nhập số, ngày của văn bản khi được ban hành."
            if top.is_draft
            else "Kiểm tra ngày; quy chế chỉ áp dụng trong thời gian có hiệu lực.",
        )
    elif top.status is InstrumentStatus.UNVERIFIED:
        yield finding(
            "routing.regulation_unverified",
            Severity.INFO,
            f"{top.citation} chưa xác minh hiệu lực.",
            "Hỏi cơ quan quản lý trước khi dựa vào văn bản này.",
        )


def _why_not(top: Instrument) -> str:
    return "còn là dự thảo" if top.is_draft else "không có hiệu lực vào ngày này"


def _about_the_device(
    matter: Matter, device_kind: DeviceKind | None, law: Law, on: date
) -> Iterator[Finding]:
    """Where the regulation tells kinds of devices apart, and ours is unknown or not named."""
    named = {
        kind: special
        for kind in DeviceKind
        if (special := law.optional(f"routing.{matter.value}.{kind.value}", on=on)) is not None
    }
    if not named or device_kind in named:
        return
    apart = "; ".join(special.shown for special in named.values())
    ground = next(iter(named.values())).provision
    if device_kind is None:
        yield finding(
            "routing.device_kind_unknown",
            Severity.SHOULD,
            f"Nơi nhận tùy theo loại thiết bị ({apart}).",
            "Ghi rõ loại thiết bị; mỗi loại lập một văn bản riêng.",
            ground,
        )
    else:
        yield finding(
            "routing.device_kind_not_named",
            Severity.INFO,
            f"Quy chế chỉ nêu nơi nhận theo loại thiết bị: {apart}; loại này gửi về Cục.",
            "Hỏi Sở Khoa học và Công nghệ nếu cần; nơi nhận trên văn bản sửa được.",
            ground,
        )
