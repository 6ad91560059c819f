"""Shops: the tenants, all in one small partition so that the sweep finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from segment_core.errors import NotFound
from segment_core.model.generation import Generation
from segment_core.model.language import LanguageSettings
from segment_core.model.segment import ShopRecord
from segment_core.record import replace
from segment_core.store import client, erasures, generations, keys, records
from segment_core.store.client import Item
from segment_core.store.erasures import ShopErasure


def read(table: str, shop: str, *, consistent: bool = True) -> ShopRecord | None:
    """The shop, or the tombstone of one that was erased; None if there never was one."""
    item = client.get(table, {"pk": keys.SHOPS, "sk": shop}, consistent=consistent)
    return _shop(item) if item else None


def existing(table: str, shop: str) -> ShopRecord:
    """The shop. Raises NotFound if there is none, or none any more."""
    record = read(table, shop)
    if record is None or record.erased_at is not None:
        raise NotFound(f"there is no shop '{shop}'", code="shop_not_found")
    return record


def ids(table: str) -> Iterator[str]:
    """The id of every shop, in order. Those that are erased are none."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        FilterExpression="attribute_not_exists(erased_at)",
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
        FilterExpression="attribute_not_exists(erased_at)",
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
    over: ShopRecord | None,
) -> bool:
    """Write the shop with the generation of its settings, and what goes with that.

    False if another generation was saved first, or what is stored of the shop is not `over` any more (None: nothing).
    """
    # Also when the generation stays as it is: the shop's record must not say what is no longer in force.
    written = replace(record, version=over.version + 1 if over else 1)
    operations = [
        {"Put": {"TableName": table, "Item": client.encode(_item(written)), **_as_read(over)}},
        *generations.save_operations(table, record.id, new, previous),
        *beside,
    ]
    return client.transact(operations)


def bury(table: str, record: ShopRecord, at: datetime, erasure: ShopErasure) -> bool:
    """Write the shop's tombstone and begin its erasure; False if the shop was changed meanwhile."""
    tombstone = replace(record, erased_at=at, version=record.version + 1)
    return client.transact(
        [
            {"Put": {"TableName": table, "Item": client.encode(_item(tombstone)), **_as_read(record)}},
            erasures.put_operation(table, erasure),
        ]
    )


def keep_number(table: str, record: ShopRecord, generation: int) -> None:
    """Keep the number of the shop's last generation in its tombstone."""
    client.put(table, _item(replace(record, last_generation=generation)))


def forget_rules(table: str, shop: str) -> None:
    """Delete the shop's segments, definitions, counters, generations, requests and jobs: all but its tombstone."""
    everything = client.query(
        table,
        KeyConditionExpression="pk = :shop",
        ExpressionAttributeValues=client.encode({":shop": shop}),
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
    )
    unfinished = client.query(
        table,
        KeyConditionExpression="pk = :jobs AND begins_with(sk, :shop)",
        ExpressionAttributeValues=client.encode({":jobs": keys.JOBS, ":shop": keys.job(shop, "")}),
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
    )
    # Jobs first: without one nobody goes on with what is deleted here.
    for items in (unfinished, everything):
        client.batch_write(table, [{"DeleteRequest": {"Key": client.encode(item)}} for item in items])


def _as_read(read: ShopRecord | None) -> dict[str, Any]:
    if read is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    if read.version == 0:
        # Written before writes were counted.
        return {"ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(version)"}
    values = client.encode({":version": read.version})
    return {"ConditionExpression": "version = :version", "ExpressionAttributeValues": values}


def _item(record: ShopRecord) -> Item:
    language = json.dumps(record.language.as_fields(), separators=(",", ":"))
    return {"pk": keys.SHOPS, "sk": record.id, **records.to_item(record), "language": language}


def _shop(item: Mapping[str, Any]) -> ShopRecord:
    fields = records.from_item(item)
    return ShopRecord(**fields | {"language": LanguageSettings.of_fields(json.loads(fields["language"]))})
