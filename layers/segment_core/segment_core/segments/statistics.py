"""Numbers about who is in segments: what members spent, and how segments overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter

from segment_core.errors import InvalidRequest, NotFound, TooLarge
from segment_core.evaluator.ordering import spent
from segment_core.membership.budget import SecondsLeft
from segment_core.record import record
from segment_core.segments import population
from segment_core.segments.asking import of_segment
from segment_core.segments.estimates import Count, Scope
from segment_core.segments.previews import Spending, spending
from segment_core.segments.reads import shop_as_of
from segment_core.store import facts, generations, keys, members, segments
from segment_core.store.tables import Tables

# Rows of member lists that one comparison reads: some ten seconds' worth of pages.
MOST_ROWS = 500_000
# So many members are listed for each of whom one is read, at most.
_LISTED_FOR_EACH = 250


@record
class Statistics:
    """What the members of a segment spent. `scope` says of how many members how many were looked at."""

    segment_id: str
    definition_id: str
    as_of: datetime
    count: int
    scope: Scope
    spending: Spending


@record
class Combination:
    """Customers who are in exactly these of the segments compared."""

    segments: tuple[str, ...]
    count: Count


@record
class Overlap:
    """How segments overlap: each customer is counted once, in one combination."""

    as_of: datetime
    scope: Scope
    union: Count
    sizes: dict[str, int]
    combinations: list[Combination]


def statistics(
    tables: Tables,
    shop: str,
    segment: str,
    at: datetime,
    seconds_left: SecondsLeft,
    most: int = population.MOST_READ,
) -> Statistics:
    """What members spent: all of them, or as many as there is room and time for.

    A large segment's are drawn from the shop's own sample, so the answer is the same each time. Raises as `of_segment`.
    """
    question, definition = of_segment(tables, shop, segment)
    total = segments.count(tables.segments, shop, definition.id)
    if total > most * keys.LIST_SHARDS * _LISTED_FOR_EACH:
        raise TooLarge("the segment is too large to be asked here; export it", code="too_many_members")
    # A part of the list is a sample drawn by lot, as it is parted by a hash of the customer's id.
    shards = range(keys.LIST_SHARDS) if total <= most else range(1)
    listed = [one for number in shards for one in members.shard_members(tables.members, shop, definition.id, number)]
    loaded = list(facts.load_all(tables.customers, shop, population.by_lot(listed)[:most], seconds_left))
    found = [one.customer for one in loaded if one.customer is not None]
    scope = Scope(len(listed) if len(shards) > 1 else max(total, len(listed)), len(loaded))
    amounts = [spent(customer, question.shop, at) for customer in found]
    return Statistics(
        segment_id=segment,
        definition_id=definition.id,
        as_of=shop_as_of(tables, shop, at),
        count=total,
        scope=scope,
        spending=spending(question.shop.currency, amounts, scope),
    )


def overlap(tables: Tables, shop: str, wanted: Sequence[str], at: datetime, most: int = MOST_ROWS) -> Overlap:
    """How the published members of those segments overlap.

    Lists are parted by a hash of the customer's id, alike for all lists: where they are too long together, one part of
    each is compared. Raises NotFound (`segment_not_found`), InvalidRequest (`invalid_segments`) and TooLarge.
    """
    if len(set(wanted)) != len(wanted):
        raise InvalidRequest("name each segment once", code="invalid_segments")
    generation = generations.newest(tables.segments, shop)
    published, live = generation.published, {definition.segment for definition in generation.live}
    if missing := [one for one in wanted if one not in live]:
        raise NotFound(f"there is no segment '{missing[0]}'", code="segment_not_found")
    definitions = {one: published[one].id for one in wanted if one in published}
    counted = segments.counts(tables.segments, shop, definitions.values())
    rows = counted.total()
    if rows > most * keys.LIST_SHARDS:
        raise TooLarge(
            f"the segments have {rows} members together; at most {most * keys.LIST_SHARDS} are compared here",
            code="too_many_members",
        )
    shards = range(keys.LIST_SHARDS) if rows <= most else range(1)
    found: Counter[tuple[str, ...]] = Counter()
    for number in shards:
        found += _combinations(tables, shop, definitions, number)
    seen = found.total()
    scope = (
        Scope(seen, seen)
        if len(shards) == keys.LIST_SHARDS
        else Scope(seen * keys.LIST_SHARDS, seen, 2 / max(1, seen) ** 0.5)
    )
    return Overlap(
        as_of=shop_as_of(tables, shop, at),
        scope=scope,
        union=Count(scope.customers, *_bounds(scope)),
        sizes={one: counted[definitions[one]] if one in definitions else 0 for one in wanted},
        combinations=[
            Combination(tuple(one for one in wanted if one in names), scope.count(number))
            for names, number in sorted(
                found.items(), key=lambda one: (-one[1], [wanted.index(name) for name in one[0]])
            )
        ],
    )


def _bounds(scope: Scope) -> tuple[int, int]:
    reach = round(scope.customers * scope.spread)
    return scope.customers - reach, scope.customers + reach


def _combinations(tables: Tables, shop: str, definitions: dict[str, str], number: int) -> Counter[tuple[str, ...]]:
    lists = [_marked(tables, shop, segment, definition, number) for segment, definition in definitions.items()]
    together = groupby(merge(*lists, key=itemgetter(0)), key=itemgetter(0))
    return Counter(tuple(segment for _, segment in group) for _, group in together)


def _marked(tables: Tables, shop: str, segment: str, definition: str, number: int) -> Iterator[tuple[str, str]]:
    for customer in members.shard_members(tables.members, shop, definition, number):
        yield customer, segment
