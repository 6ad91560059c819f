"""The live definitions of a generation, compiled together: what one evaluation asks of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from segment_core.errors import Contention, InvalidQuery
from segment_core.facts.customer import Customer
from segment_core.language import ast, parse
from segment_core.model.generation import Generation
from segment_core.rules import Answer, RuleSet
from segment_core.runtime.observability import count, logger
from segment_core.shop import Shop
from segment_core.store import segments

# Definitions are immutable, so what was read once stays right for the life of the process.
_queries: dict[tuple[str, str, str], ast.Query | None] = {}


class Asked(Protocol):
    """All definitions, ready to be asked about a customer: a RuleSet, or what stands for one in tests."""

    def members(self, customer: Customer, shop: Shop, at: datetime) -> int:
        """The bits of those that hold."""

    def answer(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        """The bits of those that hold, and the first instant at which one changes."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What all definitions of one generation say, under its shop's settings.

    `unanswered` has the bits of definitions that cannot be evaluated: they stay as they are, and the
    others go on.
    """

    shop: Shop
    definitions: Asked
    unanswered: int = 0

    def members(self, customer: Customer, at: datetime) -> int:
        """The bits of the definitions that the customer is in at the instant."""
        return self.definitions.members(customer, self.shop, at)

    def answer(self, customer: Customer, at: datetime) -> Answer:
        """The same, and the first instant at which time alone changes one of them."""
        return self.definitions.answer(customer, self.shop, at)


class _Kept:
    """The rules of a shop's generation, as long as it is the one that is asked for."""

    def __init__(self, generation: Generation, slots: Mapping[int, str], rules: Rules) -> None:
        self.of = _identity(generation)
        self.slots = slots
        self.rules = rules


_MOST_KEPT: Final = 64
_kept: dict[tuple[str, str], _Kept] = {}


def rules_of(table: str, shop: str, generation: Generation) -> Rules:
    """The compiled rules of a generation; texts are read once per process and definition.

    A generation with the same definitions, such as one that only publishes, takes over what was compiled for the one
    before. Raises Contention if the generation is so old that one of its definitions is gone.
    """
    kept = _kept.get((table, shop))
    if kept is not None and kept.of == _identity(generation):
        return kept.rules
    slots = {live.slot: live.id for live in generation.live}
    if kept is not None and kept.slots == slots:
        rules = Rules(generation.shop, kept.rules.definitions, kept.rules.unanswered)
    else:
        rules = _compiled(table, shop, generation, slots)
    if len(_kept) >= _MOST_KEPT:
        _kept.pop(next(iter(_kept)))
    _kept[table, shop] = _Kept(generation, slots, rules)
    return rules


def _identity(generation: Generation) -> tuple[object, ...]:
    # A shop that was deleted and made again counts its generations anew.
    return generation.number, generation.at, generation.live[-1:]


def _compiled(table: str, shop: str, generation: Generation, slots: Mapping[int, str]) -> Rules:
    if any((table, shop, definition) not in _queries for definition in slots.values()):
        for definition, text in segments.definition_texts(table, shop).items():
            if (table, shop, definition) not in _queries:
                _queries[table, shop, definition] = _parsed(shop, definition, text)
        if any((table, shop, definition) not in _queries for definition in slots.values()):
            raise Contention(f"generation {generation.number} is no longer the shop's; read it again")
    queries = {slot: _queries[table, shop, definition] for slot, definition in slots.items()}
    rule_set = RuleSet({slot: query for slot, query in queries.items() if query is not None})
    for slot, error in rule_set.refused.items():
        _report(shop, slots[slot], error)
    unanswered = {slot for slot, query in queries.items() if query is None} | rule_set.refused.keys()
    return Rules(generation.shop, rule_set, sum(1 << slot for slot in unanswered))


def _parsed(shop: str, definition: str, text: str) -> ast.Query | None:
    """The definition; None for one that was saved but is no longer understood."""
    try:
        return parse(text)
    except InvalidQuery as error:
        _report(shop, definition, error)
        return None


def _report(shop: str, definition: str, error: InvalidQuery) -> None:
    logger().error("definition cannot be evaluated", extra={"shop": shop, "definition": definition, "code": error.code})
    count("DefinitionNotEvaluated")
