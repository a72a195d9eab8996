"""Practice tokens for tests: SoftHSM2 in a folder of the test's own.

Every folder has its own configuration, and python-pkcs11 keeps a module for the life of a process,
so the certificate is written by a child process (this very file), never by the test process.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
MODULE = next((Path(place) for place in PLACES if Path(place).exists()), Path(PLACES[0]))
KEY_ID = "a1"


@dataclass(frozen=True)
class TokenHandle:
    """A token that was made: how to find it, and what lies on it."""

    label: str
    serial: str
    pin: str
    module: Path
    conf_dir: Path
    certificate_der: bytes

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to see this token through SoftHSM2."""
        return environment(self.conf_dir)


def environment(conf_dir: Path) -> Mapping[str, str]:
    """SOFTHSM2_CONF of a folder; the configuration is written when it is not there yet."""
    conf = conf_dir / "softhsm2.conf"
    if not conf.exists():
        tokens = conf_dir / "tokens"
        tokens.mkdir(parents=True, exist_ok=True)
        conf.write_text(
            f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n",
            encoding="utf-8",
        )
    return {"SOFTHSM2_CONF": str(conf)}


def make_token(
    conf_dir: Path,
    label: str,
    so_pin: str,
    pin: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    cert: x509.Certificate,
) -> TokenHandle:
    """A new token in `conf_dir` with a private key and its certificate; skips without SoftHSM2."""
    if not MODULE.exists():
        pytest.skip("SoftHSM2 is not installed")
    variables = {**os.environ, **environment(conf_dir)}

    def util(*arguments: str) -> str:
        command = ["softhsm2-util", *arguments]
        done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
        return done.stdout

    said = util("--init-token", "--free", "--label", label, "--so-pin", so_pin, "--pin", pin)
    found = re.search(r"slot (\d+)", said)
    assert found, said
    key_file = conf_dir / f"{found[1]}.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    util(
        *("--import", str(key_file), "--slot", found[1], "--pin", pin),
        *("--label", label, "--id", KEY_ID),
    )
    key_file.unlink()
    der = cert.public_bytes(Encoding.DER)
    order = {"slot": int(found[1]), "pin": pin, "label": label, "der": der.hex()}
    serial = _in_a_child(order, variables)
    return TokenHandle(label, serial, pin, MODULE, conf_dir, der)


def add_certificate(conf_dir: Path, serial: str, pin: str, der: bytes, key_id: str = "b2") -> None:
    """Put one more certificate object on a token, with or without a key behind `key_id`."""
    order = {"serial": serial, "pin": pin, "label": "thêm", "der": der.hex(), "id": key_id}
    _in_a_child(order, {**os.environ, **environment(conf_dir)})


def _in_a_child(order: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(order),
        env={**variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _write_certificate(order: Mapping[str, Any]) -> str:
    import pkcs11

    library = pkcs11.lib(str(MODULE))
    for slot in library.get_slots(token_present=True):
        token = slot.get_token()
        serial = token.serial.decode().strip()
        if order.get("slot") == slot.slot_id or order.get("serial") == serial:
            with token.open(rw=True, user_pin=order["pin"]) as session:
                session.create_object(
                    {
                        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                        pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                        pkcs11.Attribute.TOKEN: True,
                        pkcs11.Attribute.PRIVATE: False,
                        pkcs11.Attribute.LABEL: order["label"],
                        pkcs11.Attribute.ID: bytes.fromhex(order.get("id", KEY_ID)),
                        pkcs11.Attribute.SUBJECT: b"",
                        pkcs11.Attribute.VALUE: bytes.fromhex(order["der"]),
                    }
                )
            return str(serial)
    raise LookupError("no such token")


if __name__ == "__main__":
    sys.stdout.write(_write_certificate(json.load(sys.stdin)))
