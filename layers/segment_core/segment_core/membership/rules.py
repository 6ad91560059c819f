"""The live definitions of a generation, compiled together: what one evaluation asks of one customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from segment_core.errors import Contention, InvalidQuery
from segment_core.evaluator import Rule, compile_query
from segment_core.facts.customer import Customer
from segment_core.language import ast, parse
from segment_core.membership.reach import Reaches, joined, reaches
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.record import field, record, replace
from segment_core.rules import Answer, RuleSet
from segment_core.runtime.observability import count, logger
from segment_core.shop import Shop
from segment_core.store import generations, segments


class Asked(Protocol):
    """Definitions, ready to be asked about a customer: a RuleSet, or what stands for one in tests."""

    def members(self, customer: Customer, shop: Shop, at: datetime) -> int:
        """The bits of those that hold."""

    def answer(self, customer: Customer, shop: Shop, at: datetime) -> Answer:
        """The bits of those that hold, and the first instant at which one changes."""

    def rule(self, slot: int) -> Rule | None:
        """One definition alone; None if there is none that can be evaluated in the slot."""


@record
class Rules:
    """What all definitions of one generation say.

    `others` are the rules of what is being built, which may be asked under settings, and ask definitions, that readers
    do not see yet. `unanswered` has the bits of definitions that cannot be evaluated: they stay as they are, and the
    others go on. `reaches` are the facts that all of them read.
    """

    shop: Shop
    definitions: Asked
    unanswered: int = 0
    others: tuple[Rules, ...] = ()
    reaches: Reaches = field(default_factory=dict)

    def members(self, customer: Customer, at: datetime) -> int:
        """The bits of the definitions that the customer is in at the instant."""
        bits = self.definitions.members(customer, self.shop, at)
        for other in self.others:
            bits |= other.members(customer, at)
        return bits

    def answer(self, customer: Customer, at: datetime) -> Answer:
        """The same, and the first instant at which time alone changes one of them."""
        bits, until = self.definitions.answer(customer, self.shop, at)
        for other in self.others:
            also = other.answer(customer, at)
            bits |= also.bits
            until = min(filter(None, (until, also.until)), default=None)
        return Answer(bits, until)

    def rule(self, slot: int) -> Rule | None:
        """One definition that readers see, for whoever asks no other; None if it cannot be evaluated."""
        return self.definitions.rule(slot)


class _Compiled(NamedTuple):
    """Definitions that are asked together, by the ids of their texts."""

    texts: Mapping[int, str]
    rule_set: RuleSet


Queries = Mapping[str, ast.Query | None]
"""By the ids of their texts; None for one that was saved but is no longer understood."""


class _Kept(NamedTuple):
    """What was read and compiled of the generation that a shop was last asked under. Texts are immutable."""

    generation: Generation
    queries: Queries
    rules: Rules
    compiled: Sequence[_Compiled]


_MOST_KEPT: Final = 64
_kept: dict[tuple[str, str], _Kept] = {}


def rules_of(table: str, shop: str, generation: Generation) -> Rules:
    """The compiled rules of a generation.

    Texts that the generation before had too are not read again, and definitions that are asked together as they were
    in it, as when one is only published or begun, are not compiled again.
    Raises Contention if the generation is so old that one of its definitions is gone.
    """
    return _keep(table, shop, generation).rules


@lru_cache(maxsize=16)
def rules_then(table: str, shop: str, number: int) -> Rules:
    """The compiled rules of an earlier generation, as far as its texts are still there: what is gone never moves."""
    then = generations.numbered(table, shop, number)
    texts = segments.all_texts(table, shop)
    still = replace(then, live=tuple(one for one in then.live if one.text in texts))
    before = _kept.get((table, shop))
    return _renewed(shop, still, _queries(shop, still, texts, before), before).rules


def shop_asked(table: str, shop: str, generation: Generation, asks: Iterable[str]) -> Shop:
    """The shop that a query which asks those segments would be answered under if its build began now.

    Raises Contention as `rules_of` does.
    """
    queries = _keep(table, shop, generation).queries
    return _asking((generation.pending or generation.settings).shop, generation.newest, queries, asks)


def _keep(table: str, shop: str, generation: Generation) -> _Kept:
    kept = _kept.get((table, shop))
    # By value: whoever asks has read it anew. The number alone will not do: a shop that is made again counts anew.
    if kept is None or kept.generation != generation:
        kept = _renewed(shop, generation, _read(table, shop, generation, kept), kept)
    _kept.pop((table, shop), None)
    if len(_kept) >= _MOST_KEPT:
        # The one that was asked for least recently.
        _kept.pop(next(iter(_kept)))
    # The generation as it was handed in: what is asked under it next is compared with itself.
    _kept[table, shop] = kept._replace(generation=generation)
    return kept


def _renewed(shop: str, generation: Generation, queries: Queries, before: _Kept | None) -> _Kept:
    seen, building = generation.published, (generation.pending or generation.settings).shop
    groups = [seen.values(), *generation.builds.values()]
    compiled = [_compiled(shop, group, queries, before.compiled if before else ()) for group in groups]
    refused = {slot for one in compiled for slot in one.rule_set.refused}
    unanswered = refused | {live.slot for live in generation.live if queries[live.text] is None}
    shops = [
        _asking(generation.shop, seen, queries),
        *(_asking(building, seen | {one.segment: one for one in theirs}, queries) for theirs in groups[1:]),
    ]
    read = joined(
        reaches((query for live in group if (query := queries[live.text]) is not None), viewed.segments)
        for group, viewed in zip(groups, shops, strict=True)
    )
    others = tuple(Rules(viewed, one.rule_set) for viewed, one in zip(shops[1:], compiled[1:], strict=True))
    bits = sum(1 << slot for slot in unanswered)
    return _Kept(generation, queries, Rules(shops[0], compiled[0].rule_set, bits, others, read), compiled)


def _read(table: str, shop: str, generation: Generation, before: _Kept | None) -> Queries:
    """The queries of all live definitions; texts are read only if one of them is not known yet."""
    unknown = {one.text for one in generation.live}.difference(before.queries if before else ())
    texts = segments.all_texts(table, shop) if unknown else {}
    if unknown - texts.keys():
        raise Contention(f"generation {generation.number} is no longer the shop's; read it again")
    return _queries(shop, generation, texts, before)


def _queries(shop: str, generation: Generation, texts: Mapping[str, str], before: _Kept | None) -> Queries:
    known = before.queries if before else {}
    live = {one.text for one in generation.live}
    return {one: known[one] if one in known else _parsed(shop, one, texts[one]) for one in live}


def _compiled(
    shop: str,
    definitions: Iterable[LiveDefinition],
    queries: Queries,
    before: Sequence[_Compiled],
) -> _Compiled:
    texts = {live.slot: live.text for live in definitions if queries[live.text] is not None}
    for one in before:
        if one.texts == texts:
            return one
    rule_set = RuleSet({slot: query for slot, text in texts.items() if (query := queries[text]) is not None})
    for slot, error in rule_set.refused.items():
        _report(shop, texts[slot], error)
    return _Compiled(texts, rule_set)


def _asking(
    shop: Shop,
    read: Mapping[str, LiveDefinition],
    queries: Queries,
    asks: Iterable[str] = (),
) -> Shop:
    """The shop, in which segments, and who `asks` those, ask the definitions that are read together."""
    names = {*asks, *(segment for live in read.values() for segment in live.asks)}
    asked = {name: rule for name in names if name in read and (rule := _single(queries[read[name].text])) is not None}
    return replace(shop, segments=asked) if asked else shop


def _single(query: ast.Query | None) -> Rule | None:
    try:
        return None if query is None else compile_query(query)
    except InvalidQuery:
        return None  # told when the definitions were compiled together


def _parsed(shop: str, text_id: str, text: str) -> ast.Query | None:
    """The query; None for one that was saved but is no longer understood."""
    try:
        return parse(text)
    except InvalidQuery as error:
        _report(shop, text_id, error)
        return None


def _report(shop: str, text_id: str, error: InvalidQuery) -> None:
    logger().error("definition cannot be evaluated", extra={"shop": shop, "definition": text_id, "code": error.code})
    count("DefinitionNotEvaluated")
