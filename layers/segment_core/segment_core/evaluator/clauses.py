"""Compiled clauses: what a clause reads, and the test that its value must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

from segment_core.calendar import NEVER
from segment_core.errors import InvalidQuery
from segment_core.evaluator.anniversaries import AnniversaryClause, compile_anniversary
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
from segment_core.evaluator.metafields import MetafieldClause, compile_element, compile_metafield, on_file
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target, target
from segment_core.evaluator.timeline import Course, Timeline, Window, during, stepwise
from segment_core.language import ast
from segment_core.language.problems import Code, Problem
from segment_core.language.vocabulary.metafields import PREFIX

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


Clause = ValueClause | DateClause | MetafieldClause | AnniversaryClause


def compile_clause(node: ast.Clause) -> Clause:
    """The clause, ready to be asked, without the negation of CONTAINS, MATCHES and IS NULL.

    Raises InvalidQuery for what the tables do not hold; the language refuses that earlier, in better words.
    """
    try:
        match node:
            case ast.Comparison():
                return _compared(node.attribute, node.operator, (node.value,))
            case ast.Between():
                return _compared(node.attribute, "BETWEEN", (node.low, node.high))
            case ast.Contains():
                return _contained(node.attribute, node.value)
            case ast.IsNull():
                return _absent(node.attribute)
            case ast.Anniversary():
                return compile_anniversary(node)
            case ast.Matches():
                choice = compile_choice(node)
                return ValueClause(choice.course, choice.holds, choice.targets)
            case _:
                assert_never(node)
    except KeyError as error:
        raise InvalidQuery((_problem(node, "unknown_filter", str(error)),)) from error
    except TypeError as error:
        raise InvalidQuery((_problem(node, "wrong_type", str(error)),)) from error


def reader(attribute: Attribute) -> Reader:
    """How the attribute's value in time is found."""
    if isinstance(attribute, DateAttribute | NumberAttribute):
        return attribute.read
    read = attribute.read
    return lambda subject: Course(read(subject))


def _absent(name: str) -> Clause:
    if name.startswith(PREFIX):
        return ValueClause(on_file(name), _missing)
    attribute = ATTRIBUTES[name]
    return ValueClause(reader(attribute), _no_elements if isinstance(attribute, ListAttribute) else _missing)


def _contained(name: str, value: ast.Value) -> Clause:
    return compile_element(name, value) if name.startswith(PREFIX) else _compared(name, "=", (value,))


def _compared(name: str, operator: str, values: Sequence[ast.Value]) -> Clause:
    if name.startswith(PREFIX):
        return compile_metafield(name, operator, values)
    match ATTRIBUTES[name]:
        case DateAttribute(read):
            return DateClause(read, date_condition(operator, values))
        case NumberAttribute(read, unit):
            total = target(_itself, unit, operator, values)
            return ValueClause(read, total.test, (total,))
        case TextAttribute(_, same) as attribute:
            return ValueClause(reader(attribute), text_test(operator, values, same))
        case ListAttribute() as attribute:
            return ValueClause(reader(attribute), element_test(operator, values, attribute.fold_for(values)))


def _itself(total: Decimal | int) -> Decimal | int:
    return total


def _missing(seen: Any) -> bool:
    return seen is None


def _no_elements(seen: Any) -> bool:
    return not seen


def _problem(node: ast.Clause, code: Code, detail: str) -> Problem:
    length = node.span.end - node.span.start
    return Problem(1, node.span.start, length, code, f"this clause cannot be evaluated: {detail}")
