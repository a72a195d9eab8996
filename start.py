"""Set up and run Sổ Token: ``python3 start.py [test | agent --server URL | bundle | cli ARGS…]``.

Standard library only, Python 3.11 or newer, Linux and Windows. Every step may be killed and done
again: the environment is stamped last, files are written beside and then renamed, and the database
changes in transactions. What goes wrong is said in one sentence; the details are in
instance/logs/start.log.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 # This file is run by whatever Python there is.
    print(f"Sổ Token cần Python 3.11 trở lên; máy này đang dùng {sys.version.split()[0]}.")
    sys.exit(2)

import argparse
import ipaddress
import json
import os
import signal
import subprocess
import time
import traceback
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from starting.arguments import CommandLine, port, server_address
from starting.autostart import WindowsRegistry, install, target_of, uninstall
from starting.bundle import bundle
from starting.checks import run_tests
from starting.children import (
    Child,
    answers,
    check_port,
    running,
    stop_signals,
    wait_until_ready,
    watch,
)
from starting.console import INSTANCE, ROOT, WINDOWS, Trouble, explain, log, say, write_whole
from starting.database import is_current, office_has_begun
from starting.installation import ensure_environment
from starting.packages import RUN_PACKAGES, ensure_packages
from starting.processes import PYTHON, environment, only_one, run_attached, task

#: Written when the first run, or `cli init`, has left usable data; then nothing is made any more.
BEGUN = INSTANCE / "begun"
DAY = 24 * 60 * 60
PORT = 17990
AGENT_COMMANDS = ("tokens", "certificates", "sign", "speed")
AGENT_PORT = int(os.environ.get("SO_TOKEN_AGENT_PORT") or 17995)
FACADE_PORT = 8987  # where pages look for the signing service that offices have


def ensure_data() -> None:
    """Bring the database up to date; on the very first run make the practice data.

    `cli demo` mends what a killed run has left, does nothing when all is there, and renews the
    practice authority's revocation lists, for which it is asked once a day.
    """
    practice = (INSTANCE / "practice").is_dir()
    if BEGUN.exists() and (not practice or time.time() - BEGUN.stat().st_mtime < DAY):
        if not is_current():
            task("cli", "db", "upgrade")
        return
    if not practice and office_has_begun():
        task("cli", "db", "upgrade")
        write_whole(BEGUN, "office\n")
        return
    if not BEGUN.exists():
        say("Đang tạo dữ liệu thử nghiệm và thiết bị ký thử nghiệm…")
    task("cli", "demo")
    write_whole(BEGUN, "practice\n")


def show_logins() -> None:
    """Print how to log in, as long as practice data exist."""
    path = INSTANCE / "practice" / "logins.json"
    if not path.exists():
        return
    say("\nDữ liệu THỬ NGHIỆM, không có giá trị pháp lý. Đăng nhập bằng một trong các tài khoản:")
    for login in json.loads(path.read_text(encoding="utf-8")):
        pin = f" · mã PIN thiết bị: {login['pin']}" if login.get("pin") else ""
        who = f"{login['role']} ({login['name']})"
        print(f"  {who}: {login['username']} / {login['password']}{pin}", flush=True)


def show_notice(loopback: bool) -> None:
    """Print what the server has to tell of its TLS certificate (`serve.py` wrote it)."""
    path = INSTANCE / "tls" / "thong-bao.txt"
    if not loopback and path.exists():
        say(path.read_text(encoding="utf-8").rstrip())


def run_server(host: str, port: int, agent_port: int) -> int:
    """Set everything up, run server and agent, and return the exit status."""
    loopback = is_loopback(host)
    practice = (INSTANCE / "practice").is_dir()
    if not loopback and (practice or not (BEGUN.exists() or office_has_begun())):
        raise Trouble(
            "Khi còn dữ liệu thử nghiệm, Sổ Token chỉ phục vụ tại 127.0.0.1; hãy tạo sổ của cơ "
            "quan trước bằng lệnh: python3 start.py cli init --empty"
        )
    INSTANCE.mkdir(parents=True, exist_ok=True)
    check_port(host, port, "--port")
    with only_one(INSTANCE / "start.lock", wait=0.5):
        ensure_packages(RUN_PACKAGES, needed=False)
        ensure_environment("server")
        ensure_data()
        url = own_url(host, port)
        children = [server_child(url, host, port, agent_port)]
        try:
            check_port("127.0.0.1", agent_port, "--agent-port")
            children.append(agent_child(url, agent_port))
        except Trouble as trouble:  # Without an agent of ours all but signing works.
            say(f"Không chạy Trình ký số: {trouble}")
        with running(children):
            wait_until_ready(children)
            say(f"\nSổ Token đang chạy. Mở trình duyệt tại: {url}")
            show_notice(loopback)
            show_logins()
            say("\nNhấn Ctrl-C để dừng.")
            return watch(children)


def own_url(host: str, port: int) -> str:
    """Return the address under which this computer reaches its own server."""
    scheme = "http" if is_loopback(host) else "https"
    shown = host if host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104 # compared
    return f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{port}"


def server_child(url: str, host: str, port: int, agent_port: int) -> Child:
    """Return the server; its pages lead to the agent, wherever that listens."""
    arguments = ("--host", host, "--port", str(port))
    variables = {"SO_TOKEN_AGENT_PORT": str(agent_port)}
    return Child("Máy chủ", "serve", arguments, f"{url}/dang-nhap", **variables)


def agent_child(server: str, port: int, facade: int | None = None) -> Child:
    """Return the signing agent of this computer, with the practice tokens where they exist."""
    variables = {"SO_TOKEN_AGENT_PORT": str(port)}
    arguments = ["--server", server]
    if facade is not None:
        arguments += ["--facade", str(facade)]
    practice = INSTANCE / "practice"
    if practice.is_dir():  # Practice pairings and tokens go away with the practice data.
        variables["SOFTHSM2_CONF"] = str(practice / "softhsm2.conf")
        arguments += ["--state", str(practice / "agent")]
    url = f"http://127.0.0.1:{port}/"
    return Child("Trình ký số", "signing.agent", arguments, url, **variables)


def is_loopback(host: str) -> bool:
    """Can the address be reached from this computer only?"""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def run_agent(server: str, port: int, link: str = "", facade: int | None = None) -> int:
    """Set up and run the signing agent alone, on a person's computer.

    With a `sotoken:` link its page is opened in the browser, by the agent that runs already if
    there is one.
    """
    target = target_of(link, port) if link else ""
    if target and answers(f"http://127.0.0.1:{port}/"):
        webbrowser.open(target)
        return 0
    check_port("127.0.0.1", port, "--agent-port")
    ensure_environment("agent")
    agent = agent_child(server, port, facade)
    with running([agent]):
        agent.wait_until_ready()
        if target:
            webbrowser.open(target)
        say(f"Trình ký số đang chạy tại: {agent.url} (nhấn Ctrl-C để dừng)")
        return watch([agent])


def run_agent_command(arguments: Sequence[str]) -> int:
    """Run one of the agent's commands in the person's own folder and return its exit status."""
    ensure_environment("agent")
    variables, practice = dict(environment()), INSTANCE / "practice"
    more: list[str] = []
    if practice.is_dir():
        variables["SOFTHSM2_CONF"] = str(practice / "softhsm2.conf")
        more = ["--state", str(practice / "agent")]
    variables["PYTHONPATH"] = str(ROOT)
    command = [str(PYTHON), "-m", "signing.agent", *arguments, *more]
    return subprocess.run(command, env=variables, check=False).returncode


def register_agent(args: argparse.Namespace) -> int:
    """Let the agent start with the person's session and from links, or take that back."""
    registry = WindowsRegistry() if WINDOWS else None
    if args.uninstall:
        removed = uninstall(home=Path.home(), registry=registry)
        say("Trình ký số không còn tự chạy. Đã gỡ: " + (", ".join(removed) or "không có gì") + ".")
        return 0
    written = install(args.server, args.agent_port, home=Path.home(), registry=registry)
    say("Trình ký số sẽ tự chạy khi đăng nhập và khi bấm liên kết sotoken:. Đã ghi:")
    for each in written:
        say(f"  {each}")
    return 0


def make_bundle() -> int:
    """Make the zip for Windows computers without internet, and print its hash."""
    ensure_environment("server")
    path, digest = bundle()
    say(f"Đã tạo {path} ({path.stat().st_size / 1e6:.1f} MB).\nSHA-256: {digest}")
    say("Máy chủ cho tải tệp này ở trang Trình ký số, kèm mã băm để đối chiếu.")
    return 0


def run_cli(arguments: Sequence[str]) -> int:
    """Run one command of cli.py in the person's own folder and return its exit status."""
    ensure_environment("server")
    command = [str(PYTHON), str(ROOT / "cli.py"), *arguments]
    status = subprocess.run(command, env=environment(), check=False).returncode
    if status == 0 and arguments[:1] == ["init"]:
        write_whole(BEGUN, "office\n")
    return status


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = CommandLine(prog="start.py", description="Cài đặt và chạy Sổ Token.")
    parser.add_argument("--host", default="127.0.0.1", help="địa chỉ phục vụ (mặc định: máy này)")
    parser.add_argument("--port", type=port, default=PORT, help=f"cổng (mặc định {PORT})")
    parser.add_argument(
        "--agent-port", type=port, default=AGENT_PORT, help="cổng của Trình ký số trên máy này"
    )
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("test", help="chạy mọi kiểm thử", add_help=False)
    agent = commands.add_parser("agent", help="chỉ chạy Trình ký số trên máy này")
    agent.add_argument("--server", type=server_address, default="", help="địa chỉ máy chủ Sổ Token")
    agent.add_argument(
        "--install", action="store_true", help="tự chạy khi đăng nhập và từ liên kết"
    )
    agent.add_argument("--uninstall", action="store_true", help="bỏ việc tự chạy")
    agent.add_argument("--open", default="", metavar="LIÊN-KẾT", help="mở một liên kết sotoken:")
    agent.add_argument("--agent-port", type=port, default=AGENT_PORT, help="cổng trên máy này")
    agent.add_argument(
        "--facade",
        nargs="?",
        type=port,
        const=FACADE_PORT,
        metavar="CỔNG",
        help="bật cổng tương thích cho hệ thống khác (docs/facade.md)",
    )
    packed = commands.add_parser("bundle", help="gói Trình ký số cho máy không có mạng")
    packed.add_argument("--windows", action="store_true", required=True, help="Windows 64 bit")
    commands.add_parser("cli", help="các lệnh quản trị", add_help=False)
    parsed, rest = parser.parse_known_args(arguments)
    if rest and parsed.command not in ("test", "cli"):
        parser.error(f"không hiểu: {' '.join(rest)}")
    if parsed.command == "agent" and not (parsed.server or parsed.uninstall):
        parser.error("cần --server, địa chỉ máy chủ Sổ Token")
    parsed.rest = list(arguments[arguments.index(parsed.command) + 1 :]) if parsed.command else []
    return parsed


def interrupted(number: int, frame: object) -> None:
    """Leave whatever is going on when asked to stop."""
    raise KeyboardInterrupt


def do(arguments: list[str]) -> int:
    """Do what the command line says and return the exit status."""
    if arguments[:1] == ["agent"] and arguments[1:2] and arguments[1] in AGENT_COMMANDS:
        return run_agent_command(arguments[1:])
    args = parse(arguments)
    if args.command == "test":
        return run_tests(args.rest)
    if args.command == "bundle":
        return make_bundle()
    if args.command == "agent" and (args.install or args.uninstall):
        return register_agent(args)
    if args.command == "agent":
        return run_agent(args.server, args.agent_port, args.open, args.facade)
    if args.command == "cli":
        return run_cli(args.rest)
    return run_server(args.host, args.port, args.agent_port)


def main(arguments: list[str]) -> int:
    """Do one command; the only place where troubles become sentences."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if arguments[:1] and arguments[0] in ("child", "task"):
        run_attached(arguments[0], arguments[1], arguments[2:])
        return 0
    for number in stop_signals():
        signal.signal(number, interrupted)
    try:
        return do(arguments)
    except Trouble as trouble:
        say(str(trouble))
    except OSError as problem:
        log(repr(problem))
        say(str(explain(problem)))
    except KeyboardInterrupt:
        say("Đã dừng.")
        return 0
    except Exception:
        log(traceback.format_exc())
        say(f"Có lỗi ngoài dự kiến; chi tiết ở {INSTANCE / 'logs' / 'start.log'}.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
