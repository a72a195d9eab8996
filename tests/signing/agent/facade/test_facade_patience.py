"""What a page may not do to the person through the façade: bury them under tabs, wear their agent
out, or write what nobody can read."""

# ruff: noqa: F811 - the fixture of another file

from __future__ import annotations

import json
from datetime import timedelta

from flask import template_rendered

from signing.agent.facade.calls import Stage
from signing.agent.facade.courier import read_answer
from signing.agent.facade.frames import read as read_frame
from signing.agent.facade.frames import success
from signing.agent.facade.routes import ROUTES
from signing.messages import LONGEST_OUTSIDE_NAME
from tests.signing.agent.facade.callers import Waiting, eventually
from tests.signing.agent.facade.test_facade_refusals import Gate, gate  # noqa: F401 - a fixture


def test_strangers_cannot_bury_the_person_under_pages(gate: Gate) -> None:
    for number in range(12):
        gate.ask("SignApproved", "{}", f"https://a{number}.example")
    assert len(gate.shown) == 5
    gate.browser.open("/cong")
    gate.browser.submit("/cong/tu-choi", **{"he-thong": "https://a0.example"})
    for _ in range(3):
        gate.ask("SignApproved", "{}", "https://a0.example")
    assert len(gate.shown) == 5  # turned away: it stands on the page, and opens none
    gate.browser.open("/cong")
    assert "https://a0.example" in gate.browser.page


def test_an_allowed_page_that_asks_for_the_settings_again_and_again_opens_one_tab(
    gate: Gate,
) -> None:
    for _ in range(4):
        assert gate.ask("Config", "config")["Status"] == 0
    assert len(gate.shown) == 1
    gate.clock.ahead = timedelta(minutes=1)
    gate.ask("Config", "config")
    assert len(gate.shown) == 2


def test_once_the_person_said_no_nothing_more_is_fetched_and_no_page_opens(gate: Gate) -> None:
    facade, system = gate.agent.facade, gate.system

    class SaysNo(dict[str, bytes]):
        def __getitem__(self, name: str) -> bytes:
            standing = facade.calls.current
            assert standing is not None
            facade.journey.refuse(standing)
            return super().__getitem__(name)

    system.files = SaysNo(system.files)
    name = "quyet-dinh.pdf"
    file = {"FileID": 1, "FileName": name, "URL": f"{system.origin}/f/{name}?t={system.token}"}
    told = gate.ask(
        "SignFiles",
        json.dumps({"FileUploadHandler": f"{system.origin}/upload", "Files": [file] * 20}),
    )
    assert told["Code"] == "user_cancelled"
    assert len(system.seen) == 1
    assert gate.shown == []


def test_a_file_id_that_cannot_be_written_back_is_refused_before_anything_is_fetched(
    gate: Gate,
) -> None:
    system = gate.system
    file = {"FileID": "\ud800", "FileName": "a.pdf", "URL": f"{system.origin}/f/quyet-dinh.pdf"}
    frame = json.dumps({"FileUploadHandler": f"{system.origin}/upload", "Files": [file]})
    assert gate.ask("SignFiles", frame)["Code"] == "frame_malformed"
    assert not system.seen


def test_half_a_letter_in_what_a_handler_says_does_not_keep_the_answer_back() -> None:
    delivered = read_answer(b'{"Status": true, "FileName": "a", "FileServer": "\\ud800"}')
    answer = success(FileServer=delivered.file_server)
    assert json.loads(answer.encode()) == {"Status": 0, "Message": "", "FileServer": "?"}


def test_names_and_comments_are_shown_without_marks_that_nobody_sees(gate: Gate) -> None:
    system = gate.system
    file = {
        "FileID": 1,
        "FileName": "quyet-dinh\u202efdp.exe" + 400 * "x",
        "URL": f"{system.origin}/f/quyet-dinh.pdf",
    }
    frame = json.dumps({"FileUploadHandler": f"{system.origin}/upload", "Files": [file]})
    Waiting(gate.port, "SignFiles", frame, system.origin).start()
    desk = gate.agent.facade.calls
    eventually(lambda: desk.current and desk.current.stage.value == "asking")
    assert desk.current is not None
    assert desk.current.names == [("quyet-dinhfdp.exe" + 400 * "x")[:LONGEST_OUTSIDE_NAME]]
    told = json.dumps(
        {
            **json.loads(system.frame()),
            "MetaData": [{"Key": "Comment", "Value": "Đồng ý\ud800 \u202ex"}],
        }
    )
    assert read_frame(ROUTES["Comment"], told).words == "Đồng ý x"
    gate.agent.facade.journey.refuse(desk.current)


def test_a_file_that_cannot_be_shown_is_answered_and_nobody_is_asked(gate: Gate) -> None:
    gate.system.files["hong.pdf"] = b"%PDF-1.7\nnothing of the kind"
    told = gate.ask("SignApproved", gate.system.frame("hong.pdf"))
    assert (told["Status"], told["Code"]) == (27, "pdf_broken")
    assert gate.shown == []
    waiting = Waiting(
        gate.port,
        "SignFiles",
        gate.system.frame_of_many("hong.pdf", "quyet-dinh.pdf"),
        gate.system.origin,
    ).start()
    desk = gate.agent.facade.calls
    eventually(lambda: desk.current and desk.current.stage.value == "asking")
    gate.browser.open("/cong/viec")
    assert "hong.pdf: Tệp PDF bị hỏng" in gate.browser.page
    assert "/1/0.png" in gate.browser.page
    assert "/0/0.png" not in gate.browser.page
    gate.browser.submit("/cong/viec/khong-ky")
    files = waiting.result()["Files"]
    assert [each["Code"] for each in files] == ["pdf_broken", "user_cancelled"]


def test_a_call_that_could_not_be_written_down_does_not_keep_the_next_one_out(gate: Gate) -> None:
    journal = gate.agent.state.folder / "nhat-ky.jsonl"
    kept = journal.rename(gate.agent.state.folder / "kept")
    journal.mkdir()
    assert gate.ask("SignApproved", gate.system.frame())["Code"] == "signing_error"
    journal.rmdir()
    kept.rename(journal)
    assert not gate.system.seen
    waiting = gate.waits()
    gate.browser.open("/cong/viec")
    gate.browser.submit("/cong/viec/khong-ky")
    assert waiting.result()["Code"] == "user_cancelled"


def test_a_page_that_is_drawn_while_its_files_arrive_looks_again(gate: Gate) -> None:
    waiting, standing = gate.waits(), gate.agent.facade.calls.current
    assert standing is not None
    standing.stage = Stage.FETCHING  # as it was a moment before

    def arrive(*_: object, **__: object) -> None:
        standing.stage = Stage.ASKING

    with template_rendered.connected_to(arrive):
        answer = gate.browser.open("/cong/viec")
    assert "Đang tải tệp" in gate.browser.page
    assert answer.headers["Refresh"] == "1"
    gate.browser.open("/cong/viec")
    gate.browser.submit("/cong/viec/khong-ky")
    assert waiting.result()["Code"] == "user_cancelled"
