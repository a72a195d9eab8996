"""Revocation lists from the authority's services: which addresses, which of them may be asked.

Addresses stand in certificates, and certificates come from strangers: only hosts that an
administrator listed are asked, and what comes back is judged like an uploaded file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import clock
from audit import Actor
from models import Certificate
from operations import trust
from operations.transactions import Refused
from signing.trust.certificates import load
from signing.trust.fetching import CRL_TIMEOUT, FetchFailed, HttpFetcher, host_of, list_addresses
from signing.trust.intake import NotTaken, authorities, read_new_list
from signing.trust.path import common_name

ASK_AGAIN_AFTER = timedelta(hours=6)


@dataclass
class Fetched:
    """What one round did: addresses whose list is new, unchanged, or could not be had and why."""

    new: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def addresses(session: Session, folder: Path) -> list[str]:
    """Where the lists lie, by the authorities' certificates and one of each issuer's; one query."""
    latest = select(func.max(Certificate.id)).group_by(Certificate.issuer_name)
    ders = session.scalars(select(Certificate.der).where(Certificate.id.in_(latest))).all()
    found = dict.fromkeys(url for one in authorities(folder) for url in _of(one.certificate))
    for der in ders:
        try:
            found |= dict.fromkeys(_of(load(der)))
        except ValueError:
            continue
    return sorted(found)


def _of(certificate: object) -> Iterator[str]:
    for url in list_addresses(certificate):  # type: ignore[arg-type] # what `load` gives
        if host_of(url) and urlsplit(url).scheme in ("http", "https"):
            yield url


def refresh(
    session: Session, *, actor: Actor, folder: Path, everything: bool, at: datetime
) -> Fetched:
    """Ask every allowed address for its list; without `everything` none that was asked lately."""
    done = Fetched()
    hosts = trust.hosts_of(session)
    if not hosts:
        return done
    asked: dict[str, datetime] = current_app.extensions.setdefault("so_token_lists_asked", {})
    wanted = [url for url in addresses(session, folder) if host_of(url) in hosts]
    session.rollback()  # Nobody waits for a transaction of ours while a server is slow.
    fetch = HttpFetcher(hosts)
    for url in wanted:
        if not everything and url in asked and at - asked[url] < ASK_AGAIN_AFTER:
            continue
        asked[url] = at
        try:
            data = fetch(url, None, CRL_TIMEOUT)
            # A slow server takes a minute for each: the log tells real times.
            _take(session, replace(actor, at=clock.now()), folder, data, at)
        except FetchFailed as error:
            done.failed.append((url, f"không tải được ({error})"))
        except (NotTaken, Refused) as error:
            known = "đã có" in str(error)
            done.same.append(url) if known else done.failed.append((url, str(error)))
        else:
            done.new.append(url)
    return done


def _take(session: Session, actor: Actor, folder: Path, data: bytes, at: datetime) -> None:
    made = read_new_list(data, folder, at)
    trust.add_list(
        session,
        actor=actor,
        trust=folder,
        der=made.crl.data,
        name=common_name(made.issuer.subject),
        replaces=made.replaces,
        fetched=True,
    )
