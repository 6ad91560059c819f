"""Compiled clauses: what a clause reads, and the test that its value must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from segment_core.calendar import NEVER
from segment_core.errors import InvalidQuery
from segment_core.evaluator.anniversaries import AnniversaryClause, compile_anniversary
from segment_core.evaluator.attributes import (
    ATTRIBUTES,
    Attribute,
    DateAttribute,
    ListAttribute,
    MeasureAttribute,
    NumberAttribute,
    OverdueAttribute,
    TextAttribute,
)
from segment_core.evaluator.conditions import (
    COMPLEMENTS,
    DateCondition,
    Test,
    date_condition,
    element_test,
    negated_if,
    prefix_test,
    text_test,
    value_test,
)
from segment_core.evaluator.functions import compile_choice
from segment_core.evaluator.metafields import (
    MetafieldClause,
    compile_element,
    compile_metafield,
    compile_prefix,
    on_file,
)
from segment_core.evaluator.rhythm import OverdueClause, compile_overdue
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target, target
from segment_core.evaluator.timeline import Course, Timeline, Window, during, merged, stepwise
from segment_core.evaluator.windows import Chosen
from segment_core.language import ast
from segment_core.language.problems import Code, Problem
from segment_core.language.spelling import composed
from segment_core.language.vocabulary.metafields import PREFIX
from segment_core.record import record

Reader = Callable[[Subject], Course[Any]]


@record
class ValueClause:
    """A value that passes a test or does not; `targets` are what the test asks of totals."""

    read: Reader
    test: Test
    targets: Sequence[Target] = ()

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        return stepwise(self.read(subject), self.test)


@record
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


@record
class AnyClause:
    """One of several comparisons of the same value, which each flip in their own time."""

    clauses: Sequence[DateClause | MetafieldClause]
    targets: Sequence[Target] = ()

    def read(self, subject: Subject) -> Course[Any]:
        """What all of them read."""
        return self.clauses[0].read(subject)

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        return merged((clause.timeline(subject) for clause in self.clauses), decisive=True)


Clause = ValueClause | DateClause | MetafieldClause | AnniversaryClause | OverdueClause | AnyClause


def compile_clause(node: ast.Clause) -> Clause:
    """The clause, ready to be asked, without the negation that CONTAINS, IN, MATCHES and their like may have.

    Raises InvalidQuery for what the tables do not hold; the language refuses that earlier, in better words.
    """
    try:
        return _COMPILED[type(node)](node)
    except KeyError as error:
        raise InvalidQuery((_problem(node, "unknown_filter", str(error)),)) from error
    except TypeError as error:
        raise InvalidQuery((_problem(node, "wrong_type", str(error)),)) from error


def reader(attribute: Attribute) -> Reader:
    """How the attribute's value in time is found."""
    if isinstance(attribute, DateAttribute | NumberAttribute | MeasureAttribute):
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


def _one_of(name: str, values: Sequence[ast.Value]) -> Clause:
    # A set of numbers or texts is looked up at once; dates and metafields have to be compared one by one.
    if not name.startswith(PREFIX) and not isinstance(ATTRIBUTES[name], DateAttribute):
        return _compared(name, "IN", values)
    clauses = [_compared(name, "=", (value,)) for value in values]
    if name.startswith(PREFIX):
        # Whether it is a list is only known of each customer's own.
        clauses += [compile_element(name, value) for value in values if isinstance(value, ast.Text | ast.Number)]
    return AnyClause([clause for clause in clauses if isinstance(clause, DateClause | MetafieldClause)])


def _starting(name: str, value: ast.Value) -> Clause:
    if name.startswith(PREFIX):
        return compile_prefix(name, value)
    attribute = ATTRIBUTES[name]
    if isinstance(attribute, ListAttribute):
        return ValueClause(reader(attribute), element_test("STARTS WITH", (value,), attribute.fold))
    return ValueClause(reader(attribute), prefix_test("STARTS WITH", value, composed))


def _compared(name: str, operator: str, values: Sequence[ast.Value]) -> Clause:
    if name.startswith(PREFIX):
        return compile_metafield(name, operator, values)
    match ATTRIBUTES[name]:
        case DateAttribute(read):
            return DateClause(read, date_condition(operator, values))
        case NumberAttribute(read, unit):
            total = target(_itself, unit, operator, values)
            return ValueClause(read, total.test, (total,))
        case OverdueAttribute():
            return compile_overdue(operator, values)
        case MeasureAttribute(read):
            return ValueClause(read, value_test(operator, values))
        case TextAttribute(_, same) as attribute:
            return ValueClause(reader(attribute), text_test(operator, values, same))
        case ListAttribute() as attribute:
            return ValueClause(reader(attribute), _element_test(attribute, operator, values))


def _element_test(attribute: ListAttribute, operator: str, values: Sequence[ast.Value]) -> Test:
    """Whether one of the elements is as asked, for each value in the spelling that it is written in."""
    positive = COMPLEMENTS.get(operator, operator)
    tests = [element_test(positive, some, fold) for fold, some in attribute.spelled(values)]
    return negated_if(operator in COMPLEMENTS, lambda seen: any(test(seen) for test in tests))


_COMPILED: dict[type[ast.Clause], Callable[[Any], Clause]] = {
    ast.Comparison: lambda node: _compared(node.attribute, node.operator, (node.value,)),
    ast.Between: lambda node: _compared(node.attribute, "BETWEEN", (node.low, node.high)),
    ast.Contains: lambda node: _contained(node.attribute, node.value),
    ast.In: lambda node: _one_of(node.attribute, node.values),
    ast.StartsWith: lambda node: _starting(node.attribute, node.value),
    ast.IsNull: lambda node: _absent(node.attribute),
    ast.Anniversary: compile_anniversary,
    ast.Matches: lambda node: _matched(compile_choice(node)),
}


def _matched(choice: Chosen) -> Clause:
    return ValueClause(choice.course, choice.holds, choice.targets)


def _itself(total: Decimal | int) -> Decimal | int:
    return total


def _missing(seen: Any) -> bool:
    return seen is None


def _no_elements(seen: Any) -> bool:
    return not seen


def _problem(node: ast.Clause, code: Code, detail: str) -> Problem:
    length = node.span.end - node.span.start
    return Problem(1, node.span.start, length, code, f"this clause cannot be evaluated: {detail}")
