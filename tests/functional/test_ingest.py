"""The ingest function: a batch of messages becomes facts; what cannot be understood is parked, the rest goes on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient

from segment_core.runtime import queue
from segment_core.segments.shops import put_shop
from segment_core.store import client, facts, keys

from .conftest import REPOSITORY, Stack, load_function

SHOP = "demo-shop"
PRIVATE = "noor@example.com"


def batch(*bodies: Any) -> dict[str, Any]:
    """An SQS batch of these message bodies."""
    record = json.loads((REPOSITORY / "events" / "sqs-ingest.json").read_text())["Records"][0]
    return {
        "Records": [
            {**record, "messageId": str(number), "body": body if isinstance(body, str) else json.dumps(body)}
            for number, body in enumerate(bodies)
        ]
    }


def webhook(topic: str, body: Any, triggered_at: str | None = None) -> dict[str, Any]:
    return {
        "kind": "webhook", "shop": SHOP, "topic": topic, "received_at": "2026-03-10T00:00:00Z",
        "triggered_at": triggered_at, "body": body if isinstance(body, str) else json.dumps(body),
    }  # fmt: skip


def parked(stack: Stack) -> list[tuple[str, str, dict[str, Any]]]:
    """Code, reason and body of every parked message."""
    answer = queue.client().receive_message(
        QueueUrl=stack.ingest_dead_letter_queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return [
        (
            message["MessageAttributes"]["code"]["StringValue"],
            message["MessageAttributes"]["reason"]["StringValue"],
            json.loads(message["Body"]),
        )
        for message in answer.get("Messages", [])
    ]


def run(event: dict[str, Any], context: SimpleNamespace) -> list[str]:
    """Have the function take a batch; returns the messages that it wants again."""
    answer = load_function("ingest").handler(event, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_the_sample_batch(stack: Stack, context: SimpleNamespace) -> None:
    event = json.loads((REPOSITORY / "events" / "sqs-ingest.json").read_text())

    assert run(event, context) == []

    first = facts.load(stack.tables.customers, SHOP, "8401").customer
    second = facts.load(stack.tables.customers, SHOP, "8402").customer
    assert first is not None
    assert second is not None
    assert ([order.id for order in first.orders], first.tags) == (["550101"], ("newsletter", "VIP"))
    assert ([order.id for order in second.orders], second.tags) == (["550001"], ("wholesale",))
    assert parked(stack) == []


def test_the_sample_stream_records_show_what_the_sample_batch_writes(stack: Stack, context: SimpleNamespace) -> None:
    run(json.loads((REPOSITORY / "events" / "sqs-ingest.json").read_text()), context)

    records = json.loads((REPOSITORY / "events" / "customers-stream.json").read_text())["Records"]
    shown = [client.decode(record["dynamodb"]["NewImage"]) for record in records]
    written = [item for item in stack.items(stack.tables.customers) if item["sk"] != keys.ORDER_POINTER]
    assert sorted(shown, key=by_key) == sorted(written, key=by_key)


def by_key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"], item["sk"]


GONE = ("customers/delete", "orders/delete", "customers/redact", "shop/redact", "customers/merge")


def make_shop(stack: Stack, shop: str, domain: str = "demo-shop.myshopify.com") -> None:
    put_shop(
        stack.tables,
        shop,
        domain=domain,
        zone="UTC",
        currency="EUR",
        count_test_orders=False,
        count_cancelled_orders=False,
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_the_life_of_an_order_and_its_customer_in_samples(stack: Stack, context: SimpleNamespace) -> None:
    samples = [json.loads(path.read_text()) for path in sorted((REPOSITORY / "events" / "webhooks").glob("*.json"))]
    living = [s for s in samples if s["topic"] not in GONE]
    messages = [webhook(s["topic"], s["body"], s["triggered_at"]) for s in living]

    make_shop(stack, SHOP)

    assert run(batch(*messages), context) == []
    assert run(batch(*reversed(messages)), context) == []

    assert parked(stack) == []
    customer = facts.load(stack.tables.customers, SHOP, "8401").customer
    assert customer is not None
    assert (customer.state, customer.tags, customer.email_marketing_consent) == ("DISABLED", ("VIP",), "SUBSCRIBED")
    (order,) = customer.orders
    assert order.cancelled_at is not None
    assert len(order.refunds) == 1


BAD = {
    "not JSON": ("<order/>", "not_json"),
    "another kind": ({"kind": "rumour"}, "unknown_kind"),
    "a body that is not JSON": (webhook("orders/create", "{"), "not_json"),
    "a body without id": (webhook("orders/create", {"email": PRIVATE}), "not_understood"),
    "an amount that no memory holds": (
        webhook(
            "orders/updated",
            {"id": 1, "created_at": "2026-03-09T10:00:00Z", "total_price": "1E1000000", "currency": "EUR"},
        ),
        "not_understood",
    ),
    "a topic that we do not use": (webhook("orders/edited", {"id": 1}), "topic_not_used"),
    "a shop that is none": (webhook("customers/update", {"id": 1}) | {"shop": "A#B"}, "invalid_shop_id"),
    "a bad document": (
        {
            "kind": "document",
            "shop": SHOP,
            "received_at": "2026-03-10T00:00:00Z",
            "document": {"id": "1", "x": PRIVATE},
        },
        "invalid_document",
    ),
    "too much for one item": (
        webhook("customer.tags_added", {"customerId": "9", "tags": [f"{n}{'x' * 90}" for n in range(5000)]}),
        "item_too_large",
    ),
}


@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_understood_is_parked_with_the_reason(
    why: str, stack: Stack, context: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    message, code = BAD[why]
    good = webhook("customers/update", {"id": 7, "email": PRIVATE})

    assert run(batch(good, message, good | {"body": '{"id": 8}'}), context) == []

    ((parked_code, reason, body),) = parked(stack)
    assert parked_code == code
    assert body == (message if isinstance(message, dict) else {"kind": "unreadable", "text": message})
    assert reason
    assert PRIVATE not in reason
    assert PRIVATE not in capsys.readouterr().out
    assert facts.load(stack.tables.customers, SHOP, "7").customer is not None
    assert facts.load(stack.tables.customers, SHOP, "8").customer is not None


def test_a_message_that_meets_an_outage_is_asked_for_again(
    stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_get = client.batch_get

    def unreachable(table: str, wanted: Any) -> Any:
        if any(key["pk"]["S"].endswith("#8") for key in wanted):
            raise ConnectionError
        return batch_get(table, wanted)

    monkeypatch.setattr(client, "batch_get", unreachable)
    event = batch(*(webhook("customers/update", {"id": number}) for number in (7, 8, 9)))

    assert run(event, context) == ["1"]
    assert parked(stack) == []
    assert facts.load(stack.tables.customers, SHOP, "9").customer is not None


def bought(order_id: int, updated_at: str = "2026-03-09T10:00:00Z", total: str = "10.00") -> dict[str, Any]:
    """The body of an order, as stores send it when it was placed and at every change."""
    return {
        "id": order_id, "created_at": "2026-03-09T10:00:00Z", "updated_at": updated_at, "currency": "EUR",
        "current_total_price": total, "customer": {"id": 7, "email": PRIVATE, "updated_at": updated_at},
    }  # fmt: skip


CREATED = webhook("orders/create", bought(1))
UPDATED = webhook("orders/updated", bought(1, "2026-03-09T11:00:00Z", "8.00"))
UPDATED_ALONE = webhook(
    "orders/updated", bought(1, "2026-03-09T11:00:00Z", "8.00") | {"customer": bought(1)["customer"]}
)
REFUNDED = webhook("refunds/create", {"id": 5, "order_id": 1, "created_at": "2026-03-09T12:00:00Z", "transactions": []})
ERASED = webhook("customers/redact", {"shop_id": 1, "customer": {"id": 7}, "orders_to_redact": []})
IMPORTED = {
    "kind": "document", "shop": SHOP, "received_at": "2026-03-10T00:00:00Z",
    "document": {"id": "7", "orders": [{"id": str(n), "created_at": "2026-03-09T10:00:00Z"} for n in range(60)]},
}  # fmt: skip

READ, READ_TWICE = ["BatchGetItem"], ["BatchGetItem"] * 2
WRITE_ONE, WRITE = ["PutItem"], ["TransactWriteItems"]

COSTS: dict[str, tuple[list[Any], Any, list[str]]] = {
    "a first order of somebody unknown": ([], CREATED, READ + WRITE),
    "the same again": ([CREATED], CREATED, READ_TWICE),
    "a newer body of a known order": ([CREATED], UPDATED, READ_TWICE + WRITE),
    "one that says nothing new of the customer": ([CREATED], UPDATED_ALONE, READ_TWICE + WRITE_ONE),
    "an older body": ([UPDATED], CREATED, READ_TWICE),
    "a second order": ([CREATED], webhook("orders/create", bought(2)), READ + WRITE),
    "a refund": ([CREATED], REFUNDED, READ_TWICE + WRITE_ONE),
    "a refund before its order": ([], REFUNDED, READ + WRITE_ONE),
    "the same refund again before its order": ([REFUNDED], REFUNDED, READ),
    "an order after its refund": ([REFUNDED], CREATED, READ + WRITE),
    "a deletion": ([CREATED], webhook("orders/delete", {"id": 1}), READ_TWICE + WRITE),
    "a new customer": ([], webhook("customers/update", {"id": 7}), READ + WRITE_ONE),
    "an erasure": ([], ERASED, READ + WRITE_ONE),
    "an order of somebody who was erased": ([ERASED], CREATED, READ + WRITE_ONE),
    "an import of more orders than one transaction takes": ([], IMPORTED, READ + WRITE * 2),
    "the same import again": ([IMPORTED], IMPORTED, READ_TWICE),
}


@pytest.mark.parametrize("what", COSTS)
def test_what_a_message_costs(
    what: str, stack: Stack, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, message, expected = COSTS[what]
    run(batch(*before), context)
    call, calls = BaseClient._make_api_call, []  # type: ignore[attr-defined]

    def counted(self: BaseClient, operation: str, request: Any) -> Any:
        calls.append(operation)
        return call(self, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)

    assert run(batch(message), context) == []
    # First of all, whether the shop is there.
    assert calls == ["GetItem", *expected]


def test_real_bodies_become_facts(stack: Stack, context: SimpleNamespace, shared: Path) -> None:
    create, cancel = (
        json.loads((shared / "payloads" / f"{name}.json").read_text())
        for name in ("customers-create--activepieces-2023", "orders-cancelled--activepieces-2023")
    )

    assert run(batch(webhook("orders/cancelled", cancel), webhook("customers/create", create)), context) == []

    buyer = facts.load(stack.tables.customers, SHOP, "6972527083830").customer
    assert buyer is not None
    assert buyer.tags == ("VIP",)
    assert buyer.orders[0].cancelled_at is not None
    other = facts.load(stack.tables.customers, SHOP, "6972943892790").customer
    assert other is not None
    assert other.tags == ("tag", "VIP")
    assert len(other.addresses) == 1
