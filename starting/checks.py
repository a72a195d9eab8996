"""`start.py test`: the static checks, then all tests, then one closing line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from starting.console import ROOT
from starting.installation import ensure_environment
from starting.packages import RUN_PACKAGES, TEST_PACKAGES, ensure_packages
from starting.processes import PYTHON, environment

CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "mypy": ("-m", "mypy", "--strict", *"-p rules -p signing -p letters -p operations".split()),
    "import-linter": ("-c", "from importlinter.cli import lint_imports_command as c; c()"),
}


def run_tests(arguments: list[str]) -> int:
    """Install what tests need, then run the checks and all tests; with arguments only pytest."""
    ensure_packages((*RUN_PACKAGES, *TEST_PACKAGES), needed=True)
    ensure_environment("dev")
    if arguments:
        return subprocess.run(
            [str(PYTHON), "-m", "pytest", *arguments], env=environment(), cwd=ROOT, check=False
        ).returncode
    failed = []
    for title, check in CHECKS.items():
        print(f"\n--- {title}", flush=True)
        command = [str(PYTHON), *check]
        if subprocess.run(command, env=environment(), cwd=ROOT, check=False).returncode:
            failed.append(title)
    counts: dict[str, int] = {"passed": 0, "failed": 0, "skipped": 0}
    for selection in (("-n", "2", "-m", "not browser"), ("-m", "browser")):
        if run_pytest(selection, counts):
            failed.append(f"pytest {' '.join(selection)}")
    for each in failed:
        print(f"KHÔNG ĐẠT: {each}")
    print("tests: " + ", ".join(f"{number} {word}" for word, number in counts.items()), flush=True)
    return 1 if failed else 0


def run_pytest(selection: Sequence[str], counts: dict[str, int]) -> int:
    """Run pytest, show its output, add its closing line to the counts; return its status."""
    print(f"\n--- pytest {' '.join(selection)}", flush=True)
    command = [str(PYTHON), "-m", "pytest", "-q", *selection]
    with subprocess.Popen(
        command,
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        closing = ""
        for line in process.stdout or ():
            print(line, end="", flush=True)
            closing = line if re.search(r"\d+ (passed|failed|errors?)\b.* in ", line) else closing
    for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", closing):
        counts["failed" if word == "error" else word] += int(number)
    nothing_selected = process.returncode == 5
    return 0 if nothing_selected else process.returncode
