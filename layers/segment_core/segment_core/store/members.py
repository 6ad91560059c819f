"""Member lists: a row per customer ever in, and a counter per shard that changes with its rows only."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from segment_core.instants import iso, parse
from segment_core.store import client, keys
from segment_core.store.tables import Tables

# A row that is out only fences off replays of older changes; streams replay for at most a day.
OUT_ROW_LIFETIME = timedelta(days=30)

# (in or out, version) of a row that is not there.
_NO_ROW = (False, -1)


@dataclass(frozen=True, slots=True)
class Row:
    """A customer's place in the list of a definition, as of one version of its membership."""

    definition: str
    customer: str
    member: bool
    since: datetime
    version: int

    @property
    def key(self) -> tuple[str, str]:
        """What there is one row of."""
        return self.definition, self.customer

    @property
    def counter(self) -> tuple[str, int]:
        """(definition, shard): the list that the row is in, which has a counter."""
        return self.definition, keys.list_shard_of(self.customer)


def apply(tables: Tables, shop: str, rows: Iterable[Row], at: datetime) -> None:
    """Bring rows and counters up to date, in transactions that share a shard's counter.

    A row changes only if its stored version is lower, and its counter by what that changes, so
    applying rows again, or late, changes nothing. Raises Contention if others never give way.
    """
    newest: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = newest.setdefault(row.key, row)
        if known.version < row.version:
            newest[row.key] = row
    # Rows that share a counter stand together, so that they share its write too.
    ordered = sorted(newest.values(), key=lambda row: row.counter)
    for together in _transactions(ordered):
        _apply_together(tables, shop, together, at)


def _transactions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Groups that one transaction can write: each row is a write, and each counter that rows of it share."""
    together: list[Row] = []
    counters: set[tuple[str, int]] = set()
    for row in rows:
        if len(together) + len(counters | {row.counter}) >= client.TRANSACTION_LIMIT:
            yield together
            together, counters = [], set()
        together.append(row)
        counters.add(row.counter)
    if together:
        yield together


def _apply_together(tables: Tables, shop: str, rows: Sequence[Row], at: datetime) -> None:
    for pause in client.backoff():
        stored = _stored(tables.members, shop, rows)
        newer = [row for row in rows if stored.get(row.key, _NO_ROW)[1] < row.version]
        if not newer:
            return
        deltas: Counter[tuple[str, int]] = Counter()
        for row in newer:
            deltas[row.counter] += row.member - stored.get(row.key, _NO_ROW)[0]
        operations = [_put(tables.members, shop, row, stored.get(row.key), at) for row in newer]
        operations += [_count(tables.segments, shop, *counter, delta) for counter, delta in deltas.items() if delta]
        if client.transact(operations):
            return
        pause()


def _stored(table: str, shop: str, rows: Sequence[Row]) -> dict[tuple[str, str], tuple[bool, int]]:
    partitions = {keys.member_list(shop, *row.counter): row.definition for row in rows}
    wanted = [client.encode({"pk": keys.member_list(shop, *row.counter), "sk": row.customer}) for row in rows]
    return {
        (partitions[item["pk"]], item["sk"]): (item["member"], item["version"])
        for item in client.batch_get(table, wanted)
    }


def _put(table: str, shop: str, row: Row, stored: tuple[bool, int] | None, at: datetime) -> dict[str, Any]:
    item = {
        "pk": keys.member_list(shop, *row.counter),
        "sk": row.customer,
        "member": row.member,
        "since": iso(row.since),
        "version": row.version,
    }
    if not row.member:
        item["expires_at"] = int((at + OUT_ROW_LIFETIME).timestamp())
    put: dict[str, Any] = {"TableName": table, "Item": client.encode(item)}
    if stored is None:
        put["ConditionExpression"] = "attribute_not_exists(pk)"
    else:
        put["ConditionExpression"] = "version = :version"
        put["ExpressionAttributeValues"] = client.encode({":version": stored[1]})
    return {"Put": put}


def _count(table: str, shop: str, definition: str, shard: int, delta: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": table,
            "Key": client.encode({"pk": shop, "sk": keys.counter(definition, shard)}),
            "UpdateExpression": "ADD members :delta",
            "ExpressionAttributeValues": client.encode({":delta": delta}),
        }
    }


def members(table: str, shop: str, definition: str, after: str, page: int) -> Iterator[tuple[str, datetime]]:
    """(customer, since) of every member after the given customer, in the order of customer ids.

    The shards are read side by side, `page` rows at a time and only as far as the caller goes.
    """
    shards = (
        _shard_members(table, keys.member_list(shop, definition, number), after, page)
        for number in range(keys.LIST_SHARDS)
    )
    return heapq.merge(*shards)


def _shard_members(table: str, partition: str, after: str, page: int) -> Iterator[tuple[str, datetime]]:
    condition, values = "pk = :pk", {":pk": partition, ":in": True}
    if after:
        condition, values = f"{condition} AND sk > :after", {**values, ":after": after}
    for item in client.query(
        table,
        KeyConditionExpression=condition,
        FilterExpression="#member = :in",
        ExpressionAttributeNames={"#member": "member"},
        ExpressionAttributeValues=client.encode(values),
        Limit=page,
    ):
        yield item["sk"], parse(item["since"])


def shard_rows(table: str, shop: str, definition: str, shard: int, after: str, limit: int) -> list[str]:
    """The next customers with a row in that shard, in or out, read consistently."""
    condition, values = "pk = :pk", {":pk": keys.member_list(shop, definition, shard)}
    if after:
        condition, values = f"{condition} AND sk > :after", {**values, ":after": after}
    answer = client.client().query(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=client.encode(values),
        ProjectionExpression="sk",
        Limit=limit,
        ConsistentRead=True,
    )
    return [item["sk"]["S"] for item in answer["Items"]]


def remove_rows(table: str, shop: str, definition: str, shard: int, customers: Sequence[str]) -> None:
    """Delete rows of a definition that is gone; its counters go with the segment."""
    partition = keys.member_list(shop, definition, shard)
    requests = [{"DeleteRequest": {"Key": client.encode({"pk": partition, "sk": customer})}} for customer in customers]
    client.batch_write(table, requests)
