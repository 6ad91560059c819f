"""Erasures of whole shops that have not ended; those of all shops in one small partition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from segment_core.instants import iso, parse
from segment_core.record import record
from segment_core.store import client, keys

Step = Literal["bury", "rest", "bury_late", "clear"]


@record
class ShopErasure:
    """How far the erasure of a shop came. `wake_at` is when somebody must look at it if nobody has until then."""

    shop: str
    step: Step
    wake_at: datetime


def read(table: str, shop: str) -> ShopErasure | None:
    """The erasure of the shop, read consistently; None if there is none, or it has ended."""
    item = client.get(table, _key(shop))
    return _erasure(item) if item else None


def unfinished(table: str) -> Iterator[ShopErasure]:
    """The erasures of all shops that have not ended."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=client.encode({":pk": keys.ERASURES}),
    ):
        yield _erasure(item)


def advance(table: str, read: ShopErasure, further: ShopErasure) -> bool:
    """Note how far it came; False if somebody else moved or ended it since it was read."""
    return client.put(table, _item(further), **_as_read(read))


def end(table: str, read: ShopErasure) -> None:
    """Forget the erasure: there is nothing left of the shop but its tombstone."""
    client.delete(table, _key(read.shop), **_as_read(read))


def put_operation(table: str, erasure: ShopErasure) -> dict[str, Any]:
    """The part of a transaction that begins an erasure."""
    return {"Put": {"TableName": table, "Item": client.encode(_item(erasure))}}


def _as_read(read: ShopErasure) -> dict[str, Any]:
    return {
        "ConditionExpression": "step = :step AND wake_at = :wake_at",
        "ExpressionAttributeValues": client.encode({":step": read.step, ":wake_at": iso(read.wake_at)}),
    }


def _item(erasure: ShopErasure) -> dict[str, Any]:
    return {**_key(erasure.shop), "step": erasure.step, "wake_at": iso(erasure.wake_at)}


def _erasure(item: dict[str, Any]) -> ShopErasure:
    return ShopErasure(item["sk"], item["step"], parse(item["wake_at"]))


def _key(shop: str) -> dict[str, str]:
    return {"pk": keys.ERASURES, "sk": shop}
