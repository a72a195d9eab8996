"""One zip with the agent and every library it needs, for computers without internet."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from starting.console import INSTANCE, ROOT, Trouble, say
from starting.installation import WHEELS, judge_install
from starting.processes import Failed, task

FOLDER = INSTANCE / "bundle"
PYTHON_VERSION = "3.12"
NAME = "trinh-ky-so-windows.zip"
SOURCES = ("start.py", "version.py", "requirements-agent.txt", "starting", "signing")
#: One moment for every entry, so that the same content is the same zip with the same hash.
MOMENT = (2026, 1, 1, 0, 0, 0)

README = """TRÌNH KÝ SỐ - BỘ CÀI CHO MÁY WINDOWS KHÔNG CÓ INTERNET

Bộ này gồm Trình ký số và mọi thư viện cho Windows 64 bit, Python {python}.

1. Đối chiếu mã SHA-256 của tệp zip với mã trên trang Trình ký số của máy chủ (hoặc mã người quản
   trị đọc cho). Mở PowerShell và chạy: Get-FileHash {name}
   Hai mã khác nhau thì không cài.
2. Giải nén vào một thư mục của riêng mình, ví dụ %LOCALAPPDATA%\\so-token.
   Không cần quyền quản trị.
3. Nếu máy chưa có Python {python}: chạy bộ cài Python trong thư mục bo-cai-python, chọn “Install
   just for me”. Người quản trị tải bộ cài “Windows installer (64-bit)” từ trang python.org ở một
   máy có mạng, đối chiếu mã băm rồi đặt vào thư mục đó.
4. Mở cửa sổ lệnh ở thư mục vừa giải nén và chạy (thay địa chỉ bằng địa chỉ máy chủ của cơ quan):
       py -{python} start.py agent --install --server https://ten-may-chu
       py -{python} start.py agent --server https://ten-may-chu
   Lệnh thứ nhất để Trình ký số tự chạy khi đăng nhập Windows và khi bấm liên kết sotoken:. Lệnh
   thứ hai chạy ngay bây giờ.
5. Mở http://127.0.0.1:17995/ và ghép nối với máy chủ theo hướng dẫn trên trang.

Gỡ bỏ: py -{python} start.py agent --uninstall, rồi xóa thư mục. Khóa bí mật nằm trong thiết bị,
không nằm trong bộ này; mã PIN không được lưu ở đâu.
"""

PLACE = """Đặt bộ cài Python {python} (Windows installer, 64-bit, từ python.org) vào thư mục này
trước khi mang sang máy không có mạng. Đối chiếu mã băm với trang tải của python.org.
"""


def download(requirements: Path, folder: Path) -> None:
    """Fetch every wheel for 64-bit Windows with pip, each checked against its written hash."""
    arguments = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    arguments += ["--platform", "win_amd64", "--python-version", PYTHON_VERSION]
    arguments += ["--implementation", "cp", "--requirement", str(requirements)]
    try:
        task("pip", *arguments, "--dest", str(folder), "--disable-pip-version-check", "-q")
    except Failed as failure:
        raise judge_install(failure) from failure


def windows_list(text: str) -> str:
    """The list of requirements as Windows reads it: pip judges markers by the computer it runs on,
    so those that ask for Windows are taken off."""
    return text.replace(" ; sys_platform == 'win32'", "")


def bundle(
    folder: Path = FOLDER, fetch: Callable[[Path, Path], None] = download
) -> tuple[Path, str]:
    """Make the zip in `folder`; returns it and its SHA-256, which is also written beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        wheels = Path(temporary) / WHEELS
        wheels.mkdir()
        requirements = Path(temporary) / "requirements.txt"
        text = (ROOT / "requirements-agent.txt").read_text(encoding="utf-8")
        requirements.write_text(windows_list(text), encoding="utf-8")
        say("Đang tải các thư viện cho Windows…")
        fetch(requirements, wheels)
        found = sorted(wheels.iterdir())
        if not found or any(each.suffix != ".whl" for each in found):
            raise Trouble("Chưa tải đủ thư viện cho Windows; chi tiết ở instance/logs/start.log.")
        aside = Path(temporary) / NAME
        _write(aside, found)
        digest = hashlib.sha256(aside.read_bytes()).hexdigest()
        aside.replace(folder / NAME)
    target = folder / NAME
    target.with_suffix(".zip.sha256").write_text(f"{digest}  {NAME}\n", encoding="ascii")
    return target, digest


def _write(target: Path, wheels: list[Path]) -> None:
    words = {"python": PYTHON_VERSION, "name": NAME}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "HUONG-DAN.txt", README.format(**words).encode("utf-8-sig"))
        _add(archive, "bo-cai-python/DOC-TRUOC.txt", PLACE.format(**words).encode("utf-8-sig"))
        for path in _sources():
            _add(archive, path.relative_to(ROOT).as_posix(), path.read_bytes())
        for wheel in wheels:
            _add(archive, f"{WHEELS}/{wheel.name}", wheel.read_bytes())


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _sources() -> Iterator[Path]:
    """The agent's own files, without what Python leaves beside them."""
    for name in SOURCES:
        path = ROOT / name
        yield from (
            [path]
            if path.is_file()
            else sorted(
                each
                for each in path.rglob("*")
                if each.is_file() and "__pycache__" not in each.parts
            )
        )
