"""Local days from zoneinfo alone: the replay's own reading of the calendar, apart from the system's.

A day starts at its first existing instant: midnight can be missing, or come twice. The date of an
instant is that of the last day that had started.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)


@cache
def day_start(zone: ZoneInfo, day: date) -> datetime:
    """The first instant, in UTC, at which the zone's wall clock shows `day` or a later date."""
    # fold=0 is the earlier of two midnights. Where midnight is missing it is read with the offset
    # from before the gap, which is never before the gap: walk back to the gap's end.
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    while (start - SECOND).astimezone(zone).date() >= day:
        start -= SECOND
    return start


def local_date(zone: ZoneInfo, at: datetime) -> date:
    """The date of the last local day that had started at `at`."""
    day = at.astimezone(zone).date()
    return day + timedelta(days=1) if day_start(zone, day + timedelta(days=1)) <= at else day


def back(day: date, count: int, unit: str) -> date:
    """`day` minus that many days (d), weeks (w), months (m) or years (y), clamped to the month's end."""
    if unit in "dw":
        return day - timedelta(days=count * (7 if unit == "w" else 1))
    month = day.year * 12 + day.month - 1 - count * (12 if unit == "y" else 1)
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def midnights(zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    """The starts of all local days in `(after, until]`."""
    day, starts = local_date(zone, after), []
    while (start := day_start(zone, day := day + timedelta(days=1))) <= until:
        starts.append(start)
    return starts
