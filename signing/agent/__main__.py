"""Starts the agent: `python -m signing.agent --server URL [--port] [--state] [--module ...]`."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import waitress  # type: ignore[import-untyped]

from signing.agent import VERSION, commands
from signing.agent.application import Agent, create_application, make_agent
from signing.agent.clock import now
from signing.agent.command_line import CommandLine
from signing.agent.facade.gateway import open_in_browser
from signing.agent.facade.listener import USUAL_PORT
from signing.agent.facade.refusals import PortTaken
from signing.agent.gate import LARGEST_BODY
from signing.agent.journal import Journal, JournalBroken
from signing.agent.loopback import listen
from signing.agent.pin import PinWindow, display_is_likely
from signing.agent.state import AgentState, StateBroken, default_folder
from signing.messages import DEFAULT_PORT
from signing.pades.sandbox import Sandbox
from signing.platform import forbid_core_dumps
from signing.tokens.drivers import find_drivers
from signing.tokens.manager import TokenManager

HEARTBEAT_EVERY = timedelta(minutes=5)
_SWEEP_SECONDS = 5.0
WAITING = 64
CONNECTIONS = 400
"""Open at once, more than a browser makes to one place; select() on Windows bears 512."""


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = CommandLine(
        prog="trinh-ky-so", description="Trình ký số: ký văn bản bằng thiết bị cắm trên máy này."
    )
    parser.add_argument("--server", default="", metavar="URL", help="địa chỉ máy chủ Sổ Token")
    port = int(os.environ.get("SO_TOKEN_AGENT_PORT", DEFAULT_PORT))
    parser.add_argument("--port", type=int, default=port, help="cổng trên 127.0.0.1")
    parser.add_argument("--state", type=Path, default=None, help="thư mục trạng thái")
    parser.add_argument(
        "--module", type=Path, action="append", default=[], help="tệp trình điều khiển PKCS#11"
    )
    parser.add_argument(
        "--only-module", action="store_true", help="chỉ dùng các tệp ở --module, không tìm thêm"
    )
    parser.add_argument(
        "--no-window", action="store_true", help="hỏi mã PIN trên trang, không mở cửa sổ"
    )
    parser.add_argument(
        "--facade",
        nargs="?",
        type=int,
        const=USUAL_PORT,
        metavar="CỔNG",
        help=f"bật cổng tương thích cho hệ thống khác (thường là {USUAL_PORT})",
    )
    return parser.parse_args(arguments)


def _keep_in_touch(agent: Agent, stop: threading.Event) -> None:
    """Tells the servers that the agent runs and sweeps abandoned claims, until `stop`."""
    system = f"{platform.system()} {platform.release()}"[:100]
    next_beat = now()
    while True:
        if now() >= next_beat:
            next_beat = now() + HEARTBEAT_EVERY
            agent.touch.beat(system)
        agent.desk.sweep()
        if stop.wait(_SWEEP_SECONDS):
            return


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it is stopped; 1 with one sentence when it cannot start."""
    given = sys.argv[1:] if arguments is None else arguments
    forbid_core_dumps()
    if given and given[0] in commands.COMMANDS:
        return commands.main(given)
    chosen = read_arguments(given)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    try:
        listener = listen(chosen.port, WAITING)
    except OSError:
        _say(
            f"Cổng {chosen.port} trên máy này đang có chương trình khác dùng (có thể Trình ký số "
            "đã chạy). Đóng chương trình đó, hoặc chọn cổng khác bằng --port."
        )
        return 1
    with listener:
        return _run(chosen, listener)


def _run(chosen: argparse.Namespace, listener: socket.socket) -> int:
    try:
        state = AgentState(chosen.state or default_folder())
        journal = Journal(state.folder / "nhat-ky.jsonl", now)
    except (StateBroken, JournalBroken) as error:
        _say(f"{error} Thư mục: {chosen.state or default_folder()}")
        return 1
    except OSError as error:
        _say(f"Không ghi được thư mục của Trình ký số: {error.filename or chosen.state}.")
        return 1
    _serve(chosen, listener, state, journal)
    return 0


def _serve(
    chosen: argparse.Namespace, listener: socket.socket, state: AgentState, journal: Journal
) -> None:
    drivers = find_drivers(also=chosen.module)
    if chosen.only_module:
        drivers = drivers[: len(chosen.module)]
    stop = threading.Event()
    with TokenManager([each.path for each in drivers], state.folder) as tokens, Sandbox() as pages:
        agent = make_agent(
            state=state,
            journal=journal,
            tokens=tokens,
            pictures=pages,
            window=None if chosen.no_window else PinWindow(),
            clock=now,
            port=listener.getsockname()[1],
            modules=tuple((each.name, str(each.path)) for each in drivers),
            server_hint=chosen.server,
            show=None if chosen.no_window or not display_is_likely() else open_in_browser,
        )
        journal.record("started", version=VERSION)
        keeper = threading.Thread(target=_keep_in_touch, args=(agent, stop), daemon=True)
        keeper.start()
        _say(f"Trình ký số: http://127.0.0.1:{agent.port}/ (dừng bằng Ctrl-C)")
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _end_in_order)
        _open_the_facade(agent, chosen.facade)
        try:
            waitress.serve(
                create_application(agent),
                sockets=[listener],
                threads=8,
                ident=None,
                max_request_body_size=2 * LARGEST_BODY,
                max_request_header_size=LARGEST_BODY,
                # A page can open hundreds of connections and say nothing on them.
                connection_limit=CONNECTIONS,
                cleanup_interval=5,
                channel_timeout=10,
                clear_untrusted_proxy_headers=True,
            )
        finally:
            stop.set()
            agent.facade.stop(remember=False)


def _end_in_order(_number: int, _frame: object) -> None:
    """Asked to stop: the pages that wait are answered first."""
    raise SystemExit(0)


def _open_the_facade(agent: Agent, port: int | None) -> None:
    """Switches the façade on when the person asked for it, now or in an earlier run."""
    if port is None:
        agent.facade.start_as_remembered()
    else:
        try:
            agent.facade.start(port)
        except PortTaken as error:
            _say(f"Cổng tương thích {port}: {error.message} {error.advice}")
    if agent.facade.port is not None:
        _say(f"Cổng tương thích cho hệ thống khác: wss://127.0.0.1:{agent.facade.port}/")


if __name__ == "__main__":
    sys.exit(main())
