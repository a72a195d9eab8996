"""The trust directory: roots, practice roots, other authorities, revocation lists, OCSP answers.

A certificate is a root only because a person put its file into `roots/` (or `practice-roots/`);
one in `stamp-roots/` counts for time stamps and for nothing else;
what comes inside a document is only ever material for building the path.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from signing.trust.certificates import load as load_certificate
from signing.trust.crl import IndexedCrl
from signing.trust.der import DerError
from signing.trust.ocsp import OcspAnswer

FOLDERS = ("roots", "practice-roots", "intermediates", "stamp-roots", "crls", "ocsps")
_CERTIFICATE_FILES = {".cer", ".crt", ".der", ".pem", ".p7b", ".p7c"}
_PEM = re.compile(rb"-----BEGIN X509 CRL-----(.+?)-----END X509 CRL-----", re.DOTALL)


@dataclass(frozen=True)
class TrustStore:
    """What we believe. `problems` names files that could not be read, in Vietnamese."""

    roots: tuple[x509.Certificate, ...] = ()
    practice_roots: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    crls: tuple[IndexedCrl, ...] = ()
    answers: tuple[OcspAnswer, ...] = ()
    problems: tuple[str, ...] = ()
    stamp_roots: tuple[x509.Certificate, ...] = ()
    _by_subject: dict[bytes, tuple[x509.Certificate, ...]] = field(
        init=False, repr=False, compare=False
    )
    _crls_by_issuer: dict[bytes, tuple[IndexedCrl, ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        subjects: dict[bytes, tuple[x509.Certificate, ...]] = {}
        for certificate in (*self.roots, *self.practice_roots, *self.intermediates):
            name = certificate.subject.public_bytes()
            subjects[name] = (*subjects.get(name, ()), certificate)
        lists: dict[bytes, tuple[IndexedCrl, ...]] = {}
        for crl in self.crls:
            lists[crl.issuer] = (*lists.get(crl.issuer, ()), crl)
        object.__setattr__(self, "_by_subject", subjects)
        object.__setattr__(self, "_crls_by_issuer", lists)

    def for_stamps(self) -> TrustStore:
        """The store as it counts for time-stamp authorities: with the roots of that purpose."""
        if not self.stamp_roots:
            return self
        return replace(self, roots=(*self.roots, *self.stamp_roots), stamp_roots=())

    def named(self, subject: bytes) -> tuple[x509.Certificate, ...]:
        """The certificates of ours with that subject (DER of the name), roots first."""
        return self._by_subject.get(subject, ())

    def lists_of(self, issuer: bytes) -> tuple[IndexedCrl, ...]:
        """The revocation lists that bear that issuer's name; who signed them is not yet checked."""
        return self._crls_by_issuer.get(issuer, ())

    @staticmethod
    def load(directory: str | os.PathLike[str]) -> TrustStore:
        """Read a trust directory; missing folders are empty. Unchanged directories are remembered.

        Files that cannot be read are left out and named in `problems`; raises nothing for them.
        """
        base = Path(directory)
        seen = tuple(_listing(base / name) for name in FOLDERS)
        with _lock:
            kept = _loaded.get(base)
            if kept is not None and kept[0] == seen:
                return kept[1]
        problems: list[str] = []
        sets = {name: _certificates(base / name, problems) for name in FOLDERS[:4]}
        store = TrustStore(
            roots=sets["roots"],
            practice_roots=sets["practice-roots"],
            intermediates=sets["intermediates"],
            crls=_lists(base / "crls", problems),
            answers=_answers(base / "ocsps", problems),
            problems=tuple(problems),
            stamp_roots=sets["stamp-roots"],
        )
        with _lock:
            _loaded[base] = (seen, store)
        return store


_Listing = tuple[tuple[str, int, int], ...]
_loaded: dict[Path, tuple[tuple[_Listing, ...], TrustStore]] = {}
_lists_loaded: dict[tuple[Path, int, int], IndexedCrl] = {}
_lock = threading.Lock()


def _listing(folder: Path) -> _Listing:
    try:
        with os.scandir(folder) as entries:
            return tuple(
                sorted(
                    (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
                    for entry in entries
                    if entry.is_file()
                )
            )
    except FileNotFoundError:
        return ()


def _certificates(folder: Path, problems: list[str]) -> tuple[x509.Certificate, ...]:
    found: list[x509.Certificate] = []
    for name, _, _ in _listing(folder):
        path = folder / name
        if path.suffix.lower() not in _CERTIFICATE_FILES:
            continue
        try:
            found.extend(read_certificates(path.read_bytes()))
        except (ValueError, OSError):
            problems.append(f"Không đọc được tệp chứng thư “{name}” trong thư mục tin cậy.")
    return tuple(found)


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM, DER or PKCS#7 file. Raises ValueError when there is none."""
    try:
        found = _any_form(data)
        return [load_certificate(each.public_bytes(Encoding.DER)) for each in found]
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error


def _any_form(data: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN PKCS7" in data:
        return pkcs7.load_pem_pkcs7_certificates(data)
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    try:
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return pkcs7.load_der_pkcs7_certificates(data)


def list_files(folder: Path) -> list[tuple[str, IndexedCrl]]:
    """The readable revocation lists of a folder with the names of their files."""
    found = []
    for name, changed, size in _listing(folder):
        try:
            found.append((name, _remembered_list(folder / name, changed, size)))
        except (DerError, OSError, binascii.Error):
            continue  # `TrustStore.problems` names it.
    return found


def _remembered_list(path: Path, changed: int, size: int) -> IndexedCrl:
    identity = (path, changed, size)
    found = _lists_loaded.get(identity)
    if found is None:
        for stale in [one for one in list(_lists_loaded) if one[0] == path]:
            _lists_loaded.pop(stale, None)  # replaced: up to 64 MB that nobody asks again
        found = _lists_loaded[identity] = read_list(path.read_bytes())
    return found


def _lists(folder: Path, problems: list[str]) -> tuple[IndexedCrl, ...]:
    found = []
    for name, changed, size in _listing(folder):
        try:
            found.append(_remembered_list(folder / name, changed, size))
        except (DerError, OSError, binascii.Error) as error:
            problems.append(f"Không dùng được danh sách thu hồi “{name}”: {error}.")
    return tuple(found)


def _answers(folder: Path, problems: list[str]) -> tuple[OcspAnswer, ...]:
    found = []
    for name, _, _ in _listing(folder):
        try:
            found.append(OcspAnswer((folder / name).read_bytes()))
        except (DerError, OSError) as error:
            problems.append(f"Không dùng được trả lời OCSP “{name}”: {error}.")
    return tuple(found)


def read_list(data: bytes) -> IndexedCrl:
    """The list of a DER or PEM file. Raises DerError, binascii.Error."""
    match = _PEM.search(data)
    return IndexedCrl(base64.b64decode(match.group(1)) if match else data)
