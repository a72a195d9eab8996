"""Which other systems may call: each allowed by the person on the agent's own page, for a term.

An origin is scheme, host and port, exactly as the browser writes it (RFC 6454). A page cannot
choose what its browser sends there, and nothing that a page says about itself is shown.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from signing.agent.facade.refusals import OriginInvalid
from signing.agent.state import StateBroken, write_private
from signing.messages import MessageMalformed, read_instant, write_instant

TERM = timedelta(days=90)
"""How long an origin stays allowed before the person is asked again."""

ASKING_TERM = timedelta(minutes=30)
MOST_ASKING = 5

_SHAPE = re.compile(
    r"(https?)://([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(:([1-9][0-9]{0,4}))?"
)
_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a system."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Reads what a browser wrote into `Origin`; another spelling raises `OriginInvalid`."""
        found = _SHAPE.fullmatch(text)
        if found is None:
            raise OriginInvalid
        scheme, host, written = found[1], found[2], found[5]
        port = int(written) if written else _USUAL[scheme]
        if port > 65535 or (written and port == _USUAL[scheme]):
            raise OriginInvalid
        return cls(scheme, host.strip("[]"), port)

    @property
    def text(self) -> str:
        """The origin as a browser writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (
            "" if self.port == _USUAL[self.scheme] else f":{self.port}"
        )

    @property
    def own_computer(self) -> bool:
        """Whether it names this very computer."""
        return self.host in {"127.0.0.1", "localhost", "::1"}

    @property
    def exposed(self) -> bool:
        """Whether anybody on the network could put words into its pages."""
        return self.scheme == "http" and not self.own_computer


@dataclass(frozen=True, slots=True)
class Allowed:
    """One origin that the person allowed, until when."""

    origin: Origin
    since: datetime
    until: datetime


def _lately(noted: dict[str, datetime], now: datetime) -> dict[str, datetime]:
    return {each: at for each, at in noted.items() if now - at < ASKING_TERM}


class OriginBook:
    """The allowed origins, kept in a file, and those that asked, kept in memory only. Safe to use
    from several threads."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        """Raises `StateBroken` when the file cannot be read."""
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._asking: dict[str, datetime] = {}
        self._turned_away: dict[str, datetime] = {}
        self._allowed = self._load()

    def _load(self) -> dict[str, Allowed]:
        if not self._path.exists():
            return {}
        try:
            listed = json.loads(self._path.read_bytes())
            read = [
                Allowed(
                    Origin.parse(each["origin"]),
                    read_instant(each["since"]),
                    read_instant(each["until"]),
                )
                for each in listed
            ]
        except (ValueError, KeyError, TypeError, MessageMalformed, OriginInvalid) as error:
            raise StateBroken(
                f"Tệp các hệ thống được phép gọi bị hỏng: {self._path}. Xóa tệp này rồi cho phép "
                "lại từng hệ thống."
            ) from error
        return {each.origin.text: each for each in read}

    def _save(self) -> None:
        listed = [
            {
                "origin": each.origin.text,
                "since": write_instant(each.since),
                "until": write_instant(each.until),
            }
            for each in self._allowed.values()
        ]
        write_private(self._path, json.dumps(listed, indent=1).encode())

    def allows(self, origin: Origin) -> bool:
        """Whether this very origin may call now."""
        with self._lock:
            found = self._allowed.get(origin.text)
            return found is not None and self._clock() < found.until

    def asked(self, origin: Origin) -> bool:
        """Notes that an origin called without being allowed; the person sees it on the page.

        True when the page should be brought before the person for it: not when it stands there
        already, was turned away lately, or when so many ask that somebody is playing with us.
        """
        with self._lock:
            now = self._clock()
            self._asking = _lately(self._asking, now)
            self._turned_away = _lately(self._turned_away, now)
            known = origin.text in self._asking
            if not known and len(self._asking) >= MOST_ASKING:
                return False
            self._asking[origin.text] = now
            return not known and origin.text not in self._turned_away

    def allow(self, text: str) -> Origin:
        """The person allows an origin that asked; raises `OriginInvalid` when none did."""
        with self._lock:
            if self._asking.pop(text, None) is None:
                raise OriginInvalid
            origin = Origin.parse(text)
            now = self._clock()
            self._allowed[text] = Allowed(origin, now, now + TERM)
            self._save()
            return origin

    def refuse(self, text: str) -> None:
        """The person does not want this one; it may ask again, but opens no page for a while."""
        with self._lock:
            if self._asking.pop(text, None) is not None:
                self._turned_away[text] = self._clock()

    def forget(self, text: str) -> bool:
        """Takes the permission back; whether there was one."""
        with self._lock:
            found = self._allowed.pop(text, None)
            if found is not None:
                self._save()
            return found is not None

    @property
    def allowed(self) -> tuple[Allowed, ...]:
        """Those allowed now."""
        with self._lock:
            now = self._clock()
            return tuple(each for each in self._allowed.values() if now < each.until)

    @property
    def asking(self) -> tuple[Origin, ...]:
        """Those that asked lately and were neither allowed nor refused."""
        with self._lock:
            now = self._clock()
            return tuple(
                Origin.parse(each) for each, at in self._asking.items() if now - at < ASKING_TERM
            )
