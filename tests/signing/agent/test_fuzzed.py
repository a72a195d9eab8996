"""A running agent under fire: seeded requests of hostile pages and programs.

The long run and its figures stand in docs/attack-corpus.md.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from signing.messages import JobState
from tests.fault_pkcs11 import Control, build
from tests.signing.agent import fuzzing, hostile
from tests.signing.agent.fuzzing import Scene, Tally
from tests.signing.agent.office import Office
from tests.signing.pki import Holder
from tests.signing.tokens.softhsm import TokenHandle

SEED, COUNT = 20261121, 1500


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, soft_token: TokenHandle, holder: Holder
) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("fuzz")
    control = Control(folder / "control")
    control.order()
    office = Office()
    token = dict(soft_token.environment)
    with fuzzing.running(folder, office, holder, build(folder), control, token) as scene:
        yield scene
    office.close()


def test_no_spoiled_request_is_let_in_and_none_hurts_the_agent(scene: Scene):
    before = fuzzing.kib(scene.process)
    tally = Tally()
    fuzzing.throw(scene, SEED, COUNT, tally)
    assert tally.wrong == []
    assert fuzzing.looked_over(scene, before) == []
    assert tally.requests >= COUNT
    known = {each.__name__ for each in (*hostile.OF_CHANGES, *hostile.OF_LOOKS)}
    assert known <= set(tally.spoiled)


def test_many_open_and_half_sent_requests_keep_nobody_waiting(scene: Scene):
    held = [socket.create_connection(("127.0.0.1", scene.port), 5) for _ in range(250)]
    try:
        for number, each in enumerate(held):
            each.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"[: 4 + number % 50])
        headers = hostile.browser_headers(scene.stage, own=False)
        answer, ended = fuzzing.exchange(
            scene.port, hostile.Request("GET", "/", headers).raw(last=True)
        )
        waiting = [still_open(each) for each in held]
    finally:
        for each in held:
            each.close()
    assert (answer[9:12], ended) == (b"200", True)
    assert all(waiting)  # it was answered before any of them, not once they had been given up


def still_open(connection: socket.socket) -> bool:
    """Whether the other side has neither answered nor hung up."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    return False


def test_the_same_request_with_nothing_spoiled_is_let_in(scene: Scene):
    """The control of the experiment, last: what was thrown was one honest part away from this."""
    path = f"/ky/{scene.stage.signing}"
    form = urlencode({"dau": scene.stage.seals[path], "lan-bam": "thật"}).encode()
    request = hostile.Request(
        "POST", f"{path}/ky", hostile.browser_headers(scene.stage, own=True), form
    )
    request.put("Content-Type", "application/x-www-form-urlencoded")
    answer, _ = fuzzing.exchange(scene.port, request.raw(last=True), 20)
    assert answer[9:12] == b"303"
    assert scene.job.progress.state is JobState.CLAIMED
    told = fuzzing.looked_over(scene, fuzzing.kib(scene.process))
    assert [each.split(":")[0] for each in told] == ["the job is claimed", "the server was asked"]
