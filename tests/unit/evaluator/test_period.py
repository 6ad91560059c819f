"""The flips of a period: asked for once or of a rule, and from the beginning of time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from segment_core.calendar import BEGINNING, TICK
from segment_core.evaluator import compile_query, timeline
from segment_core.facts.customer import Customer, Order
from segment_core.language import parse
from segment_core.shop import Shop

SHOP = Shop(ZoneInfo("UTC"), "USD")


def test_a_period_can_be_asked_for_once() -> None:
    query, start, end = (
        parse("last_order_date = today"),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
    )
    customer = Customer("1", orders=(Order("1", created_at=start),))
    flips = [*timeline(query, customer, SHOP, start, end)]
    assert flips == [(start, True), (datetime(2026, 1, 2, tzinfo=UTC), False)]
    assert flips == [*compile_query(query).timeline(customer, SHOP, start, end)]


def test_a_period_may_begin_as_early_as_time_does() -> None:
    query, end = parse("last_order_date = today"), datetime(1, 1, 3, tzinfo=UTC)
    customer = Customer("1", orders=(Order("1", created_at=datetime(1, 1, 2, tzinfo=UTC)),))
    for start in (BEGINNING, BEGINNING + TICK, BEGINNING + 2 * TICK):
        assert [flip.at.day for flip in timeline(query, customer, SHOP, start, end)] == [2]
