"""Extracts, and the rows of snapshots: a row per member, whose key is the place in the order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from segment_core.instants import iso, parse
from segment_core.model.extract import Extract
from segment_core.record import record, replace
from segment_core.store import client, keys, records
from segment_core.store.client import Item, backoff

# Files and rows may outlast the end of their extract by two days: so long whoever erases somebody must find it.
_FOUND_AFTER = timedelta(days=3)
_REMOVED_AT_ONCE = 100


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


def read(table: str, shop: str, extract: str) -> Extract | None:
    """The extract, read consistently, also for some days after its end; None if there is none."""
    item = client.get(table, _key(shop, extract))
    return _extract(item) if item else None


def every(table: str, shop: str) -> Iterator[Extract]:
    """The shop's extracts of which something may be stored, also if they have ended; read consistently."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :shop AND begins_with(sk, :extract)",
        ExpressionAttributeValues=client.encode({":shop": shop, ":extract": keys.extract("")}),
        ConsistentRead=True,
    ):
        if not (found := _extract(item)).removed:
            yield found


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


def end(table: str, shop: str, extract: Extract, error: str) -> Extract | None:
    """Have readers see it no more: it has failed, and has to be removed. None if nothing is left to remove.

    Raises Contention if others never give way.
    """
    found: Extract | None = extract
    for pause in backoff():
        if found is None or found.removed:
            return None
        if found.state == "failed":
            return found
        ended = replace(found, state="failed", error=error, after="", version=found.version + 1)
        if advance(table, shop, found, ended):
            return ended
        pause()
        found = read(table, shop, found.id)
    raise AssertionError("backoff raises when it ends")


def place(table: str, shop: str, extract: Extract, rows: Iterable[Placed]) -> None:
    """Write rows of a snapshot. Writing them again changes nothing."""
    pk = keys.snapshot(shop, extract.id)
    items = [
        {
            "pk": pk,
            "sk": keys.placed(row.place, row.customer),
            "since": iso(row.since),
            "value": row.value,
            "expires_at": int(extract.ends_at.timestamp()),
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


def remove_rows(table: str, shop: str, extract: Extract) -> bool:
    """Delete some rows of a snapshot; whether there may be more."""
    answer = client.client().query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.snapshot(shop, extract.id)}),
        ProjectionExpression="pk, sk",
        ConsistentRead=True,
        Limit=_REMOVED_AT_ONCE,
    )
    client.batch_write(table, [{"DeleteRequest": {"Key": key}} for key in answer["Items"]])
    return "LastEvaluatedKey" in answer


def _placed(item: Item) -> Placed:
    place, customer = keys.split_placed(item["sk"])
    return Placed(place, customer, parse(item["since"]), item.get("value"))


def _item(shop: str, extract: Extract) -> dict[str, Any]:
    expires_at = int((extract.ends_at + _FOUND_AFTER).timestamp())
    return {**_key(shop, extract.id), **records.to_item(extract), "expires_at": expires_at}


def _extract(item: Item) -> Extract:
    return Extract(**records.from_item({name: value for name, value in item.items() if name != "expires_at"}))


def _key(shop: str, extract: str) -> dict[str, str]:
    return {"pk": shop, "sk": keys.extract(extract)}
