"""Erasing a whole shop, and making it again; what customers ask to be told, and how often."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core import clock
from segment_core.errors import Conflict
from segment_core.facts.guests import guest_id
from segment_core.privacy import requests
from segment_core.privacy import shops as erasing
from segment_core.runtime import secrets
from segment_core.segments import service
from segment_core.segments.shops import put_shop
from segment_core.store import clearing, generations, keys

from .api_caller import ApiCaller
from .conftest import NOW, Stack, load_function
from .streams import Streams, ingest, webhook

SHOP, OTHER = "demo", "other"


def made(stack: Stack, shop: str, at: datetime = NOW) -> bool:
    _, new = put_shop(
        stack.tables, shop, domain=f"{shop}.example.com", zone="Europe/Oslo", currency="NOK",
        count_test_orders=False, count_cancelled_orders=False, at=at,
    )  # fmt: skip
    return new


def order(order_id: int, customer: int | None, shop: str = SHOP, **others: Any) -> dict[str, Any]:
    at = "2026-02-20T10:00:00Z"
    body = {"id": order_id, "created_at": at, "updated_at": at, "currency": "NOK", "current_total_price": "123.45"}
    buyer = {} if customer is None else {"customer": {"id": customer, "email": f"{customer}@planted.example.com"}}
    return webhook("orders/create", body | buyer | others, shop)


def redacted(shop: str = SHOP) -> dict[str, Any]:
    return webhook("shop/redact", {"shop_id": 1, "shop_domain": f"{shop}.example.com"}, shop)


@pytest.fixture
def run(shop: Stack, streams: Streams, context: SimpleNamespace) -> Callable[[datetime], None]:
    """Have the sweep look at an instant, and all that follows."""

    def at(instant: datetime) -> None:
        clock.use(lambda: instant)
        load_function("sweep").handler({}, context)
        streams.quiet()

    return at


def of_shop(stack: Stack, shop: str) -> list[tuple[str, str]]:
    """The keys of all items that are the shop's, in all tables."""
    named = stack.tables
    tables = (named.customers, named.memberships, named.members, named.history, named.segments)
    found = [(item["pk"], item.get("sk", "")) for table in tables for item in stack.items(table)]
    return [key for key in found if shop in (one.partition("#")[0] for one in key)]


def test_an_erased_shop_leaves_only_its_tombstone_and_is_made_again(
    shop: Stack, context: SimpleNamespace, streams: Streams, run: Callable[[datetime], None]
) -> None:
    made(shop, OTHER)
    for one in (SHOP, OTHER):
        service.create(shop.tables, one, "Buyers", "number_of_orders >= 1", NOW, shop.work_queue_url)
    secrets.write(shop.secrets_prefix, SHOP, ("a secret of the shop",))
    ingest(context, *(order(n, n) for n in (1, 2, 3)), order(4, None), order(1, 1, OTHER))
    ingest(context, webhook("customers/delete", {"id": 3}))
    streams.quiet()
    others = of_shop(shop, OTHER)
    last = generations.current(shop.tables.segments, SHOP).number  # type: ignore[union-attr]
    streams.told.clear()

    ingest(context, redacted(), order(5, 5))
    run(NOW)
    run(NOW + timedelta(minutes=1))

    assert sorted((one.detail["customer_id"], one.detail["cause"]) for one in streams.told) == [
        ("1", "erasure"), ("2", "erasure"),
    ]  # fmt: skip
    assert not [item for item in shop.items(shop.tables.history) if item["pk"].startswith(f"{SHOP}#")]
    with pytest.raises(Conflict):
        made(shop, SHOP, NOW + timedelta(hours=1))

    run(NOW + erasing.REST + timedelta(minutes=2))

    assert of_shop(shop, SHOP) == [(keys.SHOPS, SHOP)]
    assert secrets.read(shop.secrets_prefix, SHOP) == ()
    assert of_shop(shop, OTHER) == others

    again = NOW + timedelta(days=2)
    assert made(shop, SHOP, again)
    # What a process remembers of a numbered generation stays true: the numbers go on.
    began = generations.current(shop.tables.segments, SHOP)
    assert began is not None
    assert began.number > last
    late, new = order(1, 1), order(6, 6)
    ingest(context, late, new | {"received_at": "2026-03-04T00:00:00Z"}, redacted())
    run(again)
    customers = {item["pk"] for item in shop.items(shop.tables.customers) if item["pk"].startswith(f"{SHOP}#")}
    assert customers == {f"{SHOP}#6", f"{SHOP}#order#6"}


def test_an_erasure_that_has_no_time_goes_on_where_it_is(
    shop: Stack, context: SimpleNamespace, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "PAGE", 2)
    monkeypatch.setattr(clearing, "PAGE", 2)
    ingest(context, *(order(n, n % 5 + 1) for n in range(1, 13)), redacted())
    streams.quiet()
    turns = 0
    for at in (NOW, NOW + erasing.REST):
        while not erasing.work(shop.tables, shop.secrets_prefix, shop.exports_bucket, SHOP, at, budget(3)):
            turns += 1
            streams.quiet()

    assert turns > 3
    assert of_shop(shop, SHOP) == [(keys.SHOPS, SHOP)]
    streams.quiet()


def budget(looks: int) -> Callable[[], float]:
    left = iter(range(looks, 0, -1))
    return lambda: next(left, 0)


def asked(customer: int, *orders: int, email: str | None = None, request: int = 99) -> dict[str, Any]:
    person = {"id": customer, "email": email, "phone": None}
    body = {"customer": person, "orders_requested": [*orders], "data_request": {"id": request}}
    return webhook("customers/data_request", body)


def test_the_answer_to_a_request_is_fetched_once(
    api: ApiCaller, shop: Stack, context: SimpleNamespace, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PAGE", 2)
    put_shop(
        shop.tables, SHOP, domain="demo.example.com", zone="Europe/Oslo", currency="NOK", count_test_orders=False,
        count_cancelled_orders=False, guests_are_customers=True, at=NOW,
    )  # fmt: skip
    service.create(shop.tables, SHOP, "Buyers", "number_of_orders >= 2", NOW, shop.work_queue_url)
    ingest(context, *(order(n, 1) for n in (1, 2, 3)), order(4, None), order(5, None, email="1@planted.example.com"))
    ingest(context, asked(1, 4, email="1@planted.example.com"), asked(1, 4))
    streams.quiet()

    (listed,) = api("GET", "/data-requests").body["requests"]
    assert (listed["id"], listed["ends_at"], listed["fetched_at"]) == ("99", "2026-03-08T12:00:00Z", None)
    assert listed["customers"] == ["1", guest_id(SHOP, "1@planted.example.com")]

    # It is used up by being fetched, so nobody can have it already.
    handed_out = api("GET", "/data-requests/99", if_none_match="*")
    assert (handed_out.status, handed_out.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in handed_out.headers
    first = handed_out.body
    parts, cursor = [*first["customers"]], first["next_cursor"]
    while cursor:
        page = api("GET", "/data-requests/99", cursor=cursor).body
        parts += page["customers"]
        cursor = page["next_cursor"]
    assert [[one["name"] for one in found["segments"]] for found in first["segments"]] == [["Buyers"], []]
    assert sorted(one["id"] for part in parts for one in part.get("orders", [])) == ["1", "2", "3", "4", "5"]
    assert [part["email"] for part in parts if "email" in part] == ["1@planted.example.com"] * 2

    assert api("GET", "/data-requests/99").problem == (409, "data_request_fetched")
    assert api("GET", "/data-requests").body["requests"][0]["fetched_at"] == "2026-03-01T12:00:00Z"
    clock.use(lambda: NOW + timedelta(hours=2))
    assert api("GET", "/data-requests/99", cursor=first["next_cursor"]).problem == (409, "data_request_fetched")


def test_a_request_ends_after_seven_days(api: ApiCaller, shop: Stack, context: SimpleNamespace) -> None:
    ingest(context, order(1, 1), asked(1), asked(2, request=100))
    unknown = api("GET", "/data-requests/100").body
    assert (unknown["customers"], unknown["next_cursor"]) == ([], None)

    clock.use(lambda: NOW + requests.LASTS)
    assert api("GET", "/data-requests").body == {"requests": []}
    assert api("GET", "/data-requests/99").problem == (404, "data_request_not_found")
    assert api("GET", "/data-requests/7").problem == (404, "data_request_not_found")


def test_requests_are_the_shops_own(api: ApiCaller, shop: Stack, context: SimpleNamespace) -> None:
    made(shop, OTHER)
    ingest(context, order(1, 1), asked(1))
    stranger = ApiCaller(api.app, api.context, OTHER)

    assert stranger("GET", "/data-requests").body == {"requests": []}
    assert stranger("GET", "/data-requests/99").problem == (404, "data_request_not_found")
    assert ApiCaller(api.app, api.context, scope="customers:read")("GET", "/data-requests/99").status == 403


def test_no_demand_is_made_twice_by_a_repeated_message(api: ApiCaller, shop: Stack, context: SimpleNamespace) -> None:
    ingest(context, order(1, 1), asked(1))
    api("GET", "/data-requests/99")
    ingest(context, asked(1))

    assert api("GET", "/data-requests/99").problem == (409, "data_request_fetched")
    assert "planted" not in json.dumps(shop.items(shop.tables.segments), default=str)
