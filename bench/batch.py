"""A batch of documents through the agent: seconds for each, and memory while it goes on.

Run: python -m bench.batch [--count 1000] [--kind letters|mixed]. A practice token (SoftHSM2) signs;
a small office in a process of its own prepares the documents, serves them over HTTP, takes the
signatures in parts and splices each. "mixed": in turn our letter, a document of twelve pages, one
of half a megabyte, and one that bears another signature already. Measured is the agent: one login,
seconds for each document beside C_Sign, and how much its memory grows from the fiftieth to the
last.
"""

import argparse
import multiprocessing
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from signing.agent.application import make_agent
from signing.agent.clock import now
from signing.agent.journal import Journal
from signing.agent.state import AgentState
from signing.agent.work import Stage
from signing.messages import AgentPublicKeys
from signing.pades.sandbox import Sandbox
from signing.tokens.manager import TokenManager
from tests.signing.agent.office import Office
from tests.signing.files import letter, sign, with_fields
from tests.signing.pki import pki
from tests.signing.tokens.softhsm import make_token

PIN = "PIN-do-toc-do-8461"
GROWTH = 32 * 1024 * 1024
"""Bytes that the agent may grow by; stretches of documents and their messages."""


def mixed() -> list[bytes]:
    """Documents of several kinds, each with the field that is signed here."""
    number = {"so": "15", "ngay": "ngày 21 tháng 11 năm 2026"}
    signed = sign(with_fields(letter(pages=3)), "co_quan", pki().agency, fill=number)
    return [with_fields(), with_fields(letter(pages=12)), with_fields(letter(1, 500_000)), signed]


def serve(link: Connection, count: int, kind: str) -> None:
    """The office: answers what the bench asks until it is told to stop."""
    office, pdfs = Office(), mixed() if kind == "mixed" else []
    link.send(office.url)
    job = None
    while (asked := link.recv()) != "stop":
        what, value = asked
        if what == "code":
            office.type_code(value)
            link.send(None)
        elif what == "press":
            keys, der = value
            job, ticket = office.press_sign(
                AgentPublicKeys(*keys), pki().leader, count=count, certificate_der=der, pdfs=pdfs
            )
            link.send((ticket, sum(map(len, job.pdfs))))
        elif job is not None:
            link.send((job.progress.state.value, len(job.signed), len(job.parts)))
    office.close()


def resident() -> int:
    """Bytes of this process in memory, as Linux counts them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def ask(link: Connection, *what: Any) -> Any:
    """One question to the office."""
    link.send(what)
    return link.recv()


def run(link: Connection, folder: Path, count: int) -> bool:
    """Sign the batch and print the figures; whether memory stayed flat."""
    holder = pki().leader
    token = make_token(folder, "DO TOC DO", "so-do-1000", PIN, holder.key, holder.certificate)
    state = AgentState(folder / "agent")
    journal = Journal(state.folder / "nhat-ky.jsonl", now)
    with (
        TokenManager([token.module], state.folder, environment=dict(token.environment)) as tokens,
        Sandbox() as pictures,
    ):
        agent = make_agent(
            state=state,
            journal=journal,
            tokens=tokens,
            pictures=pictures,
            window=None,
            clock=now,
            port=17999,
        )
        agent.pairing.start(link.recv())
        ask(link, "code", agent.pairing.pending.code if agent.pairing.pending else "")
        agent.pairing.poll()
        keys = state.keys.public
        ticket, size = ask(link, "press", ((keys.sign, keys.seal), holder.der))
        agent.desk.sign(ticket, click="do")
        began = time.perf_counter()
        work = agent.desk.pin_on_page(ticket, click="do-pin", pin=PIN)
        early = 0
        peak = 0
        while work.stage is Stage.SIGNING:
            time.sleep(0.1)
            if work.pace.made >= 50:
                early = early or resident()
                peak = max(peak, resident())
        seconds = time.perf_counter() - began
        told, signed, parts = ask(link, "state", "")
    growth = peak - early
    print(
        f"{signed} of {count} documents signed ({told}), {size / 1e6:.1f} MB, {parts} parts, "
        "1 login"
    )
    print(f"{seconds:.1f} s in all, {1000 * seconds / count:.1f} ms a document, C_Sign included")
    print(f"memory at document 50: {early / 1e6:.1f} MB, growth to the end {growth / 1e6:.1f} MB")
    print(f"journal: {journal.head[0]} lines")
    return signed == count and growth <= GROWTH


def main() -> int:
    """Run the bench; 1 when a letter is missing or memory is not flat."""
    parser = argparse.ArgumentParser(description="Ký một lô văn bản qua Trình ký số.")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kind", choices=("letters", "mixed"), default="mixed")
    asked = parser.parse_args()
    count = asked.count
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    office = context.Process(target=serve, args=(theirs, count, asked.kind), daemon=True)
    office.start()
    with tempfile.TemporaryDirectory() as folder:
        good = run(ours, Path(folder), count)
    ours.send("stop")
    office.join(10)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
