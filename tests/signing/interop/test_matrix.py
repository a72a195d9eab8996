"""The signatures that we make, before programs that we did not write (docs/interop.md)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from signing.pades.layout import Box
from tests.signing.files import COPY, LEADER, signed_by_both, with_fields
from tests.signing.forgery import forged, other_number
from tests.signing.interop import matrix, readers, table
from tests.signing.interop.matrix import FILES, File
from tests.signing.interop.readers import READERS, Refuses

NEEDED = ("pdfsig", "qpdf", "openssl")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)), reason=f"{', '.join(NEEDED)} are needed"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matrix")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("file", FILES)
def test_every_reader_says_of_every_signature_what_the_table_says(
    file: str, reader: str, folder: Path
):
    assert READERS[reader](file, folder) == table.expected(file, reader)


def test_the_table_in_the_docs_is_the_one_that_is_tried():
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.stands_in(page) == table.render()


@pytest.mark.parametrize("reader", ["Sổ Token", "pyHanko", "Poppler (pdfsig)", "OpenSSL"])
def test_no_reader_of_signatures_accepts_a_byte_changed_in_what_was_signed(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The control of the experiment: they do look."""
    good = signed_by_both()
    bad = good.replace(b"/MediaBox", b"/MediaBux", 1)
    assert bad != good
    monkeypatch.setitem(FILES, "đã sửa", File(lambda: bad, 2))  # type: ignore[misc]
    with pytest.raises(Refuses):
        READERS[reader]("đã sửa", tmp_path)


@pytest.mark.parametrize("place", [LEADER, COPY])
def test_a_signature_that_cannot_be_seen_is_missed(
    place: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(FILES, "trống", File(with_fields, 0, seen=(place,)))  # type: ignore[misc]
    with pytest.raises(Refuses, match="nothing is drawn"):
        readers.pdfium("trống", tmp_path)


def test_a_number_forged_after_signing_is_caught_where_locks_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bad = forged(signed_by_both(), other_number)
    monkeypatch.setitem(FILES, "sửa số", File(lambda: bad, 2))  # type: ignore[misc]
    for reader in (readers.ours, readers.pyhanko):
        with pytest.raises(Refuses):
            reader("sửa số", tmp_path)
    assert matrix.data_of("sửa số") == bad
