"""Who buys without an account is a customer where the shop says so; handlers and streams as deployed."""

from __future__ import annotations

from types import SimpleNamespace

from segment_core.facts.guests import guest_id
from segment_core.segments.shops import put_shop

from .conftest import NOW, Stack
from .streams import Streams, ingest
from .test_identity import SHOP, known, names, order, segment


def with_guests(stack: Stack) -> None:
    put_shop(
        stack.tables, SHOP, domain="demo.example.com", zone="Europe/Oslo", currency="NOK",
        count_test_orders=False, count_cancelled_orders=False, guests_are_customers=True, at=NOW,
    )  # fmt: skip


def test_guests_are_customers_where_the_shop_says_so(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    segment(shop, "Buyers", "number_of_orders >= 2 AND customer_countries CONTAINS 'NO'")
    guest = guest_id(SHOP, "a@example.com")
    ingest(context, order(1, None, email="a@example.com"))
    streams.quiet()
    assert known(shop, guest) is None

    with_guests(shop)
    there = {"country_code": "NO", "city": "Bergen"}
    ingest(context, order(1, None, email="a@example.com", at="2026-02-20T11:00:00Z"))
    ingest(context, order(2, None, email=" A@Example.COM", shipping_address=there), order(3, None, email=""))
    streams.quiet()

    assert names(shop, guest) == ["Buyers"]
    assert "example" not in guest
    assert guest != guest_id("another", "a@example.com")


def test_an_order_that_gets_a_customer_is_no_guests_any_more(
    shop: Stack, context: SimpleNamespace, streams: Streams
) -> None:
    with_guests(shop)
    guest = guest_id(SHOP, "a@example.com")
    bodies = [order(1, None, email="a@example.com", at="2026-02-22T00:00:00Z"), order(1, 7, email="a@example.com")]
    ingest(context, *bodies)
    streams.quiet()

    assert [o.id for o in known(shop, "7").orders] == ["1"]
    assert known(shop, guest).orders == ()
