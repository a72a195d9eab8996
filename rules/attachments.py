"""Tài liệu kèm theo: the papers that an act needs beside its letter, each with its ground."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from rules.findings import Finding, Severity, finding
from rules.provisions import Provision


class AttachmentKind(StrEnum):
    """What a paper is that goes with a request, or is kept in its file."""

    FOUNDING_DECISION = "founding_decision"
    SUPERIOR_CONFIRMATION = "superior_confirmation"
    SUBSCRIBER_REQUEST = "subscriber_request"
    LOSS_MINUTES = "loss_minutes"
    RETURN_MINUTES = "return_minutes"
    PROCEEDINGS_REQUEST = "proceedings_request"
    PERSONNEL_DECISION = "personnel_decision"
    REORGANISATION_DECISION = "reorganisation_decision"
    OTHER = "other"


@dataclass(frozen=True)
class NeededAttachment:
    """One need, met by any one of `any_of`. `severity` is what lacking it weighs at most.

    `words` names the paper in Vietnamese, as a list of attachments does.
    """

    any_of: tuple[AttachmentKind, ...]
    words: str
    severity: Severity
    provision: Provision | None = None


def check_attachments(
    needed: Iterable[NeededAttachment], kept: Collection[AttachmentKind]
) -> tuple[Finding, ...]:
    """What is lacking among the papers kept with a request; to be asked when it is submitted."""
    return tuple(
        finding(
            "attachment.missing",
            need.severity,
            f"Hồ sơ chưa có {need.words}.",
            f"Đính kèm {need.words} vào đề nghị.",
            need.provision,
        )
        for need in needed
        if not set(need.any_of) & set(kept)
    )
