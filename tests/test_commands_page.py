"""docs/commands.md names every command that exists, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli_law
import cli_records
import cli_signing
import cli_words
from app import create_app
from config import ROOT, Config
from signing.agent import commands
from signing.pades.files import verify_file
from tests.cast import NOW
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


def every_command(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each command and group below one, with its full name."""
    for name, command in group.commands.items():
        yield before + name, command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{before}{name} ")


ENGLISH = re.compile(
    r"\b(usage|options|commands?|arguments?|show|exit|required|default|text|file|directory|integer|"
    r"float|username|display_name|perform|migrations?|positional|help message)\b",
    re.IGNORECASE,
)


def english_in(help_page: str) -> list[str]:
    """English words of a help page that are no name of an option, a choice or a command."""
    without = re.sub(r"--[\w-]+|[\[{][^\]}]*[|,][^\]}]*[\]}]|docs/\S+", "", help_page)
    return ENGLISH.findall(without)


def test_every_page_of_help_is_vietnamese(
    run: Run,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, said, _ = run("--help")
    pages = [said, run("backup", "--help")[1]]
    assert (status, "--with-keys" in pages[1]) == (0, True)
    app = create_app(Config.load(tmp_path / "instance", testing=True))
    for name, command in every_command(app.cli):
        pages.append(command.get_help(click.Context(command, info_name=f"start.py cli {name}")))
    for page in pages:
        assert page.startswith("Cách dùng: start.py cli")
        assert english_in(page) == []
        assert "..." not in page.partition("\nLệnh:")[2]
    for words in (["--help"], *([name, "--help"] for name in commands.COMMANDS)):
        with pytest.raises(SystemExit):
            commands.read_arguments(words)
        assert english_in(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sing"], "không có lệnh"),
        (["sign"], "còn thiếu TỆP"),
        (["tokens", "--state"], "thiếu giá trị sau --state"),
        (["tokens", "--xyz"], "không hiểu: --xyz"),
        (["speed", "--repeat", "x"], "giá trị của --repeat"),
    ],
)
def test_a_mistyped_command_of_the_agent_is_one_vietnamese_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        commands.read_arguments(words)
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert sentence in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("answer", "yes"), [("có", True), ("co\u0301", True), ("y", True), ("", False), ("no", False)]
)
def test_a_question_of_the_terminal_is_answered_in_vietnamese(
    answer: str, yes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
    assert cli_words.agreed("Tạo sổ trống.") is yes


def test_what_is_missing_is_named_as_in_the_help_and_a_missing_file_in_vietnamese(
    run: Run,  # noqa: F811
    tmp_path: Path,
) -> None:
    assert "thiếu TÊN-ĐĂNG-NHẬP" in run("users", "add")[2]
    told = [verify_file(each, tmp_path, at=NOW) for each in (tmp_path / "khong-co.pdf", tmp_path)]
    assert [one["verdict"] for one in told] == ["không đọc được"] * 2
    assert told[0]["reasons"] == ["Không có tệp này."]
    assert "directory" not in told[1]["reasons"][0]
