"""Orders: each is one item under its customer, found through a pointer by its id.

The pointer says where the order is. Until a body has named a customer, and after a deletion, the pointer
holds the state itself. An order that changes customer or date moves in one transaction, so it is never
in two places and never in none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segment_core.facts import order
from segment_core.facts.order import OrderState
from segment_core.store import client, keys
from segment_core.store.client import Item, backoff, encode
from segment_core.store.profiles import ensure_profile, profile_key
from segment_core.store.states import state_item, unless_changed, version_of

# Two writes each, and orders with many lines: far from the limits of a transaction in number and size.
NEW_ORDERS_AT_ONCE = 40

_DELETED = OrderState(deleted=True)

Key = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Held:
    """An order as it is stored. `item` is what holds its state: the pointer, or the item that it names."""

    pointer: Item | None
    place: Key | None
    item: Item | None

    @property
    def state(self) -> OrderState:
        return order.decode(self.item["facts"]) if self.item else OrderState()


def merge_order(table: str, shop: str, order_id: str, told: OrderState, *, bulk: bool = False) -> bool:
    """Merge what was told of an order; whether that changed anything.

    Its customer gets a profile before the order itself is written. Orders of an erased customer become
    tombstones. Raises TooLarge, and Contention if others never give way.
    """
    for pause in backoff():
        held = _read(table, shop, order_id)
        if held is not None:
            state = held.state
            merged = state.join(told)
            if held.pointer is not None and merged == state:
                return False
            if _write(table, shop, order_id, held, merged, bulk):
                return True
        pause()
    raise AssertionError("backoff raises when it ends")


def place_new(table: str, shop: str, profile: Mapping[str, Any], told: Mapping[str, OrderState]) -> bool:
    """Make a customer with their first orders, all in one transaction and without a read, as part of an import.

    `profile` is the operation that makes the customer. False, and nothing written, if customer or one of
    the orders is known after all, or an order is deleted: then each has to be merged.
    """
    writes = [profile]
    for order_id, state in told.items():
        target = _target(shop, order_id, state)
        if target is None:
            return False
        item = state_item(target, 1, state.encode(), bulk=True, order_id=order_id)
        # The check that the customer is alive is left out: the profile's own condition says it.
        _, *puts = _move(table, shop, order_id, _Held(None, None, None), item, state, bulk=True)
        writes += puts
    return client.transact(writes)


def forget_order(table: str, shop: str, item: Item) -> bool:
    """Replace an order under an erased customer by a tombstone; False if it moved meanwhile."""
    pointer_key = _pointer_key(shop, item["order_id"])
    pointer = client.get(table, pointer_key)
    place = {"pk": item["pk"], "sk": item["sk"]}
    if pointer is None or _place(pointer) != place:
        # Nothing leads to this item: a pointer moves with its order.
        return client.delete(table, place, **unless_changed(item))
    return client.transact(
        [
            _put(table, state_item(pointer_key, version_of(pointer) + 1, _DELETED.encode(), bulk=False), pointer),
            _delete(table, item),
        ]
    )


def _read(table: str, shop: str, order_id: str) -> _Held | None:
    """The order as it is stored; None if it moved between the two reads."""
    pointer = client.get(table, _pointer_key(shop, order_id))
    place = _place(pointer)
    if place is None:
        return _Held(pointer, None, pointer)
    item = client.get(table, place)
    return None if item is None else _Held(pointer, place, item)


def _write(table: str, shop: str, order_id: str, held: _Held, merged: OrderState, bulk: bool) -> bool:
    """Write the state where it belongs; False if somebody else wrote in between."""
    target = _target(shop, order_id, merged)
    moves = target is not None and target != held.place
    if moves and not ensure_profile(table, shop, str(merged.customer_id), bulk=bulk):
        merged, target = _DELETED, None
    if target is None:
        item = state_item(_pointer_key(shop, order_id), version_of(held.pointer) + 1, merged.encode(), bulk=bulk)
        if held.place is None:
            return client.put(table, item, **unless_changed(held.pointer))
        return client.transact([_put(table, item, held.pointer), _delete(table, held.item)])
    item = state_item(target, version_of(held.item) + 1, merged.encode(), bulk=bulk, order_id=order_id)
    if target == held.place:
        return client.put(table, item, **unless_changed(held.item))
    return client.transact(_move(table, shop, order_id, held, item, merged, bulk))


def _move(
    table: str, shop: str, order_id: str, held: _Held, item: Item, merged: OrderState, bulk: bool
) -> list[dict[str, Any]]:
    """The writes that bring an order to its place under a customer who is not erased at that moment."""
    pointer: Item = {
        **_pointer_key(shop, order_id),
        "version": version_of(held.pointer) + 1,
        "place_pk": item["pk"],
        "place_sk": item["sk"],
    }
    if bulk:
        pointer["bulk"] = True
    alive = {
        "TableName": table,
        "Key": encode(profile_key(shop, str(merged.customer_id))),
        "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(erased)",
    }
    writes = [{"ConditionCheck": alive}, _put(table, pointer, held.pointer), _put(table, item, None)]
    return writes if held.place is None else [*writes, _delete(table, held.item)]


def _target(shop: str, order_id: str, state: OrderState) -> Key | None:
    """Where an order of this state belongs; None if only its pointer can hold it."""
    if state.deleted or state.customer_id is None:
        return None
    return {"pk": keys.customer(shop, state.customer_id), "sk": keys.order(state.created_at, order_id)}


def _pointer_key(shop: str, order_id: str) -> Key:
    return {"pk": keys.order_pointer(shop, order_id), "sk": keys.ORDER_POINTER}


def _place(pointer: Item | None) -> Key | None:
    if pointer is None or "place_pk" not in pointer:
        return None
    return {"pk": pointer["place_pk"], "sk": pointer["place_sk"]}


def _put(table: str, item: Item, unchanged: Item | None) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": encode(item), **unless_changed(unchanged)}}


def _delete(table: str, item: Mapping[str, Any] | None) -> dict[str, Any]:
    if item is None:
        raise AssertionError("only an order that has a place is taken from it")
    key = encode({"pk": item["pk"], "sk": item["sk"]})
    return {"Delete": {"TableName": table, "Key": key, **unless_changed(item)}}
