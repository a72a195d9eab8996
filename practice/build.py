"""Makes the practice data, whole or not at all.

Files and rows cannot change in one transaction, so they change in an order from which every
interruption can be told apart afterwards: everything that is a file is built beside its place in
`practice.new`, renamed to `practice`, the trust files are written, and the rows come last, in one
transaction whose last event names the very folder they belong to. Thus rows without their folder
exist only when somebody took the folder away, and a folder without its rows is always left over.
"""

import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask_migrate import downgrade, upgrade
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

import regulations
from config import Config, ConfigError
from extensions import IMMEDIATE, db
from models import Agency, AuditEvent, User
from operations import passwords
from operations.transactions import transaction
from practice import (
    accounts,
    authority,
    holdings,
    life,
    people,
    public_keys,
    register,
    time_stamps,
    tokens,
)
from practice.authority import Authority, Revoked, Subscriber
from practice.desk import Desk, Draws
from practice.holdings import Case, Email, Holding, Period
from practice.register import Everything, IssuedHolding
from rules.certificates import SubscriberKind
from rules.days import vietnam_day
from signing.trust.store import TrustStore

FOLDER, SITE = "practice", "practice.new"
_ID_FILE = "id"
_AUTHORITY = "authority"
# Looking at practice data leaves these behind; they are no work that anybody would miss.
_NO_WORK = {
    "practice.created",
    "installation.created",
    "account.login",
    "account.login_refused",
    "account.logout",
    "account.reauthenticated",
    "account.session_ended",
}
_REASONS = {
    holdings.LOST: x509.ReasonFlags.key_compromise,
    holdings.MOVED: x509.ReasonFlags.affiliation_changed,
    holdings.REPLACED: x509.ReasonFlags.superseded,
}


class PracticeRefused(ConfigError):
    """Practice data may not be made here; the message is a Vietnamese sentence."""


def run(config: Config, *, at: datetime, draws: Draws) -> None:
    """Make the practice data of an installation, or repair what an interrupted run has left.

    Needs the application's context and a migrated database. Does nothing when all is there; raises
    `PracticeRefused` for a database with data of its own.
    """
    at = at.astimezone(UTC).replace(microsecond=0)  # X.509 knows whole seconds.
    found = look(db.session(), config)
    if found.whole:
        refresh_crl(config, at)
        return
    if found.others:
        raise PracticeRefused(
            "Cơ sở dữ liệu này đã có dữ liệu của cơ quan nên không tạo dữ liệu thử nghiệm vào đây."
        )
    if found.worked:
        raise PracticeRefused(
            f"Thư mục {config.instance / FOLDER} không còn khớp với cơ sở dữ liệu thử nghiệm đã có "
            "người làm việc trong đó; hãy khôi phục thư mục này từ bản sao lưu, hoặc xóa cơ sở dữ "
            "liệu thử nghiệm rồi chạy lại."
        )
    if found.practice_id is not None:
        _empty_database()
    plan = _build_files(config, at)
    with _at_once() as session:
        with transaction(session):
            if session.scalar(select(exists().where(Agency.id.is_not(None)))):
                raise PracticeRefused("Dữ liệu vừa được tạo ở một cửa sổ khác; hãy chạy lại.")
            book = register.write(session, plan, citizen_key=config.citizen_key, at=at)
            time_stamps.switch_on(session)
        trust = TrustStore.load(config.trust)
        life.live(Desk(session, book, draws, regulations.load(), trust, at))
        with transaction(session):
            register.record(session, plan, book, at=at)


@contextmanager
def _at_once() -> Iterator[Session]:
    """A session whose acts are all one transaction of the database: all of them come, or none.

    The operations commit as ever, but into savepoints of the one transaction around them.
    """
    writing = db.engine.connect().execution_options(**{IMMEDIATE: True})
    with writing as connection, connection.begin():
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
    db.session.rollback()  # Drawing has read the words of forms, as of before all this.


def remove(config: Config) -> None:
    """Take the practice data away, rows first; leaves an empty database and no practice file.

    Needs the application's context and a migrated database. Killed half-way, it can be run again.
    Raises `PracticeRefused`, having touched nothing, when the database is an office's own.
    """
    found = look(db.session(), config)
    if found.others:
        raise PracticeRefused(
            "Cơ sở dữ liệu này là sổ của cơ quan, không phải dữ liệu thử nghiệm, nên không xóa gì."
        )
    _empty_database()
    for path in _published(config.trust):
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    for name in (SITE, FOLDER):
        if (config.instance / name).exists():
            shutil.rmtree(config.instance / name)


def refresh_crl(config: Config, at: datetime) -> bool:
    """Publish the practice authority again; True when its revocation lists were issued anew.

    They are when they are missing, damaged, from the future, or about to end. What they revoke
    stays. Raises OSError or ValueError when the authority's folder is damaged.
    """
    at = at.astimezone(UTC).replace(microsecond=0)
    practice = authority.load(config.instance / FOLDER / _AUTHORITY)
    kept = config.instance / FOLDER / _AUTHORITY / authority.CRL_FILES[0]
    old = x509.load_der_x509_crl(kept.read_bytes())
    current = (
        old.next_update_utc is not None
        and old.last_update_utc <= at
        and old.next_update_utc - at > authority.CRL_MARGIN
    )
    if not current:
        number = old.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        entries = [_entry(one) for one in old]
        for name, der in practice.revocation_lists(entries, at=at, number=number + 1).items():
            _write_whole(kept.with_name(name), der)
    _publish(practice, kept.parent, config.trust)
    return not current


@dataclass(frozen=True)
class Found:
    """What is there already. `others`: data that no practice run has made."""

    whole: bool
    practice_id: str | None
    others: bool
    worked: bool


def look(session: Session, config: Config) -> Found:
    """What there is of practice data: the database compared with the folder."""
    session.rollback()
    practice_id = session.scalar(
        select(AuditEvent.object_id).where(AuditEvent.event == "practice.created")
    )
    filled = session.scalar(
        select(exists().where(Agency.id.is_not(None)) | exists().where(User.id.is_not(None)))
    )
    made_by = select(AuditEvent.seq).where(AuditEvent.event == "practice.created")
    worked = session.scalar(
        select(
            exists().where(
                AuditEvent.event.not_in(_NO_WORK),
                AuditEvent.seq > func.coalesce(made_by.scalar_subquery(), 0),
            )
        )
    )
    session.rollback()
    try:
        folder_id = (config.instance / FOLDER / _ID_FILE).read_text(encoding="ascii")
    except OSError:
        folder_id = None
    return Found(
        whole=practice_id is not None and practice_id == folder_id,
        practice_id=practice_id,
        others=practice_id is None and bool(filled or worked),
        worked=bool(worked),
    )


def _empty_database() -> None:
    """Begin the database anew: the log refuses to forget, so its tables have to go."""
    db.session.remove()
    location, sqlite = db.engine.url.database, db.engine.dialect.name == "sqlite"
    if not sqlite:  # The database may hold tables of others; the migrations know which are ours.
        downgrade(revision="base")
    db.engine.dispose()
    if sqlite:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{location}{suffix}").unlink(missing_ok=True)
    upgrade()


def _build_files(config: Config, at: datetime) -> Everything:
    """Build authority, tokens and logins in the building site, move in, and return the rows."""
    site, final = config.instance / SITE, config.instance / FOLDER
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(mode=0o700)
    today = vietnam_day(at)
    everybody = people.people(today)
    with ThreadPoolExecutor(2) as workers:
        practice = authority.create(at, workers)
        practice.save(site / _AUTHORITY)
        time_stamps.StampAuthority(site / _AUTHORITY, at=at)
        ready = _make_tokens(site, final)
        issued = _issue(practice, ready, everybody, at, workers)
    _write_lists(practice, issued, site / _AUTHORITY, at)
    offices = tuple(people.agencies())
    plans = accounts.plans(everybody)
    pins = {token.label: token.pin for token in ready.made}
    logins = accounts.logins(plans, pins, {office.key: office.name for office in offices})
    authority.write_private(site / accounts.LOGINS, accounts.written(logins))
    plan = Everything(
        id=secrets.token_hex(16),
        agencies=offices,
        people=everybody,
        holdings=issued,
        stock=tuple(holdings.stock(len(issued))),
        accounts=plans,
        password_hashes={one.username: passwords.hash_password(one.password) for one in logins},
    )
    (site / _ID_FILE).write_text(plan.id, encoding="ascii")
    ready.put({each.holding.case.token: each.certificates[-1] for each in issued}, site)
    if final.exists():
        shutil.rmtree(final)  # Left over: its rows have never come, or are gone.
    site.rename(final)
    _publish(practice, final / _AUTHORITY, config.trust)
    return plan


@dataclass(frozen=True)
class _Tokens:
    softhsm: tokens.SoftHsm | None
    made: tuple[tokens.PracticeToken, ...] = ()

    def put(self, certificates: dict[str | None, x509.Certificate], site: Path) -> None:
        if self.softhsm is None:
            return
        wanted = {token.label: certificates[token.label] for token in self.made}
        pins = {token.label: token.pin for token in self.made}
        tokens.put_certificates(self.softhsm, site, wanted, pins)


def _make_tokens(site: Path, final: Path) -> _Tokens:
    """Make the three tokens; without SoftHSM2 all but signing can be tried, and that is said."""
    labels = (holdings.LEADER, holdings.SEAL, holdings.FOCAL_POINT)
    try:
        softhsm = tokens.find()
        return _Tokens(softhsm, tokens.make(softhsm, site, final, labels))
    except tokens.NoSoftHsm as problem:
        click.echo(f"{problem} Mọi việc khác đều dùng được; muốn ký số thì cài gói softhsm2.")
        shutil.rmtree(site / tokens.STORE, ignore_errors=True)
        (site / tokens.CONF).unlink(missing_ok=True)
        return _Tokens(None)


def _issue(
    practice: Authority,
    ready: _Tokens,
    everybody: tuple[people.PersonPlan, ...],
    at: datetime,
    workers: ThreadPoolExecutor,
) -> tuple[IssuedHolding, ...]:
    """Issue the certificates of every holding; those of one chain have one key."""
    offices = {office.key: office for office in people.agencies()}
    pool = public_keys.distinct(workers)
    by_label = {token.label: token for token in ready.made}
    issued = []
    for holding in holdings.holdings(everybody):
        token = by_label.get(holding.case.token or "")
        key = token.public_key if token else next(pool)
        chain = tuple(
            practice.issue(_subscriber(holding, offices, period), key)
            for period in holdings.periods(holding.case, vietnam_day(at))
        )
        issued.append(IssuedHolding(holding, chain, token.serial if token else None))
    return tuple(issued)


def _subscriber(
    holding: Holding, offices: dict[str, people.AgencyPlan], period: Period
) -> Subscriber:
    """The names in a certificate, from the outside in: province, office, unit, person."""
    above: list[str] = []
    key: str | None = holding.agency
    while key is not None:
        above.insert(0, offices[key].name)
        key = offices[key].parent
    organisation, *units = above
    if holding.kind is SubscriberKind.INDIVIDUAL and holding.person is not None:
        name, email = holding.person.name, _email(holding.person, holding.case)
    elif holding.kind is SubscriberKind.SYSTEM:
        name, email = holding.system_name, offices[holding.agency].email
    else:
        name = above[-1].upper()
        units = units[:-1]
        email = offices[holding.agency].email
    return Subscriber(
        common_name=name,
        organisation=organisation,
        locality=people.PROVINCE,
        units=tuple(units),
        email=email,
        not_before=period.begins,
        not_after=period.ends,
    )


def _email(person: people.PersonPlan, case: Case) -> str | None:
    if case.email is Email.OLD:
        return person.old_email
    return None if case.email is Email.MISSING else person.email


def _write_lists(
    practice: Authority, issued: tuple[IssuedHolding, ...], folder: Path, at: datetime
) -> None:
    revoked = []
    for each in issued:
        for certificate in each.certificates:
            present = certificate is each.certificates[-1]
            ago, reason = holdings.revocation(each.holding.case, present=present)
            if ago is not None:
                day = at - timedelta(days=ago)
                revoked.append(Revoked(certificate.serial_number, day, _REASONS[reason]))
    for name, der in practice.revocation_lists(revoked, at=at, number=1).items():
        (folder / name).write_bytes(der)


def _entry(one: x509.RevokedCertificate) -> Revoked:
    reason = one.extensions.get_extension_for_class(x509.CRLReason).value.reason
    return Revoked(one.serial_number, one.revocation_date_utc, reason)


def _publish(practice: Authority, folder: Path, trust: Path) -> None:
    """Copy root, issuing authority and lists to where verification looks for them."""
    contents = (
        practice.root.public_bytes(Encoding.DER),
        practice.issuing.public_bytes(Encoding.DER),
        *((folder / name).read_bytes() for name in authority.CRL_FILES),
    )
    for path, content in zip(_published(trust), contents, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            _write_whole(path, content)


def _published(trust: Path) -> tuple[Path, ...]:
    """Where `_publish` puts the practice authority; an office's own roots and lists lie beside."""
    return (
        trust / "practice-roots" / authority.ROOT_FILE,
        trust / "intermediates" / authority.ISSUING_FILE,
        *(trust / "crls" / name for name in authority.CRL_FILES),
    )


def _write_whole(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".new")
    partial.write_bytes(content)
    partial.replace(path)
