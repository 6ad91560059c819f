"""Events: each is one item under its customer, so that a customer may have any number of them.

What happened is known by its type, its instant and its id. Their order under the customer is that of types and
then instants, so that those of one type since some date are read together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import cast

from segment_core import instants
from segment_core.facts import registers
from segment_core.facts.registers import Register, Registers
from segment_core.store import keys
from segment_core.store.client import Item
from segment_core.store.states import Key, state_item, version_of
from segment_core.store.writes import Write, put


def places(shop: str, customer_id: str, events: Registers) -> dict[Key, tuple[str, Register]]:
    """Where each event belongs, by id."""
    return {_key(shop, customer_id, id_, register): (id_, register) for id_, register in events.items()}


def told(key: Key, item: Item | None, event_id: str, saying: Register, *, bulk: bool) -> Write | None:
    """The write that adds an event; None if it is known."""
    known = None if item is None else _register(item)
    merged = saying if known is None else registers.later(known, saying)
    if merged == known:
        return None
    text = registers.canonical([merged.stamp, merged.value])
    return put(state_item(key, version_of(item) + 1, text, bulk=bulk, event_id=event_id), item)


def registers_of(items: Iterable[Item]) -> dict[str, Register]:
    """The events of these items, by id; of two with one id, the one told later."""
    found: dict[str, Register] = {}
    for item in items:
        id_, register = item["event_id"], _register(item)
        found[id_] = registers.later(found[id_], register) if id_ in found else register
    return found


def _register(item: Item) -> Register:
    return Register(*json.loads(item["facts"]))


def _key(shop: str, customer_id: str, event_id: str, register: Register) -> Key:
    value = cast("Mapping[str, str]", register.value)
    at = instants.parse(value["at"])
    return Key(keys.customer(shop, customer_id), keys.event(value["type"], at, event_id))
