"""Papers beside the request letters: minutes, slips, reports and decisions, and their life.

Mẫu số 07, 08 and 09 belong to the annex of NĐ 68/2024/NĐ-CP; the others are internal papers of the
agency. A paper is drawn, then frozen with its hash; what proves it is told by `rules/evidence.py`.
"""

from collections.abc import Mapping
from enum import StrEnum


class PaperKind(StrEnum):
    """Which paper."""

    HANDOVER = "handover"  # Mẫu số 07
    RETURN_TO_AUTHORITY = "return_to_authority"  # Mẫu số 08
    LOSS = "loss"  # Mẫu số 09
    SUBSCRIBER_SLIP = "subscriber_slip"  # phiếu đề nghị of a subscriber
    INCIDENT_REPORT = "incident_report"
    REJECTION_NOTICE = "rejection_notice"  # thông báo: a document that came in is not taken
    ENTRUSTMENT_DECISION = "entrustment_decision"
    INTERNAL_RETURN = "internal_return"
    STATUS = "status"  # biên bản xác nhận hiện trạng
    INTAKE = "intake"
    STOCKTAKE = "stocktake"
    CORRECTION = "correction"  # tokens that had been swapped
    PERMISSION = "permission"  # the clerk is away: another person, for a term


LETTERS = frozenset({PaperKind.INCIDENT_REPORT, PaperKind.REJECTION_NOTICE})
"""Papers that go out without devices: documents of the agency, with number and signature."""


FILE_WORDS: Mapping[PaperKind, str] = {
    PaperKind.HANDOVER: "mau-07-ban-giao",
    PaperKind.RETURN_TO_AUTHORITY: "mau-08-giao-nop",
    PaperKind.LOSS: "mau-09-that-lac",
    PaperKind.SUBSCRIBER_SLIP: "phieu-de-nghi",
    PaperKind.INCIDENT_REPORT: "bao-cao-su-co",
    PaperKind.REJECTION_NOTICE: "thong-bao-van-ban-den",
    PaperKind.ENTRUSTMENT_DECISION: "quyet-dinh-giao-quan-ly",
    PaperKind.INTERNAL_RETURN: "bien-ban-giao-nhan",
    PaperKind.STATUS: "bien-ban-hien-trang",
    PaperKind.INTAKE: "bien-ban-tiep-nhan",
    PaperKind.STOCKTAKE: "bien-ban-kiem-ke",
    PaperKind.CORRECTION: "bien-ban-dinh-chinh",
    PaperKind.PERMISSION: "cho-phep-giao-tam",
}
"""How the file of a paper is called where it is downloaded: words that every system takes."""


class PaperState(StrEnum):
    """DRAFT may still change; ISSUED is frozen and waits for proof; PROVEN has it."""

    DRAFT = "draft"
    ISSUED = "issued"
    PROVEN = "proven"
    CANCELLED = "cancelled"


class PaperFileRole(StrEnum):
    """What a stored file is to its paper."""

    DRAWN = "drawn"  # as the program drew it, frozen
    SIGNED = "signed"  # signed digitally, by one side or by both
    SCAN = "scan"  # scan or photo of the paper signed by hand
    PHOTO = "photo"
    PROOF_OF_SENDING = "proof_of_sending"
    RECEIPT = "receipt"  # what the receiver's side gave back
