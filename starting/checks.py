"""`start.py test`: the static checks, then all tests, then one closing line.

The rules of law run alone, so that coverage can tell whether every branch of theirs is tried.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

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

COVERAGE = "branches of rules/"
RULES = ("tests/rules", "tests/property")
OTHERS = tuple(f"--ignore={folder}" for folder in RULES)
PYTEST = ("-m", "pytest", "-q")
#: Three workers for two cores, since tests of processes wait a third of their time.
SIDE_BY_SIDE = ("-n", "3")


def runs() -> dict[str, tuple[str, ...]]:
    """Return the runs of pytest. Stories in a browser run by whole files, since those of one file
    share an office; the files are found by their mark, for to read all the others only to leave out
    their tests takes each worker longer than a story.
    """
    browser = [str(file.relative_to(ROOT)) for file in browser_files()]
    return {
        "rules": ("-m", "coverage", "run", *PYTEST, *RULES),
        "all others": (*PYTEST, *SIDE_BY_SIDE, "-m", "not browser", *OTHERS),
        "browser": (*PYTEST, *SIDE_BY_SIDE, "--dist", "loadfile", "-m", "browser", *browser),
    }


def browser_files() -> list[Path]:
    """Return the files of tests that mark stories in a browser; tests/conftest.py sees to it that
    no other file has one."""
    return [
        file
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if "mark.browser" in file.read_text(encoding="utf-8")
    ]


def surroundings() -> dict[str, str]:
    """Return the environment of checks and tests. Python keeps there what it has compiled, or each
    worker would rewrite every assertion anew, and each process of a test read every module.
    """
    return {
        name: value for name, value in environment().items() if name != "PYTHONDONTWRITEBYTECODE"
    }


def run_tests(arguments: list[str]) -> int:
    """Install what tests need, then run the checks and all tests; with arguments only pytest."""
    ensure_packages((*RUN_PACKAGES, *TEST_PACKAGES), needed=True)
    ensure_environment("dev")
    if arguments:
        return subprocess.run(
            [str(PYTHON), "-m", "pytest", *arguments], env=surroundings(), cwd=ROOT, check=False
        ).returncode
    failed = [title for title, check in CHECKS.items() if run_check(title, check)]
    counts: dict[str, int] = {"passed": 0, "failed": 0, "skipped": 0}
    failed += [
        f"pytest, {title}" for title, run in runs().items() if run_pytest(title, run, counts)
    ]
    if run_check(COVERAGE, ("-m", "coverage", "report")):
        failed.append(COVERAGE)
    for each in failed:
        print(f"KHÔNG ĐẠT: {each}")
    print("tests: " + ", ".join(f"{number} {word}" for word, number in counts.items()), flush=True)
    return 1 if failed else 0


def run_check(title: str, check: Sequence[str]) -> int:
    """Run one check under its title; return its status."""
    print(f"\n--- {title}", flush=True)
    command = [str(PYTHON), *check]
    return subprocess.run(command, env=surroundings(), cwd=ROOT, check=False).returncode


def run_pytest(title: str, run: Sequence[str], counts: dict[str, int]) -> int:
    """Run pytest, show its output, add its closing line to the counts; return its status."""
    print(f"\n--- pytest, {title}", flush=True)
    command = [str(PYTHON), *run]
    with subprocess.Popen(
        command,
        env=surroundings(),
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
