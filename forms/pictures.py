"""Shape of a picture of a signature or seal that is brought in."""

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectChoice
from wtforms.validators import InputRequired, NumberRange

from forms.base import HouseForm
from forms.office_documents import MillimetresField
from labels import label
from rules.office_documents import PictureKind


class PictureForm(HouseForm):
    """The PNG and its true width; the height follows from its proportions."""

    kind = RadioField(
        "Hình này là",
        [InputRequired("Chọn loại hình.")],
        choices=[
            SelectChoice(one.name, label(one))
            for one in (PictureKind.SIGNATURE, PictureKind.INITIALS)
        ],
        default=PictureKind.SIGNATURE.name,
    )
    file = FileField("Tệp PNG", [FileRequired("Chọn tệp PNG.")])
    width_mm = MillimetresField(
        "Chiều rộng thật",
        [InputRequired("Nhập số mm."), NumberRange(1, 200, message="Từ 1 đến 200 mm.")],
        places=1,
    )
