"""Anniversaries: when the day on which a date comes round is as a query asks, year after year.

A date comes round on its day of every year, before the date itself too; 29 February on the 28th in common years.
`=` and its like compare the anniversary in the year of the bound with the bound, so that the year matters on neither
side; BETWEEN holds if an anniversary of any year lies between its ends, over 31 December if need be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from segment_core.calendar import BEGINNING, NEVER, covers_a_year, is_leap, local_date, passing, resolve
from segment_core.evaluator.attributes import ATTRIBUTES, DateAttribute
from segment_core.evaluator.conditions import COMPLEMENTS
from segment_core.evaluator.metafields import read_date
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target
from segment_core.evaluator.timeline import Course, Timeline, Window, inverted, recurring
from segment_core.language import ast
from segment_core.language.vocabulary.metafields import PREFIX
from segment_core.record import record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# After this many years the calendar begins anew: what never flipped by then never does.
_PERIOD: Final = 400

Fact = datetime | date | None


@record
class AnniversaryCondition:
    """`op expression`, or BETWEEN with two expressions, for a day and month that return. Compared by identity.

    `!=` is not among the operators: it is the negation of `=`.
    """

    operator: str
    low: ast.DayExpression
    high: ast.DayExpression

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def windows(self, day: date, since: date, zone: ZoneInfo) -> Iterator[Window]:
        """The instants at which the condition holds for the anniversaries of `day`, from `since` on, in order."""
        if self.operator == "BETWEEN" and covers_a_year(self.low, self.high):
            yield BEGINNING, NEVER
            return
        years = self._years(since)
        for year in years[:-1]:
            yield _window(self, year, day.month, day.day, zone)
        start, end = _window(self, years[-1], day.month, day.day, zone)
        following = years[-1] + 1
        if len(years) == _PERIOD and following <= date.max.year:
            # The calendar begins anew: windows that overlapped until now go on to.
            end = NEVER if _window(self, following, day.month, day.day, zone)[0] <= end else end
        yield start, end

    def _years(self, since: date) -> range:
        """The years whose anniversaries can matter: all to come, but for an end that stands still."""
        if isinstance(self.high, ast.Day):
            last = self.high.date.year
            return range(max(last - 1, date.min.year), last + 1)
        if isinstance(self.low, ast.Day):
            first = self.low.date.year
            return range(first, min(first + 1, date.max.year) + 1)
        first = resolve(self.low, since).year
        return range(first, min(first + _PERIOD, date.max.year + 1))


@lru_cache(maxsize=65_536)
def _window(condition: AnniversaryCondition, year: int, month: int, day: int, zone: ZoneInfo) -> Window:
    """The window of one year; all who were born on the same day share it."""
    here = anniversary(month, day, year)
    low, high = passing(condition.low, here, zone), passing(condition.high, here, zone)
    if condition.operator in ("=", "BETWEEN"):
        return high.reached, low.passed
    begun = passing(condition.low, date(year, 1, 1), zone).reached
    over = NEVER if year == date.max.year else passing(condition.low, date(year + 1, 1, 1), zone).reached
    windows: dict[str, Window] = {
        ">": (begun, low.reached),
        ">=": (begun, low.passed),
        "<": (low.passed, over),
        "<=": (low.reached, over),
    }
    return windows[condition.operator]


def anniversary(month: int, day: int, year: int) -> date:
    """The day in that year; 29 February is kept on 28 February in common years."""
    return date(year, 2, 28) if (month, day) == (2, 29) and not is_leap(year) else date(year, month, day)


@record
class AnniversaryClause:
    """A date whose year does not matter; `negated` is `!=`."""

    read: Callable[[Subject], Course[Any]]
    condition: AnniversaryCondition
    negated: bool
    targets: Sequence[Target] = ()

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        answer = recurring(subject.at, self._windows(subject), subject.patience)
        return inverted(answer) if self.negated else answer

    def _windows(self, subject: Subject) -> Iterator[Window]:
        """For every fact that is the value for a while: when the condition holds for it, within that while."""
        fact: Fact
        fact, later = self.read(subject)
        since, zone = subject.at, subject.shop.zone
        for until, next_fact in chain(later, ((NEVER, None),)):
            if fact is not None:
                day = local_date(fact, zone) if isinstance(fact, datetime) else fact
                for start, end in self.condition.windows(day, local_date(since, zone), zone):
                    if start >= until:
                        break
                    yield max(start, since), min(end, until)
            since, fact = until, next_fact


def compile_anniversary(node: ast.Anniversary) -> AnniversaryClause:
    """The comparison, ready to be asked. Raises KeyError for what is no date of the tables."""
    negated = node.operator in COMPLEMENTS
    operator = COMPLEMENTS.get(node.operator, node.operator)
    condition = AnniversaryCondition(operator, node.values[0], node.values[-1])
    return AnniversaryClause(_date_reader(node.attribute), condition, negated)


def _date_reader(name: str) -> Callable[[Subject], Course[Any]]:
    if not name.startswith(PREFIX):
        attribute = ATTRIBUTES[name]
        if not isinstance(attribute, DateAttribute):
            raise KeyError(f"{name} is no date")
        return attribute.read
    read = read_date(name)
    return lambda subject: Course(read(subject))
