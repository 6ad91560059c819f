"""flagsmith-flag-engine: segments of feature flags, in Python. It has no lists, so that lists are texts here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flag_engine.segments.evaluator import is_context_in_segment

from ..customers import Values
from ..rules import Rule
from . import Engine, bits
from .peers import Test, fields, translated

_TYPES = {"and": "ALL", "or": "ANY", "not": "NONE"}
_OPERATORS = {
    "=": "EQUAL",
    "!=": "NOT_EQUAL",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_INCLUSIVE",
    "<": "LESS_THAN",
    "<=": "LESS_THAN_INCLUSIVE",
}


def build(rules: Sequence[Rule]) -> Engine:
    """The rules as segments."""
    segments = [
        {"key": str(number), "name": str(number), "rules": [translated(rule, _one, _many)]}
        for number, rule in enumerate(rules)
    ]
    given = fields(rules)

    def contexts(known: list[Values]) -> Iterator[dict[str, Any]]:
        for one in known:
            traits = {
                name: f"|{'|'.join(value)}|" if isinstance(value, list) else value for name, value in given(one).items()
            }
            yield {
                "environment": {"key": "e", "name": "e"},
                "identity": {"identifier": "1", "key": "1", "traits": traits},
            }

    def ask(context: Any) -> list[bool]:
        return [is_context_in_segment(context, segment) for segment in segments]  # type: ignore[arg-type]

    return Engine(contexts, ask, bits)


def _one(test: Test) -> dict[str, Any]:
    field, operator, values = test
    conditions: list[dict[str, Any]]
    if operator == "BETWEEN":
        conditions = [_condition(field, ">=", values[0]), _condition(field, "<=", values[1])]
    elif operator == "IN":
        conditions = [{"property": field, "operator": "IN", "value": list(values)}]
    elif operator == "CONTAINS":
        conditions = [{"property": field, "operator": "CONTAINS", "value": f"|{values[0]}|"}]
    else:
        conditions = [_condition(field, operator, values[0])]
    return {"type": "ALL", "conditions": conditions}


def _condition(field: str, operator: str, value: int | str) -> dict[str, Any]:
    return {"property": field, "operator": _OPERATORS[operator], "value": str(value)}


def _many(operator: str, parts: Sequence[Any]) -> dict[str, Any]:
    return {"type": _TYPES[operator], "rules": list(parts)}
