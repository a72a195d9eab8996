"""Certificates from strangers, loaded so that nothing odd in them surfaces later."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm


def load(der: bytes) -> x509.Certificate:
    """A certificate from its DER. Raises ValueError for whatever cannot be judged.

    cryptography has errors of its own for an impossible version, for an extension that stands twice
    and for kinds of names that nobody uses, and raises the latter two only when the extensions are
    first asked for. Extensions that merely cannot be parsed are left to those who need them.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
    except (x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from error
    try:
        _ = certificate.extensions
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(str(error)) from error
    except ValueError:
        pass
    return certificate
