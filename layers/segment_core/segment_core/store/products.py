"""Products: what each is, for the lines of orders that are taken in from then on."""

from __future__ import annotations

from segment_core.facts import products, registers
from segment_core.facts.order import LINES, OrderState
from segment_core.facts.registers import Registers
from segment_core.store import keys
from segment_core.store.client import Item
from segment_core.store.states import Key, state_item, version_of
from segment_core.store.writes import Write, put

_GROUPS = ("fields",)


def product_key(shop: str, product_id: str) -> Key:
    """Where a product is."""
    return Key(keys.product(shop, product_id), keys.ORDER_POINTER)


def told(shop: str, product_id: str, item: Item | None, saying: Registers) -> Write | None:
    """The write that adds what was told to a product; None if it says nothing new. Raises TooLarge."""
    known = _state_of(item)
    merged = registers.join(known, saying)
    if item is not None and merged == known:
        return None
    facts = registers.encode({"fields": merged}, {})
    return put(state_item(product_key(shop, product_id), version_of(item) + 1, facts, bulk=False), item)


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


def _state_of(item: Item | None) -> Registers:
    return {} if item is None else registers.decode(item["facts"], _GROUPS)[0]["fields"]
