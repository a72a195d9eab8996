"""Writes on practice tokens, in a process of its own: python-pkcs11 keeps a module for its life.

Run as a program by `practice/tokens.py`: reads one order as JSON from standard input, so that no
PIN stands in a list of processes, and answers with JSON. Imports nothing of ours.
"""

import json
import sys
from typing import Any

import pkcs11

KEY_ID = b"\x01"
KEY_BITS = 3072


def make_key(token: Any, order: dict[str, str]) -> dict[str, str]:
    """Generate the key pair on the token itself; its private key can never be read out."""
    with token.open(rw=True, user_pin=order["pin"]) as session:
        public, _private = session.generate_keypair(
            pkcs11.KeyType.RSA,
            KEY_BITS,
            id=KEY_ID,
            label=order["label"],
            store=True,
            private_template={
                pkcs11.Attribute.SENSITIVE: True,
                pkcs11.Attribute.EXTRACTABLE: False,
            },
        )
        return {"modulus": public[pkcs11.Attribute.MODULUS].hex(), "serial": serial_of(token)}


def write_certificate(token: Any, order: dict[str, str]) -> dict[str, str]:
    """Put the certificate beside its key, under the same CKA_ID."""
    with token.open(rw=True, user_pin=order["pin"]) as session:
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                pkcs11.Attribute.TOKEN: True,
                pkcs11.Attribute.PRIVATE: False,
                pkcs11.Attribute.LABEL: order["label"],
                pkcs11.Attribute.ID: KEY_ID,
                pkcs11.Attribute.SUBJECT: bytes.fromhex(order["subject"]),
                pkcs11.Attribute.ISSUER: bytes.fromhex(order["issuer"]),
                pkcs11.Attribute.SERIAL_NUMBER: bytes.fromhex(order["serial_number"]),
                pkcs11.Attribute.VALUE: bytes.fromhex(order["certificate"]),
            }
        )
    return {"serial": serial_of(token)}


def serial_of(token: Any) -> str:
    """The serial number of a token as text."""
    return str(token.serial.decode("utf-8", "replace").strip())


def main() -> None:
    """Do one order for each token named in it."""
    order = json.load(sys.stdin)
    act = {"make_key": make_key, "write_certificate": write_certificate}[order["act"]]
    tokens = {
        token.label.strip(): token
        for token in (
            slot.get_token() for slot in pkcs11.lib(order["module"]).get_slots(token_present=True)
        )
    }
    json.dump([act(tokens[each["label"]], each) for each in order["tokens"]], sys.stdout)


if __name__ == "__main__":
    main()
