"""What a message tells goes where it belongs: facts to customers, settings to the shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from segment_core.facts.told import ShopFact
from segment_core.ingest.messages import Told
from segment_core.segments import store_settings
from segment_core.store import facts
from segment_core.store.tables import Tables


def take_in(tables: Tables, told: Told, at: datetime) -> bool:
    """Take in what a message tells; whether that changed anything.

    Raises as `facts.merge_all` does, and NotFound where there is no such shop to be told of.
    """
    demanded = [_DEMANDS[type(fact)](tables, told.shop, fact, at) for fact in told.facts if type(fact) in _DEMANDS]
    merged = [fact for fact in told.facts if type(fact) not in _DEMANDS]
    changed = bool(merged) and facts.merge_all(tables.customers, told.shop, merged, bulk=told.bulk)
    return changed or any(demanded)


def _follow(tables: Tables, shop: str, fact: ShopFact, _: datetime) -> bool:
    return store_settings.follow(tables, shop, fact)


# Kinds of facts that are about no customer, each with who takes it.
_DEMANDS: dict[type[Any], Callable[[Tables, str, Any, datetime], bool]] = {ShopFact: _follow}
