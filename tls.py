"""The server's own TLS certificate: the office's, put into instance/tls/, or one generated there.

Both the browser and the agent pin or are shown its SHA-256 fingerprint, so a self-signed
certificate is enough inside an office; the office may replace both files at any time. One that was
generated is made anew at a start shortly before its end, or when colleagues reach the computer by
an address or name that is not in it yet. The office's own is never touched, only spoken about.
"""

import ipaddress
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import clock

#: Browsers refuse server certificates that run for longer than this (CA/Browser Forum, 398 days).
VALID_FOR = timedelta(days=397)
#: From this long before the end the administrator is reminded, and a start makes a new one.
NEAR_END = timedelta(days=30)
CERTIFICATE, KEY = "cert.pem", "key.pem"
#: Names and addresses the computer does not know of itself, one a line (an alias in the DNS).
MORE_NAMES = "ten-them.txt"
#: What the last start has to tell the person who started it; start.py prints it.
NOTICE = "thong-bao.txt"
#: The fingerprints of the certificates that were generated here, one a line.
MADE = "tu-tao.txt"
#: The fingerprint that the last start served with, and the address that it served at.
SERVED = "da-phuc-vu.txt"
#: Where a new pair lies until it is whole.
_NEW_CERTIFICATE, _NEW_KEY = "cert.tu-tao-moi", "key.tu-tao-moi"
#: A key that does not belong to our certificate: perhaps the office's, before its certificate came.
_UNFIT_KEY = "key-khong-khop.pem"
_OURS = "So Token "
#: Nothing is sent there: the system only says which of its addresses it would use.
_PLACES = ("10.255.255.255", "172.31.255.255", "192.168.255.255", "203.0.113.1", "2001:db8::1")


class TlsError(Exception):
    """The files in instance/tls/ cannot be served with; a Vietnamese sentence for the person."""


@dataclass(frozen=True)
class Leaf:
    """A certificate of the server. `generated`: by this program, which may make another."""

    fingerprint: str
    starts_at: datetime
    ends_at: datetime
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    generated: bool

    def near_end(self, at: datetime) -> bool:
        """Is it time to remind, or to make another?"""
        return at >= self.ends_at - NEAR_END


def own_names(host: str = "") -> tuple[list[str], list[str]]:
    """Return (DNS names, IP addresses) under which this computer can be reached on its LAN.

    `host` is the address it serves at, which may be one that nothing here knows of.
    """
    name = socket.gethostname()
    names = {"localhost", name, f"{name}.local" if "." not in name else name}
    found = {"127.0.0.1", "::1", *_addresses_of_linux(), *_addresses_on_the_way()}
    # A computer whose own name cannot be resolved, or is too long, has its addresses still.
    with suppress(OSError, UnicodeError):
        for info in socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME):
            names.add(info[3])
            found.add(str(info[4][0]))
    names.add(host)
    found.add(host)  # Whichever of the two it is, the other drops it.
    return sorted({*map(_dns_name, names)} - {""}), sorted({*map(_address, found)} - {""})


def ensure(folder: Path, host: str = "") -> tuple[Path, Path]:
    """Return (cert.pem, key.pem) in the folder, generating them when it is time to.

    Raises TlsError when the office's own pair cannot be used (only one file, not a pair): it must
    not be overwritten. Raises OSError when the folder cannot be written. A clock put back is no
    reason for a new one: it would have ended as soon as the clock is right again.
    """
    cert_path, key_path = folder / CERTIFICATE, folder / KEY
    _complete(folder)
    if cert_path.exists() != key_path.exists():
        missing = key_path if cert_path.exists() else cert_path
        raise TlsError(f"Thiếu tệp {missing}: chứng thư TLS cần đủ cặp cert.pem và key.pem.")
    if not cert_path.exists():
        renew(folder, host)
        return cert_path, key_path
    leaf = read(cert_path)
    try:
        _check_pair(cert_path, key_path)
    except TlsError:
        if not leaf.generated:
            raise
        _write(folder / _UNFIT_KEY, key_path.read_bytes())
        renew(folder, host)
        return cert_path, key_path
    if leaf.generated and (leaf.near_end(clock.now()) or _lacking(folder, leaf, host)):
        renew(folder, host)
    return cert_path, key_path


def renew(folder: Path, host: str = "", more: Sequence[str] = ()) -> Leaf:
    """Make a new certificate with a new key, for the own names and those kept in the folder.

    `more` names are kept for all later ones too. What an unexpired old one names stays: a network
    that comes and goes must not change the certificate at each start. Raises TlsError for a name
    that is none, and where the certificate is the office's own; OSError.
    """
    cert_path = folder / CERTIFICATE
    before = read(cert_path) if cert_path.exists() else None
    if before is not None and not before.generated:
        raise TlsError(
            "Chứng thư TLS này do cơ quan đặt vào instance/tls: hãy thay cả cert.pem và key.pem "
            "bằng chứng thư mới của cơ quan. Xóa cả hai thì phần mềm tự tạo chứng thư."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _keep(folder, more)
    names, addresses = _wanted(folder, host)
    if before is not None and not before.near_end(clock.now()):
        names, addresses = names | set(before.names), addresses | set(before.addresses)
    certificate, key = _generate(sorted(names), sorted(addresses))
    _write(folder / _NEW_CERTIFICATE, certificate)
    _write(folder / _NEW_KEY, key)
    with (folder / MADE).open("a", encoding="ascii") as made:
        made.write(f"{_fingerprint(x509.load_pem_x509_certificate(certificate))}\n")
        made.flush()
        os.fsync(made.fileno())
    os.replace(folder / _NEW_KEY, folder / KEY)
    with suppress(FileNotFoundError):  # A start may have completed the pair between the two.
        os.replace(folder / _NEW_CERTIFICATE, cert_path)
    return read(cert_path)


def include(folder: Path, more: Sequence[str]) -> Leaf:
    """Keep these names for all later certificates; make a new one when one of them is not in it.

    Raises TlsError and OSError as `renew` does.
    """
    cert_path = folder / CERTIFICATE
    if cert_path.exists():
        leaf = read(cert_path)
        if all((_address(e) or _dns_name(e)) in (*leaf.names, *leaf.addresses) for e in more):
            if leaf.generated:
                _keep(folder, more)
            return leaf
    return renew(folder, more=more)


def last_served(folder: Path) -> tuple[str, str]:
    """Return (fingerprint, host) of the last start; the fingerprint in the folder, "" before it."""
    with suppress(OSError, ValueError):
        fingerprint, _, host = (folder / SERVED).read_text(encoding="utf-8").partition("\n")
        return fingerprint, host.strip()
    with suppress(OSError, TlsError):
        return read(folder / CERTIFICATE).fingerprint, ""
    return "", ""


def remember(folder: Path, leaf: Leaf, host: str, told: str) -> None:
    """Keep what a start serves with and what it tells. A folder that is read-only takes neither."""
    for name, text in ((SERVED, f"{leaf.fingerprint}\n{host}\n"), (NOTICE, told)):
        with suppress(OSError):
            (folder / name).write_text(text, encoding="utf-8")


def read(cert_path: Path) -> Leaf:
    """Return what the first certificate of a PEM file says. Raises TlsError, OSError."""
    try:
        certificate = x509.load_pem_x509_certificate(cert_path.read_bytes())
    except ValueError:
        raise TlsError(f"Tệp {cert_path} không phải chứng thư dạng PEM.") from None
    names: list[str] = []
    addresses: list[str] = []
    with suppress(x509.ExtensionNotFound, ValueError):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
        addresses = [str(each) for each in found.get_values_for_type(x509.IPAddress)]
    return Leaf(
        _fingerprint(certificate),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        tuple(names),
        tuple(addresses),
        _made_here(cert_path.parent, certificate),
    )


def notice(leaf: Leaf, before: str, at: datetime) -> list[str]:
    """What to tell whoever starts the server; `before` is the fingerprint at the last start."""
    lines = [f"Dấu vân tay SHA-256 của chứng thư TLS: {leaf.fingerprint}"]
    if before and before != leaf.fingerprint:
        lines.append(
            "Chứng thư TLS đã thay: trình duyệt của mọi người cảnh báo một lần, hãy báo cho họ dấu "
            "vân tay trên. Trình ký số tự nhận chứng thư mới."
        )
    if leaf.near_end(at):
        day = leaf.ends_at.astimezone(clock.VIETNAM).strftime("%d/%m/%Y")
        over = "đã hết hạn" if leaf.ends_at <= at else "sắp hết hạn"
        lines.append(
            f"CẢNH BÁO: chứng thư TLS của cơ quan {over} ({day}); hãy thay trong instance/tls."
        )
    return lines


def _lacking(folder: Path, leaf: Leaf, host: str) -> bool:
    """Does the certificate lack a name or an IPv4 address? Those of IPv6 change from day to day."""
    names, addresses = _wanted(folder, host)
    lasting = {each for each in addresses if "." in each}
    return not names <= set(leaf.names) or not lasting <= set(leaf.addresses)


def _wanted(folder: Path, host: str) -> tuple[set[str], set[str]]:
    names, addresses = map(set, own_names(host or last_served(folder)[1]))
    kept = folder / MORE_NAMES
    for each in kept.read_text(encoding="utf-8").split() if kept.exists() else ():
        if address := _address(each):
            addresses.add(address)
        elif name := _dns_name(each):
            names.add(name)
    return names, addresses


def _keep(folder: Path, more: Sequence[str]) -> None:
    for each in more:
        if not _address(each) and not _dns_name(each):
            raise TlsError(f"“{each}” không phải tên máy hay địa chỉ IP.")
    kept = folder / MORE_NAMES
    known = kept.read_text(encoding="utf-8").split() if kept.exists() else []
    if added := [each for each in dict.fromkeys(more) if each not in known]:
        kept.write_text("\n".join([*known, *added]) + "\n", encoding="utf-8")


def _dns_name(typed: str) -> str:
    """A name as certificates write it; "" for what cannot be one."""
    try:
        name = typed.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    return name if name and set(name) <= allowed and not _is_address(name) else ""


def _is_address(typed: str) -> bool:
    try:
        return bool(ipaddress.ip_address(typed))
    except ValueError:
        return False


def _address(typed: str) -> str:
    """An address that others can type; "" for names, and for those that need an interface."""
    if not _is_address(typed):
        return ""
    address = ipaddress.ip_address(typed)
    return "" if address.is_unspecified or address.is_link_local else str(address)


def _addresses_of_linux() -> set[str]:
    """Every address of this computer, as Linux lists them; nothing on other systems."""
    found: set[str] = set()
    with suppress(OSError):
        last = ""
        for line in Path("/proc/net/fib_trie").read_text(encoding="ascii").splitlines():
            words = line.split()
            last = words[-1] if "|--" in words else last
            if words[-2:] == ["host", "LOCAL"]:
                found.add(last)
    return {each for each in found if not each.startswith("127.")}


def _addresses_on_the_way() -> set[str]:
    """The addresses this computer would speak from, to each of the usual networks of offices."""
    found: set[str] = set()
    for place in _PLACES:
        family = socket.AF_INET6 if ":" in place else socket.AF_INET
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((place, 9))
            found.add(str(way.getsockname()[0]))
    return found


def _complete(folder: Path) -> None:
    """Finish what a run left that was killed between the two renames.

    What does not fit stays there: somebody may be making it at this moment.
    """
    aside, cert_path, key_path = folder / _NEW_CERTIFICATE, folder / CERTIFICATE, folder / KEY
    with suppress(TlsError, FileNotFoundError):
        if read(aside).generated and (not cert_path.exists() or read(cert_path).generated):
            _check_pair(aside, key_path)
            os.replace(aside, cert_path)


def _write(path: Path, content: bytes) -> None:
    """Write a new file that nobody else may read and that outlasts a power cut."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _made_here(folder: Path, certificate: x509.Certificate) -> bool:
    """Did this program make it? Version 0.1.0 kept no list; its certificates all look alike."""
    listed = folder / MADE
    if listed.exists() and _fingerprint(certificate) in listed.read_text("ascii").split():
        return True
    try:
        subject = certificate.subject.rfc4514_string()
        kinds = {type(each.value) for each in certificate.extensions}
        public = certificate.public_key()
    except (ValueError, x509.DuplicateExtension, UnsupportedAlgorithm):
        return False
    return (
        certificate.issuer == certificate.subject
        and subject.startswith(f"CN={_OURS}")
        and certificate.not_valid_after_utc - certificate.not_valid_before_utc == VALID_FOR
        and kinds == {x509.SubjectAlternativeName, x509.BasicConstraints, x509.ExtendedKeyUsage}
        and isinstance(public, ec.EllipticCurvePublicKey)
        and isinstance(public.curve, ec.SECP256R1)
    )


def _check_pair(cert_path: Path, key_path: Path) -> None:
    """Raises TlsError when the key is not that of the certificate, or is locked by a password."""
    read(cert_path)
    certificate = x509.load_pem_x509_certificate(cert_path.read_bytes())
    try:
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except TypeError:
        raise TlsError(
            f"Khóa {key_path} đang đặt mật khẩu; hãy đặt khóa không có mật khẩu."
        ) from None
    except ValueError:
        raise TlsError(f"Tệp {key_path} không phải khóa dạng PEM.") from None
    if key.public_key() != certificate.public_key():
        raise TlsError(f"Khóa {key_path} không phải khóa của chứng thư {cert_path}.")


def _generate(names: Sequence[str], addresses: Sequence[str]) -> tuple[bytes, bytes]:
    """Return (certificate, private key) in PEM: ECDSA P-256, self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    host = _dns_name(socket.gethostname()) or "localhost"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{_OURS}{host}"[:64])])
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
    start = clock.now() - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
