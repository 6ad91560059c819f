"""Compiled clauses: what a clause reads, and the test that its value must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

from segment_core.calendar import NEVER
from segment_core.errors import InvalidQuery
from segment_core.evaluator.attributes import (
    ATTRIBUTES,
    Attribute,
    DateAttribute,
    ListAttribute,
    NumberAttribute,
    TextAttribute,
)
from segment_core.evaluator.conditions import DateCondition, Test, date_condition, element_test, text_test
from segment_core.evaluator.functions import compile_choice
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target, target
from segment_core.evaluator.timeline import Course, Timeline, Window, during, stepwise
from segment_core.language import ast
from segment_core.language.problems import Problem

Reader = Callable[[Subject], Course[Any]]


@dataclass(frozen=True, slots=True)
class ValueClause:
    """A value that passes a test or does not; `targets` are what the test asks of totals."""

    read: Reader
    test: Test
    targets: Sequence[Target] = ()

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        return stepwise(self.read(subject), self.test)


@dataclass(frozen=True, slots=True)
class DateClause:
    """An instant that time passes."""

    read: Callable[[Subject], Course[datetime | None]]
    condition: DateCondition

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        return during(subject.at, self._windows(subject))

    def _windows(self, subject: Subject) -> Iterator[Window]:
        """For every fact that is the value for a while: when the condition holds for it, within that while."""
        fact, later = self.read(subject)
        since, zone = subject.at, subject.shop.zone
        for until, next_fact in (*later, (NEVER, None)):
            for start, end in self.condition.windows(fact, zone):
                yield max(start, since), min(end, until)
            since, fact = until, next_fact


Clause = ValueClause | DateClause


def compile_clause(node: ast.Clause) -> Clause:
    """The clause, ready to be asked, without the negation of CONTAINS, MATCHES and IS NULL.

    Raises InvalidQuery for what the tables do not hold; the language refuses that earlier, in better words.
    """
    try:
        match node:
            case ast.Comparison():
                return _compared(ATTRIBUTES[node.attribute], node.operator, (node.value,))
            case ast.Between():
                return _compared(ATTRIBUTES[node.attribute], "BETWEEN", (node.low, node.high))
            case ast.Contains():
                return _compared(ATTRIBUTES[node.attribute], "=", (node.value,))
            case ast.IsNull():
                attribute = ATTRIBUTES[node.attribute]
                nothing = _no_elements if isinstance(attribute, ListAttribute) else _missing
                return ValueClause(reader(attribute), nothing)
            case ast.Matches():
                choice = compile_choice(node)
                return ValueClause(choice.course, choice.holds, choice.targets)
            case _:
                assert_never(node)
    except (KeyError, TypeError) as error:
        raise InvalidQuery((_problem(node, str(error)),)) from error


def reader(attribute: Attribute) -> Reader:
    """How the attribute's value in time is found."""
    if isinstance(attribute, DateAttribute | NumberAttribute):
        return attribute.read
    read = attribute.read
    return lambda subject: Course(read(subject))


def _compared(attribute: Attribute, operator: str, values: Sequence[ast.Value]) -> Clause:
    match attribute:
        case DateAttribute(read):
            return DateClause(read, date_condition(operator, values))
        case NumberAttribute(read, unit):
            total = target(_itself, unit, operator, values)
            return ValueClause(read, total.test, (total,))
        case TextAttribute(_, same):
            return ValueClause(reader(attribute), text_test(operator, values, same))
        case ListAttribute(_, fold):
            return ValueClause(reader(attribute), element_test(operator, values, fold))


def _itself(total: Decimal | int) -> Decimal | int:
    return total


def _missing(seen: Any) -> bool:
    return seen is None


def _no_elements(seen: Any) -> bool:
    return not seen


def _problem(node: ast.Clause, detail: str) -> Problem:
    length = node.span.end - node.span.start
    return Problem(1, node.span.start, length, "not_supported_yet", f"this clause cannot be evaluated: {detail}")
