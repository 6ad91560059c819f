"""Which columns a query reads, and what it demands of them.

Every clause becomes a condition on a column; what no column holds is a column of its own, asked as the evaluator has
it. Clauses that are written alike are one, whichever queries they stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache, partial
from operator import eq
from typing import TypeVar

from segment_core.evaluator.attributes import (
    ATTRIBUTES,
    DateAttribute,
    ListAttribute,
    MeasureAttribute,
    NumberAttribute,
    OverdueAttribute,
    TextAttribute,
)
from segment_core.evaluator.clauses import compile_clause
from segment_core.evaluator.conditions import COMPLEMENTS, Test, literal, prefix_test, text, text_test
from segment_core.evaluator.metafields import compile_element
from segment_core.evaluator.rule import compile_query
from segment_core.language import ast
from segment_core.language.dates import day_or_moment
from segment_core.language.spelling import composed
from segment_core.language.vocabulary.metafields import PREFIX
from segment_core.rules import formula as f
from segment_core.rules.columns import (
    ClauseColumn,
    Column,
    CourseColumn,
    ListColumn,
    MetafieldColumn,
    TestedColumn,
    TextColumn,
)
from segment_core.rules.dates import DateColumn
from segment_core.rules.formula import All, Formula, Literal, Negation, Opposites
from segment_core.rules.sources import Source, called, field, happened, metafield, score, settled, settled_parts
from segment_core.rules.values import MISSING, Condition, Value

AnyColumn = Column | DateColumn | ClauseColumn
C = TypeVar("C", bound=AnyColumn)

_NOT_EMPTY = object()
"""What every list with elements has."""


class Reading:
    """The columns of the queries that were read."""

    def __init__(self) -> None:
        self.columns: dict[Hashable, AnyColumn] = {}
        self._clauses: dict[ast.Clause, Formula] = {}

    def formula(self, query: ast.Query) -> Formula:
        """What the query demands. Raises InvalidQuery if a part of it cannot be evaluated."""
        match query:
            case ast.And(children):
                return All([self.formula(child) for child in children])
            case ast.Or(children):
                return f.Any([self.formula(child) for child in children])
            case ast.Not(child):
                return Negation(self.formula(child))
        known = self._clauses.get(query)
        if known is None:
            if not isinstance(query, ast.InSegment):
                compile_clause(query)  # says what is wrong with it
            known = self._clauses[query] = self._clause(query)
        return known

    def asked(self, query: ast.Query) -> Formula:
        """The query as one clause that no table holds."""
        column = self._column(("asked", query), lambda: ClauseColumn(compile_query(query).root.timeline))
        return Literal(column.variable, True)

    def _clause(self, clause: ast.Clause) -> Formula:
        match clause:
            case ast.Comparison(name, operator, value):
                return self._compared(clause, name, operator, (value,))
            case ast.Between(name, low, high):
                return self._compared(clause, name, "BETWEEN", (low, high))
            case ast.In(name, values, negated):
                return self._compared(clause, name, "NOT IN" if negated else "IN", values)
            case ast.Contains(name, value, negated) if not name.startswith(PREFIX):
                return self._compared(clause, name, "NOT IN" if negated else "IN", (value,))
            case ast.IsNull(name, negated) if not name.startswith(PREFIX):
                missing = self._missing(name)
                return Negation(missing) if negated else missing
            case ast.StartsWith(name, value, negated) if not name.startswith(PREFIX):
                starting = self._starting(name, value)
                if starting is not None:
                    return Negation(starting) if negated else starting
        return self.asked(clause)

    def _compared(self, clause: ast.Clause, name: str, operator: str, values: Sequence[ast.Value]) -> Formula:
        """The comparison, or its complement."""
        positive = COMPLEMENTS.get(operator, operator)
        held = self._metafield if name.startswith(PREFIX) else self._attribute
        found = held(name, positive, values)
        if found is None:
            return self.asked(clause)
        return Negation(found) if operator in COMPLEMENTS else found

    def _metafield(self, name: str, operator: str, values: Sequence[ast.Value]) -> Formula | None:
        if isinstance(values[0], ast.DateExpression):
            return self._dates(name, metafield(name.removeprefix(PREFIX)), operator, values)
        if any(isinstance(value, ast.Text) and day_or_moment(value.value) for value in values):
            return None  # dates are compared with it too
        column = self._column(name, lambda: MetafieldColumn(name.removeprefix(PREFIX)))
        compared = _valued(column.variable, operator, values)
        return self._or_element(name, column, values) if operator == "IN" else compared

    def _or_element(self, name: str, column: MetafieldColumn, values: Sequence[ast.Value]) -> Formula:
        """One of several values; of a list, an element is: whether it is a list is known of each customer's own."""
        wanted = tuple(map(literal, values))
        alone, anyhow = Condition("IN", wanted), Condition("IN", wanted, or_list=True)

        @cache
        def tests() -> list[Test | None]:
            # Few metafields are lists, so most of these are never needed.
            return [compile_element(name, value).test for value in values if isinstance(value, ast.Text | ast.Number)]

        def among(seen: object) -> bool:
            return any(test is not None and test(seen) for test in tests())

        with_one = column.unless_list(("IN", wanted), lambda: among)
        without = column.unless_list(("NOT IN", wanted), lambda: lambda seen: not among(seen))
        return Opposites(
            All([Literal(column.variable, anyhow), with_one]),
            All([Negation(Literal(column.variable, alone)), without]),
        )

    def _attribute(self, name: str, operator: str, values: Sequence[ast.Value]) -> Formula | None:
        match ATTRIBUTES.get(name):
            case DateAttribute() as dates:
                return self._dates(name, _date(dates), operator, values)
            case OverdueAttribute() | None:
                return None
            case NumberAttribute() | MeasureAttribute() as measure:
                return _valued(self._measure(name, measure).variable, operator, values)
            case TextAttribute() as texts if texts.same is eq:
                return _valued(self._text(name, texts).variable, operator, values)
            case TextAttribute() as texts:
                return self._tested(name, texts).holds(("=", values), lambda: text_test("=", values, texts.same))
            case ListAttribute() as attribute:
                return self._elements(name, attribute, values)

    def _dates(self, name: str, source: Source, operator: str, values: Sequence[ast.Value]) -> Formula | None:
        column = self._column((name, "date"), lambda: DateColumn(source))
        if operator != "IN":
            return column.compared(operator, values)
        parts = [column.compared("=", (value,)) for value in values]
        return None if None in parts else f.Any([part for part in parts if part is not None])

    def _elements(self, name: str, attribute: ListAttribute, values: Sequence[ast.Value]) -> Formula:
        column = self._list(name, attribute)
        return f.Any(
            [
                column.contains((fold is attribute.partly, fold(text(value))))
                for fold, some in attribute.spelled(values)
                for value in some
            ]
        )

    def _list(self, name: str, attribute: ListAttribute) -> ListColumn:
        source, fold, partly = _stands(attribute), attribute.fold, attribute.partly

        def keys(element: str) -> list[Hashable]:
            bare = [(True, partly(element))] if partly is not None else []
            return [_NOT_EMPTY, (False, fold(element)), *bare]

        return self._column(name, lambda: ListColumn(source, keys))

    def _measure(self, name: str, attribute: NumberAttribute | MeasureAttribute) -> CourseColumn:
        return self._column(name, lambda: _number(attribute))

    def _text(self, name: str, attribute: TextAttribute) -> TextColumn:
        return self._column(name, lambda: TextColumn(_stands(attribute)))

    def _tested(self, name: str, attribute: TextAttribute) -> TestedColumn:
        return self._column((name, "tested"), lambda: TestedColumn(_stands(attribute)))

    def _missing(self, name: str) -> Formula:
        match ATTRIBUTES[name]:
            case DateAttribute() as dates:
                return self._column((name, "date"), lambda: DateColumn(_date(dates))).missing()
            case NumberAttribute() | MeasureAttribute() as measure:
                return Literal(self._measure(name, measure).variable, MISSING)
            case TextAttribute() as texts:
                return Literal(self._text(name, texts).variable, MISSING)
            case ListAttribute() as lists:
                return Negation(self._list(name, lists).contains(_NOT_EMPTY))

    def _starting(self, name: str, value: ast.Value) -> Formula | None:
        match ATTRIBUTES.get(name):
            case TextAttribute() as texts:
                test = partial(prefix_test, "STARTS WITH", value, composed)
                return self._tested(name, texts).holds(("STARTS WITH", value), test)
        return None

    def _column(self, key: Hashable, make: Callable[[], C]) -> C:
        column = self.columns.get(key)
        if column is None:
            column = self.columns[key] = make()
        return column  # type: ignore[return-value]  # what is kept under a key was made by the same function


def _valued(variable: Value, operator: str, values: Sequence[ast.Value]) -> Formula | None:
    if operator != "=" and operator != "IN" and not all(isinstance(value, ast.Number) for value in values):
        return None
    positive, truth = "IN" if operator == "=" else operator, isinstance(values[0], ast.Truth)
    condition = Condition(positive, tuple(map(literal, values)), truth=truth)
    variable.note(condition)
    return Literal(variable, condition)


def _stands(attribute: TextAttribute | ListAttribute) -> Source:
    if isinstance(attribute, TextAttribute) and attribute.score:
        return score(attribute.score)
    return field(attribute.field) if attribute.field else called(attribute.read)


def _number(attribute: NumberAttribute | MeasureAttribute) -> CourseColumn:
    if isinstance(attribute, NumberAttribute) and attribute.settled:
        return CourseColumn(settled(attribute.settled, attribute.read), settled_parts(attribute.settled))
    return CourseColumn(called(attribute.read))


def _date(attribute: DateAttribute) -> Source:
    if attribute.field:
        return happened(attribute.field, attribute.read)
    return (
        settled(attribute.settled, attribute.read) if attribute.settled else called(attribute.shortly or attribute.read)
    )
