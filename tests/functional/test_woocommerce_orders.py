"""Orders of a store on WooCommerce come, go and come back: membership follows; handlers and streams as deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from segment_core.store import facts

from .conftest import NOW, REPOSITORY, Stack
from .streams import Streams, ingest, parked
from .test_identity import SHOP, known, names, segment

ORDER = json.loads((REPOSITORY / "events" / "woocommerce" / "order-created.json").read_text())["body"]
BUYER = str(ORDER["customer_id"])
START = datetime(2026, 2, 20, tzinfo=UTC)


def told(minute: int, topic: str, **fields: Any) -> dict[str, Any]:
    """A message of something that happened in that minute, and came long after."""
    modified = {"date_modified_gmt": (START + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S")}
    received_at = (NOW + timedelta(minutes=minute)).isoformat()
    body = {"id": ORDER["id"]} if topic == "order.deleted" else ORDER | modified | fields
    return {
        "kind": "webhook", "shop": SHOP, "platform": "woocommerce", "topic": topic, "received_at": received_at,
        "body": json.dumps(body),
    }  # fmt: skip


def lives(minute: int, *statuses: str) -> Iterator[dict[str, Any]]:
    """The order changes its status every minute."""
    yield from (told(minute + n, "order.updated", status=status) for n, status in enumerate(statuses))


@pytest.mark.parametrize(
    ("first", "then"),
    [("on-hold", "failed"), ("processing", "pending"), ("processing", "trash"), ("completed", "cancelled")],
)
def test_a_status_goes_back_and_forth(
    shop: Stack, context: SimpleNamespace, streams: Streams, first: str, then: str
) -> None:
    segment(shop, "Buyers", "number_of_orders = 1")
    seen = []
    for message in lives(0, first, then, "completed"):
        ingest(context, message)
        streams.quiet()
        seen.append(names(shop, BUYER))

    assert seen == [["Buyers"], [], ["Buyers"]]
    assert parked(shop) == []


def test_what_was_in_the_bin_counts_again(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    segment(shop, "Buyers", "number_of_orders = 1")
    seen = []
    for message in (told(0, "order.created"), told(1, "order.deleted"), told(2, "order.restored")):
        ingest(context, message, message)
        streams.quiet()
        seen.append(names(shop, BUYER))

    assert seen == [["Buyers"], [], ["Buyers"]]


def test_the_order_of_arrival_changes_nothing(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    waited, paid, binned, back = (
        told(0, "order.created", status="pending", id=1), told(1, "order.updated", total="20.00"),
        told(2, "order.deleted"), told(3, "order.restored", total="30.00"),
    )  # fmt: skip
    for number, messages in enumerate(permutations((waited, paid, binned, back)), 1):
        for message in messages:
            body = json.loads(message["body"]) | {"id": number, "customer_id": 1000 + number}
            ingest(context, message | {"body": json.dumps(body)})
        streams.quiet()

        assert [str(order.total) for order in known(shop, str(1000 + number)).orders] == ["30.00"], messages


def test_what_is_in_the_bin_goes_with_its_customer(shop: Stack, context: SimpleNamespace, streams: Streams) -> None:
    ingest(context, told(0, "order.created"), told(1, "order.deleted"))
    streams.quiet()
    gone = told(2, "customer.deleted") | {"body": json.dumps({"id": int(BUYER)})}
    ingest(context, gone, told(3, "order.restored"))
    streams.quiet()

    assert facts.load(shop.tables.customers, SHOP, BUYER).erased
    assert "ESP-1" not in str(shop.items(shop.tables.customers))
