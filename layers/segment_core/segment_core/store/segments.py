"""Segments and their definitions, and how many members each list has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from segment_core.model.generation import Generation
from segment_core.model.segment import SegmentRecord
from segment_core.record import record
from segment_core.store import client, generations, keys, records
from segment_core.store.client import Item, Operation

NAME_LIFETIME = timedelta(days=1)

_ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}

SegmentOf = tuple[str, str]
"""(shop, segment id)"""


@record
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


def names(table: str, shop: str, wanted: Iterable[str]) -> dict[str, str]:
    """Segment to name, of those that are stored, read together and consistently."""
    found = shown(table, set(), {(shop, segment) for segment in wanted}).names
    return {segment: name for (_, segment), name in found.items()}


def name_taken(table: str, shop: str, name: str, by_other_than: str = "") -> bool:
    """Whether a segment of the shop, apart from that one, has that name, letter case aside."""
    item = client.get(table, {"pk": shop, "sk": keys.segment_name(name)})
    return item is not None and item["segment"] != by_other_than


@record
class Text:
    """What a revision of a segment asks. `id` is the revision's; other segments are asked by their ids."""

    id: str
    query: str


def put_operation(table: str, shop: str, record: SegmentRecord, previous: SegmentRecord | None) -> dict[str, Any]:
    """The part of a transaction that writes a segment, if it is still as it was read (None: it is not there)."""
    return {"Put": {"TableName": table, "Item": _segment_item(shop, record), **_unless_changed(previous)}}


def text_operation(table: str, shop: str, text: Text) -> dict[str, Any]:
    """The part of a transaction that writes a new text."""
    item = {"pk": shop, "sk": keys.text(text.id), "query": text.query}
    return {"Put": {"TableName": table, "Item": client.encode(item), **_ABSENT}}


def name_operations(table: str, shop: str, segment: str, name: str | None, instead_of: str | None) -> list[Operation]:
    """The part of a transaction that takes a name for the segment and gives its old one back (None: there is none)."""
    operations: list[Operation] = []
    key, old = (keys.segment_name(one) if one is not None else None for one in (name, instead_of))
    if key is not None and key != old:
        item = {"pk": shop, "sk": key, "segment": segment}
        operations.append({"Put": {"TableName": table, "Item": client.encode(item), **_ABSENT}})
    if old is not None and key != old:
        operations.append({"Delete": {"TableName": table, "Key": client.encode({"pk": shop, "sk": old})}})
    return operations


def _unless_changed(previous: SegmentRecord | None) -> dict[str, Any]:
    if previous is None:
        return _ABSENT
    return {
        "ConditionExpression": "edition = :edition AND deleted = :deleted",
        "ExpressionAttributeValues": client.encode({":edition": previous.edition, ":deleted": previous.deleted}),
    }


def save(operations: Sequence[Operation]) -> bool:
    """Carry out those operations, all or nothing; False if something is not as it was read."""
    return client.transact(operations)


def keep_name(table: str, shop: str, record: SegmentRecord, at: datetime) -> None:
    """Keep a deleted segment for a day only, so that leave events can still name it.

    Raises Contention if others never give way.
    """
    item = {"pk": shop, "sk": keys.segment(record.id), **records.to_item(record)}
    for pause in client.backoff():
        if client.put(table, {**item, "expires_at": int((at + NAME_LIFETIME).timestamp())}):
            return
        pause()


def forget_counters(table: str, shop: str, definition: str) -> None:
    """Delete the counters of a definition whose list is gone."""
    for number in range(keys.LIST_SHARDS):
        client.erase(table, {"pk": shop, "sk": keys.counter(definition, number)})


def forget_text(table: str, shop: str, text: str) -> None:
    """Delete a text that no definition has any more."""
    client.erase(table, {"pk": shop, "sk": keys.text(text)})


def text(table: str, shop: str, text_id: str) -> str | None:
    """The query of one text; None if there is none."""
    item = client.get(table, {"pk": shop, "sk": keys.text(text_id)})
    return item["query"] if item else None


def texts(table: str, shop: str, ids: Iterable[str]) -> dict[str, str]:
    """Id to query, of those texts that there are."""
    wanted = [client.encode({"pk": shop, "sk": keys.text(one)}) for one in dict.fromkeys(ids)]
    prefix = keys.text("")
    return {item["sk"].removeprefix(prefix): item["query"] for item in client.batch_get(table, wanted)}


def all_texts(table: str, shop: str) -> dict[str, str]:
    """Id to query, of every text of the shop."""
    prefix = keys.text("")
    items = client.query(
        table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=client.encode({":pk": shop, ":prefix": prefix}),
        ConsistentRead=True,
    )
    return {item["sk"].removeprefix(prefix): item["query"] for item in items}


def count(table: str, shop: str, definition: str) -> int:
    """Members of a definition: the sum of its counters."""
    return counts(table, shop, [definition])[definition]


def counts(table: str, shop: str, definitions: Iterable[str]) -> Counter[str]:
    """Members of each definition, read together; 0 of one whose list was never written."""
    places = {keys.counter(one, number): one for one in definitions for number in range(keys.LIST_SHARDS)}
    found: Counter[str] = Counter()
    for item in client.batch_get(table, [client.encode({"pk": shop, "sk": place}) for place in places]):
        found[places[item["sk"]]] += item["members"]
    return found


def _segment_item(shop: str, record: SegmentRecord) -> dict[str, Any]:
    return client.encode({"pk": shop, "sk": keys.segment(record.id), **records.to_item(record)})


def _segment(item: Item) -> SegmentRecord:
    fields = records.from_item(item)
    fields.pop("expires_at", None)
    return SegmentRecord(**fields)
