"""Reports as papers: the báo cáo of one agency, the roll-up of many, and the same as tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import BytesIO

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

import clock
from extensions import db
from labels import label
from letters.annual_report import AnnualReport
from letters.decree30 import Signer
from letters.paper import LogWitness
from letters.registers import Register, RegisterColumn
from models import Agency, AuditHead, Person, Position
from rules.days import written
from rules.law import Law
from rules.names import head_name
from rules.reports import Figure, Period, ReportState, Section, signed_share, total
from rules.signers import SignerFacts, SigningAuthority, signature_lines
from sheets.tables_out import OfficialHeading, OutColumn, write_table
from views.report_rows import ReportRow

NO_FORM = "Chưa có mẫu chính thức: các cột do phần mềm lập."

PRINTED: Sequence[tuple[str, float, Sequence[Figure]]] = (
    (
        "Chứng thư đang hiệu lực: cơ quan / cá nhân / thiết bị, dịch vụ, phần mềm",
        3.2,
        (Figure.ACTIVE_ORGANISATION, Figure.ACTIVE_INDIVIDUAL, Figure.ACTIVE_SYSTEM),
    ),
    ("SIM PKI", 1.2, (Figure.ACTIVE_SIM_PKI,)),
    (
        "Trong kỳ: cấp mới / gia hạn / thay đổi / thu hồi / khôi phục",
        4.0,
        (Figure.ISSUED, Figure.RENEWED, Figure.AMENDED, Figure.REVOKED, Figure.UNLOCKED),
    ),
    (
        "Thiết bị: đang dùng / kho, tạm giữ, khóa / hỏng / thất lạc / chờ nộp / đã nộp",
        4.6,
        (
            Figure.DEVICES_IN_USE,
            Figure.DEVICES_WAITING,
            Figure.DEVICES_DAMAGED,
            Figure.DEVICES_LOST,
            Figure.DEVICES_TO_RETURN,
            Figure.DEVICES_RETURNED,
        ),
    ),
    (
        "Sắp hết hạn: ≤ 30 / ≤ 90 ngày / năm sau",
        2.6,
        (Figure.ENDING_IN_30_DAYS, Figure.ENDING_IN_90_DAYS, Figure.ENDING_NEXT_YEAR),
    ),
    ("Sự cố", 1.2, (Figure.INCIDENTS,)),
)
"""The columns on paper, as legal.md 7.3 infers them: heading, width, what stands in a cell."""


def named(period: Period) -> str:
    """The period as it is read: "năm 2026", or from day to day."""
    if period.year:
        return f"năm {period.year}"
    return f"từ ngày {written(period.first)} đến ngày {written(period.last)}"


def share_of(row: ReportRow) -> str:
    """The share of signed documents that an agency typed in; empty where it cannot be told."""
    out, signed = (
        row.sections.get(Section.DOCUMENTS_OUT),
        row.sections.get(Section.DOCUMENTS_SIGNED),
    )
    return signed_share(
        out if isinstance(out, int) else None, signed if isinstance(signed, int) else None
    )


def state_of(row: ReportRow) -> str:
    """How far an agency is with its report."""
    if row.state is ReportState.SENT and row.sent_on is not None:
        return f"Đã gửi {written(row.sent_on)}"
    return label(row.state) if row.state is not None else "Chưa lập"


def annual_report(
    agency: Agency,
    row: ReportRow,
    period: Period,
    law: Law,
    *,
    number: str = "",
    sent_to: str = "",
) -> AnnualReport:
    """The data of the báo cáo; the signer is the head of the agency, where one is known."""
    parent = agency.parent
    ground = law.optional("report.times_a_year", on=period.last)
    told: dict[str, str] = {"basis": ground.provision.citation} if ground is not None else {}
    return AnnualReport(
        parent_agency=head_name(parent.name) if parent is not None else "",
        agency=head_name(agency.name),
        agency_name=agency.name,
        symbol=agency.abbreviation,
        number=number.partition("/")[0],
        place=agency.place_name,
        addressees=(sent_to,) if sent_to else _addressees(law, period.last),
        period=named(period),
        as_of=period.last,
        figures=row.figures,
        sections=row.sections,
        signer=_head_of(agency.id),
        **told,
    )


def _addressees(law: Law, on: date) -> tuple[str, ...]:
    """Who gets the report as the agency's regulation says; nobody is invented."""
    to = law.optional("report.agency.to", on=on)
    if to is None or not to.provision.may_refuse or not isinstance(to.value, str):
        return ()
    return (to.value[:1].upper() + to.value[1:],)


def _head_of(agency_id: int) -> Signer:
    position = db.session.scalar(
        select(Position)
        .join(Position.person)
        .where(
            Position.agency_id == agency_id,
            Position.until_on.is_(None),
            Position.authority == SigningAuthority.HEAD,
            Person.left_on.is_(None),
        )
        .order_by(Position.id)
        .options(contains_eager(Position.person))
        .limit(1)
    )
    if position is None:
        return Signer((), "")
    lines = signature_lines(SignerFacts(SigningAuthority.HEAD, position.title))
    return Signer(lines, position.person.full_name)


def roll_up(agency: Agency | None, rows: Sequence[ReportRow], period: Period) -> Register:
    """The roll-up as a printed register: a line per agency and their sum, A4 across."""
    columns = (
        RegisterColumn("STT", 1.0, True),
        RegisterColumn("Cơ quan, đơn vị", 5.0),
        *(RegisterColumn(heading, share, True) for heading, share, _ in PRINTED),
        RegisterColumn("Văn bản ký số", 1.6, True),
        RegisterColumn("Báo cáo", 2.2, True),
    )
    head = db.session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    parent = agency.parent if agency is not None else None
    return Register(
        parent_agency=head_name(parent.name) if parent is not None else "",
        agency=head_name(agency.name) if agency is not None else "",
        title=f"Tổng hợp tình hình quản lý, sử dụng chữ ký số chuyên dùng công vụ {named(period)}",
        scope=f"Số liệu đến hết ngày {written(period.last)}. {NO_FORM}",
        on=clock.today(),
        place=agency.place_name if agency is not None else "",
        columns=columns,
        rows=_printed(rows),
        witness=LogWitness(head.seq, head.hash[:8]),
    )


def _printed(rows: Sequence[ReportRow]) -> Iterable[tuple[str, ...]]:
    for number, row in enumerate(rows, start=1):
        counts = _cells(row.figures)
        yield (str(number), row.name, *counts, share_of(row) or "–", state_of(row))
    yield ("", "Cộng", *_cells(total(row.figures for row in rows)), "", "")


def _cells(figures: Mapping[Figure, int]) -> Iterable[str]:
    for _, _, together in PRINTED:
        yield " / ".join(str(figures.get(figure, 0)) for figure in together)


def table(agency: Agency | None, rows: Sequence[ReportRow], period: Period) -> bytes:
    """The roll-up as .xlsx, with every section that agencies typed in."""
    sections = list(Section) if period.year else []
    columns = [
        OutColumn("Cơ quan, đơn vị", 36),
        *(OutColumn(label(figure), 14) for figure in Figure),
        OutColumn("Báo cáo", 18),
        *(OutColumn(label(section), 24) for section in sections),
        *([OutColumn("Tỷ lệ văn bản ký số", 14)] if sections else []),
    ]
    stream = BytesIO()
    write_table(
        stream,
        columns,
        (
            (
                row.name,
                *(row.figures.get(figure, 0) for figure in Figure),
                state_of(row) if period.year else "",
                *(row.sections.get(section) for section in sections),
                *([share_of(row)] if sections else []),
            )
            for row in rows
        ),
        heading=OfficialHeading(
            agency.name if agency is not None else "",
            f"Tổng hợp tình hình quản lý, sử dụng chữ ký số {named(period)}",
            period.last,
            note=NO_FORM,
        ),
        sheet_name="Báo cáo",
        numbered=True,
    )
    return stream.getvalue()
