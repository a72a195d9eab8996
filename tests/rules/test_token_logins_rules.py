"""Who may log in with the token, and how an emergency code is written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rules.certificates import SubscriberKind
from rules.devices import DeviceState
from rules.token_logins import (
    EMERGENCY_BITS,
    RevocationKnown,
    TokenFacts,
    TokenLogin,
    TokenRefusal,
    certificate_refusal,
    emergency_code,
    needs_proof,
    normal_emergency_code,
)

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GOOD = TokenFacts(
    kind=SubscriberKind.INDIVIDUAL,
    not_before=AT - timedelta(days=1),
    not_after=AT + timedelta(days=1),
    revoked_at=None,
    device=DeviceState.IN_USE,
    trusted=True,
    revocation=RevocationKnown.GOOD,
)


def refusal(*, unchecked_allowed: bool = False, at: datetime = AT, **changes: object):
    facts = replace(GOOD, **changes)
    return certificate_refusal(facts, at=at, unchecked_allowed=unchecked_allowed)


def test_a_persons_certificate_in_its_term_trusted_and_not_revoked_lets_in():
    assert refusal() is None
    assert refusal(device=None) is None
    assert refusal(at=GOOD.not_before) is None
    assert refusal(at=GOOD.not_after) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": SubscriberKind.ORGANISATION}, TokenRefusal.NOT_PERSONAL),
        ({"kind": SubscriberKind.SYSTEM}, TokenRefusal.NOT_PERSONAL),
        ({"revoked_at": AT}, TokenRefusal.CERTIFICATE_REVOKED),
        ({"revocation": RevocationKnown.REVOKED}, TokenRefusal.CERTIFICATE_REVOKED),
        ({"not_after": AT - timedelta(seconds=1)}, TokenRefusal.CERTIFICATE_NOT_VALID),
        ({"not_before": AT + timedelta(seconds=1)}, TokenRefusal.CERTIFICATE_NOT_VALID),
        ({"device": DeviceState.MISSING}, TokenRefusal.DEVICE_LOST),
        ({"device": DeviceState.LOST}, TokenRefusal.DEVICE_LOST),
        ({"device": DeviceState.RECALLED}, TokenRefusal.DEVICE_LOST),
        ({"device": DeviceState.RETURNED_TO_CA}, TokenRefusal.DEVICE_LOST),
        ({"trusted": False}, TokenRefusal.CERTIFICATE_UNTRUSTED),
        ({"revocation": RevocationKnown.UNCHECKED}, TokenRefusal.REVOCATION_UNCHECKED),
    ],
)
def test_anything_else_is_refused_with_its_reason(changes: dict[str, object], why: TokenRefusal):
    assert refusal(**changes) is why


def test_the_house_rule_lets_in_what_is_unchecked_but_never_what_is_revoked():
    unchecked = {"revocation": RevocationKnown.UNCHECKED, "unchecked_allowed": True}
    assert refusal(**unchecked) is None
    assert refusal(**unchecked, revoked_at=AT) is TokenRefusal.CERTIFICATE_REVOKED
    revoked = refusal(revocation=RevocationKnown.REVOKED, unchecked_allowed=True)
    assert revoked is TokenRefusal.CERTIFICATE_REVOKED


def test_only_giving_up_a_way_that_the_password_already_opens_needs_no_token():
    free = {
        (now, wanted) for now in TokenLogin for wanted in TokenLogin if not needs_proof(now, wanted)
    }
    assert free == {(TokenLogin.OFF, TokenLogin.OFF), (TokenLogin.ALSO, TokenLogin.OFF)}


def test_an_emergency_code_has_more_than_eighty_bits_and_is_read_however_it_is_typed():
    assert EMERGENCY_BITS >= 80
    assert emergency_code(0) == "0000-0000-0000-0000-0000"
    assert emergency_code((1 << EMERGENCY_BITS) - 1) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert emergency_code(1 << 5) == "0000-0000-0000-0000-0010"
    plain = "0" * 18 + "10"
    for typed in ("0000-0000-0000-0000-0010", "0000 0000 0000 0000 oolO", "ooooooooooooooooooIo"):
        assert normal_emergency_code(typed) == plain


@pytest.mark.parametrize("typed", ["", "0000", "0" * 21, "U" * 20, "0" * 19 + "Ơ"])
def test_what_cannot_be_a_code_is_none(typed: str):
    assert normal_emergency_code(typed) == ""
