"""Copies of a whole installation: made while it runs, proven by restoring them, and restored.

A copy is one ZIP file: the database as SQLite's own backup interface gives it (one instant, however
much is written meanwhile), the files of the instance folder, and a list of all of them with their
SHA-256 and the head of the log. Keys are left out unless asked for: whoever has the database and
its keys can read citizen ids and speak for the server.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import Engine, create_engine, update
from sqlalchemy.orm import Session

import audit
from extensions import tune_sqlite
from models import LoginSession
from operations.transactions import Refused, transaction

NOUN = "installation"
DATABASE = "so_token.sqlite"
LIST = "danh-sach.json"
FORMAT = 1
SECRETS = ("keys", "tls")
"""Folders that hold private keys of the office. The practice folder holds keys too, but they have
no legal value, and without it practice data would pass for an office's."""
_ADDED_NAMES = "tls/ten-them.txt"
"""Names that the administrator added to the server's certificate: the next one needs them too."""
_LEFT_OUT = ("logs", "kept", "bundle")
"""What the program makes again: the bundle of the agent is 23 MB, and of this version only."""
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Copy:
    """What a copy holds: its own SHA-256, files beside the database, the log at that instant."""

    sha256: str
    files: int
    with_keys: bool
    events: int
    head: str


def make(
    session: Session,
    *,
    actor: audit.Actor,
    instance: Path,
    database_url: str,
    out: Path,
    with_keys: bool,
    version: str,
    clock: Callable[[], datetime],
) -> Copy:
    """Write a copy of the installation to `out`, restore it once to be sure, and log that.

    `version` is that of the program. A copy may take long and others write their events meanwhile,
    so that ours has the time at which it is finished, of `clock`: at its beginning's, the log would
    look as if the clock had been put back. Raises `Refused` when `out` exists or lies in the
    instance folder, the database is no file of SQLite, or the copy does not stand the trial;
    `OSError`.
    """
    source = _database_file(database_url)
    if out.exists():
        raise Refused(f"Đã có tệp {out.name}; hãy chọn tên khác, bản sao lưu cũ không bị ghi đè.")
    if out.resolve().is_relative_to(instance.resolve()):
        raise Refused("Đặt bản sao lưu ở ngoài thư mục instance, tốt nhất là trên ổ đĩa khác.")
    session.rollback()  # Nothing of ours may stand between the copy and the writers.
    partial = out.with_name(out.name + ".dang-ghi")
    try:
        with tempfile.TemporaryDirectory(dir=out.resolve().parent) as room:
            made = _write(source, instance, partial, Path(room), with_keys, version, actor)
            with tempfile.TemporaryDirectory(dir=room) as trial:
                _unpack(partial, Path(trial))
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    with transaction(session):
        audit.record(
            session,
            "backup.made",
            actor=replace(actor, at=clock()),
            noun=NOUN,
            object_id=1,
            document_sha256=made.sha256,
            with_keys=with_keys,
        )
    return made


def _database_file(url: str) -> Path:
    prefix = "sqlite:///"
    if not url.startswith(prefix):
        raise Refused(
            "Cơ sở dữ liệu này không phải SQLite: hãy sao lưu bằng pg_dump của PostgreSQL, và chép "
            "riêng thư mục instance."
        )
    return Path(url.removeprefix(prefix))


def _write(
    source: Path,
    instance: Path,
    partial: Path,
    room: Path,
    with_keys: bool,
    version: str,
    actor: audit.Actor,
) -> Copy:
    copy = room / DATABASE
    with closing(sqlite3.connect(source)) as running, closing(sqlite3.connect(copy)) as target:
        running.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        events, head = target.execute("SELECT seq, hash FROM audit_head").fetchone()
    hashes: dict[str, str] = {}
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w+b") as stream:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as whole:
            for name, file in ((DATABASE, copy), *_files(instance, source, with_keys)):
                whole.write(file, name)
                with whole.open(name) as written:  # what is in the copy, not what changed since
                    hashes[name] = _sha256(written)
            listed = {
                "format": FORMAT,
                "version": version,
                "made_at": actor.at.isoformat(),
                "with_keys": with_keys,
                "events": events,
                "head": head,
                "files": hashes,
            }
            whole.writestr(LIST, json.dumps(listed, ensure_ascii=False, indent=1))
        stream.flush()
        os.fsync(stream.fileno())
        stream.seek(0)
        return Copy(_sha256(stream), len(hashes) - 1, with_keys, events, head)


def _files(instance: Path, database: Path, with_keys: bool) -> Iterator[tuple[str, Path]]:
    """The files of the instance folder that belong into a copy, by their names in it."""
    left_out = {*_LEFT_OUT, *(() if with_keys else SECRETS)}
    for file in sorted(instance.rglob("*")):
        place = file.relative_to(instance)
        whose = file.name.startswith(database.name) and file.parent == database.parent
        secret = place.parts[0] in left_out and place.as_posix() != _ADDED_NAMES
        if whose or secret or file.suffix.startswith(".lock"):
            continue
        if file.is_file() and not file.is_symlink():
            yield place.as_posix(), file


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def restore(file: Path, folder: Path, *, actor: audit.Actor) -> Copy:
    """Unpack a copy into a new or empty folder, prove it, and log there where it came from.

    Login sessions of the copy are ended: some were ended on purpose after it was made. Raises
    `Refused` when the folder is in use or the file is no sound copy of ours; `OSError`.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"Thư mục {folder} đã có nội dung; hãy khôi phục vào một thư mục trống.")
    with file.open("rb") as stream:
        sha256 = _sha256(stream)
    fresh = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        listed = _unpack(file, folder)
        _log_restored(folder / DATABASE, actor, sha256)
    except BaseException:
        for each in folder.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        if fresh:
            folder.rmdir()
        raise
    return Copy(
        sha256,
        len(listed["files"]) - 1,
        bool(listed["with_keys"]),
        int(listed["events"]),
        str(listed["head"]),
    )


def _unpack(file: Path, folder: Path) -> dict[str, Any]:
    """Write every file of a copy, compare each with the list, and check database and log."""
    try:
        with zipfile.ZipFile(file) as whole:
            listed: dict[str, Any] = json.loads(whole.read(LIST))
            if listed["format"] != FORMAT or DATABASE not in listed["files"]:
                raise Refused("Bản sao lưu này do một phiên bản khác của phần mềm tạo ra.")
            for name, expected in listed["files"].items():
                _unpack_one(whole, str(name), str(expected), folder)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise Refused(f"Tệp {file.name} không phải bản sao lưu, hoặc đã bị hỏng.") from error
    _prove(folder / DATABASE, int(listed["events"]), str(listed["head"]))
    return listed


def _unpack_one(whole: zipfile.ZipFile, name: str, expected: str, folder: Path) -> None:
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        raise Refused(f"Bản sao lưu có tên tệp không an toàn: {name}.")
    target = folder.joinpath(*parts)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with whole.open(name) as stream, os.fdopen(descriptor, "wb") as out:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != expected:
        raise Refused(f"Tệp {name} trong bản sao lưu đã bị thay đổi.")


def _prove(database: Path, events: int, head: str) -> None:
    """The database is sound and its log is whole up to the head that the list names."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone() is not None
    except sqlite3.DatabaseError as error:
        raise Refused("Cơ sở dữ liệu trong bản sao lưu không đọc được.") from error
    if not sound or dangling:
        raise Refused("Cơ sở dữ liệu trong bản sao lưu không toàn vẹn.")
    engine = _engine(database)
    try:
        with Session(engine) as session:
            result = audit.verify(session)
    finally:
        engine.dispose()
    if not result.sound or (result.events, result.head) != (events, head):
        why = result.reason or "khác với danh sách kèm theo"
        raise Refused(f"Nhật ký trong bản sao lưu không toàn vẹn: {why}.")


def _log_restored(database: Path, actor: audit.Actor, sha256: str) -> None:
    engine = _engine(database)
    try:
        with Session(engine) as session, transaction(session):
            session.execute(
                update(LoginSession)
                .where(LoginSession.ended_at.is_(None))
                .values(ended_at=actor.at)
            )
            audit.record(
                session,
                "backup.restored",
                actor=actor,
                noun=NOUN,
                object_id=1,
                document_sha256=sha256,
            )
    finally:
        engine.dispose()


def _engine(database: Path) -> Engine:
    engine = create_engine(f"sqlite:///{database}")
    tune_sqlite(engine)
    return engine


def as_words(copy: Copy) -> dict[str, Any]:
    """A copy as plain data, for programs."""
    return asdict(copy)
