"""Ports of loopback for the programs that tests start."""

import socket

_kept: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody uses now and that the system gives to nobody else while this process runs.

    It stays bound without being listened on. The program that it is meant for may still bind it,
    since both say SO_REUSEADDR; one that was merely let go was sometimes taken before that.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    _kept.append(keeper)
    port: int = keeper.getsockname()[1]
    return port
