"""Certificates from strangers, loaded so that nothing odd in them surfaces later."""

from __future__ import annotations

import threading
import warnings

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

_QUIET = threading.Lock()
"""Filters of warnings belong to the whole process: one thread at a time changes them."""


def load(der: bytes) -> x509.Certificate:
    """A certificate from its DER. Raises ValueError for whatever cannot be judged.

    cryptography has errors of its own for an impossible version, for an extension that stands twice
    and for kinds of names that nobody uses, and raises the latter two only when the extensions are
    first asked for. Extensions that merely cannot be parsed are left to those who need them.

    Names are read here, once: what the library only warns of (a country that is no pair of letters)
    would otherwise surface wherever a name is first looked at, and it keeps what it has read.
    """
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.subject, certificate.issuer
            _look_at_extensions(certificate)
    except (
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
    ) as error:
        raise ValueError(str(error)) from error
    return certificate


def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name stands in a certificate and the issuer's key has signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate says that it is an authority's (RFC 5280, 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _look_at_extensions(certificate: x509.Certificate) -> None:
    try:
        _ = certificate.extensions
    except ValueError:
        pass
