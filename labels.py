"""Enum member -> Vietnamese word on screen, one mapping per enum of `rules`.

The words are those of NĐ 68/2024/NĐ-CP and of docs/glossary.md. tests/rules/test_labels.py shows
that no member is without one.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from labels_daily import DAILY_LABELS
from labels_documents import DOCUMENT_LABELS
from rules.agencies import AgencyKind, AgencyLevel
from rules.amendments import AmendmentCase
from rules.attachments import AttachmentKind
from rules.certificates import CertificateOrigin, CertificateState, SubscriberKind
from rules.clauses import ClauseKind, Part
from rules.clocks import ClockStage
from rules.devices import DeviceKind, DeviceState
from rules.documents import DocumentKind, ImportVerdict, JobState, SigningAct
from rules.emails import EmailStanding
from rules.findings import Severity
from rules.law_parsing import InstrumentStatus
from rules.papers import PaperFileRole, PaperKind, PaperState
from rules.permissions import Permission, Role
from rules.provisions import Certainty
from rules.recalls import RecallStage
from rules.requests import LineState, RequestAct, RequestKind, RequestState
from rules.revocation_grounds import RevocationGround
from rules.routing import Channel, DeviceMatter
from rules.signers import SigningAuthority
from rules.sim_registrations import SimCarrier
from rules.staff_changes import StaffChange
from rules.systems import SystemKind
from rules.transfers import TransferAct

CERTAINTIES: Mapping[Certainty, str] = {
    Certainty.CONFIRMED: "đã đối chiếu văn bản",
    Certainty.CONFIRMED_VIA: "đã đối chiếu qua văn bản dẫn lại",
    Certainty.TRANSCRIBED: "chép lại, chưa đối chiếu bản gốc",
    Certainty.PREDECESSOR: "theo văn bản trước đây",
    Certainty.INFERRED: "suy luận, chưa đối chiếu",
    Certainty.NOT_FOUND: "chưa tìm được",
}

INSTRUMENT_STATUSES: Mapping[InstrumentStatus, str] = {
    InstrumentStatus.IN_FORCE: "Đã ban hành",
    InstrumentStatus.DRAFT: "Dự thảo",
    InstrumentStatus.UNVERIFIED: "Chưa xác minh hiệu lực",
}

SEVERITIES: Mapping[Severity, str] = {
    Severity.MUST: "Không được",
    Severity.SHOULD: "Cần xem lại",
    Severity.INFO: "Lưu ý",
}

SUBSCRIBER_KINDS: Mapping[SubscriberKind, str] = {
    SubscriberKind.INDIVIDUAL: "Cá nhân",
    SubscriberKind.ORGANISATION: "Cơ quan, tổ chức",
    SubscriberKind.SYSTEM: "Thiết bị, dịch vụ, phần mềm",
}

CERTIFICATE_ORIGINS: Mapping[CertificateOrigin, str] = {
    CertificateOrigin.ISSUED: "Cấp mới",
    CertificateOrigin.RENEWED: "Gia hạn",
    CertificateOrigin.AMENDED: "Thay đổi nội dung thông tin",
    CertificateOrigin.UNKNOWN: "Chưa rõ",
}

CERTIFICATE_STATES: Mapping[CertificateState, str] = {
    CertificateState.NOT_YET_VALID: "Chưa có hiệu lực",
    CertificateState.ACTIVE: "Đang hiệu lực",
    CertificateState.RENEWAL_DUE: "Đến kỳ gia hạn",
    CertificateState.URGENT: "Gấp",
    CertificateState.TOO_LATE: "Không còn đủ điều kiện gia hạn",
    CertificateState.REPLACEMENT_DUE: "Đến kỳ chuẩn bị cấp mới",
    CertificateState.HISTORY_UNKNOWN: "Chưa rõ lịch sử gia hạn",
    CertificateState.EXPIRED: "Hết hạn",
    CertificateState.REVOKED: "Đã thu hồi",
}

DEVICE_KINDS: Mapping[DeviceKind, str] = {
    DeviceKind.PKI_TOKEN: "PKI Token",
    DeviceKind.SIM_PKI: "SIM PKI",
    DeviceKind.HSM: "HSM",
    DeviceKind.CENTRAL: "Ký số tập trung",
}

DEVICE_STATES: Mapping[DeviceState, str] = {
    DeviceState.IN_STOCK: "Trong kho",
    DeviceState.HANDED_OVER: "Đã bàn giao",
    DeviceState.IN_USE: "Đang sử dụng",
    DeviceState.HELD: "Tạm giữ",
    DeviceState.LOCKED: "Bị khóa",
    DeviceState.DAMAGED: "Hỏng",
    DeviceState.MISSING: "Tạm mất, đang tìm",
    DeviceState.LOST: "Thất lạc",
    DeviceState.AWAITING_RECALL: "Chờ thu hồi",
    DeviceState.RECALLED: "Đã thu hồi về cơ quan",
    DeviceState.RETURNED_TO_CA: "Đã nộp về Cục",
}

REQUEST_KINDS: Mapping[RequestKind, str] = {
    RequestKind.ISSUANCE: "Cấp mới",
    RequestKind.RENEWAL: "Gia hạn",
    RequestKind.AMENDMENT: "Thay đổi nội dung thông tin",
    RequestKind.REVOCATION: "Thu hồi",
    RequestKind.UNLOCK: "Khôi phục thiết bị",
}

REQUEST_STATES: Mapping[RequestState, str] = {
    RequestState.DRAFT: "Dự thảo",
    RequestState.AWAITING_APPROVAL: "Chờ duyệt",
    RequestState.APPROVED: "Đã duyệt",
    RequestState.RETURNED: "Trả lại",
    RequestState.SIGNED: "Đã ký",
    RequestState.NUMBERED: "Có số và ngày",
    RequestState.SEALED: "Đã đóng dấu số",
    RequestState.SENT: "Đã gửi",
    RequestState.COMPLETED: "Hoàn thành",
    RequestState.SENT_BACK: "Nơi nhận trả lại",
    RequestState.CANCELLED: "Đã hủy",
}

REQUEST_ACTS: Mapping[RequestAct, str] = {
    RequestAct.SUBMIT: "Trình duyệt",
    RequestAct.APPROVE: "Duyệt",
    RequestAct.RETURN: "Trả lại",
    RequestAct.REVISE: "Sửa lại",
    RequestAct.CHANGE_SIGNER: "Đổi người ký",
    RequestAct.SIGN: "Ký số",
    RequestAct.NUMBER: "Ghi số và ngày",
    RequestAct.SEAL: "Đóng dấu số",
    RequestAct.ATTACH_SIGNED_ELSEWHERE: "Nhập văn bản đã ký ở nơi khác",
    RequestAct.ATTACH_PAPER: "Nhập bản quét văn bản giấy đã ký",
    RequestAct.RECORD_SENDING: "Ghi nhận đã gửi",
    RequestAct.RECORD_RECEIPT: "Ghi nhận nơi nhận tiếp nhận",
    RequestAct.RECORD_ANSWER: "Ghi kết quả từng dòng",
    RequestAct.WITHDRAW_LINE: "Rút một số dòng",
    RequestAct.RECORD_COMPLETION: "Ghi nhận hoàn thành",
    RequestAct.RECORD_SENDING_BACK: "Ghi nhận nơi nhận trả lại",
    RequestAct.WITHDRAW: "Rút đề nghị đã gửi",
    RequestAct.CANCEL: "Hủy đề nghị",
}

LINE_STATES: Mapping[LineState, str] = {
    LineState.OPEN: "Đang xử lý",
    LineState.GRANTED: "Đã giải quyết",
    LineState.REFUSED: "Không được giải quyết",
    LineState.WITHDRAWN: "Đã rút",
}

SIGNING_AUTHORITIES: Mapping[SigningAuthority, str] = {
    SigningAuthority.HEAD: "Người đứng đầu",
    SigningAuthority.TM: "TM. (thay mặt tập thể)",
    SigningAuthority.Q: "Q. (quyền cấp trưởng)",
    SigningAuthority.KT: "KT. (ký thay)",
    SigningAuthority.TL: "TL. (thừa lệnh)",
    SigningAuthority.TUQ: "TUQ. (thừa ủy quyền)",
}

AGENCY_LEVELS: Mapping[AgencyLevel, str] = {
    AgencyLevel.PROVINCE: "Cấp tỉnh",
    AgencyLevel.DEPARTMENT: "Cấp sở",
    AgencyLevel.COMMUNE: "Cấp xã",
    AgencyLevel.SUB_UNIT: "Đơn vị trực thuộc",
}

AGENCY_KINDS: Mapping[AgencyKind, str] = {
    AgencyKind.PEOPLES_COMMITTEE: "Ủy ban nhân dân",
    AgencyKind.PEOPLES_COUNCIL: "Hội đồng nhân dân",
    AgencyKind.DEPARTMENT: "Sở, ban, ngành",
    AgencyKind.DIVISION: "Phòng, ban",
    AgencyKind.PUBLIC_SERVICE_UNIT: "Đơn vị sự nghiệp công lập",
    AgencyKind.SCHOOL: "Trường học",
    AgencyKind.POLITICAL_ORGANISATION: "Tổ chức chính trị",
    AgencyKind.MASS_ORGANISATION: "Tổ chức chính trị - xã hội",
}

ROLES: Mapping[Role, str] = {
    Role.FOCAL_POINT: "Đầu mối",
    Role.CLERK: "Văn thư",
    Role.LEADER: "Lãnh đạo",
    Role.STAFF: "Cán bộ, thuê bao",
    Role.AUDITOR: "Kiểm tra",
    Role.DEPARTMENT: "Sở Khoa học và Công nghệ",
    Role.ADMINISTRATOR: "Quản trị",
}

PERMISSIONS: Mapping[Permission, str] = {
    Permission.CERTIFICATE_VIEW: "Xem chứng thư",
    Permission.CERTIFICATE_SEARCH: "Tra cứu chứng thư",
    Permission.CERTIFICATE_EDIT: "Sửa thông tin chứng thư",
    Permission.CERTIFICATE_IMPORT: "Nhập chứng thư",
    Permission.CERTIFICATE_HISTORY_ATTEST: "Xác nhận lịch sử gia hạn",
    Permission.DEVICE_VIEW: "Xem thiết bị",
    Permission.DEVICE_SEARCH: "Tra cứu thiết bị",
    Permission.DEVICE_EDIT: "Thêm, sửa thiết bị",
    Permission.PERSON_VIEW: "Xem cán bộ",
    Permission.PERSON_SEARCH: "Tra cứu cán bộ",
    Permission.PERSON_EDIT: "Thêm, sửa cán bộ",
    Permission.AGENCY_VIEW: "Xem cơ quan, đơn vị",
    Permission.AGENCY_SEARCH: "Tra cứu cơ quan, đơn vị",
    Permission.AGENCY_EDIT: "Thêm, sửa cơ quan, đơn vị",
    Permission.CERTIFICATE_REQUEST_VIEW: "Xem đề nghị",
    Permission.CERTIFICATE_REQUEST_DRAFT: "Soạn thảo đề nghị",
    Permission.CERTIFICATE_REQUEST_SUBMIT: "Trình duyệt đề nghị",
    Permission.CERTIFICATE_REQUEST_APPROVE: "Duyệt đề nghị",
    Permission.CERTIFICATE_REQUEST_RETURN: "Trả lại đề nghị",
    Permission.CERTIFICATE_REQUEST_SIGN: "Ký văn bản đề nghị",
    Permission.CERTIFICATE_REQUEST_NUMBER: "Ghi số và ngày văn bản",
    Permission.CERTIFICATE_REQUEST_SEAL: "Đóng dấu số của cơ quan",
    Permission.CERTIFICATE_REQUEST_ATTACH_SIGNED: "Nhập văn bản đã ký ở nơi khác hoặc bản giấy",
    Permission.CERTIFICATE_REQUEST_RECORD_SENDING: "Ghi nhận việc gửi",
    Permission.CERTIFICATE_REQUEST_RECORD_RESULT: "Ghi nhận kết quả",
    Permission.CERTIFICATE_REQUEST_CANCEL: "Hủy đề nghị",
    Permission.CERTIFICATE_REQUEST_HANDLE: "Xử lý yêu cầu được gửi tới Sở",
    Permission.CUSTODY_MOVE: "Bàn giao, thu hồi, chuyển trạng thái thiết bị",
    Permission.PAPER_VIEW: "Xem biên bản, giấy tờ",
    Permission.PAPER_EDIT: "Lập biên bản, giấy tờ",
    Permission.RECEIPT_CONFIRM: "Xác nhận đã nhận thiết bị của mình",
    Permission.INCIDENT_VIEW: "Xem sự cố",
    Permission.INCIDENT_REPORT: "Báo mất, hỏng, khóa thiết bị",
    Permission.INCIDENT_EDIT: "Xử lý sự cố",
    Permission.STAFF_CHANGE_VIEW: "Xem biến động nhân sự",
    Permission.STAFF_CHANGE_EDIT: "Ghi biến động nhân sự",
    Permission.REORGANISATION_EDIT: "Sắp xếp cơ quan, đơn vị",
    Permission.STOCKTAKE_VIEW: "Xem kiểm kê",
    Permission.STOCKTAKE_MANAGE: "Mở, khóa đợt kiểm kê",
    Permission.STOCKTAKE_COUNT: "Kiểm đếm",
    Permission.REMINDER_VIEW: "Xem nhắc việc",
    Permission.REMINDER_SEND: "Gửi, in nhắc việc",
    Permission.SHEET_IMPORT: "Nhập từ Excel",
    Permission.SHEET_EXPORT: "Xuất Excel",
    Permission.FORM_VIEW: "Xem biểu mẫu",
    Permission.FORM_EDIT: "Sửa, xác nhận biểu mẫu",
    Permission.CALENDAR_EDIT: "Sửa lịch ngày nghỉ",
    Permission.REGULATION_EDIT: "Nhập số, ngày của quy chế",
    Permission.DOCUMENT_VIEW: "Xem văn bản của cơ quan",
    Permission.DOCUMENT_EDIT: "Chuẩn bị văn bản để ký",
    Permission.DOCUMENT_SIGN: "Ký số văn bản được giao ký",
    Permission.DOCUMENT_ISSUE: "Ghi số, ký số của cơ quan và phát hành",
    Permission.INCOMING_VIEW: "Xem văn bản đến",
    Permission.INCOMING_EDIT: "Nhận, xử lý văn bản đến",
    Permission.PICTURE_EDIT: "Đổi hình chữ ký, hình dấu",
    Permission.TRUST_EDIT: "Nhập chứng thư gốc, danh sách thu hồi",
    Permission.SIGNING_AGENT_PAIR: "Ghép nối chương trình ký số",
    Permission.VERIFICATION_USE: "Kiểm tra chữ ký số",
    Permission.FILE_DOWNLOAD: "Tải tệp lưu trữ",
    Permission.REPORT_VIEW: "Xem báo cáo",
    Permission.REPORT_EDIT: "Lập và gửi báo cáo",
    Permission.AUDIT_VIEW: "Xem nhật ký",
    Permission.AUDIT_VERIFY: "Kiểm tra tính toàn vẹn của nhật ký",
    Permission.LAW_VIEW: "Xem căn cứ pháp lý",
    Permission.USER_MANAGE: "Quản lý tài khoản",
    Permission.SETTING_EDIT: "Sửa thiết lập",
    Permission.SESSION_OWN: "Quản lý phiên đăng nhập của mình",
}

DOCUMENT_KINDS: Mapping[DocumentKind, str] = {
    DocumentKind.LETTER: "Văn bản chưa ký",
    DocumentKind.PREPARED: "Văn bản chờ ký",
    DocumentKind.SIGNED: "Văn bản đã ký, chưa có số",
    DocumentKind.SEALED: "Văn bản đã phát hành",
    DocumentKind.SIGNED_ELSEWHERE: "Văn bản ký ở nơi khác",
    DocumentKind.PAPER_SCAN: "Bản quét văn bản giấy",
    DocumentKind.ATTACHMENT: "Tài liệu kèm theo",
    DocumentKind.PROOF_OF_SENDING: "Chứng từ gửi",
    DocumentKind.RESULT_NOTICE: "Thông báo kết quả của nơi nhận",
}

PAPER_KINDS: Mapping[PaperKind, str] = {
    PaperKind.HANDOVER: "Biên bản bàn giao (Mẫu số 07)",
    PaperKind.RETURN_TO_AUTHORITY: "Biên bản giao, nhận thiết bị (Mẫu số 08)",
    PaperKind.LOSS: "Biên bản xác nhận thất lạc (Mẫu số 09)",
    PaperKind.SUBSCRIBER_SLIP: "Phiếu đề nghị của thuê bao",
    PaperKind.INCIDENT_REPORT: "Báo cáo sự cố",
    PaperKind.REJECTION_NOTICE: "Thông báo văn bản có chữ ký số không hợp lệ",
    PaperKind.ENTRUSTMENT_DECISION: "Quyết định giao quản lý thiết bị",
    PaperKind.INTERNAL_RETURN: "Biên bản trả lại thiết bị",
    PaperKind.STATUS: "Biên bản xác nhận hiện trạng",
    PaperKind.INTAKE: "Biên bản tiếp nhận thiết bị",
    PaperKind.STOCKTAKE: "Biên bản kiểm kê",
    PaperKind.CORRECTION: "Biên bản đính chính người giữ",
    PaperKind.PERMISSION: "Văn bản cho phép giao tạm thời",
}

PAPER_STATES: Mapping[PaperState, str] = {
    PaperState.DRAFT: "Dự thảo",
    PaperState.ISSUED: "Đã lập, chờ bằng chứng",
    PaperState.PROVEN: "Đủ bằng chứng",
    PaperState.CANCELLED: "Đã hủy",
}

PAPER_FILE_ROLES: Mapping[PaperFileRole, str] = {
    PaperFileRole.DRAWN: "Bản do phần mềm lập",
    PaperFileRole.SIGNED: "Bản ký số",
    PaperFileRole.SCAN: "Bản quét đã ký tay",
    PaperFileRole.PHOTO: "Ảnh chụp",
    PaperFileRole.PROOF_OF_SENDING: "Chứng từ gửi",
    PaperFileRole.RECEIPT: "Xác nhận của bên nhận",
}

SYSTEM_KINDS: Mapping[SystemKind, str] = {
    SystemKind.DEVICE: "Thiết bị",
    SystemKind.SERVICE: "Dịch vụ",
    SystemKind.SOFTWARE: "Phần mềm",
}

SIGNING_ACTS: Mapping[SigningAct, str] = {
    SigningAct.APPROVE: "Ký của người có thẩm quyền",
    SigningAct.ISSUE: "Ký số của cơ quan để phát hành",
    SigningAct.GIVER: "Ký biên bản – bên giao",
    SigningAct.RECEIVER: "Ký biên bản – bên nhận",
    SigningAct.READ_CERTIFICATES: "Đọc chứng thư từ thiết bị",
    SigningAct.INITIAL: "Ký nháy",
    SigningAct.COMMENT: "Góp ý",
    SigningAct.COPY_TRUE: "Sao y",
    SigningAct.COPY_OF_COPY: "Sao lục",
    SigningAct.COPY_EXTRACT: "Trích sao",
    SigningAct.ANNEX: "Ký số phụ lục",
    SigningAct.DIGITISE: "Ký số bản số hóa",
    SigningAct.RECEIVE: "Ký số văn bản đến",
    SigningAct.LOG_IN: "Đăng nhập bằng thiết bị",
    SigningAct.MAKER: "Ký biên bản – người lập",
    SigningAct.WITNESS: "Ký biên bản – người chứng kiến",
    SigningAct.SUBSCRIBER: "Ký của thuê bao",
    SigningAct.MEMBER: "Ký biên bản – thành viên tổ kiểm kê",
    SigningAct.MANY: "Ký nhiều văn bản một lần",
}

JOB_STATES: Mapping[JobState, str] = {
    JobState.ISSUED: "Chờ chương trình ký số",
    JobState.CLAIMED: "Đang ký",
    JobState.SIGNED: "Đã ký, chờ kiểm tra",
    JobState.ACCEPTED: "Đã nhận",
    JobState.REFUSED: "Không ký được",
    JobState.CANCELLED: "Đã hủy",
}

IMPORT_VERDICTS: Mapping[ImportVerdict, str] = {
    ImportVerdict.NEW: "Mới",
    ImportVerdict.SAME: "Đã có trong sổ",
    ImportVerdict.CHANGED: "Khác với sổ",
    ImportVerdict.REFUSED: "Không nhận",
}

PARTS: Mapping[Part, str] = {
    Part.DECISION: "Quyết định ban hành",
    Part.ANNEX: "Văn bản ban hành kèm theo",
}

CLAUSE_KINDS: Mapping[ClauseKind, str] = {
    ClauseKind.SERVED: "Đã có trang",
    ClauseKind.OPEN: "Đang làm",
    ClauseKind.OUTSIDE: "Ngoài phần mềm",
    ClauseKind.PARTS: "Xem từng khoản, điểm",
}

DEVICE_MATTERS: Mapping[DeviceMatter, str] = {
    DeviceMatter.RETURN: "Giao nộp thiết bị",
    DeviceMatter.LOSS: "Báo thiết bị thất lạc",
}

CHANNELS: Mapping[Channel, str] = {
    Channel.PORTAL: "Hệ thống thông tin đăng ký, quản lý yêu cầu chứng thực",
    Channel.DOCUMENT_AXIS: "Trục liên thông văn bản quốc gia",
    Channel.POST: "Bưu chính công ích",
    Channel.IN_PERSON: "Trực tiếp",
    Channel.DEPARTMENT_GUIDANCE: "Theo hướng dẫn của Sở Khoa học và Công nghệ",
}

AMENDMENT_CASES: Mapping[AmendmentCase, str] = {
    AmendmentCase.WORKPLACE: "Thay đổi cơ quan, tổ chức công tác",
    AmendmentCase.EMAIL: "Thay đổi địa chỉ thư điện tử công vụ",
    AmendmentCase.NAME: "Đổi tên",
    AmendmentCase.ADDRESS: "Đổi địa chỉ hoạt động",
    AmendmentCase.VERSION: "Nâng cấp phiên bản",
    AmendmentCase.FEATURE: "Bổ sung tính năng",
    AmendmentCase.POSITION: "Chỉ thay đổi chức vụ",
    AmendmentCase.OTHER: "Trường hợp khác",
}

ATTACHMENT_KINDS: Mapping[AttachmentKind, str] = {
    AttachmentKind.FOUNDING_DECISION: "Quyết định thành lập",
    AttachmentKind.SUPERIOR_CONFIRMATION: "Xác nhận của người đứng đầu cấp trên trực tiếp",
    AttachmentKind.SUBSCRIBER_REQUEST: "Văn bản yêu cầu của thuê bao",
    AttachmentKind.LOSS_MINUTES: "Biên bản xác nhận thất lạc (Mẫu số 09)",
    AttachmentKind.RETURN_MINUTES: "Biên bản giao, nhận thiết bị (Mẫu số 08)",
    AttachmentKind.PROCEEDINGS_REQUEST: "Yêu cầu của cơ quan tiến hành tố tụng, công an",
    AttachmentKind.PERSONNEL_DECISION: "Quyết định về nhân sự",
    AttachmentKind.REORGANISATION_DECISION: "Quyết định giải thể, chia tách, sáp nhập",
    AttachmentKind.OTHER: "Tài liệu khác",
}

REVOCATION_GROUNDS: Mapping[RevocationGround, str] = {
    RevocationGround.EXPIRED: "Chứng thư hết hạn sử dụng",
    RevocationGround.KEY_EXPOSED: "Khóa bí mật bị lộ hoặc nghi bị lộ",
    RevocationGround.DEVICE_DAMAGED: "Thiết bị lưu khóa bí mật bị hỏng",
    RevocationGround.DEVICE_LOST: "Thiết bị lưu khóa bí mật bị thất lạc",
    RevocationGround.OTHER_INSECURITY: "Trường hợp mất an toàn khác",
    RevocationGround.PROCEEDINGS: "Yêu cầu của cơ quan tiến hành tố tụng, công an",
    RevocationGround.MANAGING_AGENCY: "Yêu cầu của cơ quan, tổ chức quản lý trực tiếp",
    RevocationGround.POSITION_CHANGED: "Thay đổi vị trí công tác không còn phù hợp",
    RevocationGround.RETIRED: "Nghỉ hưu",
    RevocationGround.LEFT_SERVICE: "Thôi việc",
    RevocationGround.DECEASED: "Từ trần",
    RevocationGround.DISSOLVED: "Giải thể",
    RevocationGround.SPLIT: "Chia tách",
    RevocationGround.MERGED: "Sáp nhập",
    RevocationGround.SYSTEM_STOPPED: "Thiết bị, dịch vụ, phần mềm ngừng hoạt động",
    RevocationGround.NO_LONGER_NEEDED: "Không còn nhu cầu sử dụng",
}

CLOCK_STAGES: Mapping[ClockStage, str] = {
    ClockStage.STOPPED: "Không áp dụng",
    ClockStage.WAITING: "Chưa đến kỳ",
    ClockStage.DUE: "Đến kỳ",
    ClockStage.URGENT: "Gấp",
    ClockStage.PASSED: "Đã quá hạn",
    ClockStage.HISTORY_UNKNOWN: "Chưa rõ lịch sử gia hạn",
}

EMAIL_STANDINGS: Mapping[EmailStanding, str] = {
    EmailStanding.OFFICIAL: "Do cơ quan nhà nước cấp",
    EmailStanding.PERSONAL: "Thư cá nhân",
    EmailStanding.UNKNOWN: "Chưa rõ nơi cấp",
    EmailStanding.MALFORMED: "Viết không đúng",
    EmailStanding.MISSING: "Chưa có",
}

RECALL_STAGES: Mapping[RecallStage, str] = {
    RecallStage.NOT_DUE: "Chưa phải thu hồi",
    RecallStage.NOTHING_TO_RECALL: "Không có thiết bị để thu hồi",
    RecallStage.PROMPTED: "Cần thu lại, chưa có thông báo thu hồi",
    RecallStage.RUNNING: "Đang trong hạn nộp về Cục",
    RecallStage.OVERDUE: "Quá hạn nộp về Cục",
    RecallStage.LOST: "Thất lạc",
    RecallStage.DONE: "Đã nộp về Cục",
}

SIM_CARRIERS: Mapping[SimCarrier, str] = {one: str(one) for one in SimCarrier}

STAFF_CHANGES: Mapping[StaffChange, str] = {
    StaffChange.RETIRED: "Nghỉ hưu",
    StaffChange.LEFT_SERVICE: "Thôi việc",
    StaffChange.DECEASED: "Từ trần",
    StaffChange.MOVED_TO_OTHER_BODY: "Chuyển sang cơ quan, tổ chức khác",
    StaffChange.MOVED_WITHIN: "Chuyển đơn vị trong cùng cơ quan",
    StaffChange.POSITION_CHANGED: "Thay đổi chức vụ",
    StaffChange.LONG_LEAVE: "Nghỉ dài ngày",
    StaffChange.NO_LONGER_NEEDED: "Không còn nhu cầu sử dụng",
}

TRANSFER_ACTS: Mapping[TransferAct, str] = {
    TransferAct.REVOKE: "Đề nghị thu hồi chứng thư",
    TransferAct.RECALL_DEVICE: "Thu hồi thiết bị",
    TransferAct.AMEND: "Đề nghị thay đổi nội dung thông tin",
    TransferAct.HOLD_DEVICE: "Tạm giữ thiết bị",
    TransferAct.HAND_ON_ENTRUSTMENT: "Giao quản lý chứng thư cơ quan cho người khác",
    TransferAct.CHECK_CONTENTS: "Đối chiếu thông tin trong chứng thư",
    TransferAct.KEEP: "Giữ nguyên",
}

LABELS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    InstrumentStatus: INSTRUMENT_STATUSES,
    DeviceMatter: DEVICE_MATTERS,
    Channel: CHANNELS,
    Part: PARTS,
    ClauseKind: CLAUSE_KINDS,
    Certainty: CERTAINTIES,
    Severity: SEVERITIES,
    SubscriberKind: SUBSCRIBER_KINDS,
    CertificateOrigin: CERTIFICATE_ORIGINS,
    CertificateState: CERTIFICATE_STATES,
    DeviceKind: DEVICE_KINDS,
    DeviceState: DEVICE_STATES,
    RequestKind: REQUEST_KINDS,
    RequestState: REQUEST_STATES,
    RequestAct: REQUEST_ACTS,
    LineState: LINE_STATES,
    SigningAuthority: SIGNING_AUTHORITIES,
    AgencyLevel: AGENCY_LEVELS,
    AgencyKind: AGENCY_KINDS,
    Role: ROLES,
    Permission: PERMISSIONS,
    DocumentKind: DOCUMENT_KINDS,
    PaperKind: PAPER_KINDS,
    PaperState: PAPER_STATES,
    PaperFileRole: PAPER_FILE_ROLES,
    SystemKind: SYSTEM_KINDS,
    SigningAct: SIGNING_ACTS,
    JobState: JOB_STATES,
    ImportVerdict: IMPORT_VERDICTS,
    AmendmentCase: AMENDMENT_CASES,
    AttachmentKind: ATTACHMENT_KINDS,
    RevocationGround: REVOCATION_GROUNDS,
    ClockStage: CLOCK_STAGES,
    EmailStanding: EMAIL_STANDINGS,
    RecallStage: RECALL_STAGES,
    SimCarrier: SIM_CARRIERS,
    StaffChange: STAFF_CHANGES,
    TransferAct: TRANSFER_ACTS,
    **DAILY_LABELS,
    **DOCUMENT_LABELS,
}


def label(member: StrEnum) -> str:
    """The Vietnamese word for an enum member; KeyError when a mapping was forgotten."""
    return LABELS[type(member)][member]
