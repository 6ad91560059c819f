"""What a reader asks of customers: a compiled query under the shop's newest generation, stored or just written.

Preview, explanation, forecast and statistics all ask through here, so they ask what evaluation asks.
"""

from __future__ import annotations

from segment_core.errors import Conflict
from segment_core.evaluator import Rule, compile_query
from segment_core.membership.rules import Rules, rules_of, shop_asked
from segment_core.model.generation import LiveDefinition
from segment_core.record import record
from segment_core.segments import nesting
from segment_core.segments.nesting import Written
from segment_core.segments.reads import find
from segment_core.shop import Shop
from segment_core.store import generations
from segment_core.store.tables import Tables


@record
class Question:
    """A rule, and the shop under whose settings it is answered."""

    rule: Rule
    shop: Shop


def of_text(tables: Tables, shop: str, text: str, segment: str | None = None) -> tuple[Question, Written]:
    """The question that a text would ask if it were saved, as a new segment or as the query of `segment`.

    It asks what would be built with it: the newest settings, and of the segments that it asks the newest definitions.
    Raises InvalidQuery with every problem, NotFound (`shop_not_found`, `segment_not_found`).
    """
    saving = frozenset({segment, find(tables, shop, segment).name} if segment else ())
    generation = generations.newest(tables.segments, shop)
    written = nesting.understood(tables, shop, generation, text, segment, saving)
    asked = shop_asked(tables.segments, shop, generation, written.asks)
    return Question(compile_query(written.query), asked), written


def of_segment(tables: Tables, shop: str, segment: str) -> tuple[Question, LiveDefinition]:
    """The question that readers of a segment see answered, and its definition.

    Raises NotFound (`segment_not_found`), and Conflict (`segment_not_ready`) before its first build was published.
    """
    find(tables, shop, segment)
    generation = generations.newest(tables.segments, shop)
    definition = generation.published.get(segment)
    if definition is None:
        raise Conflict(
            "the segment is being built for the first time; wait until it is ready", code="segment_not_ready"
        )
    rules = rules_of(tables.segments, shop, generation)
    return Question(rule_of(rules, definition), rules.shop), definition


def published(tables: Tables, shop: str) -> tuple[Shop, dict[str, Rule]]:
    """The shop's settings, and by segment the rule that its readers see answered. What cannot be asked is left out."""
    generation = generations.newest(tables.segments, shop)
    rules = rules_of(tables.segments, shop, generation)
    by_segment = {
        segment: rule
        for segment, definition in generation.published.items()
        if (rule := rules.rule(definition.slot)) is not None
    }
    return rules.shop, by_segment


def rule_of(rules: Rules, definition: LiveDefinition) -> Rule:
    """A definition's rule. Raises Conflict (`definition_not_understood`) for one that is no longer a query."""
    rule = rules.rule(definition.slot)
    if rule is None:
        raise Conflict("the segment's query is no longer understood; save it anew", code="definition_not_understood")
    return rule
