"""Days by their ordinals, as a zone has them: numbers are quicker to compare and to add to than dates and instants."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from segment_core.calendar import BEGINNING, NEVER, day_start
from segment_core.rules.ages import BEYOND

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@lru_cache(maxsize=65_536)
def start_of(day: int, zone: ZoneInfo) -> datetime:
    """The first instant of the day, which may lie beyond the calendar."""
    if day < 1:
        return BEGINNING
    return NEVER if day >= BEYOND else day_start(date.fromordinal(day), zone)


@lru_cache(maxsize=16_384)
def midnight(day: int, zone: ZoneInfo) -> datetime | None:
    """The first instant of the day; None for one that the zone skipped, which begins together with the next one."""
    start = start_of(day, zone)
    return None if start == start_of(day + 1, zone) else start


def day_of(fact: date, zone: ZoneInfo) -> int:
    """The day of a date; of an instant the latest day in the zone that had begun."""
    day = fact.toordinal()
    if isinstance(fact, datetime):
        # It is at most a day from that in UTC, whose beginnings are known better than those of instants.
        # A date that the zone skipped begins with the one after it, so that one step may not be enough.
        while fact < start_of(day, zone):
            day -= 1
        while day + 1 < BEYOND and fact >= start_of(day + 1, zone):
            day += 1
    return day
