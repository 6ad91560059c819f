"""Orders: each is one item under its customer, found through a pointer by its id.

The pointer says where the order is. Until a body has named a customer, and after a deletion or its customer's
erasure, the pointer holds the state itself. An order that changes customer or date moves in one transaction, so it
is never in two places and never in none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from segment_core.facts import order
from segment_core.facts.order import OrderState
from segment_core.record import record, replace
from segment_core.store import client, keys
from segment_core.store.client import Item
from segment_core.store.profiles import profile_key
from segment_core.store.states import Key, key_of, state_item, version_of
from segment_core.store.writes import Step, alive, delete, put

Owner = Callable[[str], str]
"""Who has the orders of a customer: itself, or whoever it was merged into."""


@record
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


@record
class Change:
    """A new state of an order, and where that belongs (None: only its pointer can hold it)."""

    held: Held
    state: OrderState
    place: Key | None

    @property
    def owner(self) -> str | None:
        """Who has it from now on."""
        return None if self.place is None else keys.split_customer(self.place.pk)[1]

    @property
    def comes(self) -> bool:
        """Whether it comes to a place where it was not."""
        return self.place is not None and self.place != self.held.place

    def buried(self) -> Change | None:
        """The same for an order whose customer was erased: it leaves a tombstone. None if there is that already."""
        state = self.state.buried()
        known = self.held.pointer is not None and self.held.item is None and state == self.held.state
        return None if known else replace(self, state=state, place=None)


def pointer_key(shop: str, order_id: str) -> Key:
    """Where the pointer of an order is."""
    return Key(keys.order_pointer(shop, order_id), keys.ORDER_POINTER)


def place_of(pointer: Item | None) -> Key | None:
    """Where the item is that a pointer names, if it names one."""
    if pointer is None or "place_pk" not in pointer:
        return None
    return Key(pointer["place_pk"], pointer["place_sk"])


def told(shop: str, held: Held, saying: OrderState, owner: Owner) -> Change | None:
    """What was told of an order, added to it; None if it says nothing new."""
    known = held.state
    merged = known.join(saying)
    if held.pointer is not None and merged == known:
        return None
    if merged.deleted or merged.customer_id is None:
        return Change(held, merged, None)
    # Whoever is named was read: they may have been merged, and the order not have followed yet.
    if held.place is not None and merged.customer_id == known.customer_id and saying.customer_id is None:
        partition = held.place.pk
    else:
        partition = keys.customer(shop, owner(merged.customer_id))
    return Change(held, merged, Key(partition, keys.order(merged.created_at, held.id)))


def writes(shop: str, change: Change, *, bulk: bool) -> Step:
    """The writes that bring an order to its new state and place. Raises TooLarge."""
    held, facts = change.held, change.state.encode()
    left = [delete(held.item)] if held.item else []
    if change.place is None:
        return [put(_loose(shop, held, facts, bulk=bulk), held.pointer), *left]
    item = state_item(change.place, version_of(held.item or held.pointer) + 1, facts, bulk=bulk, order_id=held.id)
    if not change.comes:
        return [put(item, held.item)]
    owner = profile_key(shop, str(change.owner))
    return [alive(owner), put(_pointer(held, change.place, bulk=bulk), held.pointer), put(item, None), *left]


def forgotten(shop: str, held: Held) -> Step:
    """The writes that leave a tombstone of an order whose customer was erased."""
    return writes(shop, Change(held, held.state.buried(), None), bulk=False)


def moved(shop: str, held: Held, owner: str) -> Step:
    """The writes that bring an order, as it is, to whoever its customer was merged into."""
    place = Key(keys.customer(shop, owner), held.item["sk"] if held.item else "")
    return writes(shop, Change(held, held.state, place), bulk=False)


def waiting(table: str, shop: str, order_ids: Iterable[str]) -> Iterator[tuple[str, OrderState]]:
    """Those of the orders that are under no customer, with what is known of them."""
    wanted = {pointer_key(shop, keys.entity_id(order_id)): order_id for order_id in order_ids}
    for item in client.batch_get(table, [client.encode(key._asdict()) for key in wanted]):
        if "facts" in item and not (state := order.decode(item["facts"])).deleted and state.customer_id is None:
            yield wanted[key_of(item)], state


def _loose(shop: str, held: Held, facts: str, *, bulk: bool) -> Item:
    """The pointer of an order that is under no customer: it holds the state, and is listed for who erases the shop."""
    listed = {"roster_slice": keys.loose_slice_of(shop, held.id), "customer_id": held.id}
    return state_item(held.pointer_key, version_of(held.pointer) + 1, facts, bulk=bulk, **listed)


def _pointer(held: Held, place: Key, *, bulk: bool) -> Item:
    pointer: Item = {
        **held.pointer_key._asdict(),
        "version": version_of(held.pointer) + 1,
        "place_pk": place.pk,
        "place_sk": place.sk,
    }
    return pointer | {"bulk": True} if bulk else pointer
