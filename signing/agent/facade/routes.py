"""The routes of the other service: what each does here, or why it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType


class Kind(Enum):
    """What a route asks for."""

    SIGN = auto()
    SIGN_MANY = auto()
    VERIFY = auto()
    CERTIFICATE = auto()
    VERSION = auto()
    SETTINGS = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Act:
    """One way of signing: its name on the server, its words, and what it asks the person for."""

    name: str
    words: str
    numbered: bool = False
    dated: bool = False
    commented: bool = False


APPROVE = Act("APPROVE", "Ký của người có thẩm quyền")
INITIAL = Act("INITIAL", "Ký nháy")
COMMENT = Act("COMMENT", "Ký kèm ý kiến", commented=True)
ISSUE = Act("ISSUE", "Ký số của cơ quan để phát hành", numbered=True, dated=True)
COPY_TRUE = Act("COPY_TRUE", "Sao y")
COPY_OF_COPY = Act("COPY_OF_COPY", "Sao lục")
COPY_EXTRACT = Act("COPY_EXTRACT", "Trích sao")
ANNEX = Act("ANNEX", "Ký phụ lục", numbered=True)
RECEIVE = Act("RECEIVE", "Đóng dấu đến", numbered=True, dated=True)
DIGITISE = Act("DIGITISE", "Ký số hóa tài liệu")

ACTS: Mapping[str, Act] = MappingProxyType(
    {
        each.name: each
        for each in (
            *(APPROVE, INITIAL, COMMENT, ISSUE, COPY_TRUE, COPY_OF_COPY, COPY_EXTRACT),
            *(ANNEX, RECEIVE, DIGITISE),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `acts` are offered, the first one chosen; `error_key` is the name under which this
    family tells what went wrong; `why` is the reason of a refusal."""

    name: str
    kind: Kind
    words: str
    acts: tuple[Act, ...] = ()
    error_key: str = "Message"
    why: str = ""


_STRANGERS_BYTES = (
    "ký những byte do trang gọi đến tự chọn: ai chọn được byte thì ghép được chữ ký ấy thành chữ "
    "ký của một văn bản khác"
)
_NOT_PDF = "máy chủ Sổ Token chỉ chuẩn bị và kiểm tra chữ ký trên tệp PDF"
_FREE = (APPROVE, INITIAL, COMMENT, ISSUE, COPY_TRUE, COPY_OF_COPY, COPY_EXTRACT, DIGITISE)


def _sign(name: str, words: str, *acts: Act) -> Route:
    return Route(name, Kind.SIGN, words, acts)


def _no(name: str, words: str, why: str, error_key: str = "Error") -> Route:
    return Route(name, Kind.REFUSED, words, (), error_key, why)


ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        each.name: each
        for each in (
            _sign("SignApproved", "Ký phê duyệt", APPROVE, INITIAL),
            _sign("SignIssued", "Ký phát hành", ISSUE),
            _sign("SignCopy", "Ký bản sao", COPY_TRUE, COPY_OF_COPY, COPY_EXTRACT),
            _sign("SignAppendix", "Ký phụ lục", ANNEX),
            _sign("SignIncome", "Đóng dấu văn bản đến", RECEIVE),
            _sign("Comment", "Ký ý kiến xử lý", COMMENT),
            _sign("SignPDF", "Ký tệp PDF", *_FREE),
            _sign("SignFile", "Ký tệp", *_FREE),
            Route(
                "SignFiles",
                Kind.SIGN_MANY,
                "Ký nhiều tệp",
                (APPROVE, INITIAL, DIGITISE, COPY_TRUE),
            ),
            Route("VerifyPDF", Kind.VERIFY, "Kiểm tra chữ ký trên tệp PDF"),
            Route("GetCertInfo", Kind.CERTIFICATE, "Đọc thông tin chứng thư"),
            Route("GetVersion", Kind.VERSION, "Hỏi phiên bản"),
            Route("Config", Kind.SETTINGS, "Mở trang thiết lập"),
            _no("Auth", "Đăng nhập bằng chữ ký", _STRANGERS_BYTES),
            _no("SignMsg", "Ký dữ liệu", _STRANGERS_BYTES),
            _no("SignXML", "Ký XML", _STRANGERS_BYTES),
            _no("SignJson", "Ký JSON", _STRANGERS_BYTES),
            _no("SignXMLP12", "Ký XML bằng tệp khóa", "khóa chỉ ở trên thiết bị, không ở tệp"),
            _no("VerifyMsg", "Kiểm tra dữ liệu đã ký", _NOT_PDF),
            _no("VerifyXML", "Kiểm tra XML", _NOT_PDF),
            _no("VerifyJson", "Kiểm tra JSON", _NOT_PDF),
            _no("SignOffice", "Ký tệp Office", _NOT_PDF, "Message"),
            _no("VerifyOffice", "Kiểm tra tệp Office", _NOT_PDF, "Message"),
            _no(
                "SignPDFWP",
                "Ký PDF kiểu WP",
                "không có tài liệu công khai nào nói kiểu này khác SignPDF ở đâu",
                "Message",
            ),
            _no(
                "SignLyLich",
                "Ký lý lịch",
                "khuôn dạng yêu cầu chưa được công bố; dùng SignFiles",
                "Message",
            ),
            _no(
                "GetLicenseRequest",
                "Xin giấy phép",
                "Trình ký số không cần giấy phép theo thiết bị",
                "Message",
            ),
        )
    }
)
"""Every route by its name."""
