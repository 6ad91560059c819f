"""Dates as they are on one local date: one search finds what a date refutes, and what it may come to refute.

Every day that is asked for is a day of the calendar then. A view has them in order, as days and as the instants at
which they begin; days between two of them are a class, and all of a class are as old as each other on every scale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import reduce
from itertools import chain
from operator import or_
from typing import TYPE_CHECKING

from segment_core.calendar import NEVER, local_date
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, replayed
from segment_core.record import record
from segment_core.rules.ages import BEYOND
from segment_core.rules.aging import Days, Kept
from segment_core.rules.dates import DateColumn, Day, Tables
from segment_core.rules.ordinals import day_of, start_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Moving = tuple[int, Iterable[tuple[datetime, int]]]
"""The rows that are refuted, and from when on which others are."""


@record
class DayClass:
    """Days that refute the same rows; as they get older, the fate of no other rows than `moving` changes."""

    refuted: int
    moving: int


class View:
    """A column as it is on the local date `today`.

    `classes` are those between the `days` that are asked for, which begin at `instants`; None while nobody was in one.
    """

    def __init__(self, column: DateColumn, today: date, zone: ZoneInfo, kept: Kept) -> None:
        lasts = {tables.scale.last(age, today) for tables in column.scales for age in tables.ages}
        self.days = sorted(last + 1 for last in lasts)
        self.instants = [start_of(day, zone) for day in self.days]
        self.classes: list[DayClass | None] = [None] * (len(self.days) + 1)
        self._scales = column.scales
        self._today = today
        self.aging = Days(column.scales, today, zone, kept)
        self._rows = reduce(or_, (tables.rows for tables in column.scales), 0)
        self.missing = self._class([0] * len(column.scales))

    def seen(self, fact: object) -> DayClass:
        """The class of the date, or of the one that it is now; what is no date is as good as missing."""
        if isinstance(fact, Course):
            return DayClass(self.seen(fact.now).refuted, self._rows)
        if isinstance(fact, datetime):
            number = bisect_right(self.instants, fact)
        elif isinstance(fact, date):
            number = bisect_right(self.days, fact.toordinal())
        else:
            return self.missing
        return self.classes[number] or self._class_of(number)

    def _class_of(self, number: int) -> DayClass:
        day = self._sample(number)
        found = self._class([tables.reached(day, self._today) for tables in self._scales])
        self.classes[number] = found
        return found

    def _sample(self, number: int) -> int:
        """Any day of the class."""
        if not self.days:
            return self._today.toordinal()
        day = self.days[number - 1] if number else self.days[0] - 1
        return min(max(day, 1), BEYOND - 1)

    def _class(self, reached: Sequence[int]) -> DayClass:
        refuted = moving = 0
        for tables, place in zip(self._scales, reached, strict=True):
            refuted |= tables.refuted[place]
            if tables.next_ages[place] is not None:
                moving |= tables.rows
        return DayClass(refuted, moving)


def following(fact: object, column: DateColumn, subject: Subject, live: int) -> Iterator[Moving]:
    """For each scale that says something of a `live` row: what the date refutes, and when it is something else.

    Other dates may take its place then.
    """
    zone, at = subject.shop.zone, subject.at
    # Each scale follows a course for itself.
    course = replayed(fact) if isinstance(fact, Course) else Course(fact if isinstance(fact, date) else None)
    for tables in column.scales:
        if tables.rows & live:
            yield tables.refuted[_reached(tables, course.now, at, zone)], _later(tables, course, subject)


def _later(tables: Tables, facts: Course[Day], subject: Subject) -> Iterator[tuple[datetime, int]]:
    """What a fact refutes as it ages, until another one takes its place."""
    since, zone = subject.at, subject.shop.zone
    fact, later = facts
    reached = _reached(tables, fact, since, zone)
    for until, next_fact in chain(later, ((NEVER, None),)):
        if fact is not None:
            for day, refuted in tables.after(day_of(fact, zone), reached):
                instant = start_of(day, zone)
                if instant >= until:
                    break
                yield instant, refuted
        if until == NEVER:
            return
        since, fact = until, next_fact
        reached = _reached(tables, fact, since, zone)
        yield since, tables.refuted[reached]


def _reached(tables: Tables, fact: Day, at: datetime, zone: ZoneInfo) -> int:
    return 0 if fact is None else tables.reached(day_of(fact, zone), local_date(at, zone))
