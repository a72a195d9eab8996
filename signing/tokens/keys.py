"""Objects on a token: certificates, the private key that belongs to one, and a signature with it.

Keys are found by CKA_ID as PKCS#11 means it, and checked by the public key, because tokens exist
whose identifiers are empty, equal or wrong.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterator
from typing import Any

import pkcs11
from asn1crypto import x509
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error
from pkcs11.util.ec import encode_ecdsa_signature

from signing import errors

_CONTEXT_SPECIFIC = 2
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_PAD_ANSWERS: dict[int, type[errors.SigningError]] = {
    0x32: errors.TokenRemoved,
    0x50: errors.PinpadTimeout,
    0xA0: errors.PinIncorrect,
    0xA4: errors.PinLocked,
    0xE0: errors.TokenRemoved,
}
_HASHING = (Mechanism.SHA256_RSA_PKCS, Mechanism.ECDSA_SHA256)
_ELLIPTIC = (Mechanism.ECDSA, Mechanism.ECDSA_SHA256)
_OCTET_STRING_HEADS = (b"\x04\x41", b"\x04\x61")


def certificates(session: Any) -> Iterator[tuple[bytes, str]]:
    """DER and label of every certificate object; one that cannot be read is passed over."""
    for item in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        der = _attribute(item, Attribute.VALUE)
        if der:
            label = _attribute(item, Attribute.LABEL)
            yield der, label if isinstance(label, str) else ""


def certificate_id(session: Any, der: bytes) -> bytes | None:
    """CKA_ID of the certificate object with exactly these bytes (b"" if none); None if absent."""
    for item in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        if _attribute(item, Attribute.VALUE) == der:
            return _attribute(item, Attribute.ID) or b""
    return None


def private_key(session: Any, certificate_der: bytes, identifier: bytes) -> Any:
    """The signing key of a certificate. Raises KeyNotFound."""
    public = x509.Certificate.load(certificate_der).public_key
    keys = [
        key
        for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        if hasattr(key, "sign")
    ]
    ranked: list[tuple[int, Any]] = []
    for key in keys:
        same_id = bool(identifier) and _attribute(key, Attribute.ID) == identifier
        fits = _fits(session, key, public)
        if fits is False:
            continue
        rank = (2 if fits else 0) + (1 if same_id else 0)
        if rank or len(keys) == 1:
            ranked.append((rank, key))
    if not ranked:
        raise errors.KeyNotFound
    return max(ranked, key=lambda pair: pair[0])[1]


def mechanism(slot: Any, key: Any) -> Any:
    """How to sign SHA-256 with this key on this token.

    The token hashes where it can (strict tokens refuse the bare mechanism), else we do.
    """
    kind = _attribute(key, Attribute.KEY_TYPE)
    if kind not in (KeyType.RSA, KeyType.EC):
        raise errors.CertUnreadable("kind of key is neither RSA nor EC")
    try:
        known = slot.get_mechanisms()
    except PKCS11Error:
        known = set()
    if kind == KeyType.EC:
        # Here the bare mechanism is the one that all tokens have; some have only the other.
        hashing = Mechanism.ECDSA_SHA256 in known and Mechanism.ECDSA not in known
        return Mechanism.ECDSA_SHA256 if hashing else Mechanism.ECDSA
    return Mechanism.RSA_PKCS if _only_bare(known) else Mechanism.SHA256_RSA_PKCS


def always_authenticates(key: Any) -> bool:
    """True for keys that want the PIN before every single signature (CKA_ALWAYS_AUTHENTICATE)."""
    return bool(_attribute(key, Attribute.ALWAYS_AUTHENTICATE))


def sign(key: Any, how: Any, data: bytes, pin: str | None = None) -> bytes:
    """Signature over SHA-256 of `data` as CMS wants it; `pin` for always-authenticate keys only."""
    more = {} if pin is None else {"pin": pin}
    return _finish(how, key.sign(_prepare(how, data), mechanism=how, **more))


def sign_on_the_pad(module: str, key: Any, how: Any, data: bytes) -> bytes:
    """The same for an always-authenticate key whose PIN is typed on the token.

    python-pkcs11 cannot log in for one signature without a PIN, so the module's own C_Login is
    called between C_SignInit and the data, with no PIN.
    """
    login = ctypes.CDLL(module).C_Login
    login.argtypes = [ctypes.c_ulong, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong]
    login.restype = ctypes.c_ulong

    def after_login() -> Iterator[bytes]:
        code = login(key.session.handle, _CONTEXT_SPECIFIC, None, 0)
        if code:
            raise _PAD_ANSWERS.get(code, errors.DriverError)(f"C_Login {code:#x}")
        yield _prepare(how, data)

    return _finish(how, key.sign(after_login(), mechanism=how))


def _prepare(how: Any, data: bytes) -> bytes:
    if how in _HASHING:
        return data
    digest = hashlib.sha256(data).digest()
    return _SHA256_DIGEST_INFO + digest if how == Mechanism.RSA_PKCS else digest


def _finish(how: Any, signature: bytes) -> bytes:
    return bytes(encode_ecdsa_signature(signature)) if how in _ELLIPTIC else signature


def _only_bare(known: set[Any]) -> bool:
    return Mechanism.RSA_PKCS in known and Mechanism.SHA256_RSA_PKCS not in known


def _attribute(item: Any, which: Any) -> Any:
    """An attribute, or None where the token has none or will not tell."""
    try:
        return item[which]
    except (PKCS11Error, ValueError, KeyError, TypeError, MemoryError) as error:
        if isinstance(error, (pkcs11.DeviceRemoved, pkcs11.TokenNotPresent, pkcs11.DeviceError)):
            raise
        return None


def _fits(session: Any, key: Any, public: Any) -> bool | None:
    """Whether a private key belongs to a certificate's public key; None when it cannot be told."""
    kind = _attribute(key, Attribute.KEY_TYPE)
    if public.algorithm == "rsa":
        if kind != KeyType.RSA:
            return False
        modulus = _attribute(key, Attribute.MODULUS)
        if modulus is None:
            return None
        wanted = public["public_key"].parsed["modulus"].native
        return bool(int.from_bytes(modulus, "big") == wanted)
    if public.algorithm != "ec" or kind != KeyType.EC:
        return False
    wanted_point = public["public_key"].native
    identifier = _attribute(key, Attribute.ID)
    search = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: identifier}
    points = [_attribute(each, Attribute.EC_POINT) for each in session.get_objects(search)]
    known = [point for point in points if point]
    if not identifier or not known:
        return None
    return any(
        point == wanted_point
        or (point.startswith(_OCTET_STRING_HEADS) and point[2:] == wanted_point)
        for point in known
    )
