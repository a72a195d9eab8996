"""Two sides find each other, and nobody in the middle can be one of them."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signing.agent.application import Agent
from signing.agent.client import Address, BadAddress, ServerClient
from signing.agent.clock import now
from signing.agent.state import AgentState
from signing.errors import ServerUnreachable, SigningError, VersionMismatch
from signing.messages import (
    HEARTBEAT_PATH,
    PAIRING_LIFETIME,
    AgentKeys,
    AnswerForged,
    Heartbeat,
    Pairing,
    PairingAnswer,
    PairingOffer,
    PairingRefused,
    ServerKey,
    ServerRefused,
    TlsMismatch,
    answer_pairing,
    check_pairing_proof,
    commitment,
    new_pairing_code,
    normalise_pairing_code,
)
from tests.signing.agent.conftest import Browser, Clock, pair
from tests.signing.agent.office import NAME, USER_ID, USER_NAME, Office
from tests.signing.pki import Holder, key
from tests.signing.tokens.conftest import self_signed


def test_a_pairing_pins_key_address_and_user(browser: Browser, agent: Agent, office: Office):
    pair(browser, office)
    (pairing,) = agent.state.pairings
    assert pairing.server_key == office.key.public
    assert (pairing.server_url, pairing.user_id) == (office.url, USER_ID)
    page = browser.open("/").get_data(as_text=True)
    assert NAME in page
    assert USER_NAME in page


def test_a_pairing_whose_page_was_closed_too_early_is_ended_by_the_next_page(
    browser: Browser, agent: Agent, office: Office
):
    browser.open("/")
    browser.submit("/ghep-noi", **{"may-chu": office.url})
    assert agent.pairing.pending is not None
    browser.open("/")
    assert (agent.state.pairings, agent.pairing.pending is None) == ((), False)
    office.type_code(agent.pairing.pending.code)
    assert USER_NAME in browser.open("/").get_data(as_text=True)
    assert len(agent.state.pairings) == 1


def test_the_code_has_80_bits_and_never_crosses_the_net(browser: Browser, office: Office):
    code = pair(browser, office)
    plain = normalise_pairing_code(code)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert not any(part.encode() in body for _, _, body in office.seen for part in (code, plain))
    assert len({new_pairing_code() for _ in range(200)}) == 200


def test_a_code_may_be_typed_in_small_letters_with_spaces():
    assert normalise_pairing_code(" 0i1l-abcd efgh–jkmn ") == "0111ABCDEFGHJKMN"
    for wrong in ("", "ABCD", "UUUU-UUUU-UUUU-UUUU", "ABCD-ABCD-ABCD-ABCD-A"):
        with pytest.raises(PairingRefused):
            normalise_pairing_code(wrong)


def test_a_false_server_in_the_middle_is_found_by_the_true_one(browser: Browser, agent: Agent):
    """The agent was sent to a false server that passes everything on to the true one."""
    false, true = Office(), Office()
    try:
        browser.open("/")
        browser.submit("/ghep-noi", **{"may-chu": false.url})
        code = browser.page.split('class="pairing-code mono">')[1].split("<")[0]
        true.offers = dict(false.offers)
        with pytest.raises(PairingRefused):
            true.type_code(code)
        assert not true.agents
    finally:
        false.close()
        true.close()


def test_a_false_server_that_puts_its_own_agent_in_does_not_match_the_code():
    code, server = new_pairing_code(), ServerKey.generate()
    honest, thief = AgentKeys.generate().public, AgentKeys.generate().public
    promise = commitment(code, server_key=server.public, agent=honest, agent_name="máy 1")
    offer = PairingOffer(thief, "máy 1", promise, 17995)
    with pytest.raises(PairingRefused):
        answer_pairing(server, offer, code, server_name=NAME, user_id="u", user_name="U")


def test_an_answer_of_somebody_who_does_not_know_the_code_is_refused(
    browser: Browser, agent: Agent, office: Office
):
    browser.open("/")
    browser.submit("/ghep-noi", **{"may-chu": office.url})
    (agent_id,) = office.offers
    office.answers[agent_id] = PairingAnswer(NAME, "u-99", "Kẻ lạ", bytes(32))
    answer = browser.open("/ghep-noi")
    assert answer.status_code == 409
    assert "Mã ghép nối không khớp" in browser.page
    assert not agent.state.pairings


def test_the_proof_names_the_user():
    code, server, agent = new_pairing_code(), ServerKey.generate(), AgentKeys.generate().public
    offer = PairingOffer(
        agent, "máy", commitment(code, server_key=server.public, agent=agent, agent_name="máy"), 1
    )
    answer = answer_pairing(server, offer, code, server_name=NAME, user_id="u", user_name="U")
    check_pairing_proof(answer, code, server_key=server.public, agent=agent)
    other = PairingAnswer(answer.server_name, "v", answer.user_name, answer.proof)
    with pytest.raises(PairingRefused):
        check_pairing_proof(other, code, server_key=server.public, agent=agent)


def test_a_code_that_nobody_types_expires(browser: Browser, office: Office, clock: Clock):
    browser.open("/")
    browser.submit("/ghep-noi", **{"may-chu": office.url})
    assert "Nhập mã này trên máy chủ" in browser.page
    clock.ahead = PAIRING_LIFETIME + timedelta(seconds=1)
    assert browser.open("/ghep-noi").status_code == 409
    assert "Mã ghép nối đã hết hạn" in browser.page


def test_an_agent_can_be_paired_with_several_servers_and_forget_one(
    browser: Browser, agent: Agent, office: Office
):
    second = Office()
    try:
        pair(browser, office)
        pair(browser, second)
        assert [each.server_url for each in agent.state.pairings] == [office.url, second.url]
        browser.open("/")
        browser.submit("/ghep-noi/bo", **{"may-chu": office.key.public.server_id, "nguoi": USER_ID})
        assert [each.server_url for each in agent.state.pairings] == [second.url]
    finally:
        second.close()


def test_a_server_that_does_not_answer_is_said_so(browser: Browser, office: Office):
    url = office.url
    browser.open("/")
    office.close()
    browser.submit("/ghep-noi", **{"may-chu": url})
    assert "không liên lạc được với máy chủ" in browser.page
    office._serve(None)


@pytest.mark.parametrize(
    "typed", ["", "ftp://a", "https://a/b", "https://u:p@a", "https://a?x=1", "http://[", "a b"]
)
def test_an_address_is_an_origin_and_nothing_more(typed: str):
    with pytest.raises(BadAddress):
        Address.parse(typed)


def test_addresses_are_written_as_browsers_write_origins():
    assert Address.parse("so-token.noibo").origin == "https://so-token.noibo"
    assert Address.parse("http://10.0.0.5:8080/").origin == "http://10.0.0.5:8080"
    assert Address.parse("http://10.0.0.5").exposed
    assert not Address.parse("http://127.0.0.1:5000").exposed


# --- TLS -----------------------------------------------------------------------------------------


def leaf(folder: Path, name: str) -> tuple[Path, Path]:
    private = key(f"tls {name}", 256)
    certificate = self_signed(private, name)  # type: ignore[arg-type]
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@pytest.fixture
def tls_office(tmp_path: Path) -> Iterator[Office]:
    office = Office(certificate=leaf(tmp_path, "may-chu"))
    yield office
    office.close()


def test_the_generated_certificate_of_a_server_is_pinned(
    tls_office: Office, browser: Browser, agent: Agent, holder: Holder
):
    pair(browser, tls_office)
    (pairing,) = agent.state.pairings
    assert pairing.tls_sha256 == tls_office.tls_sha256
    _, ticket = tls_office.press_sign(agent.state.keys.public, holder)
    assert browser.open(f"/ky/{ticket}").status_code == 200


def at_another_place(pairing: Pairing, office: Office) -> Pairing:
    return dataclasses.replace(pairing, server_url=office.url)


def test_a_certificate_that_the_pinned_key_does_not_vouch_for_gets_no_request(
    tls_office: Office, browser: Browser, agent: Agent, tmp_path: Path
):
    pair(browser, tls_office)
    (pairing,) = agent.state.pairings
    certificate = leaf(tmp_path, "ke-la")
    stranger = Office(certificate=certificate)
    stranger.offset = timedelta(days=3650)
    relay = Office(certificate=certificate, key=tls_office.key)
    relay.tls_sha256 = tls_office.tls_sha256  # It passes on what the true server says of itself.
    for intruder in (stranger, relay):
        try:
            with pytest.raises(TlsMismatch):
                agent.client.call(at_another_place(pairing, intruder), HEARTBEAT_PATH, b"{}")
            assert not intruder.seen
            assert abs(agent.client.now() - now()) < timedelta(days=1)
        finally:
            intruder.close()


def test_a_server_that_renewed_its_certificate_needs_no_new_pairing(
    tls_office: Office, browser: Browser, agent: Agent, tmp_path: Path
):
    pair(browser, tls_office)
    (pairing,) = agent.state.pairings
    renewed = Office(certificate=leaf(tmp_path, "moi"), key=tls_office.key)
    renewed.agents = tls_office.agents
    try:
        moved = at_another_place(pairing, renewed)
        for _ in range(2):
            assert agent.client.call(moved, HEARTBEAT_PATH, Heartbeat(1, "x").to_body())
        asked = [path for path, _, _ in renewed.seen]
        assert (asked, renewed.identity_asked) == ([HEARTBEAT_PATH, HEARTBEAT_PATH], 1)
        assert AgentState(agent.state.folder).leaf_of(pairing) == renewed.tls_sha256
    finally:
        renewed.close()


def test_the_leaf_before_a_renewal_is_not_believed_again_after_a_start(
    tls_office: Office, browser: Browser, agent: Agent, tmp_path: Path
):
    pair(browser, tls_office)
    (pairing,) = agent.state.pairings
    old = agent.state.leaf_of(pairing)
    agent.state.renew_leaf(pairing.server_id, old, "ab" * 32)
    again = AgentState(agent.state.folder)
    assert [each.tls_sha256 for each in again.pairings] == ["ab" * 32]
    tls_office.tls_sha256 = "ab" * 32  # The true server's; here somebody has the old key.
    with pytest.raises(TlsMismatch):
        ServerClient(again, now).call(pairing, HEARTBEAT_PATH, b"{}")
    assert not [path for path, _, _ in tls_office.seen if path == HEARTBEAT_PATH]


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [({"hangs_up": True}, ServerUnreachable), ({"protocol": 99}, VersionMismatch)],
)
def test_why_nobody_could_be_asked_about_a_new_certificate_is_told(
    tls_office: Office,
    browser: Browser,
    agent: Agent,
    trouble: dict[str, int],
    cause: type[SigningError],
):
    pair(browser, tls_office)
    (pairing,) = agent.state.pairings
    agent.state.renew_leaf(pairing.server_id, pairing.tls_sha256, "ab" * 32)
    vars(tls_office).update(trouble)
    with pytest.raises(cause):
        agent.client.call(pairing, HEARTBEAT_PATH, b"{}")


def test_a_relay_with_a_certificate_of_its_own_is_seen_at_the_first_contact(
    tls_office: Office, agent: Agent
):
    tls_office.tls_sha256 = hashlib.sha256(b"the true server's leaf").hexdigest()
    with pytest.raises(AnswerForged):
        agent.client.identity(Address.parse(tls_office.url))


def test_a_leaf_that_nobody_vouches_for_is_refused(tls_office: Office, agent: Agent):
    tls_office.tls_sha256 = ""
    with pytest.raises(TlsMismatch):
        agent.client.identity(Address.parse(tls_office.url))


def test_redirects_are_not_followed(browser: Browser, agent: Agent, office: Office):
    pair(browser, office)
    elsewhere = Office()
    try:
        office.redirect_to = elsewhere.url
        with pytest.raises(ServerRefused):
            agent.client.call(agent.state.pairings[0], "/tac-nhan/nhip", b"{}")
        assert not elsewhere.seen
    finally:
        elsewhere.close()
