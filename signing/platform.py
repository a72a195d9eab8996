"""The one place that asks which system it runs on: limits, core dumps, file permissions.

Everything here has an answer on Linux, macOS and Windows. What a system cannot do is left undone
and said so by the return value, never raised: the limits are a second line of defence behind the
time limit of the parent process, which works everywhere.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from pathlib import Path
from typing import Any


def limit_memory(limit: int) -> bool:
    """Allow this process at most `limit` bytes of memory. Returns whether that was arranged."""
    if sys.platform == "win32":
        return _limit_memory_windows(limit, ctypes.windll.kernel32)
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (ValueError, OSError):
        return False
    return True


def forbid_core_dumps() -> bool:
    """Never write the memory of this process to disk: it may hold a PIN or a document.

    Returns whether it could be arranged; on Windows it silences the crash dialogue instead.
    """
    if sys.platform == "win32":
        # SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX
        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002)
        return True
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return False
    return True


def owner_only(path: str | os.PathLike[str]) -> bool:
    """Let only its owner read and write a file (or enter a folder).

    On Windows the user's profile folder already has such a list of rights; nothing is changed
    there and False is returned.
    """
    if sys.platform == "win32":
        return False
    target = Path(path)
    rights = stat.S_IRUSR | stat.S_IWUSR
    target.chmod(rights | stat.S_IXUSR if target.is_dir() else rights)
    return True


def of_other_user(peer_port: int, own_port: int) -> bool:
    """Whether the program behind a connection from 127.0.0.1:`peer_port` to our `own_port` belongs
    to another user of this computer.

    False where the system cannot tell: then the other barriers have to do. Root may act for
    everybody anyway and is not told apart.
    """
    if sys.platform == "win32":
        from signing.platform_windows import of_other_user_windows

        return of_other_user_windows(peer_port, own_port)
    if sys.platform != "linux":
        return False
    owner = connection_owner(Path("/proc/net/tcp"), peer_port, own_port)
    return owner is not None and owner not in {os.getuid(), 0}


def connection_owner(table: Path, peer_port: int, own_port: int) -> int | None:
    """The user id that owns the peer's end of a connection over 127.0.0.1, from the kernel's table
    (proc(5), /proc/net/tcp); None when it is not there or cannot be read."""
    local, remote = f"0100007F:{peer_port:04X}", f"0100007F:{own_port:04X}"
    try:
        with table.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                columns = line.split()
                if columns[1:3] == [local, remote]:
                    return int(columns[7])
    except (OSError, ValueError, IndexError):
        return None
    return None


def _limit_memory_windows(limit: int, kernel: Any) -> bool:
    """Put this process into a job object with a limit on its memory. Not tried on Windows yet."""
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    job = kernel.CreateJobObjectW(None, None)
    if not job:
        return False
    limits = _ExtendedLimits()
    limits.flags = 0x0100  # JOB_OBJECT_LIMIT_PROCESS_MEMORY
    limits.process_memory = limit
    extended = 9  # JobObjectExtendedLimitInformation
    size = ctypes.sizeof(limits)
    arranged = kernel.SetInformationJobObject(
        ctypes.c_void_p(job), extended, ctypes.byref(limits), size
    )
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    return bool(arranged and kernel.AssignProcessToJobObject(ctypes.c_void_p(job), process))


class _ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION, flattened; the layout is that of the Windows SDK."""

    _fields_ = (
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("smallest_set", ctypes.c_size_t),
        ("largest_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("io_counters", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process", ctypes.c_size_t),
        ("peak_job", ctypes.c_size_t),
    )
