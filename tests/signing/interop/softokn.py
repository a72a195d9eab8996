"""A token that is not SoftHSM2: the software token of NSS, from Debian's libnss3.

Another code base (Mozilla's), another store, another idea of much that PKCS#11 leaves open: all
keys on one token, no serial number, a second slot that is no token for people, no warning flags.
"""

from __future__ import annotations

import glob
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from tests.fault_pkcs11 import HEADERS
from tests.signing.pki import Holder

TRANSPORT = "chuyen-khoa"


@dataclass(frozen=True)
class Softokn:
    """A database of NSS, and how a process sees it through the module `library`."""

    library: Path
    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        place = f"configdir='sql:{self.folder}' certPrefix='' keyPrefix='' secmod='' flags=readOnly"
        return {"SOFTOKN_LIBRARY": str(real_library()), "SOFTOKN_PARAMETERS": place}


def real_library() -> Path:
    """libsoftokn3.so; skips where it is not installed."""
    found = glob.glob("/usr/lib/*/libsoftokn3.so") + glob.glob("/usr/lib/*/nss/libsoftokn3.so")
    found += glob.glob("/usr/lib64/libsoftokn3.so")
    if not found:
        pytest.skip("libnss3 is not installed")
    return Path(found[0])


def build(folder: Path) -> Path:
    """Compile the door to NSS into `folder`; skips without a compiler."""
    library = folder / "libsoftokn-door.so"
    source = Path(__file__).with_name("softokn.c")
    command = ["gcc", "-O1", "-shared", "-fPIC", f"-I{HEADERS}", "-o", str(library), str(source)]
    try:
        subprocess.run([*command, "-ldl"], check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("gcc is not installed")
    return library


def make(folder: Path, pin: str, holders: Sequence[Holder], *, named: bool = True) -> Softokn:
    """A new token with the keys of `holders`; `named` False leaves the labels to NSS."""
    database = folder / "nss"
    database.mkdir()
    secret = folder / "pin"
    secret.write_text(pin + "\n", encoding="utf-8")
    place = ("-d", f"sql:{database}")
    _run("certutil", "-N", *place, "-f", str(secret))
    for number, holder in enumerate(holders):
        parcel = folder / f"{number}.p12"
        name = f"khóa {number}".encode() if named else None
        locked = BestAvailableEncryption(TRANSPORT.encode())
        parcel.write_bytes(
            pkcs12.serialize_key_and_certificates(
                name, holder.key, holder.certificate, None, locked
            )
        )
        _run("pk12util", "-i", str(parcel), *place, "-k", str(secret), "-W", TRANSPORT)
        parcel.unlink()
    secret.unlink()
    return Softokn(build(folder), database)


def _run(*command: str) -> None:
    # NSS derives its storage key with many thousand rounds; a test's key is worth one.
    quick = {**os.environ, "NSS_MAX_MP_PBE_ITERATION_COUNT": "1"}
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60, env=quick)
    except FileNotFoundError:
        pytest.skip("libnss3-tools is not installed")
