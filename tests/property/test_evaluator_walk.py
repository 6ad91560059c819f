"""400 days in which only time passes: stepping from `until` to `until` sees what looking every hour sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from segment_core.evaluator import compile_query
from segment_core.facts.customer import Checkout, Customer, Order, OrderLine, Refund
from segment_core.language import parse
from segment_core.shop import Shop

from . import oracle

HOUR = timedelta(hours=1)
YEARS = [
    # A zone, and the first day of 400 in which its clocks do what others' do not.
    ("America/Santiago", datetime(2025, 8, 20, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 2, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 3, 1, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2023, 12, 20, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2024, 1, 20, tzinfo=UTC)),
]
QUERIES = [
    "last_order_date >= -30d AND amount_spent >= 100",
    "orders_placed MATCHES (date >= -3m, count = 2) OR orders_placed MATCHES (date = -1m)",
    "orders_placed NOT MATCHES (date > -2w, amount >= 20) AND number_of_orders <= 9",
    "NOT (products_purchased MATCHES (id = 11, date BETWEEN -60d AND -1w, sum_quantity >= 3) OR last_order_date = today)",
    "orders_placed MATCHES (date >= -90d, sum_amount < 150) AND NOT abandoned_checkout_date < -1w",
]


def year_of_a_customer(random: Random, start: datetime) -> Customer:
    """Orders, refunds and checkouts of 400 days and some before, all known in advance."""

    def when() -> datetime:
        # On the hour at times, so that looking every hour meets facts at their very instant.
        return start + timedelta(
            hours=random.randrange(-60 * 24, 360 * 24), seconds=random.choice((0, 0, 1, 1800, 3599))
        )

    def order(number: int) -> Order:
        created = when()
        refunded = created + timedelta(days=random.randrange(20))
        return Order(
            str(number),
            created_at=created,
            total=Decimal(random.randrange(500, 9000)) / 100,
            cancelled_at=created + timedelta(days=random.randrange(30)) if random.random() < 0.2 else None,
            refunds=(Refund("1", refunded, Decimal("5.00")),) if random.random() < 0.3 else (),
            lines=(OrderLine(random.choice(("11", "12")), quantity=random.randrange(1, 4)),),
        )

    checkouts = [Checkout(str(number), when(), when()) for number in range(3)]
    return Customer("1", orders=tuple(map(order, range(12))), checkouts=tuple(checkouts))


@pytest.mark.parametrize(("zone", "start"), YEARS, ids=[zone for zone, _ in YEARS])
def test_stepping_from_until_to_until_equals_looking_every_hour(zone: str, start: datetime) -> None:
    shop = Shop(ZoneInfo(zone), "USD")
    customer = year_of_a_customer(Random(zone), start)
    hours = [start + hour * HOUR for hour in range(400 * 24)]
    for text in QUERIES:
        query = parse(text)
        rule = compile_query(query)
        at, steps = start, []
        while True:
            member, until = rule.evaluate(customer, shop, at)
            steps.append((at, until or hours[-1] + HOUR, member))
            if until is None or until > hours[-1]:
                break
            at = until
        assert all(member is not after for (_, _, member), (_, _, after) in pairwise(steps)), "a step that is no flip"
        stepped = [member for began, ended, member in steps for hour in hours if began <= hour < ended]
        assert stepped == [oracle.member(query, customer, shop, hour) for hour in hours], text
        assert len(steps) > 2, f"nothing happens in this story: {text}"
