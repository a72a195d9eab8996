"""Shapes of what a person types into a request. What the law says of it, operations decide."""

from wtforms import (
    BooleanField,
    IntegerField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

import labels
from forms.base import HouseForm
from forms.fields import ChoiceField, DayField, DayRequired
from rules.signers import SigningAuthority
from rules.sim_registrations import SimCarrier, SimRegistration

LONGEST_REASON = 1000


class VersionedForm(HouseForm):
    """A form that says which version of the request the person was looking at."""

    version = IntegerField("", [InputRequired("Thiếu phiên bản.")], widget=HiddenInput())


class NewRequestForm(HouseForm):
    """The day on which the letter should arrive; the chosen subjects come beside the form."""

    planned_receipt_on = DayField(
        "Ngày dự kiến cơ quan tiếp nhận nhận được văn bản",
        [DayRequired("Nhập ngày dự kiến tiếp nhận.")],
        description="Điều kiện của từng dòng được xét vào ngày này.",
    )


class NewRenewalForm(NewRequestForm):
    """Renewal (Mẫu số 04)."""

    planned_receipt_on = DayField(
        "Ngày dự kiến cơ quan tiếp nhận nhận được văn bản",
        [DayRequired("Nhập ngày dự kiến tiếp nhận.")],
        description="Số ngày còn lại của chứng thư được tính đến ngày này (ít nhất 30 ngày).",
    )


TOKEN, SIM, CENTRAL = "token", "sim", "tap-trung"
SIM_COLUMNS = tuple(
    SimRegistration(carrier, keeps).column for keeps in (False, True) for carrier in SimCarrier
)


def _sim_choices(nothing: str) -> list[SelectChoice]:
    """What the column "SIM PKI" may say, with what it means."""
    found = [SelectChoice("", nothing)]
    for column in SIM_COLUMNS:
        keeps = column.endswith("/cs")
        means = "chuyển số đang dùng sang SIM PKI" if keeps else "đăng ký mới"
        found.append(SelectChoice(column, f"{column} ({means})"))
    return found


class NewPersonIssuanceForm(NewRequestForm):
    """First issue for people (Mẫu số 01): where the keys are to live."""

    means = ChoiceField(
        "Khóa bí mật lưu trên",
        choices=[
            SelectChoice(TOKEN, "PKI Token"),
            SelectChoice(SIM, "SIM PKI"),
            SelectChoice(CENTRAL, "Ký số tập trung (không có thiết bị riêng)"),
        ],
        default=TOKEN,
    )
    sim = ChoiceField(
        "Nhà mạng của SIM PKI",
        choices=_sim_choices("— không đăng ký SIM PKI —"),
        default="",
        description="Chỉ chọn khi đăng ký SIM PKI; sửa riêng từng người trong dự thảo.",
    )


class NewAmendmentForm(NewRequestForm):
    """Amendment (Mẫu số 04)."""

    planned_receipt_on = DayField(
        "Ngày dự kiến cơ quan tiếp nhận nhận được văn bản",
        [DayRequired("Nhập ngày dự kiến tiếp nhận.")],
        description="Số ngày còn lại của chứng thư được tính đến ngày này.",
    )

    cases = SelectMultipleField(
        "Trường hợp thay đổi",
        description="Bỏ trống thì phần mềm tự so chứng thư với sổ (họ tên, thư điện tử).",
    )
    both = BooleanField(
        "Đề nghị cả gia hạn cho các chứng thư này",
        description="Một Mẫu số 04, mỗi dòng hai dịch vụ; bỏ được ở từng dòng trong dự thảo.",
    )


class NewRevocationForm(NewRequestForm):
    """Revocation (Mẫu số 05)."""

    ground = ChoiceField(
        "Lý do thu hồi",
        [InputRequired("Chọn lý do thu hồi.")],
        description="Áp dụng cho cả danh sách; sửa riêng từng dòng trong dự thảo.",
    )


class LineForm(VersionedForm):
    """What may be said of any line."""

    note = TextAreaField(
        "Ghi chú của dòng", [Length(max=500, message="Ghi chú dài quá 500 ký tự.")]
    )


class ChangeLineForm(LineForm):
    """One line of Mẫu số 04: a service, or both; what changes."""

    renews = BooleanField("Gia hạn")
    amends = BooleanField("Thay đổi nội dung thông tin")
    cases = SelectMultipleField("Trường hợp thay đổi")
    before = TextAreaField(
        "Thông tin cần thay đổi",
        [Length(max=300, message="Dài quá 300 ký tự.")],
        description="Như đang ghi trong chứng thư; mỗi thay đổi một dòng.",
    )
    after = TextAreaField(
        "Thông tin mới",
        [Length(max=300, message="Dài quá 300 ký tự.")],
        description="Cùng thứ tự với ô trên, mỗi thay đổi một dòng.",
    )


class RevocationLineForm(LineForm):
    """One line of Mẫu số 05."""

    ground = ChoiceField("Lý do thu hồi", [InputRequired("Chọn lý do thu hồi.")])


class PersonLineForm(LineForm):
    """One line of Mẫu số 01."""

    sim = ChoiceField("SIM PKI", choices=_sim_choices("— không đăng ký SIM PKI —"))


class ParticularsForm(VersionedForm):
    """What stands in the letter besides the list."""

    planned_receipt_on = DayField(
        "Ngày dự kiến tiếp nhận", [DayRequired("Nhập ngày dự kiến tiếp nhận.")]
    )
    contact_id = ChoiceField("Người tiếp nhận (mục 1)", [Optional()], coerce=int)
    contact_address = StringField("Địa chỉ tiếp nhận", [Length(max=400)])
    addressee = StringField("Kính gửi", [InputRequired("Nhập nơi nhận văn bản."), Length(max=300)])
    addressee_code = StringField(
        "Mã định danh của nơi nhận",
        [Length(max=40, message="Dài quá 40 ký tự.")],
        description="Trên Trục liên thông văn bản quốc gia; không dùng cho cổng dịch vụ.",
    )
    channel = ChoiceField("Dự kiến gửi qua", [Optional()])
    copies_to = TextAreaField(
        "Nơi nhận khác",
        [Length(max=1000)],
        description="Mỗi dòng một nơi nhận. “Như trên” và “Lưu: VT” được ghi sẵn.",
    )
    drafting_unit = StringField(
        "Đơn vị soạn thảo trong ký hiệu",
        [InputRequired("Nhập ký hiệu đơn vị soạn thảo."), Length(max=40)],
        description="Ví dụ VP trong ký hiệu …/UBND-VP.",
    )
    central_signing = BooleanField("Dùng giải pháp ký số tập trung")
    wet_signature = BooleanField("Ký tay trên giấy (không ký số)")
    note = TextAreaField("Ghi chú nội bộ (không in ra văn bản)", [Length(max=2000)])


class SignerForm(VersionedForm):
    """Who signs, in which capacity, and on what paper."""

    position_id = ChoiceField("Người ký", [InputRequired("Chọn người ký.")], coerce=int)
    authority = ChoiceField(
        "Thẩm quyền ký",
        [InputRequired("Chọn thẩm quyền ký.")],
        choices=[SelectChoice(one.name, labels.label(one)) for one in SigningAuthority],
    )
    head_title = StringField(
        "Chức vụ của người đứng đầu",
        [Length(max=200)],
        description="Ghi sau KT., TL., TUQ. – ví dụ “Chủ tịch”.",
    )
    collective = StringField(
        "Tập thể lãnh đạo",
        [Length(max=200)],
        description="Ghi sau TM. – ví dụ “Ủy ban nhân dân”.",
    )
    paper = StringField(
        "Văn bản giao quyền ký",
        [Length(max=300)],
        description="Số, ngày của văn bản phân công, giao quyền hoặc ủy quyền.",
    )
    paper_until_on = DayField("Giao quyền đến hết ngày", [Optional()])
