"""What requests with an idempotency key have made, for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from segment_core.store import client, keys
from segment_core.store.client import Operation

KEPT = timedelta(days=1)


class Made(NamedTuple):
    """The segment that a request made, and the hash of what it asked for."""

    segment: str
    content: str


def read(table: str, shop: str, key: str) -> Made | None:
    """What the request with that key made; None if there was none."""
    item = client.get(table, {"pk": shop, "sk": keys.request(key)})
    return Made(item["segment"], item["content"]) if item else None


def put_operation(table: str, shop: str, key: str, made: Made, at: datetime) -> Operation:
    """The part of a transaction that remembers a request, if its key was not used yet."""
    item = {"pk": shop, "sk": keys.request(key), **made._asdict(), "expires_at": int((at + KEPT).timestamp())}
    return {
        "Put": {
            "TableName": table,
            "Item": client.encode(item),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
