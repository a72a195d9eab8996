"""Whether a file is a PKCS#11 module that this program can load, found out without risk.

First the file is only read: a 32-bit module in a 64-bit program, or a library of another kind, is
told from its header and its export table. Then it is loaded in a throw-away process with a time
limit: vendor modules crash, hang, or open windows while loading.
"""

from __future__ import annotations

import struct
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from signing.errors import DriverUnsuitable
from signing.tokens.process import WorkerProcess

ENTRY_POINT = b"C_GetFunctionList"
MAX_MODULE_BYTES = 256 * 1024 * 1024
_MACHINES = {
    # The end of sysconfig.get_platform(): ELF e_machine, PE Machine.
    "x86_64": (62, 0x8664),
    "amd64": (62, 0x8664),
    "i686": (3, 0x014C),
    "win32": (3, 0x014C),
    "aarch64": (183, 0xAA64),
    "arm64": (183, 0xAA64),
}
_MACH_O_MAGIC = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_ELF_DYNAMIC_SYMBOLS = 11


@dataclass(frozen=True, slots=True)
class ModuleDescription:
    """What a module says of itself (CK_INFO)."""

    manufacturer: str
    description: str
    version: str


def probe(
    path: Path, *, limit: float = 15.0, environment: Mapping[str, str] | None = None
) -> ModuleDescription:
    """Check the file, then load the module in a process of its own and ask what it is.

    `limit` in seconds. Raises DriverUnsuitable, DriverHung, DriverCrashed or DriverError.
    """
    check_file(path)
    with WorkerProcess(path, environment) as worker:
        answer = worker.ask({"do": "describe"}, limit)
    return ModuleDescription(
        str(answer["manufacturer"]), str(answer["description"]), str(answer["version"])
    )


def check_file(path: Path, platform: str | None = None) -> None:
    """Refuse a file that cannot be a PKCS#11 module of this program's kind of machine.

    `platform` as sysconfig.get_platform() gives it. Raises DriverUnsuitable, with the reason as
    its detail.
    """
    kind = (platform or sysconfig.get_platform()).rpartition("-")[2].lower()
    elf_machine, pe_machine = _MACHINES.get(kind, (None, None))
    try:
        if not path.is_file() or path.stat().st_size > MAX_MODULE_BYTES:
            raise DriverUnsuitable(f"{path.name}: not a file")
        data = path.read_bytes()
    except OSError as error:
        raise DriverUnsuitable(f"{path.name}: {error.strerror}") from error
    try:
        if data.startswith(b"\x7fELF"):
            machine, wanted, exports = _elf_machine(data), elf_machine, _elf_exports(data)
        elif data.startswith(b"MZ"):
            machine, wanted, exports = _pe_machine(data), pe_machine, _pe_exports(data)
        elif data.startswith(_MACH_O_MAGIC):
            return
        else:
            raise DriverUnsuitable(f"{path.name}: not a program library")
        if wanted is not None and machine != wanted:
            raise DriverUnsuitable(f"{path.name}: made for another kind of machine ({machine:#x})")
        if ENTRY_POINT not in exports:
            raise DriverUnsuitable(f"{path.name}: no C_GetFunctionList")
    except (struct.error, IndexError, ValueError) as error:
        raise DriverUnsuitable(f"{path.name}: broken library") from error


def _name_at(data: bytes, offset: int) -> bytes:
    return data[offset : data.index(b"\0", offset)]


def _elf_order(data: bytes) -> str:
    return "<" if data[5] == 1 else ">"


def _elf_machine(data: bytes) -> int:
    return int(struct.unpack_from(_elf_order(data) + "H", data, 18)[0])


def _elf_exports(data: bytes) -> Iterator[bytes]:
    """Names that the library defines itself, from its table of dynamic symbols."""
    order, wide = _elf_order(data), data[4] == 2
    table, entry, count = struct.unpack_from(
        order + ("Q10xHH" if wide else "I10xHH"), data, 40 if wide else 32
    )
    sections = []
    for index in range(count):
        at = table + index * entry
        kind = struct.unpack_from(order + "I", data, at + 4)[0]
        offset, size, link = struct.unpack_from(
            order + ("QQI" if wide else "III"), data, at + (24 if wide else 16)
        )
        sections.append((kind, offset, size, link))
    symbol_bytes, owner_at = (24, 6) if wide else (16, 14)
    for kind, offset, size, link in sections:
        if kind != _ELF_DYNAMIC_SYMBOLS:
            continue
        names = sections[link][1]
        for at in range(offset, offset + size, symbol_bytes):
            name, owner = struct.unpack_from(order + f"I{owner_at - 4}xH", data, at)
            if owner:
                yield _name_at(data, names + name)


def _pe_machine(data: bytes) -> int:
    header = struct.unpack_from("<I", data, 0x3C)[0]
    if data[header : header + 4] != b"PE\0\0":
        raise ValueError("no PE header")
    return int(struct.unpack_from("<H", data, header + 4)[0])


def _pe_exports(data: bytes) -> Iterator[bytes]:
    """Names in the export directory of a Windows library."""
    header = struct.unpack_from("<I", data, 0x3C)[0]
    count, optional_bytes = struct.unpack_from("<H12xH", data, header + 6)
    optional = header + 24
    wide = struct.unpack_from("<H", data, optional)[0] == 0x20B
    export_address = struct.unpack_from("<I", data, optional + (112 if wide else 96))[0]
    sections = [
        struct.unpack_from("<III", data, optional + optional_bytes + index * 40 + 12)
        for index in range(count)
    ]

    def place(address: int) -> int:
        for start, size, offset in sections:
            if start <= address < start + size:
                return int(address - start + offset)
        raise ValueError("address outside the file")

    if export_address:
        directory = place(export_address)
        names, pointers = struct.unpack_from("<I4xI", data, directory + 24)
        for index in range(names):
            pointer = struct.unpack_from("<I", data, place(pointers) + index * 4)[0]
            yield _name_at(data, place(pointer))
