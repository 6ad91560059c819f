"""Shops: the tenants, all in one small partition so that the sweep finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from segment_core.instants import iso
from segment_core.model.generation import Generation
from segment_core.model.language import LanguageSettings
from segment_core.model.segment import ShopRecord
from segment_core.store import client, generations, keys, records


def read(table: str, shop: str) -> ShopRecord | None:
    """The shop, or None."""
    item = client.get(table, {"pk": keys.SHOPS, "sk": shop})
    return _shop(item) if item else None


def ids(table: str) -> Iterator[str]:
    """The id of every shop, in order."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.SHOPS}),
        ProjectionExpression="sk",
    ):
        yield item["sk"]


def by_domain(table: str) -> dict[str, list[str]]:
    """The ids of the shops that are bound to each domain."""
    found: dict[str, list[str]] = {}
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.SHOPS}),
        ProjectionExpression="sk, #domain",
        ExpressionAttributeNames={"#domain": "domain"},
    ):
        found.setdefault(item["domain"], []).append(item["sk"])
    return found


def save(
    table: str,
    record: ShopRecord,
    new: Generation,
    previous: Generation | None,
    beside: Sequence[Mapping[str, Any]] = (),
    *,
    over: ShopRecord | None = None,
) -> bool:
    """Write the shop with the generation of its settings, and what goes with that.

    False if another generation was saved first, or the shop was since `over` was read (None: that does not matter).
    """
    language = json.dumps(record.language.as_fields(), separators=(",", ":"))
    item = {"pk": keys.SHOPS, "sk": record.id, **records.to_item(record), "language": language}
    # Also when the generation stays as it is: the shop's record must not say what is no longer in force.
    operations = [
        {"Put": {"TableName": table, "Item": client.encode(item), **_unless_saved(over)}},
        *generations.save_operations(table, record.id, new, previous),
        *beside,
    ]
    return client.transact(operations)


def _unless_saved(read: ShopRecord | None) -> dict[str, Any]:
    if read is None:
        return {}
    values = client.encode({":read": iso(read.updated_at)})
    return {"ConditionExpression": "updated_at = :read", "ExpressionAttributeValues": values}


def _shop(item: Mapping[str, Any]) -> ShopRecord:
    fields = records.from_item(item)
    return ShopRecord(**fields | {"language": LanguageSettings.of_fields(json.loads(fields["language"]))})
