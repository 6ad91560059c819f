"""Memberships: one item per customer, committed on the version that was read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from segment_core.instants import iso, parse
from segment_core.model.membership import Membership
from segment_core.store import client, keys
from segment_core.store.client import Item
from segment_core.store.stored import LONGEST_CHAIN


class Due(NamedTuple):
    """A customer who must be looked at, and the full minute since when."""

    customer: str
    minute: datetime


def read(table: str, shop: str, customer: str) -> Membership | None:
    """The customer's membership, read consistently; None if it was never evaluated."""
    item = client.get(table, {"pk": keys.customer(shop, customer)})
    return from_item(item) if item else None


def followed(table: str, shop: str, customer: str) -> tuple[str, Membership | None]:
    """Who the customer is by now, where merges led, and their membership."""
    membership = read(table, shop, customer)
    for _ in range(LONGEST_CHAIN):
        if membership is None or membership.into is None:
            break
        customer = membership.into
        membership = read(table, shop, customer)
    return customer, membership


def followed_all(table: str, shop: str, customers: Collection[str]) -> dict[str, tuple[str, Membership]]:
    """By the ids asked for: who that is by now, where merges led, and their membership.

    Who was never evaluated is left out. Where nobody was merged it is one read of all of them.
    """
    stored = read_all(table, shop, customers)
    now = {one: one for one in customers}
    for _ in range(LONGEST_CHAIN):
        led = {one: into for one, who in now.items() if who in stored and (into := stored[who].into) is not None}
        if not led:
            break
        now |= led
        stored |= read_all(table, shop, [who for who in led.values() if who not in stored])
    return {one: (who, stored[who]) for one, who in now.items() if who in stored}


def read_all(table: str, shop: str, customers: Collection[str]) -> dict[str, Membership]:
    """The memberships of those customers, read consistently; who was never evaluated is left out."""
    # A batch may not name a key twice.
    wanted = [client.encode({"pk": keys.customer(shop, customer)}) for customer in dict.fromkeys(customers)]
    return {keys.split_customer(item["pk"])[1]: from_item(item) for item in client.batch_get(table, wanted)}


def commit(table: str, shop: str, customer: str, previous: Membership | None, new: Membership) -> bool:
    """Write `new` if `previous` still stands; False if somebody else committed in between.

    The generation is compared too: an item never goes back to an older one.
    """
    if previous is None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    else:
        condition = {
            "ConditionExpression": "version = :version AND generation <= :generation",
            "ExpressionAttributeValues": client.encode({":version": previous.version, ":generation": new.generation}),
        }
    return client.put(table, _to_item(shop, customer, new), **condition)


def forget(table: str, shop: str, customer: str) -> None:
    """Delete a tombstone, with the shop that it belonged to."""
    client.delete(table, {"pk": keys.customer(shop, customer)})


def from_item(item: Mapping[str, Any]) -> Membership:
    """A membership from its item or from an image of the stream."""
    return Membership(
        bits=int.from_bytes(item["bits"], "little") if "bits" in item else 0,
        due=parse(item["due"]) if "due" in item else None,
        generation=item["generation"],
        version=item["version"],
        cause=item["cause"],
        effective_at=parse(item["effective_at"]),
        erased=item.get("erased", False),
        into=item.get("into"),
    )


def _to_item(shop: str, customer: str, membership: Membership) -> Item:
    item: Item = {
        "pk": keys.customer(shop, customer),
        "generation": membership.generation,
        "version": membership.version,
        "cause": membership.cause,
        "effective_at": iso(membership.effective_at),
    }
    if membership.bits:
        item["bits"] = membership.bits.to_bytes((membership.bits.bit_length() + 7) // 8, "little")
    if membership.due:
        item["due"] = iso(membership.due)
        item["due_shard"] = keys.due_shard_of(shop, customer)
        item["due_minute"] = keys.due_minute(membership.due)
    if membership.erased:
        item["erased"] = True
        item["into"] = membership.into
    return item


def due(table: str, shop: str, at: datetime) -> Iterator[Due]:
    """Every customer of the shop who must be looked at by `at`, the longest overdue of a shard first.

    There is no watermark: what an earlier sweep left undone is found again.
    """
    # Minutes are rounded up in the index, so the minute that `at` is in holds only what is due by it.
    for number in range(keys.DUE_SHARDS):
        for item in client.query(table, **_due_query(shop, number, before=_minute(at))):
            yield Due(keys.split_customer(item["pk"])[1], parse(item["due_minute"]))


def next_due(table: str, shop: str) -> datetime | None:
    """The earliest minute at which the sweep has work in this shop."""
    minutes = []
    for number in range(keys.DUE_SHARDS):
        answer = client.client().query(TableName=table, Limit=1, **_due_query(shop, number))
        minutes += [item["due_minute"]["S"] for item in answer["Items"]]
    return parse(min(minutes)) if minutes else None


def _due_query(shop: str, number: int, before: str | None = None) -> dict[str, Any]:
    condition, values = "due_shard = :shard", {":shard": keys.due_shard(shop, number)}
    if before:
        condition, values = (
            f"{condition} AND due_minute <= :minute",
            {**values, ":minute": before},
        )
    return {
        "IndexName": keys.DUE_INDEX,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": client.encode(values),
    }


def _minute(at: datetime) -> str:
    return keys.due_minute(at.replace(second=0, microsecond=0))
