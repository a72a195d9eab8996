"""One run of the queue: ask for stamps, verify what came out, and keep it only when nothing got
worse. Also the stamp that a signature may get while it is being given.

Run by the server's own thread, by `cli stamp-queue` and by the button on a page; the claims of
`operations/signature_upgrades.py` see to it that no two run at once.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy.orm import Session

import audit
import clock
from extensions import db
from operations import files, signature_upgrades, time_stamps, trust
from operations.signature_upgrades import Claimed, Raised
from rules.upgrades import RUN_AT_MOST, PadesLevel, at_least, renewal_due
from signing import cms
from signing.errors import PdfBroken, PdfEncrypted, PdfTooLarge, SigningError
from signing.pades import tsp
from signing.pades.boxed_upgrade import Boxed
from signing.pades.errors import (
    NoTimeStampService,
    NotUpgradable,
    StampNotTrusted,
    TsaAnswerBad,
    TsaUnreachable,
    UpgradeWorse,
    VerdictMissing,
)
from signing.pades.report import Level, Report, SignatureReport, Verdict
from signing.pades.splice import fill_hole
from signing.pades.stamps import Beside, StampRefused, look_at
from signing.pades.tsp import Tsa
from signing.pades.upgrade import raise_level
from signing.trust.fetching import Fetch, FetchFailed, HttpFetcher, host_of
from signing.trust.store import TrustStore
from views.guards import settings
from views.verifier import sandbox

log = logging.getLogger("so_token.upgrades")

STAMP = "dấu thời gian"
MOST_A_RUN = 200
REST_SECONDS = 60.0
"""After a stamp that could not be had at once nobody waits for another for so long."""

_FAILED = "so_token_stamp_failed"
_FINAL = (NotUpgradable, PdfEncrypted, PdfTooLarge, PdfBroken, UpgradeWorse)
_PASSING = ("time", "start", "crash")
"""How a process for strangers' files is lost: a busy computer's doing as often as the file's."""
_RANKS = (Verdict.UNREADABLE, Verdict.INVALID, Verdict.UNDECIDED, Verdict.PRACTICE, Verdict.VALID)


@dataclass(frozen=True)
class Service:
    """A time-stamp service as it is asked, with its password."""

    id: int
    name: str
    tsa: Tsa
    credentials: tuple[str, str] | None


@dataclass
class Done:
    """What one run of the queue did."""

    raised: int = 0
    failed: int = 0


# Asking ---------------------------------------------------------------------------------------


def services(session: Session) -> list[Service]:
    """The services that are on, in their order."""
    return [service_of(row) for row in time_stamps.services_of(session)]


def service_of(row: time_stamps.TimeStampService) -> Service:
    """A service as it is asked: once, since the next one or the next run asks again."""
    address = practice_address() if row.is_practice else row.address
    credentials = None
    if row.username:
        credentials = row.username, settings().secret_of(f"tsa-{row.id}")
    return Service(row.id, row.name, Tsa(address, row.timeout_seconds, 1), credentials)


def practice_address() -> str:
    """Where this very server answers as the practice time-stamp authority."""
    return f"http://127.0.0.1:{settings().port}/thu-nghiem/dau-thoi-gian"


def fetcher(session: Session, asked: Sequence[Service]) -> Fetch:
    """Asks the services themselves, and the hosts that an administrator listed; nobody else."""
    hosts = [*trust.hosts_of(session), *(host_of(one.tsa.url) for one in asked)]
    credentials = {one.tsa.url: one.credentials for one in asked if one.credentials}
    return HttpFetcher(hosts, credentials=credentials)


def until(fetch: Fetch, seconds: float) -> Fetch:
    """The same, but nothing is asked once the time is over, and no single answer exceeds it."""
    end = time.monotonic() + seconds

    def limited(url: str, body: bytes | None, timeout: float) -> bytes:
        left = end - time.monotonic()
        if left <= 0:
            raise FetchFailed("the time of this run is over")
        return fetch(url, body, min(timeout, left))

    return limited


def stamp(digest: bytes, asked: Sequence[Service], fetch: Fetch) -> bytes:
    """A token from the first service that gives one which is believed here; where none is, the
    first one that was given: what is embedded later may still prove its authority.

    Raises NoTimeStampService, TsaUnreachable, TsaAnswerBad (of the last that was asked).
    """
    last: TsaUnreachable | TsaAnswerBad | None = None
    doubted: bytes | None = None
    for one in asked:
        try:
            token = tsp.obtain_for(digest, one.tsa, fetch)
        except (TsaUnreachable, TsaAnswerBad) as error:
            last = type(error)(f"{one.name}: {error.detail}")
            continue
        if one is asked[-1] and doubted is None:
            return token  # Nobody else to ask: verification judges it.
        refused = _refused(token)
        if not refused:
            return token
        log.warning("%s: stamp not believed: %s", one.name, refused)
        doubted = doubted or token
    if doubted is not None:
        return doubted
    raise last or NoTimeStampService


def _refused(token: bytes) -> str:
    """Why a token would not be believed with what this installation knows; "" when it would be."""
    try:
        return look_at(token, Beside(TrustStore.load(settings().trust), clock.now())).refused
    except StampRefused as error:
        return str(error)


# While a signature is given -------------------------------------------------------------------


@dataclass(frozen=True)
class AtOnce:
    """A signed document as it is to be kept. `error`: "" with its stamp, the code of why it has
    none, None when none was to be had at once.
    """

    pdf: bytes
    error: str | None = None


def stamped_at_once(
    session: Session,
    signed: bytes,
    byte_range: Sequence[int],
    container: bytes,
    *,
    until_second: float | None = None,
) -> AtOnce:
    """The document with a time stamp in the signature that was just given, if an administrator lets
    signatures wait for one and a service answers within the seconds for that; else as it was.

    `until_second` (of the monotonic clock) ends the waiting of several signatures that came
    together: their agent waits for one answer. Nothing is asked before the signature is known to be
    good, and what the stamp makes worse is not kept. Raises nothing: the queue goes on where this
    failed.
    """
    wish = time_stamps.wish_of(session)
    if wish.level is PadesLevel.B_B or not wish.at_once_seconds:
        return AtOnce(signed)
    lately = current_app.extensions.get(_FAILED, ("", -REST_SECONDS))
    if time.monotonic() - lately[1] < REST_SECONDS:
        return AtOnce(signed, lately[0])  # A batch does not wait for it a thousand times.
    seconds = _left(wish.at_once_seconds, until_second)
    if seconds <= 0:
        return AtOnce(signed)
    asked = services(session)
    fetch = until(fetcher(session, asked), seconds)
    session.rollback()  # Nobody waits for a transaction of ours while a server is slow.
    try:
        token = stamp(tsp.imprint(cms.signature_value(container)), asked, fetch)
        first, start, end, rest = (int(one) for one in byte_range)
        made = fill_hole(signed, (first, start, end, rest), cms.with_time_stamp(container, token))
        _require_gain(signed, made)
    except SigningError as error:
        log.warning("no stamp at once: %s %s", error.code, error.detail)
        current_app.extensions[_FAILED] = error.code, time.monotonic()
        return AtOnce(signed, error.code)
    return AtOnce(made, "")


def _left(seconds: int, until_second: float | None) -> float:
    return seconds if until_second is None else min(seconds, until_second - time.monotonic())


def _require_gain(signed: bytes, made: bytes) -> None:
    """Raises StampNotTrusted unless the stamp is believed and nothing got worse by it."""
    box, folder, at = sandbox(), settings().trust, clock.now()
    before, after = box.verify(signed, folder, at), box.verify(made, folder, at)
    _require_verdicts(before, after)
    gained = sum(_level(one) is not PadesLevel.B_B for one in _signed(after))
    if not no_worse(before, after) or not gained:
        raise StampNotTrusted("; ".join(after.reasons)[:300])


def _require_verdicts(*reports: Report) -> None:
    """Raises VerdictMissing where a file could not be judged: a reason to try again, no verdict."""
    for one in reports:
        if one.verdict == Verdict.UNREADABLE:
            raise VerdictMissing("; ".join(one.reasons)[:300])


def after_signing(session: Session, noun: str, object_id: int, outcome: AtOnce) -> None:
    """Note what came of the stamp at once, and wake the queue. The signature is kept already."""
    if outcome.error is not None:
        signature_upgrades.note_at_once(
            session,
            actor=audit.system_actor(clock.now()),
            noun=noun,
            object_id=object_id,
            error=outcome.error,
        )
    soon()


def _signed(report: Report) -> list[SignatureReport]:
    return [one for one in report.signatures if one.kind != STAMP]


def no_worse(before: Report, after: Report) -> bool:
    """True when every signature of `before` is in `after`, none with a worse verdict or level."""
    found = {one.field: one for one in after.signatures}
    return _rank(after.verdict) >= _rank(before.verdict) and all(
        one.field in found and _kept(one, found[one.field]) for one in before.signatures
    )


def _kept(before: SignatureReport, after: SignatureReport) -> bool:
    return (
        _rank(after.verdict) >= _rank(before.verdict)
        and after.intact >= before.intact
        and after.kind == before.kind
        and (before.kind == STAMP or at_least(_level(after), _level(before)))
    )


def _rank(verdict: str) -> int:
    return _RANKS.index(Verdict(verdict))


def _level(one: SignatureReport) -> PadesLevel:
    return PadesLevel(one.level or PadesLevel.B_B)


# The queue ------------------------------------------------------------------------------------


def run(*, only: tuple[str, int] | None = None, most: int = MOST_A_RUN) -> Done:
    """Raise what is due, one after the other, inside an application context."""
    done, session = Done(), db.session()
    if not time_stamps.services_of(session):
        return done  # Switched off: what waits goes on waiting, and nobody is told of failures.
    while done.raised + done.failed < most:
        claimed = signature_upgrades.claim(session, at=clock.now(), only=only)
        if claimed is None:
            break
        if _run_one(session, claimed):
            done.raised += 1
        else:
            done.failed += 1
    return done


def _run_one(session: Session, claimed: Claimed) -> bool:
    try:
        raised = _raise(session, claimed)
    except SigningError as error:
        final = isinstance(error, _FINAL) and error.detail not in _PASSING
        code, detail = error.code, error.detail
    except files.DamagedFile as error:
        final, code, detail = True, PdfBroken.code, str(error)
    except Exception as error:
        # One file that we cannot cope with must not stop the others.
        log.exception("raising the level of %s %d", claimed.noun, claimed.object_id)
        final, code, detail = False, SigningError.code, type(error).__name__
    else:
        actor = audit.system_actor(clock.now())
        return signature_upgrades.finish(session, actor=actor, claimed=claimed, raised=raised)
    session.rollback()
    log.warning("%s %d: %s %s", claimed.noun, claimed.object_id, code, detail)
    actor = audit.system_actor(clock.now())
    signature_upgrades.fail(
        session, actor=actor, claimed=claimed, code=code, detail=detail, final=final
    )
    return False


def _raise(session: Session, claimed: Claimed) -> Raised:
    """The file at its level, verified. Raises SigningError, DamagedFile."""
    pdf = files.read(session, claimed.sha256)
    asked = services(session)
    fetch = until(fetcher(session, asked), RUN_AT_MOST.total_seconds())
    session.rollback()  # The database is free while servers take their minutes.
    if not asked:
        raise NoTimeStampService
    box, folder = sandbox(), settings().trust
    before = box.verify(pdf, folder, clock.now())
    made = raise_level(
        pdf,
        to=Level(claimed.to),
        hands=Boxed(box),
        ask=lambda digest: stamp(digest, asked, fetch),
        trust=TrustStore.load(folder),
        at=clock.now(),
        fetch=fetch,
        in_hole_only=not claimed.finished,
    )
    after = box.verify(made, folder, clock.now())
    _require_verdicts(before, after)
    return _judged(claimed, made, before, after)


def _judged(claimed: Claimed, made: bytes, before: Report, after: Report) -> Raised:
    """What may be kept. Raises StampNotTrusted, UpgradeWorse."""
    signed = _signed(after)
    if not signed:
        raise UpgradeWorse("no signature")
    # While signatures are to come, only the last of those that are there could get its stamp.
    reached = min(map(_level, signed), key=list(PadesLevel).index)
    if not claimed.finished:
        reached = _level(signed[-1])
    if after.sha256 != claimed.sha256 and not at_least(reached, claimed.to):
        raise StampNotTrusted("; ".join(after.reasons)[:300])
    if not no_worse(before, after):
        raise UpgradeWorse("; ".join(after.reasons)[:300])
    told = tuple((one.signer or one.field, _level(one)) for one in signed)
    return Raised(made, reached, _renewal(claimed, after), told)


def _renewal(claimed: Claimed, after: Report) -> datetime | None:
    stamps = [one for one in after.signatures if one.kind == STAMP]
    if claimed.to is not PadesLevel.B_LTA or not stamps or not stamps[-1].not_after:
        return None
    return renewal_due(datetime.fromisoformat(stamps[-1].not_after), clock.now())


# Who runs it ----------------------------------------------------------------------------------


def soon() -> bool:
    """Wake the server's own thread, if there is one; False: nobody runs the queue by itself."""
    wake = current_app.extensions.get("so_token_upgrades_wake")
    if wake is None:
        return False
    wake.set()
    return True


def register_upgrade_work(app: Flask) -> None:
    """Let the serving process and the command find the queue without knowing this room."""

    def work() -> Done:
        with app.app_context():
            return run()

    app.extensions["so_token_upgrades"] = work
