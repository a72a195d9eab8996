"""The agent's journal against the server's list: a signature that only one of them knows is told.

The list comes signed by the pinned server; the journal is chained and lies on this computer. Who
wants to hide or to add a signature has to change both.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from signing.agent.client import ServerClient
from signing.agent.clock import now
from signing.agent.journal import Journal, JournalBroken
from signing.messages import (
    SIGNATURES_PATH,
    ListRequest,
    MessageMalformed,
    Pairing,
    SignatureList,
    SignatureMade,
)

MOST_SIGNATURES = 200_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both know, what only the server has of this agent, what only the journal has (signed
    here, never accepted), and what the server has from agents on other computers."""

    both: int
    only_server: tuple[SignatureMade, ...]
    only_journal: tuple[tuple[str, str, str], ...]
    elsewhere: tuple[SignatureMade, ...]


def compare(
    journal: Journal, client: ServerClient, pairing: Pairing, *, agent_id: str
) -> Comparison:
    """Fetch the whole list of one pairing and compare. Raises what calling the server raises.

    Entries of `only_journal` are (time, job, SHA-256 of the prepared document).
    """
    told = _fetch(client, pairing)
    ours = {(each.job_id, each.document_sha256): each for each in told if each.agent_id == agent_id}
    signed: dict[tuple[str, str], str] = {}
    of_others: set[str] = set()  # jobs that this agent was shown for other accounts of the server
    for entry in journal.entries():
        if entry.get("server_id") != pairing.server_id:
            continue
        if entry["event"] == "shown" and entry["user_id"] != pairing.user_id:
            of_others.add(entry["job_id"])
        if entry["event"] == "signed":
            for document in entry["documents"]:
                signed[entry["job_id"], document] = entry["at"]
    return Comparison(
        both=len(ours.keys() & signed.keys()),
        only_server=tuple(each for key, each in ours.items() if key not in signed),
        only_journal=tuple(
            (at, *key) for key, at in signed.items() if key not in ours and key[0] not in of_others
        ),
        elsewhere=tuple(each for each in told if each.agent_id != agent_id),
    )


@dataclass(frozen=True, slots=True)
class AtTerminal:
    """What was signed at the terminal of this computer, which no server was told: the newest lines
    (time, SHA-256 of certificate, prepared document and CMS), how many there are, and what is wrong
    with the chain."""

    newest: tuple[tuple[str, str, str, str], ...]
    count: int
    broken: str


def at_terminal(path: Path, most: int) -> AtTerminal:
    """The journal of the terminal, its chain checked; what is wrong stands in `broken`."""
    found: deque[tuple[str, str, str, str]] = deque(maxlen=most)
    count = 0
    try:
        for entry in Journal(path, now).entries():
            if entry["event"] == "signed":
                for document, container in zip(entry["documents"], entry["cms"], strict=True):
                    line = (entry["at"], entry["certificate_sha256"], document, container)
                    found.appendleft(line)
                    count += 1
    except JournalBroken as error:
        return AtTerminal((), 0, str(error))
    except OSError:
        return AtTerminal((), 0, f"Không đọc được tệp nhật ký {path}.")
    except (ValueError, KeyError, TypeError):
        # The chain holds, so a program wrote it; or it is being changed while we read.
        return AtTerminal((), 0, f"Nhật ký có dòng ghi chữ ký không đọc được: {path}.")
    return AtTerminal(tuple(found), count, "")


def _fetch(client: ServerClient, pairing: Pairing) -> list[SignatureMade]:
    found: list[SignatureMade] = []
    while True:
        body = ListRequest(pairing.user_id, len(found)).to_body()
        part = SignatureList.from_body(client.call(pairing, SIGNATURES_PATH, body))
        found.extend(part.signatures)
        if not part.more:
            return found
        if not part.signatures or len(found) > MOST_SIGNATURES:
            raise MessageMalformed("signatures")
