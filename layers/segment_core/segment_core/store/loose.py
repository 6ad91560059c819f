"""What is in no living customer's partition: tombstones, products, and orders that nobody is known to have placed.

The roster's index lists them apart from the living, so that whoever erases a shop finds all that is left of it.
"""

from __future__ import annotations

from typing import NamedTuple

from segment_core.store import client, keys
from segment_core.store.client import encode
from segment_core.store.states import Key


class Place(NamedTuple):
    """Where a page ended."""

    entity: str
    key: Key


def page(table: str, shop: str, slice_number: int, after: Place | None, limit: int) -> tuple[list[Key], Place | None]:
    """Some of them in one slice, and where to go on after (None: it was the last). Follows with a short delay."""
    partition = keys.loose_slice(shop, slice_number)
    request: dict[str, object] = {
        "TableName": table,
        "IndexName": keys.ROSTER_INDEX,
        "KeyConditionExpression": "roster_slice = :slice",
        "ExpressionAttributeValues": encode({":slice": partition}),
        "Limit": limit,
    }
    if after is not None:
        place = {"roster_slice": partition, "customer_id": after.entity, **after.key._asdict()}
        request["ExclusiveStartKey"] = encode(place)
    items, last = next(client.pages("query", **request))
    found = [Key(item["pk"], item["sk"]) for item in items]
    if last is None:
        return found, None
    end = client.decode(last)
    return found, Place(end["customer_id"], Key(end["pk"], end["sk"]))


def is_tombstone(key: Key) -> bool:
    """Whether it is a customer's; else it is an order's pointer, or a product."""
    return key.sk == keys.PROFILE


def remove(table: str, key: Key) -> None:
    """Delete it, whatever it says by now: its shop is gone."""
    client.delete(table, key._asdict())
