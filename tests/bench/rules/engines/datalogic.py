"""datalogic-py: JSONLogic in Rust."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import datalogic_py

from ..rules import Rule
from . import Engine, bits
from .peers import Test, fields, translated

_OPERATORS = {"and": "and", "or": "or", "not": "!"}


def build(rules: Sequence[Rule]) -> Engine:
    """The rules, compiled; one session answers."""
    engine = datalogic_py.Engine()
    compiled = [engine.compile(json.dumps(translated(rule, _one, _many))) for rule in rules]
    holds, handle = engine.session().evaluate_bool, datalogic_py.DataHandle

    def ask(customer: dict[str, Any]) -> list[bool]:
        document = handle(customer)
        return [holds(rule, document) for rule in compiled]

    given = fields(rules)
    return Engine(lambda known: map(given, known), ask, bits)


def _one(test: Test) -> dict[str, Any]:
    field, operator, values = {"var": test.field}, test.operator, list(test.values)
    if operator == "BETWEEN":
        return {"<=": [values[0], field, values[1]]}
    if operator == "IN":
        return {"in": [field, values]}
    if operator == "CONTAINS":
        return {"in": [values[0], field]}
    return {{"=": "===", "!=": "!=="}.get(operator, operator): [field, values[0]]}


def _many(operator: str, parts: Sequence[Any]) -> dict[str, Any]:
    return {_OPERATORS[operator]: list(parts)}
