"""The refusals of the talk between server and agent, beside those of `signing.errors`."""

# Named after situations, as in signing.errors.

from __future__ import annotations

from signing.errors import SigningError


class MessageMalformed(SigningError):
    code = "message_malformed"
    message = "Thông điệp giữa Trình ký số và máy chủ không đúng khuôn dạng."
    advice = "Cập nhật Trình ký số cùng phiên bản với máy chủ rồi thử lại."


class PairingRefused(SigningError):
    code = "pairing_refused"
    message = "Mã ghép nối không khớp nên chưa ghép nối."
    advice = (
        "Kiểm tra đúng địa chỉ máy chủ, lấy mã mới trên trang của Trình ký số và nhập lại. "
        "Nếu vẫn không khớp, có thể có máy chủ giả đứng giữa: báo người quản trị."
    )


class PairingExpired(SigningError):
    code = "pairing_expired"
    message = "Mã ghép nối đã hết hạn."
    advice = "Bấm Ghép nối trên trang của Trình ký số để lấy mã mới."


class RequestForged(SigningError):
    code = "request_forged"
    message = "Máy chủ không nhận ra Trình ký số đã gửi yêu cầu này."
    advice = "Ghép nối lại Trình ký số với máy chủ rồi thử lại."


class RequestReplayed(SigningError):
    code = "request_replayed"
    message = "Yêu cầu này đã được gửi trước đó và không được nhận lần thứ hai."
    advice = "Tải lại trang của Trình ký số và làm lại bước vừa rồi."


class ClockSkew(SigningError):
    code = "clock_skew"
    message = "Đồng hồ của máy này lệch quá nhiều so với máy chủ."
    advice = "Chỉnh lại ngày giờ của máy tính rồi thử lại."


class AnswerForged(SigningError):
    code = "answer_forged"
    message = "Câu trả lời không mang chữ ký của máy chủ đã ghép nối."
    advice = "Không ký. Kiểm tra mạng và địa chỉ máy chủ, báo người quản trị."


class TlsMismatch(SigningError):
    code = "tls_mismatch"
    message = (
        "Chứng thư bảo mật đường truyền của máy chủ khác với lần ghép nối, và máy chủ đã ghép nối "
        "không xác nhận chứng thư này."
    )
    advice = "Không ký. Hỏi người quản trị; nếu máy chủ vừa được cài lại, hãy ghép nối lại."


class TicketNotForThisAgent(SigningError):
    code = "ticket_not_for_this_agent"
    message = (
        "Phiếu yêu cầu ký không mở được trên máy này: phiếu được cấp cho Trình ký số khác, "
        "hoặc đã bị sửa."
    )
    advice = "Quay lại văn bản và bấm Ký số từ máy này."


class TicketClaimed(SigningError):
    code = "ticket_claimed"
    message = "Văn bản này đang được ký ở một thẻ hoặc một lần bấm khác."
    advice = "Hoàn tất hoặc hủy ở chỗ đang ký; nếu chỗ đó đã đóng, tải lại trang này."


class ClaimLost(SigningError):
    code = "claim_lost"
    message = "Lượt ký này đã quá thời gian hoặc đã được mở lại ở chỗ khác."
    advice = "Quay lại văn bản và bấm Ký số lần nữa. Chữ ký vừa tạo không được dùng."


class JobNotFound(SigningError):
    code = "job_not_found"
    message = "Máy chủ không có việc ký này cho Trình ký số trên máy này."
    advice = "Quay lại văn bản và bấm Ký số lần nữa."


class JobRefused(SigningError):
    code = "job_refused"
    message = "Anh/chị đã chọn không ký văn bản này."
    advice = "Nếu đổi ý, quay lại văn bản và bấm Ký số lần nữa."


class ResultDiffers(SigningError):
    code = "result_differs"
    message = "Máy chủ đã có một kết quả ký khác cho việc này."
    advice = "Xem lại văn bản trên máy chủ; không gửi lại kết quả này."


class ResultRefused(SigningError):
    code = "result_refused"
    message = "Máy chủ không nhận chữ ký này."
    advice = "Chữ ký vừa tạo không được dùng. Quay lại văn bản, xem lại rồi bấm Ký số lần nữa."


class ServerRefused(SigningError):
    code = "server_refused"
    message = "Máy chủ không trả lời được yêu cầu của Trình ký số."
    advice = "Thử lại sau ít phút; nếu vẫn lỗi, báo người quản trị của máy chủ."
