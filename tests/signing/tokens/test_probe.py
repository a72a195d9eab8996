"""Finding drivers, and telling from a file whether it can be one."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from signing import errors
from signing.tokens.drivers import find_drivers, known_as, table
from signing.tokens.probe import check_file, probe
from tests.fault_pkcs11 import Control
from tests.signing.tokens.softhsm import MODULE


def windows_library(machine: int, *names: bytes) -> bytes:
    """The smallest Windows library that exports `names`: headers, one section, an export table."""
    base, at = 0x1000, 0x200
    strings = b"".join(name + b"\0" for name in names)
    pointers = base + 40
    first = pointers + 4 * len(names)
    offsets = [first + sum(len(each) + 1 for each in names[:index]) for index in range(len(names))]
    exports = struct.pack("<24xIIII", len(names), 0, pointers, 0)
    section = exports + b"".join(struct.pack("<I", each) for each in offsets) + strings
    wide = machine == 0x8664
    optional = struct.pack("<H", 0x20B if wide else 0x10B).ljust(112 if wide else 96, b"\0")
    optional += struct.pack("<II", base if names else 0, len(section))
    header = b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0)
    table_entry = struct.pack("<8sIIII16x", b".edata", len(section), base, len(section), at)
    start = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    return (start + header + optional + table_entry).ljust(at, b"\0") + section


def test_the_practice_driver_is_found_and_marked_as_practice() -> None:
    if not MODULE.exists():
        pytest.skip("SoftHSM2 is not installed")
    found = {driver.path.resolve(): driver for driver in find_drivers()}
    assert found[MODULE.resolve()].practice


def test_a_driver_chosen_by_a_person_comes_first_and_is_named_once(tmp_path: Path) -> None:
    chosen = tmp_path / "libbit4xpki.so"
    chosen.write_bytes(b"")
    drivers = find_drivers(system="linux", also=[chosen, chosen])
    assert drivers[0].path == chosen
    assert drivers[0].name.startswith("bit4id")
    assert not drivers[0].practice
    assert [driver.path for driver in drivers].count(chosen) == 1


def test_windows_folders_are_searched_two_levels_deep_and_shells_are_skipped(
    tmp_path: Path,
) -> None:
    system, programs = tmp_path / "Windows", tmp_path / "Program Files"
    for place in (
        system / "System32" / "eTPKCS11.dll",
        programs / "Bit4id" / "xPKI" / "bit4xpki.dll",
        programs / "Vina" / "Vina-CA_v9.dll",
        programs / "Vina" / "Vina-CA_v9_s.dll",
        programs / "a" / "b" / "c" / "bit4ipki.dll",
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"")
    environment = {"SYSTEMROOT": str(system), "ProgramFiles": str(programs)}
    found = find_drivers(system="windows", environment=environment)
    names = [driver.path.name for driver in found]
    assert names == ["bit4xpki.dll", "eTPKCS11.dll", "Vina-CA_v9.dll"]


def test_an_unknown_driver_goes_by_its_file_name() -> None:
    assert known_as(Path("/x/other.so")).name == "other.so"
    assert known_as(Path("/x/ETPKCS11.DLL")).name.startswith("SafeNet")


def test_every_entry_of_the_table_names_a_file_for_some_system() -> None:
    for entry in table()["driver"]:
        assert entry["name"]
        assert any(entry.get(system) for system in ("windows", "linux", "macos"))
    assert [entry["name"] for entry in table()["driver"] if entry.get("practice")] == ["SoftHSM2"]


def test_a_real_module_passes_and_says_what_it_is(fault_library: Path) -> None:
    if not MODULE.exists():
        pytest.skip("SoftHSM2 is not installed")
    check_file(fault_library)
    assert probe(MODULE).manufacturer == "SoftHSM"


def test_a_library_without_the_entry_point_is_refused(tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    source, library = tmp_path / "x.c", tmp_path / "x.so"
    source.write_text('const char *x = "C_GetFunctionList";', encoding="utf-8")
    subprocess.run(["gcc", "-shared", "-o", library, source], check=True)
    with pytest.raises(errors.DriverUnsuitable) as caught:
        check_file(library)
    assert "C_GetFunctionList" in caught.value.detail


def test_a_linux_library_for_another_machine_is_refused(
    fault_library: Path, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.so"
    data = bytearray(fault_library.read_bytes())
    struct.pack_into("<H", data, 18, 8)
    foreign.write_bytes(data)
    with pytest.raises(errors.DriverUnsuitable) as caught:
        check_file(foreign)
    assert "another kind of machine" in caught.value.detail


@pytest.mark.parametrize(("machine", "platform"), [(0x8664, "win-amd64"), (0x14C, "win32")])
def test_a_windows_library_is_read_by_its_export_table(
    machine: int, platform: str, tmp_path: Path
) -> None:
    library = tmp_path / "driver.dll"
    library.write_bytes(windows_library(machine, b"C_Finalize", b"C_GetFunctionList"))
    check_file(library, platform)
    other = "win32" if platform == "win-amd64" else "win-amd64"
    with pytest.raises(errors.DriverUnsuitable):
        check_file(library, other)
    for names in ((b"DllMain",), ()):
        library.write_bytes(windows_library(machine, *names))
        with pytest.raises(errors.DriverUnsuitable):
            check_file(library, platform)


def test_a_library_cut_short_anywhere_is_refused_and_never_crashes_us(
    fault_library: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.so"
    whole = fault_library.read_bytes()
    windows = windows_library(0x8664, b"C_GetFunctionList")
    for data in (whole[: len(whole) // 2], whole[:30], b"\x7fELF", windows[:0x50], b"MZ", b""):
        broken.write_bytes(data)
        with pytest.raises(errors.DriverUnsuitable):
            check_file(broken)


def test_a_module_that_hangs_or_crashes_while_loading_only_harms_its_probe(
    fault_library: Path, control: Control, tmp_path: Path
) -> None:
    source, library = tmp_path / "x.c", tmp_path / "x.so"
    for body, expected, limit in (
        ("abort();", errors.DriverCrashed, 60),
        ("for (;;) sleep(9);", errors.DriverHung, 1),
    ):
        source.write_text(
            "#include <stdlib.h>\n#include <unistd.h>\n"
            f"unsigned long C_GetFunctionList(void *list) {{ {body} return 0; }}",
            encoding="utf-8",
        )
        library.unlink(missing_ok=True)
        subprocess.run(["gcc", "-w", "-shared", "-fPIC", "-o", library, source], check=True)
        with pytest.raises(expected):
            probe(library, limit=limit)
