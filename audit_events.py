"""Every type of event of the log, with its words on screen and the exact keys of its body.

Bodies name people and things by number only; see `audit.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    """One kind of event: its words on screen and the exact keys of its body."""

    words: str
    keys: frozenset[str]


def _event(words: str, *keys: str) -> EventType:
    return EventType(words, frozenset(keys))


EVENTS: Mapping[str, EventType] = {
    "installation.created": _event("Khởi tạo cơ sở dữ liệu", "version"),
    "practice.created": _event("Tạo dữ liệu thử nghiệm", "people", "devices", "certificates"),
    "practice.removed": _event("Xóa dữ liệu thử nghiệm"),
    "account.created": _event("Tạo tài khoản", "roles"),
    "account.changed": _event("Sửa tài khoản", "changed"),
    "account.password_changed": _event("Đổi mật khẩu", "own"),
    "account.login": _event("Đăng nhập", "session"),
    "account.login_refused": _event("Đăng nhập không thành công", "reason"),
    "account.reauthenticated": _event("Xác nhận lại mật khẩu", "session"),
    "account.logout": _event("Đăng xuất", "session"),
    "account.session_ended": _event("Kết thúc phiên đăng nhập", "session"),
    "agency.created": _event("Thêm cơ quan, đơn vị", "parent"),
    "agency.changed": _event("Sửa thông tin cơ quan, đơn vị", "changed"),
    "agency.renamed": _event("Đổi tên cơ quan, đơn vị", "day"),
    "agency.merged": _event("Sáp nhập cơ quan, đơn vị", "successor", "day"),
    "agency.split": _event("Chia, tách cơ quan, đơn vị", "successor", "day", "ended"),
    "person.created": _event("Thêm cá nhân", "agency"),
    "person.changed": _event("Sửa thông tin cá nhân", "changed"),
    "person.citizen_id_shown": _event("Xem số định danh cá nhân"),
    "device.created": _event("Thêm thiết bị", "kind", "state"),
    "device.changed": _event("Sửa thông tin thiết bị", "changed"),
    "certificate.imported": _event("Nhập chứng thư", "batch", "sha256", "origin"),
    "certificate.changed": _event("Sửa thông tin chứng thư", "changed"),
    "certificate.history_attested": _event("Xác nhận lịch sử gia hạn", "renewals"),
    "import.staged": _event("Đọc chứng thư để nhập", "source", "new", "same", "changed", "refused"),
    "import.saved": _event("Lưu chứng thư đã nhập", "saved", "skipped"),
    "import.discarded": _event("Bỏ lần nhập chứng thư"),
    "certificate_request.drafted": _event("Lập văn bản đề nghị", "kind", "certificates", "holds"),
    "certificate_request.edited": _event("Sửa văn bản đề nghị", "changed"),
    "certificate_request.signer_changed": _event("Đổi người ký", "signer", "voided_approval"),
    "certificate_request.submitted": _event("Trình lãnh đạo", "certificates", "warnings"),
    "certificate_request.approved": _event("Duyệt", "self_listed", "overridden", "reason_sha256"),
    "certificate_request.returned": _event("Trả lại", "reason_sha256"),
    "certificate_request.signed": _event("Ký số của người có thẩm quyền", "job", "certificate"),
    "certificate_request.signed_elsewhere": _event("Nhận văn bản ký ở nơi khác", "verdict"),
    "certificate_request.signed_on_paper": _event("Nhận bản quét văn bản ký tay"),
    "certificate_request.numbered": _event("Ghi số và ngày văn bản", "number", "day"),
    "certificate_request.sealed": _event("Ký số của cơ quan", "job", "certificate"),
    "certificate_request.sent": _event("Ghi nhận đã gửi", "channel", "day"),
    "certificate_request.completed": _event("Ghi nhận kết quả", "done", "refused", "day"),
    "certificate_request.sent_back": _event("Bị trả lại", "day", "reason_sha256"),
    "certificate_request.cancelled": _event("Hủy văn bản đề nghị", "reason_sha256"),
    "signing_job.issued": _event("Tạo việc ký số", "act", "prepared", "certificate"),
    "signing_job.claimed": _event("Chương trình ký nhận việc", "agent"),
    "signing_job.accepted": _event("Nhận chữ ký số", "cms"),
    "signing_job.failed": _event("Việc ký số không thành", "code"),
    "signing_job.cancelled": _event("Hủy việc ký số"),
    "signing_job.released": _event("Văn bản chờ ký đã đưa sang lần ký khác", "documents"),
    "signing_agent.paired": _event("Ghép nối chương trình ký", "agent"),
    "signing_agent.removed": _event("Bỏ ghép nối chương trình ký", "agent"),
    "verification.made": _event("Kiểm tra chữ ký số", "verdict", "signatures"),
    # Requests of every act
    "certificate_request.copied": _event("Ghi nhận đã gửi bản sao", "sending", "channel", "day"),
    "certificate_request.received": _event("Ghi nhận cơ quan tiếp nhận", "day"),
    "certificate_request.line_answered": _event("Ghi kết quả từng dòng", "done", "refused", "day"),
    "certificate_request.withdrawn": _event("Rút đề nghị đã gửi", "lines", "reason_sha256"),
    "certificate_request.sent_again": _event("Lập lại văn bản với các dòng bị trả", "follows"),
    "certificate_request.attached": _event("Đính kèm tài liệu"),
    "certificate_request.handled": _event("Xử lý đề nghị được gửi tới", "done", "refused"),
    "certificate_request.result_tied": _event("Gắn chứng thư kết quả", "line", "certificate"),
    "certificate_request.file_made": _event("Lập hồ sơ vụ việc", "documents"),
    "system.created": _event("Thêm thiết bị, dịch vụ, phần mềm", "kind"),
    "system.changed": _event("Sửa thiết bị, dịch vụ, phần mềm", "changed"),
    # What administrators enter about the law
    "form.corrected": _event("Sửa từ ngữ của biểu mẫu", "form", "changed"),
    "form.confirmed": _event("Xác nhận biểu mẫu đã đối chiếu Phụ lục", "form", "words"),
    "calendar.changed": _event("Sửa lịch ngày nghỉ", "day", "working"),
    "form.restored": _event("Trả từ ngữ của biểu mẫu về bản gốc", "form", "changed"),
    "regulation.enacted": _event("Nhập số, ngày của quy chế", "regulation", "number", "from"),
    "regulation.withdrawn": _event(
        "Rút số, ngày đã nhập của quy chế", "regulation", "entry", "reason_sha256"
    ),
    "regulation.followed": _event("Chọn quy chế áp dụng cho cơ quan", "regulation"),
    # Papers and custody
    "paper.drawn": _event("Lập biên bản, giấy tờ", "kind", "devices"),
    "paper.numbered": _event("Ghi số biên bản, giấy tờ", "number"),
    "paper.proved": _event("Nhận bằng chứng của biên bản", "role"),
    "paper.signed": _event("Ký số biên bản, giấy tờ", "job", "certificate"),
    "paper.confirmed": _event("Xác nhận đã nhận", "person"),
    "paper.sent": _event("Ghi nhận đã gửi biên bản", "channel", "day"),
    "paper.received": _event("Ghi nhận cơ quan nhận được biên bản", "day"),
    "paper.returned": _event("Trả lại biên bản, giấy tờ không ký", "reason_sha256"),
    "paper.cancelled": _event("Hủy biên bản, giấy tờ", "reason_sha256"),
    "custody.moved": _event("Chuyển trạng thái thiết bị", "act", "devices", "paper"),
    "custody.undone": _event("Hoàn tác chuyển trạng thái thiết bị", "move"),
    "incident.reported": _event("Báo sự cố", "kind", "on_behalf"),
    "incident.changed": _event("Cập nhật sự cố", "changed"),
    "incident.found": _event("Tìm thấy thiết bị", "after_letter", "reopened"),
    "incident.closed": _event("Kết thúc sự cố"),
    "incident.withdrawn": _event("Rút lại sự cố báo nhầm", "reason_sha256"),
    "slip.taken": _event("Tiếp nhận phiếu đề nghị", "request"),
    "follow_up.done": _event("Hoàn thành việc phải làm", "code"),
    "follow_up.waived": _event("Bỏ qua việc được đề xuất", "code", "reason_sha256"),
    # People and agencies that change
    "staff_change.recorded": _event("Ghi biến động nhân sự", "kind", "day"),
    "staff_change.answered": _event("Trả lời tiếp nhận người chuyển đến", "accepted"),
    "staff_change.closed": _event("Kết thúc biến động nhân sự"),
    "staff_change.cancelled": _event("Hủy biến động nhân sự", "reason_sha256"),
    "reorganisation.planned": _event("Lập phương án sắp xếp cơ quan", "kind", "day"),
    "reorganisation.applied": _event("Thực hiện sắp xếp cơ quan", "people", "devices"),
    "reorganisation.cancelled": _event("Bỏ phương án sắp xếp cơ quan", "reason_sha256"),
    "reorganisation.closed": _event("Kết thúc sắp xếp cơ quan"),
    # Counting, reminding, Excel
    "stocktake.opened": _event("Mở đợt kiểm kê", "devices"),
    "stocktake.changed": _event("Sửa đợt kiểm kê", "members"),
    "stocktake.counted": _event("Kiểm đếm", "counts", "repeated"),
    "stocktake.corrected": _event("Sửa kết quả kiểm đếm", "item", "outcome"),
    "stocktake.closed": _event("Khóa sổ kiểm kê", "right", "missing", "surplus", "wrong_holder"),
    "reminder.made": _event("Tạo nhắc việc", "made"),
    "reminder.sent": _event("Gửi nhắc việc", "channel", "sent"),
    "reminder.printed": _event("In thông báo nhắc việc", "reminders"),
    "calendar_feed.created": _event("Tạo địa chỉ lịch"),
    "calendar_feed.revoked": _event("Thu hồi địa chỉ lịch"),
    "sheet.uploaded": _event("Tải lên bảng tính", "kind", "rows"),
    "sheet.committed": _event("Nhập dữ liệu từ bảng tính", "kind", "new", "changed", "skipped"),
    "sheet.undone": _event("Hoàn tác lần nhập bảng tính", "rows"),
    "sheet.exported": _event("Xuất bảng tính", "kind", "rows"),
    "report.saved": _event("Ghi báo cáo năm", "year", "changed"),
    "report.sent": _event("Ghi nhận đã gửi báo cáo năm", "year", "day"),
    "report.reopened": _event("Mở lại báo cáo năm để sửa", "year", "reason_sha256"),
    "emails.saved": _event("Ghi thư điện tử công vụ theo danh sách", "people"),
    "labels.printed": _event("In nhãn thiết bị", "devices"),
    # Documents of the office, documents that come in, pictures, token logins
    "document.uploaded": _event("Đưa văn bản lên để ký", "way", "not_secret"),
    "document.changed": _event("Sửa cách ký văn bản", "changed"),
    "document.submitted": _event("Chuyển văn bản đi ký", "steps"),
    "document.signed": _event("Ký số văn bản", "job", "certificate", "step", "capacity"),
    "document.returned": _event("Trả lại văn bản", "step", "reason_sha256"),
    "document.numbered": _event("Ghi số và ngày văn bản của cơ quan", "number", "day"),
    "document.issued": _event("Phát hành văn bản", "job", "certificate"),
    "document.upgraded": _event("Gắn dấu thời gian, bằng chứng vào văn bản", "level"),
    "document.upgrade_wanted": _event("Yêu cầu gắn dấu thời gian vào văn bản", "level"),
    "document.upgrade_given_up": _event("Thôi gắn dấu thời gian vào văn bản", "level", "code"),
    "document.cancelled": _event("Hủy văn bản của cơ quan", "reason_sha256"),
    "incoming.registered": _event("Nhận và kiểm tra văn bản đến", "verdict", "signatures"),
    "incoming.decided": _event("Xử lý văn bản đến", "state", "reason_sha256"),
    "incoming.deleted": _event("Xóa văn bản đến không hợp lệ", "verdict", "reason_sha256"),
    "picture.changed": _event("Đổi hình chữ ký, hình dấu", "kind"),
    "outside.taken": _event("Nhận văn bản của hệ thống khác để ký", "act", "site", "not_secret"),
    "outside.signed": _event(
        "Ký số văn bản của hệ thống khác", "job", "certificate", "number", "day"
    ),
    "outside.fetched": _event("Trả văn bản đã ký cho hệ thống khác"),
    "outside.dropped": _event("Xóa văn bản của hệ thống khác không được đem ký"),
    "account.token_login": _event(
        "Đăng nhập bằng thiết bị", "session", "certificate", "revocation", "agent"
    ),
    "account.token_login_set": _event("Đổi cách đăng nhập bằng thiết bị", "mode", "by"),
    "account.emergency_code_issued": _event("Cấp mã đăng nhập khẩn cấp", "code", "reason_sha256"),
    "account.emergency_code_refused": _event(
        "Từ chối cấp mã đăng nhập khẩn cấp vì chưa chắc là hai người", "newcomer"
    ),
    "account.emergency_code_used": _event("Dùng mã đăng nhập khẩn cấp", "code", "session"),
    "backup.made": _event("Sao lưu dữ liệu", "with_keys"),
    "backup.restored": _event("Khôi phục từ bản sao lưu"),
    "audit.exported": _event("Xuất nhật ký", "events"),
    "setting.changed": _event("Đổi thiết lập", "name"),
    "trust.changed": _event(
        "Cập nhật chứng thư gốc hoặc danh sách thu hồi", "what", "reason_sha256"
    ),
}
