"""The live definitions of a generation, compiled: what one evaluation asks of one customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from segment_core.errors import Contention, InvalidQuery
from segment_core.evaluator import Rule, compile_query
from segment_core.facts.customer import Customer
from segment_core.language import parse
from segment_core.membership.reach import Reaches, joined, reaches
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.runtime.observability import count, logger
from segment_core.shop import Shop
from segment_core.store import segments

# Definitions are immutable, so what was compiled once stays right for the life of the process.
_compiled: dict[tuple[str, str, str], Rule | None] = {}

# By generation, which is as immutable.
_reaches: dict[tuple[str, str, int], Reaches] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What all definitions say at one instant: the bits, and the first instant at which one changes."""

    bits: int
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Slot to rule, under one generation.

    `others` are the rules of what is being built, which may be asked under settings, and ask definitions, that readers
    do not see yet. `unanswered` has the bits of definitions that cannot be evaluated: they stay as they are, and the
    others go on. `reaches` are the facts that all of them read.
    """

    shop: Shop
    by_slot: Mapping[int, Rule]
    unanswered: int = 0
    others: tuple[Rules, ...] = ()
    reaches: Reaches = field(default_factory=dict)

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
        for other in self.others:
            also = other.answer(customer, at)
            bits |= also.bits
            due = min(filter(None, (due, also.due)), default=None)
        return Answer(bits, due)


def rules_of(table: str, shop: str, generation: Generation) -> Rules:
    """The compiled rules of a generation; texts are read once per process.

    Raises Contention if the generation is so old that one of its definitions is gone.
    """
    if any((table, shop, live.text) not in _compiled for live in generation.live):
        for text_id, text in segments.definition_texts(table, shop).items():
            if (table, shop, text_id) not in _compiled:
                _compiled[table, shop, text_id] = _rule(shop, text_id, text)
        if any((table, shop, live.text) not in _compiled for live in generation.live):
            raise Contention(f"generation {generation.number} is no longer the shop's; read it again")
    rules = {live.slot: _compiled[table, shop, live.text] for live in generation.live}
    building = (generation.pending or generation.settings).shop
    views = [
        _view(generation.shop, rules, generation.published, generation.published.values()),
        *(
            _view(building, rules, generation.published | {one.segment: one for one in theirs}, theirs)
            for theirs in generation.builds.values()
        ),
    ]
    key = (table, shop, generation.number)
    if key not in _reaches:
        _reaches[key] = joined(reaches(by_slot.values(), viewed.segments) for viewed, by_slot in views)
    unanswered = sum(1 << slot for slot, rule in rules.items() if rule is None)
    return Rules(*views[0], unanswered, tuple(Rules(*view) for view in views[1:]), _reaches[key])


def _view(
    shop: Shop,
    rules: Mapping[int, Rule | None],
    read: Mapping[str, LiveDefinition],
    asked: Iterable[LiveDefinition],
) -> tuple[Shop, dict[int, Rule]]:
    """A shop in which segments ask the definitions that are read together, and the rules of those that are asked."""
    by_slot = {live.slot: rule for live in asked if (rule := rules[live.slot]) is not None}
    names = {segment for live in read.values() for segment in live.asks}
    others = {name: rule for name in names if name in read and (rule := rules[read[name].slot]) is not None}
    return (replace(shop, segments=others) if others else shop), by_slot


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
