"""The Customers table: merging facts in, and reading whole customers out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from segment_core.facts import order
from segment_core.facts.customer import Customer
from segment_core.facts.merged import Former, joined
from segment_core.facts.profile import ProfileState
from segment_core.facts.told import Fact, to_customer
from segment_core.record import record
from segment_core.store import client, events, keys, merging
from segment_core.store.client import Item, encode
from segment_core.store.merging import Message
from segment_core.store.needed import EVERYTHING, Needed
from segment_core.store.profiles import is_erased, merged_into, rests_until, state_of
from segment_core.store.stored import LONGEST_CHAIN

_SLICE_PAGE = 1_000

# Reading many waits for the store most of the time. The client has 32 connections.
_AT_ONCE = 16


@record
class Loaded:
    """What is stored of a customer: nothing at all, the tombstone of one who was erased, or the facts.

    `into` is who an erased one was merged into. One who `rests_until` an instant is as good as erased, and will be.
    """

    customer: Customer | None
    erased: bool
    into: str | None = None
    rests_until: datetime | None = None


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


def check_sizes(shop: str, told: Sequence[Fact]) -> None:
    """Raises TooLarge if a fact is more than its item can hold, even where nothing else is stored."""
    merging.check_sizes(shop, Message.of(told))


def would_change(table: str, shop: str, told: Sequence[Fact]) -> bool:
    """Whether merging these facts would write anything as things stand. Raises as `merge_all` does."""
    return merging.changes_anything(table, keys.shop_id(shop), Message.of(told))


def load(table: str, shop: str, customer_id: str, needed: Needed = EVERYTHING) -> Loaded:
    """The customer with all facts that are needed, read consistently to the last page.

    Read backwards: a tombstone is on the first page, whatever is still under it.
    """
    items: list[Item] = []
    for page in _pages(table, shop, customer_id, needed):
        items += page
        profile = next((item for item in page if item["sk"] == keys.PROFILE), None)
        if _is_gone(profile):
            return Loaded(None, erased=True, into=merged_into(profile), rests_until=rests_until(profile))
    if not any(item["sk"] == keys.PROFILE for item in items):
        return Loaded(None, erased=False)
    return Loaded(_customer(customer_id, items), erased=False)


def followed(table: str, shop: str, customer_id: str) -> Loaded:
    """The same with all facts; of one who was merged, of who that is by now."""
    loaded = load(table, shop, customer_id)
    for _ in range(LONGEST_CHAIN):
        if loaded.into is None:
            break
        loaded = load(table, shop, loaded.into)
    return loaded


def page(table: str, shop: str, customer_id: str, before: str, limit: int) -> tuple[Customer | None, str]:
    """Some of what is known of the customer, in parts: the first page has the profile, then come orders, then events.

    `before` is where the page before ended, empty for the first; the second part of the answer is where this one
    did, empty on the last. None of somebody of whom there is nothing, or a tombstone.
    """
    values = {":customer": keys.customer(shop, customer_id), ":before": before or keys.AFTER_PROFILES}
    answer = client.client().query(
        TableName=table,
        KeyConditionExpression="pk = :customer AND sk < :before",
        ExpressionAttributeValues=encode(values),
        ConsistentRead=True,
        ScanIndexForward=False,
        Limit=limit,
    )
    items = [client.decode(item) for item in answer["Items"]]
    if not items or any(map(_is_gone, items)):
        return None, ""
    last = answer.get("LastEvaluatedKey")
    return _customer(customer_id, items), client.decode(last)["sk"] if last else ""


def _is_gone(item: Item | None) -> bool:
    return is_erased(item) or rests_until(item) is not None


def _customer(customer_id: str, items: Iterable[Item]) -> Customer:
    """The customer whom these items add up to."""
    by_key = {item["sk"]: item for item in items}
    own = by_key.get(keys.PROFILE)
    formers = [
        Former(sk.removeprefix(keys.FORMER_PREFIX), item["into"], item["merged"], state_of(item))
        for sk, item in by_key.items()
        if sk.startswith(keys.FORMER_PREFIX)
    ]
    happened = events.registers_of(item for sk, item in by_key.items() if sk.startswith(keys.EVENT_PREFIX))
    state = joined(state_of(own), formers).join(ProfileState(events=happened))
    orders = [
        (item["order_id"], order.decode(item["facts"]))
        for sk, item in sorted(by_key.items())
        if sk.startswith(keys.ORDER_PREFIX)
    ]
    return to_customer(customer_id, state, orders)


def _pages(table: str, shop: str, customer_id: str, needed: Needed) -> Iterator[list[Item]]:
    """What is needed of the customer, the profile first."""
    partition = keys.customer(shop, customer_id)
    for start, end in needed.ranges():
        request = {
            "TableName": table,
            "KeyConditionExpression": "pk = :customer AND sk BETWEEN :start AND :end",
            "ExpressionAttributeValues": encode({":customer": partition, ":start": start, ":end": end}),
            "ConsistentRead": True,
            "ScanIndexForward": False,
        }
        yield from (page for page, _ in client.pages("query", **request))


def load_all(table: str, shop: str, customer_ids: Sequence[str], seconds_left: Callable[[], float]) -> Iterator[Loaded]:
    """Those customers in their order, several at once, for as long as there is time."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="customers") as threads:
        for start in range(0, len(customer_ids), _AT_ONCE):
            for loaded in threads.map(partial(load, table, shop), customer_ids[start : start + _AT_ONCE]):
                yield loaded
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


def of_slice(table: str, shop: str, slice_number: int) -> Iterator[str]:
    """All of the shop's customers in one slice, in id order, read as they are taken."""
    after: str | None = None
    while True:
        page, after = roster(table, shop, slice_number, after, _SLICE_PAGE)
        yield from page
        if after is None:
            return


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
