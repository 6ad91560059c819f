"""cel-python: CEL in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import celpy

from ..rules import Rule
from . import Engine, bits
from .cel_words import WORDS
from .peers import fields, infix


def build(rules: Sequence[Rule]) -> Engine:
    """The rules as programs."""
    environment = celpy.Environment()
    programs = [environment.program(environment.compile(infix(rule, WORDS, "({value} in {field})"))) for rule in rules]

    def ask(customer: dict[str, Any]) -> list[Any]:
        context = {name: celpy.json_to_cel(value) for name, value in customer.items()}
        return [program.evaluate(context) for program in programs]

    given = fields(rules)
    return Engine(lambda known: map(given, known), ask, bits)
