"""The live definitions of a generation, compiled together: what one evaluation asks of one customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from segment_core.errors import Contention, InvalidQuery
from segment_core.evaluator import Rule
from segment_core.facts.customer import Customer
from segment_core.language import ast, parse
from segment_core.model.generation import Generation, LiveDefinition
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

    def rule(self, slot: int) -> Rule | None:
        """One definition alone; None if there is none that can be evaluated in the slot."""


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

    def rule(self, slot: int) -> Rule | None:
        """One definition alone, for whoever asks no other; None if it cannot be evaluated."""
        return self.definitions.rule(slot)


class _Kept(NamedTuple):
    """What was compiled of a shop's live definitions, as long as they are those that are asked for."""

    live: Sequence[LiveDefinition]
    definitions: RuleSet
    unanswered: int


_MOST_KEPT: Final = 64
_kept: dict[tuple[str, str], _Kept] = {}


def rules_of(table: str, shop: str, generation: Generation) -> Rules:
    """The compiled rules of a generation; texts are read once per process and definition.

    A generation with the same definitions, such as one that only publishes, takes over what was compiled for the one
    before. Raises Contention if the generation is so old that one of its definitions is gone.
    """
    kept = _kept.pop((table, shop), None)
    if kept is None or kept.live != generation.live:
        if kept is None or _by_slot(kept.live) != _by_slot(generation.live):
            kept = _compiled(table, shop, generation)
        kept = kept._replace(live=generation.live)
    if len(_kept) >= _MOST_KEPT:
        # The one that was asked for least recently.
        _kept.pop(next(iter(_kept)))
    _kept[table, shop] = kept
    return Rules(generation.shop, kept.definitions, kept.unanswered)


def _by_slot(live: Sequence[LiveDefinition]) -> dict[int, str]:
    return {one.slot: one.id for one in live}


def _compiled(table: str, shop: str, generation: Generation) -> _Kept:
    slots = _by_slot(generation.live)
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
    return _Kept(generation.live, rule_set, sum(1 << slot for slot in unanswered))


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
