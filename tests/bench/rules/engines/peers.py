"""What other engines are given of a customer: plain fields, with all work on dates done before.

Dates are ages in days. A missing value is one that no rule is after, so that no rule has to ask whether it is there:
below all that is asked for where a rule has a lower bound, above it in a second field where it has only an upper one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from ..attributes import BY_NAME, Known
from ..customers import Values
from ..rules import Clause, Rule, clauses

T = TypeVar("T")

Field = int | str | list[str]
FAR = 10**9

_OLDER = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
"""What is said of an age, where something is said of a date."""


class Test(NamedTuple):
    """A comparison of a field: `values` are numbers or texts, two for BETWEEN."""

    field: str
    operator: str
    values: tuple[int | str, ...]


def test(clause: Clause) -> Test:
    """The clause, on the field it is about."""
    operator, values = clause.operator, clause.values
    if clause.written:
        operator, values = _OLDER.get(operator, operator), tuple(reversed(values))  # type: ignore[assignment]
    name = clause.attribute.replace(".", "_")
    return Test(f"{name}_or_more" if operator in ("<", "<=") else name, operator, values)


def translated(rule: Rule, one: Callable[[Test], T], many: Callable[[str, Sequence[T]], T]) -> T:
    """The rule in an engine's own form, made of its clauses and of `and`, `or` and `not`."""
    if isinstance(rule, Clause):
        return one(test(rule))
    return many(rule.operator, [translated(part, one, many) for part in rule.parts])


def fields(rules: Sequence[Rule]) -> Callable[[Values], dict[str, Field]]:
    """What makes the fields of a customer that these rules ask for, and no others."""
    asked = {(test(clause).field, clause.attribute) for rule in rules for clause in clauses(rule)}

    def given(values: Values) -> dict[str, Field]:
        return {field: _field(field, name, values[name]) for field, name in sorted(asked)}

    return given


def _field(field: str, name: str, value: Known) -> Field:
    if isinstance(value, tuple):
        return list(value)
    if value is not None:
        return value
    if BY_NAME[name].kind == "word":
        return ""
    return FAR if field.endswith("_or_more") else -FAR


def infix(rule: Rule, words: dict[str, str], contains: str) -> str:
    """The rule as most languages write expressions; `contains` is how an element is looked for."""

    def one(test: Test) -> str:
        field, operator, values = test
        low, high = quoted(values[0]), quoted(values[-1])
        if operator == "BETWEEN":
            return f"({field} >= {low} {words['and']} {field} <= {high})"
        if operator == "IN":
            return joined("or", [f"{field} == {quoted(value)}" for value in values])
        if operator == "CONTAINS":
            return contains.format(field=field, value=low)
        return f"({field} {'==' if operator == '=' else operator} {low})"

    def joined(operator: str, parts: Sequence[str]) -> str:
        return "(" + f" {words[operator]} ".join(parts) + ")"

    def many(operator: str, parts: Sequence[str]) -> str:
        return f"({words['not']} {parts[0]})" if operator == "not" else joined(operator, parts)

    return translated(rule, one, many)


def quoted(value: int | str) -> str:
    """A constant as most languages write it."""
    return str(value) if isinstance(value, int) else f'"{value}"'
