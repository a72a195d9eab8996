"""The worker that may be lost: hangs, crashes, memory, nonsense, and several threads at once."""

import io
import json
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from signing import platform
from signing.errors import PdfBroken, PdfTooLarge
from signing.pades import frames
from signing.pades.files import verify_file
from signing.pades.report import Verdict
from signing.pades.sandbox import Sandbox
from signing.pades.strangers import prepared_of
from signing.pades.upgrade_orders import read_need, read_subjects
from tests.signing.files import letter, signed_by_both
from tests.signing.pki import NOW, usual_trust


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return usual_trust(tmp_path_factory.mktemp("tin-cay"))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(workers=2) as made:
        made.warm()
        yield made


def _subjects(_pdf: bytes, answer: dict[str, object], parts: list[bytes]) -> object:
    return read_subjects(answer, parts)


def _pdf(*objects: bytes) -> bytes:
    """A small PDF of the given numbered objects; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)


def _endless_drawing() -> bytes:
    """Forms that draw each other sixteen times over, many levels deep: it never ends."""
    levels = 14
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
    objects.append(
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /XObject << /X 5 0 R >> >> >>"
    )
    draw = b"/X Do " * 16
    objects.append(b"<< /Length %d >> stream\n%s\nendstream" % (len(draw), draw))
    for level in range(levels):
        body = draw if level < levels - 1 else b"0 0 100 100 re f"
        objects.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length %d "
            b"/Resources << /XObject << /X %d 0 R >> >> >> stream\n%s\nendstream"
            % (len(body), 6 + min(level, levels - 2), body)
        )
    return _pdf(*objects)


def _nested(depth: int) -> bytes:
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm %s >>" % (b"<< /A " * depth + b">>" * depth),
        b"<< /Type /Pages /Kids [] /Count 0 >>",
    )


def _pages_in_a_circle() -> bytes:
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>",
        b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        b"<< /T (a) /Kids [3 0 R] /Parent 3 0 R >>",
    )


def _bomb() -> bytes:
    """A form field list inside a stream that inflates to half a gigabyte."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm 10 0 R >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >> stream\n%s\nendstream"
        % (len(body), body),
    )


def test_an_honest_letter_is_judged_as_without_a_sandbox(sandbox, trust):
    report = sandbox.verify(signed_by_both(), trust, NOW)
    assert report.verdict == Verdict.VALID
    assert [s.field for s in report.signatures] == ["lanh_dao", "co_quan"]


def test_pages_are_counted_drawn_and_read(sandbox):
    assert sandbox.page_count(letter()) == 2
    picture = sandbox.page_image(letter(), 1, 300)
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as image:
        assert image.width == 300
    assert "dòng 3: đề nghị" in sandbox.text(letter())[0]


HOSTILE = {
    "nested": lambda: _nested(50_000),
    "a circle": _pages_in_a_circle,
    "a bomb": _bomb,  # which takes seconds to make, so whoever only collects makes none
    "empty": lambda: b"",
    "rubbish": lambda: b"%PDF-1.7 rubbish",
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_file_gives_a_report_with_a_reason(sandbox, trust, hostile):
    report = sandbox.verify(HOSTILE[hostile](), trust, NOW)
    assert report.verdict in (Verdict.UNREADABLE, Verdict.UNDECIDED)
    assert report.reasons
    assert sandbox.verify(signed_by_both(), trust, NOW).verdict == Verdict.VALID


@pytest.mark.parametrize("hostile", [b"", b"%PDF-1.7 rubbish"])
def test_a_broken_file_has_no_picture(sandbox, hostile):
    for ask in (sandbox.page_count, sandbox.text, lambda pdf: sandbox.page_image(pdf, 0, 100)):
        with pytest.raises(PdfBroken):
            ask(hostile)


def test_a_file_that_never_ends_is_stopped_and_the_next_one_is_served(trust):
    with Sandbox(workers=1, time_limit=2) as sandbox:
        sandbox.warm()
        first = sandbox._idle[0]
        with pytest.raises(PdfTooLarge):
            sandbox.page_image(_endless_drawing(), 0, 600)
        assert not first.alive()
        sandbox._time_limit = 60  # only what never ends may need the limit, not a slow machine
        assert sandbox.page_count(letter()) == 2


def test_a_file_that_needs_too_much_memory_is_stopped(trust):
    with Sandbox(workers=1, memory_limit=160 * 1024 * 1024) as sandbox:
        report = sandbox.verify(signed_by_both() + bytes(90 * 1024 * 1024), trust, NOW)
        assert report.verdict == Verdict.UNREADABLE
        assert "bộ nhớ" in report.reasons[0] or "tiến trình" in report.reasons[0]


def test_a_worker_that_cannot_start_is_not_blamed_on_the_file(trust, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "khong-co"))
    with Sandbox(workers=1) as sandbox:
        report = sandbox.verify(signed_by_both(), trust, NOW)
        assert report.verdict == Verdict.UNREADABLE
        assert "chưa khởi động được" in report.reasons[0]


def test_a_worker_that_was_killed_is_replaced(trust):
    with Sandbox(workers=1) as sandbox:
        sandbox.warm()
        sandbox._idle[0]._process.kill()
        sandbox._idle[0]._process.wait()
        assert sandbox.verify(signed_by_both(), trust, NOW).verdict == Verdict.VALID


def test_a_file_over_the_limit_never_reaches_a_worker(trust):
    with Sandbox(max_bytes=1000) as sandbox:
        report = sandbox.verify(letter(), trust, NOW)
        assert report.verdict == Verdict.UNREADABLE
        with pytest.raises(PdfTooLarge):
            sandbox.page_count(letter())
        assert not sandbox._idle


def test_several_threads_share_one_sandbox(sandbox, trust):
    with ThreadPoolExecutor(6) as pool:
        found = list(
            pool.map(lambda _: sandbox.verify(signed_by_both(), trust, NOW).verdict, range(12))
        )
    assert found == [Verdict.VALID] * 12
    assert len(sandbox._idle) <= 2


def test_a_closed_sandbox_leaves_no_process(trust):
    made = Sandbox(workers=1)
    made.warm()
    worker = made._idle[0]
    made.close()
    assert not worker.alive()


def test_what_a_worker_prints_does_not_disturb_its_answers():
    source, sink = os.pipe()
    os.close(source)
    os.close(sink)
    process = subprocess.run(
        [sys.executable, "-m", "signing.pades.worker"],
        input=_frame({"act": "unheard of"}) + _frame({"act": "ping"}),
        capture_output=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    stream = io.BytesIO(process.stdout)
    assert frames.read(stream)[0]["error"] == "failed"
    assert frames.read(stream) == ({}, [])


def _frame(header: dict[str, str]) -> bytes:
    out = io.BytesIO()
    frames.write(out, header)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        b"\xff" * 8,
        b"\0\0\0\2\0\0\0\0[]",
        b"\0\0\0\2\0\0\0\0x}",
        b"\0\1\0\0\0\0\0\0" + b"[" * 0x10000,
    ],
)
def test_nonsense_on_the_pipe_is_refused(data):
    with pytest.raises(frames.FrameError):
        frames.read(io.BytesIO(data))


def test_a_file_on_disk_becomes_one_json_object(tmp_path, trust, sandbox):
    path = tmp_path / "văn bản.pdf"
    path.write_bytes(signed_by_both())
    found = verify_file(path, trust, at=NOW, sandbox=sandbox)
    assert json.loads(json.dumps(found)) == found
    assert found["file"] == str(path)
    assert found["verdict"] == "hợp lệ"
    assert next(iter(found)) == "file"


def test_a_missing_file_cannot_be_read(tmp_path, trust):
    found = verify_file(tmp_path / "khong-co.pdf", trust, at=NOW)
    assert found["verdict"] == "không đọc được"
    assert found["reasons"]
    assert found["signatures"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="rights are lists there")
def test_only_the_owner_may_read_what_is_closed(tmp_path):
    path = tmp_path / "khoa"
    path.write_bytes(b"x")
    assert platform.owner_only(path)
    assert path.stat().st_mode & 0o077 == 0
    assert platform.owner_only(tmp_path)
    assert tmp_path.stat().st_mode & 0o700 == 0o700


def test_a_slow_worker_does_not_stop_the_others(trust):
    with Sandbox(workers=2, time_limit=3600) as sandbox:
        sandbox.warm()
        drawing = sandbox._idle[0]  # the next to be taken
        lost: list[PdfTooLarge] = []

        def draw() -> None:
            with pytest.raises(PdfTooLarge) as told:
                sandbox.page_image(_endless_drawing(), 0, 600)
            lost.append(told.value)

        slow = threading.Thread(target=draw)
        slow.start()
        while sandbox._idle:  # until the drawing has begun
            slow.join(0.01)
        assert sandbox.page_count(letter()) == 2
        assert slow.is_alive()
        drawing._process.kill()
        slow.join()
        assert len(lost) == 1


@pytest.mark.parametrize(
    ("read", "answer", "parts"),
    [
        (read_need, {}, [b"", b""]),
        (read_need, {"kind": "hole", "span": [0, 2, 9]}, [b"c", b"s"]),
        (read_need, {"kind": "hole", "span": [0, 9, 9, 0]}, [b"c", b"s"]),
        (read_need, {"kind": "hole", "span": [0, 2, 6, 4]}, [b"c"]),
        (prepared_of, {"byte_range": [0, 4, 8, 9]}, [b"%PDF-1.7 and more"]),
        (prepared_of, {"byte_range": "none"}, [b"%PDF-1.7 and more"]),
        (prepared_of, {}, [b"another file"]),
        (_subjects, {"subjects": [], "contents": [3]}, [b"", b""]),
        (_subjects, {"subjects": [[[1], "2026-11-21", False]], "contents": []}, [b"x", b""]),
        (_subjects, {"subjects": [[[], "2026-11-21", False]], "contents": []}, [b"", b""]),
        (_subjects, {"subjects": 7}, [b"", b""]),
    ],
)
def test_a_worker_that_a_hostile_file_has_taken_over_is_not_believed(
    read: Callable[..., object], answer: dict[str, object], parts: list[bytes]
):
    with pytest.raises(PdfBroken):
        read(b"%PDF-1.7 z", answer, parts)
