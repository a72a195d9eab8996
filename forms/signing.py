"""Shapes of what a person enters around signing: a pairing code, a certificate to sign with."""

from wtforms import IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from forms.base import HouseForm


class PairingForm(HouseForm):
    """The code that the agent's own page shows."""

    codes = frozenset({"code"})

    code = StringField(
        "Mã ghép nối",
        [InputRequired("Nhập mã ghép nối hiện trên trang của Trình ký số."), Length(max=60)],
        description="16 chữ và số, ví dụ ABCD-EFGH-JKMN-PQRS.",
    )


class SignForm(HouseForm):
    """Which certificate signs; the version ties the click to the letter that was shown."""

    version = IntegerField("", [InputRequired("Thiếu phiên bản.")], widget=HiddenInput())
    certificate_id = RadioField(
        "Chứng thư dùng để ký", [InputRequired("Chọn chứng thư.")], coerce=int
    )
    agent_id = RadioField("Trình ký số", [InputRequired("Chọn Trình ký số.")], coerce=int)
