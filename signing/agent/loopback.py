"""A listening socket on 127.0.0.1 that no other program can share."""

from __future__ import annotations

import socket
import sys


def listen(port: int, waiting: int) -> socket.socket:
    """The socket, bound and listening: from now on up to `waiting` callers wait instead of being
    turned away. Raises `OSError` when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Without this another program could take the same port on Windows.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(waiting)
    except OSError:
        listener.close()
        raise
    return listener
