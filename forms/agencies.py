"""Shapes of what is typed about agencies and about the decisions that change them."""

from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from forms.base import HouseForm
from forms.fields import DayField, DayRequired
from forms.people import VersionForm
from forms.users import ChoiceField
from labels import label
from rules.agencies import AgencyKind, AgencyLevel


def _text(words: str, most: int, hint: str = "") -> StringField:
    return StringField(
        words, [Length(max=most, message=f"Dài quá {most} ký tự.")], description=hint
    )


class _Particulars:
    name = StringField(
        "Tên cơ quan, đơn vị",
        [InputRequired("Nhập tên."), Length(max=300, message="Dài quá 300 ký tự.")],
    )
    code = StringField(
        "Mã trong phần mềm",
        [InputRequired("Nhập mã."), Length(max=40, message="Dài quá 40 ký tự.")],
        description="Chữ không dấu, ví dụ UBND-XA-A. Mỗi đơn vị một mã.",
    )
    level = SelectField("Cấp", choices=[SelectChoice(one.name, label(one)) for one in AgencyLevel])
    kind = SelectField("Loại", choices=[SelectChoice(one.name, label(one)) for one in AgencyKind])
    has_legal_personality = BooleanField("Có tư cách pháp nhân")
    has_own_seal = BooleanField(
        "Có con dấu riêng",
        description="Văn bản đề nghị do đơn vị gần nhất có cả tư cách pháp nhân và con dấu gửi.",
    )
    abbreviation = _text("Chữ viết tắt trong số văn bản", 40, "Ví dụ UBND, trong số 12/UBND-VP")
    place_name = _text("Địa danh ghi trên văn bản", 120, "Ví dụ tên xã, phường")
    province = _text("Tỉnh, thành phố", 120)
    address = _text("Địa chỉ", 400)
    email = _text("Thư điện tử của cơ quan", 254)
    official_domains = _text(
        "Tên miền thư công vụ khác",
        600,
        "Ngoài gov.vn, ví dụ truong.edu.vn; nhiều tên miền thì cách nhau bằng dấu phẩy. Đơn vị "
        "trực thuộc dùng theo.",
    )
    phone = _text("Số điện thoại", 40)
    identification_code = _text("Mã định danh điện tử", 40, "Trên Trục liên thông văn bản quốc gia")
    tax_code = _text("Mã số thuế", 20)
    budget_code = _text("Mã quan hệ ngân sách", 20)


class NewAgencyForm(_Particulars, HouseForm):
    """A new agency or unit under the one it was opened from."""

    established_on = DayField("Ngày thành lập")


class AgencyForm(_Particulars, VersionForm):
    """Corrections to what is written."""


class RegulationForm(VersionForm):
    """The provincial regulation that an agency follows; the choices are passed in."""

    regulation = ChoiceField(
        "Quy chế áp dụng",
        [InputRequired("Chọn quy chế.")],
        choices=[],
        description="Quyết định nơi nhận, cách gửi và điều kiện riêng của tỉnh. Nghị định áp dụng "
        "trong mọi trường hợp; quy chế còn là dự thảo chỉ áp dụng khi đã nhập số, ngày.",
    )
    below_too = BooleanField("Áp dụng cho mọi đơn vị trực thuộc", default=True)


class _Decision:
    effective_on = DayField("Ngày có hiệu lực", [DayRequired("Nhập ngày có hiệu lực.")])
    decision = StringField(
        "Văn bản quyết định",
        [InputRequired("Nhập văn bản quyết định."), Length(max=300, message="Dài quá 300 ký tự.")],
        description="Số, ngày và cơ quan ban hành",
    )


class SplitForm(_Particulars, _Decision, VersionForm):
    """A new agency that came out of this one."""
