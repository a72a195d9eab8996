"""Copies of an installation and the log as a file, as an administrator and an auditor use them."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import audit
from config import ROOT
from extensions import db
from models import AuditEvent, LoginSession, User
from operations import backups, exports
from operations.transactions import Refused
from tests.cast import NOW
from tests.practice.fixtures import application
from tests.test_cli import Run, begin, one_sentence, run  # noqa: F401


def auditors_script() -> str:
    """The lines of Python that the how-to page gives to an auditor."""
    page = (ROOT / "docs/how-to/audit.md").read_text(encoding="utf-8")
    return page.split("```python\n")[1].split("```")[0]


def audited(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the page's script alone, in another folder, without anything of ours."""
    script = folder / "kiem_tra.py"
    script.write_text(auditors_script(), encoding="utf-8")
    command = [sys.executable, "-I", "-X", "utf8", str(script), str(file)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_an_auditor_checks_the_exported_log_with_ten_lines_and_nothing_of_ours(
    run: Run,  # noqa: F811
    instance: Path,
    tmp_path: Path,
) -> None:
    begin(run)
    out = tmp_path / "nhat-ky.jsonl"
    status, said, errors = run("audit", "export", "--out", str(out), "--json")
    assert status == 0, errors
    told = json.loads(said)
    assert told["events"] == 3
    checked = audited(out, tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert f"3 sự kiện nối tiếp đúng; mã cuối: 3:{told['head'][:16]}" in checked.stdout
    with application(instance):
        last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
        assert last is not None
        assert (last.event, last.document_sha256) == ("audit.exported", told["sha256"])
    lines = out.read_text(encoding="utf-8").splitlines(keepends=True)
    for place, spoiled in enumerate(
        (
            [lines[0], lines[1].replace("hệ thống", "máy khác"), lines[2]],
            [lines[0], lines[2]],
            [lines[1], lines[0], lines[2]],
        )
    ):
        forged = tmp_path / f"sua-{place}.jsonl"
        forged.write_text("".join(spoiled), encoding="utf-8")
        assert "SAI tại dòng" in audited(forged, tmp_path).stderr
    status, _, errors = run("audit", "export", "--out", str(out))
    assert status == 1
    assert one_sentence(errors)


def test_a_backup_comes_back_whole_without_keys_and_without_open_logins(
    run: Run,  # noqa: F811
    instance: Path,
    tmp_path: Path,
) -> None:
    begin(run)
    (instance / "trust" / "roots").mkdir(parents=True)
    (instance / "trust" / "roots" / "goc.cer").write_bytes(b"root")
    (instance / "tls").mkdir()
    (instance / "tls" / "key.pem").write_bytes(b"secret")
    (instance / "tls" / "ten-them.txt").write_text("so-token.xa-thu.example\n")
    (instance / "start.lock-journal").write_bytes(b"of a server that runs")
    (instance / "bundle").mkdir()
    (instance / "bundle" / "trinh-ky-so-windows.zip").write_bytes(b"made again by one command")
    with application(instance):
        user = db.session.scalars(select(User)).one()
        times = {"created_at": NOW, "seen_at": NOW, "reauthenticated_at": NOW}
        open_login = LoginSession(
            user_id=user.id, key_hash="a" * 64, address="", browser="", **times
        )
        db.session.add(open_login)
        db.session.commit()
    file, folder = tmp_path / "sao-luu.zip", tmp_path / "khoi-phuc"
    status, said, errors = run("backup", str(file), "--json")
    assert status == 0, errors
    assert "không có khóa" in errors
    made = json.loads(said)
    with zipfile.ZipFile(file) as whole:
        names = set(whole.namelist())
    assert "trust/roots/goc.cer" in names
    assert [name for name in names if name.startswith("tls/")] == ["tls/ten-them.txt"]
    left_out = ("keys/", "logs/", "start.", "bundle/")
    assert not [name for name in names if name.startswith(left_out)]
    status, said, errors = run("restore", str(file), "--into", str(folder))
    assert status == 0, errors
    assert "chép thư mục keys của máy cũ" in said
    (folder / "keys").mkdir()
    for key in (instance / "keys").iterdir():
        (folder / "keys" / key.name).write_bytes(key.read_bytes())
    with application(folder):
        assert audit.verify(db.session()).sound
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        assert events[-1].event == "backup.restored"
        assert events[-1].document_sha256 == made["sha256"]
        assert None not in db.session.scalars(select(LoginSession.ended_at)).all()
    with application(instance):
        assert db.session.scalars(select(LoginSession.ended_at)).all() == [None]
        last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
        assert last is not None
        assert (last.event, last.body) == ("backup.made", '{"with_keys":false}')


def test_a_backup_that_took_long_does_not_look_like_a_clock_put_back(
    run: Run,  # noqa: F811
    instance: Path,
    tmp_path: Path,
) -> None:
    begin(run)
    meanwhile = NOW + timedelta(minutes=20)
    with application(instance) as app:
        session, settings = db.session(), app.extensions["so_token"]
        exports.log_exported(
            session, actor=audit.system_actor(meanwhile), events=3, sha256="a" * 64
        )
        backups.make(
            session,
            actor=audit.system_actor(NOW),
            instance=instance,
            database_url=settings.database_url,
            out=tmp_path / "sao-luu.zip",
            with_keys=False,
            version="1",
            clock=lambda: meanwhile + timedelta(minutes=1),
        )
        assert audit.verify(session).set_back == ()


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("database or disk is full", "Ổ đĩa đã đầy"),
        ("attempt to write a readonly database", "chỉ cho đọc"),
        ("NOT NULL constraint failed: person.full_name", "Không làm việc được"),
    ],
)
def test_a_disk_that_takes_no_copy_is_one_sentence(
    run: Run,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: str,
    sentence: str,
) -> None:
    begin(run)

    def write(*_: object) -> None:
        raise sqlite3.OperationalError(told)  # As SQLite says it; no test fills a disk.

    monkeypatch.setattr(backups, "_write", write)
    status, _, errors = run("backup", str(tmp_path / "sao-luu.zip"))
    assert status == 1
    assert sentence in errors
    assert one_sentence(errors)
    assert not (tmp_path / "sao-luu.zip").exists()


def test_keys_go_into_a_backup_only_when_asked_for_and_with_a_warning(
    run: Run,  # noqa: F811
    instance: Path,
    tmp_path: Path,
) -> None:
    begin(run)
    file, folder = tmp_path / "sao-luu.zip", tmp_path / "khoi-phuc"
    status, _, errors = run("backup", str(file), "--with-keys")
    assert status == 0
    assert "CẢNH BÁO: bản sao lưu này có khóa" in errors
    assert run("restore", str(file), "--into", str(folder))[0] == 0
    kept = (folder / "keys" / "citizen_id.key").read_bytes()
    assert kept == (instance / "keys" / "citizen_id.key").read_bytes()


def test_a_backup_is_refused_where_it_would_do_harm(
    run: Run,  # noqa: F811
    instance: Path,
    tmp_path: Path,
) -> None:
    begin(run)
    there = tmp_path / "da-co.zip"
    there.write_bytes(b"an older copy")
    for where in (there, instance / "sao-luu.zip"):
        status, _, errors = run("backup", str(where))
        assert (status, one_sentence(errors)) == (1, True)
    assert there.read_bytes() == b"an older copy"
    assert not (instance / "sao-luu.zip").exists()
    full = tmp_path / "day"
    full.mkdir()
    (full / "tep").write_text("x", encoding="utf-8")
    good = tmp_path / "tot.zip"
    assert run("backup", str(good))[0] == 0
    status, _, errors = run("restore", str(good), "--into", str(full))
    assert (status, one_sentence(errors)) == (1, True)
    assert [one.name for one in full.iterdir()] == ["tep"]


def rewritten(good: Path, out: Path, change: str) -> Path:
    """A copy that somebody spoiled: a file, the list, or the log inside."""
    with zipfile.ZipFile(good) as whole:
        contents = {name: whole.read(name) for name in whole.namelist()}
    listed = json.loads(contents[backups.LIST])
    if change == "file":
        contents[backups.DATABASE] = contents[backups.DATABASE][:-4096] + bytes(4096)
    elif change == "name":
        listed["files"]["../ngoai"] = "0" * 64
        contents["../ngoai"] = b"x"
    elif change == "head":
        listed["head"] = "0" * 64
    elif change == "format":
        listed["format"] = 99
    contents[backups.LIST] = json.dumps(listed).encode()
    with zipfile.ZipFile(out, "w") as whole:
        for name, content in contents.items():
            whole.writestr(name, content)
    return out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("file", "đã bị thay đổi"),
        ("name", "tên tệp không an toàn"),
        ("head", "Nhật ký trong bản sao lưu không toàn vẹn"),
        ("format", "phiên bản khác"),
    ],
)
def test_a_spoiled_backup_restores_nothing_and_says_why(
    run: Run,  # noqa: F811
    tmp_path: Path,
    change: str,
    why: str,
) -> None:
    begin(run)
    good, folder = tmp_path / "tot.zip", tmp_path / "khoi-phuc"
    assert run("backup", str(good))[0] == 0
    bad = rewritten(good, tmp_path / "hong.zip", change)
    with pytest.raises(Refused, match=why):
        backups.restore(bad, folder, actor=audit.system_actor(NOW))
    assert not folder.exists()
    assert not (tmp_path / "ngoai").exists()


def test_the_certificate_of_the_server_is_shown_and_renewed_by_one_command(
    run: Run,  # noqa: F811
    instance: Path,
) -> None:
    status, _, errors = run("tls")
    assert status == 1
    assert one_sentence(errors)
    status, said, errors = run("tls", "--renew", "--name", "so-token.xa-thu.example")
    assert status == 0, errors
    assert "so-token.xa-thu.example" in said
    _, again, _ = run("tls", "--renew")
    assert "so-token.xa-thu.example" in again
    assert again.split("SHA-256: ")[1] != said.split("SHA-256: ")[1]
    assert run("tls")[1].split("SHA-256: ")[1] in again.split("SHA-256: ")[1]
    assert run("tls", "--name", "không phải tên")[0] == 1
    same = run("tls", "--name", "so-token.xa-thu.example")[1]  # It is in it already.
    assert same == run("tls")[1]
    more = run("tls", "--name", "so-token.khac.example")[1]
    assert "so-token.khac.example" in more
    assert "chạy lại" in more
