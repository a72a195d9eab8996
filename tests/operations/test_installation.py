"""The first act of an office: what kind it is, and that practice data went before it."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from models import Agency, AuditEvent
from operations.installation import OfficeKind, begin, guess_kind
from rules.agencies import AgencyKind, AgencyLevel
from tests.cast import NOW


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("UBND xã Thử Nghiệm", OfficeKind.COMMUNE),
        ("Ủy ban nhân dân phường Thử Nghiệm", OfficeKind.COMMUNE),
        ("Sở Khoa học và Công nghệ", OfficeKind.DEPARTMENT),
        ("Văn phòng UBND tỉnh Thử Nghiệm", OfficeKind.DEPARTMENT),
        ("Ủy ban nhân dân tỉnh Thử Nghiệm", OfficeKind.PROVINCE),
        ("Trường Tiểu học Thử Nghiệm", OfficeKind.SCHOOL),
        ("Trung tâm Y tế Thử Nghiệm", OfficeKind.SERVICE_UNIT),
        ("Thử Nghiệm", OfficeKind.COMMUNE),
    ],
)
def test_a_name_mostly_says_what_the_office_is(name: str, kind: OfficeKind) -> None:
    assert guess_kind(name) is kind


def test_an_office_begins_as_what_it_is_and_tells_of_the_practice_before_it(
    db_session: Session,
) -> None:
    begin(
        db_session, actor=audit.system_actor(NOW), agency_name="Sở Thử Nghiệm", username="quantri",
        version="1", kind=OfficeKind.DEPARTMENT, after_practice=True,
    )  # fmt: skip
    root = db_session.scalars(select(Agency)).one()
    assert (root.level, root.kind) == (AgencyLevel.DEPARTMENT, AgencyKind.DEPARTMENT)
    events = db_session.scalars(select(AuditEvent.event).order_by(AuditEvent.seq)).all()
    assert events[:3] == ["installation.created", "practice.removed", "agency.created"]
