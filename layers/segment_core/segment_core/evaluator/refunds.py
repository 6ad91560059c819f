"""`orders_refunded MATCHES (...)`: a row is a refund of an order that exists, from the instant at which it was made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Final

from segment_core.calendar import BEGINNING
from segment_core.evaluator.subject import Subject
from segment_core.evaluator.things import OfTotals, Things, When, Worth
from segment_core.evaluator.timeline import Course
from segment_core.record import record


@record
class CountedRefund:
    """A refund that counts within `[start, end)`; `worth` is its amount, None if it is not in the shop's currency."""

    created_at: datetime | None
    worth: Course[Decimal | None]
    start: datetime
    end: datetime


def _refunds(subject: Subject) -> Iterator[CountedRefund]:
    for counted in subject.orders:
        ours = counted.currency == subject.shop.currency
        for refund in counted.order.refunds:
            # One whose date is not known is in the order's total already: it has happened.
            start = max(counted.start, refund.created_at or BEGINNING)
            if start < counted.end:
                yield CountedRefund(refund.created_at, Course(refund.amount if ours else None), start, counted.end)


REFUNDS: Final = Things(
    rows=_refunds,
    unit="refunds",
    start=attrgetter("start"),
    end=attrgetter("end"),
    worth=attrgetter("worth"),
    sources={
        "date": When(attrgetter("created_at")),
        "amount": Worth(),
        "sum_amount": OfTotals(attrgetter("amount"), "money"),
        "count": OfTotals(attrgetter("orders"), "refunds"),
    },
)
