"""The same case under each of the five regulations: to whom, with which copy, by which channel."""

from datetime import date
from itertools import product

import pytest

import regulations
from rules.certificates import SubscriberKind
from rules.devices import DeviceKind
from rules.findings import Severity
from rules.law import Law, LawError
from rules.requests import RequestKind
from rules.routing import (
    Channel,
    ChannelUse,
    DeviceMatter,
    Matter,
    Recipient,
    Route,
    check_addressed,
    check_routes,
    route,
)

ON = date(2026, 11, 21)

DECREE = "decree_68_2024"
TUYEN_QUANG = "tuyen_quang_06_2026"
BAC_NINH = "bac_ninh_60_2025"
DONG_NAI = "dong_nai_draft_2026"
TAY_NINH = "tay_ninh_draft_2025"
HUE = "thua_thien_hue_2289_2024"
REGULATIONS = (TUYEN_QUANG, BAC_NINH, DONG_NAI, TAY_NINH, HUE)

ISSUANCE, RENEWAL, AMENDMENT = RequestKind.ISSUANCE, RequestKind.RENEWAL, RequestKind.AMENDMENT
REVOCATION, UNLOCK = RequestKind.REVOCATION, RequestKind.UNLOCK
RETURN, LOSS = DeviceMatter.RETURN, DeviceMatter.LOSS
TOKEN, SIM = DeviceKind.PKI_TOKEN, DeviceKind.SIM_PKI

CUC = Recipient("Cục Chứng thực số và Bảo mật thông tin, Ban Cơ yếu Chính phủ", "G11.07.05", False)
SO_DONG_NAI = Recipient("Sở Khoa học và Công nghệ tỉnh Đồng Nai", "H19.5", True)
SO_BAC_NINH = Recipient("Sở Khoa học và Công nghệ tỉnh Bắc Ninh", "", True)

PORTAL = ChannelUse(Channel.PORTAL, "https://dichvucong.ca.gov.vn")
AXIS_TO_CUC = ChannelUse(Channel.DOCUMENT_AXIS, "G11.07.05")
AXIS_TO_SO_DONG_NAI = ChannelUse(Channel.DOCUMENT_AXIS, "H19.5")
AS_THE_SO_GUIDES = ChannelUse(Channel.DEPARTMENT_GUIDANCE, "")
IN_PERSON = ChannelUse(Channel.IN_PERSON, "")
PUBLIC_POST = ChannelUse(Channel.POST, "đơn vị cung cấp dịch vụ bưu chính công ích")
VNPOST = ChannelUse(Channel.POST, "Tổng Công ty Bưu điện Việt Nam (VNPost)")

DECREE_WAY = (PORTAL, AXIS_TO_CUC)
PARCEL = (IN_PERSON, PUBLIC_POST)

# regulation, matter, device -> addressee, copies, channels, and where the law says so
TABLE: list[
    tuple[
        str,
        Matter,
        DeviceKind | None,
        Recipient,
        tuple[Recipient, ...],
        tuple[ChannelUse, ...],
        str,
    ]
] = [
    # The decree alone: everything to the authority, by portal or axis; devices by hand or post.
    (DECREE, ISSUANCE, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (DECREE, RENEWAL, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (DECREE, AMENDMENT, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (DECREE, REVOCATION, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (DECREE, UNLOCK, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (DECREE, UNLOCK, SIM, CUC, (), DECREE_WAY, "Điều 4"),
    (DECREE, RETURN, TOKEN, CUC, (), PARCEL, "Điều 20"),
    (DECREE, LOSS, TOKEN, CUC, (), DECREE_WAY, "Điều 20"),
    # Tuyên Quang: portal, "hoặc theo hướng dẫn của Sở Khoa học và Công nghệ".
    (TUYEN_QUANG, ISSUANCE, TOKEN, CUC, (), (PORTAL, AS_THE_SO_GUIDES), "khoản 2 Điều 6"),
    (TUYEN_QUANG, RENEWAL, TOKEN, CUC, (), (PORTAL, AS_THE_SO_GUIDES), "khoản 2 Điều 6"),
    (TUYEN_QUANG, AMENDMENT, TOKEN, CUC, (), (PORTAL, AS_THE_SO_GUIDES), "khoản 2 Điều 6"),
    (TUYEN_QUANG, REVOCATION, TOKEN, CUC, (), (PORTAL, AS_THE_SO_GUIDES), "khoản 2 Điều 6"),
    (TUYEN_QUANG, UNLOCK, TOKEN, CUC, (), (PORTAL, AS_THE_SO_GUIDES), "khoản 2 Điều 6"),
    (TUYEN_QUANG, UNLOCK, SIM, CUC, (), (PORTAL, AS_THE_SO_GUIDES), "khoản 2 Điều 6"),
    (TUYEN_QUANG, RETURN, TOKEN, CUC, (), PARCEL, "Điều 20"),
    (TUYEN_QUANG, LOSS, TOKEN, CUC, (), DECREE_WAY, "Điều 20"),
    # Bắc Ninh: to the authority, and every request copied to the department.
    (BAC_NINH, ISSUANCE, TOKEN, CUC, (SO_BAC_NINH,), DECREE_WAY, "khoản 1 Điều 6"),
    (BAC_NINH, RENEWAL, TOKEN, CUC, (SO_BAC_NINH,), DECREE_WAY, "khoản 1 Điều 6"),
    (BAC_NINH, AMENDMENT, TOKEN, CUC, (SO_BAC_NINH,), DECREE_WAY, "khoản 1 Điều 6"),
    (BAC_NINH, REVOCATION, TOKEN, CUC, (SO_BAC_NINH,), DECREE_WAY, "khoản 1 Điều 6"),
    (BAC_NINH, UNLOCK, TOKEN, CUC, (SO_BAC_NINH,), DECREE_WAY, "khoản 1 Điều 6"),
    (BAC_NINH, UNLOCK, SIM, CUC, (SO_BAC_NINH,), DECREE_WAY, "khoản 1 Điều 6"),
    (BAC_NINH, RETURN, TOKEN, CUC, (), PARCEL, "khoản 2 Điều 6"),
    (BAC_NINH, LOSS, TOKEN, CUC, (), DECREE_WAY, "Điều 20"),
    # Đồng Nai: renewal, amendment and PKI Token recovery to the department; VNPost for devices.
    (DONG_NAI, ISSUANCE, TOKEN, CUC, (), DECREE_WAY, "khoản 2 Điều 9"),
    (DONG_NAI, RENEWAL, TOKEN, SO_DONG_NAI, (), (PORTAL, AXIS_TO_SO_DONG_NAI), "khoản 2 Điều 10"),
    (DONG_NAI, AMENDMENT, TOKEN, SO_DONG_NAI, (), (PORTAL, AXIS_TO_SO_DONG_NAI), "khoản 3 Điều 11"),
    (DONG_NAI, REVOCATION, TOKEN, CUC, (), DECREE_WAY, "khoản 2 Điều 12"),
    (DONG_NAI, UNLOCK, TOKEN, SO_DONG_NAI, (), (PORTAL, AXIS_TO_SO_DONG_NAI), "khoản 2 Điều 13"),
    (DONG_NAI, UNLOCK, SIM, CUC, (), DECREE_WAY, "khoản 2 Điều 13"),
    (DONG_NAI, RETURN, TOKEN, CUC, (), (VNPOST,), "điểm b khoản 3 Điều 12"),
    (DONG_NAI, LOSS, TOKEN, CUC, (), DECREE_WAY, "điểm c khoản 3 Điều 12"),
    # Tây Ninh: the managing agency registers itself; transferred services are said beside it.
    (TAY_NINH, ISSUANCE, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (TAY_NINH, RENEWAL, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (TAY_NINH, AMENDMENT, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (TAY_NINH, REVOCATION, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (TAY_NINH, UNLOCK, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (TAY_NINH, UNLOCK, SIM, CUC, (), DECREE_WAY, "Điều 4"),
    (TAY_NINH, RETURN, TOKEN, CUC, (), PARCEL, "Điều 20"),
    (TAY_NINH, LOSS, TOKEN, CUC, (), DECREE_WAY, "Điều 20"),
    # Thừa Thiên Huế: by reference to the decree.
    (HUE, ISSUANCE, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (HUE, RENEWAL, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (HUE, AMENDMENT, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (HUE, REVOCATION, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (HUE, UNLOCK, TOKEN, CUC, (), DECREE_WAY, "Điều 4"),
    (HUE, UNLOCK, SIM, CUC, (), DECREE_WAY, "Điều 4"),
    (HUE, RETURN, TOKEN, CUC, (), PARCEL, "Điều 20"),
    (HUE, LOSS, TOKEN, CUC, (), DECREE_WAY, "Điều 20"),
]


def law_of(regulation: str, *, rehearsed: bool = True) -> Law:
    law = regulations.load()
    return law if regulation == DECREE else law.under(regulation, as_if_in_force=rehearsed)


def routed(
    regulation: str, matter: Matter, device: DeviceKind | None = TOKEN, rehearsed: bool = True
) -> Route:
    return route(matter, device_kind=device, law=law_of(regulation, rehearsed=rehearsed), on=ON)


def codes(found: Route) -> set[str]:
    return {one.code for one in found.findings}


@pytest.mark.parametrize(
    ("regulation", "matter", "device", "to", "copies", "channels", "where"),
    TABLE,
    ids=[f"{row[0]}-{row[1].value}-{row[2].value if row[2] else ''}" for row in TABLE],
)
def test_the_same_case_goes_where_each_regulation_sends_it(
    regulation: str,
    matter: Matter,
    device: DeviceKind | None,
    to: Recipient,
    copies: tuple[Recipient, ...],
    channels: tuple[ChannelUse, ...],
    where: str,
) -> None:
    """Drafts as if in force. A code belongs to the axis; the portal has an address of its own."""
    found = routed(regulation, matter, device)

    assert found.to == to
    assert found.copies == copies
    assert found.channels == channels
    assert any(one.citation.startswith(where) for one in found.provisions)
    assert all(one.severity is not Severity.MUST for one in found.findings)
    assert found.note.startswith(("Gửi ", "Giao "))
    assert to.name in found.note


def test_the_table_has_every_regulation_and_every_matter() -> None:
    assert {row[:2] for row in TABLE} == set(
        product((DECREE, *REGULATIONS), (*RequestKind, *DeviceMatter))
    )
    assert set(REGULATIONS) == {one.key for one in regulations.load().instruments if one.over}


@pytest.mark.parametrize("draft", [DONG_NAI, TAY_NINH])
@pytest.mark.parametrize("matter", [*RequestKind, *DeviceMatter])
def test_a_draft_that_is_not_in_force_leaves_the_default_of_the_decree(
    draft: str, matter: Matter
) -> None:
    found, default = routed(draft, matter, rehearsed=False), routed(DECREE, matter)

    assert (found.to, found.copies, found.channels) == (CUC, (), default.channels)
    assert found.provisions == default.provisions
    assert "routing.regulation_not_in_force" in codes(found)
    assert "routing.rehearsed" in codes(routed(draft, matter))


@pytest.mark.parametrize(("on", "to"), [(date(2027, 1, 31), CUC), (date(2027, 2, 1), SO_DONG_NAI)])
def test_a_draft_routes_from_its_first_day_once_number_and_days_are_entered(
    on: date, to: Recipient
) -> None:
    issued = law_of(DONG_NAI, rehearsed=False).enact(
        DONG_NAI,
        number="01/2027/QĐ-UBND",
        issued_on=date(2027, 1, 20),
        effective_from=date(2027, 2, 1),
    )
    found = route(RENEWAL, device_kind=TOKEN, law=issued, on=on)

    assert found.to == to
    assert ("routing.regulation_not_in_force" in codes(found)) is (to == CUC)


@pytest.mark.parametrize(
    ("on", "offered"), [(date(2026, 6, 28), AXIS_TO_CUC), (date(2026, 6, 29), AS_THE_SO_GUIDES)]
)
def test_tuyen_quang_changes_the_channel_on_the_day_it_takes_effect(
    on: date, offered: ChannelUse
) -> None:
    found = route(RENEWAL, device_kind=TOKEN, law=law_of(TUYEN_QUANG), on=on)
    assert found.channels == (PORTAL, offered)


@pytest.mark.parametrize(
    ("on", "copies"), [(date(2025, 11, 14), ()), (date(2025, 11, 15), (SO_BAC_NINH,))]
)
def test_bac_ninh_copies_to_the_department_from_the_day_it_takes_effect(
    on: date, copies: tuple[Recipient, ...]
) -> None:
    assert route(RENEWAL, device_kind=TOKEN, law=law_of(BAC_NINH), on=on).copies == copies


def test_a_copy_is_a_second_sending_by_the_axis_with_a_proof_of_its_own() -> None:
    found = routed(BAC_NINH, RENEWAL)

    assert found.copy_channels == (ChannelUse(Channel.DOCUMENT_AXIS, ""),)
    assert "đồng gửi Sở Khoa học và Công nghệ tỉnh Bắc Ninh" in found.note
    told = next(one for one in found.findings if one.code == "routing.copy")
    assert "chứng từ gửi riêng" in told.message
    assert "khoản 1 Điều 6" in told.basis


@pytest.mark.parametrize(
    ("device", "code", "severity"),
    [
        (None, "routing.device_kind_unknown", Severity.SHOULD),
        (DeviceKind.HSM, "routing.device_kind_not_named", Severity.INFO),
        (DeviceKind.CENTRAL, "routing.device_kind_not_named", Severity.INFO),
    ],
)
def test_an_unlock_in_dong_nai_needs_to_know_the_kind_of_device(
    device: DeviceKind | None, code: str, severity: Severity
) -> None:
    found = routed(DONG_NAI, UNLOCK, device)

    assert found.to == CUC
    assert {one.code: one.severity for one in found.findings}[code] is severity
    assert code not in codes(routed(DONG_NAI, UNLOCK, TOKEN))
    assert code not in codes(routed(DECREE, UNLOCK, device))


def test_tay_ninh_says_that_the_department_may_perform_what_was_transferred() -> None:
    assert "routing.transferred_services" in codes(routed(TAY_NINH, RENEWAL))
    assert "routing.transferred_services" not in codes(routed(TAY_NINH, RETURN))


def test_a_regulation_of_unverified_force_says_so_and_names_who_is_there_today() -> None:
    found = routed(HUE, RENEWAL)
    assert "routing.regulation_unverified" in codes(found)

    text = dict(regulations.texts())
    text[f"{HUE}.toml"] += (
        '[[parameter]]\nkey = "routing.copies"\nvalue = ["department"]\nwords = "Sở"\n'
        'article = "28"\ncertainty = "CONFIRMED"\n'
    )
    copied = route(RENEWAL, device_kind=TOKEN, law=Law.parse(text).under(HUE), on=ON)
    assert [one.name for one in copied.copies] == ["Sở Khoa học và Công nghệ thành phố Huế"]


def test_how_a_lost_device_is_reported_is_inferred_and_says_so() -> None:
    told = next(iter(routed(DECREE, LOSS).findings))
    assert (told.code, told.severity) == ("routing.channel_uncertain", Severity.INFO)


def test_one_channel_of_a_route_is_found_by_its_name() -> None:
    found = routed(DONG_NAI, RENEWAL)
    assert found.by(Channel.DOCUMENT_AXIS) == AXIS_TO_SO_DONG_NAI
    assert found.by(Channel.POST) is None
    assert PORTAL.words.endswith("(https://dichvucong.ca.gov.vn)")
    assert AXIS_TO_CUC.words.endswith("(mã định danh G11.07.05)")


def test_who_gets_the_letter_gets_no_copy_of_it() -> None:
    text = dict(regulations.texts())
    text[f"{BAC_NINH}.toml"] += (
        '[[parameter]]\nkey = "routing.renewal"\nvalue = "department"\nwords = "gửi Sở"\n'
        'article = "6"\ncertainty = "CONFIRMED"\n'
    )
    found = route(RENEWAL, device_kind=TOKEN, law=Law.parse(text).under(BAC_NINH), on=ON)
    assert (found.to, found.copies) == (SO_BAC_NINH, ())


def test_a_regulation_may_tell_kinds_of_subscribers_apart() -> None:
    text = dict(regulations.texts())
    text[f"{BAC_NINH}.toml"] += (
        '[[parameter]]\nkey = "routing.issuance.individual"\nvalue = "department"\n'
        'words = "gửi Sở"\narticle = "6"\ncertainty = "CONFIRMED"\n'
    )
    law = Law.parse(text).under(BAC_NINH)
    sent = {
        kind: route(ISSUANCE, device_kind=TOKEN, law=law, on=ON, subscriber_kind=kind).to
        for kind in SubscriberKind
    }
    assert sent == {
        SubscriberKind.INDIVIDUAL: SO_BAC_NINH,
        SubscriberKind.ORGANISATION: CUC,
        SubscriberKind.SYSTEM: CUC,
    }


def test_the_decree_itself_has_general_values_only() -> None:
    keys = {entry.key for entry in regulations.load().instrument(DECREE).parameters}
    assert {key for key in keys if key.startswith("routing.") and key.count(".") > 1} == set()


@pytest.mark.parametrize("regulation", [DECREE, *REGULATIONS])
def test_every_route_of_the_house_can_be_drawn(regulation: str) -> None:
    check_routes(law_of(regulation), on=ON)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('value = "department"', 'value = "ministry"', "không có nơi nhận “ministry”"),
        ('"portal", "document_axis"', '"pigeon"', "không có cách gửi “pigeon”"),
    ],
)
def test_a_file_that_names_an_unknown_recipient_or_channel_is_told(
    old: str, new: str, message: str
) -> None:
    texts = {
        name: text.replace(old, new) if name == f"{DONG_NAI}.toml" else text
        for name, text in regulations.texts().items()
    }
    with pytest.raises(LawError, match=message):
        check_routes(Law.parse(texts).under(DONG_NAI, as_if_in_force=True), on=ON)


def test_before_the_decree_there_is_no_route() -> None:
    with pytest.raises(LawError, match="không có giá trị cho ngày 14/08/2024"):
        route(RENEWAL, device_kind=TOKEN, law=regulations.load(), on=date(2024, 8, 14))


@pytest.mark.parametrize(
    ("regulation", "addressee", "copies", "said"),
    [
        (DECREE, CUC.name, (), set()),
        (DECREE, "Cục Chứng thực số và Bảo mật thông tin", (), set()),
        (DECREE, "  ", (), {"routing.other_addressee"}),
        (DONG_NAI, CUC.name, (), {"routing.other_addressee"}),
        (DONG_NAI, "Sở Khoa học và Công nghệ", (), set()),
        (BAC_NINH, CUC.name, (), {"routing.copy_missing"}),
        (BAC_NINH, CUC.name, ("Sở Nội vụ", ""), {"routing.copy_missing"}),
        (BAC_NINH, CUC.name, ("Sở Khoa học và Công nghệ",), set()),
    ],
)
def test_a_letter_that_goes_elsewhere_than_the_law_sends_it_is_warned_about(
    regulation: str, addressee: str, copies: tuple[str, ...], said: set[str]
) -> None:
    found = check_addressed(addressee, copies, routed(regulation, RENEWAL))
    assert {one.code for one in found} == said
    assert all(one.severity is Severity.SHOULD and one.provision for one in found)


def test_a_draft_that_is_not_issued_is_called_a_draft() -> None:
    told = {one.code: one.message for one in routed(DONG_NAI, RENEWAL, rehearsed=False).findings}
    assert "còn là dự thảo; áp dụng Nghị định" in told["routing.regulation_not_in_force"]
    early = route(RENEWAL, device_kind=TOKEN, law=law_of(BAC_NINH), on=date(2025, 11, 14))
    assert any("không có hiệu lực vào ngày này" in one.message for one in early.findings)
