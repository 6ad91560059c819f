"""The orders that exist for a shop, where time changes nothing of them any more, as the customer's ledger has them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from segment_core.facts.customer import Customer
from segment_core.facts.ledger import Settled
from segment_core.record import replace
from segment_core.shop import Shop

_NONE: Final = Settled()


def settled(customer: Customer, shop: Shop, at: datetime) -> Settled | None:
    """What the customer's orders come to from `at` on; None if that may change."""
    ledger, policy = customer.ledger, shop.orders
    if ledger.since > at:
        return None
    alone = ledger.alone
    if alone is not None and (alone.currency is None or alone.currency == shop.currency):
        return alone.settled
    found = _NONE
    for one in ledger.accounts:
        if (one.test and not policy.count_test) or (one.cancelled and not policy.count_cancelled):
            continue
        more = one.settled
        if one.currency is not None and one.currency != shop.currency:
            more = replace(more, amount=Decimal(0))
        found = more if found is _NONE else _together(found, more)
    return found


def _together(some: Settled, more: Settled) -> Settled:
    firsts = [one.first for one in (some, more) if one.first is not None]
    lasts = [one.last for one in (some, more) if one.last is not None]
    orders, amount = some.orders + more.orders, some.amount + more.amount
    return Settled(orders, amount, min(firsts, default=None), max(lasts, default=None))
