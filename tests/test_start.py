"""start.py as a person meets it: real processes, one sentence for whatever is wrong."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

import start as starter
from starting.database import newest_migration
from tests.ports import free_port
from tests.starting import ROOT, Started, finished_environment, status_of, until_free

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals"),
    pytest.mark.timeout(300),
]
Start = Callable[..., Started]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start start.py on data of the test's own, with nothing left to install."""
    environment = finished_environment(tmp_path / "venv")
    started: list[Started] = []

    def make(*arguments: str, **variables: str) -> Started:
        own = {
            "SO_TOKEN_INSTANCE": str(tmp_path / "instance"),
            "SO_TOKEN_VENV": str(environment),
            "SO_TOKEN_AGENT_PORT": str(free_port()),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
        }
        started.append(Started(*arguments, **{**own, **variables}))
        return started[-1]

    yield make
    for each in started:
        if each.process.poll() is None:
            each.end()


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Data of an office that has begun: no practice data are made for it."""
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "begun").write_text("office\n")
    return folder


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """The starter with a project that needs no libraries, so that its first run is short."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "start.py", folder)
    shutil.copytree(ROOT / "starting", folder / "starting")
    for name in ("requirements-agent.txt", "requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("")
    (folder / "cli.py").write_text("import sys; print('ran', *sys.argv[1:])")
    return folder


def ended(process: Started) -> tuple[int, str]:
    """Return (exit status, what was said)."""
    status = process.wait()
    return status, process.text


def answers(port: int) -> bool:
    """Does the server on this port show its first page?"""
    try:
        return status_of(f"http://127.0.0.1:{port}/dang-nhap") == 200
    except OSError:
        return False


def test_server_and_agent_come_up_and_end_with_one_signal(start: Start, office: Path) -> None:
    port, agent_port = free_port(), free_port()
    program = start("--port", str(port), "--agent-port", str(agent_port))
    program.wait_for("Nhấn Ctrl-C để dừng.")
    assert f"http://127.0.0.1:{port}" in program.text
    assert status_of(f"http://127.0.0.1:{port}/dang-nhap") == 200
    assert status_of(f"http://127.0.0.1:{agent_port}/") < 500
    assert program.end(signal.SIGINT) == 0
    assert "Đã dừng." in program.text
    until_free(port)
    until_free(agent_port)


def test_the_servers_pages_lead_to_the_port_that_was_chosen_for_the_agent() -> None:
    server = starter.server_child("http://127.0.0.1:8000", "127.0.0.1", 8000, 18995)
    agent = starter.agent_child("http://127.0.0.1:8000", 18995)
    name = "SO_TOKEN_AGENT_PORT"
    assert server.variables[name] == agent.variables[name] == "18995"


def test_a_killed_starter_takes_server_and_agent_with_it(start: Start, office: Path) -> None:
    port = free_port()
    first = start("--port", str(port))
    first.wait_for("Nhấn Ctrl-C để dừng.")
    first.end(signal.SIGKILL)
    until_free(port)
    second = start("--port", str(port))
    second.wait_for("Nhấn Ctrl-C để dừng.")
    assert second.end() == 0


def test_a_crashed_server_is_started_again_once_and_then_given_up(
    start: Start, office: Path
) -> None:
    port = free_port()
    program = start("--port", str(port))
    program.wait_for("Nhấn Ctrl-C để dừng.")
    os.kill(program.children()[0], signal.SIGKILL)
    program.wait_for("Máy chủ dừng đột ngột; đang khởi động lại.")
    while not answers(port):
        assert program.process.poll() is None
        time.sleep(0.2)
    # The agent keeps its place; the server that was started again is the youngest child.
    os.kill(program.children()[-1], signal.SIGKILL)
    status, text = ended(program)
    assert status == 1
    assert "Máy chủ lại dừng đột ngột" in text


def test_a_taken_port_is_named_in_one_sentence(start: Start, office: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, text = ended(start("--port", str(port)))
    assert status == 1
    assert text.startswith(f"Cổng {port} đang được chương trình khác dùng")
    assert "--port" in text
    assert "\n" not in text


def test_a_second_starter_on_the_same_data_says_that_one_is_running(
    start: Start, office: Path
) -> None:
    first = start("--port", str(free_port()))
    first.wait_for("Nhấn Ctrl-C để dừng.")
    status, text = ended(start("--port", str(free_port())))
    assert (status, text) == (1, "Sổ Token đang chạy hoặc đang được cài đặt ở một cửa sổ khác.")


# System folders that even root cannot write to: one that cannot be made, one that is there.
@pytest.mark.parametrize("folder", ["/proc/so-token", "/proc"])
def test_a_place_that_cannot_be_written_is_named_in_one_sentence(start: Start, folder: str) -> None:
    status, text = ended(start("--port", str(free_port()), SO_TOKEN_INSTANCE=folder))
    assert status == 1
    assert text.startswith(f"Không ghi được vào {folder}: ổ đĩa chỉ cho đọc")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["--port", "99999"], "Cổng phải là một số từ 1 đến 65535, không phải 99999."),
        (["--port", "abc"], "Cổng phải là một số từ 1 đến 65535, không phải abc."),
        (["--port"], "Dòng lệnh chưa đúng: thiếu giá trị sau --port; xem"),
        (["khong-co"], "Dòng lệnh chưa đúng: không có lệnh 'khong-co'; xem"),
        (["--khong-co"], "Dòng lệnh chưa đúng: không hiểu: --khong-co; xem"),
        (["bundle"], "Dòng lệnh chưa đúng: còn thiếu --windows; xem"),
        (["agent", "--server", "ten-may-chu"], "ten-may-chu không phải địa chỉ máy chủ; hãy ghi"),
        (["agent"], "Dòng lệnh chưa đúng: cần --server, địa chỉ máy chủ Sổ Token; xem"),
    ],
)
def test_a_mistyped_command_line_is_told_in_one_vietnamese_sentence(
    start: Start, arguments: list[str], beginning: str
) -> None:
    status, text = ended(start(*arguments))
    assert status in (1, 2)
    assert text.startswith(beginning)
    assert "\n" not in text


def test_help_is_in_vietnamese(start: Start) -> None:
    status, text = ended(start("agent", "--help"))
    assert status == 0
    assert text.startswith("cách dùng: start.py agent")
    assert "show this" not in text


def test_a_missing_network_is_told_in_one_sentence_and_no_stamp_is_left(
    small_project: Path,
) -> None:
    wanted = "some-library==1.0 --hash=sha256:" + "0" * 64 + "\n"
    (small_project / "requirements.txt").write_text(wanted)
    nowhere = {
        "PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_CACHE_DIR": "1",
    }
    status, text = ended(Started("cli", "anything", root=small_project, **nowhere))
    assert status == 1
    assert text.splitlines()[-1].startswith("Không tải được thư viện vì máy không có mạng")
    assert "Traceback" not in text
    assert not (small_project / ".venv" / "so-token.json").exists()


def test_another_package_than_the_pinned_one_is_not_installed(small_project: Path) -> None:
    packages = small_project / "packages"
    packages.mkdir()
    (packages / "some_library-1.0-py3-none-any.whl").write_bytes(b"not what was pinned")
    wanted = "some-library==1.0 --hash=sha256:" + "0" * 64 + "\n"
    (small_project / "requirements.txt").write_text(wanted)
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(packages), "PIP_CONFIG_FILE": os.devnull}
    status, text = ended(Started("cli", "anything", root=small_project, **local))
    assert status == 1
    assert "không khớp mã băm" in text


def test_a_first_run_killed_at_any_point_is_mended_by_the_next(small_project: Path) -> None:
    for moment in (0.3, 1.0, 2.0, 3.5, 5.0):
        killed = Started("cli", "one", root=small_project)
        time.sleep(moment)
        killed.end(signal.SIGKILL)
    status, text = ended(Started("cli", "two", root=small_project))
    assert status == 0
    assert text.splitlines()[-1] == "ran two"


def test_a_finished_environment_is_touched_again_only_when_the_requirements_change(
    small_project: Path,
) -> None:
    first = ended(Started("cli", "one", root=small_project))
    again = ended(Started("cli", "two", root=small_project))
    (small_project / "requirements.txt").write_text("# one line more\n")
    changed = ended(Started("cli", "three", root=small_project))
    assert "Đang tạo môi trường" in first[1]
    assert again == (0, "ran two")
    assert "Đang cài các thư viện Python" in changed[1]
    assert changed[1].splitlines()[-1] == "ran three"


def test_practice_data_are_never_served_beyond_this_computer(start: Start, tmp_path: Path) -> None:
    (tmp_path / "instance" / "practice").mkdir(parents=True)
    status, text = ended(start("--host", "0.0.0.0", "--port", str(free_port())))  # noqa: S104 # refused
    assert status == 1
    assert "chỉ phục vụ tại 127.0.0.1" in text


def test_practice_data_cut_short_are_whole_after_the_next_start(
    start: Start, tmp_path: Path
) -> None:
    port = free_port()
    for moment in (1.5, 3.0, 5.0):
        killed = start("--port", str(port))
        time.sleep(moment)
        killed.end(signal.SIGKILL)
        until_free(port)
    program = start("--port", str(port))
    program.wait_for("Nhấn Ctrl-C để dừng.")
    logins = json.loads((tmp_path / "instance" / "practice" / "logins.json").read_text("utf-8"))
    for login in logins:
        assert f"{login['username']} / {login['password']}" in program.text
    assert program.end() == 0
    status, text = ended(start("cli", "audit", "verify"))
    assert status == 0
    assert "Nhật ký toàn vẹn" in text


def test_an_office_is_served_with_tls_beyond_this_computer(start: Start, office: Path) -> None:
    port = free_port()
    program = start("--host", "0.0.0.0", "--port", str(port))  # noqa: S104 # asked for by the test
    program.wait_for("Nhấn Ctrl-C để dừng.")
    assert status_of(f"https://127.0.0.1:{port}/dang-nhap") == 200
    assert (office / "tls" / "cert.pem").exists()
    assert (office / "tls" / "key.pem").stat().st_mode & 0o077 == 0
    assert "Dấu vân tay SHA-256" in (office / "logs" / "serve.log").read_text(encoding="utf-8")


def test_an_old_python_is_told_which_one_is_needed() -> None:
    program = (
        "import sys, runpy; sys.version_info = (3, 9, 2);"
        "runpy.run_path('start.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout.startswith("Sổ Token cần Python 3.11 trở lên")


def test_the_exit_status_of_a_command_is_passed_on(start: Start) -> None:
    assert ended(start("cli", "no-such-command"))[0] == 2


def test_a_new_database_is_at_the_newest_migration_before_the_server_starts(
    start: Start, office: Path
) -> None:
    program = start("--port", str(free_port()))
    program.wait_for("Nhấn Ctrl-C để dừng.")
    program.end()
    with closing(sqlite3.connect(office / "so_token.sqlite")) as connection:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    # What start.py reads out of the files is what Alembic itself arrived at.
    assert version == newest_migration()
