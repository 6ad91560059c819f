"""`orders_refunded MATCHES (...)`: a row is a refund of an order that exists, from the instant at which it was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Final, NamedTuple

from segment_core.calendar import BEGINNING
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.things import Amount, Count, Things, Value, When


class CountedRefund(NamedTuple):
    """A refund that counts within `[start, end)`; `amount` is None if it is not in the shop's currency."""

    created_at: datetime | None
    amount: Decimal | None
    start: datetime
    end: datetime


def _refunds(subject: Subject) -> Iterator[CountedRefund]:
    for order, opened, end, _ in subject.orders:
        ours = order.currency in (None, subject.shop.currency)
        for refund in order.refunds:
            # One whose date is not known is in the order's total already: it has happened.
            start = max(opened, refund.created_at or BEGINNING)
            if start < end:
                yield CountedRefund(refund.created_at, refund.amount if ours else None, start, end)


REFUNDS: Final = Things(
    rows=_refunds,
    start=attrgetter("start"),
    end=attrgetter("end"),
    amount=attrgetter("amount"),
    unit="refunds",
    sources={
        "date": When(attrgetter("created_at")),
        "amount": Value(attrgetter("amount")),
        "sum_amount": Amount(),
        "count": Count(),
    },
)
