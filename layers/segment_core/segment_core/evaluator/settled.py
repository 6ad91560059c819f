"""Orders of which time changes nothing any more: their totals and dates, in one pass.

Nearly all customers have only such orders. Whoever has another one is answered by following every order through time.
"""

from __future__ import annotations

from datetime import datetime

from segment_core.evaluator.rows import NOTHING, Totals
from segment_core.facts.customer import Customer
from segment_core.record import record
from segment_core.shop import Shop


@record
class Settled:
    """The totals over all orders that exist, and the dates of the first and the last of them."""

    totals: Totals
    first: datetime | None
    last: datetime | None


def settled(customer: Customer, shop: Shop, at: datetime) -> Settled | None:
    """What the customer's orders come to from `at` on; None if that may change, or if something was refunded."""
    policy, currency = shop.orders, shop.currency
    count, amount = 0, NOTHING
    first: datetime | None = None
    last: datetime | None = None
    for order in customer.orders:
        created, cancelled = order.created_at, order.cancelled_at
        if order.refunds or (created is not None and created > at):
            return None
        if order.test and not policy.count_test:
            continue
        if cancelled is not None and not policy.count_cancelled:
            if cancelled > at:
                return None
            continue
        count += 1
        if order.total is not None and (order.currency or currency) == currency:
            amount += order.total
        if created is not None:
            first = created if first is None or created < first else first
            last = created if last is None or created > last else last
    return Settled(Totals(count, amount, 0), first, last)
