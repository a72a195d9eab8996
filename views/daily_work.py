"""What the program does by itself every day: fetch revocation lists where an administrator allowed
it, remove what other systems brought and nobody had signed, make reminders, settle them, send
e-mails.

Run by the server each hour and by `cli notify`; a run that finds nothing new does nothing, and two
at once wait for each other, so nobody is told twice.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

import audit
import clock
import regulations
from audit import Actor
from extensions import db
from operations import mail, outside_documents, reminders
from operations.law import enacted
from views import trust_lists
from views.guards import settings

log = logging.getLogger("so_token.daily")


@dataclass(frozen=True)
class Done:
    """What one run did; `refused` counts e-mails that wait for another try, `lists` the new
    revocation lists.
    """

    made: int
    settled: int
    sent: int
    refused: int
    lists: int = 0


def run() -> Done:
    """One run, inside an application context. Each part has its turn even if one before it fails.

    Raises what a part raised, after all of them.
    """
    session = db.session()
    failures: list[Exception] = []

    def apart(part: Callable[[], int]) -> int:
        try:
            return part()
        except Exception as failure:  # Told at the end; the others must not wait for the next hour.
            session.rollback()
            failures.append(failure)
            return 0

    lists = apart(lambda: _new_lists(_now()))
    apart(lambda: outside_documents.drop_unsigned(session, actor=_now()))
    server = mail.server_of(session)
    law = enacted(session, regulations.load())
    made = reminders.run(session, actor=_now(), law=law, email=server is not None)
    sent, refused = 0, 0
    if server is not None:
        transport = mail.smtp(server, settings().mail_password)
        sent, refused = mail.send_waiting(session, who=_now, server=server, transport=transport)
    if failures:
        raise failures[0]
    return Done(made.made, made.settled, sent, refused, lists)


def _now() -> Actor:
    """The program itself at this instant: asking servers takes minutes, and each part of the work
    is written down at its own time.
    """
    return audit.system_actor(clock.now())


def _new_lists(actor: Actor) -> int:
    """Fetch revocation lists where an administrator allowed it; a failure is told and passed."""
    done = trust_lists.refresh(
        db.session(), actor=actor, folder=settings().trust, everything=False, at=actor.at
    )
    for url, why in done.failed:
        log.warning("revocation list %s: %s", url, why)
    return len(done.new)


def soon() -> bool:
    """Let the serving process do the daily work now, beside the request that asks; False: this
    process has no such thread, and what waits is left to the next run.
    """
    wake = current_app.extensions.get("so_token_daily_wake")
    if wake is None:
        return False
    wake.set()
    return True


def register_daily_work(app: Flask) -> None:
    """Let the serving process and the command find the daily work without knowing this room."""

    def work() -> Done:
        with app.app_context():
            return run()

    app.extensions["so_token_daily"] = work
