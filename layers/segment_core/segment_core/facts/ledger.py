"""What a customer's orders come to once time changes nothing of them any more: added up when they are read.

Nearly all customers have only such orders. Which of them count is for the shop to say, so that orders which differ in
what a shop can ask for are added up apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from segment_core.calendar import BEGINNING, NEVER
from segment_core.facts.parts import in_parts
from segment_core.record import computed, record

if TYPE_CHECKING:
    from segment_core.facts.customer import Order


@record
class Settled:
    """What orders come to: how many, what was paid and kept, and when the first and the last were placed.

    Those of which the money or the date is not known are among them, without it. Both numbers are told in PARTS too,
    unless they are finer.
    """

    orders: int = 0
    amount: Decimal = Decimal(0)
    first: datetime | None = None
    last: datetime | None = None
    orders_parts: int = computed(in_parts, "orders")
    amount_parts: int | None = computed(in_parts, "amount")


@record
class Account:
    """Orders that a shop counts or does not count together."""

    test: bool
    cancelled: bool
    currency: str | None
    settled: Settled


_NO_ORDERS = Account(test=False, cancelled=False, currency=None, settled=Settled())


def _alone(accounts: tuple[Account, ...]) -> Account | None:
    first, *others = accounts or (_NO_ORDERS,)
    return None if others or first.test or first.cancelled else first


@record
class Ledger:
    """The orders by what tells them apart. `since` is the last instant at which anything happened to any of them.

    Before it they have to be followed one by one. `alone` is the only account, as it mostly is, if all shops count it.
    """

    since: datetime
    accounts: tuple[Account, ...]
    alone: Account | None = computed(_alone, "accounts")


_EMPTY = Ledger(BEGINNING, ())


def added_up(orders: Sequence[Order]) -> Ledger:
    """The ledger of these orders."""
    if not orders:
        return _EMPTY
    since = BEGINNING
    alike: dict[tuple[bool, bool, str | None], list[Order]] = {}
    for order in orders:
        created, cancelled = order.created_at, order.cancelled_at
        if created is not None and created > since:
            since = created
        if cancelled is not None and cancelled > since:
            since = cancelled
        for refund in order.refunds:
            if refund.created_at is not None and refund.created_at > since:
                since = refund.created_at
        alike.setdefault((order.test, cancelled is not None, order.currency), []).append(order)
    return Ledger(since, tuple(Account(*key, _settled(some)) for key, some in alike.items()))


def _settled(orders: Sequence[Order]) -> Settled:
    amounts = [order.total if not order.refunds else kept(order) for order in orders]
    dates = [order.created_at for order in orders if order.created_at is not None]
    amount = sum([one for one in amounts if one is not None], Decimal(0))
    first, last = (min(dates), max(dates)) if dates else (None, None)
    return Settled(len(orders), amount, first, last)


def kept(order: Order) -> Decimal | None:
    """What was paid and kept of the order once all of its refunds have happened; None if that is not known.

    `total` is net of the refunds up to `updated_at`. A refund whose date is not known is in the total already.
    """
    if order.total is None:
        return None
    told = order.updated_at or order.created_at or NEVER
    late = (refund.amount for refund in order.refunds if refund.created_at is not None and refund.created_at > told)
    return order.total - sum(late, Decimal(0))
