"""A PKCS#11 module that misbehaves on request (see fault.c), for tests about tokens."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.signing.tokens.softhsm import MODULE as SOFTHSM

HEADERS = Path(__file__).parent
"""Where p11.h lies, for other libraries that tests compile."""

ALTERING_CALLS = frozenset(
    {
        "C_InitToken",
        "C_InitPIN",
        "C_SetPIN",
        "C_CreateObject",
        "C_CopyObject",
        "C_DestroyObject",
        "C_SetAttributeValue",
        "C_GenerateKey",
        "C_GenerateKeyPair",
        "C_UnwrapKey",
        "C_DeriveKey",
    }
)
"""Calls that could change a token; none may ever appear in `Control.calls`."""


def build(folder: Path) -> Path:
    """Compile the library into `folder` once, and give its path; skips without a compiler."""
    library = folder / "libfault_pkcs11.so"
    if not library.exists():
        source = Path(__file__).with_name("fault.c")
        command = ["gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        except FileNotFoundError:
            pytest.skip("gcc is not installed")
    return library


@dataclass(frozen=True)
class Control:
    """The control file of one test. Orders are read again at every call of the library.

    `real` is the module behind it.
    """

    path: Path
    real: Path = SOFTHSM

    def order(self, *orders: str) -> None:
        """Give these orders in place of all earlier ones; none means: behave.

        At once: a call that reads them meanwhile finds all of the old ones or all of the new.
        """
        new = self.path.with_name(self.path.name + ".new")
        new.write_text("\n".join(orders) + "\n", encoding="utf-8")
        new.replace(self.path)

    def calls(self) -> list[str]:
        """Names of the calls that were made, in order."""
        journal = Path(f"{self.path}.calls")
        return journal.read_text(encoding="utf-8").split("\n")[:-1] if journal.exists() else []

    def environment(self) -> Mapping[str, str]:
        """What the process that loads the library needs beside what the real one behind needs."""
        return {"FAULT_PKCS11_CONTROL": str(self.path), "FAULT_PKCS11_REAL": str(self.real)}
