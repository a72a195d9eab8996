"""Shapes of what an administrator enters about accounts. Choices are passed in by the views."""

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, IntegerField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError
from wtforms.widgets import HiddenInput

from forms.base import HouseForm
from forms.fields import QuickSelect, number_or_none
from labels import label
from rules.permissions import Role

Choices = Sequence[tuple[str, str]]


class ChoiceField(SelectField):
    """A list to choose one from, which says in Vietnamese when nothing of it was chosen."""

    widget = QuickSelect()

    def offer(self, choices: Choices) -> None:
        """Set the list, as pairs of value and words."""
        self.choices = [SelectChoice(value, words) for value, words in choices]

    def pre_validate(self, form: Any) -> None:
        # The empty line on top only asks to choose; an unreadable number must not pass for it.
        if not any(chosen and value for value, _, chosen, *_ in self.iter_choices()):
            raise ValidationError("Chọn một mục trong danh sách.")


ROLE_CHOICES = [
    SelectChoice("", "Chọn vai trò"),
    *(SelectChoice(role.name, label(role)) for role in Role),
]


class _GrantFields:
    role = ChoiceField("Vai trò", [InputRequired("Chọn vai trò.")], choices=ROLE_CHOICES)
    agency_id = ChoiceField(
        "Phạm vi",
        [InputRequired("Chọn phạm vi.")],
        coerce=number_or_none,
        choices=[],
        description="Vai trò có hiệu lực tại đơn vị được chọn và mọi đơn vị trực thuộc.",
    )


class GrantForm(_GrantFields, HouseForm):
    """One role over one agency and everything below it."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Tải lại trang.")])


class UserForm(_GrantFields, HouseForm):
    """A new account with its first role."""

    username = StringField(
        "Tên đăng nhập",
        [
            InputRequired("Nhập tên đăng nhập."),
            Length(2, 80, "Tên đăng nhập dài từ 2 đến 80 ký tự."),
            Regexp(
                r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
                message="Chỉ dùng chữ không dấu, chữ số, dấu chấm, gạch nối và gạch dưới.",
            ),
        ],
        description="Chữ không dấu, không phân biệt hoa thường, không có dấu cách.",
    )
    display_name = StringField(
        "Tên hiển thị",
        [
            InputRequired("Nhập tên hiển thị."),
            Length(max=200, message="Tên hiển thị dài quá 200 ký tự."),
        ],
    )


class UserChangeForm(HouseForm):
    """The name shown, and the person behind the account."""

    display_name = StringField(
        "Tên hiển thị",
        [
            InputRequired("Nhập tên hiển thị."),
            Length(max=200, message="Tên hiển thị dài quá 200 ký tự."),
        ],
    )
    person_id = HiddenField(filters=[number_or_none], validators=[Optional()])
    version = IntegerField(widget=HiddenInput(), validators=[InputRequired("Tải lại trang.")])
