"""A report of verification as a paper: what the page shows, as frozen data of `letters`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from letters.paper import LogWitness
from letters.verification_report import FoundFile, FoundSignature, Rows, VerificationReport
from models import Agency, AuditHead
from rules.names import head_name
from signing.pades.report import Report
from views.filters import serial
from views.guards import account
from views.papers_data import SHORT_HASH
from views.verification_words import view


def report_of(files: Sequence[tuple[str, Report]]) -> VerificationReport:
    """The paper about these files, under the agency of whoever prints it; the head of the log goes
    into its foot."""
    head = db.session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    user = account().user
    number = user.grants[0].agency_id if user.grants else 0
    agency = db.session.get(Agency, number, options=[joinedload(Agency.parent)])
    return VerificationReport(
        parent_agency=head_name(agency.parent.name) if agency and agency.parent else "",
        agency=head_name(agency.name) if agency else "",
        place=agency.place_name if agency else "",
        on=clock.today(),
        files=tuple(_file(view(report, name, 0)) for name, report in files),
        checker=user.display_name,
        witness=LogWitness(head.seq, head.hash[:SHORT_HASH]),
    )


def _file(shown: dict[str, Any]) -> FoundFile:
    return FoundFile(
        shown["name"],
        shown["sentence"],
        tuple(shown["reasons"]),
        tuple(
            FoundSignature(f"Chữ ký {place}. {one['title']}", _rows(one))
            for place, one in enumerate(shown["signatures"], start=1)
        ),
        (
            ("SHA-256 của tệp", shown["sha256"]),
            ("Kiểm tra lúc", f"{shown['checked_at']} (giờ Việt Nam)"),
        ),
    )


def _rows(shown: dict[str, Any]) -> Rows:
    one = shown["one"]
    root = "chứng thư gốc thử nghiệm" if one.practice else "chứng thư gốc tin cậy"
    intact = (
        "Nội dung được ký còn nguyên vẹn."
        if one.intact
        else "Nội dung đã bị thay đổi hoặc chữ ký bị hỏng."
    )
    rows = (
        ("Kết luận", "\n".join([one.verdict, *one.reasons])),
        ("Cơ quan", shown["agency"]),
        ("Thời điểm ký", f"{shown['time']}\n{one.time_source}"),
        ("Mức chữ ký", shown["level"]),
        ("Tính toàn vẹn", intact),
        ("Thay đổi sau khi ký", "\n".join([shown["covers"], *shown["changes"]])),
        ("Thời hạn chứng thư", shown["term"]),
        ("Số hiệu chứng thư", f"{serial(one.serial)}\nTổ chức cấp: {one.issuer}"),
        (
            "Đường dẫn tin cậy",
            f"{'Dẫn tới' if one.trusted else 'Không dẫn tới'} {root}\n{shown['path']}",
        ),
        ("Tình trạng thu hồi", "\n".join([one.revocation, *map(_list_line, shown["lists"])])),
        ("Thuật toán, khóa", shown["key"]),
        ("Lưu ý", "\n".join(one.notices)),
    )
    return tuple((name, text) for name, text in rows if text.strip())


def _list_line(each: dict[str, str]) -> str:
    since = f" từ {each['revoked_at']}" if each["revoked_at"] else ""
    told = f"{each['subject']}: {each['state']}{since}"
    if not each["from"]:
        return told
    until = f", bản kế tiếp {each['until']}" if each["until"] else ""
    return f"{told}; theo {each['by']} của {each['issuer']} phát hành {each['from']}{until}"
