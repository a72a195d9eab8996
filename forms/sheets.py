"""Shapes of an Excel import: the file, and what it is a list of. Choices are passed in."""

from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.validators import InputRequired

from forms.base import HouseForm
from forms.fields import number_or_none
from forms.users import ChoiceField

ACCEPTED = ".xlsx,.xls,.csv"


class UploadForm(HouseForm):
    """One file for one agency and its units."""

    agency_id = ChoiceField(
        "Nhập cho cơ quan, đơn vị",
        [InputRequired("Chọn cơ quan, đơn vị.")],
        coerce=number_or_none,
        choices=[],
        description="Chỉ đối chiếu và ghi trong cơ quan này và các đơn vị trực thuộc.",
    )
    kind = SelectField(
        "Tệp là danh sách gì",
        choices=[],
        description="Để phần mềm tự nhận, rồi xem lại ở bước sau.",
    )
    file = FileField(
        "Tệp Excel",
        [FileRequired("Chọn một tệp.")],
        description="Tệp .xlsx, .xls hoặc .csv đang dùng ở cơ quan; không cần sửa theo mẫu trước.",
    )


class SecretForm(HouseForm):
    """Only the secret of the session, for pages whose fields follow the file."""
