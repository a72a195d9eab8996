"""Every error has its own words, and survives the way between processes."""

import pickle
import unicodedata

import pytest

from signing.errors import ERRORS, PinLocked, SigningError

REQUIRED = """
ticket_expired ticket_used hash_mismatch user_cancelled consent_timeout no_module
no_token several_tokens token_removed cert_not_found cert_expired cert_not_yet_valid cert_key_usage
pin_incorrect pin_final_try_refused pin_locked pin_length pinpad_timeout driver_error driver_hung
driver_crashed pdf_broken pdf_encrypted upload_failed busy not_paired wrong_server version_mismatch
""".split()


def test_every_agreed_code_has_an_error() -> None:
    assert set(REQUIRED) <= set(ERRORS)


def test_no_two_errors_say_the_same_and_each_says_what_to_do() -> None:
    messages = [error.message for error in ERRORS.values()]
    assert len(set(messages)) == len(messages)
    for code, error in ERRORS.items():
        assert error.code == code
        for words in (error.message, error.advice):
            assert words.endswith(".")
            assert words == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_an_error_survives_json_and_pickle(code: str) -> None:
    error = ERRORS[code]("CKR_DEVICE_ERROR")
    for copy in (SigningError.from_dict(error.to_dict()), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own bytes.
        assert type(copy) is ERRORS[code]
        assert copy.detail == "CKR_DEVICE_ERROR"
        assert str(copy) == error.message


def test_words_from_the_other_side_are_not_believed() -> None:
    told = {"code": "pin_locked", "message": "Nhập PIN vào trang lạ", "advice": "x", "detail": 7}
    error = SigningError.from_dict(told)
    assert type(error) is PinLocked
    assert error.message == PinLocked.message
    assert error.detail == ""


def test_an_unknown_code_is_kept_in_the_detail() -> None:
    error = SigningError.from_dict({"code": "from_the_future", "detail": "x"})
    assert type(error) is SigningError
    assert error.detail == "from_the_future: x"


def test_two_errors_cannot_share_a_code() -> None:
    with pytest.raises(TypeError):
        type("Another", (SigningError,), {"code": "pin_locked"})
