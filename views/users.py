"""Accounts as an administrator sees them: list, open, roles, first passwords, closing.

An administrator sees and manages an account only when all of it lies inside their own scope: every
role and the person behind it. Otherwise resetting a password would open what lies above them.
"""

from typing import Any, NamedTuple

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from forms.users import Choices, GrantForm, UserChangeForm, UserForm
from models import Agency, Person, User, UserRole
from operations import accounts
from operations.transactions import Refused
from rules.names import fold
from rules.permissions import Permission, Role
from views.guards import Scope, account, load, requires

bp = Blueprint("users", __name__)
MANAGE = Permission.USER_MANAGE
PAGE_SIZE = 50
SUGGESTIONS = 20


class Act(NamedTuple):
    """Words of an act that is asked for twice."""

    title: str
    label: str
    warning: str


RESET = Act(
    "Đặt lại mật khẩu",
    "Đặt lại mật khẩu",
    "Mật khẩu đang dùng mất hiệu lực và mọi phiên đăng nhập của tài khoản kết thúc ngay. "
    "Mật khẩu mới chỉ hiện một lần.",
)
CLOSE = Act(
    "Ngừng sử dụng tài khoản",
    "Ngừng sử dụng",
    "Mọi phiên đăng nhập của tài khoản kết thúc ngay và không ai đăng nhập được nữa. "
    "Hồ sơ và nhật ký vẫn còn nguyên; có thể cho sử dụng lại sau.",
)
STATES = (("", "tất cả"), ("dang-dung", "đang sử dụng"), ("da-ngung", "đã ngừng sử dụng"))


@bp.get("/quan-tri/tai-khoan")
@requires(MANAGE)
def index() -> ResponseReturnValue:
    """Accounts inside the administrator's scope, by user name, fifty to a page."""
    wanted = request.args.get("q", "").strip()[:80]
    state = request.args.get("trang-thai", "")
    after = request.args.get("sau", "")
    condition = and_(manageable(_scope()), _matches(wanted), _in_state(state))
    count = db.session.scalar(select(func.count(User.id)).where(condition)) or 0
    rows = db.session.scalars(
        select(User)
        .where(condition, User.username > after)
        .options(
            joinedload(User.person).joinedload(Person.agency),
            selectinload(User.grants).joinedload(UserRole.agency, innerjoin=True),
        )
        .order_by(User.username)
        .limit(PAGE_SIZE + 1)
    ).all()
    following = rows[PAGE_SIZE - 1].username if len(rows) > PAGE_SIZE else None
    kept: dict[str, Any] = {"q": wanted or None, "trang-thai": state or None}
    return render_template(
        "users/index.html",
        rows=rows[:PAGE_SIZE],
        count=count,
        wanted=wanted,
        state=state,
        states=STATES,
        next_url=url_for("users.index", **kept, sau=following) if following else "",
        first_url=url_for("users.index", **kept) if after else "",
    )


@bp.get("/quan-tri/tai-khoan/moi")
@requires(MANAGE)
def choose_person() -> ResponseReturnValue:
    """First step of a new account: find the person it is for."""
    wanted = request.args.get("q", "").strip()[:80]
    return render_template(
        "users/choose_person.html", wanted=wanted, people=_people(wanted) if wanted else []
    )


@bp.route("/quan-tri/tai-khoan/moi/thong-tin", methods=["GET", "POST"])
@requires(MANAGE, fresh=True)
def new() -> ResponseReturnValue:
    """Second step: user name, first role and its scope; answers with the first password, once."""
    person_id = request.args.get("ca-nhan", type=int)
    person = _person(person_id) if person_id else None
    form = UserForm()
    form.agency_id.offer(agency_choices(_scope()))
    if request.method == "GET" and person is not None:
        form.username.data = suggested_username(person)
        form.display_name.data = person.full_name
        form.agency_id.data = person.agency_id
    if form.validate_on_submit():
        try:
            user, first = accounts.create_user(
                db.session(),
                actor=account().actor(),
                username=form.username.data or "",
                display_name=form.display_name.data or "",
                person_id=person_id,
                grants=[(Role[form.role.data], form.agency_id.data)],
                password=None,
            )
        except Refused as refusal:
            form.username.errors = [str(refusal)]
        else:
            # Shown in the answer itself: a redirect would have to keep the password somewhere.
            return render_template("users/first_password.html", user=user, password=first, new=True)
    # The frame calls the one who is logged in "person".
    return render_template("users/new.html", form=form, owner=person)


@bp.get("/quan-tri/tai-khoan/<int:user_id>")
@requires(MANAGE)
def show(user_id: int) -> ResponseReturnValue:
    """One account: what it may do and where, and what can be done with it."""
    user = load_user(user_id)
    return render_template("users/show.html", user=user, own=user_id == account().user.id)


@bp.route("/quan-tri/tai-khoan/<int:user_id>/sua", methods=["GET", "POST"])
@requires(MANAGE, fresh=True)
def edit(user_id: int) -> ResponseReturnValue:
    """Change the name shown and the person behind the account."""
    user = load_user(user_id)
    form = UserChangeForm(obj=user)
    if request.method == "GET" and "ca-nhan" in request.args:
        form.person_id.data = request.args.get("ca-nhan", type=int) or None
    person = _person(form.person_id.data) if form.person_id.data else None
    if form.validate_on_submit():
        try:
            accounts.change_user(
                db.session(),
                actor=account().actor(),
                user_id=user_id,
                display_name=form.display_name.data or "",
                person_id=person.id if person else None,
                version=form.version.data or 0,
            )
        except Refused as refusal:
            form.display_name.errors = [str(refusal)]
        else:
            flash("Đã sửa tài khoản.", "success")
            return redirect(url_for("users.show", user_id=user_id))
    wanted = request.args.get("q", "").strip()[:80]
    people = _people(wanted) if wanted else []
    return render_template(
        "users/edit.html", user=user, form=form, owner=person, wanted=wanted, people=people
    )


@bp.route("/quan-tri/tai-khoan/<int:user_id>/vai-tro", methods=["GET", "POST"])
@requires(MANAGE, fresh=True)
def add_role(user_id: int) -> ResponseReturnValue:
    """Give the account one more role."""
    user = load_user(user_id)
    form = _grant_form(user)
    if form.validate_on_submit():
        try:
            accounts.grant_role(
                db.session(),
                actor=account().actor(),
                user_id=user_id,
                role=Role[form.role.data],
                agency_id=form.agency_id.data,
                version=form.version.data or 0,
            )
        except Refused as refusal:
            form.role.errors = [str(refusal)]
        else:
            flash("Đã thêm vai trò.", "success")
            return redirect(url_for("users.show", user_id=user_id))
    return render_template("users/add_role.html", user=load_user(user_id), form=form)


@bp.post("/quan-tri/tai-khoan/<int:user_id>/vai-tro/<int:user_role_id>/bo")
@requires(MANAGE, fresh=True)
def remove_role(user_id: int, user_role_id: int) -> ResponseReturnValue:
    """Take one role away from the account."""
    user = load_user(user_id)
    try:
        accounts.revoke_role(
            db.session(),
            actor=account().actor(),
            user_id=user_id,
            user_role_id=user_role_id,
            version=user.version,
        )
    except Refused as refusal:
        flash(str(refusal), "error")
    else:
        flash("Đã bỏ vai trò.", "success")
    return redirect(url_for("users.show", user_id=user_id))


@bp.route("/quan-tri/tai-khoan/<int:user_id>/mat-khau", methods=["GET", "POST"])
@requires(MANAGE, fresh=True)
def reset_password(user_id: int) -> ResponseReturnValue:
    """Give the account a new one-time password, shown once, and end its login sessions."""
    user = load_user(user_id)
    if request.method == "GET":
        return _confirm(user, RESET, "users.reset_password")
    try:
        first = accounts.set_password(
            db.session(), actor=account().actor(), user_id=user_id, version=user.version
        )
    except Refused as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("users.show", user_id=user_id))
    return render_template(
        "users/first_password.html", user=load_user(user_id), password=first, new=False
    )


@bp.route("/quan-tri/tai-khoan/<int:user_id>/ngung-su-dung", methods=["GET", "POST"])
@requires(MANAGE, fresh=True)
def close(user_id: int) -> ResponseReturnValue:
    """Close the account; nobody can log in with it any more."""
    if request.method == "GET":
        return _confirm(load_user(user_id), CLOSE, "users.close")
    return _set_active(user_id, False, "Đã ngừng sử dụng tài khoản.")


@bp.post("/quan-tri/tai-khoan/<int:user_id>/su-dung-lai")
@requires(MANAGE, fresh=True)
def reopen(user_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    return _set_active(user_id, True, "Tài khoản đã được sử dụng lại.")


def _set_active(user_id: int, active: bool, words: str) -> ResponseReturnValue:
    user = load_user(user_id)
    try:
        accounts.set_active(
            db.session(),
            actor=account().actor(),
            user_id=user_id,
            active=active,
            version=user.version,
        )
    except Refused as refusal:
        flash(str(refusal), "error")
    else:
        flash(words, "success")
    return redirect(url_for("users.show", user_id=user_id))


def _confirm(user: User, words: Act, endpoint: str) -> str:
    """Ask before an act that ends somebody's login sessions at once."""
    return render_template("users/confirm.html", user=user, act=words, endpoint=endpoint)


# What is inside the administrator's scope ---------------------------------------------------------


def _scope() -> Scope:
    return account().scope(MANAGE)


def manageable(scope: Scope) -> ColumnElement[bool]:
    """The condition on accounts that lie wholly inside a scope."""
    if scope.everything:
        return true()
    places = sorted(scope.agency_ids)
    inside = exists().where(UserRole.user_id == User.id, UserRole.agency_id.in_(places))
    outside = exists().where(UserRole.user_id == User.id, UserRole.agency_id.not_in(places))
    foreign = exists().where(Person.id == User.person_id, Person.agency_id.not_in(places))
    return and_(inside, ~outside, ~foreign)


def load_user(user_id: int) -> User:
    """One account with its roles, or 404 when it is not wholly inside the administrator's scope."""
    found = db.session.execute(
        select(User)
        .where(User.id == user_id, manageable(_scope()))
        .options(
            joinedload(User.person).joinedload(Person.agency),
            selectinload(User.grants).joinedload(UserRole.agency, innerjoin=True),
        )
    ).scalar_one_or_none()
    return found if found is not None else abort(404)


def _person(person_id: int) -> Person:
    return load(Person, person_id, MANAGE, options=[joinedload(Person.agency)])


def _people(wanted: str) -> list[Person]:
    """People inside the scope whose name holds every word typed, by Vietnamese order of names."""
    words = [Person.name_fold.contains(word, autoescape=True) for word in fold(wanted).split()]
    rows = db.session.scalars(
        select(Person)
        .where(_scope().clause(Person.agency_id), Person.left_on.is_(None), *words)
        .options(joinedload(Person.agency, innerjoin=True), selectinload(Person.positions))
        .order_by(Person.sort_key, Person.id)
        .limit(SUGGESTIONS)
    )
    return list(rows)


def agency_choices(scope: Scope) -> Choices:
    """The agencies of a scope as a tree: siblings by name, each level indented once more."""
    rows = db.session.execute(
        select(Agency.id, Agency.name, Agency.path, Agency.parent_id)
        .where(scope.clause(Agency.id), Agency.ended_on.is_(None))
        .order_by(Agency.sort_key, Agency.id)
    ).all()
    known = {row.id for row in rows}
    below: dict[int | None, list[Any]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    choices = [("", "Chọn đơn vị")]
    waiting = [(0, row) for row in reversed(below.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        choices.append((str(row.id), "– " * depth + row.name))
        waiting.extend((depth + 1, child) for child in reversed(below.get(row.id, [])))
    return choices


def suggested_username(person: Person) -> str:
    """The part before the @ of the official e-mail address, else given name and initials."""
    if person.email:
        return person.email.split("@")[0]
    *before, given = person.name_fold.split() or [""]
    return given + "".join(word[0] for word in before)


# The list and the page of one account -------------------------------------------------------------


def _matches(wanted: str) -> ColumnElement[bool]:
    if not wanted:
        return true()
    words = [Person.name_fold.contains(word, autoescape=True) for word in fold(wanted).split()]
    named = exists().where(Person.id == User.person_id, *words)
    plain = fold(wanted).replace(" ", "")
    return or_(
        User.username.contains(plain, autoescape=True),
        User.display_name.contains(wanted, autoescape=True),
        named,
    )


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "dang-dung":
        return User.is_active.is_(True)
    if state == "da-ngung":
        return User.is_active.is_(False)
    return true()


def _grant_form(user: User) -> GrantForm:
    form = GrantForm()
    form.agency_id.offer(agency_choices(_scope()))
    if request.method == "GET":
        form.version.data = user.version
        form.agency_id.data = user.person.agency_id if user.person else None
    return form
