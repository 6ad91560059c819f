"""How everything random is drawn, crowded around the instants at which calendars are hardest.

Parts are plain functions of `draw`: strategies made anew for every example would cost most of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

ZONES = (
    "UTC",
    "Europe/Oslo",
    "America/New_York",
    "America/Santiago",  # no midnight on a day in September
    "Africa/Cairo",  # no midnight on a day in April, since 2023
    "America/Havana",  # no midnight in March, two in November
    "Asia/Beirut",  # no midnight in March
    "America/Sao_Paulo",  # no midnight in October, until 2018
    "America/St_Johns",  # clocks changed at 00:01, until 2011
    "Pacific/Apia",  # no 2011-12-30
    "Asia/Kolkata",
    "Australia/Lord_Howe",  # clocks change by half an hour
    "Pacific/Kiritimati",
)
T = TypeVar("T")
FIRST, LAST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


_CHOICES = [st.integers(0, last) for last in range(200)]


@lru_cache
def anchors(zone: ZoneInfo) -> Sequence[datetime]:
    """Noons (UTC) of days between FIRST and LAST at which calendars are hard: changes of clocks, ends of months."""
    days = [FIRST + timedelta(hours=12, days=day) for day in range((LAST - FIRST).days)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    changes = [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]
    ends = [day for day in days if day.year in (2024, 2026) and (day + timedelta(days=3)).month != day.month]
    return [*changes, *changes, *ends]


def pick(draw: st.DrawFn, choices: Sequence[T]) -> T:
    """One of the choices."""
    return choices[draw(_CHOICES[len(choices) - 1])]


def number(draw: st.DrawFn, low: int, high: int) -> int:
    """An integer between the two, both included."""
    return low + draw(_CHOICES[high - low])


def rarely(draw: st.DrawFn) -> bool:
    """True about once in eight."""
    return number(draw, 0, 7) == 7


def several(draw: st.DrawFn, most: int, one: Callable[[], T]) -> tuple[T, ...]:
    """Up to `most` of what `one` makes."""
    return tuple(one() for _ in range(number(draw, 0, most)))


def near(draw: st.DrawFn, instant: datetime, zone: ZoneInfo, days: int) -> datetime:
    """An instant at most about `days` away, often on a local midnight or a little beside it."""
    moved = instant + timedelta(days=number(draw, -days, days))
    if rarely(draw) or rarely(draw):
        return moved
    if rarely(draw) or rarely(draw):
        return moved + timedelta(seconds=number(draw, 0, 99) * 871, milliseconds=pick(draw, (0, 1, 999)))
    midnight = datetime.combine(moved.astimezone(zone).date(), datetime.min.time(), zone)
    return midnight.astimezone(UTC) + timedelta(seconds=pick(draw, (0, -1, 1, -60, 60, -3600, 3600)))
