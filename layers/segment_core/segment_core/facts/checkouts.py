"""Checkouts and the orders that followed them, whenever that was: put together when a customer is read."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from segment_core.calendar import NEVER
from segment_core.record import record

if TYPE_CHECKING:
    from segment_core.facts.customer import Checkout, Order


@record
class Left:
    """A checkout that was left at `told`. NEVER for what did not happen.

    `ordered` is when any order was placed next, `over` when the checkout was completed or an order came from it.
    """

    told: datetime
    ordered: datetime
    over: datetime


def left(checkouts: Sequence[Checkout], orders: Sequence[Order]) -> tuple[Left, ...]:
    """What followed the checkouts of which the last change is known."""
    if not checkouts:
        return ()
    placed = _dates(orders)
    placed_from = defaultdict(list)
    for order in orders:
        placed_from[order.checkout_id].append(order)
    found = []
    for checkout in checkouts:
        if (told := checkout.updated_at) is not None:
            own = _first(_dates(placed_from.get(checkout.id, ())), told)
            found.append(Left(told, _first(placed, told), min(checkout.completed_at or NEVER, own)))
    return tuple(found)


def _dates(orders: Iterable[Order]) -> list[datetime]:
    return sorted(order.created_at for order in orders if order.created_at is not None)


def _first(dates: Sequence[datetime], since: datetime) -> datetime:
    """The first of these dates that is not before `since`."""
    index = bisect_left(dates, since)
    return dates[index] if index < len(dates) else NEVER
