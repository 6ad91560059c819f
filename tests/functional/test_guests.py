"""Who buys without an account is a customer where the shop says so; handlers and streams as deployed."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.facts.guests import guest_id, settled
from segment_core.facts.told import OrderFact, ProfileFact
from segment_core.ingest.documents import understand
from segment_core.segments.shops import put_shop

from .api_caller import ApiCaller
from .conftest import NOW, Stack
from .streams import Streams, ingest
from .test_identity import SHOP, known, names, order, segment, webhook


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
    ingest(context, order(2, None, email=" A@Example.COM", shipping_address=there), order(3, None, email=" "))
    streams.quiet()

    assert names(shop, guest) == ["Buyers"]
    assert known(shop, guest_id(SHOP, " ")) is None
    assert "example" not in guest
    assert guest != guest_id("another", "a@example.com")


def test_what_is_known_of_a_guest_is_told_once_for_all_orders_of_a_document() -> None:
    document = {"guest": True, "email": "a@example.com", "orders": [{"id": str(number)} for number in range(20)]}
    told = [*settled(understand(document, NOW), SHOP, are_customers=True)]
    assert [type(fact) for fact in told] == [ProfileFact, *[OrderFact] * 20]
    assert {fact.told.customer_id for fact in told if isinstance(fact, OrderFact)} == {guest_id(SHOP, "a@example.com")}


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


ADDRESS = "a@example.com"


def document(order_id: int, as_of: str = "2026-02-25T00:00:00Z", **others: Any) -> dict[str, Any]:
    bought = {"id": str(order_id), "created_at": "2026-02-01T00:00:00Z", "total": "10.00", "currency": "NOK"}
    return {"guest": True, "email": ADDRESS, "as_of": as_of, "orders": [bought], **others}


def imported(
    api: ApiCaller, stack: Stack, context: SimpleNamespace, *documents: dict[str, Any]
) -> list[dict[str, Any]]:
    """The results of an import that ingest has taken in."""
    results = api("POST", "/imports", {"customers": documents}).body["results"]
    ingest(context, *stack.messages(stack.ingest_queue_url))
    return list(results)


class TestImports:
    """Documents of guests, which the exports of a store are made into."""

    def test_history_that_webhooks_told_before_becomes_the_guests(
        self, api: ApiCaller, shop: Stack, context: SimpleNamespace, streams: Streams
    ) -> None:
        segment(shop, "Buyers", "number_of_orders >= 2 AND customer_countries CONTAINS 'NO'")
        guest = guest_id(SHOP, ADDRESS)
        ingest(context, order(1, None, email=ADDRESS))
        with_guests(shop)

        results = imported(
            api, shop, context, document(1), document(2, email=" A@example.com", default_address={"country": "NO"})
        )
        streams.quiet()

        assert [(one["status"], one["id"]) for one in results] == [("accepted", guest)] * 2
        assert names(shop, guest) == ["Buyers"]
        assert [bought.id for bought in known(shop, guest).orders] == ["1", "2"]

    def test_imported_again_it_changes_nothing(
        self, api: ApiCaller, shop: Stack, context: SimpleNamespace, streams: Streams
    ) -> None:
        with_guests(shop)
        imported(api, shop, context, document(1), document(2))
        before = shop.items(shop.tables.customers)

        imported(api, shop, context, document(2), document(1))

        assert shop.items(shop.tables.customers) == before

    @pytest.mark.parametrize("first", ["guest", "customer"])
    def test_an_order_of_a_customer_stays_theirs(
        self, api: ApiCaller, shop: Stack, context: SimpleNamespace, streams: Streams, first: str
    ) -> None:
        with_guests(shop)
        told = [lambda: imported(api, shop, context, document(1)), lambda: ingest(context, order(1, 7))]
        for tell in told if first == "guest" else reversed(told):
            tell()

        assert [bought.id for bought in known(shop, "7").orders] == ["1"]
        assert known(shop, guest_id(SHOP, ADDRESS)).orders == ()

    def test_a_shop_that_does_not_want_them_keeps_nothing_of_them(
        self, api: ApiCaller, shop: Stack, context: SimpleNamespace, log: io.StringIO
    ) -> None:
        before = shop.items(shop.tables.customers)

        (refused,) = imported(api, shop, context, document(1))

        assert (refused["status"], refused["code"], refused["id"]) == ("refused", "guests_are_no_customers", None)
        assert shop.items(shop.tables.customers) == before
        assert ADDRESS not in log.getvalue() + str(refused)

    def test_one_who_was_redacted_does_not_come_back(
        self, api: ApiCaller, shop: Stack, context: SimpleNamespace, streams: Streams
    ) -> None:
        with_guests(shop)
        redacted = {"customer": {"id": 99, "email": ADDRESS}, "orders_to_redact": []}
        ingest(context, webhook("customers/redact", redacted))
        streams.quiet()

        imported(api, shop, context, document(1))
        streams.quiet()

        assert known(shop, guest_id(SHOP, ADDRESS)) is None
        assert ADDRESS not in str(shop.items(shop.tables.customers))

    @pytest.mark.parametrize(
        ("others", "path"),
        [
            ({"id": "7"}, "id"),
            ({"guest": False}, "guest"),
            ({"email": None}, "email"),
            ({"email": " "}, "email"),
            ({"orders": []}, "orders"),
            ({"orders": [{"id": "1", "total": 5}]}, "orders[0].total"),
            ({"colour": "blue"}, "colour"),
        ],
    )
    def test_what_tells_of_no_guest_is_refused_with_its_place(
        self, api: ApiCaller, shop: Stack, others: dict[str, Any], path: str
    ) -> None:
        with_guests(shop)
        (refused,) = api("POST", "/imports", {"customers": [document(1, **others)]}).body["results"]
        assert (refused["status"], refused["code"], refused["path"]) == ("refused", "invalid_document", path)
        assert shop.messages(shop.ingest_queue_url) == []
