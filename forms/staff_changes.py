"""Shapes of what is typed about people who change. Choices are passed in by the views."""

from wtforms import RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired, number_or_none
from forms.people import VersionForm
from forms.users import Choices

FITS = (
    ("", "Chưa đối chiếu"),
    ("yes", "Vẫn phù hợp"),
    ("no", "Không còn phù hợp"),
)


def _text(words: str, most: int, hint: str = "") -> StringField:
    return StringField(
        words, [Length(max=most, message=f"Dài quá {most} ký tự.")], description=hint
    )


class UnitField(ChoiceField):
    """A unit of one's own, or none."""

    def offer(self, choices: Choices, nothing: str) -> None:
        """Set the list; `nothing` are the words of the empty choice."""
        rest = [SelectChoice(value, words) for value, words in choices if value]
        self.choices = [SelectChoice("", nothing), *rest]


class ChangeForm(HouseForm):
    """One change of one person, of a kind already chosen; the view drops what the kind lacks."""

    effective_on = DayField("Có hiệu lực từ ngày", [DayRequired("Nhập ngày có hiệu lực.")])
    to_body = StringField(
        "Cơ quan, tổ chức nơi đến",
        [
            InputRequired("Nhập cơ quan, tổ chức nơi đến."),
            Length(max=300, message="Dài quá 300 ký tự."),
        ],
        description="Nơi đến cũng dùng phần mềm này thì chọn trong gợi ý: nơi đó sẽ tiếp nhận.",
    )
    unit_id = UnitField(
        "Đơn vị mới", [Optional()], coerce=number_or_none, choices=[], validate_choice=True
    )
    new_title = _text("Chức vụ mới", 200, "Để trống nếu chức vụ không đổi")
    fits = RadioField(
        "Thông tin trong chứng thư so với vị trí mới",
        choices=[SelectChoice(value, words) for value, words in FITS],
        default="",
        description="Tên cơ quan, đơn vị, chức vụ, thư điện tử ghi trong chứng thư",
        validators=[Optional()],
    )
    decision = _text("Văn bản quyết định", 300, "Số, ngày và cơ quan ban hành")
    note = _text("Ghi chú", 500)


class WhoForm(HouseForm):
    """Whom a change is about."""

    who = StringField(
        "Cán bộ",
        [InputRequired("Nhập cán bộ."), Length(max=254, message="Dài quá 254 ký tự.")],
        description="Thư điện tử công vụ, mã số cán bộ hoặc cả họ và tên",
    )


class ListForm(HouseForm):
    """A pasted list."""

    text = TextAreaField(
        "Danh sách",
        [InputRequired("Dán danh sách vào đây."), Length(max=60_000, message="Danh sách quá dài.")],
        description="Mỗi người một dòng: mã cán bộ hoặc thư điện tử; loại biến động; ngày; ghi "
        "chú. Dán thẳng từ Excel cũng được.",
    )


class ReasonForm(VersionForm):
    """Why a change is taken back."""

    reason = StringField(
        "Lý do", [InputRequired("Nhập lý do."), Length(max=500, message="Dài quá 500 ký tự.")]
    )


class AnswerForm(VersionForm):
    """The accepting agency's answer."""

    title = _text("Chức vụ tại cơ quan tiếp nhận", 200)
    unit_id = UnitField("Đơn vị", [Optional()], coerce=number_or_none, choices=[])
    reason = _text("Lý do không tiếp nhận", 500, "Chỉ khi không tiếp nhận")
