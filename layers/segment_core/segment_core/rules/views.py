"""Dates as they are on one local date: one search finds what a date refutes, and where time leads from there.

Every day that is asked for is a day of the calendar then. A view has them in order, as days and as the instants at
which they begin; days between two of them are a class, and all of a class are as old as each other on every scale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache, reduce
from itertools import chain
from operator import or_
from typing import TYPE_CHECKING

from segment_core.calendar import BEGINNING, NEVER, day_start, local_date
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, replayed
from segment_core.record import record
from segment_core.rules.ages import BEYOND
from segment_core.rules.dates import DateColumn, Day, Tables

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Moving = tuple[int, Iterable[tuple[datetime, int]]]
"""The rows that are refuted, and from when on which others are."""


@record
class DayClass:
    """What days of one class have in common: the rows that they refute, and the place they reached in each table.

    `ahead` are the tables in which they come to another place, as their rows, the age for it, and when days are so old.
    """

    refuted: int
    places: Sequence[tuple[Tables, int]]
    ahead: Sequence[tuple[int, int, Callable[[int, int], int]]]


class View:
    """A column as it is on one local date.

    `classes` are those between the `days` that are asked for, which begin at `instants`; None while nobody was in one.
    """

    __slots__ = ("_scales", "_today", "classes", "days", "instants", "missing")

    def __init__(self, column: DateColumn, today: date, zone: ZoneInfo) -> None:
        lasts = {tables.scale.last(age, today) for tables in column.scales for age in tables.ages}
        self.days = sorted(last + 1 for last in lasts)
        self.instants = [start_of(day, zone) for day in self.days]
        self.classes: list[DayClass | None] = [None] * (len(self.days) + 1)
        self.missing = _seen([(tables, 0) for tables in column.scales])
        self._scales = column.scales
        self._today = today

    def seen(self, fact: object) -> DayClass:
        """The class of the date, or of the one that it is now; what is no date is as good as missing."""
        day = fact.now if isinstance(fact, Course) else fact
        if isinstance(day, datetime):
            number = bisect_right(self.instants, day)
        elif isinstance(day, date):
            number = bisect_right(self.days, day.toordinal())
        else:
            return self.missing
        return self.classes[number] or self._look(number)

    def _look(self, number: int) -> DayClass:
        day = self._sample(number)
        found = _seen([(tables, tables.reached(day, self._today)) for tables in self._scales])
        self.classes[number] = found
        return found

    def _sample(self, number: int) -> int:
        """Any day of the class."""
        if not self.days:
            return self._today.toordinal()
        ordinal = self.days[number - 1] if number else self.days[0] - 1
        return min(max(ordinal, 1), BEYOND - 1)


class Aging:
    """A date that gets older: the rows that it refutes until the day `when`, an ordinal, on which it may be others.

    Only scales are followed that say something of a row that is `live`.
    """

    __slots__ = ("_day", "_live", "_places", "refuted", "when")

    def __init__(self, day: int, seen: DayClass, live: int, when: int) -> None:
        self._day, self._places, self._live = day, seen.places, live
        self.refuted, self.when = seen.refuted, when

    def advance(self) -> None:
        """Go on to the day `when`, and find out which one is next."""
        live, refuted, places, soonest = self._live, 0, [], BEYOND
        for tables, reached in self._places:
            if tables.rows & live:
                reached, due = tables.advanced(self._day, reached, self.when)
                refuted |= tables.refuted[reached]
                places.append((tables, reached))
                if due < soonest:
                    soonest = due
        self.refuted, self._places, self.when = refuted, places, soonest


def getting_older(fact: date, seen: DayClass, zone: ZoneInfo, live: int) -> Aging | None:
    """The date as it gets older; None if it will not refute any other row that is `live`."""
    day, soonest = 0, BEYOND
    for rows, age, when in seen.ahead:
        if rows & live:
            day = day or _ordinal(fact, zone)
            due = when(day, age)
            if due < soonest:
                soonest = due
    return Aging(day, seen, live, soonest) if soonest < BEYOND else None


def following(fact: object, seen: DayClass, subject: Subject, live: int) -> Iterable[Moving]:
    """For each scale what the date refutes, and the instants from which on that is something else.

    Other dates may take its place then.
    """
    day = fact if isinstance(fact, date) else None
    course = replayed(fact) if isinstance(fact, Course) else Course(day)  # each scale follows it for itself
    return [
        (tables.refuted[reached], _later(tables, course, subject))
        for tables, reached in seen.places
        if tables.rows & live
    ]


def _seen(places: Sequence[tuple[Tables, int]]) -> DayClass:
    refuted = reduce(or_, [tables.refuted[reached] for tables, reached in places], 0)
    ages = [(tables, tables.next_ages[reached]) for tables, reached in places]
    return DayClass(refuted, places, [(tables.rows, age, tables.when) for tables, age in ages if age is not None])


@lru_cache(maxsize=65_536)
def start_of(ordinal: int, zone: ZoneInfo) -> datetime:
    """The first instant of the day, which may lie beyond the calendar."""
    if ordinal < 1:
        return BEGINNING
    return NEVER if ordinal >= BEYOND else day_start(date.fromordinal(ordinal), zone)


def _ordinal(fact: date | datetime, zone: ZoneInfo) -> int:
    """The ordinal of a date, or of the latest date in the zone that had begun at an instant."""
    ordinal = fact.toordinal()
    if fact.__class__ is datetime:
        # It is at most a day from that in UTC, whose beginnings are known better than those of instants.
        since, until = _bounds(ordinal, zone)
        # A date that the zone skipped begins with the one after it, so that one step may not be enough.
        while fact < since:
            ordinal -= 1
            since = _bounds(ordinal, zone)[0]
        while fact >= until and ordinal + 1 < BEYOND:
            ordinal += 1
            until = _bounds(ordinal, zone)[1]
    return ordinal


@lru_cache(maxsize=16_384)
def _bounds(ordinal: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the day, and that of the next one."""
    return start_of(ordinal, zone), start_of(ordinal + 1, zone)


def _later(tables: Tables, facts: Course[Day], subject: Subject) -> Iterator[tuple[datetime, int]]:
    """What a fact refutes as it ages, until another one takes its place."""
    since, zone = subject.at, subject.shop.zone
    fact, later = facts
    reached = _reached(tables, fact, since, zone)
    for until, next_fact in chain(later, ((NEVER, None),)):
        if fact is not None:
            for ordinal, refuted in tables.after(_ordinal(fact, zone), reached):
                instant = start_of(ordinal, zone)
                if instant >= until:
                    break
                yield instant, refuted
        if until == NEVER:
            return
        since, fact = until, next_fact
        reached = _reached(tables, fact, since, zone)
        yield since, tables.refuted[reached]


def _reached(tables: Tables, fact: Day, at: datetime, zone: ZoneInfo) -> int:
    return 0 if fact is None else tables.reached(_ordinal(fact, zone), local_date(at, zone))
