"""The secrets of an installation: made once, the same for everybody, never silently replaced."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config import Config, ConfigError, secret_file


def test_programs_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as programs:
        keys = set(programs.map(secret_file, [tmp_path / "session.key"] * 32))
    assert keys == {(tmp_path / "session.key").read_bytes()}
    assert [path.name for path in tmp_path.iterdir()] == ["session.key"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_key_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    secret_file(tmp_path / "session.key")
    assert stat.S_IMODE((tmp_path / "session.key").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_other_accounts_of_the_computer_cannot_look_into_a_new_instance(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o755)
    Config.load(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o750)  # The administrator's own wish stays.
    Config.load(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "session.key").write_bytes(b"")
    with pytest.raises(ConfigError, match="bị hỏng"):
        secret_file(tmp_path / "session.key")
    assert (tmp_path / "session.key").read_bytes() == b""


def test_a_lost_key_of_the_citizen_ids_is_asked_back_and_not_made_anew(tmp_path: Path) -> None:
    Config.load(tmp_path)
    (tmp_path / "so_token.sqlite").touch()
    Config.load(tmp_path)
    (tmp_path / "keys" / "citizen_id.key").unlink()
    with pytest.raises(ConfigError, match="Thiếu tệp khóa"):
        Config.load(tmp_path)
    assert not (tmp_path / "keys" / "citizen_id.key").exists()
