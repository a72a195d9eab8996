"""Who owns the other end of a connection, on Windows. Not tried on Windows yet; guarded so that any
failure means "cannot tell".
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any

_ALL_WITH_PROCESS = 5  # TCP_TABLE_OWNER_PID_ALL
_IPV4 = 2  # AF_INET
_ROW = struct.Struct("<6I")  # state, local address, local port, remote address, port, process
_LOOPBACK = 0x0100007F  # 127.0.0.1 in network order, read as little-endian


def rows_of(table: bytes) -> list[tuple[int, int, int]]:
    """(local port, remote port, process) of every connection over 127.0.0.1 in a
    MIB_TCPTABLE_OWNER_PID as bytes."""
    (count,) = struct.unpack_from("<I", table)
    found = []
    for index in range(min(count, (len(table) - 4) // _ROW.size)):
        _, local, local_port, remote, remote_port, process = _ROW.unpack_from(
            table, 4 + index * _ROW.size
        )
        if local == remote == _LOOPBACK:
            found.append((_port(local_port), _port(remote_port), process))
    return found


def _port(value: int) -> int:
    """A port as the table keeps it: network byte order in the low half."""
    return ((value & 0xFF) << 8) | ((value >> 8) & 0xFF)


def of_other_user_windows(peer_port: int, own_port: int) -> bool:
    """As `signing.platform.of_other_user`."""
    try:
        table = _table(ctypes.windll.iphlpapi)  # type: ignore[attr-defined,unused-ignore]
        for local, remote, process in rows_of(table):
            if (local, remote) == (peer_port, own_port):
                owner, ours = _owner(process), _owner(None)
                return owner is not None and ours is not None and owner != ours
    except (OSError, AttributeError, ValueError, struct.error):
        return False
    return False


def _table(helper: Any) -> bytes:
    size = ctypes.c_uint32(0)
    helper.GetExtendedTcpTable(None, ctypes.byref(size), False, _IPV4, _ALL_WITH_PROCESS, 0)
    for _ in range(5):  # The table may grow between the two calls.
        buffer = ctypes.create_string_buffer(size.value or 4)
        status = helper.GetExtendedTcpTable(
            buffer, ctypes.byref(size), False, _IPV4, _ALL_WITH_PROCESS, 0
        )
        if status == 0:
            return buffer.raw
    raise OSError("GetExtendedTcpTable")


def _owner(process: int | None) -> bytes | None:
    """The security identifier of a process's user; None when we may not ask (then it is not ours
    to judge). `process` None is this program."""
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    security = ctypes.windll.advapi32  # type: ignore[attr-defined,unused-ignore]
    kernel.OpenProcess.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
    limited_query, token_query, token_user = 0x1000, 0x0008, 1
    handle = (
        kernel.GetCurrentProcess()
        if process is None
        else kernel.OpenProcess(limited_query, False, process)
    )
    token = ctypes.c_void_p()
    if not handle or not security.OpenProcessToken(
        ctypes.c_void_p(handle), token_query, ctypes.byref(token)
    ):
        return None
    size = ctypes.c_uint32(0)
    security.GetTokenInformation(token, token_user, None, 0, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value or 1)
    good = security.GetTokenInformation(token, token_user, buffer, size, ctypes.byref(size))
    kernel.CloseHandle(token)
    if process is not None:
        kernel.CloseHandle(ctypes.c_void_p(handle))
    # TOKEN_USER is a pointer to the identifier and its attributes, the identifier itself follows.
    return buffer.raw[ctypes.sizeof(ctypes.c_void_p) * 2 : size.value] if good else None
