"""Who may do what, and where: permissions on endpoints, scopes on rows, and the current account.

Every endpoint carries `@requires(permission)` or `@open_to_all(reason)`; a test walks all routes.
Every object is loaded through `load`, inside the scope in which the person holds that permission,
so that guessing the number of another agency's object gives 404.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

from flask import abort, current_app, flash, g, redirect, request, session, url_for
from flask_login import UserMixin, current_user
from sqlalchemy import ColumnElement, and_, bindparam, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, joinedload
from sqlalchemy.sql.base import ExecutableOption

import clock
from audit import Actor
from config import Config
from extensions import db, login_manager
from models import Agency, LoginSession, User, UserRole
from rules.permissions import GRANTS, Permission, Role
from views import kept_forms
from views.kept import GROUND_SEQ, HEAD_SEQ, read_versions, until_the_ground_shifts

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

SEEN_EVERY = timedelta(minutes=5)
FEW_AGENCIES = 50


def settings() -> Config:
    """The settings of this installation."""
    config: Config = current_app.extensions["so_token"]
    return config


@dataclass(frozen=True)
class Scope:
    """Where a person holds a permission: everywhere, in these agencies, on their own things."""

    everything: bool = False
    agency_ids: frozenset[int] = frozenset()
    own_person_id: int | None = None
    paths: tuple[str, ...] = ()
    """Tops of the subtrees that make up `agency_ids`."""

    def clause(
        self,
        agency_column: InstrumentedAttribute[int] | ColumnElement[int],
        person_column: Any = None,
    ) -> ColumnElement[bool]:
        """The condition on a row; `person_column` names its owner, for people who see their own."""
        if self.everything:
            return true()
        ways: list[ColumnElement[bool]] = []
        if len(self.agency_ids) > FEW_AGENCIES and self.paths:
            # A list of hundreds of numbers costs more to send than to look up again.
            ways.append(agency_column.in_(select(Agency.id).where(or_(*map(below, self.paths)))))
        elif self.agency_ids:
            ways.append(agency_column.in_(sorted(self.agency_ids)))
        if self.own_person_id is not None and person_column is not None:
            ways.append(person_column == self.own_person_id)
        return or_(*ways) if ways else false()

    def covers(self, agency_id: int) -> bool:
        """True when the agency itself lies inside this scope."""
        return self.everything or agency_id in self.agency_ids


@dataclass
class Account(UserMixin):  # type: ignore[misc] # flask-login ships no types
    """The logged-in person for one request; below the views only `actor()` goes on."""

    user: User
    login_session: LoginSession
    login_key: str
    grants: tuple[tuple[Role, int, str], ...]
    _scopes: dict[Permission, Scope] = field(default_factory=dict)
    _agencies_below: dict[frozenset[str], frozenset[int]] = field(default_factory=dict)

    def get_id(self) -> str:
        return self.login_key

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(dict.fromkeys(role for role, _, _ in self.grants))

    def can(self, permission: Permission | str) -> bool:
        """True when any of the person's roles holds the permission (somewhere)."""
        wanted = Permission(permission)
        return any(wanted in GRANTS[role] for role, _, _ in self.grants)

    def scope(self, permission: Permission) -> Scope:
        """Where the person holds the permission; one statement for each set of places."""
        if permission not in self._scopes:
            self._scopes[permission] = self._find_scope(permission)
        return self._scopes[permission]

    def _find_scope(self, permission: Permission) -> Scope:
        held = [(role, path) for role, _, path in self.grants if permission in GRANTS[role]]
        own = self.user.person_id if any(role is Role.STAFF for role, _ in held) else None
        paths = {path for role, path in held if role is not Role.STAFF}
        if not paths:
            return Scope(own_person_id=own)
        if any(path.count("/") == 2 for path in paths):  # "/1/": the root of the tree
            return Scope(everything=True)
        place = frozenset(paths)
        if place not in self._agencies_below:  # most people hold all they may do in one place
            self._agencies_below[place] = until_the_ground_shifts(
                ("agencies below", place), lambda: _agencies_below(place)
            )
        return Scope(False, self._agencies_below[place], own, tuple(sorted(place)))

    def actor(self) -> Actor:
        """The person as operations know them, at this instant."""
        return Actor(
            user_id=self.user.id,
            person_id=self.user.person_id,
            roles=tuple(role.name for role in self.roles),
            address=request.remote_addr or "",
            at=clock.now(),
            login_session_id=self.login_session.id,
        )


def _agencies_below(place: frozenset[str]) -> frozenset[int]:
    """The agencies at these places of the tree and all under them; one statement."""
    return frozenset(db.session.scalars(select(Agency.id).where(or_(*map(below, sorted(place))))))


def below(path: str) -> ColumnElement[bool]:
    """Condition on agencies: this one and all under it; a range, so that the index serves."""
    return and_(Agency.path >= path, Agency.path < path[:-1] + "0")  # "0" follows "/" in ASCII


def account() -> Account:
    """The logged-in account; only for endpoints that are guarded."""
    person: Account = current_user._get_current_object()
    return person


def key_hash(login_key: str) -> str:
    """What the database keeps of a login key."""
    return hashlib.sha256(login_key.encode()).hexdigest()


# Written once, since every request asks it. How far the log has grown comes along: the version of
# all that the page will read (kept.py).
_LOGIN = (
    select(LoginSession, HEAD_SEQ, GROUND_SEQ)
    .where(LoginSession.key_hash == bindparam("key_hash"), LoginSession.ended_at.is_(None))
    .options(
        joinedload(LoginSession.user, innerjoin=True).options(
            joinedload(User.person),
            # Not inside the join: SQLite would then read the roles of everybody first.
            joinedload(User.grants).joinedload(UserRole.agency, innerjoin="unnested"),
        )
    )
)


@login_manager.user_loader  # type: ignore[untyped-decorator] # flask-login ships no types
def load_account(login_key: str) -> Account | None:
    """Find the live login of a cookie: not ended, not idle too long, account active."""
    found = db.session.execute(_LOGIN, {"key_hash": key_hash(login_key)}).unique().one_or_none()
    row = None
    if found is not None:
        row, *versions = found
        read_versions(*versions)
    now, config = clock.now(), settings()
    if (
        row is None
        or not row.user.is_active
        or row.seen_at + timedelta(minutes=config.session_idle_minutes) < now
        or row.created_at + timedelta(hours=config.session_hours) < now
    ):
        return None
    grants = tuple((grant.role, grant.agency_id, grant.agency.path) for grant in row.user.grants)
    if row.seen_at + SEEN_EVERY < now:
        g.touch_login_session = row.id
    return Account(row.user, row, login_key, grants)


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator] # flask-login ships no types
def to_login() -> Any:
    """Send a stranger to the login page and bring them back afterwards (only to our own pages).

    What the person of a login that has ended was just sending is kept in that page.
    """
    if request.method == "GET":
        return redirect(url_for("accounts.login", tiep=request.full_path.rstrip("?")))
    last = db.session.scalar(
        select(LoginSession.user_id).where(
            LoginSession.key_hash == key_hash(str(session.get("_user_id", "")))
        )
    )
    kept = kept_forms.login_page(last) if last is not None else None
    return kept or redirect(url_for("accounts.login"))


def requires(
    *permissions: Permission, fresh: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard an endpoint: logged in, holding one of the permissions, first password changed.

    `fresh` marks a dangerous act: the password must have been given in the last minutes.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return to_login()  # type: ignore[no-any-return] # a response, as the view's own
            person = account()
            if person.user.must_change_password and request.endpoint != "accounts.password":
                return redirect(url_for("accounts.password"))  # type: ignore[return-value]
            if permissions and not any(person.can(permission) for permission in permissions):
                abort(403)
            if fresh and not recently_authenticated(person):
                return ask_password_again()  # type: ignore[no-any-return]
            return view(*args, **kwargs)

        guarded.guard = permissions or ("logged-in",)  # type: ignore[attr-defined]
        return guarded

    return decorate


def open_to_all(reason: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark an endpoint that needs no login, with the reason why."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        view.guard = f"open: {reason}"  # type: ignore[attr-defined]
        return view

    return decorate


def recently_authenticated(person: Account) -> bool:
    """True when the password was given within the minutes that dangerous acts allow; a form that
    had waited for it counts as sent then.
    """
    limit = timedelta(minutes=settings().reauthentication_minutes)
    recent = person.login_session.reauthenticated_at + limit >= clock.now()
    if recent and request.method == "POST":
        kept_forms.mark_as_sent()
    return recent


def ask_password_again() -> Any:
    """Ask for the password and go on. What was being sent waits on the shelf; where it may not be
    kept, its page comes back and the person presses its button again.
    """
    if request.method == "GET":
        return redirect(url_for("accounts.reauthenticate", tiep=request.full_path.rstrip("?")))
    back = request.referrer or ""
    own = back.startswith(request.host_url)
    goal = "/" + back.removeprefix(request.host_url) if own else url_for("home.show")
    if (kept := kept_forms.lay_down()) is not None:
        return redirect(url_for("accounts.reauthenticate", tiep=goal, giu=kept))
    flash("Việc này cần xác nhận lại mật khẩu. Nhập mật khẩu rồi bấm lại nút vừa chọn.", "warning")
    return redirect(url_for("accounts.reauthenticate", tiep=goal))


def load(
    model: type[T],
    object_id: int,
    permission: Permission,
    *,
    options: Iterable[ExecutableOption] = (),
) -> T:
    """Load one row inside the person's scope for the permission, or answer 404.

    The model says where it belongs by `agency_id` and, for people who see their own things, by
    `person_id` or `holder_id`.
    """
    scope = account().scope(permission)
    owner = getattr(model, "person_id", getattr(model, "holder_id", None))
    if model.__name__ == "Person":
        owner = model.id  # type: ignore[attr-defined] # a person owns their own row
    if model.__name__ == "Agency":
        place = model.id  # type: ignore[attr-defined] # an agency is its own place
    else:
        place = model.agency_id  # type: ignore[attr-defined] # every guarded model has one
    statement = (
        select(model)
        .where(model.id == object_id, scope.clause(place, owner))  # type: ignore[attr-defined]
        .options(*options)
    )
    found = db.session.execute(statement).unique().scalar_one_or_none()
    if found is None:
        not_found()
    return found


def not_found() -> NoReturn:
    """404, whether the thing does not exist or is none of this person's business."""
    abort(404)


def own_path(target: str | None) -> str:
    """A path of our own to go on to; anything that could lead elsewhere becomes the home page."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        if all(32 < ord(letter) and letter != "\\" for letter in target):
            return target
    return url_for("home.show")
