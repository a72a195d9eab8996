"""docs/commands.md names every command that exists, and no other."""

import re
from pathlib import Path

import click

import cli_law
import cli_records
import cli_signing
from app import create_app
from config import ROOT, Config
from signing.agent import commands
from tests.test_cli import Run, run  # noqa: F401


def named(section: str) -> set[str]:
    """The commands in the first column of a section's table."""
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    part = page.split(f"\n## {section}")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([a-z -]+)` \|", part, flags=re.MULTILINE))


def registered(group: click.Group, before: str = "") -> set[str]:
    """Every command below a group by its full name; `db` is Flask-Migrate's own."""
    found: set[str] = set()
    for name, command in group.commands.items():
        if isinstance(command, click.Group) and name != "db":
            found |= registered(command, f"{before}{name} ")
        else:
            found.add(before + name)
    return found


def test_the_page_lists_exactly_the_commands_that_are_registered(tmp_path: Path) -> None:
    app = create_app(Config.load(tmp_path / "instance", testing=True))
    assert named("Lệnh quản trị") == registered(app.cli)
    assert named("Lệnh tại máy có thiết bị") == set(commands.COMMANDS)


def test_every_command_and_option_of_ours_is_explained_in_vietnamese() -> None:
    ours = [*cli_law.COMMANDS, *cli_records.COMMANDS, *cli_signing.COMMANDS]
    for command in ours:
        each = command.commands.values() if isinstance(command, click.Group) else [command]
        for one in each:
            assert one.help is not None, one.name
            assert not one.help.isascii(), one.name


def test_help_is_shown_and_ends_well(run: Run) -> None:  # noqa: F811
    status, said, _ = run("backup", "--help")
    assert status == 0
    assert "--with-keys" in said
