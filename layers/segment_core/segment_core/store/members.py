"""Member lists: a row per customer ever in, and a counter per shard that changes with its rows only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from segment_core.instants import iso, parse
from segment_core.record import record
from segment_core.store import client, keys
from segment_core.store.tables import Tables

# A row that is out only fences off replays of older changes; streams replay for at most a day.
OUT_ROW_LIFETIME = timedelta(days=30)

# How many rows of each shard a page of members may read beyond those that would do if nobody were out. A
# thousand rows are an eighth of what one query can carry.
FURTHER_ROUNDS = (1000, 1000, 1000)

Entry = tuple[str, datetime]
"""A member and since when."""

# (in or out, version) of a row that is not there.
_NO_ROW = (False, -1)


@record
class Page:
    """Some members. The next page comes after `next`, who need not be one; None: there are no more."""

    members: list[Entry]
    next: str | None


@record
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


def members(table: str, shop: str, definition: str, after: str, limit: int, *, consistent: bool = False) -> Page:
    """At most `limit` members after the given customer, in the order of customer ids.

    The rows of those who are out lie between them and are read too, for as long as they last. So a page
    reads a bounded number of rows, and ends early if it finds few members among them.
    """
    found: list[Entry] = []
    reached: str | None = after
    # One row more than asked for, so that a last page knows that it is the last.
    for rows in (limit + 1, *FURTHER_ROUNDS):
        read, reached = _shard_members(table, shop, definition, reached or "", rows, consistent)
        found += read
        if reached is None or len(found) >= limit:
            break
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1][0])
    return Page(found, reached)


def _shard_members(
    table: str, shop: str, definition: str, after: str, rows: int, consistent: bool
) -> tuple[list[Entry], str | None]:
    """The members among the next rows of every shard, as far as all shards were read, and how far that is.

    None says that all were read to their end.
    """
    found: list[Entry] = []
    reached: list[str] = []
    for number in range(keys.LIST_SHARDS):
        partition = keys.member_list(shop, definition, number)
        condition, values = "pk = :pk", {":pk": partition, ":in": True}
        if after:
            condition, values = f"{condition} AND sk > :after", {**values, ":after": after}
        answer = client.client().query(
            TableName=table,
            KeyConditionExpression=condition,
            FilterExpression="#member = :in",
            ExpressionAttributeNames={"#member": "member"},
            ExpressionAttributeValues=client.encode(values),
            Limit=rows,
            ConsistentRead=consistent,
        )
        found += [(item["sk"]["S"], parse(item["since"]["S"])) for item in answer["Items"]]
        # The limit counts rows before the filter, so this may be somebody who is out.
        if "LastEvaluatedKey" in answer:
            reached.append(answer["LastEvaluatedKey"]["sk"]["S"])
    if not reached:
        return sorted(found), None
    # Beyond the shard that was read least far, others may still have somebody in between.
    end = min(reached)
    return sorted(entry for entry in found if entry[0] <= end), end


def since(table: str, shop: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """Since when, for each (definition, customer) who is in that definition's list; who is not is left out."""
    return {place: parse(item["since"]) for place, item in _rows(table, shop, wanted) if item["member"]}


def listed(table: str, shop: str, wanted: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Each (definition, customer) who is in that definition's list, or was within the last `OUT_ROW_LIFETIME`."""
    return {place for place, _ in _rows(table, shop, wanted)}


def _rows(table: str, shop: str, wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], client.Item]]:
    partitions = {}
    for definition, customer in wanted:
        partitions[keys.member_list(shop, definition, keys.list_shard_of(customer)), customer] = definition
    for item in client.batch_get(table, [client.encode({"pk": pk, "sk": customer}) for pk, customer in partitions]):
        yield (partitions[item["pk"], item["sk"]], item["sk"]), item


def shard_members(table: str, shop: str, definition: str, shard: int) -> Iterator[str]:
    """Everybody in one shard of a list, in the order of customer ids. A customer's shard is the same in all lists."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        FilterExpression="#member = :in",
        ExpressionAttributeNames={"#member": "member"},
        ExpressionAttributeValues=client.encode({":pk": keys.member_list(shop, definition, shard), ":in": True}),
        ProjectionExpression="sk",
    ):
        yield item["sk"]


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


def remove(tables: Tables, shop: str, rows: Iterable[Row]) -> None:
    """Delete rows of definitions that are gone, and the counters that these rows may have brought back."""
    by_list: dict[tuple[str, int], set[str]] = {}
    for row in rows:
        by_list.setdefault(row.counter, set()).add(row.customer)
    for (definition, shard), customers in by_list.items():
        remove_rows(tables.members, shop, definition, shard, [*customers])
        client.erase(tables.segments, {"pk": shop, "sk": keys.counter(definition, shard)})
