"""The agent's command line in the person's own words: argparse speaks English by itself.

`start.py` has the like for its own few words (starting/arguments.py): it runs before anything is
installed and the agent can be taken out of the house, so neither may know the other.
"""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

_WORDS = {
    "usage: ": "cách dùng: ",
    "positional arguments:": "tham số:",
    "options:": "tùy chọn:",
    "show this help message and exit": "hiện trang này",
}
_ERRORS = (
    (re.compile(r"argument command: invalid choice: (\S+) .*"), r"không có lệnh \1"),
    (re.compile(r"unrecognized arguments: (.+)"), r"không hiểu: \1"),
    (re.compile(r"argument (\S+): expected .*"), r"thiếu giá trị sau \1"),
    (re.compile(r"the following arguments are required: (.+)"), r"còn thiếu \1"),
    (re.compile(r"argument (\S+): .*"), r"giá trị của \1 không dùng được"),
)


class CommandLine(argparse.ArgumentParser):
    """argparse with Vietnamese help, and one sentence for what cannot be understood."""

    def format_usage(self) -> str:
        """The first lines of the help."""
        return super().format_usage().replace("usage: ", _WORDS["usage: "])

    def format_help(self) -> str:
        """As argparse writes it, under Vietnamese headings."""
        text = super().format_help()
        for english, vietnamese in _WORDS.items():
            text = text.replace(english, vietnamese)
        return text

    def error(self, message: str) -> NoReturn:
        """End with status 2, as argparse does."""
        for pattern, words in _ERRORS:
            message = pattern.sub(words, message)
        self.exit(2, f"Dòng lệnh chưa đúng: {message}; xem cách dùng: {self.prog} --help\n")
