"""The table of docs/interop.md: `python -m tests.signing.interop.table` writes it anew.

It says what must be found; test_matrix.py asks every reader and compares, word for word.
"""

from __future__ import annotations

from pathlib import Path

from tests.signing.interop.matrix import FILES
from tests.signing.interop.readers import READERS

PAGE = Path(__file__).parents[3] / "docs" / "interop.md"
BEGIN, END = "<!-- bảng: đầu -->\n", "<!-- bảng: cuối -->\n"


def expected(name: str, reader: str) -> str:
    """What this reader has to say of this file."""
    file = FILES[name]
    whole = file.signatures + file.stamps
    if reader == "qpdf":
        return "cấu trúc đúng"
    if reader == "PDFium":
        return f"thấy đủ {len(file.seen)} hình"
    if reader == "Poppler (pdfsig)":
        known = f"hợp lệ {file.signatures}/{file.signatures}"
        return f"{known}; không đọc dấu thời gian" if file.stamps else known
    return f"hợp lệ {whole}/{whole}"


def render() -> str:
    """The table as Markdown."""
    lines = [
        "| Tệp đã ký | " + " | ".join(READERS) + " |",
        "|---" * (len(READERS) + 1) + "|",
    ]
    for name in FILES:
        cells = [expected(name, reader) for reader in READERS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def stands_in(page: str) -> str:
    """The table that a page holds between its marks."""
    return page.partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Put the table into the page in the place of the old one."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + BEGIN + render() + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
