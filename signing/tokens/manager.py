"""All tokens of this computer behind one door: listed without a PIN, asked to sign with one.

One worker process per PKCS#11 module, one request at a time. A worker that hangs or crashes is
replaced at the next use, and a worker that has seen a PIN is ended with the batch. Listing may be
repeated when a driver stumbles; a login never is: one call of `sign` costs one try at most.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from signing import cms, errors
from signing.tokens.counts import PinCounts
from signing.tokens.module import Limits, Module
from signing.tokens.process import WorkerProcess, granted
from signing.tokens.types import (
    PinState,
    TokenInfo,
    TokenListing,
    TokenProblem,
    has_serial,
)


class TokenManager:
    """The tokens behind `modules` (paths of PKCS#11 libraries, the preferred one first).

    `state_dir` keeps the counts of wrong PINs, nothing else. `environment` is added to that of the
    worker processes. Safe for several threads. Close it (or use it as a context) to end them.
    """

    def __init__(
        self,
        modules: Sequence[Path],
        state_dir: Path,
        *,
        limits: Limits | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._modules = [
            Module(path, self._limits, environment) for path in dict.fromkeys(map(Path, modules))
        ]
        self._counts = PinCounts(state_dir)
        self._seen: set[bytes] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every worker. The manager may be used again: workers start when they are needed."""
        for module in self._modules:
            module.end()

    def list_tokens(self) -> TokenListing:
        """Every token that can be read now, without a PIN, and every module or slot that cannot.

        Never raises for a driver: what goes wrong stands in `problems` with its words.
        """
        if not self._modules:
            return TokenListing((), (TokenProblem("", "", errors.NoModule()),))
        with ThreadPoolExecutor(len(self._modules)) as pool:
            listings = list(pool.map(lambda module: module.listing(), self._modules))
        tokens = tuple(self._counted(token) for each in listings for token in each.tokens)
        self._seen.update(certificate.der for token in tokens for certificate in token.certificates)
        return TokenListing(tokens, tuple(each for one in listings for each in one.problems))

    def sign(
        self,
        certificate_der: bytes,
        to_be_signed: Iterable[bytes],
        pin: str | None,
        allow_final_try: bool = False,
    ) -> Generator[bytes]:
        """Sign each item (SHA-256 with RSA PKCS#1 v1.5 or ECDSA) under one login, one by one.

        Signatures come in the order of the items, each checked with the certificate's public key.
        Items are asked for one at a time, the first of them before the token is touched.
        The first failure ends the batch: it is raised, and what came before is good. No PIN is
        passed to a token that has its own pad. A token whose next wrong PIN locks it is refused
        before the PIN is sent, unless `allow_final_try`. Close the iterator (or use it up) to log
        out.

        Raises any SigningError of tokens, certificates and PINs.
        """
        items = iter(to_be_signed)
        first = next(items, None)
        if first is None:
            return
        module, token = self._locate(certificate_der)
        with module.reserved() as worker:
            request = {"do": "select", "serial": token.serial, "slot_id": token.slot_id}
            request["certificate"] = _base64(certificate_der)
            selected = worker.ask(request, self._limits.listing)
            state = self._pin_state(token.counted_as, selected["pin"])
            _refuse_hopeless(state, pin, allow_final_try)
            self._login(worker, token.counted_as, state, pin, allow_final_try)
            del pin
            limit = self._limits.pad if state.protected_path else self._limits.signature
            for item in itertools.chain((first,), items):
                answer = worker.ask({"do": "sign", "data": _base64(item)}, limit)
                signature = base64.b64decode(answer["signature"])
                cms.verify_signature(certificate_der, item, signature)
                yield signature

    def _login(
        self,
        worker: WorkerProcess,
        counted_as: str,
        state: PinState,
        pin: str | None,
        allow_final_try: bool,
    ) -> None:
        request: dict[str, Any] = {"do": "login", "allow_final_try": allow_final_try}
        request["pin"] = None if state.protected_path else pin
        limit = self._limits.pad if state.protected_path else self._limits.login
        self._counts.before_login(counted_as)
        answer = worker.call(request, limit)
        if "error" in answer:
            flags = answer.get("pin") or {}
            if any(flags.get(name) for name in ("count_low", "final_try", "locked")):
                self._counts.flags_seen(counted_as)
            if answer["error"]["code"] not in (errors.PinIncorrect.code, errors.PinLocked.code):
                self._counts.not_spent(counted_as)
        if answer.get("logged_in", True):
            self._counts.right(counted_as)
        granted(answer)

    def _locate(self, certificate_der: bytes) -> tuple[Module, TokenInfo]:
        """The token that holds the certificate, first among what was seen last, then anew.

        Two drivers may show the same token: the preferred one is taken, never both in turn.
        """
        if not self._modules:
            raise errors.NoModule
        found = self._holder(certificate_der)
        if found is not None:
            return found
        listing = self.list_tokens()
        found = self._holder(certificate_der)
        if found is not None:
            return found
        if certificate_der in self._seen:
            raise errors.TokenRemoved
        raise listing.missing()

    def _holder(self, certificate_der: bytes) -> tuple[Module, TokenInfo] | None:
        for module in self._modules:
            holders = [
                token
                for token in module.last.tokens
                if any(each.der == certificate_der for each in token.certificates)
            ]
            # Where there are no serials, each place is taken for a token of its own.
            if (
                len({each.serial if has_serial(each.serial) else each.slot_id for each in holders})
                > 1
            ):
                raise errors.SeveralTokens
            if holders:
                return module, holders[0]
        return None

    def _counted(self, token: TokenInfo) -> TokenInfo:
        count = self._counts.get(token.counted_as)
        pin = replace(token.pin, wrong_entries=count.wrong, flags_seen=count.flags_seen)
        return replace(token, pin=pin)

    def _pin_state(self, counted_as: str, flags: Mapping[str, bool]) -> PinState:
        count = self._counts.get(counted_as)
        return PinState(**flags, wrong_entries=count.wrong, flags_seen=count.flags_seen)


def _refuse_hopeless(state: PinState, pin: str | None, allow_final_try: bool) -> None:
    """Everything that can be known before the PIN is sent."""
    if state.hopeless is not None:
        raise state.hopeless
    if state.last_try and not allow_final_try:
        raise errors.PinFinalTryRefused
    if not pin and not state.protected_path:
        raise errors.PinRequired


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
