"""Extracts, and the rows of snapshots: a row per member, whose key is the place in the order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from segment_core.instants import iso, parse
from segment_core.model.extract import Extract
from segment_core.record import record
from segment_core.store import client, keys, records
from segment_core.store.client import Item


@record
class Placed:
    """A member of a snapshot. `place` sorts as members do; `value` is what they are ordered by, None if nothing."""

    place: str
    customer: str
    since: datetime
    value: str | None


@record
class Page:
    """Some members in their order; `next` is the place after which the next page begins, None on the last."""

    members: list[Placed]
    next: str | None


def read(table: str, shop: str, extract: str, at: datetime) -> Extract | None:
    """The extract, read consistently; None if there is none, or none any more."""
    item = client.get(table, _key(shop, extract))
    # The table deletes what has expired within some days.
    if item is None or item["expires_at"] <= at.timestamp():
        return None
    return Extract(**records.from_item(item))


def create(table: str, shop: str, extract: Extract) -> None:
    """Write a new one."""
    client.put(table, _item(shop, extract))


def advance(table: str, shop: str, extract: Extract, further: Extract) -> bool:
    """Note how far an extract came from where it was read; False if somebody else was quicker."""
    return client.put(
        table,
        _item(shop, further),
        ConditionExpression="version = :version",
        ExpressionAttributeValues=client.encode({":version": extract.version}),
    )


def place(table: str, shop: str, extract: Extract, rows: Iterable[Placed]) -> None:
    """Write rows of a snapshot. Writing them again changes nothing."""
    pk = keys.snapshot(shop, extract.id)
    items = [
        {
            "pk": pk,
            "sk": keys.placed(row.place, row.customer),
            "since": iso(row.since),
            "value": row.value,
            "expires_at": extract.expires_at,
        }
        for row in rows
    ]
    client.batch_write(table, [{"PutRequest": {"Item": client.encode(item)}} for item in items])


def page(table: str, shop: str, extract: Extract, after: str | None, limit: int) -> Page:
    """At most `limit` members of a snapshot after a place, or before it if the order is reversed."""
    condition, values = "pk = :pk", {":pk": keys.snapshot(shop, extract.id)}
    if after is not None:
        condition += f" AND sk {'<' if extract.reverse else '>'} :after"
        values[":after"] = after
    answer = client.client().query(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=client.encode(values),
        ScanIndexForward=not extract.reverse,
        # One more than asked for, so that a last page knows that it is the last.
        Limit=limit + 1,
    )
    items = [client.decode(item) for item in answer["Items"]]
    more = len(items) > limit or "LastEvaluatedKey" in answer
    shown = items[:limit]
    return Page([_placed(item) for item in shown], shown[-1]["sk"] if more and shown else None)


def _placed(item: Item) -> Placed:
    place, customer = keys.split_placed(item["sk"])
    return Placed(place, customer, parse(item["since"]), item.get("value"))


def _item(shop: str, extract: Extract) -> dict[str, Any]:
    return {**_key(shop, extract.id), **records.to_item(extract)}


def _key(shop: str, extract: str) -> dict[str, str]:
    return {"pk": shop, "sk": keys.extract(extract)}
