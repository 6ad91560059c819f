"""What is left under a tombstone: deleted, or, of somebody who was merged, brought to whoever that is now.

A page at a time. Every deletion is a record of the stream, which wakes the next evaluation of the tombstone: so a
customer of any size is worked off, however short the single turns, and what arrives late is found as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segment_core.facts import registers
from segment_core.store import client, events, keys, orders, profiles
from segment_core.store.client import Item, backoff, encode
from segment_core.store.orders import Held
from segment_core.store.profiles import profile_key
from segment_core.store.states import Key, key_of, version_of
from segment_core.store.stored import Stored
from segment_core.store.writes import Step, alive, carry_out, delete, put, together

PAGE = 100
PAGES_A_TURN = 5


def clear(table: str, shop: str, customer: str) -> int:
    """Work off some pages of what is under the customer's tombstone; returns how many items are gone.

    Erased orders leave a tombstone of their own, so that nothing told of them later is kept either. Raises
    Contention if others never give way.
    """
    gone = 0
    for _ in range(PAGES_A_TURN):
        left = _page(table, shop, customer)
        if not left:
            break
        _work_off(table, shop, customer, left)
        gone += len(left)
    return gone


def bury(table: str, shop: str, customer: str) -> None:
    """Put a tombstone in the place of a profile that rested for long enough; whoever evaluates that clears it."""
    item = Stored(table).profile(shop, customer)
    if item is not None and profiles.rests_until(item) is not None:
        written = profiles.erased(shop, customer, item, item["hidden"])
        # If others came first, their write wakes an evaluation too.
        if written is not None:
            carry_out(table, [written])


def _page(table: str, shop: str, customer: str) -> list[Item]:
    answer = client.client().query(
        TableName=table,
        KeyConditionExpression="pk = :customer",
        ExpressionAttributeValues=encode({":customer": keys.customer(shop, customer)}),
        ConsistentRead=True,
        Limit=PAGE,
    )
    return [item for item in map(client.decode, answer["Items"]) if item["sk"] != keys.PROFILE]


def _work_off(table: str, shop: str, customer: str, left: Sequence[Item]) -> None:
    wanted = [key_of(item) for item in left]
    for pause in backoff():
        stored = Stored(table)
        stored.read([*wanted, profile_key(shop, customer)])
        there = [item for key in wanted if (item := stored[key]) is not None]
        now = stored.owner(shop, customer)
        kept = now != customer and not profiles.is_erased(stored.profile(shop, now))
        steps = _moved(stored, shop, now, there) if kept else _deleted(stored, shop, there)
        refused = [step for step in together(steps) if not carry_out(table, step)]
        if not refused:
            return
        pause()


def _deleted(stored: Stored, shop: str, items: Sequence[Item]) -> Iterator[Step]:
    for item, held in _held(stored, shop, items):
        yield [delete(item)] if held is None else orders.forgotten(shop, held)


def _moved(stored: Stored, shop: str, now: str, items: Sequence[Item]) -> Iterator[Step]:
    """Orders with their pointers; profiles of who was merged before, and events, to what is there of them already."""
    targets = {key_of(item): Key(keys.customer(shop, now), item["sk"]) for item in items}
    stored.read(targets.values())
    for item, held in _held(stored, shop, items):
        if held is not None:
            yield orders.moved(shop, held, now)
            continue
        target = targets[key_of(item)]
        there = stored[target]
        written = item | target._asdict() | {"version": version_of(there) + 1, "facts": _joined(item, there)}
        yield [alive(profile_key(shop, now)), put(written, there), delete(item)]


def _joined(item: Item, there: Item | None) -> str:
    """What two items under one sort key say together: the same event, or the same customer."""
    if there is None:
        return str(item["facts"])
    if item["sk"].startswith(keys.EVENT_PREFIX):
        ((_, event),) = events.registers_of([item, there]).items()
        return registers.canonical([event.stamp, event.value])
    return profiles.state_of(item).join(profiles.state_of(there)).encode()


def _held(stored: Stored, shop: str, items: Sequence[Item]) -> Iterator[tuple[Item, Held | None]]:
    """Each item, with the order that it is; None for what is none, or what no pointer leads to any more."""
    pointers = {
        key_of(item): orders.pointer_key(shop, item["order_id"])
        for item in items
        if item["sk"].startswith(keys.ORDER_PREFIX)
    }
    stored.read(pointers.values())
    for item in items:
        pointer = pointers.get(key_of(item))
        if pointer is None:
            yield item, None
        elif orders.place_of(stored[pointer]) == key_of(item):
            yield item, Held(item["order_id"], pointer, stored[pointer], item)
        else:
            # A pointer moves with its order, so what it does not name is a copy that was left behind.
            yield item, None
