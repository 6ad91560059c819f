"""Shops: the tenants, all in one small partition so that the sweep finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from segment_core.instants import iso
from segment_core.model.generation import Generation
from segment_core.model.segment import Job, ShopRecord
from segment_core.store import client, generations, jobs, keys, records


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
    job: Job | None = None,
    *,
    over: ShopRecord | None = None,
) -> bool:
    """Write the shop with the generation of its settings, and the job of applying them.

    False if another generation was saved first, or the shop was since `over` was read (None: that does not matter).
    """
    item = {"pk": keys.SHOPS, "sk": record.id, **records.to_item(record)}
    # Also when the generation stays as it is: the shop's record must not say what is no longer in force.
    operations = [
        {"Put": {"TableName": table, "Item": client.encode(item), **_unless_saved(over)}},
        *generations.save_operations(table, record.id, new, previous),
    ]
    if job is not None:
        operations.append(jobs.put_operation(table, record.id, job))
    return client.transact(operations)


def _unless_saved(read: ShopRecord | None) -> dict[str, Any]:
    if read is None:
        return {}
    values = client.encode({":read": iso(read.updated_at)})
    return {"ConditionExpression": "updated_at = :read", "ExpressionAttributeValues": values}


def _shop(item: Mapping[str, Any]) -> ShopRecord:
    return ShopRecord(**records.from_item(item))
