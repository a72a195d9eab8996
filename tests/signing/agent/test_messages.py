"""Tickets, requests and answers that are forged, stolen, stale or repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signing.agent.application import Agent
from signing.errors import NotPaired, TicketExpired, TicketInvalid, VersionMismatch, WrongServer
from signing.messages import (
    CLAIM_LIMIT,
    REPLAY_WINDOW,
    AgentKeys,
    AnswerForged,
    ClaimLost,
    ClockSkew,
    JobProgress,
    JobRefused,
    JobState,
    MemoryNonces,
    MessageMalformed,
    OutsideVerdict,
    Pairing,
    RequestForged,
    RequestHead,
    RequestReplayed,
    Result,
    ResultDiffers,
    ServerKey,
    Ticket,
    TicketClaimed,
    TicketKind,
    TicketNotForThisAgent,
    accept,
    canonical_json,
    check_return_path,
    claim,
    give_back,
    issue_ticket,
    job_path,
    new_nonce,
    open_ticket,
    sign_request,
    sign_response,
    take_result,
    verify_request,
    verify_response,
)
from tests.signing.agent.conftest import Browser, browser_of
from tests.signing.agent.office import Office
from tests.signing.pki import Holder

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SERVER, AGENT = ServerKey.generate(), AgentKeys.generate()
PAIRING = Pairing(SERVER.public, "Máy chủ thử", "https://thu.example", "", "u-1", "Người thử", AT)
TICKET = Ticket(
    TicketKind.SIGN,
    "viec-1",
    SERVER.public.server_id,
    "u-1",
    AGENT.public.agent_id,
    "ab" * 32,
    "Ký phê duyệt",
    AT,
    AT + timedelta(minutes=10),
)


def ticket(server: ServerKey = SERVER, agent: AgentKeys = AGENT, **changes: object) -> str:
    changed = replace(TICKET, server_id=server.public.server_id, **changes)  # type: ignore[arg-type]
    return issue_ticket(server, agent.public.seal, changed)


def test_a_ticket_opens_for_its_agent_and_says_nothing_to_others():
    text = ticket()
    opened, pairing = open_ticket(text, agent=AGENT, pairings=[PAIRING], at=AT)
    assert opened == TICKET
    assert pairing is PAIRING
    assert all(char.isalnum() or char in "-_" for char in text)
    assert len(text) < 1000


STRANGER, THIEF = AgentKeys.generate(), ServerKey.generate()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(ticket(expires_at=AT), TicketExpired, id="expired"),
        pytest.param(ticket(THIEF), WrongServer, id="unknown server"),
        pytest.param(ticket(agent=STRANGER), TicketNotForThisAgent, id="stolen"),
        pytest.param(
            ticket(agent_id=STRANGER.public.agent_id), TicketNotForThisAgent, id="other agent"
        ),
        pytest.param(ticket(user_id="u-2"), NotPaired, id="other user"),
        pytest.param(ticket()[:-4] + "AAAA", TicketNotForThisAgent, id="altered"),
        pytest.param("không phải phiếu", TicketInvalid, id="not a ticket"),
        pytest.param("A" * 5000, TicketInvalid, id="too long"),
    ],
)
def test_a_ticket_that_is_not_right_has_its_own_reason(text: str, error: type[Exception]):
    with pytest.raises(error):
        open_ticket(text, agent=AGENT, pairings=[PAIRING], at=AT)


def test_a_ticket_signed_by_another_key_in_the_name_of_the_server_is_refused():
    thief = ServerKey.generate()
    with pytest.raises(ValueError, match="own name"):
        issue_ticket(thief, AGENT.public.seal, TICKET)
    forged = ticket(thief)
    posing = replace(PAIRING, server_key=SERVER.public)
    with pytest.raises(WrongServer):
        open_ticket(forged, agent=AGENT, pairings=[posing], at=AT)


def test_an_agent_without_pairing_says_so():
    with pytest.raises(NotPaired):
        open_ticket(ticket(), agent=AGENT, pairings=[], at=AT)


# --- on the agent's page -------------------------------------------------------------------------


def test_a_ticket_stolen_from_another_agent_is_refused_on_the_page(
    paired: Browser, agent: Agent, office: Office, holder: Holder, make: Callable[..., Agent]
):
    other = make("other")
    _, stolen = office.press_sign(other.state.keys.public, holder)
    assert paired.open(f"/ky/{stolen}").status_code == 409
    assert "được cấp cho Trình ký số khác" in paired.page
    _, own = office.press_sign(agent.state.keys.public, holder)
    stranger = browser_of(other)
    stranger.open(f"/ky/{own}")
    assert "chưa ghép nối với máy chủ" in stranger.page


def test_a_ticket_of_an_unknown_server_is_refused_on_the_page(
    paired: Browser, agent: Agent, holder: Holder
):
    false = Office()
    try:
        _, ticket_text = false.press_sign(agent.state.keys.public, holder)
        paired.open(f"/ky/{ticket_text}")
        assert "không đến từ máy chủ đã ghép nối" in paired.page
    finally:
        false.close()


def test_an_expired_ticket_is_refused_on_the_page(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    _, ticket_text = office.press_sign(agent.state.keys.public, holder, minutes=0)
    paired.open(f"/ky/{ticket_text}")
    assert "đã hết hạn" in paired.page


def test_an_import_ticket_signs_nothing_and_the_other_way_round(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    _, to_import = office.press_import(agent.state.keys.public)
    _, to_sign = office.press_sign(agent.state.keys.public, holder)
    assert paired.open(f"/ky/{to_import}").status_code == 409
    assert paired.open(f"/doc-chung-thu/{to_sign}").status_code == 409


def test_an_answer_that_was_altered_on_the_way_is_refused(
    paired: Browser, agent: Agent, office: Office, holder: Holder
):
    _, ticket_text = office.press_sign(agent.state.keys.public, holder)
    office.tamper = lambda body: body + b" "
    paired.open(f"/ky/{ticket_text}")
    assert "không mang chữ ký của máy chủ đã ghép nối" in paired.page


# --- requests and answers ------------------------------------------------------------------------


def head(**changes: object) -> RequestHead:
    header = sign_request(
        AGENT,
        server_id=SERVER.public.server_id,
        method="POST",
        path="/a",
        body=b"{}",
        at=AT,
        version="0.1.0",
        nonce="n" * 22,
    )
    return replace(RequestHead.read(header), **changes)  # type: ignore[arg-type]


def check(request: RequestHead, nonces: MemoryNonces | None = None, **changes: object) -> None:
    given = {
        "server_id": SERVER.public.server_id,
        "method": "POST",
        "path": "/a",
        "body": b"{}",
        "at": AT,
        "remember": (nonces or MemoryNonces()).remember,
        **changes,
    }
    verify_request(request, AGENT.public, **given)  # type: ignore[arg-type]


def test_a_request_is_believed_once():
    nonces = MemoryNonces()
    check(head(), nonces)
    with pytest.raises(RequestReplayed):
        check(head(), nonces)


@pytest.mark.parametrize("changes", [{"method": "GET"}, {"path": "/b"}, {"body": b"{ }"}])
def test_a_request_for_something_else_is_forged(changes: dict[str, object]):
    with pytest.raises(RequestForged):
        check(head(), **changes)


def test_a_request_passed_on_from_another_server_is_refused():
    with pytest.raises(WrongServer):
        check(head(), server_id=ServerKey.generate().public.server_id)
    with pytest.raises(RequestForged):
        check(head(server_id=SERVER.public.server_id, nonce="m" * 22))


@pytest.mark.parametrize("late", [REPLAY_WINDOW, -REPLAY_WINDOW])
def test_a_request_of_another_time_is_refused(late: timedelta):
    check(head(), at=AT + late)
    with pytest.raises(ClockSkew):
        check(
            head(),
            at=AT + late + (timedelta(seconds=1) if late > timedelta(0) else -timedelta(seconds=1)),
        )


def test_a_nonce_is_remembered_for_as_long_as_its_request_is_valid():
    nonces = MemoryNonces()
    check(head(), nonces, at=AT - REPLAY_WINDOW)
    with pytest.raises(RequestReplayed):
        check(head(), nonces, at=AT + REPLAY_WINDOW)


def test_a_newer_agent_is_told_about_versions():
    header = sign_request(
        AGENT, server_id="s", method="POST", path="/", body=b"", at=AT, version="9", nonce="n"
    ).replace("protocol=1", "protocol=2")
    with pytest.raises(VersionMismatch):
        RequestHead.read(header)
    for broken in ("", "a=b", "protocol=x,version=1", "x" * 3000):
        with pytest.raises(MessageMalformed):
            RequestHead.read(broken)


def test_an_answer_belongs_to_one_request():
    nonce = new_nonce()
    header = sign_response(SERVER, nonce=nonce, status=200, body=b"{}", at=AT)
    assert verify_response(SERVER.public, header, nonce=nonce, status=200, body=b"{}") == AT
    for other in ({"nonce": new_nonce()}, {"status": 409}, {"body": b"[]"}):
        given = {"nonce": nonce, "status": 200, "body": b"{}", **other}
        with pytest.raises(AnswerForged):
            verify_response(SERVER.public, header, **given)  # type: ignore[arg-type]


# --- the life of a job ---------------------------------------------------------------------------

ISSUED = JobProgress(JobState.ISSUED, AT + timedelta(minutes=10))
DONE = Result("c-1", {0: b"cms"})


def test_a_job_is_claimed_signed_and_accepted():
    claimed = claim(ISSUED, "c-1", at=AT)
    assert claim(claimed, "c-1", at=AT) == claimed
    signed = take_result(claimed, DONE, at=AT)
    assert take_result(signed, DONE, at=AT) == signed
    accepted = accept(signed)
    assert accept(accepted) == accepted
    assert accepted.state is JobState.ACCEPTED
    with pytest.raises(ResultDiffers):
        take_result(accepted, Result("c-1", {0: b"other"}), at=AT)


def test_a_claim_is_exclusive_until_it_is_given_back_taken_over_or_abandoned():
    claimed = claim(ISSUED, "c-1", at=AT)
    with pytest.raises(TicketClaimed):
        claim(claimed, "c-2", at=AT)
    assert claim(claimed, "c-2", at=AT, take_over=True).claim_id == "c-2"
    later = AT + CLAIM_LIMIT + timedelta(seconds=1)
    assert claim(claimed, "c-2", at=later).claim_id == "c-2"
    assert claim(give_back(claimed, "c-1"), "c-2", at=AT).claim_id == "c-2"
    assert give_back(claimed, "c-9") == claimed
    with pytest.raises(ClaimLost):
        take_result(claim(claimed, "c-2", at=AT, take_over=True), DONE, at=AT)


def test_a_refused_job_is_over():
    refused = give_back(ISSUED, "", error="user_cancelled")
    assert refused.state is JobState.REFUSED
    with pytest.raises(JobRefused):
        claim(refused, "c-1", at=AT)


def test_a_ticket_cannot_be_claimed_after_its_time_but_a_claim_in_time_may_finish():
    with pytest.raises(TicketExpired):
        claim(ISSUED, "c-1", at=ISSUED.expires_at)
    claimed = claim(ISSUED, "c-1", at=ISSUED.expires_at - timedelta(seconds=1))
    late = ISSUED.expires_at + timedelta(minutes=1)
    assert take_result(claimed, DONE, at=late).state is JobState.SIGNED


def test_a_batch_that_stopped_half_way_says_so():
    Result("c", {0: b"x"}, "token_removed").check(3)
    for wrong in (Result("c", {0: b"x"}), Result("c", {3: b"x"}, "a"), Result("c", {}, "a")):
        with pytest.raises(MessageMalformed):
            wrong.check(3)


@pytest.mark.parametrize(
    "path", ["", "a", "//evil", "/\\evil", "https://evil", "/a b", "/a\nb", "/ă"]
)
def test_the_way_back_stays_on_the_server(path: str):
    check_return_path("/van-ban/1?ky=xong")
    with pytest.raises(MessageMalformed):
        check_return_path(path)


def test_a_job_id_cannot_reach_another_path():
    for wrong in ("", "a/b", "../x", "a?b", "ă"):
        with pytest.raises(MessageMalformed):
            job_path(wrong, "show")


def test_json_has_one_spelling():
    assert canonical_json({"b": 1, "a": "ế"}) == '{"a":"ế","b":1}'.encode()
    with pytest.raises(TypeError):
        canonical_json({"a": [1.5]})


def test_names_that_strangers_chose_do_not_spoil_a_verdict_on_their_file():
    told = OutsideVerdict(
        "không hợp lệ",
        "Chữ ký của A\nB không hợp lệ.",
        ("Trường “x\u0000y” đã bị sửa.",),
        ({"signer": "Z" * 400, "verdict": "không hợp lệ", "time": "", "reasons": ("a\tb",)},),
    )
    read = OutsideVerdict.from_body(told.to_body())
    assert read.sentence == "Chữ ký của A B không hợp lệ."
    assert read.reasons == ("Trường “x y” đã bị sửa.",)
    assert read.signatures[0]["signer"] == "Z" * 300
    assert read.signatures[0]["reasons"] == ("a b",)
