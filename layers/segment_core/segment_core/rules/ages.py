"""How old a date is, on three scales: of days, of months, and fixed ones for dates that stand still.

On each scale a larger number is an older date, and what a date is compared with is a pair of neighbouring numbers: from
the first on the date is not after it, from the second on it is before it. So comparing is finding a whole number among
sorted ones, every scale moves one way as time goes by, and what comes next is the next number up.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, NamedTuple

from segment_core.calendar import first_day_reaching, resolve
from segment_core.language import ast
from segment_core.rules.variables import Variable

_DAY = timedelta(days=1)
_DAYS: Final = {"d": 1, "w": 7}
_MONTHS: Final = {"m": 1, "y": 12}

FARTHEST_DAYS: Final = 36_525
FARTHEST_MONTHS: Final = 1_200
"""Offsets beyond a hundred years are left to the evaluator, which knows where the calendar ends."""

EARLIEST: Final = date(1200, 1, 1)
LATEST: Final = date(8800, 1, 1)
"""Days of which a hundred years before and after are in the calendar."""


class Scale(NamedTuple):
    """How old days are.

    `age` of a day on a local date; `last` day, as an ordinal, that is of an age on a local date; `day`, the local date
    on which a day comes to an age.
    """

    age: Callable[[date, date], int]
    last: Callable[[int, date], int]
    day: Callable[[date, int], date | None]


def _day_of_days(day: date, age: int) -> date | None:
    ordinal = day.toordinal() + age
    return date.fromordinal(ordinal) if ordinal <= date.max.toordinal() else None


def _months_age(day: date, today: date) -> int:
    """Twice the months; one more from the day of the month on, one more again after it."""
    months = 12 * (today.year - day.year) + today.month - day.month
    reached = min(today.day, monthrange(day.year, day.month)[1])
    return 2 * months + (reached >= day.day) + (reached > day.day)


def _last_of_months(age: int, today: date) -> int:
    months, passed = divmod(age - 1, 2)
    return resolve(ast.Offset(-months, "m"), today).toordinal() - passed


def _day_of_months(day: date, age: int) -> date | None:
    # An odd age is the one at which that many months ago is the day; the next is the one at which it is later.
    months, passed = divmod(age - 1, 2)
    if passed and day == date.max:
        return None
    return first_day_reaching(ast.Offset(-months, "m"), day + _DAY if passed else day)


FIXED: Final = Scale(
    age=lambda day, today: -day.toordinal(),
    last=lambda age, today: -age,
    day=lambda day, age: None,
)
DAYS: Final = Scale(
    age=lambda day, today: today.toordinal() - day.toordinal(),
    last=lambda age, today: today.toordinal() - age,
    day=_day_of_days,
)
MONTHS: Final = Scale(_months_age, _last_of_months, _day_of_months)
SCALES: Final = (FIXED, DAYS, MONTHS)


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
