"""What the lines of an order know of their products: what was known when the order was taken in, and no later."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from segment_core.facts.customer import OrderLine
from segment_core.ingest import messages
from segment_core.store import client, facts, keys, products, writes
from tests.unit.ingest.bodies import sample

from .conftest import Stack

SHOP = "demo-shop"


def tell(stack: Stack, topic: str, **changes: Any) -> bool:
    message = {
        "kind": "webhook", "shop": SHOP, "topic": topic, "received_at": "2026-03-10T00:00:00Z",
        "body": json.dumps(sample(topic) | changes),
    }  # fmt: skip
    return facts.merge_all(stack.tables.customers, SHOP, messages.read(json.dumps(message)).facts)


def bring(stack: Stack, order: dict[str, Any]) -> None:
    document = {"id": "8401", "as_of": "2026-01-01T00:00:00Z", "orders": [order]}
    message = {"kind": "document", "shop": SHOP, "received_at": "2026-03-10T00:00:00Z", "document": document}
    told = messages.read(json.dumps(message))
    facts.merge_all(stack.tables.customers, SHOP, told.facts, bulk=told.bulk)


def first_line(stack: Stack) -> OrderLine:
    customer = facts.load(stack.tables.customers, SHOP, "8401").customer
    assert customer is not None
    (order,) = customer.orders
    return order.lines[0]


def lines(stack: Stack) -> list[OrderLine]:
    """The first line of every order, in the order of their ids."""
    customer = facts.load(stack.tables.customers, SHOP, "8401").customer
    assert customer is not None
    return [order.lines[0] for order in sorted(customer.orders, key=lambda order: int(order.id))]


def known(line: OrderLine) -> tuple[str | None, tuple[str, ...]]:
    return line.product_type, line.tags


def test_an_order_learns_what_its_product_is(stack: Stack) -> None:
    tell(stack, "products/update")
    tell(stack, "orders/create")

    assert known(first_line(stack)) == ("Coffee", ("beans", "consumable"))


def test_it_keeps_that_whatever_becomes_of_the_product(stack: Stack) -> None:
    tell(stack, "products/update")
    tell(stack, "orders/create")
    assert tell(stack, "products/update", tags="decaf", updated_at="2026-02-20T00:00:00Z")
    tell(stack, "orders/updated", updated_at="2026-02-21T00:00:00Z")

    assert known(first_line(stack)) == ("Coffee", ("beans", "consumable"))


def test_the_next_order_learns_what_it_is_by_then(stack: Stack) -> None:
    tell(stack, "products/update", tags="decaf", updated_at="2026-02-05T00:00:00Z")
    assert not tell(stack, "products/update")
    tell(stack, "orders/create")

    assert known(first_line(stack)) == ("Coffee", ("decaf",))


def test_an_order_that_came_first_learns_when_the_product_is_told(stack: Stack) -> None:
    tell(stack, "orders/create")
    assert known(first_line(stack)) == (None, ())

    tell(stack, "products/update")
    assert known(first_line(stack)) == ("Coffee", ("beans", "consumable"))

    tell(stack, "products/update", tags="decaf", updated_at="2026-02-20T00:00:00Z")
    assert known(first_line(stack)) == ("Coffee", ("beans", "consumable"))


def test_an_order_that_moved_or_went_meanwhile_is_found_or_stays_gone(stack: Stack) -> None:
    tell(stack, "orders/create")
    tell(stack, "orders/create", id=2, admin_graphql_api_id=None)
    tell(stack, "orders/updated", customer={"id": 8402}, updated_at="2026-02-11T00:00:00Z")
    tell(stack, "orders/delete", id=2, admin_graphql_api_id=None)

    tell(stack, "products/update")

    moved = facts.load(stack.tables.customers, SHOP, "8402").customer
    assert moved is not None
    assert [known(order.lines[0]) for order in moved.orders] == [("Coffee", ("beans", "consumable"))]
    left = facts.load(stack.tables.customers, SHOP, "8401").customer
    assert left is not None
    assert left.orders == ()


def test_only_so_many_orders_wait_and_the_others_learn_with_their_next_webhook(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "MOST_AWAITING", 2)
    for number in range(1, 4):
        tell(stack, "orders/create", id=number, admin_graphql_api_id=None)
    tell(stack, "products/update")
    assert [known(line)[0] for line in lines(stack)] == ["Coffee", "Coffee", None]

    tell(stack, "orders/paid", id=3, admin_graphql_api_id=None, updated_at="2026-02-11T00:00:00Z")

    assert [known(line)[0] for line in lines(stack)] == ["Coffee"] * 3


def test_a_crash_amidst_more_orders_than_one_transaction_takes_loses_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "TRANSACTION_LIMIT", 2)
    for number in range(1, 6):
        tell(stack, "orders/create", id=number, admin_graphql_api_id=None)
    transact, done = client.transact, []

    def crash_at_the_second(operations: Any) -> bool:
        if done:
            raise ConnectionError
        done.append(operations)
        return transact(operations)

    monkeypatch.setattr(client, "transact", crash_at_the_second)
    with pytest.raises(ConnectionError):
        tell(stack, "products/update")
    monkeypatch.setattr(client, "transact", transact)
    assert [known(line)[0] for line in lines(stack)].count("Coffee") == 2

    tell(stack, "products/update")

    assert [known(line)[0] for line in lines(stack)] == ["Coffee"] * 5
    assert not tell(stack, "products/update")


def test_what_an_import_tells_of_it_stays(stack: Stack) -> None:
    tell(stack, "products/update")
    lines = [{"product_id": "510", "product_type": "Tea", "tags": []}]
    bring(stack, {"id": "550101", "created_at": "2026-02-10T19:15:30Z", "lines": lines})
    tell(stack, "orders/updated")

    assert known(first_line(stack)) == ("Tea", ())


def test_an_imported_order_of_long_ago_does_not_learn_what_the_product_is_today(stack: Stack) -> None:
    tell(stack, "products/update")
    bring(stack, {"id": "550101", "created_at": "2019-02-10T19:15:30Z", "lines": [{"product_id": "510"}]})

    assert known(first_line(stack)) == (None, ())


def test_a_product_is_nobodys_and_wakes_nobody(stack: Stack) -> None:
    tell(stack, "products/update")

    (item,) = stack.items(stack.tables.customers)
    assert (item["pk"], item["sk"]) == (f"{SHOP}#product#510", keys.ORDER_POINTER)


def test_what_is_known_already_costs_no_write(stack: Stack, calls: Counter[str]) -> None:
    tell(stack, "products/update")
    tell(stack, "orders/create")
    calls.clear()

    assert not tell(stack, "products/update")
    assert not tell(stack, "orders/create")

    assert {name for name in calls if "Get" not in name} == set()


@pytest.mark.parametrize("product_id", ["a#b", "x" * 200, "é"])
def test_an_id_that_no_store_has_is_not_looked_up(stack: Stack, product_id: str) -> None:
    line = {"product_id": product_id, "quantity": 1}

    assert tell(stack, "orders/create", line_items=[line])
    assert client.get(stack.tables.customers, {"pk": keys.product(SHOP, "510"), "sk": keys.ORDER_POINTER}) is None
