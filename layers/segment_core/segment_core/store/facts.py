"""The Customers table: merging facts in, and reading whole customers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from segment_core.facts import order
from segment_core.facts.customer import Customer
from segment_core.facts.told import Fact, to_customer
from segment_core.store import client, keys, merging
from segment_core.store.client import Item, backoff, encode
from segment_core.store.merging import Message
from segment_core.store.orders import forget_order
from segment_core.store.profiles import is_erased, state_of

# Reading many waits for the store most of the time. The client has 32 connections.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is stored of a customer: nothing at all, the tombstone of one who was erased, or the facts."""

    customer: Customer | None
    erased: bool


def merge(table: str, shop: str, fact: Fact, *, bulk: bool = False) -> bool:
    """Merge one fact; whether that changed anything. Raises as `merge_all` does."""
    return merge_all(table, shop, [fact], bulk=bulk)


def merge_all(table: str, shop: str, told: Sequence[Fact], *, bulk: bool = False) -> bool:
    """Merge the facts of one message; whether any of them changed anything. `bulk` marks what an import writes.

    An erased customer is a tombstone that takes no more facts, and their orders become some; whoever
    evaluates the customer next meets the tombstone and purges the rest. The ids of the shop and in the
    facts must be such as `keys` takes. Raises InvalidRequest if they are not, TooLarge, and Contention if
    others never give way.
    """
    return merging.merge(table, keys.shop_id(shop), Message.of(told), bulk=bulk)


def purge(table: str, shop: str, customer_id: str) -> int:
    """Delete everything of an erased customer but the tombstone; returns how many items.

    Their orders leave a tombstone of their own, so that nothing told of them later is kept either.
    """
    purged = 0
    for pause in backoff():
        left = [item for item in _items(table, shop, customer_id) if item["sk"] != keys.PROFILE]
        gone = sum(_purge_item(table, shop, item) for item in left)
        purged += gone
        if gone == len(left):
            return purged
        pause()
    raise AssertionError("backoff raises when it ends")


def load(table: str, shop: str, customer_id: str) -> Loaded:
    """The customer with all facts, read consistently to the last page."""
    items = {item["sk"]: item for item in _items(table, shop, customer_id)}
    profile = items.pop(keys.PROFILE, None)
    if profile is None:
        return Loaded(None, erased=False)
    if is_erased(profile):
        return Loaded(None, erased=True)
    orders = [
        (item["order_id"], order.decode(item["facts"]))
        for sk, item in items.items()
        if sk.startswith(keys.ORDER_PREFIX)
    ]
    return Loaded(to_customer(customer_id, state_of(profile), orders), erased=False)


def load_all(table: str, shop: str, customer_ids: Sequence[str], seconds_left: Callable[[], float]) -> Iterator[Loaded]:
    """Those customers in their order, several at once, for as long as there is time."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="customers") as threads:
        for start in range(0, len(customer_ids), _AT_ONCE):
            yield from threads.map(partial(load, table, shop), customer_ids[start : start + _AT_ONCE])
            if seconds_left() <= 0:
                return


def roster(table: str, shop: str, slice_number: int, after: str | None, limit: int) -> tuple[list[str], str | None]:
    """A page of the shop's customers in one slice, in id order, and what to go on `after` (None: it was the last).

    The index follows its table with a short delay.
    """
    request: dict[str, object] = {
        "TableName": table,
        "IndexName": keys.ROSTER_INDEX,
        "KeyConditionExpression": "roster_slice = :slice",
        "ExpressionAttributeValues": encode({":slice": keys.roster_slice(shop, slice_number)}),
        "Limit": limit,
    }
    if after is not None:
        request["ExclusiveStartKey"] = encode(
            {
                "roster_slice": keys.roster_slice(shop, slice_number),
                "customer_id": after,
                "pk": keys.customer(shop, after),
                "sk": keys.PROFILE,
            }
        )
    items, last = next(client.pages("query", **request))
    return [item["customer_id"] for item in items], client.decode(last)["customer_id"] if last else None


def count_roster(table: str, shop: str, slice_number: int) -> int:
    """How many customers of the shop are in one slice; reads as much of the index as `roster` to its end."""
    request: dict[str, Any] = {
        "TableName": table,
        "IndexName": keys.ROSTER_INDEX,
        "KeyConditionExpression": "roster_slice = :slice",
        "ExpressionAttributeValues": encode({":slice": keys.roster_slice(shop, slice_number)}),
        "Select": "COUNT",
    }
    counted = 0
    while True:
        answer = client.client().query(**request)
        counted += int(answer["Count"])
        if "LastEvaluatedKey" not in answer:
            return counted
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _items(table: str, shop: str, customer_id: str) -> list[Item]:
    return list(
        client.query(
            table,
            KeyConditionExpression="pk = :customer",
            ExpressionAttributeValues=encode({":customer": keys.customer(shop, customer_id)}),
            ConsistentRead=True,
        )
    )


def _purge_item(table: str, shop: str, item: Item) -> bool:
    if item["sk"].startswith(keys.ORDER_PREFIX):
        return forget_order(table, shop, item)
    return client.delete(table, {"pk": item["pk"], "sk": item["sk"]})
