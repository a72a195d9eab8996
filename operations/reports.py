"""Báo cáo năm of an agency: what is typed is kept, sent as it stands, reopened with a reason."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import Conflict, Refused, expect_version, transaction
from rules.names import nfc
from rules.reports import NUMBERS, BadPeriod, Figure, ReportState, Section, year_period
from schema.reports import YearReport

NOUN = "report"
LONGEST_TEXT = 5_000
MOST = 100_000_000
_LONGEST_REASON = 500

Sections = Mapping[Section, int | str]


@dataclass(frozen=True)
class Sending:
    """How a report went out. Number and date are those typed on the paper; they may be missing."""

    sent_on: date
    sent_to: str
    document_number: str = ""
    document_on: date | None = None


def sections_of(report: YearReport | None) -> dict[Section, int | str]:
    """What was typed, by section."""
    kept = report.sections if report is not None else {}
    return {section: kept[section.value] for section in Section if section.value in kept}


def figures_of(report: YearReport) -> dict[Figure, int]:
    """What the register had counted when the report was sent."""
    return {figure: report.figures.get(figure.value, 0) for figure in Figure}


def save(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    year: int,
    sections: Sections,
    version: int | None,
) -> None:
    """Keep what was typed for a year; `version` None where no report was begun yet.

    Raises `Refused` for a year that cannot be reported, numbers or texts that cannot be, a report
    already sent; `Conflict` when somebody else wrote meanwhile.
    """
    wanted = _checked(sections)
    try:
        year_period(year, on=actor.today)
    except BadPeriod as error:
        raise Refused(str(error)) from error
    with transaction(session):
        report = _find(session, agency_id, year)
        if report is None:
            if version is not None:
                raise Conflict("Báo cáo này không còn. Hãy mở lại trang.")
            report = YearReport(agency_id=agency_id, year=year, state=ReportState.DRAFT, version=0)
            session.add(report)
        elif version is None:
            raise Conflict("Người khác vừa lập báo cáo này. Hãy xem lại rồi ghi lại.")
        else:
            expect_version(report, version)
        _refuse_sent(report)
        before = dict(report.sections or {})
        report.sections = wanted
        changed = sorted(key for key in {*before, *wanted} if before.get(key) != wanted.get(key))
        _touch(report, actor)
        _tell(session, actor, "report.saved", report, year=year, changed=changed)


def send(
    session: Session,
    *,
    actor: Actor,
    agency_id: int,
    year: int,
    version: int,
    sending: Sending,
    figures: Mapping[Figure, int],
) -> None:
    """Write down that the report went out, with the figures as they were shown.

    Raises `Refused` when it has gone already, without a receiver, or for a day to come; `Conflict`.
    """
    with transaction(session):
        report = _load(session, agency_id, year, version)
        _refuse_sent(report)
        receiver = nfc(sending.sent_to).strip()
        if not receiver:
            raise Refused("Hãy ghi nơi nhận báo cáo.")
        if sending.sent_on > actor.today:
            raise Refused("Ngày gửi không được sau ngày hôm nay.")
        if sending.sent_on < date(year, 1, 1):
            raise Refused("Ngày gửi không được trước năm của báo cáo.")
        report.state = ReportState.SENT
        report.figures = {figure.value: count for figure, count in figures.items()}
        report.sent_on, report.sent_to = sending.sent_on, receiver[:300]
        report.document_number = nfc(sending.document_number).strip()[:40]
        report.document_on = sending.document_on
        _touch(report, actor)
        day = f"{sending.sent_on:%Y-%m-%d}"
        _tell(session, actor, "report.sent", report, year=year, day=day)


def reopen(
    session: Session, *, actor: Actor, agency_id: int, year: int, version: int, reason: str
) -> None:
    """Open a sent report again to correct it; figures follow the register until it is sent again.

    Raises `Refused` without a reason or when it was not sent, `Conflict`.
    """
    said = nfc(reason).strip()
    with transaction(session):
        report = _load(session, agency_id, year, version)
        if report.state is not ReportState.SENT:
            raise Refused("Báo cáo này chưa gửi nên không cần mở lại.")
        if not said or len(said) > _LONGEST_REASON:
            raise Refused(f"Hãy ghi lý do mở lại, không quá {_LONGEST_REASON} ký tự.")
        report.state, report.reopened_reason = ReportState.DRAFT, said
        _touch(report, actor)
        digest = hashlib.sha256(said.encode()).hexdigest()
        _tell(session, actor, "report.reopened", report, year=year, reason_sha256=digest)


def _checked(sections: Sections) -> dict[str, int | str]:
    """The sections as they are stored: no empty ones, numbers that can be, texts of our letters."""
    wanted: dict[str, int | str] = {}
    for section, value in sections.items():
        if section in NUMBERS:
            if not isinstance(value, int) or not 0 <= value <= MOST:
                raise Refused("Các số lượng phải là số nguyên từ 0 trở lên.")
            wanted[section.value] = value
        elif text := nfc(str(value)).strip():
            if len(text) > LONGEST_TEXT:
                raise Refused(f"Mỗi mục không quá {LONGEST_TEXT} ký tự.")
            wanted[section.value] = text
    return wanted


def _find(session: Session, agency_id: int, year: int) -> YearReport | None:
    return session.scalar(
        select(YearReport).where(YearReport.agency_id == agency_id, YearReport.year == year)
    )


def _load(session: Session, agency_id: int, year: int, version: int) -> YearReport:
    report = _find(session, agency_id, year)
    if report is None:
        raise Refused("Chưa lập báo cáo của năm này.")
    expect_version(report, version)
    return report


def _refuse_sent(report: YearReport) -> None:
    if report.state is ReportState.SENT:
        raise Refused("Báo cáo đã gửi. Muốn sửa, hãy mở lại và ghi lý do.")


def _touch(report: YearReport, actor: Actor) -> None:
    if actor.user_id is None:
        raise Refused("Việc này cần một người đăng nhập chịu trách nhiệm.")
    report.changed_by_id, report.changed_at = actor.user_id, actor.at
    report.version += 1


def _tell(
    session: Session, actor: Actor, event: str, report: YearReport, **body: int | str | list[str]
) -> None:
    session.flush()
    audit.record(
        session,
        event,
        actor=actor,
        noun=NOUN,
        object_id=report.id,
        agency_id=report.agency_id,
        **body,  # type: ignore[arg-type] # the keys of each event are checked by audit itself
    )
