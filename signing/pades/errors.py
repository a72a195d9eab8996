"""What can go wrong while the server prepares a PDF for signing, beyond `signing.errors`."""

# The names are those of situations, as in `signing.errors`.

from __future__ import annotations

from signing.errors import SigningError


class FieldProblem(SigningError):
    code = "pdf_field"
    message = "Không thể đặt hoặc điền trường trên văn bản."
    advice = "Tạo lại văn bản rồi thử lại; nếu vẫn lỗi, báo người quản trị kèm chi tiết."


class LockOverEmptyField(SigningError):
    code = "pdf_lock_over_empty"
    message = "Chữ ký này khóa một trường chưa được điền."
    advice = "Điền số và ngày của văn bản trước khi ký."


class TextDoesNotFit(SigningError):
    code = "pdf_text_unfit"
    message = "Nội dung quá dài hoặc có ký tự không in được trong ô dành sẵn."
    advice = "Rút gọn nội dung hoặc bỏ ký tự lạ rồi thử lại."


class FontUnusable(SigningError):
    code = "pdf_font"
    message = "Phông chữ trên máy chủ không dùng được để trình bày chữ ký."
    advice = "Cài phông Times New Roman hoặc Liberation Serif rồi thử lại."


class PictureUnusable(SigningError):
    code = "signature_picture"
    message = "Không đọc được hình ảnh chữ ký hoặc hình ảnh dấu."
    advice = "Dùng tệp PNG nền trong suốt, không quá 4.000 điểm ảnh mỗi chiều."


class HoleTooSmall(SigningError):
    code = "signature_too_large"
    message = "Chữ ký lớn hơn chỗ đã dành sẵn trong văn bản."
    advice = "Chuẩn bị lại văn bản để ký; nếu vẫn lỗi, báo người quản trị."


class PreparedChanged(SigningError):
    code = "prepared_changed"
    message = "Văn bản đã chuẩn bị để ký không còn nguyên vẹn."
    advice = "Chuẩn bị lại văn bản rồi ký lần nữa."


class TsaUnreachable(SigningError):
    code = "tsa_unreachable"
    message = "Không lấy được dấu thời gian: máy chủ dấu thời gian không trả lời."
    advice = "Chữ ký vẫn được giữ ở mức cơ bản; hệ thống sẽ thử lại, hoặc bấm thử lại sau ít phút."


class TsaAnswerBad(SigningError):
    code = "tsa_answer"
    message = "Máy chủ dấu thời gian từ chối hoặc trả lời không đúng yêu cầu."
    advice = "Kiểm tra địa chỉ máy chủ dấu thời gian trong phần cài đặt rồi thử lại."


class RevocationUnreachable(SigningError):
    code = "revocation_unreachable"
    message = "Chưa có dữ liệu thu hồi còn hiệu lực để kèm vào văn bản."
    advice = "Nạp danh sách thu hồi mới hoặc nối mạng tới tổ chức cung cấp dịch vụ rồi thử lại."


class NotUpgradable(SigningError):
    code = "not_upgradable"
    message = "Văn bản chưa có chữ ký nguyên vẹn nên không thể bổ sung dấu thời gian."
    advice = "Kiểm tra lại chữ ký trên văn bản trước."


class StampNotTrusted(SigningError):
    code = "stamp_not_trusted"
    message = "Dấu thời gian nhận được chưa được kiểm tra là tin cậy nên không lưu vào văn bản."
    advice = (
        "Nhập chứng thư gốc (mục đích dấu thời gian) và danh sách thu hồi của tổ chức cấp dấu tại "
        "trang Chứng thư tin cậy, rồi bấm gắn lại."
    )


class UpgradeWorse(SigningError):
    code = "upgrade_worse"
    message = "Sau khi gắn, kết luận kiểm tra kém hơn trước nên bản mới không được lưu."
    advice = "Văn bản cũ còn nguyên. Báo người quản trị kèm chi tiết; không cần ký lại."


class VerdictMissing(SigningError):
    code = "verdict_missing"
    message = "Chưa kiểm tra được bản đã gắn dấu thời gian nên chưa lưu: máy chủ bận hoặc quá giờ."
    advice = "Văn bản cũ còn nguyên; hệ thống tự thử lại sau."


class SignedFileReplaced(SigningError):
    code = "signed_file_replaced"
    message = "Tệp đã ký này không còn là bản hiện hành của văn bản."
    advice = "Không cần làm gì: bản hiện hành có hàng chờ của nó."


class SigningUnderWay(SigningError):
    code = "signing_under_way"
    message = "Đang có người ký văn bản này."
    advice = "Hệ thống gắn dấu thời gian sau khi lần ký đó xong."


class NoTimeStampService(SigningError):
    code = "no_time_stamp_service"
    message = "Chưa có dịch vụ dấu thời gian nào đang bật."
    advice = "Người quản trị nhập dịch vụ tại trang Dấu thời gian."
