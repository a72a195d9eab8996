"""Which PKCS#11 modules this computer has: the table `drivers.toml` and where to look."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"%([^%]+)%")


@dataclass(frozen=True, slots=True)
class Driver:
    """A module on this computer. `practice`: a software token without legal value."""

    name: str
    path: Path
    practice: bool


@cache
def table() -> Mapping[str, Any]:
    """The table as it stands in `drivers.toml`."""
    text = resources.files("signing.tokens").joinpath("drivers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def system_name(platform: str = sys.platform) -> str:
    """The column of the table for a value of sys.platform."""
    return {"win32": "windows", "darwin": "macos"}.get(platform, "linux")


def find_drivers(
    *,
    system: str | None = None,
    environment: Mapping[str, str] | None = None,
    also: Iterable[Path] = (),
) -> tuple[Driver, ...]:
    """The known modules that lie in the known folders, in the order of the table.

    `also` are paths a person has chosen; they come first. The same file under two names (links) is
    named once. Nothing is loaded: whether a module works is for `signing.tokens.probe` to say.
    """
    system = system or system_name()
    folders = list(_folders(system, os.environ if environment is None else environment))
    suffix = str(table()["skipped_suffix"])
    found: dict[Path, Driver] = {}
    for path in also:
        found.setdefault(path.resolve(), known_as(path))
    for entry in table()["driver"]:
        for path in _files(folders, entry.get(system, ())):
            if not path.stem.endswith(suffix):
                driver = Driver(entry["name"], path, bool(entry.get("practice", False)))
                found.setdefault(path.resolve(), driver)
    return tuple(found.values())


def known_as(path: Path) -> Driver:
    """What the table says of a module's file name; an unknown one goes by its file name."""
    wanted = path.name.casefold()
    for entry in table()["driver"]:
        names = (name for system in ("windows", "linux", "macos") for name in entry.get(system, ()))
        if any(fnmatchcase(wanted, name.casefold()) for name in names):
            return Driver(entry["name"], path, bool(entry.get("practice", False)))
    return Driver(path.name, path, practice=False)


def _files(folders: Iterable[Path], names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        for folder in folders:
            candidates = sorted(folder.glob(name)) if "*" in name else [folder / name]
            yield from (path for path in candidates if path.is_file())


def _folders(system: str, environment: Mapping[str, str]) -> Iterator[Path]:
    values = {name.casefold(): value for name, value in environment.items()}
    for pattern in table()["folders"][system]:
        if any(name.casefold() not in values for name in _VARIABLE.findall(pattern)):
            continue
        place = _VARIABLE.sub(lambda match: values[match[1].casefold()], pattern)
        yield from _expand(Path(place.replace("\\", os.sep)))


def _expand(pattern: Path) -> Iterator[Path]:
    """The folders that a pattern with stars stands for; unreadable ones are passed over."""
    fixed = Path(pattern.anchor)
    parts = pattern.parts[1:] if pattern.anchor else pattern.parts
    for index, part in enumerate(parts):
        if "*" in part:
            rest = str(Path(*parts[index:]))
            try:
                yield from sorted(each for each in fixed.glob(rest) if each.is_dir())
            except OSError:
                return
            return
        fixed /= part
    yield fixed
