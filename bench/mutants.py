"""Structure-aware mutants of signed files through the verifier, with the oracle of the tests.

Run: python -m bench.mutants [--count 100000] [--seed 20261121]. Prints seed, time, verdicts and
everything that must not be: a signature called intact although a signed byte changed, a file called
valid that looks different, an exception, a wait of more than five seconds. A thousand that take
more than ten minutes end the run with the place where it hangs.
"""

import argparse
import faulthandler
import platform
import tomllib

from signing.trust.store import TrustStore
from tests.data.mutants import FOLDER, Tally, bases, chunks, run

CHUNK = 1000
HANG = 600.0


def add(whole: Tally, part: Tally) -> None:
    """Count a piece into the whole."""
    whole.made += part.made
    whole.seconds += part.seconds
    whole.slowest = max(whole.slowest, part.slowest)
    whole.wrong += part.wrong
    for mine, theirs in ((whole.verdicts, part.verdicts), (whole.operators, part.operators)):
        for name, count in theirs.items():
            mine[name] = mine.get(name, 0) + count


def show(whole: Tally, seed: int) -> None:
    """What was found so far."""
    print(f"seed {seed}, {whole.made} mutants, {whole.seconds:.0f} s, Python", end=" ")
    print(f"{platform.python_version()}, slowest {whole.slowest:.2f} s")
    for title, counts in (("verdicts", whole.verdicts), ("operators", whole.operators)):
        print(f"  {title}: " + ", ".join(f"{k} {v}" for k, v in sorted(counts.items())))
    print(f"  wrong: {len(whole.wrong)}", *whole.wrong[:50], sep="\n    ", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    expected = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
    trust, at = TrustStore.load(FOLDER / "trust"), expected["checked_at"]
    sources, whole = bases(trust, at), Tally()
    for seed, count in chunks(asked.seed, asked.count, CHUNK):
        faulthandler.dump_traceback_later(HANG, exit=True)
        add(whole, run(seed, count, trust, at, sources))
        if whole.made % 10_000 == 0 or whole.wrong:
            show(whole, asked.seed)
    faulthandler.cancel_dump_traceback_later()
    show(whole, asked.seed)


if __name__ == "__main__":
    main()
