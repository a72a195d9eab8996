"""How instants are written where authorities say that no end is known."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from signing.pades.report import iso
from signing.trust.revocation import show
from views.filters import giay, gio, ngay

ENDLESS = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280, 4.1.2.5; offline authorities also write it as the next update of a list."""


@pytest.mark.parametrize(
    ("write", "last", "usual"),
    [
        (ngay, "31/12/9999", "22/11/2026"),
        (gio, "31/12/9999 23:59", "22/11/2026 01:00"),
        (giay, "31/12/9999 23:59:59", "22/11/2026 01:00:00"),
        (show, "31/12/9999 23:59:59", "22/11/2026 01:00:00"),
        (iso, "9999-12-31T23:59:59+00:00", "2026-11-22T01:00:00+07:00"),
    ],
)
def test_an_end_that_no_calendar_here_has_is_written_as_it_is(
    write: Callable[[datetime], str], last: str, usual: str
) -> None:
    assert write(ENDLESS) == last
    assert write(datetime(2026, 11, 21, 18, tzinfo=UTC)) == usual
