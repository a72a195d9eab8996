"""What verification and comparison find, as values: for page, printed report and JSON.

No PDF library is needed to hold these: who asks the sandbox never loads one (legal.md 5.3).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The conclusion, in the words of the screen."""

    VALID = "hợp lệ"
    PRACTICE = "hợp lệ (THỬ NGHIỆM)"
    UNDECIDED = "chưa xác định"
    INVALID = "không hợp lệ"
    UNREADABLE = "không đọc được"


@dataclass(frozen=True)
class CertificateEvidence:
    """One certificate of the path: its state and the list that says so. Instants are ISO 8601."""

    subject: str
    issuer: str
    serial: str
    not_before: str
    not_after: str
    revocation: str = ""
    revoked_at: str = ""
    list_issuer: str = ""
    this_update: str = ""
    next_update: str = ""
    source: str = ""


class ChangeKind(StrEnum):
    """What kind of thing changed after a signature."""

    SIGNED = "ký thêm"
    STAMPED = "thêm dấu thời gian"
    FILLED = "điền trường"
    EVIDENCE = "bổ sung dữ liệu kiểm tra"
    CONTENT = "sửa nội dung trang"
    PAGES = "thêm hoặc bớt trang"
    ANNOTATION = "thêm, sửa hoặc xóa đối tượng trên trang"
    LOCKED = "sửa trường đã khóa"
    FIELD = "sửa biểu mẫu"
    SIGNATURE = "sửa chữ ký có trước"
    COVER = "che nội dung"
    FONT = "sửa phông chữ dùng chung"
    SETTING = "sửa thiết lập của văn bản"
    OTHER = "thay đổi khác"


@dataclass(frozen=True)
class LaterChange:
    """One difference between what was signed and the file as it is. Pages from 1; 0 is no page."""

    page: int
    kind: str
    allowed: bool
    text: str


class Level(StrEnum):
    """What proof a signature carries with it (ETSI EN 319 142-1)."""

    B_B = "PAdES B-B"
    B_T = "PAdES B-T"
    B_LT = "PAdES B-LT"
    B_LTA = "PAdES B-LTA"


@dataclass(frozen=True)
class SignatureReport:
    """One signature. `reasons` explain the verdict, `notices` are worth knowing beside it."""

    field: str
    signer: str = ""
    intact: bool = False
    covers_whole_file: bool = False
    modification: str = ""
    trusted: bool = False
    revocation: str = "chưa kiểm tra"
    signing_time: str = ""
    verdict: str = Verdict.UNDECIDED
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    kind: str = "chữ ký số"
    organisation: str = ""
    units: tuple[str, ...] = ()
    email: str = ""
    serial: str = ""
    issuer: str = ""
    not_before: str = ""
    not_after: str = ""
    time_source: str = ""
    algorithm: str = ""
    key_size: int = 0
    sub_filter: str = ""
    path: tuple[str, ...] = ()
    evidence: tuple[CertificateEvidence, ...] = ()
    changed_fields: tuple[str, ...] = ()
    locked_fields: tuple[str, ...] = ()
    certificate_sha256: str = ""
    practice: bool = False
    claimed_time: str = ""
    proven_time: str = ""
    stamp_authority: str = ""
    level: str = ""
    later_changes: tuple[LaterChange, ...] = ()


@dataclass(frozen=True)
class Report:
    """A whole file."""

    verdict: str
    reasons: tuple[str, ...] = ()
    signatures: tuple[SignatureReport, ...] = ()
    checked_at: str = ""
    sha256: str = ""
    notices: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data; tuples become lists."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Report:
        """The report that `as_dict` wrote. Raises KeyError or TypeError for anything else."""
        signatures = tuple(
            _rebuild(
                SignatureReport,
                {
                    **item,
                    "evidence": tuple(_rebuild(CertificateEvidence, e) for e in item["evidence"]),
                    "later_changes": tuple(
                        _rebuild(LaterChange, e) for e in item.get("later_changes", ())
                    ),
                },
            )
            for item in data["signatures"]
        )
        made: Report = _rebuild(Report, {**data, "signatures": signatures})
        return made

    @staticmethod
    def unreadable(reason: str, *, checked_at: str = "", sha256: str = "") -> Report:
        """A file that could not be judged at all."""
        return Report(Verdict.UNREADABLE, (reason,), (), checked_at, sha256)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def _rebuild(kind: type[Any], data: dict[str, Any]) -> Any:
    names = {f.name for f in fields(kind)}
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in names}
    return kind(**values)


def iso(instant: dt.datetime) -> str:
    """An instant as strict ISO 8601 in Vietnamese time.

    The end of the year 9999, which says that no end is known (RFC 5280, 4.1.2.5), has no day here
    and stays in UTC.
    """
    try:
        instant = instant.astimezone(dt.timezone(dt.timedelta(hours=7)))
    except OverflowError:
        pass
    return instant.isoformat(timespec="seconds")


@dataclass(frozen=True)
class Comparison:
    """Is a returned file the prepared one? `number` and `date` (yyyy-mm-dd) are what it shows."""

    same: bool
    begins_with_prepared: bool
    findings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    number: str = ""
    date: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            **asdict(self),
            "findings": list(self.findings),
            "notices": list(self.notices),
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Comparison:
        """The comparison that `as_dict` wrote."""
        return Comparison(
            **{
                **data,
                "findings": tuple(data["findings"]),
                "notices": tuple(data["notices"]),
            }
        )
