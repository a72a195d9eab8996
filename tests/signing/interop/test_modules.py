"""The same road with every module: SoftHSM2, NSS, and the fault library over each of them.

Nothing here knows which module it has: what one of them does otherwise is our code's to bear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.x509 import load_der_x509_certificate

from signing import cms, errors
from signing.agent.application import Agent
from signing.messages import JobState
from signing.pades.report import Level, Verdict
from signing.pades.verify import verify
from signing.tokens.manager import TokenManager
from signing.tokens.probe import probe
from signing.tokens.types import TokenCertificate, TokenInfo, TokenListing, has_serial
from signing.trust.crl import IndexedCrl
from signing.trust.store import TrustStore
from tests.fault_pkcs11 import ALTERING_CALLS, Control
from tests.signing.agent.conftest import PIN, WRONG_PIN, Browser, browser_of, pair
from tests.signing.agent.office import Office
from tests.signing.batches import sign_batch
from tests.signing.interop import softokn
from tests.signing.interop.conftest import KEYS, Module
from tests.signing.interop.softokn import Softokn
from tests.signing.pki import NOW, Holder, crl, pki
from tests.signing.tokens.conftest import LIMITS, self_signed

ECDSA, ECDSA_SHA256, SHA256_RSA_PKCS = 0x1041, 0x1044, 0x40


def trust() -> TrustStore:
    return TrustStore(
        roots=(pki().root.certificate,),
        intermediates=(pki().issuing.certificate,),
        crls=(IndexedCrl(crl(pki().root)), IndexedCrl(crl(pki().issuing))),
    )


def test_the_second_implementation_is_another_one(nss: Softokn):
    told = probe(nss.library, environment=nss.environment)
    assert (told.manufacturer, told.version >= "3") == ("Mozilla Foundation", True)


def test_certificates_are_listed_without_a_pin_and_only_tokens_of_people(
    module: Module, tokens: TokenManager, holders: Mapping[str, Holder]
):
    listing = tokens.list_tokens()
    found = [each.der for token in listing.tokens for each in token.certificates]
    assert sorted(found) == sorted(each.der for each in holders.values())
    assert all(token.pin.initialised and token.certificates for token in listing.tokens)
    assert not any(token.pin.last_try or token.pin.locked for token in listing.tokens)
    assert listing.problems == ()
    if module.control:
        assert "C_Login" not in module.control.calls()


@pytest.mark.parametrize("kind", KEYS)
def test_every_kind_of_key_signs_a_batch_under_one_login(
    module: Module, tokens: TokenManager, holders: Mapping[str, Holder], kind: str
):
    der = holders[kind].der
    items = [b"mot", b"hai", b"ba"]
    made = sign_batch(tokens, der, items, PIN)
    assert made.error is None
    for item, signature in zip(items, made.signatures, strict=True):
        cms.verify_signature(der, item, signature)
    if module.control:
        calls = module.control.calls()
        assert calls.count("C_Login") == 1
        assert not ALTERING_CALLS & set(calls)
        assert "C_OpenSession RW" not in calls


@pytest.mark.parametrize("kind", ["RSA-3072", "P-384"])
def test_a_letter_goes_from_the_page_to_a_valid_signature(
    make: Callable[..., Agent],
    tokens: TokenManager,
    office: Office,
    holders: Mapping[str, Holder],
    kind: str,
):
    agent = make()
    browser: Browser = browser_of(agent)
    pair(browser, office)
    job, ticket = office.press_sign(agent.state.keys.public, holders[kind])
    browser.open(f"/ky/{ticket}")
    browser.submit(f"/ky/{ticket}/ky")
    browser.submit(f"/ky/{ticket}/pin", pin=PIN)
    agent.desk.wait(60)
    assert job.progress.state is JobState.ACCEPTED
    report = verify(job.finished[0], trust=trust(), at=NOW)
    assert (report.verdict, report.signatures[0].level) == (Verdict.VALID, Level.B_B)


def test_a_wrong_pin_is_called_wrong_costs_one_try_and_is_counted(
    module: Module, tokens: TokenManager, holders: Mapping[str, Holder]
):
    if module.control:
        module.control.order("tries 3")
    der = holders["RSA-2048"].der
    for spent in (1, 2):
        made = sign_batch(tokens, der, [b"mot"], WRONG_PIN)
        assert isinstance(made.error, errors.PinIncorrect)
        assert made.signatures == ()
        (token,) = [each for each in tokens.list_tokens().tokens if holds(each, der)]
        assert (token.pin.wrong_entries, token.pin.count_low) == (spent, module.warns)
    # SoftHSM2 warns and never locks; of a silent module our own count thinks the worst.
    assert token.pin.last_try == (module.locks or not module.warns)
    if token.pin.last_try:
        assert isinstance(sign_batch(tokens, der, [b"mot"], PIN).error, errors.PinFinalTryRefused)
    assert sign_batch(tokens, der, [b"mot"], PIN, allow_final_try=True).error is None
    (token,) = [each for each in tokens.list_tokens().tokens if holds(each, der)]
    assert (token.pin.wrong_entries, token.pin.last_try) == (0, False)


def holds(token: TokenInfo, der: bytes) -> bool:
    return any(each.der == der for each in token.certificates)


@pytest.fixture
def behind_nss(fault: Path, nss: Softokn, tmp_path: Path) -> tuple[Control, TokenManager]:
    control = Control(tmp_path / "control", nss.library)
    control.order()
    environment = {**nss.environment, **control.environment()}
    return control, TokenManager([fault], tmp_path / "c", limits=LIMITS, environment=environment)


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ("tries 1", errors.PinLocked),
        ("flags 0x80000", None),
        ("always_authenticate 1", None),
        ("always_authenticate 2", None),
        (f"pad {PIN}", None),
        ("fail C_Login 0x30", errors.DriverError),
        ("fail C_Sign 0x32", errors.TokenRemoved),
        ("bad_signature 1", errors.SignatureCheckFailed),
    ],
)
def test_the_states_that_nss_cannot_play_are_played_over_it(
    behind_nss: tuple[Control, TokenManager],
    holders: Mapping[str, Holder],
    orders: str,
    expected: type[errors.SigningError] | None,
):
    control, manager = behind_nss
    der = holders["RSA-3072"].der
    with manager:
        control.order(orders)
        if expected is errors.PinLocked:
            sign_batch(manager, der, [b"mot"], WRONG_PIN, allow_final_try=True)
        pin = None if orders.startswith("pad") else PIN
        made = sign_batch(manager, der, [b"mot", b"hai"], pin)
    assert type(made.error) is (expected or type(None))
    assert len(made.signatures) == (0 if expected else 2)


@pytest.mark.parametrize(
    ("kind", "hidden"),
    [("RSA-2048", SHA256_RSA_PKCS), ("P-256", ECDSA), ("P-384", ECDSA_SHA256)],
)
def test_a_token_that_lacks_a_mechanism_signs_with_the_other(
    behind_nss: tuple[Control, TokenManager],
    holders: Mapping[str, Holder],
    kind: str,
    hidden: int,
):
    control, manager = behind_nss
    control.order(f"hide {hidden:#x}")
    with manager:
        (signature,) = manager.sign(holders[kind].der, [b"mot"], PIN)
    cms.verify_signature(holders[kind].der, b"mot", signature)


def test_keys_and_certificates_without_a_name_of_ours_are_found(tmp_path: Path):
    key = pki().leader.key
    twice = [Holder(self_signed(key, name), key) for name in ("Cũ", "Gia hạn")]
    plain = softokn.make(tmp_path, PIN, twice, named=False)
    with TokenManager([plain.library], tmp_path / "c", environment=plain.environment) as manager:
        (token,) = manager.list_tokens().tokens
        assert len(token.certificates) == 2
        for holder in twice:
            (signature,) = manager.sign(holder.der, [b"mot"], PIN)
            cms.verify_signature(holder.der, b"mot", signature)


def test_wrong_pins_of_tokens_without_a_serial_are_not_mixed_up(
    nss: Softokn, tmp_path: Path, holders: Mapping[str, Holder]
):
    other = pki().agency
    second = softokn.make(tmp_path, PIN, [other])
    for environment in (nss.environment, second.environment):
        with TokenManager(
            [nss.library], tmp_path / "counts", limits=LIMITS, environment=environment
        ) as manager:
            (token,) = manager.list_tokens().tokens
            assert not has_serial(token.serial)
            assert token.pin.wrong_entries == 0
            der = token.certificates[0].der
            assert load_der_x509_certificate(der).serial_number
            assert isinstance(
                sign_batch(manager, der, [b"mot"], WRONG_PIN).error, errors.PinIncorrect
            )


def test_one_certificate_on_two_tokens_without_a_serial_is_not_guessed_at(
    behind_nss: tuple[Control, TokenManager], holders: Mapping[str, Holder]
):
    _, manager = behind_nss
    der = holders["P-256"].der
    with manager:
        (token,) = manager.list_tokens().tokens
        manager._modules[0].last = TokenListing((token, replace(token, slot_id=99)), ())
        with pytest.raises(errors.SeveralTokens):
            next(manager.sign(der, [b"mot"], PIN))


def test_a_serial_names_a_token_only_where_it_says_something():
    def token(serial: str, *ders: bytes) -> TokenInfo:
        lying = tuple(TokenCertificate(der, "") for der in ders)
        return TokenInfo("m", 1, "", serial, "", "", None, lying)  # type: ignore[arg-type]

    assert token("A1", b"x").counted_as == token("A1", b"y").counted_as == "A1"
    for serial in ("", "0000000000000000"):
        one, other = token(serial, b"x", b"y"), token(serial, b"z")
        assert one.counted_as == token(serial, b"y", b"x").counted_as != other.counted_as
