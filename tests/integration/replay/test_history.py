"""The replayed histories: complete, the same on every run, and hard on day boundaries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from .days import day_start, local_date
from .history import Order, Registration, Row, Shop, happenings, webhook

OSLO = Shop("oslo", ZoneInfo("Europe/Oslo"))
BRAZIL = Shop("brazil", ZoneInfo("America/Sao_Paulo"), customers=300)
SECOND = timedelta(seconds=1)


def test_every_row_becomes_one_order_on_its_local_date(table: list[Row]) -> None:
    orders = [told for told in happenings(OSLO, table) if isinstance(told, Order)]
    assert len(orders) == len(table) == 6919
    assert len({order.customer for order in orders}) == 2357
    assert Counter((local_date(OSLO.zone, o.at), o.amount, o.quantity) for o in orders) == Counter(
        (row.day, row.amount, row.quantity) for row in table
    )
    assert sum(order.amount == 0 for order in orders) == 8


def test_times_of_day_include_midnight_and_the_seconds_beside_it(table: list[Row]) -> None:
    for shop in (OSLO, BRAZIL):
        seen = Counter[str]()
        for told in happenings(shop, table):
            start = day_start(shop.zone, local_date(shop.zone, told.at))
            next_start = day_start(shop.zone, local_date(shop.zone, told.at) + timedelta(days=1))
            seen["midnight"] += told.at == start
            seen["after"] += told.at == start + SECOND
            seen["before"] += told.at == next_start - SECOND
        assert min(seen.values()) > 50


def test_the_same_history_comes_out_every_time(table: list[Row]) -> None:
    assert happenings(BRAZIL, table) == happenings(BRAZIL, table)


def test_some_customers_never_order_and_some_are_there_before_their_first_order(table: list[Row]) -> None:
    told = happenings(BRAZIL, table)
    buyers = {order.customer for order in told if isinstance(order, Order)}
    registered = {record.customer for record in told if isinstance(record, Registration)}
    assert len(buyers) == 300
    assert len(registered - buyers) == BRAZIL.never_ordering
    assert len(registered & buyers) > 20
    first: dict[str, datetime] = {}
    for happening in told:
        first.setdefault(happening.customer, happening.at)
        assert happening.customer_created_at == first[happening.customer]


def test_a_webhook_is_signed_over_its_bytes_and_carries_the_order(table: list[Row]) -> None:
    order = next(told for told in happenings(BRAZIL, table) if isinstance(told, Order))
    delivery = webhook(BRAZIL, order)
    signature = base64.b64encode(hmac.digest(BRAZIL.secret.encode(), delivery.body, hashlib.sha256)).decode()
    assert delivery.headers["X-Shopify-Hmac-Sha256"] == signature
    assert delivery.path == "/webhooks/brazil"
    body = json.loads(delivery.body)
    assert datetime.fromisoformat(body["created_at"]) == order.at
    assert Decimal(body["current_total_price"]) == order.amount
    assert body["line_items"][0]["quantity"] == order.quantity
    assert str(body["customer"]["id"]) == order.customer


def test_both_shapes_of_bodies_occur(table: list[Row]) -> None:
    shapes = Counter[bool]()
    for told in happenings(BRAZIL, table):
        delivery = webhook(BRAZIL, told)
        body = json.loads(delivery.body)
        customer = body["customer"] if isinstance(told, Order) else body
        assert ("tags" in customer) == told.old_shape == (delivery.headers["X-Shopify-API-Version"] < "2025-01")
        shapes[told.old_shape] += 1
    assert min(shapes[False], shapes[True]) > 100
