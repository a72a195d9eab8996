"""A form that is sent after its login has ended: what was typed waits in the page of logging in.

It is encrypted with the installation's key (the next person at a shared computer may read the page,
and it may hold a citizen id), tied to the person whose login has ended, lies nowhere but in that
page, and is sent again only when the same person has logged in and presses the button.
The token against forged requests has been checked before, so nobody else's form gets this far.
"""

import json
from base64 import b64decode, b64encode
from typing import NamedTuple

from flask import Response, current_app, make_response, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from config import Config
from forms.accounts import LoginForm
from operations.personal import CitizenIds, WrongKey

FIELD = "giu-lai"
KEPT_SECONDS = 3600
LONGEST = 200_000
_CONTEXT = "a form that waits for its login"
#: Blueprints whose forms carry passwords or codes, and names of such fields elsewhere.
_SECRET_PAGES = ("accounts", "token_logins", "agent_logins")
_SECRET_FIELDS = ("password", "pin")


class Kept(NamedTuple):
    """What was to be sent, and where."""

    path: str
    fields: list[tuple[str, str]]
    with_files: bool


def login_page(user_id: int) -> Response | None:
    """The page of logging in with the form inside; None where nothing was typed, or a secret."""
    fields = [
        (name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"
    ]
    if (
        not any(value.strip() for _, value in fields)
        or sum(len(name) + len(value) for name, value in fields) > LONGEST
        or request.blueprint in _SECRET_PAGES
        or any(part in name for name, _ in fields for part in _SECRET_FIELDS)
        or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    ):
        return None
    with_files = any(file.filename for file in request.files.values())
    typed = json.dumps([user_id, request.full_path.rstrip("?"), fields, with_files])
    closed = _secrets().seal_bytes(typed.encode(), _CONTEXT)
    kept = _sealer().dumps(b64encode(closed).decode())
    body = render_template(
        "accounts/login.html",
        form=LoginForm(formdata=None),
        action=url_for("accounts.login"),
        kept=kept,
        kept_field=FIELD,
    )
    return make_response(body, 403)


def open_for(user_id: int, sealed: str) -> Kept | None:
    """The form that this person has sent before; None for anybody else's, or one too old."""
    try:
        closed = b64decode(_sealer().loads(sealed, max_age=KEPT_SECONDS))
        typed = _secrets().open_bytes(closed, _CONTEXT)
    except (BadData, WrongKey):
        return None
    owner, path, fields, with_files = json.loads(typed)
    if owner != user_id:
        return None
    return Kept(path, [(name, value) for name, value in fields], with_files)


def _secrets() -> CitizenIds:
    settings: Config = current_app.extensions["so_token"]
    return CitizenIds(settings.citizen_key)


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="so-token kept form")
