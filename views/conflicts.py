"""After a conflict: what was typed stands beside what is there now, and goes into the form again.

The page of a conflict leads to the newest contents with a key in the address; what was typed waits
on the shelf. That page shows both and, only after the person has seen the difference and asked for
it, fills the form with what was typed; the form then carries the new version number.
"""

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, before_render_template, request
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, SelectMultipleField

from views import kept_forms, kept_pages, shelf

FIELD = "da-nhap"
FILL = "dien"
_PURPOSE = "what was typed"
_OURS = (FIELD, FILL, kept_pages.FIELD)
_MAY_BE_ABSENT = (BooleanField, SelectMultipleField)
_NOT_TYPED = ("csrf_token", "version")


class Difference(NamedTuple):
    """One field: what it is called, what it holds now, what was typed."""

    label: str
    now: str
    typed: str


def way_back() -> dict[str, str] | None:
    """Link to the page that shows the new contents, what was typed laid beside; None where there
    is no such page.
    """
    goal = _goal()
    if goal is None:
        return None
    path, asked = goal
    typed = kept_forms.typed()
    if typed is None or not current_user.is_authenticated:
        return {"url": _address(path, asked), "label": "Mở nội dung mới"}
    key = shelf.lay_down(_PURPOSE, path, json.dumps(typed).encode())
    if key is None:
        return {"url": _address(path, asked), "label": "Mở nội dung mới"}
    return {
        "url": _address(path, [*asked, (FIELD, key)]),
        "label": "So nội dung mới với những gì tôi đã nhập",
    }


def _goal() -> tuple[str, list[tuple[str, str]]] | None:
    """The page of the form: this very address, or the page on which the button stood."""
    rule = request.url_rule
    if rule is not None and "GET" in (rule.methods or ()):
        return request.path, _others(request.args)
    came_from = request.referrer or ""
    if not came_from.startswith(request.host_url):
        return None
    parts = urlsplit(came_from)
    return parts.path, _others(MultiDict(parse_qsl(parts.query, keep_blank_values=True)))


def _others(args: MultiDict[str, str]) -> list[tuple[str, str]]:
    return [(name, one) for name, one in args.items(multi=True) if name not in _OURS]


def _address(path: str, asked: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


def register_conflicts(app: Flask) -> None:
    """Lay what was typed before a conflict beside the form of the page that shows what is new."""
    before_render_template.connect(_lay_beside, app)


def _lay_beside(_app: Flask, context: dict[str, Any], **_more: Any) -> None:
    key = request.args.get(FIELD) if request and request.method == "GET" else None
    if key is None or "typed_before" in context or not current_user.is_authenticated:
        return
    found = shelf.take(_PURPOSE, request.path, key)
    if found is None:
        return
    typed = MultiDict([(name, value) for name, value in json.loads(found)])
    form = _form_of(context, typed)
    fields = _plain_fields(form, typed) if form is not None else []
    names = {field.name for field in fields}
    context["typed_before"] = {
        "rows": [one for field in fields if (one := _difference(field, typed)) is not None],
        "others": [
            one
            for name, one in typed.items(multi=True)
            if name not in names and name not in _NOT_TYPED and not one.isdigit() and one.strip()
        ],
        "filled": FILL in request.args and bool(fields),
        "fill_url": _address(request.path, [*_others(request.args), (FIELD, key), (FILL, "1")])
        if fields
        else "",
    }
    if FILL in request.args:
        for field in fields:
            field.process(typed, field.data)


def _form_of(context: dict[str, Any], typed: MultiDict[str, str]) -> FlaskForm | None:
    """The form of the page whose fields were sent."""
    forms = [one for one in context.values() if isinstance(one, FlaskForm)]
    known = [
        (sum(name not in _NOT_TYPED and name in form for name in typed), form) for form in forms
    ]
    return max(known, key=lambda one: one[0])[1] if any(number for number, _ in known) else None


def _plain_fields(form: FlaskForm, typed: MultiDict[str, str]) -> list[Field]:
    """The fields that a person typed or chose; a box that is not ticked is not sent."""
    return [
        field
        for field in form
        if field.name not in _NOT_TYPED
        and field.type not in ("CSRFTokenField", "HiddenField", "IntegerHiddenField", "SubmitField")
        and (field.name in typed or isinstance(field, _MAY_BE_ABSENT))
        and not any(hasattr(field, part) for part in ("entries", "form_class"))
        and getattr(field.widget, "input_type", "") not in ("file", "hidden", "submit")
    ]


def _difference(field: Field, typed: MultiDict[str, str]) -> Difference | None:
    if hasattr(field, "iter_choices"):
        offered = [
            (str(value), str(words), chosen) for value, words, chosen, *_ in field.iter_choices()
        ]
        labels = {value: words for value, words, _ in offered}
        shown = [words for _, words, chosen in offered if chosen]
        if not shown and not isinstance(field, SelectMultipleField):
            shown = [words for _, words, _ in offered[:1]]  # As the browser does.
        now = "; ".join(shown)
        then = "; ".join(labels.get(one, one) for one in typed.getlist(field.name))
    elif getattr(field.widget, "input_type", "") == "checkbox":
        now, then = ("có" if one else "không" for one in (field.data, field.name in typed))
    else:
        now, then = str(field._value()), "; ".join(typed.getlist(field.name))
    same = " ".join(now.split()) == " ".join(then.split())
    return None if same else Difference(str(field.label.text), now, then)
