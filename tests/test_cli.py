"""The commands as a person types them: what they do, and the one sentence when they cannot."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import select, text

import audit
import cli
import regulations
from config import ROOT
from extensions import db
from models import Agency, AuditEvent, User
from operations.transactions import transaction
from practice import authority, build
from rules.permissions import Role
from rules.token_logins import TokenLogin
from tests.cast import NOW
from tests.practice.fixtures import application, practice_copy, practice_instance  # noqa: F401

Run = Callable[..., tuple[int, str, str]]
NAME = "Ủy ban nhân dân xã Thử Nghiệm C"


@pytest.fixture
def run(instance: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the test's own instance (or `folder`): exit status, output, errors."""
    monkeypatch.setenv("SO_TOKEN_NOW", NOW.isoformat())
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def running(*arguments: str, folder: Path = instance) -> tuple[int, str, str]:
        monkeypatch.setenv("SO_TOKEN_INSTANCE", str(folder))
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        said = capsys.readouterr()
        if isinstance(end.value.code, str):
            return 1, said.out, said.err + end.value.code
        return int(end.value.code or 0), said.out, said.err

    return running


def one_sentence(said: str) -> bool:
    """One line, Vietnamese, and nothing of Python."""
    return len(said.strip().splitlines()) == 1 and not said.isascii() and "Error" not in said


def begin(run: Run, **where: Path) -> None:
    status, _, errors = run("init", "--yes", "--agency", NAME, **where)
    assert status == 0, errors


def test_the_only_administrator_who_lost_the_token_gets_a_code_at_the_servers_terminal(
    run: Run,
    practice_copy: Path,  # noqa: F811
) -> None:
    status, told, _ = run("users", "list", folder=practice_copy)
    assert status == 0
    assert "lanhdao.dong" in told
    assert "Bằng mật khẩu hoặc bằng thiết bị" in told  # the practice leader may try it
    code = ("users", "emergency", "quantri", "--reason", "mất thiết bị ngày 20/11")
    status, _, errors = run(*code, folder=practice_copy)
    assert status == 1
    assert "không cần mã khẩn cấp" in errors
    with application(practice_copy):
        with transaction(db.session()):
            user = db.session.scalars(select(User).where(User.username == "quantri")).one()
            user.token_login_mode = TokenLogin.ONLY
    status, told, _ = run(*code, folder=practice_copy)
    assert status == 0
    assert re.search(r"Mã khẩn cấp của quantri: ([0-9A-Z]{4}-){4}[0-9A-Z]{4}", told)
    assert "24 giờ" in told
    with application(practice_copy):
        last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
        assert last is not None
        assert last.event == "account.emergency_code_issued"
    status, _, errors = run(
        "users", "emergency", "khong-co", "--reason", "x" * 20, folder=practice_copy
    )
    assert status == 1
    assert "Không có tài khoản nào" in errors


def test_init_makes_one_agency_and_one_administrator_who_must_change_the_password(
    run: Run, instance: Path
) -> None:
    status, said, _ = run("init", "--yes", "--agency", NAME, "--username", "quantri")
    assert status == 0
    assert "mật khẩu dùng một lần" in said
    with application(instance):
        assert db.session.scalars(select(Agency.name)).all() == [NAME]
        user = db.session.scalars(select(User)).one()
        assert user.must_change_password
        assert [grant.role for grant in user.grants] == [Role.ADMINISTRATOR]
        events = db.session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
        assert events == ["installation.created", "agency.created", "account.created"]
        password = said.rsplit("mật khẩu dùng một lần: ", 1)[1].split()[0]
        assert password not in str(db.session.scalars(select(AuditEvent.body)).all())


@pytest.mark.parametrize("more", [(), ("--empty",)])
def test_init_refuses_a_second_office_and_leaves_the_first_as_it_is(
    run: Run, instance: Path, more: tuple[str, ...]
) -> None:
    begin(run)
    status, _, errors = run("init", "--yes", "--agency", "Cơ quan khác", *more)
    assert status == 1
    assert f"đã có sổ của {NAME}" in errors
    assert one_sentence(errors)
    with application(instance):
        assert db.session.scalars(select(Agency.name)).all() == [NAME]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [(("--username", "ă !"), "Tên đăng nhập"), (("--agency", "  "), "Nhập tên cơ quan")],
)
def test_init_with_unusable_names_changes_nothing(
    run: Run, instance: Path, typed: tuple[str, ...], expected: str
) -> None:
    status, _, errors = run("init", "--yes", "--agency", NAME, *typed)
    assert status == 1
    assert expected in errors
    with application(instance):
        assert db.session.scalar(select(Agency.id)) is None
        assert audit.verify(db.session()).events == 0


def test_init_asks_before_it_does_anything(
    run: Run, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    status, _, errors = run("init", "--agency", NAME)
    assert status == 1
    assert "Đã dừng" in errors
    with application(instance):
        assert db.session.scalar(select(Agency.id)) is None


def test_init_on_practice_data_needs_the_word_that_removes_them(
    run: Run,
    practice_copy: Path,  # noqa: F811
) -> None:
    status, _, errors = run("init", "--yes", "--agency", NAME, folder=practice_copy)
    assert status == 1
    assert "--empty" in errors
    assert one_sentence(errors)
    assert (practice_copy / "practice" / "id").exists()
    with application(practice_copy):
        assert "practice.created" in db.session.scalars(select(AuditEvent.event)).all()


def test_init_empty_takes_all_practice_data_away_and_nothing_of_the_office(
    run: Run,
    practice_copy: Path,  # noqa: F811
) -> None:
    real_root = practice_copy / "trust" / "roots" / "goc-that.crt"
    real_list = practice_copy / "trust" / "crls" / "that.crl"
    real_root.parent.mkdir()
    for path in (real_root, real_list):
        path.write_bytes(b"made up")
    (practice_copy / build.SITE).mkdir()
    (practice_copy / build.SITE / "half").write_bytes(b"left over")
    keys = {path.name: path.read_bytes() for path in (practice_copy / "keys").iterdir()}

    status, _, errors = run("init", "--empty", "--yes", "--agency", NAME, folder=practice_copy)

    assert status == 0, errors
    assert not (practice_copy / build.FOLDER).exists()
    assert not (practice_copy / build.SITE).exists()
    left = {path.name for path in (practice_copy / "trust").rglob("*") if path.is_file()}
    assert left == {"goc-that.crt", "that.crl"}
    assert authority.ROOT_FILE not in left
    assert keys == {path.name: path.read_bytes() for path in (practice_copy / "keys").iterdir()}
    with application(practice_copy):
        assert db.session.scalars(select(Agency.name)).all() == [NAME]
        assert audit.verify(db.session()).events == 4


def test_init_empty_never_removes_an_offices_data_for_a_folder_left_beside_them(
    run: Run, instance: Path
) -> None:
    begin(run)
    (instance / build.FOLDER).mkdir()
    status, _, errors = run("init", "--empty", "--yes", "--agency", "Cơ quan khác")
    assert status == 1
    assert "sổ của cơ quan" in errors
    assert (instance / build.FOLDER).exists()
    with application(instance):
        assert db.session.scalars(select(Agency.name)).all() == [NAME]


@pytest.mark.postgresql
def test_practice_data_leave_a_postgresql_database_without_taking_what_is_not_ours(
    instance: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with application(instance):
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE of_another_program (name text)"))
        upgrade()
        with transaction(db.session()) as session:
            audit.record(
                session,
                "practice.created",
                actor=audit.system_actor(NOW),
                noun="practice",
                object_id="x",
                people=0,
                devices=0,
                certificates=0,
            )
    done = as_start_py(instance, "init", "--empty", "--yes", "--agency", NAME)
    assert done.returncode == 0, done.stderr
    with application(instance):
        assert db.session.scalars(select(Agency.name)).all() == [NAME]
        assert db.session.execute(text("SELECT count(*) FROM of_another_program")).scalar() == 0
        assert audit.verify(db.session()).events == 4


def test_users_are_added_and_listed_with_role_and_place(run: Run) -> None:
    begin(run)
    status, said, _ = run("users", "add", "vanthu", "Chị Thử", "--role", "CLERK", "--agency", "GOC")
    assert status == 0
    assert "mật khẩu dùng một lần" in said
    status, said, _ = run("users", "list")
    assert status == 0
    assert f"vanthu: Chị Thử · Văn thư – {NAME}" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("users", "add", "vanthu"), "thiếu HỌ-TÊN"),
        (("users", "add", "a", "b", "--role", "KING", "--agency", "GOC"), "chọn một trong"),
        (("users", "add", "!!", "b", "--role", "CLERK", "--agency", "GOC"), "Tên đăng nhập"),
        (("users", "add", "quantri", "b", "--role", "CLERK", "--agency", "GOC"), "Đã có tài"),
        (("users", "add", "ab", "b", "--role", "CLERK", "--agency", "XX"), "mang mã XX"),
        (("users", "list", "--all"), "không có tùy chọn --all"),
        (("users", "list", "thừa"), "viết chưa đúng"),
        (("nothing",), "không có lệnh nothing"),
        (("run",), "không có lệnh run"),  # Flask's own server is not for an office.
        (("audit", "verify", "--witness", "3"), "không đúng dạng"),
        (("letters", "sample", "--form", "77", "--out", "x.pdf"), "Chưa có Mẫu số 77"),
        (("letters", "sample", "--regulation", "mars", "--out", "x.pdf"), "mang tên mars"),
        (("letters", "sample", "--out", "no-folder/x.pdf"), "không có tệp hay thư mục"),
        (("import", "no-file.cer", "--username", "quantri"), "không đọc hoặc ghi được tệp"),
        (("demo",), "đã có dữ liệu của cơ quan"),
    ],
)
def test_wrong_input_gives_one_vietnamese_sentence(
    run: Run, arguments: tuple[str, ...], expected: str
) -> None:
    begin(run)
    status, said, errors = run(*arguments)
    assert status in (1, 2)
    assert said == ""
    assert expected in errors
    assert one_sentence(errors)


@pytest.mark.parametrize("command", [("users", "list"), ("audit", "verify")])
def test_an_empty_instance_folder_is_told_to_upgrade(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    status, _, errors = run(*command, folder=tmp_path / "new")
    assert status == 1
    assert "db upgrade" in errors
    assert one_sentence(errors)


def test_a_key_file_of_the_wrong_length_stops_every_command(run: Run, instance: Path) -> None:
    (instance / "keys" / "citizen_id.key").write_bytes(b"short")
    status, _, errors = run("users", "list")
    assert status == 1
    assert "citizen_id.key bị hỏng" in errors
    assert one_sentence(errors)


def test_help_offers_nothing_that_only_a_developer_of_flask_knows(run: Run) -> None:
    status, told, _ = run("--help")
    assert status == 0
    assert "--app" not in told
    assert "Flask" not in told


def test_a_port_that_is_none_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SO_TOKEN_AGENT_PORT", "cổng")
    assert "SO_TOKEN_AGENT_PORT" in run("users", "list")[2]


def test_the_log_is_verified_and_gives_a_witness_for_next_time(run: Run, instance: Path) -> None:
    begin(run)
    status, said, _ = run("audit", "verify")
    assert status == 0
    assert "Nhật ký toàn vẹn: 3 sự kiện." in said
    witness = said.split("hãy ghi lại: ")[1].strip()
    assert run("audit", "verify", "--witness", witness)[0] == 0
    with application(instance), db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_event_no_update"))
        connection.execute(text("UPDATE audit_event SET object_id = '7' WHERE seq = 2"))
    status, _, errors = run("audit", "verify")
    assert status == 1
    assert "KHÔNG toàn vẹn tại sự kiện số 2: nội dung đã bị sửa" in errors


def test_regulations_are_checked_and_what_may_only_warn_is_told_in_words(run: Run) -> None:
    status, said, _ = run("regulations", "check")
    assert status == 0
    assert "Mẫu số 04 Phụ lục Nghị định số 68/2024/NĐ-CP" in said
    assert "unlock.processing_working_days: chưa tìm được quy định" in said
    assert "Entry(" not in said
    assert "bac_ninh_60_2025.toml: Quy chế ban hành kèm theo Quyết định số 60/2025/QĐ-UBND." in said
    assert "dong_nai_draft_2026.toml: còn là dự thảo" in said
    assert "thua_thien_hue_2289_2024.toml: chưa xác minh hiệu lực" in said


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            'status = "draft"',
            'status = "maybe"',
            "dong_nai_draft_2026.toml, khóa “instrument.status",
        ),
        ('value = "department"', 'value = "ministry"', "không có nơi nhận “ministry”"),
    ],
)
def test_a_wrong_regulation_ends_the_check_with_an_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, old: str, new: str, named: str
) -> None:
    wrong = {name: text.replace(old, new) for name, text in regulations.texts().items()}
    monkeypatch.setattr(regulations, "texts", lambda: wrong)
    status, _, errors = run("regulations", "check")
    assert status == 1
    assert named in errors


def test_a_sample_letter_is_drawn_and_verified_as_unsigned(run: Run, tmp_path: Path) -> None:
    letter = tmp_path / "mau.pdf"
    assert run("letters", "sample", "--form", "4", "--out", str(letter))[0] == 0
    status, said, _ = run("verify", str(letter), "--json")
    assert status == 0
    report = json.loads(said)
    assert (report["verdict"], report["signatures"]) == ("chưa xác định", [])
    status, said, _ = run("verify", str(letter), str(tmp_path / "none.pdf"), "--json")
    assert status == 1
    assert [json.loads(line)["verdict"] for line in said.splitlines()] == [
        "chưa xác định",
        "không đọc được",
    ]


def as_start_py(instance: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as start.py calls it."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments],
        env={**os.environ, "SO_TOKEN_INSTANCE": str(instance), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_the_program_itself_runs_as_start_py_calls_it(instance: Path) -> None:
    done = as_start_py(instance, "audit", "verify")
    assert (done.returncode, done.stdout) == (0, "Nhật ký toàn vẹn: 0 sự kiện.\n"), done.stderr


def test_the_figures_of_the_clause_map_are_written_by_a_command(run: Run, tmp_path: Path) -> None:
    kept = (ROOT / "docs" / "clause-map.md").read_text(encoding="utf-8")
    copy = tmp_path / "map.md"
    copy.write_text(kept, encoding="utf-8")
    assert run("regulations", "clauses", "--write", str(copy))[0] == 0
    assert copy.read_text(encoding="utf-8") == kept
    assert "| **all** |" in run("regulations", "clauses")[1]
    copy.write_text("không có chỗ", encoding="utf-8")
    assert "không có hai dòng" in run("regulations", "clauses", "--write", str(copy))[2]
