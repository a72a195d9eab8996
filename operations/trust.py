"""Whom we believe, changed by a person: every file that comes or goes is in the log.

The files are judged before (`signing/trust/intake.py`); here they are put in place and recorded.
What is taken away is moved, never deleted, and the words of the person are kept beside it, because
the log has only their hash.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations import settings
from operations.transactions import Refused, transaction

NOUN = "trust"
HOSTS = "trust.hosts"
NOTES = "ghi-chu.jsonl"
REMOVED = "removed"
FOLDERS = ("roots", "stamp-roots", "intermediates", "crls")
SHORTEST_WORDS, LONGEST_WORDS = 10, 500
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True)
class Note:
    """What somebody said when they changed the trust directory."""

    at: str
    what: str
    sha256: str
    name: str
    words: str
    user_id: int | None


def add_certificate(
    session: Session,
    *,
    actor: Actor,
    trust: Path,
    folder: str,
    der: bytes,
    name: str,
    words: str,
) -> str:
    """Put an authority's certificate (DER) in place; `words` say what it was compared with.

    `folder` is "roots", "stamp-roots" (for time stamps only) or "intermediates", `name` the
    authority's, for the notes. Returns its
    SHA-256. Raises `Refused` when it is there already or the words are too short, `OSError`.
    """
    said = _enough(words, "Ghi rõ dấu vân tay đã được đối chiếu với nguồn nào")
    sha256 = hashlib.sha256(der).hexdigest()
    target = trust / folder / f"{sha256[:32]}.cer"
    with transaction(session):
        if target.exists():
            raise Refused("Chứng thư này đã có trong thư mục tin cậy.")
        what = "issuing_added" if folder == "intermediates" else "root_added"
        _record(session, actor, what, sha256, said)
        _write(target, der)
        _note(trust, actor, what, sha256, name, said)
    return sha256


def add_list(
    session: Session,
    *,
    actor: Actor,
    trust: Path,
    der: bytes,
    name: str,
    replaces: Sequence[str],
    fetched: bool,
) -> str:
    """Put a revocation list (DER) in place of older ones of the same kind; returns its SHA-256."""
    sha256 = hashlib.sha256(der).hexdigest()
    with transaction(session):
        what = "list_fetched" if fetched else "list_added"
        _record(session, actor, what, sha256, "")
        _write(trust / "crls" / f"{sha256[:32]}.crl", der)
        for old in replaces:
            _move_away(trust, "crls", old)
        _note(trust, actor, what, sha256, name, "")
    return sha256


def add_answer(
    session: Session, *, actor: Actor, trust: Path, der: bytes, name: str, about: str
) -> str:
    """Put an OCSP answer (DER) in place of an older one about the same certificate.

    `about` is the certificate's SHA-256, `name` whose it is, for the notes. Returns the SHA-256 of
    the answer. Raises `OSError`.
    """
    sha256 = hashlib.sha256(der).hexdigest()
    file = f"{about[:32]}.ocsp"
    with transaction(session):
        _record(session, actor, "answer_fetched", sha256, "")
        if (trust / "ocsps" / file).exists():
            _move_away(trust, "ocsps", file)
        _write(trust / "ocsps" / file, der)
        _note(trust, actor, "answer_fetched", sha256, name, "")
    return sha256


def remove(
    session: Session, *, actor: Actor, trust: Path, folder: str, file: str, name: str, reason: str
) -> None:
    """Take a file out of use. Raises `Refused` without a reason or when the file is gone.

    The practice root goes with the practice data (`cli init --empty`), not here.
    """
    said = _enough(reason, "Ghi rõ lý do bỏ")
    path = trust / folder / file
    if folder not in FOLDERS or Path(file).name != file:
        raise Refused("Tệp này không bỏ được tại đây.")
    with transaction(session):
        if not path.is_file():
            raise Refused("Tệp này không còn trong thư mục tin cậy.")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        what = {
            "roots": "root_removed",
            "stamp-roots": "root_removed",
            "intermediates": "issuing_removed",
        }.get(folder)
        _record(session, actor, what or "list_removed", sha256, said)
        _move_away(trust, folder, file)
        _note(trust, actor, what or "list_removed", sha256, name, said)


def hosts_of(session: Session) -> tuple[str, ...]:
    """The services that may be asked for lists; empty: nothing is ever asked."""
    return tuple(settings.value_of(session, HOSTS).split())


def set_hosts(session: Session, *, actor: Actor, hosts: Sequence[str]) -> None:
    """Keep which services may be asked. Raises `Refused` for what is not the name of a host."""
    wanted = tuple(dict.fromkeys(host.lower() for host in hosts))
    wrong = [host for host in wanted if not _HOST.fullmatch(host)]
    if wrong:
        raise Refused(f"“{wrong[0]}” không phải tên máy chủ (ví dụ ca.gov.vn, không có http://).")
    if len(" ".join(wanted)) > LONGEST_WORDS:
        raise Refused("Danh sách máy chủ quá dài.")
    with transaction(session):
        settings.keep(session, HOSTS, " ".join(wanted))
        audit.record(
            session, "setting.changed", actor=actor, noun="setting", object_id=HOSTS, name=HOSTS
        )


def notes(trust: Path, most: int = 30) -> list[Note]:
    """What was changed, the newest first."""
    try:
        lines = (trust / NOTES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return list(_read(reversed(lines[-most:])))


def _read(lines: Iterator[str]) -> Iterator[Note]:
    for line in lines:
        try:
            yield Note(**json.loads(line))
        except (ValueError, TypeError):
            continue  # Half a line after a power cut; the log has the event or never had it.


def _enough(words: str, wanted: str) -> str:
    said = " ".join(words.split())
    if not SHORTEST_WORDS <= len(said) <= LONGEST_WORDS:
        raise Refused(f"{wanted}, từ {SHORTEST_WORDS} đến {LONGEST_WORDS} ký tự.")
    return said


def _record(session: Session, actor: Actor, what: str, sha256: str, words: str) -> None:
    audit.record(
        session,
        "trust.changed",
        actor=actor,
        noun=NOUN,
        object_id=sha256,
        document_sha256=sha256,
        what=what,
        reason_sha256=audit.sealed(words),
    )


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".new")
    partial.write_bytes(content)
    os.replace(partial, target)


def _move_away(trust: Path, folder: str, file: str) -> None:
    away = trust / REMOVED / folder
    away.mkdir(parents=True, exist_ok=True)
    os.replace(trust / folder / file, away / file)


def _note(trust: Path, actor: Actor, what: str, sha256: str, name: str, words: str) -> None:
    line = {
        "at": actor.at.isoformat(),
        "what": what,
        "sha256": sha256,
        "name": name,
        "words": words,
        "user_id": actor.user_id,
    }
    with (trust / NOTES).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
