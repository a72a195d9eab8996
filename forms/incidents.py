"""Shapes of what is told about incidents and asked for on slips. No field takes a PIN."""

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from wtforms import (
    BooleanField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from forms.base import HouseForm, NoSecret
from forms.fields import ChoiceField, DayField, DayRequired, number_or_none
from forms.people import VersionForm
from labels import label
from rules.incidents import IncidentKind
from rules.requests import RequestKind

_VIETNAM = timezone(timedelta(hours=7))
_CLOCK = re.compile(r"(\d{1,2})(?:\s*(?::|h|g|giờ)\s*(\d{1,2})?)?\s*(?:phút|p)?", re.IGNORECASE)


def _text(words: str, longest: int, hint: str = "", required: str = "") -> Any:
    checks: list[Any] = [InputRequired(required)] if required else [Optional()]
    checks += [Length(max=longest, message=f"Dài quá {longest} ký tự."), NoSecret()]
    kind = TextAreaField if longest > 300 else StringField
    return kind(words, checks, description=hint)


class ClockField(StringField):
    """A time of day typed as 14:30, 14h30 or 14 giờ 30; `data` is a time or None."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not self.typed:
            return
        found = _CLOCK.fullmatch(self.typed)
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
        if hour > 23 or minute > 59:
            raise ValueError("Giờ không đúng. Nhập theo dạng giờ:phút, ví dụ 14:30.")
        self.data = time(hour, minute)

    def _value(self) -> str:
        if isinstance(self.data, time):
            return f"{self.data:%H:%M}"
        return getattr(self, "typed", "")


class ReportForm(HouseForm):
    """What happened, in a minute: which device, what, when. Nothing more is required."""

    device_id = RadioField(
        "Thiết bị nào?", [InputRequired("Chọn thiết bị.")], coerce=number_or_none, choices=[]
    )
    kind = RadioField(
        "Chuyện gì đã xảy ra?",
        [InputRequired("Chọn chuyện đã xảy ra.")],
        choices=[SelectChoice(one.name, label(one)) for one in IncidentKind],
    )
    noticed_on = DayField("Phát hiện ngày nào?", [DayRequired("Nhập ngày phát hiện.")])
    noticed_time = ClockField("Lúc mấy giờ?", [Optional()])
    circumstances = _text(
        "Kể ngắn gọn",
        2000,
        "Ở đâu, trong hoàn cảnh nào. Không ghi mật khẩu (mã PIN) của thiết bị.",
    )

    @property
    def noticed_at(self) -> datetime:
        """The instant that was typed; without a time the beginning of that day."""
        day: date = self.noticed_on.data
        return datetime.combine(day, self.noticed_time.data or time(0), tzinfo=_VIETNAM)


class BehalfForm(ReportForm):
    """The same, told to the focal point by somebody who cannot log in."""

    told_how = _text(
        "Người giữ đã báo bằng cách nào?",
        300,
        "Ví dụ: gọi điện, báo trực tiếp, nhắn tin; ai báo.",
    )
    happened = _text("Xảy ra khi nào, ở đâu (theo lời báo)", 300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.noticed_on.label.text = "Được báo ngày nào?"


class SectionsForm(VersionForm):
    """What was done about it, why it happened and what will prevent it."""

    happened = _text("Xảy ra khi nào, ở đâu", 300)
    circumstances = _text("Diễn biến", 4000)
    measures = _text("Biện pháp xử lý ban đầu", 4000, "Đã làm gì ngay để hạn chế thiệt hại.")
    cause = _text("Nguyên nhân", 4000)
    prevention = _text("Biện pháp phòng ngừa tái diễn", 4000)


class _PaperForm(VersionForm):
    position_id = ChoiceField("Người ký", coerce=number_or_none, choices=[])
    digital = BooleanField("Ký số (bỏ trống: in ra ký tay)")


class LossMinutesForm(_PaperForm):
    """What Mẫu số 09 tells beside what the register knows."""

    lost_at = _text("Thời gian thất lạc", 200, "Ví dụ: khoảng 10 giờ ngày 20/11/2026.")
    lost_where = _text("Địa điểm thất lạc", 300)
    circumstances = _text("Hoàn cảnh thất lạc", 2000)
    noticed_at = _text("Thời điểm phát hiện", 200)
    reported_at = _text("Thời điểm báo cáo cơ quan quản lý trực tiếp", 200)
    measures = _text("Biện pháp đã thực hiện", 2000)
    place = _text("Địa điểm lập biên bản", 200)
    acting_id = ChoiceField("Người đại diện cơ quan", coerce=number_or_none, choices=[])


class IncidentReportForm(_PaperForm):
    """What the report of an incident tells beside the sections of the incident."""

    addressees = _text("Gửi cơ quan nào", 600, "Mỗi dòng một nơi nhận.", "Nhập nơi nhận báo cáo.")
    basis = _text("Căn cứ của báo cáo", 300)
    happened_at = _text("Thời gian xảy ra", 200)
    noticed_at = _text("Thời điểm phát hiện", 200)
    reported_at = _text("Thời điểm thuê bao báo", 200)
    description = _text("Mô tả sự cố", 4000)
    impact = _text("Phạm vi ảnh hưởng", 2000)
    measures = _text("Biện pháp xử lý ban đầu", 4000)
    cooperation = _text("Báo cáo và phối hợp xử lý", 2000)
    proposals = _text("Kiến nghị", 2000)
    copies_to = _text("Nơi nhận khác", 600, "Mỗi dòng một nơi.")


class WithdrawForm(VersionForm):
    """Why an incident turned out not to be one."""

    reason = _text("Vì sao là báo nhầm", 300, "Lý do được giữ trong sổ.", "Nêu lý do.")


class SlipForm(HouseForm):
    """What a subscriber asks the managing agency for."""

    kind = RadioField(
        "Đề nghị việc gì?",
        [InputRequired("Chọn việc cần đề nghị.")],
        choices=[SelectChoice(one.name, label(one)) for one in RequestKind],
    )
    subject = RadioField(
        "Cho chứng thư, thiết bị nào?", [Optional()], choices=[], validate_choice=False
    )
    reason = _text("Lý do", 1000)
    before = _text("Thông tin cũ", 1000, "Chỉ ghi khi đề nghị thay đổi thông tin.")
    after = _text("Thông tin mới", 1000, "Chỉ ghi khi đề nghị thay đổi thông tin.")
    digital = BooleanField("Ký số phiếu này (bỏ trống: in ra ký tay)")


class DeclineForm(VersionForm):
    """Why a slip is not carried out."""

    reason = _text("Lý do không thực hiện", 1000, "Người đề nghị đọc lý do này.", "Nêu lý do.")
