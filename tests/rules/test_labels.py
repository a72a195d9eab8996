"""Every enum member of the rules has a Vietnamese word."""

import importlib
import pkgutil
import unicodedata
from enum import StrEnum

import pytest

import rules
from labels import LABELS, label

ENUMS = sorted(
    {
        thing
        for module in pkgutil.iter_modules(rules.__path__)
        for thing in vars(importlib.import_module(f"rules.{module.name}")).values()
        if isinstance(thing, type) and issubclass(thing, StrEnum) and thing is not StrEnum
    },
    key=lambda enum: enum.__name__,
)


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_every_member_is_labelled_in_composed_unicode(enum: type[StrEnum]) -> None:
    assert enum in LABELS, f"add a mapping for {enum.__name__} to labels.py"
    assert list(LABELS[enum]) == list(enum), f"labels of {enum.__name__}: same members, same order"
    for member in enum:
        assert label(member) == unicodedata.normalize("NFC", label(member)).strip() != ""


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_no_two_members_share_a_word(enum: type[StrEnum]) -> None:
    assert len(set(LABELS[enum].values())) == len(enum)


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_member_names_fit_their_column(enum: type[StrEnum]) -> None:
    # models.Choice stores the name of the member in 32 characters; permissions are never stored.
    if enum.__name__ != "Permission":
        assert all(len(member.name) <= 32 for member in enum)
