"""The journal of the agent against the server's list."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from signing.agent.application import Agent
from signing.agent.journal import TERMINAL, Journal
from signing.messages import SignatureMade
from tests.signing.agent.conftest import Browser
from tests.signing.agent.office import Office
from tests.signing.agent.test_the_road import sign_on_page
from tests.signing.pki import Holder

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def test_signatures_that_only_one_side_knows_are_told(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    job, ticket = office.press_sign(agent.state.keys.public, holder, count=3)
    sign_on_page(paired, agent, ticket)
    own = agent.state.keys.public.agent_id
    known = [
        SignatureMade(job.manifest.job_id, item.sha256, own, AT) for item in job.manifest.items
    ]
    stranger = replace(known[0], job_id="viec-la", document_sha256="f" * 64)
    office.listed = [*known[:2], stranger, replace(stranger, agent_id="may-khac")]
    paired.open("/nhat-ky")
    assert "nguyên vẹn" in paired.page
    assert "Đối chiếu ngay" in paired.page
    paired.open("/nhat-ky?doi-chieu=1")
    assert "2 chữ ký khớp ở cả hai bên" in paired.page
    assert "1 chữ ký máy chủ ghi là của Trình ký số này nhưng nhật ký không có" in paired.page
    assert "viec-la" in paired.page
    assert "1 chữ ký tạo ở máy này nhưng máy chủ không nhận" in paired.page
    assert "1 chữ ký của tài khoản này được tạo ở máy khác" in paired.page
    office.redirect_to = "http://127.0.0.1:9"
    paired.open("/nhat-ky?doi-chieu=1")
    assert "Chưa đối chiếu được" in paired.page


def test_what_another_account_signed_on_this_computer_is_not_missed_at_the_server(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    (first,) = agent.state.pairings
    agent.state.add_pairing(replace(first, user_id="u-18", user_name="Văn thư"))
    job, ticket = office.press_sign(agent.state.keys.public, holder)
    sign_on_page(paired, agent, ticket)
    # The list of the account that did not sign is empty; that of the one that did may not be.
    found = compare_all(paired, office, listed=[])
    assert found[first.user_name].count("chữ ký tạo ở máy này nhưng máy chủ không nhận") == 1
    assert "chữ ký tạo ở máy này nhưng máy chủ không nhận" not in found["Văn thư"]
    # A signature with one's certificate that another account gave here is known to the journal.
    own = agent.state.keys.public.agent_id
    known = SignatureMade(job.manifest.job_id, job.manifest.items[0].sha256, own, AT)
    assert "1 chữ ký khớp" in compare_all(paired, office, listed=[known])["Văn thư"]


def compare_all(paired: Browser, office: Office, *, listed: list[SignatureMade]) -> dict[str, str]:
    """What the page says of each account that the agent is paired with."""
    office.listed = listed
    paired.open("/nhat-ky?doi-chieu=1")
    cards = paired.page.split("<h3>")[1:]
    return {re.search(r"\(([^)]*)\)</h3>", one)[1]: one for one in cards}


def test_a_journal_cut_while_the_program_runs_is_noticed(paired: Browser, agent: Agent):
    path = agent.state.folder / "nhat-ky.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    paired.open("/nhat-ky")
    assert "KHÔNG nguyên vẹn" in paired.page


def test_what_was_signed_at_the_terminal_is_told_beside_with_its_own_chain(
    paired: Browser, agent: Agent
):
    paired.open("/nhat-ky")
    assert "Ký ở dòng lệnh" not in paired.page
    path = agent.state.folder / TERMINAL
    journal = Journal(path, lambda: AT)
    for number in range(2):
        journal.record(
            "signed",
            server_id="",
            job_id="",
            certificate_sha256="c" * 64,
            documents=[f"{number}" * 64],
            cms=["e" * 64],
        )
    paired.open("/nhat-ky")
    assert "2 chữ ký tạo bằng lệnh trên máy này, chuỗi mã băm nguyên vẹn" in paired.page
    assert f"văn bản {'1' * 16} · chứng thư {'c' * 16}" in paired.page
    path.write_bytes(path.read_bytes().replace(b"0" * 64 + b'"]', b"9" * 64 + b'"]', 1))
    paired.open("/nhat-ky")
    assert "Nhật ký bị sửa hoặc thiếu ở dòng 1." in paired.page


def test_a_terminal_journal_that_cannot_be_read_is_told_and_spoils_no_page(
    paired: Browser, agent: Agent
):
    path = agent.state.folder / TERMINAL
    path.mkdir()
    assert paired.open("/nhat-ky").status_code == 200
    assert "Không đọc được tệp nhật ký" in paired.page
    path.rmdir()
    Journal(path, lambda: AT).record(
        "signed", server_id="", job_id="", certificate_sha256="", documents=["1", "2"], cms=["e"]
    )
    assert paired.open("/nhat-ky").status_code == 200
    assert "dòng ghi chữ ký không đọc được" in paired.page
