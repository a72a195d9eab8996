"""Shapes of what administrators type about a draft regulation that has been issued."""

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm
from forms.fields import DayField, DayRequired, number_or_none


class _Seen(HouseForm):
    """The newest entry that the person knew of; empty before the first."""

    seen = HiddenField()

    @property
    def seen_id(self) -> int | None:
        """Its number."""
        return number_or_none(self.seen.data)


class EnactmentForm(_Seen):
    """Number and days as they stand at the head of the issued text."""

    number = StringField(
        "Số, ký hiệu",
        [InputRequired("Nhập số, ký hiệu."), Length(max=60, message="Dài quá 60 ký tự.")],
        description="Như trên văn bản đã ban hành, ví dụ 12/2026/QĐ-UBND",
    )
    issued_on = DayField("Ngày ký ban hành", [DayRequired("Nhập ngày ký ban hành.")])
    effective_from = DayField("Ngày có hiệu lực", [DayRequired("Nhập ngày có hiệu lực.")])
    reason = TextAreaField(
        "Lý do nhập lại",
        [Length(max=500, message="Dài quá 500 ký tự.")],
        description="Lần nhập trước vẫn được giữ trong lịch sử.",
    )


class WithdrawalForm(_Seen):
    """Why what was entered is taken back."""

    reason = TextAreaField(
        "Lý do rút",
        [InputRequired("Ghi lý do rút."), Length(max=500, message="Dài quá 500 ký tự.")],
    )
