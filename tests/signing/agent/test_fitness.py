"""The agent looks at certificate and path itself before the key is touched (Điều 31 and 32)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signing import errors
from signing.agent.application import Agent
from signing.agent.certificates import unfit
from signing.agent.work import find_holder
from signing.messages import JobState
from tests.signing.agent.conftest import Browser
from tests.signing.agent.office import Office
from tests.signing.pki import DAY, NOW, Holder, authority, pki, subscriber

ISSUING = (pki().issuing.der,)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, None),
        ({"not_after": NOW - DAY}, errors.CertExpired),
        ({"not_before": NOW + DAY}, errors.CertNotYetValid),
        ({"usages": ("key_encipherment",)}, errors.CertKeyUsage),
        ({"usages": ("digital_signature",)}, None),
    ],
)
def test_term_and_purpose_of_the_certificate_are_looked_at(
    given: dict[str, object], reason: type[errors.SigningError] | None
):
    holder = subscriber(f"Người thử {len(given)}{''.join(given)}", pki().issuing, **given)  # type: ignore[arg-type]
    assert type(unfit(holder.der, ISSUING, NOW)) is (reason or type(None))


def test_each_link_of_the_path_is_looked_at():
    own, root = pki().leader.der, pki().root.der
    ended = authority("CA đã hết hạn THỬ NGHIỆM", pki().root, bits=256, not_after=NOW - DAY)
    person = subscriber("Người của CA đã hết hạn", ended, bits=256)
    namesake = authority("CA phục vụ các cơ quan THỬ NGHIỆM", bits=256)
    assert unfit(own, (), NOW) is None  # the server knew no path, and says so itself
    assert unfit(own, (*ISSUING, root), NOW) is None
    for der, chain in (
        (own, (root,)),
        (own, (root, *ISSUING)),
        (own, (namesake.der,)),
        (own, (b"x",)),
        (person.der, (ended.der,)),
    ):
        assert type(unfit(der, chain, NOW)) is errors.CertPathBroken


@pytest.mark.parametrize("spoiled", ["chain", "time"])
def test_what_is_not_fit_is_said_on_the_page_and_never_claimed(
    paired: Browser,
    agent: Agent,
    office: Office,
    holder: Holder,
    monkeypatch: pytest.MonkeyPatch,
    spoiled: str,
):
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    paired.open(f"/ky/{ticket}")
    work = agent.desk.open(ticket)
    if spoiled == "chain":
        work.manifest = replace(work.manifest, chain=(pki().root.der,))
        expected: errors.SigningError = errors.CertPathBroken()
    else:
        expected = errors.CertExpired()
        late = holder.certificate.not_valid_after_utc + DAY
        found = find_holder(agent.tokens, work.manifest, late)
        assert type(found.problem) is errors.CertExpired
        monkeypatch.setattr(agent.desk, "holder", lambda _manifest: found)
    paired.submit(f"/ky/{ticket}/ky")
    assert expected.message in paired.page
    paired.open(f"/ky/{ticket}")
    assert expected.message in paired.page
    assert f'action="/ky/{ticket}/ky"' not in paired.page
    assert job.progress.state is JobState.ISSUED
