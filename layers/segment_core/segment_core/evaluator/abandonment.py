"""When a customer last abandoned a checkout.

A checkout waits for an order for as long as the shop says. If none came, it counts from the end of that time on,
dated by its last change: time alone brings it, and an order or a completion that follows takes it away again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from segment_core.calendar import NEVER
from segment_core.evaluator.extremes import extreme
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.timeline import Course, Window, mapped
from segment_core.facts.customer import Order


def abandoned(subject: Subject) -> Course[datetime | None]:
    """The last change of the latest abandoned checkout.

    Any order that was placed while the shop waited keeps a checkout from that; later only one from this very checkout
    does. Test and cancelled orders do so too: whatever became of them, the customer did not walk away.
    """
    if not subject.customer.checkouts:
        return Course(None)
    wait = subject.shop.orders.abandoned_after

    def last_change(opened: datetime | None) -> datetime | None:
        return None if opened is None else opened - wait

    return mapped(extreme(subject.at, _windows(subject), newest=True), last_change)


def _windows(subject: Subject) -> Iterator[Window]:
    """When each checkout counts as abandoned; empty for one that never does."""
    wait = subject.shop.orders.abandoned_after
    placed = _dates(subject.customer.orders)
    placed_from = defaultdict(list)
    for order in subject.customer.orders:
        placed_from[order.checkout_id].append(order)
    for checkout in subject.customer.checkouts:
        told = checkout.updated_at
        if told is not None:
            ordered, own = _first(placed, told), _first(_dates(placed_from.get(checkout.id, [])), told)
            end = min(checkout.completed_at or NEVER, own)
            yield told + wait, min(end, ordered) if ordered < told + wait else end


def _dates(orders: list[Order] | tuple[Order, ...]) -> list[datetime]:
    return sorted(order.created_at for order in orders if order.created_at is not None)


def _first(dates: list[datetime], since: datetime) -> datetime:
    """The first of these dates that is not before `since`."""
    index = bisect_left(dates, since)
    return dates[index] if index < len(dates) else NEVER
