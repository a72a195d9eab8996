"""Citizen ids: encrypted with a key outside the database, found again by a keyed hash.

AES-256-GCM with the person's number as associated data, so that a ciphertext moved to another
person does not open. The hash is HMAC-SHA-256 under a key derived from the same secret with HKDF:
without the key nobody can try all twelve-digit numbers against it.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


@lru_cache(maxsize=16)
def _derived(secret: bytes, purpose: bytes) -> bytes:
    """The key of one purpose; kept, because a list of thousands asks for it thousands of times."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"so-token/" + purpose).derive(secret)


class WrongKey(Exception):
    """The stored number does not open with this installation's key."""


@dataclass(frozen=True)
class CitizenIds:
    """Seals, opens and looks up citizen ids (số định danh cá nhân) of one installation."""

    secret: bytes

    def _key(self, purpose: bytes) -> bytes:
        return _derived(self.secret, purpose)

    def seal(self, number: str, person_id: int) -> bytes:
        """Encrypt a number for the row of one person."""
        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._key(b"citizen-id")).encrypt(
            nonce, number.encode(), str(person_id).encode()
        )
        return nonce + sealed

    def open(self, sealed: bytes, person_id: int) -> str:
        """Decrypt the number of one person; raises `WrongKey`."""
        try:
            opened = AESGCM(self._key(b"citizen-id")).decrypt(
                sealed[:_NONCE], sealed[_NONCE:], str(person_id).encode()
            )
        except InvalidTag as error:
            raise WrongKey("Không mở được số định danh: khóa của máy chủ không khớp.") from error
        return opened.decode()

    def seal_bytes(self, content: bytes, context: str) -> bytes:
        """Encrypt anything else that holds personal data, such as a list that was uploaded.

        `context` says what it is; it opens only under the same words.
        """
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key(b"file")).encrypt(nonce, content, context.encode())

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal_bytes` made; raises `WrongKey`."""
        try:
            return AESGCM(self._key(b"file")).decrypt(
                sealed[:_NONCE], sealed[_NONCE:], context.encode()
            )
        except InvalidTag as error:
            raise WrongKey("Không mở được dữ liệu: khóa của máy chủ không khớp.") from error

    def lookup(self, number: str) -> str:
        """The keyed hash by which a number is found."""
        digits = "".join(character for character in number if character.isdigit())
        return hmac.new(
            self._key(b"citizen-id-lookup"), digits.encode(), hashlib.sha256
        ).hexdigest()
