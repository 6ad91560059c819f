"""What a rule says of a customer's values: a walk over the rule, which shares no code with any engine."""

from __future__ import annotations

from .attributes import Known
from .customers import Values
from .rules import Clause, Rule


def holds(rule: Rule, values: Values) -> bool:
    """Whether the customer with these values is in."""
    if isinstance(rule, Clause):
        return _holds(rule, values[rule.attribute])
    if rule.operator == "not":
        return not holds(rule.parts[0], values)
    combine = all if rule.operator == "and" else any
    return combine(holds(part, values) for part in rule.parts)


def members(rules: list[Rule], values: Values) -> int:
    """The bits of the rules that hold."""
    return sum(1 << number for number, rule in enumerate(rules) if holds(rule, values))


def _holds(clause: Clause, value: Known) -> bool:
    wanted = clause.values[0]
    if clause.operator == "!=":
        return value != wanted
    if value is None:
        return False
    if clause.operator == "IN":
        return value in clause.values
    if isinstance(value, tuple):
        return wanted in value
    if isinstance(value, str) or clause.operator == "=":
        return value == wanted
    # An earlier date is a greater age.
    if clause.written:
        return _in_order(clause.operator, -value, [-int(one) for one in clause.values])
    return _in_order(clause.operator, value, [int(one) for one in clause.values])


def _in_order(operator: str, value: int, bounds: list[int]) -> bool:
    low, high = bounds[0], bounds[-1]
    return {
        ">": value > low,
        ">=": value >= low,
        "<": value < low,
        "<=": value <= low,
        "BETWEEN": low <= value <= high,
    }[operator]
