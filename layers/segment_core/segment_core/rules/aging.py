"""Days as they get older: what a day refutes, and on which local date it comes to refute something else.

Dates on the same day are as old as each other, whoever has them. So a day is followed once for all customers, and what
was found of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from segment_core.calendar import BEGINNING, NEVER, day_start
from segment_core.rules.ages import BEYOND
from segment_core.rules.dates import Tables

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_KEPT: Final = 4_096
"""Days that are kept for a column on a local date, each as often as it changes while it is followed."""


class Aging:
    """A day as it is on a local date: it refutes the rows `refuted` until the local date `when`.

    That is an ordinal, or BEYOND if it does so for good. The day itself lasts from `since` until `until`.
    """

    __slots__ = ("_day", "_days", "_later", "_reached", "refuted", "since", "until", "when")

    def __init__(self, days: Days, day: int, reached: Sequence[int], refuted: int, when: int) -> None:
        self._days, self._day, self._reached = days, day, reached
        self.refuted, self.when = refuted, when
        self.since, self.until = start_of(day, days.zone), start_of(day + 1, days.zone)
        self._later: Aging | None = None

    def later(self) -> Aging:
        """The same day as it is from `when` on."""
        if self._later is None:
            self._later = self._days.aged(self._day, self._reached, self.when)
        return self._later


class Days:
    """The days that dates of a column are on, as they are on the local date `today`."""

    def __init__(self, scales: Sequence[Tables], today: date, zone: ZoneInfo) -> None:
        self.zone = zone
        self._scales, self._today = scales, today
        self._known: dict[int, Aging] = {}
        self._same: dict[int, int] = {}
        self._made = 0

    def of(self, fact: date) -> Aging:
        """The day that the date, or the instant, is on."""
        day = fact.toordinal()
        found = self._known.get(day)
        if fact.__class__ is not datetime:
            return found or self._look(day)
        # The date of an instant is mostly the same in the zone as in UTC.
        if found is not None and found.since <= fact < found.until:
            return found
        day = ordinal(fact, self.zone)
        return self._known.get(day) or self._look(day)

    def _look(self, day: int) -> Aging:
        if self._made >= _KEPT:
            self._known.clear()
            self._same.clear()
            self._made = 0
        reached = [tables.reached(day, self._today) for tables in self._scales]
        found = self._known[day] = self.aged(day, reached, self._today.toordinal())
        return found

    def aged(self, day: int, reached: Sequence[int], today: int) -> Aging:
        """The day on a date before which it had reached these places in the tables."""
        self._made += 1
        refuted, places, when = 0, [], BEYOND
        for tables, place in zip(self._scales, reached, strict=True):
            place, due = tables.advanced(day, place, today)
            refuted |= tables.refuted[place]
            places.append(place)
            when = min(when, due)
        # Many days refute the same rows, of which there may be thousands.
        return Aging(self, day, tuple(places), self._same.setdefault(refuted, refuted), when)


@lru_cache(maxsize=16_384)
def midnight(day: int, zone: ZoneInfo) -> datetime | None:
    """The first instant of the day; None for one that the zone skipped, which begins together with the next one."""
    start = start_of(day, zone)
    return None if start == start_of(day + 1, zone) else start


@lru_cache(maxsize=65_536)
def start_of(ordinal: int, zone: ZoneInfo) -> datetime:
    """The first instant of the day, which may lie beyond the calendar."""
    if ordinal < 1:
        return BEGINNING
    return NEVER if ordinal >= BEYOND else day_start(date.fromordinal(ordinal), zone)


def ordinal(fact: datetime, zone: ZoneInfo) -> int:
    """The ordinal of the latest date in the zone that had begun at the instant."""
    # It is at most a day from that in UTC, whose beginnings are known better than those of instants.
    day = fact.toordinal()
    # A date that the zone skipped begins with the one after it, so that one step may not be enough.
    while fact < start_of(day, zone):
        day -= 1
    while day + 1 < BEYOND and fact >= start_of(day + 1, zone):
        day += 1
    return day
