"""The live definitions of a generation, compiled: what one evaluation asks of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from segment_core.errors import Contention, InvalidQuery
from segment_core.evaluator import Rule, compile_query
from segment_core.facts.customer import Customer
from segment_core.language import parse
from segment_core.model.generation import Generation
from segment_core.runtime.observability import count, logger
from segment_core.shop import Shop
from segment_core.store import segments

# Definitions are immutable, so what was compiled once stays right for the life of the process.
_compiled: dict[tuple[str, str, str], Rule | None] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What all definitions say at one instant: the bits, and the first instant at which one changes."""

    bits: int
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Slot to rule, under one generation.

    `unanswered` has the bits of definitions that cannot be evaluated: they stay as they are, and the
    others go on.
    """

    shop: Shop
    by_slot: Mapping[int, Rule]
    unanswered: int = 0

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
                _compiled[table, shop, definition] = _rule(shop, definition, text)
        if any((table, shop, live.id) not in _compiled for live in generation.live):
            raise Contention(f"generation {generation.number} is no longer the shop's; read it again")
    rules = {live.slot: _compiled[table, shop, live.id] for live in generation.live}
    answered = {slot: rule for slot, rule in rules.items() if rule is not None}
    unanswered = sum(1 << slot for slot, rule in rules.items() if rule is None)
    return Rules(generation.shop, answered, unanswered)


def _rule(shop: str, definition: str, text: str) -> Rule | None:
    """The compiled definition; None, and a word in the log, for one that was saved but is no longer understood."""
    try:
        return compile_query(parse(text))
    except InvalidQuery as error:
        logger().error(
            "definition cannot be evaluated", extra={"shop": shop, "definition": definition, "code": error.code}
        )
        count("DefinitionNotEvaluated")
        return None
