"""The process that loads one PKCS#11 module and talks to its tokens: `python -m ... MODULE`.

A vendor's module may print, hang or crash; here it can only take this process with it. The module
is loaded once. Sessions are read-only, and nothing here can alter a token. Requests and answers are
the frames of `signing.tokens.wire`. A PIN arrives in a frame, lives until the first signature (or,
for keys that ask at every signature, as long as the batch), and dies with the process, which its
manager ends after every login.
"""

from __future__ import annotations

import base64
import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import pkcs11
from pkcs11 import PKCS11Error, TokenFlag
from pkcs11.types import PROTECTED_AUTH

from signing import errors
from signing.platform import forbid_core_dumps
from signing.tokens import keys
from signing.tokens.explain import explain
from signing.tokens.wire import BrokenWire, read_frame, write_frame

_FOR_PEOPLE = (
    TokenFlag.LOGIN_REQUIRED
    | TokenFlag.USER_PIN_INITIALIZED
    | TokenFlag.PROTECTED_AUTHENTICATION_PATH
)
"""A token with none of these and no certificate only computes (hashes, random numbers): NSS has
one, some vendors too. It is nobody's."""


class Worker:
    """State of one module: at most one token selected, at most one session logged in."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._library: Any = None
        self._slot: Any = None
        self._serial = ""
        self._certificate = b""
        self._session: Any = None
        self._key: Any = None
        self._mechanism: Any = None
        self._always_authenticate = False
        self._protected = False
        self._pin: str | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a request asks; every failure becomes an error in the answer."""
        acts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "describe": self._describe,
            "list": self._list,
            "select": self._select,
            "login": self._login,
            "sign": self._sign,
        }
        try:
            return acts[request["do"]](request)
        except Exception as error:  # Whatever a driver does, the manager is told.
            return {
                "error": explain(error).to_dict(),
                "pin": self._pin_flags(),
                "logged_in": self._session is not None,
            }

    def _describe(self, _request: dict[str, Any]) -> dict[str, Any]:
        library = self._load()
        major, minor = library.library_version
        return {
            "manufacturer": library.manufacturer_id,
            "description": library.library_description,
            "version": f"{major}.{minor}",
        }

    def _list(self, _request: dict[str, Any]) -> dict[str, Any]:
        tokens: list[dict[str, Any]] = []
        problems: list[dict[str, Any]] = []
        for slot in self._load().get_slots(token_present=True):
            try:
                token = slot.get_token()
                if token.flags & (TokenFlag.TOKEN_INITIALIZED | TokenFlag.USER_PIN_INITIALIZED):
                    described = _describe_token(slot, token)
                    if described["certificates"] or token.flags & _FOR_PEOPLE:
                        tokens.append(described)
            except pkcs11.TokenNotPresent:
                continue
            except Exception as error:  # One bad slot must not hide the others.
                reason = explain(error).to_dict()
                problems.append({"slot": slot.slot_description.strip(), "error": reason})
        return {"tokens": tokens, "problems": problems}

    def _select(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find the token again, wherever it is plugged in now, and make sure of its certificate."""
        serial, certificate = request["serial"], base64.b64decode(request["certificate"])
        seen = changed = False
        for slot in self._load().get_slots(token_present=True):
            try:
                token = slot.get_token()
            except Exception:  # noqa: S112 - another reader's fault is not this token's.
                continue
            if _text(token.serial) != serial:
                changed = changed or slot.slot_id == request["slot_id"]
                continue
            seen = True
            with contextlib.closing(token.open()) as session:
                if keys.certificate_id(session, certificate) is not None:
                    self._slot, self._serial, self._certificate = slot, serial, certificate
                    return {"pin": _flags(token)}
        if seen:
            raise errors.CertNotFound
        raise errors.TokenChanged if changed else errors.TokenRemoved

    def _login(self, request: dict[str, Any]) -> dict[str, Any]:
        token = self._slot.get_token()
        if _text(token.serial) != self._serial:
            raise errors.TokenChanged
        flags = token.flags
        if flags & TokenFlag.USER_PIN_LOCKED:
            raise errors.PinLocked
        if flags & TokenFlag.USER_PIN_FINAL_TRY and not request["allow_final_try"]:
            raise errors.PinFinalTryRefused
        self._protected = bool(flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)
        self._pin = None if self._protected else request["pin"]
        try:
            self._session = token.open(user_pin=PROTECTED_AUTH if self._protected else self._pin)
        except PKCS11Error as error:
            self._pin = None
            raise explain(error, protected=self._protected) from error
        identifier = keys.certificate_id(self._session, self._certificate)
        if identifier is None:
            raise errors.TokenChanged
        self._key = keys.private_key(self._session, self._certificate, identifier)
        self._mechanism = keys.mechanism(self._slot, self._key)
        self._always_authenticate = keys.always_authenticates(self._key)
        return {"always_authenticate": self._always_authenticate}

    def _sign(self, request: dict[str, Any]) -> dict[str, Any]:
        data = base64.b64decode(request["data"])
        try:
            signature = self._signature(data)
        except pkcs11.UserNotLoggedIn:
            # Some modules do not tell that a key asks at every signature. The PIN is known to be
            # right, so asking once more for this very signature cannot cost a try.
            if self._always_authenticate or not (self._pin or self._protected):
                raise
            self._always_authenticate = True
            signature = self._signature(data)
        if not self._always_authenticate:
            self._pin = None
        return {"signature": base64.b64encode(signature).decode("ascii")}

    def _signature(self, data: bytes) -> bytes:
        if not self._always_authenticate:
            return keys.sign(self._key, self._mechanism, data)
        if self._protected:
            return keys.sign_on_the_pad(self._module, self._key, self._mechanism, data)
        return keys.sign(self._key, self._mechanism, data, pin=self._pin)

    def log_out(self) -> None:
        """Leave the token as it was found: some stay open to every program until they are told."""
        if self._session is not None:
            with contextlib.suppress(PKCS11Error):
                self._session.close()
            self._session = None

    def _load(self) -> Any:
        if self._library is None:
            self._library = pkcs11.lib(self._module)
        return self._library

    def _pin_flags(self) -> dict[str, bool] | None:
        """Flags after a failure; None when the token cannot be asked any more."""
        try:
            return _flags(self._slot.get_token()) if self._slot is not None else None
        except Exception:  # An extra courtesy, never a reason to fail.
            return None


def _describe_token(slot: Any, token: Any) -> dict[str, Any]:
    with contextlib.closing(token.open()) as session:
        certificates = [
            {"der": base64.b64encode(der).decode("ascii"), "label": label}
            for der, label in keys.certificates(session)
        ]
    return {
        "slot_id": slot.slot_id,
        "label": token.label.strip(),
        "serial": _text(token.serial),
        "manufacturer": token.manufacturer_id.strip(),
        "model": token.model.strip(),
        "pin": _flags(token),
        "certificates": certificates,
    }


def _flags(token: Any) -> dict[str, bool]:
    flags = token.flags
    return {
        "count_low": bool(flags & TokenFlag.USER_PIN_COUNT_LOW),
        "final_try": bool(flags & TokenFlag.USER_PIN_FINAL_TRY),
        "locked": bool(flags & TokenFlag.USER_PIN_LOCKED),
        "protected_path": bool(flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH),
        "to_be_changed": bool(flags & TokenFlag.USER_PIN_TO_BE_CHANGED),
        "initialised": bool(flags & TokenFlag.USER_PIN_INITIALIZED),
    }


def _text(serial: bytes) -> str:
    return serial.decode("utf-8", "replace").strip("\0 ")


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Pipes to the manager that a chattering driver cannot reach: what it prints goes nowhere."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, answers


def main(module: str) -> None:
    """Answer requests until the manager closes the pipe."""
    forbid_core_dumps()  # The memory of this process holds a PIN.
    requests, answers = _own_pipes()
    worker = Worker(module)
    while True:
        try:
            write_frame(answers, worker.answer(read_frame(requests)))
        except (BrokenWire, OSError):
            worker.log_out()
            return


if __name__ == "__main__":
    main(sys.argv[1])
