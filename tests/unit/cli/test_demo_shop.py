"""The generated shop: the same everywhere, valid, plainly invented, and spread like a real one."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from itertools import islice

import pytest

from segment_core.evaluator import compile_query
from segment_core.facts.customer import Customer
from segment_core.facts.document import read_customer
from segment_core.language import parse
from segment_core.shop import Shop
from tidemark.demo import shop
from tidemark.demo.segments import SEGMENTS
from tidemark.demo.story import CUSTOMERS, CUSTOMERS_ON_MOTO

SMALL, FULL = CUSTOMERS_ON_MOTO, CUSTOMERS


@pytest.fixture(scope="module")
def customers() -> list[Customer]:
    return [read_customer(document) for document in shop.customers(FULL)]


def test_a_small_shop_is_the_beginning_of_a_large_one() -> None:
    small = list(shop.customers(20))
    assert json.dumps(small) == json.dumps(list(islice(shop.customers(FULL), 20)))


def test_nothing_lies_in_the_future(customers: list[Customer]) -> None:
    for customer in customers:
        assert customer.created_at is not None
        for order in customer.orders:
            assert order.created_at is not None
            assert order.updated_at is not None
            assert customer.created_at <= order.created_at <= order.updated_at <= shop.OPENING
            assert all(refund.created_at and refund.created_at <= order.updated_at for refund in order.refunds)


def test_nobody_can_be_real(customers: list[Customer]) -> None:
    assert all(customer.email and customer.email.endswith("@example.com") for customer in customers)
    assert len({customer.email for customer in customers}) == FULL


def test_ids_are_unique(customers: list[Customer]) -> None:
    orders = [order.id for customer in customers for order in customer.orders]
    assert len(set(orders)) == len(orders)
    assert len({customer.id for customer in customers}) == FULL


def test_money_is_in_cents_and_never_negative(customers: list[Customer]) -> None:
    totals = [order.total for customer in customers for order in customer.orders]
    assert all(total is not None and total >= 0 and total == total.quantize(Decimal("0.01")) for total in totals)


def test_the_spread_is_that_of_a_shop(customers: list[Customer]) -> None:
    """Many buy never or once, few very often; autumn sells more; some orders come back."""
    orders = [order for customer in customers for order in customer.orders]
    frequency = Counter(min(len(customer.orders), 5) for customer in customers)
    assert 0.1 < frequency[0] / FULL < 0.3
    assert frequency[1] > frequency[2] > frequency[3] > frequency[4]
    by_month = Counter(f"{order.created_at:%Y-%m}" for order in orders)
    assert by_month["2025-12"] > 1.5 * by_month["2025-08"]
    assert 0.02 < sum(bool(order.refunds) for order in orders) / len(orders) < 0.1
    assert len({customer.locale for customer in customers}) > 5


def test_every_segment_has_members_and_others(customers: list[Customer]) -> None:
    told = Shop(zone=shop.ZONE, currency=shop.CURRENCY)
    for name, query in SEGMENTS:
        rule = compile_query(parse(query))
        members = sum(rule.evaluate(customer, told, shop.OPENING).member for customer in customers[:SMALL])
        assert 0 < members < SMALL, name
