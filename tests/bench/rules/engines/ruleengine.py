"""rule-engine: expressions with types, in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rule_engine

from ..rules import Rule
from . import Engine, bits
from .peers import fields, infix

_WORDS = {"and": "and", "or": "or", "not": "not"}


def build(rules: Sequence[Rule]) -> Engine:
    """The rules, compiled."""
    compiled = [rule_engine.Rule(infix(rule, _WORDS, "({value} in {field})")) for rule in rules]

    def ask(customer: dict[str, Any]) -> list[bool]:
        return [rule.matches(customer) for rule in compiled]

    given = fields(rules)
    return Engine(lambda known: map(given, known), ask, bits)
