"""400 days in which only time passes: stepping from `until` to `until` sees what looking every hour sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest

from segment_core.calendar import TICK
from segment_core.evaluator import compile_query
from segment_core.facts.customer import (
    Checkout,
    Customer,
    Event,
    Metafield,
    Order,
    OrderLine,
    Refund,
    StoreCreditAccount,
)
from segment_core.language import parse
from segment_core.shop import Shop

from . import oracle

HOUR = timedelta(hours=1)
YEARS = [
    # A zone, the first day of 400 in which its clocks do what others' do not, and a query.
    (
        "America/Santiago",
        datetime(2025, 8, 20, tzinfo=UTC),
        "last_order_date >= -30d AND amount_spent >= 100 OR number_of_orders = 5",
    ),
    (
        "America/St_Johns",
        datetime(2010, 2, 1, tzinfo=UTC),
        "orders_placed MATCHES (date >= -3m, count = 2) OR orders_placed MATCHES (date = -1m)",
    ),
    (
        "Pacific/Apia",
        datetime(2011, 3, 1, tzinfo=UTC),
        "orders_placed NOT MATCHES (date > -2w, amount >= 20) AND number_of_orders <= 9",
    ),
    (
        "Africa/Cairo",
        datetime(2023, 12, 20, tzinfo=UTC),
        "NOT (products_purchased MATCHES (id = 11, date BETWEEN -60d AND -1w) OR last_order_date = today)",
    ),
    (
        "Asia/Kolkata",
        datetime(2024, 1, 20, tzinfo=UTC),
        "orders_placed MATCHES (date >= -60d, sum_amount < 90) AND NOT abandoned_checkout_date = -1w",
    ),
    (
        "Asia/Beirut",
        datetime(2023, 2, 1, tzinfo=UTC),
        (
            "anniversary('first_order_date') BETWEEN -3d AND +1w OR anniversary('metafields.facts.birth_date') = +1d "
            "OR metafields.custom.renewal BETWEEN today AND +30d AND NOT shopify_email.opened MATCHES (date > -9d)"
        ),
    ),
    (
        "America/Havana",
        datetime(2024, 2, 1, tzinfo=UTC),
        (
            "shopify_email.opened MATCHES (activity_id = 99, date >= -20d, count >= 2) "
            "OR store_credit_accounts MATCHES (next_expiry_date BETWEEN -1w AND +2w, last_credit_date < -3m)"
        ),
    ),
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
    return Customer(
        "1",
        orders=tuple(map(order, range(12))),
        checkouts=tuple(checkouts),
        events=tuple(
            Event(str(n), "shopify_email.opened", when(), {"activity_id": random.choice("89") * 2}) for n in range(20)
        ),
        metafields={
            "facts.birth_date": Metafield("date", "2000-02-29"),
            "custom.renewal": Metafield("date_time", when().isoformat()),
        },
        store_credit_accounts=tuple(
            StoreCreditAccount(str(n), next_expiry_date=when().date(), last_credit_date=when().date()) for n in range(4)
        ),
    )


@pytest.mark.parametrize(("zone", "start", "query"), YEARS, ids=[zone for zone, _, _ in YEARS])
def test_stepping_from_until_to_until_equals_looking_every_hour(zone: str, start: datetime, query: str) -> None:
    shop, end = Shop(ZoneInfo(zone), "USD"), start + timedelta(days=400)
    customer = year_of_a_customer(Random(zone), start)
    tree = parse(query)
    rule = compile_query(tree)
    hour, at, steps = start, start, list[datetime]()
    while at < end:
        member, until = rule.evaluate(customer, shop, at)
        assert rule.evaluate(customer, shop, until).member is not member if until else True, "a step that is no flip"
        at = until or end
        steps.append(at)
        while hour < min(at, end):
            assert oracle.member(tree, customer, shop, hour) is member, hour
            hour += HOUR
    assert [flip.at for flip in rule.timeline(customer, shop, start + TICK, end)] == [at for at in steps if at < end]
    assert len(steps) > 5, "too little happens in this story"
