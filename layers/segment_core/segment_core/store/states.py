"""Items that hold a merged state: where they are, their text, a version to write on, and a limit to their size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from segment_core.errors import TooLarge
from segment_core.store.client import Item, encode

# DynamoDB ends at 400 KB; what is near that is slow and dear long before.
ITEM_LIMIT_BYTES = 350 * 1024


class Key(NamedTuple):
    """Where an item is."""

    pk: str
    sk: str


def key_of(item: Mapping[str, Any]) -> Key:
    """Where this item is."""
    return Key(item["pk"], item["sk"])


def state_item(key: Key, version: int, facts: str, *, bulk: bool, **others: str) -> Item:
    """The item of a state. `bulk` marks the writes of imports for whoever reads the stream.

    Raises TooLarge for an item of more than 350 KB.
    """
    item: Item = {**key._asdict(), **others, "version": version, "facts": facts}
    if bulk:
        item["bulk"] = True
    size = size_of(item)
    if size > ITEM_LIMIT_BYTES:
        raise TooLarge(
            f"what is known of one customer or order would take {size} bytes; {ITEM_LIMIT_BYTES} are the most",
            code="item_too_large",
        )
    return item


def size_of(item: Mapping[str, Any]) -> int:
    """How many bytes an item takes, to a few: numbers and truth values are counted as text."""
    return sum(len(name) + len(str(value).encode()) for name, value in item.items())


def version_of(item: Mapping[str, Any] | None) -> int:
    """The version of an item; 0 for one that is not there."""
    return 0 if item is None else int(item["version"])


def unless_changed(item: Mapping[str, Any] | None) -> dict[str, Any]:
    """The condition that the item is still as it was read, or still not there."""
    if item is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": encode({":version": version_of(item)}),
    }
