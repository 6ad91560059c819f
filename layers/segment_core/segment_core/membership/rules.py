"""The live definitions of a generation, compiled: what one evaluation asks of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from segment_core.errors import Contention
from segment_core.evaluator import Rule, compile_query
from segment_core.facts.customer import Customer
from segment_core.language import parse
from segment_core.model.generation import Generation
from segment_core.shop import Shop
from segment_core.store import segments

# Definitions are immutable, so what was compiled once stays right for the life of the process.
_compiled: dict[tuple[str, str, str], Rule] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What all definitions say at one instant: the bits, and the first instant at which one changes."""

    bits: int
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Slot to rule, under one generation."""

    shop: Shop
    by_slot: Mapping[int, Rule]

    def answer(self, customer: Customer, at: datetime) -> Answer:
        """Evaluate every definition for the customer at the instant."""
        bits = 0
        due: datetime | None = None
        for slot, rule in self.by_slot.items():
            member, until = rule.evaluate(customer, self.shop, at)
            if member:
                bits |= 1 << slot
            if until is not None and (due is None or until < due):
                due = until
        return Answer(bits, due)


def rules_of(table: str, shop: str, generation: Generation) -> Rules:
    """The compiled rules of a generation; texts are read once per process and definition.

    Raises Contention if the generation is so old that one of its definitions is gone.
    """
    if any((table, shop, live.id) not in _compiled for live in generation.live):
        for definition, text in segments.definition_texts(table, shop).items():
            if (table, shop, definition) not in _compiled:
                _compiled[table, shop, definition] = compile_query(parse(text))
        if any((table, shop, live.id) not in _compiled for live in generation.live):
            raise Contention(
                f"generation {generation.number} is no longer the shop's; read it again"
            )
    return Rules(
        generation.shop,
        {live.slot: _compiled[table, shop, live.id] for live in generation.live},
    )
