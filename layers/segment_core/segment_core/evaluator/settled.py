"""Orders of which time changes nothing any more: their totals and dates, as the customer's ledger has them.

Nearly all customers have only such orders. Whoever has another one is answered by following every order through time.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from segment_core.facts.customer import Customer
from segment_core.facts.ledger import Account
from segment_core.record import replace
from segment_core.shop import Shop

_NONE: Final = Account(test=False, cancelled=False, currency=None)


def settled(customer: Customer, shop: Shop, at: datetime) -> Account | None:
    """What the customer's orders come to from `at` on; None if that may change."""
    ledger, policy = customer.ledger, shop.orders
    if ledger.since > at:
        return None
    found = _NONE
    for one in ledger.accounts:
        if (one.test and not policy.count_test) or (one.cancelled and not policy.count_cancelled):
            continue
        if one.currency is not None and one.currency != shop.currency:
            one = replace(one, amount=Decimal(0))
        found = one if found is _NONE else _together(found, one)
    return found


def _together(some: Account, more: Account) -> Account:
    firsts = [one.first for one in (some, more) if one.first is not None]
    lasts = [one.last for one in (some, more) if one.last is not None]
    return replace(
        some,
        orders=some.orders + more.orders,
        amount=some.amount + more.amount,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
    )
