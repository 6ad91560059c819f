"""The values that a shop's customers have, as they were last counted: one item for each shop, packed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from segment_core.instants import iso, parse
from segment_core.record import record
from segment_core.store import client, keys

Counted = Sequence[tuple[str, int]]
"""Values and of how many customers each is, the most frequent first."""


@record
class Values:
    """By filter, its values; among how many customers they were counted, of how many."""

    made_at: datetime
    customers: int
    looked_at: int
    by_filter: Mapping[str, Counted]


def read(table: str, shop: str) -> Values | None:
    """What was last counted; None if nothing was."""
    item = client.get(table, {"pk": shop, "sk": keys.VALUES}, consistent=False)
    if item is None:
        return None
    found = {name: [(value, number) for value, number in listed] for name, listed in _unpacked(item["packed"]).items()}
    return Values(parse(item["made_at"]), item["customers"], item["looked_at"], found)


def write(table: str, shop: str, values: Values) -> None:
    """Keep these instead of what was counted before."""
    item = {
        "pk": shop,
        "sk": keys.VALUES,
        "made_at": iso(values.made_at),
        "customers": values.customers,
        "looked_at": values.looked_at,
        "packed": zlib.compress(json.dumps(values.by_filter, separators=(",", ":")).encode()),
    }
    client.put(table, item)


def _unpacked(packed: bytes) -> dict[str, list[tuple[str, int]]]:
    unpacked: dict[str, list[tuple[str, int]]] = json.loads(zlib.decompress(packed))
    return unpacked
