"""A form that is sent after its login has ended: what was typed waits in the page of logging in.

It is encrypted with the installation's key (the next person at a shared computer may read the page,
and it may hold a citizen id), tied to the person whose login has ended, lies nowhere but in that
page, and is sent again only when the same person has logged in and presses the button.
A form for a dangerous act, which wants the password once more, waits on the shelf (`shelf.py`).
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
from views import shelf

FIELD = "giu-lai"
#: In a form that is sent again after the password: its key on the shelf.
SENT_FIELD = "da-xac-nhan"
KEPT_SECONDS = 3600
LONGEST = 200_000
_CONTEXT = "a form that waits for its login"
_AGAIN = "a form that waits for a password"
#: Blueprints whose forms carry passwords or codes, and names of such fields elsewhere.
_SECRET_PAGES = ("accounts", "token_logins", "agent_logins")
_SECRET_FIELDS = ("password", "pin")
#: Never laid on the shelf; a form that is only sealed into the page of logging in may hold them.
NEVER_ON_DISK = ("citizen_id",)
_SENT = b"sent"


class Kept(NamedTuple):
    """What was to be sent, and where."""

    path: str
    fields: list[tuple[str, str]]
    with_files: bool


def typed() -> list[tuple[str, str]] | None:
    """What this request's form brought; None where nothing was typed, too much, or a secret."""
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", SENT_FIELD)
    ]
    if (
        not any(value.strip() for _, value in fields)
        or sum(len(name) + len(value) for name, value in fields) > LONGEST
        or request.blueprint in _SECRET_PAGES
        or any(part in name for name, _ in fields for part in _SECRET_FIELDS)
        or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    ):
        return None
    return fields


def present() -> Kept | None:
    """The form of this request, to be sent again as it is; None as `typed` says."""
    fields = typed()
    if fields is None:
        return None
    with_files = any(file.filename for file in request.files.values())
    return Kept(request.full_path.rstrip("?"), fields, with_files)


def lay_down() -> str | None:
    """Lay the form of this request on the shelf until the password was given once more; the key."""
    kept = present()
    if kept is None or any(value and name in NEVER_ON_DISK for name, value in kept.fields):
        return None
    told, before = json.dumps(kept).encode(), request.form.get(SENT_FIELD, "")
    if take(before) is not None and shelf.put_instead(_AGAIN, "", before, told):
        return before  # It waits once more, not twice.
    return shelf.lay_down(_AGAIN, "", told)


def mark_as_sent() -> None:
    """What waited for the password is done with: whoever goes Back to its page must not be offered
    the same act once more.
    """
    if key := request.form.get(SENT_FIELD):
        shelf.put_instead(_AGAIN, "", key, _SENT)


def was_sent(key: str) -> bool:
    """Whether the form of this key was sent again already."""
    return shelf.take(_AGAIN, "", key) == _SENT


def take(key: str) -> Kept | None:
    """The form that waits on the shelf for this login; None when it was sent, or is gone."""
    found = shelf.take(_AGAIN, "", key)
    if found is None or found == _SENT:
        return None
    path, fields, with_files = json.loads(found)
    return Kept(path, [(name, value) for name, value in fields], with_files)


def login_page(user_id: int) -> Response | None:
    """The page of logging in with the form inside; None where there is none to keep."""
    present_form = present()
    if present_form is None:
        return None
    told = json.dumps([user_id, *present_form])
    kept = _sealer().dumps(b64encode(_secrets().seal_bytes(told.encode(), _CONTEXT)).decode())
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
        told = _secrets().open_bytes(closed, _CONTEXT)
    except (BadData, WrongKey):
        return None
    owner, path, fields, with_files = json.loads(told)
    if owner != user_id:
        return None
    return Kept(path, [(name, value) for name, value in fields], with_files)


def _secrets() -> CitizenIds:
    settings: Config = current_app.extensions["so_token"]
    return CitizenIds(settings.citizen_key)


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="so-token kept form")
