"""What a login signs: bound to one server, one address, one challenge, and never a document."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signing import cms
from signing.errors import NotPaired, SignatureCheckFailed, SigningError, TicketInvalid, WrongServer
from signing.messages import (
    LOGIN_CONTENT,
    LOGIN_DOMAIN,
    AgentKeys,
    LoginElsewhere,
    LoginExpired,
    LoginForged,
    LoginProof,
    LoginPurpose,
    LoginReceipt,
    LoginStatement,
    LoginTicket,
    MessageMalformed,
    Pairing,
    ServerKey,
    check_statement,
    issue_login_ticket,
    login_address,
    login_attributes,
    login_container,
    open_login_ticket,
    read_login,
)
from signing.pades.prepare import prepare
from signing.pades.report import Verdict
from signing.pades.splice import splice
from signing.pades.verify import verify
from signing.protocol.encoding import b64, canonical_json, unb64
from signing.trust.store import TrustStore
from tests.signing.files import fonts, with_fields
from tests.signing.pki import NOW as SIGNING_TIME
from tests.signing.pki import Holder, pki, usual_trust

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ORIGIN = "https://so-token.doi-mau.example"
SERVER, AGENT = ServerKey.generate(), AgentKeys.generate()


@pytest.fixture(params=["leader", "staff"], ids=["RSA", "ECDSA"])
def holder(request: pytest.FixtureRequest) -> Holder:
    return getattr(pki(), request.param)


def ticket(**changes: object) -> LoginTicket:
    whole = LoginTicket(
        purpose=LoginPurpose.LOGIN,
        challenge_id="thu-thach-1",
        server_id=SERVER.public.server_id,
        origin=ORIGIN,
        nonce="so-ngau-nhien",
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=3),
    )
    return replace(whole, **changes)


def pairing(key: ServerKey = SERVER, url: str = ORIGIN) -> Pairing:
    return Pairing(key.public, "Sổ Token xã Đồi Mẫu", url, "", "1", "Nguyễn Thị Ánh Dương", NOW)


def statement(holder: Holder, **changes: object) -> LoginStatement:
    whole = LoginStatement(
        purpose=LoginPurpose.LOGIN,
        server_key=SERVER.public.raw,
        origin=ORIGIN,
        challenge_id="thu-thach-1",
        nonce="so-ngau-nhien",
        certificate_sha256=hashlib.sha256(holder.der).hexdigest(),
        agent_id=AGENT.public.agent_id,
        agent_nonce="cua-tac-nhan",
        signed_at=NOW,
    )
    return replace(whole, **changes)


def proof(holder: Holder, said: LoginStatement | None = None) -> bytes:
    said = said or statement(holder)
    return login_container(said, holder.der, holder.sign(login_attributes(said, holder.der)))


def check(said: LoginStatement, asked: LoginTicket | None = None, at: datetime = NOW) -> None:
    check_statement(
        said,
        server_key=SERVER.public,
        ticket=asked or ticket(),
        agent_id=AGENT.public.agent_id,
        at=at,
    )


# The proof ---------------------------------------------------------------------------------------


def test_a_proof_says_which_server_and_address_and_challenge_and_certificate(holder: Holder):
    said, certificate = read_login(proof(holder))
    assert said == statement(holder)
    assert certificate == holder.der
    check(said)
    shown = json.loads(said.to_payload())
    assert shown["domain"] == LOGIN_DOMAIN == "SO-TOKEN LOGIN v1"
    assert set(shown) == {
        *("agent_id", "agent_nonce", "certificate_sha256", "challenge_id", "domain", "nonce"),
        *("origin", "purpose", "server_key", "signed_at"),
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server_key", ServerKey.generate().public.raw),
        ("challenge_id", "thu-thach-2"),
        ("nonce", "so-khac"),
        ("agent_id", AgentKeys.generate().public.agent_id),
        ("purpose", LoginPurpose.SWITCH),
        ("signed_at", NOW + timedelta(minutes=6)),
        ("signed_at", NOW - timedelta(minutes=6)),
        ("origin", "https://so-token.ke-xau.example"),
    ],
    ids=["server key", "challenge", "nonce", "agent", "purpose", "later", "earlier", "origin"],
)
def test_a_statement_for_something_else_is_refused_although_well_signed(field: str, value: object):
    said, _ = read_login(proof(pki().staff, statement(pki().staff, **{field: value})))
    expected = LoginElsewhere if field == "origin" else LoginForged
    with pytest.raises(expected):
        check(said)


def test_a_statement_that_comes_too_late_is_refused():
    with pytest.raises(LoginExpired):
        check(statement(pki().staff), at=NOW + timedelta(minutes=3))


@pytest.mark.parametrize("field", sorted(json.loads(statement(pki().staff).to_payload())))
def test_no_field_can_be_changed_after_signing(field: str):
    holder = pki().staff
    good = statement(holder).to_payload()
    told = json.loads(good)
    told[field] = {
        "server_key": b64(ServerKey.generate().public.raw),
        "purpose": "switch",
        "signed_at": "2026-11-21T03:00:01Z",
        "certificate_sha256": "0" * 64,
    }.get(field, told[field] + "x")
    container = proof(holder)
    changed = container.replace(good, canonical_json(told).ljust(len(good)))
    with pytest.raises(LoginForged):
        read_login(changed)


def test_no_byte_of_a_proof_can_be_changed():
    container = proof(pki().staff)
    for place in range(0, len(container), 7):
        changed = bytearray(container)
        changed[place] ^= 1
        with pytest.raises(LoginForged):
            read_login(bytes(changed))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: {**told, "domain": "SO-TOKEN LOGIN v2"},
        lambda told: {**told, "domain": "VAN BAN"},
        lambda told: {**told, "extra": "1"},
        lambda told: {key: value for key, value in told.items() if key != "nonce"},
    ],
    ids=["next version", "another domain", "a field too many", "a field too few"],
)
def test_another_structure_is_refused_although_well_signed(spoil):
    holder = pki().staff
    content = canonical_json(spoil(json.loads(statement(holder).to_payload())))
    attributes = cms.signed_attributes(hashlib.sha256(content).digest(), holder.der, LOGIN_CONTENT)
    container = cms.assemble(
        attributes,
        holder.sign(attributes),
        holder.der,
        (),
        content_type=LOGIN_CONTENT,
        content=content,
    )
    with pytest.raises(LoginForged):
        read_login(container)


def test_a_statement_that_names_another_certificate_is_refused():
    said = statement(pki().staff, certificate_sha256=hashlib.sha256(pki().leader.der).hexdigest())
    with pytest.raises(LoginForged):
        read_login(proof(pki().staff, said))


def test_bytes_that_are_no_proof_are_refused():
    for container in (b"", b"0", b"\x30\x80" * 50, b"x" * 20_000):
        with pytest.raises(LoginForged):
            read_login(container)


# Never a document, and a document never a login --------------------------------------------------


def test_a_login_never_passes_for_a_signature_of_a_document(holder: Holder):
    """Neither as it is nor over a document made to measure: the content type is signed."""
    said = statement(holder)
    digest = hashlib.sha256(said.to_payload()).digest()
    with pytest.raises(SignatureCheckFailed):
        cms.check(proof(holder), digest, holder.der)
    signature = holder.sign(login_attributes(said, holder.der))
    with pytest.raises(SignatureCheckFailed):  # the signature alone, under a document's attributes
        cms.assemble(cms.signed_attributes(digest, holder.der), signature, holder.der, ())


@pytest.mark.parametrize("made_to_measure", [False, True], ids=["real", "made to measure"])
def test_a_document_with_a_login_in_its_signature_is_never_valid(tmp_path, made_to_measure):
    """Put into the hole by somebody who does not use our own splicing, which refuses it; also when
    the signature is good, over this very document, and only its kind is that of a login."""
    holder = pki().leader
    prepared = prepare(
        with_fields(),
        field="lanh_dao",
        signing_time=SIGNING_TIME,
        appearance=None,
        fonts=fonts(),
    )
    container = proof(holder)
    if made_to_measure:
        digest = cms.digest_of(prepared.pdf, prepared.byte_range)
        attributes = cms.signed_attributes(digest, holder.der, LOGIN_CONTENT)
        signature = holder.sign(attributes)
        container = cms.assemble(
            attributes, signature, holder.der, holder.chain, content_type=LOGIN_CONTENT
        )
    with pytest.raises(SigningError):
        splice(prepared.pdf, prepared.byte_range, container, certificate_der=holder.der)
    before, after = prepared.byte_range[1], prepared.byte_range[2]
    hole = b"<" + container.hex().encode().ljust(after - before - 2, b"0") + b">"
    forged = prepared.pdf[:before] + hole + prepared.pdf[after:]
    store = TrustStore.load(usual_trust(tmp_path / "trust"))
    report = verify(forged, trust=store, at=SIGNING_TIME)
    assert [each.verdict for each in report.signatures] == [Verdict.INVALID]


def test_a_signature_of_a_document_never_passes_for_a_login(holder: Holder):
    """Even when the document is, byte for byte, the statement of a login."""
    payload = statement(holder).to_payload()
    digest = hashlib.sha256(payload).digest()
    with pytest.raises(LoginForged):
        read_login(cms.build(digest, holder.der, (), holder.sign))
    attributes = cms.signed_attributes(digest, holder.der)
    with pytest.raises(SignatureCheckFailed):
        login_container(statement(holder), holder.der, holder.sign(attributes))


# The ticket --------------------------------------------------------------------------------------


def test_any_agent_paired_with_the_server_opens_the_ticket():
    text = issue_login_ticket(SERVER, ticket())
    opened, found = open_login_ticket(text, pairings=[pairing()], at=NOW)
    assert (opened, found.server_id) == (ticket(), SERVER.public.server_id)
    assert login_address(17995, text) == f"http://127.0.0.1:17995/dang-nhap/{text}"


def test_a_ticket_of_nobody_or_of_a_stranger_is_refused():
    text = issue_login_ticket(SERVER, ticket())
    with pytest.raises(NotPaired):
        open_login_ticket(text, pairings=[], at=NOW)
    stranger = ServerKey.generate()
    with pytest.raises(WrongServer):
        open_login_ticket(text, pairings=[pairing(stranger)], at=NOW)
    claims_to_be_ours = issue_login_ticket(stranger, ticket())
    with pytest.raises(WrongServer):
        open_login_ticket(claims_to_be_ours, pairings=[pairing()], at=NOW)


@pytest.mark.parametrize("text", ["", "x", "a" * 3000, b64(b"x" * 64), b64(b"x" * 64 + b"{}")])
def test_a_ticket_that_makes_no_sense_is_refused(text: str):
    with pytest.raises(TicketInvalid):
        open_login_ticket(text, pairings=[pairing()], at=NOW)


def test_a_changed_ticket_is_refused():
    raw = unb64(issue_login_ticket(SERVER, ticket()))
    text = b64(raw.replace(b"thu-thach-1", b"thu-thach-2"))
    with pytest.raises(WrongServer):
        open_login_ticket(text, pairings=[pairing()], at=NOW)


def test_an_old_ticket_is_refused():
    text = issue_login_ticket(SERVER, ticket())
    with pytest.raises(LoginExpired):
        open_login_ticket(text, pairings=[pairing()], at=NOW + timedelta(minutes=3))


def test_a_page_under_another_address_than_the_pinned_one_is_refused_and_the_right_one_told():
    """Somebody in the middle may show our page under his own name, but not get it signed."""
    text = issue_login_ticket(SERVER, ticket(origin="https://so-token.ke-xau.example"))
    with pytest.raises(LoginElsewhere) as told:
        open_login_ticket(text, pairings=[pairing()], at=NOW)
    assert told.value.detail == ORIGIN


# The bodies --------------------------------------------------------------------------------------


def test_bodies_are_read_as_they_were_written_and_stay_on_the_server():
    assert LoginProof.from_body(LoginProof("a", b"cms").to_body()) == LoginProof("a", b"cms")
    assert LoginProof("a").declined
    assert LoginReceipt.from_body(LoginReceipt("/dang-nhap").to_body()).return_path == "/dang-nhap"
    with pytest.raises(MessageMalformed):
        LoginReceipt.from_body(canonical_json({"return_path": "//ke-xau.example"}))
