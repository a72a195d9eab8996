"""The server's one clock; below views, cli, audit and serve the day is an argument.

The environment variable SO_TOKEN_NOW (an ISO 8601 instant with its offset, such as
``2026-11-21T08:00:00+07:00``) moves the clock for practice and for tests. The clock still runs
from there: two readings a second apart differ by a second.
"""

import os
import time
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

#: The zone in which the law counts days (Việt Nam has one, without summer time).
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

#: Since when a moved clock runs. A test begins it anew, or it would tell how long pytest has run.
RUNNING_SINCE = time.monotonic()


@cache
def _parse(wanted: str) -> datetime:
    instant = datetime.fromisoformat(wanted)
    if instant.tzinfo is None:
        raise ValueError(f"SO_TOKEN_NOW must carry an offset, as in {wanted}+07:00")
    return instant.astimezone(UTC)


def now() -> datetime:
    """Return the present instant, aware, in UTC.

    Raises ValueError when SO_TOKEN_NOW is set to something that is not an ISO instant with offset.
    """
    wanted = os.environ.get("SO_TOKEN_NOW")
    if not wanted:
        return datetime.now(UTC)
    return _parse(wanted) + timedelta(seconds=time.monotonic() - RUNNING_SINCE)


def today() -> date:
    """Return the present day in Việt Nam, which is the day the law counts with."""
    return now().astimezone(VIETNAM).date()
