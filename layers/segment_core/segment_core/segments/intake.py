"""What a message tells goes where it belongs: facts to customers, demands to whoever answers them.

Nothing is taken in of a shop that was erased, nor, once it is made again, what was received before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from segment_core.facts import guests
from segment_core.facts.told import DataRequest, Fact, ShopErasure, ShopFact
from segment_core.ingest.messages import Told
from segment_core.runtime.observability import count
from segment_core.store import facts, shops
from segment_core.store.tables import Tables


def take_in(tables: Tables, told: Told, at: datetime) -> bool:
    """Take in what a message tells; whether that changed anything.

    Raises as `facts.merge_all` does, and NotFound where there is no such shop to be told of.
    """
    said = _accepted(tables, told)
    if said is None:
        count("MessageOfErasedShop")
        return False
    demanded = [_DEMANDS[type(fact)](tables, told.shop, fact, at) for fact in said if type(fact) in _DEMANDS]
    merged = _merged(said)
    changed = bool(merged) and facts.merge_all(tables.customers, told.shop, merged, bulk=told.bulk)
    return changed or any(demanded)


def would_change(tables: Tables, told: Told) -> bool:
    """Whether taking in the message would change anything as things stand. Raises as `take_in` does."""
    said = _accepted(tables, told) or []
    merged = _merged(said)
    return len(merged) < len(said) or facts.would_change(tables.customers, told.shop, merged)


def _accepted(tables: Tables, told: Told) -> list[Fact] | None:
    """The facts, with customers for guests; None if nothing of the shop is taken in."""
    if not told.facts:
        return []
    # A tombstone that is read a moment late lets in what the erasure then finds.
    record = shops.read(tables.segments, told.shop, consistent=False)
    if record is not None and (record.erased_at is not None or told.received_at < record.created_at):
        return None
    are_customers = record is not None and record.guests_are_customers
    return [*guests.settled(told.facts, told.shop, are_customers=are_customers)]


def _merged(said: list[Fact]) -> list[Fact]:
    return [fact for fact in said if type(fact) not in _DEMANDS]


# Demands are rare, and answering them loads more than everything else that a message needs.


def _ask(tables: Tables, shop: str, fact: DataRequest, at: datetime) -> bool:
    from segment_core.privacy import requests

    return requests.ask(tables, shop, fact, at)


def _erase_shop(tables: Tables, shop: str, fact: ShopErasure, at: datetime) -> bool:
    from segment_core.privacy import shops as erasing

    return erasing.begin(tables, shop, at)


def _follow_store(tables: Tables, shop: str, fact: ShopFact, at: datetime) -> bool:
    from segment_core.segments import store_settings

    return store_settings.follow(tables, shop, fact)


_DEMANDS: dict[type[Any], Callable[[Tables, str, Any, datetime], bool]] = {
    DataRequest: _ask,
    ShopFact: _follow_store,
    ShopErasure: _erase_shop,
}
