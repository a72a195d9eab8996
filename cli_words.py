"""The words around our commands, in Vietnamese: Click itself speaks English only.

One place for all commands: what help pages are made of, and the questions that wait for an answer.
"""

import re
import unicodedata
from collections.abc import Sequence

import click
from flask.cli import FlaskGroup
from flask_migrate import upgrade

#: How people call us.
NAME = "start.py cli"
#: Columns of a help page, where the terminal has as many.
WIDTH = 100
_HEADINGS = {"Options": "Tùy chọn", "Commands": "Lệnh", "Arguments": "Tham số"}
_WORDS = (
    (re.compile(r"Show this message and exit\."), "Hiện trang này."),
    (re.compile(r"\[OPTIONS\]"), "[TÙY-CHỌN]"),
    (re.compile(r"COMMAND \[ARGS\]\.\.\."), "LỆNH [THAM-SỐ]..."),
    (re.compile(r"\[required\]"), "[bắt buộc]"),
    (re.compile(r"\[default: ([^\]]*)\]"), r"[mặc định: \1]"),
    (re.compile(r"(?<![\w-])(FILES?|FILENAME|PATH)(?![\w-])"), "TỆP"),
    (re.compile(r"(?<![\w-])DIRECTORY(?![\w-])"), "THƯ-MỤC"),
    (re.compile(r"(?<![\w-])(?:INTEGER|FLOAT)(?: RANGE)?(?![\w-])"), "SỐ"),
    (re.compile(r"(?<![\w-])TEXT(?![\w-])"), "CHỮ"),
    (re.compile(r"(?<![\w-])DISPLAY_NAME(?![\w-])"), "HỌ-TÊN"),
    (re.compile(r"(?<![\w-])USERNAME(?![\w-])"), "TÊN-ĐĂNG-NHẬP"),
    (re.compile(r"(?<![\w-])ARGUMENTS(?![\w-])"), "THAM-SỐ"),
)


def in_vietnamese(text: str) -> str:
    """Click's own words in a line of a help page, ours untouched."""
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return text


class Formatter(click.HelpFormatter):
    """A help page under Vietnamese headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line: how the command is written."""
        super().write_usage(prog, in_vietnamese(args), "Cách dùng: ")

    def write_heading(self, heading: str) -> None:
        """One heading."""
        super().write_heading(_HEADINGS.get(heading, heading))

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Options or commands, each with what it does."""
        said = [(in_vietnamese(name), in_vietnamese(what)) for name, what in rows]
        super().write_dl(said, col_max, col_spacing)


@click.group("db")
def database() -> None:
    """Cơ sở dữ liệu."""


@database.command("upgrade")
def database_upgrade() -> None:
    """Nâng cấp cơ sở dữ liệu lên đúng phiên bản của phần mềm này."""
    upgrade()
    click.echo("Cơ sở dữ liệu đã đúng phiên bản của phần mềm.")


class Commands(FlaskGroup):
    """Every command of ours and none of others: Flask's "run" starts a server that is not for an
    office, and what Flask-Migrate brings beside "upgrade" is for who writes the program.
    """

    def _load_plugin_commands(self) -> None:
        """None."""


def describe(command: click.Command) -> click.Command:
    """Let lists of commands show the first sentence whole; Click cuts it after 45 letters."""
    if command.help:
        first = re.split(r"[.;:](?:\s|$)", " ".join(command.help.split()), maxsplit=1)[0]
        command.short_help = f"{first}."
    for each in getattr(command, "commands", {}).values():
        describe(each)
    return command


def begin() -> None:
    """Let every command of this process speak Vietnamese."""
    click.Context.formatter_class = Formatter


def agreed(question: str) -> bool:
    """Ask, and wait for an answer that means yes; anything else means no."""
    answer = click.prompt(f"{question} Gõ “có” để tiếp tục", default="không")
    # The Vietnamese keyboard of Windows types letters and marks apart.
    typed = unicodedata.normalize("NFC", str(answer)).strip().lower()
    return typed in ("có", "co", "c", "y", "yes")
