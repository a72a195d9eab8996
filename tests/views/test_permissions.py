"""Police: every door of the program has its guard, and the table of permissions is the real one."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule, UnicodeConverter

from app import create_app
from config import Config
from extensions import db
from labels import label
from rules.permissions import GRANTS, Permission, Role
from tests.cast import Cast
from views.guards import open_to_all, requires

Login = Callable[[int], FlaskClient]

OPEN_WITHOUT_LOGIN_KEY = re.compile(r"open: \S+ \S+")
"""A reason is at least two words."""
NO_ADDRESS_OF_OURS = {"static"}
"""Flask's own endpoint for files that everybody may read."""


def rules_of(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in NO_ADDRESS_OF_OURS]


def test_every_endpoint_has_a_guard(app: Flask) -> None:
    unguarded = [
        name
        for name, view in app.view_functions.items()
        if name not in NO_ADDRESS_OF_OURS and not getattr(view, "guard", None)
    ]
    assert not unguarded, (
        f"{unguarded} have no guard: write @requires(Permission.…) from views/guards.py under the "
        "route, or @open_to_all('reason') when a stranger may come in"
    )


def test_every_guard_names_permissions_or_a_reason(app: Flask) -> None:
    for name, view in app.view_functions.items():
        guard = getattr(view, "guard", "")
        if isinstance(guard, str):
            assert name in NO_ADDRESS_OF_OURS or OPEN_WITHOUT_LOGIN_KEY.match(guard), (
                f"{name} is open to all without a reason in words: @open_to_all('why')"
            )
        else:
            assert guard == ("logged-in",) or all(isinstance(one, Permission) for one in guard), (
                f"{name} is guarded by {guard}: use members of rules.permissions.Permission"
            )


def for_programs(app: Flask) -> set[str]:
    """Endpoints that a signing program calls with signed messages of its own, without a cookie."""
    exempt = app.extensions["csrf"]._exempt_views
    return {
        name
        for name, view in app.view_functions.items()
        if f"{view.__module__}.{view.__name__}" in exempt
    }


def test_what_is_open_to_strangers_is_this_short_list(app: Flask) -> None:
    opened = {
        name
        for name, view in app.view_functions.items()
        if isinstance(getattr(view, "guard", None), str)
    }
    assert opened - for_programs(app) == {
        "accounts.login",
        "accounts.logout",
        "home.favicon",
        # A way in with the token, or with an emergency code: nobody is logged in yet.
        "token_logins.begin",
        "token_logins.show",
        "token_logins.finish",
        "token_logins.emergency",
        "calendar_feeds.read",  # its address is a secret of 160 bits
    }, "a door was opened to strangers: add it here when meant, with its reason at the view"


def test_only_doors_for_programs_do_without_the_secret_of_forms(app: Flask) -> None:
    for name in for_programs(app):
        assert isinstance(getattr(app.view_functions[name], "guard", None), str), (
            f"{name} is @csrf.exempt and yet acts for whoever is logged in: another site could "
            "press its button. Take @csrf.exempt away, or let it know its caller by a signature"
        )
    assert not app.extensions["csrf"]._exempt_blueprints, "exempt single views, not blueprints"


def test_parts_of_an_address_that_vary_have_a_type(app: Flask) -> None:
    loose = [
        rule.rule
        for rule in rules_of(app)
        if any(type(converter) is UnicodeConverter for converter in rule._converters.values())
        and not re.search(r"<string\(length=\d+\):", rule.rule)
    ]
    assert not loose, (
        f"{loose} take any text: write <int:id>, or <string(length=64):sha256> for a hash"
    )


def test_addresses_are_unaccented_kebab_case(app: Flask) -> None:
    for rule in rules_of(app):
        fixed = re.sub(r"<[^>]+>", "1", rule.rule)
        assert re.fullmatch(r"(/[a-z0-9]+([-.][a-z0-9]+)*)*/?", fixed), (
            f"{rule.rule}: write Vietnamese words without accents, in lower case, joined by hyphens"
        )


def test_nothing_is_changed_by_following_a_link(app: Flask) -> None:
    for rule in rules_of(app):
        methods = (rule.methods or set()) - {"OPTIONS", "HEAD"}
        assert methods <= {"GET", "POST"}, f"{rule.rule}: forms of a browser know GET and POST only"


def test_every_form_needs_its_secret(app: Flask, cast: Cast) -> None:
    assert app.config.get("WTF_CSRF_ENABLED", True)
    assert app.config.get("WTF_CSRF_CHECK_DEFAULT", True)
    browser = app.test_client()
    for rule in rules_of(app):
        if "POST" not in (rule.methods or ()) or rule.endpoint in for_programs(app):
            continue
        path = re.sub(r"<[^>]*length=(\d+)[^>]*>", lambda found: "0" * int(found[1]), rule.rule)
        path = re.sub(r"<any\('([^']+)'[^>]*>", r"\1", path)
        path = re.sub(r"<[^>]+>", "1", path)
        answer = browser.post(path)
        assert answer.status_code == 400, (
            f"POST {rule.rule} answered {answer.status_code} without a csrf_token: the form needs "
            "{{ form.hidden_tag() }} or {{ csrf() }}, and the view no @csrf.exempt"
        )


def test_a_guard_without_the_permission_answers_403(
    instance: Path, login: Login, cast: Cast
) -> None:
    fresh = create_app(Config.load(instance, testing=True))
    fresh.add_url_rule(
        "/thu-quyen", "thu_quyen", requires(Permission.USER_MANAGE)(lambda: "vào được")
    )
    for user, status in ((cast.dung, 200), (cast.an, 403), (None, 302)):
        browser = fresh.test_client()
        if user is not None:
            with login(user).session_transaction() as known, browser.session_transaction() as own:
                own.update(known)
        assert browser.get("/thu-quyen").status_code == status
    with fresh.app_context():
        db.engine.dispose()


def test_an_open_door_keeps_its_reason() -> None:
    assert open_to_all("for the test")(lambda: "").guard == "open: for the test"  # type: ignore[attr-defined]


# The page


@pytest.mark.parametrize("who", ["an", "chi", "dung", "em", "giang", "huong", "khanh"])
def test_everybody_who_is_logged_in_may_read_the_table(login: Login, cast: Cast, who: str) -> None:
    answer = login(getattr(cast, who)).get("/quan-tri/quyen")
    assert answer.status_code == 200
    assert "Bảng phân quyền" in answer.text


def test_strangers_do_not_read_the_table(client: FlaskClient) -> None:
    assert client.get("/quan-tri/quyen").status_code == 302


def test_the_table_shown_is_the_table_obeyed(login: Login, cast: Cast) -> None:
    text = login(cast.an).get("/quan-tri/quyen").text
    for permission in Permission:
        row = re.search(rf'<th scope="row">{re.escape(label(permission))}.*?</tr>', text, re.DOTALL)
        assert row is not None, permission
        said = re.findall(
            r'<td data-label="([^"]+)"[^>]*><span>(.*?)</span></td>', row[0], re.DOTALL
        )
        assert [name for name, _ in said] == [label(role) for role in Role]
        for role, (_, words) in zip(Role, said, strict=True):
            assert ("không" not in words) == (permission in GRANTS[role]), (permission, role)


def test_staff_read_that_they_see_their_own_things_only(login: Login, cast: Cast) -> None:
    text = login(cast.em).get("/quan-tri/quyen").text
    row = re.search(r'<th scope="row">Xem chứng thư.*?</tr>', text, re.DOTALL)
    assert row is not None
    assert row[0].count("của mình") == 1
