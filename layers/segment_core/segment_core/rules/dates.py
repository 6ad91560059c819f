"""Dates, compared with days that stand still or move on: a column over the three scales of age.

On one local date every day that is asked for is a day of the calendar. A `View` has them in order, as days and as the
instants at which they begin, so that one search finds what a date refutes. Where time leads from there the scales say.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache, reduce
from itertools import chain
from operator import or_
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from segment_core.calendar import BEGINNING, NEVER, day_start, local_date
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course
from segment_core.language import ast
from segment_core.rules.ages import BEYOND, FIXED, Age, Scale, Younger, reached
from segment_core.rules.formula import All, Formula, Literal

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Day = date | datetime | None

_LOW, _HIGH = 0, -1
_TERMS: Final[dict[str, tuple[tuple[int, int, bool], ...]]] = {
    # Of which bound, how much older than the day it means, and whether at least that old is asked (or younger).
    "=": ((_LOW, 1, False), (_LOW, 0, True)),
    ">": ((_LOW, 0, False),),
    ">=": ((_LOW, 1, False),),
    "<": ((_LOW, 1, True),),
    "<=": ((_LOW, 0, True),),
    "BETWEEN": ((_LOW, 1, False), (_HIGH, 0, True)),
}


class DateColumn:
    """A date; `read` finds the instant, or the date in the shop's zone, now and later."""

    def __init__(self, read: Callable[[Subject], Course[Any]]) -> None:
        self.read = read
        self._variables: dict[Scale, Age] = {}

    def missing(self) -> Literal:
        """There is no date."""
        return Literal(self._variable(FIXED), None)

    def compared(self, operator: str, values: Sequence[ast.Value]) -> Formula | None:
        """The comparison, which is not `!=`; None if one of the values is on no scale."""
        placed = [reached(value) for value in values]
        found = []
        for bound, older, negated in _TERMS[operator]:
            place = placed[bound]
            if place is None:
                return None
            scale, age = place
            condition = Younger(age + older, negated)
            self._variable(scale).note(condition)
            found.append(Literal(self._variable(scale), condition))
        return All(found)

    def _variable(self, scale: Scale) -> Age:
        return self._variables.setdefault(scale, Age())

    def settle(self) -> None:
        """Make the tables."""
        self.scales = [Tables(scale, one.ages, one.tables()) for scale, one in self._variables.items()]
        self.missing_refutes = reduce(or_, (tables.refuted[0] for tables in self.scales), 0)
        self.rows = reduce(or_, (rows for tables in self.scales for rows in tables.refuted), 0)
        self.moves = any(tables.scale is not FIXED and tables.ages for tables in self.scales)

    def on(self, day: int, today: date) -> int:
        """The rows that the day, given as its ordinal, refutes on the local date `today`."""
        refuted = 0
        for scale, ages, tables in self.scales:
            refuted |= tables[1 + bisect_right(ages, scale.age(day, today))]
        return refuted

    def aging(self, day: int, today: date, zone: ZoneInfo) -> Iterator[tuple[datetime, int]]:
        """When the day comes to ages that are asked for, with the rows that it refutes from then on."""
        now: list[int] = []
        coming: list[tuple[int, int, int]] = []
        for number, (scale, ages, refuted) in enumerate(self.scales):
            reached = bisect_right(ages, scale.age(day, today))
            now.append(refuted[reached + 1])
            if reached < len(ages):
                coming.append((scale.when(day, ages[reached]), number, reached))
        while coming:
            head = min(coming)
            when, number, reached = head
            if when >= BEYOND:
                return
            scale, ages, refuted = self.scales[number]
            now[number] = refuted[reached + 2]
            yield _start(when, zone), reduce(or_, now)
            coming.remove(head)
            if reached + 1 < len(ages):
                coming.append((scale.when(day, ages[reached + 1]), number, reached + 1))


class Tables(NamedTuple):
    """One scale of a column: the ages that are asked for, and the rows that are refuted before, between and after."""

    scale: Scale
    ages: Sequence[int]
    refuted: Sequence[int]


class View:
    """A column as it is on one local date: every class that days fall into, in order."""

    def __init__(self, column: DateColumn, today: date, zone: ZoneInfo) -> None:
        lasts = {tables.scale.last(age, today) for tables in column.scales for age in tables.ages}
        self._days = sorted(last + 1 for last in lasts)
        self._instants = [_start(day, zone) for day in self._days]
        self._refuted: list[int | None] = [None] * (len(self._days) + 1)
        self.read, self.rows = column.read, column.rows
        self._column = column
        self._today = today

    def refuted(self, fact: Day) -> int:
        """The rows that the date refutes."""
        if fact is None:
            return self._column.missing_refutes
        if isinstance(fact, datetime):
            number = bisect_right(self._instants, fact)
        else:
            number = bisect_right(self._days, fact.toordinal())
        found = self._refuted[number]
        if found is None:
            found = self._refuted[number] = self._column.on(self._sample(number), self._today)
        return found

    def later(self, facts: Course[Day], subject: Subject) -> Iterable[tuple[datetime, int]]:
        """The rows that the date refutes later."""
        fact, later = facts
        if later:
            return _later(self._column, fact, later, subject)
        if fact is None or not self._column.moves:
            return ()
        zone = subject.shop.zone
        return self._column.aging(_ordinal(fact, zone), self._today, zone)

    def _sample(self, number: int) -> int:
        """Any day of the class."""
        if not self._days:
            return self._today.toordinal()
        ordinal = self._days[number - 1] if number else self._days[0] - 1
        return min(max(ordinal, 1), BEYOND - 1)


@lru_cache(maxsize=65_536)
def _start(ordinal: int, zone: ZoneInfo) -> datetime:
    """The first instant of the day, which may lie beyond the calendar."""
    if ordinal < 1:
        return BEGINNING
    return NEVER if ordinal >= BEYOND else day_start(date.fromordinal(ordinal), zone)


def _ordinal(fact: date | datetime, zone: ZoneInfo) -> int:
    """The ordinal of a date, or of the latest date in the zone that had begun at an instant."""
    ordinal = fact.toordinal()
    if isinstance(fact, datetime):
        # It is at most a day from that in UTC, whose beginnings are known better than those of instants.
        while _start(ordinal, zone) > fact:
            ordinal -= 1
        while ordinal + 1 < BEYOND and _start(ordinal + 1, zone) <= fact:
            ordinal += 1
    return ordinal


def _later(
    column: DateColumn, fact: Day, later: Iterable[tuple[datetime, Day]], subject: Subject
) -> Iterator[tuple[datetime, int]]:
    """What a fact refutes as it ages, until another one takes its place."""
    since, zone = subject.at, subject.shop.zone
    for until, following in chain(later, ((NEVER, None),)):
        if fact is not None and column.moves:
            for instant, refuted in column.aging(_ordinal(fact, zone), local_date(since, zone), zone):
                if instant >= until:
                    break
                yield instant, refuted
        if until == NEVER:
            return
        since, fact = until, following
        if fact is None:
            yield since, column.missing_refutes
        else:
            yield since, column.on(_ordinal(fact, zone), local_date(since, zone))
