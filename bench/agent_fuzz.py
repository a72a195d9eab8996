"""Hostile requests against a running agent, with the oracle of the tests, in any number.

Run: python -m bench.agent_fuzz [--count 100000] [--seed 20261121] [--threads 2]. Prints seed,
time, answers and everything that must not be: a change, a claim, a PIN prompt or a word of a job
without the whole gate, an inner error, an answer that does not come within five seconds, a
process that ends or grows. Ends with 1 when anything was wrong.
"""

import argparse
import logging
import platform
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from tests.fault_pkcs11 import Control, build
from tests.signing.agent import fuzzing
from tests.signing.agent.office import Office
from tests.signing.pki import pki
from tests.signing.tokens.softhsm import make_token

CHUNK = 1000
SLOW = 5.0
"""Seconds within which every exchange must end; the tests, on busier machines, ask for no time."""
PIN = "PIN-thu-8461"


def run(scene: fuzzing.Scene, seed: int, count: int, threads: int) -> fuzzing.Tally:
    """Throw from several threads, a thousand at a time, and look the scene over between."""
    whole, before = fuzzing.Tally(), fuzzing.kib(scene.process)
    parts = iter(
        [(seed + n, min(CHUNK, count - at)) for n, at in enumerate(range(0, count, CHUNK))]
    )
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                part = next(parts, None)
            if part is None or whole.wrong:
                return
            made = fuzzing.Tally()
            fuzzing.throw(scene, *part, made)
            with lock:
                _add(whole, made)
                whole.wrong += fuzzing.looked_over(scene, before)
                # What was asked and answered is judged; keeping it would be our own growth.
                scene.office.seen.clear()

    crew = [threading.Thread(target=work) for _ in range(threads)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    whole.kib = before, fuzzing.kib(scene.process)
    return whole


def _add(whole: fuzzing.Tally, part: fuzzing.Tally) -> None:
    whole.requests += part.requests
    whole.seconds += part.seconds
    whole.slowest = max(whole.slowest, part.slowest)
    whole.statuses.update(part.statuses)
    whole.spoiled.update(part.spoiled)
    whole.wrong += part.wrong


def show(tally: fuzzing.Tally, seed: int, threads: int) -> None:
    """The figures, and what was wrong."""
    print(f"seed {seed}, {tally.requests} requests, {tally.seconds / threads:.0f} s,", end=" ")
    print(f"Python {platform.python_version()}, slowest exchange {tally.slowest:.2f} s,", end=" ")
    print(f"agent {tally.kib[0]} -> {tally.kib[1]} KiB")
    counts: tuple[tuple[str, Counter[str]], ...] = (
        ("answers", tally.statuses),
        ("spoiled", tally.spoiled),
    )
    for title, counted in counts:
        print(f"  {title}: " + ", ".join(f"{k} {v}" for k, v in sorted(counted.items())))
    print(f"  wrong: {len(tally.wrong)}", *tally.wrong[:30], sep="\n    ", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    holder = pki().leader
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        control = Control(folder / "control")
        control.order()
        token = make_token(
            folder / "softhsm", "THU", "so-thu-9999", PIN, holder.key, holder.certificate
        )
        office = Office()
        environment = dict(token.environment)
        with fuzzing.running(folder, office, holder, build(folder), control, environment) as scene:
            tally = run(scene, asked.seed, asked.count, asked.threads)
        office.close()
    if tally.slowest > SLOW:
        tally.wrong.append(f"an exchange took {tally.slowest:.2f} s")
    show(tally, asked.seed, asked.threads)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
