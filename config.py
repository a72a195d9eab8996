"""Settings of one installation: environment first, then files under `instance/`.

Secrets are made at random on the first start and kept in `instance/keys/`, outside the database, so
that a copy of the database alone opens no citizen id and signs no ticket.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
DEFAULT_PORT = 17990
DEFAULT_AGENT_PORT = 17995


class ConfigError(Exception):
    """The installation cannot start; the message is a Vietnamese sentence for the person."""


@dataclass(frozen=True)
class Config:
    """Everything that differs between installations. Paths are absolute."""

    instance: Path
    database_url: str
    secret_key: str
    citizen_key: bytes
    identity_key: bytes  # the Ed25519 key that signing agents pin
    server_name: str = "Sổ Token"
    behind_tls: bool = False
    testing: bool = False
    session_idle_minutes: int = 60
    session_hours: int = 12
    reauthentication_minutes: int = 10
    upload_limit_bytes: int = 40 * 1024 * 1024
    agent_port: int = DEFAULT_AGENT_PORT
    port: int = DEFAULT_PORT  # where this server is reached on its own computer
    tls_sha256: str = ""  # of the TLS leaf, hexadecimal; stated to agents at pairing

    @property
    def keys(self) -> Path:
        """Folder of the installation's secrets; never backed up together with the database."""
        return self.instance / "keys"

    @property
    def trust(self) -> Path:
        """Folder of roots, intermediates and revocation lists (see `signing/trust`)."""
        return self.instance / "trust"

    @property
    def practice(self) -> bool:
        """True while practice data exist: banner on every page, server on loopback only."""
        return (self.instance / "practice").is_dir()

    @property
    def mail_password(self) -> str:
        """The password of the office's mail server; "" when none was entered. Outside the database,
        so that a copy of the database opens no mailbox.
        """
        file = self.keys / "smtp.password"
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def keep_mail_password(self, password: str) -> None:
        """Keep the password of the mail server where only the service can read it."""
        file = self.keys / "smtp.password"
        file.touch(mode=0o600, exist_ok=True)
        file.write_text(password, encoding="utf-8")

    def secret_of(self, name: str) -> str:
        """A password kept under a name, outside the database; "" when none was entered."""
        file = self.keys / f"{name}.password"
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def keep_secret(self, name: str, password: str) -> None:
        """Keep a password where only the service can read it; an empty one takes it away."""
        file = self.keys / f"{name}.password"
        if not password:
            file.unlink(missing_ok=True)
            return
        file.touch(mode=0o600, exist_ok=True)
        file.write_text(password, encoding="utf-8")

    @classmethod
    def load(cls, instance: Path | None = None, **overrides: object) -> "Config":
        """Read the settings, making the secrets when they do not exist yet.

        Raises `OSError` when the instance folder cannot be written, `ConfigError` when a key is
        damaged, or is gone although there are data that it protects.
        """
        folder = Path(
            instance or os.environ.get("SO_TOKEN_INSTANCE") or ROOT / "instance"
        ).resolve()
        keys = folder / "keys"
        if not keys.is_dir():  # Once: an administrator may open the folder again, for a copy.
            keys.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(PermissionError):  # Somebody else's folder that we may write into.
                folder.chmod(0o700)
        values: dict[str, object] = {
            "instance": folder,
            "database_url": os.environ.get("DATABASE_URL")
            or f"sqlite:///{folder / 'so_token.sqlite'}",
            "secret_key": secret_file(keys / "session.key").hex(),
            "citizen_key": _citizen_key(keys, folder / "so_token.sqlite"),
            "identity_key": secret_file(keys / "server_identity.key"),
            "server_name": os.environ.get("SO_TOKEN_NAME", "Sổ Token"),
            "behind_tls": os.environ.get("SO_TOKEN_TLS") == "1",
            "tls_sha256": os.environ.get("SO_TOKEN_TLS_SHA256", ""),
            "agent_port": _port("SO_TOKEN_AGENT_PORT", DEFAULT_AGENT_PORT),
            "port": _port("SO_TOKEN_PORT", DEFAULT_PORT),
        }
        values.update(overrides)
        return cls(**values)  # type: ignore[arg-type] # keyword names are checked by the dataclass


def _citizen_key(keys: Path, database: Path) -> bytes:
    """The key of the citizen ids: a new one only where nothing can be sealed with another yet."""
    path = keys / "citizen_id.key"
    if not path.exists() and database.exists():
        raise ConfigError(
            f"Thiếu tệp khóa {path.name} của cơ sở dữ liệu đang có. Hãy khôi phục tệp này từ bản "
            "sao lưu."
        )
    return secret_file(path)


def _port(name: str, usual: int) -> int:
    typed = os.environ.get(name) or str(usual)
    if typed.isascii() and typed.isdigit() and 0 < int(typed) < 65536:
        return int(typed)
    raise ConfigError(f"{name} phải là một số cổng từ 1 đến 65535.")


def secret_file(path: Path) -> bytes:
    """Return the 32 secret bytes kept in `path`, making them when the file is absent.

    Two programs that start at once agree on one key. Raises `ConfigError` when the file exists with
    another length: making a new key would silently lose what the old one protects.
    """
    if not path.exists():
        _make_secret(path)
    value = path.read_bytes()
    if len(value) != 32:
        raise ConfigError(f"Tệp khóa {path.name} bị hỏng. Hãy khôi phục tệp này từ bản sao lưu.")
    return value


def _make_secret(path: Path) -> None:
    """Write a new secret, whole and on the disk before it has its name; the first one stays."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # owner only
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(32))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(partial, path)  # Unlike a rename it never takes the place of another's key.
        except FileExistsError:
            return
        except OSError:  # FAT knows no links; there the two programs have to start in turn.
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
