"""Products: what each is, for the lines of orders that are taken in from then on."""

from __future__ import annotations

from collections.abc import Iterable

from segment_core.facts import products, registers
from segment_core.facts.order import LINES, OrderState
from segment_core.facts.registers import Registers
from segment_core.store import keys
from segment_core.store.client import Item
from segment_core.store.states import Key, state_item, version_of
from segment_core.store.writes import Write, put

# So many orders are told when their product's first webhook comes after them; for a store that sends none, each is
# a write. Later orders learn of it with their own next webhook.
MOST_AWAITING = 100

_GROUPS = ("fields",)


def product_key(shop: str, product_id: str) -> Key:
    """Where a product is."""
    return Key(keys.product(shop, product_id), keys.ORDER_POINTER)


def told(shop: str, product_id: str, item: Item | None, saying: Registers) -> Write | None:
    """The write that adds what was told to a product; None if it says nothing new. Raises TooLarge.

    Orders that waited for it need not any more: whoever writes this tells them, see `awaiting`.
    """
    known = _state_of(item)
    merged = registers.join(known, saying)
    if item is not None and merged == known and not awaiting(item):
        return None
    return put(_item(shop, product_id, item, merged), item)


def awaiting(item: Item | None) -> tuple[str, ...]:
    """The orders that were taken in before anything was told of their product."""
    return () if item is None else tuple(item.get("awaiting", "").split())


def awaited(shop: str, product_id: str, item: Item | None, orders: Iterable[str]) -> Write | None:
    """The write that remembers orders of a product of which nothing was told; None if they are, or are too many."""
    if _state_of(item):
        return None
    remembered = awaiting(item)
    waiting = tuple(dict.fromkeys((*remembered, *orders)))[:MOST_AWAITING]
    if waiting == remembered:
        return None
    return put(_item(shop, product_id, item, {}, awaiting=" ".join(waiting)), item)


def news(product_id: str, item: Item | None, saying: Registers) -> dict[str, OrderState]:
    """What the orders that wait for a product learn from what was told of it."""
    attributes = products.as_lines_have_it(product_id, registers.join(_state_of(item), saying))
    return {order_id: OrderState(products=attributes) for order_id in awaiting(item)}


def wanted(order: OrderState) -> set[str]:
    """The products of which an order could learn something. Ids that no store has are left out."""
    return set(filter(keys.is_entity_id, products.missing(order.fields.get(LINES), order.products)))


def learned(order: OrderState, items: dict[str, Item | None]) -> OrderState:
    """The order with what is known of its products. What was told of them with it, or before, stays."""
    known = {**order.products, **products.said(order.fields.get(LINES))}
    found = {
        key: register
        for product_id, item in items.items()
        for key, register in products.as_lines_have_it(product_id, _state_of(item)).items()
        if key not in known
    }
    return order.join(OrderState(products=found)) if found else order


def _item(shop: str, product_id: str, item: Item | None, known: Registers, **others: str) -> Item:
    facts = registers.encode({"fields": known}, {})
    listed = {"roster_slice": keys.loose_slice_of(shop, product_id), "customer_id": product_id}
    return state_item(product_key(shop, product_id), version_of(item) + 1, facts, bulk=False, **listed, **others)


def _state_of(item: Item | None) -> Registers:
    return {} if item is None else registers.decode(item["facts"], _GROUPS)[0]["fields"]
