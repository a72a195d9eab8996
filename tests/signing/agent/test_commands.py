"""The agent's commands at a terminal, with a real SoftHSM2 token behind its real driver."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from signing.agent import commands
from signing.agent.__main__ import main as agent_main
from signing.agent.journal import TERMINAL
from signing.agent.journal import verify as journal_verify
from signing.agent.pin_window import CONFIRMATION
from signing.errors import CertNotFound, NoToken, PinIncorrect
from signing.pades.prepare import prepare, reserve_for
from signing.pades.report import Verdict
from signing.pades.verify import verify
from signing.tokens.counts import FILE_NAME
from signing.trust.store import TrustStore
from tests.signing import pki
from tests.signing.files import fonts, with_fields
from tests.signing.tokens.softhsm import TokenHandle, make_token

PIN = "PIN-thu-8461"
Do = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> TokenHandle:
    made = pki.pki().leader
    folder = tmp_path_factory.mktemp("softhsm")
    return make_token(folder, "LANH DAO", "so-thu-9999", PIN, made.key, made.certificate)


@pytest.fixture
def do(
    token: TokenHandle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Do:
    """Run a command; `pin` is what the person types at each question."""
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)

    def doing(
        *arguments: str, pin: str = PIN, asked: list[str] | None = None
    ) -> tuple[int, str, str]:
        where = ("--state", str(tmp_path / "state"), "--module", str(token.module))

        def ask(question: str) -> str:
            if asked is not None:
                asked.append(question)
            return pin

        status = commands.main([*arguments, *where, "--only-module"], ask)
        said = capsys.readouterr()
        return status, said.out, said.err

    return doing


def made_ready(folder: Path, name: str, holder: pki.Holder | None = None) -> Path:
    """What `cli prepare` leaves: a document with its hole, and its sheet."""
    leader = holder or pki.pki().leader
    ready = prepare(
        with_fields(),
        field="lanh_dao",
        signing_time=pki.NOW,
        appearance=None,
        fonts=fonts(),
        reserve=reserve_for([leader.der, *leader.chain]),
    )
    file = folder / f"{name}.pdf"
    file.write_bytes(ready.pdf)
    sheet = {
        "file": file.name,
        "byte_range": list(ready.byte_range),
        "digest": ready.digest.hex(),
        "certificate": base64.b64encode(leader.der).decode(),
        "chain": [base64.b64encode(der).decode() for der in leader.chain],
    }
    file.with_name(file.name + ".ky.json").write_text(json.dumps(sheet), encoding="utf-8")
    return file


def test_tokens_and_certificates_are_listed_without_a_pin(do: Do) -> None:
    status, said, _ = do("tokens", "--json", pin="")
    listed = json.loads(said)
    assert (status, listed["certificates"]) == (0, 1)
    assert listed["pin_words"] == "Mã PIN bình thường, chưa ghi nhận lần nhập sai nào."
    status, said, _ = do("certificates", "--json", pin="")
    assert json.loads(said)["holder"] == "Nguyễn Thị Ánh Dương"
    assert "Nguyễn Thị Ánh Dương" in do("certificates", pin="")[1]


@pytest.mark.parametrize("command", ["tokens", "certificates"])
def test_where_no_token_is_one_sentence_says_so(
    do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "nothing").mkdir()
    nothing = tmp_path / "nothing.conf"
    nothing.write_text(f"directories.tokendir = {tmp_path / 'nothing'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(nothing))
    assert do(command) == (1, "", f"{NoToken.message} {NoToken.advice}\n")


def test_a_certificate_is_copied_from_the_token_for_who_prepares_files(
    do: Do, tmp_path: Path
) -> None:
    folder = tmp_path / "chung-thu"
    for _ in range(2):
        status, said, _ = do("certificates", "--json", "--save", str(folder), pin="")
        (file,) = folder.iterdir()
        assert (status, json.loads(said)["file"]) == (0, str(file))
    assert file.read_bytes() == pki.pki().leader.der
    file.write_bytes(b"khac")
    status, _, told = do("certificates", "--save", str(folder), pin="")
    assert (status, file.read_bytes()) == (1, b"khac")
    assert "nội dung khác" in told


def test_prepared_files_are_signed_under_one_login_and_judged_valid(do: Do, tmp_path: Path) -> None:
    files = [made_ready(tmp_path, name) for name in ("mot", "hai")]
    status, said, errors = do("sign", *map(str, files), "--json")
    assert status == 0, errors
    made = [Path(json.loads(line)["file"]) for line in said.splitlines()]
    trust = TrustStore.load(pki.usual_trust(tmp_path / "trust"))
    for one in made:
        report = verify(one.read_bytes(), trust=trust, at=pki.NOW)
        assert report.signatures[0].verdict == Verdict.VALID, report.reasons
    journal = tmp_path / "state" / TERMINAL
    assert journal_verify(journal)[0] == 2
    assert PIN not in journal.read_text(encoding="utf-8") + said + errors
    status, _, errors = do("sign", str(files[0]))
    assert (status, "không ghi đè" in errors) == (1, True)


def test_what_does_not_fit_is_refused_before_a_pin_is_asked(do: Do, tmp_path: Path) -> None:
    plain = tmp_path / "chua.pdf"
    plain.write_bytes(with_fields())
    status, _, errors = do("sign", str(plain))
    assert (status, "chưa được dựng để ký" in errors) == (1, True)
    changed = made_ready(tmp_path, "doi")
    changed.write_bytes(changed.read_bytes().replace(b"/Type /Sig ", b"/Type /Sid ", 1))
    status, _, errors = do("sign", str(changed))
    assert status == 1
    assert not (tmp_path / "doi-da-ky.pdf").exists()
    ended = pki.subscriber("Người đã hết hạn", pki.pki().issuing, not_after=pki.NOW - pki.DAY)
    asked: list[str] = []
    status, _, errors = do("sign", str(made_ready(tmp_path, "het-han", ended)), asked=asked)
    assert (status, "đã hết hạn" in errors, asked) == (1, True, [])


def test_a_wrong_pin_costs_one_try_and_signs_nothing(do: Do, tmp_path: Path) -> None:
    file = made_ready(tmp_path, "sai")
    status, said, errors = do("sign", str(file), pin="PIN-sai-1111")
    assert (status, said) == (1, "")
    assert "PIN" in errors
    assert "đã bị nhập sai" in do("tokens")[1]
    assert do("sign", str(file))[0] == 0


def test_speed_is_measured_with_bytes_that_are_no_document(do: Do) -> None:
    status, said, errors = do("speed", "--repeat", "2", "--json")
    assert status == 0, errors
    assert json.loads(said)["signatures"] == 2
    assert do("speed", "--certificate", "00")[0] == 1


def test_the_agents_program_knows_its_commands_and_a_missing_driver(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = ("--state", str(tmp_path), "--module", str(tmp_path / "no.so"), "--only-module")
    assert agent_main(["tokens", *missing]) == 1
    assert capsys.readouterr().err


def test_without_the_token_no_pin_is_asked(do: Do, tmp_path: Path) -> None:
    other = pki.subscriber("Người khác", pki.pki().issuing)
    asked: list[str] = []
    status, _, errors = do("sign", str(made_ready(tmp_path, "cua-nguoi-khac", other)), asked=asked)
    assert (status, asked) == (1, [])
    assert CertNotFound.message in errors


def test_the_last_try_wants_the_same_words_as_the_window(do: Do, tmp_path: Path) -> None:
    (token,) = [json.loads(line) for line in do("tokens", "--json")[1].splitlines()]
    counts = tmp_path / "state" / FILE_NAME
    counts.write_text(json.dumps({token["serial"]: {"wrong": 2, "flags_seen": False}}))
    asked: list[str] = []
    status, _, errors = do("speed", pin="có", asked=asked)
    assert (status, len(asked)) == (1, 1)
    assert CONFIRMATION in asked[0]
    assert "không thử mã PIN" in errors
    status, _, errors = do("speed", "--repeat", "1", pin=CONFIRMATION, asked=asked)
    assert (status, len(asked)) == (1, 3)  # confirmed; then it is no PIN
    assert PinIncorrect.message in errors
