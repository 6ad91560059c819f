"""Metafields: each customer's value is read by the type that the store gave it, and compared if the query's value is
of that kind; a value of another kind is as good as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from segment_core.evaluator.conditions import (
    COMPLEMENTS,
    DateCondition,
    Test,
    date_condition,
    element_test,
    on,
    prefix_test,
    value_test,
)
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.targets import Target
from segment_core.evaluator.timeline import Course, Timeline, constant, during
from segment_core.facts import readings
from segment_core.facts.metafields import Seen
from segment_core.language import ast
from segment_core.language.dates import day_or_moment
from segment_core.language.spelling import composed, folded
from segment_core.language.vocabulary.metafields import PREFIX
from segment_core.record import record


def read_metafield(name: str) -> Callable[[Subject], Seen | None]:
    """How the value of `metafields.namespace.key` is found; None if there is none that can be compared."""
    key = name.removeprefix(PREFIX)

    def read(subject: Subject) -> Seen | None:
        return subject.customer.metafield_values.get(key)

    return read


def read_date(name: str) -> Callable[[Subject], date | None]:
    """How the same is found if it is a date, or an instant."""
    key = name.removeprefix(PREFIX)

    def read(subject: Subject) -> date | None:
        seen = subject.customer.metafield_values.get(key)
        return seen if isinstance(seen, date) else None

    return read


def on_file(name: str) -> Callable[[Subject], Course[object]]:
    """What is kept, also if it cannot be compared; None for nothing and for an empty list."""
    key, read = name.removeprefix(PREFIX), read_metafield(name)

    def look(subject: Subject) -> Course[object]:
        metafield = subject.customer.metafields.get(key)
        if metafield is None or metafield.value is None:
            return Course(None)
        if metafield.type.startswith("list.") and not readings.elements(metafield.value):
            return Course(None)
        seen = read(subject)
        return Course(f"a value of type {metafield.type}" if seen is None else seen)

    return look


_KIND_OF: Final[dict[type[object], type[object]]] = {ast.Text: str, ast.Number: Decimal, ast.Truth: bool}
"""Which values a literal is compared with."""


@record
class MetafieldClause:
    """A metafield that is compared. Values of the test's kind are put to the test, dates to the condition."""

    value: Callable[[Subject], Seen | None]
    kind: type[object]
    test: Test | None
    condition: DateCondition | None
    complement: bool
    targets: Sequence[Target] = ()

    def read(self, subject: Subject) -> Course[Seen | None]:
        """The value, which time does not change."""
        return Course(self.value(subject))

    def timeline(self, subject: Subject) -> Timeline:
        """The answer from `at` on."""
        seen = self.value(subject)
        if self.condition is not None and isinstance(seen, date):
            return during(subject.at, self.condition.windows(seen, subject.shop.zone))
        return constant(self.test(seen) if self.test and isinstance(seen, self.kind) else self.complement)


def compile_metafield(name: str, operator: str, values: Sequence[ast.Value]) -> MetafieldClause:
    """The comparison, ready to be asked. Raises TypeError for values of several kinds, KeyError for the operator."""
    read, complement = read_metafield(name), operator in COMPLEMENTS
    if isinstance(values[0], ast.DateExpression):
        return MetafieldClause(read, object, None, date_condition(operator, values), complement)
    literal = type(values[0])
    if not all(isinstance(value, literal) for value in values):
        raise TypeError("a metafield is compared with values of one kind")
    test = value_test(operator, values)
    return MetafieldClause(read, _KIND_OF[literal], test, _written_dates(operator, values), complement)


def compile_element(name: str, value: ast.Value) -> MetafieldClause:
    """Whether an element of the list is the value, ready to be asked. Raises TypeError for a value that is none."""
    if isinstance(value, ast.Number):
        number = value.value
        return MetafieldClause(read_metafield(name), tuple, lambda seen: number in seen, None, complement=False)
    # Texts of lists are compared as tags are, whatever their case.
    test = element_test("=", (value,), folded)
    return MetafieldClause(read_metafield(name), tuple, on(_only_texts, test), None, complement=False)


def compile_prefix(name: str, value: ast.Value) -> MetafieldClause:
    """Whether the text, or an element of the list, starts with the value. Raises TypeError for a value that is none."""
    text, element = prefix_test("STARTS WITH", value, composed), element_test("STARTS WITH", (value,), folded)

    def starts(seen: Any) -> bool:
        return element(_only_texts(seen)) if isinstance(seen, tuple) else text(seen)

    return MetafieldClause(read_metafield(name), object, starts, None, complement=False)


def _only_texts(elements: Sequence[object]) -> list[str]:
    return [element for element in elements if isinstance(element, str)]


def _written_dates(operator: str, values: Sequence[ast.Value]) -> DateCondition | None:
    """The condition on a date that quoted values make if all of them are dates: `= '1990-05-01'`."""
    dates = [day_or_moment(value.value) for value in values if isinstance(value, ast.Text)]
    known = [day for day in dates if day is not None]
    return date_condition(operator, known) if known and len(known) == len(values) else None
