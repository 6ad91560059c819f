"""Days as they get older: what a day refutes, and on which local date it comes to refute something else.

Dates on the same day are as old as each other, whoever has them. So a day is followed once for all customers, and what
was found of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from segment_core.rules.ages import BEYOND
from segment_core.rules.dates import Tables
from segment_core.rules.ordinals import day_of, start_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_KEPT: Final = 16_384
"""Steps that are kept for all dates of a set of definitions: a few megabytes."""


class Aging:
    """A day as it is on a local date: it refutes the rows `refuted` until the local date `when`.

    That is an ordinal, or BEYOND if it does so for good. The day itself lasts from `since` until `until`.
    """

    __slots__ = ("_day", "_days", "_later", "_reached", "refuted", "since", "until", "when")

    def __init__(self, days: Days, day: int, reached: Sequence[int], today: int) -> None:
        """The day on the local date `today`, before which it had reached these places in the tables."""
        refuted, places, soonest = 0, [], BEYOND
        for tables, place in zip(days.scales, reached, strict=True):
            place, due = tables.advanced(day, place, today)
            refuted |= tables.refuted[place]
            places.append(place)
            if due < soonest:
                soonest = due
        self._days, self._day, self._reached = days, day, places
        self._later: Aging | None = None
        self.refuted, self.when = refuted, soonest
        self.since, self.until = start_of(day, days.zone), start_of(day + 1, days.zone)

    def later(self) -> Aging:
        """The same day as it is from `when` on."""
        if self._later is None:
            self._later = self._days.keep(Aging(self._days, self._day, self._reached, self.when))
        return self._later


class Kept:
    """What is kept of days for a set of definitions, so that it can be given up together."""

    def __init__(self) -> None:
        self._steps = 0
        self._days: list[Days] = []

    def add(self, days: Days) -> None:
        """Give up the steps of these days too."""
        self._days.append(days)

    def count(self) -> None:
        """One step more is kept."""
        self._steps += 1
        if self._steps > _KEPT:
            for days in self._days:
                days.give_up()
            self._steps = 1


class Days:
    """The days that dates are on, as they are on these scales on the local date `today`."""

    def __init__(self, scales: Sequence[Tables], today: date, zone: ZoneInfo, kept: Kept) -> None:
        self.scales = scales
        self.zone = zone
        self._today, self._kept = today, kept
        self._known: dict[int, Aging] = {}
        self._same: dict[int, int] = {}
        kept.add(self)

    def of(self, fact: date) -> Aging:
        """The day that the date, or the instant, is on."""
        found = self._known.get(fact.toordinal())
        # What is no plain date is an instant, whose date is mostly the same in the zone as in UTC.
        if found is not None and (fact.__class__ is date or found.since <= fact < found.until):
            return found
        day = day_of(fact, self.zone)
        return self._known.get(day) or self._met(day)

    def _met(self, day: int) -> Aging:
        reached = [tables.reached(day, self._today) for tables in self.scales]
        found = self.keep(Aging(self, day, reached, self._today.toordinal()))
        self._known[day] = found
        return found

    def keep(self, one: Aging) -> Aging:
        """The same, which will be kept."""
        self._kept.count()
        # Many days refute the same rows, of which there may be thousands.
        one.refuted = self._same.setdefault(one.refuted, one.refuted)
        return one

    def give_up(self) -> None:
        """Keep nothing of what was found."""
        self._known.clear()
        self._same.clear()
