"""The agent's own files: a journal that shows every change, keys that only their owner reads."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from signing.agent.clock import now
from signing.agent.journal import Journal, JournalBroken, verify
from signing.agent.state import AgentState, StateBroken
from signing.messages import Pairing, ServerKey


def three_lines(path: Path) -> list[str]:
    journal = Journal(path, now)
    journal.record("started", version="0.1.0")
    journal.record("refused", server_id="s", job_id="j")
    journal.record("claimed", server_id="s", job_id="j", manifest_sha256="0" * 64)
    assert journal.head == verify(path)
    return path.read_text(encoding="utf-8").splitlines()


def test_a_journal_goes_on_after_a_restart(tmp_path: Path):
    path = tmp_path / "nhat-ky.jsonl"
    three_lines(path)
    journal = Journal(path, now)
    journal.record("started", version="0.1.0")
    assert verify(path)[0] == 4


@pytest.mark.parametrize(
    ("change", "line"),
    [
        pytest.param(lambda lines: [*lines[:1], *lines[2:]], 2, id="a line taken out"),
        pytest.param(lambda lines: [lines[1], lines[0], lines[2]], 1, id="two lines exchanged"),
        pytest.param(
            lambda lines: [lines[0].replace("0.1.0", "9.9.9"), *lines[1:]], 1, id="a word changed"
        ),
        pytest.param(lambda lines: [*lines, lines[-1]], 4, id="a line repeated"),
        pytest.param(lambda lines: [*lines, "khong phai json"], 4, id="a line of rubbish"),
    ],
)
def test_a_change_in_the_journal_is_named_by_its_line(tmp_path: Path, change, line: int):  # type: ignore[no-untyped-def]
    path = tmp_path / "nhat-ky.jsonl"
    lines = change(three_lines(path))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(JournalBroken, match=f"dòng {line}"):
        Journal(path, now)


def test_an_event_carries_its_declared_keys_and_no_others(tmp_path: Path):
    journal = Journal(tmp_path / "nhat-ky.jsonl", now)
    for details in ({"pin": "1234", "version": "1"}, {}, {"pin": "1234"}):
        with pytest.raises(ValueError, match="does not carry"):
            journal.record("started", **details)
    with pytest.raises(ValueError, match="does not carry"):
        journal.record("pin_typed", pin="1234")
    assert not (tmp_path / "nhat-ky.jsonl").exists()


def test_keys_phrase_and_pairings_survive_a_restart(tmp_path: Path):
    state = AgentState(tmp_path / "s")
    state.set_phrase("  bến sông   có cây gạo ")
    at = now().replace(microsecond=0)
    pairing = Pairing(ServerKey.generate().public, "Máy", "https://a.example", "", "u", "U", at)
    state.add_pairing(pairing)
    state.add_pairing(pairing)
    again = AgentState(tmp_path / "s")
    assert again.keys.public == state.keys.public
    assert again.phrase == "bến sông có cây gạo"
    assert again.pairings == (pairing,)
    assert again.remove_pairing("x", "y") is None
    assert again.remove_pairing(pairing.server_id, "u") == pairing
    assert AgentState(tmp_path / "s").pairings == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in the profile folder")
def test_only_the_owner_can_read_the_agents_files(tmp_path: Path):
    state = AgentState(tmp_path / "s")
    state.set_phrase("x")
    Journal(state.folder / "nhat-ky.jsonl", now).record("started", version="1")
    assert state.folder.stat().st_mode & 0o777 == 0o700
    files = list(state.folder.iterdir())
    assert len(files) == 3
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)


@pytest.mark.parametrize("name", ["khoa.bin", "trang-thai.json"])
def test_a_broken_file_is_named(tmp_path: Path, name: str):
    AgentState(tmp_path).set_phrase("x")
    (tmp_path / name).write_bytes(b"\x00")
    with pytest.raises(StateBroken, match=name):
        AgentState(tmp_path)


def test_no_secret_key_stands_in_the_readable_state(tmp_path: Path):
    state = AgentState(tmp_path)
    state.set_phrase("x")
    told = json.loads((tmp_path / "trang-thai.json").read_text(encoding="utf-8"))
    assert set(told) == {"pairings", "phrase"}
