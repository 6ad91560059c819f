"""What a query would come to if it were saved: how many, how much they spent, and who enters and leaves a segment.

Nothing stored is asked but facts: the query, and the segment that it is compared with, are evaluated side by side
at one instant for the same customers.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from segment_core.evaluator.ordering import spent
from segment_core.language import canonical
from segment_core.membership.budget import SecondsLeft
from segment_core.record import record
from segment_core.segments import asking, limits, population
from segment_core.segments.estimates import Count, Money, Scope, average
from segment_core.segments.limits import Room
from segment_core.store.tables import Tables

_ROOM = Room()

# How many customers are named for each number.
SAMPLED = 20


@record
class Group:
    """Some customers: how many, and the first of them, in the order in which they were drawn."""

    count: Count
    sample: list[str]


@record
class Difference:
    """Who would enter a segment and who would leave it, if the query took the place of its own."""

    segment_id: str
    definition_id: str
    enter: Group
    leave: Group
    stay: Count


@record
class Spending:
    """What members spent in the shop's currency: together, and each on average (None if there are none)."""

    currency: str
    total: Money
    average: Money | None


@record
class Preview:
    """What a query comes to at an instant. `scope` says of how many customers how many were looked at."""

    query: str
    as_of: datetime
    scope: Scope
    members: Group
    share: float
    spending: Spending
    difference: Difference | None


def preview(
    tables: Tables,
    shop: str,
    text: str,
    segment: str | None,
    at: datetime,
    seconds_left: SecondsLeft,
    most: int = population.MOST_READ,
    room: Room = _ROOM,
) -> Preview:
    """Ask the query of the shop's customers, and the published query of the segment if there is one to compare with.

    Raises InvalidQuery with every problem, NotFound (`shop_not_found`, `segment_not_found`), Conflict
    (`segment_not_ready`), and TooMany (`too_many_previews`).
    """
    question, written = asking.of_text(tables, shop, text, segment)
    other = asking.of_segment(tables, shop, segment) if segment is not None else None
    limits.take_preview(tables, shop, room, at)
    seen = population.Look(tables, shop, seconds_left, most)
    order: list[str] = []
    inside: list[str] = []
    before: set[str] = set()
    amounts: list[Decimal] = []
    for customer in seen:
        order.append(customer.id)
        if question.rule.evaluate(customer, question.shop, at).member:
            inside.append(customer.id)
            amounts.append(spent(customer, question.shop, at))
        if other and other[0].rule.evaluate(customer, other[0].shop, at).member:
            before.add(customer.id)
    scope = seen.scope
    return Preview(
        query=canonical(written.shown),
        as_of=at,
        scope=scope,
        members=_group(inside, scope),
        share=len(inside) / scope.looked_at if scope.looked_at else 0.0,
        spending=spending(question.shop.currency, amounts, scope),
        difference=_difference(segment, other[1].id, order, set(inside), before, scope) if segment and other else None,
    )


def spending(currency: str, amounts: list[Decimal], scope: Scope) -> Spending:
    """What the amounts come to together and on average."""
    return Spending(currency, scope.total(amounts), average(amounts, scope))


def _difference(
    segment: str, definition: str, order: list[str], inside: set[str], before: set[str], scope: Scope
) -> Difference:
    return Difference(
        segment_id=segment,
        definition_id=definition,
        enter=_group([customer for customer in order if customer in inside and customer not in before], scope),
        leave=_group([customer for customer in order if customer in before and customer not in inside], scope),
        stay=scope.count(len(inside & before)),
    )


def _group(customers: list[str], scope: Scope) -> Group:
    return Group(scope.count(len(customers)), customers[:SAMPLED])
