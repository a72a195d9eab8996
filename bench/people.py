"""A hundred people at work on one server with SQLite: how long they wait, and is anything lost?

Run: python -m bench.people FOLDER [--seconds 60] [--people 100] [--think 5] [--writes 5]. FOLDER
was made by bench.data; a copy is used. The real server runs as its own process (serve.py, one
worker, plain HTTP on loopback). Everybody logs in through the login page, then looks, thinks and
writes through the forms (`bench/people_work.py`); in the middle of the time the daily work of the
program is asked for as well. Then every accepted write must stand in the database exactly once, the
log must be whole, and nothing may have failed. Budget (DESIGN 6): no error, p99 <= 300 ms. Beside
it, bare SQLite with as many writers. Linux only (reads /proc). Ends with 1 when anything was wrong
or too slow.
"""

import argparse
import asyncio
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

import clock
from app import create_app
from bench.browsing import Answer, Browser, Form, NoAnswer, form_of
from bench.people_ledger import Ledger, Outcome, Written, judge
from bench.people_work import PASSWORD, PRINT, Job, Somebody, Work, make_accounts, pages_of
from bench.raw_writes import compare
from bench.register import NOW
from bench.wsgi import family, free_port
from config import ROOT, Config
from extensions import db
from rules.permissions import Role

BUDGET = 300.0
"""Milliseconds that one of a hundred requests may take longer than (DESIGN 6)."""
LOGINS_AT_ONCE = 3
READ, FORM, WRITE = "pages read", "forms opened", "writes"
MAKE_REMINDERS = "/nhac-viec/tao"
YARDSTICK = """
import time
while True:
    begun, work = time.perf_counter(), time.process_time()
    while time.process_time() < work + 0.015:
        pass
    print((time.perf_counter() - begun) * 1000, flush=True)
    time.sleep(0.2)
"""
"""Work of 15 ms, as a page is: how long it takes tells how busy the machine is otherwise."""


@dataclass(frozen=True)
class Asked:
    """How much is to be done."""

    people: int = 100
    seconds: float = 60.0
    think: float = 5.0
    writes: float = 5.0
    seed: int = 2026


@dataclass
class Crowd:
    """Everything that was asked and answered."""

    asked: Asked
    port: int
    work: Work
    dice: random.Random
    begun: float = 0.0
    started_writes: int = 0
    times: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)

    def took(self, what: str, answer: Answer, path: str) -> None:
        """Keep the time of one request."""
        self.times.setdefault(what, []).append((answer.milliseconds, path))

    def write_is_due(self) -> bool:
        """So many writes a second in all, whoever has time next."""
        due = (time.monotonic() - self.begun) * self.asked.writes
        return self.started_writes < due

    async def think(self) -> None:
        """As long as people look at a page: often short, sometimes long."""
        await asyncio.sleep(min(self.dice.expovariate(1 / self.asked.think), 6 * self.asked.think))


class Person:
    """One person at one browser."""

    def __init__(self, crowd: Crowd, who: Somebody) -> None:
        self._crowd, self._who, self._browser = crowd, who, Browser(crowd.port)
        self._again: Job | None = None

    async def log_in(self) -> float:
        """Through the login page; returns the milliseconds of the one that checks the password."""
        page = await self._browser.get("/dang-nhap")
        form = form_of(page.text, having="password")
        if form is None:
            raise SystemExit(f"no form to log in with: {page.status}")
        form.fields.update(username=self._who.username, password=PASSWORD)
        answer = await self._browser.post("/dang-nhap", form.fields)
        if answer.status not in (302, 303) or answer.location != "/":
            raise SystemExit(f"{self._who.username} cannot log in: {answer.status}")
        return answer.milliseconds

    async def may_read(self, path: str) -> bool:
        """True when this person may open the page; that also warms the server up."""
        return (await self._browser.get(path)).status == 200

    async def live(self) -> None:
        """Look, think and write until the time is over."""
        crowd = self._crowd
        await asyncio.sleep(crowd.dice.uniform(0, crowd.asked.think))
        while time.monotonic() < crowd.begun + crowd.asked.seconds:
            try:
                await self._next()
            except NoAnswer as problem:
                crowd.ledger.errors.append(str(problem))
            await crowd.think()

    def leave(self) -> None:
        """Close the browser."""
        self._browser.close()

    async def ask_for_daily_work(self) -> None:
        """Press the button that does now what the program does every hour; tells how long it took.

        It is nobody's waiting, so its own time is not among the others'.
        """
        await asyncio.sleep(self._crowd.asked.seconds / 2)
        try:
            page = await self._browser.get("/nhac-viec")
            form = form_of(page.text, action=MAKE_REMINDERS)
            if form is None:
                raise NoAnswer(f"/nhac-viec: {page.status}, no button")
            answer = await self._browser.post(MAKE_REMINDERS, form.fields)
        except NoAnswer as problem:
            self._crowd.ledger.errors.append(str(problem))
            return
        print(f"daily work among the others: {answer.milliseconds / 1000:.1f} s")
        if answer.status not in (302, 303):
            self._crowd.ledger.errors.append(f"{MAKE_REMINDERS}: {answer.status}")

    async def _next(self) -> None:
        crowd = self._crowd
        job, self._again = self._again, None
        if job is None and crowd.write_is_due():
            job = crowd.work.next_for(self._who)
            crowd.started_writes += job is not None
        if job is not None:
            await self._write(job)
        else:
            await self._read(self._who.page(crowd.dice), READ)

    async def _read(self, path: str, what: str) -> Answer | None:
        """Open a page; None (and an error) when it is not there."""
        answer = await self._browser.get(path)
        self._crowd.took(what, answer, path)
        if answer.status != 200:
            self._crowd.ledger.errors.append(f"{self._who.username} {path}: {answer.status}")
            return None
        return answer

    async def _write(self, job: Job) -> None:
        """Open the form, think, send it, and see where it leads."""
        page = await self._read(job.page, FORM)
        if page is None:
            return
        form = job.form(page)
        if form is None:  # The page tells why not; somebody was faster.
            self._crowd.ledger.errors.append(f"{self._who.username} {job.page}: no form")
            return
        await self._crowd.think()
        await self._send(job, form)

    async def _send(self, job: Job, form: Form) -> None:
        crowd, written = self._crowd, Written(job, self._who.user_id, form)
        crowd.ledger.written.append(written)  # Also when no answer comes.
        answer = await self._browser.post(form.action or job.page, form.fields)
        crowd.took(WRITE, answer, job.page)
        written.outcome = outcome_of(job, answer)
        if written.outcome is Outcome.CONFLICT:
            self._again = job
        elif written.outcome is Outcome.OTHER:
            written.said = f"{answer.status} {said_on(answer.text)}"
        elif answer.location:
            await self._read(answer.location, READ)


def outcome_of(job: Job, answer: Answer) -> Outcome:
    """What the server made of a form."""
    if answer.status == 409:
        return Outcome.CONFLICT
    if job.kind is PRINT:
        done = answer.status == 200 and answer.body.startswith(b"%PDF")
    else:
        done = answer.status in (302, 303) and not answer.location.startswith("/dang-nhap")
    return Outcome.ACCEPTED if done else Outcome.OTHER


def said_on(page: str) -> str:
    """What a page says that did not do what was asked: from its first message or heading on."""
    begins = next((one for one in ('role="alert"', "<h1") if one in page), "")
    _, _, rest = page.partition(begins or page)
    return " ".join(re.sub("<[^>]*>", " ", rest[:2000].partition(">")[2]).split())[:200]


# The server ---------------------------------------------------------------------------------------


@contextmanager
def serving(instance: Path) -> Iterator[tuple[int, int]]:
    """The server as in earnest on this folder; yields its port and process."""
    port = free_port()
    environment = os.environ | {
        "SO_TOKEN_INSTANCE": str(instance),
        "SO_TOKEN_NOW": clock.now().isoformat(),
    }
    with (instance / "server.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, str(ROOT / "serve.py"), "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            asyncio.run(_answering(port, child))
            yield port, child.pid
        finally:
            child.terminate()
            child.wait(30)


async def _answering(port: int, child: "subprocess.Popen[bytes]") -> None:
    end, browser = time.monotonic() + 120, Browser(port)
    while time.monotonic() < end and child.poll() is None:
        try:
            if (await browser.get("/dang-nhap")).status == 200:
                return
        except NoAnswer:
            await asyncio.sleep(0.1)
        finally:
            browser.close()
    raise SystemExit("the server does not answer")


@contextmanager
def yardstick(file: Path) -> Iterator[None]:
    """Beside the block, in a process of its own, work that asks nothing of the server."""
    with file.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-c", YARDSTICK], stdout=out)
        try:
            yield
        finally:
            child.kill()
            child.wait()
    times = sorted(map(float, file.read_text().split("\n")[:-1]))
    if times:
        p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
        print(
            f"yardstick, 15 ms of bare work: p50 {p50:.1f}, p99 {p99:.1f}, max {times[-1]:.1f} ms"
        )


def processor(pid: int) -> float:
    """Seconds of processor that a process with its descendants has used."""
    ticks = 0
    for each in family(pid):
        numbers = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(numbers[11]) + int(numbers[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def copy_of(folder: Path, target: Path) -> None:
    """The set with its keys, in a folder of its own."""
    shutil.copytree(folder / "keys", target / "keys")
    for file in folder.glob("so_token.sqlite*"):
        shutil.copyfile(file, target / file.name)


def prepare(app: Flask, asked: Asked) -> tuple[list[Somebody], int]:
    """Make the accounts, let the daily work find what waits, and note how far the log is."""
    with app.app_context():
        begun = time.perf_counter()
        app.extensions["so_token_daily"]()
        print(f"daily work, the first of the day: {time.perf_counter() - begun:.1f} s")
        people = make_accounts(asked.people, asked.seed)
        known = int(db.session.connection().exec_driver_sql("SELECT seq FROM audit_head").scalar())
        db.session.remove()
        db.engine.dispose()
    return people, known


# The run ------------------------------------------------------------------------------------------


async def run(crowd: Crowd, everybody: Sequence[Somebody], pid: int) -> None:
    """Log everybody in, then let them work; prints what each half cost."""
    people = [Person(crowd, one) for one in everybody]
    room, busy = asyncio.Semaphore(LOGINS_AT_ONCE), processor(pid)

    async def enter(person: Person) -> float:
        async with room:
            return await person.log_in()

    begun = time.perf_counter()
    waited = await asyncio.gather(*map(enter, people))
    spent = (processor(pid) - busy) * 1000 / len(people)
    print(
        f"{len(people)} logins, {LOGINS_AT_ONCE} at once: {time.perf_counter() - begun:.1f} s, "
        f"median {statistics.median(waited):.0f} ms, {spent:.0f} ms of processor each"
    )
    await _find_pages(people, everybody)
    busy, own = processor(pid), time.process_time()
    begun, crowd.begun = time.perf_counter(), time.monotonic()
    # In a browser of its own: whoever presses the button does not wait for it.
    maker = Person(crowd, next(one for one in everybody if one.role is Role.FOCAL_POINT))
    await maker.log_in()
    await asyncio.gather(maker.ask_for_daily_work(), *(one.live() for one in people))
    for one in (maker, *people):
        one.leave()
    await asyncio.sleep(0)  # Lets the connections close.
    wall = time.perf_counter() - begun
    print(
        f"{wall:.0f} s: server {processor(pid) - busy:.1f} s of processor, "
        f"people {time.process_time() - own:.1f} s"
    )


async def _find_pages(people: Sequence[Person], everybody: Sequence[Somebody]) -> None:
    """One of each role tries what there is to read; the others read what was open to that one."""
    open_to: dict[Role, set[str]] = {}
    for person, who in zip(people, everybody, strict=True):
        wanted = pages_of(who)
        if who.role not in open_to:
            examples = {_kind(path): path for paths in wanted.values() for path in paths}
            open_to[who.role] = {
                kind for kind, path in examples.items() if await person.may_read(path)
            }
        allowed = open_to[who.role]
        who.pages = {
            name: [one for one in paths if _kind(one) in allowed] for name, paths in wanted.items()
        }


def _kind(path: str) -> str:
    """An address without what it is asked and without the number of the thing that it shows."""
    bare = path.partition("?")[0]
    return "/".join("*" if part.isdigit() else part for part in bare.split("/"))


def show(crowd: Crowd) -> float:
    """Print how long people waited; returns the p99 of all requests."""
    everything = [one for many in crowd.times.values() for one in many]
    for name, found in (*crowd.times.items(), ("all", everything)):
        times = sorted(one for one, _ in found)
        p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * p))] for p in (0.5, 0.95, 0.99))
        print(
            f"  {name:13} {len(times):6}   p50 {p50:7.1f}   p95 {p95:7.1f}   p99 {p99:7.1f}   "
            f"max {times[-1]:7.1f} ms"
        )
    for took, path in sorted(everything, reverse=True)[:5]:
        print(f"    {took:7.1f} ms  {path}")
    return p99


@dataclass(frozen=True)
class Measured:
    """What came of a run."""

    outcomes: Counter[Outcome]
    wrong: list[str]
    p99: float
    """Milliseconds, of all requests."""


def measure(folder: Path, asked: Asked, instance: Path) -> Measured:
    """Everything on a copy in `instance`, with the figures printed."""
    copy_of(folder, instance)
    app = create_app(Config.load(instance))
    people, known = prepare(app, asked)
    print(f"load before: {os.getloadavg()[0]:.1f}")
    dice = random.Random(asked.seed)
    with serving(instance) as (port, pid), yardstick(instance / "yardstick"):
        crowd = Crowd(asked, port, Work(dice), dice)
        asyncio.run(run(crowd, people, pid))
    print(f"load after: {os.getloadavg()[0]:.1f}; {asked.people} people, {asked.writes:g} writes/s")
    p99 = show(crowd)
    wrong = judge(app, crowd.ledger, known, (instance / "server.log").read_text("utf-8", "replace"))
    return Measured(Counter(one.outcome for one in crowd.ledger.written), wrong, p99)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=Asked.seconds)
    parser.add_argument("--people", type=int, default=Asked.people)
    parser.add_argument("--think", type=float, default=Asked.think)
    parser.add_argument("--writes", type=float, default=Asked.writes, help="a second, in all")
    parser.add_argument("--seed", type=int, default=Asked.seed)
    parser.add_argument("--no-peer", action="store_true", help="without bare SQLite beside it")
    given = parser.parse_args()
    os.environ["SO_TOKEN_NOW"] = NOW.isoformat()
    asked = Asked(given.people, given.seconds, given.think, given.writes, given.seed)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        found = measure(given.folder, asked, Path(name))
        print(", ".join(f"{kind.value} {found.outcomes[kind]}" for kind in Outcome))
        for sentence, times in Counter(found.wrong).most_common(20):
            print(f"    wrong, {times} x: {sentence}")
        print(f"wrong: {len(found.wrong)}; p99 {found.p99:.0f} ms, budget {BUDGET:.0f}")
        if not given.no_peer:
            compare(Path(name), given.people, min(given.seconds, 10))
    sys.exit(1 if found.wrong or found.p99 > BUDGET else 0)


if __name__ == "__main__":
    main()
