"""The PIN: one try per call, never through a second way, never left lying about."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from signing import cms, errors
from signing.tokens.counts import FILE_NAME, Count, PinCounts
from signing.tokens.manager import TokenManager
from signing.tokens.types import PinState
from tests.fault_pkcs11 import Control
from tests.signing.batches import sign_batch
from tests.signing.tokens.conftest import LIMITS, PIN, WRONG_PIN, Tokens


def pin_of(manager: TokenManager, serial: str) -> PinState:
    return next(token.pin for token in manager.list_tokens().tokens if token.serial == serial)


def try_to_sign(
    manager: TokenManager, tokens: Tokens, pin: str | None, allow_final_try: bool = False
) -> errors.SigningError | None:
    certificate = tokens.leader.certificate_der
    return sign_batch(manager, certificate, [b"mot", b"hai"], pin, allow_final_try).error


def test_a_wrong_pin_is_said_to_be_wrong_and_costs_one_try(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 3")
    assert isinstance(try_to_sign(manager, tokens, WRONG_PIN), errors.PinIncorrect)
    assert control.calls().count("C_Login") == 1
    state = pin_of(manager, tokens.leader.serial)
    assert state.count_low
    assert not state.last_try
    assert state.wrong_entries == 1
    assert try_to_sign(manager, tokens, PIN) is None
    assert pin_of(manager, tokens.leader.serial).wrong_entries == 0


def test_a_batch_stops_at_the_first_wrong_pin_and_costs_exactly_one_try(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    items = [f"van ban {number}".encode() for number in range(50)]
    outcome = sign_batch(manager, tokens.leader.certificate_der, items, WRONG_PIN)
    assert isinstance(outcome.error, errors.PinIncorrect)
    assert outcome.signatures == ()
    assert control.calls().count("C_Login") == 1
    assert "C_SignInit" not in control.calls()


def test_the_last_try_is_refused_before_the_pin_is_sent(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 3")
    for _ in range(2):
        try_to_sign(manager, tokens, WRONG_PIN)
    sent = control.calls().count("C_Login")
    assert pin_of(manager, tokens.leader.serial).last_try
    assert isinstance(try_to_sign(manager, tokens, PIN), errors.PinFinalTryRefused)
    assert control.calls().count("C_Login") == sent


def test_the_last_try_is_allowed_with_consent(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 3")
    for _ in range(2):
        try_to_sign(manager, tokens, WRONG_PIN)
    assert try_to_sign(manager, tokens, PIN, allow_final_try=True) is None
    assert not pin_of(manager, tokens.leader.serial).last_try


def test_a_locked_token_is_said_to_be_locked_and_no_pin_is_sent(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 1")
    first = try_to_sign(manager, tokens, WRONG_PIN, allow_final_try=True)
    assert isinstance(first, errors.PinIncorrect)
    sent = control.calls().count("C_Login")
    assert pin_of(manager, tokens.leader.serial).locked
    assert isinstance(try_to_sign(manager, tokens, PIN, allow_final_try=True), errors.PinLocked)
    assert control.calls().count("C_Login") == sent


def test_a_lock_that_the_driver_did_not_announce_is_still_called_a_lock(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 1", "no_flags 1")
    assert isinstance(try_to_sign(manager, tokens, WRONG_PIN), errors.PinIncorrect)
    assert isinstance(try_to_sign(manager, tokens, PIN), errors.PinLocked)


def test_our_own_count_guards_tokens_whose_driver_never_warns(
    make_manager: Callable[..., TokenManager], tokens: Tokens, control: Control
) -> None:
    control.order("tries 3", "no_flags 1")
    for _ in range(2):
        assert isinstance(try_to_sign(make_manager(), tokens, WRONG_PIN), errors.PinIncorrect)
    sent = control.calls().count("C_Login")
    manager = make_manager()
    assert pin_of(manager, tokens.leader.serial).last_try
    assert isinstance(try_to_sign(manager, tokens, PIN), errors.PinFinalTryRefused)
    assert control.calls().count("C_Login") == sent
    assert try_to_sign(manager, tokens, PIN, allow_final_try=True) is None
    assert not pin_of(manager, tokens.leader.serial).last_try


def test_our_own_count_steps_back_where_the_driver_does_warn(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 10")
    for _ in range(3):
        assert isinstance(try_to_sign(manager, tokens, WRONG_PIN), errors.PinIncorrect)
    state = pin_of(manager, tokens.leader.serial)
    assert state.wrong_entries == 3
    assert not state.last_try


def test_a_hang_at_login_counts_as_a_try_because_it_may_have_been_one(
    make_manager: Callable[..., TokenManager], tokens: Tokens, control: Control, state_dir: Path
) -> None:
    control.order("hang C_Login 0")
    manager = make_manager(replace(LIMITS, login=1))
    assert isinstance(try_to_sign(manager, tokens, PIN), errors.DriverHung)
    assert PinCounts(state_dir).get(tokens.leader.serial) == Count(wrong=1)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0x05, errors.DriverError),
        (0x06, errors.DriverError),
        (0x30, errors.DriverError),
        (0x100, errors.DriverError),
        (0x80000123, errors.DriverError),
        (0x32, errors.TokenRemoved),
        (0xA2, errors.PinLength),
        (0xA3, errors.PinMustBeChanged),
        (0x102, errors.PinNotInitialised),
    ],
)
def test_a_fault_of_the_driver_is_never_shown_as_a_wrong_pin_nor_counted_as_one(
    code: int,
    expected: type[errors.SigningError],
    manager: TokenManager,
    tokens: Tokens,
    control: Control,
    state_dir: Path,
) -> None:
    control.order(f"fail C_Login {code:#x}")
    error = try_to_sign(manager, tokens, PIN)
    assert type(error) is expected
    assert PinCounts(state_dir).get(tokens.leader.serial).wrong == 0


def test_a_token_with_its_own_pad_is_passed_no_pin(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order(f"pad {PIN}")
    assert pin_of(manager, tokens.leader.serial).protected_path
    assert try_to_sign(manager, tokens, None) is None
    assert try_to_sign(manager, tokens, "typed all the same") is None
    assert "C_Login WITH PIN" not in control.calls()


def test_nobody_typing_on_the_pad_is_its_own_message(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order(f"pad {PIN}", "fail C_Login 0x50")
    assert isinstance(try_to_sign(manager, tokens, None), errors.PinpadTimeout)


def test_a_missing_pin_is_asked_for_before_the_token_is(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    for pin in (None, ""):
        assert isinstance(try_to_sign(manager, tokens, pin), errors.PinRequired)
    assert "C_Login" not in control.calls()


@pytest.mark.parametrize("orders", [["always_authenticate 1"], ["always_authenticate 2"]])
def test_keys_that_ask_at_every_signature_sign_a_batch(
    orders: list[str], manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order(*orders)
    items = [b"mot", b"hai", b"ba"]
    outcome = sign_batch(manager, tokens.leader.certificate_der, items, PIN)
    assert outcome.error is None
    for item, signature in zip(items, outcome.signatures, strict=True):
        cms.verify_signature(tokens.leader.certificate_der, item, signature)
    assert control.calls().count("C_Login") == 1 + len(items)


def test_keys_that_ask_at_every_signature_ask_on_the_pad_too(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("always_authenticate 1", f"pad {PIN}")
    items = [b"mot", b"hai"]
    outcome = sign_batch(manager, tokens.leader.certificate_der, items, None)
    assert outcome.error is None
    for item, signature in zip(items, outcome.signatures, strict=True):
        cms.verify_signature(tokens.leader.certificate_der, item, signature)
    assert "C_Login WITH PIN" not in control.calls()


def test_a_wrong_pin_on_a_key_that_always_asks_costs_one_try(
    manager: TokenManager, tokens: Tokens, control: Control
) -> None:
    control.order("tries 5", "always_authenticate 1")
    assert isinstance(try_to_sign(manager, tokens, WRONG_PIN), errors.PinIncorrect)
    assert control.calls().count("C_Login") == 1


def test_the_pin_is_in_no_command_line_environment_log_or_file(
    manager: TokenManager,
    tokens: Tokens,
    control: Control,
    state_dir: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    batch = manager.sign(tokens.leader.certificate_der, [b"mot", b"hai"], PIN)
    next(batch)
    worker = manager._modules[0]._worker
    assert worker is not None
    process = Path("/proc") / str(worker.pid)
    if not process.exists():
        pytest.skip("needs /proc")
    seen = [(process / name).read_bytes() for name in ("cmdline", "environ")]
    list(batch)
    try_to_sign(manager, tokens, WRONG_PIN)
    seen += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    out, err = capfd.readouterr()
    seen += [out.encode(), err.encode(), caplog.text.encode(), repr(os.environ).encode()]
    for secret in (PIN.encode(), WRONG_PIN.encode()):
        assert not any(secret in each for each in seen)


def test_the_state_file_holds_counts_only(
    manager: TokenManager, tokens: Tokens, control: Control, state_dir: Path
) -> None:
    control.order("tries 5")
    try_to_sign(manager, tokens, WRONG_PIN)
    assert [path.name for path in state_dir.iterdir()] == [FILE_NAME]
    kept = json.loads((state_dir / FILE_NAME).read_text(encoding="utf-8"))
    assert kept == {tokens.leader.serial: {"wrong": 1, "flags_seen": True}}


def test_a_broken_state_file_counts_as_empty(state_dir: Path) -> None:
    state_dir.mkdir()
    for content in ("", "[1]", '{"a": 1}', '{"a": {"wrong": "x", "flags_seen": 1}}'):
        (state_dir / FILE_NAME).write_text(content, encoding="utf-8")
        assert PinCounts(state_dir).get("a") == Count()
    PinCounts(state_dir).before_login("a")
    assert PinCounts(state_dir).get("a") == Count(wrong=1)
