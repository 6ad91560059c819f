"""Why a customer is in a segment or not, and what moved a customer and will move them by time alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from segment_core.errors import NotFound
from segment_core.evaluator import Explanation
from segment_core.facts.customer import Customer
from segment_core.language import parse
from segment_core.language.segments import asked
from segment_core.record import record, replace
from segment_core.segments import asking, nesting
from segment_core.segments.reads import caught_up, membership_of
from segment_core.store import facts, generations, history, members, segments
from segment_core.store.history import Change, Entry
from segment_core.store.tables import Tables


@record
class Why:
    """The verdict of a segment's query on a customer's facts, clause by clause, and since when they are listed."""

    segment_id: str
    definition_id: str
    customer_id: str
    as_of: datetime
    member: bool
    since: datetime | None
    until: datetime | None
    explanation: Explanation


@record
class Move:
    """Something that is to come: from `at` on, the customer is in the segment or out of it."""

    segment_id: str
    name: str
    change: Change
    at: datetime


@record
class Past:
    """Something that was told; the name is None of a segment that is gone."""

    segment_id: str
    name: str | None
    change: Change
    cause: str
    at: datetime


@record
class CustomerTimeline:
    """What has moved a customer, and what time alone will if nothing else happens."""

    customer_id: str
    as_of: datetime
    past: list[Past]
    ahead: list[Move]


def explain(tables: Tables, shop: str, segment: str, customer: str, at: datetime) -> Why:
    """The verdict at that instant, for every part of the published query; on one who was merged, on who that is now.

    Raises NotFound (`segment_not_found`, `customer_not_found`) and Conflict (`segment_not_ready`).
    """
    question, definition = asking.of_segment(tables, shop, segment)
    customer, _ = membership_of(tables, shop, customer)
    told = _facts(tables, shop, customer)
    explanation = _worded(tables, shop, question.rule.explain(told, question.shop, at))
    since = members.since(tables.members, shop, [(definition.id, customer)])
    return Why(
        segment_id=segment,
        definition_id=definition.id,
        customer_id=customer,
        as_of=at,
        member=explanation.member,
        since=since.get((definition.id, customer)),
        until=explanation.until,
        explanation=explanation,
    )


def timeline(
    tables: Tables, shop: str, customer: str, at: datetime, back: timedelta, ahead: timedelta
) -> CustomerTimeline:
    """What is kept of the last `back`, and what time alone does within `ahead`, over all published segments.

    What is ahead begins where time was caught up with. Raises NotFound (`customer_not_found`, `shop_not_found`).
    """
    customer, membership = membership_of(tables, shop, customer)
    rules_shop, rules = asking.published(tables, shop)
    told = _facts(tables, shop, customer)
    past = list(history.of_customer(tables.history, shop, customer, at - back, at))
    names = segments.names(tables.segments, shop, [*rules, *(entry.segment for entry in past)])
    start = caught_up(at, membership)
    flips = [
        Move(segment, names[segment], "enter" if flip.member else "leave", flip.at)
        for segment, rule in rules.items()
        if segment in names
        for flip in rule.timeline(told, rules_shop, start, at + ahead)
        if flip.at > start
    ]
    return CustomerTimeline(
        customer_id=customer,
        as_of=start,
        past=[_past(entry, names) for entry in past],
        ahead=sorted(flips, key=lambda move: (move.at, move.segment_id)),
    )


def _worded(tables: Tables, shop: str, told: Explanation) -> Explanation:
    """The explanation with the names of the segments that are asked in it."""
    wanted = (one for part in _parts(told) if part.kind == "segment" for one in asked(parse(part.text)))
    names = segments.names(tables.segments, shop, wanted)

    def named(part: Explanation) -> Explanation:
        children = tuple(named(child) for child in part.children)
        return replace(part, text=nesting.worded(part.text, names), children=children)

    return named(told) if names else told


def _parts(told: Explanation) -> Iterator[Explanation]:
    yield told
    for child in told.children:
        yield from _parts(child)


def _past(entry: Entry, names: dict[str, str]) -> Past:
    return Past(entry.segment, names.get(entry.segment), entry.change, entry.cause, entry.effective_at)


def _facts(tables: Tables, shop: str, customer: str) -> Customer:
    loaded = facts.load(tables.customers, shop, customer)
    if loaded.customer is None:
        generations.newest(tables.segments, shop)
        raise NotFound(f"there is no customer '{customer}'", code="customer_not_found")
    return loaded.customer
