"""Requests of customers for what is known of them: whom they are about, and whether the answer was fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from segment_core.instants import iso, parse
from segment_core.record import record
from segment_core.store import client, keys

# The last is only there once somebody fetched the answer.
_UNFETCHED = "attribute_not_exists(fetched_at)"


@record
class Request:
    """`customers` are ids under which the person may be known, `orders` such as the store named."""

    id: str
    customers: tuple[str, ...]
    orders: tuple[str, ...]
    asked_at: datetime
    ends_at: datetime
    fetched_at: datetime | None = None


def put(table: str, shop: str, request: Request) -> bool:
    """Keep the request; False if it is there already."""
    item = {
        **_key(shop, request.id),
        "customers": json.dumps(request.customers),
        "orders": json.dumps(request.orders),
        "asked_at": iso(request.asked_at),
        "ends_at": iso(request.ends_at),
        "expires_at": int(request.ends_at.timestamp()),
    }
    return client.put(table, item, ConditionExpression="attribute_not_exists(pk)")


def read(table: str, shop: str, request_id: str) -> Request | None:
    """The request, read consistently; None if there is none, or it has expired for good."""
    item = client.get(table, _key(shop, request_id))
    return _request(item) if item else None


def every(table: str, shop: str) -> Iterator[Request]:
    """The shop's requests, in the order of their ids."""
    for item in client.query(
        table,
        KeyConditionExpression="pk = :shop AND begins_with(sk, :prefix)",
        ExpressionAttributeValues=client.encode({":shop": shop, ":prefix": keys.data_request("")}),
    ):
        yield _request(item)


def claim(table: str, shop: str, request: Request, at: datetime) -> bool:
    """Say that the answer is being fetched; False if that was said before."""
    update = {
        "TableName": table,
        "Key": client.encode(_key(shop, request.id)),
        "UpdateExpression": "SET fetched_at = :at",
        "ConditionExpression": f"attribute_exists(pk) AND {_UNFETCHED}",
        "ExpressionAttributeValues": client.encode({":at": iso(at)}),
    }
    # A transaction, though of one: when it is sent again after a lost answer, its token makes it the same one.
    return client.transact([{"Update": update}])


def _request(item: dict[str, Any]) -> Request:
    return Request(
        id=item["sk"].removeprefix(keys.data_request("")),
        customers=tuple(json.loads(item["customers"])),
        orders=tuple(json.loads(item["orders"])),
        asked_at=parse(item["asked_at"]),
        ends_at=parse(item["ends_at"]),
        fetched_at=parse(item["fetched_at"]) if "fetched_at" in item else None,
    )


def _key(shop: str, request_id: str) -> dict[str, str]:
    return {"pk": shop, "sk": keys.data_request(request_id)}
