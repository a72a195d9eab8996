"""Listing and signing when all is well, and the ways in which certificates and keys are matched."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signing import cms, errors
from signing.tokens.counts import PinCounts
from signing.tokens.manager import TokenManager
from tests.fault_pkcs11 import ALTERING_CALLS, Control
from tests.signing.batches import sign_batch
from tests.signing.tokens.conftest import PIN, Tokens, self_signed
from tests.signing.tokens.softhsm import MODULE, add_certificate, make_token


def test_tokens_and_certificates_are_listed_without_a_pin(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    listing = manager.list_tokens()
    assert listing.problems == ()
    assert {token.serial for token in listing.tokens} == {
        tokens.leader.serial,
        tokens.twin.serial,
        tokens.elliptic.serial,
    }
    leader = next(token for token in listing.tokens if token.serial == tokens.leader.serial)
    assert leader.label == "VGCA THU NGHIEM"
    assert leader.certificates[0].der == tokens.leader.certificate_der
    assert leader.pin.initialised
    assert not leader.pin.last_try
    assert "C_Login" not in control.calls()


@pytest.mark.parametrize("which", ["leader", "elliptic"])
def test_a_whole_container_is_signed_by_the_token(
    which: str, manager: TokenManager, tokens: Tokens
) -> None:
    certificate = getattr(tokens, which).certificate_der
    digest = hashlib.sha256(b"van ban").digest()
    container = cms.build(
        digest, certificate, [], lambda data: next(manager.sign(certificate, [data], PIN))
    )
    cms.check(container, digest, certificate)


def test_two_tokens_with_the_same_label_are_told_apart_by_their_certificates(
    manager: TokenManager, tokens: Tokens
) -> None:
    for token in (tokens.leader, tokens.twin):
        (signature,) = manager.sign(token.certificate_der, [b"mot"], PIN)
        cms.verify_signature(token.certificate_der, b"mot", signature)


def test_a_batch_takes_one_login_and_keeps_the_order(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    items = [f"van ban {number}".encode() for number in range(12)]
    outcome = sign_batch(manager, tokens.leader.certificate_der, items, PIN)
    assert outcome.error is None
    for item, signature in zip(items, outcome.signatures, strict=True):
        cms.verify_signature(tokens.leader.certificate_der, item, signature)
    assert control.calls().count("C_Login") == 1


def test_nothing_that_could_alter_the_token_is_called_in_a_whole_run(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    manager.list_tokens()
    list(manager.sign(tokens.leader.certificate_der, [b"mot", b"hai"], PIN))
    calls = control.calls()
    assert "C_Sign" in calls
    assert not ALTERING_CALLS & set(calls)
    assert "C_OpenSession RW" not in calls


def test_an_empty_batch_does_not_ask_the_token(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    assert list(manager.sign(tokens.leader.certificate_der, [], PIN)) == []
    assert "C_Login" not in control.calls()


def test_a_certificate_that_is_on_no_token_is_said_to_be_missing(
    manager: TokenManager, control: Control
) -> None:
    stranger = self_signed(rsa.generate_private_key(65537, 2048), "Người khác")
    with pytest.raises(errors.CertNotFound):
        next(manager.sign(stranger.public_bytes(Encoding.DER), [b"mot"], PIN))
    assert "C_Login" not in control.calls()


def test_a_certificate_without_its_key_is_refused_although_the_pin_was_right(
    tmp_path: Path,
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    own = make_token(tmp_path, "LAC KHOA", "so-thu-9999", PIN, key, self_signed(key, "Một"))
    other = self_signed(rsa.generate_private_key(65537, 2048), "Hai").public_bytes(Encoding.DER)
    add_certificate(tmp_path, own.serial, PIN, other)
    with TokenManager((MODULE,), tmp_path / "s", environment=own.environment) as manager:
        PinCounts(tmp_path / "s").before_login(own.serial)
        with pytest.raises(errors.KeyNotFound):
            next(manager.sign(other, [b"mot"], PIN))
        assert PinCounts(tmp_path / "s").get(own.serial).wrong == 0
        assert len(list(manager.sign(own.certificate_der, [b"mot"], PIN))) == 1


def test_a_key_is_found_by_its_public_key_when_the_identifiers_differ(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    first = self_signed(key, "Cũ")
    own = make_token(tmp_path, "GIA HAN", "so-thu-9999", PIN, key, first)
    renewed = self_signed(key, "Gia hạn").public_bytes(Encoding.DER)
    add_certificate(tmp_path, own.serial, PIN, renewed, key_id="ff")
    with TokenManager((MODULE,), tmp_path / "s", environment=own.environment) as manager:
        (signature,) = manager.sign(renewed, [b"mot"], PIN)
    cms.verify_signature(renewed, b"mot", signature)


def test_the_same_certificate_on_two_tokens_is_not_guessed_at(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate = self_signed(key, "Hai nơi")
    one = make_token(tmp_path, "MOT", "so-thu-9999", PIN, key, certificate)
    make_token(tmp_path, "HAI", "so-thu-9999", PIN, key, certificate)
    with (
        TokenManager((MODULE,), tmp_path / "s", environment=one.environment) as manager,
        pytest.raises(errors.SeveralTokens),
    ):
        next(manager.sign(one.certificate_der, [b"mot"], PIN))


def test_the_same_token_behind_two_drivers_is_asked_once(
    make_manager: Callable[..., TokenManager],
    tokens: Tokens,
    fault_library: Path,
    control: Control,
) -> None:
    manager = make_manager(modules=(fault_library, MODULE))
    assert len(manager.list_tokens().tokens) == 6
    assert len(list(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))) == 1
    assert control.calls().count("C_Login") == 1


def test_no_driver_and_no_token_are_different_messages(
    make_manager: Callable[..., TokenManager], tokens: Tokens, control: Control
) -> None:
    with pytest.raises(errors.NoModule):
        next(make_manager(modules=()).sign(tokens.leader.certificate_der, [b"mot"], PIN))
    control.order("gone 1")
    with pytest.raises(errors.NoToken):
        next(make_manager().sign(tokens.leader.certificate_der, [b"mot"], PIN))


def test_the_worker_that_saw_a_pin_is_ended_and_the_session_logged_out(
    manager: TokenManager, tokens: Tokens
) -> None:
    manager.list_tokens()
    before = manager._modules[0]._worker
    assert before is not None
    assert before.alive
    list(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    assert not before.alive
    assert manager._modules[0]._worker is None


def test_a_batch_given_up_half_way_frees_the_token(manager: TokenManager, tokens: Tokens) -> None:
    batch = manager.sign(tokens.leader.certificate_der, [b"mot", b"hai", b"ba"], PIN)
    next(batch)
    batch.close()
    assert len(list(manager.sign(tokens.leader.certificate_der, [b"bon"], PIN))) == 1
