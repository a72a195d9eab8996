"""Tokens that are pulled out, drivers that hang, crash or fail: each its own message, no harm."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from signing import cms, errors
from signing.tokens.manager import TokenManager
from tests.fault_pkcs11 import Control
from tests.signing.batches import sign_batch
from tests.signing.tokens.conftest import IMPATIENT, LIMITS, PIN, Tokens
from tests.signing.tokens.softhsm import MODULE


def test_a_token_pulled_out_after_it_was_shown_is_said_to_be_gone(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    manager.list_tokens()
    control.order("gone 1")
    with pytest.raises(errors.TokenRemoved):
        next(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    with pytest.raises(errors.TokenRemoved):
        next(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    assert manager.list_tokens().tokens == ()
    assert "C_Login" not in control.calls()


def test_a_token_put_back_signs_again(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    manager.list_tokens()
    control.order("gone 1")
    with pytest.raises(errors.TokenRemoved):
        next(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    control.order()
    assert len(list(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))) == 1


@pytest.mark.parametrize("code", [0x32, 0xE0, 0xB3])
def test_a_token_pulled_out_in_a_batch_keeps_what_was_signed(
    code: int, manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order(f"fail C_Sign {code:#x} 2")
    items = [b"mot", b"hai", b"ba", b"bon"]
    outcome = sign_batch(manager, tokens.leader.certificate_der, items, PIN)
    assert isinstance(outcome.error, errors.TokenRemoved)
    assert len(outcome.signatures) == 2
    for item, signature in zip(items, outcome.signatures, strict=False):
        cms.verify_signature(tokens.leader.certificate_der, item, signature)
    assert control.calls().count("C_Login") == 1


def test_another_token_in_the_same_place_is_noticed_before_the_pin_is_sent(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    listing = manager.list_tokens()
    leader = next(each for each in listing.tokens if each.serial == tokens.leader.serial)
    twin = next(each for each in listing.tokens if each.serial == tokens.twin.serial)
    with manager._modules[0].reserved() as worker:
        with pytest.raises(errors.TokenChanged):
            worker.ask(
                {
                    "do": "select",
                    "serial": "not there",
                    "slot_id": twin.slot_id,
                    "certificate": "",
                },
                LIMITS.listing,
            )
        with pytest.raises(errors.CertNotFound):
            worker.ask(
                {
                    "do": "select",
                    "serial": leader.serial,
                    "slot_id": leader.slot_id,
                    "certificate": "",
                },
                LIMITS.listing,
            )
    assert "C_Login" not in control.calls()


@pytest.mark.parametrize("call", ["C_Login", "C_Sign", "C_OpenSession"])
def test_a_hanging_driver_is_stopped_and_replaced(
    call: str, make_manager: Callable[..., TokenManager], tokens: Tokens, control: Control
) -> None:
    manager = make_manager()
    manager.list_tokens()
    control.order(f"hang {call} 0")
    manager._limits = IMPATIENT
    with pytest.raises(errors.DriverHung):
        next(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    manager._limits = LIMITS
    control.order()
    signed = manager.sign(tokens.leader.certificate_der, [b"mot"], PIN, allow_final_try=True)
    assert len(list(signed)) == 1


def test_a_driver_that_hangs_while_listing_is_named_and_hides_no_other(
    make_manager: Callable[..., TokenManager],
    tokens: Tokens,
    control: Control,
    fault_library: Path,
) -> None:
    control.order("hang C_GetSlotList 0")
    manager = make_manager(modules=(fault_library, MODULE))
    manager._modules[0]._limits = IMPATIENT
    listing = manager.list_tokens()
    assert [type(problem.error) for problem in listing.problems] == [errors.DriverHung]
    assert listing.problems[0].module == str(fault_library)
    assert {token.module for token in listing.tokens} == {str(MODULE)}


@pytest.mark.parametrize("call", ["C_Login", "C_Sign"])
def test_a_crashing_driver_takes_only_its_worker_with_it(
    call: str, manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order(f"crash {call} 0")
    with pytest.raises(errors.DriverCrashed):
        next(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    assert control.calls().count("C_Login") == 1
    control.order()
    assert len(list(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))) == 1


def test_a_listing_is_repeated_once_after_a_crash(manager: TokenManager, control: Control) -> None:
    manager.list_tokens()
    asked = control.calls().count("C_GetSlotList")
    control.order("crash C_GetSlotList 0")
    listing = manager.list_tokens()
    assert [type(problem.error) for problem in listing.problems] == [errors.DriverCrashed]
    assert control.calls().count("C_GetSlotList") == asked + 2


@pytest.mark.parametrize("code", [0x30, 0x06, 0x05, 0x31])
def test_a_fault_while_signing_is_a_fault_of_the_driver(
    code: int, manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order(f"fail C_Sign {code:#x}")
    with pytest.raises(errors.DriverError):
        next(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))
    assert control.calls().count("C_Login") == 1


def test_a_bad_slot_is_left_out_and_named_while_the_others_are_listed(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("bad_label EC THU NGHIEM")
    listing = manager.list_tokens()
    assert {token.serial for token in listing.tokens} == {tokens.leader.serial, tokens.twin.serial}
    (problem,) = listing.problems
    assert isinstance(problem.error, errors.DriverError)
    assert problem.error.detail == "TokenNotRecognised"
    assert problem.slot
    assert len(list(manager.sign(tokens.leader.certificate_der, [b"mot"], PIN))) == 1


def test_a_signature_that_the_certificate_does_not_accept_is_thrown_away(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("bad_signature 1")
    outcome = sign_batch(manager, tokens.leader.certificate_der, [b"mot", b"hai"], PIN)
    assert isinstance(outcome.error, errors.SignatureCheckFailed)
    assert outcome.signatures == ()


def test_a_file_that_is_no_driver_is_named_in_the_listing(
    make_manager: Callable[..., TokenManager], tmp_path: Path
) -> None:
    text = tmp_path / "driver.so"
    text.write_text("not a library", encoding="utf-8")
    listing = make_manager(modules=(text, tmp_path / "missing.so")).list_tokens()
    assert [type(problem.error) for problem in listing.problems] == [errors.DriverUnsuitable] * 2


def test_a_second_signing_waits_its_turn_and_is_told_so(
    make_manager: Callable[..., TokenManager], tokens: Tokens
) -> None:
    manager = make_manager(replace(LIMITS, busy=IMPATIENT.busy))
    known = manager.list_tokens().tokens
    first = manager.sign(tokens.leader.certificate_der, [b"mot", b"hai"], PIN)
    next(first)
    with pytest.raises(errors.Busy):
        next(manager.sign(tokens.leader.certificate_der, [b"ba"], PIN))
    assert manager.list_tokens().tokens == known
    assert len(list(first)) == 1


def test_several_threads_may_list_at_once(manager: TokenManager) -> None:
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(manager.list_tokens().tokens)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [3, 3, 3, 3]
