"""Signing on the command line: made ready here, signed by the agent, raised to B-LTA here."""

import json
from pathlib import Path

import pytest

from signing.pades.prepare import reserve_for
from signing.pades.report import Level
from tests.signing import pki
from tests.signing.files import letter, sign, with_fields
from tests.signing.responders import serving, stamp, stamp_server
from tests.test_cli import Run, one_sentence, run  # noqa: F401


def certificate_file(holder: pki.Holder, file: Path) -> Path:
    file.write_bytes(holder.der)
    return file


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A letter and the certificates as they lie on an administrator's disk."""
    made = pki.pki()
    (tmp_path / "thu.pdf").write_bytes(letter())
    return {
        "pdf": str(tmp_path / "thu.pdf"),
        "signer": str(certificate_file(made.leader, tmp_path / "nguoi-ky.cer")),
        "chain": str(certificate_file(made.issuing, tmp_path / "ca.cer")),
        "out": str(tmp_path / "cho-ky.pdf"),
    }


def test_a_prepared_file_has_a_hole_and_a_sheet_that_says_what_to_sign(
    run: Run,  # noqa: F811
    files: dict[str, str],
) -> None:
    command = ("prepare", files["pdf"], "--certificate", files["signer"], "--chain")
    command = (*command, files["chain"], "--out", files["out"], "--json")
    status, said, errors = run(*command)
    assert status == 0, errors
    sheet = json.loads(Path(f"{files['out']}.ky.json").read_text(encoding="utf-8"))
    assert json.loads(said)["digest"] == sheet["digest"]
    made = Path(files["out"]).read_bytes()
    assert made.startswith(letter())
    start, end = sheet["byte_range"][1:3]
    assert set(made[start + 1 : end - 1]) == {ord("0")}
    status, _, errors = run(*command)
    assert (status, one_sentence(errors)) == (1, True)


def test_a_signed_file_is_raised_to_a_level_and_verified_from_the_same_command_line(
    run: Run,  # noqa: F811
    instance: Path,
    tmp_path: Path,
) -> None:
    made = pki.pki()
    pki.usual_trust(instance / "trust")
    holes = reserve_for([made.leader.der, *made.leader.chain], Level.B_LTA)
    before = tmp_path / "da-ky.pdf"
    before.write_bytes(sign(with_fields(), "lanh_dao", made.leader, reserve=holes))
    out = tmp_path / "co-dau.pdf"
    with serving({"/tsa": lambda query: stamp(query, stamp_server(), made=pki.NOW)}) as base:
        command = ("stamp", str(before), "--out", str(out), "--tsa", f"{base}/tsa")
        status, _, errors = run(*command)
        assert status == 0, errors
    status, said, _ = run("verify", str(out), "--json")
    report = json.loads(said)
    assert (status, report["signatures"][0]["level"]) == (0, "PAdES B-T")
    for wrong in ("thu.pdf", "khong.pdf"):
        (tmp_path / wrong).write_bytes(letter() if wrong == "thu.pdf" else b"not a PDF")
        aim = str(tmp_path / f"ra-{wrong}")
        status, _, errors = run("stamp", str(tmp_path / wrong), "--out", aim)
        assert (status, one_sentence(errors), Path(aim).exists()) == (1, True, False)
