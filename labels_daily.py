"""Words on screen of the daily life: custody, incidents, counting; joined in `labels.py`.

A file of its own because one file with every word would be too long to read.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from rules.agency_changes import AgencyChange
from rules.evidence import Evidence
from rules.incidents import IncidentKind, IncidentStep
from rules.intake import IntakeVerdict
from rules.lifecycle import CustodyAct, Holder
from rules.reminders import Audience, Clock
from rules.reports import Figure, ReportState, Section
from rules.sheet_imports import ImportState, RowVerdict
from rules.stocktakes import CountOutcome, CountWay, FollowUpAct
from rules.token_logins import RevocationKnown, TokenLogin, TokenRefusal

EVIDENCES: Mapping[Evidence, str] = {
    Evidence.NONE: "Chưa có",
    Evidence.INTERIM: "Xác nhận tạm thời của người nhận",
    Evidence.SCAN: "Bản quét giấy đã ký tay",
    Evidence.DIGITAL: "Ký số của các bên",
}

CUSTODY_ACTS: Mapping[CustodyAct, str] = {
    CustodyAct.RECEIVE: "Tiếp nhận vào kho",
    CustodyAct.REGISTER_SIM: "Ghi SIM PKI của thuê bao",
    CustodyAct.OPEN_ACCOUNT: "Ghi tài khoản ký số tập trung",
    CustodyAct.OPENING_BALANCE: "Ghi số dư ban đầu (đang sử dụng, chưa có biên bản)",
    CustodyAct.HAND_OVER: "Bàn giao",
    CustodyAct.CONFIRM_RECEIPT: "Xác nhận đã nhận",
    CustodyAct.PUT_IN_USE: "Đưa vào sử dụng",
    CustodyAct.CONFIRM_STATUS: "Xác nhận hiện trạng",
    CustodyAct.ENTRUST: "Giao tạm thời có thời hạn",
    CustodyAct.END_ENTRUSTMENT: "Kết thúc giao tạm thời",
    CustodyAct.CORRECT_HOLDER: "Đính chính người giữ",
    CustodyAct.TRANSFER: "Điều chuyển sang cơ quan khác",
    CustodyAct.HOLD: "Cơ quan tạm giữ",
    CustodyAct.GIVE_BACK: "Trao lại sau tạm giữ",
    CustodyAct.TAKE_BACK: "Nhận lại vào kho",
    CustodyAct.REPORT_LOCK: "Báo bị khóa",
    CustodyAct.UNLOCK_DONE: "Ghi nhận đã khôi phục",
    CustodyAct.REPORT_DAMAGE: "Báo hỏng",
    CustodyAct.REPORT_MISSING: "Báo mất",
    CustodyAct.CONFIRM_LOSS: "Xác nhận thất lạc",
    CustodyAct.FOUND: "Tìm thấy (chưa gửi Mẫu số 05)",
    CustodyAct.FOUND_AFTER_REVOCATION: "Tìm thấy (đã gửi Mẫu số 05)",
    CustodyAct.AWAIT_RECALL: "Chuyển sang chờ thu hồi",
    CustodyAct.RECALL: "Thu hồi về cơ quan",
    CustodyAct.CLOSE_ACCOUNT: "Đóng tài khoản ký số tập trung",
    CustodyAct.SEND_TO_AUTHORITY: "Nộp về Cục",
    CustodyAct.AUTHORITY_RECEIVED: "Ghi nhận Cục đã nhận",
    CustodyAct.PARCEL_CAME_BACK: "Ghi nhận bưu gửi bị trả lại",
}

HOLDERS: Mapping[Holder, str] = {
    Holder.KEEPS: "Giữ nguyên",
    Holder.GETS: "Người nhận",
    Holder.LEAVES: "Không còn",
}

INCIDENT_KINDS: Mapping[IncidentKind, str] = {
    IncidentKind.LOSS: "Mất thiết bị",
    IncidentKind.DAMAGE: "Hỏng thiết bị",
    IncidentKind.LOCK: "Thiết bị bị khóa",
    IncidentKind.SUSPECTED_MISUSE: "Có dấu hiệu mất an toàn",
}

INCIDENT_STEPS: Mapping[IncidentStep, str] = {
    IncidentStep.IMMEDIATE_MEASURES: "Biện pháp xử lý ban đầu",
    IncidentStep.REPORT: "Báo cáo cơ quan có thẩm quyền",
    IncidentStep.LOSS_MINUTES: "Biên bản xác nhận thất lạc (Mẫu số 09)",
    IncidentStep.REVOCATION: "Đề nghị thu hồi chứng thư (Mẫu số 05)",
    IncidentStep.UNLOCK: "Đề nghị khôi phục thiết bị (Mẫu số 06)",
    IncidentStep.DEVICE_RETURN: "Nộp thiết bị về Cục (Mẫu số 08)",
    IncidentStep.REISSUE: "Đề nghị cấp mới nếu còn nhu cầu",
    IncidentStep.CAUSE_AND_PREVENTION: "Nguyên nhân và biện pháp phòng ngừa",
}

COUNT_OUTCOMES: Mapping[CountOutcome, str] = {
    CountOutcome.NOT_COUNTED: "Chưa kiểm",
    CountOutcome.RIGHT: "Đúng",
    CountOutcome.MISSING: "Thiếu",
    CountOutcome.SURPLUS: "Thừa",
    CountOutcome.WRONG_HOLDER: "Sai người",
    CountOutcome.DAMAGED: "Hỏng",
}

COUNT_WAYS: Mapping[CountWay, str] = {
    CountWay.SCAN: "Quét mã",
    CountWay.TICK: "Đánh dấu",
    CountWay.SELF: "Người giữ tự xác nhận",
    CountWay.AGENT: "Đọc từ thiết bị đang cắm",
}

FOLLOW_UP_ACTS: Mapping[FollowUpAct, str] = {
    FollowUpAct.REPORT_LOSS: "Báo mất và tìm kiếm",
    FollowUpAct.ENTER_IN_REGISTER: "Xác minh nguồn gốc và ghi vào sổ",
    FollowUpAct.CORRECT_HOLDER: "Đổi lại cho đúng người, hoặc lập biên bản đính chính người giữ",
    FollowUpAct.REPORT_DAMAGE: "Báo hỏng",
    FollowUpAct.COUNT_LATER: "Kiểm bổ sung",
}

INTAKE_VERDICTS: Mapping[IntakeVerdict, str] = {
    IntakeVerdict.MATCHED: "Khớp đề nghị",
    IntakeVerdict.NAME_DIFFERS: "Khớp thư điện tử, khác tên",
    IntakeVerdict.NOT_REQUESTED: "Không có trong đề nghị nào",
    IntakeVerdict.NOT_IN_PARCEL: "Đã đề nghị nhưng chưa nhận được",
    IntakeVerdict.ALREADY_IN_REGISTER: "Số hiệu đã có trong sổ",
    IntakeVerdict.TWICE_IN_PARCEL: "Trùng số hiệu trong đợt tiếp nhận",
    IntakeVerdict.UNREADABLE: "Không đọc được số hiệu",
    IntakeVerdict.SEVERAL_REQUESTS: "Có nhiều đề nghị cùng tên",
}

CLOCKS: Mapping[Clock, str] = {
    Clock.RENEWAL: "Phải nộp gia hạn",
    Clock.REPLACEMENT: "Chuẩn bị cấp mới",
    Clock.RETURN_PROMPT: "Nhắc trả thiết bị",
    Clock.DEVICE_RETURN: "Thu hồi, nộp thiết bị",
    Clock.REQUEST_ANSWER: "Đề nghị chờ kết quả",
    Clock.STOCKTAKE: "Kiểm kê",
    Clock.RECEIPT_PROOF: "Biên bản chờ bản ký",
    Clock.ENTRUSTMENT_END: "Hết hạn giao tạm thời",
    Clock.INCIDENT_STEP: "Xử lý sự cố",
}

AUDIENCES: Mapping[Audience, str] = {
    Audience.SUBSCRIBER: "Thuê bao",
    Audience.FOCAL_POINT: "Đầu mối",
    Audience.CLERK: "Văn thư",
    Audience.LEADER: "Lãnh đạo",
}

AGENCY_CHANGES: Mapping[AgencyChange, str] = {
    AgencyChange.MERGE: "Sáp nhập",
    AgencyChange.SPLIT: "Chia, tách",
    AgencyChange.RENAME: "Đổi tên",
    AgencyChange.DISSOLVE: "Giải thể",
}

REPORT_STATES: Mapping[ReportState, str] = {
    ReportState.DRAFT: "Đang lập",
    ReportState.SENT: "Đã gửi",
}

FIGURES: Mapping[Figure, str] = {
    Figure.ACTIVE_ORGANISATION: "Chứng thư đang hiệu lực của cơ quan, tổ chức",
    Figure.ACTIVE_INDIVIDUAL: "Chứng thư đang hiệu lực của cá nhân",
    Figure.ACTIVE_SYSTEM: "Chứng thư đang hiệu lực của thiết bị, dịch vụ, phần mềm",
    Figure.ACTIVE_SIM_PKI: "Trong đó chứng thư trên SIM PKI",
    Figure.ISSUED: "Cấp mới trong kỳ",
    Figure.RENEWED: "Gia hạn trong kỳ",
    Figure.AMENDED: "Thay đổi nội dung thông tin trong kỳ",
    Figure.REVOKED: "Thu hồi trong kỳ",
    Figure.UNLOCKED: "Khôi phục thiết bị trong kỳ",
    Figure.DEVICES_IN_USE: "Thiết bị đang dùng",
    Figure.DEVICES_WAITING: "Thiết bị trong kho, chờ dùng, tạm giữ hoặc bị khóa",
    Figure.DEVICES_DAMAGED: "Thiết bị hỏng",
    Figure.DEVICES_LOST: "Thiết bị thất lạc",
    Figure.DEVICES_TO_RETURN: "Thiết bị chờ nộp về Cục",
    Figure.DEVICES_RETURNED: "Thiết bị đã nộp về Cục",
    Figure.ENDING_IN_30_DAYS: "Chứng thư hết hạn trong 30 ngày tới",
    Figure.ENDING_IN_90_DAYS: "Chứng thư hết hạn trong 90 ngày tới",
    Figure.INCIDENTS: "Sự cố trong kỳ",
    Figure.ENDING_NEXT_YEAR: "Chứng thư hết hạn trong năm tiếp theo",
}

SECTIONS: Mapping[Section, str] = {
    Section.DOCUMENTS_OUT: "Số văn bản điện tử đi",
    Section.DOCUMENTS_SIGNED: "Số văn bản điện tử đi đã ký số",
    Section.NEED_ORGANISATION: "Nhu cầu cấp mới cho cơ quan, tổ chức",
    Section.NEED_INDIVIDUAL: "Nhu cầu cấp mới cho cá nhân",
    Section.NEED_SYSTEM: "Nhu cầu cấp mới cho thiết bị, dịch vụ, phần mềm",
    Section.NEED_RENEWAL: "Nhu cầu gia hạn",
    Section.NEED_TRAINING: "Số người cần tập huấn",
    Section.TRAINED: "Số người đã dự tập huấn",
    Section.INSPECTIONS: "Số lần kiểm tra nội bộ",
    Section.PLAN: "Kế hoạch triển khai, sử dụng của năm tiếp theo",
    Section.BUDGET: "Dự trù kinh phí",
    Section.TRAINING_NEEDS: "Nội dung cần đào tạo, tập huấn",
    Section.TRAINING_HELD: "Lớp đào tạo, tập huấn đã tổ chức, đã dự",
    Section.INSPECTION: "Kiểm tra, giám sát nội bộ và kết quả",
    Section.SECURITY_LEVEL: "Cấp độ an toàn hệ thống thông tin và biện pháp bảo vệ",
    Section.DIFFICULTIES: "Khó khăn, vướng mắc",
    Section.PROPOSALS: "Đề xuất, kiến nghị",
}

IMPORT_STATES: Mapping[ImportState, str] = {
    ImportState.UPLOADED: "Đã tải lên, chờ chọn cột",
    ImportState.CHECKING: "Đang kiểm tra",
    ImportState.PREVIEWED: "Đã kiểm tra, chưa ghi",
    ImportState.COMMITTED: "Đã ghi vào sổ",
    ImportState.UNDONE: "Đã hoàn tác",
    ImportState.CANCELLED: "Đã bỏ",
}

ROW_VERDICTS: Mapping[RowVerdict, str] = {
    RowVerdict.NEW: "Mới",
    RowVerdict.CHANGED: "Có thay đổi",
    RowVerdict.AMBIGUOUS: "Cần chọn",
    RowVerdict.PROBLEM: "Có lỗi",
    RowVerdict.SAME: "Đã có, không đổi",
    RowVerdict.SKIPPED: "Bỏ qua",
}

TOKEN_LOGINS: Mapping[TokenLogin, str] = {
    TokenLogin.OFF: "Chỉ bằng mật khẩu",
    TokenLogin.ALSO: "Bằng mật khẩu hoặc bằng thiết bị",
    TokenLogin.ONLY: "Chỉ bằng thiết bị",
}

REVOCATIONS: Mapping[RevocationKnown, str] = {
    RevocationKnown.GOOD: "Không bị thu hồi",
    RevocationKnown.REVOKED: "Đã bị thu hồi",
    RevocationKnown.UNCHECKED: "Chưa kiểm tra",
}

TOKEN_REFUSALS: Mapping[TokenRefusal, str] = {
    TokenRefusal.CERTIFICATE_UNKNOWN: "Chứng thư không có trong sổ",
    TokenRefusal.NOT_PERSONAL: "Không phải chứng thư của cá nhân",
    TokenRefusal.NOT_SWITCHED_ON: "Tài khoản chưa bật đăng nhập bằng thiết bị",
    TokenRefusal.ACCOUNT_CLOSED: "Không có tài khoản đang sử dụng",
    TokenRefusal.OTHER_PERSON: "Chứng thư của người khác",
    TokenRefusal.CERTIFICATE_REVOKED: "Chứng thư đã bị thu hồi",
    TokenRefusal.CERTIFICATE_NOT_VALID: "Chứng thư ngoài thời hạn",
    TokenRefusal.DEVICE_LOST: "Thiết bị đã báo mất hoặc đã thu hồi",
    TokenRefusal.CERTIFICATE_UNTRUSTED: "Chưa tin cậy nơi cấp chứng thư",
    TokenRefusal.REVOCATION_UNCHECKED: "Chưa kiểm tra được thu hồi",
}

DAILY_LABELS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    Evidence: EVIDENCES,
    CustodyAct: CUSTODY_ACTS,
    Holder: HOLDERS,
    IncidentKind: INCIDENT_KINDS,
    IncidentStep: INCIDENT_STEPS,
    CountOutcome: COUNT_OUTCOMES,
    CountWay: COUNT_WAYS,
    FollowUpAct: FOLLOW_UP_ACTS,
    IntakeVerdict: INTAKE_VERDICTS,
    Clock: CLOCKS,
    Audience: AUDIENCES,
    AgencyChange: AGENCY_CHANGES,
    ReportState: REPORT_STATES,
    ImportState: IMPORT_STATES,
    RowVerdict: ROW_VERDICTS,
    Figure: FIGURES,
    Section: SECTIONS,
    TokenLogin: TOKEN_LOGINS,
    RevocationKnown: REVOCATIONS,
    TokenRefusal: TOKEN_REFUSALS,
}
