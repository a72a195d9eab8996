"""On any day and under any regulation: the law of that day, and nothing of tomorrow's."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

import regulations
from rules.devices import DeviceKind
from rules.findings import Severity
from rules.law import Instrument
from rules.regulation_status import holds
from rules.requests import RequestKind
from rules.routing import Channel, DeviceMatter, Matter, route

LAW = regulations.load()
DRAFTS = [one.key for one in LAW.instruments if one.is_draft]
tops = st.sampled_from([one for one in LAW.instruments if one.over is not None])
keys = st.sampled_from(sorted({entry.key for one in LAW.instruments for entry in one.parameters}))
days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
days_of_the_decree = st.dates(date(2024, 8, 15), date(2032, 12, 31))
matters: st.SearchStrategy[Matter] = st.sampled_from([*RequestKind, *DeviceMatter])


@given(tops, keys, days)
def test_a_regulation_speaks_when_it_holds_and_the_decree_speaks_otherwise(
    top: Instrument, key: str, on: date
) -> None:
    found, decree = LAW.under(top.key).optional(key, on=on), LAW.optional(key, on=on)
    own = key in {entry.key for entry in top.parameters}
    if own and holds(top, on=on):
        assert found is not None
        assert found.provision.instrument.startswith(top.citation)
    else:
        assert found == decree


@given(st.sampled_from(DRAFTS), days_of_the_decree, days)
def test_an_issued_draft_holds_from_its_first_day_and_never_before(
    key: str, first: date, on: date
) -> None:
    issued = LAW.enact(
        key, number="1/QĐ-UBND", issued_on=first - timedelta(days=1), effective_from=first
    )
    name = issued.under(key).optional("recipient.department.name", on=on)
    assert (name is not None) is (on >= first)
    assert LAW.under(key).optional("recipient.department.name", on=on) is None


@given(tops, matters, st.sampled_from([None, *DeviceKind]), days_of_the_decree, st.booleans())
def test_every_case_has_a_way_and_a_code_goes_with_the_axis_only(
    top: Instrument, matter: Matter, device: DeviceKind | None, on: date, rehearsed: bool
) -> None:
    law = LAW.under(top.key, as_if_in_force=rehearsed)
    found = route(matter, device_kind=device, law=law, on=on)

    assert found.channels
    for use in found.channels:
        code = use.address_or_code == found.to.identification_code
        assert code is (use.channel is Channel.DOCUMENT_AXIS)
    assert found.to not in found.copies
    assert all(one.severity is not Severity.MUST for one in found.findings)
