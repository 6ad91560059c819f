"""Segments and their definitions, and how many members each list has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from segment_core.model.generation import Generation
from segment_core.model.segment import Job, SegmentRecord
from segment_core.store import client, generations, jobs, keys, records
from segment_core.store.client import Item

NAME_LIFETIME = timedelta(days=1)

SegmentOf = tuple[str, str]
"""(shop, segment id)"""


@dataclass(frozen=True, slots=True)
class Shown:
    """The newest generation of shops and the names of segments. What is gone is left out."""

    generations: dict[str, Generation]
    names: dict[SegmentOf, str]


def read(table: str, shop: str, segment: str) -> SegmentRecord | None:
    """The segment, read consistently; None if there is none."""
    item = client.get(table, {"pk": shop, "sk": keys.segment(segment)})
    return _segment(item) if item else None


def after(table: str, shop: str, after: str | None = None) -> Iterator[SegmentRecord]:
    """The shop's segments in id order, those after the given id only."""
    start = keys.segment(after) + "\0" if after else keys.segment("")
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :start AND :end",
        ExpressionAttributeValues=client.encode({":pk": shop, ":start": start, ":end": keys.segment("\x7f")}),
    ):
        yield _segment(item)


def read_all(table: str, shop: str, ids: Collection[str]) -> dict[str, SegmentRecord]:
    """Those segments by id, read consistently; what is not there is left out."""
    wanted = [client.encode({"pk": shop, "sk": keys.segment(segment)}) for segment in dict.fromkeys(ids)]
    return {item["id"]: _segment(item) for item in client.batch_get(table, wanted)}


def named(table: str, shop: str) -> list[tuple[str, str]]:
    """(name without letter case, segment id) of every segment of the shop, in the order of names."""
    items = client.query(
        table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=client.encode({":pk": shop, ":prefix": keys.segment_name("")}),
        ProjectionExpression="sk, #segment",
        ExpressionAttributeNames={"#segment": "segment"},
    )
    return [(keys.split_segment_name(item["sk"]), item["segment"]) for item in items]


def shown(table: str, shops: Set[str], named: Set[SegmentOf]) -> Shown:
    """The newest generations of those shops and the names of those segments, read together and consistently."""
    wanted = [{"pk": shop, "sk": keys.GENERATION} for shop in shops]
    wanted += [{"pk": shop, "sk": keys.segment(segment)} for shop, segment in named]
    found = Shown({}, {})
    for item in client.batch_get(table, [client.encode(key) for key in wanted]):
        if item["sk"] == keys.GENERATION:
            found.generations[item["pk"]] = generations.from_item(item)
        else:
            found.names[item["pk"], item["id"]] = item["name"]
    return found


def name_taken(table: str, shop: str, name: str) -> bool:
    """Whether a segment of the shop has that name, letter case aside."""
    return client.get(table, {"pk": shop, "sk": keys.segment_name(name)}) is not None


def create(
    table: str,
    shop: str,
    record: SegmentRecord,
    job: Job,
    new: Generation,
    previous: Generation,
) -> bool:
    """Write segment, name, definition, job and generation together; False if name or number is taken."""
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    name = {"pk": shop, "sk": keys.segment_name(record.name), "segment": record.id}
    definition = {
        "pk": shop,
        "sk": keys.definition(record.definition),
        "query": record.query,
    }
    return client.transact(
        [
            {
                "Put": {
                    "TableName": table,
                    "Item": _segment_item(shop, record),
                    **absent,
                }
            },
            {"Put": {"TableName": table, "Item": client.encode(name), **absent}},
            {"Put": {"TableName": table, "Item": client.encode(definition), **absent}},
            jobs.put_operation(table, shop, job),
            *generations.save_operations(table, shop, new, previous),
        ]
    )


def change(
    table: str,
    shop: str,
    record: SegmentRecord,
    job: Job,
    new: Generation,
    previous: Generation,
) -> bool:
    """Write a segment with its next job and generation; False if it or the generation moved on."""
    same = {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": client.encode({":revision": record.revision}),
    }
    operations = [
        {"Put": {"TableName": table, "Item": _segment_item(shop, record), **same}},
        jobs.put_operation(table, shop, job),
        *generations.save_operations(table, shop, new, previous),
    ]
    if record.state == "deleting":
        key = client.encode({"pk": shop, "sk": keys.segment_name(record.name)})
        operations.append({"Delete": {"TableName": table, "Key": key}})
    return client.transact(operations)


def forget(table: str, shop: str, record: SegmentRecord, at: datetime) -> None:
    """Delete what is left of a segment whose members are all out: counters and definition.

    The segment itself stays for a day, marked as deleting, so that leave events can still name it.
    """
    for number in range(keys.LIST_SHARDS):
        client.delete(table, {"pk": shop, "sk": keys.counter(record.definition, number)})
    client.delete(table, {"pk": shop, "sk": keys.definition(record.definition)})
    item = {"pk": shop, "sk": keys.segment(record.id), **records.to_item(record)}
    client.put(table, {**item, "expires_at": int((at + NAME_LIFETIME).timestamp())})


def definition_texts(table: str, shop: str) -> dict[str, str]:
    """Definition id to canonical query, of every definition of the shop."""
    prefix = keys.definition("")
    items = client.query(
        table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=client.encode({":pk": shop, ":prefix": prefix}),
        ConsistentRead=True,
    )
    return {item["sk"].removeprefix(prefix): item["query"] for item in items}


def count(table: str, shop: str, definition: str) -> int:
    """Members of a definition: the sum of its counters."""
    items = client.query(
        table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=client.encode({":pk": shop, ":prefix": keys.counter_prefix(definition)}),
        ConsistentRead=True,
    )
    return sum(item["members"] for item in items)


def _segment_item(shop: str, record: SegmentRecord) -> dict[str, Any]:
    return client.encode({"pk": shop, "sk": keys.segment(record.id), **records.to_item(record)})


def _segment(item: Item) -> SegmentRecord:
    fields = records.from_item(item)
    fields.pop("expires_at", None)
    return SegmentRecord(**fields)
