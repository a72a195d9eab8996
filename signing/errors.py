"""Everything that can go wrong around a signature, in words a person can act on.

One class per thing that a person must be told. `code` is stable and in English (it travels between
processes and appears in journals), `message` says in Vietnamese what happened, `advice` what to do
now.
`detail` is for the technician (a PKCS#11 return code, a file name) and must never hold a PIN or a
citizen id. The list of codes comes from the study of existing signing agents: most of them tell the
user "not zero", or blame the PIN for a fault of the driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

_registry: dict[str, type[SigningError]] = {}

ERRORS: Mapping[str, type[SigningError]] = MappingProxyType(_registry)
"""Every error by its code; what `SigningError.from_dict` looks the class up in."""


class SigningError(Exception):
    """Base of all. Never raised itself except for a code that this version does not know."""

    code: ClassVar[str] = "signing_error"
    message: ClassVar[str] = "Không ký số được."
    advice: ClassVar[str] = "Thử lại; nếu vẫn lỗi, báo người quản trị kèm mã lỗi."

    def __init__(self, detail: str = "") -> None:
        super().__init__(self.message)
        self.detail = detail

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        known = _registry.get(cls.code)
        if "code" in cls.__dict__ and known is not None:
            raise TypeError(f"two errors share the code {cls.code!r}")
        if "code" in cls.__dict__:
            _registry[cls.code] = cls

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.detail,))

    def to_dict(self) -> dict[str, str]:
        """The error as plain JSON data: code, words and detail."""
        return {
            "code": self.code,
            "message": self.message,
            "advice": self.advice,
            "detail": self.detail,
        }

    @staticmethod
    def from_dict(data: Mapping[str, object]) -> SigningError:
        """The error that `to_dict` described. Code and detail are believed, the words are ours.

        A code from a newer version gives a plain `SigningError` whose detail names the code.
        """
        code = data.get("code")
        detail = data.get("detail")
        detail = detail if isinstance(detail, str) else ""
        if isinstance(code, str) and code in _registry:
            return _registry[code](detail)
        return SigningError(f"{code}: {detail}" if detail else str(code))


_registry[SigningError.code] = SigningError


# --- the agent and its server -------------------------------------------------------------------


class NotPaired(SigningError):
    code = "not_paired"
    message = "Trình ký số trên máy này chưa ghép nối với máy chủ bằng tài khoản này."
    advice = "Ghép nối Trình ký số theo hướng dẫn ở trang Trình ký số của máy chủ, rồi thử lại."


class WrongServer(SigningError):
    code = "wrong_server"
    message = "Yêu cầu ký không đến từ máy chủ đã ghép nối."
    advice = "Không ký. Kiểm tra địa chỉ máy chủ và báo người quản trị."


class WrongOrigin(SigningError):
    code = "wrong_origin"
    message = "Một trang lạ vừa tìm cách dùng Trình ký số và đã bị từ chối."
    advice = "Chỉ bấm Ký số từ trang của Sổ Token; nếu không phải anh/chị bấm, báo người quản trị."


class VersionMismatch(SigningError):
    code = "version_mismatch"
    message = "Trình ký số và máy chủ không cùng phiên bản."
    advice = "Cập nhật Trình ký số từ trang Trình ký số của máy chủ."


class ServerUnreachable(SigningError):
    code = "server_unreachable"
    message = "Trình ký số không liên lạc được với máy chủ."
    advice = "Kiểm tra mạng nội bộ rồi thử lại."


class UploadFailed(SigningError):
    code = "upload_failed"
    message = "Đã ký nhưng chưa gửi được chữ ký về máy chủ."
    advice = "Bấm Gửi lại; không phải nhập lại mã PIN."


class Busy(SigningError):
    code = "busy"
    message = "Trình ký số đang bận một lần ký hoặc đăng nhập khác."
    advice = "Hoàn tất hoặc hủy lần đang mở, rồi thử lại."


# --- the ticket and the document ----------------------------------------------------------------


class TicketInvalid(SigningError):
    code = "ticket_invalid"
    message = "Phiếu yêu cầu ký không đọc được hoặc không phải của máy chủ đã ghép nối."
    advice = "Quay lại văn bản và bấm Ký số lần nữa."


class TicketExpired(SigningError):
    code = "ticket_expired"
    message = "Phiếu yêu cầu ký đã hết hạn."
    advice = "Quay lại văn bản và bấm Ký số lần nữa."


class TicketUsed(SigningError):
    code = "ticket_used"
    message = "Phiếu yêu cầu ký này đã được dùng."
    advice = "Xem văn bản: có thể đã ký xong. Nếu chưa, bấm Ký số lần nữa."


class HashMismatch(SigningError):
    code = "hash_mismatch"
    message = "Nội dung văn bản nhận được khác với nội dung máy chủ yêu cầu ký."
    advice = "Không ký. Quay lại văn bản và bấm Ký số lần nữa; nếu lặp lại, báo người quản trị."


class UserCancelled(SigningError):
    code = "user_cancelled"
    message = "Anh/chị đã hủy việc ký."
    advice = "Văn bản chưa được ký. Bấm Ký số khi muốn ký."


class ConsentTimeout(SigningError):
    code = "consent_timeout"
    message = "Đã quá thời gian chờ xác nhận ký."
    advice = "Văn bản chưa được ký. Bấm Ký số lần nữa."


class PdfBroken(SigningError):
    code = "pdf_broken"
    message = "Tệp PDF bị hỏng hoặc không đúng cấu trúc."
    advice = "Tạo lại tệp PDF từ văn bản gốc rồi thử lại."


class PdfEncrypted(SigningError):
    code = "pdf_encrypted"
    message = "Tệp PDF có đặt mật khẩu hoặc mã hóa nên không ký được."
    advice = "Lưu lại tệp PDF không đặt mật khẩu rồi thử lại."


class PdfLocked(SigningError):
    code = "pdf_locked"
    message = "Văn bản đã khóa, không cho phép thêm chữ ký."
    advice = "Dùng bản trước khi khóa, hoặc ký trên bản sao khác của văn bản."


class PdfTooLarge(SigningError):
    code = "pdf_too_large"
    message = "Tệp PDF quá lớn hoặc quá phức tạp để xử lý an toàn."
    advice = "Giảm dung lượng tệp (ví dụ quét ở độ phân giải thấp hơn) rồi thử lại."


# --- drivers and tokens -------------------------------------------------------------------------


class NoModule(SigningError):
    code = "no_module"
    message = "Không tìm thấy trình điều khiển của thiết bị ký số trên máy này."
    advice = (
        "Cài trình điều khiển kèm theo thiết bị rồi mở lại Trình ký số; nếu đã cài mà vẫn không "
        "thấy, báo người quản trị."
    )


class NoToken(SigningError):
    code = "no_token"
    message = "Không thấy thiết bị ký số nào được cắm vào máy."
    advice = "Cắm thiết bị vào cổng USB, chờ vài giây rồi thử lại."


class SeveralTokens(SigningError):
    code = "several_tokens"
    message = "Có nhiều thiết bị cùng chứa chứng thư này."
    advice = "Chỉ để lại thiết bị cần dùng, rút các thiết bị khác rồi thử lại."


class TokenRemoved(SigningError):
    code = "token_removed"
    message = "Thiết bị ký số đã bị rút ra hoặc mất kết nối."
    advice = "Cắm lại thiết bị rồi làm lại; không rút thiết bị khi đang làm."


class TokenChanged(SigningError):
    code = "token_changed"
    message = "Thiết bị đang cắm không phải thiết bị đã chọn lúc đầu."
    advice = "Cắm đúng thiết bị rồi thử lại. Mã PIN chưa được gửi vào thiết bị."


class DriverError(SigningError):
    code = "driver_error"
    message = "Trình điều khiển của thiết bị báo lỗi. Đây không phải lỗi do mã PIN."
    advice = "Rút và cắm lại thiết bị rồi thử lại; nếu vẫn lỗi, cài lại trình điều khiển."


class DriverHung(SigningError):
    code = "driver_hung"
    message = "Trình điều khiển của thiết bị không trả lời và đã được dừng lại."
    advice = "Rút và cắm lại thiết bị, chờ vài giây rồi thử lại."


class DriverCrashed(SigningError):
    code = "driver_crashed"
    message = "Trình điều khiển của thiết bị bị lỗi và đã tự đóng."
    advice = "Thử lại; nếu lặp lại, cài lại hoặc cập nhật trình điều khiển của thiết bị."


class DriverUnsuitable(SigningError):
    code = "driver_unsuitable"
    message = "Tệp trình điều khiển không dùng được trên máy này."
    advice = "Cài trình điều khiển đúng loại máy (32 hay 64 bit) do nơi cấp thiết bị cung cấp."


class KeyNotFound(SigningError):
    code = "key_not_found"
    message = "Thiết bị có chứng thư nhưng không có khóa bí mật tương ứng."
    advice = "Kiểm tra lại thiết bị với nơi cấp; có thể chứng thư được nạp nhầm thiết bị."


class SignatureCheckFailed(SigningError):
    code = "signature_check_failed"
    message = "Chữ ký do thiết bị tạo ra không khớp với chứng thư nên đã bị loại bỏ."
    advice = "Rút và cắm lại thiết bị rồi ký lại; nếu lặp lại, báo nơi cấp thiết bị."


# --- certificates -------------------------------------------------------------------------------


class CertNotFound(SigningError):
    code = "cert_not_found"
    message = "Không thấy chứng thư cần dùng trên các thiết bị đang cắm."
    advice = "Cắm đúng thiết bị chứa chứng thư này rồi thử lại."


class CertExpired(SigningError):
    code = "cert_expired"
    message = "Chứng thư chữ ký số đã hết hạn."
    advice = "Không ký được bằng chứng thư này; làm thủ tục cấp mới chứng thư."


class CertNotYetValid(SigningError):
    code = "cert_not_yet_valid"
    message = "Chứng thư chữ ký số chưa đến ngày có hiệu lực."
    advice = "Kiểm tra ngày giờ của máy chủ, hoặc chờ đến ngày chứng thư có hiệu lực."


class CertKeyUsage(SigningError):
    code = "cert_key_usage"
    message = "Chứng thư này không được cấp để ký số văn bản."
    advice = "Chọn chứng thư chữ ký số của cá nhân hoặc cơ quan."


class CertPathBroken(SigningError):
    code = "cert_path_broken"
    message = "Đường dẫn chứng thực của chứng thư này không liền hoặc có chứng thư hết hiệu lực."
    advice = "Không ký. Báo người quản trị kiểm tra trang Chứng thư tin cậy của máy chủ."


class CertUnreadable(SigningError):
    code = "cert_unreadable"
    message = "Không đọc được chứng thư hoặc loại khóa của chứng thư chưa được hỗ trợ."
    advice = "Kiểm tra lại tệp chứng thư, hoặc báo người quản trị."


# --- the PIN ------------------------------------------------------------------------------------


class PinIncorrect(SigningError):
    code = "pin_incorrect"
    message = "Mã PIN không đúng."
    advice = "Nhớ lại mã PIN trước khi thử lại: nhập sai liên tiếp vài lần thiết bị sẽ bị khóa."


class PinFinalTryRefused(SigningError):
    code = "pin_final_try_refused"
    message = "Chỉ còn một lần nhập mã PIN: nếu sai, thiết bị sẽ bị khóa. Mã PIN chưa được gửi."
    advice = "Chỉ tiếp tục khi chắc chắn nhớ đúng mã PIN; nếu không, đề nghị mở khóa thiết bị."


class PinLocked(SigningError):
    code = "pin_locked"
    message = "Thiết bị đã bị khóa do nhập sai mã PIN quá số lần cho phép."
    advice = "Báo đầu mối của cơ quan để làm thủ tục mở khóa thiết bị."


class PinLength(SigningError):
    code = "pin_length"
    message = "Mã PIN sai độ dài hoặc có ký tự mà thiết bị không nhận."
    advice = "Nhập lại mã PIN đúng độ dài. Lần này không bị tính là nhập sai."


class PinRequired(SigningError):
    code = "pin_required"
    message = "Chưa nhập mã PIN."
    advice = "Nhập mã PIN của thiết bị rồi bấm lại nút vừa bấm."


class PinNotInitialised(SigningError):
    code = "pin_not_initialised"
    message = "Thiết bị chưa được đặt mã PIN."
    advice = "Đặt mã PIN bằng phần mềm quản lý thiết bị, hoặc liên hệ nơi cấp thiết bị."


class PinMustBeChanged(SigningError):
    code = "pin_must_be_changed"
    message = "Thiết bị yêu cầu đổi mã PIN ban đầu trước khi ký."
    advice = "Đổi mã PIN bằng phần mềm quản lý thiết bị rồi ký lại."


class PinpadTimeout(SigningError):
    code = "pinpad_timeout"
    message = "Chưa nhập mã PIN trên bàn phím của thiết bị hoặc đã hủy nhập."
    advice = "Bấm lại và nhập mã PIN trên thiết bị khi được hỏi."
