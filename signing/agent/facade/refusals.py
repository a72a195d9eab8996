"""What the façade says no to, each with a stable code and a number of its own."""

# Named after situations, as in signing.errors.

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from signing.errors import SigningError


class OriginNotPaired(SigningError):
    code = "origin_not_paired"
    message = "Hệ thống này chưa được người dùng máy cho phép gọi Trình ký số."
    advice = "Mở trang Cổng tương thích của Trình ký số, xem đúng địa chỉ rồi bấm Cho phép."


class RouteUnknown(SigningError):
    code = "route_unknown"
    message = "Trình ký số không có chức năng này."
    advice = "Xem danh sách chức năng ở trang Cổng tương thích của Trình ký số."


class RouteRefused(SigningError):
    code = "route_refused"
    message = "Trình ký số cố ý không làm chức năng này, để chữ ký không bị dùng vào việc khác."
    advice = "Dùng chức năng ký tệp PDF. Lý do ghi ở trang Cổng tương thích của Trình ký số."


class FrameMalformed(SigningError):
    code = "frame_malformed"
    message = "Yêu cầu của hệ thống gọi đến không đúng khuôn dạng."
    advice = "Báo người phụ trách hệ thống đó; chi tiết ghi kèm."


class FileNameMissing(SigningError):
    code = "file_name_missing"
    message = "Hệ thống gọi đến không nói tệp nào cần ký."
    advice = "Mở văn bản trong hệ thống đó rồi ký lại."


class AddressForeign(SigningError):
    code = "address_foreign"
    message = "Địa chỉ tệp hoặc địa chỉ nhận tệp không thuộc hệ thống đã được cho phép."
    advice = "Không ký. Báo người phụ trách hệ thống: hai địa chỉ phải cùng nơi với trang gọi."


class RedirectedElsewhere(SigningError):
    code = "redirected_elsewhere"
    message = "Hệ thống chuyển hướng sang một nơi khác nên Trình ký số dừng lại."
    advice = "Báo người phụ trách hệ thống: tệp phải tải và nhận ngay tại hệ thống đó."


class DownloadFailed(SigningError):
    code = "download_failed"
    message = "Không tải được tệp cần ký từ hệ thống gọi đến."
    advice = "Thử lại; nếu vẫn lỗi, báo người phụ trách hệ thống kèm chi tiết."


class NotPdf(SigningError):
    code = "not_pdf"
    message = "Tệp nhận được không phải là PDF."
    advice = "Xem hệ thống có trả về trang đăng nhập thay cho tệp không; chỉ ký tệp PDF."


class TooManyFiles(SigningError):
    code = "too_many_files"
    message = "Quá nhiều tệp trong một lần ký."
    advice = "Chia thành nhiều lần, mỗi lần ít tệp hơn."


class ResultAltered(SigningError):
    code = "result_altered"
    message = "Tệp máy chủ trả về không phải đúng tệp vừa ký nên không gửi đi."
    advice = "Không dùng tệp này. Báo người quản trị Sổ Token."


class HandlerUnreachable(SigningError):
    code = "handler_unreachable"
    message = "Đã ký nhưng chưa gửi được tệp đã ký về hệ thống."
    advice = "Tải tệp đã ký ở trang của Trình ký số rồi đưa lên hệ thống bằng tay."


class HandlerRefused(SigningError):
    code = "handler_refused"
    message = "Đã ký nhưng hệ thống không nhận tệp đã ký."
    advice = "Xem lời của hệ thống ở chi tiết; tệp đã ký tải được ở trang của Trình ký số."


class HandlerAnswerUnreadable(SigningError):
    code = "handler_answer_unreadable"
    message = "Đã ký và gửi, nhưng câu trả lời của hệ thống không phải khuôn dạng đã định."
    advice = "Xem trong hệ thống tệp đã nhận chưa; báo người phụ trách hệ thống kèm chi tiết."


class HandlerAnswerNames(SigningError):
    code = "handler_answer_names"
    message = (
        "Đã ký và gửi, nhưng hệ thống trả lời sai tên khóa: phải là Status, Message, FileName, "
        "FileServer, viết hoa chữ đầu."
    )
    advice = "Báo người phụ trách hệ thống: máy chủ của họ đang tự đổi chữ đầu thành chữ thường."


class CallerGone(SigningError):
    code = "caller_gone"
    message = "Trang của hệ thống gọi đến đã đóng trước khi ký xong."
    advice = "Văn bản chưa được ký. Mở lại văn bản trong hệ thống đó rồi ký lại."


class AgentStopping(SigningError):
    code = "agent_stopping"
    message = "Trình ký số vừa được tắt."
    advice = "Mở lại Trình ký số rồi ký lại."


class SignatureInvalid(SigningError):
    code = "signature_invalid"
    message = "Văn bản có chữ ký không hợp lệ."
    advice = "Không dùng văn bản này như văn bản đã ký; xem lý do từng chữ ký."


class SignatureUndecided(SigningError):
    code = "signature_undecided"
    message = "Chưa xác định được giá trị chữ ký của văn bản."
    advice = "Xem lý do từng chữ ký ở trang của Trình ký số."


class PortTaken(SigningError):
    code = "facade_port_taken"
    message = "Cổng này đang có chương trình khác dùng, có thể là phần mềm ký số đã cài trước."
    advice = "Tắt phần mềm ký số kia rồi bật lại. Trình ký số không giành cổng của phần mềm khác."


class OriginInvalid(SigningError):
    code = "origin_invalid"
    message = "Địa chỉ này không phải là địa chỉ của một hệ thống."
    advice = "Dùng dạng https://ten-he-thong hoặc http://10.0.0.5:8080, không có đường dẫn."


_NUMBERS = {
    10: "origin_not_paired",
    11: "route_unknown",
    12: "route_refused",
    13: "frame_malformed",
    14: "busy",
    15: "agent_stopping",
    16: "not_paired",
    20: "file_name_missing",
    21: "address_foreign",
    22: "redirected_elsewhere",
    23: "download_failed",
    24: "not_pdf",
    25: "pdf_too_large",
    26: "too_many_files",
    27: "pdf_broken",
    28: "pdf_encrypted",
    29: "pdf_locked",
    30: "secrecy_not_declared",
    31: "user_cancelled",
    32: "consent_timeout",
    33: "caller_gone",
    34: "document_refused",
    35: "signatures_unseen",
    40: "no_token",
    41: "cert_not_found",
    42: "cert_not_yours",
    43: "cert_expired",
    44: "pin_incorrect",
    45: "pin_locked",
    46: "pin_final_try_refused",
    47: "token_removed",
    48: "driver_error",
    49: "no_module",
    50: "pinpad_timeout",
    51: "pin_length",
    52: "driver_hung",
    53: "driver_crashed",
    54: "cert_not_yet_valid",
    55: "cert_key_usage",
    56: "cert_path_broken",
    60: "server_unreachable",
    61: "result_refused",
    62: "result_altered",
    63: "upload_failed",
    70: "handler_unreachable",
    71: "handler_refused",
    72: "handler_answer_unreadable",
    73: "handler_answer_names",
    80: "signature_invalid",
    81: "signature_undecided",
}
STATUS: Mapping[str, int] = MappingProxyType({code: number for number, code in _NUMBERS.items()})
"""The integer `Status` of each code. 0 is success, 1 every other error; 500 is left to the page's
own script, which says so when a browser has no WebSocket."""


def status_of(error: SigningError) -> int:
    """The integer that the answer carries for this error; never 0."""
    return STATUS.get(error.code, 1)
