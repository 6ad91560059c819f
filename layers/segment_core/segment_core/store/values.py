"""The values that a shop's customers have, as they were last counted: one item for each shop, packed.

Counting begins with a mark in the item's place, and what was counted is kept only if the mark is still there: whoever
is erased meanwhile takes it away, and what was read of them before with it.
"""

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
    item = client.get(table, _key(shop), consistent=False)
    if item is None or "packed" not in item:
        return None
    found = {name: [(value, number) for value, number in listed] for name, listed in _unpacked(item["packed"]).items()}
    return Values(parse(item["made_at"]), item["customers"], item["looked_at"], found)


def begin(table: str, shop: str, mark: str) -> None:
    """Say that they are being counted. Before anybody is read; what was counted before is gone then."""
    client.put(table, {**_key(shop), "mark": mark})


def keep(table: str, shop: str, mark: str, values: Values) -> None:
    """Keep these, unless somebody was erased or began to count since `mark`: then they are not kept."""
    item = {
        **_key(shop),
        "made_at": iso(values.made_at),
        "customers": values.customers,
        "looked_at": values.looked_at,
        "packed": zlib.compress(json.dumps(values.by_filter, separators=(",", ":")).encode()),
    }
    condition = {"ConditionExpression": "mark = :mark", "ExpressionAttributeValues": client.encode({":mark": mark})}
    client.put(table, item, **condition)


def forget(table: str, shop: str) -> None:
    """Delete what was counted, or is being counted. For whoever erases somebody, after that one's facts are gone."""
    # Mostly there is nothing, and a read costs a fifth of a deletion.
    if client.get(table, _key(shop)) is not None:
        client.erase(table, _key(shop))


def _key(shop: str) -> dict[str, str]:
    return {"pk": shop, "sk": keys.VALUES}


def _unpacked(packed: bytes) -> dict[str, list[tuple[str, int]]]:
    unpacked: dict[str, list[tuple[str, int]]] = json.loads(zlib.decompress(packed))
    return unpacked
