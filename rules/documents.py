"""Kinds of stored paper, and the states of a signing job and of an import.

Only the words live here; who may move a job is decided in `operations/signing_jobs.py`.
"""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a stored file is to its request."""

    LETTER = "letter"  # the unsigned letter as drawn, with its fields
    PREPARED = "prepared"  # with the hole for one signature, as given to a signing job
    SIGNED = "signed"  # signed by the authorised signatory, number and date still open
    SEALED = "sealed"  # number and date filled in, signed by the agency
    SIGNED_ELSEWHERE = "signed_elsewhere"  # came back from another document system
    PAPER_SCAN = "paper_scan"  # scan of a letter signed by hand
    ATTACHMENT = "attachment"
    PROOF_OF_SENDING = "proof_of_sending"
    RESULT_NOTICE = "result_notice"  # what the receiving body wrote back


class SigningAct(StrEnum):
    """The signing acts of this program (NĐ 30/2020, Phụ lục I, Phần I, mục II.7 and II.8)."""

    APPROVE = "phe_duyet"  # the authorised signatory
    ISSUE = "phat_hanh"  # the agency, by its clerk
    GIVER = "ben_giao"  # minutes of two sides, signed by both
    RECEIVER = "ben_nhan"
    READ_CERTIFICATES = "doc_chung_thu"  # no signature: certificates are read from the token
    INITIAL = "ky_nhay"
    COMMENT = "gop_y"
    COPY_TRUE = "sao_y"
    COPY_OF_COPY = "sao_luc"
    COPY_EXTRACT = "trich_sao"
    ANNEX = "phu_luc"  # in a file of its own, signed by the clerk
    DIGITISE = "so_hoa"
    RECEIVE = "van_ban_den"
    LOG_IN = "dang_nhap"
    MAKER = "nguoi_lap"  # papers: who wrote them
    WITNESS = "nguoi_chung_kien"
    SUBSCRIBER = "thue_bao"
    MEMBER = "thanh_vien"  # of a committee
    MANY = "nhieu_van_ban"  # a batch whose documents want different acts


class JobState(StrEnum):
    """Life of one signing job; the first five are those of the contract in
    `signing/messages.py`.
    """

    ISSUED = "issued"
    CLAIMED = "claimed"
    SIGNED = "signed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ImportVerdict(StrEnum):
    """What an imported certificate is, compared with the register."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    REFUSED = "refused"
