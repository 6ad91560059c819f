"""common-expression-language: CEL in Rust."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cel

from ..rules import Rule
from . import Engine, bits
from .cel_words import WORDS
from .peers import fields, infix


def build(rules: Sequence[Rule]) -> Engine:
    """The rules as programs, asked in one context for each customer."""
    programs = [cel.compile(infix(rule, WORDS, "({value} in {field})")) for rule in rules]

    def ask(customer: dict[str, Any]) -> list[bool]:
        context = cel.Context(customer)
        return [program.execute(context) for program in programs]

    given = fields(rules)
    return Engine(lambda known: map(given, known), ask, bits)
