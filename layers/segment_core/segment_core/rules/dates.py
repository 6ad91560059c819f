"""Dates, compared with days that stand still or move on: a column over the three scales of age.

`aging` has days as they are on one local date, and where time leads from there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Final

from segment_core.language import ast
from segment_core.rules.ages import BEYOND, FIXED, Age, Scale, Younger, reached
from segment_core.rules.formula import All, Formula, Literal
from segment_core.rules.program import Program
from segment_core.rules.sources import Source

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
    """A date; `source` finds the instant, or the date in the shop's zone: a course where another one follows."""

    def __init__(self, source: Source) -> None:
        self.source = source
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

    def settle(self, program: Program, number: int) -> None:
        """Make the tables, and write how they add to what is `dated`: rows that are refuted by dates as they are now.

        The number is that of the column's view, and the end of what it, the date and its class are called.
        """
        view, fact, seen = f"view{number}", f"fact{number}", f"seen{number}"
        search, instant, day = map(program.constant, (bisect_right, datetime, date))
        program.add(f"{fact} = {self.source(program)}")
        program.add(
            f"{seen} = {view}.missing if {fact} is None"
            f" else {view}.classes[{search}({view}.instants, {fact})] or {view}.seen({fact})"
            f" if (kind := {fact}.__class__) is {instant}"
            f" else {view}.classes[{search}({view}.days, {fact}.toordinal())] or {view}.seen({fact}) if kind is {day}"
            f" else {view}.seen({fact})"
        )
        program.add(f"dated |= {seen}.refuted")
        self.scales = [Tables(scale, one.ages, one.tables()) for scale, one in self._variables.items()]


class Tables:
    """One scale of a column: the ages that are asked for, and the rows that are refuted before, between and after.

    What a day refutes has a place: the first one is that of no day at all. `next_ages` has for each place the age at
    which a day goes on to the next one, or None; `when` is the scale's.
    """

    def __init__(self, scale: Scale, ages: Sequence[int], refuted: Sequence[int]) -> None:
        self.scale, self.ages, self.refuted = scale, ages, refuted
        self.rows = reduce(or_, refuted, 0)
        self.when = scale.when
        self.next_ages = [None, *(age if scale is not FIXED else None for age in ages), None]

    def reached(self, day: int, today: date) -> int:
        """The place of what the day, given as its ordinal, refutes on the local date `today`."""
        return 1 + bisect_right(self.ages, self.scale.age(day, today))

    def advanced(self, day: int, reached: int, today: int) -> tuple[int, int]:
        """The place of the day on a later day, and the day on which it goes on from there, or BEYOND."""
        while (age := self.next_ages[reached]) is not None:
            due = self.when(day, age)
            if due > today:
                return reached, due
            reached += 1
        return reached, BEYOND

    def after(self, day: int, reached: int) -> Iterator[tuple[int, int]]:
        """The days on which a day that has reached that place comes to refute something else."""
        while (age := self.next_ages[reached]) is not None and (coming := self.when(day, age)) < BEYOND:
            reached += 1
            yield coming, self.refuted[reached]
