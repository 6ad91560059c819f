"""Orders: each is one item under its customer, found through a pointer by its id.

The pointer says where the order is. Until a body has named a customer, and after a deletion, the pointer
holds the state itself. An order that changes customer or date moves in one transaction, so it is never
in two places and never in none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from segment_core.facts import order
from segment_core.facts.order import OrderState
from segment_core.store import client, keys
from segment_core.store.client import Item
from segment_core.store.profiles import profile_key
from segment_core.store.states import Key, key_of, state_item, unless_changed, version_of
from segment_core.store.writes import Step, alive, carry_out, delete, put

_DELETED = OrderState(deleted=True)


@dataclass(frozen=True, slots=True)
class Held:
    """An order as it is stored: its pointer, and the item that this names, if it names one.

    The order may have moved between the two reads, and the item be missing. Then its pointer has another
    version by now, and what is planned on this one fails.
    """

    id: str
    pointer_key: Key
    pointer: Item | None
    item: Item | None

    @property
    def place(self) -> Key | None:
        """Where the order is."""
        return None if self.item is None else key_of(self.item)

    @property
    def state(self) -> OrderState:
        """What is known of it."""
        holder = self.item or self.pointer or {}
        return order.decode(holder["facts"]) if "facts" in holder else OrderState()


@dataclass(frozen=True, slots=True)
class Change:
    """A new state of an order, and where that belongs (None: only its pointer can hold it)."""

    held: Held
    state: OrderState
    place: Key | None

    @property
    def customer_id(self) -> str | None:
        """Whose order it is from now on."""
        return self.state.customer_id

    @property
    def comes(self) -> bool:
        """Whether it comes to a place where it was not."""
        return self.place is not None and self.place != self.held.place

    def buried(self) -> Change:
        """The same for an order whose customer was erased: it leaves a tombstone."""
        return replace(self, state=_DELETED, place=None)


def pointer_key(shop: str, order_id: str) -> Key:
    """Where the pointer of an order is."""
    return Key(keys.order_pointer(shop, order_id), keys.ORDER_POINTER)


def place_of(pointer: Item | None) -> Key | None:
    """Where the item is that a pointer names, if it names one."""
    if pointer is None or "place_pk" not in pointer:
        return None
    return Key(pointer["place_pk"], pointer["place_sk"])


def told(shop: str, held: Held, saying: OrderState) -> Change | None:
    """What was told of an order, added to it; None if it says nothing new."""
    known = held.state
    merged = known.join(saying)
    if held.pointer is not None and merged == known:
        return None
    if merged.deleted or merged.customer_id is None:
        return Change(held, merged, None)
    return Change(held, merged, Key(keys.customer(shop, merged.customer_id), keys.order(merged.created_at, held.id)))


def writes(shop: str, change: Change, *, bulk: bool) -> Step:
    """The writes that bring an order to its new state and place. Raises TooLarge."""
    held, facts = change.held, change.state.encode()
    left = [delete(held.item)] if held.item else []
    if change.place is None:
        item = state_item(held.pointer_key, version_of(held.pointer) + 1, facts, bulk=bulk)
        return [put(item, held.pointer), *left]
    item = state_item(change.place, version_of(held.item or held.pointer) + 1, facts, bulk=bulk, order_id=held.id)
    if not change.comes:
        return [put(item, held.item)]
    pointer: Item = {
        **held.pointer_key._asdict(),
        "version": version_of(held.pointer) + 1,
        "place_pk": change.place.pk,
        "place_sk": change.place.sk,
    }
    if bulk:
        pointer["bulk"] = True
    owner = profile_key(shop, str(change.customer_id))
    return [alive(owner), put(pointer, held.pointer), put(item, None), *left]


def forget_order(table: str, shop: str, item: Item) -> bool:
    """Replace an order under an erased customer by a tombstone; False if it moved meanwhile."""
    key = pointer_key(shop, item["order_id"])
    pointer = client.get(table, key._asdict())
    if place_of(pointer) != key_of(item):
        # Nothing leads to this item: a pointer moves with its order.
        return client.delete(table, key_of(item)._asdict(), **unless_changed(item))
    tombstone = state_item(key, version_of(pointer) + 1, _DELETED.encode(), bulk=False)
    return carry_out(table, [put(tombstone, pointer), delete(item)])
