"""A real agent in a process of its own, thrown at from a seed, and an oracle beside it.

What must never be: a claim, a signature, a PIN prompt, a pairing or any other change without the
whole gate; a page for a foreign Host; a word of a job for a spoiled request; an answer that does
not come; an inner error; a process that ends, or grows.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from signing.agent.application import create_application, make_agent
from signing.agent.clock import now
from signing.agent.journal import Journal
from signing.agent.state import AgentState
from signing.messages import (
    HEARTBEAT_PATH,
    LOGIN_CHOICES_PATH,
    SIGNATURES_PATH,
    AgentKeys,
    JobState,
    LoginPurpose,
    LoginTicket,
    Pairing,
    ServerKey,
    Ticket,
    TicketKind,
    issue_login_ticket,
    issue_ticket,
)
from signing.pades.sandbox import Sandbox
from signing.protocol.requests import JOB_STEPS
from tests.fault_pkcs11 import Control
from tests.signing.agent.hostile import (
    SECRET_WORDS,
    Request,
    Stage,
    broken,
    change,
    look,
    wander,
)
from tests.signing.agent.office import NAME, USER_ID, USER_NAME, Job, Office
from tests.signing.pki import Holder

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
"""Seconds in which every whole request is answered, however busy the machine is."""
LIMIT = 5.0
"""Seconds that one which never ends is listened to."""
GROWTH = 200_000
"""KiB that the agent may grow in a run: its caches, its threads, the pages of a job."""


@dataclass
class Tally:
    """What a run did; `wrong` are descriptions of what must not be."""

    requests: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    kib: tuple[int, int] = (0, 0)
    statuses: Counter[str] = field(default_factory=Counter)
    spoiled: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """The running agent, its office, one job and one import that wait, and the token's journal."""

    process: subprocess.Popen[bytes]
    port: int
    office: Office
    state: Path
    log: Path
    control: Control
    job: Job
    import_id: str
    stage: Stage


@contextmanager
def running(
    folder: Path,
    office: Office,
    holder: Holder,
    module: Path,
    control: Control,
    token: dict[str, str],
) -> Iterator[Scene]:
    """Start an agent that is paired with `office`, with a job and an import waiting for it."""
    state = AgentState(folder / "state")
    state.add_pairing(Pairing(office.key.public, NAME, office.url, "", USER_ID, USER_NAME, now()))
    office.agents[state.keys.public.agent_id] = (state.keys.public, USER_ID)
    job, ticket = office.press_sign(state.keys.public, holder, minutes=600)
    import_id, importing = office.press_import(state.keys.public)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    command = [sys.executable, "-m", "signing.agent", "--port", str(port), "--no-window"]
    command += ["--state", str(state.folder), "--module", str(module), "--only-module"]
    environment = {**os.environ, **token, **control.environment()}
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=written, stderr=subprocess.STDOUT
        )
    try:
        _wait_for(port, process)
        wrong = (*wrong_tickets(office, state.keys, job), *wrong_logins(office))
        login = issue_login_ticket(office.key, login_ticket(office))
        stage = _enter(Stage(port, "", {}, ticket, importing, login, wrong))
        stage = replace(stage, forms=forms_of(AgentState(folder / "other"), stage))
        yield Scene(process, port, office, state.folder, log, control, job, import_id, stage)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(2000):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise RuntimeError("the agent did not start")


def _enter(stage: Stage) -> Stage:
    """Visit the pages once as the person would, and take their seals along."""
    cookie, seals, port = "", {}, stage.port
    for page in ("/", *stage.pages):
        headers = [("Host", stage.host), ("Sec-Fetch-Site", "cross-site")]
        headers += [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
        headers += [("Cookie", f"so_token_agent_{port}={cookie}")] if cookie else []
        answer, _ = exchange(port, Request("GET", page, headers).raw(last=True), 30)
        text = answer.decode()
        if not cookie:
            cookie = re.findall(rf"so_token_agent_{port}=([^;]+)", text)[0]
        seals[page] = re.findall(r'name="dau" value="([^"]+)"', text)[0]
    return replace(stage, cookie=cookie, seals=seals)


def forms_of(state: AgentState, stage: Stage) -> tuple[str, ...]:
    """The path of everything that the agent's application lets be posted, with its ticket in it."""
    agent = make_agent(
        state=state,
        journal=Journal(state.folder / "unused.jsonl", now),
        tokens=None,  # type: ignore[arg-type]
        pictures=Sandbox(),  # starts nothing until it is asked
        window=None,
        clock=now,
        port=stage.port,
    )
    rules = create_application(agent).url_map.iter_rules()
    paths = sorted(each.rule for each in rules if "POST" in (each.methods or ()))
    known = {page.rpartition("/")[0] + "/<ticket>": page for page in stage.pages}
    for pattern, page in known.items():
        paths = [path.replace(pattern, page) for path in paths]
    return tuple(path.replace("<ticket>", stage.signing) for path in paths)


def login_ticket(office: Office) -> LoginTicket:
    """What the office asks for when somebody at its login page presses the button."""
    return LoginTicket(
        purpose=LoginPurpose.LOGIN,
        challenge_id="thu-thach-1",
        server_id=office.key.public.server_id,
        origin=office.url,
        nonce="n",
        issued_at=now(),
        expires_at=now() + timedelta(hours=2),
    )


def wrong_logins(office: Office) -> tuple[str, ...]:
    """That ticket for another address, too late, and by another server."""
    right, thief = login_ticket(office), ServerKey.generate()
    past = now() - timedelta(minutes=1)
    theirs = replace(right, server_id=thief.public.server_id)
    return (
        issue_login_ticket(office.key, replace(right, origin="http://evil.example")),
        issue_login_ticket(office.key, replace(right, expires_at=past)),
        issue_login_ticket(thief, theirs),
        issue_login_ticket(thief, right),
    )


def wrong_tickets(office: Office, agent: AgentKeys, job: Job) -> tuple[str, ...]:
    """The ticket of the job with each of its fields changed, and by and for other keys."""
    thief, stranger = ServerKey.generate(), AgentKeys.generate()
    right = Ticket(
        TicketKind.SIGN,
        job.manifest.job_id,
        job.manifest.server_id,
        USER_ID,
        agent.public.agent_id,
        job.manifest.sha256,
        job.manifest.act,
        job.manifest.issued_at,
        job.manifest.expires_at,
    )
    past = now() - timedelta(minutes=1)
    changes: list[dict[str, object]] = [
        *({"job_id": value} for value in ("viec-99", "", "../viec-1", "viec-1/claim", "x" * 64)),
        *({"user_id": value} for value in ("u-18", "", "u-17 ", "x" * 100)),
        *({"agent_id": value} for value in (stranger.public.agent_id, "", "x" * 64)),
        *({"manifest_sha256": value} for value in ("ab" * 32, "", job.manifest.sha256.upper())),
        {"expires_at": past, "issued_at": past - timedelta(minutes=9)},
    ]
    made = [
        issue_ticket(office.key, agent.public.seal, replace(right, **each))  # type: ignore[arg-type]
        for each in changes
    ]
    theirs = replace(right, server_id=thief.public.server_id)
    made.append(issue_ticket(thief, agent.public.seal, theirs))
    made.append(issue_ticket(office.key, stranger.public.seal, right))
    return tuple(made)


def exchange(port: int, data: bytes, limit: float = PATIENCE) -> tuple[bytes, bool]:
    """Send the bytes; all that comes back until the end, and whether the end came in time."""
    received = bytearray()
    end = time.perf_counter() + limit
    with socket.create_connection(("127.0.0.1", port), limit) as connection:
        try:
            connection.sendall(data)
            while (left := end - time.perf_counter()) > 0:
                connection.settimeout(left)
                piece = connection.recv(1 << 16)
                if not piece:
                    return bytes(received), True
                received += piece
        except TimeoutError:
            return bytes(received), False
        except OSError:  # closed while we were still talking, which is an answer too
            return bytes(received), True
    return bytes(received), False


def statuses_of(answer: bytes) -> list[tuple[int, bytes]]:
    """Status and body of each answer in a row."""
    found = []
    while answer.startswith(b"HTTP/1."):
        head, _, rest = answer.partition(b"\r\n\r\n")
        told = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        length = int(told[1]) if told else len(rest)
        found.append((int(head[9:12]), rest[:length]))
        # The answer to HEAD tells a length and has no body.
        answer = rest if rest.startswith(b"HTTP/1.") else rest[length:]
    return found


def throw(scene: Scene, seed: int, count: int, tally: Tally) -> None:
    """Send `count` requests made from `seed`, a few to a connection, and judge every answer."""
    chance = random.Random(seed)  # noqa: S311  # repeatable, nothing secret
    held: list[socket.socket] = []
    begun = time.perf_counter()
    while count > 0:
        if chance.random() < 0.06:
            count -= 1
            tally.requests += 1
            _throw_broken(scene, chance, held, tally)
            continue
        kinds: tuple[Callable[[Stage, random.Random], Request], ...] = (change, look, wander)
        row = [
            chance.choices(kinds, (70, 20, 10))[0](scene.stage, chance)
            for _ in range(chance.choice([1, 1, 1, 2, 6]))
        ]
        count -= len(row)
        tally.requests += len(row)
        _throw_row(scene, row, seed, tally)
    for each in held:
        each.close()
    tally.seconds = max(tally.seconds, time.perf_counter() - begun)


def _throw_row(scene: Scene, row: list[Request], seed: int, tally: Tally) -> None:
    data = b"".join(each.raw(last=each is row[-1]) for each in row)
    start = time.perf_counter()
    whole = all(map(_whole, row))
    answer, ended = exchange(scene.port, data, PATIENCE if whole else LIMIT)
    if whole:  # otherwise the agent may wait for the rest
        tally.slowest = max(tally.slowest, time.perf_counter() - start)
    if whole and not ended:
        tally.wrong.append(f"seed {seed}: no end after {PATIENCE} s: {data[:300]!r}")
    for request, (status, body) in zip(row, statuses_of(answer), strict=False):
        tally.statuses[str(status)] += 1
        tally.spoiled.update(request.spoiled or ["wander"])
        if reason := misjudged(request, status, body):
            tally.wrong.append(f"seed {seed}: {reason}: {request.raw(last=True)[:600]!r}")


def _whole(request: Request) -> bool:
    """Whether the request ends where its first lines say it does."""
    return request.method.isalpha() and request.method.isascii() and bool(request.path)


def misjudged(request: Request, status: int, body: bytes) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if status == 500:
        return "inner error"
    if not request.spoiled:
        return "a word of the job" if status != 200 and SECRET_WORDS in body else ""
    if SECRET_WORDS in body:
        return "a word of the job"
    if status < 400:
        return f"let in with {status} although {', '.join(request.spoiled)}"
    return ""


def _throw_broken(
    scene: Scene, chance: random.Random, held: list[socket.socket], tally: Tally
) -> None:
    """What is no request: sent whole or in part, answered or not, sometimes left hanging."""
    data = broken(scene.stage, chance)
    tally.spoiled["broken"] += 1
    connection = socket.create_connection(("127.0.0.1", scene.port), PATIENCE)
    with suppress(OSError):
        connection.sendall(data)
    if chance.random() < 0.3:
        held.append(connection)
        if len(held) > 40:
            held.pop(0).close()
        return
    connection.settimeout(0.02)
    with suppress(OSError):
        first = connection.recv(1 << 16)
        for status, body in statuses_of(first):
            tally.statuses[str(status)] += 1
            if status < 400 or status == 500 or SECRET_WORDS in body:
                tally.wrong.append(f"broken request let in with {status}: {data[:400]!r}")
    connection.close()


def kib(process: subprocess.Popen[bytes]) -> int:
    """Memory in use, where the system tells (Linux)."""
    with suppress(OSError, ValueError):
        told = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", told)[0])
    return 0


def looked_over(scene: Scene, before: int) -> list[str]:
    """What must not have happened meanwhile."""
    found = []
    if scene.process.poll() is not None:
        found.append(f"the agent ended with {scene.process.returncode}")
    if "Traceback" in (log := scene.log.read_text(encoding="utf-8", errors="replace")):
        found.append("inner error in the log: " + log[log.index("Traceback") :][:1500])
    if scene.job.progress.state is not JobState.ISSUED:
        found.append(f"the job is {scene.job.progress.state}")
    if scene.office.imports[scene.import_id] is not None:
        found.append("certificates were sent")
    harmless = (HEARTBEAT_PATH, SIGNATURES_PATH, LOGIN_CHOICES_PATH)
    asked = {path for path, _, _ in scene.office.seen if path not in harmless}
    if acts := {path for path in asked if not path.endswith("/" + JOB_STEPS["show"])}:
        found.append(f"the server was asked: {sorted(acts)}")
    if scene.office.offers:
        found.append("a pairing was begun")
    if any(call in {"C_Login", "C_Sign", "C_SignInit"} for call in scene.control.calls()):
        found.append("the token was asked to sign or to log in")
    kept = json.loads((scene.state / "trang-thai.json").read_text(encoding="utf-8"))
    if (len(kept["pairings"]), kept["phrase"]) != (1, ""):
        found.append("pairing or phrase changed")
    if kib(scene.process) - before > GROWTH:
        found.append(f"grew from {before} to {kib(scene.process)} KiB")
    return found
