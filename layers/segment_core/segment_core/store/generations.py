"""Generations: the newest one of a shop, and every earlier one by its number."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from segment_core.instants import iso, parse
from segment_core.model.generation import Generation, LiveDefinition
from segment_core.shop import OrderPolicy
from segment_core.store import client, keys


def current(table: str, shop: str) -> Generation | None:
    """The newest generation, read consistently; None if there is no such shop."""
    item = client.get(table, {"pk": shop, "sk": keys.GENERATION})
    return from_item(item) if item else None


@lru_cache(maxsize=1024)
def numbered(table: str, shop: str, number: int) -> Generation:
    """A generation by number. It never changes, so it is read once per process."""
    item = client.get(table, {"pk": shop, "sk": keys.generation(number)}, consistent=True)
    if item is None:
        raise LookupError(f"generation {number} of shop {shop} is gone, but a membership still refers to it")
    return from_item(item)


def save_operations(table: str, shop: str, new: Generation, previous: Generation | None) -> list[dict[str, Any]]:
    """The part of a transaction that makes `new` the shop's generation, if `previous` still is."""
    content = {
        "pk": shop,
        "number": new.number,
        "rules": zlib.compress(_rules(new).encode()),
    }
    if previous is None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    else:
        condition = {
            "ConditionExpression": "#number = :previous",
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": client.encode({":previous": previous.number}),
        }
    current = client.encode({**content, "sk": keys.GENERATION})
    numbered = client.encode({**content, "sk": keys.generation(new.number)})
    return [
        {"Put": {"TableName": table, "Item": current, **condition}},
        {"Put": {"TableName": table, "Item": numbered}},
    ]


def _rules(generation: Generation) -> str:
    return json.dumps(
        {
            "at": iso(generation.at),
            "zone": generation.zone,
            "currency": generation.currency,
            "orders": asdict(generation.orders),
            "next_slot": generation.next_slot,
            "live": [[one.segment, one.revision, one.slot, int(one.published)] for one in generation.live],
        },
        separators=(",", ":"),
    )


def from_item(item: Mapping[str, Any]) -> Generation:
    """A generation from its item."""
    rules = json.loads(zlib.decompress(item["rules"]))
    return Generation(
        number=item["number"],
        at=parse(rules["at"]),
        zone=rules["zone"],
        currency=rules["currency"],
        orders=OrderPolicy(**rules["orders"]),
        live=tuple(
            LiveDefinition(segment, revision, slot, bool(read)) for segment, revision, slot, read in rules["live"]
        ),
        next_slot=rules["next_slot"],
    )
