"""Documents of the office besides our own letters: the ways of signing them, and their life.

The four ways are those of Bắc Ninh Điều 15; copies and annexes in a file of their own follow NĐ
30/2020, Phụ lục I. What may be done when is decided by `next_state` and `check_order`.
"""

from enum import StrEnum


class DocumentWay(StrEnum):
    """How a document is signed on its way out, or inside the office."""

    SEAL_OF_SCAN = "seal_of_scan"  # Điều 15.1: one signature of the agency over a scan
    PERSON_AND_AGENCY = "person_and_agency"  # Điều 15.2
    MANY_AND_AGENCY = "many_and_agency"  # Điều 15.3
    MANY_INSIDE = "many_inside"  # Điều 15.4: not issued
    COPY = "copy"  # sao y, sao lục, trích sao
    ANNEX = "annex"  # phụ lục in a file of its own
    DIGITISED = "digitised"  # số hóa tài liệu


class DocumentState(StrEnum):
    """Where a document of the office is."""

    DRAFT = "draft"
    SIGNING = "signing"
    SIGNED = "signed"  # all people have signed; the clerk's turn, or the end inside the office
    ISSUED = "issued"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """One signature that is wanted: its turn comes, it is given, or the document is returned."""

    WAITING = "waiting"
    DUE = "due"
    SIGNED = "signed"
    RETURNED = "returned"
    SKIPPED = "skipped"


class IncomingState(StrEnum):
    """What became of a document that came in."""

    CHECKED = "checked"
    ACCEPTED = "accepted"
    HELD = "held"
    REFUSED = "refused"
    DELETED = "deleted"  # Bắc Ninh Điều 16.2; hash and verdict stay


class PictureKind(StrEnum):
    """What a stored picture shows."""

    SIGNATURE = "signature"  # blue, of a person
    SEAL = "seal"  # red, of an agency, in its true size
    INITIALS = "initials"
