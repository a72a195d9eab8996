"""What agents say of a login with the token: the proof for a waiting browser, or a "no"."""

from datetime import datetime

from flask import Blueprint, Response, request, url_for

from extensions import csrf, db
from operations import token_logins
from operations.throttles import TooManyTries, in_words
from operations.token_logins import NotLetIn, Proof
from rules.token_logins import RevocationKnown
from schema.token_logins import LoginChallenge
from signing.errors import ERRORS, SigningError
from signing.messages import (
    LOGIN_CHOICES_PATH,
    LOGIN_PATH,
    LoginChoices,
    LoginExpired,
    LoginForged,
    LoginProof,
    LoginPurpose,
    LoginReceipt,
    LoginTicket,
    LoginTooMany,
    LoginUnknown,
    LoginWish,
    RequestHead,
    check_statement,
    read_login,
)
from signing.pades.judge import judge
from signing.trust import path as paths
from signing.trust.certificates import load as load_certificate
from signing.trust.revocation import Revocation
from signing.trust.store import TrustStore
from views.accounts import throttle_key
from views.agent_calls import SIGNED_CALL, answer_call, paired_keys
from views.guards import open_to_all, settings
from views.signing_keys import server_key

bp = Blueprint("agent_logins", __name__)

_KNOWN = {
    Revocation.GOOD: RevocationKnown.GOOD,
    Revocation.REVOKED: RevocationKnown.REVOKED,
}


@bp.post(LOGIN_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def take() -> Response:
    """A proof that its person holds a token; the answer leads the browser back with a code."""
    return answer_call(paired_keys, _take)


def _take(head: RequestHead, body: bytes, at: datetime) -> bytes:
    told = LoginProof.from_body(body)
    if told.declined:
        return _decline(told)
    row = token_logins.find(db.session, told.challenge_id)
    if row is None:
        raise LoginUnknown
    statement, der = read_login(told.container)
    check_statement(
        statement,
        server_key=server_key().public,
        ticket=ticket_of(row),
        agent_id=head.agent_id,
        at=at,
    )
    try:
        code = token_logins.take_proof(
            db.session,
            address=request.remote_addr or "",
            at=at,
            public_id=told.challenge_id,
            proof=_proof(der, statement.certificate_sha256, head.agent_id, at),
            throttle_key=throttle_key(),
        )
    except NotLetIn as refusal:
        raise words_of(refusal) from refusal
    except TooManyTries as refusal:
        raise LoginTooMany(in_words(refusal.seconds)) from refusal
    return LoginReceipt(_way_back(told.challenge_id, code)).to_body()


@bp.post(LOGIN_CHOICES_PATH)
@csrf.exempt
@open_to_all(SIGNED_CALL)
def choices() -> Response:
    """Which certificates on the tokens in the port let nobody in, told before a PIN is typed."""
    return answer_call(paired_keys, _choices)


def _choices(_head: RequestHead, body: bytes, at: datetime) -> bytes:
    wish = LoginWish.from_body(body)
    row = token_logins.find(db.session, wish.challenge_id)
    if row is None:
        raise LoginUnknown
    if at >= row.expires_at:
        raise LoginExpired
    refused = token_logins.not_personal(db.session(), wish.certificates)
    return LoginChoices({one: str(why) for one, why in refused.items()}).to_body()


def _decline(told: LoginProof) -> bytes:
    row = token_logins.find(db.session, told.challenge_id)
    if row is None:
        raise LoginUnknown
    token_logins.decline(db.session, public_id=told.challenge_id)
    return LoginReceipt(_way_back(told.challenge_id, "")).to_body()


def _way_back(public_id: str, code: str) -> str:
    """Where the browser goes on: the page of its challenge, for strangers or for the logged-in."""
    row = token_logins.find(db.session, public_id)
    page = "token_logins.show" if row is None or row.wanted is None else "token_switches.show_proof"
    return url_for(page, public_id=public_id, ma=code or None)


def _proof(der: bytes, sha256: str, agent_id: str, at: datetime) -> Proof:
    """What our roots and lists say of the certificate at this instant (Điều 31, 32).

    Strict, unlike the verdict on a document: whatever leaves the path in doubt (an authority past
    its term, a restriction that we do not understand) is not trusted. Only of revocation may the
    house decide otherwise.
    """
    try:
        certificate = load_certificate(der)
    except ValueError as error:
        raise LoginForged("certificate") from error
    found = judge(certificate, (), TrustStore.load(settings().trust), signing_time=at, at=at)
    revocation = _KNOWN.get(found.revocation, RevocationKnown.UNCHECKED)
    path = paths.Path(found.chain, found.trusted, found.practice)
    doubted = paths.period_problems(path, at) or paths.unknown_extension(certificate)
    trusted = found.trusted and not found.invalid and not doubted
    return Proof(sha256, agent_id, trusted, revocation)


def ticket_of(row: LoginChallenge) -> LoginTicket:
    """What the server asks of an agent for a challenge."""
    return LoginTicket(
        purpose=LoginPurpose.LOGIN if row.wanted is None else LoginPurpose.SWITCH,
        challenge_id=row.public_id,
        server_id=server_key().public.server_id,
        origin=row.origin,
        nonce=row.nonce,
        issued_at=row.created_at,
        expires_at=row.expires_at,
    )


def words_of(refusal: NotLetIn) -> SigningError:
    """The refusal in words for the person, the same at the agent and on the server's pages."""
    return ERRORS.get(refusal.code, SigningError)()
