"""The directions of the rooms, and the habits of the house, read from the source itself."""

import ast
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import STRAYED

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = {".venv", "instance", ".git", "node_modules"}

SERVER = {
    "audit",
    "audit_events",
    "clock",
    "config",
    "extensions",
    "labels",
    "models",
    "regulations",
    "schema",
    "version",
}
PAPER = {"forms", "letters", "operations", "rules", "sheets", "signing"}

#: Room -> our own rooms that it may import. A room that is not listed here is a failing test.
MAY_IMPORT: dict[str, set[str]] = {
    "rules": set(),
    "regulations": {"rules"},
    "extensions": set(),
    "config": set(),
    "clock": set(),
    "version": set(),
    "labels": {"labels_daily", "labels_documents", "rules"},
    "labels_documents": {"rules"},
    "labels_daily": {"rules"},
    "models": {"extensions", "rules"},
    "schema": {"extensions", "models", "rules"},
    "audit": {"audit_events", "extensions", "models", "rules"},
    "audit_events": set(),
    "forms": {"labels", "rules"},
    "operations": {"audit", "extensions", "models", "rules", "schema"},
    "letters": {"labels", "rules"},
    "sheets": {"labels", "rules"},
    "signing": set(),
    "views": SERVER | PAPER | {"tls"},
    "migrations": set(),
    "practice": SERVER | PAPER,
    "app": SERVER | PAPER | {"cli", "practice", "views"},
    "cli": SERVER
    | PAPER
    | {"app", "cli_law", "cli_records", "cli_signing", "cli_words"}
    | {"practice", "serve", "tls", "views"},
    "cli_words": set(),
    "cli_law": SERVER | PAPER | {"practice"},
    "cli_records": SERVER | PAPER | {"tls"},
    "cli_signing": SERVER | PAPER,
    "tls": {"clock"},
    "serve": {"app", "clock", "config", "tls"},
    "starting": set(),
    "start": {"starting"},
}
#: Room -> libraries (or parts of them, or of our own rooms) that it must never import.
NEVER: dict[str, set[str]] = {
    "models": {"flask"},
    "schema": {"flask"},
    "operations": {"flask.request", "flask.session", "flask.g", "flask_login"},
    "letters": {"flask", "sqlalchemy"},
    "sheets": {"flask", "sqlalchemy"},
    "forms": {"sqlalchemy"},
    "signing": {"sqlalchemy"},
    "views": {"signing.tokens", "signing.agent"},
    "app": {"signing.tokens", "signing.agent"},
    "cli": {"signing.tokens", "signing.agent"},
    "cli_signing": {"signing.tokens", "signing.agent"},
}
#: Only these ask the clock of the server (beside the programs' own entry points).
ASK_THE_CLOCK = {"views", "cli", "audit", "serve", "tls", "practice", "clock"} | {
    "cli_law",
    "cli_records",
    "cli_signing",
}
#: Rooms of the standard library alone.
PURE = {"rules", "start", "starting"}

#: Names that exist on POSIX only, and the places that guard them.
POSIX_ONLY = re.compile(
    r"\b(?:import (?:fcntl|resource|pwd|grp|termios|syslog)\b"
    r"|os\.(?:fork|getuid|geteuid|getgid|killpg|getpgid|setsid|chown|nice|setuid|WIFEXITED)\b"
    r"|signal\.(?:SIGKILL|SIGHUP|SIGUSR1|SIGALRM|alarm|setitimer|pthread_kill)\b)"
)
POSIX_PLACES = {"signing/platform.py", "starting/processes.py", "starting/packages.py"}

MODULE_LINES = 500
MODULE_LINES_OF = {"models.py": 1000, "labels.py": 900}  # tables of tables, and of words
FUNCTION_LINES = 50
FUNCTION_LINES_OF = {"views": 40, "rules": 40, "letters": 60, "tests": 60}
CLASS_LINES_OF = {"models.py": 80, "forms": 80}


def sources() -> list[Path]:
    """Return every Python file of the project."""
    return [
        path
        for path in sorted(ROOT.rglob("*.py"))
        if not SKIPPED & set(path.relative_to(ROOT).parts)
    ]


def texts() -> list[Path]:
    """Return every file that a person wrote as text."""
    kinds = {".py", ".html", ".css", ".js", ".md", ".toml", ".in", ".c", ".txt"}
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.suffix in kinds and not SKIPPED & set(path.relative_to(ROOT).parts)
    ]


def name_of(path: Path) -> str:
    """Return the path within the project, with slashes."""
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """Return the room that a file belongs to: its folder, or the module itself."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) for each import of a file, wherever it stands."""
    package = name_of(path).removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}" if base else alias.name


def application_sources() -> list[Path]:
    """Return the files whose directions are ruled: all but tests and benches."""
    return [path for path in sources() if room_of(path) not in {"tests", "bench"}]


def is_within(name: str, forbidden: set[str]) -> bool:
    """Is the dotted name one of these, or inside one of these?"""
    return any(name == each or name.startswith(f"{each}.") for each in forbidden)


def test_every_room_has_its_directions_written_down() -> None:
    rooms = {room_of(path) for path in application_sources()}
    assert rooms - MAY_IMPORT.keys() == set()


def test_no_room_imports_against_the_directions() -> None:
    wrong = []
    for path in application_sources():
        room = room_of(path)
        allowed = MAY_IMPORT.get(room, set()) | {room}
        for line, name in imported(path):
            target = name.split(".")[0]
            ours = target in MAY_IMPORT
            if (ours and target not in allowed) or is_within(name, NEVER.get(room, set())):
                wrong.append(f"{name_of(path)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_rules_and_the_starter_use_the_standard_library_only() -> None:
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in application_sources()
        if room_of(path) in PURE
        for line, name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names | {"rules", "starting"}
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_edges_of_the_server_ask_the_clock() -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in application_sources()
        for line, name in imported(path)
        if name.split(".")[0] == "clock" and room_of(path) not in ASK_THE_CLOCK
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_but_the_clock_and_the_agent_reads_the_time_of_day() -> None:
    reading = re.compile(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today)\(")
    wrong = [
        f"{name_of(path)}:{number}"
        for path in application_sources()
        if name_of(path) != "clock.py"
        and not name_of(path).startswith(("signing/agent/", "signing/tokens/"))
        for number, line in numbered(path)
        if reading.search(line.split("#")[0])
    ]
    assert not wrong, "\n".join(wrong)


def test_rules_know_no_clock_and_no_environment() -> None:
    forbidden = {"time", "os", "datetime.datetime.now", "random", "secrets", "socket", "pathlib"}
    wrong = [
        f"{name_of(path)}:{line} imports {name}"
        for path in application_sources()
        if room_of(path) == "rules"
        for line, name in imported(path)
        if is_within(name, forbidden)
    ]
    assert not wrong, "\n".join(wrong)


def test_posix_only_calls_stand_only_where_they_are_guarded() -> None:
    wrong = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in application_sources()
        if name_of(path) not in POSIX_PLACES
        for number, line in numbered(path)
        if POSIX_ONLY.search(line.split("#")[0])
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_and_functions_stay_small_enough_to_read() -> None:
    wrong = []
    for path in sources():
        if room_of(path) == "migrations":
            continue  # A migration is written once and read as a whole.
        name, text = name_of(path), path.read_text(encoding="utf-8")
        lines = text.count("\n")
        if lines > MODULE_LINES_OF.get(name, MODULE_LINES):
            wrong.append(f"{name} has {lines} lines")
        for node in ast.walk(ast.parse(text)):
            limit = size_limit(path, node)
            if limit is None or not isinstance(node, ast.stmt):
                continue
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > limit:
                wrong.append(f"{name}:{node.lineno} is {length} lines long (limit {limit})")
    assert not wrong, "\n".join(wrong)


def size_limit(path: Path, node: ast.AST) -> int | None:
    """Return how many lines a function or class may have, None for anything else."""
    room = room_of(path)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return FUNCTION_LINES_OF.get(room, FUNCTION_LINES)
    if isinstance(node, ast.ClassDef):
        return CLASS_LINES_OF.get(name_of(path)) or CLASS_LINES_OF.get(room)
    return None


def numbered(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line)."""
    yield from enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def test_every_exception_from_a_checker_names_what_it_excuses() -> None:
    bare = re.compile(r"#\s*(?:noqa(?!: [A-Z]+\d+)|type:\s*ignore(?!\[[a-z-]+))")
    wrong = [
        f"{name_of(path)}:{number}"
        for path in sources()
        if name_of(path) != name_of(Path(__file__))
        for number, line in numbered(path)
        if bare.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_all_text_is_in_nfc() -> None:
    wrong = [
        name_of(path)
        for path in texts()
        if not unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_folder_hides_a_module_of_the_same_name() -> None:
    modules = {path.stem for path in ROOT.glob("*.py")}
    assert [path.name for path in ROOT.iterdir() if path.is_dir() and path.name in modules] == []


@pytest.mark.parametrize("program", ["signing.agent.__main__", "signing.pades.sandbox"])
def test_a_program_that_asks_the_sandbox_loads_no_pdf_library_itself(program: str) -> None:
    loaded = f"import {program}, sys; print(*{{'pyhanko', 'pypdfium2'}} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == ""


def test_every_story_in_a_browser_is_in_a_file_that_its_run_finds(
    pytestconfig: pytest.Config,
) -> None:
    assert pytestconfig.stash[STRAYED] == []


@pytest.mark.timeout(300)
def test_import_linter_keeps_its_contracts() -> None:
    program = "from importlinter.cli import lint_imports_command as check; check()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
