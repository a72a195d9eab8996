"""The command line in the person's own words: argparse speaks English by itself."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn
from urllib.parse import urlsplit

from starting.console import Trouble

_HEADINGS = {
    "usage: ": "cách dùng: ",
    "positional arguments:": "lệnh:",
    "options:": "tùy chọn:",
    "show this help message and exit": "hiện trang này",
}
_ERRORS = (
    (re.compile(r"argument command: invalid choice: (\S+) .*"), r"không có lệnh \1"),
    (re.compile(r"argument (\S+): expected one argument"), r"thiếu giá trị sau \1"),
    (re.compile(r"the following arguments are required: (.+)"), r"còn thiếu \1"),
    (re.compile(r"argument (\S+): .*"), r"giá trị của \1 không dùng được"),
)


class CommandLine(argparse.ArgumentParser):
    """argparse with Vietnamese help, and one sentence for what cannot be understood."""

    def format_help(self) -> str:
        """As argparse writes it, under Vietnamese headings."""
        text = super().format_help()
        for english, vietnamese in _HEADINGS.items():
            text = text.replace(english, vietnamese)
        return text

    def error(self, message: str) -> NoReturn:
        """End with status 2, as argparse does."""
        for pattern, words in _ERRORS:
            message = pattern.sub(words, message)
        self.exit(2, f"Dòng lệnh chưa đúng: {message}; xem cách dùng: python3 start.py --help\n")


def port(typed: str) -> int:
    """A port a program can listen on; Trouble for anything else."""
    if typed.isascii() and typed.isdigit() and 0 < int(typed) < 65536:
        return int(typed)
    raise Trouble(f"Cổng phải là một số từ 1 đến 65535, không phải {typed}.")


def server_address(typed: str) -> str:
    """The address of a server as an agent calls it, or none at all; Trouble for anything else."""
    if not typed:
        return typed
    try:
        parts = urlsplit(typed)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if whole:
        return typed
    raise Trouble(
        f"{typed} không phải địa chỉ máy chủ; hãy ghi đủ, ví dụ --server https://ten-may-chu:17990"
    )
