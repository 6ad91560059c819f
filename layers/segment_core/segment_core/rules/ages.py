"""How old a date is, on three scales: of days, of months, and fixed ones for dates that stand still.

On each scale a larger number is an older date, and what a date is compared with is a pair of neighbouring numbers: from
the first on the date is not after it, from the second on it is before it. So comparing is finding a whole number among
sorted ones, every scale moves one way as time goes by, and what comes next is the next number up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from operator import add
from typing import Final, NamedTuple

from segment_core.calendar import first_day_reaching, month_length, resolve
from segment_core.language import ast
from segment_core.rules.variables import Variable

_DAYS: Final = {"d": 1, "w": 7}
_MONTHS: Final = {"m": 1, "y": 12}

FARTHEST_DAYS: Final = 36_525
FARTHEST_MONTHS: Final = 1_200
"""Offsets beyond a hundred years are left to the evaluator, which knows where the calendar ends."""

EARLIEST: Final = date(1200, 1, 1)
LATEST: Final = date(8800, 1, 1)
"""Days of which a hundred years before and after are in the calendar."""


BEYOND: Final = date.max.toordinal() + 1
"""No day of the calendar."""


class Scale(NamedTuple):
    """How old days are, which are given as ordinals.

    `age` of a day on a local date; `last` day that is of an age on a local date; `when` a day comes to an age, as the
    ordinal of a local date, or as BEYOND or a day after it.
    """

    age: Callable[[int, date], int]
    last: Callable[[int, date], int]
    when: Callable[[int, int], int]


@lru_cache(maxsize=16_384)
def _months_age(ordinal: int, today: date) -> int:
    """Twice the months; one more from the day of the month on, one more again after it."""
    day = date.fromordinal(ordinal)
    months = 12 * (today.year - day.year) + today.month - day.month
    # Most days are in every month.
    reached = today.day if today.day <= 28 else min(today.day, month_length(day.year, day.month))
    return 2 * months + (reached >= day.day) + (reached > day.day)


def _last_of_months(age: int, today: date) -> int:
    offset, passed = _month(age)
    return resolve(offset, today).toordinal() - passed


@lru_cache(maxsize=65_536)
def _when_of_months(ordinal: int, age: int) -> int:
    offset, passed = _month(age)
    # No day passes the last one there is, which then comes to both ages at once: so they stay in order.
    found = first_day_reaching(offset, date.fromordinal(min(ordinal + passed, BEYOND - 1)))
    return BEYOND if found is None else found.toordinal()


@lru_cache(maxsize=4_096)
def _month(age: int) -> tuple[ast.Offset, int]:
    """The offset that reaches a day at the age, and whether it has to reach the day after instead."""
    # An odd age is the one at which that many months ago is the day; the next is the one at which it is later.
    months, passed = divmod(age - 1, 2)
    return ast.Offset(-months, "m"), passed


FIXED: Final = Scale(
    age=lambda day, today: -day,
    last=lambda age, today: -age,
    when=lambda day, age: BEYOND,
)
DAYS: Final = Scale(
    age=lambda day, today: today.toordinal() - day,
    last=lambda age, today: today.toordinal() - age,
    when=add,
)
MONTHS: Final = Scale(_months_age, _last_of_months, _when_of_months)


def reached(expression: ast.Value) -> tuple[Scale, int] | None:
    """The scale on which the expression stands still, and the age of the day that it means; None if there is none."""
    match expression:
        case ast.Day(day):
            return FIXED, -day.toordinal()
        case ast.Named(name):
            return DAYS, 1 if name == "yesterday" else 0
        case ast.Offset(count, "d" | "w" as unit) if abs(count) * _DAYS[unit] <= FARTHEST_DAYS:
            return DAYS, -count * _DAYS[unit]
        case ast.Offset(count, "m" | "y" as unit) if abs(count) * _MONTHS[unit] <= FARTHEST_MONTHS:
            return MONTHS, -2 * count * _MONTHS[unit] + 1
    return None


class Younger(NamedTuple):
    """The date is younger than `age`, or (`negated`: at least that old). Missing dates are neither."""

    age: int
    negated: bool = False


class Age(Variable):
    """The age of a date on one scale. Classes: missing, then between the ages that are asked for.

    Condition None asks whether it is missing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ages: list[int] = []
        self._noted: set[int] = set()

    @property
    def count(self) -> int:
        """How many classes there are."""
        return 2 + len(self._noted)

    def note(self, condition: Younger | None) -> None:
        """Know of an age that will be asked."""
        if condition is not None:
            self._noted.add(condition.age)

    def classes(self, condition: Younger | None) -> int:
        """The classes in which the condition holds."""
        if condition is None:
            return 1
        if len(self.ages) != len(self._noted):
            self.ages = sorted(self._noted)
        younger = ((1 << 1 + bisect_right(self.ages, condition.age - 1)) - 1) << 1
        return (self.every ^ younger ^ 1) if condition.negated else younger
