"""What the operators mean: one table for values that are compared, one for facts that time passes.

`!=` and `NOT IN` are the exact complements of `=` and `IN`, so they hold for a missing value; no other
operator does. Texts are compared as Unicode composes them, those of the query and those of facts.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from segment_core.calendar import BEGINNING, NEVER, Passing, local_date, passing, resolve
from segment_core.evaluator.timeline import Window
from segment_core.language import ast
from segment_core.language.spelling import composed
from segment_core.record import record

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Literal = str | Decimal | bool
Test = Callable[[Any], bool]

COMPLEMENTS: Final = {"!=": "=", "NOT IN": "IN", "NOT STARTS WITH": "STARTS WITH"}
"""Operators that are answered by negating another."""

_PREFIX: Final = ("STARTS WITH", "NOT STARTS WITH")

_ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

ALWAYS: Final[tuple[Window, ...]] = ((BEGINNING, NEVER),)

_WINDOWS: Final[dict[str, Callable[[Passing, Passing], tuple[Window, ...]]]] = {
    # From the passing of the low and the high bound (the same one, but for BETWEEN) to the instants at
    # which the condition holds for the fact.
    "=": lambda low, high: ((high.reached, low.passed),),
    "!=": lambda low, high: ((BEGINNING, high.reached), (low.passed, NEVER)),
    ">": lambda low, high: ((BEGINNING, low.reached),),
    ">=": lambda low, high: ((BEGINNING, low.passed),),
    "<": lambda low, high: ((high.passed, NEVER),),
    "<=": lambda low, high: ((high.reached, NEVER),),
    "BETWEEN": lambda low, high: ((high.reached, low.passed),),
}


# Operators that hold for no fact which the (low) bound has passed.
_UNTIL_PASSED: Final = ("=", ">", ">=", "BETWEEN")


@record
class DateCondition:
    """`op expression`, or BETWEEN with two expressions, for a fact that has an instant or lacks it.

    Compared by identity, so that it is a cheap key.
    """

    operator: str
    low: ast.DateExpression
    high: ast.DateExpression
    # Whether a bound has a time of day; else all facts of a date share their windows.
    timed: bool

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def windows(self, fact: datetime | date | None, zone: ZoneInfo) -> tuple[Window, ...]:
        """The instants at which the condition holds for the fact, in order, not overlapping.

        A fact that is a date is one of the shop's zone; compared with a time of day, it is the start of that date.
        """
        if fact is None:
            return ALWAYS if self.operator in COMPLEMENTS else ()
        if self.timed:
            return _windows(self, fact, zone)
        return _windows_of_day(self, local_date(fact, zone) if isinstance(fact, datetime) else fact, zone)

    def windows_after(self, at: datetime, fact: datetime | date | None, zone: ZoneInfo) -> tuple[Window, ...]:
        """The same, without those of a fact for which it is all over at `at`: most facts are old."""
        if fact is None or self.timed or self.operator not in _UNTIL_PASSED:
            return self.windows(fact, zone)
        day = local_date(fact, zone) if isinstance(fact, datetime) else fact
        return () if day < _first_day(self, local_date(at, zone)) else _windows_of_day(self, day, zone)


def _windows(condition: DateCondition, fact: datetime | date, zone: ZoneInfo) -> tuple[Window, ...]:
    low = passing(condition.low, fact, zone)
    high = low if condition.high is condition.low else passing(condition.high, fact, zone)
    return _WINDOWS[condition.operator](low, high)


@lru_cache(maxsize=65_536)
def _windows_of_day(condition: DateCondition, day: date, zone: ZoneInfo) -> tuple[Window, ...]:
    return _windows(condition, day, zone)


@lru_cache(maxsize=4096)
def _first_day(condition: DateCondition, today: date) -> date:
    if isinstance(condition.low, ast.Moment):
        raise TypeError("a moment is no day")
    return resolve(condition.low, today)


def date_condition(operator: str, values: Sequence[ast.Value]) -> DateCondition:
    """The condition on a date. Raises TypeError for values that are no dates, KeyError for another operator."""
    low, high = values[0], values[-1]
    if not isinstance(low, ast.DateExpression) or not isinstance(high, ast.DateExpression):
        raise TypeError("a date is compared with a date")
    if operator not in _WINDOWS:
        raise KeyError(operator)
    return DateCondition(operator, low, high, isinstance(low, ast.Moment) or isinstance(high, ast.Moment))


def value_test(operator: str, values: Sequence[ast.Value]) -> Test:
    """The test on a number or a text. Raises TypeError for dates, KeyError for an unknown operator."""
    wanted = [literal(value) for value in values]
    if operator in _ORDERINGS:
        holds, bound = _ORDERINGS[operator], wanted[0]
        return lambda seen: seen is not None and holds(seen, bound)
    if operator in _PREFIX:
        return prefix_test(operator, values[0], composed)
    if operator == "BETWEEN":
        low, high = wanted
        return lambda seen: seen is not None and low <= seen <= high
    among = frozenset(wanted).__contains__
    return _complemented(operator, lambda seen: among(composed(seen) if isinstance(seen, str) else seen))


def text_test(operator: str, values: Sequence[ast.Value], same: Callable[[str, str], bool]) -> Test:
    """The test on a text for which `same(seen, wanted)` is equality."""
    wanted = [text(value) for value in values]
    return _complemented(operator, lambda seen: seen is not None and any(same(composed(seen), one) for one in wanted))


def element_test(operator: str, values: Sequence[ast.Value], fold: Callable[[str], str]) -> Test:
    """Whether an element of the list seen is one of the values, or starts with it, both as `fold` spells them."""
    if operator in _PREFIX:
        starts = prefix_test("STARTS WITH", values[0], fold)
        return _complemented(operator, lambda seen: any(map(starts, seen)))
    wanted = frozenset(fold(text(value)) for value in values)
    return _complemented(operator, lambda seen: any(fold(element) in wanted for element in seen))


def any_test(operator: str, values: Sequence[ast.Value]) -> Test:
    """The test that one of the values seen is as asked. Raises as `value_test` does."""
    one = value_test(COMPLEMENTS.get(operator, operator), values)
    return negated_if(operator in COMPLEMENTS, lambda seen: any(map(one, seen)))


def prefix_test(operator: str, value: ast.Value, fold: Callable[[str], str]) -> Test:
    """The test on a text that is to start with the value, both as `fold` spells them."""
    wanted = fold(text(value))
    return _complemented(operator, lambda seen: isinstance(seen, str) and fold(seen).startswith(wanted))


def on(read: Callable[[Any], Any], test: Test) -> Test:
    """The test on what `read` finds."""
    return lambda row: test(read(row))


def every(tests: Sequence[Test]) -> Test | None:
    """The test that all of them pass; None, which is cheaper to ask, without any."""
    if len(tests) <= 1:
        return tests[0] if tests else None
    return lambda row: all(test(row) for test in tests)


def literal(value: ast.Value) -> Literal:
    """The value of a literal that is no date. Raises TypeError for a date."""
    if isinstance(value, ast.Text):
        return composed(value.value)
    if isinstance(value, ast.Number | ast.Truth):
        return value.value
    raise TypeError("a date stands where a number or a text is compared")


def text(value: ast.Value) -> str:
    """The value of a text literal. Raises TypeError for any other."""
    if isinstance(value, ast.Text):
        return composed(value.value)
    raise TypeError("a text is compared with a text")


def negated_if(negated: bool, holds: Test) -> Test:
    """The test, or its exact complement."""
    return (lambda seen: not holds(seen)) if negated else holds


def _complemented(operator: str, holds: Test) -> Test:
    if operator in COMPLEMENTS:
        return lambda seen: not holds(seen)
    if operator in COMPLEMENTS.values():
        return holds
    raise KeyError(operator)
