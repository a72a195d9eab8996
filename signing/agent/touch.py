"""Life signs: tells each server that the agent runs, and keeps what each has answered."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from signing.agent import VERSION
from signing.agent.client import ServerClient
from signing.agent.state import AgentState
from signing.errors import SigningError
from signing.messages import HEARTBEAT_PATH, Heartbeat, HeartbeatAnswer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a server last answered: its program version, or why it could not be reached."""

    version: str
    problem: SigningError | None

    @property
    def words(self) -> str:
        """Whether the two programs fit, in one sentence; "" while nothing is known."""
        if self.problem is not None or not self.version:
            return ""
        if self.version == VERSION:
            return f"Máy chủ bản {self.version}, khớp với Trình ký số này."
        return (
            f"Máy chủ bản {self.version}, Trình ký số bản {VERSION}: khác bản nhưng vẫn hiểu nhau; "
            "nên cập nhật khi thuận tiện."
        )


class Touch:
    """The last answer of every paired server, by its id."""

    def __init__(self, state: AgentState, client: ServerClient, port: int) -> None:
        self._state, self._client, self._port = state, client, port
        self._heard: dict[str, Heard] = {}

    def heard(self, server_id: str) -> Heard | None:
        """What a server last answered; None before the first life sign."""
        return self._heard.get(server_id)

    def beat(self, system: str) -> None:
        """One life sign to every paired server. Never raises: a server may be away."""
        body = Heartbeat(self._port, system).to_body()
        for pairing in self._state.pairings:
            try:
                answer = self._client.call(pairing, HEARTBEAT_PATH, body)
                heard = Heard(HeartbeatAnswer.from_body(answer).version, None)
            except SigningError as error:
                log.warning("%s: %s", pairing.server_url, error.code)
                heard = Heard("", error)
            self._heard[pairing.server_id] = heard
