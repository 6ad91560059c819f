"""Generations: the newest one of a shop, and every earlier one by its number."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from segment_core.errors import NotFound
from segment_core.instants import iso, parse
from segment_core.model.generation import Generation, LiveDefinition, Settings
from segment_core.record import as_dict, values
from segment_core.shop import OrderPolicy
from segment_core.store import client, keys


def current(table: str, shop: str) -> Generation | None:
    """The newest generation, read consistently; None if there is no such shop."""
    item = client.get(table, {"pk": shop, "sk": keys.GENERATION})
    return from_item(item) if item else None


def newest(table: str, shop: str) -> Generation:
    """The same, of a shop that must be there. Raises NotFound (`shop_not_found`)."""
    generation = current(table, shop)
    if generation is None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return generation


@lru_cache(maxsize=1024)
def numbered(table: str, shop: str, number: int) -> Generation:
    """A generation by number. It never changes, so it is read once per process."""
    item = client.get(table, {"pk": shop, "sk": keys.generation(number)}, consistent=True)
    if item is None:
        raise LookupError(f"generation {number} of shop {shop} is gone, but a membership still refers to it")
    return from_item(item)


@lru_cache(maxsize=4096)
def common(table: str, shop: str, number: int, newest: int) -> int:
    """The bits of a membership that mean the same under both generations. Raises LookupError as `numbered` does."""
    return numbered(table, shop, number).common(numbered(table, shop, newest))


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


def save(
    table: str,
    shop: str,
    new: Generation,
    previous: Generation | None,
    beside: Sequence[Mapping[str, Any]] = (),
) -> bool:
    """Make `new` the shop's generation with everything that goes with it, all or nothing.

    False if another generation was saved meanwhile, or something beside it is not as it was read.
    """
    return client.transact([*save_operations(table, shop, new, previous), *beside])


def _rules(generation: Generation) -> str:
    pending = generation.pending
    return json.dumps(
        {
            "at": iso(generation.at),
            **_settings(generation.settings),
            "live": [list(values(one)) for one in generation.live],
            "retired": generation.retired,
            "pending": _settings(pending) if pending else None,
        },
        separators=(",", ":"),
    )


def _settings(settings: Settings) -> dict[str, Any]:
    return settings._asdict() | {"orders": as_dict(settings.orders)}


def _read_settings(told: Mapping[str, Any]) -> Settings:
    return Settings(told["zone"], told["currency"], OrderPolicy(**told["orders"]))


def _live(told: list[Any]) -> LiveDefinition:
    segment, revision, slot, build, edition, silent, asks = told
    return LiveDefinition(segment, revision, slot, build, edition, silent, tuple(asks))


def from_item(item: Mapping[str, Any]) -> Generation:
    """A generation from its item."""
    rules = json.loads(zlib.decompress(item["rules"]))
    return Generation(
        item["number"],
        parse(rules["at"]),
        *_read_settings(rules),
        live=tuple(map(_live, rules["live"])),
        retired=tuple(rules["retired"]),
        pending=_read_settings(rules["pending"]) if rules["pending"] else None,
    )
