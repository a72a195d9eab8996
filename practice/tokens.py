"""Practice tokens: SoftHSM2 in the folder of the practice data.

SoftHSM2 wants an absolute path in its configuration, but the folder is built under another name
and renamed at the end. So the tokens are made with a configuration of the building site, and the
one that stays is written with the final path; what lies inside a token knows no path.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from practice.authority import PUBLIC_EXPONENT
from signing.tokens.drivers import find_drivers

CONF = "softhsm2.conf"
STORE = "softhsm2"
_WRITER = Path(__file__).with_name("token_writer.py")
_WINDOWS = Path("C:/SoftHSM2")
_PATIENCE = 120
"""Seconds for one call of a foreign program; a key takes under one."""


class NoSoftHsm(Exception):
    """This computer has no working SoftHSM2; the message is a Vietnamese sentence."""


@dataclass(frozen=True)
class SoftHsm:
    """Where SoftHSM2 is on this computer."""

    utility: Path
    module: Path


@dataclass(frozen=True)
class PracticeToken:
    """A new token with its key; SO-PIN and PIN are random. `label` is ASCII, 32 bytes at most."""

    label: str
    pin: str
    serial: str
    public_key: rsa.RSAPublicKey


def find() -> SoftHsm:
    """Look for the utility and the PKCS#11 module; raises `NoSoftHsm`."""
    utility = shutil.which("softhsm2-util") or shutil.which(str(_WINDOWS / "bin/softhsm2-util.exe"))
    windows = [_WINDOWS / "lib/softhsm2-x64.dll", _WINDOWS / "lib/softhsm2.dll"]
    also = [path for path in windows if path.is_file()]
    module = next((driver.path for driver in find_drivers(also=also) if driver.practice), None)
    if utility is None or module is None:
        raise NoSoftHsm("Máy này chưa có SoftHSM2 nên chưa tạo được thiết bị ký thử nghiệm.")
    return SoftHsm(Path(utility), module)


def make(
    softhsm: SoftHsm, site: Path, final: Path, labels: Sequence[str]
) -> tuple[PracticeToken, ...]:
    """Make tokens with a key each in the building site `site`, to be renamed to `final` later.

    Raises `NoSoftHsm` when the programs do not work.
    """
    (site / STORE).mkdir(mode=0o700)
    _write_conf(_site_conf(site), site / STORE)
    _write_conf(site / CONF, final / STORE)
    pins = {label: _pin() for label in labels}
    for label, pin in pins.items():
        arguments = ("--init-token", "--free", "--label", label)
        _run(site, [str(softhsm.utility), *arguments, "--so-pin", _pin(), "--pin", pin])
    orders = [{"label": label, "pin": pin} for label, pin in pins.items()]
    answers = _write(softhsm, site, "make_key", orders)
    return tuple(
        PracticeToken(label, pin, answer["serial"], _public_key(answer["modulus"]))
        for (label, pin), answer in zip(pins.items(), answers, strict=True)
    )


def put_certificates(
    softhsm: SoftHsm, site: Path, certificates: Mapping[str, x509.Certificate], pins: dict[str, str]
) -> None:
    """Write each certificate beside the key of the token with that label; ends the building."""
    orders = [
        {
            "label": label,
            "pin": pins[label],
            "certificate": certificate.public_bytes(Encoding.DER).hex(),
            "subject": certificate.subject.public_bytes().hex(),
            "issuer": certificate.issuer.public_bytes().hex(),
            "serial_number": _der_integer(certificate.serial_number).hex(),
        }
        for label, certificate in certificates.items()
    ]
    _write(softhsm, site, "write_certificate", orders)
    _site_conf(site).unlink()


def _site_conf(site: Path) -> Path:
    return site / "building.conf"


def _write_conf(conf: Path, store: Path) -> None:
    conf.write_text(
        f"directories.tokendir = {store.as_posix()}\n"
        "objectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n",
        encoding="utf-8",
    )


def _write(
    softhsm: SoftHsm, site: Path, act: str, orders: list[dict[str, str]]
) -> list[dict[str, str]]:
    order = {"act": act, "module": str(softhsm.module), "tokens": orders}
    # -P: the folder of the program is not searched for modules.
    said = _run(site, [sys.executable, "-P", str(_WRITER)], json.dumps(order))
    answers: list[dict[str, str]] = json.loads(said)
    return answers


def _run(site: Path, command: list[str], given: str = "") -> str:
    try:
        done = subprocess.run(  # noqa: S603 # our own interpreter and the utility found above
            command,
            input=given,
            env={**os.environ, "SOFTHSM2_CONF": str(_site_conf(site))},
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoSoftHsm(
            "SoftHSM2 trên máy này không hoạt động nên chưa tạo được thiết bị ký thử nghiệm."
        ) from error
    return done.stdout


def _public_key(modulus: str) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(PUBLIC_EXPONENT, int(modulus, 16)).public_key()


def _pin() -> str:
    return f"{secrets.randbelow(10**8):08d}"


def _der_integer(number: int) -> bytes:
    """CKA_SERIAL_NUMBER is the DER of an INTEGER (PKCS#11 v2.40, 4.6.3); ours is 8 bytes long."""
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes((0x02, len(body))) + body
