"""Vietnamese words for documents of the office, documents that come in, and pictures."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from rules.office_documents import (
    DocumentAct,
    DocumentState,
    DocumentWay,
    IncomingState,
    PictureKind,
    StepState,
)
from rules.upgrades import PadesLevel, UpgradeState

DOCUMENT_WAYS: Mapping[DocumentWay, str] = {
    DocumentWay.SEAL_OF_SCAN: "Ký số của cơ quan trên bản quét văn bản giấy",
    DocumentWay.PERSON_AND_AGENCY: "Một chữ ký cá nhân và chữ ký số của cơ quan",
    DocumentWay.MANY_AND_AGENCY: "Nhiều chữ ký cá nhân và chữ ký số của cơ quan",
    DocumentWay.MANY_INSIDE: "Nhiều chữ ký cá nhân, không phát hành",
    DocumentWay.COPY: "Bản sao điện tử (sao y, sao lục, trích sao)",
    DocumentWay.ANNEX: "Phụ lục ở tệp riêng",
    DocumentWay.DIGITISED: "Tài liệu số hóa",
}

DOCUMENT_STATES: Mapping[DocumentState, str] = {
    DocumentState.DRAFT: "Đang chuẩn bị",
    DocumentState.SIGNING: "Đang ký",
    DocumentState.SIGNED: "Đã đủ chữ ký cá nhân",
    DocumentState.ISSUED: "Đã phát hành",
    DocumentState.RETURNED: "Bị trả lại",
    DocumentState.CANCELLED: "Đã hủy",
}

STEP_STATES: Mapping[StepState, str] = {
    StepState.WAITING: "Chưa đến lượt",
    StepState.DUE: "Đến lượt ký",
    StepState.SIGNED: "Đã ký",
    StepState.RETURNED: "Trả lại",
    StepState.SKIPPED: "Không ký",
}

DOCUMENT_ACTS: Mapping[DocumentAct, str] = {
    DocumentAct.CHANGE: "Sửa cách ký, vị trí ký",
    DocumentAct.SUBMIT: "Chuyển đi ký",
    DocumentAct.SIGN: "Ký số",
    DocumentAct.NUMBER: "Ghi số và ngày",
    DocumentAct.ISSUE: "Ký số của cơ quan, phát hành",
    DocumentAct.RETURN: "Trả lại",
    DocumentAct.CANCEL: "Hủy",
}

INCOMING_STATES: Mapping[IncomingState, str] = {
    IncomingState.CHECKED: "Đã kiểm tra, chờ xử lý",
    IncomingState.ACCEPTED: "Đã tiếp nhận",
    IncomingState.HELD: "Tạm giữ",
    IncomingState.REFUSED: "Từ chối tiếp nhận",
    IncomingState.DELETED: "Đã xóa, báo nơi gửi",
}

PICTURE_KINDS: Mapping[PictureKind, str] = {
    PictureKind.SIGNATURE: "Hình chữ ký",
    PictureKind.SEAL: "Hình dấu",
    PictureKind.INITIALS: "Hình chữ ký nháy",
}

PADES_LEVELS: Mapping[PadesLevel, str] = {
    PadesLevel.B_B: "B-B: chữ ký, chưa có dấu thời gian",
    PadesLevel.B_T: "B-T: có dấu thời gian",
    PadesLevel.B_LT: "B-LT: kèm dữ liệu kiểm tra thu hồi",
    PadesLevel.B_LTA: "B-LTA: có dấu thời gian lưu trữ",
}

UPGRADE_STATES: Mapping[UpgradeState, str] = {
    UpgradeState.WAITING: "Chờ",
    UpgradeState.RUNNING: "Đang làm",
    UpgradeState.DONE: "Xong",
    UpgradeState.GIVEN_UP: "Thôi, cần người xem",
}

DOCUMENT_LABELS: Mapping[type[StrEnum], Mapping[Any, str]] = {
    DocumentWay: DOCUMENT_WAYS,
    DocumentState: DOCUMENT_STATES,
    StepState: STEP_STATES,
    DocumentAct: DOCUMENT_ACTS,
    IncomingState: INCOMING_STATES,
    PictureKind: PICTURE_KINDS,
    PadesLevel: PADES_LEVELS,
    UpgradeState: UPGRADE_STATES,
}
