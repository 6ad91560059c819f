"""Whom a query is asked about: a customer of a shop at an instant, with what can be derived once for all clauses.

Here it is decided which orders exist and what was spent on them at any instant from `at` on.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from operator import sub
from typing import Any

from segment_core.calendar import BEGINNING, NEVER
from segment_core.evaluator.rows import NOTHING, Stretch, Totals, tally
from segment_core.evaluator.settled import settled
from segment_core.evaluator.timeline import Course, Patience, parts
from segment_core.facts.customer import Customer, Order
from segment_core.facts.ledger import Settled, kept
from segment_core.record import record
from segment_core.shop import Shop

Spend = Course[Decimal | None]


@record
class CountedOrder:
    """An order that exists within `[start, end)`, a window that is not over at `at`.

    `currency` is the shop's if the order has none. `spend` is what was paid and kept, in the shop's currency; None if
    that is not known or another currency's.
    """

    order: Order
    start: datetime
    end: datetime
    currency: str
    spend: Spend


class Subject:
    """One customer, one shop, one instant."""

    def __init__(self, customer: Customer, shop: Shop, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("`at` must be an aware datetime: an instant without an offset means nothing")
        self.customer = customer
        self.shop = shop
        self.at = at

    @cached_property
    def derived(self) -> dict[object, Any]:
        """What clauses found out that others can use, by their keys."""
        return {}

    @cached_property
    def patience(self) -> Patience:
        """The steps that are left to all clauses together."""
        return Patience()

    @cached_property
    def orders(self) -> tuple[CountedOrder, ...]:
        """The orders that exist for this shop's queries now or later.

        An order exists from its creation, if that is known, and until it is cancelled; test orders never do.
        The shop's policy can make either count all the same.
        """
        policy = self.shop.orders
        counted = []
        for order in self.customer.orders:
            if order.test and not policy.count_test:
                continue
            start = BEGINNING if order.created_at is None else order.created_at
            end = NEVER if order.cancelled_at is None or policy.count_cancelled else order.cancelled_at
            if end > self.at and end > start:
                currency = order.currency or self.shop.currency
                counted.append(CountedOrder(order, start, end, currency, self._spend(order, currency)))
        return tuple(counted)

    @cached_property
    def settled(self) -> Settled | None:
        """The short way to what all orders come to, where there is one."""
        return settled(self.customer, self.shop, self.at)

    @cached_property
    def lifetime(self) -> Course[Totals]:
        """The totals over all orders, now and later. Orders whose spend is not known add no money."""
        if (settled := self.settled) is not None:
            return Course(Totals(settled.orders, settled.amount, 0))
        totals = tally(
            self.at,
            (
                Stretch(since, until, NOTHING if amount is None else amount, 0)
                for counted in self.orders
                for since, until, amount in parts(counted.spend, counted.start, counted.end)
            ),
        )
        return Course(totals.now, tuple(totals.later))

    def _spend(self, order: Order, currency: str) -> Spend:
        """What was paid and kept of the order, now and as refunds fall due: until then they are added back."""
        spend = kept(order)
        if spend is None or currency != self.shop.currency:
            return Course(None)
        if not order.refunds:
            return Course(spend)
        due: dict[datetime, Decimal] = {}
        for refund in order.refunds:
            if refund.created_at is not None and refund.created_at > self.at:
                due[refund.created_at] = due.get(refund.created_at, Decimal(0)) + refund.amount
        before = spend + sum(due.values())
        rest = accumulate((due[when] for when in sorted(due)), sub, initial=before)
        return Course(next(rest), tuple(zip(sorted(due), rest, strict=True)))
