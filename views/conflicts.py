"""After a conflict: what was typed stands beside what is there now, and goes into the form again.

The page of a conflict leads to the newest contents with a key in the address; what was typed waits
on the shelf. That page shows both and, only after the person has seen the difference and asked for
it, fills the form with what was typed; the form then carries the new version number.
"""

import json
from collections.abc import Iterable, Iterator
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
_NOT_OFFERED = "(không còn trong danh sách)"


class Difference(NamedTuple):
    """One field: what it is called, what it holds now, what was typed."""

    label: str
    now: str
    typed: str


class Found(NamedTuple):
    """The form of the page whose fields were sent, and what of them a person typed or chose.

    `part` is its name where a page has several forms; `listed` are fields of rows inside it, which
    are shown but not filled: row 2 of now may be another one than row 2 of then.
    """

    part: str
    plain: list[Field]
    listed: list[Field]
    not_filled: list[str]


_NOTHING = Found("", [], [], [])


def way_back() -> dict[str, str] | None:
    """Link to the page that shows the new contents, what was typed laid beside; None where there
    is no such page.
    """
    goal = kept_pages.page_of_the_form()
    if goal is None:
        return None
    parts = urlsplit(goal)
    path = parts.path
    asked = _others(MultiDict(parse_qsl(parts.query, keep_blank_values=True)))
    typed = kept_forms.typed() or []
    key = None
    if any(map(_is_typed, (name for name, _ in typed))) and current_user.is_authenticated:
        left_out = [name for name, file in request.files.items(multi=True) if file.filename]
        left_out += [one for one, value in typed if one in kept_forms.NEVER_ON_DISK and value]
        told = [one for one in typed if one[0] not in kept_forms.NEVER_ON_DISK]
        key = shelf.lay_down(_PURPOSE, path, json.dumps([told, left_out]).encode())
    if key is None:
        return {"url": _address(path, asked), "label": "Mở nội dung mới"}
    return {
        "url": _address(path, [*asked, (FIELD, key)]),
        "label": "So nội dung mới với những gì tôi đã nhập",
    }


def _is_typed(name: str) -> bool:
    """Not what every form carries by itself; a form among others has a prefix in its names."""
    return name.rsplit("-", 1)[-1] not in _NOT_TYPED


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
    laid_down = shelf.take(_PURPOSE, request.path, key)
    if laid_down is None:
        return
    told, left_out = json.loads(laid_down)
    typed = MultiDict([(name, value) for name, value in told])
    found = _form_of(context, typed, left_out)
    plain, shown = ({one.name for one in each} for each in (found.plain, found.listed))
    sent = {name for name in typed if _is_typed(name)}
    unnamed = sent - plain - shown
    fields = [*found.plain, *found.listed]
    context["typed_before"] = {
        "rows": [one for field in fields if (one := _difference(field, typed)) is not None],
        # Without a field of its own here: only what reads like a text, no number or mark of ours.
        "others": [
            one for name, one in typed.items(multi=True) if name in unnamed and len(one.split()) > 1
        ],
        "is_same": sent <= plain and not left_out,
        "not_filled": found.not_filled,
        "filled": FILL in request.args and bool(found.plain),
        "fill_url": _address(request.path, [*_others(request.args), (FIELD, key), (FILL, "1")])
        if found.plain
        else "",
    }
    if FILL in request.args:
        for field in found.plain:
            field.process(typed, field.data)
        if isinstance(context.get("opened"), set):  # The part of the page that is unfolded.
            context["opened"].add(found.part)


def _form_of(context: dict[str, Any], typed: MultiDict[str, str], left_out: list[str]) -> Found:
    """The form of the page whose fields were sent, among all that the page has."""
    forms = [("", one) for one in context.values()]
    for several in context.values():
        forms += several.items() if type(several) is dict else ()
    sent = {*filter(_is_typed, typed), *left_out}
    most, best = 0, _NOTHING
    for part, form in forms:
        if isinstance(form, FlaskForm):
            known = len(sent & {one.name for one in _leaves(form)})
            if known > most:
                most, best = known, _parts_of(part, form, typed, left_out)
    return best


def _parts_of(part: str, form: FlaskForm, typed: MultiDict[str, str], left_out: list[str]) -> Found:
    rows = [one for one in form if _holds_fields(one)]
    plain = [
        one
        for one in form
        if one not in rows
        and _is_for_people(one)
        and one.name not in left_out
        and (one.name in typed or isinstance(one, _MAY_BE_ABSENT))
    ]
    listed = [one for one in _leaves(rows) if _is_for_people(one) and one.name in typed]
    not_filled = [str(one.label.text) for one in form if one.name in left_out]
    not_filled += [str(one.label.text) for one in listed]
    starts, there = tuple(f"{one.name}-" for one in rows), {one.name for one in _leaves(rows)}
    if any(name.startswith(starts) and name not in there for name in typed):
        not_filled.append("những dòng đã thêm")
    return Found(part, plain, listed, list(dict.fromkeys(not_filled)))


def _holds_fields(field: Field) -> bool:
    return any(hasattr(field, part) for part in ("entries", "form_class"))


def _leaves(fields: Iterable[Field]) -> Iterator[Field]:
    """The fields themselves, those of rows and parts instead of the rows and parts."""
    for field in fields:
        if _holds_fields(field):
            yield from _leaves(field)
        else:
            yield field


def _is_for_people(field: Field) -> bool:
    """A field that a person fills in; a box that is not ticked is not sent."""
    return (
        _is_typed(field.name)
        and field.type not in ("CSRFTokenField", "HiddenField", "IntegerHiddenField", "SubmitField")
        and getattr(field.widget, "input_type", "") not in ("file", "hidden", "submit")
    )


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
        then = "; ".join(
            labels.get(one, _NOT_OFFERED if one else "") for one in typed.getlist(field.name)
        )
    elif getattr(field.widget, "input_type", "") == "checkbox":
        now, then = ("có" if one else "không" for one in (field.data, field.name in typed))
    else:
        now, then = str(field._value()), "; ".join(typed.getlist(field.name))
    same = " ".join(now.split()) == " ".join(then.split())
    return None if same else Difference(str(field.label.text), now, then)
