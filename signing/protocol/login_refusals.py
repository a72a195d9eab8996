"""Why a login with the token is refused, in words that say what to do instead.

The codes of the second part are the values of `rules.token_logins.TokenRefusal`.
"""

# Named after situations, as in signing.errors.

from __future__ import annotations

from signing.errors import SigningError

_OTHERWISE = (
    "Đăng nhập bằng mật khẩu; nếu tài khoản chỉ cho đăng nhập bằng thiết bị, xin người quản trị "
    "phần mềm cấp mã khẩn cấp."
)


class LoginExpired(SigningError):
    code = "login_expired"
    message = "Lần đăng nhập này đã quá ba phút nên không dùng được nữa."
    advice = "Quay lại trang đăng nhập và bấm Đăng nhập bằng thiết bị lần nữa."


class LoginUsed(SigningError):
    code = "login_used"
    message = "Lần đăng nhập này đã được dùng rồi."
    advice = "Nếu chưa vào được, quay lại trang đăng nhập và bấm Đăng nhập bằng thiết bị lần nữa."


class LoginUnknown(SigningError):
    code = "login_unknown"
    message = "Máy chủ không có lần đăng nhập này."
    advice = "Quay lại trang đăng nhập và bấm Đăng nhập bằng thiết bị lần nữa."


class LoginElsewhere(SigningError):
    code = "login_elsewhere"
    message = "Trang đăng nhập được mở ở một địa chỉ khác với địa chỉ đã ghép nối."
    advice = (
        "Không đăng nhập. Mở Sổ Token bằng đúng địa chỉ đã ghép nối; nếu chính trang này là địa "
        "chỉ đúng, ghép nối lại Trình ký số."
    )


class LoginForged(SigningError):
    code = "login_forged"
    message = "Bằng chứng đăng nhập không đúng khuôn dạng hoặc đã bị sửa."
    advice = "Quay lại trang đăng nhập và làm lại; nếu lặp lại, báo người quản trị."


class LoginDeclined(SigningError):
    code = "login_declined"
    message = "Anh/chị đã chọn không đăng nhập."
    advice = "Nếu đổi ý, quay lại trang đăng nhập và bấm Đăng nhập bằng thiết bị lần nữa."


class LoginPinCancelled(SigningError):
    code = "login_pin_cancelled"
    message = "Anh/chị đã hủy nhập mã PIN."
    advice = "Máy chủ chưa nhận được xác nhận nào. Bấm lại khi muốn tiếp tục."


class LoginPinTimeout(SigningError):
    code = "login_pin_timeout"
    message = "Đã quá thời gian chờ nhập mã PIN."
    advice = "Máy chủ chưa nhận được xác nhận nào. Bấm lại rồi nhập mã PIN trong vài phút."


class LoginOtherBrowser(SigningError):
    code = "login_other_browser"
    message = "Trình duyệt này không phải trình duyệt đã bắt đầu lần đăng nhập."
    advice = (
        "Không ai được đăng nhập. Nếu anh/chị vừa bấm một liên kết do người khác gửi, hãy báo "
        "người quản trị; nếu không, bắt đầu lại từ trang đăng nhập."
    )


class LoginTooMany(SigningError):
    code = "login_too_many"
    message = "Đã thử đăng nhập bằng thiết bị không thành công nhiều lần."
    advice = "Đợi ít phút rồi thử lại, hoặc đăng nhập bằng mật khẩu."


# --- what the register and the authority say of the certificate ---------------------------------


class LoginCertificateUnknown(SigningError):
    code = "login_certificate_unknown"
    message = "Chứng thư trên thiết bị này không có trong sổ."
    advice = "Nhờ đầu mối quản lý chứng thư nhập chứng thư vào sổ. " + _OTHERWISE


class LoginNotPersonal(SigningError):
    code = "login_not_personal"
    message = "Chứng thư này không phải của một cá nhân nên không dùng để đăng nhập."
    advice = "Chọn chứng thư của chính mình, không chọn chứng thư của cơ quan."


class LoginNotSwitchedOn(SigningError):
    code = "login_not_switched_on"
    message = "Tài khoản của chủ chứng thư này chưa bật đăng nhập bằng thiết bị."
    advice = "Đăng nhập bằng mật khẩu rồi bật ở trang Đăng nhập bằng thiết bị của tài khoản."


class LoginAccountClosed(SigningError):
    code = "login_account_closed"
    message = "Chủ chứng thư này không có tài khoản đang sử dụng."
    advice = "Liên hệ người quản trị phần mềm của cơ quan."


class LoginOtherPerson(SigningError):
    code = "login_other_person"
    message = "Chứng thư này không phải của chủ tài khoản đang đăng nhập."
    advice = "Cắm thiết bị của chính mình và chọn chứng thư mang tên mình."


class LoginCertificateRevoked(SigningError):
    code = "login_certificate_revoked"
    message = "Chứng thư này đã bị thu hồi nên không đăng nhập được."
    advice = _OTHERWISE + " Khi có chứng thư mới thì bật lại đăng nhập bằng thiết bị."


class LoginCertificateNotValid(SigningError):
    code = "login_certificate_not_valid"
    message = "Chứng thư này đã hết hạn hoặc chưa đến ngày có hiệu lực."
    advice = _OTHERWISE + " Đầu mối quản lý chứng thư lập yêu cầu cấp chứng thư mới."


class LoginDeviceLost(SigningError):
    code = "login_device_lost"
    message = "Sổ ghi thiết bị chứa chứng thư này đã mất hoặc đã thu hồi."
    advice = _OTHERWISE + " Nếu đã tìm thấy thiết bị, báo đầu mối ghi lại vào sổ."


class LoginCertificateUntrusted(SigningError):
    code = "login_certificate_untrusted"
    message = "Máy chủ chưa tin cậy cơ quan đã cấp chứng thư này."
    advice = "Người quản trị nhập chứng thư gốc ở trang Chứng thư tin cậy. " + _OTHERWISE


class LoginRevocationUnchecked(SigningError):
    code = "login_revocation_unchecked"
    message = "Chưa kiểm tra được chứng thư này có bị thu hồi hay không."
    advice = "Người quản trị cập nhật danh sách thu hồi ở trang Chứng thư tin cậy. " + _OTHERWISE
